/* spec.target.template. Templates are texts here; whether they are templates is found out where
 * they are rendered. Two types of Secret are refused: the API server fills a token of any
 * ServiceAccount into the first, and the second lets machines join the cluster. */

#include "spec/spec_template.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "spec/spec_parse.h"

#define AT "spec.target.template"

static const char *const merge_choices[] = {"Replace", "Merge"};
static const char *const as_choices[] = {"Values", "KeysAndValues"};
static const char *const refused_types[] = {"kubernetes.io/service-account-token",
                                            "bootstrap.kubernetes.io/token"};

static const struct field_rule template_rules[] = {
    {"type", NULL},     {"engineVersion", "v2"}, {"mergePolicy", NULL},
    {"metadata", NULL}, {"data", NULL},          {"templateFrom", NULL},
};
static const struct field_rule metadata_rules[] = {
    {"labels", NULL}, {"annotations", NULL}, {"finalizers", NULL}};
static const struct field_rule from_rules[] = {
    {"configMap", NULL},
    {"secret", NULL},
    {"literal", NULL},
    {"target", NULL},
    {"valuesDecodingStrategy", NULL},
};
static const struct field_rule object_rules[] = {{"name", NULL}, {"items", NULL}};
static const struct field_rule item_rules[] = {{"key", NULL}, {"templateAs", NULL}};

bool spec_type_is_refused(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused_types); i++) {
        if (strcmp(type, refused_types[i]) == 0)
            return true;
    }
    return false;
}

static void parse_type(const struct json *tmpl, struct spec_template *out, char **problem)
{
    out->type = field_optional(tmpl, AT, "type", problem);
    if (out->type && spec_type_is_refused(out->type))
        field_problem(problem, xasprintf(AT ".type %s is refused: such a Secret gives rights that "
                                            "no store gave",
                                         out->type));
}

/* Templates are bounded here, so that every later stage knows how much it may meet. */
static struct map *parse_templates(const struct json *map, const char *at, char **problem)
{
    struct map *out = spec_parse_texts(map, at, problem);
    for (size_t i = 0; i < out->n; i++) {
        if (strlen(out->entries[i].value) > SPEC_TEMPLATE_MAX)
            field_problem(problem, xasprintf("%s.%s is longer than %u bytes", at,
                                             out->entries[i].key, SPEC_TEMPLATE_MAX));
    }
    return out;
}

static void parse_metadata(const struct json *meta, struct spec_template *out, char **problem)
{
    const struct json *list = json_get(meta, "finalizers");
    CHECK_FIELDS(meta, AT ".metadata", metadata_rules, problem);
    out->labels = parse_templates(json_get(meta, "labels"), AT ".metadata.labels", problem);
    out->annotations =
        parse_templates(json_get(meta, "annotations"), AT ".metadata.annotations", problem);
    size_t n = spec_list_size(list, AT ".metadata.finalizers", SPEC_FROM_MAX, problem);
    out->finalizers = xcalloc(n + 1, sizeof(char *));
    for (const struct json *f = json_first(list); out->n_finalizers < n; f = json_next(f)) {
        const char *text = json_text(f);
        if (!text || !*text)
            field_problem(problem, xstrdup(AT ".metadata.finalizers must be a list of texts"));
        out->finalizers[out->n_finalizers++] = xstrdup(text ? text : "");
    }
}

static void parse_items(const struct json *list, const char *at, struct template_from *out,
                        char **problem)
{
    CLEANUP_STR char *list_at = xasprintf("%s.items", at);
    size_t n = spec_list_size(list, list_at, SPEC_FROM_MAX, problem);
    if (n == 0)
        field_problem(problem, xasprintf("%s is missing", list_at));
    out->items = xcalloc(n + 1, sizeof(*out->items));
    for (const struct json *item = json_first(list); out->n_items < n; item = json_next(item)) {
        CLEANUP_STR char *item_at = xasprintf("%s[%zu]", list_at, out->n_items);
        struct from_item *to = &out->items[out->n_items++];
        CHECK_FIELDS(item, item_at, item_rules, problem);
        to->key = spec_parse_key(item, item_at, "key", problem);
        to->is_keys_and_values = field_choice(item, item_at, "templateAs", as_choices,
                                              ARRAY_SIZE(as_choices), 0, problem);
    }
}

/* A path into a target that is no Secret. What names the object is not for templates to say. */
static void parse_field(char *target, const char *at, struct template_from *out, char **problem)
{
    static const char *const kept[] = {"apiVersion", "kind", "metadata"};
    out->target = TARGET_FIELD;
    out->field = target;
    if (strlen(target) > SPEC_TARGET_MAX) {
        field_problem(problem, xasprintf("%s.target is longer than %d bytes", at, SPEC_TARGET_MAX));
        return;
    }
    CLEANUP(err) struct err *e = field_path_parse(target, &out->path);
    if (e)
        field_problem(problem, xasprintf("%s.target is no path: %s", at, err_text(e)));
    for (size_t i = 0; !e && i < ARRAY_SIZE(kept); i++) {
        if (strcmp(out->path->steps[0].name, kept[i]) == 0)
            field_problem(problem, xasprintf("%s.target cannot be in %s: spec.target and "
                                             "spec.target.template.metadata say that",
                                             at, kept[i]));
    }
}

/* The words are read whatever their case, as External Secrets does. */
static void parse_target(const struct json *entry, const char *at, bool is_generic,
                         struct template_from *out, char **problem)
{
    static const char *const words[] = {
        [TARGET_DATA] = "Data", [TARGET_LABELS] = "Labels", [TARGET_ANNOTATIONS] = "Annotations"};
    CLEANUP_STR char *target = field_optional(entry, at, "target", problem);
    if (!target)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcasecmp(words[i], target) == 0) {
            out->target = (enum from_target)i;
            return;
        }
    }
    if (!is_generic) {
        field_problem(problem, xasprintf("%s.target must be Data, Labels or Annotations, unless "
                                         "spec.target.manifest is there",
                                         at));
        return;
    }
    parse_field(TAKE(target), at, out, problem);
}

/* One source of entry; all of an entry share its target and strategy. */
static struct template_from *add_from(struct spec_template *t, const struct json *entry,
                                      const char *at, size_t index, bool is_generic, char **problem)
{
    struct template_from *f = &t->from[t->n_from++];
    f->index = index;
    parse_target(entry, at, is_generic, f, problem);
    f->decoding = spec_parse_decoding(entry, at, "valuesDecodingStrategy", problem);
    return f;
}

static void parse_object(const struct json *object, const char *at, const char *member,
                         struct template_from *out, char **problem)
{
    CLEANUP_STR char *object_at = xasprintf("%s.%s", at, member);
    CHECK_FIELDS(object, object_at, object_rules, problem);
    out->name = spec_parse_name(object, object_at, "name", problem);
    parse_items(json_get(object, "items"), object_at, out, problem);
}

static void parse_literal(const struct json *literal, const char *at, struct template_from *out,
                          char **problem)
{
    const char *text = json_text(literal);
    if (!text)
        field_problem(problem, xasprintf("%s.literal must be a text", at));
    else if (strlen(text) > SPEC_TEMPLATE_MAX)
        field_problem(problem,
                      xasprintf("%s.literal is longer than %u bytes", at, SPEC_TEMPLATE_MAX));
    out->kind = FROM_LITERAL;
    out->literal = xstrdup(text ? text : "");
}

static void parse_entry(const struct json *entry, size_t index, bool is_generic,
                        struct spec_template *out, char **problem)
{
    CLEANUP_STR char *at = xasprintf(AT ".templateFrom[%zu]", index);
    static const struct {
        const char *member;
        enum from_kind kind;
    } objects[] = {{"configMap", FROM_CONFIG_MAP}, {"secret", FROM_SECRET}};
    size_t before = out->n_from;
    CHECK_FIELDS(entry, at, from_rules, problem);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
        const struct json *object = json_get(entry, objects[i].member);
        if (json_kind(object) == JSON_NULL)
            continue;
        struct template_from *f = add_from(out, entry, at, index, is_generic, problem);
        f->kind = objects[i].kind;
        parse_object(object, at, objects[i].member, f, problem);
    }
    const struct json *literal = json_get(entry, "literal");
    if (json_kind(literal) != JSON_NULL)
        parse_literal(literal, at, add_from(out, entry, at, index, is_generic, problem), problem);
    if (out->n_from == before)
        field_problem(problem, xasprintf("%s needs one of configMap, secret and literal", at));
}

struct spec_template *spec_template_parse(const struct json *tmpl, bool is_generic, char **problem)
{
    struct spec_template *t = xcalloc(1, sizeof(*t));
    const struct json *list = json_get(tmpl, "templateFrom");
    CHECK_FIELDS(tmpl, AT, template_rules, problem);
    parse_type(tmpl, t, problem);
    t->is_merge =
        field_choice(tmpl, AT, "mergePolicy", merge_choices, ARRAY_SIZE(merge_choices), 0, problem);
    parse_metadata(json_get(tmpl, "metadata"), t, problem);
    t->data = parse_templates(json_get(tmpl, "data"), AT ".data", problem);
    size_t n = spec_list_size(list, AT ".templateFrom", SPEC_FROM_MAX, problem);
    t->from = xcalloc(3 * n + 1, sizeof(*t->from));
    const struct json *entry = json_first(list);
    for (size_t i = 0; i < n; i++, entry = json_next(entry))
        parse_entry(entry, i, is_generic, t, problem);
    return t;
}

static void from_done(struct template_from *f)
{
    free(f->name);
    free(f->literal);
    free(f->field);
    field_path_free(f->path);
    for (size_t i = 0; i < f->n_items; i++)
        free(f->items[i].key);
    free(f->items);
}

void spec_template_free(struct spec_template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_from; i++)
        from_done(&t->from[i]);
    for (size_t i = 0; i < t->n_finalizers; i++)
        free(t->finalizers[i]);
    free(t->finalizers);
    free(t->from);
    free(t->type);
    map_free(t->labels);
    map_free(t->annotations);
    map_free(t->data);
    free(t);
}

size_t spec_template_texts(const struct spec_template *t)
{
    size_t n = 0;
    for (size_t i = 0; t && i < t->n_from; i++)
        n += t->from[i].n_items;
    return n;
}
