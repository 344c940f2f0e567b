/* spec.data and spec.dataFrom. Each entry is read against the tables of what is understood; parsing
 * goes on after a problem, since one object has one problem and the first is told. */

#include "spec/spec_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/field_check.h"
#include "spec/spec_parse.h"

#define KEY_BYTES "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char *const kind_choices[] = {"SecretStore", "ClusterSecretStore"};
static const char *const decoding_choices[] = {"None", "Auto", "Base64", "Base64URL"};
static const char *const conversion_choices[] = {"Default", "Unicode"};
static const char *const metadata_choices[] = {"None", "Fetch"};
static const char *const null_byte_choices[] = {"Ignore", "Fail"};
static const char *const priority_choices[] = {"Strict", "IgnoreNotFound"};
static const char *const conflict_choices[] = {"Error", "Ignore"};
static const char *const strategy_choices[] = {"Extract", "JSON"};

static const struct field_rule store_ref_rules[] = {{"name", NULL}, {"kind", NULL}};
static const struct field_rule data_rules[] = {
    {"secretKey", NULL}, {"remoteRef", NULL}, {"sourceRef", NULL}};
static const struct field_rule source_rules[] = {
    {"extract", NULL}, {"find", NULL}, {"rewrite", NULL}, {"sourceRef", NULL}};
static const struct field_rule source_ref_rules[] = {{"storeRef", NULL}};
static const struct field_rule remote_rules[] = {
    {"key", NULL},
    {"property", NULL},
    {"version", NULL},
    {"decodingStrategy", NULL},
    {"conversionStrategy", NULL},
    {"metadataPolicy", NULL},
    {"nullBytePolicy", NULL},
};
static const struct field_rule find_rules[] = {
    {"path", NULL},
    {"name", NULL},
    {"tags", NULL},
    {"decodingStrategy", NULL},
    {"conversionStrategy", NULL},
    {"nullBytePolicy", NULL},
};
static const struct field_rule find_name_rules[] = {{"regexp", NULL}};
static const struct field_rule rewrite_rules[] = {
    {"regexp", NULL}, {"transform", NULL}, {"merge", NULL}};
static const struct field_rule regexp_rules[] = {{"source", NULL}, {"target", NULL}};
static const struct field_rule transform_rules[] = {{"template", NULL}};
static const struct field_rule merge_rules[] = {
    {"into", NULL},           {"priority", NULL}, {"priorityPolicy", NULL},
    {"conflictPolicy", NULL}, {"strategy", NULL},
};

#define CHOICE(map, at, name, choices, problem)                                                    \
    field_choice(map, at, name, choices, ARRAY_SIZE(choices), 0, problem)

size_t spec_list_size(const struct json *list, const char *at, size_t max, char **problem)
{
    size_t n = json_kind(list) == JSON_LIST ? json_count(list) : 0;
    if (json_kind(list) != JSON_LIST && json_kind(list) != JSON_NULL)
        field_problem(problem, xasprintf("%s must be a list", at));
    if (n <= max)
        return n;
    field_problem(problem, xasprintf("%s has more than %zu entries", at, max));
    return 0;
}

char *spec_parse_name(const struct json *map, const char *at, const char *name, char **problem)
{
    char *text = field_required(map, at, name, problem);
    if (text && !object_name_is_valid(text))
        field_problem(problem, xasprintf("%s.%s is no object name", at, name));
    return text;
}

char *spec_parse_key(const struct json *map, const char *at, const char *name, char **problem)
{
    char *text = field_required(map, at, name, problem);
    if (text && (strspn(text, KEY_BYTES) != strlen(text) || strlen(text) > SPEC_NAME_MAX))
        field_problem(problem, xasprintf("%s.%s is no key: want at most %d letters, digits, \"-\", "
                                         "\"_\" and \".\"",
                                         at, name, SPEC_NAME_MAX));
    return text;
}

enum store_kind spec_parse_store_kind(const struct json *ref, const char *at, char **problem)
{
    return (enum store_kind)CHOICE(ref, at, "kind", kind_choices, problem);
}

static void parse_store_ref(const struct json *ref, const char *at, struct store_ref *out,
                            char **problem)
{
    CHECK_FIELDS(ref, at, store_ref_rules, problem);
    out->kind = spec_parse_store_kind(ref, at, problem);
    out->name = spec_parse_name(ref, at, "name", problem);
}

/* The entry's own store, else the spec's. */
static void parse_store(const struct json *entry, const struct json *spec, const char *at,
                        struct store_ref *out, char **problem)
{
    const struct json *source = json_get(entry, "sourceRef");
    CLEANUP_STR char *source_at = xasprintf("%s.sourceRef", at);
    CHECK_FIELDS(source, source_at, source_ref_rules, problem);
    const struct json *own = json_get(source, "storeRef");
    if (json_kind(own) != JSON_NULL) {
        CLEANUP_STR char *store_at = xasprintf("%s.storeRef", source_at);
        parse_store_ref(own, store_at, out, problem);
        return;
    }
    if (json_kind(source) == JSON_MAP && json_count(source) == 0)
        field_problem(problem,
                      xasprintf("%s is empty: want one of storeRef and generatorRef", source_at));
    parse_store_ref(json_get(spec, "secretStoreRef"), "spec.secretStoreRef", out, problem);
}

enum spec_decoding spec_parse_decoding(const struct json *map, const char *at, const char *name,
                                       char **problem)
{
    return (enum spec_decoding)CHOICE(map, at, name, decoding_choices, problem);
}

/* What an extract, a find and a remoteRef have in common. */
static void parse_reading(const struct json *ref, const char *at, struct remote_ref *out,
                          char **problem)
{
    out->decoding = spec_parse_decoding(ref, at, "decodingStrategy", problem);
    out->conversion =
        (enum spec_conversion)CHOICE(ref, at, "conversionStrategy", conversion_choices, problem);
    out->refuses_null_bytes = CHOICE(ref, at, "nullBytePolicy", null_byte_choices, problem);
}

static void parse_remote(const struct json *remote, const char *at, struct remote_ref *out,
                         char **problem)
{
    CHECK_FIELDS(remote, at, remote_rules, problem);
    out->key = field_required(remote, at, "key", problem);
    if (out->key && strlen(out->key) > SPEC_REMOTE_KEY_MAX)
        field_problem(problem,
                      xasprintf("%s.key is longer than %d bytes", at, SPEC_REMOTE_KEY_MAX));
    out->property = field_optional(remote, at, "property", problem);
    out->version = field_optional(remote, at, "version", problem);
    out->wants_metadata = CHOICE(remote, at, "metadataPolicy", metadata_choices, problem);
    parse_reading(remote, at, out, problem);
}

/* A text that is a program of its own, of bounded size; absent is "". */
static char *parse_pattern(const struct json *map, const char *at, const char *name, char **problem)
{
    const struct json *m = json_get(map, name);
    const char *text = json_text(m);
    if (!text && json_kind(m) != JSON_NULL)
        field_problem(problem, xasprintf("%s.%s must be a text", at, name));
    if (!text || strlen(text) <= SPEC_PATTERN_MAX)
        return xstrdup(text ? text : "");
    field_problem(problem, xasprintf("%s.%s is longer than %d bytes", at, name, SPEC_PATTERN_MAX));
    return xstrdup("");
}

/* The same where absent would mean a program that nobody wrote. */
static char *parse_program(const struct json *map, const char *at, const char *name, char **problem)
{
    if (json_kind(json_get(map, name)) == JSON_NULL)
        field_problem(problem, xasprintf("%s.%s is missing", at, name));
    return parse_pattern(map, at, name, problem);
}

struct map *spec_parse_texts(const struct json *map, const char *at, char **problem)
{
    struct map *out = map_new(free);
    if (json_kind(map) != JSON_MAP && json_kind(map) != JSON_NULL)
        field_problem(problem, xasprintf("%s must be a map", at));
    for (const struct json *m = json_first(map); m; m = json_next(m)) {
        const char *text = json_text(m);
        if (text)
            map_set(out, json_name(m), xstrdup(text));
        else
            field_problem(problem, xasprintf("%s.%s must be a text", at, json_name(m)));
    }
    return out;
}

static void parse_find(const struct json *find, const char *at, struct spec_source *out,
                       char **problem)
{
    CLEANUP_STR char *name_at = xasprintf("%s.name", at);
    CLEANUP_STR char *tags_at = xasprintf("%s.tags", at);
    const struct json *name = json_get(find, "name");
    const struct json *tags = json_get(find, "tags");
    CHECK_FIELDS(find, at, find_rules, problem);
    CHECK_FIELDS(name, name_at, find_name_rules, problem);
    out->find.path = field_optional(find, at, "path", problem);
    if (json_kind(name) != JSON_NULL)
        out->find.name_regexp = parse_pattern(name, name_at, "regexp", problem);
    if (json_kind(tags) != JSON_NULL)
        out->find.tags = spec_parse_texts(tags, tags_at, problem);
    parse_reading(find, at, &out->remote, problem);
}

static void parse_priority(const struct json *list, const char *at, struct rewrite_merge *out,
                           char **problem)
{
    CLEANUP_STR char *list_at = xasprintf("%s.priority", at);
    size_t n = spec_list_size(list, list_at, SPEC_ITEMS_MAX, problem);
    out->priority = xcalloc(n + 1, sizeof(char *));
    const struct json *entry = json_first(list);
    for (; out->n_priority < n; entry = json_next(entry)) {
        const char *text = json_text(entry);
        if (!text)
            field_problem(problem, xasprintf("%s must be a list of texts", list_at));
        out->priority[out->n_priority++] = xstrdup(text ? text : "");
    }
}

static void parse_merge(const struct json *merge, const char *at, struct rewrite_merge *out,
                        char **problem)
{
    CHECK_FIELDS(merge, at, merge_rules, problem);
    out->into = parse_pattern(merge, at, "into", problem);
    if (strlen(out->into) > SPEC_NAME_MAX)
        field_problem(problem, xasprintf("%s.into is longer than %d bytes", at, SPEC_NAME_MAX));
    parse_priority(json_get(merge, "priority"), at, out, problem);
    out->ignores_missing = CHOICE(merge, at, "priorityPolicy", priority_choices, problem);
    out->ignores_conflicts = CHOICE(merge, at, "conflictPolicy", conflict_choices, problem);
    out->is_json = CHOICE(merge, at, "strategy", strategy_choices, problem);
    if (out->is_json && !*out->into)
        field_problem(problem, xasprintf("%s.into is missing: strategy JSON needs it", at));
}

static void parse_rewrite(const struct json *entry, const char *at, struct spec_rewrite *out,
                          char **problem)
{
    const struct json *regexp = json_get(entry, "regexp");
    const struct json *transform = json_get(entry, "transform");
    const struct json *merge = json_get(entry, "merge");
    CLEANUP_STR char *regexp_at = xasprintf("%s.regexp", at);
    CLEANUP_STR char *transform_at = xasprintf("%s.transform", at);
    CLEANUP_STR char *merge_at = xasprintf("%s.merge", at);
    CHECK_FIELDS(entry, at, rewrite_rules, problem);
    if ((json_kind(regexp) != JSON_NULL) + (json_kind(transform) != JSON_NULL) +
            (json_kind(merge) != JSON_NULL) !=
        1)
        field_problem(problem,
                      xasprintf("%s must have exactly one of regexp, transform and merge", at));
    if (json_kind(merge) != JSON_NULL) {
        out->kind = REWRITE_MERGE;
        parse_merge(merge, merge_at, &out->merge, problem);
    } else if (json_kind(transform) != JSON_NULL) {
        out->kind = REWRITE_TRANSFORM;
        CHECK_FIELDS(transform, transform_at, transform_rules, problem);
        out->template = parse_program(transform, transform_at, "template", problem);
    } else {
        CHECK_FIELDS(regexp, regexp_at, regexp_rules, problem);
        out->source = parse_program(regexp, regexp_at, "source", problem);
        out->target = parse_program(regexp, regexp_at, "target", problem);
    }
}

size_t spec_parse_rewrites(const struct json *list, const char *at, struct spec_rewrite **out,
                           char **problem)
{
    CLEANUP_STR char *list_at = xasprintf("%s.rewrite", at);
    size_t n = spec_list_size(list, list_at, SPEC_REWRITES_MAX, problem);
    *out = xcalloc(n + 1, sizeof(**out));
    const struct json *entry = json_first(list);
    for (size_t i = 0; i < n; i++, entry = json_next(entry)) {
        CLEANUP_STR char *entry_at = xasprintf("%s[%zu]", list_at, i);
        parse_rewrite(entry, entry_at, &(*out)[i], problem);
    }
    return n;
}

static void parse_source(const struct json *entry, const struct json *spec, const char *at,
                         struct spec_source *out, char **problem)
{
    const struct json *extract = json_get(entry, "extract");
    const struct json *find = json_get(entry, "find");
    CLEANUP_STR char *extract_at = xasprintf("%s.extract", at);
    CLEANUP_STR char *find_at = xasprintf("%s.find", at);
    bool has_extract = json_kind(extract) != JSON_NULL;
    bool has_find = json_kind(find) != JSON_NULL;
    out->kind = has_find ? SOURCE_FIND : has_extract ? SOURCE_EXTRACT : SOURCE_NOTHING;
    CHECK_FIELDS(entry, at, source_rules, problem);
    parse_store(entry, spec, at, &out->remote.store, problem);
    if (has_extract && has_find)
        field_problem(problem, xasprintf("%s must not have both extract and find", at));
    else if (!has_extract && !has_find &&
             json_kind(json_path(entry, "sourceRef.storeRef")) == JSON_NULL)
        field_problem(problem, xasprintf("%s needs one of extract and find", at));
    if (has_find)
        parse_find(find, find_at, out, problem);
    else if (has_extract)
        parse_remote(extract, extract_at, &out->remote, problem);
    out->n_rewrites = spec_parse_rewrites(json_get(entry, "rewrite"), at, &out->rewrites, problem);
}

void spec_parse_sources(struct spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "dataFrom");
    size_t n = spec_list_size(list, "spec.dataFrom", SPEC_ITEMS_MAX, &s->problem);
    s->sources = xcalloc(n + 1, sizeof(*s->sources));
    const struct json *entry = json_first(list);
    for (; s->n_sources < n; entry = json_next(entry)) {
        CLEANUP_STR char *at = xasprintf("spec.dataFrom[%zu]", s->n_sources);
        parse_source(entry, spec, at, &s->sources[s->n_sources++], &s->problem);
    }
}

/* Where nothing is skipped, a key that stands twice is a mistake; elsewhere it is how defaults are
 * written: the later one counts if it exists. */
static void check_twice(struct spec *s, size_t i)
{
    for (size_t j = 0; s->deletion == DELETION_RETAIN && s->data[i].secret_key && j < i; j++) {
        if (s->data[j].secret_key && strcmp(s->data[i].secret_key, s->data[j].secret_key) == 0)
            field_problem(&s->problem, xasprintf("spec.data[%zu].secretKey stands twice: %s", i,
                                                 s->data[i].secret_key));
    }
}

void spec_parse_data(struct spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "data");
    size_t n = spec_list_size(list, "spec.data", SPEC_ITEMS_MAX, &s->problem);
    s->data = xcalloc(n + 1, sizeof(*s->data));
    const struct json *entry = json_first(list);
    for (; s->n_data < n; entry = json_next(entry)) {
        CLEANUP_STR char *at = xasprintf("spec.data[%zu]", s->n_data);
        CLEANUP_STR char *remote_at = xasprintf("%s.remoteRef", at);
        struct spec_data *d = &s->data[s->n_data++];
        CHECK_FIELDS(entry, at, data_rules, &s->problem);
        d->secret_key = spec_parse_key(entry, at, "secretKey", &s->problem);
        parse_remote(json_get(entry, "remoteRef"), remote_at, &d->remote, &s->problem);
        parse_store(entry, spec, at, &d->remote.store, &s->problem);
        check_twice(s, s->n_data - 1);
    }
}

static void remote_done(struct remote_ref *r)
{
    free(r->key);
    free(r->property);
    free(r->version);
    free(r->store.name);
}

static void rewrite_done(struct spec_rewrite *r)
{
    free(r->source);
    free(r->target);
    free(r->template);
    free(r->merge.into);
    for (size_t i = 0; i < r->merge.n_priority; i++)
        free(r->merge.priority[i]);
    free(r->merge.priority);
}

void spec_rewrites_free(struct spec_rewrite *rewrites, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rewrite_done(&rewrites[i]);
    free(rewrites);
}

void spec_sources_done(struct spec *s)
{
    for (size_t i = 0; i < s->n_data; i++) {
        free(s->data[i].secret_key);
        remote_done(&s->data[i].remote);
    }
    for (size_t i = 0; i < s->n_sources; i++) {
        struct spec_source *source = &s->sources[i];
        remote_done(&source->remote);
        free(source->find.path);
        free(source->find.name_regexp);
        map_free(source->find.tags);
        spec_rewrites_free(source->rewrites, source->n_rewrites);
    }
    free(s->data);
    free(s->sources);
}
