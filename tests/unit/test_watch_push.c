/* What is told of PushSecrets, whose they are, and a cluster that has none. */

#include "watch/watch_push.h"

#include <stdlib.h>
#include <string.h>

#include "base/str_buf.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define PUSH(name, uid)                                                                            \
    "{\"kind\":\"PushSecret\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name               \
    "\",\"uid\":\"" uid "\",\"resourceVersion\":\"5\"},\"spec\":{}}"
#define ALL "/v1alpha1/pushsecrets"

struct bench {
    struct kube_fixture *f;
    struct watch_push *w;
    struct str_buf told; /* "+db -web [db] " */
    bool takes_all;
    unsigned failures;
};

static bool on_is_ours(void *ctx, const char *uid)
{
    const struct bench *b = ctx;
    return b->takes_all || strcmp(uid, "ours") == 0;
}

static void on_put(void *ctx, struct push_spec *spec)
{
    struct bench *b = ctx;
    str_buf_printf(&b->told, "+%s ", spec->meta.name);
    push_spec_unref(spec);
}

static void on_remove(void *ctx, const char *ns, const char *name)
{
    struct bench *b = ctx;
    assert_string_equal(ns, "shop");
    str_buf_printf(&b->told, "-%s ", name);
}

static void on_retain(void *ctx, const struct map *keep)
{
    struct bench *b = ctx;
    str_buf_printf(&b->told, "[%zu] ", keep->n);
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_string_equal(what, "PushSecret");
    assert_non_null(e);
    b->failures++;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){.f = kube_fixture_new()};
    str_buf_init(&b->told, 4096);
    kube_set_refuses_streaming_lists(b->f->k);
    b->w = watch_push_new(&(struct watch_push_options){.kube = b->f->k,
                                                       .is_ours = on_is_ours,
                                                       .put = on_put,
                                                       .remove = on_remove,
                                                       .retain = on_retain,
                                                       .ctx = b,
                                                       .failed = on_failed,
                                                       .failed_ctx = b});
}

static void bench_done(struct bench *b)
{
    watch_push_free(b->w);
    str_buf_done(&b->told);
    kube_fixture_free(b->f);
}

static void told(struct bench *b, const char *want)
{
    assert_string_equal(b->told.n ? b->told.s : "", want);
    str_buf_clear(&b->told);
}

static void nothing_is_asked_without_shards(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    watch_push_step(b.w);
    assert_int_equal(http_fake_count(b.f->http), 0);
    bench_done(&b);
}

static void ours_are_told(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", ALL "?limit", 0, 200,
                        LIST(PUSH("db", "ours") "," PUSH("web", "theirs")));
    kube_fixture_answer(b.f, "GET", ALL "?resourceVersion", 0, 200,
                        LIST(PUSH("db", "ours") "," PUSH("web", "theirs")));
    kube_fixture_stream(b.f, ALL "?watch=1",
                        "{\"type\":\"DELETED\",\"object\":" PUSH("db", "ours") "}\n");
    watch_push_update(b.w, 1);
    watch_push_step(b.w);
    told(&b, "+db -web [2] -db ");
    b.takes_all = true;
    watch_push_update(b.w, 2);
    watch_push_step(b.w);
    told(&b, "+db +web [2] -db ");
    watch_push_update(b.w, 0);
    watch_push_step(b.w);
    told(&b, "[0] ");
    assert_int_equal(b.failures, 0);
    bench_done(&b);
}

static void a_cluster_without_the_definition_is_left_in_peace(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", ALL, 2, 404, "404 page not found");
    watch_push_update(b.w, 1);
    for (unsigned i = 0; i < 30; i++) {
        watch_push_step(b.w);
        clock_fake_advance_ns(&b.f->clock, 9 * NS_PER_S);
    }
    assert_int_equal(kube_fixture_count(b.f, "GET", ALL), 1);
    clock_fake_advance_ns(&b.f->clock, 60 * NS_PER_S);
    watch_push_step(b.w);
    assert_int_equal(kube_fixture_count(b.f, "GET", ALL), 2);
    assert_int_equal(b.failures, 0);
    kube_fixture_answer(b.f, "GET", ALL "?limit", 0, 200, LIST(PUSH("db", "ours")));
    kube_fixture_stream(b.f, ALL "?watch=1", "");
    clock_fake_advance_ns(&b.f->clock, WATCH_PUSH_LOOK_NS);
    watch_push_step(b.w);
    told(&b, "[0] [0] +db [1] ");
    bench_done(&b);
}

static void other_failures_are_told(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", ALL, 0, 403, "{}");
    watch_push_update(b.w, 1);
    watch_push_step(b.w);
    assert_int_equal(b.failures, 1);
    bench_done(&b);
}

static void without_a_name_there_is_nothing_to_tell(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", ALL "?limit", 0, 200, LIST("{\"metadata\":{}}"));
    kube_fixture_stream(b.f, ALL "?watch=1", "");
    watch_push_update(b.w, 1);
    watch_push_step(b.w);
    told(&b, "[1] ");
    bench_done(&b);
}

static void it_runs_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    watch_push_start(b.w);
    watch_push_stop(b.w);
    watch_push_stop(b.w);
    bench_done(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_is_asked_without_shards),
    cmocka_unit_test(ours_are_told),
    cmocka_unit_test(a_cluster_without_the_definition_is_left_in_peace),
    cmocka_unit_test(other_failures_are_told),
    cmocka_unit_test(without_a_name_there_is_nothing_to_tell),
    cmocka_unit_test(it_runs_and_stops),
};

int main(void)
{
    return GROUP_RUN("watch_push", tests);
}
