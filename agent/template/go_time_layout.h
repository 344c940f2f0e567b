#pragma once
/* go_time_layout.h: the parts that a layout of Go's package time is made of.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go package time: constants, "Layout". */

#include <stdbool.h>
#include <stddef.h>

#include "template/text.h"

enum layout_element {
    LAYOUT_END, /* nothing but literal text is left */
    LAYOUT_LONG_MONTH,
    LAYOUT_MONTH,
    LAYOUT_NUMBER_MONTH,
    LAYOUT_ZERO_MONTH,
    LAYOUT_LONG_WEEKDAY,
    LAYOUT_WEEKDAY,
    LAYOUT_DAY,
    LAYOUT_SPACE_DAY,
    LAYOUT_ZERO_DAY,
    LAYOUT_SPACE_YEAR_DAY,
    LAYOUT_ZERO_YEAR_DAY,
    LAYOUT_LONG_YEAR,
    LAYOUT_YEAR,
    LAYOUT_HOUR,
    LAYOUT_HOUR_12,
    LAYOUT_ZERO_HOUR_12,
    LAYOUT_MINUTE,
    LAYOUT_ZERO_MINUTE,
    LAYOUT_SECOND,
    LAYOUT_ZERO_SECOND,
    LAYOUT_UPPER_PM,
    LAYOUT_LOWER_PM,
    LAYOUT_ZONE,
    LAYOUT_OFFSET,         /* its word tells the form: "-07", "Z07:00:00" */
    LAYOUT_FRACTION,       /* ".000": all digits */
    LAYOUT_SHORT_FRACTION, /* ".999": without zeros at the end */
};

struct layout_part {
    struct text before; /* literal text */
    enum layout_element element;
    struct text word; /* how the element is written */
};

/* How an offset is written. */
struct layout_offset {
    bool is_z_for_utc, has_colons;
    unsigned pairs; /* of digits: 1 to 3 */
};

/* Take literal text and the element behind it off the front of layout. */
struct layout_part layout_next(struct text *layout);

struct layout_offset layout_offset_of(struct text word);

/* Digits of a fraction that is written as word. */
size_t layout_fraction_digits(struct text word);

/* English names, from 1 (January) or 0 (Sunday). */
const char *layout_month_name(int month);
const char *layout_weekday_name(int weekday);
#define LAYOUT_SHORT_NAME 3 /* bytes of a name that is cut */
