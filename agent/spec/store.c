/* SecretStore and ClusterSecretStore to store. The provider's own member is not looked into here:
 * each provider checks its configuration itself (provider_ops.check). */

#include "spec/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "spec/spec_parse.h"
#include "spec/spec_status.h"

struct store_owned {
    struct store store;
    atomic_uint refs;
};

static const struct field_rule spec_rules[] = {
    {"provider", NULL},   {"refreshInterval", NULL}, {"controller", NULL},
    {"conditions", NULL}, {"retrySettings", NULL},
};
static const struct field_rule retry_rules[] = {{"maxRetries", NULL}, {"retryInterval", NULL}};

/* A number is seconds; 0 is the default, as in External Secrets. */
static void parse_check_interval(struct store *s, const struct json *spec)
{
    const struct json *interval = json_get(spec, "refreshInterval");
    s->check_interval_ns = STORE_CHECK_DEFAULT_NS;
    if (json_kind(interval) == JSON_NUMBER && json_number(interval, 0) > 0 &&
        json_number(interval, 0) < INT32_MAX)
        s->check_interval_ns = (int64_t)json_number(interval, 0) * (int64_t)NS_PER_S;
    else if (json_kind(interval) == JSON_STRING)
        spec_parse_duration(json_text(interval), "spec.refreshInterval", &s->check_interval_ns,
                            &s->problem);
    else if (json_kind(interval) != JSON_NULL && json_kind(interval) != JSON_NUMBER)
        field_problem(&s->problem, xstrdup("spec.refreshInterval must be seconds or a duration"));
    if (s->check_interval_ns <= 0)
        s->check_interval_ns = STORE_CHECK_DEFAULT_NS;
}

static void parse_retry(struct store *s, const struct json *retry)
{
    const struct json *max = json_get(retry, "maxRetries");
    CHECK_FIELDS(retry, "spec.retrySettings", retry_rules, &s->problem);
    s->max_retries = (int)json_path_int(retry, "maxRetries", -1);
    if (json_kind(max) != JSON_NULL && (s->max_retries < 0 || s->max_retries > STORE_RETRIES_MAX))
        field_problem(&s->problem, xasprintf("spec.retrySettings.maxRetries must be 0 to %d",
                                             STORE_RETRIES_MAX));
    const char *interval = json_path_text(retry, "retryInterval");
    if (interval)
        spec_parse_duration(interval, "spec.retrySettings.retryInterval", &s->retry_interval_ns,
                            &s->problem);
}

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
    parse_check_interval(s, json_get(s->root, "spec"));
    parse_retry(s, json_path(s->root, "spec.retrySettings"));
    s->controller = field_optional(json_get(s->root, "spec"), "spec", "controller", &s->problem);
    if (!s->controller)
        s->controller = xstrdup("");
    store_conditions_init(&s->conditions, json_path(s->root, "spec.conditions"), &s->problem);
    if (s->conditions.n > 0 && s->kind == STORE_NAMESPACED)
        field_problem(&s->problem, xstrdup("spec.conditions are for a ClusterSecretStore"));
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
    free(s->controller);
    store_conditions_done(&s->conditions);
    free(s->problem);
    json_free(s->root);
    object_meta_done(&s->meta);
    spec_status_done(&s->status);
    free(owned);
}

bool store_is_of_class(const struct store *s, const char *controller_class)
{
    return !*s->controller || !controller_class || strcmp(s->controller, controller_class) == 0;
}

bool store_is_claimed(const struct store *s, const char *controller_class)
{
    return controller_class && strcmp(controller_class, "default") != 0 &&
           strcmp(s->controller, controller_class) == 0;
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
