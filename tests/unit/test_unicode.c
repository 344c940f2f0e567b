/* UTF-8 reading and writing, and the character classes and case mappings: some by name, then all
 * code points at once. */
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

#define LETTER 1u
#define DIGIT 2u
#define NUMBER 4u
#define UPPER 8u
#define LOWER 16u
#define SPACE 32u
#define PRINT 64u
#define TITLE 128u
#define PUNCT 256u

static unsigned classes_of(uint32_t rune)
{
    return (unicode_is_letter(rune) ? LETTER : 0) | (unicode_is_digit(rune) ? DIGIT : 0) |
           (unicode_is_number(rune) ? NUMBER : 0) | (unicode_is_upper(rune) ? UPPER : 0) |
           (unicode_is_lower(rune) ? LOWER : 0) | (unicode_is_space(rune) ? SPACE : 0) |
           (unicode_is_print(rune) ? PRINT : 0) | (unicode_is_title(rune) ? TITLE : 0) |
           (unicode_is_punct(rune) ? PUNCT : 0);
}

struct rune_row {
    const char *name;
    uint32_t rune;
    unsigned classes;
    uint32_t upper, lower, title;
};

static const struct rune_row rune_rows[] = {
    {"zero", 0, 0, 0, 0, 0},
    {"tab", '\t', SPACE, '\t', '\t', '\t'},
    {"carriage return", '\r', SPACE, '\r', '\r', '\r'},
    {"space", ' ', SPACE | PRINT, ' ', ' ', ' '},
    {"digit", '7', DIGIT | NUMBER | PRINT, '7', '7', '7'},
    {"at", '@', PRINT | PUNCT, '@', '@', '@'},
    {"A", 'A', LETTER | UPPER | PRINT, 'A', 'a', 'A'},
    {"z", 'z', LETTER | LOWER | PRINT, 'Z', 'z', 'Z'},
    {"brace", '{', PRINT | PUNCT, '{', '{', '{'},
    {"delete", 0x7f, 0, 0x7f, 0x7f, 0x7f},
    {"next line", 0x85, SPACE, 0x85, 0x85, 0x85},
    {"no-break space", 0xa0, SPACE, 0xa0, 0xa0, 0xa0},
    {"soft hyphen", 0xad, 0, 0xad, 0xad, 0xad},
    {"micro", 0xb5, LETTER | LOWER | PRINT, 0x39c, 0xb5, 0x39c},
    {"sharp s", 0xdf, LETTER | LOWER | PRINT, 0xdf, 0xdf, 0xdf},
    {"y diaeresis", 0xff, LETTER | LOWER | PRINT, 0x178, 0xff, 0x178},
    {"A macron, capital first", 0x100, LETTER | UPPER | PRINT, 0x100, 0x101, 0x100},
    {"a macron", 0x101, LETTER | LOWER | PRINT, 0x100, 0x101, 0x100},
    {"L acute, odd capital", 0x139, LETTER | UPPER | PRINT, 0x139, 0x13a, 0x139},
    {"l acute", 0x13a, LETTER | LOWER | PRINT, 0x139, 0x13a, 0x139},
    {"I with dot", 0x130, LETTER | UPPER | PRINT, 0x130, 'i', 0x130},
    {"dz caron", 0x1c6, LETTER | LOWER | PRINT, 0x1c4, 0x1c6, 0x1c5},
    {"Dz caron, title", 0x1c5, LETTER | PRINT | TITLE, 0x1c4, 0x1c6, 0x1c5},
    {"combining acute", 0x301, PRINT, 0x301, 0x301, 0x301},
    {"Arabic digit", 0x661, DIGIT | NUMBER | PRINT, 0x661, 0x661, 0x661},
    {"Roman numeral", 0x2167, NUMBER | PRINT, 0x2167, 0x2177, 0x2167},
    {"CJK", 0x4e2d, LETTER | PRINT, 0x4e2d, 0x4e2d, 0x4e2d},
    {"line separator", 0x2028, SPACE, 0x2028, 0x2028, 0x2028},
    {"private use", 0xe000, 0, 0xe000, 0xe000, 0xe000},
    {"Deseret", 0x10428, LETTER | LOWER | PRINT, 0x10400, 0x10428, 0x10400},
    {"no code point", 0x110000, 0, 0x110000, 0x110000, 0x110000},
};

static void rune_row(void **state)
{
    const struct rune_row *r = *state;

    assert_int_equal(classes_of(r->rune), r->classes);
    assert_int_equal(unicode_to_upper(r->rune), r->upper);
    assert_int_equal(unicode_to_lower(r->rune), r->lower);
    assert_int_equal(unicode_to_title(r->rune), r->title);
}

static uint64_t fnv1a(uint64_t hash, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ (word >> 8 * i & 0xff)) * 1099511628211u;
    return hash;
}

/* The digest comes from Go 1.26 (unicode.Version 15.0.0): FNV-1a, 64 bits, over four little-endian
 * words for each rune from 0 to 0x110000: the bits of IsLetter, IsDigit, IsNumber, IsUpper,
 * IsLower, IsSpace, IsPrint, IsTitle, IsPunct from the lowest up, then ToUpper, ToLower, ToTitle.
 */
static void every_code_point_is_as_in_go(void **state)
{
    uint64_t hash = 14695981039346656037u;

    (void)state;
    for (uint32_t rune = 0; rune <= 0x110000; rune++) {
        hash = fnv1a(hash, classes_of(rune));
        hash = fnv1a(hash, unicode_to_upper(rune));
        hash = fnv1a(hash, unicode_to_lower(rune));
        hash = fnv1a(hash, unicode_to_title(rune));
        if (unicode_is_letter_or_number(rune) !=
            (unicode_is_letter(rune) || unicode_is_number(rune)))
            fail_msg("code point %x", rune);
    }
    assert_true(hash == 0xa2f4878fb1eb0a3b);
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
        cmocka_unit_test(every_code_point_is_as_in_go),
    };

    return TABLE_RUN("unicode_decode", decode_rows, decode_row) +
           TABLE_RUN("unicode_is_letter_or_number", class_rows, class_row) +
           TABLE_RUN("unicode classes and cases", rune_rows, rune_row) +
           GROUP_RUN("unicode", tests);
}
