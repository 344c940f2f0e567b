/* Go is more lenient than its layouts look: a fraction may follow any seconds, two digits of a year
 * may be a sign and a digit, and so on; all of that is as it is there. */
#include "template/go_time_reading.h"

#define FRACTION_BYTES_MAX 10 /* separator and nine digits; more are not looked at */
#define PIVOT_YEAR 69         /* "69" is 1969, "68" is 2068 */

/* Number of one or two digits (of two, where is_fixed), or of up to max. 0 where there is none. */
static int take_digits(struct reading *r, size_t max, bool is_fixed)
{
    int v = 0;
    size_t n = 0;

    while (n < max && reading_is_digit(r->value, n))
        v = 10 * v + reading_digit(r->value, n++);
    if (n == 0 || (is_fixed && n < max)) {
        r->is_bad = true;
        return 0;
    }
    reading_drop(r, n);
    return v;
}

int reading_take_number(struct reading *r, bool is_fixed)
{
    return take_digits(r, 2, is_fixed);
}

void reading_check_range(struct reading *r, int v, int min, int max, const char *what)
{
    if (!r->is_bad && (v < min || v > max))
        r->out_of_range = what;
}

bool reading_signed(struct text t, int64_t *out)
{
    bool is_negative = t.n > 0 && t.p[0] == '-';
    size_t i = is_negative || (t.n > 0 && t.p[0] == '+');
    int64_t v = 0;

    for (; reading_is_digit(t, i); i++)
        v = 10 * v + reading_digit(t, i);
    *out = is_negative ? -v : v;
    return i == t.n;
}

static void take_fraction(struct reading *r, size_t n)
{
    size_t used = n > FRACTION_BYTES_MAX ? FRACTION_BYTES_MAX : n;

    if (r->value.p[0] != '.' && r->value.p[0] != ',') {
        r->is_bad = true;
        return;
    }
    if (!reading_signed(text_part(r->value, 1, used - 1), &r->nanosecond))
        r->is_bad = true;
    else if (r->nanosecond < 0)
        r->out_of_range = "fractional second";
    for (; used < FRACTION_BYTES_MAX; used++)
        r->nanosecond *= 10;
    reading_drop(r, n);
}

/* Length of a separator and the digits behind it; 0: there is none. */
static size_t fraction_ahead(struct text value)
{
    size_t n = 1;

    if (value.n < 2 || (value.p[0] != '.' && value.p[0] != ',') || !reading_is_digit(value, 1))
        return 0;
    while (reading_is_digit(value, n))
        n++;
    return n;
}

static void take_second(struct reading *r, bool is_fixed, struct text layout)
{
    r->second = reading_take_number(r, is_fixed);
    reading_check_range(r, r->second, 0, 59, "second");
    size_t n = fraction_ahead(r->value);
    if (r->is_bad || r->out_of_range || n == 0)
        return;
    enum layout_element next = layout_next(&layout).element;
    if (next != LAYOUT_FRACTION && next != LAYOUT_SHORT_FRACTION)
        take_fraction(r, n);
}

/* Two letters with the same name, but for the case. */
static bool is_letter(unsigned char a, unsigned char b)
{
    unsigned char lower = a | 0x20;

    return a == b || (lower == (b | 0x20) && lower >= 'a' && lower <= 'z');
}

static bool begins_with_name(struct text t, const char *name, size_t n)
{
    if (t.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(t.p[i], (unsigned char)name[i]))
            return false;
    }
    return true;
}

/* One of the names from first to last; which. */
static int take_name(struct reading *r, const char *(*name_of)(int), int first, int last,
                     bool is_short)
{
    for (int i = first; i <= last; i++) {
        const char *name = name_of(i);
        size_t n = is_short ? LAYOUT_SHORT_NAME : strlen(name);
        if (begins_with_name(r->value, name, n)) {
            reading_drop(r, n);
            return i;
        }
    }
    r->is_bad = true;
    return first;
}

static void take_year(struct reading *r, bool is_short)
{
    size_t n = is_short ? 2 : 4;

    if (r->value.n < n || (!is_short && !reading_is_digit(r->value, 0)) ||
        !reading_signed(text_part(r->value, 0, n), &r->year)) {
        r->is_bad = true;
        return;
    }
    reading_drop(r, n);
    if (is_short)
        r->year += r->year >= PIVOT_YEAR ? 1900 : 2000;
}

static void skip_spaces(struct reading *r, size_t max)
{
    for (; max > 0 && r->value.n > 0 && r->value.p[0] == ' '; max--)
        reading_drop(r, 1);
}

static void take_date(struct reading *r, enum layout_element element)
{
    if (element == LAYOUT_YEAR || element == LAYOUT_LONG_YEAR) {
        take_year(r, element == LAYOUT_YEAR);
    } else if (element == LAYOUT_MONTH || element == LAYOUT_LONG_MONTH) {
        r->month = take_name(r, layout_month_name, 1, 12, element == LAYOUT_MONTH);
    } else if (element == LAYOUT_NUMBER_MONTH || element == LAYOUT_ZERO_MONTH) {
        r->month = reading_take_number(r, element == LAYOUT_ZERO_MONTH);
        reading_check_range(r, r->month, 1, 12, "month");
    } else if (element == LAYOUT_WEEKDAY || element == LAYOUT_LONG_WEEKDAY) {
        take_name(r, layout_weekday_name, 0, 6, element == LAYOUT_WEEKDAY);
    } else if (element == LAYOUT_SPACE_YEAR_DAY || element == LAYOUT_ZERO_YEAR_DAY) {
        skip_spaces(r, element == LAYOUT_SPACE_YEAR_DAY ? 2 : 0);
        r->year_day = take_digits(r, 3, element == LAYOUT_ZERO_YEAR_DAY);
    } else {
        skip_spaces(r, element == LAYOUT_SPACE_DAY);
        r->day = reading_take_number(r, element == LAYOUT_ZERO_DAY);
    }
}

static void take_half(struct reading *r, const char *am, const char *pm)
{
    r->is_bad = r->value.n < 2;
    if (r->is_bad)
        return;
    struct text half = reading_drop(r, 2);
    if (text_is(half, pm))
        r->is_pm = true;
    else if (text_is(half, am))
        r->is_am = true;
    else
        r->is_bad = true;
}

static void take_clock(struct reading *r, enum layout_element element, struct text layout)
{
    if (element == LAYOUT_HOUR) {
        r->hour = reading_take_number(r, false);
        reading_check_range(r, r->hour, 0, 23, "hour");
    } else if (element == LAYOUT_HOUR_12 || element == LAYOUT_ZERO_HOUR_12) {
        r->hour = reading_take_number(r, element == LAYOUT_ZERO_HOUR_12);
        reading_check_range(r, r->hour, 0, 12, "hour");
    } else if (element == LAYOUT_MINUTE || element == LAYOUT_ZERO_MINUTE) {
        r->minute = reading_take_number(r, element == LAYOUT_ZERO_MINUTE);
        reading_check_range(r, r->minute, 0, 59, "minute");
    } else if (element == LAYOUT_SECOND || element == LAYOUT_ZERO_SECOND) {
        take_second(r, element == LAYOUT_ZERO_SECOND, layout);
    } else if (element == LAYOUT_UPPER_PM) {
        take_half(r, "AM", "PM");
    } else {
        take_half(r, "am", "pm");
    }
}

void reading_take_element(struct reading *r, const struct layout_part *p, struct text layout)
{
    if (p->element <= LAYOUT_YEAR)
        take_date(r, p->element);
    else if (p->element <= LAYOUT_LOWER_PM)
        take_clock(r, p->element, layout);
    else if (p->element == LAYOUT_ZONE)
        reading_take_zone(r);
    else if (p->element == LAYOUT_OFFSET)
        reading_take_offset(r, p->word);
    else if (p->element == LAYOUT_SHORT_FRACTION && fraction_ahead(r->value) > 0)
        take_fraction(r, fraction_ahead(r->value));
    else if (p->element == LAYOUT_FRACTION && r->value.n > layout_fraction_digits(p->word))
        take_fraction(r, 1 + layout_fraction_digits(p->word));
    else if (p->element == LAYOUT_FRACTION)
        r->is_bad = true;
}

static size_t spaces(struct text t, size_t i)
{
    size_t n = 0;

    while (i + n < t.n && t.p[i + n] == ' ')
        n++;
    return n;
}

bool reading_skip_literal(struct reading *r, struct text literal)
{
    for (size_t i = 0; i < literal.n;) {
        size_t n = spaces(literal, i);
        if (n == 0) {
            if (r->value.n == 0 || r->value.p[0] != literal.p[i])
                return false;
            reading_drop(r, 1);
            i++;
            continue;
        }
        if (r->value.n > 0 && r->value.p[0] != ' ')
            return false;
        reading_drop(r, spaces(r->value, 0));
        i += n;
    }
    return true;
}
