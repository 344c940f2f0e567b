#pragma once
/* kube_pace.h: not more than so many requests a second, and how waiting is done.
 *
 * Owns     a pace owns its bucket.
 * Threads  any.
 * Source   token bucket; client-go limits its clients the same way. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"

#define KUBE_PACE_PER_S 50
#define KUBE_PACE_BURST 100

/* Waiting as a dependency: tests move a scripted clock instead of sleeping. */
struct kube_waiter {
    /* Return after ns, or within 100 ms once dl is over. */
    void (*wait)(void *ctx, uint64_t ns, const struct deadline *dl);
    void *ctx;
};

/* Really sleeps. */
const struct kube_waiter *kube_waiter_system(void);

struct kube_pace;

/* A full bucket of burst tokens that gains per_s a second. All pointers are borrowed. */
struct kube_pace *kube_pace_new(const struct clock *clock, const struct kube_waiter *waiter,
                                double per_s, double burst) NODISCARD;
void kube_pace_free(struct kube_pace *p);
CLEANUP_DEFINE(kube_pace)

/* Take one token, waiting for it. Errors: DEADLINE (dl would pass first; no token is taken). */
NODISCARD struct err *kube_pace_take(struct kube_pace *p, const struct deadline *dl);
