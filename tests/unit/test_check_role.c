/* The Roles that `check` makes of what stores and templates name. */
#include "cmd/check_role.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

#define OUTPUT_MAX (64u << 10)

struct role_row {
    const char *name;
    const char *object; /* YAML */
    const char *want;   /* "namespace/secret namespace:configmap ..." in order, "?STORE SECRET" per
                           user, "!n" bad */
};

#define STORE(provider) "{metadata: {name: s, namespace: shop}, spec: {provider: " provider "}}"
#define SPEC(from)                                                                                 \
    "{kind: ExternalSecret, metadata: {name: e, namespace: shop}, spec: {target: {template: "      \
    "{templateFrom: " from "}}}}"
#define PUSH(spec) "{kind: PushSecret, metadata: {name: p, namespace: shop}, spec: " spec "}"
#define CLUSTER(provider) "{metadata: {name: s}, spec: {provider: " provider "}}"

static const struct role_row role_rows[] = {
    {"AWS keys",
     STORE("{aws: {auth: {secretRef: {accessKeyIDSecretRef: {name: aws, key: id},"
           " secretAccessKeySecretRef: {name: aws, key: secret}}}}}"),
     "shop/aws "},
    {"Vault token", STORE("{vault: {auth: {tokenSecretRef: {name: v, key: t}}}}"), "shop/v "},
    {"reference without key", STORE("{vault: {auth: {tokenSecretRef: {name: v}}}}"), "shop/v "},
    {"in a list", STORE("{webhook: {secrets: [{name: x, secretRef: {name: w, key: k}}]}}"),
     "shop/w "},
    {"CA in a Secret", STORE("{vault: {caProvider: {type: Secret, name: ca, key: k}}}"),
     "shop/ca "},
    {"CA in a ConfigMap", STORE("{vault: {caProvider: {type: ConfigMap, name: ca, key: k}}}"),
     "shop:ca "},
    {"CA in a ConfigMap elsewhere",
     CLUSTER("{vault: {caProvider: {type: ConfigMap, name: ca, key: k, namespace: ops}}}"),
     "ops:ca "},
    {"service account", STORE("{vault: {auth: {jwt: {serviceAccountRef: {name: sa}}}}}"), ""},
    {"no reference", STORE("{fake: {data: [{key: a, value: b}]}}"), ""},
    {"no provider", "{metadata: {name: s}}", ""},
    {"another namespace is not reached",
     STORE("{vault: {auth: {tokenSecretRef: {name: v, key: t, namespace: kube-system}}}}"),
     "shop/v "},
    {"cluster store says where",
     CLUSTER("{vault: {auth: {tokenSecretRef: {name: v, key: t, namespace: ops}}}}"), "ops/v "},
    {"cluster store per user", CLUSTER("{vault: {auth: {tokenSecretRef: {name: v, key: t}}}}"),
     "?s v "},
    {"several, sorted",
     CLUSTER("{x: {a: {name: z, key: k, namespace: b}, b: {name: y, key: k, namespace: b},"
             " c: {name: y, key: k, namespace: a}}}"),
     "a/y b/y b/z "},
    {"name that is none", CLUSTER("{x: {a: {name: \"v\\nrules: []\", key: k, namespace: ops}}}"),
     "!1"},
    {"namespace that is none", CLUSTER("{x: {a: {name: v, key: k, namespace: \"a\\\"b\"}}}"), "!1"},
    {"store without name", "{spec: {provider: {x: {a: {name: v, key: k}}}}}", "!1"},
    {"templates of both kinds",
     SPEC("[{configMap: {name: c, items: [{key: k}]}}, {secret: {name: s, items: [{key: k}]}},"
          " {configMap: {name: d}, secret: {name: t}}, {configMap: {name: c}}]"),
     "shop/s shop/t shop:c shop:d "},
    {"literal templates", SPEC("[{literal: 'a: b'}]"), ""},
    {"no templates", "{kind: ExternalSecret, metadata: {name: e, namespace: shop}, spec: {}}", ""},
    {"templates of a name that is none", SPEC("[{secret: {name: \"a\\nb\"}}, {configMap: {}}]"),
     "!2"},
    {"what a PushSecret names",
     PUSH(
         "{selector: {secret: {name: x}}, template: {templateFrom: [{configMap: {name: c}}]}, "
         "data: "
         "[{match: {secretKey: k, remoteRef: {remoteKey: r}}, metadata: {spec: {resourcePolicy: "
         "{policySourceRef: {kind: ConfigMap, name: p, key: j}}}}}], dataTo: [{storeRef: {name: s},"
         " metadata: {spec: {policySourceRef: {kind: Secret, name: q, key: j}}}}]}"),
     "shop/q shop/x shop:c shop:p "},
    {"a PushSecret by labels", PUSH("{selector: {secret: {selector: {matchLabels: {a: b}}}}}"), ""},
    {"a PushSecret of a generator", PUSH("{selector: {generatorRef: {kind: Password, name: p}}}"),
     ""},
    {"templates without namespace",
     "{kind: ExternalSecret, spec: {target: {template: {templateFrom: [{secret: {name: s}}]}}}}",
     "!1"},
};

static void collect(const char *yaml, struct check_roles *r)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    const char *kind = json_path_text(docs.docs[0], "kind");
    if (!kind)
        check_roles_add_store(r, docs.docs[0]);
    else if (strcmp(kind, "PushSecret") == 0)
        check_roles_add_push(r, docs.docs[0]);
    else
        check_roles_add_spec(r, docs.docs[0]);
}

static void print_names(const char *ns, char sign, const struct map *names, struct str_buf *out)
{
    for (size_t i = 0; i < names->n; i++)
        str_buf_printf(out, "%s%c%s ", ns, sign, names->entries[i].key);
}

static void roles(void **state)
{
    const struct role_row *row = *state;
    struct check_roles r;
    CLEANUP_STR_BUF struct str_buf got;
    str_buf_init(&got, OUTPUT_MAX);
    check_roles_init(&r);
    collect(row->object, &r);
    for (size_t i = 0; i < r.namespaces->n; i++) {
        const struct check_namespace *ns = r.namespaces->entries[i].value;
        print_names(r.namespaces->entries[i].key, '/', ns->names[CHECK_SECRET], &got);
        print_names(r.namespaces->entries[i].key, ':', ns->names[CHECK_CONFIG_MAP], &got);
    }
    for (size_t i = 0; i < r.referents->n; i++)
        str_buf_printf(&got, "?%s ", r.referents->entries[i].key);
    if (r.n_bad > 0)
        str_buf_printf(&got, "!%zu", r.n_bad);
    check_roles_done(&r);
    assert_string_equal(got.s, row->want);
}

/* Only the namespace that lacks something gets a Role, and that names all of its Secrets. */
static void role_yaml(void **state)
{
    struct check_roles r;
    CLEANUP_STR_BUF struct str_buf out;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    str_buf_init(&out, OUTPUT_MAX);
    (void)state;
    check_roles_init(&r);
    collect(CLUSTER("{x: {a: {name: \"123\", key: k, namespace: shop}, b: {name: v, key: k,"
                    " namespace: shop}, c: {name: w, key: k, namespace: fine}}}"),
            &r);
    check_roles_print(&r, "lockstep-system", "lockstep", &out);
    assert_string_equal(out.s, "");
    const struct check_namespace *shop = map_get(r.namespaces, "shop");
    struct check_name *v = map_get(shop->names[CHECK_SECRET], "v");
    v->is_missing = true;
    check_roles_print(&r, "lockstep-system", "lockstep", &out);
    check_roles_done(&r);
    assert_null(yaml_parse(out.s, out.n, &docs));
    assert_int_equal(docs.n, 2);
    const struct json *rule = json_at(json_path(docs.docs[0], "rules"), 0);
    CLEANUP_STR char *names = json_print(json_path(rule, "resourceNames"));
    CLEANUP_STR char *verbs = json_print(json_path(rule, "verbs"));
    CLEANUP_STR char *subjects = json_print(json_path(docs.docs[1], "subjects"));
    assert_string_equal(json_path_text(docs.docs[0], "kind"), "Role");
    assert_string_equal(json_path_text(docs.docs[0], "metadata.namespace"), "shop");
    assert_string_equal(names, "[\"123\",\"v\"]");
    assert_string_equal(verbs, "[\"get\"]");
    assert_string_equal(json_path_text(docs.docs[1], "kind"), "RoleBinding");
    assert_string_equal(subjects, "[{\"kind\":\"ServiceAccount\",\"name\":\"lockstep\","
                                  "\"namespace\":\"lockstep-system\"}]");
}

/* One Role for both kinds; a ConfigMap alone has no rule about Secrets. */
static void role_of_config_maps(void **state)
{
    struct check_roles r;
    CLEANUP_STR_BUF struct str_buf out;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    str_buf_init(&out, OUTPUT_MAX);
    (void)state;
    check_roles_init(&r);
    collect(SPEC("[{configMap: {name: c}}]"), &r);
    const struct check_namespace *shop = map_get(r.namespaces, "shop");
    struct check_name *c = map_get(shop->names[CHECK_CONFIG_MAP], "c");
    c->is_missing = true;
    check_roles_print(&r, "lockstep-system", "lockstep", &out);
    collect(SPEC("[{secret: {name: s}}]"), &r);
    check_roles_print(&r, "lockstep-system", "lockstep", &out);
    check_roles_done(&r);
    assert_null(yaml_parse(out.s, out.n, &docs));
    assert_int_equal(docs.n, 4);
    CLEANUP_STR char *alone = json_print(json_path(docs.docs[0], "rules"));
    CLEANUP_STR char *both = json_print(json_path(docs.docs[2], "rules"));
    assert_string_equal(alone, "[{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],"
                               "\"resourceNames\":[\"c\"],\"verbs\":[\"get\"]}]");
    assert_string_equal(both, "[{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],"
                              "\"resourceNames\":[\"s\"],\"verbs\":[\"get\"]},"
                              "{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],"
                              "\"resourceNames\":[\"c\"],\"verbs\":[\"get\"]}]");
}

struct name_row {
    const char *name;
    bool want;
    const char *text; /* NULL: as name */
};

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_NAME A64 A64 A64 A64

static const struct name_row name_rows[] = {
    {"a", true, NULL},     {"a-b.c9", true, NULL},
    {"9", true, NULL},     {"empty", false, ""},
    {"-a", false, NULL},   {"a-", false, NULL},
    {".a", false, NULL},   {"A", false, NULL},
    {"a_b", false, NULL},  {"newline", false, "a\nb"},
    {"a\"b", false, NULL}, {"a b", false, NULL},
    {"a:b", false, NULL},  {"too long", false, LONG_NAME},
};

static void names_checked(void **state)
{
    const struct name_row *row = *state;
    assert_int_equal(check_role_is_name(row->text ? row->text : row->name), row->want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_yaml),
        cmocka_unit_test(role_of_config_maps),
    };
    return TABLE_RUN("check_roles", role_rows, roles) +
           TABLE_RUN("check_names", name_rows, names_checked) + GROUP_RUN("check_role", tests);
}
