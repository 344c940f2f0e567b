#pragma once
/* fetch_flight.h: from many wants to few calls: cache, one call per value, batches.
 *
 * A lane is one open provider. A value that somebody is already getting in a lane is waited for;
 * the others of a lane queue up, and the first thread that finds the lane free takes the whole
 * queue into one batch. There are no threads of its own: callers do the work, and when one runs out
 * of time another that waits takes over.
 *
 * Owns     the flights own the cache; a lane owns its queue and borrows its provider.
 * Threads  any number. A lane must outlive the calls on it.
 * Source   docs/ARCHITECTURE.md "fetch". */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "fetch/fetch.h"
#include "fetch/fetch_cache.h"
#include "fetch/provider.h"

struct flight;

struct fetch_lane {
    const struct provider_ops *ops;
    struct provider *provider;
    struct map *flights;     /* by cache key: queued or under way */
    struct flight *queued;   /* in order of arrival */
    bool is_busy;            /* a batch is under way */
    bool is_single;          /* the store denied a batch: no more of them */
    uint64_t quiet_until_ns; /* the store was silent: old values are served at once until then */
};
void fetch_lane_init(struct fetch_lane *lane, const struct provider_ops *ops,
                     struct provider *provider);
void fetch_lane_done(struct fetch_lane *lane);

/* One value wanted, and its answer: exactly one of value and err. */
struct fetch_want {
    const char *cache_key;
    struct provider_ref ref;
    const struct spec *spec;   /* ref.find points into it; NULL where there is no find */
    struct fetch_value *value; /* a reference; NULL before */
    struct err *err;           /* as provider_ops.get */
    bool is_stale;             /* older than asked for: the store does not answer */
    struct flight *flight;     /* of fetch_flights_get */
};

/* Free the answer; the want can be used again. */
void fetch_want_reset(struct fetch_want *w);

struct fetch_flights;
struct fetch_flights *fetch_flights_new(const struct clock *clock, size_t cache_max_bytes,
                                        uint64_t max_stale_ns) NODISCARD;
void fetch_flights_free(struct fetch_flights *f);
CLEANUP_DEFINE(fetch_flights)

/* Answer n wants, all in lane; blocks until dl at most, and for 5 s at most when limits allow
 * stale values and there is one for each want. */
void fetch_flights_get(struct fetch_flights *f, struct fetch_lane *lane,
                       const struct fetch_limits *limits, const struct deadline *dl,
                       struct fetch_want *wants, size_t n);

/* Forget what is cached under keys that begin with prefix, because it is being changed. Whatever is
 * under way may have been read before: it is cached no more, and not waited for by who comes now.
 */
void fetch_flights_forget(struct fetch_flights *f, const char *prefix);

/* Drop values that were not used for longer than max_stale_ns, and set the cache's metrics. */
void fetch_flights_trim(struct fetch_flights *f);

/* How many wants have no answer yet, over all lanes and callers; for tests. */
size_t fetch_flights_open(struct fetch_flights *f);
