/* The rules of mergo, key by key. Two dicts under one key are merged in turn; everything else is
 * taken over or left, whole. Which it is depends on what stands there after the inner merge, so the
 * order of the steps below is part of the result.
 *
 * Go's reflection shows where the types are mixed: its panics are errors here, in its words. */
#include "template/funcs_dict.h"

#include "template/semver.h"

struct merge {
    struct engine *g;
    bool may_overwrite;
    bool differs; /* types that mergo refuses to merge: sprig then gives "" or an error */
};

static bool is_struct(const struct datum *d)
{
    return d->kind == DATUM_TIME || d->kind == DATUM_CERT ||
           (d->kind == DATUM_SEMVER && d->v.semver->is_struct);
}

/* Does mergo look into values of this type? Most versions are pointers. */
static bool has_inside(const struct datum *d)
{
    return d->kind == DATUM_MAP || d->kind == DATUM_SEMVER || d->kind == DATUM_LOCATION ||
           is_struct(d);
}

static bool is_pointer(const struct datum *d)
{
    return d->kind == DATUM_LOCATION || (d->kind == DATUM_SEMVER && !is_struct(d));
}

/* Go's type of what a map of that element gives. */
static const char *element_type(enum datum_element element)
{
    switch (element) {
    case ELEMENT_STRING:
        return "string";
    case ELEMENT_INT:
        return "int";
    case ELEMENT_UINT8:
        return "uint8";
    case ELEMENT_LIST:
        return "[]interface {}";
    case ELEMENT_STRING_MAP:
        return "map[string]string";
    case ELEMENT_ANY:
        break;
    }
    return "interface {}";
}

static struct err *not_assignable(const char *type, enum datum_element element)
{
    return err_new(ERR_INVALID,
                   "reflect.Value.SetMapIndex: value of type %s is not assignable to type %s", type,
                   element_type(element));
}

/* Put a value that comes out of a map of element from. */
static struct err *put(const struct merge *m, struct dict *dst, struct text key,
                       enum datum_element from, const struct datum *value)
{
    if (dst->element != ELEMENT_ANY && dst->element != from)
        return not_assignable(element_type(from), dst->element);
    return funcs_dict_put(m->g, dst, key, *value);
}

static struct err *merge_dicts(struct merge *m, struct dict *dst, const struct dict *src);

static struct err *bad_call(const char *method, const struct datum *d)
{
    return err_new(ERR_INVALID, "reflect: call of reflect.Value.%s on %s Value", method,
                   datum_kind_name(d));
}

/* Merge src, which has an inside, into what dst has under the same key. */
static struct err *merge_inside(struct merge *m, const struct datum *dst, const struct datum *src)
{
    bool is_dict = src->kind == DATUM_MAP;

    if (dst->kind == DATUM_MAP && is_dict)
        return merge_dicts(m, dst->v.map, src->v.map);
    if (dst->kind == DATUM_MAP)
        return dst->v.map->is_nil && is_struct(src) ? bad_call("IsNil", src) : NULL;
    if (dst->kind == DATUM_CERT)
        return is_struct(src) ? NULL : bad_call("Field", src);
    if (is_pointer(dst) &&
        ((is_struct(src) && src->kind != DATUM_SEMVER) || (is_dict && !src->v.map->is_nil)))
        m->differs = !m->may_overwrite;
    return NULL;
}

/* A list under a key of a map that holds no such thing fails before anything is decided. */
static struct err *check_list(const struct dict *dst, const struct datum *there,
                              const struct datum *list)
{
    if (dst->element == ELEMENT_ANY)
        return NULL;
    if (there->kind == DATUM_STRING)
        return bad_call("IsNil", there);
    return not_assignable(datum_type_name(list), dst->element);
}

/* What mergo takes for filled: as truth has it, and complex numbers, which it does not know. */
static bool is_filled(const struct datum *d)
{
    return datum_is_true(d) || d->kind == DATUM_COMPLEX128;
}

static bool is_nil_value(const struct datum *d, enum datum_element from)
{
    return d->kind == DATUM_NIL ||
           (from == ELEMENT_STRING_MAP && d->kind == DATUM_MAP && d->v.map->is_nil);
}

/* value stands under key in a map of element from; the entry of dst may move while its inside is
 * merged, so there is a copy. */
static struct err *merge_key(struct merge *m, struct dict *dst, struct text key,
                             enum datum_element from, const struct datum *value)
{
    const struct datum *found = dict_get(dst, key);
    struct datum there = found ? *found : datum_nil();
    struct err *e = NULL;

    if (is_nil_value(value, from))
        return m->may_overwrite ? put(m, dst, key, from, value) : NULL;
    if (value->kind == DATUM_LIST)
        e = check_list(dst, &there, value);
    else if (has_inside(value))
        e = merge_inside(m, &there, value);
    if (e || m->differs)
        return e;
    if (is_filled(&there) && value->kind == DATUM_MAP && there.kind == DATUM_MAP)
        return NULL;
    return m->may_overwrite || !is_filled(&there) ? put(m, dst, key, from, value) : NULL;
}

/* The keys that src has now: a merge may change it, where it is part of dst. */
static struct err *keys_of(struct engine *g, const struct dict *src, struct text **out)
{
    void *p;
    struct err *e = engine_charge(g, 1 + src->n);

    if (!e)
        e = secret_arena_alloc(g->arena, src->n * sizeof(struct text), &p);
    if (e)
        return e;
    struct text *keys = p;
    for (size_t i = 0; i < src->n; i++)
        keys[i] = src->entries[i].key;
    *out = keys;
    return NULL;
}

static struct err *merge_keys(struct merge *m, struct dict *dst, const struct dict *src)
{
    struct text *keys = NULL;
    size_t n = src->n;
    struct err *e = keys_of(m->g, src, &keys);

    for (size_t i = 0; !e && !m->differs && i < n; i++) {
        const struct datum *value = dict_get(src, keys[i]);

        if (value) {
            struct datum copy = *value;
            e = merge_key(m, dst, keys[i], src->element, &copy);
        }
    }
    return e;
}

static struct err *merge_dicts(struct merge *m, struct dict *dst, const struct dict *src)
{
    if (dst->is_nil)
        return NULL;
    struct err *e = engine_enter(m->g);
    if (!e)
        e = merge_keys(m, dst, src);
    engine_leave(m->g);
    return e;
}

/* The dict to merge into: a nil one becomes a new one as soon as there is something to merge. */
static struct err *make_room(struct engine *g, struct dict **dst, const struct dict *src)
{
    if (!(*dst)->is_nil || src->is_nil)
        return NULL;
    return dict_new(g->arena, ELEMENT_ANY, 0, dst);
}

static struct err *merge_all(struct merge *m, const struct datum *args, size_t n, struct datum *out)
{
    struct dict *dst = args[0].v.map;
    struct err *e = NULL;

    for (size_t i = 1; !e && !m->differs && i < n; i++) {
        e = make_room(m->g, &dst, args[i].v.map);
        if (!e)
            e = merge_dicts(m, dst, args[i].v.map);
    }
    if (e)
        return e;
    *out = m->differs ? datum_string(TEXT("")) : datum_map(dst);
    return NULL;
}

static struct err *merge_or_refuse(struct merge *m, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct err *e = merge_all(m, args, n, out);

    if (e)
        return e;
    return m->differs ? err_new(ERR_INVALID, "src and dst must be of same type") : NULL;
}

struct err *funcs_dict_merge(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    return merge_all(&(struct merge){.g = g}, args, n, out);
}

struct err *funcs_dict_merge_overwrite(struct engine *g, const struct datum *args, size_t n,
                                       struct datum *out)
{
    return merge_all(&(struct merge){.g = g, .may_overwrite = true}, args, n, out);
}

struct err *funcs_dict_must_merge(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    return merge_or_refuse(&(struct merge){.g = g}, args, n, out);
}

struct err *funcs_dict_must_merge_overwrite(struct engine *g, const struct datum *args, size_t n,
                                            struct datum *out)
{
    return merge_or_refuse(&(struct merge){.g = g, .may_overwrite = true}, args, n, out);
}
