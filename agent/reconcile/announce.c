/* What was said last is in the memory of the spec; the difference to what is to be said now decides
 * which of the places hear of it. */

#include "reconcile/announce.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"

#define KIND "ExternalSecret"
#define REPORT_REFRESH_S 60 /* refreshTime alone is written at most so often */

struct announce {
    struct announce_options o;
    struct mutex mu;
    struct map *failing; /* "ns/name" -> message of the condition */
};

struct announce *announce_new(const struct announce_options *options)
{
    struct announce *a = xcalloc(1, sizeof(*a));
    a->o = *options;
    mutex_init(&a->mu);
    a->failing = map_new(free);
    return a;
}

void announce_free(struct announce *a)
{
    if (!a)
        return;
    map_free(a->failing);
    mutex_done(&a->mu);
    free(a);
}

static void note_failing(struct announce *a, const char *ns_name, const char *message)
{
    mutex_lock(&a->mu);
    if (message)
        map_set(a->failing, ns_name, xstrdup(message));
    else
        map_remove(a->failing, ns_name);
    size_t n = a->failing->n;
    mutex_unlock(&a->mu);
    metric_set(METRIC_NOT_READY, (double)n, NULL, NULL, NULL);
}

static void write_report(struct announce *a, struct spec_memory *m, const struct spec *spec)
{
    struct deadline dl = deadline_in(a->o.clock, a->o.timeout_ns);
    CLEANUP(err)
    struct err *e = a->o.status->write_spec(a->o.status->ctx, spec, &m->report, &dl);
    m->is_report_written = e == NULL;
    m->has_written = m->has_written || !e;
    m->report_written_unix_s = clock_unix_s(a->o.clock);
    if (e)
        log_warn("status.write_failed", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
                 LF("err", e));
    else
        metric_inc(METRIC_STATUS_WRITES, KIND, NULL, NULL);
}

static void emit(struct announce *a, const struct spec *spec, const char *type, const char *reason,
                 const char *message)
{
    a->o.status->event(a->o.status->ctx, KIND, &spec->meta, type, reason, message);
}

static void tell_failure(struct announce *a, const struct spec *spec, const char *message,
                         bool may_emit)
{
    log_warn("sync.failed", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
             LF("reason", message));
    if (may_emit)
        emit(a, spec, "Warning", "UpdateFailed", message);
}

/* An Event of what was done to the target. */
static void emit_done(struct announce *a, const struct spec *spec, const char *reason,
                      const char *message)
{
    if (!spec->manifest_kind) {
        emit(a, spec, "Normal", reason, message);
        return;
    }
    CLEANUP_STR char *text = xasprintf("%s %s %s", reason, spec->manifest_kind, spec->target_name);
    emit(a, spec, "Normal", reason, text);
}

/* What became of the target: each write is told, a deletion once. */
static void tell_outcome(struct announce *a, const struct spec *spec, enum project_outcome outcome,
                         const struct status_report *r, bool is_news, bool has_recovered)
{
    if (outcome == PROJECT_CREATED)
        emit_done(a, spec, "Created", "secret created");
    else if (outcome == PROJECT_CHANGED)
        emit_done(a, spec, "Updated", "secret updated");
    else if (outcome == PROJECT_DELETED && is_news)
        emit_done(a, spec, "Deleted", r->message);
    else if (has_recovered)
        emit(a, spec, "Normal", "Updated", r->message);
}

/* Tell which entries are missing that were not missing before. */
static void tell_missing(struct announce *a, struct spec_memory *m, const struct spec *spec,
                         const struct map *missing, bool may_emit)
{
    struct map *before = m->missing;
    m->missing = map_new(NULL);
    for (size_t i = 0; missing && i < missing->n; i++) {
        const char *entry = missing->entries[i].key;
        CLEANUP_STR char *text = xasprintf("secret does not exist at provider using %s", entry);
        map_set(m->missing, entry, m);
        if (may_emit && !(before && map_get(before, entry)))
            emit(a, spec, "Normal", "MissingProviderSecret", text);
    }
    map_free(before);
}

void announce_report(struct announce *a, struct spec_memory *m, const struct spec *spec,
                     struct status_report *fresh, const struct announce_rights *rights,
                     const struct announce_news *news)
{
    bool is_first = !m->has_report;
    bool is_news = is_first || !status_report_equal(&m->report, fresh);
    bool flipped = is_first || m->report.is_ready != fresh->is_ready;
    bool message_is_new = is_first || strcmp(m->report.message, fresh->message) != 0;
    int64_t now_s = clock_unix_s(a->o.clock);
    bool is_younger = fresh->refresh_unix_s >= m->report_written_unix_s + REPORT_REFRESH_S ||
                      m->report_written_unix_s > now_s; /* a clock was wrong */
    fresh->transition_unix_s = flipped ? now_s : m->report.transition_unix_s;
    status_report_done(&m->report);
    m->report = *fresh;
    m->has_report = true;
    CLEANUP_STR char *ns_name = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    note_failing(a, ns_name, fresh->is_ready ? NULL : fresh->message);
    if (rights->may_write && (is_news || is_younger || !m->is_report_written))
        write_report(a, m, spec);
    if (!fresh->is_ready && message_is_new)
        tell_failure(a, spec, fresh->message, rights->may_emit);
    else if (fresh->is_ready && flipped)
        log_info("sync.ready", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
                 LF("message", fresh->message));
    if (!news)
        return;
    tell_missing(a, m, spec, news->missing, rights->may_emit);
    if (rights->may_emit && news->has_left_target)
        emit(a, spec, "Normal", "Deleted", "secret deleted because it was orphaned");
    if (rights->may_emit)
        tell_outcome(a, spec, news->outcome, fresh, is_news, flipped && !is_first);
}

void announce_again(struct announce *a, struct spec_memory *m, const struct spec *spec)
{
    write_report(a, m, spec);
}

void announce_silence(struct announce *a, const char *ns_name)
{
    note_failing(a, ns_name, NULL);
}

void announce_each_failing(struct announce *a, announce_failing_fn *fn, void *ctx)
{
    mutex_lock(&a->mu);
    for (size_t i = 0; i < a->failing->n; i++)
        fn(ctx, a->failing->entries[i].key, a->failing->entries[i].value);
    mutex_unlock(&a->mu);
}
