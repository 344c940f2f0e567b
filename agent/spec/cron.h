#pragma once
/* cron.h: five-field cron schedules, as the sync windows of an ExternalSecret write them.
 *
 * Owns     a cron is plain data.
 * Threads  any.
 * Source   crontab(5); robfig/cron's standard parser: "@hourly" and its kin, "@every 90m", names of
 *          months and days, both day fields together mean either. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct cron {
    uint64_t minutes; /* bit i: minute i */
    uint32_t hours;   /* bit i: hour i */
    uint32_t days;    /* bit i: day i of the month, from 1 */
    uint16_t months;  /* bit i: month i, from 1 */
    uint8_t weekdays; /* bit i: day i of the week, 0 is Sunday */
    bool is_any_day;  /* the day of the month was "*" or "?" */
    bool is_any_weekday;
    int64_t every_s; /* "@every": seconds between firings since 1970; 0: the fields count */
};

/* Errors: INVALID (which field, and what is expected). */
NODISCARD struct err *cron_parse(const char *text, struct cron *out);

/* The last firing at or before now_unix_s (UTC) and after now_unix_s - back_s; false where there is
 * none. back_s is at most 366 days. */
bool cron_last(const struct cron *c, int64_t now_unix_s, int64_t back_s, int64_t *out_unix_s);
