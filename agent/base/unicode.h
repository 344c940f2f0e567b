#pragma once
/* unicode.h: UTF-8 as Go reads it, character classes and simple case mappings.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   RFC 3629; Unicode 15.0 general categories, the version of Go 1.21 to 1.26. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for what cannot be decoded. */
#define UNICODE_REPLACEMENT 0xfffdu

/* Read one code point from s[0..n), n >= 1. The number of bytes it took: 1 to 4. Malformed input
 * (overlong, surrogate, cut off, stray byte) takes 1 byte and reads as UNICODE_REPLACEMENT, which
 * takes 3 bytes when it is really there. */
size_t unicode_decode(const unsigned char *s, size_t n, uint32_t *rune);

/* Write rune as UTF-8; surrogates and numbers over 0x10ffff as UNICODE_REPLACEMENT. The number of
 * bytes written: 1 to 4. */
size_t unicode_encode(uint32_t rune, unsigned char out[4]);

/* General category L* or N*. */
bool unicode_is_letter_or_number(uint32_t rune);

/* Go's package unicode: IsLetter (L*), IsDigit (Nd), IsNumber (N*), IsUpper (Lu), IsLower (Ll),
 * IsTitle (Lt), IsPunct (P*), IsSpace (White_Space), IsPrint (L, M, N, P, S and the ASCII space).
 */
bool unicode_is_letter(uint32_t rune);
bool unicode_is_digit(uint32_t rune);
bool unicode_is_number(uint32_t rune);
bool unicode_is_upper(uint32_t rune);
bool unicode_is_lower(uint32_t rune);
bool unicode_is_title(uint32_t rune);
bool unicode_is_punct(uint32_t rune);
bool unicode_is_space(uint32_t rune);
bool unicode_is_print(uint32_t rune);

/* Simple case mappings; rune itself where it has none. */
uint32_t unicode_to_upper(uint32_t rune);
uint32_t unicode_to_lower(uint32_t rune);
uint32_t unicode_to_title(uint32_t rune);
