/* As announce.c for ExternalSecrets. What is in stores is part of the news: a status that does not
 * say so would leave it there for ever. */

#include "reconcile/push_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "kube/kube_push.h"

#define KIND "PushSecret"
#define REPORT_REFRESH_S 60 /* refreshTime alone is written at most so often */
#define SYNCED "Synced"
#define ERRORED "Errored"

static const char *const reasons[] = {SYNCED, ERRORED, PUSH_SOURCE_DELETED_REASON};

struct push_memory *push_memory_new(const struct push_spec *spec)
{
    const struct spec_status *st = &spec->status;
    struct push_memory *m = xcalloc(1, sizeof(*m));
    snprintf(m->uid, sizeof(m->uid), "%s", spec->meta.uid);
    push_synced_init(&m->synced);
    push_synced_read(&m->synced, spec->synced);
    m->written = json_copy(spec->synced);
    if (!status_report_resume(&m->report, st, reasons, ARRAY_SIZE(reasons)))
        return m;
    m->attempted_version = xstrdup(st->synced_resource_version);
    m->has_report = true;
    m->is_written = true;
    m->written_unix_s = st->refresh_unix_s;
    return m;
}

void push_memory_free(struct push_memory *m)
{
    if (!m)
        return;
    push_synced_done(&m->synced);
    json_free(m->written);
    status_report_done(&m->report);
    free(m->attempted_version);
    free(m);
}

void push_report_success(struct status_report *fresh, const struct push_spec *spec,
                         const struct push_result *result)
{
    fresh->is_ready = result->outcome == PUSH_SYNCED;
    fresh->reason = fresh->is_ready ? SYNCED : PUSH_SOURCE_DELETED_REASON;
    snprintf(fresh->message, sizeof(fresh->message), "%s%s",
             fresh->is_ready ? "PushSecret synced successfully"
                             : "source secret deleted; provider secrets cleaned up",
             fresh->is_ready && spec->only_if_absent ? ". Existing secrets in providers unchanged."
                                                     : "");
}

void push_report_error(struct status_report *fresh, const struct err *e)
{
    fresh->is_ready = false;
    fresh->reason = ERRORED;
    snprintf(fresh->message, sizeof(fresh->message), "%s", err_text(e));
}

/* All members of two maps, as deep as both have maps. */
static struct json *mixed(const struct json *a, const struct json *b)
{
    struct json *out = json_new_map();
    for (const struct json *m = json_first(a); m; m = json_next(m)) {
        const struct json *other = json_get(b, json_name(m));
        bool are_maps = json_kind(m) == JSON_MAP && json_kind(other) == JSON_MAP;
        json_set(out, json_name(m), are_maps ? mixed(m, other) : json_copy(m));
    }
    for (const struct json *m = json_first(b); m; m = json_next(m)) {
        if (!json_get(a, json_name(m)))
            json_set(out, json_name(m), json_copy(m));
    }
    return out;
}

/* The object may have what we saw of it last, or what we wrote since. */
static void write_report(const struct push_options *o, struct push_memory *m,
                         const struct push_spec *spec, struct json *synced)
{
    struct deadline dl = deadline_in(o->clock, o->write_timeout_ns);
    CLEANUP(json) struct json *taken = synced;
    CLEANUP(json) struct json *before = mixed(spec->synced, m->written);
    CLEANUP(json) struct json *patch = kube_push_merge_patch(before, taken);
    CLEANUP(err)
    struct err *e = o->sink.write_status(o->sink.ctx, spec, &m->report, patch, &dl);
    m->is_written = e == NULL;
    m->written_unix_s = clock_unix_s(o->clock);
    if (e) {
        log_warn("status.write_failed", LF("kind", KIND), LF("namespace", spec->meta.ns),
                 LF("name", spec->meta.name), LF("err", e));
        return;
    }
    metric_inc(METRIC_STATUS_WRITES, KIND, NULL, NULL);
    json_free(m->written);
    m->written = TAKE(taken);
}

static void tell(const struct push_options *o, const struct push_spec *spec,
                 const struct status_report *r)
{
    bool is_error = strcmp(r->reason, ERRORED) == 0;
    if (is_error)
        log_warn("push.failed", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
                 LF("reason", r->message));
    else
        log_info("push.done", LF("namespace", spec->meta.ns), LF("name", spec->meta.name),
                 LF("message", r->message));
    o->sink.event(o->sink.ctx, KIND, &spec->meta, is_error ? "Warning" : "Normal", r->reason,
                  r->message);
}

void push_report_say(const struct push_options *o, struct push_memory *m,
                     const struct push_spec *spec, struct status_report *fresh)
{
    bool is_first = !m->has_report;
    bool flipped = is_first || m->report.is_ready != fresh->is_ready;
    bool is_told = !is_first && strcmp(m->report.reason, fresh->reason) == 0 &&
                   strcmp(m->report.message, fresh->message) == 0;
    struct json *synced = push_synced_json(&m->synced);
    bool is_news =
        is_first || !status_report_equal(&m->report, fresh) || !json_equal(synced, m->written);
    int64_t now_s = clock_unix_s(o->clock);
    bool is_younger = fresh->refresh_unix_s >= m->written_unix_s + REPORT_REFRESH_S ||
                      m->written_unix_s > now_s; /* a clock was wrong */
    fresh->transition_unix_s = flipped ? now_s : m->report.transition_unix_s;
    status_report_done(&m->report);
    m->report = *fresh;
    m->has_report = true;
    if (is_news || is_younger || !m->is_written)
        write_report(o, m, spec, synced);
    else
        json_free(synced);
    if (!is_told)
        tell(o, spec, &m->report);
}
