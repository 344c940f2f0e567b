#pragma once
/* equal.h: deep equality of values, within the limits of a render.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go reflect.DeepEqual. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/container.h"
#include "template/engine.h"

/* Are a and b the same type and value, all the way down? Types count, nil and empty differ, and one
 * container is always equal to itself. Errors: INVALID (a limit). */
NODISCARD struct err *equal_deep(struct engine *g, const struct datum *a, const struct datum *b,
                                 bool *out);
