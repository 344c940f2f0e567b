#pragma once
/* schedule.h: when a spec is looked at next. Pure arithmetic.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets' requeue rules, with jitter; its back-off of 1 s to 7 min. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "spec/spec.h"

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

/* What a step knows when it asks whether a pass is due. */
struct schedule_state {
    bool is_synced;  /* some pass went well, ever */
    bool is_current; /* and the object was as it is now */
    bool is_changed; /* the object was edited since the last pass, whether that went well or not */
    bool is_forced;  /* its store or a credential changed */
    bool is_time;    /* the timer of a refresh or retry has come */
    int64_t now_unix_s;
};

/* Is a pass due, by refreshPolicy and syncWindows? CreatedOnce: until one went well. OnChange:
 * until one went well with the object as it is. Periodic: on each change, and whenever it is time,
 * unless the windows are closed; those do not hold up the first pass after a change. */
bool schedule_is_due(const struct spec *spec, const struct schedule_state *s);

/* Is a refresh by the timer allowed now? */
bool schedule_is_open(const struct sync_windows *w, int64_t now_unix_s);
