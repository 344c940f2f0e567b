/* Growing, the maximum, whole-or-nothing appends, and JSON quoting. */
#include "base/str_buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct json_row {
    const char *name;
    const char *in;
    size_t n;
    const char *want;
};

#define TEXT(s) s, sizeof(s) - 1

static const struct json_row json_rows[] = {
    {"empty", TEXT(""), ""},
    {"plain", TEXT("abc 123 /~"), "abc 123 /~"},
    {"quotes and backslash", TEXT("a\"b\\c"), "a\\\"b\\\\c"},
    {"named controls", TEXT("\b\t\n\f\r"), "\\b\\t\\n\\f\\r"},
    {"other controls", TEXT("\x01\x1f"), "\\u0001\\u001f"},
    {"zero byte", TEXT("a\0b"), "a\\u0000b"},
    {"two, three, four bytes", TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"real replacement character", TEXT("\xef\xbf\xbd"), "\xef\xbf\xbd"},
    {"stray byte", TEXT("a\x80z"), "a\xef\xbf\xbdz"},
    {"cut off at the end", TEXT("a\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"surrogate", TEXT("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"overlong", TEXT("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd"},
};

static void json_row(void **state)
{
    const struct json_row *r = *state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 1000);
    assert_true(str_buf_json(&b, r->in, r->n));
    assert_string_equal(b.s, r->want);
    assert_int_equal(b.n, strlen(r->want));
}

struct fit_row {
    const char *name;
    size_t max;
    const char *first, *second;
    bool fits;
};

static const struct fit_row fit_rows[] = {
    {"exactly", 6, "abc", "def", true},
    {"one too many", 5, "abc", "def", false},
    {"nothing in nothing", 0, "", "", true},
    {"something in nothing", 0, "", "x", false},
};

static void fit_row(void **state)
{
    const struct fit_row *r = *state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, r->max);
    assert_true(str_buf_puts(&b, r->first));
    assert_int_equal(str_buf_puts(&b, r->second), r->fits);
    assert_int_equal(b.overflowed, !r->fits);
    assert_int_equal(b.n, strlen(r->first) + (r->fits ? strlen(r->second) : 0));
    assert_int_equal(b.s[b.n], 0);
    str_buf_clear(&b);
    assert_false(b.overflowed);
    assert_string_equal(b.s, "");
}

static void grows_by_many_appends(void **state)
{
    (void)state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 100000);
    for (int i = 0; i < 10000; i++)
        assert_true(str_buf_printf(&b, "%04d,", i));
    assert_int_equal(b.n, 50000);
    assert_memory_equal(b.s + 49995, "9999,", 6);
    assert_true(b.capacity > b.n);
}

static void json_that_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 6);
    assert_true(str_buf_puts(&b, "ab"));
    assert_false(str_buf_json(&b, "c\n\n", 3));
    assert_string_equal(b.s, "ab");
    assert_true(b.overflowed);
    assert_false(str_buf_printf(&b, "%d", 12345));
    assert_string_equal(b.s, "ab");
}

static void consume_and_take(void **state)
{
    (void)state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 10);
    assert_true(str_buf_append(&b, "one\ntwo", 7));
    str_buf_consume(&b, 4);
    assert_string_equal(b.s, "two");
    str_buf_consume(&b, 0);
    CLEANUP_STR char *text = str_buf_take(&b);
    assert_string_equal(text, "two");
    assert_string_equal(b.s, "");
    assert_int_equal(b.max, 10);
    assert_true(str_buf_puts(&b, "again"));
    str_buf_consume(&b, 5);
    assert_int_equal(b.n, 0);
    assert_true(str_buf_append(&b, NULL, 0));
}

static void alloc_helpers(void **state)
{
    (void)state;
    CLEANUP_STR char *a = xasprintf("%d-%s", 7, "x");
    assert_string_equal(a, "7-x");
    CLEANUP_STR char *part = xstrndup("abcdef", 3);
    assert_string_equal(part, "abc");
    assert_null(xstrdup(NULL));
    CLEANUP_STR char *zeros = xcalloc(4, 2);
    assert_memory_equal(zeros, "\0\0\0\0\0\0\0", 8);
    char *p = xrealloc(NULL, 0, 8);
    assert_non_null(p);
    p = xrealloc(p, 3, 5);
    memset(p, 1, 15);
    free(p);
    free(xalloc(0));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_by_many_appends),
        cmocka_unit_test(json_that_does_not_fit_leaves_nothing),
        cmocka_unit_test(consume_and_take),
        cmocka_unit_test(alloc_helpers),
    };
    return TABLE_RUN("str_buf_json", json_rows, json_row) +
           TABLE_RUN("str_buf_fit", fit_rows, fit_row) + GROUP_RUN("str_buf", tests);
}
