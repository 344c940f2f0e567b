/* Classes and mappings are sorted runs, searched by halving; ASCII, which is nearly all there is,
 * is answered without. Decoding follows the table of well-formed sequences in RFC 3629: the second
 * byte's range depends on the first. */
#include "base/unicode.h"

#include <string.h>

#include "base/unicode_tables.h"

static enum unicode_class class_of(uint32_t rune)
{
    size_t low = 0, high = unicode_runs_n;

    if (rune > 0x10ffff)
        return UNICODE_OTHER;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;

        if (unicode_runs[mid] >> 4 <= rune)
            low = mid;
        else
            high = mid;
    }
    enum unicode_class found = unicode_runs[low] & 15;
    if (found < UNICODE_UPPER_EVEN)
        return found;
    return (rune & 1) == (found == UNICODE_UPPER_ODD) ? UNICODE_UPPER : UNICODE_LOWER;
}

static bool is_ascii_upper(uint32_t rune)
{
    return rune - 'A' < 26;
}

static bool is_ascii_lower(uint32_t rune)
{
    return rune - 'a' < 26;
}

bool unicode_is_letter(uint32_t rune)
{
    if (rune < 0x80)
        return is_ascii_lower(rune | 0x20);
    enum unicode_class c = class_of(rune);
    return c >= UNICODE_LETTER && c <= UNICODE_LOWER;
}

bool unicode_is_digit(uint32_t rune)
{
    return rune < 0x80 ? rune - '0' < 10 : class_of(rune) == UNICODE_DIGIT;
}

bool unicode_is_number(uint32_t rune)
{
    return rune < 0x80 ? rune - '0' < 10 : class_of(rune) >= UNICODE_DIGIT;
}

bool unicode_is_letter_or_number(uint32_t rune)
{
    if (rune < 0x80)
        return is_ascii_lower(rune | 0x20) || rune - '0' < 10;
    return class_of(rune) >= UNICODE_LETTER;
}

bool unicode_is_upper(uint32_t rune)
{
    return rune < 0x80 ? is_ascii_upper(rune) : class_of(rune) == UNICODE_UPPER;
}

bool unicode_is_lower(uint32_t rune)
{
    return rune < 0x80 ? is_ascii_lower(rune) : class_of(rune) == UNICODE_LOWER;
}

bool unicode_is_punct(uint32_t rune)
{
    static const char ascii[] = "!\"#%&'()*,-./:;?@[\\]_{}";

    if (rune < 0x80)
        return rune && strchr(ascii, (int)rune);
    return class_of(rune) == UNICODE_PUNCT;
}

bool unicode_is_space(uint32_t rune)
{
    if (rune < 0x80)
        return rune == ' ' || rune - '\t' < 5;
    return class_of(rune) == UNICODE_SPACE;
}

bool unicode_is_print(uint32_t rune)
{
    return rune < 0x80 ? rune - ' ' < 0x5f : class_of(rune) >= UNICODE_MARK;
}

/* The row that rune falls in, or NULL. */
static const struct unicode_case *case_of(uint32_t rune)
{
    size_t low = 0, high = unicode_cases_n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (rune > unicode_cases[mid].last)
            low = mid + 1;
        else if (rune < unicode_cases[mid].first)
            high = mid;
        else
            return &unicode_cases[mid];
    }
    return NULL;
}

enum target { TO_UPPER, TO_LOWER, TO_TITLE };

static uint32_t map_case(uint32_t rune, enum target target)
{
    const struct unicode_case *c = case_of(rune);

    if (!c)
        return rune;
    if (c->upper >= UNICODE_CAPITAL_FIRST) {
        bool is_small = ((rune - c->first) & 1) == (c->upper == UNICODE_CAPITAL_FIRST);

        return is_small == (target == TO_LOWER) ? rune : is_small ? rune - 1 : rune + 1;
    }
    int32_t distance = target == TO_UPPER ? c->upper : target == TO_LOWER ? c->lower : c->title;
    return (uint32_t)((int32_t)rune + distance);
}

uint32_t unicode_to_upper(uint32_t rune)
{
    return rune < 0x80 ? rune - (is_ascii_lower(rune) ? 32 : 0) : map_case(rune, TO_UPPER);
}

uint32_t unicode_to_lower(uint32_t rune)
{
    return rune < 0x80 ? rune + (is_ascii_upper(rune) ? 32 : 0) : map_case(rune, TO_LOWER);
}

uint32_t unicode_to_title(uint32_t rune)
{
    return rune < 0x80 ? rune - (is_ascii_lower(rune) ? 32 : 0) : map_case(rune, TO_TITLE);
}

/* Letters that are neither upper nor lower case but have a lower case are just those. */
bool unicode_is_title(uint32_t rune)
{
    return rune >= 0x80 && class_of(rune) == UNICODE_LETTER && unicode_to_lower(rune) != rune;
}

/* Length of a sequence by its first byte, 0 if none starts so, and the range of its second. */
static size_t sequence_of(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t unicode_decode(const unsigned char *s, size_t n, uint32_t *rune)
{
    unsigned char low, high;
    size_t length = sequence_of(s[0], &low, &high);
    uint32_t r;

    *rune = length == 1 ? s[0] : UNICODE_REPLACEMENT;
    if (length <= 1 || length > n || s[1] < low || s[1] > high)
        return 1;
    r = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 1;
        r = r << 6 | (s[i] & 0x3fu);
    }
    *rune = r;
    return length;
}

size_t unicode_encode(uint32_t rune, unsigned char out[4])
{
    size_t length;

    if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
        rune = UNICODE_REPLACEMENT;
    if (rune < 0x80) {
        out[0] = (unsigned char)rune;
        return 1;
    }
    length = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, rune >>= 6)
        out[i] = (unsigned char)(0x80 | (rune & 0x3f));
    out[0] = (unsigned char)((0xf00u >> length & 0xf0u) | rune);
    return length;
}
