/* The words of a condition: External Secrets' reasons and sentences, with the cause behind them. */

#include "reconcile/status.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct outcome_row {
    const char *name;
    enum project_outcome outcome;
    const char *reason, *message;
    const char *generic_reason, *generic_message; /* of a target that is no Secret */
};
#define SYNCED "secret synced"
#define DELETED "secret deleted due to DeletionPolicy=Delete"
#define RETAINED "secret retained due to DeletionPolicy=Retain"
#define MISSING " will not be created due to CreationPolicy=Merge"
static const struct outcome_row outcome_rows[] = {
    {"unchanged", PROJECT_UNCHANGED, "SecretSynced", SYNCED, "ResourceSynced", SYNCED},
    {"created", PROJECT_CREATED, "SecretSynced", SYNCED, "ResourceSynced", SYNCED},
    {"changed", PROJECT_CHANGED, "SecretSynced", SYNCED, "ResourceSynced", SYNCED},
    {"nothing", PROJECT_NOTHING, "SecretSynced", SYNCED, "ResourceSynced", SYNCED},
    {"deleted", PROJECT_DELETED, "SecretDeleted", DELETED, "ResourceDeleted", DELETED},
    {"retained", PROJECT_RETAINED, "SecretSynced", RETAINED, "ResourceSynced", RETAINED},
    {"missing", PROJECT_MISSING, "SecretMissing", "secret" MISSING, "ResourceMissing",
     "resource" MISSING},
};

static const struct spec a_secret;
static char kind[] = "ConfigMap";
static const struct spec a_resource = {.manifest_kind = kind};

static void one_outcome(void **state)
{
    const struct outcome_row *r = *state;
    struct status_report report = {0};
    status_of_outcome(&report, &a_secret, r->outcome);
    assert_true(report.is_ready);
    assert_string_equal(report.reason, r->reason);
    assert_string_equal(report.message, r->message);
    status_of_outcome(&report, &a_resource, r->outcome);
    assert_true(report.is_ready);
    assert_string_equal(report.reason, r->generic_reason);
    assert_string_equal(report.message, r->generic_message);
}

struct error_row {
    const char *name;
    enum err_class cls;
    const char *message, *store_reason;
};
#define GET "could not get secret data from provider: cause"
#define CONFIG "InvalidProviderConfig"
static const struct error_row error_rows[] = {
    {"invalid", ERR_INVALID, GET, "InvalidStoreConfiguration"},
    {"not found", ERR_NOT_FOUND, GET, CONFIG},
    {"denied", ERR_DENIED, GET, CONFIG},
    {"conflict", ERR_CONFLICT, GET, CONFIG},
    {"rate limited", ERR_RATE_LIMITED, GET, CONFIG},
    {"unavailable", ERR_UNAVAILABLE, GET, CONFIG},
    {"deadline", ERR_DEADLINE, GET, CONFIG},
    {"internal", ERR_INTERNAL, GET, CONFIG},
};

static void one_error(void **state)
{
    const struct error_row *r = *state;
    struct status_report report = {.is_ready = true};
    struct status_report store = {.is_ready = true};
    CLEANUP(err) struct err *e = err_new(r->cls, "cause");
    status_of_error(&report, &a_resource, e, false);
    assert_string_equal(report.reason, "ResourceSyncedError");
    assert_string_equal(report.message, r->message);
    status_of_error(&report, &a_secret, e, false);
    assert_false(report.is_ready);
    assert_string_equal(report.reason, "SecretSyncedError");
    assert_string_equal(report.message, r->message);
    status_of_error(&report, &a_secret, e, true);
    assert_string_equal(report.message, "could not update secret: cause");
    err_set_headline(e, "target is immutable");
    status_of_error(&report, &a_secret, e, true);
    assert_string_equal(report.message, "target is immutable: cause");
    status_of_refusal(&report, e);
    assert_false(report.is_ready);
    assert_string_equal(report.reason, "SecretSyncedError");
    assert_string_equal(report.message, "target is immutable: cause");
    status_of_store_error(&store, e);
    assert_false(store.is_ready);
    assert_string_equal(store.reason, r->store_reason);
    assert_string_equal(store.message, "unable to validate store: cause");
}

static void stores_are_valid_or_not_known(void **state)
{
    struct status_report r = {0};
    (void)state;
    status_of_store(&r, true);
    assert_true(r.is_ready);
    assert_string_equal(r.reason, "Valid");
    assert_string_equal(r.message, "store validated");
    status_of_store(&r, false);
    assert_true(r.is_ready);
    assert_string_equal(r.reason, "ValidationUnknown");
}

static void longest_error_fits(void **state)
{
    struct status_report r = {0};
    char text[ERR_TEXT_MAX];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    CLEANUP(err) struct err *e = err_new(ERR_DENIED, "%s", text);
    status_of_error(&r, &a_secret, e, false);
    const char *cause = strstr(r.message, ": ") + 2;
    assert_string_equal(cause, err_text(e));
}

struct equal_row {
    const char *name;
    bool is_ready;
    const char *reason, *message, *version, *capabilities;
    int64_t refresh_unix_s;
    bool want;
};
#define RW "ReadWrite"
static const struct equal_row equal_rows[] = {
    {"same", true, "R", "m", "1-a", RW, 5, true},
    {"refreshed since", true, "R", "m", "1-a", RW, 9, true},
    {"not ready", false, "R", "m", "1-a", RW, 5, false},
    {"another reason", true, "S", "m", "1-a", RW, 5, false},
    {"another message", true, "R", "n", "1-a", RW, 5, false},
    {"another version", true, "R", "m", "2-a", RW, 5, false},
    {"no version", true, "R", "m", NULL, RW, 5, false},
    {"other capabilities", true, "R", "m", "1-a", "ReadOnly", 5, false},
    {"no capabilities", true, "R", "m", "1-a", NULL, 5, false},
};

static void one_equal(void **state)
{
    const struct equal_row *r = *state;
    struct status_report a = {
        .is_ready = true, .reason = "R", .message = "m", .capabilities = RW, .refresh_unix_s = 5};
    struct status_report b = {.is_ready = r->is_ready,
                              .reason = r->reason,
                              .capabilities = r->capabilities,
                              .refresh_unix_s = r->refresh_unix_s};
    strncpy(b.message, r->message, sizeof(b.message) - 1);
    a.synced_resource_version = xstrdup("1-a");
    b.synced_resource_version = xstrdup(r->version);
    assert_int_equal(status_report_equal(&a, &b), r->want);
    assert_int_equal(status_report_equal(&b, &a), r->want);
    status_report_done(&a);
    status_report_done(&b);
    assert_null(b.synced_resource_version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_are_valid_or_not_known),
        cmocka_unit_test(longest_error_fits),
    };
    return TABLE_RUN("status_of_outcome", outcome_rows, one_outcome) +
           TABLE_RUN("status_of_error", error_rows, one_error) +
           TABLE_RUN("status_report_equal", equal_rows, one_equal) + GROUP_RUN("status", tests);
}
