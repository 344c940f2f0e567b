#pragma once
/* funcs_time.h: what functions and methods on times share.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go package time; sprig date functions. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/go_time.h"

/* Zone of a name, as Go's LoadLocation: NULL is UTC, which is also what an unknown name gives.
 * Zones are read once per render. Errors: INVALID (a limit), UNAVAILABLE. */
NODISCARD struct err *funcs_time_zone(struct engine *g, struct text name,
                                      const struct go_zone **out);

/* The local zone of the process. Errors: the same. */
NODISCARD struct err *funcs_time_local(struct engine *g, const struct go_zone **out);

/* t as a value. Errors: INVALID (a limit), UNAVAILABLE. */
NODISCARD struct err *funcs_time_give(struct engine *g, const struct go_time *t, struct datum *out);

/* t by layout, as a value. Errors: the same. */
NODISCARD struct err *funcs_time_format(struct engine *g, const struct go_time *t,
                                        struct text layout, struct datum *out);
