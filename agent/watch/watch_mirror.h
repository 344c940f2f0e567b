#pragma once
/* watch_mirror.h: the cluster-wide view of an agent that holds shards: all ExternalSecrets (those
 * of its shards are kept), SecretStores and ClusterSecretStores.
 *
 * Owns     its three watches and the thread "watch-mirror". Objects go into the spec_store.
 * Threads  update from any; start, stop and free: the owner's.
 * Source   docs/ARCHITECTURE.md "mirror". */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "kube/kube_client.h"
#include "spec/spec_store.h"

struct watch_mirror_options {
    struct kube_client *kube;
    struct spec_store *specs; /* gets what is found, as ORIGIN_MIRROR */
    const char *ns;           /* only this namespace; NULL: all */
    /* Is the ExternalSecret of that UID ours to mirror? Called in the thread. */
    bool (*is_ours)(void *ctx, const char *uid);
    /* A request for what failed and will be repeated; for log and metric; may be NULL. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *ctx;
};

struct watch_mirror;
struct watch_mirror *watch_mirror_new(const struct watch_mirror_options *options) NODISCARD;
void watch_mirror_free(struct watch_mirror *m);
CLEANUP_DEFINE(watch_mirror)
void watch_mirror_start(struct watch_mirror *m);
void watch_mirror_stop(struct watch_mirror *m);

/* The set of shards that we hold has changed: watch while n_held > 0, sort out what is ours anew,
 * forget everything when n_held is 0. The signature is that of shard_options.changed. */
void watch_mirror_update(void *m, size_t n_held);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t watch_mirror_step(struct watch_mirror *m);
