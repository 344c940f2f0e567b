/* Numbers convert as Go converts them on amd64, where a double out of range becomes the least
 * integer. Text that is no number counts as 0, in silence. */
#include "template/cast.h"

#include <math.h>

#include "template/number_text.h"

/* 2^63: the first double above all int64. */
#define INT64_BOUND 9223372036854775808.0

static int64_t truncate_float(double f)
{
    return f >= -INT64_BOUND && f < INT64_BOUND ? (int64_t)f : INT64_MIN;
}

/* Optional sign, digits, a point, digits: the part before the point decides. Everything else stays
 * as it is. */
static struct text without_fraction(struct text t)
{
    size_t at = t.n && (t.p[0] == '+' || t.p[0] == '-') ? 1 : 0;
    size_t point;

    while (at < t.n && t.p[at] >= '0' && t.p[at] <= '9')
        at++;
    point = at++;
    while (at < t.n && t.p[at] >= '0' && t.p[at] <= '9')
        at++;
    if (point == t.n || t.p[point] != '.' || at < t.n)
        return t;
    if (!point || (point == 1 && (t.p[0] == '+' || t.p[0] == '-')))
        return TEXT("0");
    return text_part(t, 0, point);
}

static int64_t int_of_text(struct text t)
{
    int64_t v;

    return number_text_int(without_fraction(t), 0, &v) == NUMBER_OK ? v : 0;
}

static double float_of_text(struct text t)
{
    double v;

    return number_text_float(t, &v) == NUMBER_OK ? v : 0;
}

/* What d is without reading text. */
static int64_t int_of(const struct datum *d)
{
    if (datum_is_signed(d))
        return d->v.i;
    if (datum_is_unsigned(d))
        return (int64_t)d->v.u;
    if (d->kind == DATUM_FLOAT64)
        return truncate_float(d->v.f);
    return d->kind == DATUM_BOOL && d->v.b;
}

static double float_of(const struct datum *d)
{
    if (datum_is_signed(d))
        return (double)d->v.i;
    if (datum_is_unsigned(d))
        return (double)d->v.u;
    if (d->kind == DATUM_FLOAT64)
        return d->v.f;
    return d->kind == DATUM_BOOL && d->v.b;
}

struct err *cast_int64(struct engine *g, const struct datum *d, int64_t *out)
{
    bool is_text = d->kind == DATUM_STRING;
    struct err *e = is_text ? engine_charge_bytes(g, d->n) : NULL;

    if (e)
        return e;
    *out = is_text ? int_of_text(datum_text(d)) : int_of(d);
    return NULL;
}

struct err *cast_float64(struct engine *g, const struct datum *d, double *out)
{
    bool is_text = d->kind == DATUM_STRING;
    struct err *e = is_text ? engine_charge_bytes(g, d->n) : NULL;

    if (e)
        return e;
    *out = is_text ? float_of_text(datum_text(d)) : float_of(d);
    return NULL;
}
