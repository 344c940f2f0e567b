/* Collections page by page, and the lines of a watch. */

#include "kube/kube_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/kube_event_line.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define PAGE(rv, next, items)                                                                      \
    "{\"metadata\":{\"resourceVersion\":\"" rv "\",\"continue\":\"" next "\"},\"items\":[" items   \
    "]}"
#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\"}}"

struct names {
    char text[64];
};

static void take(void *ctx, struct json *item)
{
    struct names *names = ctx;
    size_t n = strlen(names->text);
    snprintf(names->text + n, sizeof(names->text) - n, "%s ",
             json_path_text(item, "metadata.name"));
    json_free(item);
}

static struct err *list(struct kube_fixture *f, const char *rv, struct names *names,
                        struct kube_outcome *o, char **out_rv)
{
    struct deadline dl = kube_fixture_in(f, 60);
    const struct kube_list l = {.selector = {.resource = &kube_leases_resource,
                                             .ns = "a",
                                             .name = "x",
                                             .label_selector = "l=1",
                                             .is_metadata_only = true},
                                .resource_version = rv,
                                .is_paged = true,
                                .item = take,
                                .ctx = names};
    return kube_list(f->k, &l, &dl, o, out_rv);
}

static void two_pages(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct names names = {""};
    struct kube_outcome o;
    char *rv = NULL;
    (void)state;
    kube_fixture_answer(f, "GET", "continue=t%2F1", 1, 200, PAGE("8", "", ITEM("c")));
    kube_fixture_answer(f, "GET", "limit=500", 1, 200, PAGE("7", "t/1", ITEM("a") "," ITEM("b")));
    assert_null(list(f, "0", &names, &o, &rv));
    assert_string_equal(names.text, "a b c ");
    assert_string_equal(rv, "8");
    free(rv);
    const char *first = http_fake_at(f->http, 0)->url;
    assert_non_null(strstr(first, "fieldSelector=metadata.name%3Dx"));
    assert_non_null(strstr(first, "labelSelector=l%3D1"));
    assert_non_null(strstr(first, "resourceVersion=0"));
    assert_non_null(strstr(http_fake_at(f->http, 0)->headers, "PartialObjectMetadataList"));
    /* A page token knows its own version. */
    assert_null(strstr(http_fake_at(f->http, 1)->url, "resourceVersion="));
}

struct bad_row {
    const char *name;
    int status;
    enum http_fake_fault fault;
    const char *body;
    enum err_class cls;
    bool is_gone;
};

static const struct bad_row bad_rows[] = {
    {"gone", 410, 0, "{\"kind\":\"Status\",\"reason\":\"Expired\"}", ERR_CONFLICT, true},
    {"no JSON", 200, 0, "x", ERR_INVALID, false},
    {"no list", 200, 0, "{}", ERR_INVALID, false},
    {"an item that is no JSON value", 200, 0, PAGE("1", "", "nope"), ERR_INVALID, false},
    {"denied", 403, 0, "{}", ERR_DENIED, false},
    {"connection lost", 0, HTTP_FAKE_CUT, NULL, ERR_UNAVAILABLE, false},
};

static void one_bad(void **state)
{
    const struct bad_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct names names = {""};
    struct kube_outcome o;
    char *rv = NULL;
    http_fake_add(
        f->http, &(struct http_fake_rule){.status = r->status, .fault = r->fault, .body = r->body});
    struct err *e = list(f, "", &names, &o, &rv);
    assert_non_null(e);
    assert_int_equal(err_class(e), r->cls);
    assert_int_equal(kube_outcome_is_gone(&o), r->is_gone);
    assert_int_equal(http_fake_count(f->http), 1);
    assert_null(strstr(http_fake_at(f->http, 0)->url, "resourceVersion="));
    assert_null(rv);
    err_free(e);
}

struct line_row {
    const char *name, *text;
    int type; /* -1: INVALID */
    const char *ns, *obj_name, *rv;
    bool ends_list;
    int code;
};

static const struct line_row line_rows[] = {
    {"added",
     "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\","
     "\"resourceVersion\":\"5\"}}}",
     KUBE_EVENT_PUT, "a", "b", "5", false, 0},
    {"modified, cluster scope",
     "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"b\"}}}", KUBE_EVENT_PUT, "", "b",
     "", false, 0},
    {"deleted",
     "{\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"9\"}},\"type\":\"DELETED\"}",
     KUBE_EVENT_REMOVE, "", "b", "9", false, 0},
    {"bookmark", "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"10\"}}}",
     KUBE_EVENT_BOOKMARK, "", "", "10", false, 0},
    {"end of the initial list",
     "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"10\","
     "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}",
     KUBE_EVENT_BOOKMARK, "", "", "10", true, 0},
    {"error", "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}",
     KUBE_EVENT_ERROR, "", "", "", false, 410},
    {"error without a sane code", "{\"type\":\"ERROR\",\"object\":{\"code\":7}}", KUBE_EVENT_ERROR,
     "", "", "", false, 500},
    {"a type of the future", "{\"type\":\"LATER\",\"object\":{}}", KUBE_EVENT_UNKNOWN, "", "", "",
     false, 0},
    {"no object", "{\"type\":\"ADDED\"}", -1, NULL, NULL, NULL, false, 0},
    {"no name", "{\"type\":\"ADDED\",\"object\":{}}", -1, NULL, NULL, NULL, false, 0},
    {"no JSON", "{\"type\":", -1, NULL, NULL, NULL, false, 0},
    {"empty", "", -1, NULL, NULL, NULL, false, 0},
};

static void one_line(void **state)
{
    const struct line_row *r = *state;
    CLEANUP(json) struct json *obj = NULL;
    CLEANUP_STR_BUF struct str_buf text;
    struct kube_event_line line;
    str_buf_init(&text, 4096);
    str_buf_puts(&text, r->text);
    struct err *e = kube_event_line_read(&text, &line, &obj);
    if (r->type < 0) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        err_free(e);
        return;
    }
    assert_null(e);
    assert_int_equal(line.type, r->type);
    assert_string_equal(line.ns, r->ns);
    assert_string_equal(line.name, r->obj_name);
    assert_string_equal(line.rv, r->rv);
    assert_int_equal(line.ends_initial_list, r->ends_list);
    assert_int_equal(line.code, r->code);
    assert_int_equal(obj != NULL, r->type == KUBE_EVENT_PUT);
    kube_event_line_done(&line);
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(two_pages)};
    return TABLE_RUN("kube_list fails", bad_rows, one_bad) +
           TABLE_RUN("kube_event_line", line_rows, one_line) + GROUP_RUN("kube_list", others);
}
