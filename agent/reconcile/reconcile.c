/* Keys are "es/<ns>/<name>" and "store/<kind>/<ns>/<name>". A step of a spec: see it, decide
 * whether a pass is due, run the pipeline, report, set the next time. The memory of a spec is only
 * touched by the worker that has its key in hand, so the lock guards the table alone. */

#include "reconcile/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "reconcile/announce.h"
#include "reconcile/schedule.h"
#include "reconcile/spec_memory.h"
#include "reconcile/store_check.h"
#include "reconcile/work_queue.h"

/* Values fetched within this share of the interval by somebody else are as good as new. */
#define SHARED_AGE_DIVISOR 10
#define SHARED_AGE_MAX_NS (30 * NS_PER_S)

#define WINDOW_LOOK_NS (60 * NS_PER_S)

#define VERSION_SIZE 132 /* a resourceVersion of KUBE_RV_MAX bytes */

/* A key's mailbox between triggers and the worker. */
struct wish {
    bool is_forced;                         /* do a pass even if the timer has not come */
    bool is_retry;                          /* if the last pass failed, do not wait any longer */
    char volume_revision[DIGEST_KEYED_HEX]; /* a publish wrote this */
    bool has_volume_news;
    char secret_version[VERSION_SIZE]; /* of the mirrored Secret now; "": it is gone */
    bool has_secret_news;
};

/* What this agent has to do with a spec. */
struct concern {
    bool has_volumes; /* there are some of it on this node */
    bool is_ours;     /* we mirror it and report on it */
};

struct worker {
    struct reconcile *owner;
    unsigned index;
    struct thread *thread;
};

struct reconcile {
    struct reconcile_options o;
    struct mutex mu;
    struct map *memories; /* "ns/name" -> struct spec_memory */
    struct map *wishes;   /* key -> struct wish */
    struct work_queue *queue;
    struct announce *announce;
    struct store_check *stores;
    struct worker workers[RECONCILE_WORKERS_MAX];
    unsigned n_workers;
};

static void free_memory(void *p)
{
    spec_memory_free(p);
}

struct reconcile *reconcile_new(const struct reconcile_options *options)
{
    struct reconcile *r = xcalloc(1, sizeof(*r));
    r->o = *options;
    mutex_init(&r->mu);
    r->memories = map_new(free_memory);
    r->wishes = map_new(free);
    r->queue = work_queue_new(options->clock);
    r->announce = announce_new(&(struct announce_options){
        .clock = options->clock, .status = &r->o.status, .timeout_ns = options->pass_timeout_ns});
    r->stores = store_check_new();
    return r;
}

static char *spec_key(const char *ns, const char *name)
{
    return xasprintf("es/%s/%s", ns, name);
}

static struct wish *wish_locked(struct reconcile *r, const char *key) REQUIRES(r->mu)
{
    struct wish *w = map_get(r->wishes, key);
    if (!w) {
        w = xcalloc(1, sizeof(*w));
        map_set(r->wishes, key, w);
    }
    return w;
}

/* Leave a wish for the worker and wake one. */
static void wish_for(struct reconcile *r, const char *key, bool is_forced, const char *revision)
{
    mutex_lock(&r->mu);
    struct wish *w = wish_locked(r, key);
    w->is_forced = w->is_forced || is_forced;
    if (revision) {
        w->has_volume_news = true;
        snprintf(w->volume_revision, sizeof(w->volume_revision), "%s", revision);
    }
    mutex_unlock(&r->mu);
    work_queue_push(r->queue, key, 0);
}

static struct wish take_wish(struct reconcile *r, const char *key)
{
    struct wish taken = {0};
    mutex_lock(&r->mu);
    struct wish *w = map_take(r->wishes, key);
    mutex_unlock(&r->mu);
    if (w)
        taken = *w;
    free(w);
    return taken;
}

static void on_spec_changed(void *ctx, const char *ns, const char *name)
{
    CLEANUP_STR char *key = spec_key(ns, name);
    wish_for(ctx, key, false, NULL);
}

/* A wish for each spec that is meant: a retry of what failed, or a pass in any case. */
static void wish_for_specs(struct reconcile *r, bool (*is_meant)(const struct spec *, const void *),
                           const void *arg, bool is_forced)
{
    struct spec **specs;
    size_t n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        if (is_meant(specs[i], arg)) {
            CLEANUP_STR char *key = spec_key(specs[i]->meta.ns, specs[i]->meta.name);
            mutex_lock(&r->mu);
            struct wish *w = wish_locked(r, key);
            w->is_forced = w->is_forced || is_forced;
            w->is_retry = w->is_retry || !is_forced;
            mutex_unlock(&r->mu);
            work_queue_push(r->queue, key, 0);
        }
        spec_unref(specs[i]);
    }
    free(specs);
}

static void on_store_recovered(void *ctx, const struct store_name *store)
{
    wish_for_specs(ctx, store_check_spec_uses, store, false);
}

static void on_store_changed(void *ctx, enum store_kind kind, const char *ns, const char *name)
{
    struct reconcile *r = ctx;
    struct store_name store = {kind, ns, name};
    CLEANUP_STR char *key = store_check_key(&store);
    fetcher_store_changed(r->o.pipeline->fetcher, kind, ns, name);
    work_queue_push(r->queue, key, 0);
    wish_for_specs(r, store_check_spec_uses, &store, true);
}

static void on_credentials_changed(void *ctx, const char *ns, const char *name)
{
    struct reconcile *r = ctx;
    struct store **stores;
    fetcher_credentials_changed(r->o.pipeline->fetcher, ns, name);
    size_t n = spec_store_all_stores(r->o.specs, &stores);
    for (size_t i = 0; i < n; i++) {
        if (store_check_mentions(stores[i], ns, name))
            on_store_changed(r, stores[i]->kind, stores[i]->meta.ns, stores[i]->meta.name);
        store_unref(stores[i]);
    }
    free(stores);
}

const struct spec_listener *reconcile_listener(void)
{
    static const struct spec_listener listener = {
        .spec_changed = on_spec_changed,
        .store_changed = on_store_changed,
        .credentials_changed = on_credentials_changed,
    };
    return &listener;
}

void reconcile_volume_published(void *ctx, const char *ns, const char *name, const char *revision)
{
    CLEANUP_STR char *key = spec_key(ns, name);
    wish_for(ctx, key, false, revision);
}

/* Whether we made the Secret so is asked by the worker, when no pass of the spec is under way: the
 * answer to our own write often comes after the news of it. */
static void tell_secret(struct reconcile *r, const struct spec *spec, const char *version)
{
    CLEANUP_STR char *key = spec_key(spec->meta.ns, spec->meta.name);
    if (!r->o.is_ours(r->o.is_ours_ctx, spec->meta.uid))
        return;
    mutex_lock(&r->mu);
    struct wish *w = wish_locked(r, key);
    w->has_secret_news = true;
    snprintf(w->secret_version, sizeof(w->secret_version), "%s", version);
    mutex_unlock(&r->mu);
    work_queue_push(r->queue, key, 0);
}

void reconcile_secret_changed(void *ctx, const char *ns, const char *name, const char *version)
{
    struct reconcile *r = ctx;
    struct spec **specs;
    size_t n = spec_store_specs_of_target(r->o.specs, ns, name, &specs);
    for (size_t i = 0; i < n; i++) {
        tell_secret(r, specs[i], version ? version : "");
        spec_unref(specs[i]);
    }
    free(specs);
}

void reconcile_secrets_listed(void *ctx, const struct map *listed)
{
    struct reconcile *r = ctx;
    struct spec **specs;
    size_t n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR char *secret = xasprintf("%s/%s", specs[i]->meta.ns, specs[i]->target_name);
        if (!map_get(listed, secret))
            tell_secret(r, specs[i], "");
        spec_unref(specs[i]);
    }
    free(specs);
}

void reconcile_all(struct reconcile *r)
{
    struct store **stores;
    struct spec **specs;
    size_t n = spec_store_all_stores(r->o.specs, &stores);
    for (size_t i = 0; i < n; i++) {
        struct store_name name = {stores[i]->kind, stores[i]->meta.ns, stores[i]->meta.name};
        CLEANUP_STR char *key = store_check_key(&name);
        work_queue_push(r->queue, key, 0);
        store_unref(stores[i]);
    }
    free(stores);
    n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        on_spec_changed(r, specs[i]->meta.ns, specs[i]->meta.name);
        spec_unref(specs[i]);
    }
    free(specs);
}

/* Memory of spec. An object that was deleted and made anew has another uid, and nothing to do with
 * what was remembered. */
static struct spec_memory *memory_of(struct reconcile *r, const struct spec *spec,
                                     const char *ns_name)
{
    mutex_lock(&r->mu);
    struct spec_memory *m = map_get(r->memories, ns_name);
    if (!m || (m->spec && strcmp(m->spec->meta.uid, spec->meta.uid) != 0)) {
        m = xcalloc(1, sizeof(*m));
        spec_memory_init(m, spec);
        map_set(r->memories, ns_name, m);
    }
    mutex_unlock(&r->mu);
    return m;
}

/* Was the object edited since the last pass, whether that went well or not? */
static bool is_changed(const struct spec_memory *m, const struct spec *spec)
{
    CLEANUP_STR char *now = spec_synced_resource_version(spec);
    return !m->attempted_version || strcmp(now, m->attempted_version) != 0;
}

/* First step of this process: the status may say that a refresh is not due yet. */
static void resume_timer(struct reconcile *r, struct spec_memory *m, const struct spec *spec)
{
    int64_t interval_s = spec->refresh_interval_ns / (int64_t)NS_PER_S;
    int64_t now_s = clock_unix_s(r->o.clock);
    int64_t due_s = m->report.refresh_unix_s + interval_s;
    if (!m->report.is_ready || m->report.refresh_unix_s > now_s)
        return;
    if (spec->refresh_interval_ns <= 0 || spec->refresh != REFRESH_PERIODIC)
        m->next_ns = UINT64_MAX;
    else if (due_s > now_s)
        m->next_ns = clock_mono_ns(r->o.clock) + (uint64_t)(due_s - now_s) * NS_PER_S;
}

/* In a cluster one agent speaks for an ExternalSecret: the one that mirrors it. */
static void say(struct reconcile *r, struct spec_memory *m, const struct spec *spec,
                struct status_report *fresh, const struct concern *c)
{
    struct announce_rights rights = {.may_write = c->is_ours,
                                     .may_emit = c->is_ours || !r->o.mirror};
    announce_report(r->announce, m, spec, fresh, &rights);
}

static void after_success(struct reconcile *r, struct spec_memory *m, const struct spec *spec,
                          const struct pipeline_result *result, enum project_outcome outcome,
                          const struct concern *c)
{
    struct status_report fresh = {0};
    uint64_t now = clock_mono_ns(r->o.clock);
    int64_t age_s = (int64_t)(result->oldest_age_ns / NS_PER_S);
    status_of_outcome(&fresh, outcome);
    fresh.refresh_unix_s = clock_unix_s(r->o.clock) - age_s;
    fresh.synced_resource_version = spec_synced_resource_version(spec);
    m->failures = 0;
    memcpy(m->revision, result->revision, sizeof(m->revision));
    bool is_periodic = spec->refresh == REFRESH_PERIODIC;
    int64_t wait = schedule_refresh_ns(is_periodic ? spec->refresh_interval_ns : 0, r->o.random());
    uint64_t base = now > result->oldest_age_ns ? now - result->oldest_age_ns : 0;
    m->next_ns = wait == SCHEDULE_NEVER ? UINT64_MAX : base + (uint64_t)wait;
    say(r, m, spec, &fresh, c);
}

static void after_failure(struct reconcile *r, struct spec_memory *m, const struct spec *spec,
                          const struct err *e, bool has_data, const struct concern *c)
{
    struct status_report fresh = {0};
    status_of_error(&fresh, e, has_data);
    fresh.refresh_unix_s = m->report.refresh_unix_s;
    fresh.synced_resource_version = xstrdup(m->report.synced_resource_version);
    m->failures++;
    m->next_ns =
        clock_mono_ns(r->o.clock) +
        (uint64_t)schedule_retry_ns(e, m->failures, spec->refresh_interval_ns, r->o.random());
    say(r, m, spec, &fresh, c);
}

/* How old a shared value may be: a forced or changed pass wants new ones. */
static uint64_t max_age(const struct spec *spec, const struct wish *w, bool changed,
                        bool only_spread)
{
    if (only_spread)
        return spec->refresh_interval_ns > 0 ? (uint64_t)spec->refresh_interval_ns : UINT64_MAX;
    if (w->is_forced || changed || spec->refresh_interval_ns <= 0)
        return NS_PER_S;
    uint64_t share = (uint64_t)spec->refresh_interval_ns / SHARED_AGE_DIVISOR;
    return share < SHARED_AGE_MAX_NS ? share : SHARED_AGE_MAX_NS;
}

static void count_pass(struct reconcile *r, uint64_t began_ns, const struct err *e)
{
    metric_observe(METRIC_SYNC_SECONDS, (double)(clock_mono_ns(r->o.clock) - began_ns) / 1e9, NULL,
                   NULL);
    metric_inc(METRIC_SYNC_CALLS, e ? "error" : "success",
               e ? err_class_name(err_class(e)) : "none", NULL);
}

static void pass(struct reconcile *r, struct spec_memory *m, const struct spec *spec,
                 const struct fetch_limits *limits, const struct concern *c)
{
    struct sink *sinks[PIPELINE_SINKS_MAX];
    size_t n = 0;
    struct pipeline_result result = {0};
    struct deadline dl = deadline_in(r->o.clock, r->o.pass_timeout_ns);
    if (c->has_volumes)
        sinks[n++] = volumes_sink(r->o.volumes);
    if (c->is_ours)
        sinks[n++] = r->o.mirror;
    uint64_t began = clock_mono_ns(r->o.clock);
    free(m->attempted_version);
    m->attempted_version = spec_synced_resource_version(spec);
    struct err *e = pipeline_run(r->o.pipeline, spec, limits, sinks, n, &dl, &result);
    count_pass(r, began, e);
    if (e)
        after_failure(r, m, spec, e, result.has_data, c);
    else
        after_success(r, m, spec, &result, n ? result.outcomes[n - 1] : PROJECT_NOTHING, c);
    err_free(e);
}

/* Remove what the mirror holds of m's spec; NULL when there is nothing to do. */
static struct err *unmirror(struct reconcile *r, const struct spec_memory *m)
{
    if (!m->spec || !r->o.mirror || !r->o.is_ours(r->o.is_ours_ctx, m->spec->meta.uid))
        return NULL;
    struct deadline dl = deadline_in(r->o.clock, r->o.pass_timeout_ns);
    return r->o.mirror->ops->remove(r->o.mirror, m->spec, &dl);
}

/* The spec is gone: its Secret by policy, then its memory. What cannot be removed now is tried
 * again. */
static void forget(struct reconcile *r, const char *key, const char *ns_name)
{
    mutex_lock(&r->mu);
    struct spec_memory *m = map_take(r->memories, ns_name);
    mutex_unlock(&r->mu);
    announce_silence(r->announce, ns_name);
    if (!m)
        return;
    CLEANUP(err) struct err *e = unmirror(r, m);
    if (!e) {
        spec_memory_free(m);
        return;
    }
    log_warn("mirror.remove_failed", LF("object", ns_name), LF("err", e));
    int64_t wait = schedule_retry_ns(e, ++m->failures, 0, r->o.random());
    mutex_lock(&r->mu);
    map_set(r->memories, ns_name, m);
    mutex_unlock(&r->mu);
    work_queue_push(r->queue, key, clock_mono_ns(r->o.clock) + (uint64_t)wait);
}

/* Only a volume is behind or ahead: the cached values will do. */
static bool needs_spread(const struct spec_memory *m, const struct wish *w)
{
    return w->has_volume_news && (!*m->revision || strcmp(m->revision, w->volume_revision) != 0);
}

/* What does w say about the spec's Secret? */
static enum drift_news drift_news(const struct reconcile *r, const struct spec *spec,
                                  const struct wish *w, const struct concern *c)
{
    if (!c->is_ours)
        return DRIFT_NONE;
    if (!w->has_secret_news || !r->o.mirror->ops->has_drifted)
        return DRIFT_NO_NEWS;
    bool is_drifted = r->o.mirror->ops->has_drifted(r->o.mirror, spec, w->secret_version);
    return is_drifted ? DRIFT_FOUND : DRIFT_NONE;
}

static void note_pass(struct reconcile *r, struct spec_memory *m, const char *key,
                      bool was_for_drift)
{
    bool is_ok = m->failures == 0;
    if (was_for_drift)
        log_info("mirror.drift", LF("object", key + strlen("es/")), LF("mended", is_ok));
    drift_note_pass(&m->drift, was_for_drift, is_ok, clock_mono_ns(r->o.clock));
}

/* Is a pass due? A refresh that has to wait for its window asks again in a minute. */
static bool is_due(struct reconcile *r, struct spec_memory *m, const struct spec *spec,
                   const struct wish *w, bool changed)
{
    uint64_t now = clock_mono_ns(r->o.clock);
    CLEANUP_STR char *version = spec_synced_resource_version(spec);
    const char *synced = m->report.synced_resource_version;
    struct schedule_state s = {.is_synced = synced && m->report.refresh_unix_s > 0,
                               .is_current = synced && strcmp(synced, version) == 0,
                               .is_changed = changed,
                               .is_forced = w->is_forced,
                               .is_time = m->next_ns <= now,
                               .now_unix_s = clock_unix_s(r->o.clock)};
    if (schedule_is_due(spec, &s))
        return true;
    if (s.is_time)
        m->next_ns = spec->windows.n > 0 ? now + WINDOW_LOOK_NS : UINT64_MAX;
    return false;
}

/* Run a pass if one is due, and set the time of the next. */
static void step_concerned(struct reconcile *r, const char *key, struct spec_memory *m,
                           const struct spec *spec, const struct concern *c)
{
    struct wish w = take_wish(r, key);
    bool is_first = m->spec == NULL;
    bool changed = is_changed(m, spec);
    bool is_gained = !is_first && c->is_ours && !m->was_ours;
    spec_memory_see(m, spec, c->is_ours);
    if (w.is_retry && m->failures > 0)
        m->next_ns = 0;
    if (is_first && !changed && !c->has_volumes)
        resume_timer(r, m, spec);
    bool due = is_due(r, m, spec, &w, changed);
    bool has_drifted =
        drift_is_due(&m->drift, drift_news(r, spec, &w, c), clock_mono_ns(r->o.clock));
    bool only_spread = !due && (is_gained || has_drifted || needs_spread(m, &w));
    if (due || only_spread) {
        struct fetch_limits limits = {.max_age_ns = max_age(spec, &w, changed, only_spread),
                                      .allow_stale = false};
        pass(r, m, spec, &limits, c);
        note_pass(r, m, key, has_drifted);
    }
    uint64_t next_ns = drift_next_ns(&m->drift, m->next_ns);
    if (next_ns != UINT64_MAX)
        work_queue_push(r->queue, key, next_ns);
}

/* Whoever is concerned with it later starts from what its status says then. */
static void leave_alone(struct reconcile *r, const char *ns_name)
{
    mutex_lock(&r->mu);
    struct spec_memory *m = map_take(r->memories, ns_name);
    mutex_unlock(&r->mu);
    spec_memory_free(m);
}

/* Is the store that ref names one of another controller's class? */
static bool is_foreign_store(struct reconcile *r, const struct spec *spec,
                             const struct store_ref *ref)
{
    const char *ns = ref->kind == STORE_CLUSTER ? "" : spec->meta.ns;
    if (!ref->name)
        return false;
    CLEANUP(store)
    struct store *store = spec_store_get_store(r->o.specs, ref->kind, ns, ref->name);
    return store && !store_is_of_class(store, r->o.controller_class);
}

static bool is_foreign(struct reconcile *r, const struct spec *spec)
{
    for (size_t i = 0; i < spec->n_data; i++) {
        if (is_foreign_store(r, spec, &spec->data[i].remote.store))
            return true;
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        if (is_foreign_store(r, spec, &spec->sources[i].remote.store))
            return true;
    }
    return false;
}

static void step_known_spec(struct reconcile *r, const char *key, const char *ns_name,
                            const struct spec *spec)
{
    bool is_held = r->o.mirror && r->o.is_ours(r->o.is_ours_ctx, spec->meta.uid);
    struct concern c = {.has_volumes = r->o.volumes &&
                                       volumes_has(r->o.volumes, spec->meta.ns, spec->meta.name),
                        .is_ours = is_held && !spec->meta.is_deleting && !is_foreign(r, spec)};
    if (c.has_volumes || c.is_ours) {
        step_concerned(r, key, memory_of(r, spec, ns_name), spec, &c);
        return;
    }
    take_wish(r, key);
    announce_silence(r->announce, ns_name);
    if (!is_held)
        leave_alone(r, ns_name);
}

static void step_spec(struct reconcile *r, const char *key)
{
    const char *ns_name = key + strlen("es/");
    const char *slash = strchr(ns_name, '/');
    CLEANUP_STR char *ns = xstrndup(ns_name, (size_t)(slash - ns_name));
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(r->o.specs, ns, slash + 1);
    if (spec) {
        step_known_spec(r, key, ns_name, spec);
        return;
    }
    take_wish(r, key);
    forget(r, key, ns_name);
}

static void step_store(struct reconcile *r, const char *key)
{
    struct store_check_options o = {
        .clock = r->o.clock,
        .specs = r->o.specs,
        .fetcher = r->o.pipeline->fetcher,
        .status = &r->o.status,
        .is_ours = r->o.is_ours,
        .is_ours_ctx = r->o.is_ours_ctx,
        .timeout_ns = r->o.pass_timeout_ns,
        .controller_class = r->o.controller_class,
        .recovered = on_store_recovered,
        .recovered_ctx = r,
    };
    if (!r->o.mirror)
        return;
    uint64_t next_ns = store_check_step(r->stores, &o, key, r->o.random());
    if (next_ns != UINT64_MAX)
        work_queue_push(r->queue, key, next_ns);
}

static void step(struct reconcile *r, const char *key)
{
    if (strncmp(key, "es/", 3) == 0)
        step_spec(r, key);
    else
        step_store(r, key);
    work_queue_done(r->queue, key);
    size_t due;
    metric_set(METRIC_QUEUE_DEPTH, (double)work_queue_depth(r->queue, &due), NULL, NULL, NULL);
}

static void say_working(const struct worker *w, bool is_working)
{
    const struct reconcile_options *o = &w->owner->o;
    if (o->working)
        o->working(o->working_ctx, w->index, is_working);
}

static void work(void *arg)
{
    const struct worker *w = arg;
    for (;;) {
        CLEANUP_STR char *key = work_queue_pop(w->owner->queue);
        if (!key)
            return;
        say_working(w, true);
        step(w->owner, key);
        say_working(w, false);
    }
}

size_t reconcile_step_due(struct reconcile *r)
{
    for (size_t n = 0;; n++) {
        CLEANUP_STR char *key = work_queue_try_pop(r->queue);
        if (!key)
            return n;
        step(r, key);
    }
}

void reconcile_start(struct reconcile *r, unsigned n_workers)
{
    r->n_workers = n_workers < RECONCILE_WORKERS_MAX ? n_workers : RECONCILE_WORKERS_MAX;
    for (unsigned i = 0; i < r->n_workers; i++) {
        char name[16];
        snprintf(name, sizeof(name), "reconcile-%u", i);
        struct worker *w = &r->workers[i];
        w->owner = r;
        w->index = i;
        w->thread = thread_start(name, work, w);
    }
}

void reconcile_stop(struct reconcile *r)
{
    work_queue_stop(r->queue);
    for (unsigned i = 0; i < r->n_workers; i++)
        thread_join(TAKE(r->workers[i].thread));
    r->n_workers = 0;
}

void reconcile_free(struct reconcile *r)
{
    if (!r)
        return;
    reconcile_stop(r);
    work_queue_free(r->queue);
    store_check_free(r->stores);
    announce_free(r->announce);
    map_free(r->wishes);
    map_free(r->memories);
    mutex_done(&r->mu);
    free(r);
}

void reconcile_each_failing(struct reconcile *r, reconcile_failing_fn *fn, void *ctx)
{
    announce_each_failing(r->announce, fn, ctx);
}
