/* A PushSecret beyond its own fields. That it pushes to a store that can only be read is found when
 * it is pushed: stores that are chosen by labels are not known here. */

#include <stdlib.h>

#include "base/alloc.h"
#include "cmd/check_part.h"
#include "spec/push_spec.h"

#define DEFAULT_NAMESPACE "default" /* kubectl's, where none is said */

static void check_bulks(const struct check_part *c, const struct push_spec *s)
{
    for (size_t i = 0; i < s->n_bulks; i++) {
        const struct push_bulk *bulk = &s->bulks[i];
        CLEANUP_STR char *at = xasprintf("spec.dataTo[%zu]", i);
        CLEANUP_STR char *match_at = xasprintf("%s.match.regexp", at);
        if (bulk->match)
            check_part_regex(c, match_at, bulk->match);
        check_part_rewrites(c, at, bulk->rewrites, bulk->n_rewrites);
    }
}

static void check_stores(const struct check_part *c, const struct push_spec *s)
{
    CLEANUP(map) struct map *seen = map_new(NULL);
    for (size_t i = 0; i < s->n_stores; i++) {
        CLEANUP_STR char *at = xasprintf("spec.secretStoreRefs[%zu]", i);
        check_part_store(c, at, s->stores[i].kind, s->stores[i].name, seen);
    }
}

void check_push(struct check_input *in, const struct check_file_options *options,
                struct check_object *o)
{
    if (check_object_is_nameless(o))
        return;
    CLEANUP(push_spec) struct push_spec *s = push_spec_parse(o->json);
    const char *ns = check_object_ns(o);
    const struct check_part c = {in, options, o, *ns ? ns : DEFAULT_NAMESPACE, ""};
    if (s->problem)
        check_object_problem(o, "%s", s->problem);
    check_bulks(&c, s);
    check_part_template(&c, "spec.template", s->tmpl);
    check_stores(&c, s);
}
