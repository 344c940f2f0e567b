/* Sums are made without a sign, as in Go, so that the most negative duration can be read. */
#include "template/go_time.h"

#define NS_PER_US 1000u
#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u
#define NS_PER_MINUTE (60 * (uint64_t)NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MINUTE)
#define NEGATIVE_MAX (UINT64_C(1) << 63)

/* A whole number and unit/10^digits behind the point, without zeros at the end. */
static void print_decimal(struct text_buf *b, uint64_t v, uint64_t unit)
{
    uint64_t rest = v % unit;

    text_buf_uint(b, v / unit);
    if (rest > 0)
        text_buf_byte(b, '.');
    for (; rest > 0; rest %= unit) {
        unit /= 10;
        text_buf_byte(b, (unsigned char)('0' + rest / unit));
    }
}

static void print_small(struct text_buf *b, uint64_t v)
{
    if (v < NS_PER_US)
        text_buf_uint(b, v);
    else
        print_decimal(b, v, v < NS_PER_MS ? NS_PER_US : NS_PER_MS);
    if (v > 0)
        text_buf_puts(b, v < NS_PER_US ? "n" : v < NS_PER_MS ? "\xc2\xb5" : "m");
    text_buf_byte(b, 's');
}

void go_duration_print(struct text_buf *b, int64_t ns)
{
    uint64_t v = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

    if (ns < 0)
        text_buf_byte(b, '-');
    if (v < NS_PER_S) {
        print_small(b, v);
        return;
    }
    if (v >= NS_PER_HOUR) {
        text_buf_uint(b, v / NS_PER_HOUR);
        text_buf_byte(b, 'h');
    }
    if (v >= NS_PER_MINUTE) {
        text_buf_uint(b, v % NS_PER_HOUR / NS_PER_MINUTE);
        text_buf_byte(b, 'm');
    }
    print_decimal(b, v % NS_PER_MINUTE, NS_PER_S);
    text_buf_byte(b, 's');
}

struct unit {
    const char *name;
    uint64_t ns;
};

static const struct unit units[] = {
    {"ns", 1},         {"us", NS_PER_US}, {"\xc2\xb5s", NS_PER_US}, {"\xce\xbcs", NS_PER_US},
    {"ms", NS_PER_MS}, {"s", NS_PER_S},   {"m", NS_PER_MINUTE},     {"h", NS_PER_HOUR},
};

static bool is_digit(struct text t)
{
    return t.n > 0 && t.p[0] >= '0' && t.p[0] <= '9';
}

static void drop(struct text *t, size_t n)
{
    *t = text_part(*t, n, t->n - n);
}

/* Whole number; false when it is too large. */
static bool take_whole(struct text *t, uint64_t *out)
{
    uint64_t v = 0;

    for (; is_digit(*t); drop(t, 1)) {
        if (v > NEGATIVE_MAX / 10)
            return false;
        v = 10 * v + (uint64_t)(t->p[0] - '0');
        if (v > NEGATIVE_MAX)
            return false;
    }
    *out = v;
    return true;
}

/* Digits behind the point: digits / *scale. Those that do not fit are passed over. */
static uint64_t take_fraction(struct text *t, double *scale)
{
    uint64_t v = 0;
    bool is_full = false;

    *scale = 1;
    for (; is_digit(*t); drop(t, 1)) {
        uint64_t next = 10 * v + (uint64_t)(t->p[0] - '0');
        is_full = is_full || v > (NEGATIVE_MAX - 1) / 10 || next > NEGATIVE_MAX;
        if (is_full)
            continue;
        v = next;
        *scale *= 10;
    }
    return v;
}

static struct err *invalid(void)
{
    return err_new(ERR_INVALID, "time: invalid duration");
}

static struct err *take_unit(struct text *t, uint64_t *ns)
{
    size_t n = 0;

    while (n < t->n && t->p[n] != '.' && !is_digit(text_part(*t, n, t->n - n)))
        n++;
    if (n == 0)
        return err_new(ERR_INVALID, "time: missing unit in duration");
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (text_is(text_part(*t, 0, n), units[i].name)) {
            *ns = units[i].ns;
            drop(t, n);
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "time: unknown unit in duration");
}

/* One number and its unit, added to *sum. */
static struct err *take_part(struct text *t, uint64_t *sum)
{
    uint64_t whole, fraction = 0, unit = 1;
    double scale = 1;
    size_t before = t->n;

    if (!take_whole(t, &whole))
        return invalid();
    bool has_digits = t->n < before;
    if (t->n > 0 && t->p[0] == '.') {
        drop(t, 1);
        before = t->n;
        fraction = take_fraction(t, &scale);
        has_digits = has_digits || t->n < before;
    }
    if (!has_digits)
        return invalid();
    struct err *e = take_unit(t, &unit);
    if (e)
        return e;
    if (whole > NEGATIVE_MAX / unit)
        return invalid();
    whole *= unit;
    if (fraction > 0)
        whole += (uint64_t)((double)fraction * ((double)unit / scale));
    *sum += whole;
    return whole > NEGATIVE_MAX || *sum > NEGATIVE_MAX ? invalid() : NULL;
}

struct err *go_duration_parse(struct text t, int64_t *out)
{
    bool is_negative = t.n > 0 && t.p[0] == '-';
    uint64_t sum = 0;

    if (is_negative || (t.n > 0 && t.p[0] == '+'))
        drop(&t, 1);
    if (t.n == 0)
        return invalid();
    if (text_is(t, "0"))
        t.n = 0;
    while (t.n > 0) {
        struct err *e = take_part(&t, &sum);
        if (e)
            return e;
    }
    if (!is_negative && sum == NEGATIVE_MAX)
        return invalid();
    *out = (int64_t)(is_negative ? -sum : sum);
    return NULL;
}

int64_t go_duration_truncate(int64_t ns, int64_t unit)
{
    return unit > 0 ? ns - ns % unit : ns;
}

/* Halves go away from zero; what does not fit is the nearest that does. */
int64_t go_duration_round(int64_t ns, int64_t unit)
{
    if (unit <= 0)
        return ns;
    int64_t rest = ns % unit, away = rest < 0 ? -rest : rest, rounded;
    if (away < unit - away)
        return ns - rest;
    if (ns < 0)
        return __builtin_sub_overflow(ns, unit - away, &rounded) ? INT64_MIN : rounded;
    return __builtin_add_overflow(ns, unit - away, &rounded) ? INT64_MAX : rounded;
}
