/* A restart of the agent starts from the status that the object carries: a fresh refreshTime of the
 * same spec means that nothing is due yet, so that a node that comes up asks no store for nothing.
 */

#include "reconcile/spec_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The reasons of a report are literals; those read back are matched with ours. */
static const char *known_reason(const char *reason)
{
    static const char *const reasons[] = {
        "SecretSynced",   "SecretDeleted",   "SecretMissing",   "SecretSyncedError",
        "ResourceSynced", "ResourceDeleted", "ResourceMissing", "ResourceSyncedError"};
    for (size_t i = 0; reason && i < ARRAY_SIZE(reasons); i++) {
        if (strcmp(reasons[i], reason) == 0)
            return reasons[i];
    }
    return "";
}

void spec_memory_init(struct spec_memory *m, const struct spec *spec)
{
    const struct spec_status *st = &spec->status;
    m->report.reason = "";
    if (!st->ready_status)
        return;
    m->report.is_ready = strcmp(st->ready_status, "True") == 0;
    m->report.reason = known_reason(st->ready_reason);
    snprintf(m->report.message, sizeof(m->report.message), "%s",
             st->ready_message ? st->ready_message : "");
    m->report.transition_unix_s = st->ready_transition_unix_s;
    m->report.refresh_unix_s = st->refresh_unix_s;
    m->report.synced_resource_version = xstrdup(st->synced_resource_version);
    m->attempted_version = xstrdup(st->synced_resource_version);
    m->has_report = true;
    m->is_report_written = true;
    m->report_written_unix_s = st->refresh_unix_s;
}

void spec_memory_see(struct spec_memory *m, const struct spec *spec, bool is_ours)
{
    spec_unref(m->spec);
    m->spec = spec_ref(spec);
    m->was_ours = is_ours;
    if (!is_ours)
        m->is_report_written = false;
}

void spec_memory_free(struct spec_memory *m)
{
    if (!m)
        return;
    spec_unref(m->spec);
    status_report_done(&m->report);
    free(m->attempted_version);
    map_free(m->missing);
    free(m);
}
