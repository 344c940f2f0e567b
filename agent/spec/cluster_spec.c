/* ClusterExternalSecret to cluster_spec. The ExternalSecret's spec is kept as the tree that it is,
 * since it goes out again unchanged; it is parsed once all the same, so that a mistake is told at
 * the one place where it was made, and not in every namespace. */

#include "spec/cluster_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "spec/spec_parse.h"

/* One object as JSON; the API server refuses more than 3 MiB. */
#define DIGEST_TEXT_MAX (8u << 20)

static const struct field_rule spec_rules[] = {
    {"externalSecretSpec", NULL}, {"externalSecretName", NULL}, {"externalSecretMetadata", NULL},
    {"namespaceSelector", NULL},  {"namespaceSelectors", NULL}, {"namespaces", NULL},
    {"refreshTime", NULL},
};
static const struct field_rule metadata_rules[] = {{"labels", NULL}, {"annotations", NULL}};

static void parse_target(struct cluster_spec *s, const struct json *spec)
{
    const struct json *target = json_get(spec, "externalSecretSpec");
    s->target_name = field_optional(spec, "spec", "externalSecretName", &s->problem);
    if (!s->target_name)
        s->target_name = xstrdup(s->meta.name);
    if (!object_name_is_valid(s->target_name))
        field_problem(&s->problem, xstrdup("spec.externalSecretName is no object name"));
    s->target = json_kind(target) == JSON_MAP ? json_copy(target) : json_new_map();
    if (json_kind(target) != JSON_MAP) {
        field_problem(&s->problem, xstrdup("spec.externalSecretSpec is missing"));
        return;
    }
    CLEANUP(json) struct json *object = json_new_map();
    struct json *meta = json_new_map();
    json_set_text(meta, "name", s->target_name);
    json_set(object, "metadata", meta);
    json_set(object, "spec", json_copy(target));
    CLEANUP(spec) struct spec *parsed = spec_parse(object);
    if (parsed && parsed->problem)
        field_problem(&s->problem, xasprintf("spec.externalSecretSpec: %s", parsed->problem));
}

static void parse_metadata(struct cluster_spec *s, const struct json *spec)
{
    static const char at[] = "spec.externalSecretMetadata";
    const struct json *metadata = json_get(spec, "externalSecretMetadata");
    const char *force_sync = map_get(s->meta.annotations, CLUSTER_SPEC_FORCE_SYNC);
    CHECK_FIELDS(metadata, at, metadata_rules, &s->problem);
    s->labels = spec_parse_texts(json_get(metadata, "labels"), "spec.externalSecretMetadata.labels",
                                 &s->problem);
    s->annotations = spec_parse_texts(json_get(metadata, "annotations"),
                                      "spec.externalSecretMetadata.annotations", &s->problem);
    if (force_sync)
        map_set(s->annotations, CLUSTER_SPEC_FORCE_SYNC, xstrdup(force_sync));
    else
        map_remove(s->annotations, CLUSTER_SPEC_FORCE_SYNC);
}

/* The list, and the single one of old manifests. */
static void parse_selectors(struct cluster_spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "namespaceSelectors");
    const struct json *single = json_get(spec, "namespaceSelector");
    size_t n =
        spec_list_size(list, "spec.namespaceSelectors", CLUSTER_SPEC_SELECTORS_MAX, &s->problem);
    s->selectors = xcalloc(n + 1, sizeof(*s->selectors));
    if (json_kind(single) != JSON_NULL)
        s->selectors[s->n_selectors++] =
            label_selector_parse(single, "spec.namespaceSelector", &s->problem);
    const struct json *entry = json_first(list);
    for (size_t i = 0; i < n; i++, entry = json_next(entry)) {
        CLEANUP_STR char *at = xasprintf("spec.namespaceSelectors[%zu]", i);
        if (json_kind(entry) != JSON_NULL) /* null selects nothing */
            s->selectors[s->n_selectors++] = label_selector_parse(entry, at, &s->problem);
    }
}

static void parse_namespaces(struct cluster_spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "namespaces");
    size_t n = spec_list_size(list, "spec.namespaces", CLUSTER_SPEC_NAMESPACES_MAX, &s->problem);
    s->namespaces = xcalloc(n + 1, sizeof(*s->namespaces));
    for (const struct json *entry = json_first(list); s->n_namespaces < n;
         entry = json_next(entry)) {
        const char *text = json_text(entry);
        if (!text)
            field_problem(&s->problem, xstrdup("spec.namespaces must be a list of texts"));
        s->namespaces[s->n_namespaces++] = xstrdup(text ? text : "");
    }
}

static void parse_refresh(struct cluster_spec *s, const struct json *spec)
{
    const struct json *time = json_get(spec, "refreshTime");
    s->refresh_interval_ns = CLUSTER_SPEC_REFRESH_DEFAULT_NS;
    if (json_kind(time) != JSON_NULL)
        spec_parse_duration(json_text(time), "spec.refreshTime", &s->refresh_interval_ns,
                            &s->problem);
}

static void add_texts(struct str_buf *b, const struct map *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        str_buf_append(b, texts->entries[i].key, strlen(texts->entries[i].key) + 1);
        str_buf_append(b, texts->entries[i].value, strlen(texts->entries[i].value) + 1);
    }
    str_buf_append(b, "", 1);
}

static void make_digest(struct cluster_spec *s)
{
    CLEANUP_STR_BUF struct str_buf b;
    CLEANUP_STR char *target = json_print(s->target);
    str_buf_init(&b, DIGEST_TEXT_MAX);
    add_texts(&b, s->labels);
    add_texts(&b, s->annotations);
    str_buf_puts(&b, target);
    digest_sha256_hex(secret_view_of(b.s, b.n), s->digest);
}

/* kubectl delete --cascade=orphan leaves this finalizer until the garbage collector is done. */
static bool has_orphan_finalizer(const struct json *obj)
{
    const struct json *list = json_path(obj, "metadata.finalizers");
    for (const struct json *f = json_first(list); f; f = json_next(f)) {
        if (json_text(f) && strcmp(json_text(f), "orphan") == 0)
            return true;
    }
    return false;
}

struct cluster_spec *cluster_spec_parse(const struct json *obj)
{
    const char *name = json_path_text(obj, "metadata.name");
    const struct json *spec = json_get(obj, "spec");
    const struct json *status = json_get(obj, "status");
    if (!name || !*name || strlen(name) > SPEC_NAME_MAX)
        return NULL;
    struct cluster_spec *s = xcalloc(1, sizeof(*s));
    object_meta_init(&s->meta, obj);
    s->is_orphaning = s->meta.is_deleting && has_orphan_finalizer(obj);
    CHECK_FIELDS(spec, "spec", spec_rules, &s->problem);
    parse_target(s, spec);
    parse_metadata(s, spec);
    parse_selectors(s, spec);
    parse_namespaces(s, spec);
    parse_refresh(s, spec);
    make_digest(s);
    s->status = json_kind(status) == JSON_MAP ? json_copy(status) : json_new_map();
    return s;
}

void cluster_spec_free(struct cluster_spec *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_selectors; i++)
        label_selector_free(s->selectors[i]);
    for (size_t i = 0; i < s->n_namespaces; i++)
        free(s->namespaces[i]);
    free(s->selectors);
    free(s->namespaces);
    free(s->target_name);
    free(s->problem);
    json_free(s->target);
    json_free(s->status);
    map_free(s->labels);
    map_free(s->annotations);
    object_meta_done(&s->meta);
    free(s);
}

bool cluster_spec_selects(const struct cluster_spec *s, const char *ns, const struct map *labels)
{
    for (size_t i = 0; i < s->n_selectors; i++) {
        if (label_selector_matches(s->selectors[i], labels))
            return true;
    }
    for (size_t i = 0; i < s->n_namespaces; i++) {
        if (strcmp(s->namespaces[i], ns) == 0)
            return true;
    }
    return false;
}
