/* Requests that are refused, statistics, adoption, and an update that meets a call. */

#include "reconcile/volumes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/agent_rig.h"
#include "tests/support/table.h"

struct request_row {
    const char *name;
    size_t at;         /* of the text member of volume_request that is spoiled */
    const char *value; /* NULL: missing */
    const char *part;  /* of the error */
};
#define MEMBER(name) offsetof(struct volume_request, name)
static const struct request_row request_rows[] = {
    {"no volume id", MEMBER(volume_id), NULL, "volume_id is missing"},
    {"empty volume id", MEMBER(volume_id), "", "volume_id is missing"},
    {"no target", MEMBER(target_path), NULL, "target_path is missing"},
    {"no namespace", MEMBER(pod_ns), NULL, "pod namespace is missing"},
    {"no Pod", MEMBER(pod_name), "", "pod name is missing"},
    {"no uid", MEMBER(pod_uid), NULL, "pod uid is missing"},
    {"no ExternalSecret", MEMBER(external_secret), NULL, "attribute externalSecret is missing"},
    {"empty ExternalSecret", MEMBER(external_secret), "", "attribute externalSecret is missing"},
    {"another namespace's", MEMBER(external_secret), "other/db",
     "attribute externalSecret: is no object name"},
    {"capitals", MEMBER(external_secret), "Db", "attribute externalSecret: is no object name"},
    {"optional", MEMBER(optional_text), "yes", "attribute optional: must be"},
    {"items", MEMBER(items_yaml), "[", "attribute: items: line"},
    {"no list of items", MEMBER(items_yaml), "{}", "attribute: items: must be a YAML list"},
    {"item's path", MEMBER(items_yaml), "[{key: a, path: ../b}]", "attribute: items[0].path"},
    {"items collide", MEMBER(items_yaml), "[{key: a, path: b}, {key: c, path: b/d}]",
     "items[0].path and items[1].path collide"},
    {"mode", MEMBER(default_mode_text), "0999", "attribute: defaultMode"},
    {"mode too large", MEMBER(default_mode_text), "07777", "attribute: defaultMode"},
    {"another Pod's uid", MEMBER(pod_uid), "uid-v2", "is not a path of Pod app/pod (uid uid-v2)"},
    {"a volume named as the uid", MEMBER(pod_uid), "v", "is not a path of Pod app/pod (uid v)"},
    {"a path as uid", MEMBER(pod_uid), "uid-v1/volumes", "is not a path of Pod"},
};

static void one_request(void **state)
{
    const struct request_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    struct volume_request rq = agent_rig_request(rig, "v1");
    struct deadline dl = deadline_in(&rig->clock->clock, NS_PER_S);
    memcpy((char *)&rq + r->at, &r->value, sizeof(r->value));
    CLEANUP(err) struct err *e = volumes_publish(rig->volumes, &rq, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->part));
    assert_int_equal(mounter_fake_calls(rig->mounter, MOUNTER_FAKE_STATE), 0);
}

struct group_row {
    const char *name;
    int64_t group;
    bool is_good;
};
static const struct group_row group_rows[] = {
    {"none", -1, true},
    {"root", 0, true},
    {"below -1", -2, false},
    {"no group at all", 4294967295, false},
    {"beyond", 4294967296, false},
};

static void one_group(void **state)
{
    const struct group_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    struct volume_request rq = agent_rig_request(rig, "v1");
    struct deadline dl = deadline_in(&rig->clock->clock, NS_PER_S);
    rq.fs_group = r->group;
    CLEANUP(err) struct err *e = volumes_publish(rig->volumes, &rq, &dl);
    assert_non_null(e); /* there is no ExternalSecret either */
    assert_int_equal(err_class(e), r->is_good ? ERR_NOT_FOUND : ERR_INVALID);
}

static struct agent_rig *mounted_rig(void)
{
    struct agent_rig *rig = agent_rig_new(NULL);
    provider_script_set(rig->script, "user", "app", 0);
    provider_script_set(rig->script, "pass", "first", 0);
    agent_rig_put(rig, AGENT_RIG_STORE);
    agent_rig_put(rig, AGENT_RIG_SPEC);
    assert_null(agent_rig_publish(rig, "v1"));
    return rig;
}

static void stats_tell_usage_and_condition(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *target = agent_rig_target(rig, "v1");
    CLEANUP_STR char *data = xasprintf("%s/..data", target);
    struct volume_stats stats = {0};
    assert_null(volumes_stats(rig->volumes, "v1", target, &stats));
    assert_false(stats.is_abnormal);
    assert_string_equal(stats.message, "mounted and complete");
    assert_true(stats.bytes_total > 0 && stats.inodes_total > 0);
    assert_int_equal(stats.bytes_used % 512, 0);
    assert_int_equal(unlink(data), 0);
    assert_null(volumes_stats(rig->volumes, "v1", target, &stats));
    assert_true(stats.is_abnormal);
    assert_string_equal(stats.message, "the volume has no complete set of files");
    assert_int_equal(stats.written_unix_s, 0);
    mounter_fake_reboot(rig->mounter);
    assert_null(volumes_stats(rig->volumes, "v1", target, &stats));
    assert_true(stats.is_abnormal);
    assert_string_equal(stats.message, "the volume is not mounted");
    assert_int_equal(stats.bytes_total, 0);
}

static void stats_of_what_is_not_there(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *target = agent_rig_target(rig, "v1");
    struct volume_stats stats;
    CLEANUP(err) struct err *unknown = volumes_stats(rig->volumes, "v2", target, &stats);
    CLEANUP(err) struct err *elsewhere = volumes_stats(rig->volumes, "v1", "/tmp", &stats);
    assert_non_null(unknown);
    assert_int_equal(err_class(unknown), ERR_NOT_FOUND);
    assert_non_null(elsewhere);
    assert_int_equal(err_class(elsewhere), ERR_NOT_FOUND);
}

struct adopt_row {
    const char *name;
    enum err_class cls;
    size_t left; /* records */
};
static const struct adopt_row adopt_rows[] = {
    {"a path that is none of ours", ERR_INVALID, 0},
    {"a path that is gone", ERR_NOT_FOUND, 0},
    {"a kernel that cannot say", ERR_INTERNAL, 1},
};

static void one_adoption(void **state)
{
    const struct adopt_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    size_t adopted = 9;
    mounter_fake_fail(rig->mounter, MOUNTER_FAKE_STATE, 1, r->cls);
    assert_null(volumes_adopt(rig->volumes, &adopted));
    assert_int_equal(adopted, 0);
    assert_int_equal(watch_volumes_count(rig->registry), r->left);
}

/* A mounter that lets the test in while a volume is being opened. */
struct hooked {
    struct mounter base;
    struct mounter *inner;
    void (*hook)(void *ctx);
    void *ctx;
};

static struct mounter *inner_of(struct mounter *m)
{
    return ((struct hooked *)m)->inner;
}

static struct err *hooked_make(struct mounter *m, const struct mounter_tmpfs *t,
                               struct mounter_volume *out)
{
    return inner_of(m)->ops->make(inner_of(m), t, out);
}

static struct err *hooked_attach(struct mounter *m, const char *target,
                                 const struct mounter_volume *v)
{
    return inner_of(m)->ops->attach(inner_of(m), target, v);
}

static void hooked_release(struct mounter *m, struct mounter_volume *v)
{
    inner_of(m)->ops->release(inner_of(m), v);
}

static struct err *hooked_state(struct mounter *m, const char *target, struct mounter_state *out)
{
    return inner_of(m)->ops->state(inner_of(m), target, out);
}

static struct err *hooked_open(struct mounter *m, const char *target, int *out_root_fd)
{
    struct hooked *h = (struct hooked *)m;
    void (*hook)(void *) = TAKE(h->hook);
    if (hook)
        hook(h->ctx);
    return h->inner->ops->open(h->inner, target, out_root_fd);
}

static struct err *hooked_detach(struct mounter *m, const char *target)
{
    return inner_of(m)->ops->detach(inner_of(m), target);
}

static const struct mounter_ops hooked_ops = {.make = hooked_make,
                                              .attach = hooked_attach,
                                              .release = hooked_release,
                                              .state = hooked_state,
                                              .open = hooked_open,
                                              .detach = hooked_detach};

/* Volumes on that mounter, over the rig's other parts. */
struct meeting {
    struct agent_rig *rig;
    struct volumes *volumes;
    struct hooked mounter;
    unsigned n_published;
    char revision[DIGEST_KEYED_HEX];
    struct err *update_err;
    enum project_outcome outcome;
};

static struct err *find(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                        struct spec **out)
{
    const struct meeting *m = ctx;
    (void)dl;
    *out = spec_store_get_spec(m->rig->specs, ns, name);
    return NULL;
}

static void let_go(void *ctx, const char *ns, const char *name)
{
    (void)ctx;
    (void)ns;
    (void)name;
}

static void on_published(void *ctx, const char *ns, const char *name, const char *revision)
{
    struct meeting *m = ctx;
    assert_string_equal(ns, "app");
    assert_string_equal(name, "db");
    m->n_published++;
    snprintf(m->revision, sizeof(m->revision), "%s", revision);
}

static void meeting_init(struct meeting *m)
{
    *m = (struct meeting){.rig = mounted_rig()};
    m->mounter = (struct hooked){.base = {&hooked_ops}, .inner = m->rig->mounter, .ctx = m};
    struct volumes_options o = {.registry = m->rig->registry,
                                .mounter = &m->mounter.base,
                                .pipeline = &m->rig->pipeline,
                                .lookup = {find, let_go, m},
                                .published = on_published,
                                .published_ctx = m};
    m->volumes = volumes_new(&o);
}

static void meeting_done(struct meeting *m)
{
    volumes_free(m->volumes);
    agent_rig_free(m->rig);
}
#define CLEANUP_MEETING __attribute__((cleanup(meeting_done)))

static void update(void *ctx)
{
    struct meeting *m = ctx;
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(m->rig->specs, "app", "db");
    CLEANUP(output_set) struct output_set *o = output_set_new();
    struct secret_buf *value;
    struct deadline dl = deadline_in(&m->rig->clock->clock, NS_PER_S);
    assert_null(secret_buf_copy(secret_view_of("new", 3), &value));
    assert_null(output_set_put(o, "pass", value));
    output_set_seal(o, m->rig->digest_key);
    struct sink *s = volumes_sink(m->volumes);
    m->update_err = s->ops->apply(s, spec, o, &dl, &m->outcome);
}

static void republish(struct meeting *m)
{
    struct volume_request rq = agent_rig_request(m->rig, "v1");
    struct deadline dl = deadline_in(&m->rig->clock->clock, NS_PER_S);
    assert_null(volumes_publish(m->volumes, &rq, &dl));
}

static void update_that_meets_a_republish_is_made_up_for(void **state)
{
    CLEANUP_MEETING struct meeting m;
    (void)state;
    meeting_init(&m);
    republish(&m);
    assert_int_equal(m.n_published, 0); /* nothing is new */
    m.mounter.hook = update;
    republish(&m);
    assert_null(m.update_err); /* left to those who have the volume in hand ... */
    assert_int_equal(m.outcome, PROJECT_UNCHANGED);
    assert_true(agent_rig_file_is(m.rig, "v1", "pass", "first"));
    assert_int_equal(m.n_published, 1); /* ... who ask for another pass */
    assert_string_equal(m.revision, "");
    republish(&m);
    assert_int_equal(m.n_published, 1);
    update(&m);
    assert_null(m.update_err);
    assert_int_equal(m.outcome, PROJECT_CHANGED);
    assert_true(agent_rig_file_is(m.rig, "v1", "pass", "new"));
}

static void call_that_meets_an_update_is_a_conflict(void *ctx)
{
    struct meeting *m = ctx;
    struct volume_request rq = agent_rig_request(m->rig, "v1");
    struct deadline dl = deadline_in(&m->rig->clock->clock, NS_PER_S);
    m->update_err = volumes_publish(m->volumes, &rq, &dl);
}

static void publish_that_meets_an_update_comes_again(void **state)
{
    CLEANUP_MEETING struct meeting m;
    (void)state;
    meeting_init(&m);
    m.mounter.hook = call_that_meets_an_update_is_a_conflict;
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(m.rig->specs, "app", "db");
    CLEANUP(output_set) struct output_set *o = output_set_new();
    struct deadline dl = deadline_in(&m.rig->clock->clock, NS_PER_S);
    struct sink *s = volumes_sink(m.volumes);
    assert_null(s->ops->apply(s, spec, o, &dl, &m.outcome));
    assert_non_null(m.update_err);
    assert_int_equal(err_class(m.update_err), ERR_CONFLICT);
    err_free(m.update_err);
    republish(&m);
}

static void removed_spec_leaves_volumes(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP(spec) struct spec *spec = spec_store_get_spec(rig->specs, "app", "db");
    struct deadline dl = deadline_in(&rig->clock->clock, NS_PER_S);
    struct sink *s = volumes_sink(rig->volumes);
    assert_null(s->ops->remove(s, spec, &dl));
    assert_true(agent_rig_file_is(rig, "v1", "pass", "first"));
    assert_true(volumes_has(rig->volumes, "app", "db"));
    assert_false(volumes_has(rig->volumes, "app", "other"));
    assert_false(volumes_has(rig->volumes, "other", "db"));
    s->ops->free(s); /* belongs to the volumes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stats_tell_usage_and_condition),
        cmocka_unit_test(stats_of_what_is_not_there),
        cmocka_unit_test(update_that_meets_a_republish_is_made_up_for),
        cmocka_unit_test(publish_that_meets_an_update_comes_again),
        cmocka_unit_test(removed_spec_leaves_volumes),
    };
    return TABLE_RUN("volumes_publish: request", request_rows, one_request) +
           TABLE_RUN("volumes_publish: group", group_rows, one_group) +
           TABLE_RUN("volumes_adopt", adopt_rows, one_adoption) + GROUP_RUN("volumes", tests);
}
