#pragma once
/* clock.h: time as a dependency, and deadlines made from it.
 *
 * Owns     struct clock is borrowed by everything that reads it; it outlives them.
 * Threads  any.
 * Source   clock_gettime(2). */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

/* The two clocks that exist; tests script a second implementation. */
struct clock_ops {
    uint64_t (*mono_ns)(void *ctx); /* CLOCK_MONOTONIC, ns */
    int64_t (*unix_ns)(void *ctx);  /* CLOCK_REALTIME, ns */
};

struct clock {
    const struct clock_ops *ops;
    void *ctx;
};

/* The kernel's clocks. */
const struct clock *clock_system(void);

static inline uint64_t clock_mono_ns(const struct clock *c)
{
    return c->ops->mono_ns(c->ctx);
}
static inline int64_t clock_unix_ns(const struct clock *c)
{
    return c->ops->unix_ns(c->ctx);
}
static inline int64_t clock_unix_s(const struct clock *c)
{
    return clock_unix_ns(c) / (int64_t)NS_PER_S;
}

/* An absolute point in time after which work is given up, or a caller that went away. */
struct deadline {
    const struct clock *clock;
    uint64_t at_ns;               /* CLOCK_MONOTONIC */
    const atomic_bool *cancelled; /* may be NULL; set by the transport's thread */
};

/* Deadline ns from now. */
struct deadline deadline_in(const struct clock *c, uint64_t ns);

/* The earlier of dl and now + ns; keeps dl's cancellation flag. */
struct deadline deadline_sooner(const struct deadline *dl, uint64_t ns);

/* Nanoseconds left; 0 when over or cancelled. */
uint64_t deadline_left_ns(const struct deadline *dl);

static inline bool deadline_is_over(const struct deadline *dl)
{
    return deadline_left_ns(dl) == 0;
}

/* NULL while there is time; else DEADLINE "what: deadline exceeded" or "...: caller went away". */
NODISCARD struct err *deadline_check(const struct deadline *dl, const char *what);

/* RFC 3339 in UTC with seconds, "2026-01-02T03:04:05Z", and back; false on anything else. */
#define CLOCK_RFC3339_SIZE 32
void clock_format_rfc3339(int64_t unix_s, char out[CLOCK_RFC3339_SIZE]);
bool clock_parse_rfc3339(const char *text, int64_t *unix_s);

/* Go duration text ("1h0m0s", "1.5h", "0", "30s", "500ms") to ns.
 * Errors: INVALID. Source: Go package time, ParseDuration. */
NODISCARD struct err *clock_parse_duration(const char *text, int64_t *out_ns);
