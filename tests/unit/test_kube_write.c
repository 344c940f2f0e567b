/* Apply, patch, create, replace, delete; access reviews; a Secret's key; the fence; a status. */

#include "kube/kube_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_fence.h"
#include "kube/kube_secret.h"
#include "kube/kube_status.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define ADMISSION                                                                                  \
    "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"details\":{\"causes\":[{\"message\":\"m\"}]}" \
    "}"
#define RBAC "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"details\":{\"name\":\"x\"}}"

static const struct kube_target secret_db = {.resource = &kube_secrets, .ns = "shop", .name = "db"};

static void apply_asks_for_metadata(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    struct kube_outcome o;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "PATCH", "/secrets/db?", 1, 201, "{\"metadata\":{}}");
    const struct kube_apply a = {.target = secret_db,
                                 .field_manager = "me/too",
                                 .is_forced = true,
                                 .is_dry_run = true,
                                 .body = secret_view_of("{}", 2)};
    assert_null(kube_apply(f->k, &a, &dl, &o, &reply));
    assert_int_equal(o.code, 201);
    const struct http_fake_request *sent = http_fake_at(f->http, 0);
    assert_non_null(strstr(sent->url, "?fieldManager=me%2Ftoo&force=true&dryRun=All"));
    assert_non_null(strstr(sent->headers, "Content-Type: application/apply-patch+yaml\n"));
    assert_non_null(strstr(sent->headers, "as=PartialObjectMetadata;"));
    assert_true(sent->is_secret);
    assert_string_equal(sent->body, "{}");
}

static void apply_conflict(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    struct kube_outcome o;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "PATCH", NULL, 0, 409, "{}");
    const struct kube_apply a = {.target = secret_db, .field_manager = "me"};
    struct err *e = kube_apply(f->k, &a, &dl, &o, &reply);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_CONFLICT);
    assert_null(strstr(http_fake_at(f->http, 0)->url, "force"));
    err_free(e);
}

#define OBJECT(conditions)                                                                         \
    "{\"metadata\":{\"resourceVersion\":\"7\"},\"status\":{\"refreshTime\":\"x\",\"conditions\":"  \
    "[" conditions "]}}"
#define READY "{\"type\":\"Ready\",\"status\":\"True\"}"
#define ADDED                                                                                      \
    "{\"type\":\"a.b/Back\",\"status\":\"True\",\"reason\":\"R\",\"message\":\"m\","               \
    "\"lastTransitionTime\":\"1970-01-01T00:00:05Z\"}"

struct condition_row {
    const char *name;
    const char *object;
    int get_status, status;
    const char *conditions; /* that are sent; NULL: nothing is */
    int cls;                /* -1: success */
};

static const struct condition_row condition_rows[] = {
    {"beside another", OBJECT(READY), 200, 200, READY "," ADDED, -1},
    {"in place of its own", OBJECT("{\"type\":\"a.b/Back\",\"status\":\"False\"}," READY), 200, 200,
     READY "," ADDED, -1},
    {"alone", OBJECT(""), 200, 200, ADDED, -1},
    {"changed meanwhile", OBJECT(READY), 200, 409, READY "," ADDED, ERR_CONFLICT},
    {"gone", "{}", 404, 200, NULL, ERR_NOT_FOUND},
    {"not ours to read", "{}", 403, 200, NULL, ERR_DENIED},
};

static void one_condition(void **state)
{
    const struct condition_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    const struct kube_condition c = {"True", "R", "m", 5};
    kube_fixture_answer(f, "GET", "/secrets/db", 0, r->get_status, r->object);
    kube_fixture_answer(f, "PATCH", "/secrets/db/status?fieldManager=other", 0, r->status, "{}");
    CLEANUP(err)
    struct err *e = kube_status_add_condition(f->k, &secret_db, "a.b/Back", &c, "other", &dl);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    if (!r->conditions) {
        assert_int_equal(kube_fixture_count(f, "PATCH", "/secrets/db"), 0);
        return;
    }
    CLEANUP_STR char *want =
        xasprintf("{\"metadata\":{\"resourceVersion\":\"7\"},\"status\":{\"conditions\":[%s]}}",
                  r->conditions);
    assert_string_equal(kube_fixture_last(f, "PATCH", "/secrets/db")->body, want);
}

struct finalizer_row {
    const char *name;
    const char *finalizers;
    int status;
    const char *body;
    int cls; /* -1: success */
};

#define VERSION_7 "{\"metadata\":{\"resourceVersion\":\"7\",\"finalizers\":["

static const struct finalizer_row finalizer_rows[] = {
    {"one is left", "[\"a/b\"]", 200, VERSION_7 "\"a/b\"]}}", -1},
    {"none is left", "[]", 200, VERSION_7 "]}}", -1},
    {"changed meanwhile", "[]", 409, VERSION_7 "]}}", ERR_CONFLICT},
    {"gone", "[]", 404, VERSION_7 "]}}", ERR_NOT_FOUND},
    {"denied", "[]", 403, VERSION_7 "]}}", ERR_DENIED},
};

static void one_finalizer(void **state)
{
    const struct finalizer_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(json) struct json *list = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    assert_null(json_parse(r->finalizers, strlen(r->finalizers), &list));
    kube_fixture_answer(f, "PATCH", "/secrets/db", 0, r->status, "{}");
    CLEANUP(err) struct err *e = kube_set_finalizers(f->k, &secret_db, "7", list, &dl);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    const struct http_fake_request *sent = http_fake_at(f->http, 0);
    assert_non_null(strstr(sent->headers, "Content-Type: application/merge-patch+json\n"));
    assert_string_equal(sent->body, r->body);
}

struct delete_row {
    const char *name;
    int status;
    int cls; /* -1: success */
};

static const struct delete_row delete_rows[] = {
    {"deleted", 200, -1},
    {"absent is success", 404, -1},
    {"another object has the name", 409, ERR_CONFLICT},
    {"denied", 403, ERR_DENIED},
};

static void one_delete(void **state)
{
    const struct delete_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    kube_fixture_answer(f, "DELETE", "/secrets/db", 0, r->status, "{}");
    struct err *e = kube_delete(f->k, &secret_db, "u-1", &dl);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    assert_non_null(strstr(http_fake_at(f->http, 0)->body, "\"preconditions\":{\"uid\":\"u-1\"}"));
    err_free(e);
}

static void create_and_replace(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(json) struct json *body = json_new_map();
    CLEANUP(json) struct json *out = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    const struct kube_target all = {.resource = &kube_leases_resource, .ns = "a"};
    const struct kube_target one = {.resource = &kube_leases_resource, .ns = "a", .name = "l"};
    (void)state;
    kube_fixture_answer(f, "POST", "/leases", 1, 201, "{\"a\":1}");
    kube_fixture_answer(f, "POST", "/leases", 1, 409, "{}");
    kube_fixture_answer(f, "PUT", "/leases/l", 1, 200, "no json");
    assert_null(kube_create(f->k, &all, body, &dl, &out));
    assert_int_equal(json_path_int(out, "a", 0), 1);
    struct err *e = kube_create(f->k, &all, body, &dl, NULL);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_CONFLICT);
    err_free(e);
    e = kube_replace(f->k, &one, body, &dl, &out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

static void merge_keeps_secrets_locked(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "PATCH", "/secrets/db", 1, 200, "{}");
    assert_null(
        kube_merge(f->k, &secret_db, secret_view_of("{\"a\":1}", 7), false, &dl, NULL, &reply));
    assert_true(http_fake_at(f->http, 0)->is_secret);
    assert_non_null(strstr(http_fake_at(f->http, 0)->headers, "merge-patch+json"));
    assert_int_equal(secret_buf_size(reply), 2);
}

struct may_row {
    const char *name, *reply;
    bool want;
};

static const struct may_row may_rows[] = {
    {"yes", "{\"status\":{\"allowed\":true}}", true},
    {"no", "{\"status\":{\"allowed\":false}}", false},
    {"no word is no", "{\"status\":{}}", false},
};

static void one_may(void **state)
{
    const struct may_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    bool may = !r->want;
    kube_fixture_answer(f, "POST", "/selfsubjectaccessreviews", 0, 201, r->reply);
    assert_null(kube_may(f->k, "get", &secret_db, &dl, &may));
    assert_int_equal(may, r->want);
    const char *body = http_fake_at(f->http, 0)->body;
    assert_non_null(strstr(body, "\"verb\":\"get\""));
    assert_non_null(strstr(body, "\"resource\":\"secrets\""));
    assert_non_null(strstr(body, "\"namespace\":\"shop\""));
    assert_non_null(strstr(body, "\"name\":\"db\""));
}

static void get_tree(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(json) struct json *out = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    const struct kube_target t = {.resource = &kube_leases_resource, .ns = "a", .name = "l"};
    (void)state;
    kube_fixture_answer(f, "GET", "/leases/l", 1, 200, "{\"a\":2}");
    kube_fixture_answer(f, "GET", "/leases/l", 1, 404, "{}");
    assert_null(kube_get(f->k, &t, &dl, &out));
    assert_int_equal(json_path_int(out, "a", 0), 2);
    struct err *e = kube_get(f->k, &t, &dl, &out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    err_free(e);
}

struct key_row {
    const char *name;
    int status;
    const char *reply;
    const char *want; /* value, or part of the error */
    int cls;          /* -1: success */
};

static const struct key_row key_rows[] = {
    {"a value", 200, "{\"data\":{\"k\":\"aGk=\"}}", "hi", -1},
    {"an empty value", 200, "{\"data\":{\"k\":\"\"}}", "", -1},
    {"no such key", 200, "{\"data\":{\"x\":\"aGk=\"}}", "no key \"k\"", ERR_NOT_FOUND},
    {"no data", 200, "{}", "no key \"k\"", ERR_NOT_FOUND},
    {"not base64", 200, "{\"data\":{\"k\":\"*\"}}", "key \"k\"", ERR_INVALID},
    {"no JSON", 200, "x", "Secret \"db\"", ERR_INVALID},
    {"no such Secret", 404, "{}", "404", ERR_NOT_FOUND},
    {"denied names the Role", 403, RBAC, "resourceNames [\"db\"]", ERR_DENIED},
};

static void one_key(void **state)
{
    const struct key_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    kube_fixture_answer(f, "GET", "/namespaces/shop/secrets/db", 0, r->status, r->reply);
    struct err *e = kube_secret_get(f->k, "shop", "db", "k", &dl, &out);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    assert_true(http_fake_at(f->http, 0)->is_secret);
    if (e)
        assert_non_null(strstr(err_text(e), r->want));
    else
        assert_true(
            secret_view_equal(secret_buf_view(out), secret_view_of(r->want, strlen(r->want))));
    err_free(e);
}

struct fence_row {
    const char *name;
    int status;
    const char *reply;
    int cls; /* -1: success */
    bool stands;
};

static const struct fence_row fence_rows[] = {
    {"refused by the policy", 403, ADMISSION, -1, true},
    {"nobody objects", 201, "{}", -1, false},
    {"we may not write at all", 403, RBAC, ERR_DENIED, false},
    {"server down", 503, "", ERR_UNAVAILABLE, false},
};

static void one_fence(void **state)
{
    const struct fence_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    bool stands = !r->stands;
    metric_reset();
    kube_fixture_answer(f, "PATCH", "/namespaces/ours/secrets/", 0, r->status, r->reply);
    struct err *e = kube_fence_check(f->k, &dl, &stands);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    assert_non_null(strstr(http_fake_at(f->http, 0)->url, "dryRun=All"));
    assert_null(strstr(http_fake_at(f->http, 0)->body, "managed"));
    if (!e) {
        assert_int_equal(stands, r->stands);
        assert_true(metric_value(METRIC_FENCE_STANDS, NULL, NULL, NULL) == r->stands);
    }
    err_free(e);
}

static const struct kube_status full_status = {
    .ready = {.status = "True",
              .reason = "SecretSynced",
              .message = "secret synced",
              .transition_unix_s = CLOCK_FAKE_UNIX_S},
    .refresh_unix_s = CLOCK_FAKE_UNIX_S + 1,
    .synced_resource_version = "1-ab",
    .binding_name = "db",
    .capabilities = "ReadOnly",
};

static void status_is_written_whole(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    const struct kube_target t = {.resource = &kube_external_secrets, .ns = "a", .name = "b"};
    (void)state;
    metric_reset();
    kube_fixture_serve_external_secrets(f);
    kube_fixture_answer(f, "PATCH", "/v1/namespaces/a/externalsecrets/b/status", 0, 200, "{}");
    assert_null(kube_status_write(f->k, &t, &full_status, &dl));
    assert_string_equal(
        kube_fixture_last(f, "PATCH", "/status")->body,
        "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":"
        "\"SecretSynced\",\"message\":\"secret synced\",\"lastTransitionTime\":"
        "\"2026-01-02T03:04:05Z\"}],\"refreshTime\":\"2026-01-02T03:04:06Z\","
        "\"syncedResourceVersion\":\"1-ab\",\"capabilities\":\"ReadOnly\","
        "\"binding\":{\"name\":\"db\"}}}");
}

static void status_of_what_is_gone(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    const struct kube_target t = {.resource = &kube_external_secrets, .ns = "a", .name = "b"};
    const struct kube_status status = {.ready = full_status.ready};
    (void)state;
    kube_fixture_serve_external_secrets(f);
    kube_fixture_answer(f, "PATCH", "/status", 0, 404, "{}");
    struct err *e = kube_status_write(f->k, &t, &status, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    assert_null(strstr(kube_fixture_last(f, "PATCH", "/status")->body, "refreshTime"));
    err_free(e);
}

static void conditions_compare(void **state)
{
    struct kube_condition a = full_status.ready;
    struct kube_condition b = full_status.ready;
    (void)state;
    b.transition_unix_s++;
    assert_true(kube_condition_equal(&a, &b));
    b.message = "other";
    assert_false(kube_condition_equal(&a, &b));
    b.message = NULL;
    a.message = NULL;
    assert_false(kube_condition_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(apply_asks_for_metadata),
        cmocka_unit_test(apply_conflict),
        cmocka_unit_test(create_and_replace),
        cmocka_unit_test(merge_keeps_secrets_locked),
        cmocka_unit_test(get_tree),
        cmocka_unit_test(status_is_written_whole),
        cmocka_unit_test(status_of_what_is_gone),
        cmocka_unit_test(conditions_compare),
    };
    return TABLE_RUN("kube_status_add_condition", condition_rows, one_condition) +
           TABLE_RUN("kube_set_finalizers", finalizer_rows, one_finalizer) +
           TABLE_RUN("kube_delete", delete_rows, one_delete) +
           TABLE_RUN("kube_may", may_rows, one_may) +
           TABLE_RUN("kube_secret_get", key_rows, one_key) +
           TABLE_RUN("kube_fence_check", fence_rows, one_fence) + GROUP_RUN("kube_write", others);
}
