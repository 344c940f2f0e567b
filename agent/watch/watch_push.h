#pragma once
/* watch_push.h: news of all PushSecrets, for an agent that holds shards; those of its shards are
 * told.
 *
 * A cluster without PushSecrets' definition is asked for them once in WATCH_PUSH_LOOK_NS, and that
 * is no failure.
 *
 * Owns     its watch and the thread "watch-push".
 * Threads  update from any; start, stop and free: the owner's. Callbacks come from the thread.
 * Source   docs/ARCHITECTURE.md "In a cluster"; external-secrets.io/v1alpha1 PushSecret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "kube/kube_client.h"
#include "spec/push_spec.h"

#define WATCH_PUSH_LOOK_NS (300 * NS_PER_S)

struct watch_push_options {
    struct kube_client *kube;
    /* Is the PushSecret of that UID ours? */
    bool (*is_ours)(void *ctx, const char *uid);
    /* It is there, like this, and ours. Takes spec. */
    void (*put)(void *ctx, struct push_spec *spec);
    /* It is gone, or not ours. */
    void (*remove)(void *ctx, const char *ns, const char *name);
    /* What is not among the keys "ns/name" of keep is gone. */
    void (*retain)(void *ctx, const struct map *keep);
    void *ctx;
    /* A request failed and will be repeated; for log and metric; may be NULL. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *failed_ctx;
};

struct watch_push;
struct watch_push *watch_push_new(const struct watch_push_options *options) NODISCARD;
void watch_push_free(struct watch_push *w);
CLEANUP_DEFINE(watch_push)
void watch_push_start(struct watch_push *w);
void watch_push_stop(struct watch_push *w);

/* The set of shards that we hold has changed: watch while n_held > 0, and sort out anew. */
void watch_push_update(struct watch_push *w, size_t n_held);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t watch_push_step(struct watch_push *w);
