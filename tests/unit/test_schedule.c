/* When to look again: jitter only shortens a refresh and only lengthens a retry. */

#include "reconcile/schedule.h"

#include "base/clock.h"
#include "tests/support/table.h"

#define S ((int64_t)NS_PER_S)

struct retry_row {
    const char *name;
    enum err_class cls;
    unsigned failures;
    int64_t interval_ns;
    uint64_t asked_ns;
    uint32_t random;
    int64_t want_ns;
};
static const struct retry_row retry_rows[] = {
    {"transient, first", ERR_UNAVAILABLE, 1, 3600 * S, 0, 0, 1 * S},
    {"transient, fourth", ERR_UNAVAILABLE, 4, 3600 * S, 0, 0, 8 * S},
    {"deadline", ERR_DEADLINE, 2, 3600 * S, 0, 0, 2 * S},
    {"conflict", ERR_CONFLICT, 1, 3600 * S, 0, 0, 1 * S},
    {"for a person, first", ERR_DENIED, 1, 3600 * S, 0, 0, 5 * S},
    {"for a person, second", ERR_NOT_FOUND, 2, 3600 * S, 0, 0, 10 * S},
    {"invalid", ERR_INVALID, 1, 3600 * S, 0, 0, 5 * S},
    {"internal", ERR_INTERNAL, 1, 3600 * S, 0, 0, 5 * S},
    {"most", ERR_UNAVAILABLE, 30, 3600 * S, 0, 0, 420 * S},
    {"most, many failures", ERR_DENIED, 4000000000u, 3600 * S, 0, 0, 420 * S},
    {"never later than the interval", ERR_DENIED, 9, 30 * S, 0, 0, 30 * S},
    {"no interval", ERR_DENIED, 9, 0, 0, 0, 420 * S},
    {"as long as asked", ERR_RATE_LIMITED, 1, 3600 * S, 90 * NS_PER_S, 0, 90 * S},
    {"asked beats the interval", ERR_RATE_LIMITED, 1, 30 * S, 90 * NS_PER_S, 0, 90 * S},
    {"an hour at most", ERR_RATE_LIMITED, 1, 30 * S, 86400 * NS_PER_S, 0, 3600 * S},
    {"asked for more than there is", ERR_RATE_LIMITED, 1, 30 * S, UINT64_MAX, 0, 3600 * S},
    {"a tiny interval is a second", ERR_UNAVAILABLE, 5, 1000000, 0, 0, 1 * S},
    {"jitter adds at most a fifth", ERR_UNAVAILABLE, 1, 3600 * S, 0, 0x80000000u, S + S / 10},
};

static void one_retry(void **state)
{
    const struct retry_row *r = *state;
    CLEANUP(err) struct err *e = err_new(r->cls, "no");
    err_set_retry_after_ns(e, r->asked_ns);
    assert_int_equal(schedule_retry_ns(e, r->failures, r->interval_ns, r->random), r->want_ns);
}

struct refresh_row {
    const char *name;
    int64_t interval_ns;
    uint32_t random;
    int64_t want_ns;
};
static const struct refresh_row refresh_rows[] = {
    {"the whole interval", 60 * S, 0, 60 * S},
    {"half the jitter", 60 * S, 0x80000000u, 57 * S},
    {"a tiny interval is a second", 1000000, 0, 1 * S},
    {"once", 0, 0, SCHEDULE_NEVER},
    {"negative", -5, 0, SCHEDULE_NEVER},
};

static void one_refresh(void **state)
{
    const struct refresh_row *r = *state;
    assert_int_equal(schedule_refresh_ns(r->interval_ns, r->random), r->want_ns);
}

int main(void)
{
    return TABLE_RUN("schedule_retry", retry_rows, one_retry) +
           TABLE_RUN("schedule_refresh", refresh_rows, one_refresh);
}
