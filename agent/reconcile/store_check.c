/* A store is validated when it or its credentials change and as often as its refreshInterval says;
 * a report is written only when it says something new, so five hundred stores at rest write
 * nothing.
 */

#include "reconcile/store_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "fetch/fetch_push.h"
#include "reconcile/schedule.h"

struct store_memory {
    struct status_report report;
    char *warning; /* said last; NULL: none */
    unsigned failures;
    bool has_report;
    bool is_written; /* report stands on the object */
};

struct store_check {
    struct mutex mu;
    struct map *memories; /* key -> struct store_memory */
};

static void free_memory(void *p)
{
    struct store_memory *m = p;
    status_report_done(&m->report);
    free(m->warning);
    free(m);
}

struct store_check *store_check_new(void)
{
    struct store_check *c = xcalloc(1, sizeof(*c));
    mutex_init(&c->mu);
    c->memories = map_new(free_memory);
    return c;
}

void store_check_free(struct store_check *c)
{
    if (!c)
        return;
    map_free(c->memories);
    mutex_done(&c->mu);
    free(c);
}

char *store_check_key(const struct store_name *store)
{
    return xasprintf("store/%s/%s/%s", store_kind_name(store->kind), store->ns, store->name);
}

/* The store that a key names. */
static struct store *find_store(struct spec_store *specs, const char *key)
{
    const char *kind = key + strlen("store/");
    const char *ns = strchr(kind, '/') + 1;
    const char *name = strchr(ns, '/') + 1;
    CLEANUP_STR char *ns_only = xstrndup(ns, (size_t)(name - 1 - ns));
    bool is_cluster = strncmp(kind, "ClusterSecretStore/", 19) == 0;
    return spec_store_get_store(specs, is_cluster ? STORE_CLUSTER : STORE_NAMESPACED, ns_only,
                                name);
}

static struct store_memory *memory_of(struct store_check *c, const char *key)
{
    mutex_lock(&c->mu);
    struct store_memory *m = map_get(c->memories, key);
    if (!m) {
        m = xcalloc(1, sizeof(*m));
        m->report.reason = "";
        map_set(c->memories, key, m);
    }
    mutex_unlock(&c->mu);
    return m;
}

/* The condition and capabilities that the object carries already? */
static bool stands_on_object(const struct store *store, const struct status_report *r)
{
    const struct spec_status *st = &store->status;
    return st->ready_status && st->ready_reason && st->ready_message && st->capabilities &&
           strcmp(st->capabilities, r->capabilities) == 0 &&
           strcmp(st->ready_status, r->is_ready ? "True" : "False") == 0 &&
           strcmp(st->ready_reason, r->reason) == 0 && strcmp(st->ready_message, r->message) == 0;
}

static void write_report(struct store_memory *m, const struct store_check_options *o,
                         const struct store *store)
{
    const char *kind = store_kind_name(store->kind);
    struct deadline dl = deadline_in(o->clock, o->timeout_ns);
    CLEANUP(err)
    struct err *e = o->status->write_store(o->status->ctx, store, &m->report, &dl);
    m->is_written = e == NULL;
    if (e)
        log_warn("status.write_failed", LF("kind", kind), LF("name", store->meta.name),
                 LF("err", e));
    else
        metric_inc(METRIC_STATUS_WRITES, kind, NULL, NULL);
}

/* Two programs that write one condition would take turns for ever. */
static bool is_silent(const struct store_check_options *o, const struct store *store)
{
    return o->rival && rival_is_alive(o->rival) && !store_is_claimed(store, o->controller_class);
}

/* Say it where it has not been said: a condition that could not be written is tried again, but the
 * Event is sent once. */
static void say(struct store_memory *m, const struct store_check_options *o,
                const struct store *store, struct status_report *fresh)
{
    bool is_news = !m->has_report || !status_report_equal(&m->report, fresh);
    bool flipped = !m->has_report || m->report.is_ready != fresh->is_ready;
    bool stands = is_news && stands_on_object(store, fresh);
    fresh->transition_unix_s = flipped ? clock_unix_s(o->clock) : m->report.transition_unix_s;
    status_report_done(&m->report);
    m->report = *fresh;
    m->has_report = true;
    if (is_news)
        m->is_written = stands;
    if (is_silent(o, store))
        return;
    if (!m->is_written)
        write_report(m, o, store);
    if (is_news && !stands)
        o->status->event(o->status->ctx, store_kind_name(store->kind), &store->meta,
                         fresh->is_ready ? "Normal" : "Warning", fresh->reason, fresh->message);
}

/* What works but should not stay so is said once, in the log alone. */
static void warn(struct store_memory *m, const struct store_check_options *o,
                 const struct store *store, const struct deadline *dl)
{
    CLEANUP_STR char *text = fetcher_warning(o->fetcher, store, dl);
    if (text && (!m->warning || strcmp(m->warning, text) != 0))
        log_warn("store.warning", LF("kind", store_kind_name(store->kind)),
                 LF("namespace", store->meta.ns), LF("name", store->meta.name),
                 LF("warning", text));
    free(m->warning);
    m->warning = TAKE(text);
}

uint64_t store_check_step(struct store_check *c, const struct store_check_options *o,
                          const char *key, uint32_t random)
{
    CLEANUP(store) struct store *store = find_store(o->specs, key);
    if (!store || !o->is_ours(o->is_ours_ctx, store->meta.uid) ||
        !store_is_of_class(store, o->controller_class)) {
        mutex_lock(&c->mu);
        map_remove(c->memories, key);
        mutex_unlock(&c->mu);
        return UINT64_MAX;
    }
    struct store_memory *m = memory_of(c, key);
    struct status_report fresh = {0};
    enum provider_validity validity = PROVIDER_VALIDITY_UNKNOWN;
    struct deadline dl = deadline_in(o->clock, o->timeout_ns);
    CLEANUP(err) struct err *e = fetcher_validate(o->fetcher, store, &dl, &validity);
    bool has_recovered = m->has_report && !m->report.is_ready && !e;
    m->failures = e ? m->failures + 1 : 0;
    if (e)
        status_of_store_error(&fresh, e);
    else
        status_of_store(&fresh, validity == PROVIDER_VALID);
    fresh.capabilities = fetcher_capabilities(o->fetcher, store);
    say(m, o, store, &fresh);
    if (!e && validity == PROVIDER_VALID)
        warn(m, o, store, &dl);
    if (has_recovered)
        o->recovered(o->recovered_ctx,
                     &(struct store_name){store->kind, store->meta.ns, store->meta.name});
    int64_t wait = e ? schedule_retry_ns(e, m->failures, store->check_interval_ns, random)
                     : schedule_refresh_ns(store->check_interval_ns, random);
    return clock_mono_ns(o->clock) + (uint64_t)wait;
}

static bool is_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    const struct store_name *want = ctx;
    return ref->kind == want->kind && strcmp(ref->name, want->name) == 0 &&
           strcmp(spec_store_ref_ns(spec, ref), want->ns) == 0;
}

bool store_check_spec_uses(const struct spec *spec, const void *arg)
{
    struct store_name want = *(const struct store_name *)arg;
    return spec_each_store(spec, is_store, &want);
}

/* Is there a selector {name: ...} anywhere below j? */
static bool selects(const struct json *j, const char *name)
{
    const char *own = json_kind(j) == JSON_MAP ? json_path_text(j, "name") : NULL;
    if (own && strcmp(own, name) == 0)
        return true;
    if (json_kind(j) != JSON_MAP && json_kind(j) != JSON_LIST)
        return false;
    for (const struct json *m = json_first(j); m; m = json_next(m)) {
        if (selects(m, name))
            return true;
    }
    return false;
}

bool store_check_mentions(const struct store *store, const char *ns, const char *name)
{
    if (store->kind == STORE_NAMESPACED && strcmp(store->meta.ns, ns) != 0)
        return false;
    return selects(store->config, name);
}
