/* ExternalSecret to spec. The manifest is read against tables of what is understood (field_check);
 * parsing goes on after a problem so that names, target and status are known in any case and the
 * object can get its condition. */

#include "spec/spec.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/spec_parse.h"
#include "spec/spec_status.h"

/* The reference count lives beside the plain struct, so that readers see data only. */
struct spec_owned {
    struct spec spec;
    atomic_uint refs;
};

static const char *const creation_choices[] = {"Owner", "Orphan", "Merge", "CreateOrMerge", "None"};
static const char *const deletion_choices[] = {"Retain", "Delete", "Merge"};

static const struct field_rule spec_rules[] = {
    {"secretStoreRef", NULL}, {"refreshInterval", NULL}, {"refreshPolicy", NULL},
    {"syncWindows", NULL},    {"target", NULL},          {"data", NULL},
    {"dataFrom", NULL},
};
static const struct field_rule target_rules[] = {
    {"name", NULL},      {"creationPolicy", NULL}, {"deletionPolicy", NULL},
    {"immutable", NULL}, {"manifest", NULL},       {"template", NULL},
};
static const struct field_rule manifest_rules[] = {{"apiVersion", NULL}, {"kind", NULL}};

/* The pairs that External Secrets refuses too: what is shared with others is not ours to delete. */
static void check_policies(struct spec *s)
{
    if (s->deletion == DELETION_DELETE && s->creation != CREATION_OWNER &&
        s->creation != CREATION_ORPHAN)
        field_problem(&s->problem,
                      xstrdup("spec.target.deletionPolicy Delete needs creationPolicy Owner"));
    if (s->deletion == DELETION_MERGE && s->creation == CREATION_NONE)
        field_problem(
            &s->problem,
            xstrdup("spec.target.deletionPolicy Merge cannot go with creationPolicy None"));
}

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* "v1" or "group/version": both stand in paths of the API server later. */
static bool is_api_version(const char *text)
{
    const char *slash = strchr(text, '/');
    CLEANUP_STR char *group = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup("core");
    const char *version = slash ? slash + 1 : text;
    return object_name_is_valid(group) && *version && strlen(version) <= SPEC_KIND_MAX &&
           !version[strspn(version, LOWER)];
}

static bool is_kind(const char *text)
{
    return *text && strlen(text) <= SPEC_KIND_MAX && !text[strspn(text, LETTERS)];
}

static void parse_manifest(struct spec *s, const struct json *target)
{
    static const char at[] = "spec.target.manifest";
    const struct json *manifest = json_get(target, "manifest");
    if (json_kind(manifest) == JSON_NULL)
        return;
    CHECK_FIELDS(manifest, at, manifest_rules, &s->problem);
    s->manifest_api_version = field_required(manifest, at, "apiVersion", &s->problem);
    s->manifest_kind = field_required(manifest, at, "kind", &s->problem);
    if (s->manifest_api_version && !is_api_version(s->manifest_api_version))
        field_problem(&s->problem, xasprintf("%s.apiVersion must be VERSION or GROUP/VERSION", at));
    if (s->manifest_kind && !is_kind(s->manifest_kind))
        field_problem(&s->problem, xasprintf("%s.kind must be the name of a kind", at));
}

bool spec_is_generic(const struct spec *s)
{
    return s->manifest_kind != NULL;
}

bool spec_targets_secret(const struct spec *s)
{
    return !s->manifest_kind ||
           (strcmp(s->manifest_kind, "Secret") == 0 && s->manifest_api_version &&
            strcmp(s->manifest_api_version, "v1") == 0);
}

const char *spec_target_kind(const struct spec *s)
{
    return s->manifest_kind ? s->manifest_kind : "Secret";
}

static void parse_immutable(struct spec *s, const struct json *target)
{
    const struct json *immutable = json_get(target, "immutable");
    if (json_kind(immutable) != JSON_NULL && json_kind(immutable) != JSON_BOOL)
        field_problem(&s->problem, xstrdup("spec.target.immutable must be true or false"));
    s->is_immutable = json_path_bool(target, "immutable", false);
}

static void parse_target(struct spec *s, const struct json *spec)
{
    const struct json *target = json_get(spec, "target");
    const struct json *tmpl = json_get(target, "template");
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
    check_policies(s);
    parse_immutable(s, target);
    parse_manifest(s, target);
    if (json_kind(tmpl) != JSON_NULL)
        s->tmpl = spec_template_parse(tmpl, s->manifest_kind != NULL, &s->problem);
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
    spec_parse_refresh(s, spec);
    parse_target(s, spec);
    spec_parse_data(s, spec);
    spec_parse_sources(s, spec);
    if (!s->n_data && !s->n_sources)
        field_problem(&s->problem, xstrdup("spec.data and spec.dataFrom are both empty"));
    return s;
}

const char *spec_store_ref_ns(const struct spec *s, const struct store_ref *ref)
{
    return ref->kind == STORE_CLUSTER ? "" : s->meta.ns;
}

bool spec_each_store(const struct spec *s, spec_store_fn *fn, void *ctx)
{
    bool is_done = false;
    for (size_t i = 0; !is_done && i < s->n_data + s->n_sources; i++) {
        const struct remote_ref *r =
            i < s->n_data ? &s->data[i].remote : &s->sources[i - s->n_data].remote;
        is_done = r->store.name && *r->store.name && fn(ctx, s, &r->store);
    }
    return is_done;
}

struct spec *spec_ref(const struct spec *s)
{
    struct spec_owned *owned = (struct spec_owned *)(uintptr_t)s;
    atomic_fetch_add(&owned->refs, 1);
    return &owned->spec;
}

void spec_unref(struct spec *s)
{
    struct spec_owned *owned = (struct spec_owned *)s;
    if (!s || atomic_fetch_sub(&owned->refs, 1) != 1)
        return;
    spec_sources_done(s);
    spec_template_free(s->tmpl);
    spec_windows_done(&s->windows);
    free(s->manifest_api_version);
    free(s->manifest_kind);
    free(s->target_name);
    free(s->problem);
    object_meta_done(&s->meta);
    spec_status_done(&s->status);
    free(owned);
}
