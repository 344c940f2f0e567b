/* Sums of fractions are made in decimal, so that 0.1 and 0.2 give 0.3; round, floor and ceil work
 * on doubles, as sprig's do. */
#include "template/decimal.h"

#include <math.h>

#include "template/cast.h"
#include "template/funcs.h"

typedef struct err *operation_fn(struct engine *g, struct decimal *d, double v);

/* start, and then the arguments from left to right. */
static struct err *fold(struct engine *g, double start, const struct datum *args, size_t n,
                        operation_fn *operation, struct datum *out)
{
    struct decimal d;
    struct err *e = decimal_init(g, &d, start);

    for (size_t i = 0; !e && i < n; i++) {
        double v;

        e = cast_float64(g, &args[i], &v);
        if (!e)
            e = operation(g, &d, v);
    }
    if (e)
        return e;
    *out = datum_float(decimal_float64(&d));
    return NULL;
}

static struct err *fold_from_first(struct engine *g, const struct datum *args, size_t n,
                                   operation_fn *operation, struct datum *out)
{
    double start;
    struct err *e = cast_float64(g, &args[0], &start);

    return e ? e : fold(g, start, args + 1, n - 1, operation, out);
}

static struct err *run_addf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, 0, args, n, decimal_add, out);
}

static struct err *run_add1f(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    return fold(g, 1, args, n, decimal_add, out);
}

static struct err *run_subf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold_from_first(g, args, n, decimal_subtract, out);
}

static struct err *run_mulf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold_from_first(g, args, n, decimal_multiply, out);
}

static struct err *run_divf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold_from_first(g, args, n, decimal_divide, out);
}

/* The greater of two doubles times sign, as Go orders them: an infinity on that side beats what is
 * no number, which beats the rest, and of two zeros the one with that sign. */
static double beyond(double a, double b, double sign)
{
    if (a == sign * INFINITY || b == sign * INFINITY)
        return sign * INFINITY;
    if (isnan(a) || isnan(b))
        return NAN;
    if (a == 0 && b == 0)
        return !signbit(a) == (sign > 0) ? a : b;
    return sign * a > sign * b ? a : b;
}

static struct err *furthest(struct engine *g, const struct datum *args, size_t n, double sign,
                            struct datum *out)
{
    double found = 0;

    for (size_t i = 0; i < n; i++) {
        double v;
        struct err *e = cast_float64(g, &args[i], &v);

        if (e)
            return e;
        found = i ? beyond(found, v, sign) : v;
    }
    *out = datum_float(found);
    return NULL;
}

static struct err *run_maxf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return furthest(g, args, n, 1, out);
}

static struct err *run_minf(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return furthest(g, args, n, -1, out);
}

static struct err *whole(struct engine *g, const struct datum *args, double (*to_whole)(double),
                         struct datum *out)
{
    double v;
    struct err *e = cast_float64(g, &args[0], &v);

    return e ? e : func_give(datum_float(to_whole(v)), out);
}

static struct err *run_floor(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    return whole(g, args, floor, out);
}

static struct err *run_ceil(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return whole(g, args, ceil, out);
}

/* Beyond this, every power of ten has left the range of doubles. */
#define PLACES_BOUND 5000

/* 10^places as Go's math.Pow makes it: by squaring a fraction and its binary exponent, which for
 * large powers rounds otherwise than C's pow. */
static double power_of_ten(int64_t places)
{
    uint64_t left = places < 0 ? 0 - (uint64_t)places : (uint64_t)places;
    double fraction = 1, square = 0.625;
    int exponent = 0, square_exponent = 4;

    if (left > PLACES_BOUND)
        return places < 0 ? 0 : INFINITY;
    for (; left; left >>= 1) {
        if (left & 1) {
            fraction *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if (square < 0.5) {
            square += square;
            square_exponent--;
        }
    }
    return places < 0 ? ldexp(1 / fraction, -exponent) : ldexp(fraction, exponent);
}

static struct err *run_round(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    double v, whole, power = power_of_ten(args[1].v.i), at = n > 2 ? args[2].v.f : 0.5;
    struct err *e = cast_float64(g, &args[0], &v);

    if (e)
        return e;
    double shifted = power * v;
    double rounded = modf(shifted, &whole) >= at ? ceil(shifted) : floor(shifted);
    *out = datum_float(rounded / power);
    return NULL;
}

static const struct func rows[] = {
    {"add1f", "a", "f", run_add1f, 0, "one more", "{{ add1f 1.5 }}", "2.5"},
    {"addf", "a*", "f", run_addf, 0, "the sum, in decimal", "{{ addf 0.1 0.2 }}", "0.3"},
    {"ceil", "a", "f", run_ceil, 0, "the next whole number up", "{{ ceil 1.2 }}", "2"},
    {"divf", "aa*", "f", run_divf, 0, "the quotient to 16 digits after the point", "{{ divf 1 3 }}",
     "0.3333333333333333"},
    {"floor", "a", "f", run_floor, 0, "the next whole number down", "{{ floor 1.8 }}", "1"},
    {"maxf", "aa*", "f", run_maxf, 0, "the greatest", "{{ maxf 1 2.5 \"2\" }}", "2.5"},
    {"minf", "aa*", "f", run_minf, 0, "the least", "{{ minf 1.5 \"1\" 2 }}", "1"},
    {"mulf", "aa*", "f", run_mulf, 0, "the product, in decimal", "{{ mulf 1.1 1.1 }}", "1.21"},
    {"round", "aif*", "f", run_round, 0,
     "rounded to that many places, up from a fraction that may be given, else from .5",
     "{{ round 123.5555 3 }}", "123.556"},
    {"subf", "aa*", "f", run_subf, 0, "the first less the others, in decimal", "{{ subf 0.3 0.1 }}",
     "0.2"},
};

const struct func_table funcs_decimal = {"Fractions", rows, ARRAY_SIZE(rows)};
