#pragma once
/* push.h: keep stores as PushSecrets want them, and say how it went.
 *
 * A trigger (a PushSecret is put, its store changed, a timer) puts its name into a queue; a worker
 * takes it through one step. In a cluster one agent does so for each PushSecret.
 *
 * Owns     the PushSecrets it was told of, the queue, its workers and what it remembers of each.
 * Threads  triggers from anywhere; steps in PUSH_WORKERS named workers.
 * Source   docs/PUSH.md; External Secrets' PushSecret controller. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/map.h"
#include "reconcile/push_pass.h"
#include "reconcile/status.h"
#include "spec/push_spec.h"

#define PUSH_WORKERS 2

/* What is written about a PushSecret; plugged in by the composition root. */
struct push_sink {
    /* Condition and what is in stores, the latter as a merge patch. */
    struct err *(*write_status)(void *ctx, const struct push_spec *spec,
                                const struct status_report *r, const struct json *synced_patch,
                                const struct deadline *dl);
    /* All finalizers. Errors: CONFLICT (the object has changed), DENIED. */
    struct err *(*set_finalizers)(void *ctx, const struct push_spec *spec,
                                  const struct json *finalizers, const struct deadline *dl);
    /* As status_sink's. */
    void (*event)(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                  const char *reason, const char *message);
    void *ctx;
};

struct push_options {
    const struct clock *clock;
    const struct push_pass *pass;
    struct push_sink sink;
    bool (*is_ours)(void *ctx, const char *uid); /* is its shard held? */
    void *is_ours_ctx;
    /* Is another controller alive on this object? Then nothing is written. NULL: never. */
    bool (*stands_back)(void *ctx, const struct object_meta *m);
    /* stands_back will not be asked about "ns/name" any more; may be NULL. */
    void (*let_go)(void *ctx, const char *ns_name);
    void *stands_back_ctx;
    uint32_t (*random)(void); /* uniform 32 bits */
    uint64_t pass_timeout_ns;
    uint64_t write_timeout_ns; /* of a status or finalizers */
    /* Worker 0..PUSH_WORKERS-1 begins (true) or has ended (false) a step; may be NULL. */
    void (*working)(void *ctx, unsigned worker, bool is_working);
    void *working_ctx;
};

struct push;
struct push *push_new(const struct push_options *options) NODISCARD;
void push_free(struct push *p);
CLEANUP_DEFINE(push)

/* Start the workers; stop cuts off what is under way and joins them. */
void push_start(struct push *p);
void push_stop(struct push *p);

/* A PushSecret is there, like this (taken); is gone; all there are, as keys "ns/name". The
 * signatures are those of watch_push_options; ctx is the struct push. */
void push_put(void *ctx, struct push_spec *spec);
void push_remove(void *ctx, const char *ns, const char *name);
void push_retain(void *ctx, const struct map *keep);

/* A store is another one now: what uses it is pushed again. Not while stores are being listed for
 * the first time: then none of them is news. */
void push_store_changed(struct push *p, enum store_kind kind, const char *ns, const char *name);

/* Call fn for every PushSecret whose last report was a failure ("ns/name" and its message), with a
 * lock held: fn must be short and call nothing here. */
typedef void push_failing_fn(void *ctx, const char *ns_name, const char *message);
void push_each_failing(struct push *p, push_failing_fn *fn, void *ctx);

/* Do what is due now in the calling thread; the number of steps. For tests. */
size_t push_step_due(struct push *p);
