#pragma once
/* go_time_reading.h: reads the text of a time, an element of its layout at a time.
 *
 * go_time_reading.c takes what calendars and clocks show, go_time_reading_zone.c names and offsets
 * of zones, go_time_parse.c makes a time of it.
 *
 * Owns     nothing: texts point into the value.
 * Threads  one at a time.
 * Source   Go package time, Parse. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/go_time_layout.h"
#include "template/text.h"

#define READING_UNSET (-1) /* also an offset of one second west, as in Go */

/* What was read so far; month, day, year_day and offset_s begin as READING_UNSET. */
struct reading {
    struct text value; /* what is left */
    bool is_bad;
    const char *out_of_range; /* what is, or NULL */
    int64_t year;
    int month, day, year_day;
    int hour, minute, second;
    int64_t nanosecond;
    bool is_am, is_pm;
    bool is_utc;
    int offset_s;
    struct text zone;
};

/* An element of the layout; layout is what comes after it. Sets is_bad where the value does not
 * hold it, out_of_range where its number is none. */
void reading_take_element(struct reading *r, const struct layout_part *p, struct text layout);
void reading_take_offset(struct reading *r, struct text word);
void reading_take_zone(struct reading *r);

/* Literal text, in which any number of spaces is as good as another; false where the value has
 * something else. */
bool reading_skip_literal(struct reading *r, struct text literal);

/* A number of one or two digits, or of two where is_fixed; 0, and is_bad, where there is none. */
int reading_take_number(struct reading *r, bool is_fixed);
void reading_check_range(struct reading *r, int v, int min, int max, const char *what);

/* Number of all of t, with a sign; false where it is none. t is short. */
bool reading_signed(struct text t, int64_t *out);

static inline bool reading_is_digit(struct text t, size_t i)
{
    return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

static inline int reading_digit(struct text t, size_t i)
{
    return t.p[i] - '0';
}

/* The next n bytes of the value. */
static inline struct text reading_drop(struct reading *r, size_t n)
{
    struct text taken = text_part(r->value, 0, n);

    r->value = text_part(r->value, n, r->value.n - n);
    return taken;
}
