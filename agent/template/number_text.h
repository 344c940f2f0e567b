#pragma once
/* number_text.h: numbers out of text, as Go's strconv reads them.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go strconv ParseInt, ParseFloat; Go language, integer and floating-point literals. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/text.h"

enum number_fault {
    NUMBER_OK,
    NUMBER_SYNTAX, /* not a number, to its last byte */
    NUMBER_RANGE,  /* a number that does not fit */
};

/* Whole number in t. base is 2 to 36, or 0: then a prefix tells (0x, 0o, 0, 0b) and underscores may
 * separate digits. *out is 0 after NUMBER_SYNTAX, the nearest that fits after NUMBER_RANGE. */
enum number_fault number_text_int(struct text t, unsigned base, int64_t *out);

/* Nearest double to the decimal or hexadecimal number in t; "Inf", "Infinity" and "NaN" in any case
 * too. *out is 0 after NUMBER_SYNTAX, an infinity after NUMBER_RANGE. */
enum number_fault number_text_float(struct text t, double *out);

/* Digits of a number of any length: the first are kept, of the rest only whether they are all 0.
 * That decides the nearest double, which never hangs on more than 767 digits. */
#define NUMBER_DIGITS_KEPT 800

struct number_digits {
    bool is_hex;
    bool has_more;   /* a digit that was not kept is not 0 */
    size_t n;        /* kept, without leading zeros */
    int64_t dropped; /* digits that were not kept */
    char digits[NUMBER_DIGITS_KEPT];
};

void number_digits_init(struct number_digits *d, bool is_hex);

/* The next digit, 0 to 9, or 0 to 15. */
void number_digits_add(struct number_digits *d, unsigned digit);

/* Nearest double to digits * 10^exponent, or * 2^exponent where they are hexadecimal; infinity when
 * it is too large. Erases d. */
double number_digits_end(struct number_digits *d, int64_t exponent);
