/* ExternalSecret to spec. The manifest is read against tables of what is understood (field_check);
 * parsing goes on after a problem so that names, target and status are known in any case and the
 * object can get its condition. */

#include "spec/spec.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "spec/field_check.h"
#include "spec/spec_status.h"

/* The reference count lives beside the plain struct, so that readers see data only. */
struct spec_owned {
    struct spec spec;
    atomic_uint refs;
};

static const char *const kind_choices[] = {"SecretStore", "ClusterSecretStore"};
static const char *const creation_choices[] = {"Owner", "Orphan", "Merge", "CreateOrMerge", "None"};
static const char *const deletion_choices[] = {"Retain", "Delete", "Merge"};
static const char *const decoding_choices[] = {"None", "Auto", "Base64", "Base64URL"};
static const char *const conversion_choices[] = {"Default", "Unicode"};

static const struct field_rule spec_rules[] = {
    {"secretStoreRef", NULL},
    {"refreshInterval", NULL},
    {"refreshPolicy", "Periodic"},
    {"target", NULL},
    {"data", NULL},
    {"dataFrom", NULL},
};
static const struct field_rule target_rules[] = {
    {"name", NULL},
    {"creationPolicy", NULL},
    {"deletionPolicy", NULL},
};
static const struct field_rule store_ref_rules[] = {{"name", NULL}, {"kind", NULL}};
static const struct field_rule data_rules[] = {
    {"secretKey", NULL}, {"remoteRef", NULL}, {"sourceRef", NULL}};
static const struct field_rule data_from_rules[] = {{"extract", NULL}, {"sourceRef", NULL}};
static const struct field_rule source_ref_rules[] = {{"storeRef", NULL}};
static const struct field_rule remote_rules[] = {
    {"key", NULL},
    {"property", NULL},
    {"version", NULL},
    {"decodingStrategy", NULL},
    {"conversionStrategy", NULL},
    {"metadataPolicy", "None"},
    {"nullBytePolicy", "Ignore"},
};

#define CHECK_FIELDS(map, at, rules, problem)                                                      \
    field_problem(problem, field_check(map, at, rules, ARRAY_SIZE(rules)))

static void parse_store_ref(const struct json *ref, const char *at, struct store_ref *out,
                            char **problem)
{
    CHECK_FIELDS(ref, at, store_ref_rules, problem);
    out->kind = (enum store_kind)field_choice(ref, at, "kind", kind_choices,
                                              ARRAY_SIZE(kind_choices), STORE_NAMESPACED, problem);
    out->name = field_required(ref, at, "name", problem);
}

/* The entry's own store, else the spec's. */
static void parse_source(const struct json *entry, const struct json *spec, const char *at,
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
    parse_store_ref(json_get(spec, "secretStoreRef"), "spec.secretStoreRef", out, problem);
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
    out->decoding =
        (enum spec_decoding)field_choice(remote, at, "decodingStrategy", decoding_choices,
                                         ARRAY_SIZE(decoding_choices), DECODING_NONE, problem);
    out->conversion = (enum spec_conversion)field_choice(
        remote, at, "conversionStrategy", conversion_choices, ARRAY_SIZE(conversion_choices),
        CONVERSION_DEFAULT, problem);
}

/* Number of entries of a list, refusing more than the house holds. */
static size_t list_size(const struct json *list, const char *at, char **problem)
{
    size_t n = json_kind(list) == JSON_LIST ? json_count(list) : 0;
    if (json_kind(list) != JSON_LIST && json_kind(list) != JSON_NULL)
        field_problem(problem, xasprintf("%s must be a list", at));
    if (n <= SPEC_ITEMS_MAX)
        return n;
    field_problem(problem, xasprintf("%s has more than %d entries", at, SPEC_ITEMS_MAX));
    return 0;
}

static void parse_data(struct spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "data");
    s->n_data = list_size(list, "spec.data", &s->problem);
    s->data = xcalloc(s->n_data + 1, sizeof(*s->data));
    const struct json *entry = json_first(list);
    for (size_t i = 0; i < s->n_data; i++, entry = json_next(entry)) {
        CLEANUP_STR char *at = xasprintf("spec.data[%zu]", i);
        CLEANUP_STR char *remote_at = xasprintf("%s.remoteRef", at);
        struct spec_data *d = &s->data[i];
        CHECK_FIELDS(entry, at, data_rules, &s->problem);
        d->secret_key = field_required(entry, at, "secretKey", &s->problem);
        parse_remote(json_get(entry, "remoteRef"), remote_at, &d->remote, &s->problem);
        parse_source(entry, spec, at, &d->remote.store, &s->problem);
    }
}

static void parse_data_from(struct spec *s, const struct json *spec)
{
    const struct json *list = json_get(spec, "dataFrom");
    s->n_extracts = list_size(list, "spec.dataFrom", &s->problem);
    s->extracts = xcalloc(s->n_extracts + 1, sizeof(*s->extracts));
    const struct json *entry = json_first(list);
    for (size_t i = 0; i < s->n_extracts; i++, entry = json_next(entry)) {
        CLEANUP_STR char *at = xasprintf("spec.dataFrom[%zu]", i);
        CLEANUP_STR char *extract_at = xasprintf("%s.extract", at);
        CHECK_FIELDS(entry, at, data_from_rules, &s->problem);
        parse_source(entry, spec, at, &s->extracts[i].store, &s->problem);
        parse_remote(json_get(entry, "extract"), extract_at, &s->extracts[i], &s->problem);
    }
}

static void parse_target(struct spec *s, const struct json *spec)
{
    const struct json *target = json_get(spec, "target");
    CHECK_FIELDS(target, "spec.target", target_rules, &s->problem);
    s->target_name = field_optional(target, "spec.target", "name", &s->problem);
    if (!s->target_name)
        s->target_name = xstrdup(s->meta.name);
    if (!object_name_is_valid(s->target_name))
        field_problem(&s->problem, xstrdup("spec.target.name is no object name"));
    s->creation =
        (enum spec_creation)field_choice(target, "spec.target", "creationPolicy", creation_choices,
                                         ARRAY_SIZE(creation_choices), CREATION_OWNER, &s->problem);
    s->deletion = (enum spec_deletion)field_choice(target, "spec.target", "deletionPolicy",
                                                   deletion_choices, ARRAY_SIZE(deletion_choices),
                                                   DELETION_RETAIN, &s->problem);
    if (s->deletion == DELETION_DELETE && s->creation != CREATION_OWNER &&
        s->creation != CREATION_ORPHAN)
        field_problem(&s->problem,
                      xstrdup("spec.target.deletionPolicy Delete needs creationPolicy Owner"));
    if (s->deletion == DELETION_MERGE && s->creation == CREATION_NONE)
        field_problem(
            &s->problem,
            xstrdup("spec.target.deletionPolicy Merge cannot go with creationPolicy None"));
}

static void parse_refresh(struct spec *s, const struct json *spec)
{
    s->refresh_interval_ns = SPEC_REFRESH_DEFAULT_NS;
    const struct json *interval = json_get(spec, "refreshInterval");
    if (json_kind(interval) == JSON_NULL)
        return;
    if (json_kind(interval) == JSON_NUMBER && json_number(interval, -1) == 0) {
        s->refresh_interval_ns = 0;
        return;
    }
    const char *text = json_text(interval);
    CLEANUP(err) struct err *e = clock_parse_duration(text ? text : "", &s->refresh_interval_ns);
    if (e)
        field_problem(&s->problem, xasprintf("spec.refreshInterval: %s", err_text(e)));
}

struct spec *spec_parse(const struct json *obj)
{
    const char *name = json_path_text(obj, "metadata.name");
    if (!name || !*name || strlen(name) > SPEC_NAME_MAX)
        return NULL;
    struct spec_owned *owned = xcalloc(1, sizeof(*owned));
    atomic_init(&owned->refs, 1);
    struct spec *s = &owned->spec;
    const struct json *spec = json_get(obj, "spec");
    object_meta_init(&s->meta, obj);
    spec_status_init(&s->status, obj);
    CHECK_FIELDS(spec, "spec", spec_rules, &s->problem);
    parse_refresh(s, spec);
    parse_target(s, spec);
    parse_data(s, spec);
    parse_data_from(s, spec);
    if (!s->n_data && !s->n_extracts)
        field_problem(&s->problem, xstrdup("spec.data and spec.dataFrom are both empty"));
    return s;
}

struct spec *spec_ref(const struct spec *s)
{
    struct spec_owned *owned = (struct spec_owned *)(uintptr_t)s;
    atomic_fetch_add(&owned->refs, 1);
    return &owned->spec;
}

static void remote_done(struct remote_ref *r)
{
    free(r->key);
    free(r->property);
    free(r->version);
    free(r->store.name);
}

void spec_unref(struct spec *s)
{
    struct spec_owned *owned = (struct spec_owned *)s;
    if (!s || atomic_fetch_sub(&owned->refs, 1) != 1)
        return;
    for (size_t i = 0; i < s->n_data; i++) {
        free(s->data[i].secret_key);
        remote_done(&s->data[i].remote);
    }
    for (size_t i = 0; i < s->n_extracts; i++)
        remote_done(&s->extracts[i]);
    free(s->data);
    free(s->extracts);
    free(s->target_name);
    free(s->problem);
    object_meta_done(&s->meta);
    spec_status_done(&s->status);
    free(owned);
}
