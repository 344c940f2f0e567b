/* An integer is its sign, prefix, zeros and digits, in this order; padding comes last. A float is
 * laid out by fmt_float and then given the sign, point and zeros that the flags ask for. */
#include <math.h>

#include "base/unicode.h"
#include "template/fmt.h"
#include "template/fmt_printer.h"

#define DIGITS_MAX 64
#define PRECISION_DEFAULT 6
#define UNICODE_DIGITS_MIN 4

/* Digits of v at the end of digits; the position of the first. */
static size_t write_digits(uint64_t v, unsigned base, bool is_upper, char digits[DIGITS_MAX])
{
    const char *all = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = DIGITS_MAX;

    do {
        digits[--at] = all[v % base];
        v /= base;
    } while (v);
    return at;
}

/* Zeros on the left are digits of the number, so padding itself is always with spaces. */
static void pad_with_spaces(struct fmt_printer *p, size_t start)
{
    bool zero = p->zero;

    p->zero = false;
    fmt_text_pad(p, start, start);
    p->zero = zero;
}

static void zeros(struct fmt_printer *p, size_t wanted, size_t there)
{
    if (wanted > there && fmt_printer_charge(p, (wanted - there) / 64))
        text_buf_fill(p->b, '0', wanted - there);
}

static size_t digits_wanted(const struct fmt_printer *p, bool has_sign)
{
    if (p->has_precision)
        return (size_t)p->precision;
    if (!p->zero || p->minus || !p->width)
        return 0;
    return (size_t)p->width - has_sign;
}

static const char *prefix_of(unsigned base, bool is_upper)
{
    return base == 2 ? "0b" : base != 16 ? "" : is_upper ? "0X" : "0x";
}

static void print_integer(struct fmt_printer *p, uint64_t v, unsigned base, bool is_signed,
                          uint32_t verb)
{
    char digits[DIGITS_MAX];
    bool is_negative = is_signed && (int64_t)v < 0;
    size_t start = p->b->n, wanted = digits_wanted(p, is_negative || p->plus || p->space);

    if (p->has_precision && p->precision == 0 && v == 0) {
        pad_with_spaces(p, start);
        return;
    }
    size_t at = write_digits(is_negative ? 0 - v : v, base, verb == 'X', digits);
    size_t n = DIGITS_MAX - at;
    if (is_negative || p->plus || p->space)
        text_buf_byte(p->b, is_negative ? '-' : p->plus ? '+' : ' ');
    if (verb == 'O')
        text_buf_puts(p->b, "0o");
    if (p->sharp)
        text_buf_puts(p->b, prefix_of(base, verb == 'X'));
    if (p->sharp && base == 8 && wanted <= n && digits[at] != '0')
        text_buf_byte(p->b, '0');
    zeros(p, wanted, n);
    text_buf_bytes(p->b, digits + at, n);
    pad_with_spaces(p, start);
}

void fmt_number_hex(struct fmt_printer *p, uint64_t v, bool has_prefix)
{
    bool sharp = p->sharp;

    p->sharp = has_prefix;
    print_integer(p, v, 16, false, 'v');
    p->sharp = sharp;
}

/* "U+0078", and with # "U+0078 'x'". */
static void print_unicode(struct fmt_printer *p, uint64_t v)
{
    char digits[DIGITS_MAX];
    size_t start = p->b->n, at = write_digits(v, 16, true, digits);
    size_t wanted = p->precision > UNICODE_DIGITS_MIN ? (size_t)p->precision : UNICODE_DIGITS_MIN;

    text_buf_puts(p->b, "U+");
    zeros(p, wanted, DIGITS_MAX - at);
    text_buf_bytes(p->b, digits + at, DIGITS_MAX - at);
    if (p->sharp && v <= 0x10ffff && unicode_is_print((uint32_t)v)) {
        text_buf_puts(p->b, " '");
        text_buf_rune(p->b, (uint32_t)v);
        text_buf_byte(p->b, '\'');
    }
    pad_with_spaces(p, start);
}

static void print_character(struct fmt_printer *p, uint64_t v, bool is_quoted)
{
    uint32_t rune = v > 0x10ffff ? UNICODE_REPLACEMENT : (uint32_t)v;
    size_t start = p->b->n;

    if (is_quoted)
        fmt_quote_rune(p->b, rune, p->plus);
    else
        text_buf_rune(p->b, rune);
    fmt_text_pad(p, start, start);
}

static unsigned base_of(uint32_t verb)
{
    switch (verb) {
    case 'v':
    case 'd':
        return 10;
    case 'b':
        return 2;
    case 'o':
    case 'O':
        return 8;
    case 'x':
    case 'X':
        return 16;
    default:
        return 0;
    }
}

bool fmt_number_integer(struct fmt_printer *p, uint64_t v, bool is_signed, uint32_t verb)
{
    unsigned base = base_of(verb);

    if (verb == 'v' && p->sharp_v && !is_signed)
        fmt_number_hex(p, v, true);
    else if (base)
        print_integer(p, v, base, is_signed, verb);
    else if (verb == 'c' || verb == 'q')
        print_character(p, v, verb == 'q');
    else if (verb == 'U')
        print_unicode(p, v);
    else
        return false;
    return true;
}

/* What of t counts against the digits that # promises: all that is not a point from the first
 * nonzero character on. An exponent is no part of t. */
static int significant(struct text t)
{
    int count = 0;
    bool is_leading = true;

    for (size_t i = 0; i < t.n; i++) {
        is_leading = is_leading && (t.p[i] == '0' || t.p[i] == '.');
        count += !is_leading && t.p[i] != '.';
    }
    return count;
}

static size_t exponent_at(struct text t, char verb)
{
    bool is_hex = verb == 'x' || verb == 'X';
    size_t at = 0;

    while (at < t.n && t.p[at] != (is_hex ? 'p' : 'e') && t.p[at] != (is_hex ? 'P' : 'E'))
        at++;
    return at;
}

/* %#g and its kin: always a point, and the zeros that %g drops. start is behind the sign. */
static void complete(struct fmt_printer *p, size_t start, char verb, int precision)
{
    unsigned char tail[8];
    struct text_buf *b = p->b;
    struct text t = text_part(text_buf_view(b), start, b->n - start);
    size_t at = exponent_at(t, verb), tail_n = t.n - at;
    int missing = 0;

    if (verb == 'g' || verb == 'G' || verb == 'x')
        missing = precision < 0 ? PRECISION_DEFAULT : precision;
    memcpy(tail, t.p + at, tail_n);
    t.n = at;
    b->n = start + at;
    missing -= significant(t);
    if (!memchr(t.p, '.', t.n)) {
        missing -= text_is(t, "0");
        text_buf_byte(b, '.');
    }
    if (missing > 0)
        zeros(p, (size_t)missing, 0);
    text_buf_bytes(b, tail, tail_n);
}

/* Neither infinities nor NaN are padded with zeros; NaN has a sign only where one is asked for. */
static void print_not_finite(struct fmt_printer *p, double v)
{
    size_t start = p->b->n;

    if (p->space && !p->plus && !(v < 0))
        text_buf_byte(p->b, ' ');
    else if (p->plus || v < 0)
        text_buf_byte(p->b, v < 0 ? '-' : '+');
    else if (!isnan(v))
        text_buf_byte(p->b, '+');
    text_buf_puts(p->b, isnan(v) ? "NaN" : "Inf");
    pad_with_spaces(p, start);
}

static void print_float(struct fmt_printer *p, double v, char verb, int precision)
{
    size_t start = p->b->n;
    bool has_sign = signbit(v) || p->plus || p->space;

    if (p->has_precision)
        precision = p->precision;
    if (!isfinite(v)) {
        print_not_finite(p, v);
        return;
    }
    if (!fmt_printer_charge(p, precision > 0 ? (uint64_t)precision / 64 : 0))
        return;
    if (!signbit(v) && has_sign)
        text_buf_byte(p->b, p->plus ? '+' : ' ');
    fmt_float(p->b, v, verb, precision);
    if (p->sharp && verb != 'b' && text_buf_ok(p->b))
        complete(p, start + has_sign, verb, precision);
    fmt_text_pad(p, start, start + (has_sign && p->zero));
}

bool fmt_number_float(struct fmt_printer *p, double v, uint32_t verb)
{
    switch (verb) {
    case 'v':
        print_float(p, v, 'g', -1);
        return true;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
        print_float(p, v, (char)verb, -1);
        return true;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
        print_float(p, v, verb == 'F' ? 'f' : (char)verb, PRECISION_DEFAULT);
        return true;
    default:
        return false;
    }
}

bool fmt_number_complex(struct fmt_printer *p, const struct complex128 *v, uint32_t verb)
{
    bool plus = p->plus;

    if (verb > 0x7f || !strchr("vbgGxXfFeE", (int)verb) || !verb)
        return false;
    text_buf_byte(p->b, '(');
    fmt_number_float(p, v->re, verb);
    p->plus = true;
    fmt_number_float(p, v->im, verb);
    p->plus = plus;
    text_buf_puts(p->b, "i)");
    return true;
}
