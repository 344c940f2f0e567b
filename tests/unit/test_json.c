/* What is read and what is refused, building and printing, lookups, equality. */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

#define TEXT(s) s, sizeof(s) - 1

struct parse_row {
    const char *name;
    const char *in;
    size_t n;
    const char *want; /* printed compactly; NULL: refused */
};

static const struct parse_row parse_rows[] = {
    {"null", TEXT("null"), "null"},
    {"white space around", TEXT(" \t\r\n true \n"), "true"},
    {"numbers", TEXT("[0, -1, 1.5, 1e3, 1690000000000]"), "[0,-1,1.5,1000,1690000000000]"},
    {"escapes", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"unicode escapes", TEXT("\"\\u00e9\\ud83d\\ude00\""), "\"\xc3\xa9\xf0\x9f\x98\x80\""},
    {"nested", TEXT("{\"a\":[{\"b\":{}},[]]}"), "{\"a\":[{\"b\":{}},[]]}"},
    {"not to the end", "[1]xyz", 3, "[1]"},
    {"names differ in case", TEXT("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}"},
    {"empty name", TEXT("{\"\":1}"), "{\"\":1}"},
    {"zero escape", TEXT("[\"a\\u0000b\"]"),
     "[\"a\xef\xbf\xbd"
     "b\"]"},
    {"escaped backslash before u0000", TEXT("[\"\\\\u0000\"]"), "[\"\\\\u0000\"]"},
    {"names alike only by zero escapes", TEXT("{\"a\\u0000\":1,\"a\\ufffd\":2}"),
     "{\"a\xef\xbf\xbd\":1,\"a\xef\xbf\xbd\":2}"},
    {"empty", TEXT(""), NULL},
    {"blank", TEXT("  "), NULL},
    {"two documents", TEXT("{} {}"), NULL},
    {"trailing comma", TEXT("[1,]"), NULL},
    {"leading zero", TEXT("[01]"), NULL},
    {"no fraction", TEXT("[1.]"), NULL},
    {"plus", TEXT("[+1]"), NULL},
    {"single quotes", TEXT("['a']"), NULL},
    {"comment", TEXT("[1] /* x */"), NULL},
    {"open", TEXT("{\"a\":"), NULL},
    {"control character", TEXT("[\"a\nb\"]"), NULL},
    {"zero byte", TEXT("[\"a\0b\"]"), NULL},
    {"zero byte at the end", TEXT("[]\0"), NULL},
    {"bad UTF-8", TEXT("[\"\xff\"]"), NULL},
    {"lone surrogate", TEXT("[\"\\ud800\"]"), NULL},
    {"byte order mark", TEXT("\xef\xbb\xbf{}"), NULL},
    {"name twice", TEXT("{\"a\":1,\"b\":2,\"a\":3}"), NULL},
    {"name twice by escape", TEXT("{\"a\":1,\"\\u0061\":3}"), NULL},
    {"name twice inside", TEXT("[{\"x\":{\"a\":1,\"a\":3}}]"), NULL},
};

static void parse_row(void **state)
{
    const struct parse_row *r = *state;
    char *heap = memcpy(xalloc(r->n), r->in, r->n); /* no terminator: overruns are seen */
    CLEANUP(json) struct json *j = NULL;
    CLEANUP(err) struct err *e = json_parse(heap, r->n, &j);
    free(heap);
    if (!r->want) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_null(j);
        return;
    }
    assert_null(e);
    CLEANUP_STR char *printed = json_print(j);
    assert_string_equal(printed, r->want);
}

static void too_large(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, JSON_TEXT_MAX + 2u);
    memset(big, ' ', JSON_TEXT_MAX + 1u);
    memcpy(big, "[]", 2);
    CLEANUP(json) struct json *j = NULL;
    assert_null(json_parse(big, JSON_TEXT_MAX, &j));
    CLEANUP(json) struct json *none = NULL;
    CLEANUP(err) struct err *e = json_parse(big, JSON_TEXT_MAX + 1u, &none);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(none);
}

static void too_deep(void **state)
{
    (void)state;
    char deep[2001];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    CLEANUP(json) struct json *j = NULL;
    CLEANUP(err) struct err *e = json_parse(deep, 2000, &j);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(json_parse(deep + 900, 200, &j));
}

static void errors_give_a_position_and_no_text(void **state)
{
    (void)state;
    CLEANUP(json) struct json *j = NULL;
    CLEANUP(err) struct err *e = json_parse(TEXT("{\"a\": hunter2}"), &j);
    assert_non_null(strstr(err_text(e), "6"));
    assert_null(strstr(err_text(e), "hunter"));
    CLEANUP(err) struct err *lone = json_parse(TEXT("{\"a\": \"\\ud800\"}"), &j);
    assert_non_null(strstr(err_text(lone), "byte 7"));
}

static void build_and_print(void **state)
{
    (void)state;
    CLEANUP(json) struct json *j = json_new_map();
    json_set_text(j, "text", "a\"b");
    json_set_int(j, "int", -1234567890123);
    json_set_bool(j, "yes", true);
    json_set(j, "none", json_new_null());
    json_set(j, "nan", json_new_number(NAN));
    struct json *list = json_new_list();
    json_add(list, json_new_text_n("abcdef", 3));
    json_add(list, json_new_number(0.1));
    json_add(list, json_new_bool(false));
    json_set(j, "list", list);
    json_set_int(j, "gone", 1);
    json_remove(j, "gone");
    json_remove(j, "never there");
    json_remove(list, "no map");
    CLEANUP_STR char *printed = json_print(j);
    assert_string_equal(printed, "{\"text\":\"a\\\"b\",\"int\":-1234567890123,\"yes\":true,"
                                 "\"none\":null,\"nan\":null,\"list\":[\"abc\",0.1,false]}");
}

#define SAMPLE                                                                                     \
    "{\"metadata\":{\"name\":\"db\",\"n\":3,\"half\":0.5,\"big\":1e30,\"on\":true},"               \
    "\"items\":[10,20],\"none\":null,\"a.b\":1}"

static struct json *sample(void)
{
    struct json *j = NULL;
    assert_null(json_parse(TEXT(SAMPLE), &j));
    return j;
}

struct lookup_row {
    const char *name; /* the path itself */
    const char *text;
    int64_t number;
    bool boolean;
    enum json_kind kind;
};

static const struct lookup_row lookup_rows[] = {
    {"metadata.name", "db", -7, false, JSON_STRING},
    {"metadata.n", NULL, 3, false, JSON_NUMBER},
    {"metadata.half", NULL, -7, false, JSON_NUMBER},
    {"metadata.big", NULL, -7, false, JSON_NUMBER},
    {"metadata.on", NULL, -7, true, JSON_BOOL},
    {"metadata", NULL, -7, false, JSON_MAP},
    {"items", NULL, -7, false, JSON_LIST},
    {"none", NULL, -7, false, JSON_NULL},
    {"absent", NULL, -7, false, JSON_NULL},
    {"metadata.nam", NULL, -7, false, JSON_NULL},
    {"metadata.names", NULL, -7, false, JSON_NULL},
    {"Metadata.name", NULL, -7, false, JSON_NULL},
    {"metadata.name.x", NULL, -7, false, JSON_NULL},
    {"items.x", NULL, -7, false, JSON_NULL},
    {"a.b", NULL, -7, false, JSON_NULL},
    {"", NULL, -7, false, JSON_MAP},
};

static void lookup_row(void **state)
{
    const struct lookup_row *r = *state;
    CLEANUP(json) struct json *j = sample();
    const char *text = json_path_text(j, r->name);
    if (r->text)
        assert_string_equal(text, r->text);
    else
        assert_null(text);
    assert_true(json_path_int(j, r->name, -7) == r->number);
    assert_int_equal(json_path_bool(j, r->name, false), r->boolean);
    assert_int_equal(json_kind(json_path(j, r->name)), r->kind);
    assert_null(json_path(NULL, r->name));
}

static void iterate(void **state)
{
    (void)state;
    CLEANUP(json) struct json *j = sample();
    assert_int_equal(json_count(j), 4);
    assert_string_equal(json_name_at(j, 1), "items");
    assert_null(json_name_at(j, 4));
    const struct json *items = json_get(j, "items");
    assert_int_equal(json_count(items), 2);
    assert_true(json_number(json_at(items, 1), 0) == 20);
    assert_null(json_at(items, 2));
    assert_null(json_name(json_first(items)));
    assert_string_equal(json_name(json_next(json_first(j))), "items");
    assert_null(json_next(json_next(json_first(items))));
    assert_true(json_number(json_get(j, "a.b"), 0) == 1);
    assert_int_equal(json_count(NULL), 0);
    assert_null(json_first(NULL));
    assert_null(json_next(NULL));
    assert_null(json_name(NULL));
    assert_null(json_get(NULL, "x"));
    assert_null(json_text(NULL));
    assert_int_equal(json_kind(NULL), JSON_NULL);
}

struct equal_row {
    const char *name;
    const char *left, *right;
    bool want;
};

static const struct equal_row equal_rows[] = {
    {"order of members", "{\"a\":1,\"b\":[true]}", "{\"b\":[true],\"a\":1}", true},
    {"order of items", "[1,2]", "[2,1]", false},
    {"longer list", "[1,2]", "[1,2,3]", false},
    {"more members", "{\"a\":1}", "{\"a\":1,\"b\":2}", false},
    {"other name", "{\"a\":1}", "{\"b\":1}", false},
    {"other value", "{\"a\":1}", "{\"a\":2}", false},
    {"number and text", "1", "\"1\"", false},
    {"true and false", "true", "false", false},
    {"null and null", "null", "null", true},
    {"text", "\"a\"", "\"a\"", true},
    {"text in case", "\"a\"", "\"A\"", false},
    {"empty containers", "[]", "{}", false},
};

static void equal_row(void **state)
{
    const struct equal_row *r = *state;
    CLEANUP(json) struct json *left = NULL;
    CLEANUP(json) struct json *right = NULL;
    assert_null(json_parse(r->left, strlen(r->left), &left));
    assert_null(json_parse(r->right, strlen(r->right), &right));
    assert_int_equal(json_equal(left, right), r->want);
    assert_int_equal(json_equal(right, left), r->want);
    CLEANUP(json) struct json *copy = json_copy(left);
    assert_true(json_equal(left, copy));
}

static void copy_has_no_name(void **state)
{
    (void)state;
    assert_null(json_copy(NULL));
    assert_true(json_equal(NULL, NULL));
    json_free(NULL);
    CLEANUP(json) struct json *j = sample();
    CLEANUP(json) struct json *copy = json_copy(json_get(j, "metadata"));
    assert_null(json_name(copy));
    assert_string_equal(json_path_text(copy, "name"), "db");
    assert_null(json_next(copy));
}

static void wide_maps_are_quick(void **state)
{
    (void)state;
    CLEANUP(json) struct json *j = json_new_map();
    for (int i = 0; i < 100000; i++) {
        CLEANUP_STR char *name = xasprintf("name-%d", i);
        json_set_int(j, name, i);
    }
    CLEANUP_STR char *printed = json_print(j);
    CLEANUP(json) struct json *back = NULL;
    assert_null(json_parse(printed, strlen(printed), &back));
    assert_true(json_equal(j, back));
    assert_null(json_name_twice(back));
    json_set_int(back, "name-5", 1);
    assert_string_equal(json_name_twice(back), "name-5");
    assert_null(json_name_twice(NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_large),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(errors_give_a_position_and_no_text),
        cmocka_unit_test(build_and_print),
        cmocka_unit_test(iterate),
        cmocka_unit_test(copy_has_no_name),
        cmocka_unit_test(wide_maps_are_quick),
    };
    return TABLE_RUN("json_parse", parse_rows, parse_row) +
           TABLE_RUN("json_path", lookup_rows, lookup_row) +
           TABLE_RUN("json_equal", equal_rows, equal_row) + GROUP_RUN("json", tests);
}
