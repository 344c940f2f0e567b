/* One layout element after the other is printed; the calendar is worked out once. */
#include "template/go_time.h"

#include "template/go_civil.h"
#include "template/go_time_layout.h"
#include "template/go_zone.h"

#define STRING_LAYOUT "2006-01-02 15:04:05.999999999 -0700 MST"
#define RFC_3339_LAYOUT "2006-01-02T15:04:05.999999999Z07:00"
#define FRACTION_DIGITS 9
#define NS_PER_S 1000000000u
#define DIGITS_MAX 20

struct shown {
    struct text_buf *b;
    struct go_civil civil;
    struct go_zone_span span;
    unsigned nanosecond;
};

/* At least width digits. */
static void add_number(struct text_buf *b, int64_t v, unsigned width)
{
    unsigned char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;

    do {
        digits[--at] = (unsigned char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    while (DIGITS_MAX - at < width)
        digits[--at] = '0';
    if (v < 0)
        text_buf_byte(b, '-');
    text_buf_bytes(b, digits + at, DIGITS_MAX - at);
}

static void add_padded(struct text_buf *b, int v, unsigned width)
{
    for (int limit = 10; width > 1; width--, limit *= 10) {
        if (v < limit)
            text_buf_byte(b, ' ');
    }
    add_number(b, v, 1);
}

static void add_name(struct text_buf *b, const char *name, bool is_short)
{
    text_buf_bytes(b, name, is_short ? LAYOUT_SHORT_NAME : strlen(name));
}

static void add_date(const struct shown *s, enum layout_element element)
{
    const struct go_civil *c = &s->civil;

    if (element == LAYOUT_LONG_MONTH || element == LAYOUT_MONTH)
        add_name(s->b, layout_month_name(c->month), element == LAYOUT_MONTH);
    else if (element == LAYOUT_LONG_WEEKDAY || element == LAYOUT_WEEKDAY)
        add_name(s->b, layout_weekday_name(c->weekday), element == LAYOUT_WEEKDAY);
    else if (element == LAYOUT_NUMBER_MONTH || element == LAYOUT_ZERO_MONTH)
        add_number(s->b, c->month, element == LAYOUT_ZERO_MONTH ? 2 : 1);
    else if (element == LAYOUT_SPACE_DAY)
        add_padded(s->b, c->day, 2);
    else if (element == LAYOUT_DAY || element == LAYOUT_ZERO_DAY)
        add_number(s->b, c->day, element == LAYOUT_ZERO_DAY ? 2 : 1);
    else if (element == LAYOUT_SPACE_YEAR_DAY)
        add_padded(s->b, c->year_day, 3);
    else if (element == LAYOUT_ZERO_YEAR_DAY)
        add_number(s->b, c->year_day, 3);
    else if (element == LAYOUT_YEAR)
        add_number(s->b, c->year % 100 < 0 ? -(c->year % 100) : c->year % 100, 2);
    else
        add_number(s->b, c->year, 4);
}

static void add_clock(const struct shown *s, enum layout_element element)
{
    const struct go_civil *c = &s->civil;
    int hour_12 = c->hour % 12 == 0 ? 12 : c->hour % 12;

    if (element == LAYOUT_HOUR)
        add_number(s->b, c->hour, 2);
    else if (element == LAYOUT_HOUR_12 || element == LAYOUT_ZERO_HOUR_12)
        add_number(s->b, hour_12, element == LAYOUT_ZERO_HOUR_12 ? 2 : 1);
    else if (element == LAYOUT_MINUTE || element == LAYOUT_ZERO_MINUTE)
        add_number(s->b, c->minute, element == LAYOUT_ZERO_MINUTE ? 2 : 1);
    else if (element == LAYOUT_SECOND || element == LAYOUT_ZERO_SECOND)
        add_number(s->b, c->second, element == LAYOUT_ZERO_SECOND ? 2 : 1);
    else if (element == LAYOUT_UPPER_PM)
        text_buf_puts(s->b, c->hour >= 12 ? "PM" : "AM");
    else
        text_buf_puts(s->b, c->hour >= 12 ? "pm" : "am");
}

/* The sign is that of the whole minutes. */
static void add_offset(const struct shown *s, struct layout_offset form)
{
    int64_t offset = s->span.offset_s, minutes = offset / 60;
    bool is_west = minutes < 0;

    if (form.is_z_for_utc && offset == 0) {
        text_buf_byte(s->b, 'Z');
        return;
    }
    if (is_west) {
        minutes = -minutes;
        offset = -offset;
    }
    const int64_t numbers[] = {minutes / 60, minutes % 60, offset % 60};
    text_buf_byte(s->b, is_west ? '-' : '+');
    for (size_t i = 0; i < form.pairs && i < ARRAY_SIZE(numbers); i++) {
        if (i > 0 && form.has_colons)
            text_buf_byte(s->b, ':');
        add_number(s->b, numbers[i], 2);
    }
}

static void add_zone(const struct shown *s)
{
    if (s->span.abbreviation.n > 0)
        text_buf_add(s->b, s->span.abbreviation);
    else
        add_offset(s, (struct layout_offset){.pairs = 2});
}

static void add_fraction(const struct shown *s, struct text word, bool is_short)
{
    unsigned char digits[FRACTION_DIGITS];
    unsigned rest = s->nanosecond;
    size_t n = layout_fraction_digits(word);

    for (size_t i = FRACTION_DIGITS; i > 0; i--) {
        digits[i - 1] = (unsigned char)('0' + rest % 10);
        rest /= 10;
    }
    if (n > FRACTION_DIGITS)
        n = FRACTION_DIGITS;
    while (is_short && n > 0 && digits[n - 1] == '0')
        n--;
    if (is_short && n == 0)
        return;
    text_buf_byte(s->b, word.p[0]);
    text_buf_bytes(s->b, digits, n);
}

static void add_element(const struct shown *s, const struct layout_part *p)
{
    if (p->element <= LAYOUT_YEAR)
        add_date(s, p->element);
    else if (p->element <= LAYOUT_LOWER_PM)
        add_clock(s, p->element);
    else if (p->element == LAYOUT_ZONE)
        add_zone(s);
    else if (p->element == LAYOUT_OFFSET)
        add_offset(s, layout_offset_of(p->word));
    else
        add_fraction(s, p->word, p->element == LAYOUT_SHORT_FRACTION);
}

void go_time_format(struct text_buf *b, const struct go_time *t, struct text layout)
{
    struct shown s = {.b = b, .nanosecond = (unsigned)t->nanosecond};

    s.civil = go_time_civil(t, &s.span);
    for (;;) {
        struct layout_part p = layout_next(&layout);
        text_buf_add(b, p.before);
        if (p.element == LAYOUT_END)
            return;
        add_element(&s, &p);
    }
}

static void add_monotonic(struct text_buf *b, int64_t ns)
{
    uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

    text_buf_puts(b, ns < 0 ? " m=-" : " m=+");
    add_number(b, (int64_t)(u / NS_PER_S), 1);
    text_buf_byte(b, '.');
    add_number(b, (int64_t)(u % NS_PER_S), FRACTION_DIGITS);
}

void go_time_print(struct text_buf *b, const struct go_time *t)
{
    go_time_format(b, t, TEXT(STRING_LAYOUT));
    if (t->has_monotonic)
        add_monotonic(b, t->monotonic_ns);
}

static void print_index(struct text_buf *b, const char *type, int64_t v)
{
    text_buf_puts(b, "%!");
    text_buf_puts(b, type);
    text_buf_byte(b, '(');
    text_buf_uint(b, (uint64_t)v);
    text_buf_byte(b, ')');
}

void go_month_print(struct text_buf *b, int64_t month)
{
    if (month >= 1 && month <= 12)
        text_buf_puts(b, layout_month_name((int)month));
    else
        print_index(b, "Month", month);
}

void go_weekday_print(struct text_buf *b, int64_t weekday)
{
    if (weekday >= 0 && weekday <= 6)
        text_buf_puts(b, layout_weekday_name((int)weekday));
    else
        print_index(b, "Weekday", weekday);
}

/* Go's own small quoting: what is not ASCII is written in hexadecimal. */
static void print_quoted(struct text_buf *b, struct text t)
{
    static const char digits[] = "0123456789abcdef";

    text_buf_byte(b, '"');
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = t.p[i];
        if (c >= 0x80 || c < ' ') {
            text_buf_puts(b, "\\x");
            text_buf_byte(b, (unsigned char)digits[c >> 4]);
            c = (unsigned char)digits[c & 15];
        } else if (c == '"' || c == '\\') {
            text_buf_byte(b, '\\');
        }
        text_buf_byte(b, c);
    }
    text_buf_byte(b, '"');
}

static void print_location(struct text_buf *b, const struct go_zone *zone)
{
    if (!zone) {
        text_buf_puts(b, "time.UTC");
    } else if (zone->is_local) {
        text_buf_puts(b, "time.Local");
    } else {
        text_buf_puts(b, "time.Location(");
        print_quoted(b, zone->name);
        text_buf_byte(b, ')');
    }
}

void go_time_print_source(struct text_buf *b, const struct go_time *t)
{
    struct go_civil c = go_time_civil(t, NULL);
    const int numbers[] = {c.day, c.hour, c.minute, c.second, t->nanosecond};

    text_buf_puts(b, "time.Date(");
    text_buf_int(b, c.year);
    text_buf_puts(b, ", time.");
    go_month_print(b, c.month);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        text_buf_puts(b, ", ");
        text_buf_int(b, numbers[i]);
    }
    text_buf_puts(b, ", ");
    print_location(b, t->zone);
    text_buf_byte(b, ')');
}

struct err *go_time_print_rfc3339(struct text_buf *b, const struct go_time *t)
{
    struct go_zone_span span;
    struct go_civil c = go_time_civil(t, &span);

    go_time_format(b, t, TEXT(RFC_3339_LAYOUT));
    if (c.year < 0 || c.year > 9999)
        return err_new(ERR_INVALID, "year outside of range [0,9999]");
    if (span.offset_s / GO_MINUTE_S >= GO_DAY_S / GO_MINUTE_S ||
        span.offset_s / GO_MINUTE_S <= -GO_DAY_S / GO_MINUTE_S)
        return err_new(ERR_INVALID, "timezone hour outside of range [0,23]");
    return NULL;
}

struct err *go_time_print_json(struct text_buf *b, const struct go_time *t)
{
    struct err *e = go_time_print_rfc3339(b, t);

    return e ? err_wrap(e, "Time.MarshalJSON") : NULL;
}
