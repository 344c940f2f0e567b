/* All keys of one Secret, and of those with labels. A single key: test_kube_write.c. */

#include "kube/kube_secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define DB "{\"metadata\":{\"name\":\"db\"},\"data\":{\"user\":\"YW5u\",\"pass\":\"cHc=\"}}"
#define WEB "{\"metadata\":{\"name\":\"web\"},\"data\":{\"k\":\"\"}}"
#define LIST(meta, items) "{\"metadata\":{" meta "},\"items\":[" items "]}"

struct row {
    const char *name;
    int status;
    const char *body;
    int cls;          /* -1: success */
    const char *want; /* "pass=pw user=ann ", or a part of the error */
};

static const struct row all_rows[] = {
    {"all keys", 200, DB, -1, "pass=pw user=ann "},
    {"no data", 200, "{\"metadata\":{}}", -1, ""},
    {"data is null", 200, "{\"data\":null}", -1, ""},
    {"an empty value", 200, WEB, -1, "k= "},
    {"no base64", 200, "{\"data\":{\"k\":\"!\"}}", ERR_INVALID,
     "Secret \"db\" in namespace \"shop\": key \"k\": "},
    {"a number", 200, "{\"data\":{\"k\":1}}", ERR_INVALID, "key \"k\": "},
    {"no JSON", 200, "{", ERR_INVALID, "Secret \"db\" in namespace \"shop\": "},
    {"absent", 404, "{}", ERR_NOT_FOUND, "get secrets \"db\" in namespace \"shop\": 404"},
    {"denied", 403, "{}", ERR_DENIED,
     "Secret \"db\" in namespace \"shop\": we may not read it: a Role there must grant verb "
     "\"get\" on resource \"secrets\" with resourceNames [\"db\"]"},
    {"away", 503, "{}", ERR_UNAVAILABLE, "503"},
};

static void print_values(const struct map *values, struct str_buf *out)
{
    for (size_t i = 0; i < values->n; i++) {
        struct secret_view v = secret_buf_view(values->entries[i].value);
        str_buf_printf(out, "%s=%.*s ", values->entries[i].key, (int)v.n, (const char *)v.p);
    }
}

static void check(const struct row *r, const struct err *e, const char *got)
{
    if (r->cls < 0) {
        assert_null(e);
        assert_string_equal(got, r->want);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), r->cls);
    if (!strstr(err_text(e), r->want))
        fail_msg("%s", err_text(e));
}

static void one_all(void **state)
{
    const struct row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP_STR_BUF struct str_buf got;
    CLEANUP(map) struct map *values = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    str_buf_init(&got, 1024);
    kube_fixture_answer(f, "GET", "/namespaces/shop/secrets/db", 0, r->status, r->body);
    CLEANUP(err) struct err *e = kube_secret_get_all(f->k, "shop", "db", &dl, &values);
    if (values)
        print_values(values, &got);
    check(r, e, got.n ? got.s : "");
    assert_true(http_fake_at(f->http, 0)->is_secret);
}

static const struct row list_rows[] = {
    {"two", 200, LIST("", DB "," WEB), -1, "db: pass=pw user=ann web: k= "},
    {"none", 200, LIST("", ""), -1, ""},
    {"no list", 200, "{}", ERR_INVALID, "the reply is no list"},
    {"no JSON", 200, "[", ERR_INVALID, "Secrets in namespace \"shop\" with labels a in (b): "},
    {"no name", 200, LIST("", "{}"), ERR_INVALID, "an item without a name"},
    {"no base64", 200, LIST("", "{\"metadata\":{\"name\":\"x\"},\"data\":{\"k\":\"!\"}}"),
     ERR_INVALID, "Secret \"x\": key \"k\": "},
    {"a token that is no text", 200, LIST("\"continue\":1", ""), ERR_INVALID, "labels a in (b): "},
    {"denied", 403, "{}", ERR_DENIED,
     "a Role there must grant verb \"list\" on resource \"secrets\""},
    {"away", 503, "{}", ERR_UNAVAILABLE, "503"},
};

static void print_all(const struct map *all, struct str_buf *out)
{
    for (size_t i = 0; i < all->n; i++) {
        str_buf_printf(out, "%s: ", all->entries[i].key);
        print_values(all->entries[i].value, out);
    }
}

static void one_list(void **state)
{
    const struct row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP_STR_BUF struct str_buf got;
    CLEANUP(map) struct map *all = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    str_buf_init(&got, 1024);
    kube_fixture_answer(f, "GET",
                        "/namespaces/shop/secrets?labelSelector=a%20in%20%28b%29&limit=20", 0,
                        r->status, r->body);
    CLEANUP(err) struct err *e = kube_secret_list(f->k, "shop", "a in (b)", &dl, &all);
    if (all)
        print_all(all, &got);
    check(r, e, got.n ? got.s : "");
    assert_true(http_fake_at(f->http, 0)->is_secret);
}

static void pages_are_followed(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(map) struct map *all = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "GET", "continue=t", 1, 200, LIST("\"continue\":\"\"", WEB));
    kube_fixture_answer(f, "GET", "labelSelector=a", 1, 200, LIST("\"continue\":\"t\"", DB));
    assert_null(kube_secret_list(f->k, "shop", "a", &dl, &all));
    assert_int_equal(all->n, 2);
}

/* The server that never ends is stopped. */
static void too_many_are_refused(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP_STR_BUF struct str_buf body;
    CLEANUP(map) struct map *all = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    str_buf_init(&body, 1u << 20);
    str_buf_puts(&body, "{\"items\":[");
    for (int i = 0; i <= KUBE_SECRET_LIST_MAX; i++)
        str_buf_printf(&body, "%s{\"metadata\":{\"name\":\"s%d\"}}", i ? "," : "", i);
    str_buf_puts(&body, "]}");
    kube_fixture_answer(f, "GET", "/secrets?", 1, 200, body.s);
    CLEANUP(err) struct err *e = kube_secret_list(f->k, "shop", "a", &dl, &all);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "more than 1000 Secrets"));
}

static void a_long_selector_is_refused(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP_STR char *selector = xcalloc(KUBE_PATH_MAX + 1, 1);
    CLEANUP(map) struct map *all = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    memset(selector, 'a', KUBE_PATH_MAX);
    CLEANUP(err) struct err *e = kube_secret_list(f->k, "shop", selector, &dl, &all);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pages_are_followed),
    cmocka_unit_test(too_many_are_refused),
    cmocka_unit_test(a_long_selector_is_refused),
};

int main(void)
{
    return TABLE_RUN("kube_secret_get_all", all_rows, one_all) +
           TABLE_RUN("kube_secret_list", list_rows, one_list) + GROUP_RUN("kube_secret", tests);
}
