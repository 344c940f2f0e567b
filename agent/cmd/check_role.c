/* Providers keep their references in many places, but all have one form, so the configuration is
 * walked without knowing any provider: a store of a kind that is added later is covered. */

#include "cmd/check_role.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define NAME_MAX_BYTES 253
#define REFERENCE_SUFFIX "ecretRef" /* of "secretRef" and "tokenSecretRef" alike */

static void free_names(void *names)
{
    map_free(names);
}

void check_roles_init(struct check_roles *r)
{
    r->namespaces = map_new(free_names);
    r->referents = map_new(NULL);
    r->n_bad = 0;
}

void check_roles_done(struct check_roles *r)
{
    map_free(r->namespaces);
    map_free(r->referents);
}

bool check_role_is_name(const char *name)
{
    static const char inner[] = "-.abcdefghijklmnopqrstuvwxyz0123456789";
    const char *ends = inner + 2;
    size_t n = strlen(name);
    return n > 0 && n <= NAME_MAX_BYTES && strspn(name, inner) == n && strchr(ends, name[0]) &&
           strchr(ends, name[n - 1]);
}

static bool has_suffix(const char *text, const char *suffix)
{
    size_t n = text ? strlen(text) : 0;
    size_t n_suffix = strlen(suffix);
    return n >= n_suffix && strcmp(text + n - n_suffix, suffix) == 0;
}

/* Does member, a map, refer to a Secret? */
static bool is_reference(const struct json *member)
{
    const char *type = json_path_text(member, "type");
    if (!json_path_text(member, "name") || (type && strcmp(type, "ConfigMap") == 0))
        return false;
    return json_path_text(member, "key") || has_suffix(json_name(member), REFERENCE_SUFFIX);
}

static void note_secret(struct check_roles *r, const char *ns, const char *name)
{
    struct map *names = map_get(r->namespaces, ns);
    if (!names) {
        names = map_new(free);
        map_set(r->namespaces, ns, names);
    }
    if (!map_get(names, name))
        map_set(names, name, xcalloc(1, sizeof(struct check_secret)));
}

/* A SecretStore's own namespace is where its Secrets are; a ClusterSecretStore says where. */
static void note_reference(struct check_roles *r, const struct json *store,
                           const struct json *reference)
{
    const char *store_name = json_path_text(store, "metadata.name");
    const char *own_ns = json_path_text(store, "metadata.namespace");
    const char *ns = own_ns ? own_ns : json_path_text(reference, "namespace");
    const char *name = json_path_text(reference, "name");
    if (!store_name || !check_role_is_name(store_name) || !check_role_is_name(name) ||
        (ns && !check_role_is_name(ns))) {
        r->n_bad++;
        return;
    }
    if (ns) {
        note_secret(r, ns, name);
        return;
    }
    CLEANUP_STR char *both = xasprintf("%s %s", store_name, name);
    map_set(r->referents, both, NULL);
}

/* As deep as a parsed document may be. */
static void walk(struct check_roles *r, const struct json *store, const struct json *at)
{
    enum json_kind kind = json_kind(at);
    if (kind != JSON_MAP && kind != JSON_LIST)
        return;
    if (kind == JSON_MAP && is_reference(at)) {
        note_reference(r, store, at);
        return;
    }
    for (const struct json *member = json_first(at); member; member = json_next(member))
        walk(r, store, member);
}

void check_roles_add(struct check_roles *r, const struct json *store)
{
    walk(r, store, json_path(store, "spec.provider"));
}

static bool has_missing(const struct map *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct check_secret *s = names->entries[i].value;
        if (s->is_missing)
            return true;
    }
    return false;
}

/* Names are quoted: "123" and "true" are names, too. */
static void print_role(const char *ns, const struct map *names, struct str_buf *out)
{
    str_buf_printf(out,
                   "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n"
                   "  name: " CHECK_ROLE_NAME "\n  namespace: \"%s\"\nrules:\n"
                   "  - apiGroups: [\"\"]\n    resources: [secrets]\n    resourceNames:\n",
                   ns);
    for (size_t i = 0; i < names->n; i++)
        str_buf_printf(out, "      - \"%s\"\n", names->entries[i].key);
    str_buf_puts(out, "    verbs: [get]\n");
}

static void print_binding(const char *ns, const char *account_ns, const char *account,
                          struct str_buf *out)
{
    str_buf_printf(out,
                   "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n"
                   "  name: " CHECK_ROLE_NAME "\n  namespace: \"%s\"\nroleRef:\n"
                   "  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n"
                   "  name: " CHECK_ROLE_NAME "\nsubjects:\n  - kind: ServiceAccount\n"
                   "    name: \"%s\"\n    namespace: \"%s\"\n",
                   ns, account, account_ns);
}

void check_roles_print(const struct check_roles *r, const char *account_ns, const char *account,
                       struct str_buf *out)
{
    for (size_t i = 0; i < r->namespaces->n; i++) {
        const struct map_entry *entry = &r->namespaces->entries[i];
        if (!has_missing(entry->value))
            continue;
        print_role(entry->key, entry->value, out);
        print_binding(entry->key, account_ns, account, out);
    }
}
