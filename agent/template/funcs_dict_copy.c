/* Values below lists and dicts never change, so only those two are copied. What Go's copier cannot
 * see into comes out as its zero: the fields of a version. */
#include "template/funcs_dict.h"

#include "template/funcs_list.h"
#include "template/go_zone.h"
#include "template/semver.h"

/* What is inside a location is not copied either: it is UTC without a name. */
static struct err *copy_location(struct engine *g, struct datum *out)
{
    void *memory;
    struct err *e = secret_arena_alloc(g->arena, sizeof(struct go_zone), &memory);

    if (e)
        return e;
    struct go_zone *blank = memory;
    *blank = (struct go_zone){.abbreviation = TEXT("UTC")};
    *out = (struct datum){.kind = DATUM_LOCATION, .v.zone = blank};
    return NULL;
}

static struct err *copy(struct engine *g, const struct datum *in, struct datum *out);

static struct err *copy_list(struct engine *g, const struct list *in, struct datum *out)
{
    struct list *l;
    struct err *e = funcs_list_new(g, in->element, in->n, &l);

    for (size_t i = 0; !e && i < in->n; i++)
        e = copy(g, &in->items[i], &l->items[i]);
    if (e)
        return e;
    l->is_nil = in->is_nil;
    *out = datum_list(l);
    return NULL;
}

static struct err *copy_dict(struct engine *g, const struct dict *in, struct datum *out)
{
    struct dict *m;
    struct err *e = dict_new(g->arena, in->element, in->n, &m);

    if (e)
        return e;
    for (size_t i = 0; !e && i < in->n; i++) {
        m->entries[i].key = in->entries[i].key;
        e = copy(g, &in->entries[i].value, &m->entries[i].value);
    }
    if (e)
        return e;
    m->n = in->n;
    m->is_nil = in->is_nil;
    *out = datum_map(m);
    return NULL;
}

static struct err *copy_version(struct engine *g, const struct semver *v, struct datum *out)
{
    void *memory;
    struct err *e = secret_arena_alloc(g->arena, sizeof(*v), &memory);

    if (e)
        return e;
    struct semver *blank = memory;
    *blank = (struct semver){.is_struct = v->is_struct};
    *out = (struct datum){.kind = DATUM_SEMVER, .v.semver = blank};
    return NULL;
}

static struct err *copy(struct engine *g, const struct datum *in, struct datum *out)
{
    struct err *e = engine_charge(g, 1);

    if (e)
        return e;
    if (in->kind == DATUM_LOCATION)
        return copy_location(g, out);
    if (in->kind == DATUM_SEMVER)
        return copy_version(g, in->v.semver, out);
    if (in->kind != DATUM_LIST && in->kind != DATUM_MAP) {
        *out = *in;
        return NULL;
    }
    e = engine_enter(g);
    if (!e)
        e = in->kind == DATUM_LIST ? copy_list(g, in->v.list, out) : copy_dict(g, in->v.map, out);
    engine_leave(g);
    return e;
}

struct err *funcs_dict_deep_copy(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)n;
    if (datum_is_nothing(&args[0]))
        return err_new(ERR_INVALID, "reflect: call of reflect.Value.Type on zero Value");
    return copy(g, &args[0], out);
}
