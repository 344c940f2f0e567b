/* ExternalSecrets of a ClusterExternalSecret, as they are sent. */

#include "kube/kube_external_secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define META "{\"metadata\":{\"name\":\"app\",\"uid\":\"u2\"}}"
#define OWNERS                                                                                     \
    "[{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"ClusterExternalSecret\","              \
    "\"name\":\"db\",\"uid\":\"u1\",\"controller\":true,\"blockOwnerDeletion\":true}]"

struct bench {
    struct kube_fixture *f;
    struct json *spec;
    struct map *labels;
    struct map *annotations;
    struct kube_external_secret s;
    struct deadline dl;
};

static void bench_init(struct bench *b)
{
    *b = (struct bench){.f = kube_fixture_new(),
                        .spec = json_new_map(),
                        .labels = map_new(free),
                        .annotations = map_new(free)};
    kube_fixture_serve_external_secrets(b->f);
    json_set_text(b->spec, "refreshInterval", "1h");
    map_set(b->labels, "team", xstrdup("shop"));
    b->s = (struct kube_external_secret){.ns = "shop",
                                         .name = "app",
                                         .spec = b->spec,
                                         .labels = b->labels,
                                         .annotations = b->annotations,
                                         .owner_name = "db",
                                         .owner_uid = "u1"};
    b->dl = kube_fixture_in(b->f, 30);
}

static void bench_done(struct bench *b)
{
    json_free(b->spec);
    map_free(b->labels);
    map_free(b->annotations);
    kube_fixture_free(b->f);
}

static void assert_body(const struct http_fake_request *r, const char *want)
{
    CLEANUP(json) struct json *sent = NULL;
    CLEANUP(json) struct json *wanted = NULL;
    assert_null(json_parse(r->body, r->body_n, &sent));
    assert_null(json_parse(want, strlen(want), &wanted));
    if (!json_equal(sent, wanted))
        assert_string_equal(r->body, want);
}

static void create_names_its_owner(void **state)
{
    struct bench b;
    CLEANUP(json) struct json *out = NULL;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "POST", "/v1/namespaces/shop/externalsecrets", 1, 201, META);
    assert_null(kube_external_secret_create(b.f->k, &b.s, &b.dl, &out));
    assert_string_equal(json_path_text(out, "metadata.uid"), "u2");
    const struct http_fake_request *sent = kube_fixture_last(b.f, "POST", "/externalsecrets");
    assert_non_null(strstr(sent->url, "?fieldManager=" KUBE_FAN_OUT_MANAGER));
    assert_non_null(strstr(sent->headers, "as=PartialObjectMetadata;"));
    assert_body(sent, "{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"ExternalSecret\","
                      "\"metadata\":{\"name\":\"app\",\"namespace\":\"shop\",\"labels\":{\"team\":"
                      "\"shop\"},\"annotations\":{},\"ownerReferences\":" OWNERS
                      "},\"spec\":{\"refreshInterval\":\"1h\"}}");
    bench_done(&b);
}

static void replace_tests_the_uid_first(void **state)
{
    struct bench b;
    CLEANUP(json) struct json *out = NULL;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "PATCH", "/externalsecrets/app?", 1, 200, META);
    assert_null(kube_external_secret_replace(b.f->k, &b.s, "u2", false, &b.dl, &out));
    const struct http_fake_request *sent = kube_fixture_last(b.f, "PATCH", "/externalsecrets/app");
    assert_non_null(strstr(sent->headers, "Content-Type: " KUBE_JSON_PATCH_TYPE "\n"));
    assert_body(sent,
                "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u2\"},"
                "{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"team\":\"shop\"}},"
                "{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{}},"
                "{\"op\":\"add\",\"path\":\"/spec\",\"value\":{\"refreshInterval\":\"1h\"}}]");
    bench_done(&b);
}

static void replace_takes_over(void **state)
{
    struct bench b;
    CLEANUP(json) struct json *out = NULL;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "PATCH", "/externalsecrets/app?", 1, 200, META);
    assert_null(kube_external_secret_replace(b.f->k, &b.s, "u2", true, &b.dl, &out));
    assert_non_null(strstr(kube_fixture_last(b.f, "PATCH", "app")->body,
                           "\"/metadata/ownerReferences\",\"value\":" OWNERS));
    bench_done(&b);
}

struct error_row {
    const char *name;
    int status;
    const char *body;
    enum http_fake_fault fault;
    enum err_class create, replace;
};

static const struct error_row error_rows[] = {
    {"exists, or has changed", 409, "{}", HTTP_FAKE_NONE, ERR_CONFLICT, ERR_CONFLICT},
    {"forbidden", 403, "{}", HTTP_FAKE_NONE, ERR_DENIED, ERR_DENIED},
    {"not as its definition wants it", 422, "{}", HTTP_FAKE_NONE, ERR_INVALID, ERR_INVALID},
    {"gone", 404, "{}", HTTP_FAKE_NONE, ERR_NOT_FOUND, ERR_NOT_FOUND},
    {"a reply that is no JSON", 200, "no", HTTP_FAKE_NONE, ERR_INVALID, ERR_INVALID},
    {"no server", 0, NULL, HTTP_FAKE_REFUSED, ERR_UNAVAILABLE, ERR_UNAVAILABLE},
    {"a silent server", 0, NULL, HTTP_FAKE_SLOW, ERR_DEADLINE, ERR_DEADLINE},
};

static void fails(void **state)
{
    const struct error_row *r = *state;
    struct bench b;
    CLEANUP(json) struct json *out = NULL;
    bench_init(&b);
    http_fake_add(b.f->http, &(struct http_fake_rule){.url = "/externalsecrets",
                                                      .status = r->status,
                                                      .fault = r->fault,
                                                      .body = r->body});
    CLEANUP(err) struct err *created = kube_external_secret_create(b.f->k, &b.s, &b.dl, &out);
    b.dl = kube_fixture_in(b.f, 30);
    CLEANUP(err)
    struct err *replaced = kube_external_secret_replace(b.f->k, &b.s, "u2", false, &b.dl, &out);
    assert_null(out);
    assert_non_null(created);
    assert_non_null(replaced);
    assert_int_equal(err_class(created), r->create);
    assert_int_equal(err_class(replaced), r->replace);
    bench_done(&b);
}

/* The owner's version has to be known before anything is sent. */
static void no_such_group(void **state)
{
    struct bench b;
    CLEANUP(json) struct json *out = NULL;
    (void)state;
    bench_init(&b);
    CLEANUP(kube_fixture) struct kube_fixture *bare = kube_fixture_new();
    kube_fixture_answer(bare, "GET", "/apis/external-secrets.io", 0, 404, "{}");
    CLEANUP(err) struct err *created = kube_external_secret_create(bare->k, &b.s, &b.dl, &out);
    CLEANUP(err)
    struct err *replaced = kube_external_secret_replace(bare->k, &b.s, "u2", true, &b.dl, &out);
    assert_int_equal(err_class(created), ERR_NOT_FOUND);
    assert_int_equal(err_class(replaced), ERR_NOT_FOUND);
    assert_int_equal(kube_fixture_count(bare, NULL, "/externalsecrets"), 0);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_names_its_owner),
        cmocka_unit_test(replace_tests_the_uid_first),
        cmocka_unit_test(replace_takes_over),
        cmocka_unit_test(no_such_group),
    };
    return TABLE_RUN("kube_external_secret_errors", error_rows, fails) +
           GROUP_RUN("kube_external_secret", tests);
}
