#pragma once
/* decimal.h: decimal numbers of any length, as far as the arithmetic of doubles needs them.
 *
 * Owns     nothing: digits live in the arena of the render.
 * Threads  one at a time.
 * Source   shopspring/decimal 1.4 NewFromFloat, Add, Sub, Mul, Div, Float64. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"

/* Groups of 9 digits that a number may have. */
#define DECIMAL_GROUPS_MAX 1024u

/* groups[0..n), the least first, times 10^exponent. */
struct decimal {
    bool is_negative; /* also of some zeros */
    int64_t exponent;
    size_t n, capacity;
    uint32_t *groups;
};

/* The shortest decimal that reads back as v.
 * Errors: INVALID (not a number, an infinity, a limit), UNAVAILABLE. */
NODISCARD struct err *decimal_init(struct engine *g, struct decimal *d, double v);

/* d = d + v, d - v, d * v, d / v, with v as its shortest decimal. All are exact, but a quotient,
 * which is rounded to 16 digits after the point. Errors: as decimal_init; INVALID for a divisor 0.
 */
NODISCARD struct err *decimal_add(struct engine *g, struct decimal *d, double v);
NODISCARD struct err *decimal_subtract(struct engine *g, struct decimal *d, double v);
NODISCARD struct err *decimal_multiply(struct engine *g, struct decimal *d, double v);
NODISCARD struct err *decimal_divide(struct engine *g, struct decimal *d, double v);

/* The nearest double; an infinity where d is too large. */
double decimal_float64(const struct decimal *d);
