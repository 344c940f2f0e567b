/* The bucket is a number and a time. A caller that finds it empty takes the token on credit and
 * sleeps until the credit is paid: callers are served in the order in which they came, without
 * anybody waking up to look. */

#include "kube/kube_pace.h"

#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/thread.h"

#define SLICE_NS (50 * NS_PER_MS)

struct kube_pace {
    const struct clock *clock;
    const struct kube_waiter *waiter;
    double per_s;
    double burst;
    struct mutex mu;
    double tokens; /* negative: promised to sleepers */
    uint64_t at_ns;
};

static void sleep_for(void *ctx, uint64_t ns, const struct deadline *dl)
{
    (void)ctx;
    while (ns > 0 && !deadline_is_over(dl)) {
        uint64_t slice_ns = ns < SLICE_NS ? ns : SLICE_NS;
        struct timespec t = {0, (long)slice_ns};
        nanosleep(&t, NULL);
        ns -= slice_ns;
    }
}

const struct kube_waiter *kube_waiter_system(void)
{
    static const struct kube_waiter waiter = {sleep_for, NULL};
    return &waiter;
}

struct kube_pace *kube_pace_new(const struct clock *clock, const struct kube_waiter *waiter,
                                double per_s, double burst)
{
    struct kube_pace *p = xcalloc(1, sizeof(*p));
    p->clock = clock;
    p->waiter = waiter;
    p->per_s = per_s;
    p->burst = burst;
    p->tokens = burst;
    p->at_ns = clock_mono_ns(clock);
    mutex_init(&p->mu);
    return p;
}

void kube_pace_free(struct kube_pace *p)
{
    if (!p)
        return;
    mutex_done(&p->mu);
    free(p);
}

/* Take a token now or on credit; how long until it is paid, or UINT64_MAX when that is too long. */
static uint64_t take_locked(struct kube_pace *p, uint64_t now_ns, uint64_t left_ns) REQUIRES(p->mu)
{
    p->tokens += (double)(now_ns - p->at_ns) / (double)NS_PER_S * p->per_s;
    if (p->tokens > p->burst)
        p->tokens = p->burst;
    p->at_ns = now_ns;
    uint64_t wait_ns = 0;
    if (p->tokens < 1)
        wait_ns = (uint64_t)((1 - p->tokens) / p->per_s * (double)NS_PER_S);
    if (wait_ns > left_ns)
        return UINT64_MAX;
    p->tokens -= 1;
    return wait_ns;
}

struct err *kube_pace_take(struct kube_pace *p, const struct deadline *dl)
{
    uint64_t left_ns = deadline_left_ns(dl);
    mutex_lock(&p->mu);
    uint64_t now_ns = clock_mono_ns(p->clock);
    uint64_t wait_ns = take_locked(p, now_ns > p->at_ns ? now_ns : p->at_ns, left_ns);
    mutex_unlock(&p->mu);
    if (wait_ns == UINT64_MAX || left_ns == 0)
        return err_new(ERR_DEADLINE, "no time left in the queue to the API server");
    if (wait_ns > 0)
        p->waiter->wait(p->waiter->ctx, wait_ns, dl);
    return deadline_check(dl, "queue to the API server");
}
