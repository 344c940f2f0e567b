/* kill -9 and what the next start finds: mounts, records, half-written folders, statuses, and a
 * world that moved on meanwhile. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/support/agent_rig.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define KIND "ExternalSecret"

static void set_values(struct agent_rig *rig, const char *user, const char *pass)
{
    provider_script_set(rig->script, "user", user, ERR_UNAVAILABLE);
    provider_script_set(rig->script, "pass", pass, ERR_UNAVAILABLE);
}

static void put_manifests(struct agent_rig *rig)
{
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
}

static struct agent_rig *mounted_rig(void)
{
    struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    put_manifests(rig);
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    return rig;
}

static unsigned calls(const struct agent_rig *rig)
{
    return rig->script->batches + rig->script->gets;
}

static void mounted_volume_is_adopted_and_left_alone(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *before = agent_rig_generation(rig, "v1");
    assert_int_equal(agent_rig_restart(rig), 1);
    put_manifests(rig);
    agent_rig_step(rig);
    CLEANUP_STR char *after = agent_rig_generation(rig, "v1");
    assert_string_equal(before, after);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_null(agent_rig_publish(rig, "v1"));
    assert_int_equal(mounter_fake_calls(rig->mounter, MOUNTER_FAKE_MAKE), 1);
}

static void adopted_volume_gets_what_changed_meanwhile(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    set_values(rig, "app", "second");
    assert_int_equal(agent_rig_restart(rig), 1);
    put_manifests(rig);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
}

/* During an upgrade both run: the old one holds the records' lock until it ends. */
static void successor_waits_for_its_predecessor(void **state)
{
    size_t skipped = 0;
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *records = xasprintf("%s/state", rig->dir.path);
    struct watch_volumes *predecessor;
    assert_int_equal(agent_rig_restart(rig), 1);
    assert_null(watch_volumes_open(records, &predecessor, &skipped));
    assert_true(watch_volumes_own(predecessor));
    set_values(rig, "app", "second");
    put_manifests(rig);
    agent_rig_step(rig);
    assert_false(volumes_take_over(rig->volumes));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    watch_volumes_free(predecessor);
    assert_true(volumes_take_over(rig->volumes));
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
}

static void volumes_of_before_a_reboot_are_dropped(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    assert_null(agent_rig_publish(rig, "v2"));
    mounter_fake_reboot(rig->mounter);
    assert_int_equal(agent_rig_restart(rig), 0);
    assert_int_equal(watch_volumes_count(rig->registry), 0);
    put_manifests(rig);
    assert_null(agent_rig_publish(rig, "v1"));   /* its Pod stays */
    assert_null(agent_rig_unpublish(rig, "v2")); /* its Pod is gone */
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_true(agent_rig_file_is(rig, "v2", "pass", NULL));
    assert_int_equal(watch_volumes_count(rig->registry), 1);
}

/* Killed between remembering the volume and attaching it. */
static void record_without_a_mount_is_dropped(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP(volume_record) struct volume_record *r = watch_volumes_get(rig->registry, "v1");
    free(r->volume_id);
    free(r->target_path);
    r->volume_id = xstrdup("v9");
    r->target_path = agent_rig_target(rig, "v9");
    assert_null(watch_volumes_put(rig->registry, r));
    assert_int_equal(agent_rig_restart(rig), 1);
    CLEANUP(volume_record) struct volume_record *lost = watch_volumes_get(rig->registry, "v9");
    assert_null(lost);
    assert_int_equal(watch_volumes_count(rig->registry), 1);
}

/* Killed between detaching the volume and forgetting it. */
static void unpublish_goes_on_where_it_was_cut_off(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP(volume_record) struct volume_record *r = watch_volumes_get(rig->registry, "v1");
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_null(watch_volumes_put(rig->registry, r));
    agent_rig_restart(rig);
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void volume_without_a_record_is_kept_up_after_a_republish(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    assert_null(watch_volumes_remove(rig->registry, "v1"));
    assert_int_equal(agent_rig_restart(rig), 0);
    set_values(rig, "app", "second");
    put_manifests(rig);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
}

/* What a kill at the worst moment of a rotation leaves in a volume. */
static void half_done_rotation_is_finished(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *target = agent_rig_target(rig, "v1");
    CLEANUP_FD int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    assert_true(fd >= 0);
    assert_int_equal(mkdirat(fd, "..2026_01_01_00_00_00.0123456789", 0700), 0);
    assert_int_equal(symlinkat("..2026_01_01_00_00_00.0123456789", fd, "..data_tmp"), 0);
    assert_int_equal(symlinkat("..data/old", fd, "old"), 0);
    assert_int_equal(unlinkat(fd, "user", 0), 0);
    assert_int_equal(agent_rig_restart(rig), 1);
    put_manifests(rig);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_int_not_equal(fstatat(fd, "old", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_not_equal(fstatat(fd, "..data_tmp", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_not_equal(fstatat(fd, "..2026_01_01_00_00_00.0123456789", &st, 0), 0);
}

/* Killed after the files were switched and before the Secret was written. */
static void secret_that_is_behind_catches_up(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    rig->is_ours = false; /* the next pass writes files alone */
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "pass", "first"));
    rig->is_ours = true;
    assert_int_equal(agent_rig_restart(rig), 1);
    put_manifests(rig);
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
}

static void unreadable_registry_stops_the_start(void **state)
{
    (void)state;
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct watch_volumes *w = NULL;
    size_t skipped;
    tmp_dir_init(&d);
    assert_null(fs_replace_text(d.fd, "file", 0600, "", 0));
    CLEANUP_STR char *path = xasprintf("%s/file/volumes", d.path);
    CLEANUP(err) struct err *e = watch_volumes_open(path, &w, &skipped);
    assert_non_null(e);
    assert_null(w);
}

/* What the object's status says when a new process first sees it, and what follows. */
struct status_row {
    const char *name;
    const char *ready; /* "True", "False", "" none */
    const char *reason, *message;
    int64_t age_s; /* of refreshTime; < 0: in the future */
    bool is_other; /* the status speaks of another version of the spec */
    unsigned want_calls;
    unsigned want_writes;
    uint64_t next_s; /* when the next call follows */
};

static const struct status_row status_rows[] = {
    {"fresh", "True", "SecretSynced", "secret synced", 60, false, 0, 0, 540},
    {"due in a second", "True", "SecretSynced", "secret synced", 599, false, 0, 0, 1},
    {"due", "True", "SecretSynced", "secret synced", 600, false, 1, 1, 600},
    {"long due", "True", "SecretSynced", "secret synced", 100000, false, 1, 1, 600},
    {"from the future", "True", "SecretSynced", "secret synced", -60, false, 1, 1, 600},
    {"of another version", "True", "SecretSynced", "secret synced", 60, true, 1, 1, 600},
    {"failing", "False", "SecretSyncedError", "no", 60, false, 1, 1, 600},
    {"none", "", "", "", 0, false, 1, 1, 600},
};

static void put_spec_with_status(struct agent_rig *rig, const struct status_row *r)
{
    static const char head[] =
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db, namespace: "
        "app, generation: 3}\nspec:\n  secretStoreRef: {name: stores}\n  refreshInterval: 10m\n"
        "  data: [{secretKey: user, remoteRef: {key: user}}]\n";
    CLEANUP(spec) struct spec *bare = manifest_spec(head);
    CLEANUP_STR char *version = spec_synced_resource_version(bare);
    char when[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(CLOCK_FAKE_UNIX_S - r->age_s, when);
    CLEANUP_STR char *status = xasprintf(
        "status: {refreshTime: '%s', syncedResourceVersion: '%s%s', conditions: [{type: Ready, "
        "status: '%s', reason: %s, message: %s, lastTransitionTime: '%s'}]}\n",
        when, r->is_other ? "2" : "", version, r->ready, r->reason, r->message, when);
    CLEANUP_STR char *yaml = xasprintf("%s%s", head, *r->ready ? status : "");
    agent_rig_put(rig, yaml);
}

static void one_status(void **state)
{
    const struct status_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    put_spec_with_status(rig, r);
    agent_rig_step(rig);
    assert_int_equal(calls(rig), r->want_calls);
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), r->want_writes);
    agent_rig_step_in(rig, r->next_s - 1);
    assert_int_equal(calls(rig), r->want_calls);
    agent_rig_step_in(rig, 1);
    assert_int_equal(calls(rig), r->want_calls + 1);
    assert_true(agent_rig_secret_is(rig, "user", "app"));
}

/* A status that says "nothing is due" speaks of the Secret; a Pod that comes is told the newest. */
static void pod_after_a_restart_takes_the_secret_along(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    put_spec_with_status(rig, &status_rows[0]);
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "user", NULL));
    assert_null(agent_rig_publish(rig, "v1"));
    assert_int_equal(calls(rig), 1);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
    assert_true(agent_rig_secret_is(rig, "user", "app"));
    assert_int_equal(calls(rig), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mounted_volume_is_adopted_and_left_alone),
        cmocka_unit_test(adopted_volume_gets_what_changed_meanwhile),
        cmocka_unit_test(successor_waits_for_its_predecessor),
        cmocka_unit_test(volumes_of_before_a_reboot_are_dropped),
        cmocka_unit_test(record_without_a_mount_is_dropped),
        cmocka_unit_test(unpublish_goes_on_where_it_was_cut_off),
        cmocka_unit_test(volume_without_a_record_is_kept_up_after_a_republish),
        cmocka_unit_test(half_done_rotation_is_finished),
        cmocka_unit_test(secret_that_is_behind_catches_up),
        cmocka_unit_test(unreadable_registry_stops_the_start),
        cmocka_unit_test(pod_after_a_restart_takes_the_secret_along),
    };
    return TABLE_RUN("restart: status", status_rows, one_status) + GROUP_RUN("restart", tests);
}
