#pragma once
/* unicode_tables.h: categories and simple case mappings of Unicode 15.0, for unicode.c alone.
 *
 * Owns     constant tables, written by unicode_tables.py.
 * Threads  any.
 * Source   UnicodeData.txt 15.0.0. */

#include <stddef.h>
#include <stdint.h>

enum unicode_class {
    UNICODE_OTHER, /* C*, and what is not assigned */
    UNICODE_SPACE, /* Z* and the white space among the controls */
    UNICODE_MARK,  /* M*, S* */
    UNICODE_PUNCT, /* P* */
    UNICODE_LETTER,
    UNICODE_UPPER,
    UNICODE_LOWER,
    UNICODE_DIGIT,
    UNICODE_NUMBER,     /* Nl, No */
    UNICODE_UPPER_EVEN, /* even code points are upper case, odd ones lower case */
    UNICODE_UPPER_ODD,
};

/* Runs of one class: the first code point << 4 | class, sorted; the first run begins at 0. */
extern const uint32_t unicode_runs[];
extern const size_t unicode_runs_n;

/* Instead of a distance in unicode_case: capital and small letters take turns, title is upper. */
#define UNICODE_CAPITAL_FIRST 0x110000
#define UNICODE_SMALL_FIRST 0x110001

/* first..last map to themselves plus the distance; sorted. */
struct unicode_case {
    uint32_t first, last;
    int32_t upper, lower, title;
};
extern const struct unicode_case unicode_cases[];
extern const size_t unicode_cases_n;
