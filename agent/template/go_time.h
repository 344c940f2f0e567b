#pragma once
/* go_time.h: Go's time.Time: an instant, the zone that it is shown in, and printing.
 *
 * Owns     nothing; zones live in the arena of the render.
 * Threads  any.
 * Source   Go package time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

struct go_zone;
struct go_zone_span;
struct go_civil;

struct go_time {
    int64_t unix_s; /* seconds since 1970, may be negative; Go's zero time is year 1 */
    int32_t nanosecond;
    bool has_monotonic; /* prints " m=+0.000000001" at the end of String() */
    int64_t monotonic_ns;
    const struct go_zone *zone; /* NULL: UTC */
};

/* Seconds from Go's zero time to 1970. */
#define GO_TIME_ZERO_TO_1970_S INT64_C(62135596800)

/* 1 January of year 1, in UTC. */
static inline struct go_time go_time_zero(void)
{
    return (struct go_time){.unix_s = -GO_TIME_ZERO_TO_1970_S};
}

bool go_time_is_zero(const struct go_time *t);

/* Wall clock and monotonic reading of one moment; the latter is left out of years that cannot hold
 * both (up to 1884 and from 2157 on). */
struct go_time go_time_now(int64_t unix_ns, int64_t monotonic_ns, const struct go_zone *zone);

/* The same instant in another zone, without a monotonic reading. */
struct go_time go_time_in(const struct go_time *t, const struct go_zone *zone);

/* Same instant, zone and monotonic reading, as reflect.DeepEqual sees it. */
bool go_time_is_same(const struct go_time *a, const struct go_time *b);

/* Negative, 0 or positive; by the monotonic readings where both have one. */
int go_time_compare(const struct go_time *a, const struct go_time *b);

/* t later by ns nanoseconds; a - b, or the nearest that fits. */
struct go_time go_time_add(const struct go_time *t, int64_t ns);
int64_t go_time_sub(const struct go_time *a, const struct go_time *b);

/* Down, or to the nearest multiple of unit since the zero time; halves go up. unit <= 0: as it is,
 * but without a monotonic reading. */
struct go_time go_time_truncate(const struct go_time *t, int64_t unit);
struct go_time go_time_round(const struct go_time *t, int64_t unit);

/* What calendar and clock of its zone show; span, which may be NULL, gets what holds there. */
struct go_civil go_time_civil(const struct go_time *t, struct go_zone_span *span);

/* Go's time.Date: all numbers may be out of their range. */
struct go_date {
    int64_t year, month, day, hour, minute, second, nanosecond;
};
struct go_time go_time_of_date(const struct go_date *d, const struct go_zone *zone);

/* Go's Time.Format. What layout may hold: docs/TEMPLATES.md "Dates". */
void go_time_format(struct text_buf *b, const struct go_time *t, struct text layout);

/* Go's time.ParseInLocation. local is what value means where it names no zone; parts of value may
 * live on in the zone of the result.
 * Errors: INVALID ("parsing time: ...", or a limit), UNAVAILABLE. */
NODISCARD struct err *go_time_parse(struct secret_arena *a, struct text layout, struct text value,
                                    const struct go_zone *local, struct go_time *out);

/* Go's Time.String(), Month.String(), Weekday.String(). */
void go_time_print(struct text_buf *b, const struct go_time *t);
void go_month_print(struct text_buf *b, int64_t month);
void go_weekday_print(struct text_buf *b, int64_t weekday);

/* Go's Time.GoString(), what %#v prints: "time.Date(2017, time.December, 31, 0, 0, 0, 0,
 * time.UTC)".
 */
void go_time_print_source(struct text_buf *b, const struct go_time *t);

/* Go's appendStrictRFC3339, with nanoseconds. INVALID for a year over 9999 or an offset of a day
 * and more: "year outside of range [0,9999]". */
NODISCARD struct err *go_time_print_rfc3339(struct text_buf *b, const struct go_time *t);

/* The same as MarshalJSON words it, without quotes. */
NODISCARD struct err *go_time_print_json(struct text_buf *b, const struct go_time *t);

/* Go's time.Duration in nanoseconds: String(), ParseDuration, Round, Truncate.
 * Errors: INVALID ("time: invalid duration", "time: missing unit in duration", "time: unknown unit
 * in duration"). */
void go_duration_print(struct text_buf *b, int64_t ns);
NODISCARD struct err *go_duration_parse(struct text t, int64_t *out);
int64_t go_duration_round(int64_t ns, int64_t unit);
int64_t go_duration_truncate(int64_t ns, int64_t unit);
