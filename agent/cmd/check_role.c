/* Providers keep their references in many places, but all have one form, so the configuration is
 * walked without knowing any provider: a store of a kind that is added later is covered. What
 * templateFrom names is always in the namespace of the ExternalSecret. */

#include "cmd/check_role.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define NAME_MAX_BYTES 253
#define CONFIG_MAP "ConfigMap"
#define REFERENCE_SUFFIX "ecretRef" /* of "secretRef" and "tokenSecretRef" alike */

/* By enum check_kind. */
static const char *const resources[CHECK_KINDS] = {"secrets", "configmaps"};

static void free_namespace(void *p)
{
    struct check_namespace *ns = p;
    for (size_t i = 0; i < CHECK_KINDS; i++)
        map_free(ns->names[i]);
    free(ns);
}

void check_roles_init(struct check_roles *r)
{
    r->namespaces = map_new(free_namespace);
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

static bool is_text(const struct json *map, const char *name, const char *want)
{
    const char *text = json_path_text(map, name);
    return text && strcmp(text, want) == 0;
}

/* Does member, a map, refer to a Secret or ConfigMap? */
static bool is_reference(const struct json *member)
{
    return json_path_text(member, "name") &&
           (json_path_text(member, "key") || has_suffix(json_name(member), REFERENCE_SUFFIX));
}

static void note_name(struct check_roles *r, enum check_kind kind, const char *ns, const char *name)
{
    struct check_namespace *in = map_get(r->namespaces, ns);
    if (!in) {
        in = xcalloc(1, sizeof(*in));
        for (size_t i = 0; i < CHECK_KINDS; i++)
            in->names[i] = map_new(free);
        map_set(r->namespaces, ns, in);
    }
    if (!map_get(in->names[kind], name))
        map_set(in->names[kind], name, xcalloc(1, sizeof(struct check_name)));
}

/* A SecretStore's own namespace is where its Secrets are; a ClusterSecretStore says where. */
static void note_reference(struct check_roles *r, const struct json *store,
                           const struct json *reference)
{
    const char *store_name = json_path_text(store, "metadata.name");
    const char *own_ns = json_path_text(store, "metadata.namespace");
    const char *ns = own_ns ? own_ns : json_path_text(reference, "namespace");
    const char *name = json_path_text(reference, "name");
    bool is_config_map =
        is_text(reference, "type", CONFIG_MAP) || is_text(reference, "kind", CONFIG_MAP);
    if (!store_name || !check_role_is_name(store_name) || !check_role_is_name(name) ||
        (ns && !check_role_is_name(ns))) {
        r->n_bad++;
        return;
    }
    if (ns) {
        note_name(r, is_config_map ? CHECK_CONFIG_MAP : CHECK_SECRET, ns, name);
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

void check_roles_add_store(struct check_roles *r, const struct json *store)
{
    walk(r, store, json_path(store, "spec.provider"));
}

static void note_from(struct check_roles *r, enum check_kind kind, const char *ns,
                      const struct json *object)
{
    const char *name = json_path_text(object, "name");
    if (name && ns && check_role_is_name(name) && check_role_is_name(ns))
        note_name(r, kind, ns, name);
    else if (json_kind(object) != JSON_NULL)
        r->n_bad++;
}

static void add_templates(struct check_roles *r, const struct json *object, const char *path)
{
    const char *ns = json_path_text(object, "metadata.namespace");
    const struct json *list = json_path(object, path);
    for (const struct json *from = json_first(list); from; from = json_next(from)) {
        note_from(r, CHECK_SECRET, ns, json_get(from, "secret"));
        note_from(r, CHECK_CONFIG_MAP, ns, json_get(from, "configMap"));
    }
}

void check_roles_add_spec(struct check_roles *r, const struct json *external_secret)
{
    add_templates(r, external_secret, "spec.target.template.templateFrom");
}

void check_roles_add_push(struct check_roles *r, const struct json *push_secret)
{
    const struct json *secret = json_path(push_secret, "spec.selector.secret");
    if (json_path_text(secret, "name"))
        note_from(r, CHECK_SECRET, json_path_text(push_secret, "metadata.namespace"), secret);
    add_templates(r, push_secret, "spec.template.templateFrom");
    walk(r, push_secret, json_path(push_secret, "spec.data"));
    walk(r, push_secret, json_path(push_secret, "spec.dataTo"));
}

static bool has_missing(const struct check_namespace *ns)
{
    for (size_t kind = 0; kind < CHECK_KINDS; kind++) {
        const struct map *names = ns->names[kind];
        for (size_t i = 0; i < names->n; i++) {
            const struct check_name *n = names->entries[i].value;
            if (n->is_missing)
                return true;
        }
    }
    return false;
}

/* Names are quoted: "123" and "true" are names, too. */
static void print_rule(const char *resource, const struct map *names, struct str_buf *out)
{
    str_buf_printf(out, "  - apiGroups: [\"\"]\n    resources: [%s]\n    resourceNames:\n",
                   resource);
    for (size_t i = 0; i < names->n; i++)
        str_buf_printf(out, "      - \"%s\"\n", names->entries[i].key);
    str_buf_puts(out, "    verbs: [get]\n");
}

static void print_role(const char *name, const struct check_namespace *ns, struct str_buf *out)
{
    str_buf_printf(out,
                   "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n"
                   "  name: " CHECK_ROLE_NAME "\n  namespace: \"%s\"\nrules:\n",
                   name);
    for (size_t kind = 0; kind < CHECK_KINDS; kind++)
        if (ns->names[kind]->n > 0)
            print_rule(resources[kind], ns->names[kind], out);
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
