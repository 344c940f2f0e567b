/* A key is in one worker's hands at a time, which is the queue's doing; so all there is to do here
 * is to begin, to tell of it, and to end. */

#include "reconcile/workers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/thread.h"

#define THREAD_NAME_SIZE 16

struct worker {
    const struct workers_options *o;
    unsigned index;
    struct thread *thread;
};

struct workers {
    struct workers_options o;
    struct worker all[WORKERS_MAX];
    unsigned n;
};

struct workers *workers_new(const struct workers_options *options)
{
    struct workers *w = xcalloc(1, sizeof(*w));
    w->o = *options;
    return w;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    workers_stop(w);
    free(w);
}

static void say_working(const struct worker *w, bool is_working)
{
    if (w->o->working)
        w->o->working(w->o->working_ctx, w->index, is_working);
}

static void work(void *arg)
{
    const struct worker *w = arg;
    for (;;) {
        CLEANUP_STR char *key = work_queue_pop(w->o->queue);
        if (!key)
            return;
        say_working(w, true);
        w->o->step(w->o->ctx, key);
        say_working(w, false);
    }
}

void workers_start(struct workers *w, unsigned n)
{
    assert(w->n == 0);
    w->n = n < WORKERS_MAX ? n : WORKERS_MAX;
    for (unsigned i = 0; i < w->n; i++) {
        char name[THREAD_NAME_SIZE];
        snprintf(name, sizeof(name), "%.12s-%u", w->o.name, i);
        w->all[i] = (struct worker){.o = &w->o, .index = i};
        w->all[i].thread = thread_start(name, work, &w->all[i]);
    }
}

void workers_stop(struct workers *w)
{
    work_queue_stop(w->o.queue);
    for (unsigned i = 0; i < w->n; i++)
        thread_join(TAKE(w->all[i].thread));
    w->n = 0;
}

size_t workers_step_due(struct workers *w)
{
    for (size_t n = 0;; n++) {
        CLEANUP_STR char *key = work_queue_try_pop(w->o.queue);
        if (!key)
            return n;
        w->o.step(w->o.ctx, key);
    }
}
