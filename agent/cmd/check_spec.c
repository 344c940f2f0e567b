/* An ExternalSecret beyond its own fields, and the one that a ClusterExternalSecret makes, of which
 * the namespaces are not known. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/check_part.h"
#include "spec/cluster_spec.h"

static void check_source(const struct check_part *c, const struct spec *spec, size_t i)
{
    const struct spec_source *source = &spec->sources[i];
    CLEANUP_STR char *at = xasprintf("spec.dataFrom[%zu]", i);
    CLEANUP_STR char *name_at = xasprintf("%s.find.name.regexp", at);
    if (source->find.name_regexp)
        check_part_regex(c, name_at, source->find.name_regexp);
    check_part_rewrites(c, at, source->rewrites, source->n_rewrites);
}

static void check_stores(const struct check_part *c, const struct spec *spec)
{
    CLEANUP(map) struct map *seen = map_new(NULL);
    for (size_t i = 0; i < spec->n_data; i++) {
        const struct store_ref *ref = &spec->data[i].remote.store;
        CLEANUP_STR char *at = xasprintf("spec.data[%zu]", i);
        check_part_store(c, at, ref->kind, ref->name, seen);
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct store_ref *ref = &spec->sources[i].remote.store;
        CLEANUP_STR char *at = xasprintf("spec.dataFrom[%zu]", i);
        check_part_store(c, at, ref->kind, ref->name, seen);
    }
}

static void check_parts(const struct check_part *c, const struct spec *spec)
{
    for (size_t i = 0; i < spec->n_sources; i++)
        check_source(c, spec, i);
    check_part_template(c, "spec.target.template", spec->tmpl);
    check_stores(c, spec);
}

static bool is_owner_of_secret(const struct spec *s)
{
    return s && s->creation == CREATION_OWNER && !s->manifest_kind;
}

/* Of two that want to own one Secret, the cluster lets only one. */
static void check_target(const struct check_part *c, const struct spec *spec)
{
    for (size_t i = 0; i < c->in->n && &c->in->objects[i] != c->o; i++) {
        const struct spec *other = c->in->objects[i].manifest.spec;
        if (is_owner_of_secret(other) && is_owner_of_secret(spec) &&
            strcmp(other->meta.ns, spec->meta.ns) == 0 &&
            strcmp(other->meta.name, spec->meta.name) != 0 &&
            strcmp(other->target_name, spec->target_name) == 0)
            check_object_problem(c->o,
                                 "spec.target.name: ExternalSecret \"%s\" (%s) owns Secret \"%s\"",
                                 other->meta.name, c->in->objects[i].where, other->target_name);
    }
}

void check_spec(struct check_input *in, const struct check_file_options *options,
                struct check_object *o)
{
    const struct spec *spec = o->manifest.spec;
    if (check_object_is_unread(o))
        return;
    const struct check_part c = {in, options, o, spec->meta.ns, ""};
    if (spec->problem)
        check_object_problem(o, "%s", spec->problem);
    if (json_kind(json_path(o->json, "spec.refreshInterval")) == JSON_NUMBER)
        check_object_problem(o, "spec.refreshInterval must be a text such as 1h: the API server "
                                "takes no number");
    check_parts(&c, spec);
    check_target(&c, spec);
}

/* The ExternalSecret that s makes, as far as it is the same everywhere. */
static struct spec *parse_target(const struct cluster_spec *s)
{
    CLEANUP(json) struct json *obj = json_new_map();
    struct json *meta = json_new_map();
    json_set_text(meta, "name", s->target_name);
    json_set(obj, "metadata", meta);
    json_set(obj, "spec", json_copy(s->target));
    return spec_parse(obj);
}

void check_cluster_spec(struct check_input *in, const struct check_file_options *options,
                        struct check_object *o)
{
    if (check_object_is_nameless(o))
        return;
    CLEANUP(cluster_spec) struct cluster_spec *s = cluster_spec_parse(o->json);
    const struct check_part c = {in, options, o, "", "spec.externalSecretSpec: "};
    if (s->problem)
        check_object_problem(o, "%s", s->problem);
    CLEANUP(spec) struct spec *spec = parse_target(s);
    if (spec)
        check_parts(&c, spec);
}
