/* Elements are compared one by one, as Go does, since they may be of any type; every comparison is
 * charged. Results take a list as long as the one they come from, and shorten it. */
#include "template/funcs_list.h"

#include "template/equal.h"

/* Is value among items? */
static struct err *is_among(struct engine *g, const struct datum *items, size_t n,
                            const struct datum *value, bool *out)
{
    *out = false;
    for (size_t i = 0; !*out && i < n; i++) {
        struct err *e = equal_deep(g, value, &items[i], out);
        if (e)
            return e;
    }
    return NULL;
}

struct err *funcs_list_has(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct list *l;
    bool is_there;

    (void)n;
    if (datum_is_nothing(&args[1])) {
        *out = datum_bool(false);
        return NULL;
    }
    struct err *e = funcs_list_of(&args[1], "Cannot find has on type", &l);
    if (!e)
        e = is_among(g, l->items, l->n, &args[0], &is_there);
    if (e)
        return e;
    *out = datum_bool(is_there);
    return NULL;
}

/* A list as long as l, of which the first few elements will be used. */
static struct err *keep_some(struct engine *g, const struct datum *d, const char *refusal,
                             const struct list **l, struct list **out)
{
    struct err *e = funcs_list_of(d, refusal, l);

    if (e)
        return e;
    e = funcs_list_new(g, ELEMENT_ANY, (*l)->n, out);
    if (!e)
        (*out)->n = 0;
    return e;
}

struct err *funcs_list_compact(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct list *l;
    struct list *kept;
    struct err *e = keep_some(g, &args[0], "Cannot compact on type", &l, &kept);

    (void)n;
    if (e)
        return e;
    for (size_t i = 0; i < l->n; i++) {
        if (datum_is_true(&l->items[i]))
            kept->items[kept->n++] = l->items[i];
    }
    *out = datum_list(kept);
    return NULL;
}

struct err *funcs_list_uniq(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct list *l;
    struct list *kept;
    bool is_there;
    struct err *e = keep_some(g, &args[0], "Cannot find uniq on type", &l, &kept);

    (void)n;
    for (size_t i = 0; !e && i < l->n; i++) {
        e = is_among(g, kept->items, kept->n, &l->items[i], &is_there);
        if (!e && !is_there)
            kept->items[kept->n++] = l->items[i];
    }
    if (e)
        return e;
    *out = datum_list(kept);
    return NULL;
}

struct err *funcs_list_without(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct list *l;
    struct list *kept;
    bool is_there;
    struct err *e = keep_some(g, &args[0], "Cannot find without on type", &l, &kept);

    for (size_t i = 0; !e && i < l->n; i++) {
        e = is_among(g, args + 1, n - 1, &l->items[i], &is_there);
        if (!e && !is_there)
            kept->items[kept->n++] = l->items[i];
    }
    if (e)
        return e;
    *out = datum_list(kept);
    return NULL;
}
