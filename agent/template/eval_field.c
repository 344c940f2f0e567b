/* A name behind a dot is, in this order: a method, a field of a certificate, a key of a map. */
#include "template/eval_state.h"

/* Text of a name for %.*s. */
#define NAME(t) (int)(t).n, (const char *)(t).p

static bool has_args(const struct eval_site *site)
{
    return site->n_args > 0 || site->final;
}

/* On a value that is none: with missingkey=error it is taken for a missing key. */
static struct err *of_nothing(const struct eval *s, struct text name, struct datum *out)
{
    if (s->missing_key_is_error)
        return eval_error(s, "nil data; no entry for key \"%.*s\"", NAME(name));
    *out = datum_none();
    return NULL;
}

static struct err *of_map(const struct eval *s, const struct dict *m, struct text name,
                          const struct eval_site *site, struct datum *out)
{
    if (has_args(site))
        return eval_error(s, "%.*s is not a method but has arguments", NAME(name));
    const struct datum *value = dict_get(m, name);
    if (!value && s->missing_key_is_error)
        return eval_error(s, "map has no entry for key \"%.*s\"", NAME(name));
    *out = value ? *value : datum_none();
    return NULL;
}

/* is_boxed: it was found in a map of anything, and Go knows only that. */
static struct err *of_other(struct eval *s, const struct datum *receiver, bool is_boxed,
                            struct text name, const struct eval_site *site, struct datum *out)
{
    const struct func *f = func_method(receiver->kind, name);

    if (f && receiver->kind == DATUM_CERT && has_args(site))
        return eval_error(s, "%s has arguments but cannot be invoked as function", f->name);
    if (f)
        return eval_method(s, f, receiver, site, out);
    return eval_error(s, "can't evaluate field %.*s in type %s", NAME(name),
                      is_boxed ? "interface {}" : datum_type_name(receiver));
}

static struct err *one_name(struct eval *s, const struct datum *receiver, bool is_boxed,
                            struct text name, const struct eval_site *site, struct datum *out)
{
    if (receiver->kind == DATUM_MAP)
        return of_map(s, receiver->v.map, name, site, out);
    if (receiver->kind == DATUM_NONE)
        return of_nothing(s, name, out);
    if (receiver->kind == DATUM_NIL)
        return eval_error(s, "nil pointer evaluating interface {}.%.*s", NAME(name));
    return of_other(s, receiver, is_boxed, name, site, out);
}

struct err *eval_names(struct eval *s, const struct datum *receiver, const struct text *names,
                       size_t n, const struct eval_site *site, struct datum *out)
{
    const struct eval_site bare = {.node = site->node, .dot = site->dot};
    struct datum value = *receiver;
    bool is_boxed = false;

    for (size_t i = 0; i + 1 < n; i++) {
        bool holds_any = value.kind == DATUM_MAP && value.v.map->element == ELEMENT_ANY;
        struct err *e = one_name(s, &value, is_boxed, names[i], &bare, &value);
        if (!e)
            e = eval_step(s);
        if (e)
            return e;
        is_boxed = holds_any;
    }
    return one_name(s, &value, is_boxed, names[n - 1], site, out);
}
