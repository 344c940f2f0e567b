/* What counts as JSON, reading by cursor, and strings in both directions. */
#include "base/secret_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static struct secret_view text(const char *s)
{
    return secret_view_of(s, strlen(s));
}

static struct secret_json root(const char *s)
{
    struct secret_json j = {SECRET_JSON_NULL, {NULL, 0}};

    assert_null(secret_json_parse(text(s), &j));
    return j;
}

static void expect_view(struct secret_view v, const char *want, size_t n)
{
    assert_int_equal(v.n, n);
    if (n)
        assert_memory_equal(secret_view_raw(v), want, n);
}

struct good_row {
    const char *name, *in;
    enum secret_json_kind kind;
    const char *raw;
};

static const struct good_row good_rows[] = {
    {"null", "null", SECRET_JSON_NULL, "null"},
    {"true", " true\n", SECRET_JSON_TRUE, "true"},
    {"false", "\t\r\nfalse ", SECRET_JSON_FALSE, "false"},
    {"zero", "0", SECRET_JSON_NUMBER, "0"},
    {"minus zero", "-0", SECRET_JSON_NUMBER, "-0"},
    {"20 digits", "12345678901234567890", SECRET_JSON_NUMBER, "12345678901234567890"},
    {"fraction", "1.10", SECRET_JSON_NUMBER, "1.10"},
    {"exponents", "[1e3, 1E+3,1e-3 ,1.5e0]", SECRET_JSON_ARRAY, "[1e3, 1E+3,1e-3 ,1.5e0]"},
    {"string", "\"a b\"", SECRET_JSON_STRING, "\"a b\""},
    {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", SECRET_JSON_STRING,
     "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""},
    {"lone surrogate", "\"\\ud800\"", SECRET_JSON_STRING, "\"\\ud800\""},
    {"not UTF-8", "\"\xff\"", SECRET_JSON_STRING, "\"\xff\""},
    {"delete character", "\"\x7f\"", SECRET_JSON_STRING, "\"\x7f\""},
    {"empty array", "[ ]", SECRET_JSON_ARRAY, "[ ]"},
    {"empty object", "{ }", SECRET_JSON_OBJECT, "{ }"},
    {"empty in empty", "[[],{},[{}]]", SECRET_JSON_ARRAY, "[[],{},[{}]]"},
    {"object", " { \"a\" : [ 1 , {\"b\":null} ] , \"c\":\"]}\" } ", SECRET_JSON_OBJECT,
     "{ \"a\" : [ 1 , {\"b\":null} ] , \"c\":\"]}\" }"},
    {"duplicates", "{\"a\":1,\"a\":2}", SECRET_JSON_OBJECT, "{\"a\":1,\"a\":2}"},
};

static void good_row(void **state)
{
    const struct good_row *r = *state;
    struct secret_json j = root(r->in);

    assert_int_equal(j.kind, r->kind);
    expect_view(j.raw, r->raw, strlen(r->raw));
}

struct bad_row {
    const char *name, *in, *error;
};

static const struct bad_row bad_rows[] = {
    {"empty", "", "JSON: expected a value at byte 0"},
    {"blank", "  ", "JSON: expected a value at byte 2"},
    {"byte order mark", "\xef\xbb\xbf{}", "JSON: expected a value at byte 0"},
    {"two documents", "{} {}", "JSON: expected the end at byte 3"},
    {"word", "nul", "JSON: expected a value at byte 0"},
    {"longer word", "nullx", "JSON: expected the end at byte 4"},
    {"NaN", "NaN", "JSON: expected a value at byte 0"},
    {"Infinity", "-Infinity", "JSON: expected a digit at byte 1"},
    {"leading zero", "[01]", "JSON: expected ',' or ']' at byte 2"},
    {"plus", "+1", "JSON: expected a value at byte 0"},
    {"no fraction", "[1.]", "JSON: expected a digit at byte 3"},
    {"no integer", ".5", "JSON: expected a value at byte 0"},
    {"no exponent", "1e", "JSON: expected a digit at byte 2"},
    {"no exponent digits", "1e+", "JSON: expected a digit at byte 3"},
    {"hexadecimal", "0x1", "JSON: expected the end at byte 1"},
    {"open string", "\"abc", "JSON: expected the end of a string at byte 4"},
    {"line break in string", "\"a\nb\"", "JSON: expected the end of a string at byte 2"},
    {"bad escape", "\"\\x\"", "JSON: expected an escape character at byte 2"},
    {"cut escape", "\"\\", "JSON: expected an escape character at byte 2"},
    {"bad hex", "\"\\u12g4\"", "JSON: expected four hex digits at byte 3"},
    {"cut hex", "\"\\u12", "JSON: expected four hex digits at byte 3"},
    {"open array", "[1", "JSON: expected ',' or ']' at byte 2"},
    {"trailing comma in array", "[1,]", "JSON: expected a value at byte 3"},
    {"leading comma", "[,1]", "JSON: expected a value at byte 1"},
    {"wrong bracket", "[1}", "JSON: expected ',' or ']' at byte 2"},
    {"wrong brace", "{\"a\":1]", "JSON: expected ',' or '}' at byte 6"},
    {"open object", "{\"a\":1", "JSON: expected ',' or '}' at byte 6"},
    {"trailing comma in object", "{\"a\":1,}", "JSON: expected a string at byte 7"},
    {"no colon", "{\"a\" 1}", "JSON: expected ':' at byte 5"},
    {"no value", "{\"a\":}", "JSON: expected a value at byte 5"},
    {"name without quotes", "{a:1}", "JSON: expected a string at byte 1"},
    {"single quotes", "['a']", "JSON: expected a value at byte 1"},
    {"comment", "[1/**/]", "JSON: expected ',' or ']' at byte 2"},
    {"closing only", "]", "JSON: expected a value at byte 0"},
};

static void bad_row(void **state)
{
    const struct bad_row *r = *state;
    struct secret_json j = {SECRET_JSON_TRUE, {NULL, 0}};
    CLEANUP(err) struct err *e = secret_json_parse(text(r->in), &j);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->error);
    assert_int_equal(j.kind, SECRET_JSON_TRUE);
}

static char *nested(size_t depth)
{
    char *s = xcalloc(1, 2 * depth + 1);

    memset(s, '[', depth);
    memset(s + depth, ']', depth);
    return s;
}

static void depth_is_limited(void **state)
{
    CLEANUP_STR char *deepest = nested(SECRET_JSON_DEPTH_MAX);
    CLEANUP_STR char *deeper = nested(SECRET_JSON_DEPTH_MAX + 1);
    CLEANUP_STR char *abyss = nested(1u << 20);
    struct secret_json j;
    struct err *e;

    (void)state;
    assert_null(secret_json_parse(text(deepest), &j));
    assert_int_equal(secret_json_count(&j), 1);
    e = secret_json_parse(text(deeper), &j);
    assert_string_equal(err_text(e), "JSON: nested deeper than 128 at byte 128");
    err_free(e);
    e = secret_json_parse(text(abyss), &j);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

struct string_row {
    const char *name, *in, *want;
    size_t n;
};

static const struct string_row string_rows[] = {
    {"empty", "\"\"", "", 0},
    {"plain", "\"abc\"", "abc", 3},
    {"every letter", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
    {"between plain", "\"a\\nb\\tc\"", "a\nb\tc", 5},
    {"zero byte", "\"a\\u0000b\"", "a\0b", 3},
    {"two bytes", "\"\\u00E9\"", "\xc3\xa9", 2},
    {"three bytes", "\"\\u20ac\"", "\xe2\x82\xac", 3},
    {"pair", "\"\\ud83d\\udca9\"", "\xf0\x9f\x92\xa9", 4},
    {"lone high", "\"\\ud83dx\"", "\xef\xbf\xbdx", 4},
    {"lone low", "\"\\udca9\"", "\xef\xbf\xbd", 3},
    {"high, then a character", "\"\\ud83d\\u0041\"",
     "\xef\xbf\xbd"
     "A",
     4},
    {"high, then high and low", "\"\\ud83d\\ud83d\\udca9\"", "\xef\xbf\xbd\xf0\x9f\x92\xa9", 7},
    {"high at the end of an escape", "\"\\ud83d\\n\"", "\xef\xbf\xbd\n", 4},
    {"not UTF-8", "\"\xff\xc3\"", "\xff\xc3", 2},
};

static void string_row(void **state)
{
    const struct string_row *r = *state;
    struct secret_json j = root(r->in);
    CLEANUP(secret_buf) struct secret_buf *b = NULL;

    assert_null(secret_json_string(&j, &b));
    expect_view(secret_buf_view(b), r->want, r->n);
    assert_true(secret_json_is_text(&j, secret_view_of(r->want, r->n)));
    assert_false(secret_json_is_text(&j, secret_view_of(r->want, r->n + 1)));
    assert_false(r->n && secret_json_is_text(&j, secret_view_of(r->want, r->n - 1)));
}

/* Strings that no parse has seen: the reader stays inside and keeps what it cannot read. */
static const struct string_row unchecked_rows[] = {
    {"no end", "\"abc", "abc", 3},
    {"quote alone", "\"", "", 0},
    {"bad escape", "\"\\x\"", "\\x", 2},
    {"cut escape", "\"a\\", "a\\", 2},
    {"cut hex", "\"\\u12\"", "\\u12", 4},
    {"line break", "\"a\nb\"", "a\nb", 3},
    {"cut pair", "\"\\ud83d\\udc\"", "\xef\xbf\xbd\\udc", 7},
};

static void unchecked_row(void **state)
{
    const struct string_row *r = *state;
    struct secret_json j = {SECRET_JSON_STRING, text(r->in)};
    CLEANUP(secret_buf) struct secret_buf *b = NULL;

    assert_null(secret_json_string(&j, &b));
    expect_view(secret_buf_view(b), r->want, r->n);
}

static void string_errors(void **state)
{
    struct secret_json number = root("5"), string = root("\"some text\"");
    struct secret_json empty = {SECRET_JSON_STRING, {NULL, 0}};
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e;

    (void)state;
    e = secret_json_string(&number, &b);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    e = secret_json_string(&empty, &b);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    assert_false(secret_json_is_text(&number, text("5")));
    secret_arena_fail_after(1);
    e = secret_json_string(&string, &b);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    err_free(e);
    assert_null(b);
}

struct text_row {
    const char *name, *in;
    size_t max;
    const char *want; /* NULL: INVALID */
};

static const struct text_row text_rows[] = {
    {"empty", "\"\"", 0, ""},
    {"as long as allowed", "\"abc\"", 3, "abc"},
    {"escapes shrink", "\"\\u0061\\u0062\\u0063\"", 3, "abc"},
    {"too long", "\"abcd\"", 3, NULL},
    {"far too long", "\"abcdefghijklmnopqrstuvwxyz\"", 3, NULL},
    {"zero byte", "\"a\\u0000\"", 10, NULL},
    {"not a string", "[]", 10, NULL},
};

static void text_row(void **state)
{
    const struct text_row *r = *state;
    struct secret_json j = root(r->in);
    CLEANUP_STR char *out = NULL;
    CLEANUP(err) struct err *e = secret_json_text(&j, r->max, &out);

    if (r->want) {
        assert_null(e);
        assert_string_equal(out, r->want);
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(out);
}

struct member_row {
    const char *name, *in, *member;
    const char *want; /* NULL: none */
};

static const struct member_row member_rows[] = {
    {"first", "{\"a\":1,\"b\":2}", "a", "1"},
    {"last", "{ \"a\" : 1 , \"b\" : 2 }", "b", "2"},
    {"case counts", "{\"Password\":1}", "password", NULL},
    {"last of duplicates", "{\"a\":1,\"b\":2,\"a\":3}", "a", "3"},
    {"escaped name", "{\"a\\u002fb\\n\":[1, 2]}", "a/b\n", "[1, 2]"},
    {"empty name", "{\"\":true}", "", "true"},
    {"not inside values", "{\"x\":{\"a\":1},\"y\":\"a\"}", "a", NULL},
    {"brackets in strings", "{\"x\":\"}]\\\"\",\"a\":\"{\"}", "a", "\"{\""},
    {"no members", "{}", "a", NULL},
    {"array", "[\"a\"]", "a", NULL},
    {"string", "\"a\"", "a", NULL},
};

static void member_row(void **state)
{
    const struct member_row *r = *state;
    struct secret_json j = root(r->in), value = {SECRET_JSON_NULL, {NULL, 0}};

    assert_int_equal(secret_json_member(&j, r->member, &value), r->want != NULL);
    if (r->want)
        expect_view(value.raw, r->want, strlen(r->want));
}

struct walk_row {
    const char *name, *in;
    size_t count;
    const char *want; /* every name and value, each followed by ';' */
};

static const struct walk_row walk_rows[] = {
    {"object", "{\"a\":1,\"b\":[2,{\"c\":3}], \"d\" : \"e\"}", 3,
     "\"a\";1;\"b\";[2,{\"c\":3}];\"d\";\"e\";"},
    {"array", "[ null,true , false,-1.5e3,\"x,]\",[[]],{}]", 7,
     ";null;;true;;false;;-1.5e3;;\"x,]\";;[[]];;{};"},
    {"empty object", "{ }", 0, ""},
    {"empty array", "[]", 0, ""},
    {"number", "12", 0, ""},
    {"string", "\"[1,2]\"", 0, ""},
};

static void walk_row(void **state)
{
    const struct walk_row *r = *state;
    struct secret_json j = root(r->in), name, value;
    CLEANUP(secret_buf) struct secret_buf *seen = NULL;

    assert_null(secret_buf_new(0, &seen));
    assert_int_equal(secret_json_count(&j), r->count);
    for (size_t at = 0; secret_json_next(&j, &at, &name, &value);) {
        assert_int_equal(name.kind == SECRET_JSON_STRING, j.kind == SECRET_JSON_OBJECT);
        assert_null(secret_buf_append(seen, name.raw));
        assert_null(secret_buf_puts(seen, ";"));
        assert_null(secret_buf_append(seen, value.raw));
        assert_null(secret_buf_puts(seen, ";"));
    }
    expect_view(secret_buf_view(seen), r->want, strlen(r->want));
}

struct quote_row {
    const char *name, *in, *want, *want_go;
};

static const struct quote_row quote_rows[] = {
    {"empty", "", "\"\"", "\"\""},
    {"plain", "abc/", "\"abc/\"", "\"abc/\""},
    {"quote and backslash", "a\"b\\", "\"a\\\"b\\\\\"", "\"a\\\"b\\\\\""},
    {"named controls", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\""},
    {"other controls", "\x01x\x1f", "\"\\u0001x\\u001f\"", "\"\\u0001x\\u001f\""},
    {"delete", "\x7f", "\"\x7f\"", "\"\x7f\""},
    {"UTF-8", "\xc3\xa9\xf0\x9f\x92\xa9", "\"\xc3\xa9\xf0\x9f\x92\xa9\"",
     "\"\xc3\xa9\xf0\x9f\x92\xa9\""},
    {"not UTF-8", "a\xff\xc3z", "\"a\xef\xbf\xbd\xef\xbf\xbdz\"", "\"a\\ufffd\\ufffdz\""},
    {"replacement itself", "\xef\xbf\xbd", "\"\xef\xbf\xbd\"", "\"\xef\xbf\xbd\""},
    {"HTML", "<a&b>", "\"<a&b>\"", "\"\\u003ca\\u0026b\\u003e\""},
    {"separators", "\xe2\x80\xa8\xe2\x80\xa9", "\"\xe2\x80\xa8\xe2\x80\xa9\"",
     "\"\\u2028\\u2029\""},
};

static void quote_row(void **state)
{
    const struct quote_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    CLEANUP(secret_buf) struct secret_buf *go = NULL;

    assert_null(secret_buf_new(0, &b));
    assert_null(secret_buf_new(0, &go));
    assert_null(secret_json_quote(text(r->in), b));
    assert_null(secret_json_quote_go(text(r->in), go));
    expect_view(secret_buf_view(b), r->want, strlen(r->want));
    expect_view(secret_buf_view(go), r->want_go, strlen(r->want_go));
}

/* As Go, but for HTML. */
static void quote_go_plain(void **state)
{
    static const char want[] = "\"<a&b>\\u2028\\n\\ufffd\"";
    CLEANUP(secret_buf) struct secret_buf *b = NULL;

    (void)state;
    assert_null(secret_buf_new(0, &b));
    assert_null(secret_json_quote_go_plain(text("<a&b>\xe2\x80\xa8\n\xff"), b));
    expect_view(secret_buf_view(b), want, strlen(want));
}

static void quote_zero_and_failure(void **state)
{
    static const char long_text[600] = "x";
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e;

    (void)state;
    assert_null(secret_buf_new(0, &b));
    assert_null(secret_json_quote(secret_view_of("\0", 1), b));
    expect_view(secret_buf_view(b), "\"\\u0000\"", 8);
    secret_arena_fail_after(1);
    e = secret_json_quote(secret_view_of(long_text, sizeof(long_text)), b);
    secret_arena_fail_after(0);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    err_free(e);
    expect_view(secret_buf_view(b), "\"\\u0000\"", 8);
}

struct equal_row {
    const char *name, *a, *b;
    int want; /* 1, 0, or -1: INVALID */
};

static const struct equal_row equal_rows[] = {
    {"order and blanks", "{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [true, null], \"a\": 1 }", 1},
    {"spelling", "[\"\\u0061/\"]", "[\"a\\/\"]", 1},
    {"another name's spelling", "{\"\\u0061\":1}", "{\"a\":1}", 1},
    {"another string", "\"a\"", "\"b\"", 0},
    {"another kind", "1", "\"1\"", 0},
    {"true and false", "true", "false", 0},
    {"another number", "1", "2", 0},
    {"one more member", "{\"a\":1}", "{\"a\":1,\"b\":2}", 0},
    {"another member", "{\"a\":1}", "{\"b\":1}", 0},
    {"another value deep inside", "{\"a\":[{\"b\":1}]}", "{\"a\":[{\"b\":2}]}", 0},
    {"another order of elements", "[1,2]", "[2,1]", 0},
    {"one more element", "[1]", "[1,2]", 0},
    {"empty", "[]", "{}", 0},
    {"a name that is no text", "{\"\\u0000\":1}", "{\"a\":1}", -1},
};

static void equal_row(void **state)
{
    const struct equal_row *r = *state;
    struct secret_json a = root(r->a);
    struct secret_json b = root(r->b);
    bool same = r->want != 1;
    CLEANUP(err) struct err *e = secret_json_equal(&a, &b, &same);

    if (r->want < 0)
        assert_int_equal(err_class(e), ERR_INVALID);
    else
        assert_int_equal(same, r->want);
    assert_int_equal(e != NULL, r->want < 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(string_errors),
        cmocka_unit_test(quote_go_plain),
        cmocka_unit_test(quote_zero_and_failure),
    };

    return TABLE_RUN("secret_json_parse", good_rows, good_row) +
           TABLE_RUN("secret_json_parse_bad", bad_rows, bad_row) +
           TABLE_RUN("secret_json_string", string_rows, string_row) +
           TABLE_RUN("secret_json_string_unchecked", unchecked_rows, unchecked_row) +
           TABLE_RUN("secret_json_text", text_rows, text_row) +
           TABLE_RUN("secret_json_member", member_rows, member_row) +
           TABLE_RUN("secret_json_next", walk_rows, walk_row) +
           TABLE_RUN("secret_json_equal", equal_rows, equal_row) +
           TABLE_RUN("secret_json_quote", quote_rows, quote_row) + GROUP_RUN("secret_json", tests);
}
