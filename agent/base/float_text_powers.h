#pragma once
/* float_text_powers.h: powers of ten to 128 bits, for float_text.c alone.
 *
 * Owns     a constant table, written by float_text_powers.py.
 * Threads  any. */

#include <stdint.h>

#define FLOAT_TEXT_POWER_FIRST (-292)
#define FLOAT_TEXT_POWER_LAST 324

struct float_text_power {
    uint64_t high, low;
};

/* 10^(FLOAT_TEXT_POWER_FIRST + i) * 2^s, rounded up, with the s that sets the highest bit. */
extern const struct float_text_power float_text_powers[];
