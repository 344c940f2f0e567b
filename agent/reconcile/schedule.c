/* Jitter only ever shortens a refresh and lengthens a retry: a value is never older than the user
 * asked for, and a struggling store is never asked sooner than planned. */

#include "reconcile/schedule.h"

#include "base/clock.h"
#include "spec/cron.h"

#define REFRESH_MIN_NS ((int64_t)NS_PER_S) /* "1ms" must not become a hot loop */
#define RETRY_MAX_NS ((int64_t)(420 * NS_PER_S))
#define RETRY_DOUBLINGS_MAX 16
#define ASKED_MAX_NS ((int64_t)(3600 * NS_PER_S))

/* part of whole, scaled by random / 2^32. */
static int64_t share(int64_t whole, uint32_t random)
{
    return (int64_t)((double)whole * ((double)random / 4294967296.0));
}

static int64_t at_least(int64_t ns, int64_t least_ns)
{
    return ns < least_ns ? least_ns : ns;
}

int64_t schedule_refresh_ns(int64_t interval_ns, uint32_t random)
{
    if (interval_ns <= 0)
        return SCHEDULE_NEVER;
    interval_ns = at_least(interval_ns, REFRESH_MIN_NS);
    return interval_ns - share(interval_ns / 10, random);
}

static int64_t first_retry_ns(enum err_class cls)
{
    switch (cls) {
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_DENIED:
    case ERR_INTERNAL:
        return (int64_t)(5 * NS_PER_S);
    case ERR_CONFLICT:
    case ERR_RATE_LIMITED:
    case ERR_UNAVAILABLE:
    case ERR_DEADLINE:
        return (int64_t)NS_PER_S;
    }
    return (int64_t)NS_PER_S;
}

/* What the other side asked for, unless it is out of its mind. */
static int64_t asked_ns(const struct err *e)
{
    unsigned long long asked = err_retry_after_ns(e);
    return asked < (unsigned long long)ASKED_MAX_NS ? (int64_t)asked : ASKED_MAX_NS;
}

int64_t schedule_retry_ns(const struct err *e, unsigned n, int64_t interval_ns, uint32_t random)
{
    unsigned doublings = n - 1 < RETRY_DOUBLINGS_MAX ? n - 1 : RETRY_DOUBLINGS_MAX;
    int64_t wait = first_retry_ns(err_class(e)) << doublings;
    int64_t asked = asked_ns(e);
    if (wait > RETRY_MAX_NS)
        wait = RETRY_MAX_NS;
    if (interval_ns > 0 && wait > interval_ns)
        wait = at_least(interval_ns, REFRESH_MIN_NS);
    wait = at_least(wait, asked);
    return wait + share(wait / 5, random);
}

static bool is_in_window(const struct sync_window *w, int64_t now_unix_s)
{
    struct cron cron;
    int64_t opened_unix_s = 0;
    int64_t length_s = w->duration_ns / (int64_t)NS_PER_S;
    CLEANUP(err) struct err *e = cron_parse(w->schedule, &cron);
    return !e && cron_last(&cron, now_unix_s, length_s, &opened_unix_s);
}

bool schedule_is_open(const struct sync_windows *w, int64_t now_unix_s)
{
    bool is_in_one = false;
    if (w->n == 0)
        return true;
    for (size_t i = 0; !is_in_one && i < w->n; i++)
        is_in_one = is_in_window(&w->windows[i], now_unix_s);
    return is_in_one != w->is_deny;
}

bool schedule_is_due(const struct spec *spec, const struct schedule_state *s)
{
    bool is_wanted = s->is_time || s->is_changed || s->is_forced;
    switch (spec->refresh) {
    case REFRESH_CREATED_ONCE:
        return is_wanted && !s->is_synced;
    case REFRESH_ON_CHANGE:
        return is_wanted && !(s->is_synced && s->is_current);
    case REFRESH_PERIODIC:
        break;
    }
    if (s->is_forced || s->is_changed || !s->is_current)
        return is_wanted;
    return s->is_time && schedule_is_open(&spec->windows, s->now_unix_s);
}
