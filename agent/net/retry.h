#pragma once
/* retry.h: how long to wait before the next attempt; arithmetic only, nobody sleeps here.
 *
 * Owns     nothing; struct backoff is plain data of its user.
 * Threads  a backoff belongs to one thread at a time.
 * Source   RFC 9110 section 10.2.3 (Retry-After). */

#include <stdint.h>

#include "base/attr.h"

#define RETRY_AFTER_MAX_NS 60000000000ULL /* nobody makes us wait longer than a minute */
#define RETRY_AFTER_JITTER 0.2

/* Uniform in [0, 1). Tests script one. */
typedef double retry_random_fn(void *ctx);

struct retry_random {
    retry_random_fn *fn;
    void *ctx;
};

/* The kernel's random numbers. */
const struct retry_random *retry_random_system(void);

/* The waits base, base * factor, base * factor^2 ... up to max, each stretched by a random part of
 * jitter: a wait d becomes d .. d * (1 + jitter). */
struct backoff {
    uint64_t base_ns;  /* > 0 */
    uint64_t max_ns;   /* >= base_ns; before jitter */
    double factor;     /* >= 1 */
    double jitter;     /* 0 .. 1 */
    unsigned failures; /* in a row; starts at 0 */
};

/* Wait after failure number attempt (0 is the first), in ns. Does not read b->failures. */
uint64_t retry_delay_ns(const struct backoff *b, unsigned attempt, const struct retry_random *r);

/* Count one more failure and give the wait that follows, in ns. When the other side said how long
 * to wait (retry_after_ns > 0), that counts instead: at most RETRY_AFTER_MAX_NS, stretched by up to
 * RETRY_AFTER_JITTER so that all the refused do not come back together. */
uint64_t retry_next_ns(struct backoff *b, uint64_t retry_after_ns, const struct retry_random *r);

/* It worked: the next failure is the first one again. */
void retry_reset(struct backoff *b);
