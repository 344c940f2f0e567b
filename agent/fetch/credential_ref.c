/* One place that decides which namespace's Secret a store gets to read: the rule that keeps tenants
 * apart must not exist twice. */

#include "fetch/credential_ref.h"

#include <string.h>

#include "base/alloc.h"
#include "spec/field_check.h"

static const struct field_rule selector_rules[] = {
    {"name", NULL}, {"key", NULL}, {"namespace", NULL}};

static const char *text_at(const struct store *store, const char *path, const char *member)
{
    const char *text = json_path_text(json_path(store->config, path), member);
    return text && *text ? text : NULL;
}

bool credential_ref_is_there(const struct store *store, const char *path)
{
    return json_kind(json_path(store->config, path)) != JSON_NULL;
}

bool credential_ref_is_referent(const struct store *store, const char *path)
{
    return store->kind == STORE_CLUSTER && credential_ref_is_there(store, path) &&
           !text_at(store, path, "namespace");
}

char *credential_ref_problem(const struct store *store, const char *path)
{
    const struct json *selector = json_path(store->config, path);
    if (json_kind(selector) == JSON_NULL)
        return NULL;
    CLEANUP_STR char *at = xasprintf("spec.provider.%s.%s", store->provider, path);
    if (json_kind(selector) != JSON_MAP)
        return xasprintf("%s must be a map", at);
    char *problem = field_check(selector, at, selector_rules, ARRAY_SIZE(selector_rules));
    const char *ns = text_at(store, path, "namespace");
    if (!text_at(store, path, "name"))
        field_problem(&problem, xasprintf("%s.name is missing", at));
    if (!text_at(store, path, "key"))
        field_problem(&problem, xasprintf("%s.key is missing", at));
    if (store->kind == STORE_NAMESPACED && ns && strcmp(ns, store->meta.ns) != 0)
        field_problem(&problem,
                      xasprintf("%s.namespace must be the SecretStore's own namespace", at));
    return problem;
}

struct err *credential_ref_get(const struct provider_env *env, const struct store *store,
                               const char *ns, const char *path, const struct deadline *dl,
                               struct secret_buf **out)
{
    CLEANUP_STR char *problem = credential_ref_problem(store, path);
    if (problem)
        return err_new(ERR_INVALID, "%s", problem);
    if (!credential_ref_is_there(store, path))
        return err_new(ERR_INVALID, "spec.provider.%s.%s is missing", store->provider, path);
    const char *own_ns = text_at(store, path, "namespace");
    if (store->kind == STORE_NAMESPACED)
        own_ns = store->meta.ns;
    struct err *e =
        env->credentials.get(env->credentials.ctx, own_ns ? own_ns : ns,
                             text_at(store, path, "name"), text_at(store, path, "key"), dl, out);
    return e ? err_wrap(e, "spec.provider.%s.%s", store->provider, path) : NULL;
}
