#pragma once
/* workers.h: threads that take keys out of a work_queue, one step for each.
 *
 * Owns     a crew owns its threads; the queue is borrowed.
 * Threads  start, stop and free: the owner's. The callbacks come from the workers. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "reconcile/work_queue.h"

#define WORKERS_MAX 64

struct workers_options {
    const char *name; /* of the threads, with a number behind: at most 12 characters */
    struct work_queue *queue;
    /* Work on key, and end that with work_queue_done. */
    void (*step)(void *ctx, const char *key);
    void *ctx;
    /* Worker 0..n-1 begins (true) or has ended (false) a step; may be NULL. */
    void (*working)(void *ctx, unsigned worker, bool is_working);
    void *working_ctx;
};

struct workers;
struct workers *workers_new(const struct workers_options *options) NODISCARD;
void workers_free(struct workers *w);
CLEANUP_DEFINE(workers)

/* Start n of them, at most WORKERS_MAX. */
void workers_start(struct workers *w, unsigned n);

/* Stop the queue and wait for the steps under way; idempotent. */
void workers_stop(struct workers *w);

/* Do what is due now in the calling thread; the number of steps. For tests. */
size_t workers_step_due(struct workers *w);
