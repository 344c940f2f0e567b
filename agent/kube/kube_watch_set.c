/* A node has two watches per volume, up to some 220: a thread for each would cost more than all the
 * rest of the agent. Streams tell by a flag that something has come; the thread then steps those
 * that have the flag or whose time has come, and sleeps on a condition otherwise.
 *
 * When the server cannot be reached at all, the first watch that finds out speaks for all: the
 * others wait with it instead of running into the same time-out one after the other. */

#include "kube/kube_watch_set.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/thread.h"

#define CUT_OFF_BASE_NS (800 * NS_PER_MS)
#define CUT_OFF_MAX_NS (30 * NS_PER_S)
#define LONGEST_SLEEP_NS (3600 * NS_PER_S)

struct member {
    struct kube_watch *watch;
    const struct kube_watch_handler *handler;
    void *ctx;
    bool is_removed;
};

struct kube_watch_set {
    struct kube_client *kube;
    const char *thread_name;
    void (*before_sweep)(void *ctx);
    uint64_t (*after_sweep)(void *ctx);
    void *ctx;

    struct member **members; /* n, of the set's thread; each is the ctx of its watch */
    size_t n;
    size_t capacity;
    bool has_removed;
    struct backoff cut_off; /* as long as the server cannot be reached */
    uint64_t cut_off_until_ns;

    struct thread *thread;
    atomic_bool stop; /* set by stop, read by the thread and by its deadlines */
    struct mutex mu;
    struct cond woken;
    bool is_woken; /* under mu */
};

/* The set stands between a watch and its handler so that a removed one hears nothing more. */
static void member_put(void *ctx, struct json *obj)
{
    struct member *m = ctx;
    if (m->is_removed)
        json_free(obj);
    else
        m->handler->put(m->ctx, obj);
}

static void member_remove(void *ctx, const char *ns, const char *name)
{
    struct member *m = ctx;
    if (!m->is_removed)
        m->handler->remove(m->ctx, ns, name);
}

static void member_retain(void *ctx, const struct map *keep)
{
    struct member *m = ctx;
    if (!m->is_removed && m->handler->retain)
        m->handler->retain(m->ctx, keep);
}

static void member_synced(void *ctx)
{
    struct member *m = ctx;
    if (!m->is_removed && m->handler->synced)
        m->handler->synced(m->ctx);
}

static void member_failed(void *ctx, const struct err *e)
{
    struct member *m = ctx;
    if (!m->is_removed && m->handler->failed)
        m->handler->failed(m->ctx, e);
}

static void member_gone(void *ctx)
{
    struct member *m = ctx;
    if (m->handler->gone)
        m->handler->gone(m->ctx);
}

static const struct kube_watch_handler member_handler = {
    .put = member_put,
    .remove = member_remove,
    .retain = member_retain,
    .synced = member_synced,
    .failed = member_failed,
    .gone = member_gone,
};

struct kube_watch_set *kube_watch_set_new(const struct kube_watch_set_options *options)
{
    struct kube_watch_set *s = xcalloc(1, sizeof(*s));
    s->kube = options->kube;
    s->thread_name = options->thread_name;
    s->before_sweep = options->before_sweep;
    s->after_sweep = options->after_sweep;
    s->ctx = options->ctx;
    s->cut_off = (struct backoff){
        .base_ns = CUT_OFF_BASE_NS, .max_ns = CUT_OFF_MAX_NS, .factor = 2, .jitter = 1};
    mutex_init(&s->mu);
    cond_init(&s->woken);
    return s;
}

static void member_free(struct member *m)
{
    kube_watch_free(m->watch);
    free(m);
}

void kube_watch_set_free(struct kube_watch_set *s)
{
    if (!s)
        return;
    kube_watch_set_stop(s);
    for (size_t i = 0; i < s->n; i++)
        member_free(s->members[i]);
    free(s->members);
    cond_done(&s->woken);
    mutex_done(&s->mu);
    free(s);
}

static void wake(void *ctx)
{
    kube_watch_set_wake(ctx);
}

void kube_watch_set_wake(struct kube_watch_set *s)
{
    mutex_lock(&s->mu);
    s->is_woken = true;
    cond_signal(&s->woken);
    mutex_unlock(&s->mu);
}

struct kube_watch *kube_watch_set_add(struct kube_watch_set *s,
                                      const struct kube_selector *selector,
                                      const struct kube_watch_handler *handler, void *ctx)
{
    struct member *m = xcalloc(1, sizeof(*m));
    m->handler = handler;
    m->ctx = ctx;
    m->watch = kube_watch_new(s->kube, &(struct kube_watch_options){.selector = *selector,
                                                                    .handler = &member_handler,
                                                                    .ctx = m,
                                                                    .stop = &s->stop,
                                                                    .wake = wake,
                                                                    .wake_ctx = s});
    if (s->n == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 8;
        s->members = xrealloc(s->members, s->capacity, sizeof(struct member *));
    }
    s->members[s->n++] = m;
    return m->watch;
}

void kube_watch_set_remove(struct kube_watch_set *s, struct kube_watch *w)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->members[i]->watch == w) {
            s->members[i]->is_removed = true;
            s->has_removed = true;
        }
    }
}

static void drop_removed(struct kube_watch_set *s)
{
    size_t kept = 0;
    if (!s->has_removed)
        return;
    s->has_removed = false;
    for (size_t i = 0; i < s->n; i++) {
        struct member *m = s->members[i];
        if (m->is_removed)
            member_free(m);
        else
            s->members[kept++] = m;
    }
    s->n = kept;
}

/* When m may be stepped; while the server cannot be reached only streams that run are read. */
static uint64_t due_of(const struct kube_watch_set *s, const struct member *m)
{
    uint64_t due = kube_watch_due_ns(m->watch);
    if (due < s->cut_off_until_ns && !kube_watch_has_stream(m->watch))
        return s->cut_off_until_ns;
    return due;
}

/* Step m if it is due; notes whether the server could be reached. */
static void step(struct kube_watch_set *s, struct member *m)
{
    bool had_stream = kube_watch_has_stream(m->watch);
    if (m->is_removed || due_of(s, m) > clock_mono_ns(kube_client_clock(s->kube)))
        return;
    kube_watch_step(m->watch);
    if (kube_watch_is_cut_off(m->watch)) {
        s->cut_off_until_ns = clock_mono_ns(kube_client_clock(s->kube)) +
                              retry_next_ns(&s->cut_off, 0, kube_client_random(s->kube));
    } else if (!had_stream) {
        s->cut_off_until_ns = 0;
        retry_reset(&s->cut_off);
    }
}

uint64_t kube_watch_set_sweep(struct kube_watch_set *s)
{
    uint64_t due = UINT64_MAX;
    if (s->before_sweep)
        s->before_sweep(s->ctx);
    for (size_t i = 0; i < s->n && !atomic_load(&s->stop); i++)
        step(s, s->members[i]);
    drop_removed(s);
    if (s->after_sweep && !atomic_load(&s->stop))
        due = s->after_sweep(s->ctx);
    for (size_t i = 0; i < s->n; i++) {
        uint64_t at = due_of(s, s->members[i]);
        if (at < due)
            due = at;
    }
    return due;
}

/* Sleep until due or until woken. */
static void sleep_until(struct kube_watch_set *s, uint64_t due_ns)
{
    uint64_t now = clock_mono_ns(kube_client_clock(s->kube));
    uint64_t wait_ns = due_ns > now ? due_ns - now : 0;
    if (wait_ns > LONGEST_SLEEP_NS)
        wait_ns = LONGEST_SLEEP_NS;
    mutex_lock(&s->mu);
    if (!s->is_woken && wait_ns > 0)
        cond_wait_ns(&s->woken, &s->mu, wait_ns);
    s->is_woken = false;
    mutex_unlock(&s->mu);
}

static void run(void *arg)
{
    struct kube_watch_set *s = arg;
    while (!atomic_load(&s->stop))
        sleep_until(s, kube_watch_set_sweep(s));
}

void kube_watch_set_start(struct kube_watch_set *s)
{
    s->thread = thread_start(s->thread_name, run, s);
}

void kube_watch_set_stop(struct kube_watch_set *s)
{
    atomic_store(&s->stop, true);
    kube_watch_set_wake(s);
    thread_join(s->thread);
    s->thread = NULL;
}
