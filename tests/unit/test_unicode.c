/* UTF-8 reading and writing, and the letter-or-number class at its edges. */
#include "base/unicode.h"

#include <string.h>

#include "tests/support/table.h"

struct decode_row {
    const char *name, *in;
    uint32_t rune;
    size_t taken;
};

static const struct decode_row decode_rows[] = {
    {"ascii", "a", 'a', 1},
    {"two bytes", "\xc3\xa9", 0xe9, 2},
    {"three bytes", "\xe2\x82\xac", 0x20ac, 3},
    {"four bytes", "\xf0\x9f\x92\xa9", 0x1f4a9, 4},
    {"last code point", "\xf4\x8f\xbf\xbf", 0x10ffff, 4},
    {"replacement itself", "\xef\xbf\xbd", 0xfffd, 3},
    {"stray continuation", "\x80", 0xfffd, 1},
    {"overlong two", "\xc0\x80", 0xfffd, 1},
    {"overlong three", "\xe0\x80\x80", 0xfffd, 1},
    {"overlong four", "\xf0\x80\x80\x80", 0xfffd, 1},
    {"surrogate", "\xed\xa0\x80", 0xfffd, 1},
    {"beyond the last", "\xf4\x90\x80\x80", 0xfffd, 1},
    {"no such first byte", "\xff", 0xfffd, 1},
    {"cut off", "\xe2\x82", 0xfffd, 1},
    {"bad third byte",
     "\xe2\x82"
     "a",
     0xfffd, 1},
};

static void decode_row(void **state)
{
    const struct decode_row *r = *state;
    uint32_t rune;

    assert_int_equal(unicode_decode((const unsigned char *)r->in, strlen(r->in), &rune), r->taken);
    assert_int_equal(rune, r->rune);
}

struct class_row {
    const char *name;
    uint32_t rune;
    int want;
};

static const struct class_row class_rows[] = {
    {"zero", 0, 0},
    {"slash", '/', 0},
    {"digit 0", '0', 1},
    {"digit 9", '9', 1},
    {"colon", ':', 0},
    {"letter A", 'A', 1},
    {"letter z", 'z', 1},
    {"brace", '{', 0},
    {"superscript two", 0xb2, 1},
    {"multiply", 0xd7, 0},
    {"e acute", 0xe9, 1},
    {"roman numeral", 0x2167, 1},
    {"euro", 0x20ac, 0},
    {"combining acute", 0x301, 0},
    {"CJK", 0x4e2d, 1},
    {"replacement", 0xfffd, 0},
    {"CJK extension H", 0x31350, 1},
    {"last CJK", 0x323af, 1},
    {"behind last CJK", 0x323b0, 0},
    {"last code point", 0x10ffff, 0},
    {"no code point", 0x110000, 0},
};

static void class_row(void **state)
{
    const struct class_row *r = *state;

    assert_int_equal(unicode_is_letter_or_number(r->rune), r->want);
}

static void every_code_point_survives(void **state)
{
    unsigned char bytes[4];
    uint32_t back;

    (void)state;
    for (uint32_t rune = 0; rune <= 0x110000; rune++) {
        uint32_t want = (rune >= 0xd800 && rune < 0xe000) || rune > 0x10ffff ? 0xfffd : rune;
        size_t n = unicode_encode(rune, bytes);

        if (unicode_decode(bytes, n, &back) != n || back != want)
            fail_msg("code point %x", rune);
    }
}

static void class_has_its_size(void **state)
{
    size_t n = 0;

    (void)state;
    for (uint32_t rune = 0; rune <= 0x10ffff; rune++)
        n += unicode_is_letter_or_number(rune);
    assert_int_equal(n, 137935);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(class_has_its_size),
    };

    return TABLE_RUN("unicode_decode", decode_rows, decode_row) +
           TABLE_RUN("unicode_is_letter_or_number", class_rows, class_row) +
           GROUP_RUN("unicode", tests);
}
