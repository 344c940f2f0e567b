#pragma once
/* cast.h: a number out of any value, as the arithmetic functions of sprig take their arguments.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   spf13/cast 1.10 ToInt64, ToFloat64. */

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"

/* The whole number that d is or, as text, reads as: "0x1F" is 31, "010" is 8, "3.99" is 3;
 * fractions are cut off. 0 where there is none. Errors: INVALID (a limit). */
NODISCARD struct err *cast_int64(struct engine *g, const struct datum *d, int64_t *out);

/* The same as a double: "1e3" is 1000. Errors: as cast_int64. */
NODISCARD struct err *cast_float64(struct engine *g, const struct datum *d, double *out);
