/* Schoolbook arithmetic on groups of nine digits. The second operand always comes from a double, so
 * it has at most 17 digits and fits into a machine word: no operation takes two long numbers. */
#include "template/decimal.h"

#include <math.h>

#include "base/float_text.h"
#include "template/number_text.h"

#define GROUP 1000000000u
#define GROUP_DIGITS 9
#define GROUPS_MIN 8u
#define QUOTIENT_DIGITS 16

/* A word times a power of ten below GROUP, in groups. */
#define WORD_GROUPS 4u

typedef unsigned __int128 wide;

/* digits * 10^exponent */
struct word {
    bool is_negative;
    uint64_t digits; /* below 10^17 */
    int64_t exponent;
};

static struct err *word_of(double v, struct word *out)
{
    char digits[FLOAT_TEXT_DIGITS_MAX];
    int point;

    if (isnan(v) || isinf(v))
        return err_new(ERR_INVALID, "Cannot create a Decimal from %s",
                       isnan(v) ? "NaN"
                       : v > 0  ? "+Inf"
                                : "-Inf");
    *out = (struct word){.is_negative = v < 0};
    if (v == 0)
        return NULL;
    size_t n = float_text_shortest(v, digits, &point);
    for (size_t i = 0; i < n; i++)
        out->digits = 10 * out->digits + (uint64_t)(digits[i] - '0');
    out->exponent = point - (int64_t)n;
    return NULL;
}

/* By exponent, below GROUP. */
static const uint32_t powers_of_ten[GROUP_DIGITS] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
};

/* Make the number n groups long, filled up with zeros; never shorter. */
static struct err *widen(struct engine *g, struct decimal *d, size_t n)
{
    void *p;

    if (n <= d->n)
        return NULL;
    if (n > DECIMAL_GROUPS_MAX)
        return err_new(ERR_INVALID, "limit reached: number of more than %u digits",
                       DECIMAL_GROUPS_MAX * GROUP_DIGITS);
    if (n > d->capacity) {
        size_t capacity = n + GROUPS_MIN;
        struct err *e = secret_arena_alloc(g->arena, capacity * sizeof(uint32_t), &p);

        if (e)
            return e;
        if (d->n)
            memcpy(p, d->groups, d->n * sizeof(uint32_t));
        d->groups = p;
        d->capacity = capacity;
    }
    memset(d->groups + d->n, 0, (n - d->n) * sizeof(uint32_t));
    d->n = n;
    return NULL;
}

static void trim(struct decimal *d)
{
    while (d->n && !d->groups[d->n - 1])
        d->n--;
}

/* d = d * factor + extra, in the digits alone. */
static struct err *times(struct engine *g, struct decimal *d, uint64_t factor, uint64_t extra)
{
    size_t n = d->n;
    wide carry = extra;
    struct err *e = engine_charge(g, 1 + n / GROUPS_MIN);

    if (!e)
        e = widen(g, d, n + WORD_GROUPS);
    if (e)
        return e;
    for (size_t i = 0; i < d->n; i++) {
        carry += (wide)d->groups[i] * factor;
        d->groups[i] = (uint32_t)(carry % GROUP);
        carry /= GROUP;
    }
    trim(d);
    return NULL;
}

/* d = d / divisor, cut off, in the digits alone. */
static struct err *divided(struct engine *g, struct decimal *d, uint64_t divisor)
{
    wide rest = 0;
    struct err *e = engine_charge(g, 1 + d->n / GROUPS_MIN);

    if (e)
        return e;
    for (size_t i = d->n; i-- > 0;) {
        rest = rest * GROUP + d->groups[i];
        d->groups[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    trim(d);
    return NULL;
}

/* digits = digits * 10^power, exactly; the exponent stays. */
static struct err *shift_up(struct engine *g, struct decimal *d, int64_t power)
{
    size_t n = d->n, whole = (size_t)(power / GROUP_DIGITS);

    if (!n)
        return NULL;
    if (whole > DECIMAL_GROUPS_MAX)
        whole = DECIMAL_GROUPS_MAX;
    struct err *e = widen(g, d, n + whole);
    if (e)
        return e;
    memmove(d->groups + whole, d->groups, n * sizeof(uint32_t));
    memset(d->groups, 0, whole * sizeof(uint32_t));
    return times(g, d, powers_of_ten[power % GROUP_DIGITS], 0);
}

/* digits = digits / 10^power, cut off. */
static struct err *shift_down(struct engine *g, struct decimal *d, int64_t power)
{
    size_t whole = (size_t)(power / GROUP_DIGITS);

    if (whole > d->n)
        whole = d->n;
    d->n -= whole;
    if (d->n)
        memmove(d->groups, d->groups + whole, d->n * sizeof(uint32_t));
    return divided(g, d, powers_of_ten[power % GROUP_DIGITS]);
}

struct err *decimal_init(struct engine *g, struct decimal *d, double v)
{
    struct word w;
    struct err *e = word_of(v, &w);

    if (e)
        return e;
    *d = (struct decimal){.is_negative = w.is_negative, .exponent = w.exponent};
    return times(g, d, 1, w.digits);
}

/* d's digits plus (or less) those of w, which count from group at on. What is less than nothing
 * comes out as its distance to 0, and true. */
static bool add_groups(struct decimal *d, size_t at, wide digits, bool subtract)
{
    int64_t carry = 0;

    for (size_t i = at; i < d->n; i++) {
        int64_t group = (int64_t)(digits % GROUP);

        carry += (int64_t)d->groups[i] + (subtract ? -group : group);
        digits /= GROUP;
        d->groups[i] = (uint32_t)((carry + GROUP) % GROUP);
        carry = carry < 0 ? -1 : carry / GROUP;
    }
    if (!carry)
        return false;
    carry = 0;
    for (size_t i = 0; i < d->n; i++) {
        carry -= (int64_t)d->groups[i];
        d->groups[i] = (uint32_t)((carry + GROUP) % GROUP);
        carry = carry < 0 ? -1 : 0;
    }
    return true;
}

static struct err *add_word(struct engine *g, struct decimal *d, const struct word *w)
{
    int64_t shift = w->exponent - d->exponent;
    struct err *e = NULL;

    if (shift < 0) {
        e = shift_up(g, d, -shift);
        d->exponent = w->exponent;
        shift = 0;
    }
    size_t at = (size_t)(shift / GROUP_DIGITS);
    size_t top = d->n > at ? d->n : at;
    if (!e)
        e = widen(g, d, top + WORD_GROUPS);
    if (!e)
        e = engine_charge(g, 1 + d->n / GROUPS_MIN);
    if (e)
        return e;
    if (add_groups(d, at, (wide)w->digits * powers_of_ten[shift % GROUP_DIGITS],
                   d->is_negative != w->is_negative))
        d->is_negative = !d->is_negative;
    trim(d);
    return NULL;
}

struct err *decimal_add(struct engine *g, struct decimal *d, double v)
{
    struct word w;
    struct err *e = word_of(v, &w);

    return e ? e : add_word(g, d, &w);
}

struct err *decimal_subtract(struct engine *g, struct decimal *d, double v)
{
    struct word w;
    struct err *e = word_of(v, &w);

    if (e)
        return e;
    w.is_negative = !w.is_negative;
    return add_word(g, d, &w);
}

struct err *decimal_multiply(struct engine *g, struct decimal *d, double v)
{
    struct word w;
    struct err *e = word_of(v, &w);

    if (e)
        return e;
    d->exponent += w.exponent;
    d->is_negative = d->is_negative != w.is_negative;
    return times(g, d, w.digits, 0);
}

/* Half away from zero: twice the quotient is cut off, and its last bit rounds. */
struct err *decimal_divide(struct engine *g, struct decimal *d, double v)
{
    struct word w = {.digits = 0};
    struct err *e = word_of(v, &w);

    if (e)
        return e;
    if (!w.digits)
        return err_new(ERR_INVALID, "decimal division by 0");
    e = times(g, d, 2, 0);
    if (e)
        return e;
    int64_t power = d->exponent - w.exponent + QUOTIENT_DIGITS;
    e = power > 0 ? shift_up(g, d, power) : shift_down(g, d, -power);
    if (!e)
        e = divided(g, d, w.digits);
    if (!e)
        e = times(g, d, 1, 1);
    if (!e)
        e = divided(g, d, 2);
    d->exponent = -QUOTIENT_DIGITS;
    d->is_negative = d->is_negative != w.is_negative;
    return e;
}

double decimal_float64(const struct decimal *d)
{
    struct number_digits digits;

    if (!d->n)
        return 0;
    number_digits_init(&digits, false);
    for (size_t i = d->n; i-- > 0;) {
        for (uint32_t unit = GROUP / 10; unit; unit /= 10)
            number_digits_add(&digits, d->groups[i] / unit % 10);
    }
    double v = number_digits_end(&digits, d->exponent);
    return d->is_negative ? -v : v;
}
