#pragma once
/* drift.h: when a Secret that somebody else changed is written again.
 *
 * At once, but not twice within DRIFT_QUIET_NS: two writers that fight must not become a loop.
 *
 * Owns     nothing; a struct drift is part of a spec's memory.
 * Threads  the worker that has the spec's key in hand.
 * Source   docs/ARCHITECTURE.md "reconcile". */

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define DRIFT_QUIET_NS (10 * NS_PER_S)

/* What a look at the Secret says. */
enum drift_news {
    DRIFT_NO_NEWS,
    DRIFT_NONE, /* it is as we wrote it */
    DRIFT_FOUND,
};

/* All zero at first. */
struct drift {
    bool is_open; /* it is not as we wrote it, and no pass was run since */
    uint64_t quiet_until_ns;
};

/* Take note of news; true when a pass is due for it, CLOCK_MONOTONIC ns being now_ns. One that has
 * to wait counts as delayed in METRIC_SECRET_DRIFT. */
bool drift_is_due(struct drift *d, enum drift_news news, uint64_t now_ns);

/* A pass was run. was_due: because of drift; then is_ok counts in METRIC_SECRET_DRIFT. */
void drift_note_pass(struct drift *d, bool was_due, bool is_ok, uint64_t now_ns);

/* When to look again: otherwise_ns, or sooner when drift waits. */
uint64_t drift_next_ns(const struct drift *d, uint64_t otherwise_ns);
