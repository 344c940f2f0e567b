/* Expressions and templates are compiled as they are when things are rendered, and what is named is
 * looked up among the objects at hand. What is not among them may well be in the cluster, so that
 * is no problem. */

#include "cmd/check_part.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "base/secret_buf.h"
#include "template/template.h"

static struct secret_view view_of(const char *text)
{
    return secret_view_of(text, strlen(text));
}

/* A problem at its place. */
PRINTF_LIKE(3, 4)
static void tell(const struct check_part *c, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *text = xvasprintf(format, args);
    va_end(args);
    check_object_problem(c->o, "%s%s: %s", c->prefix, at, text);
}

void check_part_regex(const struct check_part *c, const char *at, const char *pattern)
{
    CLEANUP(regex) struct regex *r = NULL;
    CLEANUP(err) struct err *e = regex_new(view_of(pattern), &r);
    if (e)
        tell(c, at, "%s", err_text(e));
}

/* name is what messages of the renderer call it, too. */
static void check_template(const struct check_part *c, const char *at, const char *name,
                           const char *text, const struct template_options *options)
{
    CLEANUP(template) struct template *t = NULL;
    CLEANUP(err) struct err *e = template_parse(name, view_of(text), options, &t);
    if (e)
        tell(c, at, "%s", err_text(e));
    else if (c->options->is_pure && template_is_volatile(t))
        tell(c, at,
             "calls functions that are random or read the clock, which --pure-templates switches "
             "off");
}

/* A target's template; those of rewrites have delimiters of their own. */
static void check_shape(const struct check_part *c, const char *at, const char *name,
                        const char *text)
{
    const struct template_options options = {
        .left = c->options->left, .right = c->options->right, .missing_key_is_error = true};
    check_template(c, at, name, text, &options);
}

static void check_rewrite(const struct check_part *c, const char *source_at, size_t i,
                          const struct spec_rewrite *r)
{
    CLEANUP_STR char *at = xasprintf("%s.rewrite[%zu]", source_at, i);
    CLEANUP_STR char *regexp_at = xasprintf("%s.regexp.source", at);
    CLEANUP_STR char *transform_at = xasprintf("%s.transform.template", at);
    if (r->kind == REWRITE_REGEXP)
        check_part_regex(c, regexp_at, r->source);
    else if (r->kind == REWRITE_TRANSFORM)
        check_template(c, transform_at, "transform", r->template, NULL);
}

void check_part_rewrites(const struct check_part *c, const char *at,
                         const struct spec_rewrite *rewrites, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_rewrite(c, at, i, &rewrites[i]);
}

static void check_shapes(const struct check_part *c, const char *at, const char *member,
                         const struct map *templates)
{
    for (size_t i = 0; i < templates->n; i++) {
        const struct map_entry *t = &templates->entries[i];
        CLEANUP_STR char *entry_at = xasprintf("%s.%s.%s", at, member, t->key);
        check_shape(c, entry_at, t->key, t->value);
    }
}

/* Text of a ConfigMap; of a Secret just whether it has the key, for what it holds is a value. */
static void check_item(const struct check_part *c, const char *at, const struct template_from *from,
                       const struct from_item *item, const struct check_object *object)
{
    bool is_secret = from->kind == FROM_SECRET;
    const char *second = is_secret ? "stringData" : "binaryData";
    const struct json *text = json_get(json_get(object->json, "data"), item->key);
    if (!text && !json_get(json_get(object->json, second), item->key))
        tell(c, at, "%s \"%s\" (%s) has no key \"%s\"", check_object_kind(object),
             check_object_name(object), object->where, item->key);
    else if (!is_secret && json_text(text))
        check_shape(c, at, item->key, json_text(text));
}

static void check_from(const struct check_part *c, const char *template_at,
                       const struct template_from *from)
{
    static const char *const members[] = {
        [FROM_CONFIG_MAP] = "configMap", [FROM_SECRET] = "secret", [FROM_LITERAL] = "literal"};
    CLEANUP_STR char *name = xasprintf("templateFrom[%zu].%s", from->index, members[from->kind]);
    CLEANUP_STR char *at = xasprintf("%s.%s", template_at, name);
    if (from->kind == FROM_LITERAL) {
        check_shape(c, at, name, from->literal);
        return;
    }
    const char *kind = from->kind == FROM_SECRET ? "Secret" : "ConfigMap";
    const struct check_object *object =
        from->name ? check_input_find(c->in, kind, c->ns, from->name) : NULL;
    for (size_t i = 0; object && i < from->n_items; i++)
        if (from->items[i].key)
            check_item(c, at, from, &from->items[i], object);
}

void check_part_template(const struct check_part *c, const char *at, const struct spec_template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_from; i++)
        check_from(c, at, &t->from[i]);
    check_shapes(c, at, "data", t->data);
    check_shapes(c, at, "metadata.labels", t->labels);
    check_shapes(c, at, "metadata.annotations", t->annotations);
}

static void check_found_store(const struct check_part *c, const char *at,
                              const struct check_object *object)
{
    const struct store_conditions *conditions = &object->manifest.store->conditions;
    const char *kind = check_object_kind(object);
    const char *name = check_object_name(object);
    if (object->n_problems > 0)
        tell(c, at, "%s \"%s\" (%s) has problems of its own", kind, name, object->where);
    else if (*c->ns && !store_conditions_allow_name(conditions, c->ns) &&
             !store_conditions_need_labels(conditions))
        tell(c, at, "%s \"%s\" (%s) is not for namespace %s, see its spec.conditions", kind, name,
             object->where, c->ns);
}

/* A store of these files that may be meant where the one that is named is not there. */
static void check_absent_store(const struct check_part *c, const char *at, enum store_kind kind,
                               const char *name)
{
    bool is_cluster = kind == STORE_CLUSTER;
    const char *other = store_kind_name(is_cluster ? STORE_NAMESPACED : STORE_CLUSTER);
    const struct check_object *object =
        check_input_find(c->in, other, is_cluster ? c->ns : "", name);
    if (object)
        check_object_note(c->o,
                          "%s%s: no %s \"%s\" is among these files, but a %s is (%s): is another "
                          "kind meant?",
                          c->prefix, at, store_kind_name(kind), name, other, object->where);
}

void check_part_store(const struct check_part *c, const char *at, enum store_kind kind,
                      const char *name, struct map *seen)
{
    if (!name)
        return;
    CLEANUP_STR char *store_at = xasprintf("store of %s", at);
    CLEANUP_STR char *key = xasprintf("%s/%s", store_kind_name(kind), name);
    if (map_get(seen, key))
        return;
    map_set(seen, key, c->o);
    const struct check_object *object =
        check_input_find(c->in, store_kind_name(kind), kind == STORE_CLUSTER ? "" : c->ns, name);
    if (!object)
        check_absent_store(c, store_at, kind, name);
    else if (object->manifest.store)
        check_found_store(c, store_at, object);
}
