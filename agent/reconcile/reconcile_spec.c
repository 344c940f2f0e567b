/* See the object, decide whether a pass is due, run the pipeline, report, set the next time. The
 * memory of a spec is only touched by the worker that has its key in hand, so the lock guards the
 * table alone. */

#include "reconcile/reconcile_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "reconcile/announce.h"
#include "reconcile/reconcile.h"
#include "reconcile/schedule.h"
#include "reconcile/spec_memory.h"

/* Values fetched within this share of the interval by somebody else are as good as new. */
#define SHARED_AGE_DIVISOR 10
#define SHARED_AGE_MAX_NS (30 * NS_PER_S)

#define WINDOW_LOOK_NS (60 * NS_PER_S)

#define KIND "ExternalSecret"

struct reconcile_spec {
    const struct reconcile_options *o;
    struct mutex mu;
    struct map *memories; /* "ns/name" -> struct spec_memory */
    struct announce *announce;
};

static void free_memory(void *p)
{
    spec_memory_free(p);
}

struct reconcile_spec *reconcile_spec_new(const struct reconcile_options *options)
{
    struct reconcile_spec *r = xcalloc(1, sizeof(*r));
    r->o = options;
    mutex_init(&r->mu);
    r->memories = map_new(free_memory);
    r->announce = announce_new(&(struct announce_options){.clock = options->clock,
                                                          .status = &options->status,
                                                          .timeout_ns = options->pass_timeout_ns});
    return r;
}

void reconcile_spec_free(struct reconcile_spec *r)
{
    if (!r)
        return;
    announce_free(r->announce);
    map_free(r->memories);
    mutex_done(&r->mu);
    free(r);
}

/* One look at a spec, and what this agent has to do with it. */
struct step {
    struct reconcile_spec *r;
    const char *ns_name;
    const struct spec *spec;
    struct spec_wish wish;
    struct spec_memory *m;
    bool has_volumes; /* there are some of it on this node */
    bool is_ours;     /* we mirror it and report on it */
    bool is_leaving;  /* deleted, and held up by External Secrets' finalizer until we are done */
    bool is_changed;  /* edited since the last pass, whether that went well or not */
};

static uint64_t now_ns(const struct step *s)
{
    return clock_mono_ns(s->r->o->clock);
}

static int64_t now_unix_s(const struct step *s)
{
    return clock_unix_s(s->r->o->clock);
}

/* Memory of spec. An object that was deleted and made anew has another uid, and nothing to do with
 * what was remembered. */
static struct spec_memory *memory_of(struct reconcile_spec *r, const struct spec *spec,
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

static bool is_changed(const struct spec_memory *m, const struct spec *spec)
{
    CLEANUP_STR char *now = spec_synced_resource_version(spec);
    return !m->attempted_version || strcmp(now, m->attempted_version) != 0;
}

/* First step of this process: the status may say that a refresh is not due yet. */
static void resume_timer(const struct step *s)
{
    struct spec_memory *m = s->m;
    int64_t interval_s = s->spec->refresh_interval_ns / (int64_t)NS_PER_S;
    int64_t due_s = m->report.refresh_unix_s + interval_s;
    if (!m->report.is_ready || m->report.refresh_unix_s > now_unix_s(s))
        return;
    if (s->spec->refresh_interval_ns <= 0 || s->spec->refresh != REFRESH_PERIODIC)
        m->next_ns = UINT64_MAX;
    else if (due_s > now_unix_s(s))
        m->next_ns = now_ns(s) + (uint64_t)(due_s - now_unix_s(s)) * NS_PER_S;
}

/* In a cluster one agent speaks for an ExternalSecret: the one that mirrors it. */
static void say(const struct step *s, struct status_report *fresh, const struct announce_news *news)
{
    if (s->is_leaving) { /* then its conditions say how that goes, not how its volumes do */
        status_report_done(fresh);
        return;
    }
    struct announce_rights rights = {.may_write = s->is_ours,
                                     .may_emit = s->is_ours || !s->r->o->mirror};
    announce_report(s->r->announce, s->m, s->spec, fresh, &rights, news);
}

static void after_success(const struct step *s, const struct pipeline_result *result,
                          enum project_outcome outcome)
{
    struct status_report fresh = {0};
    struct sink *mirror = s->is_ours ? s->r->o->mirror : NULL;
    struct announce_news news = {.outcome = mirror ? outcome : PROJECT_NOTHING,
                                 .has_left_target = mirror && mirror->ops->has_left_target &&
                                                    mirror->ops->has_left_target(mirror, s->spec),
                                 .missing = result->missing};
    uint64_t now = now_ns(s);
    bool is_periodic = s->spec->refresh == REFRESH_PERIODIC;
    status_of_outcome(&fresh, s->spec, outcome);
    fresh.refresh_unix_s = now_unix_s(s) - (int64_t)(result->oldest_age_ns / NS_PER_S);
    fresh.synced_resource_version = spec_synced_resource_version(s->spec);
    s->m->failures = 0;
    memcpy(s->m->revision, result->revision, sizeof(s->m->revision));
    int64_t wait =
        schedule_refresh_ns(is_periodic ? s->spec->refresh_interval_ns : 0, s->r->o->random());
    uint64_t base = now > result->oldest_age_ns ? now - result->oldest_age_ns : 0;
    s->m->next_ns = wait == SCHEDULE_NEVER ? UINT64_MAX : base + (uint64_t)wait;
    say(s, &fresh, &news);
}

/* Try again later. What fresh says of e is said, and what was synced stays so. */
static void after_failure(const struct step *s, const struct err *e, struct status_report *fresh)
{
    fresh->refresh_unix_s = s->m->report.refresh_unix_s;
    fresh->synced_resource_version = xstrdup(s->m->report.synced_resource_version);
    s->m->failures++;
    s->m->next_ns =
        now_ns(s) + (uint64_t)schedule_retry_ns(e, s->m->failures, s->spec->refresh_interval_ns,
                                                s->r->o->random());
    say(s, fresh, NULL);
}

/* How old a shared value may be: a forced or changed pass wants new ones. */
static uint64_t max_age(const struct step *s, bool only_spread)
{
    const struct spec *spec = s->spec;
    if (only_spread)
        return spec->refresh_interval_ns > 0 ? (uint64_t)spec->refresh_interval_ns : UINT64_MAX;
    if (s->wish.is_forced || s->is_changed || spec->refresh_interval_ns <= 0)
        return NS_PER_S;
    uint64_t share = (uint64_t)spec->refresh_interval_ns / SHARED_AGE_DIVISOR;
    return share < SHARED_AGE_MAX_NS ? share : SHARED_AGE_MAX_NS;
}

static void count_pass(const struct step *s, uint64_t began_ns, const struct err *e)
{
    metric_observe(METRIC_SYNC_SECONDS, (double)(now_ns(s) - began_ns) / 1e9, NULL, NULL);
    metric_inc(METRIC_SYNC_CALLS, e ? "error" : "success",
               e ? err_class_name(err_class(e)) : "none", NULL);
}

/* Fetch, render and write to n sinks; the mirror, if it is among them, is the last. How that went
 * is said where is_told. */
static void pass_to(const struct step *s, const struct fetch_limits *limits,
                    struct sink *const *sinks, size_t n, bool is_told)
{
    const struct reconcile_options *o = s->r->o;
    CLEANUP_PIPELINE_RESULT struct pipeline_result result = {0};
    struct status_report fresh = {0};
    struct deadline dl = deadline_in(o->clock, o->pass_timeout_ns);
    uint64_t began = now_ns(s);
    CLEANUP(err)
    struct err *e = pipeline_run(o->pipeline, s->spec, limits, sinks, n, &dl, &result);
    count_pass(s, began, e);
    if (!is_told)
        return;
    if (!e) {
        after_success(s, &result, n ? result.outcomes[n - 1] : PROJECT_NOTHING);
        return;
    }
    status_of_error(&fresh, s->spec, e, result.has_data);
    after_failure(s, e, &fresh);
}

/* A target that the mirror may not write is told so; its volumes get their files all the same. */
static void pass(const struct step *s, const struct fetch_limits *limits)
{
    const struct reconcile_options *o = s->r->o;
    struct sink *sinks[PIPELINE_SINKS_MAX];
    struct status_report fresh = {0};
    size_t n = 0;
    CLEANUP(err)
    struct err *refused = s->is_ours ? project_check_generic(s->spec, o->allows_generic) : NULL;
    if (s->has_volumes)
        sinks[n++] = volumes_sink(o->volumes);
    if (s->is_ours && !refused)
        sinks[n++] = o->mirror;
    free(s->m->attempted_version);
    s->m->attempted_version = spec_synced_resource_version(s->spec);
    if (n || !refused)
        pass_to(s, limits, sinks, n, !refused);
    if (!refused)
        return;
    status_of_refusal(&fresh, refused);
    after_failure(s, refused, &fresh);
}

/* Remove what the mirror holds of m's spec; NULL when there is nothing to do. */
static struct err *unmirror(struct reconcile_spec *r, const struct spec_memory *m)
{
    if (!m->spec || m->has_left || !r->o->mirror ||
        !r->o->is_ours(r->o->is_ours_ctx, m->spec->meta.uid))
        return NULL;
    struct deadline dl = deadline_in(r->o->clock, r->o->pass_timeout_ns);
    return r->o->mirror->ops->remove(r->o->mirror, m->spec, &dl);
}

/* The spec is gone: its Secret by policy, then its memory. What cannot be removed now is tried
 * again. */
static uint64_t forget(struct reconcile_spec *r, const char *ns_name)
{
    if (r->o->rival)
        rival_forget(r->o->rival, KIND, ns_name);
    mutex_lock(&r->mu);
    struct spec_memory *m = map_take(r->memories, ns_name);
    mutex_unlock(&r->mu);
    announce_silence(r->announce, ns_name);
    if (!m)
        return UINT64_MAX;
    CLEANUP(err) struct err *e = unmirror(r, m);
    if (!e) {
        spec_memory_free(m);
        return UINT64_MAX;
    }
    log_warn("mirror.remove_failed", LF("object", ns_name), LF("err", e));
    int64_t wait = schedule_retry_ns(e, ++m->failures, 0, r->o->random());
    mutex_lock(&r->mu);
    map_set(r->memories, ns_name, m);
    mutex_unlock(&r->mu);
    return clock_mono_ns(r->o->clock) + (uint64_t)wait;
}

/* Only a volume is behind or ahead: the cached values will do. */
static bool needs_spread(const struct step *s)
{
    const char *revision = s->m->revision;
    return s->wish.has_volume_news &&
           (!*revision || strcmp(revision, s->wish.volume_revision) != 0);
}

/* What does the wish say about the spec's Secret? */
static enum drift_news drift_news(const struct step *s)
{
    struct sink *mirror = s->r->o->mirror;
    if (!s->is_ours)
        return DRIFT_NONE;
    if (!s->wish.has_secret_news || !mirror->ops->has_drifted)
        return DRIFT_NO_NEWS;
    bool is_drifted = mirror->ops->has_drifted(mirror, s->spec, s->wish.secret_version);
    return is_drifted ? DRIFT_FOUND : DRIFT_NONE;
}

static void note_pass(const struct step *s, bool was_for_drift)
{
    bool is_ok = s->m->failures == 0;
    if (was_for_drift)
        log_info("mirror.drift", LF("object", s->ns_name), LF("mended", is_ok));
    drift_note_pass(&s->m->drift, was_for_drift, is_ok, now_ns(s));
}

/* Is a pass due? A refresh that has to wait for its window asks again in a minute. */
static bool is_due(const struct step *s)
{
    uint64_t now = now_ns(s);
    CLEANUP_STR char *version = spec_synced_resource_version(s->spec);
    const char *synced = s->m->report.synced_resource_version;
    struct schedule_state state = {.is_synced = synced && s->m->report.refresh_unix_s > 0,
                                   .is_current = synced && strcmp(synced, version) == 0,
                                   .is_changed = s->is_changed,
                                   .is_forced = s->wish.is_forced,
                                   .is_time = s->m->next_ns <= now,
                                   .now_unix_s = now_unix_s(s)};
    if (schedule_is_due(s->spec, &state))
        return true;
    if (state.is_time)
        s->m->next_ns = s->spec->windows.n > 0 ? now + WINDOW_LOOK_NS : UINT64_MAX;
    return false;
}

/* Run a pass if one is due, and set the time of the next. */
static uint64_t step_concerned(struct step *s)
{
    struct spec_memory *m = s->m = memory_of(s->r, s->spec, s->ns_name);
    bool is_first = m->spec == NULL;
    bool is_gained = !is_first && s->is_ours && !m->was_ours;
    s->is_changed = is_changed(m, s->spec);
    spec_memory_see(m, s->spec, s->is_ours);
    if (s->wish.is_retry && m->failures > 0)
        m->next_ns = 0;
    if (is_first && !s->is_changed && !s->has_volumes)
        resume_timer(s);
    bool due = is_due(s);
    bool has_drifted = drift_is_due(&m->drift, drift_news(s), now_ns(s));
    bool only_spread = !due && (is_gained || has_drifted || needs_spread(s));
    if (due || only_spread) {
        struct fetch_limits limits = {.max_age_ns = max_age(s, only_spread), .allow_stale = false};
        pass(s, &limits);
        note_pass(s, has_drifted);
    } else if (s->is_ours && s->spec->status.is_standing_back && !m->has_written &&
               *m->report.reason) {
        announce_again(s->r->announce, m, s->spec);
    }
    return drift_next_ns(&m->drift, m->next_ns);
}

/* Whoever is concerned with it later starts from what its status says then. */
static void leave_alone(struct reconcile_spec *r, const char *ns_name)
{
    mutex_lock(&r->mu);
    struct spec_memory *m = map_take(r->memories, ns_name);
    mutex_unlock(&r->mu);
    spec_memory_free(m);
}

/* Is the store that ref names one of another controller's class? */
static bool is_foreign_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    const struct reconcile_spec *r = ctx;
    CLEANUP(store)
    struct store *store = spec_store_get_named(r->o->specs, spec, ref);
    return store && !store_is_of_class(store, r->o->controller_class);
}

/* The finalizer stands for deletionPolicy. With External Secrets gone, carrying that out and taking
 * the finalizer off is up to us; without it a deleted object would stay for ever. A conflict is not
 * told: the object has changed, and its next version is on the way. */
static uint64_t leave(const struct step *s)
{
    const struct reconcile_options *o = s->r->o;
    struct spec_memory *m = s->m;
    struct status_report fresh = {0};
    struct announce_rights rights = {.may_write = true, .may_emit = true};
    struct deadline dl = deadline_in(o->clock, o->pass_timeout_ns);
    if (m->has_left || now_ns(s) < m->leave_ns)
        return m->has_left ? UINT64_MAX : m->leave_ns;
    CLEANUP(err) struct err *e = o->mirror->ops->remove(o->mirror, s->spec, &dl);
    if (!e)
        e = o->status.take_finalizer(o->status.ctx, s->spec, SPEC_FINALIZER, &dl);
    m->has_left = !e;
    if (!e) {
        log_info("spec.released", LF("object", s->ns_name));
        announce_silence(s->r->announce, s->ns_name);
        return UINT64_MAX;
    }
    int64_t wait = schedule_retry_ns(e, ++m->leave_failures, 0, o->random());
    m->leave_ns = now_ns(s) + (uint64_t)wait;
    if (err_class(e) == ERR_CONFLICT)
        return m->leave_ns;
    status_of_leave_error(&fresh, s->spec, e);
    announce_report(s->r->announce, m, s->spec, &fresh, &rights, NULL);
    return m->leave_ns;
}

static uint64_t step_leaving(struct step *s)
{
    s->m = memory_of(s->r, s->spec, s->ns_name);
    spec_memory_see(s->m, s->spec, true);
    uint64_t leave_ns = leave(s);
    uint64_t next_ns = s->has_volumes ? step_concerned(s) : UINT64_MAX;
    return leave_ns < next_ns ? leave_ns : next_ns;
}

/* Is the object overdue, going by what its status says? *due_ns is when it will be. */
static bool is_overdue(const struct step *s, uint64_t *due_ns)
{
    const struct spec_status *st = &s->spec->status;
    int64_t interval_s = s->spec->refresh_interval_ns / (int64_t)NS_PER_S;
    int64_t left_s = st->refresh_unix_s + interval_s - now_unix_s(s);
    bool is_periodic = s->spec->refresh == REFRESH_PERIODIC && interval_s > 0;
    bool is_ready = st->ready_status && strcmp(st->ready_status, "True") == 0;
    const char *synced = st->synced_resource_version;
    CLEANUP_STR char *version = spec_synced_resource_version(s->spec);
    struct schedule_state state = {.is_synced = synced && st->refresh_unix_s > 0,
                                   .is_current = synced && strcmp(synced, version) == 0,
                                   .is_time = !is_ready || (is_periodic && left_s <= 0),
                                   .now_unix_s = now_unix_s(s)};
    state.is_changed = !state.is_current;
    uint64_t wait_ns = left_s > 0 ? (uint64_t)left_s * NS_PER_S : WINDOW_LOOK_NS;
    *due_ns = is_periodic ? now_ns(s) + wait_ns : UINT64_MAX;
    return schedule_is_due(s->spec, &state);
}

static bool is_claimed_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    const struct reconcile_spec *r = ctx;
    CLEANUP(store)
    struct store *store = spec_store_get_named(r->o->specs, spec, ref);
    return store && store_is_claimed(store, r->o->controller_class);
}

/* Once on the object, once in the log of the process. */
static void say_alive(const struct step *s)
{
    const struct reconcile_options *o = s->r->o;
    char message[RIVAL_MESSAGE_MAX];
    struct deadline dl = deadline_in(o->clock, o->pass_timeout_ns);
    rival_message(o->rival, message);
    if (rival_is_news(o->rival))
        log_warn("rival.alive", LF("object", s->ns_name), LF("message", message));
    if (s->spec->status.is_standing_back || !o->status.stand_back)
        return;
    CLEANUP(err) struct err *e = o->status.stand_back(o->status.ctx, s->spec, message, &dl);
    if (e)
        log_warn("status.write_failed", LF("object", s->ns_name), LF("err", e));
}

/* Is the object External Secrets', as long as that is alive? *look_ns is when to ask again. */
static bool stands_back(struct step *s, uint64_t *look_ns)
{
    struct rival *rival = s->r->o->rival;
    struct rival_question q = {
        .kind = KIND, .meta = &s->spec->meta, .is_forced = s->wish.is_forced};
    uint64_t due_ns = UINT64_MAX;
    *look_ns = UINT64_MAX;
    if (!rival || spec_each_store(s->spec, is_claimed_store, s->r))
        return false;
    if (s->spec->meta.is_deleting)
        q.is_due = object_meta_has_finalizer(&s->spec->meta, SPEC_FINALIZER);
    else
        q.is_due = is_overdue(s, &due_ns);
    switch (rival_judge(rival, &q, look_ns)) {
    case RIVAL_OURS:
        s->wish.is_forced = q.is_forced;
        return false;
    case RIVAL_ALIVE:
        say_alive(s);
        break;
    case RIVAL_WAIT:
        break;
    }
    *look_ns = due_ns < *look_ns && !q.is_due ? due_ns : *look_ns;
    return true;
}

static uint64_t step_known(struct step *s)
{
    const struct reconcile_options *o = s->r->o;
    const struct object_meta *meta = &s->spec->meta;
    bool is_held = o->mirror && o->is_ours(o->is_ours_ctx, meta->uid);
    s->has_volumes = o->volumes && volumes_has(o->volumes, meta->ns, meta->name);
    uint64_t look_ns = UINT64_MAX;
    bool may_be_ours = is_held && !spec_each_store(s->spec, is_foreign_store, s->r);
    bool is_theirs = may_be_ours && stands_back(s, &look_ns);
    may_be_ours = may_be_ours && !is_theirs;
    s->is_ours = may_be_ours && !meta->is_deleting;
    s->is_leaving = may_be_ours && meta->is_deleting && o->status.take_finalizer &&
                    object_meta_has_finalizer(meta, SPEC_FINALIZER);
    if (s->is_leaving)
        return step_leaving(s);
    if (s->has_volumes || s->is_ours) {
        uint64_t next_ns = step_concerned(s);
        return look_ns < next_ns ? look_ns : next_ns;
    }
    announce_silence(s->r->announce, s->ns_name);
    if (!is_held || is_theirs)
        leave_alone(s->r, s->ns_name);
    if (!is_held && o->rival)
        rival_forget(o->rival, KIND, s->ns_name);
    return look_ns;
}

uint64_t reconcile_spec_step(struct reconcile_spec *r, const char *ns_name,
                             const struct spec_wish *wish)
{
    const char *slash = strchr(ns_name, '/');
    CLEANUP_STR char *ns = xstrndup(ns_name, (size_t)(slash - ns_name));
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(r->o->specs, ns, slash + 1);
    struct step s = {.r = r, .ns_name = ns_name, .spec = spec, .wish = *wish};
    return spec ? step_known(&s) : forget(r, ns_name);
}

void reconcile_spec_each_failing(struct reconcile_spec *r, reconcile_failing_fn *fn, void *ctx)
{
    announce_each_failing(r->announce, fn, ctx);
}
