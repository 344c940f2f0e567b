/* Keys are "ns/name". A step: is it ours, does it carry the finalizer that it should, is a pass
 * due; run it, report, set the next time. Nothing is pushed before all stores have been listed:
 * what is not there then is really not there. The memory of a PushSecret is only touched by the
 * worker that has its key in hand, so the lock guards the tables alone. */

#include "reconcile/push.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "reconcile/push_report.h"
#include "reconcile/schedule.h"
#include "reconcile/work_queue.h"
#include "reconcile/workers.h"

#define STORES_LOOK_NS NS_PER_S         /* until stores have been listed */
#define RIVAL_LOOK_NS (60 * NS_PER_S)   /* until another controller has gone */
#define CONFLICT_LOOK_NS (2 * NS_PER_S) /* unless the watch brings the object before */

struct push {
    struct push_options o;
    struct mutex mu;
    struct map *known;    /* key -> struct push_spec */
    struct map *forced;   /* keys whose store changed */
    struct map *memories; /* key -> struct push_memory */
    struct map *failing;  /* key -> message, where the last report was a failure */
    struct work_queue *queue;
    struct workers *workers;
    atomic_bool stop; /* set by stop, read by deadlines of workers */
};

static void free_spec(void *spec)
{
    push_spec_unref(spec);
}

static void free_memory(void *memory)
{
    push_memory_free(memory);
}

static void look_in(struct push *p, const char *key, uint64_t ns)
{
    work_queue_push(p->queue, key, clock_mono_ns(p->o.clock) + ns);
}

void push_put(void *ctx, struct push_spec *spec)
{
    struct push *p = ctx;
    CLEANUP_STR char *key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    mutex_lock(&p->mu);
    map_set(p->known, key, spec);
    mutex_unlock(&p->mu);
    work_queue_push(p->queue, key, 0);
}

static void drop(struct push *p, const char *key)
{
    mutex_lock(&p->mu);
    bool was_known = map_remove(p->known, key);
    mutex_unlock(&p->mu);
    if (was_known)
        work_queue_push(p->queue, key, 0);
}

void push_remove(void *ctx, const char *ns, const char *name)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, name);
    drop(ctx, key);
}

void push_retain(void *ctx, const struct map *keep)
{
    struct push *p = ctx;
    CLEANUP(map) struct map *gone = map_new(NULL);
    mutex_lock(&p->mu);
    for (size_t i = 0; i < p->known->n; i++) {
        if (!map_get(keep, p->known->entries[i].key))
            map_set(gone, p->known->entries[i].key, p);
    }
    mutex_unlock(&p->mu);
    for (size_t i = 0; i < gone->n; i++)
        drop(p, gone->entries[i].key);
}

/* May spec mean the store? One that goes by labels may. */
static bool may_use(const struct push_spec *spec, enum store_kind kind, const char *ns,
                    const char *name)
{
    if (kind == STORE_NAMESPACED && strcmp(spec->meta.ns, ns) != 0)
        return false;
    for (size_t i = 0; i < spec->n_stores; i++) {
        const struct push_store_ref *ref = &spec->stores[i];
        if (ref->kind == kind && (!ref->name || strcmp(ref->name, name) == 0))
            return true;
    }
    return false;
}

void push_store_changed(struct push *p, enum store_kind kind, const char *ns, const char *name)
{
    CLEANUP(map) struct map *users = map_new(NULL);
    if (!spec_store_is_synced(p->o.pass->specs, ORIGIN_MIRROR))
        return;
    mutex_lock(&p->mu);
    for (size_t i = 0; i < p->known->n; i++) {
        if (may_use(p->known->entries[i].value, kind, ns, name)) {
            map_set(p->forced, p->known->entries[i].key, p);
            map_set(users, p->known->entries[i].key, p);
        }
    }
    mutex_unlock(&p->mu);
    for (size_t i = 0; i < users->n; i++)
        work_queue_push(p->queue, users->entries[i].key, 0);
}

/* message  NULL: it does not fail */
static void note_failing(struct push *p, const char *key, const char *message)
{
    mutex_lock(&p->mu);
    if (message)
        map_set(p->failing, key, xstrdup(message));
    else
        map_remove(p->failing, key);
    size_t n = p->failing->n;
    mutex_unlock(&p->mu);
    metric_set(METRIC_PUSH_NOT_READY, (double)n, NULL, NULL, NULL);
}

void push_each_failing(struct push *p, push_failing_fn *fn, void *ctx)
{
    mutex_lock(&p->mu);
    for (size_t i = 0; i < p->failing->n; i++)
        fn(ctx, p->failing->entries[i].key, p->failing->entries[i].value);
    mutex_unlock(&p->mu);
}

static void forget(struct push *p, const char *key)
{
    mutex_lock(&p->mu);
    map_remove(p->memories, key);
    map_remove(p->forced, key);
    mutex_unlock(&p->mu);
    note_failing(p, key, NULL);
}

/* It is gone, or another agent's. */
static void let_go_of(struct push *p, const char *key)
{
    forget(p, key);
    if (p->o.let_go)
        p->o.let_go(p->o.stands_back_ctx, key);
}

static struct push_memory *memory_of(struct push *p, const char *key, const struct push_spec *spec)
{
    mutex_lock(&p->mu);
    struct push_memory *m = map_get(p->memories, key);
    if (!m || strcmp(m->uid, spec->meta.uid) != 0) {
        m = push_memory_new(spec);
        map_set(p->memories, key, m);
    }
    mutex_unlock(&p->mu);
    return m;
}

static struct deadline deadline_of(struct push *p, uint64_t ns)
{
    struct deadline dl = deadline_in(p->o.clock, ns);
    dl.cancelled = &p->stop;
    return dl;
}

/* Take over what is in stores now, warning of what could not be removed from them. */
static void note_result(struct push *p, struct push_memory *m, const struct push_spec *spec,
                        struct push_result *result)
{
    push_synced_done(&m->synced);
    m->synced = result->synced;
    push_synced_init(&result->synced);
    if (!result->left_behind)
        return;
    CLEANUP_STR char *message =
        xasprintf("not removed, their store is gone: %s", result->left_behind);
    log_warn("push.left_behind", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
             LF("entries", result->left_behind));
    p->o.sink.event(p->o.sink.ctx, "PushSecret", &spec->meta, "Warning", "Errored", message);
}

static void say(struct push *p, const char *key, struct push_memory *m,
                const struct push_spec *spec, struct status_report *fresh)
{
    note_failing(p, key, fresh->is_ready ? NULL : fresh->message);
    push_report_say(&p->o, m, spec, fresh);
}

static void after_success(struct push *p, const char *key, struct push_memory *m,
                          const struct push_spec *spec, const struct push_result *result)
{
    struct status_report fresh = {0};
    bool is_synced = result->outcome == PUSH_SYNCED;
    push_report_success(&fresh, spec, result);
    fresh.refresh_unix_s = is_synced ? clock_unix_s(p->o.clock) : m->report.refresh_unix_s;
    fresh.synced_resource_version =
        is_synced ? push_spec_version(spec) : xstrdup(m->report.synced_resource_version);
    int64_t wait = schedule_refresh_ns(spec->refresh_interval_ns, p->o.random());
    m->failures = 0;
    m->next_ns = wait == SCHEDULE_NEVER ? UINT64_MAX : clock_mono_ns(p->o.clock) + (uint64_t)wait;
    say(p, key, m, spec, &fresh);
}

static void after_failure(struct push *p, const char *key, struct push_memory *m,
                          const struct push_spec *spec, const struct err *e)
{
    struct status_report fresh = {0};
    push_report_error(&fresh, e);
    fresh.refresh_unix_s = m->report.refresh_unix_s;
    fresh.synced_resource_version = xstrdup(m->report.synced_resource_version);
    m->failures++;
    m->next_ns =
        clock_mono_ns(p->o.clock) +
        (uint64_t)schedule_retry_ns(e, m->failures, spec->refresh_interval_ns, p->o.random());
    say(p, key, m, spec, &fresh);
}

static void pass(struct push *p, const char *key, struct push_memory *m,
                 const struct push_spec *spec)
{
    CLEANUP_PUSH_RESULT struct push_result result = {0};
    struct deadline dl = deadline_of(p, p->o.pass_timeout_ns);
    CLEANUP(err) struct err *e = push_pass_run(p->o.pass, spec, &m->synced, &dl, &result);
    metric_inc(METRIC_PUSH_PASSES, e ? "error" : "success",
               e ? err_class_name(err_class(e)) : "none", NULL);
    note_result(p, m, spec, &result);
    if (e)
        after_failure(p, key, m, spec, e);
    else if (result.outcome == PUSH_FOREIGN)
        m->next_ns = UINT64_MAX;
    else
        after_success(p, key, m, spec, &result);
}

/* Put our finalizer among the others, or take it from them. */
static struct err *set_finalizer(struct push *p, const struct push_spec *spec, bool is_wanted)
{
    struct deadline dl = deadline_of(p, p->o.write_timeout_ns);
    CLEANUP(json) struct json *list = json_new_list();
    for (const struct json *f = json_first(spec->finalizers); f; f = json_next(f)) {
        if (strcmp(json_text(f), PUSH_SPEC_FINALIZER) != 0)
            json_add(list, json_new_text(json_text(f)));
    }
    if (is_wanted)
        json_add(list, json_new_text(PUSH_SPEC_FINALIZER));
    struct err *e = p->o.sink.set_finalizers(p->o.sink.ctx, spec, list, &dl);
    return e ? err_wrap(e, "could not update finalizers") : NULL;
}

static void come_again(struct push *p, const char *key, const struct push_memory *m)
{
    if (m->next_ns != UINT64_MAX)
        work_queue_push(p->queue, key, m->next_ns);
}

/* Finalizers could not be written: of an object that has changed, the watch brings news. */
static void after_refusal(struct push *p, const char *key, struct push_memory *m,
                          const struct push_spec *spec, const struct err *e)
{
    if (err_class(e) == ERR_CONFLICT || err_class(e) == ERR_NOT_FOUND)
        m->next_ns = clock_mono_ns(p->o.clock) + CONFLICT_LOOK_NS;
    else
        after_failure(p, key, m, spec, e);
}

/* The first step of this process: the status may say that nothing is due yet. */
static void resume_timer(struct push *p, struct push_memory *m, const struct push_spec *spec)
{
    int64_t now_s = clock_unix_s(p->o.clock);
    int64_t due_s = m->report.refresh_unix_s + spec->refresh_interval_ns / (int64_t)NS_PER_S;
    if (!m->report.is_ready || m->report.refresh_unix_s > now_s)
        return;
    if (spec->refresh_interval_ns <= 0)
        m->next_ns = UINT64_MAX;
    else if (due_s > now_s)
        m->next_ns = clock_mono_ns(p->o.clock) + (uint64_t)(due_s - now_s) * NS_PER_S;
}

static bool is_due(struct push *p, struct push_memory *m, const struct push_spec *spec,
                   bool is_forced)
{
    CLEANUP_STR char *version = push_spec_version(spec);
    bool is_changed = !m->attempted_version || strcmp(version, m->attempted_version) != 0;
    if (m->next_ns == 0 && !is_changed)
        resume_timer(p, m, spec);
    return is_changed || is_forced || m->next_ns <= clock_mono_ns(p->o.clock);
}

static void step_living(struct push *p, const char *key, struct push_memory *m,
                        const struct push_spec *spec, bool is_forced)
{
    if (is_due(p, m, spec, is_forced)) {
        free(m->attempted_version);
        m->attempted_version = push_spec_version(spec);
        bool is_settled = spec->has_finalizer == spec->deletes;
        CLEANUP(err) struct err *e = is_settled ? NULL : set_finalizer(p, spec, spec->deletes);
        if (e)
            after_refusal(p, key, m, spec, e);
        else
            pass(p, key, m, spec);
    }
    come_again(p, key, m);
}

/* Remove what was pushed, if the policy says so. */
static struct err *clean_up(struct push *p, struct push_memory *m, const struct push_spec *spec)
{
    CLEANUP_PUSH_RESULT struct push_result result = {0};
    struct deadline dl = deadline_of(p, p->o.pass_timeout_ns);
    if (!spec->deletes)
        return NULL;
    struct err *e = push_pass_remove(p->o.pass, spec, &m->synced, &dl, &result);
    note_result(p, m, spec, &result);
    return e;
}

/* True when the object may go. */
static bool let_go(struct push *p, const char *key, struct push_memory *m,
                   const struct push_spec *spec)
{
    CLEANUP(err) struct err *failed = clean_up(p, m, spec);
    if (failed) {
        after_failure(p, key, m, spec, failed);
        return false;
    }
    CLEANUP(err) struct err *refused = set_finalizer(p, spec, false);
    if (refused)
        after_refusal(p, key, m, spec, refused);
    return !refused;
}

static void step_deleting(struct push *p, const char *key, struct push_memory *m,
                          const struct push_spec *spec)
{
    if (!spec->has_finalizer)
        return;
    if (!m->is_deleting)
        m->next_ns = 0;
    m->is_deleting = true;
    if (m->next_ns > clock_mono_ns(p->o.clock) || !let_go(p, key, m, spec))
        come_again(p, key, m);
}

static void step_known(struct push *p, const char *key, const struct push_spec *spec,
                       bool is_forced)
{
    if (!p->o.is_ours(p->o.is_ours_ctx, spec->meta.uid)) {
        let_go_of(p, key);
        return;
    }
    if (p->o.stands_back && p->o.stands_back(p->o.stands_back_ctx, &spec->meta)) {
        forget(p, key);
        look_in(p, key, RIVAL_LOOK_NS);
        return;
    }
    struct push_memory *m = memory_of(p, key, spec);
    if (!spec_store_is_synced(p->o.pass->specs, ORIGIN_MIRROR))
        look_in(p, key, STORES_LOOK_NS);
    else if (spec->meta.is_deleting)
        step_deleting(p, key, m, spec);
    else
        step_living(p, key, m, spec, is_forced);
}

static void step(void *ctx, const char *key)
{
    struct push *p = ctx;
    mutex_lock(&p->mu);
    const struct push_spec *known = map_get(p->known, key);
    CLEANUP(push_spec) struct push_spec *spec = known ? push_spec_ref(known) : NULL;
    bool is_forced = map_remove(p->forced, key);
    mutex_unlock(&p->mu);
    if (spec)
        step_known(p, key, spec, is_forced);
    else
        let_go_of(p, key);
    work_queue_done(p->queue, key);
}

size_t push_step_due(struct push *p)
{
    return workers_step_due(p->workers);
}

void push_start(struct push *p)
{
    workers_start(p->workers, PUSH_WORKERS);
}

void push_stop(struct push *p)
{
    atomic_store(&p->stop, true);
    workers_stop(p->workers);
}

struct push *push_new(const struct push_options *options)
{
    struct push *p = xcalloc(1, sizeof(*p));
    p->o = *options;
    mutex_init(&p->mu);
    p->known = map_new(free_spec);
    p->forced = map_new(NULL);
    p->memories = map_new(free_memory);
    p->failing = map_new(free);
    p->queue = work_queue_new(options->clock);
    p->workers = workers_new(&(struct workers_options){.name = "push",
                                                       .queue = p->queue,
                                                       .step = step,
                                                       .ctx = p,
                                                       .working = options->working,
                                                       .working_ctx = options->working_ctx});
    return p;
}

void push_free(struct push *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, true);
    workers_free(p->workers);
    work_queue_free(p->queue);
    map_free(p->known);
    map_free(p->forced);
    map_free(p->memories);
    map_free(p->failing);
    mutex_done(&p->mu);
    free(p);
}
