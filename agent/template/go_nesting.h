#pragma once
/* go_nesting.h: the lists and maps around a value that is being printed, so that one which contains
 * itself is seen.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go encoding/json: UnsupportedValueError for cycles. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"

/* One list or map that is open; lives in the frame of the function that prints it. */
struct go_frame {
    const void *container;
    const struct go_frame *outer;
};

struct go_nesting {
    struct engine *g;
    unsigned level; /* open lists and maps */
    const struct go_frame *inner;
};

/* Open d, a list or a map. go_nesting_leave closes it, also after an error.
 * Errors: INVALID ("json: unsupported value: encountered a cycle ...", limit of depth). */
NODISCARD struct err *go_nesting_enter(struct go_nesting *n, struct go_frame *f,
                                       const struct datum *d);
void go_nesting_leave(struct go_nesting *n, const struct go_frame *f);
