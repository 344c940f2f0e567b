/* Delays are computed in floating point and cut at the maximum before they become integers, so no
 * number of failures and no factor can overflow. Jitter only ever lengthens a wait: a server that
 * asked for a pause gets at least that pause. */
#include "net/retry.h"

#include <stddef.h>

#include "base/digest.h"

static double random_system(void *ctx)
{
    uint64_t bits;

    (void)ctx;
    digest_random((unsigned char *)&bits, sizeof(bits));
    return (double)(bits >> 11) * 0x1.0p-53;
}

const struct retry_random *retry_random_system(void)
{
    static const struct retry_random system_random = {.fn = random_system, .ctx = NULL};

    return &system_random;
}

static uint64_t stretched(double ns, double jitter, const struct retry_random *r)
{
    return (uint64_t)(ns + ns * jitter * r->fn(r->ctx));
}

uint64_t retry_delay_ns(const struct backoff *b, unsigned attempt, const struct retry_random *r)
{
    double max = (double)b->max_ns;
    double ns = (double)b->base_ns;

    while (attempt-- > 0 && ns < max && b->factor > 1)
        ns *= b->factor;
    return stretched(ns < max ? ns : max, b->jitter, r);
}

uint64_t retry_next_ns(struct backoff *b, uint64_t retry_after_ns, const struct retry_random *r)
{
    unsigned attempt = b->failures;

    if (b->failures < UINT32_MAX)
        b->failures++;
    if (retry_after_ns == 0)
        return retry_delay_ns(b, attempt, r);
    if (retry_after_ns > RETRY_AFTER_MAX_NS)
        retry_after_ns = RETRY_AFTER_MAX_NS;
    return stretched((double)retry_after_ns, RETRY_AFTER_JITTER, r);
}

void retry_reset(struct backoff *b)
{
    b->failures = 0;
}
