/* One place turns outcomes and errors into the words that External Secrets' users know. The cause
 * is put behind External Secrets' sentence, so that nobody must hunt for it in a log. */

#include "reconcile/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void set(struct status_report *r, bool is_ready, const char *reason, const char *message)
{
    r->is_ready = is_ready;
    r->reason = reason;
    snprintf(r->message, sizeof(r->message), "%s", message);
}

void status_report_done(struct status_report *r)
{
    free(TAKE(r->synced_resource_version));
}

static const char *literal(const char *text, const char *const *literals, size_t n)
{
    for (size_t i = 0; text && i < n; i++) {
        if (strcmp(literals[i], text) == 0)
            return literals[i];
    }
    return "";
}

bool status_report_resume(struct status_report *r, const struct spec_status *st,
                          const char *const *reasons, size_t n)
{
    *r = (struct status_report){.reason = literal(st->ready_reason, reasons, n)};
    if (!st->ready_status)
        return false;
    r->is_ready = strcmp(st->ready_status, "True") == 0;
    snprintf(r->message, sizeof(r->message), "%s", st->ready_message ? st->ready_message : "");
    r->transition_unix_s = st->ready_transition_unix_s;
    r->refresh_unix_s = st->refresh_unix_s;
    r->synced_resource_version = xstrdup(st->synced_resource_version);
    return true;
}

bool status_report_equal(const struct status_report *a, const struct status_report *b)
{
    const char *x = a->synced_resource_version ? a->synced_resource_version : "";
    const char *y = b->synced_resource_version ? b->synced_resource_version : "";
    const char *can_a = a->capabilities ? a->capabilities : "";
    const char *can_b = b->capabilities ? b->capabilities : "";
    return a->is_ready == b->is_ready && strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->message, b->message) == 0 && strcmp(x, y) == 0 && strcmp(can_a, can_b) == 0;
}

/* External Secrets says "secret" of targets of any kind, except where it creates none. */
void status_of_outcome(struct status_report *r, const struct spec *spec,
                       enum project_outcome outcome)
{
    bool is_secret = !spec->manifest_kind;
    const char *synced = is_secret ? "SecretSynced" : "ResourceSynced";
    switch (outcome) {
    case PROJECT_UNCHANGED:
    case PROJECT_CREATED:
    case PROJECT_CHANGED:
    case PROJECT_NOTHING:
        set(r, true, synced, "secret synced");
        return;
    case PROJECT_DELETED:
        set(r, true, is_secret ? "SecretDeleted" : "ResourceDeleted",
            "secret deleted due to DeletionPolicy=Delete");
        return;
    case PROJECT_RETAINED:
        set(r, true, synced, "secret retained due to DeletionPolicy=Retain");
        return;
    case PROJECT_MISSING:
        if (is_secret)
            set(r, true, "SecretMissing", "secret will not be created due to CreationPolicy=Merge");
        else
            set(r, true, "ResourceMissing",
                "resource will not be created due to CreationPolicy=Merge");
        return;
    }
}

static void set_error(struct status_report *r, const struct spec *spec, const char *sentence,
                      const struct err *e)
{
    const char *headline = err_headline(e);
    r->is_ready = false;
    r->reason = spec->manifest_kind ? "ResourceSyncedError" : "SecretSyncedError";
    snprintf(r->message, sizeof(r->message), "%s: %s", headline ? headline : sentence, err_text(e));
}

void status_of_refusal(struct status_report *r, const struct err *e)
{
    r->is_ready = false;
    r->reason = "SecretSyncedError"; /* External Secrets' reason, whatever the kind */
    snprintf(r->message, sizeof(r->message), "%s: %s", err_headline(e), err_text(e));
}

void status_of_error(struct status_report *r, const struct spec *spec, const struct err *e,
                     bool has_data)
{
    set_error(r, spec,
              has_data ? "could not update secret" : "could not get secret data from provider", e);
}

void status_of_leave_error(struct status_report *r, const struct spec *spec, const struct err *e)
{
    set_error(r, spec,
              spec->manifest_kind ? "could not delete resource" : "could not delete secret", e);
}

void status_of_store(struct status_report *r, bool is_known)
{
    if (is_known)
        set(r, true, "Valid", "store validated");
    else
        set(r, true, "ValidationUnknown", "could not determine validation status");
}

void status_of_store_error(struct status_report *r, const struct err *e)
{
    r->is_ready = false;
    r->reason = err_class(e) == ERR_INVALID ? "InvalidStoreConfiguration" : "InvalidProviderConfig";
    snprintf(r->message, sizeof(r->message), "unable to validate store: %s", err_text(e));
}
