#pragma once
/* watch_secrets.h: news of the Secrets that carry our label, in all namespaces: names and versions.
 *
 * The server is asked for metadata alone, so values stay there.
 *
 * Owns     its watch and the thread "watch-secrets".
 * Threads  update from any; start, stop and free: the owner's. Callbacks come from the thread.
 * Source   docs/ARCHITECTURE.md "In a cluster"; Kubernetes API concepts, PartialObjectMetadata. */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "kube/kube_client.h"

#define WATCH_SECRETS_LABEL "lockstep.dev/managed"

struct watch_secrets_options {
    struct kube_client *kube;
    /* A Secret is there at that version; NULL: it is gone, or has lost the label. */
    void (*changed)(void *ctx, const char *ns, const char *name, const char *version);
    /* All that there are, as keys "ns/name"; each has been told by changed before. */
    void (*listed)(void *ctx, const struct map *names);
    void *ctx;
    /* A request failed and will be repeated; for log and metric; may be NULL. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *failed_ctx;
};

struct watch_secrets;
struct watch_secrets *watch_secrets_new(const struct watch_secrets_options *options) NODISCARD;
void watch_secrets_free(struct watch_secrets *s);
CLEANUP_DEFINE(watch_secrets)
void watch_secrets_start(struct watch_secrets *s);
void watch_secrets_stop(struct watch_secrets *s);

/* Watch while n_held (shards) is above 0. */
void watch_secrets_update(struct watch_secrets *s, size_t n_held);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t watch_secrets_step(struct watch_secrets *s);
