/* A look at a ClusterExternalSecret: plan, do what the plan says, plan again to see what came of
 * it, and say so. A look is taken when something has changed or its time has come, and goes on in
 * the next round when the budget is used up, so that news is never far behind. */

#include "reconcile/fan_out.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "kube/kube_write.h"
#include "reconcile/fan_out_plan.h"
#include "reconcile/fan_out_status.h"
#include "reconcile/fan_out_write.h"
#include "reconcile/schedule.h"
#include "watch/watch_fan_out.h"

#define KIND "ClusterExternalSecret"
#define STATUS_TIMEOUT_NS (10 * NS_PER_S)

struct fan_out {
    struct fan_out_options o;
    const struct clock *clock;
    struct watch_fan_out *watch;
    struct map *memories;         /* name -> struct fan_out_memory; of the thread */
    struct fan_out_writer writer; /* of the thread */
    size_t turn;                  /* who comes first in the next round; of the thread */
    atomic_bool stop;             /* set by stop, read by the thread and by its deadlines */
    struct mutex mu;
    struct map *failing; /* name -> message; under mu */
};

/* One look. */
struct look {
    struct fan_out *f;
    struct fan_out_picture *picture;
    const struct cluster_spec *spec;
    struct fan_out_memory *m;
    uint64_t now_ns;
};

static void free_memory(void *p)
{
    fan_out_memory_free(p);
}

static struct fan_out_memory *memory_of(struct fan_out *f, const struct cluster_spec *spec)
{
    struct fan_out_memory *m = map_get(f->memories, spec->meta.name);
    if (m && strcmp(m->uid, spec->meta.uid) == 0)
        return m;
    m = fan_out_memory_new(spec);
    map_set(f->memories, spec->meta.name, m);
    return m;
}

static struct deadline deadline_of(struct fan_out *f)
{
    struct deadline dl = deadline_in(f->clock, STATUS_TIMEOUT_NS);
    dl.cancelled = &f->stop;
    return dl;
}

static void note_failing(struct fan_out *f, const char *name, const char *message)
{
    mutex_lock(&f->mu);
    if (message)
        map_set(f->failing, name, xstrdup(message));
    else
        map_remove(f->failing, name);
    size_t n = f->failing->n;
    mutex_unlock(&f->mu);
    metric_set(METRIC_FAN_OUT_NOT_READY, (double)n, NULL, NULL, NULL);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void write_status(struct look *l, struct json **status)
{
    const struct kube_target target = {.resource = &kube_cluster_external_secrets,
                                       .name = l->spec->meta.name,
                                       .subresource = "status"};
    struct fan_out_memory *m = l->m;
    struct deadline dl = deadline_of(l->f);
    if (json_equal(m->said, *status))
        return;
    CLEANUP(json) struct json *patch = fan_out_status_patch(*status);
    CLEANUP(err) struct err *e = kube_merge_json(l->f->o.kube, &target, patch, true, &dl);
    m->n_unsaid = e ? m->n_unsaid + 1 : 0;
    if (e) {
        int64_t wait_ns =
            schedule_retry_ns(e, m->n_unsaid, l->spec->refresh_interval_ns, l->f->o.random());
        m->due_ns = sooner(m->due_ns, clock_mono_ns(l->f->clock) + (uint64_t)wait_ns);
        log_warn("status.write_failed", LF("kind", KIND), LF("name", l->spec->meta.name),
                 LF("err", e));
        return;
    }
    metric_inc(METRIC_STATUS_WRITES, KIND, NULL, NULL);
    json_free(m->said);
    m->said = TAKE(*status);
}

static void emit(const struct look *l, const char *type, const char *reason, const char *message)
{
    const struct status_sink *sink = l->f->o.status;
    sink->event(sink->ctx, KIND, &l->spec->meta, type, reason, message);
}

static void tell_count(const struct look *l, const char *reason, const char *what, size_t n)
{
    if (n == 0)
        return;
    CLEANUP_STR char *message = xasprintf("%s ExternalSecret \"%s\" in %zu namespace%s", what,
                                          l->spec->target_name, n, n == 1 ? "" : "s");
    emit(l, "Normal", reason, message);
}

/* A line and an Event for what was written, and for each new failure. */
static void tell(struct look *l, char *message)
{
    struct fan_out_memory *m = l->m;
    const char *name = l->spec->meta.name;
    bool is_news = message ? !m->told || strcmp(m->told, message) != 0 : m->told != NULL;
    if (m->created || m->updated || m->deleted)
        log_info("fan_out.written", LF("name", name), LF("created", m->created),
                 LF("updated", m->updated), LF("deleted", m->deleted));
    tell_count(l, "Created", "created", m->created);
    tell_count(l, "Updated", "updated", m->updated);
    tell_count(l, "Deleted", "deleted", m->deleted);
    m->created = m->updated = m->deleted = 0;
    if (is_news && message) {
        log_warn("fan_out.failed", LF("name", name), LF("reason", message));
        emit(l, "Warning", "UpdateFailed", message);
    } else if (is_news) {
        log_info("fan_out.ready", LF("name", name));
    }
    note_failing(l->f, name, message);
    free(m->told);
    m->told = message;
}

/* in_place NULL: not known. */
static void report(struct look *l, const struct map *in_place, const struct map *failures)
{
    if (!l->spec->meta.is_deleting) {
        CLEANUP(json) struct json *status = fan_out_status_make(l->spec, in_place, failures);
        write_status(l, &status);
    }
    tell(l, fan_out_status_message(failures));
}

/* Failures that still stand in the way of plan, and what is refused. */
static struct map *failures_of(const struct look *l, const struct fan_out_plan *plan)
{
    struct map *out = map_new(free);
    for (size_t i = 0; i < plan->n; i++) {
        const char *reason = map_get(l->m->failures, plan->steps[i].ns);
        if (reason)
            map_set(out, plan->steps[i].ns, xstrdup(reason));
    }
    for (size_t i = 0; i < plan->refused->n; i++)
        map_set(out, plan->refused->entries[i].key, xstrdup(FAN_OUT_TAKEN));
    return out;
}

/* Namespaces come and go; what was written in those that went is nobody's business. */
static void forget_lost(struct look *l)
{
    struct map *settled = l->m->settled;
    for (size_t i = settled->n; i > 0; i--) {
        CLEANUP_STR char *key = xstrdup(settled->entries[i - 1].key);
        CLEANUP_STR char *ns = xstrndup(key, strcspn(key, "/"));
        if (!map_get(l->picture->namespaces, ns))
            map_remove(settled, key);
    }
}

/* True when all is done that could be done now. */
static bool act(struct look *l)
{
    struct fan_out_plan plan;
    fan_out_plan_make(l->spec, l->picture, l->m->settled, l->now_ns, &plan);
    bool is_done = fan_out_write(&l->f->writer, &plan, l->spec, l->picture, l->m);
    fan_out_plan_done(&plan);
    return is_done;
}

static void conclude(struct look *l)
{
    struct fan_out_plan plan;
    fan_out_plan_make(l->spec, l->picture, l->m->settled, l->now_ns, &plan);
    CLEANUP(map) struct map *failures = failures_of(l, &plan);
    l->m->due_ns = sooner(l->m->due_ns, plan.due_ns);
    if (plan.n > 0)
        l->m->due_ns = sooner(l->m->due_ns, l->m->retry_ns);
    report(l, plan.in_place, failures);
    forget_lost(l);
    fan_out_plan_done(&plan);
}

/* Why nothing can be done at all; NULL when it can. Caller frees. */
static char *obstacle(const struct look *l)
{
    if (l->spec->problem)
        return xstrdup(l->spec->problem);
    if (l->picture->denied)
        return xasprintf("%s may not be listed and watched; apply " FAN_OUT_COMPONENT
                         " for the rights",
                         l->picture->denied);
    return NULL;
}

static void work(struct look *l)
{
    struct fan_out_memory *m = l->m;
    CLEANUP_STR char *why = l->spec->meta.is_deleting ? NULL : obstacle(l);
    int64_t refresh_ns = schedule_refresh_ns(l->spec->refresh_interval_ns, l->f->o.random());
    m->due_ns = refresh_ns == SCHEDULE_NEVER ? UINT64_MAX : l->now_ns + (uint64_t)refresh_ns;
    if (why) {
        CLEANUP(map) struct map *failures = map_new(free);
        map_set(failures, FAN_OUT_ANY_NAMESPACE, TAKE(why));
        report(l, NULL, failures);
    } else if (l->picture->is_complete) {
        if (!act(l))
            m->due_ns = 0;
        else if (!atomic_load(&l->f->stop))
            conclude(l);
    }
}

static bool is_edited(const struct fan_out_memory *m, const struct cluster_spec *spec)
{
    return m->generation != spec->meta.generation || strcmp(m->digest, spec->digest) != 0;
}

/* When to look at spec, which is ours, again. */
static uint64_t look_at(struct fan_out *f, struct fan_out_picture *picture,
                        const struct cluster_spec *spec)
{
    struct fan_out_memory *m = memory_of(f, spec);
    struct look l = {f, picture, spec, m, clock_mono_ns(f->clock)};
    if (f->o.stands_back && f->o.stands_back(f->o.ctx, &spec->meta))
        return l.now_ns + FAN_OUT_STAND_BACK_NS;
    if (m->changes == picture->changes && l.now_ns < m->due_ns)
        return m->due_ns;
    if (is_edited(m, spec)) {
        m->generation = spec->meta.generation;
        memcpy(m->digest, spec->digest, sizeof(m->digest));
        m->n_failed = 0;
        m->retry_ns = 0;
    }
    work(&l);
    m->changes = picture->changes;
    return m->due_ns;
}

static void forget(struct fan_out *f, const char *name)
{
    if (!map_remove(f->memories, name))
        return;
    note_failing(f, name, NULL);
    if (f->o.let_go)
        f->o.let_go(f->o.ctx, name);
}

static void forget_others(struct fan_out *f, const struct map *specs)
{
    for (size_t i = f->memories->n; i > 0; i--) {
        CLEANUP_STR char *name = xstrdup(f->memories->entries[i - 1].key);
        if (!map_get(specs, name))
            forget(f, name);
    }
}

/* Another one comes first each time, so that a large one keeps no small one waiting. */
static uint64_t round_of(void *ctx, struct fan_out_picture *picture)
{
    struct fan_out *f = ctx;
    uint64_t due_ns = UINT64_MAX;
    size_t n = picture->specs->n;
    size_t first = f->turn++;
    f->writer.budget = FAN_OUT_BUDGET;
    for (size_t i = 0; i < n && !atomic_load(&f->stop); i++) {
        const struct cluster_spec *spec = picture->specs->entries[(first + i) % n].value;
        if (f->o.is_ours(f->o.ctx, spec->meta.uid))
            due_ns = sooner(due_ns, look_at(f, picture, spec));
        else
            forget(f, spec->meta.name);
    }
    forget_others(f, picture->specs);
    metric_set(METRIC_SPECS, (double)f->memories->n, KIND, NULL, NULL);
    return due_ns;
}

static bool is_ours(void *ctx, const char *uid)
{
    const struct fan_out *f = ctx;
    return f->o.is_ours(f->o.ctx, uid);
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    const struct fan_out *f = ctx;
    f->o.failed(f->o.ctx, what, e);
}

struct fan_out *fan_out_new(const struct fan_out_options *options)
{
    struct fan_out *f = xcalloc(1, sizeof(*f));
    f->o = *options;
    f->clock = kube_client_clock(options->kube);
    f->memories = map_new(free_memory);
    f->failing = map_new(free);
    f->writer =
        (struct fan_out_writer){.kube = options->kube, .stop = &f->stop, .random = options->random};
    mutex_init(&f->mu);
    f->watch = watch_fan_out_new(&(struct watch_fan_out_options){.kube = options->kube,
                                                                 .is_ours = is_ours,
                                                                 .round = round_of,
                                                                 .failed = on_failed,
                                                                 .ctx = f});
    return f;
}

void fan_out_free(struct fan_out *f)
{
    if (!f)
        return;
    fan_out_stop(f);
    watch_fan_out_free(f->watch);
    map_free(f->memories);
    map_free(f->failing);
    mutex_done(&f->mu);
    free(f);
}

void fan_out_start(struct fan_out *f)
{
    watch_fan_out_start(f->watch);
}

void fan_out_stop(struct fan_out *f)
{
    atomic_store(&f->stop, true);
    watch_fan_out_stop(f->watch);
}

void fan_out_update(struct fan_out *f, size_t n_held)
{
    watch_fan_out_update(f->watch, n_held);
}

uint64_t fan_out_step(struct fan_out *f)
{
    return watch_fan_out_step(f->watch);
}

void fan_out_each_failing(struct fan_out *f, fan_out_failing_fn *fn, void *ctx)
{
    mutex_lock(&f->mu);
    for (size_t i = 0; i < f->failing->n; i++)
        fn(ctx, f->failing->entries[i].key, f->failing->entries[i].value);
    mutex_unlock(&f->mu);
}
