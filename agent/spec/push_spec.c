/* PushSecret to push_spec, by the same tables as an ExternalSecret. Entries are read from the spec
 * and from the status alike: what was pushed is removed by what the status says of it. */

#include "spec/push_spec.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/spec_parse.h"
#include "spec/spec_status.h"

struct push_owned {
    struct push_spec spec;
    atomic_uint refs;
};

static const char *const update_choices[] = {"Replace", "IfNotExists"};
static const char *const deletion_choices[] = {"None", "Delete"};
static const char *const conversion_choices[] = {"None", "ReverseUnicode"};

static const struct field_rule spec_rules[] = {
    {"refreshInterval", NULL}, {"secretStoreRefs", NULL}, {"updatePolicy", NULL},
    {"deletionPolicy", NULL},  {"selector", NULL},        {"data", NULL},
    {"dataTo", NULL},          {"template", NULL},
};
static const struct field_rule store_rules[] = {
    {"name", NULL}, {"kind", NULL}, {"labelSelector", NULL}};
static const struct field_rule selector_rules[] = {{"secret", NULL}};
static const struct field_rule secret_rules[] = {{"name", NULL}, {"selector", NULL}};
static const struct field_rule entry_rules[] = {
    {"match", NULL}, {"metadata", NULL}, {"conversionStrategy", NULL}};
static const struct field_rule match_rules[] = {{"secretKey", NULL}, {"remoteRef", NULL}};
static const struct field_rule remote_rules[] = {{"remoteKey", NULL}, {"property", NULL}};
static const struct field_rule bulk_rules[] = {
    {"storeRef", NULL}, {"remoteKey", NULL}, {"match", NULL},
    {"rewrite", NULL},  {"metadata", NULL},  {"conversionStrategy", NULL},
};
static const struct field_rule bulk_match_rules[] = {{"regexp", NULL}};

#define CHOICE(map, at, name, choices, problem)                                                    \
    field_choice(map, at, name, choices, ARRAY_SIZE(choices), 0, problem)

static bool is_there(const struct json *j)
{
    return json_kind(j) != JSON_NULL;
}

static struct json *copy_metadata(const struct json *entry)
{
    const struct json *metadata = json_get(entry, "metadata");
    return is_there(metadata) ? json_copy(metadata) : NULL;
}

/* Labels go before a name, as in External Secrets. */
static void parse_store(const struct json *ref, const char *at, struct push_store_ref *out,
                        char **problem)
{
    const struct json *labels = json_get(ref, "labelSelector");
    CLEANUP_STR char *labels_at = xasprintf("%s.labelSelector", at);
    CHECK_FIELDS(ref, at, store_rules, problem);
    out->kind = spec_parse_store_kind(ref, at, problem);
    if (is_there(labels))
        out->labels = label_selector_parse(labels, labels_at, problem);
    else
        out->name = field_optional(ref, at, "name", problem);
    if (!out->labels && !out->name)
        field_problem(problem, xasprintf("%s needs one of name and labelSelector", at));
}

static void parse_stores(struct push_spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "secretStoreRefs");
    size_t n = spec_list_size(list, "spec.secretStoreRefs", PUSH_SPEC_STORES_MAX, &s->problem);
    if (n == 0)
        field_problem(&s->problem, xstrdup("spec.secretStoreRefs is empty"));
    s->stores = xcalloc(n + 1, sizeof(*s->stores));
    for (const struct json *ref = json_first(list); s->n_stores < n; ref = json_next(ref)) {
        CLEANUP_STR char *at = xasprintf("spec.secretStoreRefs[%zu]", s->n_stores);
        parse_store(ref, at, &s->stores[s->n_stores++], &s->problem);
    }
}

static void parse_selector(struct push_spec *s, const struct json *spec)
{
    const struct json *selector = json_get(spec, "selector");
    const struct json *secret = json_get(selector, "secret");
    const struct json *labels = json_get(secret, "selector");
    CHECK_FIELDS(selector, "spec.selector", selector_rules, &s->problem);
    CHECK_FIELDS(secret, "spec.selector.secret", secret_rules, &s->problem);
    s->secret_name = field_optional(secret, "spec.selector.secret", "name", &s->problem);
    if (!s->secret_name && is_there(labels))
        s->secret_labels =
            label_selector_parse(labels, "spec.selector.secret.selector", &s->problem);
    if (!s->secret_name && !s->secret_labels)
        field_problem(&s->problem, xstrdup("spec.selector.secret needs one of name and selector"));
}

void push_entry_parse(const struct json *j, const char *at, struct push_entry *out, char **problem)
{
    const struct json *match = json_get(j, "match");
    const struct json *remote = json_get(match, "remoteRef");
    CLEANUP_STR char *match_at = xasprintf("%s.match", at);
    CLEANUP_STR char *remote_at = xasprintf("%s.remoteRef", match_at);
    CHECK_FIELDS(j, at, entry_rules, problem);
    CHECK_FIELDS(match, match_at, match_rules, problem);
    CHECK_FIELDS(remote, remote_at, remote_rules, problem);
    out->secret_key = field_optional(match, match_at, "secretKey", problem);
    out->remote_key = field_required(remote, remote_at, "remoteKey", problem);
    if (out->remote_key && strlen(out->remote_key) > SPEC_REMOTE_KEY_MAX)
        field_problem(problem, xasprintf("%s.remoteKey is longer than %d bytes", remote_at,
                                         SPEC_REMOTE_KEY_MAX));
    out->property = field_optional(remote, remote_at, "property", problem);
    out->is_reversed = CHOICE(j, at, "conversionStrategy", conversion_choices, problem);
    out->metadata = copy_metadata(j);
}

static void parse_entries(struct push_spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "data");
    size_t n = spec_list_size(list, "spec.data", SPEC_ITEMS_MAX, &s->problem);
    s->entries = xcalloc(n + 1, sizeof(*s->entries));
    for (const struct json *j = json_first(list); s->n_entries < n; j = json_next(j)) {
        CLEANUP_STR char *at = xasprintf("spec.data[%zu]", s->n_entries);
        push_entry_parse(j, at, &s->entries[s->n_entries++], &s->problem);
    }
}

/* A named store must be one of spec.secretStoreRefs. */
static void check_is_listed(const struct push_spec *s, const struct push_store_ref *ref,
                            const char *at, char **problem)
{
    for (size_t i = 0; i < s->n_stores; i++) {
        if (s->stores[i].name && s->stores[i].kind == ref->kind &&
            strcmp(s->stores[i].name, ref->name) == 0)
            return;
    }
    field_problem(problem, xasprintf("%s \"%s\" is not in spec.secretStoreRefs", at, ref->name));
}

/* Here a name goes before labels, as in External Secrets. */
static void parse_bulk_store(const struct push_spec *s, const struct json *bulk, const char *at,
                             struct push_store_ref *out, char **problem)
{
    const struct json *ref = json_get(bulk, "storeRef");
    CLEANUP_STR char *ref_at = xasprintf("%s.storeRef", at);
    if (!is_there(ref))
        field_problem(problem, xasprintf("%s is missing", ref_at));
    parse_store(ref, ref_at, out, problem);
    if (out->labels && json_path_text(ref, "name"))
        out->name = field_optional(ref, ref_at, "name", problem);
    if (out->name)
        check_is_listed(s, out, ref_at, problem);
}

static char *parse_match(const struct json *bulk, const char *at, char **problem)
{
    const struct json *match = json_get(bulk, "match");
    CLEANUP_STR char *match_at = xasprintf("%s.match", at);
    CHECK_FIELDS(match, match_at, bulk_match_rules, problem);
    char *regexp = field_optional(match, match_at, "regexp", problem);
    if (regexp && strlen(regexp) > SPEC_PATTERN_MAX)
        field_problem(problem,
                      xasprintf("%s.regexp is longer than %d bytes", match_at, SPEC_PATTERN_MAX));
    return regexp;
}

static void check_rewrites(const struct push_bulk *b, const char *at, char **problem)
{
    for (size_t i = 0; i < b->n_rewrites; i++) {
        if (b->rewrites[i].kind == REWRITE_MERGE)
            field_problem(problem, xasprintf("%s.rewrite[%zu].merge is not supported", at, i));
    }
    if (b->remote_key && b->n_rewrites > 0)
        field_problem(problem, xasprintf("%s must not have both remoteKey and rewrite", at));
}

static void parse_bulk(const struct push_spec *s, const struct json *j, const char *at,
                       struct push_bulk *out, char **problem)
{
    CHECK_FIELDS(j, at, bulk_rules, problem);
    parse_bulk_store(s, j, at, &out->store, problem);
    out->remote_key = field_optional(j, at, "remoteKey", problem);
    out->match = parse_match(j, at, problem);
    out->n_rewrites = spec_parse_rewrites(json_get(j, "rewrite"), at, &out->rewrites, problem);
    check_rewrites(out, at, problem);
    out->is_reversed = CHOICE(j, at, "conversionStrategy", conversion_choices, problem);
    out->metadata = copy_metadata(j);
}

static void parse_bulks(struct push_spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "dataTo");
    size_t n = spec_list_size(list, "spec.dataTo", SPEC_ITEMS_MAX, &s->problem);
    s->bulks = xcalloc(n + 1, sizeof(*s->bulks));
    for (const struct json *j = json_first(list); s->n_bulks < n; j = json_next(j)) {
        CLEANUP_STR char *at = xasprintf("spec.dataTo[%zu]", s->n_bulks);
        parse_bulk(s, j, at, &s->bulks[s->n_bulks++], &s->problem);
    }
}

static void parse_policies(struct push_spec *s, const struct json *spec)
{
    const struct json *interval = json_get(spec, "refreshInterval");
    s->only_if_absent = CHOICE(spec, "spec", "updatePolicy", update_choices, &s->problem);
    s->deletes = CHOICE(spec, "spec", "deletionPolicy", deletion_choices, &s->problem);
    s->refresh_interval_ns = SPEC_REFRESH_DEFAULT_NS;
    if (is_there(interval))
        spec_parse_duration(json_text(interval), "spec.refreshInterval", &s->refresh_interval_ns,
                            &s->problem);
}

/* The template is an ExternalSecret's, and so are its messages, but for the place. */
static void parse_template(struct push_spec *s, const struct json *spec)
{
    static const char theirs[] = "spec.target.template";
    const struct json *tmpl = json_get(spec, "template");
    CLEANUP_STR char *problem = NULL;
    if (!is_there(tmpl))
        return;
    s->tmpl = spec_template_parse(tmpl, false, &problem);
    if (problem && strncmp(problem, theirs, strlen(theirs)) == 0)
        field_problem(&s->problem, xasprintf("spec.template%s", problem + strlen(theirs)));
    else
        field_problem(&s->problem, TAKE(problem));
}

static void parse_finalizers(struct push_spec *s, const struct json *obj)
{
    const struct json *list = json_path(obj, "metadata.finalizers");
    s->finalizers = json_new_list();
    for (const struct json *f = json_first(list); f; f = json_next(f)) {
        const char *text = json_text(f) ? json_text(f) : "";
        s->has_finalizer = s->has_finalizer || strcmp(text, PUSH_SPEC_FINALIZER) == 0;
        json_add(s->finalizers, json_new_text(text));
    }
}

struct push_spec *push_spec_parse(const struct json *obj)
{
    const char *name = json_path_text(obj, "metadata.name");
    if (!name || !*name || strlen(name) > SPEC_NAME_MAX)
        return NULL;
    struct push_owned *owned = xcalloc(1, sizeof(*owned));
    atomic_init(&owned->refs, 1);
    struct push_spec *s = &owned->spec;
    const struct json *spec = json_get(obj, "spec");
    const struct json *synced = json_path(obj, "status.syncedPushSecrets");
    object_meta_init(&s->meta, obj);
    spec_status_init(&s->status, obj);
    s->synced = json_kind(synced) == JSON_MAP ? json_copy(synced) : json_new_map();
    parse_finalizers(s, obj);
    CHECK_FIELDS(spec, "spec", spec_rules, &s->problem);
    parse_policies(s, spec);
    parse_stores(s, spec);
    parse_selector(s, spec);
    parse_entries(s, spec);
    parse_bulks(s, spec);
    parse_template(s, spec);
    return s;
}

struct push_spec *push_spec_ref(const struct push_spec *s)
{
    struct push_owned *owned = (struct push_owned *)(uintptr_t)s;
    atomic_fetch_add(&owned->refs, 1);
    return &owned->spec;
}

static void store_ref_done(struct push_store_ref *ref)
{
    free(ref->name);
    label_selector_free(ref->labels);
}

void push_entry_done(struct push_entry *entry)
{
    free(entry->secret_key);
    free(entry->remote_key);
    free(entry->property);
    json_free(entry->metadata);
}

static void bulk_done(struct push_bulk *b)
{
    store_ref_done(&b->store);
    free(b->remote_key);
    free(b->match);
    spec_rewrites_free(b->rewrites, b->n_rewrites);
    json_free(b->metadata);
}

void push_spec_unref(struct push_spec *s)
{
    struct push_owned *owned = (struct push_owned *)s;
    if (!s || atomic_fetch_sub(&owned->refs, 1) != 1)
        return;
    for (size_t i = 0; i < s->n_stores; i++)
        store_ref_done(&s->stores[i]);
    for (size_t i = 0; i < s->n_entries; i++)
        push_entry_done(&s->entries[i]);
    for (size_t i = 0; i < s->n_bulks; i++)
        bulk_done(&s->bulks[i]);
    free(s->stores);
    free(s->entries);
    free(s->bulks);
    free(s->secret_name);
    label_selector_free(s->secret_labels);
    spec_template_free(s->tmpl);
    json_free(s->finalizers);
    json_free(s->synced);
    free(s->problem);
    object_meta_done(&s->meta);
    spec_status_done(&s->status);
    free(owned);
}

char *push_spec_version(const struct push_spec *s)
{
    const struct spec shell = {.meta = s->meta};
    return spec_synced_resource_version(&shell);
}

bool push_store_ref_means(const struct push_store_ref *ref, enum store_kind kind, const char *name,
                          const struct map *labels)
{
    if (ref->kind != kind)
        return false;
    if (ref->name)
        return strcmp(ref->name, name) == 0;
    return ref->labels && label_selector_matches(ref->labels, labels);
}

struct json *push_entry_json(const struct push_entry *entry)
{
    struct json *remote = json_new_map();
    struct json *match = json_new_map();
    struct json *j = json_new_map();
    json_set_text(remote, "remoteKey", entry->remote_key);
    if (entry->property)
        json_set_text(remote, "property", entry->property);
    if (entry->secret_key)
        json_set_text(match, "secretKey", entry->secret_key);
    json_set(match, "remoteRef", remote);
    json_set(j, "match", match);
    if (entry->metadata)
        json_set(j, "metadata", json_copy(entry->metadata));
    json_set_text(j, "conversionStrategy", conversion_choices[entry->is_reversed]);
    return j;
}

char *push_entry_key(const struct push_entry *entry)
{
    return entry->property ? xasprintf("%s/%s", entry->remote_key, entry->property)
                           : xstrdup(entry->remote_key);
}
