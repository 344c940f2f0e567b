/* The value is read along the layout, an element at a time; what was read is put together at the
 * end. Go is more lenient than its layouts look: a fraction may follow any seconds, two digits of a
 * year may be a sign and a digit, and so on; all of that is as it is there. Errors name elements,
 * never the value. */
#include "template/go_time.h"

#include "template/go_civil.h"
#include "template/go_time_layout.h"
#include "template/go_zone.h"

#define FRACTION_BYTES_MAX 10 /* separator and nine digits; more are not looked at */
#define UNSET (-1)            /* also an offset of one second west, as in Go */
#define PIVOT_YEAR 69         /* "69" is 1969, "68" is 2068 */
#define OFFSET_HOURS_MAX 24
#define OFFSET_PART_MAX 60
#define ZONE_HOURS_MAX 23

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

static bool is_digit(struct text t, size_t i)
{
    return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

static int digit(struct text t, size_t i)
{
    return t.p[i] - '0';
}

static struct text drop(struct reading *r, size_t n)
{
    struct text taken = text_part(r->value, 0, n);

    r->value = text_part(r->value, n, r->value.n - n);
    return taken;
}

/* Number of one or two digits (of two, where is_fixed), or of up to max. 0 where there is none. */
static int take_digits(struct reading *r, size_t max, bool is_fixed)
{
    int v = 0;
    size_t n = 0;

    while (n < max && is_digit(r->value, n))
        v = 10 * v + digit(r->value, n++);
    if (n == 0 || (is_fixed && n < max)) {
        r->is_bad = true;
        return 0;
    }
    drop(r, n);
    return v;
}

static int take_number(struct reading *r, bool is_fixed)
{
    return take_digits(r, 2, is_fixed);
}

static void check_range(struct reading *r, int v, int min, int max, const char *what)
{
    if (!r->is_bad && (v < min || v > max))
        r->out_of_range = what;
}

/* Number of all of t, with a sign; false where it is none. t is short. */
static bool read_signed(struct text t, int64_t *out)
{
    bool is_negative = t.n > 0 && t.p[0] == '-';
    size_t i = is_negative || (t.n > 0 && t.p[0] == '+');
    int64_t v = 0;

    for (; is_digit(t, i); i++)
        v = 10 * v + digit(t, i);
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
    if (!read_signed(text_part(r->value, 1, used - 1), &r->nanosecond))
        r->is_bad = true;
    else if (r->nanosecond < 0)
        r->out_of_range = "fractional second";
    for (; used < FRACTION_BYTES_MAX; used++)
        r->nanosecond *= 10;
    drop(r, n);
}

/* Length of a separator and the digits behind it; 0: there is none. */
static size_t fraction_ahead(struct text value)
{
    size_t n = 1;

    if (value.n < 2 || (value.p[0] != '.' && value.p[0] != ',') || !is_digit(value, 1))
        return 0;
    while (is_digit(value, n))
        n++;
    return n;
}

static void take_second(struct reading *r, bool is_fixed, struct text layout)
{
    r->second = take_number(r, is_fixed);
    check_range(r, r->second, 0, 59, "second");
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
            drop(r, n);
            return i;
        }
    }
    r->is_bad = true;
    return first;
}

static void take_year(struct reading *r, bool is_short)
{
    size_t n = is_short ? 2 : 4;

    if (r->value.n < n || (!is_short && !is_digit(r->value, 0)) ||
        !read_signed(text_part(r->value, 0, n), &r->year)) {
        r->is_bad = true;
        return;
    }
    drop(r, n);
    if (is_short)
        r->year += r->year >= PIVOT_YEAR ? 1900 : 2000;
}

static void skip_spaces(struct reading *r, size_t max)
{
    for (; max > 0 && r->value.n > 0 && r->value.p[0] == ' '; max--)
        drop(r, 1);
}

static void take_date(struct reading *r, enum layout_element element)
{
    if (element == LAYOUT_YEAR || element == LAYOUT_LONG_YEAR) {
        take_year(r, element == LAYOUT_YEAR);
    } else if (element == LAYOUT_MONTH || element == LAYOUT_LONG_MONTH) {
        r->month = take_name(r, layout_month_name, 1, 12, element == LAYOUT_MONTH);
    } else if (element == LAYOUT_NUMBER_MONTH || element == LAYOUT_ZERO_MONTH) {
        r->month = take_number(r, element == LAYOUT_ZERO_MONTH);
        check_range(r, r->month, 1, 12, "month");
    } else if (element == LAYOUT_WEEKDAY || element == LAYOUT_LONG_WEEKDAY) {
        take_name(r, layout_weekday_name, 0, 6, element == LAYOUT_WEEKDAY);
    } else if (element == LAYOUT_SPACE_YEAR_DAY || element == LAYOUT_ZERO_YEAR_DAY) {
        skip_spaces(r, element == LAYOUT_SPACE_YEAR_DAY ? 2 : 0);
        r->year_day = take_digits(r, 3, element == LAYOUT_ZERO_YEAR_DAY);
    } else {
        skip_spaces(r, element == LAYOUT_SPACE_DAY);
        r->day = take_number(r, element == LAYOUT_ZERO_DAY);
    }
}

static void take_half(struct reading *r, const char *am, const char *pm)
{
    r->is_bad = r->value.n < 2;
    if (r->is_bad)
        return;
    struct text half = drop(r, 2);
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
        r->hour = take_number(r, false);
        check_range(r, r->hour, 0, 23, "hour");
    } else if (element == LAYOUT_HOUR_12 || element == LAYOUT_ZERO_HOUR_12) {
        r->hour = take_number(r, element == LAYOUT_ZERO_HOUR_12);
        check_range(r, r->hour, 0, 12, "hour");
    } else if (element == LAYOUT_MINUTE || element == LAYOUT_ZERO_MINUTE) {
        r->minute = take_number(r, element == LAYOUT_ZERO_MINUTE);
        check_range(r, r->minute, 0, 59, "minute");
    } else if (element == LAYOUT_SECOND || element == LAYOUT_ZERO_SECOND) {
        take_second(r, element == LAYOUT_ZERO_SECOND, layout);
    } else if (element == LAYOUT_UPPER_PM) {
        take_half(r, "AM", "PM");
    } else {
        take_half(r, "am", "pm");
    }
}

/* Pairs of digits behind a sign, with colons where the layout has them. */
static void take_offset(struct reading *r, struct text word)
{
    static const char *const names[] = {"time zone offset hour", "time zone offset minute",
                                        "time zone offset second"};
    static const int limits[] = {OFFSET_HOURS_MAX, OFFSET_PART_MAX, OFFSET_PART_MAX};
    struct layout_offset form = layout_offset_of(word);
    int parts[3] = {0, 0, 0};

    if (form.is_z_for_utc && r->value.n > 0 && r->value.p[0] == 'Z') {
        drop(r, 1);
        r->is_utc = true;
        return;
    }
    if (r->value.n < word.n) {
        r->is_bad = true;
        return;
    }
    unsigned char sign = drop(r, 1).p[0];
    for (unsigned i = 0; i < form.pairs && !r->is_bad; i++) {
        if (i > 0 && form.has_colons)
            r->is_bad = drop(r, 1).p[0] != ':';
        if (!r->is_bad)
            parts[i] = take_number(r, true);
        check_range(r, parts[i], 0, limits[i], names[i]);
    }
    r->is_bad = r->is_bad || (sign != '+' && sign != '-');
    int offset = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    r->offset_s = sign == '-' ? -offset : offset;
}

/* Length of a sign and whole hours that a zone can be away from UTC; 0: there is none. */
static size_t hours_ahead(struct text t, size_t from)
{
    size_t i = from + 1;
    int v = 0;

    if (from >= t.n || (t.p[from] != '+' && t.p[from] != '-'))
        return 0;
    for (; is_digit(t, i); i++) {
        if (v <= ZONE_HOURS_MAX)
            v = 10 * v + digit(t, i);
    }
    return i == from + 1 || v > ZONE_HOURS_MAX ? 0 : i - from;
}

static size_t capitals_ahead(struct text t)
{
    size_t n = 0;

    while (n < t.n && t.p[n] >= 'A' && t.p[n] <= 'Z')
        n++;
    return n;
}

/* Length of what may be the short name of a zone; 0: nothing. Three capitals may always, four or
 * five when the last is a T. */
static size_t zone_ahead(struct text t)
{
    if (t.n < 3)
        return 0;
    if (text_has_prefix(t, TEXT("ChST")) || text_has_prefix(t, TEXT("MeST")))
        return 4;
    if (text_has_prefix(t, TEXT("GMT")))
        return 3 + hours_ahead(t, 3);
    if (t.p[0] == '+' || t.p[0] == '-')
        return hours_ahead(t, 0);
    size_t n = capitals_ahead(t);
    if (n == 4 && text_has_prefix(t, TEXT("WITA")))
        return n;
    return n == 3 || ((n == 4 || n == 5) && t.p[n - 1] == 'T') ? n : 0;
}

static void take_zone(struct reading *r)
{
    if (text_has_prefix(r->value, TEXT("UTC"))) {
        drop(r, 3);
        r->is_utc = true;
        return;
    }
    size_t n = zone_ahead(r->value);
    if (n == 0)
        r->is_bad = true;
    else
        r->zone = drop(r, n);
}

/* layout: what comes after the element. */
static void take_element(struct reading *r, const struct layout_part *p, struct text layout)
{
    if (p->element <= LAYOUT_YEAR)
        take_date(r, p->element);
    else if (p->element <= LAYOUT_LOWER_PM)
        take_clock(r, p->element, layout);
    else if (p->element == LAYOUT_ZONE)
        take_zone(r);
    else if (p->element == LAYOUT_OFFSET)
        take_offset(r, p->word);
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

/* Literal text, in which any number of spaces is as good as another. */
static bool skip_literal(struct reading *r, struct text literal)
{
    for (size_t i = 0; i < literal.n;) {
        size_t n = spaces(literal, i);
        if (n == 0) {
            if (r->value.n == 0 || r->value.p[0] != literal.p[i])
                return false;
            drop(r, 1);
            i++;
            continue;
        }
        if (r->value.n > 0 && r->value.p[0] != ' ')
            return false;
        drop(r, spaces(r->value, 0));
        i += n;
    }
    return true;
}

static struct err *out_of_range(const char *what)
{
    return err_new(ERR_INVALID, "parsing time: %s out of range", what);
}

static struct err *read_all(struct reading *r, struct text layout)
{
    for (;;) {
        struct layout_part p = layout_next(&layout);
        if (!skip_literal(r, p.before))
            return err_new(ERR_INVALID, "parsing time: cannot parse as the text of the layout");
        if (p.element == LAYOUT_END)
            return r->value.n ? err_new(ERR_INVALID, "parsing time: extra text") : NULL;
        take_element(r, &p, layout);
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
    if (r->month != UNSET && r->month != month)
        return err_new(ERR_INVALID, "parsing time: day-of-year does not match month");
    if (r->day != UNSET && r->day != day)
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
    if (r->year_day != UNSET) {
        struct err *e = apply_year_day(r);
        if (e)
            return e;
    }
    if (r->month == UNSET)
        r->month = 1;
    if (r->day == UNSET)
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
        read_signed(text_part(r->zone, 3, r->zone.n - 3), &hours);
    return go_zone_fixed(a, r->zone, (int32_t)(hours * GO_HOUR_S), &t->zone);
}

static struct err *put_together(struct secret_arena *a, const struct reading *r,
                                const struct go_zone *local, struct go_time *out)
{
    const struct go_date date = {r->year,   r->month,  r->day,       r->hour,
                                 r->minute, r->second, r->nanosecond};
    bool is_plain = r->offset_s == UNSET && r->zone.n == 0;
    struct go_time t = go_time_of_date(&date, is_plain && !r->is_utc ? local : NULL);
    struct err *e = NULL;

    if (!r->is_utc && r->offset_s != UNSET)
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
    struct reading r = {
        .value = value, .month = UNSET, .day = UNSET, .year_day = UNSET, .offset_s = UNSET};
    struct err *e = read_all(&r, layout);

    if (!e)
        e = complete(&r);
    return e ? e : put_together(a, &r, local, out);
}
