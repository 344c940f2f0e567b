/* The cluster-wide view of an agent that holds shards. */

#include "watch/watch_mirror.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define SPEC(ns, name, uid, rv)                                                                    \
    "{\"kind\":\"ExternalSecret\",\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name         \
    "\",\"uid\":\"" uid "\",\"resourceVersion\":\"" rv                                             \
    "\"},\"spec\":{\"secretStoreRef\":{\"name\":\"st\"},\"data\":[{\"secretKey\":\"a\","           \
    "\"remoteRef\":{\"key\":\"x\"}}]}}"
#define STORE(kind, ns, name)                                                                      \
    "{\"kind\":\"" kind "\",\"metadata\":{" ns "\"name\":\"" name                                  \
    "\",\"resourceVersion\":\"3\"},\"spec\":{\"provider\":{\"fake\":{}}}}"

struct bench {
    struct kube_fixture *f;
    struct spec_store *specs;
    struct watch_mirror *m;
    const char *our_uids; /* texts, "," between */
    unsigned failures;
};

static bool is_ours(void *ctx, const char *uid)
{
    const struct bench *b = ctx;
    return strstr(b->our_uids, uid) != NULL;
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_non_null(what);
    assert_non_null(e);
    b->failures++;
}

static void bench_init(struct bench *b, const char *our_uids)
{
    *b = (struct bench){.f = kube_fixture_new(), .specs = spec_store_new(), .our_uids = our_uids};
    kube_fixture_serve_external_secrets(b->f);
    kube_set_refuses_streaming_lists(b->f->k);
    b->m = watch_mirror_new(&(struct watch_mirror_options){
        .kube = b->f->k, .specs = b->specs, .is_ours = is_ours, .failed = on_failed, .ctx = b});
}

static void bench_done(struct bench *b)
{
    watch_mirror_free(b->m);
    assert_int_equal(http_fake_open_streams(b->f->http), 0);
    spec_store_free(b->specs);
    kube_fixture_free(b->f);
}

static void serve(struct bench *b)
{
    kube_fixture_answer(b->f, "GET", "/v1/clustersecretstores?limit", 0, 200,
                        LIST(STORE("ClusterSecretStore", "", "cs")));
    kube_fixture_answer(b->f, "GET", "/v1/secretstores?limit", 0, 200,
                        LIST(STORE("SecretStore", "\"namespace\":\"shop\",", "st")));
    kube_fixture_answer(b->f, "GET", "/v1/externalsecrets?limit", 0, 200,
                        LIST(SPEC("shop", "db", "u1", "5") "," SPEC("shop", "web", "u2", "6")));
    kube_fixture_stream(b->f, "watch=1", "");
}

static bool has_spec(struct bench *b, const char *name)
{
    CLEANUP(spec) struct spec *s = spec_store_get_spec(b->specs, "shop", name);
    return s != NULL;
}

static bool has_store(struct bench *b, enum store_kind kind, const char *ns, const char *name)
{
    CLEANUP(store) struct store *s = spec_store_get_store(b->specs, kind, ns, name);
    return s != NULL;
}

/* Stores are listed in the first round, ExternalSecrets in the second. */
static void take_up(struct bench *b)
{
    watch_mirror_update(b->m, 1);
    watch_mirror_step(b->m);
    watch_mirror_step(b->m);
}

static void stores_come_first(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1");
    serve(&b);
    watch_mirror_update(b.m, 1);
    watch_mirror_step(b.m);
    assert_true(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    assert_true(has_store(&b, STORE_CLUSTER, "", "cs"));
    assert_int_equal(kube_fixture_count(b.f, "GET", "/v1/externalsecrets"), 0);
    assert_false(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    watch_mirror_step(b.m);
    assert_true(has_spec(&b, "db"));
    bench_done(&b);
}

static void watches_only_while_shards_are_held(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1");
    serve(&b);
    watch_mirror_step(b.m);
    assert_int_equal(http_fake_count(b.f->http), 0);
    take_up(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    assert_true(has_spec(&b, "db"));
    assert_false(has_spec(&b, "web")); /* another agent's shard */
    assert_true(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    assert_true(has_store(&b, STORE_CLUSTER, "", "cs"));
    assert_true(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    watch_mirror_update(b.m, 0);
    watch_mirror_step(b.m);
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    assert_false(has_spec(&b, "db"));
    assert_false(has_store(&b, STORE_CLUSTER, "", "cs"));
    assert_false(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    take_up(&b); /* and back again */
    assert_true(has_spec(&b, "db"));
    bench_done(&b);
}

static void other_shards_are_sorted_anew(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1");
    serve(&b);
    kube_fixture_answer(b.f, "GET", "/v1/externalsecrets?resourceVersion=10", 1, 200,
                        LIST(SPEC("shop", "db", "u1", "5") "," SPEC("shop", "web", "u2", "6")));
    take_up(&b);
    b.our_uids = "u2";
    take_up(&b);
    assert_false(has_spec(&b, "db"));
    assert_true(has_spec(&b, "web"));
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    assert_int_equal(kube_fixture_count(b.f, "GET", "/secretstores?limit"), 1);
    bench_done(&b);
}

static void changes_arrive(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1,u3");
    serve(&b);
    take_up(&b);
    http_fake_push(b.f->http, "/externalsecrets?watch",
                   "{\"type\":\"ADDED\",\"object\":" SPEC(
                       "shop", "new", "u3", "11") "}\n"
                                                  "{\"type\":\"DELETED\",\"object\":" SPEC(
                                                      "shop", "db", "u1", "12") "}\n");
    http_fake_push(b.f->http, "/secretstores?watch",
                   "{\"type\":\"DELETED\",\"object\":" STORE(
                       "SecretStore", "\"namespace\":\"shop\",", "st") "}\n");
    watch_mirror_step(b.m);
    assert_true(has_spec(&b, "new"));
    assert_false(has_spec(&b, "db"));
    assert_false(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    bench_done(&b);
}

static void not_synced_before_all_are(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1");
    kube_fixture_answer(b.f, "GET", "/v1/secretstores?limit", 1, 403, "{}");
    serve(&b);
    take_up(&b);
    assert_int_equal(b.failures, 1);
    assert_true(has_spec(&b, "db"));
    assert_false(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    clock_fake_advance_ns(&b.f->clock, NS_PER_S);
    watch_mirror_step(b.m);
    assert_true(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    bench_done(&b);
}

static void thread_starts_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, "u1");
    serve(&b);
    watch_mirror_update(b.m, 1);
    watch_mirror_start(b.m);
    for (int i = 0; i < 2000 && !spec_store_is_synced(b.specs, ORIGIN_MIRROR); i++) {
        struct deadline dl = deadline_in(clock_system(), 2 * NS_PER_MS);
        kube_waiter_system()->wait(NULL, 2 * NS_PER_MS, &dl);
    }
    assert_true(spec_store_is_synced(b.specs, ORIGIN_MIRROR));
    watch_mirror_stop(b.m);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_come_first),
        cmocka_unit_test(watches_only_while_shards_are_held),
        cmocka_unit_test(other_shards_are_sorted_anew),
        cmocka_unit_test(changes_arrive),
        cmocka_unit_test(not_synced_before_all_are),
        cmocka_unit_test(thread_starts_and_stops),
    };
    return GROUP_RUN("watch_mirror", tests);
}
