#pragma once
/* float_text.h: decimal digits of a double: the shortest that read back as the same one, as Go
 * prints them, and all there are.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go strconv.FormatFloat; Raffaello Giulietti, "The Schubfach way to render doubles". */

#include <stddef.h>

#define FLOAT_TEXT_DIGITS_MAX 17

/* Most digits that a double's exact value has, rounded up. */
#define FLOAT_TEXT_EXACT_MAX 800

/* Digits of |v|, which is finite: digits[0..n), no leading or trailing zero except a lone "0";
 * |v| = 0.d1d2d3... * 10^point, with point 1 for 0. Of several shortest texts it is the nearest to
 * v. The number of digits, 1 to FLOAT_TEXT_DIGITS_MAX. */
size_t float_text_shortest(double v, char digits[FLOAT_TEXT_DIGITS_MAX], int *point);

/* The same with all digits of v's exact value, 1 to FLOAT_TEXT_EXACT_MAX. */
size_t float_text_exact(double v, char digits[FLOAT_TEXT_EXACT_MAX], int *point);

/* Round what float_text_exact gave to at most keep digits, half to even; keep may be negative, and
 * 0 digits are left when nothing is. Trailing zeros go. The number of digits. */
size_t float_text_round(char *digits, size_t n, int keep, int *point);

/* Both at once, to so many places behind the point (>= 0), which is quick where v and places are of
 * ordinary size. */
size_t float_text_places(double v, int places, char digits[FLOAT_TEXT_EXACT_MAX], int *point);
