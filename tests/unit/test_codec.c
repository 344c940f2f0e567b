/* base64 in both alphabets, hex, and the UTF-8 check. */
#include "base/codec.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/table.h"

struct decode_row {
    const char *name;
    enum codec_alphabet alphabet;
    const char *in;
    const char *want;  /* NULL: INVALID */
    const char *error; /* the whole text of the error */
};

static const struct decode_row decode_rows[] = {
    {"empty", CODEC_BASE64, "", "", NULL},
    {"one byte", CODEC_BASE64, "Zg==", "f", NULL},
    {"two bytes", CODEC_BASE64, "Zm8=", "fo", NULL},
    {"three bytes", CODEC_BASE64, "Zm9v", "foo", NULL},
    {"six bytes", CODEC_BASE64, "Zm9vYmFy", "foobar", NULL},
    {"symbols 62 and 63", CODEC_BASE64, "++//", "\xfb\xef\xff", NULL},
    {"URL symbols", CODEC_BASE64URL, "--__", "\xfb\xef\xff", NULL},
    {"URL padded", CODEC_BASE64URL, "Zm8=", "fo", NULL},
    {"line breaks", CODEC_BASE64, "\r\nZm9v\r\nYm\nFy\n", "foobar", NULL},
    {"line breaks in padding", CODEC_BASE64, "Zg=\n=\n", "f", NULL},
    {"only line breaks", CODEC_BASE64, "\n\n", "", NULL},
    {"unused bits set", CODEC_BASE64, "Zh==", "f", NULL},
    {"unused bits set, two bytes", CODEC_BASE64, "Zm9=", "fo", NULL},
    {"no padding", CODEC_BASE64, "Zg", NULL, "base64 is cut off at byte 2"},
    {"half the padding", CODEC_BASE64, "Zg=", NULL, "base64 is cut off at byte 3"},
    {"one symbol", CODEC_BASE64, "Z", NULL, "base64 is cut off at byte 1"},
    {"too much padding", CODEC_BASE64, "Zg===", NULL, "base64 goes on after its padding at byte 4"},
    {"padding alone", CODEC_BASE64, "=", NULL, "no base64 at byte 0"},
    {"padding too early", CODEC_BASE64, "Z===", NULL, "no base64 at byte 1"},
    {"symbol in the padding", CODEC_BASE64, "Zg=g", NULL, "no base64 at byte 3"},
    {"more behind the padding", CODEC_BASE64, "Zg==Zg==", NULL,
     "base64 goes on after its padding at byte 4"},
    {"blank", CODEC_BASE64, "Zm9v YmFy", NULL, "no base64 at byte 4"},
    {"tab", CODEC_BASE64, "Zm9v\t", NULL, "no base64 at byte 4"},
    {"URL symbol", CODEC_BASE64, "Zm9-", NULL, "no base64 at byte 3"},
    {"standard symbol in URL", CODEC_BASE64URL, "Zm9+", NULL, "no base64 at byte 3"},
    {"not ASCII", CODEC_BASE64, "Zm\xc3\xa9", NULL, "no base64 at byte 2"},
};

static void decode_row(void **state)
{
    const struct decode_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err)
    struct err *e = codec_base64_decode(r->alphabet, secret_view_of(r->in, strlen(r->in)), &out);

    if (!r->want) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_string_equal(err_text(e), r->error);
        assert_null(out);
        return;
    }
    assert_null(e);
    assert_int_equal(secret_buf_size(out), strlen(r->want));
    assert_memory_equal(secret_view_raw(secret_buf_view(out)), r->want, strlen(r->want));
}

static void zero_bytes(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct err *e;

    (void)state;
    e = codec_base64_decode(CODEC_BASE64, secret_view_of("AAA\0", 4), &out);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    assert_null(codec_base64_decode(CODEC_BASE64, secret_view_of("AAAA", 4), &out));
    assert_memory_equal(secret_view_raw(secret_buf_view(out)), "\0\0\0", 3);
}

static void both_ways(void **state)
{
    unsigned char bytes[1000];

    (void)state;
    for (size_t n = 0; n < sizeof(bytes); n += n < 300 ? 1 : 97) {
        enum codec_alphabet alphabet = n % 2 ? CODEC_BASE64 : CODEC_BASE64URL;
        CLEANUP(secret_buf) struct secret_buf *text = NULL;
        CLEANUP(secret_buf) struct secret_buf *back = NULL;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)(i * 37 + n);
        assert_null(secret_buf_new(0, &text));
        assert_null(codec_base64_encode(alphabet, secret_view_of(bytes, n), text));
        assert_int_equal(secret_buf_size(text), (n + 2) / 3 * 4);
        assert_null(codec_base64_decode(alphabet, secret_buf_view(text), &back));
        assert_true(secret_view_equal(secret_buf_view(back), secret_view_of(bytes, n)));
    }
}

static void encode_appends(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    (void)state;
    assert_null(secret_buf_new(0, &out));
    assert_null(secret_buf_puts(out, "v: "));
    assert_null(codec_base64_encode(CODEC_BASE64, secret_view_of("\xfb\xef\xff?", 4), out));
    assert_null(codec_base64_encode(CODEC_BASE64URL, secret_view_of("\xfb\xef\xff?", 4), out));
    assert_true(secret_view_equal(secret_buf_view(out), secret_view_of("v: ++//Pw==--__Pw==", 19)));
}

static void arena_failures(void **state)
{
    static const char long_text[600] = "x";
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct secret_view in = secret_view_of("Zm9vYmFy", 8);
    struct err *e;

    (void)state;
    secret_arena_fail_after(1);
    e = codec_base64_decode(CODEC_BASE64, in, &out);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_null(out);
    err_free(e);
    assert_null(secret_buf_new(0, &out));
    assert_null(secret_buf_puts(out, "kept"));
    secret_arena_fail_after(1);
    e = codec_base64_encode(CODEC_BASE64, secret_view_of(long_text, sizeof(long_text)), out);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_true(secret_view_equal(secret_buf_view(out), secret_view_of("kept", 4)));
    err_free(e);
    secret_arena_fail_after(0);
}

static void too_large(void **state)
{
    size_t n = SECRET_BUF_MAX / 3 * 4 + 400;
    char *text = malloc(n);
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct err *e;

    (void)state;
    memset(text, 'A', n);
    e = codec_base64_decode(CODEC_BASE64, secret_view_of(text, n), &out);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    free(text);
}

static void hex(void **state)
{
    char out[9];

    (void)state;
    codec_hex((const unsigned char *)"\x00\x0f\xa5\xff", 4, out);
    assert_string_equal(out, "000fa5ff");
    codec_hex((const unsigned char *)"", 0, out);
    assert_string_equal(out, "");
}

struct utf8_row {
    const char *name, *in;
    int want;
};

static const struct utf8_row utf8_rows[] = {
    {"empty", "", 1},
    {"mixed", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa9", 1},
    {"replacement itself", "\xef\xbf\xbd", 1},
    {"latin-1", "caf\xe9", 0},
    {"surrogate", "\xed\xa0\x80", 0},
    {"overlong", "\xc0\xaf", 0},
    {"cut off", "a\xe2\x82", 0},
};

static void utf8_row(void **state)
{
    const struct utf8_row *r = *state;

    assert_int_equal(codec_is_utf8(r->in, strlen(r->in)), r->want);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_bytes),     cmocka_unit_test(both_ways),
        cmocka_unit_test(encode_appends), cmocka_unit_test(arena_failures),
        cmocka_unit_test(too_large),      cmocka_unit_test(hex),
    };

    return TABLE_RUN("codec_base64_decode", decode_rows, decode_row) +
           TABLE_RUN("codec_is_utf8", utf8_rows, utf8_row) + GROUP_RUN("codec", tests);
}
