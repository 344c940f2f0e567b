#pragma once
/* clock_fake.h: a clock that stands still until the test moves it.
 *
 * Owns     struct clock_fake is embedded; hand &f.clock to the code under test.
 * Threads  any: both hands are atomic. */

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

/* 2026-01-02T03:04:05Z, for tests that only need some date. */
#define CLOCK_FAKE_UNIX_S 1767323045LL

struct clock_fake {
    struct clock clock;
    _Atomic uint64_t mono_ns; /* written by the test, read through clock */
    _Atomic int64_t unix_ns;  /* written by the test, read through clock */
};

/* Start at 1,000 s on the monotonic clock and unix_s on the other. */
void clock_fake_init(struct clock_fake *f, int64_t unix_s);

/* Move both clocks on. */
void clock_fake_advance_ns(struct clock_fake *f, uint64_t ns);

/* Set the wall clock alone, as an administrator or NTP would. */
void clock_fake_set_unix_s(struct clock_fake *f, int64_t unix_s);
