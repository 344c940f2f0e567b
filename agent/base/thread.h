#pragma once
/* thread.h: named threads, and locks that clang can check.
 *
 * Owns     struct mutex and struct cond are embedded.
 * Threads  locks are leaf-only: never two at once, never held over I/O, logging or a vtable call.
 * Source   pthreads(7). Condition variables wait on CLOCK_MONOTONIC. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct CAPABILITY("mutex") mutex {
    pthread_mutex_t m;
};
struct cond {
    pthread_cond_t c;
};

void mutex_init(struct mutex *m);
void mutex_done(struct mutex *m);
void mutex_lock(struct mutex *m) ACQUIRES(*m);
void mutex_unlock(struct mutex *m) RELEASES(*m);

void cond_init(struct cond *c);
void cond_done(struct cond *c);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

/* Wait at most ns; UINT64_MAX waits for ever. False when the time was up. */
bool cond_wait_ns(struct cond *c, struct mutex *m, uint64_t ns) REQUIRES(*m);

typedef void thread_fn(void *arg);
struct thread;

/* Start a thread called name (at most 15 characters); aborts when the node has no thread left.
 * All signals are blocked in it. */
struct thread *thread_start(const char *name, thread_fn *fn, void *arg) NODISCARD;

/* Wait for its end and free it; NULL is ignored. */
void thread_join(struct thread *t);
