/* One list, one lock, one condition. A job's memory is the caller's, so that queueing cannot fail
 * for want of memory; the bound is what turns overload into a prompt "try again". */

#include "driver/rpc_pool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/thread.h"

#define WORKERS_MAX 64

struct rpc_pool {
    struct mutex mu;
    struct cond filled;
    struct rpc_job *first; /* mu */
    struct rpc_job *last;  /* mu */
    size_t n_queued;       /* mu */
    size_t n_max;
    bool is_ending; /* mu */
    rpc_job_fn *fn;
    struct thread *threads[WORKERS_MAX];
    unsigned n_threads;
};

static struct rpc_job *pop_locked(struct rpc_pool *p) REQUIRES(p->mu);
static struct rpc_job *pop_locked(struct rpc_pool *p)
{
    struct rpc_job *job = p->first;
    if (!job)
        return NULL;
    p->first = job->next;
    if (!p->first)
        p->last = NULL;
    p->n_queued--;
    return job;
}

/* Next job, or NULL when the pool ends and nothing is left. */
static struct rpc_job *wait_for_job(struct rpc_pool *p)
{
    mutex_lock(&p->mu);
    struct rpc_job *job = pop_locked(p);
    while (!job && !p->is_ending) {
        cond_wait_ns(&p->filled, &p->mu, UINT64_MAX);
        job = pop_locked(p);
    }
    mutex_unlock(&p->mu);
    return job;
}

static void work(void *arg)
{
    struct rpc_pool *p = arg;
    for (struct rpc_job *job = wait_for_job(p); job; job = wait_for_job(p))
        p->fn(job);
}

struct rpc_pool *rpc_pool_new(unsigned workers, size_t queue, rpc_job_fn *fn)
{
    assert(workers >= 1 && workers <= WORKERS_MAX && queue >= 1);
    struct rpc_pool *p = xcalloc(1, sizeof(*p));
    mutex_init(&p->mu);
    cond_init(&p->filled);
    p->n_max = queue;
    p->fn = fn;
    p->n_threads = workers;
    for (unsigned i = 0; i < workers; i++) {
        char name[16];
        snprintf(name, sizeof(name), "rpc-%u", i % 1000);
        p->threads[i] = thread_start(name, work, p);
    }
    return p;
}

bool rpc_pool_push(struct rpc_pool *p, struct rpc_job *job)
{
    mutex_lock(&p->mu);
    bool has_room = p->n_queued < p->n_max;
    if (has_room) {
        job->next = NULL;
        if (p->last)
            p->last->next = job;
        else
            p->first = job;
        p->last = job;
        p->n_queued++;
        cond_signal(&p->filled);
    }
    mutex_unlock(&p->mu);
    return has_room;
}

void rpc_pool_free(struct rpc_pool *p)
{
    if (!p)
        return;
    mutex_lock(&p->mu);
    p->is_ending = true;
    cond_broadcast(&p->filled);
    mutex_unlock(&p->mu);
    for (unsigned i = 0; i < p->n_threads; i++)
        thread_join(p->threads[i]);
    cond_done(&p->filled);
    mutex_done(&p->mu);
    free(p);
}
