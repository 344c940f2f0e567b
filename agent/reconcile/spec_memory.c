/* A restart of the agent starts from the status that the object carries: a fresh refreshTime of the
 * same spec means that nothing is due yet, so that a node that comes up asks no store for nothing.
 */

#include "reconcile/spec_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const reasons[] = {"SecretSynced",      "SecretDeleted",      "SecretMissing",
                                      "SecretSyncedError", "ResourceSynced",     "ResourceDeleted",
                                      "ResourceMissing",   "ResourceSyncedError"};

void spec_memory_init(struct spec_memory *m, const struct spec *spec)
{
    const struct spec_status *st = &spec->status;
    if (!status_report_resume(&m->report, st, reasons, ARRAY_SIZE(reasons)))
        return;
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
