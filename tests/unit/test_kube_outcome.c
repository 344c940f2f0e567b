/* What the server says, and the error it becomes. */

#include "kube/kube_outcome.h"

#include <string.h>

#include "base/clock.h"
#include "base/str_buf.h"
#include "tests/support/table.h"

#define STATUS(more) "{\"kind\":\"Status\",\"message\":\"quotes SECRET\"," more "}"

struct row {
    const char *name;
    int code;
    const char *body;
    enum err_class cls;
    const char *text; /* part of the error */
    bool is_gone, is_admission;
    unsigned retry_s;
};

static const struct row rows[] = {
    {"not found", 404, STATUS("\"reason\":\"NotFound\""), ERR_NOT_FOUND,
     "patch secrets/status \"db\" in namespace \"shop\": 404 NotFound", false, false, 0},
    {"denied by RBAC", 403, STATUS("\"reason\":\"Forbidden\",\"details\":{\"name\":\"db\"}"),
     ERR_DENIED, "grant verb \"patch\" on resource \"secrets/status\" of API group \"\"", false,
     false, 0},
    {"denied by admission", 403,
     STATUS("\"reason\":\"Forbidden\",\"details\":{\"causes\":[{\"message\":\"SECRET\"}]}"),
     ERR_DENIED, "admission policy", false, true, 0},
    {"token refused", 401, STATUS("\"reason\":\"Unauthorized\""), ERR_DENIED, "our token", false,
     false, 0},
    {"conflict", 409, STATUS("\"reason\":\"Conflict\""), ERR_CONFLICT, "409 Conflict", false, false,
     0},
    {"invalid names the field", 422,
     STATUS("\"reason\":\"Invalid\",\"details\":{\"causes\":[{\"field\":\"data[a b]\"}]}"),
     ERR_INVALID, "422 Invalid in data[a b]", false, false, 0},
    {"bad request", 400, STATUS("\"reason\":\"BadRequest\""), ERR_INVALID, "400", false, false, 0},
    {"throttled", 429,
     STATUS("\"reason\":\"TooManyRequests\",\"details\":{"
            "\"retryAfterSeconds\":7}"),
     ERR_RATE_LIMITED, "429", false, false, 7},
    {"server error", 500, STATUS("\"reason\":\"InternalError\""), ERR_UNAVAILABLE, "500", false,
     false, 0},
    {"no Status at all", 503, "<html>", ERR_UNAVAILABLE, "503", false, false, 0},
    {"another kind is not read", 503, "{\"kind\":\"Pod\",\"reason\":\"Expired\"}", ERR_UNAVAILABLE,
     "503", false, false, 0},
    {"expired", 410, STATUS("\"reason\":\"Expired\""), ERR_CONFLICT, "410 Expired", true, false, 0},
    {"version too large", 504,
     STATUS("\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":"
            "\"ResourceVersionTooLarge\"}]}"),
     ERR_UNAVAILABLE, "504 Timeout", true, false, 0},
    {"precondition", 412, "", ERR_CONFLICT, "412", false, false, 0},
    {"a reason with control characters is dropped", 409, STATUS("\"reason\":\"Con\\u0007flict\""),
     ERR_CONFLICT, ": 409", false, false, 0},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    const struct kube_target t = {
        .resource = &kube_secrets, .ns = "shop", .name = "db", .subresource = "status"};
    struct kube_outcome o;
    kube_outcome_read(&o, r->code, secret_view_of(r->body, strlen(r->body)), 0);
    struct err *e = kube_outcome_err(&o, "patch", &t);
    assert_non_null(e);
    assert_int_equal(err_class(e), r->cls);
    assert_non_null(strstr(err_text(e), r->text));
    assert_null(strstr(err_text(e), "SECRET"));
    assert_int_equal(kube_outcome_is_gone(&o), r->is_gone);
    assert_int_equal(o.is_admission, r->is_admission);
    assert_int_equal(err_retry_after_ns(e), r->retry_s * NS_PER_S);
    err_free(e);
}

static void good_is_no_error(void **state)
{
    const struct kube_outcome o = {.code = 201};
    const struct kube_target t = {.resource = &kube_secrets};
    (void)state;
    assert_null(kube_outcome_err(&o, "patch", &t));
}

struct path_row {
    const char *name;
    struct kube_target target;
    const char *version;
    const char *want; /* NULL: INVALID */
};

static const struct path_row path_rows[] = {
    {"core object",
     {.resource = &kube_secrets, .ns = "shop", .name = "db"},
     "v1",
     "/api/v1/namespaces/shop/secrets/db"},
    {"group, all namespaces",
     {.resource = &kube_external_secrets},
     "v1beta1",
     "/apis/external-secrets.io/v1beta1/externalsecrets"},
    {"cluster scope ignores a namespace",
     {.resource = &kube_cluster_secret_stores, .ns = "shop", .name = "s"},
     "v1",
     "/apis/external-secrets.io/v1/clustersecretstores/s"},
    {"subresource and query",
     {.resource = &kube_external_secrets,
      .ns = "a",
      .name = "b",
      .subresource = "status",
      .query = "x=1"},
     "v1",
     "/apis/external-secrets.io/v1/namespaces/a/externalsecrets/b/status?x=1"},
    {"names are escaped",
     {.resource = &kube_secrets, .ns = "a/b", .name = "c?d"},
     "v1",
     "/api/v1/namespaces/a%2Fb/secrets/c%3Fd"},
    {"two dots", {.resource = &kube_secrets, .ns = "a", .name = ".."}, "v1", NULL},
    {"one dot", {.resource = &kube_secrets, .ns = ".", .name = "x"}, "v1", NULL},
    {"empty name", {.resource = &kube_secrets, .ns = "a", .name = ""}, "v1", NULL},
};

static void one_path(void **state)
{
    const struct path_row *r = *state;
    CLEANUP_STR_BUF struct str_buf path;
    str_buf_init(&path, KUBE_PATH_MAX);
    struct err *e = kube_path(&r->target, r->version, &path);
    if (r->want) {
        assert_null(e);
        assert_string_equal(path.s, r->want);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

static void long_name(void **state)
{
    char name[KUBE_NAME_MAX + 2];
    CLEANUP_STR_BUF struct str_buf path;
    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    str_buf_init(&path, KUBE_PATH_MAX);
    const struct kube_target t = {.resource = &kube_secrets, .ns = "a", .name = name};
    struct err *e = kube_path(&t, "v1", &path);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(good_is_no_error),
        cmocka_unit_test(long_name),
    };
    return TABLE_RUN("kube_outcome", rows, one_row) + TABLE_RUN("kube_path", path_rows, one_path) +
           GROUP_RUN("kube_outcome", others);
}
