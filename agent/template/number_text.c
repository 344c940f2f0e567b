/* The grammar is walked by hand, because C's readers take other texts than Go's. The rounding is
 * left to strtod, which glibc does exactly; it is given digits and an exponent, without a decimal
 * point, so that no locale matters. */
#include "template/number_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Where Go stops to read an exponent; beyond it every number is 0 or infinite. */
#define EXPONENT_ENOUGH 10000
#define EXPONENT_BOUND 999999

/* What stands before the digits. */
struct prefix {
    size_t n; /* bytes, sign included */
    bool is_negative;
};

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* Value of c as a digit of any base; 255 when it is none. */
static unsigned digit_of(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'z' ? c - 'a' + 10u : 255u;
}

static struct prefix sign_of(struct text t)
{
    bool has_sign = t.n && (t.p[0] == '+' || t.p[0] == '-');

    return (struct prefix){has_sign ? 1 : 0, has_sign && t.p[0] == '-'};
}

static bool has_base_prefix(struct text t, size_t at, char letter)
{
    return t.n - at >= 3 && t.p[at] == '0' && lower(t.p[at + 1]) == (unsigned char)letter;
}

/* Every underscore stands between two digits; a base prefix counts as one. */
static bool underscores_fit(struct text t)
{
    size_t at = sign_of(t).n;
    bool is_hex = has_base_prefix(t, at, 'x');
    bool after_digit = is_hex || has_base_prefix(t, at, 'o') || has_base_prefix(t, at, 'b');
    bool after_underscore = false;

    for (at += after_digit ? 2 : 0; at < t.n; at++) {
        bool is_underscore = t.p[at] == '_';
        bool is_digit = digit_of(t.p[at]) < (is_hex ? 16u : 10u);

        if (is_underscore ? !after_digit : after_underscore && !is_digit)
            return false;
        after_digit = is_digit;
        after_underscore = is_underscore;
    }
    return !after_underscore;
}

/* The base that a text names by its prefix; moves *at past that. */
static unsigned base_by_prefix(struct text t, size_t *at)
{
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (has_base_prefix(t, *at, prefixes[i].letter)) {
            *at += 2;
            return prefixes[i].base;
        }
    }
    if (*at == t.n || t.p[*at] != '0')
        return 10;
    ++*at;
    return 8;
}

/* Digits from at to the end. Too large is told at once, whatever may follow, as Go does. */
static enum number_fault read_magnitude(struct text t, size_t at, unsigned base, bool may_separate,
                                        uint64_t *out)
{
    uint64_t v = 0;

    for (; at < t.n; at++) {
        unsigned digit = digit_of(t.p[at]);

        if (may_separate && t.p[at] == '_')
            continue;
        if (digit >= base)
            return NUMBER_SYNTAX;
        if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
            __builtin_add_overflow(v, (uint64_t)digit, &v))
            return NUMBER_RANGE;
    }
    *out = v;
    return NUMBER_OK;
}

enum number_fault number_text_int(struct text t, unsigned base, int64_t *out)
{
    struct prefix sign = sign_of(t);
    size_t at = sign.n;
    bool may_separate = base == 0;
    uint64_t v = 0;

    *out = 0;
    if (at == t.n)
        return NUMBER_SYNTAX;
    if (base == 0)
        base = base_by_prefix(t, &at);
    enum number_fault fault = read_magnitude(t, at, base, may_separate, &v);
    if (fault == NUMBER_OK && may_separate && !underscores_fit(t))
        fault = NUMBER_SYNTAX;
    if (fault == NUMBER_SYNTAX)
        return fault;
    uint64_t bound = (uint64_t)INT64_MAX + (sign.is_negative ? 1 : 0);
    if (fault == NUMBER_RANGE || v > bound) {
        *out = sign.is_negative ? INT64_MIN : INT64_MAX;
        return NUMBER_RANGE;
    }
    *out = (int64_t)(sign.is_negative ? 0 - v : v);
    return NUMBER_OK;
}

void number_digits_init(struct number_digits *d, bool is_hex)
{
    d->is_hex = is_hex;
    d->has_more = false;
    d->n = 0;
    d->dropped = 0;
}

void number_digits_add(struct number_digits *d, unsigned digit)
{
    if (!d->n && !digit)
        return;
    if (d->n < NUMBER_DIGITS_KEPT) {
        d->digits[d->n++] = "0123456789abcdef"[digit];
        return;
    }
    d->dropped++;
    if (digit)
        d->has_more = true;
}

double number_digits_end(struct number_digits *d, int64_t exponent)
{
    /* Prefix, digits, one more that is not 0, exponent. */
    char text[2 + NUMBER_DIGITS_KEPT + 1 + 24];
    char *p = text;

    if (!d->n)
        return 0;
    exponent += d->dropped * (d->is_hex ? 4 : 1);
    if (d->is_hex) {
        *p++ = '0';
        *p++ = 'x';
    }
    memcpy(p, d->digits, d->n);
    p += d->n;
    if (d->has_more) {
        *p++ = '1';
        exponent -= d->is_hex ? 4 : 1;
    }
    if (exponent > EXPONENT_BOUND)
        exponent = EXPONENT_BOUND;
    if (exponent < -EXPONENT_BOUND)
        exponent = -EXPONENT_BOUND;
    snprintf(p, 24, "%c%lld", d->is_hex ? 'p' : 'e', (long long)exponent);
    double v = strtod(text, NULL);
    explicit_bzero(text, sizeof(text));
    explicit_bzero(d, sizeof(*d));
    return v;
}

static bool is_word(struct text t, const char *word)
{
    for (size_t i = 0; i < t.n; i++) {
        if (lower(t.p[i]) != (unsigned char)word[i] || !word[i])
            return false;
    }
    return !word[t.n];
}

/* Infinity, which may have a sign, and not-a-number, which may not. */
static bool read_word(struct text t, double *out)
{
    struct prefix sign = sign_of(t);
    struct text rest = text_part(t, sign.n, t.n - sign.n);

    if (is_word(rest, "inf") || is_word(rest, "infinity")) {
        *out = sign.is_negative ? -INFINITY : INFINITY;
        return true;
    }
    *out = NAN;
    return is_word(t, "nan");
}

/* Digits with at most one point among them, from *at on; false when there is no digit. */
static bool read_mantissa(struct text t, size_t *at, struct number_digits *d, int64_t *after_point)
{
    bool has_digit = false, has_point = false;

    for (; *at < t.n; ++*at) {
        unsigned digit = digit_of(t.p[*at]);

        if (t.p[*at] == '_')
            continue;
        if (t.p[*at] == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (digit >= (d->is_hex ? 16u : 10u))
            break;
        number_digits_add(d, digit);
        has_digit = true;
        *after_point += has_point;
    }
    return has_digit;
}

/* The exponent, if there is one, to the end of t. */
static bool read_exponent(struct text t, size_t at, bool is_hex, int64_t *out)
{
    int64_t v = 0;

    *out = 0;
    if (at == t.n)
        return !is_hex;
    if (lower(t.p[at]) != (is_hex ? 'p' : 'e'))
        return false;
    struct text rest = text_part(t, at + 1, t.n - at - 1);
    struct prefix sign = sign_of(rest);
    if (sign.n == rest.n || digit_of(rest.p[sign.n]) > 9)
        return false;
    for (size_t i = sign.n; i < rest.n; i++) {
        unsigned digit = digit_of(rest.p[i]);

        if (digit > 9 && rest.p[i] != '_')
            return false;
        if (digit <= 9 && v < EXPONENT_ENOUGH)
            v = 10 * v + digit;
    }
    *out = sign.is_negative ? -v : v;
    return true;
}

enum number_fault number_text_float(struct text t, double *out)
{
    struct prefix sign = sign_of(t);
    size_t at = sign.n;
    bool is_hex = has_base_prefix(t, at, 'x');
    struct number_digits digits;
    int64_t after_point = 0, exponent;

    if (read_word(t, out))
        return NUMBER_OK;
    *out = 0;
    number_digits_init(&digits, is_hex);
    at += is_hex ? 2 : 0;
    if (!read_mantissa(t, &at, &digits, &after_point) || !read_exponent(t, at, is_hex, &exponent))
        return NUMBER_SYNTAX;
    if (memchr(t.p, '_', t.n) && !underscores_fit(t))
        return NUMBER_SYNTAX;
    double v = number_digits_end(&digits, exponent - after_point * (is_hex ? 4 : 1));
    *out = sign.is_negative ? -v : v;
    return isinf(v) ? NUMBER_RANGE : NUMBER_OK;
}
