#pragma once
/* push_report.h: say how a pass of a PushSecret went, wherever that has not been said yet.
 *
 * Owns     a push_memory owns its texts.
 * Threads  a PushSecret's memory is in one worker's hands at a time.
 * Source   External Secrets: conditions Synced, Errored, SourceDeleted, and Events of the same
 *          names. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "reconcile/push.h"
#include "reconcile/push_pass.h"
#include "reconcile/status.h"
#include "spec/push_spec.h"

/* What is remembered of one PushSecret between two steps. */
struct push_memory {
    char uid[64];              /* of the object; another one of the same name is a stranger */
    struct push_synced synced; /* what stores have */
    struct json *written;      /* status.syncedPushSecrets as we wrote it last; a map */
    char *attempted_version;   /* push_spec_version of the last pass; NULL: none */
    unsigned failures;         /* in a row */
    uint64_t next_ns;          /* monotonic time of the next pass; 0: now */
    bool is_deleting;          /* its removal has been tried */
    struct status_report report;
    bool has_report;
    bool is_written;
    int64_t written_unix_s;
};

/* What is remembered before the first step: the object's own status. */
struct push_memory *push_memory_new(const struct push_spec *spec) NODISCARD;
void push_memory_free(struct push_memory *m);
CLEANUP_DEFINE(push_memory)

/* The report on a pass: fresh was zeroed before; its refresh time and version are left alone. */
void push_report_success(struct status_report *fresh, const struct push_spec *spec,
                         const struct push_result *result);
void push_report_error(struct status_report *fresh, const struct err *e);

/* Make fresh (its texts are taken) the report in m, whose synced is up to date. Written when it
 * says something new, when it is a minute younger than the one written, or when that could not be
 * written; logged, and told as an Event, when it is news. */
void push_report_say(const struct push_options *o, struct push_memory *m,
                     const struct push_spec *spec, struct status_report *fresh);
