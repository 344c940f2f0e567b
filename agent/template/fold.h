#pragma once
/* fold.h: comparison without regard to case.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go 1.26 strings.EqualFold, unicode.SimpleFold. */

#include <stdbool.h>

#include "template/text.h"

/* Are a and b the same under Unicode's simple case folding? Bytes that are no UTF-8 are equal to
 * each other and to U+FFFD. */
bool fold_equal(struct text a, struct text b);
