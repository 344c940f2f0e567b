/* One program hands over to the other: what External Secrets left is taken up without a refetch,
 * its finalizer is taken off what is deleted, and while it is alive it is not disturbed. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/agent_rig.h"
#include "tests/support/sink_record.h"
#include "tests/support/table.h"

#define KIND "ExternalSecret"
#define REST                                                                                       \
    "spec: {secretStoreRef: {name: stores}, refreshInterval: 10m, data: [{secretKey: user, "       \
    "remoteRef: {key: user}}]}\n"
#define DELETED(finalizers)                                                                        \
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"                                   \
    "metadata: {name: db, namespace: app, uid: u-1, deletionTimestamp: "                           \
    "\"2026-01-01T00:00:00Z\", finalizers: [" finalizers "]}\n" REST
#define CLEANUP_FINALIZER "externalsecrets.external-secrets.io/externalsecret-cleanup"

#define CLAIMED_STORE                                                                              \
    "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: stores, "            \
    "namespace: app}, spec: {controller: lockstep, provider: {script: {}}}}\n"
/* Synced version of an object of generation 1 without labels and annotations. */
#define UNLABELLED "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"

struct bench {
    struct agent_rig *rig;
    struct sink *mirror; /* of the rig */
};

/* Store and value; no spec yet. */
static void bench_init(struct bench *b)
{
    b->mirror = sink_record_new();
    b->rig = agent_rig_new(b->mirror);
    provider_script_set(b->rig->script, "user", "app", ERR_UNAVAILABLE);
    agent_rig_put(b->rig, AGENT_RIG_STORE);
}

struct leave_row {
    const char *name;
    const char *yaml;
    bool is_foreign; /* another agent's shard */
    size_t taken;    /* finalizers that are taken off */
    unsigned removes;
};

static const struct leave_row leave_rows[] = {
    {"its finalizer", DELETED(CLEANUP_FINALIZER), false, 1, 1},
    {"one among others", DELETED("a/b, " CLEANUP_FINALIZER ", c/d"), false, 1, 1},
    {"another's finalizer", DELETED("a/b"), false, 0, 0},
    {"another agent's", DELETED(CLEANUP_FINALIZER), true, 0, 0},
};

static void one_leave(void **state)
{
    const struct leave_row *r = *state;
    struct bench b;
    bench_init(&b);
    b.rig->is_ours = !r->is_foreign;
    agent_rig_put(b.rig, r->yaml);
    agent_rig_step(b.rig);
    agent_rig_step_in(b.rig, 600);
    assert_int_equal(status_record_taken(b.rig->status), r->taken);
    assert_int_equal(sink_record_removes(b.mirror), r->removes);
    assert_int_equal(sink_record_applies(b.mirror), 0);
    assert_int_equal(status_record_writes(b.rig->status, KIND, "db"), 0);
    agent_rig_free(b.rig);
}

static void gone_object_is_not_removed_twice(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    agent_rig_put(b.rig, DELETED(CLEANUP_FINALIZER));
    agent_rig_step(b.rig);
    agent_rig_remove_spec(b.rig, "db");
    agent_rig_step(b.rig);
    assert_int_equal(sink_record_removes(b.mirror), 1);
    agent_rig_free(b.rig);
}

static void missing_right_is_told_once_and_tried_again(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    status_record_refuse(b.rig->status, true, ERR_DENIED);
    agent_rig_put(b.rig, DELETED(CLEANUP_FINALIZER));
    for (int i = 0; i < 20; i++)
        agent_rig_step_in(b.rig, 60);
    assert_int_equal(status_record_writes(b.rig->status, KIND, "db"), 1);
    const struct status_record_write *w = status_record_last(b.rig->status, KIND, "db");
    assert_false(w->is_ready);
    assert_string_equal(w->message, "could not delete secret: scripted refusal of finalizers");
    assert_int_equal(status_record_told(b.rig->status, "db", "UpdateFailed", w->message), 1);
    assert_true(sink_record_removes(b.mirror) < 15); /* the wait grows */
    status_record_refuse(b.rig->status, false, ERR_DENIED);
    agent_rig_step_in(b.rig, 600);
    assert_int_equal(status_record_taken(b.rig->status), 1);
    agent_rig_free(b.rig);
}

static void secret_that_stays_keeps_the_finalizer(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    sink_record_fail(b.mirror, ERR_UNAVAILABLE);
    agent_rig_put(b.rig, DELETED(CLEANUP_FINALIZER));
    agent_rig_step(b.rig);
    assert_int_equal(status_record_taken(b.rig->status), 0);
    assert_true(status_record_holds(b.rig->status, "could not delete secret: "));
    sink_record_succeed(b.mirror, PROJECT_CHANGED);
    agent_rig_step_in(b.rig, 2);
    assert_int_equal(status_record_taken(b.rig->status), 1);
    agent_rig_free(b.rig);
}

static void changed_object_is_tried_again_in_silence(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    status_record_refuse(b.rig->status, true, ERR_CONFLICT);
    agent_rig_put(b.rig, DELETED(CLEANUP_FINALIZER));
    agent_rig_step(b.rig);
    assert_int_equal(status_record_events(b.rig->status, "db", NULL), 0);
    status_record_refuse(b.rig->status, false, ERR_CONFLICT);
    agent_rig_step_in(b.rig, 2);
    assert_int_equal(status_record_taken(b.rig->status), 1);
    agent_rig_free(b.rig);
}

static void volumes_go_on_until_the_end(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    agent_rig_put(b.rig, "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
                         "metadata: {name: db, namespace: app, uid: u-1}\n" REST);
    assert_null(agent_rig_publish(b.rig, "v1"));
    agent_rig_step(b.rig);
    status_record_refuse(b.rig->status, true, ERR_DENIED);
    agent_rig_put(b.rig, DELETED(CLEANUP_FINALIZER));
    agent_rig_step(b.rig);
    provider_script_set(b.rig->script, "user", "app2", ERR_UNAVAILABLE);
    for (int i = 0; i < 20; i++)
        agent_rig_step_in(b.rig, 60);
    assert_true(agent_rig_file_is(b.rig, "v1", "user", "app2"));
    assert_false(status_record_last(b.rig->status, KIND, "db")->is_ready);
    assert_int_equal(status_record_events(b.rig->status, "db", "Warning"), 1);
    agent_rig_free(b.rig);
}

/* An ExternalSecret as a controller leaves it; times in seconds before or after the start. */
struct left {
    int64_t refreshed;  /* refreshTime */
    int64_t theirs;     /* External Secrets' last write of the status */
    int64_t ours;       /* Lockstep's; INT64_MIN: never */
    bool is_back;       /* it carries the condition of standing back */
    const char *labels; /* "": as when it was synced */
};

static void put_left(struct bench *b, const struct left *l)
{
    char refreshed[CLOCK_RFC3339_SIZE], theirs[CLOCK_RFC3339_SIZE], ours[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(CLOCK_FAKE_UNIX_S + l->refreshed, refreshed);
    clock_format_rfc3339(CLOCK_FAKE_UNIX_S + l->theirs, theirs);
    clock_format_rfc3339(l->ours == INT64_MIN ? 1 : CLOCK_FAKE_UNIX_S + l->ours, ours);
    CLEANUP_STR char *yaml = xasprintf(
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
        "metadata: {name: db, namespace: app, uid: u-1, generation: 1, labels: {%s}, "
        "managedFields: [{manager: external-secrets, subresource: status, time: '%s'}, "
        "{manager: lockstep, subresource: status, time: '%s'}, "
        "{manager: external-secrets, time: '2100-01-01T00:00:00Z'}]}\n" REST
        "status: {refreshTime: '%s', syncedResourceVersion: '" UNLABELLED "', conditions: [{type: "
        "Ready, status: 'True', reason: SecretSynced, message: secret synced}%s]}\n",
        l->labels, theirs, ours, refreshed,
        l->is_back ? ", {type: lockstep.dev/StandingBack, status: 'True'}" : "");
    agent_rig_put(b->rig, yaml);
}

static unsigned calls(const struct bench *b)
{
    return b->rig->script->batches + b->rig->script->gets;
}

static size_t backs(const struct bench *b)
{
    const char *message;
    return status_record_stood_back(b->rig->status, &message);
}

static void assert_untouched(struct bench *b)
{
    assert_int_equal(calls(b), 0);
    assert_int_equal(sink_record_applies(b->mirror), 0);
    assert_int_equal(status_record_writes(b->rig->status, KIND, "db"), 0);
    assert_int_equal(status_record_events(b->rig->status, "db", NULL), 0);
}

struct take_row {
    const char *name;
    struct left left;
    bool is_take_over, is_claimed;
    bool at_once, after_grace; /* a pass is run */
};

static const struct take_row take_rows[] = {
    {"theirs, not due", {-10, -10, INT64_MIN, false, ""}, false, false, false, false},
    {"theirs, overdue", {-700, -700, INT64_MIN, false, ""}, false, false, false, true},
    {"theirs, edited", {-10, -10, INT64_MIN, false, "a: b"}, false, false, false, true},
    {"theirs since ours", {-700, -600, -700, false, ""}, false, false, false, true},
    {"ours since theirs", {-700, -800, -700, false, ""}, false, false, true, true},
    {"ours, not due", {-10, -20, -10, false, ""}, false, false, false, false},
    {"told to take over, overdue", {-700, -700, INT64_MIN, false, ""}, true, false, true, true},
    {"told to take over, not due", {-10, -10, INT64_MIN, false, ""}, true, false, false, false},
    {"our class, overdue", {-700, -700, INT64_MIN, false, ""}, false, true, true, true},
};

static void one_take(void **state)
{
    const struct take_row *r = *state;
    struct bench b;
    bench_init(&b);
    b.rig->is_take_over = r->is_take_over;
    b.rig->controller_class = r->is_claimed ? "lockstep" : "default";
    agent_rig_restart(b.rig);
    agent_rig_put(b.rig, r->is_claimed ? CLAIMED_STORE : AGENT_RIG_STORE);
    put_left(&b, &r->left);
    agent_rig_step(b.rig);
    assert_int_equal(calls(&b) > 0, r->at_once);
    assert_int_equal(sink_record_applies(b.mirror), r->at_once);
    agent_rig_step_in(b.rig, 31);
    assert_int_equal(sink_record_applies(b.mirror), r->after_grace);
    assert_int_equal(backs(&b), 0);
    agent_rig_free(b.rig);
}

static void a_refresh_by_the_rival_is_the_end_of_waiting(void **state)
{
    struct bench b;
    const char *message;
    (void)state;
    bench_init(&b);
    put_left(&b, &(struct left){-600, -600, INT64_MIN, false, ""});
    agent_rig_step(b.rig);
    agent_rig_step_in(b.rig, 10);
    put_left(&b, &(struct left){10, 10, INT64_MIN, false, ""});
    agent_rig_step(b.rig);
    for (int i = 0; i < 9; i++)
        agent_rig_step_in(b.rig, 60);
    assert_untouched(&b);
    assert_int_equal(status_record_stood_back(b.rig->status, &message), 0); /* nothing was due */
    agent_rig_step_in(b.rig, 60);
    agent_rig_step_in(b.rig, 31);
    assert_int_equal(sink_record_applies(b.mirror), 1); /* it did not come again */
    agent_rig_free(b.rig);
}

/* It lives, but leaves the object alone: sixty other things are before it in its queue. */
static void standing_back_is_said_once_and_ends_by_itself(void **state)
{
    struct bench b;
    const char *message;
    (void)state;
    bench_init(&b);
    agent_rig_step(b.rig);
    put_left(&b, &(struct left){-10, -10, INT64_MIN, false, ""});
    agent_rig_step(b.rig);
    put_left(&b,
             &(struct left){-10, 0, INT64_MIN, false, "a: b"}); /* wrote something, not synced */
    agent_rig_step(b.rig);
    assert_untouched(&b);
    assert_int_equal(status_record_stood_back(b.rig->status, &message), 1);
    assert_non_null(strstr(message, "it wrote the status of ExternalSecret app/db"));
    put_left(&b, &(struct left){-10, 0, INT64_MIN, true, "a: b"});
    for (int i = 0; i < 4; i++)
        agent_rig_step_in(b.rig, 60);
    assert_untouched(&b);
    assert_int_equal(backs(&b), 1);
    for (int i = 0; i < 3; i++)
        agent_rig_step_in(b.rig, 60);
    assert_int_equal(sink_record_applies(b.mirror),
                     1); /* no sign for five minutes, and the grace */
    assert_int_equal(status_record_writes(b.rig->status, KIND, "db"), 1);
    agent_rig_free(b.rig);
}

static void a_condition_that_could_not_be_written_is_tried_again(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    rival_note_lease(b.rig->rival, "2100-01-01T00:00:00Z", 15);
    status_record_fail(b.rig->status, true);
    put_left(&b, &(struct left){-700, -700, INT64_MIN, false, ""});
    agent_rig_step(b.rig);
    assert_int_equal(backs(&b), 0);
    status_record_fail(b.rig->status, false);
    agent_rig_step_in(b.rig, 60);
    assert_int_equal(backs(&b), 1);
    agent_rig_free(b.rig);
}

/* At a start it may be seen after the ExternalSecrets that use it. */
static void a_store_that_is_seen_later_asks_for_nothing(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    agent_rig_restart(b.rig);
    put_left(&b, &(struct left){-10, -20, -10, false, ""});
    agent_rig_step(b.rig);
    agent_rig_put(b.rig, AGENT_RIG_STORE);
    agent_rig_step(b.rig);
    assert_untouched(&b);
    agent_rig_put(b.rig, CLAIMED_STORE); /* an edit does */
    agent_rig_step(b.rig);
    assert_int_equal(sink_record_applies(b.mirror), 1);
    agent_rig_free(b.rig);
}

static void volumes_are_not_affected(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    rival_note_lease(b.rig->rival, "2100-01-01T00:00:00Z", 15);
    put_left(&b, &(struct left){-700, -700, INT64_MIN, false, ""});
    assert_null(agent_rig_publish(b.rig, "v1"));
    agent_rig_step(b.rig);
    provider_script_set(b.rig->script, "user", "app2", ERR_UNAVAILABLE);
    for (int i = 0; i < 10; i++) {
        rival_note_lease(b.rig->rival, i % 2 ? "2001-01-01T00:00:00Z" : "2002-01-01T00:00:00Z", 15);
        agent_rig_step_in(b.rig, 60);
    }
    assert_true(agent_rig_file_is(b.rig, "v1", "user", "app2"));
    assert_int_equal(sink_record_applies(b.mirror), 0);
    assert_int_equal(status_record_writes(b.rig->status, KIND, "db"), 0);
    for (int i = 0; i < 7; i++)
        agent_rig_step_in(b.rig, 60);
    assert_int_equal(sink_record_applies(b.mirror), 1);
    agent_rig_free(b.rig);
}

static void take_over_takes_the_condition_away(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    b.rig->is_take_over = true;
    agent_rig_restart(b.rig);
    agent_rig_put(b.rig, AGENT_RIG_STORE);
    put_left(&b, &(struct left){-10, -10, INT64_MIN, true, ""});
    agent_rig_step(b.rig);
    assert_int_equal(calls(&b), 0);
    assert_int_equal(sink_record_applies(b.mirror), 0);
    assert_int_equal(status_record_writes(b.rig->status, KIND, "db"), 1);
    const struct status_record_write *w = status_record_last(b.rig->status, KIND, "db");
    assert_string_equal(w->reason, "SecretSynced");
    assert_string_equal(w->synced_resource_version, UNLABELLED);
    assert_int_equal(w->refresh_unix_s, CLOCK_FAKE_UNIX_S - 10);
    agent_rig_free(b.rig);
}

static void deleted_object_is_left_to_a_rival_that_lives(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    rival_note_lease(b.rig->rival, "2100-01-01T00:00:00Z", 15);
    agent_rig_put(b.rig, "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
                         "metadata: {name: db, namespace: app, uid: u-1, deletionTimestamp: "
                         "'2026-01-01T00:00:00Z', finalizers: [" CLEANUP_FINALIZER
                         "], managedFields: [{manager: external-secrets, subresource: status, "
                         "time: '2026-01-01T00:00:00Z'}]}\n" REST);
    agent_rig_step(b.rig);
    agent_rig_step_in(b.rig, 60);
    assert_int_equal(status_record_taken(b.rig->status), 0);
    for (int i = 0; i < 7; i++)
        agent_rig_step_in(b.rig, 60);
    assert_int_equal(status_record_taken(b.rig->status), 1);
    agent_rig_free(b.rig);
}

static void stores_are_not_written_while_the_rival_lives(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    rival_note_lease(b.rig->rival, "2100-01-01T00:00:00Z", 15);
    agent_rig_step(b.rig);
    assert_int_equal(status_record_writes(b.rig->status, "SecretStore", "stores"), 0);
    assert_int_equal(status_record_events(b.rig->status, "stores", NULL), 0);
    agent_rig_step_in(b.rig, 301);
    assert_int_equal(status_record_writes(b.rig->status, "SecretStore", "stores"), 1);
    agent_rig_free(b.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_object_is_not_removed_twice),
        cmocka_unit_test(missing_right_is_told_once_and_tried_again),
        cmocka_unit_test(secret_that_stays_keeps_the_finalizer),
        cmocka_unit_test(changed_object_is_tried_again_in_silence),
        cmocka_unit_test(volumes_go_on_until_the_end),
        cmocka_unit_test(a_refresh_by_the_rival_is_the_end_of_waiting),
        cmocka_unit_test(standing_back_is_said_once_and_ends_by_itself),
        cmocka_unit_test(a_condition_that_could_not_be_written_is_tried_again),
        cmocka_unit_test(a_store_that_is_seen_later_asks_for_nothing),
        cmocka_unit_test(volumes_are_not_affected),
        cmocka_unit_test(take_over_takes_the_condition_away),
        cmocka_unit_test(deleted_object_is_left_to_a_rival_that_lives),
        cmocka_unit_test(stores_are_not_written_while_the_rival_lives),
    };
    return TABLE_RUN("hand_over_leave", leave_rows, one_leave) +
           TABLE_RUN("hand_over_take", take_rows, one_take) + GROUP_RUN("hand_over", tests);
}
