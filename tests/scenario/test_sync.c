/* From a change of a spec, its store, its credentials or its values to files, Secret, status and
 * Events: state before, what happens, all of the state after. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/agent_rig.h"
#include "tests/support/sink_record.h"
#include "tests/support/table.h"

#define KIND "ExternalSecret"
#define DAY_S (24 * 3600)

static void set_values(struct agent_rig *rig, const char *user, const char *pass)
{
    provider_script_set(rig->script, "user", user, ERR_UNAVAILABLE);
    provider_script_set(rig->script, "pass", pass, ERR_UNAVAILABLE);
}

static void assert_both(struct agent_rig *rig, const char *user, const char *pass)
{
    assert_true(agent_rig_secret_is(rig, "user", user));
    assert_true(agent_rig_secret_is(rig, "pass", pass));
    assert_true(agent_rig_file_is(rig, "v1", "user", user));
    assert_true(agent_rig_file_is(rig, "v1", "pass", pass));
}

/* Calls to the store so far, of either kind. */
static unsigned calls(const struct agent_rig *rig)
{
    return rig->script->batches + rig->script->gets;
}

/* Store, spec, values; one pass done. */
static struct agent_rig *synced_rig(void)
{
    struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    return rig;
}

/* The same with volume v1. */
static struct agent_rig *mounted_rig(void)
{
    struct agent_rig *rig = synced_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_both(rig, "app", "first");
    return rig;
}

static void assert_ready(struct agent_rig *rig, size_t n_writes)
{
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), n_writes);
    assert_non_null(w);
    assert_true(w->is_ready);
    assert_string_equal(w->reason, "SecretSynced");
    assert_string_equal(w->message, "secret synced");
}

static void assert_failing(struct agent_rig *rig, size_t n_writes, const char *part)
{
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), n_writes);
    assert_non_null(w);
    assert_false(w->is_ready);
    assert_string_equal(w->reason, "SecretSyncedError");
    assert_non_null(strstr(w->message, part));
}

static void first_sync_writes_once(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = synced_rig();
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(rig->specs, "app", "db");
    CLEANUP_STR char *version = spec_synced_resource_version(spec);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    assert_true(agent_rig_secret_is(rig, "pass", "first"));
    assert_ready(rig, 1);
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_string_equal(w->ns, "app");
    assert_string_equal(w->synced_resource_version, version);
    assert_int_equal(w->refresh_unix_s, CLOCK_FAKE_UNIX_S);
    assert_int_equal(w->transition_unix_s, CLOCK_FAKE_UNIX_S);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 1);
    assert_int_equal(status_record_told(rig->status, "db", "Created", "secret created"), 1);
    assert_int_equal(status_record_writes(rig->status, "SecretStore", "stores"), 1);
    assert_string_equal(status_record_last(rig->status, "SecretStore", "stores")->reason, "Valid");
    assert_int_equal(calls(rig), 1);
}

static void nothing_happens_within_the_interval(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = synced_rig();
    for (int i = 0; i < 9; i++)
        agent_rig_step_in(rig, 60);
    assert_int_equal(calls(rig), 1);
    assert_ready(rig, 1);
    agent_rig_step_in(rig, 60);
    assert_int_equal(calls(rig), 2);
    assert_ready(rig, 2); /* says the new refreshTime */
    assert_int_equal(status_record_last(rig->status, KIND, "db")->refresh_unix_s,
                     CLOCK_FAKE_UNIX_S + AGENT_RIG_INTERVAL_S);
    assert_int_equal(status_record_last(rig->status, KIND, "db")->transition_unix_s,
                     CLOCK_FAKE_UNIX_S);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 1);
}

static void rotation_reaches_files_and_secret_in_one_pass(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *before = agent_rig_generation(rig, "v1");
    set_values(rig, "app2", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S - 1);
    assert_both(rig, "app", "first");
    assert_int_equal(agent_rig_step_in(rig, 1), 1);
    assert_both(rig, "app2", "second");
    CLEANUP_STR char *after = agent_rig_generation(rig, "v1");
    assert_string_not_equal(before, after);
}

static void unchanged_values_write_nothing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *before = agent_rig_generation(rig, "v1");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    CLEANUP_STR char *after = agent_rig_generation(rig, "v1");
    assert_string_equal(before, after);
    assert_both(rig, "app", "first");
}

static void one_missing_value_keeps_the_whole_old_set(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    set_values(rig, NULL, "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_both(rig, "app", "first");
    assert_failing(rig, 2, "spec.data[0] (key: user)");
    assert_int_equal(status_record_events(rig->status, "db", "Warning"), 1);
    set_values(rig, "app2", "second");
    agent_rig_step_in(rig, 1);
    assert_both(rig, "app2", "second");
    assert_ready(rig, 3);
    assert_string_equal(status_record_last_event(rig->status, "db")->reason, "Updated");
}

static void edit_is_applied_at_once(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    agent_rig_put(rig, AGENT_RIG_SPEC_HEAD
                  "spec:\n  secretStoreRef: {name: stores}\n  refreshInterval: 10m\n"
                  "  data: [{secretKey: password, remoteRef: {key: pass}}]\n");
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "password", "first"));
    assert_false(agent_rig_secret_is(rig, "user", "app"));
    assert_true(agent_rig_file_is(rig, "v1", "password", "first"));
    assert_true(agent_rig_file_is(rig, "v1", "user", NULL));
    assert_ready(rig, 2);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 2);
    assert_int_equal(status_record_told(rig->status, "db", "Updated", "secret updated"), 1);
}

static void annotation_forces_a_pass(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, 10);
    assert_both(rig, "app", "first");
    agent_rig_put(rig, "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
                       "metadata: {name: db, namespace: app, annotations: {force-sync: '1'}}\n"
                       "spec:\n  secretStoreRef: {name: stores}\n  refreshInterval: 10m\n  data:\n"
                       "  - {secretKey: user, remoteRef: {key: user}}\n"
                       "  - {secretKey: pass, remoteRef: {key: pass}}\n");
    agent_rig_step(rig);
    assert_both(rig, "app", "second");
    assert_ready(rig, 2);
    unsigned n = calls(rig);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S - 1);
    assert_int_equal(calls(rig), n); /* the timer began anew */
    agent_rig_step_in(rig, 1);
    assert_int_equal(calls(rig), n + 1);
}

static void changed_store_forces_a_pass(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    set_values(rig, "app", "second");
    clock_fake_advance_ns(rig->clock, 10 * NS_PER_S);
    provider_script_identity(rig->script, "two");
    agent_rig_put(rig, "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: "
                       "stores, namespace: app}, spec: {provider: {script: {region: b}}}}\n");
    agent_rig_step(rig);
    assert_both(rig, "app", "second");
    assert_int_equal(rig->script->opens, 2);
    assert_int_equal(rig->script->validates, 2);
    assert_int_equal(status_record_writes(rig->status, "SecretStore", "stores"), 1);
}

static void status_of_a_store_forces_nothing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = synced_rig();
    clock_fake_advance_ns(rig->clock, 10 * NS_PER_S);
    agent_rig_put(rig, "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: "
                       "stores, namespace: app, resourceVersion: '7'}, spec: {provider: {script: "
                       "{}}}, status: {conditions: [{type: Ready, status: 'True'}]}}\n");
    assert_int_equal(agent_rig_step(rig), 0);
    assert_int_equal(calls(rig), 1);
}

static void changed_credential_opens_its_store_anew(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    rig->credential = "token";
    set_values(rig, "app", "first");
    agent_rig_put(rig, "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: "
                       "stores, namespace: app}, spec: {provider: {script: {credential: login, "
                       "auth: {name: login}}}}}\n");
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    assert_int_equal(rig->script->opens, 1);
    set_values(rig, "app", "second");
    clock_fake_advance_ns(rig->clock, 10 * NS_PER_S);
    spec_store_credentials_changed(rig->specs, "app", "other");
    spec_store_credentials_changed(rig->specs, "elsewhere", "login");
    assert_int_equal(agent_rig_step(rig), 0);
    provider_script_identity(rig->script, "two");
    spec_store_credentials_changed(rig->specs, "app", "login");
    assert_int_equal(agent_rig_step(rig), 2); /* the store and the spec */
    assert_int_equal(rig->script->opens, 2);
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
}

#define PROBLEM_SPEC                                                                               \
    AGENT_RIG_SPEC_HEAD                                                                            \
    "spec: {secretStoreRef: {name: stores}, target: {template: "                                   \
    "{engineVersion: v1}}, data: [{secretKey: user, remoteRef: {key: user}}]}\n"

static void problem_is_told_once_by_its_field(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, PROBLEM_SPEC);
    agent_rig_step(rig);
    assert_failing(rig, 1, "spec.target.template.engineVersion \"v1\" is not supported");
    for (int i = 0; i < 20; i++)
        agent_rig_step_in(rig, 60);
    assert_failing(rig, 1, "spec.target.template.engineVersion \"v1\" is not supported");
    assert_int_equal(status_record_events(rig->status, "db", NULL), 1);
    assert_string_equal(status_record_last_event(rig->status, "db")->reason, "UpdateFailed");
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_int_equal(calls(rig), 0);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    assert_ready(rig, 2);
    assert_int_equal(status_record_events(rig->status, "db", "Normal"), 1);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
}

/* External Secrets' reason, and as there no store is asked; the files of a volume come all the
 * same. */
static void target_that_is_not_allowed_is_refused_before_the_fetch(void **state)
{
    static const char generic[] =
        AGENT_RIG_SPEC "  target: {manifest: {apiVersion: v1, kind: ConfigMap}}\n";
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, generic);
    agent_rig_step(rig);
    assert_failing(rig, 1, "invalid generic target: spec.target.manifest needs the agent's option");
    assert_int_equal(calls(rig), 0);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
    set_values(rig, "app2", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app2"));
    assert_failing(rig, 1, "invalid generic target");
}

static void store_that_comes_later_is_used_at_once(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    assert_failing(rig, 1, "SecretStore \"app/stores\" does not exist");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_step(rig);
    assert_ready(rig, 2);
    assert_true(agent_rig_secret_is(rig, "pass", "first"));
}

static void refusing_mirror_does_not_stop_the_volume(void **state)
{
    (void)state;
    struct sink *mirror = sink_record_new();
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(mirror);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_int_equal(sink_record_applies(mirror), 1);
    CLEANUP_STR char *revision = xstrdup(sink_record_revision(mirror));
    sink_record_fail(mirror, ERR_CONFLICT);
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_failing(rig, 2, "could not update secret: scripted refusal of the mirror");
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_string_equal(sink_record_value(mirror, "pass"), "first");
    sink_record_succeed(mirror, PROJECT_CHANGED);
    agent_rig_step_in(rig, 1);
    assert_ready(rig, 3);
    assert_string_equal(sink_record_value(mirror, "pass"), "second");
    assert_string_not_equal(sink_record_revision(mirror), revision);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
}

static void unwritten_status_is_tried_again(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    status_record_fail(rig->status, true);
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 0);
    assert_true(agent_rig_secret_is(rig, "pass", "first"));
    status_record_fail(rig->status, false);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_ready(rig, 1);
    assert_int_equal(status_record_writes(rig->status, "SecretStore", "stores"), 1);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 1);
    assert_int_equal(status_record_events(rig->status, "stores", NULL), 1);
}

static void foreign_spec_without_volume_costs_nothing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    rig->is_ours = false;
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    agent_rig_step_in(rig, DAY_S);
    assert_int_equal(calls(rig), 0);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 0);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 0);
}

static void foreign_spec_with_volume_is_kept_up_in_silence(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    rig->is_ours = false;
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    set_values(rig, NULL, NULL);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 0);
    assert_int_equal(status_record_events(rig->status, "db", NULL), 0);
}

static void gained_spec_is_mirrored_from_what_is_cached(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    rig->is_ours = false;
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    unsigned n = calls(rig);
    clock_fake_advance_ns(rig->clock, 60 * NS_PER_S);
    rig->is_ours = true;
    reconcile_all(rig->reconcile);
    agent_rig_step(rig);
    assert_both(rig, "app", "first");
    assert_ready(rig, 1);
    assert_int_equal(calls(rig), n);
    reconcile_all(rig->reconcile); /* another shard came: nothing to do for this spec */
    agent_rig_step(rig);
    assert_ready(rig, 1);
    assert_int_equal(calls(rig), n);
}

static void lost_and_regained_spec_is_reported_anew(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    rig->is_ours = false;
    reconcile_all(rig->reconcile);
    agent_rig_step(rig);
    assert_ready(rig, 1);
    rig->is_ours = true; /* who knows what the agent between wrote */
    reconcile_all(rig->reconcile);
    agent_rig_step(rig);
    assert_ready(rig, 2);
}

static void spec_made_anew_is_synced_at_once(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    static const char *const yaml[] = {
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db, "
        "namespace: "
        "app, uid: a}, spec: {secretStoreRef: {name: stores}, data: [{secretKey: user, remoteRef: "
        "{key: user}}]}}\n",
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db, "
        "namespace: "
        "app, uid: b}, spec: {secretStoreRef: {name: stores}, data: [{secretKey: user, remoteRef: "
        "{key: user}}]}}\n"};
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, yaml[0]);
    agent_rig_step(rig);
    set_values(rig, "app2", "first");
    clock_fake_advance_ns(rig->clock, 10 * NS_PER_S);
    agent_rig_put(rig, yaml[0]);
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    agent_rig_put(rig, yaml[1]);
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", "app2"));
    assert_ready(rig, 2);
}

static void deleted_spec_takes_its_secret_and_leaves_its_volumes(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    agent_rig_remove_spec(rig, "db");
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "pass", NULL));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_null(agent_rig_publish(rig, "v1")); /* the kubelet asks again */
    agent_rig_step_in(rig, DAY_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void removal_that_fails_is_tried_again(void **state)
{
    (void)state;
    struct sink *mirror = sink_record_new();
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(mirror);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    sink_record_fail(mirror, ERR_UNAVAILABLE);
    agent_rig_remove_spec(rig, "db");
    agent_rig_step(rig);
    assert_int_equal(sink_record_removes(mirror), 1);
    agent_rig_step_in(rig, 1);
    assert_int_equal(sink_record_removes(mirror), 2);
    sink_record_succeed(mirror, PROJECT_CHANGED);
    agent_rig_step_in(rig, 2);
    assert_int_equal(sink_record_removes(mirror), 3);
    agent_rig_step_in(rig, DAY_S);
    assert_int_equal(sink_record_removes(mirror), 3);
}

#define ONCE_SPEC(name, interval)                                                                  \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: stores}, refreshInterval: " interval        \
                        ", data: [{secretKey: " name ", remoteRef: {key: user}}]}\n"

static void interval_zero_syncs_once(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, ONCE_SPEC("user", "'0'"));
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    set_values(rig, "app2", "first");
    agent_rig_step_in(rig, 30 * DAY_S);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    assert_int_equal(calls(rig), 1);
    assert_ready(rig, 1);
    agent_rig_put(rig, ONCE_SPEC("name", "'0'"));
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "name", "app2"));
    assert_int_equal(calls(rig), 2);
}

static void interval_zero_is_tried_until_it_works(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, NULL, NULL);
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, ONCE_SPEC("user", "0"));
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    set_values(rig, "app", "first");
    agent_rig_step_in(rig, 1);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
}

static void tiny_interval_is_a_second(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, ONCE_SPEC("user", "1ms"));
    agent_rig_step(rig);
    clock_fake_advance_ns(rig->clock, NS_PER_S / 2);
    assert_int_equal(agent_rig_step(rig), 0);
    clock_fake_advance_ns(rig->clock, NS_PER_S / 2);
    assert_int_equal(agent_rig_step(rig), 1);
    assert_int_equal(calls(rig), 2);
}

#define POLICY_SPEC(creation, deletion)                                                            \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: stores}, refreshInterval: 10m, target: "    \
                        "{creationPolicy: " creation ", deletionPolicy: " deletion                 \
                        "}, data: [{secretKey: user, remoteRef: {key: user}}]}\n"

static void merge_without_a_secret_is_missing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, POLICY_SPEC("Merge", "Retain"));
    agent_rig_step(rig);
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_true(w->is_ready);
    assert_string_equal(w->reason, "SecretMissing");
    assert_true(agent_rig_secret_is(rig, "user", NULL));
}

static void vanished_values_delete_the_secret_and_empty_the_volume(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, POLICY_SPEC("Owner", "Delete"));
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    provider_script_set(rig->script, "user", NULL, ERR_NOT_FOUND);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_true(agent_rig_file_is(rig, "v1", "user", NULL));
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_true(w->is_ready);
    assert_string_equal(w->reason, "SecretDeleted");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_int_equal(status_record_told(rig->status, "db", "MissingProviderSecret",
                                        "secret does not exist at provider using "
                                        "spec.dataFrom[0] (key=user)"),
                     1);
    assert_int_equal(status_record_told(rig->status, "db", "Deleted",
                                        "secret deleted due to DeletionPolicy=Delete"),
                     1);
    assert_null(agent_rig_publish(rig, "v1"));
}

/* A template over nothing could only fail: it is not asked. */
static void vanished_values_delete_what_a_template_made(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC_HEAD
                  "spec: {secretStoreRef: {name: stores}, refreshInterval: 10m, target: "
                  "{deletionPolicy: Delete, template: {data: {line: 'u={{ .user }}'}}}, data: "
                  "[{secretKey: user, remoteRef: {key: user}}]}\n");
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "line", "u=app"));
    provider_script_set(rig->script, "user", NULL, ERR_NOT_FOUND);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_secret_is(rig, "line", NULL));
    assert_string_equal(status_record_last(rig->status, KIND, "db")->reason, "SecretDeleted");
}

static void nothing_left_is_retained_in_both(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "{\"name\": \"app\"}", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(
        rig, AGENT_RIG_SPEC_HEAD
        "spec: {secretStoreRef: {name: stores}, refreshInterval: 10m, dataFrom: [{extract: "
        "{key: user}}], target: {template: {data: {line: 'u={{ .name }}'}}}}\n");
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    set_values(rig, "{}", "first");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_secret_is(rig, "line", "u=app"));
    assert_true(agent_rig_file_is(rig, "v1", "line", "u=app"));
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_true(w->is_ready);
    assert_string_equal(w->message, "secret retained due to DeletionPolicy=Retain");
}

static void vanished_values_are_an_error_under_retain(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    provider_script_set(rig->script, "user", NULL, ERR_NOT_FOUND);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_both(rig, "app", "first");
    assert_failing(rig, 2, "spec.data[0] (key: user)");
}

static void renamed_target_leaves_no_orphan(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = synced_rig();
    agent_rig_put(rig, AGENT_RIG_SPEC_HEAD
                  "spec: {secretStoreRef: {name: stores}, target: {name: other}, data: "
                  "[{secretKey: user, remoteRef: {key: user}}]}\n");
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_ready(rig, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_sync_writes_once),
        cmocka_unit_test(nothing_happens_within_the_interval),
        cmocka_unit_test(rotation_reaches_files_and_secret_in_one_pass),
        cmocka_unit_test(unchanged_values_write_nothing),
        cmocka_unit_test(one_missing_value_keeps_the_whole_old_set),
        cmocka_unit_test(edit_is_applied_at_once),
        cmocka_unit_test(annotation_forces_a_pass),
        cmocka_unit_test(changed_store_forces_a_pass),
        cmocka_unit_test(status_of_a_store_forces_nothing),
        cmocka_unit_test(changed_credential_opens_its_store_anew),
        cmocka_unit_test(problem_is_told_once_by_its_field),
        cmocka_unit_test(target_that_is_not_allowed_is_refused_before_the_fetch),
        cmocka_unit_test(store_that_comes_later_is_used_at_once),
        cmocka_unit_test(refusing_mirror_does_not_stop_the_volume),
        cmocka_unit_test(unwritten_status_is_tried_again),
        cmocka_unit_test(foreign_spec_without_volume_costs_nothing),
        cmocka_unit_test(foreign_spec_with_volume_is_kept_up_in_silence),
        cmocka_unit_test(gained_spec_is_mirrored_from_what_is_cached),
        cmocka_unit_test(lost_and_regained_spec_is_reported_anew),
        cmocka_unit_test(spec_made_anew_is_synced_at_once),
        cmocka_unit_test(deleted_spec_takes_its_secret_and_leaves_its_volumes),
        cmocka_unit_test(removal_that_fails_is_tried_again),
        cmocka_unit_test(interval_zero_syncs_once),
        cmocka_unit_test(interval_zero_is_tried_until_it_works),
        cmocka_unit_test(tiny_interval_is_a_second),
        cmocka_unit_test(merge_without_a_secret_is_missing),
        cmocka_unit_test(vanished_values_delete_the_secret_and_empty_the_volume),
        cmocka_unit_test(vanished_values_delete_what_a_template_made),
        cmocka_unit_test(nothing_left_is_retained_in_both),
        cmocka_unit_test(vanished_values_are_an_error_under_retain),
        cmocka_unit_test(renamed_target_leaves_no_orphan),
    };
    return GROUP_RUN("sync", tests);
}
