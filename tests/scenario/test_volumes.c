/* The life of volumes with everything behind them: what a Pod gets, what is left when something on
 * the way fails, and many at once. */

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/thread.h"
#include "tests/support/agent_rig.h"
#include "tests/support/table.h"

#define CROWD 110

static void set_values(struct agent_rig *rig, const char *user, const char *pass)
{
    provider_script_set(rig->script, "user", user, ERR_UNAVAILABLE);
    provider_script_set(rig->script, "pass", pass, ERR_UNAVAILABLE);
}

static struct agent_rig *ready_rig(void)
{
    struct agent_rig *rig = agent_rig_new(NULL);
    set_values(rig, "app", "first");
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    return rig;
}

static struct err *publish(struct agent_rig *rig, const struct volume_request *rq)
{
    struct deadline dl = deadline_in(&rig->clock->clock, 60 * NS_PER_S);
    return volumes_publish(rig->volumes, rq, &dl);
}

static mode_t mode_of(const struct agent_rig *rig, const char *id, const char *file)
{
    struct stat st;
    CLEANUP_STR char *target = agent_rig_target(rig, id);
    CLEANUP_STR char *path = xasprintf("%s/%s", target, file);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void publish_shows_a_complete_set(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_stats stats;
    size_t fds = agent_rig_open_fds();
    assert_null(agent_rig_publish(rig, "v1"));
    CLEANUP_STR char *target = agent_rig_target(rig, "v1");
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_int_equal(mode_of(rig, "v1", "user"), 0644);
    assert_int_equal(mode_of(rig, "v1", ""), 0755);
    assert_int_equal(mounter_fake_attached(rig->mounter), 1);
    assert_int_equal(mounter_fake_unreleased(rig->mounter), 0);
    assert_int_equal(watch_volumes_count(rig->registry), 1);
    assert_int_equal(agent_rig_open_fds(), fds);
    assert_null(volumes_stats(rig->volumes, "v1", target, &stats));
    assert_false(stats.is_abnormal);
    assert_true(stats.written_unix_s > 0);
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void items_choose_files_and_modes(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_request rq = agent_rig_request(rig, "v1");
    rq.items_yaml = "[{key: pass, path: db/password}, {key: user, path: name, mode: '0400'}]";
    rq.default_mode_text = "0440";
    assert_null(publish(rig, &rq));
    assert_true(agent_rig_file_is(rig, "v1", "db/password", "first"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", NULL));
    assert_int_equal(mode_of(rig, "v1", "db/password"), 0440);
    assert_int_equal(mode_of(rig, "v1", "name"), 0400);
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "db/password", "second"));
    assert_int_equal(mode_of(rig, "v1", "db/password"), 0440);
}

static void group_reads_everything(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_request rq = agent_rig_request(rig, "v1");
    rq.default_mode_text = "0400";
    rq.fs_group = getgid();
    assert_null(publish(rig, &rq));
    assert_int_equal(mode_of(rig, "v1", "user"), 0440);
    assert_int_equal(mode_of(rig, "v1", ""), 02750);
}

static void optional_volume_waits_for_its_external_secret(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    struct volume_request rq = agent_rig_request(rig, "v1");
    struct volume_stats stats;
    rq.optional_text = "true";
    set_values(rig, "app", "first");
    assert_null(publish(rig, &rq));
    agent_rig_step(rig);
    assert_null(volumes_stats(rig->volumes, "v1", rq.target_path, &stats));
    assert_false(stats.is_abnormal);
    assert_true(agent_rig_file_is(rig, "v1", "user", NULL));
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
}

static void optional_key_may_be_missing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_request rq = agent_rig_request(rig, "v1");
    rq.items_yaml = "[{key: user, path: user}, {key: none, path: none}]";
    rq.optional_text = "true";
    assert_null(publish(rig, &rq));
    assert_true(agent_rig_file_is(rig, "v1", "user", "app"));
    assert_true(agent_rig_file_is(rig, "v1", "none", NULL));
}

struct refusal_row {
    const char *name;
    const char *spec;      /* NULL: the usual one; "": none */
    const char *items;     /* attribute */
    const char *target;    /* NULL: the usual one */
    enum err_class spoils; /* class of the store's failure; ERR_INTERNAL: it works */
    enum err_class want;
    const char *part; /* of the text */
};

#define TEMPLATE_SPEC                                                                              \
    AGENT_RIG_SPEC_HEAD                                                                            \
    "spec: {secretStoreRef: {name: stores}, target: {template: {type: 7}}, data: "                 \
    "[{secretKey: user, remoteRef: {key: user}}]}\n"
#define PROPERTY_SPEC                                                                              \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: stores}, data: [{secretKey: user, "         \
                        "remoteRef: {key: user, property: deep}}]}\n"
#define LOST_STORE_SPEC                                                                            \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: lost}, data: [{secretKey: user, "           \
                        "remoteRef: {key: user}}]}\n"
#define DOTS_SPEC                                                                                  \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: stores}, data: [{secretKey: ..data, "       \
                        "remoteRef: {key: user}}]}\n"

static const struct refusal_row refusal_rows[] = {
    {"no ExternalSecret", "", NULL, NULL, ERR_INTERNAL, ERR_NOT_FOUND,
     "ExternalSecret \"app/db\" does not exist"},
    {"an ExternalSecret with a problem", TEMPLATE_SPEC, NULL, NULL, ERR_INTERNAL, ERR_INVALID,
     "spec.target.template.type must be a text"},
    {"no store", LOST_STORE_SPEC, NULL, NULL, ERR_INTERNAL, ERR_NOT_FOUND,
     "SecretStore \"app/lost\" does not exist"},
    {"no secret", NULL, NULL, NULL, ERR_NOT_FOUND, ERR_NOT_FOUND, "spec.data[0] (key: user)"},
    {"a property of what is no JSON", PROPERTY_SPEC, NULL, NULL, ERR_INTERNAL, ERR_INVALID,
     "spec.data[0] (key: user)"},
    {"no key for an item", NULL, "[{key: nobody, path: a}]", NULL, ERR_INTERNAL, ERR_NOT_FOUND,
     "items[0].key \"nobody\""},
    {"a key that is no file name", DOTS_SPEC, NULL, NULL, ERR_INTERNAL, ERR_INVALID, "..data"},
    {"denied", NULL, NULL, NULL, ERR_DENIED, ERR_DENIED, "spec.data[0] (key: user)"},
    {"down", NULL, NULL, NULL, ERR_UNAVAILABLE, ERR_UNAVAILABLE, "spec.data[0] (key: user)"},
    {"rate limited", NULL, NULL, NULL, ERR_RATE_LIMITED, ERR_RATE_LIMITED, "(key: user)"},
    {"late", NULL, NULL, NULL, ERR_DEADLINE, ERR_DEADLINE, "(key: user)"},
    {"outside the kubelet's root", NULL, NULL, "/tmp/pods/uid-v1/volumes/kubernetes.io~csi/v/mount",
     ERR_INTERNAL, ERR_INVALID, "/tmp/pods/uid-v1"},
};

static void one_refusal(void **state)
{
    const struct refusal_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    struct volume_request rq = agent_rig_request(rig, "v1");
    size_t fds = agent_rig_open_fds();
    set_values(rig, "app", "first");
    if (r->spoils != ERR_INTERNAL)
        provider_script_set(rig->script, "user", NULL, r->spoils);
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, r->spec ? r->spec : AGENT_RIG_SPEC);
    rq.items_yaml = r->items;
    if (r->target)
        rq.target_path = r->target;
    CLEANUP(err) struct err *e = publish(rig, &rq);
    assert_non_null(e);
    assert_int_equal(err_class(e), r->want);
    assert_non_null(strstr(err_text(e), r->part));
    assert_true(agent_rig_is_clean(rig, "v1"));
    assert_int_equal(agent_rig_open_fds(), fds);
}

static void publish_finds_what_somebody_else_mounted(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    assert_null(watch_volumes_remove(rig->registry, "v1")); /* its record is lost */
    assert_null(agent_rig_publish(rig, "v1"));
    assert_int_equal(watch_volumes_count(rig->registry), 1);
    assert_int_equal(mounter_fake_attached(rig->mounter), 1);
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
}

static void incomplete_volume_is_mended_and_then_ok(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    CLEANUP_STR char *target = agent_rig_target(rig, "v1");
    CLEANUP_STR char *data = xasprintf("%s/..data", target);
    assert_int_equal(unlink(data), 0);
    assert_null(watch_volumes_remove(rig->registry, "v1"));
    CLEANUP(err) struct err *e = agent_rig_publish(rig, "v1");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE); /* nothing final, nothing unmounted */
    assert_int_equal(mounter_fake_attached(rig->mounter), 1);
    agent_rig_step(rig);
    assert_null(agent_rig_publish(rig, "v1"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
}

static void republish_follows_changed_attributes(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_request rq = agent_rig_request(rig, "v1");
    assert_null(publish(rig, &rq));
    agent_rig_step(rig);
    rq.items_yaml = "[{key: pass, path: only}]";
    assert_null(publish(rig, &rq));
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "only", "first"));
    assert_true(agent_rig_file_is(rig, "v1", "user", NULL));
}

static void two_volumes_of_one_spec_move_together(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    assert_null(agent_rig_publish(rig, "v2"));
    assert_int_equal(rig->script->batches, 1);
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_file_is(rig, "v2", "pass", "second"));
    assert_null(agent_rig_unpublish(rig, "v1"));
    set_values(rig, "app", "third");
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v2", "pass", "third"));
    assert_true(agent_rig_secret_is(rig, "pass", "third"));
    assert_int_equal(mounter_fake_attached(rig->mounter), 1);
}

/* A Pod came when the cached value was too old: its volume is ahead, and the others follow at once,
 * without another call. */
static void newer_volume_takes_the_others_along(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    clock_fake_advance_ns(rig->clock, (AGENT_RIG_INTERVAL_S + 1) * NS_PER_S);
    assert_null(agent_rig_publish(rig, "v2"));
    assert_true(agent_rig_file_is(rig, "v2", "pass", "second"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_int_equal(rig->script->batches, 2);
    agent_rig_step(rig);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
    assert_int_equal(rig->script->batches, 2);
}

static void unpublish_always_converges(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_unpublish(rig, "unknown")); /* not even its folder is there */
    (void)agent_rig_request(rig, "v1");
    assert_null(agent_rig_unpublish(rig, "v1")); /* never mounted */
    assert_null(agent_rig_publish(rig, "v1"));
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_null(agent_rig_unpublish(rig, "v1")); /* a second time */
    assert_true(agent_rig_is_clean(rig, "v1"));
    assert_null(agent_rig_publish(rig, "v1"));
    mounter_fake_reboot(rig->mounter);
    assert_null(agent_rig_unpublish(rig, "v1")); /* an empty folder after a reboot */
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void unpublish_elsewhere_leaves_the_record(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    CLEANUP_STR char *other = agent_rig_target(rig, "v2");
    struct deadline dl = deadline_in(&rig->clock->clock, NS_PER_S);
    assert_null(volumes_unpublish(rig->volumes, "v1", other, &dl));
    assert_int_equal(watch_volumes_count(rig->registry), 1);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    CLEANUP(err) struct err *e = volumes_unpublish(rig->volumes, "v1", "/etc", &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
}

static void deadline_passes_before_the_mount(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1")); /* the values are cached now */
    rig->lookup_takes_ns = 61 * NS_PER_S;
    unsigned makes = mounter_fake_calls(rig->mounter, MOUNTER_FAKE_MAKE);
    CLEANUP(err) struct err *e = agent_rig_publish(rig, "v2");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_int_equal(mounter_fake_calls(rig->mounter, MOUNTER_FAKE_MAKE), makes);
    assert_true(agent_rig_file_is(rig, "v2", "user", NULL));
    assert_int_equal(watch_volumes_count(rig->registry), 1);
}

static void deadline_passes_while_the_store_thinks(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    agent_rig_put(rig, AGENT_RIG_EXPRESS);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    http_fake_add(rig->http, &(struct http_fake_rule){.fault = HTTP_FAKE_SLOW});
    struct volume_request rq = agent_rig_request(rig, "v1");
    struct deadline dl = deadline_in(&rig->clock->clock, 3 * NS_PER_S);
    CLEANUP(err) struct err *e = volumes_publish(rig->volumes, &rq, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void caller_goes_away(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct volume_request rq = agent_rig_request(rig, "v1");
    atomic_bool gone = true;
    struct deadline dl = deadline_in(&rig->clock->clock, 60 * NS_PER_S);
    dl.cancelled = &gone;
    CLEANUP(err) struct err *e = volumes_publish(rig->volumes, &rq, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_true(agent_rig_is_clean(rig, "v1"));
}

struct nth_row {
    const char *name;
    enum mounter_fake_op op;
};
static const struct nth_row nth_rows[] = {
    {"make", MOUNTER_FAKE_MAKE},
    {"attach", MOUNTER_FAKE_ATTACH},
    {"state", MOUNTER_FAKE_STATE},
};

/* Let the first, second, ... call of an operation fail until the publish is through. */
static void one_mounter_operation(void **state)
{
    const struct nth_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    size_t fds = agent_rig_open_fds();
    struct err *e = NULL;
    unsigned n = 0;
    do {
        err_free(e);
        mounter_fake_fail(rig->mounter, r->op, ++n, ERR_INTERNAL);
        e = agent_rig_publish(rig, "v1");
        mounter_fake_fail(rig->mounter, r->op, 0, ERR_INTERNAL);
        assert_int_equal(agent_rig_open_fds(), fds);
        if (e) {
            assert_int_equal(err_class(e), ERR_INTERNAL);
            assert_true(agent_rig_is_clean(rig, "v1"));
        }
    } while (e);
    assert_true(n > 1);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_int_equal(mounter_fake_unreleased(rig->mounter), 0);
}

static void update_that_cannot_open_the_volume_fails_the_pass(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    set_values(rig, "app", "second");
    mounter_fake_fail(rig->mounter, MOUNTER_FAKE_OPEN, 1, ERR_INTERNAL);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    const struct status_record_write *w = status_record_last(rig->status, "ExternalSecret", "db");
    assert_false(w->is_ready);
    assert_non_null(strstr(w->message, "volume of Pod app/pod"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    agent_rig_step_in(rig, 5);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
}

static void unpublish_that_fails_keeps_the_record(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    mounter_fake_fail(rig->mounter, MOUNTER_FAKE_DETACH, 1, ERR_INTERNAL);
    CLEANUP(err) struct err *e = agent_rig_unpublish(rig, "v1");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_int_equal(watch_volumes_count(rig->registry), 1);
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void volume_that_is_gone_is_forgotten_by_the_next_pass(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    mounter_fake_reboot(rig->mounter);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_int_equal(watch_volumes_count(rig->registry), 0);
    assert_true(status_record_last(rig->status, "ExternalSecret", "db")->is_ready);
}

/* The same for secret memory: whatever allocation finds none, nothing is left mounted, and no
 * secret stays allocated. */
static void every_exhausted_allocation_is_an_ordinary_error(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    size_t fds = agent_rig_open_fds();
    struct err *e = NULL;
    size_t n = 0;
    do {
        err_free(e);
        agent_rig_restart(rig); /* an empty cache: each run takes the whole way */
        agent_rig_put(rig, AGENT_RIG_STORE);
        agent_rig_put(rig, AGENT_RIG_SPEC);
        size_t used = secret_arena_state().used_bytes;
        secret_arena_fail_after(++n);
        e = agent_rig_publish(rig, "v1");
        secret_arena_fail_after(0);
        assert_int_equal(agent_rig_open_fds(), fds);
        if (!e)
            break;
        assert_int_equal(err_class(e), ERR_INTERNAL);
        assert_true(agent_rig_is_clean(rig, "v1"));
        agent_rig_restart(rig);
        assert_true(secret_arena_state().used_bytes <= used);
    } while (e);
    assert_true(n > 4);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
}

static void every_exhausted_allocation_in_a_pass_keeps_the_old_set(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    set_values(rig, "app2", "second");
    clock_fake_advance_ns(rig->clock, AGENT_RIG_INTERVAL_S * NS_PER_S);
    size_t n = 0;
    for (bool is_ready = false; !is_ready;) {
        secret_arena_fail_after(++n);
        agent_rig_step(rig);
        secret_arena_fail_after(0);
        is_ready = status_record_last(rig->status, "ExternalSecret", "db")->is_ready &&
                   agent_rig_secret_is(rig, "pass", "second");
        /* Old or new as a whole, in the volume and in the Secret. */
        assert_true(agent_rig_file_is(rig, "v1", "user", "app") ==
                    agent_rig_file_is(rig, "v1", "pass", "first"));
        assert_true(agent_rig_secret_is(rig, "user", "app") ==
                    agent_rig_secret_is(rig, "pass", "first"));
        clock_fake_advance_ns(rig->clock, 500 * NS_PER_S);
    }
    assert_true(n > 4);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_true(agent_rig_file_is(rig, "v1", "user", "app2"));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "second"));
    assert_true(agent_rig_secret_is(rig, "pass", "second"));
}

/* One of many Pods. */
struct pod {
    atomic_bool is_begun; /* unpublish_pod is about to call */
    struct agent_rig *rig;
    char id[16];
    struct err *err;
    struct thread *thread;
};

static void publish_pod(void *arg)
{
    struct pod *p = arg;
    p->err = agent_rig_publish(p->rig, p->id);
}

static void busy_volume_is_a_conflict(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct pod first = {.rig = rig, .id = "v1"};
    provider_script_hold(rig->script, true);
    first.thread = thread_start("pod", publish_pod, &first);
    provider_script_wait_held(rig->script, 1);
    CLEANUP(err) struct err *again = agent_rig_publish(rig, "v1");
    CLEANUP(err) struct err *away = agent_rig_unpublish(rig, "v1");
    provider_script_hold(rig->script, false);
    thread_join(first.thread);
    assert_null(first.err);
    assert_non_null(again);
    assert_int_equal(err_class(again), ERR_CONFLICT);
    assert_non_null(away);
    assert_int_equal(err_class(away), ERR_CONFLICT);
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_null(agent_rig_unpublish(rig, "v1"));
}

/* A mounter whose next open waits until it may go on: an update that takes its time. */
static struct {
    const struct mounter_ops *real;
    struct mounter_ops ops;
    atomic_bool is_inside, may_leave;
} held;

static struct err *held_open(struct mounter *m, const char *target, int *out_root_fd)
{
    atomic_store(&held.is_inside, true);
    while (!atomic_load(&held.may_leave))
        sched_yield();
    return held.real->open(m, target, out_root_fd);
}

static void hold_updates(struct mounter *m)
{
    held.real = m->ops;
    held.ops = *m->ops;
    held.ops.open = held_open;
    m->ops = &held.ops;
    atomic_store(&held.is_inside, false);
    atomic_store(&held.may_leave, false);
}

static void rotate(void *arg)
{
    agent_rig_step_in(arg, AGENT_RIG_INTERVAL_S);
}

static void unpublish_pod(void *arg)
{
    struct pod *p = arg;
    atomic_store(&p->is_begun, true);
    p->err = agent_rig_unpublish(p->rig, p->id);
}

static void call_waits_for_an_update(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct pod away = {.rig = rig, .id = "v1"};
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    hold_updates(rig->mounter);
    struct thread *update = thread_start("update", rotate, rig);
    while (!atomic_load(&held.is_inside))
        sched_yield();
    away.thread = thread_start("pod", unpublish_pod, &away);
    while (!atomic_load(&away.is_begun))
        sched_yield();
    atomic_store(&held.may_leave, true);
    thread_join(update);
    thread_join(away.thread);
    rig->mounter->ops = held.real;
    assert_null(away.err);
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void crowd_of_pods_is_one_call(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct pod *pods = xcalloc(CROWD, sizeof(*pods));
    provider_script_hold(rig->script, true);
    for (int i = 0; i < CROWD; i++) {
        pods[i].rig = rig;
        snprintf(pods[i].id, sizeof(pods[i].id), "v%d", i);
        pods[i].thread = thread_start("pod", publish_pod, &pods[i]);
    }
    provider_script_wait_held(rig->script, 1); /* the one that opens the store */
    provider_script_hold(rig->script, false);
    for (int i = 0; i < CROWD; i++)
        thread_join(pods[i].thread);
    for (int i = 0; i < CROWD; i++) {
        assert_null(pods[i].err);
        assert_true(agent_rig_file_is(rig, pods[i].id, "pass", "first"));
    }
    free(pods);
    assert_int_equal(rig->script->opens, 1);
    assert_int_equal(rig->script->batches + rig->script->gets, 1);
    assert_int_equal(mounter_fake_attached(rig->mounter), CROWD);
    assert_int_equal(watch_volumes_count(rig->registry), CROWD);
    assert_int_equal(mounter_fake_unreleased(rig->mounter), 0);
}

/* As the kubelet does when the volume is in other hands for a moment: again. */
static struct err *insist(struct err *(*call)(struct agent_rig *, const char *),
                          const struct pod *p)
{
    for (;;) {
        struct err *e = call(p->rig, p->id);
        if (!e || err_class(e) != ERR_CONFLICT)
            return e;
        err_free(e);
    }
}

/* Publish, republish and unpublish over and over, as kubelets do. */
static void live_and_die(void *arg)
{
    struct pod *p = arg;
    for (int i = 0; i < 8 && !p->err; i++) {
        p->err = insist(agent_rig_publish, p);
        if (!p->err)
            p->err = insist(agent_rig_publish, p);
        if (!p->err && i < 7)
            p->err = insist(agent_rig_unpublish, p);
    }
}

/* The store has another value, and its users are told. */
static void change_store(struct agent_rig *rig, const char *value, size_t turn)
{
    set_values(rig, "app", value);
    clock_fake_advance_ns(rig->clock, 2 * NS_PER_S);
    CLEANUP_STR char *store = xasprintf(
        "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: stores, "
        "namespace: app}, spec: {provider: {script: {turn: %zu}}}}\n",
        turn);
    agent_rig_put(rig, store);
}

static void rotation_meets_coming_and_going_pods(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    static const char *const values[] = {"second", "third", "fourth", "fifth", "last"};
    struct pod pods[8] = {{0}};
    agent_rig_step(rig);
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
        pods[i].rig = rig;
        snprintf(pods[i].id, sizeof(pods[i].id), "v%zu", i);
        pods[i].thread = thread_start("pod", live_and_die, &pods[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        change_store(rig, values[i], i);
        agent_rig_step(rig);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
        thread_join(pods[i].thread);
    agent_rig_step(rig);
    assert_true(agent_rig_secret_is(rig, "pass", "last"));
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
        assert_null(pods[i].err);
        assert_true(agent_rig_file_is(rig, pods[i].id, "pass", "last"));
    }
    assert_int_equal(mounter_fake_attached(rig->mounter), ARRAY_SIZE(pods));
    assert_int_equal(mounter_fake_unreleased(rig->mounter), 0);
}

static void workers_and_pods_run_side_by_side(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = ready_rig();
    struct pod pods[4] = {{0}};
    reconcile_start(rig->reconcile, 2);
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
        pods[i].rig = rig;
        snprintf(pods[i].id, sizeof(pods[i].id), "v%zu", i);
        pods[i].thread = thread_start("pod", live_and_die, &pods[i]);
    }
    for (size_t i = 0; i < 8; i++)
        change_store(rig, "second", i);
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
        thread_join(pods[i].thread);
    reconcile_stop(rig->reconcile);
    for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
        assert_null(pods[i].err);
    assert_int_equal(mounter_fake_attached(rig->mounter), ARRAY_SIZE(pods));
    assert_int_equal(mounter_fake_unreleased(rig->mounter), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_shows_a_complete_set),
        cmocka_unit_test(items_choose_files_and_modes),
        cmocka_unit_test(group_reads_everything),
        cmocka_unit_test(optional_volume_waits_for_its_external_secret),
        cmocka_unit_test(optional_key_may_be_missing),
        cmocka_unit_test(publish_finds_what_somebody_else_mounted),
        cmocka_unit_test(incomplete_volume_is_mended_and_then_ok),
        cmocka_unit_test(republish_follows_changed_attributes),
        cmocka_unit_test(two_volumes_of_one_spec_move_together),
        cmocka_unit_test(newer_volume_takes_the_others_along),
        cmocka_unit_test(unpublish_always_converges),
        cmocka_unit_test(unpublish_elsewhere_leaves_the_record),
        cmocka_unit_test(deadline_passes_before_the_mount),
        cmocka_unit_test(deadline_passes_while_the_store_thinks),
        cmocka_unit_test(caller_goes_away),
        cmocka_unit_test(update_that_cannot_open_the_volume_fails_the_pass),
        cmocka_unit_test(unpublish_that_fails_keeps_the_record),
        cmocka_unit_test(volume_that_is_gone_is_forgotten_by_the_next_pass),
        cmocka_unit_test(every_exhausted_allocation_is_an_ordinary_error),
        cmocka_unit_test(every_exhausted_allocation_in_a_pass_keeps_the_old_set),
        cmocka_unit_test(busy_volume_is_a_conflict),
        cmocka_unit_test(call_waits_for_an_update),
        cmocka_unit_test(crowd_of_pods_is_one_call),
        cmocka_unit_test(rotation_meets_coming_and_going_pods),
        cmocka_unit_test(workers_and_pods_run_side_by_side),
    };
    return TABLE_RUN("volumes: refusals", refusal_rows, one_refusal) +
           TABLE_RUN("volumes: mounter fails", nth_rows, one_mounter_operation) +
           GROUP_RUN("volumes", tests);
}
