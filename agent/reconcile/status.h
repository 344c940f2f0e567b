#pragma once
/* status.h: what is said about an ExternalSecret or store, and where it is said.
 *
 * Owns     a status_report owns its texts.
 * Threads  sinks: any worker.
 * Source   External Secrets' conditions, reasons and messages; Kubernetes API conventions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "project/project.h"
#include "spec/spec.h"
#include "spec/store.h"

#define STATUS_MESSAGE_MAX 1200

/* Condition Ready plus the fields beside it. */
struct status_report {
    bool is_ready;
    const char *reason; /* literal: "SecretSynced" */
    char message[STATUS_MESSAGE_MAX];
    int64_t transition_unix_s;     /* when is_ready last changed */
    int64_t refresh_unix_s;        /* last successful refresh; 0: never */
    char *synced_resource_version; /* of that refresh; NULL: never */
    const char *capabilities;      /* of a store, literal: "ReadWrite"; NULL otherwise */
};

void status_report_done(struct status_report *r);

/* The report that an object's own status holds. False, and reason "", when it holds none.
 *   reasons  n literals; a reason that is none of them becomes "" */
bool status_report_resume(struct status_report *r, const struct spec_status *st,
                          const char *const *reasons, size_t n);

/* Same condition, synced version and capabilities; the refresh time does not count. */
bool status_report_equal(const struct status_report *a, const struct status_report *b);

/* The report for a pass of spec that ended with outcome of the target's sink, or with e, before or
 * after it had all data from the provider. A target that is no Secret has reasons of its own. */
void status_of_outcome(struct status_report *r, const struct spec *spec,
                       enum project_outcome outcome);
void status_of_error(struct status_report *r, const struct spec *spec, const struct err *e,
                     bool has_data);

/* The report for a target that is refused before anything is fetched for it; e has a headline. */
void status_of_refusal(struct status_report *r, const struct err *e);

/* The report for an object that is deleted and whose target could not be given up. */
void status_of_leave_error(struct status_report *r, const struct spec *spec, const struct err *e);

/* The report for a store: validated, not to be determined, or e. */
void status_of_store(struct status_report *r, bool is_known);
void status_of_store_error(struct status_report *r, const struct err *e);

/* Where reports and Events go; plugged in by the composition root. Either may fail, which is
 * logged by the caller and tried again with the next change. */
struct status_sink {
    struct err *(*write_spec)(void *ctx, const struct spec *spec, const struct status_report *r,
                              const struct deadline *dl);
    struct err *(*write_store)(void *ctx, const struct store *store, const struct status_report *r,
                               const struct deadline *dl);
    /* type is "Normal" or "Warning"; never fails, may be dropped. kind: "ExternalSecret", ... */
    void (*event)(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                  const char *reason, const char *message);
    /* Take finalizer off the object of spec; one that is gone is success. NULL: objects have none.
     * Errors: CONFLICT (the object has changed), DENIED (says which rule to add), and what passes.
     */
    struct err *(*take_finalizer)(void *ctx, const struct spec *spec, const char *finalizer,
                                  const struct deadline *dl);
    /* Say on the object of spec that it is left to External Secrets, beside the conditions that it
     * has. NULL: there is no External Secrets. Errors: CONFLICT, NOT_FOUND, DENIED, what passes. */
    struct err *(*stand_back)(void *ctx, const struct spec *spec, const char *message,
                              const struct deadline *dl);
    void *ctx;
};
