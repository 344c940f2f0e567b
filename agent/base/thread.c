/* pthreads with the choices made once: condition variables on the monotonic clock, small stacks
 * (hundreds of waiting threads must not cost address space), every signal left to the main thread.
 * A pthread call that fails here means a broken program or a node without threads: abort. */

#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

#define STACK_BYTES ((size_t)512 << 10)
#define NAME_SIZE 16

struct thread {
    pthread_t id;
    thread_fn *fn;
    void *arg;
    char name[NAME_SIZE];
};

static void must(int errnum, const char *what)
{
    if (errnum == 0)
        return;
    fprintf(stderr, "lockstep: %s: %s\n", what, strerror(errnum));
    abort();
}

void mutex_init(struct mutex *m)
{
    must(pthread_mutex_init(&m->m, NULL), "pthread_mutex_init");
}

void mutex_done(struct mutex *m)
{
    must(pthread_mutex_destroy(&m->m), "pthread_mutex_destroy");
}

NO_THREAD_SAFETY void mutex_lock(struct mutex *m)
{
    must(pthread_mutex_lock(&m->m), "pthread_mutex_lock");
}

NO_THREAD_SAFETY void mutex_unlock(struct mutex *m)
{
    must(pthread_mutex_unlock(&m->m), "pthread_mutex_unlock");
}

void cond_init(struct cond *c)
{
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr), "pthread_condattr_init");
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), "pthread_condattr_setclock");
    must(pthread_cond_init(&c->c, &attr), "pthread_cond_init");
    must(pthread_condattr_destroy(&attr), "pthread_condattr_destroy");
}

void cond_done(struct cond *c)
{
    must(pthread_cond_destroy(&c->c), "pthread_cond_destroy");
}

void cond_signal(struct cond *c)
{
    must(pthread_cond_signal(&c->c), "pthread_cond_signal");
}

void cond_broadcast(struct cond *c)
{
    must(pthread_cond_broadcast(&c->c), "pthread_cond_broadcast");
}

bool cond_wait_ns(struct cond *c, struct mutex *m, uint64_t ns)
{
    uint64_t now_ns = clock_mono_ns(clock_system());
    uint64_t at_ns;
    if (__builtin_add_overflow(now_ns, ns, &at_ns)) {
        must(pthread_cond_wait(&c->c, &m->m), "pthread_cond_wait");
        return true;
    }
    struct timespec at = {
        .tv_sec = (time_t)(at_ns / NS_PER_S),
        .tv_nsec = (long)(at_ns % NS_PER_S),
    };
    int rc = pthread_cond_timedwait(&c->c, &m->m, &at);
    if (rc == ETIMEDOUT)
        return false;
    must(rc, "pthread_cond_timedwait");
    return true;
}

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    must(pthread_setname_np(pthread_self(), t->name), "pthread_setname_np");
    t->fn(t->arg);
    return NULL;
}

/* The new thread inherits the mask of the thread that makes it: block before, restore after. */
static void create_without_signals(struct thread *t, const pthread_attr_t *attr)
{
    sigset_t all, before;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before), "pthread_sigmask");
    int rc = pthread_create(&t->id, attr, thread_main, t);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL), "pthread_sigmask");
    must(rc, "pthread_create");
}

struct thread *thread_start(const char *name, thread_fn *fn, void *arg)
{
    assert(strlen(name) < NAME_SIZE);
    struct thread *t = xcalloc(1, sizeof(*t));
    t->fn = fn;
    t->arg = arg;
    snprintf(t->name, sizeof(t->name), "%s", name);

    pthread_attr_t attr;
    must(pthread_attr_init(&attr), "pthread_attr_init");
    must(pthread_attr_setstacksize(&attr, STACK_BYTES), "pthread_attr_setstacksize");
    create_without_signals(t, &attr);
    must(pthread_attr_destroy(&attr), "pthread_attr_destroy");
    return t;
}

void thread_join(struct thread *t)
{
    if (!t)
        return;
    must(pthread_join(t->id, NULL), "pthread_join");
    free(t);
}
