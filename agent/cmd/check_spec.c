/* An ExternalSecret beyond its own fields: expressions and templates are compiled, as they are when
 * it is rendered, and what it names is looked up among the objects at hand. What is not among them
 * may well be in the cluster, so that is no problem. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "base/secret_buf.h"
#include "cmd/check_file.h"
#include "template/template.h"

#define TEMPLATE_AT "spec.target.template"

/* One check: what all functions here need. */
struct check {
    const struct check_input *in;
    const struct check_file_options *options;
    struct check_object *o;
    const struct spec *spec;
};

static struct secret_view view_of(const char *text)
{
    return secret_view_of(text, strlen(text));
}

static void check_regex(const struct check *c, const char *at, const char *pattern)
{
    CLEANUP(regex) struct regex *r = NULL;
    CLEANUP(err) struct err *e = regex_new(view_of(pattern), &r);
    if (e)
        check_object_problem(c->o, "%s: %s", at, err_text(e));
}

/* name is what messages of the renderer call it, too. */
static void check_template(const struct check *c, const char *at, const char *name,
                           const char *text, const struct template_options *options)
{
    CLEANUP(template) struct template *t = NULL;
    CLEANUP(err) struct err *e = template_parse(name, view_of(text), options, &t);
    if (e)
        check_object_problem(c->o, "%s: %s", at, err_text(e));
    else if (c->options->is_pure && template_is_volatile(t))
        check_object_problem(c->o,
                             "%s: calls functions that are random or read the clock, which "
                             "--pure-templates switches off",
                             at);
}

/* A target's template; those of rewrites have delimiters of their own. */
static void check_shape(const struct check *c, const char *at, const char *name, const char *text)
{
    const struct template_options options = {
        .left = c->options->left, .right = c->options->right, .missing_key_is_error = true};
    check_template(c, at, name, text, &options);
}

static void check_rewrite(const struct check *c, const char *source_at, size_t i,
                          const struct spec_rewrite *r)
{
    CLEANUP_STR char *at = xasprintf("%s.rewrite[%zu]", source_at, i);
    CLEANUP_STR char *regexp_at = xasprintf("%s.regexp.source", at);
    CLEANUP_STR char *transform_at = xasprintf("%s.transform.template", at);
    if (r->kind == REWRITE_REGEXP)
        check_regex(c, regexp_at, r->source);
    else if (r->kind == REWRITE_TRANSFORM)
        check_template(c, transform_at, "transform", r->template, NULL);
}

static void check_source(const struct check *c, size_t i)
{
    const struct spec_source *source = &c->spec->sources[i];
    CLEANUP_STR char *at = xasprintf("spec.dataFrom[%zu]", i);
    CLEANUP_STR char *name_at = xasprintf("%s.find.name.regexp", at);
    if (source->find.name_regexp)
        check_regex(c, name_at, source->find.name_regexp);
    for (size_t j = 0; j < source->n_rewrites; j++)
        check_rewrite(c, at, j, &source->rewrites[j]);
}

static void check_shapes(const struct check *c, const char *at, const struct map *templates)
{
    for (size_t i = 0; i < templates->n; i++) {
        const struct map_entry *t = &templates->entries[i];
        CLEANUP_STR char *entry_at = xasprintf("%s.%s", at, t->key);
        check_shape(c, entry_at, t->key, t->value);
    }
}

/* Text of a ConfigMap; of a Secret just whether it has the key, for what it holds is a value. */
static void check_item(const struct check *c, const char *at, const struct template_from *from,
                       const struct from_item *item, const struct check_object *object)
{
    bool is_secret = from->kind == FROM_SECRET;
    const char *second = is_secret ? "stringData" : "binaryData";
    const struct json *text = json_get(json_get(object->json, "data"), item->key);
    if (!text && !json_get(json_get(object->json, second), item->key))
        check_object_problem(c->o, "%s: %s \"%s\" (%s) has no key \"%s\"", at,
                             check_object_kind(object), check_object_name(object), object->where,
                             item->key);
    else if (!is_secret && json_text(text))
        check_shape(c, at, item->key, json_text(text));
}

static void check_from(const struct check *c, const struct template_from *from)
{
    static const char *const members[] = {
        [FROM_CONFIG_MAP] = "configMap", [FROM_SECRET] = "secret", [FROM_LITERAL] = "literal"};
    CLEANUP_STR char *at =
        xasprintf(TEMPLATE_AT ".templateFrom[%zu].%s", from->index, members[from->kind]);
    if (from->kind == FROM_LITERAL) {
        check_shape(c, at, at + sizeof(TEMPLATE_AT), from->literal);
        return;
    }
    const char *kind = from->kind == FROM_SECRET ? "Secret" : "ConfigMap";
    const struct check_object *object =
        from->name ? check_input_find(c->in, kind, c->spec->meta.ns, from->name) : NULL;
    for (size_t i = 0; object && i < from->n_items; i++)
        if (from->items[i].key)
            check_item(c, at, from, &from->items[i], object);
}

static void check_templates(const struct check *c)
{
    const struct spec_template *t = c->spec->tmpl;
    if (!t)
        return;
    for (size_t i = 0; i < t->n_from; i++)
        check_from(c, &t->from[i]);
    check_shapes(c, TEMPLATE_AT ".data", t->data);
    check_shapes(c, TEMPLATE_AT ".metadata.labels", t->labels);
    check_shapes(c, TEMPLATE_AT ".metadata.annotations", t->annotations);
}

static void check_found_store(const struct check *c, const char *at,
                              const struct check_object *object)
{
    const struct store_conditions *conditions = &object->manifest.store->conditions;
    const char *kind = check_object_kind(object);
    const char *name = check_object_name(object);
    if (object->n_problems > 0)
        check_object_problem(c->o, "%s: %s \"%s\" (%s) has problems of its own", at, kind, name,
                             object->where);
    else if (!store_conditions_allow_name(conditions, c->spec->meta.ns) &&
             !store_conditions_need_labels(conditions))
        check_object_problem(c->o,
                             "%s: %s \"%s\" (%s) is not for namespace %s, see its spec.conditions",
                             at, kind, name, object->where, c->spec->meta.ns);
}

/* A store of these files that may be meant where the one that is named is not there. */
static void check_absent_store(const struct check *c, const char *at, const struct store_ref *ref)
{
    bool is_cluster = ref->kind == STORE_CLUSTER;
    const char *other = store_kind_name(is_cluster ? STORE_NAMESPACED : STORE_CLUSTER);
    const struct check_object *object =
        check_input_find(c->in, other, is_cluster ? c->spec->meta.ns : "", ref->name);
    if (object)
        check_object_note(
            c->o,
            "%s: no %s \"%s\" is among these files, but a %s is (%s): is another kind "
            "meant?",
            at, store_kind_name(ref->kind), ref->name, other, object->where);
}

/* Each store is told of once, at the first entry that names it. */
static void check_ref(const struct check *c, const char *at, const struct store_ref *ref,
                      struct map *seen)
{
    if (!ref->name)
        return;
    const char *kind = store_kind_name(ref->kind);
    CLEANUP_STR char *key = xasprintf("%s/%s", kind, ref->name);
    if (map_get(seen, key))
        return;
    map_set(seen, key, c->o);
    const char *ns = ref->kind == STORE_CLUSTER ? "" : c->spec->meta.ns;
    const struct check_object *object = check_input_find(c->in, kind, ns, ref->name);
    if (!object)
        check_absent_store(c, at, ref);
    else if (object->manifest.store)
        check_found_store(c, at, object);
}

static void check_stores(const struct check *c)
{
    CLEANUP(map) struct map *seen = map_new(NULL);
    for (size_t i = 0; i < c->spec->n_data; i++) {
        CLEANUP_STR char *at = xasprintf("store of spec.data[%zu]", i);
        check_ref(c, at, &c->spec->data[i].remote.store, seen);
    }
    for (size_t i = 0; i < c->spec->n_sources; i++) {
        CLEANUP_STR char *at = xasprintf("store of spec.dataFrom[%zu]", i);
        check_ref(c, at, &c->spec->sources[i].remote.store, seen);
    }
}

/* Of two that want to own one Secret, the cluster lets only one. */
static void check_target(const struct check *c)
{
    for (size_t i = 0; i < c->in->n && &c->in->objects[i] != c->o; i++) {
        const struct spec *other = c->in->objects[i].manifest.spec;
        if (other && other->creation == CREATION_OWNER && c->spec->creation == CREATION_OWNER &&
            strcmp(other->meta.ns, c->spec->meta.ns) == 0 &&
            strcmp(other->meta.name, c->spec->meta.name) != 0 &&
            strcmp(other->target_name, c->spec->target_name) == 0)
            check_object_problem(c->o,
                                 "spec.target.name: ExternalSecret \"%s\" (%s) owns Secret \"%s\"",
                                 other->meta.name, c->in->objects[i].where, other->target_name);
    }
}

void check_spec(struct check_input *in, const struct check_file_options *options,
                struct check_object *o)
{
    const struct check c = {in, options, o, o->manifest.spec};
    if (check_object_is_unread(o))
        return;
    if (c.spec->problem)
        check_object_problem(o, "%s", c.spec->problem);
    if (json_kind(json_path(o->json, "spec.refreshInterval")) == JSON_NUMBER)
        check_object_problem(
            o, "spec.refreshInterval must be a text such as 1h: the API server takes no "
               "number");
    for (size_t i = 0; i < c.spec->n_sources; i++)
        check_source(&c, i);
    check_templates(&c);
    check_stores(&c);
    check_target(&c);
}
