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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_object_is_not_removed_twice),
        cmocka_unit_test(missing_right_is_told_once_and_tried_again),
        cmocka_unit_test(secret_that_stays_keeps_the_finalizer),
        cmocka_unit_test(changed_object_is_tried_again_in_silence),
        cmocka_unit_test(volumes_go_on_until_the_end),
    };
    return TABLE_RUN("hand_over_leave", leave_rows, one_leave) + GROUP_RUN("hand_over", tests);
}
