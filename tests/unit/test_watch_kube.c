/* A node's view: only what its volumes name, and the stores that those name. */

#include "watch/watch_kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define SPEC(name, rv, store_kind, store)                                                          \
    "{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"ExternalSecret\",\"metadata\":{"        \
    "\"namespace\":\"shop\",\"name\":\"" name "\",\"uid\":\"u\",\"resourceVersion\":\"" rv         \
    "\"},\"spec\":{\"secretStoreRef\":{\"kind\":\"" store_kind "\",\"name\":\"" store              \
    "\"},\"data\":[{\"secretKey\":\"a\",\"remoteRef\":{\"key\":\"x\"}}]}}"
#define STORE(kind, ns, name)                                                                      \
    "{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"" kind "\",\"metadata\":{" ns           \
    "\"name\":\"" name "\",\"resourceVersion\":\"3\"},\"spec\":{\"provider\":{\"fake\":{}}}}"
#define NAMED_STORE(name) STORE("SecretStore", "\"namespace\":\"shop\",", name)

struct bench {
    struct kube_fixture *f;
    struct spec_store *specs;
    struct watch_kube *w;
    unsigned failures;
};

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_non_null(what);
    assert_non_null(e);
    b->failures++;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){.f = kube_fixture_new(), .specs = spec_store_new()};
    kube_fixture_serve_external_secrets(b->f);
    kube_set_refuses_streaming_lists(b->f->k);
    b->w = watch_kube_new(&(struct watch_kube_options){
        .kube = b->f->k, .specs = b->specs, .failed = on_failed, .ctx = b});
}

static void bench_done(struct bench *b)
{
    watch_kube_free(b->w);
    assert_int_equal(http_fake_open_streams(b->f->http), 0);
    spec_store_free(b->specs);
    kube_fixture_free(b->f);
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

/* ExternalSecret "db" naming SecretStore "st", all quiet. */
static void serve_db(struct bench *b)
{
    kube_fixture_answer(b->f, "GET", "/shop/externalsecrets?fieldSelector=metadata.name%3Ddb&limit",
                        0, 200, LIST(SPEC("db", "5", "SecretStore", "st")));
    kube_fixture_answer(b->f, "GET", "/shop/secretstores?fieldSelector=metadata.name%3Dst&limit", 0,
                        200, LIST(NAMED_STORE("st")));
    kube_fixture_stream(b->f, "watch=1", "");
}

static void follows_a_volume(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve_db(&b);
    assert_false(spec_store_is_synced(b.specs, ORIGIN_NODE));
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_true(has_spec(&b, "db"));
    assert_true(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    assert_int_equal(http_fake_open_streams(b.f->http), 2);
    watch_kube_step(b.w);
    assert_true(spec_store_is_synced(b.specs, ORIGIN_NODE));
    watch_kube_volume_removed(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_true(has_spec(&b, "db")); /* the other volume is still there */
    watch_kube_volume_removed(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_false(has_spec(&b, "db"));
    assert_false(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    bench_done(&b);
}

static void nothing_wanted_is_synced(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    watch_kube_step(b.w);
    assert_true(spec_store_is_synced(b.specs, ORIGIN_NODE));
    assert_int_equal(http_fake_count(b.f->http), 0);
    bench_done(&b);
}

static void follows_a_change_of_store(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve_db(&b);
    kube_fixture_answer(b.f, "GET", "/v1/clustersecretstores?fieldSelector=metadata.name%3Dcs", 0,
                        200, LIST(STORE("ClusterSecretStore", "", "cs")));
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_step(b.w);
    http_fake_push(
        b.f->http, "metadata.name%3Ddb",
        "{\"type\":\"MODIFIED\",\"object\":" SPEC("db", "6", "ClusterSecretStore", "cs") "}\n");
    watch_kube_step(b.w);
    assert_true(has_store(&b, STORE_CLUSTER, "", "cs"));
    assert_false(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    assert_int_equal(http_fake_open_streams(b.f->http), 2);
    bench_done(&b);
}

static void shared_store_is_watched_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve_db(&b);
    kube_fixture_answer(b.f, "GET", "metadata.name%3Dweb&limit", 0, 200,
                        LIST(SPEC("web", "5", "SecretStore", "st")));
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_volume_added(b.w, "shop", "web");
    watch_kube_step(b.w);
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    watch_kube_volume_removed(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_true(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    bench_done(&b);
}

static void deleted_object(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve_db(&b);
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_step(b.w);
    http_fake_push(b.f->http, "metadata.name%3Ddb",
                   "{\"type\":\"DELETED\",\"object\":" SPEC("db", "7", "SecretStore", "st") "}\n");
    http_fake_push(b.f->http, "metadata.name%3Dst",
                   "{\"type\":\"DELETED\",\"object\":" NAMED_STORE("st") "}\n");
    watch_kube_step(b.w);
    assert_false(has_spec(&b, "db"));
    assert_false(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    bench_done(&b);
}

static void vanished_while_not_watching(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", "metadata.name%3Ddb&limit", 1, 200,
                        LIST(SPEC("db", "5", "SecretStore", "st")));
    kube_fixture_answer(b.f, "GET", "metadata.name%3Dst&limit", 1, 200, LIST(NAMED_STORE("st")));
    kube_fixture_answer(b.f, "GET", "&limit", 0, 200, LIST(""));
    kube_fixture_stream(b.f, "watch=1", "");
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_step(b.w);
    http_fake_push(b.f->http, "watch=1", "{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n");
    watch_kube_step(b.w);
    assert_true(has_spec(&b, "db")); /* kept until the new list says otherwise */
    clock_fake_advance_ns(&b.f->clock, NS_PER_S);
    watch_kube_step(b.w);
    assert_false(has_spec(&b, "db"));
    assert_false(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    bench_done(&b);
}

/* The thread answers while a caller waits. */
static void stepper(void *arg)
{
    struct bench *b = arg;
    watch_kube_step(b->w);
}

struct get_row {
    const char *name;
    int status;       /* of the list of "db" */
    const char *list; /* its body */
    int store_status; /* of the list of "st" */
    int cls;          /* -1: found */
    const char *text; /* part of the error */
};

static const struct get_row get_rows[] = {
    {"found", 200, LIST(SPEC("db", "5", "SecretStore", "st")), 200, -1, NULL},
    {"does not exist", 200, LIST(""), 200, ERR_NOT_FOUND, "\"shop/db\" does not exist"},
    {"denied", 403, "{}", 200, ERR_DENIED, "externalsecrets"},
    {"its store is denied", 200, LIST(SPEC("db", "5", "SecretStore", "st")), 403, ERR_DENIED,
     "secretstores"},
    {"server fails until the deadline", 500, "{}", 200, ERR_UNAVAILABLE, "500"},
};

static void one_get(void **state)
{
    const struct get_row *r = *state;
    struct bench b;
    CLEANUP(spec) struct spec *spec = NULL;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", "metadata.name%3Ddb&limit", 0, r->status, r->list);
    kube_fixture_answer(b.f, "GET", "metadata.name%3Dst&limit", 0, r->store_status,
                        LIST(NAMED_STORE("st")));
    kube_fixture_stream(b.f, "watch=1", "");
    watch_kube_volume_added(b.w, "shop", "db");
    struct thread *t = thread_start("stepper", stepper, &b);
    thread_join(t);
    struct deadline dl = deadline_in(clock_system(), 50 * NS_PER_MS);
    struct err *e = watch_kube_get(b.w, "shop", "db", &dl, &spec);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    if (e)
        assert_non_null(strstr(err_text(e), r->text));
    else
        assert_string_equal(spec->meta.name, "db");
    err_free(e);
    watch_kube_release(b.w, "shop", "db");
    watch_kube_volume_removed(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_false(has_spec(&b, "db"));
    bench_done(&b);
}

static void no_answer_at_all(void **state)
{
    struct bench b;
    CLEANUP(spec) struct spec *spec = NULL;
    (void)state;
    bench_init(&b);
    struct deadline dl = deadline_in(clock_system(), 20 * NS_PER_MS);
    struct err *e = watch_kube_get(b.w, "shop", "db", &dl, &spec);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    err_free(e);
    watch_kube_release(b.w, "shop", "db");
    bench_done(&b);
}

/* A real thread, a real wait: the answer comes while the caller sleeps. */
static void waits_for_the_thread(void **state)
{
    struct bench b;
    CLEANUP(spec) struct spec *spec = NULL;
    (void)state;
    bench_init(&b);
    serve_db(&b);
    watch_kube_start(b.w);
    struct deadline dl = deadline_in(clock_system(), 20 * NS_PER_S);
    assert_null(watch_kube_get(b.w, "shop", "db", &dl, &spec));
    assert_true(has_store(&b, STORE_NAMESPACED, "shop", "st"));
    watch_kube_stop(b.w);
    bench_done(&b);
}

static void failures_are_reported(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", "limit", 0, 403, "{}");
    watch_kube_volume_added(b.w, "shop", "db");
    watch_kube_step(b.w);
    assert_int_equal(b.failures, 1);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(follows_a_volume),
        cmocka_unit_test(nothing_wanted_is_synced),
        cmocka_unit_test(follows_a_change_of_store),
        cmocka_unit_test(shared_store_is_watched_once),
        cmocka_unit_test(deleted_object),
        cmocka_unit_test(vanished_while_not_watching),
        cmocka_unit_test(no_answer_at_all),
        cmocka_unit_test(waits_for_the_thread),
        cmocka_unit_test(failures_are_reported),
    };
    return TABLE_RUN("watch_kube_get", get_rows, one_get) + GROUP_RUN("watch_kube", others);
}
