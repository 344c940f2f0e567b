#pragma once
/* go_civil.h: the calendar: seconds to years, months and days, and back.
 *
 * The Gregorian calendar reaches as far as Go's does, some 292 billion years to either side; what
 * overflows wraps as it does there.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go package time: Date, Time.Date, Time.YearDay. */

#include <stdbool.h>
#include <stdint.h>

#define GO_MINUTE_S 60
#define GO_HOUR_S 3600
#define GO_DAY_S 86400

struct go_civil {
    int64_t year;
    int month; /* 1 to 12 */
    int day;
    int year_day; /* 1 to 366 */
    int weekday;  /* 0 is Sunday */
    int hour, minute, second;
};

/* What calendar and clock show at local_s, seconds since 1970 of the same clock. */
struct go_civil go_civil_of(int64_t local_s);

/* The way back, to midnight; month is 1 to 12, day may be any number. */
int64_t go_civil_seconds(int64_t year, int month, int64_t day);

bool go_civil_is_leap(int64_t year);

/* Days of a month; days of a year that is no leap year before a month, which may be 13. */
int go_civil_days_in(int64_t year, int month);
int go_civil_days_before(int month);
