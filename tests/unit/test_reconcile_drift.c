/* From the news that a Secret changed to its being written again: real specs, fetch and queue, a
 * mirror that counts. */

#include "reconcile/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "tests/support/agent_rig.h"
#include "tests/support/table.h"

#define SPEC(name, target)                                                                         \
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: " name            \
    ", namespace: app, uid: uid-" name "}, spec: {secretStoreRef: {name: stores}, "                \
    "refreshInterval: 10m, target: {name: " target                                                 \
    "}, data: [{secretKey: user, remoteRef: {key: user}}]}}\n"

/* A mirror that knows the version of its last write: 1, 2, 3... */
struct mirror {
    struct sink sink;
    unsigned applies;
    bool fails;
};

static struct err *apply(struct sink *s, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    struct mirror *m = (struct mirror *)s;
    (void)spec;
    (void)o;
    (void)dl;
    if (m->fails)
        return err_new(ERR_UNAVAILABLE, "scripted");
    m->applies++;
    *out = PROJECT_CHANGED;
    return NULL;
}

static struct err *remove_output(struct sink *s, const struct spec *spec, const struct deadline *dl)
{
    (void)s;
    (void)spec;
    (void)dl;
    return NULL;
}

static bool has_drifted(struct sink *s, const struct spec *spec, const char *version)
{
    const struct mirror *m = (const struct mirror *)s;
    CLEANUP_STR char *ours = xasprintf("%u", m->applies);
    (void)spec;
    return m->applies > 0 && strcmp(version, ours) != 0;
}

static void free_sink(struct sink *s)
{
    free(s);
}

static const struct sink_ops watched_ops = {.name = "secret",
                                            .apply = apply,
                                            .remove = remove_output,
                                            .has_drifted = has_drifted,
                                            .free = free_sink};
static const struct sink_ops unwatched_ops = {
    .name = "dir", .apply = apply, .remove = remove_output, .free = free_sink};

struct bench {
    struct agent_rig *rig;
    struct mirror *mirror; /* owned by the rig */
};

static void bench_init(struct bench *b, const struct sink_ops *ops)
{
    metric_reset();
    b->mirror = xcalloc(1, sizeof(*b->mirror));
    b->mirror->sink.ops = ops;
    b->rig = agent_rig_new(&b->mirror->sink);
    provider_script_set(b->rig->script, "user", "u-1", ERR_INTERNAL);
    agent_rig_put(b->rig, AGENT_RIG_STORE);
    agent_rig_put(b->rig, SPEC("db", "db"));
    agent_rig_step(b->rig);
    assert_int_equal(b->mirror->applies, 1);
}

static unsigned asked(const struct bench *b)
{
    return b->rig->script->gets + b->rig->script->batches;
}

static double counted(const char *result)
{
    return metric_value(METRIC_SECRET_DRIFT, result, NULL, NULL);
}

struct row {
    const char *name;
    const char *ns, *secret;
    const char *version; /* NULL: gone */
    bool is_unwatched;   /* the mirror knows no versions */
    bool is_foreign;     /* another agent's shard by now */
    bool want;           /* written again */
};

static const struct row rows[] = {
    {"our own write", "app", "db", "1", false, false, false},
    {"changed", "app", "db", "8", false, false, true},
    {"deleted", "app", "db", NULL, false, false, true},
    {"another Secret", "app", "web", "8", false, false, false},
    {"another namespace", "ap", "db", "8", false, false, false},
    {"a namespace whose name goes on", "app-2", "db", "8", false, false, false},
    {"another agent's", "app", "db", "8", false, true, false},
    {"a mirror that knows no versions", "app", "db", "8", true, false, false},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct bench b;
    bench_init(&b, r->is_unwatched ? &unwatched_ops : &watched_ops);
    unsigned asked_before = asked(&b);
    b.rig->is_ours = !r->is_foreign;
    reconcile_secret_changed(b.rig->reconcile, r->ns, r->secret, r->version);
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, r->want ? 2 : 1);
    assert_int_equal(asked(&b), asked_before); /* the store is not asked */
    assert_true(counted("applied") == (r->want ? 1 : 0));
    agent_rig_free(b.rig);
}

static void our_write_is_known_by_the_time_of_the_step(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    /* The news of version 2 comes before the answer to the write that made it. */
    reconcile_secret_changed(b.rig->reconcile, "app", "db", "2");
    b.mirror->applies = 2;
    agent_rig_step(b.rig);
    assert_true(counted("applied") == 0);
    agent_rig_free(b.rig);
}

static void the_last_of_several_news_counts(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    reconcile_secret_changed(b.rig->reconcile, "app", "db", "8");
    reconcile_secret_changed(b.rig->reconcile, "app", "db", "1");
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, 1);
    agent_rig_free(b.rig);
}

static void two_writers_are_no_loop(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    for (unsigned s = 0; s < 60; s++) { /* the other one undoes it each second */
        reconcile_secret_changed(b.rig->reconcile, "app", "db", "other");
        agent_rig_step_in(b.rig, 1);
    }
    assert_int_equal(b.mirror->applies, 1 + 6);
    assert_true(counted("applied") == 6);
    assert_true(counted("delayed") == 6);
    agent_rig_step_in(b.rig, 10); /* the last one is mended without further news */
    assert_int_equal(b.mirror->applies, 1 + 7);
    agent_rig_step_in(b.rig, 60);
    assert_int_equal(b.mirror->applies, 1 + 7);
    agent_rig_free(b.rig);
}

static void refresh_goes_on_as_before(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    agent_rig_step_in(b.rig, 500);
    unsigned asked_before = asked(&b);
    reconcile_secret_changed(b.rig->reconcile, "app", "db", NULL);
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, 2);
    agent_rig_step_in(b.rig, AGENT_RIG_INTERVAL_S - 500 + 1); /* counted from the value's age */
    assert_int_equal(b.mirror->applies, 3);
    assert_true(asked(&b) > asked_before);
    agent_rig_free(b.rig);
}

static void a_failure_is_tried_again_and_told(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    b.mirror->fails = true;
    reconcile_secret_changed(b.rig->reconcile, "app", "db", "8");
    agent_rig_step(b.rig);
    assert_true(counted("failed") == 1);
    assert_false(status_record_last(b.rig->status, "ExternalSecret", "db")->is_ready);
    b.mirror->fails = false;
    agent_rig_step_in(b.rig, 2);
    assert_int_equal(b.mirror->applies, 2);
    assert_true(status_record_last(b.rig->status, "ExternalSecret", "db")->is_ready);
    agent_rig_free(b.rig);
}

struct list_row {
    const char *name;
    const char *listed; /* NULL: nothing */
    bool want;          /* "db" is written again */
};

static const struct list_row list_rows[] = {
    {"it is there", "app/db", false},
    {"it is not", "app/web", true},
    {"nothing is", NULL, true},
};

static void list(void **state)
{
    const struct list_row *r = *state;
    struct bench b;
    CLEANUP(map) struct map *listed = map_new(NULL);
    bench_init(&b, &watched_ops);
    if (r->listed)
        map_set(listed, r->listed, &b);
    reconcile_secrets_listed(b.rig->reconcile, listed);
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, r->want ? 2 : 1);
    agent_rig_free(b.rig);
}

static void all_specs_of_a_target_are_written(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watched_ops);
    agent_rig_put(b.rig, SPEC("more", "db"));
    agent_rig_put(b.rig, SPEC("other", "web"));
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, 3);
    reconcile_secret_changed(b.rig->reconcile, "app", "db", "8");
    agent_rig_step(b.rig);
    assert_int_equal(b.mirror->applies, 5);
    agent_rig_free(b.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_write_is_known_by_the_time_of_the_step),
        cmocka_unit_test(the_last_of_several_news_counts),
        cmocka_unit_test(two_writers_are_no_loop),
        cmocka_unit_test(refresh_goes_on_as_before),
        cmocka_unit_test(a_failure_is_tried_again_and_told),
        cmocka_unit_test(all_specs_of_a_target_are_written),
    };
    return TABLE_RUN("reconcile_drift", rows, one_row) + TABLE_RUN("drift_list", list_rows, list) +
           GROUP_RUN("drift_more", tests);
}
