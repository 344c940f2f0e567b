/* Values reach these functions as they are, nil included. Go compares by kind: bool, text, floating
 * point, and whole numbers signed or not, the last two also with each other; nothing else is
 * ordered, and of the rest only nil, times and their like are equal to anything. */
#include "template/funcs.h"

#include "template/go_time.h"
#include "template/go_zone.h"
#include "template/semver.h"

enum comparison_kind {
    KIND_NONE,
    KIND_BOOL,
    KIND_COMPLEX,
    KIND_INT,
    KIND_FLOAT,
    KIND_STRING,
    KIND_UINT
};

static enum comparison_kind comparison_kind(const struct datum *d)
{
    if (datum_is_signed(d))
        return KIND_INT;
    if (datum_is_unsigned(d))
        return KIND_UINT;
    if (d->kind == DATUM_BOOL)
        return KIND_BOOL;
    if (d->kind == DATUM_COMPLEX128)
        return KIND_COMPLEX;
    if (d->kind == DATUM_FLOAT64)
        return KIND_FLOAT;
    return d->kind == DATUM_STRING ? KIND_STRING : KIND_NONE;
}

static struct err *incompatible(const struct datum *a, const struct datum *b)
{
    return err_new(ERR_INVALID, "incompatible types for comparison: %s and %s", datum_type_name(a),
                   datum_type_name(b));
}

/* Nil of any type: an empty list or map may be one. */
static bool is_nil(const struct datum *d)
{
    if (d->kind == DATUM_LIST)
        return d->v.list->is_nil;
    if (d->kind == DATUM_MAP)
        return d->v.map->is_nil;
    return datum_is_nothing(d);
}

/* Kinds as Go's reflect has them: a time and a certificate are both structs. */
static bool is_same_kind(const struct datum *a, const struct datum *b)
{
    return datum_is_nothing(a) || datum_is_nothing(b) ||
           strcmp(datum_kind_name(a), datum_kind_name(b)) == 0;
}

static bool is_equal_struct(const struct datum *a, const struct datum *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == DATUM_TIME)
        return go_time_is_same(a->v.time, b->v.time);
    if (a->kind == DATUM_LOCATION)
        return go_zone_is_one(a->v.zone, b->v.zone);
    if (a->kind == DATUM_CERT)
        return text_equal(a->v.cert->cert, b->v.cert->cert) &&
               text_equal(a->v.cert->key, b->v.cert->key);
    return a->v.semver == b->v.semver ||
           (a->v.semver->is_struct && semver_is_same(a->v.semver, b->v.semver));
}

static struct err *equal_other(const struct datum *a, const struct datum *b, bool *out)
{
    if (!is_same_kind(a, b))
        return err_new(ERR_INVALID, "non-comparable types %s, %s", datum_type_name(a),
                       datum_type_name(b));
    if (is_nil(a) || is_nil(b)) {
        *out = is_nil(a) && is_nil(b);
        return NULL;
    }
    if (b->kind == DATUM_LIST || b->kind == DATUM_MAP)
        return err_new(ERR_INVALID, "non-comparable type %s", datum_type_name(b));
    *out = is_equal_struct(a, b);
    return NULL;
}

/* Of different kinds: only whole numbers are equal; what is compared with nil is not. */
static struct err *equal_mixed(enum comparison_kind kind_a, const struct datum *a,
                               enum comparison_kind kind_b, const struct datum *b, bool *out)
{
    bool are_whole =
        (kind_a == KIND_INT && kind_b == KIND_UINT) || (kind_a == KIND_UINT && kind_b == KIND_INT);

    if (!are_whole && !datum_is_nothing(a) && !datum_is_nothing(b))
        return incompatible(a, b);
    const struct datum *is_signed = kind_a == KIND_INT ? a : b;
    *out = are_whole && is_signed->v.i >= 0 && a->v.u == b->v.u;
    return NULL;
}

static struct err *equal(struct engine *g, const struct datum *a, const struct datum *b, bool *out)
{
    enum comparison_kind kind = comparison_kind(a), kind_b = comparison_kind(b);

    if (kind != kind_b)
        return equal_mixed(kind, a, kind_b, b, out);
    switch (kind) {
    case KIND_BOOL:
        *out = a->v.b == b->v.b;
        return NULL;
    case KIND_COMPLEX:
        *out = a->v.complex->re == b->v.complex->re && a->v.complex->im == b->v.complex->im;
        return NULL;
    case KIND_FLOAT:
        *out = a->v.f == b->v.f;
        return NULL;
    case KIND_STRING:
        *out = text_equal(datum_text(a), datum_text(b));
        return engine_charge_bytes(g, a->n < b->n ? a->n : b->n);
    case KIND_INT:
    case KIND_UINT:
        *out = a->v.u == b->v.u;
        return NULL;
    case KIND_NONE:
        break;
    }
    return equal_other(a, b, out);
}

static struct err *less_mixed(enum comparison_kind kind_a, const struct datum *a,
                              enum comparison_kind kind_b, const struct datum *b, bool *out)
{
    if (kind_a == KIND_INT && kind_b == KIND_UINT)
        *out = a->v.i < 0 || a->v.u < b->v.u;
    else if (kind_a == KIND_UINT && kind_b == KIND_INT)
        *out = b->v.i >= 0 && a->v.u < b->v.u;
    else
        return incompatible(a, b);
    return NULL;
}

static struct err *not_ordered(void)
{
    return err_new(ERR_INVALID, "invalid type for comparison");
}

static struct err *less(struct engine *g, const struct datum *a, const struct datum *b, bool *out)
{
    enum comparison_kind kind = comparison_kind(a), kind_b = comparison_kind(b);

    if (kind == KIND_NONE || kind_b == KIND_NONE)
        return not_ordered();
    if (kind != kind_b)
        return less_mixed(kind, a, kind_b, b, out);
    switch (kind) {
    case KIND_FLOAT:
        *out = a->v.f < b->v.f;
        return NULL;
    case KIND_INT:
        *out = a->v.i < b->v.i;
        return NULL;
    case KIND_UINT:
        *out = a->v.u < b->v.u;
        return NULL;
    case KIND_STRING:
        *out = text_compare(datum_text(a), datum_text(b)) < 0;
        return engine_charge_bytes(g, a->n < b->n ? a->n : b->n);
    case KIND_BOOL:
    case KIND_COMPLEX:
    case KIND_NONE:
        break;
    }
    return not_ordered();
}

static struct err *less_or_equal(struct engine *g, const struct datum *args, bool *out)
{
    struct err *e = less(g, &args[0], &args[1], out);

    return e || *out ? e : equal(g, &args[0], &args[1], out);
}

static struct err *eq(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    bool is_equal = false;
    struct err *e = n == 1 ? err_new(ERR_INVALID, "missing argument for comparison") : NULL;

    for (size_t i = 1; !e && !is_equal && i < n; i++)
        e = equal(g, &args[0], &args[i], &is_equal);
    if (e)
        return e;
    *out = datum_bool(is_equal);
    return NULL;
}

static struct err *ne(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    bool is_equal = false;
    struct err *e = equal(g, &args[0], &args[1], &is_equal);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(!is_equal);
    return NULL;
}

static struct err *lt(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    bool is_less = false;
    struct err *e = less(g, &args[0], &args[1], &is_less);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(is_less);
    return NULL;
}

static struct err *le(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    bool is_less = false;
    struct err *e = less_or_equal(g, args, &is_less);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(is_less);
    return NULL;
}

static struct err *gt(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct err *e = le(g, args, n, out);

    if (!e)
        out->v.b = !out->v.b;
    return e;
}

static struct err *ge(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct err *e = lt(g, args, n, out);

    if (!e)
        out->v.b = !out->v.b;
    return e;
}

static struct err *negate(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g, (void)n;
    *out = datum_bool(!datum_is_true(&args[0]));
    return NULL;
}

/* Go's name of the type behind a pointer. */
static const char *pointed_type(const struct datum *d)
{
    const char *name = datum_type_name(d);

    return name[0] == '*' ? name + 1 : name;
}

static struct err *len(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct datum *d = &args[0];

    (void)g, (void)n;
    if (d->kind == DATUM_NONE)
        return err_new(ERR_INVALID, "reflect: call of reflect.Value.Type on zero Value");
    if (d->kind == DATUM_NIL)
        return err_new(ERR_INVALID, "len of nil pointer");
    if (d->kind == DATUM_STRING)
        *out = datum_int(d->n);
    else if (d->kind == DATUM_LIST)
        *out = datum_int((int64_t)d->v.list->n);
    else if (d->kind == DATUM_MAP)
        *out = datum_int((int64_t)d->v.map->n);
    else
        return err_new(ERR_INVALID, "len of type %s", pointed_type(d));
    return NULL;
}

/* Go lets through an index that equals the length, and fails a step later. */
static struct err *position(const struct datum *index, size_t n, const char *what, size_t *out)
{
    if (datum_is_nothing(index))
        return err_new(ERR_INVALID, "cannot index slice/array with nil");
    if (!datum_is_signed(index) && !datum_is_unsigned(index))
        return err_new(ERR_INVALID, "cannot index slice/array with type %s",
                       datum_type_name(index));
    if (index->v.i < 0 || index->v.u > n)
        return err_new(ERR_INVALID, "index out of range");
    if (index->v.u == n)
        return err_new(ERR_INVALID, "reflect: %s index out of range", what);
    *out = (size_t)index->v.u;
    return NULL;
}

static struct err *index_list(const struct list *l, const struct datum *index, struct datum *out)
{
    size_t at = 0;
    struct err *e = position(index, l->n, "slice", &at);

    if (e)
        return e;
    *out = l->items[at];
    return NULL;
}

static struct err *index_string(struct text t, const struct datum *index, struct datum *out)
{
    size_t at = 0;
    struct err *e = position(index, t.n, "string", &at);

    if (e)
        return e;
    *out = (struct datum){.kind = DATUM_UINT8, .v.u = t.p[at]};
    return NULL;
}

/* What Go makes of a key that is not there: the zero value of the element's type. */
static struct err *zero_of(struct engine *g, enum datum_element element, struct datum *out)
{
    struct dict *m;
    struct err *e;

    switch (element) {
    case ELEMENT_STRING_MAP:
        e = dict_new(g->arena, ELEMENT_STRING, 0, &m);
        if (e)
            return e;
        m->is_nil = true;
        *out = datum_map(m);
        return NULL;
    case ELEMENT_STRING:
        *out = datum_string(TEXT(""));
        return NULL;
    case ELEMENT_ANY:
    case ELEMENT_INT:
    case ELEMENT_UINT8:
    case ELEMENT_LIST:
        break;
    }
    *out = datum_nil();
    return NULL;
}

static struct err *index_map(struct engine *g, const struct dict *m, const struct datum *index,
                             struct datum *out)
{
    if (datum_is_nothing(index))
        return err_new(ERR_INVALID, "value is nil; should be of type string");
    if (index->kind != DATUM_STRING)
        return err_new(ERR_INVALID, "value has type %s; should be string", datum_type_name(index));
    const struct datum *value = dict_get(m, datum_text(index));
    if (!value)
        return zero_of(g, m->element, out);
    *out = *value;
    return NULL;
}

static struct err *index_one(struct engine *g, const struct datum *item, const struct datum *index,
                             struct datum *out)
{
    if (item->kind == DATUM_MAP)
        return index_map(g, item->v.map, index, out);
    if (item->kind == DATUM_LIST)
        return index_list(item->v.list, index, out);
    if (item->kind == DATUM_STRING)
        return index_string(datum_text(item), index, out);
    if (datum_is_nothing(item))
        return err_new(ERR_INVALID, "index of nil pointer");
    return err_new(ERR_INVALID, "can't index item of type %s", pointed_type(item));
}

static struct err *index_all(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct datum item = args[0];
    struct err *e = NULL;

    if (datum_is_nothing(&item))
        return err_new(ERR_INVALID, "index of untyped nil");
    for (size_t i = 1; !e && i < n; i++) {
        struct datum whole = item;
        e = index_one(g, &whole, &args[i], &item);
    }
    if (!e)
        *out = item;
    return e;
}

/* No value here is a function. */
static struct err *call(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g, (void)n, (void)out;
    if (datum_is_nothing(&args[0]))
        return err_new(ERR_INVALID, "call of nil");
    return err_new(ERR_INVALID, "non-function of type %s", datum_type_name(&args[0]));
}

static const struct func rows[] = {
    {"and", "vv*", "v", NULL, 0, "first argument that is empty, or the last one; stops there",
     "{{ and 1 0 2 }}", "0"},
    {"call", "vv*", "v", call, 0, "calls a function value; there is none, so it always fails",
     "{{ if false }}{{ call . }}{{ end }}", ""},
    {"eq", "vv*", "b", eq, 0, "is the first equal to any of the others",
     "{{ eq \"b\" \"a\" \"b\" }}", "true"},
    {"ge", "vv", "b", ge, 0, "is the first greater or equal", "{{ ge 2 1 }}", "true"},
    {"gt", "vv", "b", gt, 0, "is the first greater", "{{ gt 1 1 }}", "false"},
    {"index", "vv*", "v", index_all, 0,
     "element of a list, map or string; nothing for a missing key",
     "{{ index (list \"a\" \"b\") 1 }}", "b"},
    {"le", "vv", "b", le, 0, "is the first less or equal", "{{ le 1 1 }}", "true"},
    {"len", "v", "i", len, 0, "number of bytes of a string, or of elements", "{{ len \"abc\" }}",
     "3"},
    {"lt", "vv", "b", lt, 0, "is the first less", "{{ lt \"a\" \"b\" }}", "true"},
    {"ne", "vv", "b", ne, 0, "are both different", "{{ ne 1 2 }}", "true"},
    {"not", "v", "b", negate, 0, "is the argument empty", "{{ not \"\" }}", "true"},
    {"or", "vv*", "v", NULL, 0, "first argument that is not empty, or the last one; stops there",
     "{{ or \"\" \"b\" }}", "b"},
};

const struct func_table funcs_builtin = {"Logic and comparison", rows, ARRAY_SIZE(rows)};
