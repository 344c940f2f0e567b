/* Years begin in March here, so that the leap day is the last of its year, and they are counted
 * from one that is so long ago that no number is negative. A month is then a straight line: five
 * of them have 153 days. */
#include "template/go_civil.h"

#include <stddef.h>

#include "base/attr.h"

#define FIRST_YEAR INT64_C(292277022400) /* so many years before year 0 */
#define CENTURIES_4_DAYS INT64_C(146097)
#define YEARS_4_DAYS 1461
#define MONTHS_5_DAYS 153
#define MARCH_TO_DECEMBER_DAYS 306

/* From the first day that there is, 1 March of -FIRST_YEAR, to 1970. */
#define YEAR_1_S INT64_C(62135596800)
#define FIRST_DAY_S                                                                                \
    ((FIRST_YEAR / 400 * CENTURIES_4_DAYS + MARCH_TO_DECEMBER_DAYS) * GO_DAY_S + YEAR_1_S)

#define WEDNESDAY 3

bool go_civil_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static const int days_before[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

int go_civil_days_before(int month)
{
    return days_before[month];
}

int go_civil_days_in(int64_t year, int month)
{
    return days_before[month + 1] - days_before[month] + (month == 2 && go_civil_is_leap(year));
}

/* day_of_year counts from 1 March and from 0. */
static void set_date(struct go_civil *c, uint64_t year, unsigned day_of_year)
{
    bool is_next = day_of_year >= MARCH_TO_DECEMBER_DAYS;
    unsigned month = (5 * day_of_year + 2) / MONTHS_5_DAYS;

    c->year = (int64_t)(year - (uint64_t)FIRST_YEAR + is_next);
    c->month = (int)(is_next ? month - 9 : month + 3);
    c->day = (int)(day_of_year - (MONTHS_5_DAYS * month + 2) / 5) + 1;
    c->year_day = days_before[c->month] + c->day + (c->month > 2 && go_civil_is_leap(c->year));
}

struct go_civil go_civil_of(int64_t local_s)
{
    uint64_t s = (uint64_t)local_s + (uint64_t)FIRST_DAY_S;
    uint64_t days = s / GO_DAY_S, quarters = 4 * days + 3;
    uint64_t century = quarters / CENTURIES_4_DAYS;
    unsigned in_century = (unsigned)(quarters % CENTURIES_4_DAYS) | 3;
    unsigned clock = (unsigned)(s % GO_DAY_S);
    struct go_civil c = {
        .weekday = (int)((days + WEDNESDAY) % 7),
        .hour = (int)(clock / GO_HOUR_S),
        .minute = (int)(clock / GO_MINUTE_S % 60),
        .second = (int)(clock % GO_MINUTE_S),
    };

    set_date(&c, 100 * century + in_century / YEARS_4_DAYS, in_century % YEARS_4_DAYS / 4);
    return c;
}

int64_t go_civil_seconds(int64_t year, int month, int64_t day)
{
    bool is_next = month < 3;
    uint64_t y = (uint64_t)year - is_next + (uint64_t)FIRST_YEAR;
    unsigned m = (unsigned)(is_next ? month + 9 : month - 3);
    uint64_t days = CENTURIES_4_DAYS * (y / 100) / 4 + YEARS_4_DAYS * (y % 100) / 4 +
                    (MONTHS_5_DAYS * m + 2) / 5 + (uint64_t)day - 1;

    return (int64_t)(days * GO_DAY_S - (uint64_t)FIRST_DAY_S);
}
