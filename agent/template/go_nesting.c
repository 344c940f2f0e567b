/* Looking for oneself among those around begins where real data is no longer as deep; Go does the
 * same, later. */
#include "template/go_nesting.h"

#define CYCLE_LEVEL 32u

struct err *go_nesting_enter(struct go_nesting *n, struct go_frame *f, const struct datum *d)
{
    const void *container = d->kind == DATUM_LIST ? (const void *)d->v.list : d->v.map;
    const struct go_frame *outer = n->inner;
    struct err *e = engine_enter(n->g);

    *f = (struct go_frame){container, outer};
    n->inner = f;
    n->level++;
    while (outer && n->level > CYCLE_LEVEL && !e) {
        if (outer->container == container)
            e = err_new(ERR_INVALID, "json: unsupported value: encountered a cycle via %s",
                        datum_type_name(d));
        outer = outer->outer;
    }
    return e;
}

void go_nesting_leave(struct go_nesting *n, const struct go_frame *f)
{
    engine_leave(n->g);
    n->inner = f->outer;
    n->level--;
}
