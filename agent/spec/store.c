/* SecretStore and ClusterSecretStore to store. The provider's own member is not looked into here:
 * each provider checks its configuration itself (provider_ops.check). */

#include "spec/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/field_check.h"
#include "spec/spec_status.h"

struct store_owned {
    struct store store;
    atomic_uint refs;
};

/* refreshInterval asks how often the store is validated again, which happens at each use here;
 * retrySettings only widens what the back-off does anyway. */
static const struct field_rule spec_rules[] = {
    {"provider", NULL},
    {"refreshInterval", NULL},
};

static void parse_provider(struct store *s)
{
    const struct json *provider = json_path(s->root, "spec.provider");
    const struct json *member = NULL;
    for (const struct json *m = json_first(provider); m; m = json_next(m)) {
        if (json_kind(m) == JSON_NULL)
            continue;
        if (member) {
            field_problem(&s->problem,
                          xasprintf("spec.provider has more than one member: %s and %s",
                                    json_name(member), json_name(m)));
            return;
        }
        member = m;
    }
    if (!member || json_kind(member) != JSON_MAP) {
        field_problem(&s->problem, xstrdup("spec.provider is missing"));
        return;
    }
    s->provider = xstrdup(json_name(member));
    s->config = member;
}

struct store *store_parse(const struct json *obj)
{
    const char *name = json_path_text(obj, "metadata.name");
    if (!name || !*name || strlen(name) > SPEC_NAME_MAX)
        return NULL;
    struct store_owned *owned = xcalloc(1, sizeof(*owned));
    atomic_init(&owned->refs, 1);
    struct store *s = &owned->store;
    s->root = json_copy(obj);
    object_meta_init(&s->meta, obj);
    spec_status_init(&s->status, obj);
    const char *kind = json_path_text(obj, "kind");
    s->kind = kind && strcmp(kind, "ClusterSecretStore") == 0 ? STORE_CLUSTER : STORE_NAMESPACED;
    field_problem(&s->problem, field_check(json_get(s->root, "spec"), "spec", spec_rules,
                                           ARRAY_SIZE(spec_rules)));
    parse_provider(s);
    return s;
}

struct store *store_ref_get(const struct store *s)
{
    struct store_owned *owned = (struct store_owned *)(uintptr_t)s;
    atomic_fetch_add(&owned->refs, 1);
    return &owned->store;
}

void store_unref(struct store *s)
{
    struct store_owned *owned = (struct store_owned *)s;
    if (!s || atomic_fetch_sub(&owned->refs, 1) != 1)
        return;
    free(s->provider);
    free(s->problem);
    json_free(s->root);
    object_meta_done(&s->meta);
    spec_status_done(&s->status);
    free(owned);
}

const char *store_kind_name(enum store_kind kind)
{
    switch (kind) {
    case STORE_NAMESPACED:
        return "SecretStore";
    case STORE_CLUSTER:
        return "ClusterSecretStore";
    }
    return "SecretStore";
}
