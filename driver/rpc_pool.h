#pragma once
/* rpc_pool.h: a few workers behind a short queue that says no when it is full.
 *
 * Owns     its threads; jobs are embedded in what the caller queues.
 * Threads  push from any; free from the thread that made it, after the last push. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct rpc_job {
    struct rpc_job *next;
};

typedef void rpc_job_fn(struct rpc_job *job);

struct rpc_pool;

/* Start workers threads named "rpc-N" that run fn on each job, in the order of the queue.
 *   workers  1 to 64
 *   queue    most jobs that wait, at least 1 */
struct rpc_pool *rpc_pool_new(unsigned workers, size_t queue, rpc_job_fn *fn) NODISCARD;

/* Queue job, which must stay until fn has run on it; false when the queue is full. */
bool rpc_pool_push(struct rpc_pool *p, struct rpc_job *job) NODISCARD;

/* Run what is queued, then end and join the workers. */
void rpc_pool_free(struct rpc_pool *p);
CLEANUP_DEFINE(rpc_pool)
