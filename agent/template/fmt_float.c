/* Digits and the place of the point come from base/float_text.h; here they are laid out. A zero has
 * no digits: every place it is asked for reads as '0'. */
#include "template/fmt.h"

#include <math.h>

#include "base/float_text.h"

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023

/* The exponent from which %g without a precision changes to the e form. */
#define SHORTEST_EXPONENT_MAX 6
#define EXPONENT_MIN (-4)

struct decimal {
    char digits[FLOAT_TEXT_EXACT_MAX];
    int n, point; /* 0.d1d2d3... * 10^point */
};

static void exponent(struct text_buf *b, char letter, int e)
{
    text_buf_byte(b, (unsigned char)letter);
    text_buf_byte(b, e < 0 ? '-' : '+');
    if (e > -10 && e < 10)
        text_buf_byte(b, '0');
    text_buf_int(b, e < 0 ? -e : e);
}

/* Digits [from, to) of the number, with zeros where it has none. */
static void digits_between(struct text_buf *b, const struct decimal *d, int from, int to)
{
    if (from < 0) {
        int zeros = to < 0 ? to - from : -from;

        text_buf_fill(b, '0', (size_t)zeros);
        from += zeros;
    }
    int end = to < d->n ? to : d->n;
    if (from < end) {
        text_buf_bytes(b, d->digits + from, (size_t)(end - from));
        from = end;
    }
    if (from < to)
        text_buf_fill(b, '0', (size_t)(to - from));
}

static void scientific(struct text_buf *b, const struct decimal *d, int precision, char letter)
{
    digits_between(b, d, 0, 1);
    if (precision > 0) {
        text_buf_byte(b, '.');
        digits_between(b, d, 1, 1 + precision);
    }
    exponent(b, letter, d->n ? d->point - 1 : 0);
}

static void plain(struct text_buf *b, const struct decimal *d, int precision)
{
    if (d->point > 0)
        digits_between(b, d, 0, d->point);
    else
        text_buf_byte(b, '0');
    if (precision > 0) {
        text_buf_byte(b, '.');
        digits_between(b, d, d->point, d->point + precision);
    }
}

/* precision < 0 is that of the shortest digits. */
static void general(struct text_buf *b, const struct decimal *d, int precision, char letter)
{
    int bound = precision;

    if (precision < 0)
        bound = SHORTEST_EXPONENT_MAX;
    else if (bound > d->n && d->n >= d->point)
        bound = d->n;
    if (d->point - 1 < EXPONENT_MIN || d->point - 1 >= bound)
        scientific(b, d, d->n - 1, letter);
    else
        plain(b, d, d->n > d->point ? d->n - d->point : 0);
}

static void decimal_of(double v, char verb, int precision, struct decimal *d)
{
    if (v == 0) {
        d->n = d->point = 0;
        return;
    }
    if (precision < 0) {
        d->n = (int)float_text_shortest(v, d->digits, &d->point);
        return;
    }
    if (verb == 'f' || verb == 'F') {
        d->n = (int)float_text_places(v, precision, d->digits, &d->point);
        return;
    }
    size_t n = float_text_exact(v, d->digits, &d->point);
    int keep = verb == 'e' || verb == 'E' ? precision + 1 : precision;
    d->n = (int)float_text_round(d->digits, n, keep, &d->point);
}

static void decimal_float(struct text_buf *b, double v, char verb, int precision)
{
    struct decimal d;
    bool is_general = verb == 'g' || verb == 'G';

    if (is_general && precision == 0)
        precision = 1;
    decimal_of(v, verb, precision, &d);
    if (is_general) {
        general(b, &d, precision, verb == 'g' ? 'e' : 'E');
    } else if (verb == 'e' || verb == 'E') {
        scientific(b, &d, precision < 0 ? d.n - 1 : precision, verb);
    } else {
        int behind = d.n > d.point ? d.n - d.point : 0;

        plain(b, &d, precision < 0 ? behind : precision);
    }
}

/* |v| = fraction * 2^exponent2. */
static uint64_t parts(double v, int *exponent2)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    int field = (int)(bits >> FRACTION_BITS & 0x7ff);
    if (field)
        fraction |= UINT64_C(1) << FRACTION_BITS;
    *exponent2 = (field ? field : 1) - EXPONENT_BIAS - FRACTION_BITS;
    return fraction;
}

static void binary_float(struct text_buf *b, double v)
{
    int e;

    text_buf_uint(b, parts(v, &e));
    text_buf_puts(b, e < 0 ? "p" : "p+");
    text_buf_int(b, e);
}

/* Drop hex digits of fraction (the 1 before the point is bit 52) behind the first precision ones,
 * half to even. */
static uint64_t round_hex(uint64_t fraction, int precision)
{
    unsigned dropped = FRACTION_BITS - 4 * (unsigned)precision;
    uint64_t unit = UINT64_C(1) << dropped, half = unit / 2;
    uint64_t rest = fraction & (unit - 1);
    bool is_odd = fraction & unit;

    return fraction - rest + (rest > half || (rest == half && is_odd) ? unit : 0);
}

static void hex_float(struct text_buf *b, double v, bool is_upper, int precision)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const uint64_t one = UINT64_C(1) << FRACTION_BITS;
    int e;
    uint64_t fraction = parts(v, &e);

    e = fraction ? e + FRACTION_BITS : 0;
    for (; fraction && fraction < one; e--)
        fraction <<= 1;
    if (precision >= 0 && precision < FRACTION_BITS / 4)
        fraction = round_hex(fraction, precision);
    if (fraction >= 2 * one) {
        fraction >>= 1;
        e++;
    }
    text_buf_puts(b, is_upper ? "0X" : "0x");
    text_buf_byte(b, fraction ? '1' : '0');
    fraction &= one - 1;
    if (precision > 0 || (precision < 0 && fraction))
        text_buf_byte(b, '.');
    for (int i = 0; i < precision || (precision < 0 && fraction); i++) {
        if (!fraction) {
            text_buf_fill(b, '0', (size_t)(precision - i));
            break;
        }
        text_buf_byte(b, (unsigned char)digits[fraction >> (FRACTION_BITS - 4)]);
        fraction = fraction << 4 & (one - 1);
    }
    exponent(b, is_upper ? 'P' : 'p', e);
}

void fmt_float(struct text_buf *b, double v, char verb, int precision)
{
    if (isnan(v)) {
        text_buf_puts(b, "NaN");
        return;
    }
    if (isinf(v)) {
        text_buf_puts(b, v < 0 ? "-Inf" : "+Inf");
        return;
    }
    if (signbit(v))
        text_buf_byte(b, '-');
    if (verb == 'b')
        binary_float(b, v);
    else if (verb == 'x' || verb == 'X')
        hex_float(b, v, verb == 'X', precision);
    else
        decimal_float(b, v, verb, precision);
}

void fmt_float_value(struct text_buf *b, double v)
{
    fmt_float(b, v, 'g', -1);
}
