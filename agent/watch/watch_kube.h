#pragma once
/* watch_kube.h: the node's own view of the cluster: the ExternalSecrets that its volumes name, and
 * the stores that those name. Each is watched alone, by name; nothing here is cluster-wide.
 *
 * Owns     its watches and the thread "watch-node". Objects go into the spec_store.
 * Threads  any, except start, stop and free: the owner's.
 * Source   docs/ARCHITECTURE.md "How it grows"; the kubelet watches ConfigMaps the same way. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "kube/kube_client.h"
#include "spec/spec_store.h"

struct watch_kube_options {
    struct kube_client *kube;
    struct spec_store *specs; /* gets what is found, as ORIGIN_NODE */
    /* A request for what failed and will be repeated; for log and metric; may be NULL. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *ctx;
};

struct watch_kube;
struct watch_kube *watch_kube_new(const struct watch_kube_options *options) NODISCARD;
void watch_kube_free(struct watch_kube *w);
CLEANUP_DEFINE(watch_kube)
void watch_kube_start(struct watch_kube *w);
void watch_kube_stop(struct watch_kube *w);

/* One more, one fewer volume of ns/name; watched while there is at least one. The signatures are
 * those of watch_volumes_listener; ctx is the watch_kube. */
void watch_kube_volume_added(void *ctx, const char *ns, const char *name);
void watch_kube_volume_removed(void *ctx, const char *ns, const char *name);

/* The ExternalSecret, as soon as it and its stores are known; counts like a volume until released.
 * The signatures are those of volumes_lookup.
 * Errors: NOT_FOUND (it does not exist), DENIED, and what keeps failing when dl passes:
 * UNAVAILABLE, DEADLINE. Each call is to be followed by one release, also after an error. */
NODISCARD struct err *watch_kube_get(void *ctx, const char *ns, const char *name,
                                     const struct deadline *dl, struct spec **out);
void watch_kube_release(void *ctx, const char *ns, const char *name);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t watch_kube_step(struct watch_kube *w);
