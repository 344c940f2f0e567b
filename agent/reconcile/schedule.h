#pragma once
/* schedule.h: when a spec is looked at next. Pure arithmetic.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets' requeue rules, with jitter; its back-off of 1 s to 7 min. */

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define SCHEDULE_NEVER INT64_MAX

/* Time until the next refresh after a success: nine tenths to the whole of the interval, so that
 * what was created together does not stay together. An interval below a second counts as one.
 * interval_ns <= 0: SCHEDULE_NEVER.
 *   random  uniform 32 bits */
int64_t schedule_refresh_ns(int64_t interval_ns, uint32_t random);

/* Time until the next try after the n-th failure in a row (n >= 1): 1 s doubling to 7 min for what
 * may pass by itself; 5 s doubling to 7 min for what a person must mend; never later than the
 * refresh interval; as long as the other side asked for, an hour at most. Up to a fifth is added at
 * random. */
int64_t schedule_retry_ns(const struct err *e, unsigned n, int64_t interval_ns, uint32_t random);
