/* Decoding strategies, key validation, and members of JSON objects as values. */
#include "render/decode.h"

#include <string.h>

#include "tests/support/table.h"

static void expect_text(const struct secret_buf *b, const char *want, size_t n)
{
    assert_non_null(b);
    assert_int_equal(secret_buf_size(b), n);
    if (n)
        assert_memory_equal(secret_view_raw(secret_buf_view(b)), want, n);
}

struct value_row {
    const char *name;
    enum spec_decoding strategy;
    const char *in;
    const char *want; /* NULL: INVALID */
    const char *error;
};

static const struct value_row value_rows[] = {
    {"none", DECODING_NONE, "Zm9v", "Zm9v", NULL},
    {"none, empty", DECODING_NONE, "", "", NULL},
    {"base64", DECODING_BASE64, "Zm9v", "foo", NULL},
    {"base64, empty", DECODING_BASE64, "", "", NULL},
    {"base64 of the other kind", DECODING_BASE64, "-_-_", NULL,
     "decode key \"pass\" as Base64: no base64 at byte 0"},
    {"base64 without padding", DECODING_BASE64, "Zm8", NULL,
     "decode key \"pass\" as Base64: base64 is cut off at byte 3"},
    {"base64url", DECODING_BASE64URL, "-_-_", "\xfb\xff\xbf", NULL},
    {"base64url of the other kind", DECODING_BASE64URL, "++//", NULL,
     "decode key \"pass\" as Base64URL: no base64 at byte 0"},
    {"auto, base64", DECODING_AUTO, "++//", "\xfb\xef\xff", NULL},
    {"auto, base64url", DECODING_AUTO, "-_-_", "\xfb\xff\xbf", NULL},
    {"auto, neither", DECODING_AUTO, "pass word", "pass word", NULL},
    {"auto, mixed", DECODING_AUTO, "-_++", "-_++", NULL},
    {"auto, empty", DECODING_AUTO, "", "", NULL},
    {"auto, looks like it", DECODING_AUTO, "user", "\xba\xc7\xab", NULL},
};

static void value_row(void **state)
{
    const struct value_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err)
    struct err *e = decode_value(r->strategy, "pass", secret_view_of(r->in, strlen(r->in)), &out);

    if (r->want) {
        assert_null(e);
        expect_text(out, r->want, strlen(r->want));
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->error);
    assert_null(out);
}

struct arena_row {
    const char *name;
    enum spec_decoding strategy;
};

static const struct arena_row arena_rows[] = {
    {"none", DECODING_NONE},
    {"auto", DECODING_AUTO},
    {"base64", DECODING_BASE64},
    {"base64url", DECODING_BASE64URL},
};

static void arena_row(void **state)
{
    const struct arena_row *r = *state;
    struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = NULL;

    secret_arena_fail_after(1);
    e = decode_value(r->strategy, "k", secret_view_of("Zm9v", 4), &out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_null(out);
}

struct key_row {
    const char *name, *key;
    const char *error; /* NULL: good */
};

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X253 X50 X50 X50 X50 X50 "xxx"
#define BAD(key)                                                                                   \
    "key \"" key "\" holds a character that is no letter, number, '-', '.' or '_' (rewrite or "    \
    "conversionStrategy can change keys)"

static const struct key_row key_rows[] = {
    {"plain", "db-password_2.txt", NULL},
    {"leading dot", ".dockerconfigjson", NULL},
    {"letters of other scripts", "\xc3\xa9\xe4\xb8\xad\xd7\x90", NULL},
    {"numbers of other scripts", "\xe2\x85\xa7\xd9\xa3\xc2\xb2", NULL},
    {"as long as allowed", X253, NULL},
    {"too long", X253 "x",
     "key \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\" is 254 bytes long, more than 253"},
    {"empty", "", "a key is empty"},
    {"slash", "a/b", BAD("a/b")},
    {"blank", "a b", BAD("a b")},
    {"at sign", "@", BAD("@")},
    {"emoji", "\xf0\x9f\x92\xa9", BAD("\xf0\x9f\x92\xa9")},
    {"combining mark", "e\xcc\x81", BAD("e\xcc\x81")},
};

static void key_row(void **state)
{
    const struct key_row *r = *state;
    CLEANUP(err) struct err *e = decode_key_check(r->key);

    if (!r->error) {
        assert_null(e);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->error);
}

static void broken_utf8_is_no_key(void **state)
{
    CLEANUP(err) struct err *e = decode_key_check("a\xff");

    (void)state;
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
}

struct scalar_row {
    const char *name, *in, *want;
    size_t n;
};

static const struct scalar_row scalar_rows[] = {
    {"string", "\"a\\n\\u00e9\"", "a\n\xc3\xa9", 4},
    {"zero byte", "\"a\\u0000\"", "a\0", 2},
    {"empty string", "\"\"", "", 0},
    {"integer", "12345678901234567890", "12345678901234567890", 20},
    {"fraction as written", "1.10", "1.10", 4},
    {"exponent as written", "1E+2", "1E+2", 4},
    {"true", "true", "true", 4},
    {"false", "false", "false", 5},
    {"null", "null", "", 0},
    {"object as written", "{ \"b\" : 1,\"a\":[ ] }", "{ \"b\" : 1,\"a\":[ ] }", 19},
    {"array as written", "[1, \"x\"]", "[1, \"x\"]", 8},
};

static void scalar_row(void **state)
{
    const struct scalar_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct secret_buf *none = NULL;
    struct secret_json j;
    struct err *e;

    assert_null(secret_json_parse(secret_view_of(r->in, strlen(r->in)), &j));
    assert_null(decode_json_scalar(&j, &out));
    expect_text(out, r->want, r->n);
    if (r->n == 0)
        return;
    secret_arena_fail_after(1);
    e = decode_json_scalar(&j, &none);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    err_free(e);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_utf8_is_no_key),
    };

    return TABLE_RUN("decode_value", value_rows, value_row) +
           TABLE_RUN("decode_value_arena", arena_rows, arena_row) +
           TABLE_RUN("decode_key_check", key_rows, key_row) +
           TABLE_RUN("decode_json_scalar", scalar_rows, scalar_row) + GROUP_RUN("decode", tests);
}
