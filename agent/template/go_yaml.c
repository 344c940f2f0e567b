/* sigs.k8s.io/yaml turns YAML into JSON and reads that. What the detour does to values is done to
 * them in place: numbers become float64, there are no infinities, and for a map of strings plain
 * values have been printed on the way. Errors name lines and keys, never content. */
#include "template/go_yaml.h"

#include <assert.h>
#include <math.h>

#include "template/go_yaml_build.h"
#include "template/go_yaml_parse.h"
#include "template/go_yaml_resolve.h"

/* Longest name of a map that an error repeats. */
#define NAME_SHOWN_MAX 63u

static struct err *not_yaml(struct err *e)
{
    if (engine_is_limit(e) || err_class(e) != ERR_INVALID)
        return e;
    return err_wrap(e, "error converting YAML to JSON");
}

static struct err *read_document(struct engine *g, struct text t, struct datum *out)
{
    struct go_yaml_node *root = NULL;
    struct err *e = go_yaml_parse(g, t, &root);

    if (!e)
        e = go_yaml_build(g, root, out);
    return e ? not_yaml(e) : NULL;
}

static struct err *settle_scalar(struct datum *d)
{
    if (d->kind == DATUM_NONE)
        return not_yaml(
            err_new(ERR_INVALID, "line %llu: unsupported map key", (unsigned long long)d->v.u));
    if (d->kind == DATUM_INT64)
        *d = datum_float((double)d->v.i);
    else if (d->kind == DATUM_UINT64)
        *d = datum_float((double)d->v.u);
    if (d->kind != DATUM_FLOAT64 || (!isnan(d->v.f) && !isinf(d->v.f)))
        return NULL;
    return not_yaml(err_new(ERR_INVALID, "json: unsupported value: %s",
                            isnan(d->v.f) ? "NaN" : (d->v.f < 0 ? "-Inf" : "+Inf")));
}

/* What JSON makes of a value, in place; its depth was limited when it was built. */
static struct err *settle(struct datum *d)
{
    struct err *e = NULL;

    if (d->kind == DATUM_LIST) {
        for (size_t i = 0; i < d->v.list->n && !e; i++)
            e = settle(&d->v.list->items[i]);
        return e;
    }
    if (d->kind == DATUM_MAP) {
        for (size_t i = 0; i < d->v.map->n && !e; i++)
            e = settle(&d->v.map->entries[i].value);
        return e;
    }
    return settle_scalar(d);
}

/* JSON's name of a kind that is not what was wanted. */
static const char *json_kind_of(const struct datum *d)
{
    if (d->kind == DATUM_LIST)
        return "array";
    if (d->kind == DATUM_MAP)
        return "object";
    if (d->kind == DATUM_STRING)
        return "string";
    return d->kind == DATUM_BOOL ? "bool" : "number";
}

static struct err *wrong_kind(const struct datum *d, const char *wanted)
{
    return err_new(ERR_INVALID,
                   "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal %s into "
                   "Go value of type %s",
                   json_kind_of(d), wanted);
}

/* The document as a map whose values are not settled; an empty one is an empty map. */
static struct err *read_map(struct engine *g, struct text t, const char *wanted, struct dict **out)
{
    struct datum d = datum_nil();
    struct err *e = read_document(g, t, &d);

    if (e)
        return e;
    if (d.kind == DATUM_NIL)
        return dict_new(g->arena, ELEMENT_ANY, 0, out);
    if (d.kind != DATUM_MAP) {
        e = settle(&d);
        return e ? e : wrong_kind(&d, wanted);
    }
    *out = d.v.map;
    return NULL;
}

struct err *go_yaml_decode_map(struct engine *g, struct text t, struct dict **out)
{
    struct dict *m = NULL;
    struct err *e = read_map(g, t, "map[string]interface {}", &m);

    if (e)
        return e;
    struct datum d = datum_map(m);
    e = settle(&d);
    if (!e)
        *out = m;
    return e;
}

struct err *go_yaml_decode(struct engine *g, struct text t, struct datum *out)
{
    struct datum d = datum_nil();
    struct err *e = read_document(g, t, &d);

    if (!e)
        e = settle(&d);
    if (!e)
        *out = d;
    return e;
}

/* Whole numbers as int64, in place: JSON writes a float64 without its fraction, and up to 1e21
 * without an exponent, so that 1e3 is 1000 and counts as whole. */
static struct err *settle_whole(struct datum *d)
{
    struct err *e = NULL;

    if (d->kind == DATUM_LIST) {
        for (size_t i = 0; i < d->v.list->n && !e; i++)
            e = settle_whole(&d->v.list->items[i]);
        return e;
    }
    if (d->kind == DATUM_MAP) {
        for (size_t i = 0; i < d->v.map->n && !e; i++)
            e = settle_whole(&d->v.map->entries[i].value);
        return e;
    }
    if (d->kind == DATUM_INT64)
        return NULL;
    if (d->kind == DATUM_UINT64 && d->v.u <= INT64_MAX) {
        *d = datum_int64((int64_t)d->v.u);
        return NULL;
    }
    e = settle_scalar(d);
    if (!e && d->kind == DATUM_FLOAT64 && fabs(d->v.f) < 0x1p63 && trunc(d->v.f) == d->v.f)
        *d = datum_int64((int64_t)d->v.f);
    return e;
}

struct err *go_yaml_decode_object(struct engine *g, struct text t, struct datum *out)
{
    struct datum d = datum_nil();
    struct err *e = read_document(g, t, &d);

    if (!e)
        e = settle_whole(&d);
    if (!e)
        *out = d;
    return e;
}

/* Maps of strings */

static bool may_be_shown(struct text name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char letter = name.p[i] | 0x20;

        if ((letter < 'a' || letter > 'z') && (name.p[i] < '0' || name.p[i] > '9') &&
            name.p[i] != '-' && name.p[i] != '_' && name.p[i] != '.')
            return false;
    }
    return name.n && name.n <= NAME_SHOWN_MAX;
}

static struct err *not_text(const struct dict_entry *entry)
{
    struct err *e = wrong_kind(&entry->value, "string");

    if (!may_be_shown(entry->key))
        return e;
    return err_wrap(e, "key %.*s", (int)entry->key.n, (const char *)entry->key.p);
}

static struct err *print_value(struct engine *g, struct datum *d)
{
    struct text_buf b;
    struct text printed;

    text_buf_init(&b, g->arena, TEXT_MAX);
    if (d->kind == DATUM_BOOL)
        text_buf_puts(&b, d->v.b ? "true" : "false");
    else if (d->kind == DATUM_INT64)
        text_buf_int(&b, d->v.i);
    else if (d->kind == DATUM_UINT64)
        text_buf_uint(&b, d->v.u);
    else if (d->kind == DATUM_FLOAT64)
        go_yaml_print_float32(&b, d->v.f);
    struct err *e = text_buf_end(&b, &printed);
    if (!e)
        *d = datum_string(printed);
    return e;
}

struct err *go_yaml_decode_strings(struct engine *g, struct text t, struct dict **out)
{
    struct dict *m = NULL;
    struct err *e = read_map(g, t, "map[string]string", &m);

    if (e)
        return e;
    assert(m);
    for (size_t i = 0; !e && i < m->n; i++) {
        struct datum *d = &m->entries[i].value;

        if (d->kind == DATUM_LIST || d->kind == DATUM_MAP || d->kind == DATUM_NONE) {
            e = settle(d);
            if (!e)
                e = not_text(&m->entries[i]);
        } else if (d->kind != DATUM_STRING) {
            e = print_value(g, d);
        }
    }
    if (e)
        return e;
    m->element = ELEMENT_STRING;
    *out = m;
    return NULL;
}
