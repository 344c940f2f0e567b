/* Where the server has the objects of a kind, and how often it is asked. */

#include "kube/kube_discovery.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST                                                                                       \
    "{\"kind\":\"APIResourceList\",\"resources\":["                                                \
    "{\"name\":\"alerts/status\",\"kind\":\"Alert\",\"namespaced\":true},"                         \
    "{\"name\":\"alerts\",\"kind\":\"Alert\",\"namespaced\":true},"                                \
    "{\"name\":\"grids\",\"kind\":\"Grid\",\"namespaced\":false}]}"

struct row {
    const char *name, *api_version, *kind;
    const char *path; /* that is asked */
    int status;
    const char *reply;
    int cls;          /* -1: found */
    const char *text; /* plural, or part of the error */
};

static const struct row rows[] = {
    {"a group", "example.org/v1", "Alert", "api:6443/apis/example.org/v1", 200, LIST, -1, "alerts"},
    {"the core", "v1", "Alert", "api:6443/api/v1", 200, LIST, -1, "alerts"},
    {"no such kind", "v1", "Alarm", "/api/v1", 200, LIST, ERR_NOT_FOUND,
     "the API server has no kind Alarm in v1"},
    {"kinds are exact", "v1", "alert", "/api/v1", 200, LIST, ERR_NOT_FOUND, "no kind alert"},
    {"cluster-scoped", "v1", "Grid", "/api/v1", 200, LIST, ERR_INVALID, "Grid of v1 is cluster-sc"},
    {"no such group", "example.org/v1", "Alert", "/apis/example.org/v1", 404, "{}", ERR_NOT_FOUND,
     "does not serve example.org/v1: is its CRD installed?"},
    {"not allowed", "v1", "Alert", "/api/v1", 403, "{}", ERR_DENIED, "v1: get resources"},
    {"away", "v1", "Alert", "/api/v1", 503, "{}", ERR_UNAVAILABLE, "503"},
    {"no list", "v1", "Alert", "/api/v1", 200, "[", ERR_INVALID, "resources of v1"},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_discovery) struct kube_discovery *d = kube_discovery_new(f->k);
    CLEANUP(kube_kind) struct kube_kind *kind = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    kube_fixture_answer(f, "GET", r->path, 0, r->status, r->reply);
    CLEANUP(err) struct err *e = kube_discovery_find(d, r->api_version, r->kind, &dl, &kind);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    if (e) {
        assert_null(kind);
        assert_non_null(strstr(err_text(e), r->text));
        return;
    }
    const struct kube_target t = {.resource = &kind->resource, .ns = "shop", .name = "db"};
    CLEANUP_STR_BUF struct str_buf path;
    str_buf_init(&path, 256);
    assert_string_equal(kind->resource.plural, r->text);
    assert_null(kube_path(&t, kind->resource.versions[0], &path));
    assert_non_null(strstr(path.s, "/namespaces/shop/alerts/db"));
    assert_int_equal(strncmp(path.s, strstr(r->path, "/api"), strlen(strstr(r->path, "/api"))), 0);
}

static void is_asked_once(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_discovery) struct kube_discovery *d = kube_discovery_new(f->k);
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "GET", "/api/v1", 0, 200, LIST);
    for (unsigned i = 0; i < 3; i++) {
        struct kube_kind *kind = NULL;
        if (i == 2)
            kube_discovery_forget(d, "v1", "Alert");
        assert_null(kube_discovery_find(d, "v1", "Alert", &dl, &kind));
        kube_kind_free(kind);
        assert_int_equal(kube_fixture_count(f, "GET", "/api/v1"), i == 2 ? 2 : 1);
    }
}

static void what_is_missing_is_asked_again(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_discovery) struct kube_discovery *d = kube_discovery_new(f->k);
    CLEANUP(kube_kind) struct kube_kind *kind = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "GET", "/apis/example.org/v1", 1, 404, "{}");
    kube_fixture_answer(f, "GET", "/apis/example.org/v1", 1, 200, LIST);
    struct err *e = kube_discovery_find(d, "example.org/v1", "Alert", &dl, &kind);
    assert_non_null(e);
    err_free(e);
    assert_null(kube_discovery_find(d, "example.org/v1", "Alert", &dl, &kind));
    assert_string_equal(kind->resource.group, "example.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_asked_once),
        cmocka_unit_test(what_is_missing_is_asked_again),
    };
    return TABLE_RUN("kube_discovery", rows, one_row) + GROUP_RUN("kube_discovery", tests);
}
