/* Schedules of sync windows: what is read, what is refused, and when they fire. */
#include "spec/cron.h"

#include "tests/support/table.h"

/* Tuesday 2026-11-24 10:30:15 UTC. */
#define NOW 1795516215
#define HOUR 3600
#define DAY 86400

struct row {
    const char *name, *schedule;
    int64_t back_s;
    int64_t want; /* seconds before NOW; -1: none; -2: refused */
};

static const struct row rows[] = {
    {"every minute", "* * * * *", HOUR, 15},
    {"this minute does not count as a second ago", "* * * * *", 10, -1},
    {"a minute of the hour", "0 * * * *", HOUR, 30 * 60 + 15},
    {"steps", "*/20 * * * *", HOUR, 10 * 60 + 15},
    {"a range with steps", "5-25/10 * * * *", HOUR, 5 * 60 + 15},
    {"a start with steps runs to the end", "28/1 * * * *", HOUR, 15},
    {"a list", "10,29 * * * *", HOUR, 75},
    {"yesterday", "0 22 * * *", DAY, 12 * HOUR + 30 * 60 + 15},
    {"yesterday is too long ago", "0 22 * * *", HOUR, -1},
    {"a day of the week by name", "0 0 * * MON", 7 * DAY, DAY + 10 * HOUR + 30 * 60 + 15},
    {"a day of the month", "0 0 23 * *", 7 * DAY, DAY + 10 * HOUR + 30 * 60 + 15},
    {"both days mean either", "0 0 22 * mon", 7 * DAY, DAY + 10 * HOUR + 30 * 60 + 15},
    {"a month by name", "0 0 1 nov *", 30 * DAY, 23 * DAY + 10 * HOUR + 30 * 60 + 15},
    {"another month", "0 0 1 dec *", 30 * DAY, -1},
    {"daily", "@daily", DAY, 10 * HOUR + 30 * 60 + 15},
    {"hourly", "@hourly", HOUR, 30 * 60 + 15},
    {"every so often", "@every 1h", HOUR, 30 * 60 + 15},
    {"a question mark is a star", "0 0 ? * *", DAY, 10 * HOUR + 30 * 60 + 15},
    {"no fields", "", 0, -2},
    {"four fields", "* * * *", 0, -2},
    {"six fields", "* * * * * *", 0, -2},
    {"a minute too many", "60 * * * *", 0, -2},
    {"a day zero", "* * 0 * *", 0, -2},
    {"a backward range", "10-5 * * * *", 0, -2},
    {"a step of nothing", "*/0 * * * *", 0, -2},
    {"no number", "x * * * *", 0, -2},
    {"an open range", "1- * * * *", 0, -2},
    {"something behind", "1x * * * *", 0, -2},
    {"an unknown shorthand", "@sometimes", 0, -2},
    {"every nonsense", "@every soon", 0, -2},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct cron c;
    int64_t at = 0;
    CLEANUP(err) struct err *e = cron_parse(r->schedule, &c);
    assert_int_equal(e != NULL, r->want == -2);
    if (e) {
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    assert_int_equal(cron_last(&c, NOW, r->back_s, &at), r->want >= 0);
    if (r->want >= 0)
        assert_int_equal(NOW - at, r->want);
}

int main(void)
{
    return TABLE_RUN("cron", rows, one_row);
}
