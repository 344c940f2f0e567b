/* What an agent knows of ClusterExternalSecrets, namespaces and ExternalSecrets, and when. */

#include "watch/watch_fan_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define SPEC(name, uid) "{\"metadata\":{\"name\":\"" name "\",\"uid\":\"" uid "\"},\"spec\":{}}"
#define SPACE(name, more) "{\"metadata\":{\"name\":\"" name "\"" more "}}"
#define OWNER(uid, kind, controller)                                                               \
    ",\"ownerReferences\":[{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"" kind            \
    "\",\"name\":\"db\",\"uid\":\"" uid "\"" controller "}]"
#define CONTROLLED(uid) OWNER(uid, "ClusterExternalSecret", ",\"controller\":true")
#define CHILD(ns, name, more)                                                                      \
    "{\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name "\",\"uid\":\"c1\"" more "}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define SPECS "/v1/clusterexternalsecrets?"
#define SPACES "/v1/namespaces?"
#define CHILDREN "/v1/externalsecrets?"

struct bench {
    struct kube_fixture *f;
    struct watch_fan_out *w;
    struct fan_out_picture *picture; /* of the last round */
    const char *our_uid;
    unsigned rounds, failures;
    uint64_t due_ns;
};

static bool is_ours(void *ctx, const char *uid)
{
    const struct bench *b = ctx;
    return strcmp(b->our_uid, uid) == 0;
}

static uint64_t on_round(void *ctx, struct fan_out_picture *picture)
{
    struct bench *b = ctx;
    b->rounds++;
    b->picture = picture;
    return b->due_ns;
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_non_null(what);
    assert_non_null(e);
    b->failures++;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){.f = kube_fixture_new(), .our_uid = "u1", .due_ns = UINT64_MAX};
    kube_fixture_serve_external_secrets(b->f);
    kube_set_refuses_streaming_lists(b->f->k);
    b->w = watch_fan_out_new(&(struct watch_fan_out_options){
        .kube = b->f->k, .is_ours = is_ours, .round = on_round, .failed = on_failed, .ctx = b});
}

static void bench_done(struct bench *b)
{
    watch_fan_out_free(b->w);
    assert_int_equal(http_fake_open_streams(b->f->http), 0);
    kube_fixture_free(b->f);
}

static void serve(struct bench *b)
{
    kube_fixture_answer(b->f, "GET", SPECS "limit", 0, 200,
                        LIST(SPEC("db", "u1") "," SPEC("other", "u2")));
    kube_fixture_answer(b->f, "GET", SPACES "limit", 0, 200,
                        LIST(SPACE("shop", ",\"labels\":{\"a\":\"b\"}") "," SPACE(
                            "web", ",\"deletionTimestamp\":\"x\"")));
    kube_fixture_answer(b->f, "GET", CHILDREN "limit", 0, 200,
                        LIST(CHILD("shop", "db", CONTROLLED("u1")) "," CHILD("shop", "mine", "")));
    kube_fixture_stream(b->f, "watch=1", "");
}

/* Rounds until the picture is at rest. */
static void settle(struct bench *b)
{
    while (watch_fan_out_step(b->w) == 0)
        continue;
}

static const struct fan_out_child *child(const struct bench *b, const char *key)
{
    return map_get(b->picture->children, key);
}

static void sees_what_it_needs(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    settle(&b);
    assert_int_equal(http_fake_count(b.f->http), 0); /* nothing is held */
    watch_fan_out_update(b.w, 1);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    assert_int_equal(b.picture->specs->n, 2);
    assert_true(b.picture->is_complete);
    const struct fan_out_namespace *shop = map_get(b.picture->namespaces, "shop");
    const struct fan_out_namespace *web = map_get(b.picture->namespaces, "web");
    assert_string_equal(map_get(shop->labels, "a"), "b");
    assert_true(web->is_deleting && !shop->is_deleting);
    assert_string_equal(child(&b, "shop/db")->owner_uid, "u1");
    assert_null(child(&b, "shop/mine")->owner_uid);
    assert_non_null(strstr(kube_fixture_last(b.f, "GET", SPACES "limit")->headers,
                           "as=PartialObjectMetadataList;"));
    assert_non_null(strstr(kube_fixture_last(b.f, "GET", CHILDREN "limit")->headers,
                           "as=PartialObjectMetadataList;"));
    watch_fan_out_update(b.w, 0);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    assert_int_equal(b.picture->specs->n + b.picture->namespaces->n + b.picture->children->n, 0);
    assert_false(b.picture->is_complete);
    bench_done(&b);
}

/* The rest of the cluster is looked at only for a ClusterExternalSecret of ours. */
static void none_of_ours_costs_one_watch(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    b.our_uid = "u3";
    watch_fan_out_update(b.w, 1);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 1);
    assert_int_equal(kube_fixture_count(b.f, NULL, SPACES), 0);
    b.our_uid = "u2"; /* another share is ours now */
    watch_fan_out_update(b.w, 2);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    http_fake_push(b.f->http, SPECS "watch", EVENT("DELETED", SPEC("other", "u2")));
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 1);
    bench_done(&b);
}

static void a_kind_that_is_not_there_costs_a_look(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", SPECS "limit=1", 2, 404, "{}");
    watch_fan_out_update(b.w, 1);
    settle(&b);
    settle(&b);
    assert_int_equal(kube_fixture_count(b.f, NULL, SPECS), 1);
    assert_int_equal(watch_fan_out_step(b.w), clock_mono_ns(&b.f->clock.clock) + FAN_OUT_LOOK_NS);
    clock_fake_advance_ns(&b.f->clock, FAN_OUT_LOOK_NS);
    settle(&b);
    assert_int_equal(kube_fixture_count(b.f, NULL, SPECS), 2);
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    serve(&b); /* somebody has installed it */
    clock_fake_advance_ns(&b.f->clock, FAN_OUT_LOOK_NS);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 3);
    assert_int_equal(b.failures, 0);
    bench_done(&b);
}

static void a_kind_that_goes_is_looked_for(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", SPECS "limit=1", 1, 200, LIST(""));
    kube_fixture_answer(b.f, "GET", SPECS "limit", 0, 404, "{}");
    watch_fan_out_update(b.w, 1);
    settle(&b);
    settle(&b);
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    assert_int_equal(b.failures, 0);
    size_t n = http_fake_count(b.f->http);
    settle(&b);
    assert_int_equal(http_fake_count(b.f->http), n);
    bench_done(&b);
}

static void a_missing_right_is_told_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", SPACES "limit", 2, 403, "{}");
    serve(&b);
    watch_fan_out_update(b.w, 1);
    settle(&b);
    assert_string_equal(b.picture->denied, "namespaces");
    assert_false(b.picture->is_complete);
    clock_fake_advance_ns(&b.f->clock, 2 * NS_PER_S);
    settle(&b);
    assert_int_equal(b.failures, 1);
    uint64_t changes = b.picture->changes;
    clock_fake_advance_ns(&b.f->clock, 4 * NS_PER_S);
    settle(&b);
    assert_null(b.picture->denied);
    assert_true(b.picture->is_complete);
    assert_true(b.picture->changes > changes);
    bench_done(&b);
}

struct change_row {
    const char *name, *stream, *event;
    bool is_change;
};

static const struct change_row change_rows[] = {
    {"a spec", SPECS "watch", EVENT("MODIFIED", SPEC("db", "u1")), true},
    {"a namespace", SPACES "watch", EVENT("ADDED", SPACE("new", "")), true},
    {"its labels", SPACES "watch", EVENT("MODIFIED", SPACE("shop", ",\"labels\":{}")), true},
    {"its deletion", SPACES "watch",
     EVENT("MODIFIED", SPACE("shop", ",\"labels\":{\"a\":\"b\"},\"deletionTimestamp\":\"x\"")),
     true},
    {"its annotations", SPACES "watch",
     EVENT("MODIFIED", SPACE("shop", ",\"labels\":{\"a\":\"b\"},\"annotations\":{\"c\":\"d\"}")),
     false},
    {"its end", SPACES "watch", EVENT("DELETED", SPACE("shop", "")), true},
    {"a child's status", CHILDREN "watch",
     EVENT("MODIFIED", CHILD("shop", "db", CONTROLLED("u1") ",\"resourceVersion\":\"99\"")), false},
    {"a child's spec", CHILDREN "watch",
     EVENT("MODIFIED", CHILD("shop", "db", CONTROLLED("u1") ",\"generation\":2")), true},
    {"a child's labels", CHILDREN "watch",
     EVENT("MODIFIED", CHILD("shop", "db", CONTROLLED("u1") ",\"labels\":{\"a\":\"b\"}")), true},
    {"a child's annotations", CHILDREN "watch",
     EVENT("MODIFIED", CHILD("shop", "db", CONTROLLED("u1") ",\"annotations\":{\"a\":\"b\"}")),
     true},
    {"a child's owner", CHILDREN "watch", EVENT("MODIFIED", CHILD("shop", "db", "")), true},
    {"a child's end", CHILDREN "watch", EVENT("DELETED", CHILD("shop", "db", "")), true},
    {"a foreign one's spec", CHILDREN "watch",
     EVENT("MODIFIED", CHILD("shop", "mine", ",\"generation\":2")), false},
    {"a foreign one's end", CHILDREN "watch", EVENT("DELETED", CHILD("shop", "mine", "")), true},
    {"an unknown one's end", CHILDREN "watch", EVENT("DELETED", CHILD("shop", "no", "")), false},
};

static void one_change(void **state)
{
    const struct change_row *r = *state;
    struct bench b;
    bench_init(&b);
    serve(&b);
    watch_fan_out_update(b.w, 1);
    settle(&b);
    uint64_t changes = b.picture->changes;
    assert_int_equal(http_fake_push(b.f->http, r->stream, r->event), 1);
    settle(&b);
    assert_int_equal(b.picture->changes > changes, r->is_change);
    bench_done(&b);
}

struct owner_row {
    const char *name, *more;
    bool is_controlled;
};

static const struct owner_row owner_rows[] = {
    {"nobody", "", false},
    {"a ClusterExternalSecret", CONTROLLED("u1"), true},
    {"one that is no controller", OWNER("u1", "ClusterExternalSecret", ""), false},
    {"another kind", OWNER("u1", "ClusterSecretStore", ",\"controller\":true"), false},
    {"another group",
     ",\"ownerReferences\":[{\"apiVersion\":\"external-secrets.io.evil/v1\",\"kind\":"
     "\"ClusterExternalSecret\",\"name\":\"db\",\"uid\":\"u1\",\"controller\":true}]",
     false},
    {"the older version",
     ",\"ownerReferences\":[{\"apiVersion\":\"external-secrets.io/v1beta1\",\"kind\":"
     "\"ClusterExternalSecret\",\"name\":\"db\",\"uid\":\"u1\",\"controller\":true}]",
     true},
};

static void one_owner(void **state)
{
    const struct owner_row *r = *state;
    struct bench b;
    bench_init(&b);
    serve(&b);
    watch_fan_out_update(b.w, 1);
    settle(&b);
    CLEANUP_STR char *text = xasprintf(
        "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"x\",\"uid\":\"c\"%s}}", r->more);
    CLEANUP(json) struct json *obj = NULL;
    assert_null(json_parse(text, strlen(text), &obj));
    fan_out_picture_put(b.picture, obj);
    assert_int_equal(child(&b, "shop/x")->owner_uid != NULL, r->is_controlled);
    fan_out_picture_remove(b.picture, "shop", "x");
    assert_null(child(&b, "shop/x"));
    bench_done(&b);
}

static void wants_to_come_again(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    b.due_ns = 5;
    assert_int_equal(watch_fan_out_step(b.w), 5);
    bench_done(&b);
}

static void thread_starts_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    watch_fan_out_start(b.w);
    watch_fan_out_update(b.w, 1);
    for (int i = 0; i < 2000 && http_fake_open_streams(b.f->http) < 3; i++) {
        struct deadline dl = deadline_in(clock_system(), 2 * NS_PER_MS);
        kube_waiter_system()->wait(NULL, 2 * NS_PER_MS, &dl);
    }
    watch_fan_out_stop(b.w);
    watch_fan_out_stop(b.w);
    assert_true(b.picture->is_complete);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_what_it_needs),
        cmocka_unit_test(none_of_ours_costs_one_watch),
        cmocka_unit_test(a_kind_that_is_not_there_costs_a_look),
        cmocka_unit_test(a_kind_that_goes_is_looked_for),
        cmocka_unit_test(a_missing_right_is_told_once),
        cmocka_unit_test(wants_to_come_again),
        cmocka_unit_test(thread_starts_and_stops),
    };
    return TABLE_RUN("watch_fan_out_changes", change_rows, one_change) +
           TABLE_RUN("watch_fan_out_owners", owner_rows, one_owner) +
           GROUP_RUN("watch_fan_out", tests);
}
