/* The rule of a zone file is a TZ variable of POSIX: names and offsets of winter and summer time,
 * and the days of the year when one takes over from the other. Offsets count west of UTC there. In
 * the south summer time begins late in the year; the two then swap their names. */
#include "template/go_civil.h"
#include "template/go_zone.h"

#define OFFSET_HOURS_MAX (24 * 7)
#define DEFAULT_RULES ",M3.2.0,M11.1.0"
#define DEFAULT_TIME_S (2 * GO_HOUR_S)
#define YEAR_S (INT64_C(365) * GO_DAY_S)

enum rule_kind {
    RULE_JULIAN, /* day 1 to 365, 29 February is never counted */
    RULE_DAY,    /* day 0 to 365 */
    RULE_WEEKDAY,
};

struct rule {
    enum rule_kind kind;
    int day, week, month;
    int time_s;
};

struct side {
    struct text name;
    int32_t offset_s;
    bool is_summer;
};

static bool begins(struct text s, unsigned char c)
{
    return s.n > 0 && s.p[0] == c;
}

static void drop(struct text *s, size_t n)
{
    *s = text_part(*s, n, s->n - n);
}

static bool take(struct text *s, unsigned char c)
{
    if (!begins(*s, c))
        return false;
    drop(s, 1);
    return true;
}

static bool take_number(struct text *s, int min, int max, int *out)
{
    size_t n = 0;
    int v = 0;

    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
        v = 10 * v + (s->p[n] - '0');
        if (v > max)
            return false;
    }
    if (n == 0 || v < min)
        return false;
    drop(s, n);
    *out = v;
    return true;
}

/* Letters, or anything between angle brackets. */
static bool take_name(struct text *s, struct text *out)
{
    static const char ends[] = "0123456789,-+";
    bool is_quoted = take(s, '<');
    size_t n = 0;

    while (n < s->n && (is_quoted ? s->p[n] != '>' : !memchr(ends, s->p[n], sizeof(ends) - 1)))
        n++;
    if (is_quoted ? n == s->n : n < 3)
        return false;
    *out = text_part(*s, 0, n);
    drop(s, is_quoted ? n + 1 : n);
    return true;
}

/* Hours, minutes and seconds, as many as there are. */
static bool take_offset(struct text *s, int *out)
{
    bool is_negative = begins(*s, '-');
    int hours, minutes = 0, seconds = 0;

    if (is_negative || begins(*s, '+'))
        drop(s, 1);
    if (!take_number(s, 0, OFFSET_HOURS_MAX, &hours))
        return false;
    if (take(s, ':')) {
        if (!take_number(s, 0, 59, &minutes))
            return false;
        if (take(s, ':') && !take_number(s, 0, 59, &seconds))
            return false;
    }
    int v = hours * GO_HOUR_S + minutes * GO_MINUTE_S + seconds;
    *out = is_negative ? -v : v;
    return true;
}

static bool take_day(struct text *s, struct rule *r)
{
    if (take(s, 'J')) {
        r->kind = RULE_JULIAN;
        return take_number(s, 1, 365, &r->day);
    }
    if (take(s, 'M')) {
        r->kind = RULE_WEEKDAY;
        return take_number(s, 1, 12, &r->month) && take(s, '.') && take_number(s, 1, 5, &r->week) &&
               take(s, '.') && take_number(s, 0, 6, &r->day);
    }
    r->kind = RULE_DAY;
    return take_number(s, 0, 365, &r->day);
}

static bool take_rule(struct text *s, struct rule *r)
{
    r->time_s = DEFAULT_TIME_S;
    return take_day(s, r) && (!take(s, '/') || take_offset(s, &r->time_s));
}

/* Zeller's congruence: the weekday of the first of a month. Go's remainders, which are negative for
 * years that are. */
static int first_weekday(int64_t year, int month)
{
    int64_t m = (month + 9) % 12 + 1, y = year - (month <= 2);
    int64_t day = ((26 * m - 2) / 10 + 1 + y % 100 + y % 100 / 4 + y / 100 / 4 - 2 * (y / 100)) % 7;

    return (int)(day < 0 ? day + 7 : day);
}

static int day_of_weekday(int64_t year, const struct rule *r)
{
    int day = r->day - first_weekday(year, r->month);

    if (day < 0)
        day += 7;
    for (int i = 1; i < r->week && day + 7 < go_civil_days_in(year, r->month); i++)
        day += 7;
    return day + go_civil_days_before(r->month) + (r->month > 2 && go_civil_is_leap(year));
}

/* Seconds from the start of the year, in UTC, to when the rule takes effect. */
static int64_t effect_s(int64_t year, const struct rule *r, int32_t offset_s)
{
    int day = r->day;

    if (r->kind == RULE_JULIAN)
        day += go_civil_is_leap(year) && r->day >= 60 ? 0 : -1;
    else if (r->kind == RULE_WEEKDAY)
        day = day_of_weekday(year, r);
    return (int64_t)day * GO_DAY_S + r->time_s - offset_s;
}

static bool take_side(struct text *s, struct side *side)
{
    int west;

    if (!take_name(s, &side->name) || !take_offset(s, &west))
        return false;
    side->offset_s = -west;
    return true;
}

static bool take_summer(struct text *s, const struct side *winter, struct side *summer)
{
    int west;

    summer->is_summer = true;
    summer->offset_s = winter->offset_s + GO_HOUR_S;
    if (!take_name(s, &summer->name))
        return false;
    if (s->n == 0 || begins(*s, ','))
        return true;
    if (!take_offset(s, &west))
        return false;
    summer->offset_s = -west;
    return true;
}

static struct go_zone_span span_of(const struct side *side, int64_t start, int64_t end)
{
    return (struct go_zone_span){side->name, side->offset_s, side->is_summer, start, end};
}

/* Wraps at the end of time. */
static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* Start and end of a span reach no further than the year, which is enough for those who ask. */
static struct go_zone_span choose(const struct side *winter, const struct rule *from,
                                  const struct side *summer, const struct rule *to, int64_t unix_s)
{
    struct go_civil c = go_civil_of(unix_s);
    int64_t in_year = (int64_t)(c.year_day - 1) * GO_DAY_S + unix_s % GO_DAY_S;
    int64_t year = sum(unix_s, -in_year);
    int64_t begin = effect_s(c.year, from, winter->offset_s);
    int64_t end = effect_s(c.year, to, summer->offset_s);
    bool is_south = end < begin;
    const struct side *outer = is_south ? summer : winter;
    const struct side *inner = is_south ? winter : summer;

    if (is_south) {
        int64_t first = end;
        end = begin;
        begin = first;
    }
    if (in_year < begin)
        return span_of(outer, year, sum(year, begin));
    if (in_year >= end)
        return span_of(outer, sum(year, end), sum(year, YEAR_S));
    return span_of(inner, sum(year, begin), sum(year, end));
}

bool go_zone_rule(struct text s, int64_t start, int64_t unix_s, struct go_zone_span *out)
{
    struct side winter = {.is_summer = false}, summer;
    struct rule from, to;

    if (!take_side(&s, &winter))
        return false;
    if (s.n == 0 || begins(s, ',')) {
        *out = span_of(&winter, start, INT64_MAX);
        return true;
    }
    if (!take_summer(&s, &winter, &summer))
        return false;
    if (s.n == 0)
        s = TEXT(DEFAULT_RULES);
    if (!take(&s, ',') && !take(&s, ';'))
        return false;
    if (!take_rule(&s, &from) || !take(&s, ',') || !take_rule(&s, &to) || s.n > 0)
        return false;
    *out = choose(&winter, &from, &summer, &to, unix_s);
    return true;
}
