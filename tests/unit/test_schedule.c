/* When to look again: jitter only shortens a refresh and only lengthens a retry. */

#include "reconcile/schedule.h"

#include "base/alloc.h"
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

/* 2026-11-24 10:30:15 UTC. */
#define NOW 1795516215

#define TIME                                                                                       \
    {                                                                                              \
        .is_synced = true, .is_current = true, .is_time = true, .now_unix_s = NOW                  \
    }
#define EDITED                                                                                     \
    {                                                                                              \
        .is_synced = true, .is_changed = true, .is_time = false, .now_unix_s = NOW                 \
    }
#define FRESH                                                                                      \
    {                                                                                              \
        .is_changed = true, .is_time = true, .now_unix_s = NOW                                     \
    }
#define FAILED                                                                                     \
    {                                                                                              \
        .is_synced = true, .is_time = true, .now_unix_s = NOW                                      \
    }
#define FORCED                                                                                     \
    {                                                                                              \
        .is_synced = true, .is_current = true, .is_forced = true, .now_unix_s = NOW                \
    }
#define QUIET                                                                                      \
    {                                                                                              \
        .is_synced = true, .is_current = true, .now_unix_s = NOW                                   \
    }

struct due_row {
    const char *name;
    enum spec_refresh refresh;
    struct schedule_state state;
    const char *schedule; /* of a window of an hour; NULL: no windows */
    bool is_deny;
    bool want;
};
static const struct due_row due_rows[] = {
    {"periodic, new", REFRESH_PERIODIC, FRESH, NULL, false, true},
    {"periodic, time", REFRESH_PERIODIC, TIME, NULL, false, true},
    {"periodic, edited", REFRESH_PERIODIC, EDITED, NULL, false, true},
    {"periodic, a retry", REFRESH_PERIODIC, FAILED, NULL, false, true},
    {"periodic, its store changed", REFRESH_PERIODIC, FORCED, NULL, false, true},
    {"periodic, nothing", REFRESH_PERIODIC, QUIET, NULL, false, false},
    {"once, new", REFRESH_CREATED_ONCE, FRESH, NULL, false, true},
    {"once, time", REFRESH_CREATED_ONCE, TIME, NULL, false, false},
    {"once, edited", REFRESH_CREATED_ONCE, EDITED, NULL, false, false},
    {"once, its store changed", REFRESH_CREATED_ONCE, FORCED, NULL, false, false},
    {"on change, new", REFRESH_ON_CHANGE, FRESH, NULL, false, true},
    {"on change, time", REFRESH_ON_CHANGE, TIME, NULL, false, false},
    {"on change, edited", REFRESH_ON_CHANGE, EDITED, NULL, false, true},
    {"on change, a retry", REFRESH_ON_CHANGE, FAILED, NULL, false, true},
    {"on change, its store changed", REFRESH_ON_CHANGE, FORCED, NULL, false, false},
    {"allowed now", REFRESH_PERIODIC, TIME, "0 10 * * *", false, true},
    {"allowed later", REFRESH_PERIODIC, TIME, "0 12 * * *", false, false},
    {"denied now", REFRESH_PERIODIC, TIME, "0 10 * * *", true, false},
    {"denied later", REFRESH_PERIODIC, TIME, "0 12 * * *", true, true},
    {"a window never holds up an edit", REFRESH_PERIODIC, EDITED, "0 10 * * *", true, true},
    {"nor the first pass", REFRESH_PERIODIC, FRESH, "0 10 * * *", true, true},
    {"nor a retry after an edit", REFRESH_PERIODIC, FAILED, "0 10 * * *", true, true},
};

static void one_due(void **state)
{
    const struct due_row *r = *state;
    CLEANUP_STR char *schedule = xstrdup(r->schedule);
    struct sync_window window = {.schedule = schedule, .duration_ns = 3600 * S};
    struct spec spec = {
        .refresh = r->refresh,
        .windows = {.is_deny = r->is_deny, .windows = &window, .n = r->schedule ? 1 : 0}};
    assert_int_equal(schedule_is_due(&spec, &r->state), r->want);
}

int main(void)
{
    return TABLE_RUN("schedule_is_due", due_rows, one_due) +
           TABLE_RUN("schedule_retry", retry_rows, one_retry) +
           TABLE_RUN("schedule_refresh", refresh_rows, one_refresh);
}
