/* Containers are walked here, where every step and level is charged: two dicts that contain
 * themselves would be compared for ever. */
#include "template/equal.h"

#include "template/go_time.h"
#include "template/go_zone.h"
#include "template/semver.h"

/* Elements one after the other, until two differ. */
static struct err *lists_equal(struct engine *g, const struct list *a, const struct list *b,
                               bool *out)
{
    *out = a->element == b->element && a->is_nil == b->is_nil && a->n == b->n;
    for (size_t i = 0; a != b && *out && i < a->n; i++) {
        struct err *e = equal_deep(g, &a->items[i], &b->items[i], out);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *dicts_equal(struct engine *g, const struct dict *a, const struct dict *b,
                               bool *out)
{
    *out = a->element == b->element && a->is_nil == b->is_nil && a->n == b->n;
    for (size_t i = 0; a != b && *out && i < a->n; i++) {
        const struct dict_entry *left = &a->entries[i], *right = &b->entries[i];
        struct err *e = NULL;

        if (text_equal(left->key, right->key))
            e = equal_deep(g, &left->value, &right->value, out);
        else
            *out = false;
        if (e)
            return e;
    }
    return NULL;
}

/* Both are lists, or both dicts. */
static struct err *containers_equal(struct engine *g, const struct datum *a, const struct datum *b,
                                    bool *out)
{
    struct err *e = engine_enter(g);

    if (!e)
        e = a->kind == DATUM_LIST ? lists_equal(g, a->v.list, b->v.list, out)
                                  : dicts_equal(g, a->v.map, b->v.map, out);
    engine_leave(g);
    return e;
}

static bool certs_equal(const struct cert *a, const struct cert *b)
{
    return text_equal(a->cert, b->cert) && text_equal(a->key, b->key);
}

/* Values of one kind that contain none. */
static bool same_kind_equal(const struct datum *a, const struct datum *b)
{
    if (datum_is_signed(a) || datum_is_unsigned(a))
        return a->v.u == b->v.u;
    if (a->kind == DATUM_BOOL)
        return a->v.b == b->v.b;
    if (a->kind == DATUM_FLOAT64)
        return a->v.f == b->v.f;
    if (a->kind == DATUM_COMPLEX128)
        return a->v.complex->re == b->v.complex->re && a->v.complex->im == b->v.complex->im;
    if (a->kind == DATUM_STRING)
        return text_equal(datum_text(a), datum_text(b));
    if (a->kind == DATUM_TIME)
        return go_time_is_same(a->v.time, b->v.time);
    if (a->kind == DATUM_LOCATION)
        return go_zone_is_same(a->v.zone, b->v.zone);
    if (a->kind == DATUM_SEMVER)
        return semver_is_same(a->v.semver, b->v.semver);
    return a->kind == DATUM_CERT ? certs_equal(a->v.cert, b->v.cert) : true;
}

struct err *equal_deep(struct engine *g, const struct datum *a, const struct datum *b, bool *out)
{
    bool is_text = a->kind == DATUM_STRING && b->kind == DATUM_STRING && a->n == b->n;
    struct err *e = engine_charge(g, 1);

    if (!e && is_text)
        e = engine_charge_bytes(g, a->n);
    if (e)
        return e;
    if (a->kind == b->kind && (a->kind == DATUM_LIST || a->kind == DATUM_MAP))
        return containers_equal(g, a, b, out);
    if (datum_is_nothing(a) || datum_is_nothing(b))
        *out = datum_is_nothing(a) && datum_is_nothing(b);
    else
        *out = a->kind == b->kind && same_kind_equal(a, b);
    return NULL;
}
