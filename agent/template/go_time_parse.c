/* The value is read along the layout, an element at a time; what was read is put together at the
 * end. Errors name elements, never the value. */
#include "template/go_time.h"

#include "template/go_civil.h"
#include "template/go_time_reading.h"
#include "template/go_zone.h"

static struct err *out_of_range(const char *what)
{
    return err_new(ERR_INVALID, "parsing time: %s out of range", what);
}

static struct err *read_all(struct reading *r, struct text layout)
{
    for (;;) {
        struct layout_part p = layout_next(&layout);
        if (!reading_skip_literal(r, p.before))
            return err_new(ERR_INVALID, "parsing time: cannot parse as the text of the layout");
        if (p.element == LAYOUT_END)
            return r->value.n ? err_new(ERR_INVALID, "parsing time: extra text") : NULL;
        reading_take_element(r, &p, layout);
        if (r->out_of_range)
            return out_of_range(r->out_of_range);
        if (r->is_bad)
            return err_new(ERR_INVALID, "parsing time: cannot parse as \"%.*s\"", (int)p.word.n,
                           (const char *)p.word.p);
    }
}

/* Month and day from the day of the year; a month or day that was read too must be the same. */
static struct err *apply_year_day(struct reading *r)
{
    int leap = go_civil_is_leap(r->year), month = 1;

    if (r->year_day < 1 || r->year_day > 365 + leap)
        return out_of_range("day-of-year");
    while (r->year_day > go_civil_days_before(month + 1) + (month >= 2 ? leap : 0))
        month++;
    int day = r->year_day - go_civil_days_before(month) - (month > 2 ? leap : 0);
    if (r->month != READING_UNSET && r->month != month)
        return err_new(ERR_INVALID, "parsing time: day-of-year does not match month");
    if (r->day != READING_UNSET && r->day != day)
        return err_new(ERR_INVALID, "parsing time: day-of-year does not match day");
    r->month = month;
    r->day = day;
    return NULL;
}

static struct err *complete(struct reading *r)
{
    if (r->is_pm && r->hour < 12)
        r->hour += 12;
    else if (r->is_am && r->hour == 12)
        r->hour = 0;
    if (r->year_day != READING_UNSET) {
        struct err *e = apply_year_day(r);
        if (e)
            return e;
    }
    if (r->month == READING_UNSET)
        r->month = 1;
    if (r->day == READING_UNSET)
        r->day = 1;
    if (r->day < 1 || r->day > go_civil_days_in(r->year, r->month))
        return out_of_range("day");
    return NULL;
}

/* An offset is the local zone where that has it at the time. */
static struct err *apply_offset(struct secret_arena *a, const struct reading *r,
                                const struct go_zone *local, struct go_time *t)
{
    t->unix_s -= r->offset_s;
    struct go_zone_span span = go_zone_at(local, t->unix_s);
    t->zone = local;
    if (span.offset_s == r->offset_s && (r->zone.n == 0 || text_equal(span.abbreviation, r->zone)))
        return NULL;
    return go_zone_fixed(a, r->zone, r->offset_s, &t->zone);
}

/* A name that the local zone does not know is a zone at UTC, but "GMT-3" tells its offset. */
static struct err *apply_zone(struct secret_arena *a, const struct reading *r,
                              const struct go_zone *local, struct go_time *t)
{
    int32_t offset_s = 0;
    int64_t hours = 0;

    if (local && go_zone_offset_of(local, r->zone, t->unix_s, &offset_s)) {
        t->unix_s -= offset_s;
        t->zone = local;
        return NULL;
    }
    if (r->zone.n > 3 && text_has_prefix(r->zone, TEXT("GMT")))
        reading_signed(text_part(r->zone, 3, r->zone.n - 3), &hours);
    return go_zone_fixed(a, r->zone, (int32_t)(hours * GO_HOUR_S), &t->zone);
}

static struct err *put_together(struct secret_arena *a, const struct reading *r,
                                const struct go_zone *local, struct go_time *out)
{
    const struct go_date date = {r->year,   r->month,  r->day,       r->hour,
                                 r->minute, r->second, r->nanosecond};
    bool is_plain = r->offset_s == READING_UNSET && r->zone.n == 0;
    struct go_time t = go_time_of_date(&date, is_plain && !r->is_utc ? local : NULL);
    struct err *e = NULL;

    if (!r->is_utc && r->offset_s != READING_UNSET)
        e = apply_offset(a, r, local, &t);
    else if (!r->is_utc && r->zone.n > 0)
        e = apply_zone(a, r, local, &t);
    if (e)
        return e;
    *out = t;
    return NULL;
}

struct err *go_time_parse(struct secret_arena *a, struct text layout, struct text value,
                          const struct go_zone *local, struct go_time *out)
{
    struct reading r = {.value = value,
                        .month = READING_UNSET,
                        .day = READING_UNSET,
                        .year_day = READING_UNSET,
                        .offset_s = READING_UNSET};
    struct err *e = read_all(&r, layout);

    if (!e)
        e = complete(&r);
    return e ? e : put_together(a, &r, local, out);
}
