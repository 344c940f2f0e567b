/* PushSecrets over time: when a pass is run, what is said, and what is left in stores. */

#include "reconcile/push.h"

#include <string.h>

#include "base/metric.h"
#include "tests/support/push_rig.h"
#include "tests/support/table.h"

#define DELETES                                                                                    \
    "{secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}, refreshInterval: 10m, "   \
    "deletionPolicy: Delete, data: [{match: {secretKey: user, remoteRef: {remoteKey: a}}}, "       \
    "{match: {secretKey: pass, remoteRef: {remoteKey: b}}}]}"
#define DELETES_ONE                                                                                \
    "{secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}, refreshInterval: 10m, "   \
    "deletionPolicy: Delete, data: [{match: {secretKey: user, remoteRef: {remoteKey: a}}}]}"

static struct push_rig *rig_with(const char *spec)
{
    struct push_rig *rig = push_rig_new();
    metric_reset();
    push_rig_secret(rig, "db", "user=ann pass=pw");
    push_rig_put(rig, spec);
    push_rig_step(rig);
    return rig;
}

static void it_is_pushed_and_said(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_rig_assert_remote(rig, "remote/user", "ann");
    push_rig_assert_ready(rig, "True Synced PushSecret synced successfully");
    push_rig_assert_synced(rig, "SecretStore/stores: remote/user; ");
    assert_string_equal(rig->last_event, "Normal Synced PushSecret synced successfully");
    assert_int_equal(strncmp(push_rig_text(rig, "status.syncedResourceVersion"), "1-", 2), 0);
    assert_true(*push_rig_text(rig, "status.refreshTime"));
    assert_int_equal(rig->status_writes, 1);
    assert_int_equal(rig->finalizer_writes, 0);
    assert_true(metric_value(METRIC_PUSH_PASSES, "success", "none", NULL) == 1);
    assert_true(metric_value(METRIC_STATUS_WRITES, "PushSecret", NULL, NULL) == 1);
}

static void it_is_pushed_again_after_the_interval(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_rig_secret(rig, "db", "user=eve");
    push_rig_step_in(rig, 590);
    push_rig_assert_remote(rig, "remote/user", "ann");
    push_rig_step_in(rig, 10);
    push_rig_assert_remote(rig, "remote/user", "eve");
    assert_int_equal(rig->status_writes, 2);
    assert_int_equal(rig->events, 1);
}

static void an_edit_is_followed_at_once(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_rig_secret(rig, "db", "user=eve");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    push_rig_assert_remote(rig, "remote/user", "eve");
    assert_int_equal(strncmp(push_rig_text(rig, "status.syncedResourceVersion"), "2-", 2), 0);
}

static void without_an_interval_it_is_pushed_once(void **state)
{
    (void)state;
    CLEANUP(push_rig)
    struct push_rig *rig =
        rig_with("{secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}, "
                 "refreshInterval: 0s, dataTo: [{storeRef: {name: stores}}]}");
    push_rig_assert_remote(rig, "pass", "pw");
    assert_int_equal(rig->reads, 1);
    push_rig_step_in(rig, 100000);
    assert_int_equal(rig->reads, 1);
    push_rig_restart(rig);
    push_rig_step_in(rig, 100000);
    assert_int_equal(rig->reads, 1);
}

static void a_restart_asks_no_store(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_rig_step_in(rig, 300);
    push_rig_restart(rig);
    push_rig_step(rig);
    assert_int_equal(rig->reads, 1);
    assert_int_equal(rig->status_writes, 1);
    assert_int_equal(rig->events, 1);
    push_rig_step_in(rig, 299);
    assert_int_equal(rig->reads, 1);
    push_rig_step_in(rig, 1);
    assert_int_equal(rig->reads, 2);
    assert_int_equal(rig->events, 1);
}

static void a_store_that_changes_is_pushed_to(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_store_changed(rig->push, STORE_NAMESPACED, "app", "other");
    push_store_changed(rig->push, STORE_NAMESPACED, "shop", "stores");
    push_store_changed(rig->push, STORE_CLUSTER, "", "stores");
    push_rig_step(rig);
    assert_int_equal(rig->reads, 1);
    push_store_changed(rig->push, STORE_NAMESPACED, "app", "stores");
    push_rig_step(rig);
    assert_int_equal(rig->reads, 2);
    spec_store_set_synced(rig->specs, ORIGIN_MIRROR, false);
    push_store_changed(rig->push, STORE_NAMESPACED, "app", "stores");
    spec_store_set_synced(rig->specs, ORIGIN_MIRROR, true);
    push_rig_step(rig);
    assert_int_equal(rig->reads, 2);
}

static void nothing_is_done_before_stores_are_known(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    spec_store_set_synced(rig->specs, ORIGIN_MIRROR, false);
    push_rig_secret(rig, "db", "user=ann");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step_in(rig, 5);
    assert_int_equal(rig->reads, 0);
    spec_store_set_synced(rig->specs, ORIGIN_MIRROR, true);
    push_rig_step_in(rig, 1);
    push_rig_assert_remote(rig, "remote/user", "ann");
}

static void what_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "user=ann");
    rig->is_ours = false;
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step_in(rig, 1000);
    assert_int_equal(rig->reads + rig->status_writes + rig->events, 0);
    rig->is_ours = true;
    rig->stands_back = true;
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    assert_int_equal(rig->reads + rig->status_writes + rig->events, 0);
    rig->stands_back = false;
    push_rig_step_in(rig, 60);
    push_rig_assert_remote(rig, "remote/user", "ann");
}

static void count_failing(void *ctx, const char *ns_name, const char *message)
{
    unsigned *n = ctx;
    assert_string_equal(ns_name, "app/p");
    assert_non_null(strstr(message, "could not get source secret"));
    ++*n;
}

static void a_failure_is_said_once_and_tried_again(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    push_rig_assert_ready(rig, "False Errored could not get source secret: Secret \"db\" does not "
                               "exist");
    assert_int_equal(strncmp(rig->last_event, "Warning Errored could not get", 29), 0);
    assert_true(metric_value(METRIC_PUSH_NOT_READY, NULL, NULL, NULL) == 1);
    unsigned failing = 0;
    push_each_failing(rig->push, count_failing, &failing);
    assert_int_equal(failing, 1);
    push_rig_step_in(rig, 5);
    assert_int_equal(rig->reads, 2);
    assert_int_equal(rig->status_writes, 1);
    assert_int_equal(rig->events, 1);
    push_rig_secret(rig, "db", "user=ann");
    push_rig_step_in(rig, 10);
    push_rig_assert_ready(rig, "True Synced");
    assert_true(metric_value(METRIC_PUSH_NOT_READY, NULL, NULL, NULL) == 0);
    push_rig_gone(rig);
    push_rig_step(rig);
    assert_int_equal(rig->events, 2);
}

static void a_status_that_could_not_be_written_comes_later(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    rig->status_error = ERR_UNAVAILABLE;
    push_rig_secret(rig, "db", "user=ann");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    assert_int_equal(rig->status_writes, 0);
    rig->status_error = -1;
    push_rig_step_in(rig, 600);
    push_rig_assert_ready(rig, "True Synced");
    push_rig_assert_synced(rig, "SecretStore/stores: remote/user; ");
}

static void the_finalizer_comes_and_goes_with_the_policy(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    assert_int_equal(rig->finalizer_writes, 1);
    assert_string_equal(json_text(json_at(json_path(rig->object, "metadata.finalizers"), 0)),
                        PUSH_SPEC_FINALIZER);
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    assert_int_equal(rig->finalizer_writes, 2);
    assert_int_equal(json_count(json_path(rig->object, "metadata.finalizers")), 0);
}

static void without_the_right_to_finalizers_nothing_is_pushed(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    rig->finalizer_error = ERR_DENIED;
    push_rig_secret(rig, "db", "user=ann pass=pw");
    push_rig_put(rig, DELETES);
    push_rig_step(rig);
    push_rig_assert_ready(rig, "False Errored could not update finalizers: scripted failure");
    push_rig_assert_remote(rig, "a", NULL);
    rig->finalizer_error = -1;
    push_rig_step_in(rig, 5);
    push_rig_assert_remote(rig, "a", "ann");
}

static void an_object_that_changed_meanwhile_comes_again(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    rig->finalizer_error = ERR_CONFLICT;
    push_rig_secret(rig, "db", "user=ann pass=pw");
    push_rig_put(rig, DELETES);
    push_rig_step(rig);
    assert_int_equal(rig->status_writes, 0);
    rig->finalizer_error = -1;
    push_rig_step_in(rig, 2);
    push_rig_assert_ready(rig, "True Synced");
}

static void what_vanishes_is_removed_by_policy(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    push_rig_assert_synced(rig, "SecretStore/stores: a b; ");
    push_rig_put(rig, DELETES_ONE);
    push_rig_step(rig);
    push_rig_assert_remote(rig, "a", "ann");
    push_rig_assert_remote(rig, "b", NULL);
    push_rig_assert_synced(rig, "SecretStore/stores: a; ");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    push_rig_assert_remote(rig, "a", "ann");
    push_rig_assert_synced(rig, "SecretStore/stores: remote/user; ");
}

static void a_removal_that_fails_is_tried_again(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    provider_script_fail_pushes(rig->script, true, ERR_UNAVAILABLE);
    push_rig_put(rig, "{secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}, "
                      "refreshInterval: 10m, deletionPolicy: Delete}");
    push_rig_step(rig);
    push_rig_assert_ready(rig, "False Errored Failed to Delete Secrets from Provider: ");
    push_rig_assert_synced(rig, "SecretStore/stores: a b; ");
    provider_script_fail_pushes(rig->script, false, ERR_UNAVAILABLE);
    push_rig_step_in(rig, 5);
    push_rig_assert_remote(rig, "a", NULL);
    push_rig_assert_remote(rig, "b", NULL);
    push_rig_assert_ready(rig, "True Synced");
    push_rig_assert_synced(rig, "SecretStore/stores:; ");
}

static void a_deleted_object_takes_its_values_along(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    provider_script_fail_pushes(rig->script, true, ERR_UNAVAILABLE);
    push_rig_delete(rig);
    push_rig_step(rig);
    push_rig_assert_ready(rig, "False Errored Failed to Delete Secrets from Provider: ");
    assert_int_equal(rig->finalizer_writes, 1);
    provider_script_fail_pushes(rig->script, false, ERR_UNAVAILABLE);
    rig->finalizer_error = ERR_CONFLICT;
    push_rig_step_in(rig, 2);
    push_rig_assert_remote(rig, "a", NULL);
    rig->finalizer_error = -1;
    push_rig_step_in(rig, 2);
    assert_int_equal(rig->finalizer_writes, 2);
    assert_int_equal(json_count(json_path(rig->object, "metadata.finalizers")), 0);
    push_rig_step_in(rig, 1000);
    assert_int_equal(rig->finalizer_writes, 2);
}

static void a_deleted_object_without_the_policy_leaves_them(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    push_rig_delete(rig);
    push_rig_step_in(rig, 1000);
    push_rig_assert_remote(rig, "remote/user", "ann");
    assert_int_equal(rig->finalizer_writes, 0);
    assert_int_equal(rig->reads, 1);
}

/* A namespace that is deleted takes the store first: nobody shall wait for it for ever. */
static void a_store_that_is_gone_holds_nothing_up(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES_ONE);
    spec_store_remove_store(rig->specs, ORIGIN_MIRROR, STORE_NAMESPACED, "app", "stores");
    push_rig_delete(rig);
    push_rig_step(rig);
    assert_int_equal(rig->finalizer_writes, 2);
    assert_string_equal(rig->last_event, "Warning Errored not removed, their store is gone: a of "
                                         "SecretStore/stores");
}

static void a_source_that_is_gone_is_gone_from_stores(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    push_rig_secret(rig, "db", NULL);
    push_rig_step_in(rig, 600);
    push_rig_assert_remote(rig, "a", NULL);
    push_rig_assert_remote(rig, "b", NULL);
    push_rig_assert_ready(rig, "False SourceDeleted source secret deleted; provider secrets "
                               "cleaned up");
    push_rig_assert_synced(rig, "");
    assert_string_equal(rig->last_event, "Normal SourceDeleted source secret deleted; provider "
                                         "secrets cleaned up");
    push_rig_step_in(rig, 600);
    push_rig_assert_ready(rig, "False SourceDeleted");
    assert_int_equal(rig->events, 2);
    push_rig_secret(rig, "db", "user=ann pass=pw");
    push_rig_step_in(rig, 600);
    push_rig_assert_remote(rig, "a", "ann");
    push_rig_assert_ready(rig, "True Synced");
}

static void a_source_that_cannot_be_cleaned_up(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    push_rig_secret(rig, "db", NULL);
    provider_script_fail_pushes(rig->script, true, ERR_DENIED);
    push_rig_step_in(rig, 600);
    push_rig_assert_ready(rig, "False Errored failed to cleanup provider secrets: ");
    push_rig_assert_synced(rig, "SecretStore/stores: a b; ");
}

static void a_source_that_may_not_be_read_stays(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(DELETES);
    rig->secret_error = ERR_DENIED;
    push_rig_step_in(rig, 600);
    push_rig_assert_ready(rig, "False Errored could not get source secret: scripted failure");
    push_rig_assert_remote(rig, "a", "ann");
    push_rig_assert_synced(rig, "SecretStore/stores: a b; ");
}

/* What was written and has not come back yet must be known when the next patch is made. */
static void a_watch_that_is_late_leaves_nothing_over(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "user=ann pass=pw");
    rig->is_watch_late = true;
    push_rig_put(rig, DELETES);
    push_rig_step(rig);
    push_rig_assert_synced(rig, "SecretStore/stores: a b; ");
    push_rig_secret(rig, "db", NULL);
    push_rig_step_in(rig, 600);
    push_rig_assert_synced(rig, "");
}

static void another_object_of_the_name_is_a_stranger(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = rig_with(PUSH_RIG_SPEC);
    CLEANUP(map) struct map *none = map_new(NULL);
    push_retain(rig->push, none);
    push_rig_step(rig);
    push_rig_step_in(rig, 1000);
    assert_int_equal(rig->reads, 1);
}

static void another_controllers_store_is_not_written_to(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "user=ann");
    push_rig_put_store(rig, "{kind: SecretStore, metadata: {namespace: app, name: stores, uid: u1, "
                            "generation: 2}, spec: {controller: theirs, provider: {script: {}}}}");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_rig_step(rig);
    assert_int_equal(rig->status_writes + rig->events, 0);
    push_rig_assert_remote(rig, "remote/user", NULL);
}

static void workers_start_and_stop(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "user=ann");
    push_rig_put(rig, PUSH_RIG_SPEC);
    push_start(rig->push);
    push_rig_wait_rest(rig);
    push_stop(rig->push);
    push_stop(rig->push);
    push_rig_assert_remote(rig, "remote/user", "ann");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(it_is_pushed_and_said),
    cmocka_unit_test(it_is_pushed_again_after_the_interval),
    cmocka_unit_test(an_edit_is_followed_at_once),
    cmocka_unit_test(without_an_interval_it_is_pushed_once),
    cmocka_unit_test(a_restart_asks_no_store),
    cmocka_unit_test(a_store_that_changes_is_pushed_to),
    cmocka_unit_test(nothing_is_done_before_stores_are_known),
    cmocka_unit_test(what_is_not_ours_is_left_alone),
    cmocka_unit_test(a_failure_is_said_once_and_tried_again),
    cmocka_unit_test(a_status_that_could_not_be_written_comes_later),
    cmocka_unit_test(the_finalizer_comes_and_goes_with_the_policy),
    cmocka_unit_test(without_the_right_to_finalizers_nothing_is_pushed),
    cmocka_unit_test(an_object_that_changed_meanwhile_comes_again),
    cmocka_unit_test(what_vanishes_is_removed_by_policy),
    cmocka_unit_test(a_removal_that_fails_is_tried_again),
    cmocka_unit_test(a_deleted_object_takes_its_values_along),
    cmocka_unit_test(a_deleted_object_without_the_policy_leaves_them),
    cmocka_unit_test(a_store_that_is_gone_holds_nothing_up),
    cmocka_unit_test(a_source_that_is_gone_is_gone_from_stores),
    cmocka_unit_test(a_source_that_cannot_be_cleaned_up),
    cmocka_unit_test(a_source_that_may_not_be_read_stays),
    cmocka_unit_test(a_watch_that_is_late_leaves_nothing_over),
    cmocka_unit_test(another_object_of_the_name_is_a_stranger),
    cmocka_unit_test(another_controllers_store_is_not_written_to),
    cmocka_unit_test(workers_start_and_stop),
};

int main(void)
{
    return GROUP_RUN("push", tests);
}
