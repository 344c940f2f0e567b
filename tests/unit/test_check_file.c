/* What is said about manifests: one row per mistake that a parser alone does not find, and what is
 * read from which kind of path. */
#include "cmd/check_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/support/table.h"
#include "tests/support/tmp_dir.h"

#define V1 "apiVersion: external-secrets.io/v1\n"
#define ES(name, spec)                                                                             \
    "---\n" V1 "kind: ExternalSecret\nmetadata: {name: " name ", namespace: shop}\nspec:\n"        \
    "  secretStoreRef: {name: s}\n" spec
#define DATA "  data: [{secretKey: k, remoteRef: {key: r}}]\n"
#define TEMPLATE(text) ES("a", DATA "  target: {template: " text "}\n")
#define FROM(text) ES("a", "  dataFrom: [" text "]\n")
#define REWRITE(text) FROM("{extract: {key: r}, rewrite: [" text "]}")
#define STORE(name, rest)                                                                          \
    "---\n" V1 "kind: SecretStore\nmetadata: {name: " name ", namespace: shop}\nspec: {" rest "}"  \
    "\n"
#define CLUSTER(name, rest)                                                                        \
    "---\n" V1 "kind: ClusterSecretStore\nmetadata: {name: " name "}\nspec: {" rest "}\n"
#define CES(spec)                                                                                  \
    "---\n" V1 "kind: ClusterExternalSecret\nmetadata: {name: ces}\nspec:\n"                       \
    "  namespaces: [a]\n  externalSecretSpec:\n"                                                   \
    "    secretStoreRef: {name: c, kind: ClusterSecretStore}\n" spec
#define DATA_IN "    data: [{secretKey: k, remoteRef: {key: r}}]\n"
#define PUSH(rest)                                                                                 \
    "---\napiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\n"                            \
    "metadata: {name: p, namespace: shop}\nspec:\n  secretStoreRefs: [{name: s}]\n"                \
    "  selector: {secret: {name: x}}\n" rest
#define FAKE "provider: {fake: {data: []}}"
#define CONFIG_MAP                                                                                 \
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n"                 \
    "data: {good: '{{ .k }}', bad: '{{ .k'}\nbinaryData: {raw: AAA=}\n"
#define SECRET                                                                                     \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: shop}\n"                    \
    "data: {a: e3sgLms=}\nstringData: {b: '{{ .k'}\n"
#define FROM_MAP(key) TEMPLATE("{templateFrom: [{configMap: {name: c, items: [{key: " key "}]}}]}")
#define FROM_SECRET(key) TEMPLATE("{templateFrom: [{secret: {name: c, items: [{key: " key "}]}}]}")

#define AT "m.yaml:1: ExternalSecret shop/a: "

struct row {
    const char *name, *yaml;
    const char *want; /* all that is said, line by line, each as far as given; "" for nothing */
    size_t n_problems;
    bool is_pure;
};

static const struct row rows[] = {
    {"nothing wrong", ES("a", DATA) STORE("s", FAKE), "", 0, false},
    {"a problem of the parser", ES("a", DATA "  targt: {}\n"),
     AT "spec.targt is not supported, did you mean target?\n", 1, false},
    {"a number as interval", ES("a", DATA "  refreshInterval: 0\n"),
     AT "spec.refreshInterval must be a text", 1, false},
    {"an object without name", V1 "kind: ExternalSecret\nmetadata: {namespace: shop}\n",
     "m.yaml:1: ExternalSecret: metadata.name is missing or no object name\n", 1, false},
    {"two without a name", V1 "kind: ExternalSecret\n---\n" V1 "kind: ExternalSecret\n",
     "m.yaml:1: ExternalSecret: metadata.name is missing or no object name\n"
     "m.yaml:2: ExternalSecret: metadata.name is missing or no object name\n",
     2, false},
    {"a version that is none",
     "apiVersion: external-secrets.io/v2\nkind: ExternalSecret\nmetadata: {name: a}\n",
     "m.yaml:1: ExternalSecret \"a\": apiVersion external-secrets.io/v2 is not supported\n", 1,
     false},
    {"a Secret of no name", "apiVersion: v1\nkind: Secret\nmetadata: {name: A/B}\n",
     "m.yaml:1: Secret: metadata.name is missing or no object name\n", 1, false},
    {"an ExternalSecret of others",
     "apiVersion: example.com/v1\nkind: ExternalSecret\nmetadata: {name: a}\n",
     "m.yaml:1: ExternalSecret a: not checked", 0, false},
    {"no manifest", "a: b\n", "m.yaml:1: apiVersion or kind is missing\n", 1, false},
    {"no YAML", "a: [\n", "m.yaml: line 2, column 1: ", 1, false},

    {"a find's expression", FROM("{find: {name: {regexp: '('}}}"),
     AT "spec.dataFrom[0].find.name.regexp: error parsing regexp: ", 1, false},
    {"a rewrite's expression",
     REWRITE("{regexp: {source: a, target: b}}, {regexp: {source: '[', target: b}}"),
     AT "spec.dataFrom[0].rewrite[1].regexp.source: error parsing regexp: ", 1, false},
    {"a transform", REWRITE("{transform: {template: '{{ .value'}}"),
     AT "spec.dataFrom[0].rewrite[0].transform.template: template: transform:1: ", 1, false},
    {"a merge", REWRITE("{merge: {}}"), "", 0, false},

    {"templates",
     TEMPLATE("{data: {a: '{{ .k', b: '{{ .k }}'}, metadata: {labels: {l: '{{ nope }}'}, "
              "annotations: {n: '{{ end }}'}}}"),
     AT "spec.target.template.data.a: template: a:1: \n" AT
        "spec.target.template.metadata.labels.l: template: l:1: function \"nope\" not defined\n" AT
        "spec.target.template.metadata.annotations.n: template: n:1: ",
     3, false},
    {"a literal", TEMPLATE("{templateFrom: [{literal: 'a: b'}, {literal: '{{ .k'}]}"),
     AT "spec.target.template.templateFrom[1].literal: template: templateFrom[1].literal:1: ", 1,
     false},
    {"a random template", TEMPLATE("{data: {a: '{{ uuidv4 }}', b: '{{ .k }}'}}"),
     AT "spec.target.template.data.a: calls functions that are random", 1, true},
    {"a random template that may be", TEMPLATE("{data: {a: '{{ uuidv4 }}'}}"), "", 0, false},
    {"a template of a ConfigMap", FROM_MAP("good") CONFIG_MAP, "", 0, false},
    {"a broken template of a ConfigMap", FROM_MAP("bad") CONFIG_MAP,
     AT "spec.target.template.templateFrom[0].configMap: template: bad:1: ", 1, false},
    {"a key that the ConfigMap has not", FROM_MAP("gone") CONFIG_MAP,
     AT "spec.target.template.templateFrom[0].configMap: ConfigMap \"c\" (m.yaml:2) has no key "
        "\"gone\"\n",
     1, false},
    {"binary data of a ConfigMap", FROM_MAP("raw") CONFIG_MAP, "", 0, false},
    {"a ConfigMap that is elsewhere", FROM_MAP("gone"), "", 0, false},
    {"what a Secret holds is not looked at", FROM_SECRET("a") SECRET, "", 0, false},
    {"nor its texts", FROM_SECRET("b") SECRET, "", 0, false},
    {"a key that the Secret has not", FROM_SECRET("gone") SECRET,
     AT "spec.target.template.templateFrom[0].secret: Secret \"c\" (m.yaml:2) has no key", 1,
     false},

    {"a store of an unknown provider", STORE("s", "provider: {vualt: {}}"),
     "m.yaml:1: SecretStore shop/s: spec.provider.vualt is not supported\n", 1, false},
    {"a provider's own problem", STORE("s", "provider: {fake: {data: [{key: a}]}}"),
     "m.yaml:1: SecretStore shop/s: spec.provider.fake.data[0].value must be a text\n", 1, false},
    {"an expression of a cluster store",
     CLUSTER("s", FAKE ", conditions: [{namespaceRegexes: "
                       "['(']}]"),
     "m.yaml:1: ClusterSecretStore s: spec.conditions[0].namespaceRegexes[0]: error parsing regexp",
     1, false},
    {"a store with problems", ES("a", DATA) STORE("s", "provider: {}"),
     AT "store of spec.data[0]: SecretStore \"s\" (m.yaml:2) has problems of its own\n"
        "m.yaml:2: SecretStore shop/s: spec.provider is missing\n",
     2, false},
    {"a store of another kind", ES("a", DATA) CLUSTER("s", FAKE),
     AT "store of spec.data[0]: no SecretStore \"s\" is among these files, but a "
        "ClusterSecretStore is (m.yaml:2): is another kind meant?\n",
     0, false},
    {"a cluster store for others",
     ES("a", "  dataFrom: [{extract: {key: r}, sourceRef: {storeRef: {name: c, kind: "
             "ClusterSecretStore}}}]\n") CLUSTER("c", FAKE ", conditions: [{namespaces: [b]}]"),
     AT "store of spec.dataFrom[0]: ClusterSecretStore \"c\" (m.yaml:2) is not for namespace "
        "shop, see its spec.conditions\n",
     1, false},
    {"a cluster store for labels",
     ES("a", "  dataFrom: [{extract: {key: r}, sourceRef: {storeRef: {name: c, kind: "
             "ClusterSecretStore}}}]\n")
         CLUSTER("c", FAKE ", conditions: [{namespaceSelector: {matchLabels: {a: b}}}]"),
     "", 0, false},

    {"a ClusterExternalSecret", CES(DATA_IN) CLUSTER("c", FAKE), "", 0, false},
    {"its own problem", CES(DATA_IN "  namespaceSelectr: {}\n"),
     "m.yaml:1: ClusterExternalSecret ces: spec.namespaceSelectr is not supported, did you mean "
     "namespaceSelector?\n",
     1, false},
    {"a problem of what it makes", CES("    data: [{secretKey: k}]\n"),
     "m.yaml:1: ClusterExternalSecret ces: spec.externalSecretSpec: spec.data[0].remoteRef.key is "
     "missing\n",
     1, false},
    {"a template of what it makes", CES(DATA_IN "    target: {template: {data: {a: '{{ .k'}}}\n"),
     "m.yaml:1: ClusterExternalSecret ces: spec.externalSecretSpec: spec.target.template.data.a: "
     "template: a:1: ",
     1, false},
    {"a store of what it makes", CES(DATA_IN) CLUSTER("c", "provider: {}"),
     "m.yaml:1: ClusterExternalSecret ces: spec.externalSecretSpec: store of spec.data[0]: "
     "ClusterSecretStore \"c\" (m.yaml:2) has problems of its own\n"
     "m.yaml:2: ClusterSecretStore c: spec.provider is missing\n",
     2, false},
    {"a ClusterExternalSecret of no version",
     "apiVersion: external-secrets.io/v1alpha1\nkind: ClusterExternalSecret\n"
     "metadata: {name: a}\n",
     "m.yaml:1: ClusterExternalSecret \"a\": apiVersion external-secrets.io/v1alpha1 is not "
     "supported\n",
     1, false},

    {"a PushSecret", PUSH("") STORE("s", FAKE), "", 0, false},
    {"its own problem", PUSH("  updatePolicy: Often\n"),
     "m.yaml:1: PushSecret shop/p: spec.updatePolicy \"Often\" is not supported: want Replace", 1,
     false},
    {"its store", PUSH("") STORE("s", "provider: {}"),
     "m.yaml:1: PushSecret shop/p: store of spec.secretStoreRefs[0]: SecretStore \"s\" (m.yaml:2) "
     "has problems of its own\n"
     "m.yaml:2: SecretStore shop/s: spec.provider is missing\n",
     2, false},
    {"its expressions",
     PUSH("  dataTo: [{storeRef: {name: s}, match: {regexp: '('}, rewrite: [{regexp: {source: '[', "
          "target: a}}, {transform: {template: '{{'}}]}]\n"),
     "m.yaml:1: PushSecret shop/p: spec.dataTo[0].match.regexp: error parsing regexp: \n"
     "m.yaml:1: PushSecret shop/p: spec.dataTo[0].rewrite[0].regexp.source: error parsing regexp: "
     "\n"
     "m.yaml:1: PushSecret shop/p: spec.dataTo[0].rewrite[1].transform.template: template: ",
     3, false},
    {"its template", PUSH("  template: {data: {a: '{{ nope }}'}}\n"),
     "m.yaml:1: PushSecret shop/p: spec.template.data.a: template: a:1: function \"nope\" not "
     "defined\n",
     1, false},
    {"a PushSecret of no name",
     "apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: A}\n",
     "m.yaml:1: PushSecret A: metadata.name or metadata.namespace is no object name\n", 1, false},

    {"one object twice", ES("a", DATA) ES("a", DATA),
     "m.yaml:2: ExternalSecret shop/a: metadata.name: m.yaml:1 has an object of that name "
     "already\n",
     1, false},
    {"one Secret of two", ES("a", DATA) ES("b", DATA "  target: {name: a}\n"),
     "m.yaml:2: ExternalSecret shop/b: spec.target.name: ExternalSecret \"a\" (m.yaml:1) owns "
     "Secret \"a\"\n",
     1, false},
    {"one Secret merged by two",
     ES("a", DATA) ES("b", DATA "  target: {name: a, creationPolicy: Merge}\n"), "", 0, false},

    {"a Secret and a ConfigMap of one name",
     ES("a", DATA)
         ES("b", DATA "  target: {name: a, manifest: {apiVersion: v1, kind: ConfigMap}}\n"),
     "", 0, false},

    {"kinds that are not read",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\n"
     "apiVersion: secrets-store.csi.x-k8s.io/v2\nkind: SecretProviderClass\nmetadata: {name: p}\n",
     "m.yaml:1: Deployment web: not checked, Lockstep does not read this kind\n"
     "m.yaml:2: SecretProviderClass \"p\": apiVersion secrets-store.csi.x-k8s.io/v2 is not "
     "supported\n",
     1, false},
    {"a list",
     "apiVersion: v1\nkind: List\nitems:\n- " V1 "  kind: SecretStore\n"
     "  metadata: {name: s}\n  spec: {" FAKE "}\n- " V1 "  kind: SecretStore\n"
     "  metadata: {name: t}\n  spec: {}\n",
     "m.yaml:1: SecretStore default/t: spec.provider is missing\n", 1, false},
    {"a list of the API server",
     "apiVersion: external-secrets.io/v1\nkind: SecretStoreList\nitems: [{apiVersion: "
     "external-secrets.io/v1, kind: SecretStore, metadata: {name: t}, spec: {}}]\n",
     "m.yaml:1: SecretStore default/t: spec.provider is missing\n", 1, false},
};

/* Does text consist of lines that begin as those of want do? */
static bool fits(const char *text, const char *want)
{
    while (*want && *text) {
        size_t n = strcspn(want, "\n");
        if (strncmp(text, want, n) != 0)
            return false;
        want += n + (want[n] == '\n');
        text += strcspn(text, "\n") + 1;
    }
    return !*want && !*text;
}

static char *said(const struct check_input *in, size_t *n_problems)
{
    CLEANUP_STR_BUF struct str_buf all;
    str_buf_init(&all, CHECK_LINES_MAX);
    *n_problems = 0;
    for (size_t i = 0; i < in->n; i++) {
        str_buf_puts(&all, in->objects[i].lines.s);
        *n_problems += in->objects[i].n_problems;
    }
    return str_buf_take(&all);
}

static void put(const struct tmp_dir *d, const char *name, const char *text)
{
    CLEANUP_FD int fd = -1;
    assert_null(fs_open(d->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd));
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Paths are told as they were given; tests look at them without their folder. */
static void cut_folder(struct check_input *in, const struct tmp_dir *d)
{
    size_t n = strlen(d->path) + 1;
    for (size_t i = 0; i < in->n; i++) {
        char *where = in->objects[i].where;
        if (strncmp(where, d->path, n - 1) == 0)
            memmove(where, where + n, strlen(where + n) + 1);
    }
}

static void one_row(void **state)
{
    const struct row *r = *state;
    const struct check_file_options options = {.is_pure = r->is_pure};
    struct check_input in = {0};
    CLEANUP_TMP_DIR struct tmp_dir d;
    size_t n_problems;
    tmp_dir_init(&d);
    put(&d, "m.yaml", r->yaml);
    assert_null(check_input_add(&in, d.path));
    check_file_run(&in, &options);
    CLEANUP_STR char *got = said(&in, &n_problems);
    check_input_done(&in);
    if (!fits(got, r->want))
        fail_msg("said: %s", got);
    assert_int_equal(n_problems, r->n_problems);
}

/* A folder's manifests alone, and a file of any name. */
static void paths(void **state)
{
    (void)state;
    struct check_input in = {0};
    CLEANUP_TMP_DIR struct tmp_dir d;
    tmp_dir_init(&d);
    put(&d, "b.yaml", ES("b", DATA));
    put(&d, "a.json",
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}");
    put(&d, "values.txt", ES("t", DATA));
    CLEANUP_STR char *file = xasprintf("%s/values.txt", d.path);
    assert_null(check_input_add(&in, d.path));
    assert_null(check_input_add(&in, file));
    cut_folder(&in, &d);
    assert_int_equal(in.n, 3);
    assert_string_equal(in.objects[0].where, "a.json:1");
    assert_string_equal(in.objects[1].where, "b.yaml:1");
    assert_string_equal(in.objects[2].where, "values.txt:1");
    assert_ptr_equal(check_input_find(&in, "ExternalSecret", "shop", "t"), &in.objects[2]);
    assert_ptr_equal(check_input_find(&in, "ConfigMap", "default", "c"), &in.objects[0]);
    assert_null(check_input_find(&in, "ExternalSecret", "default", "t"));
    check_input_done(&in);
}

static void paths_that_cannot_be_read(void **state)
{
    (void)state;
    struct check_input in = {0};
    CLEANUP(err) struct err *e = check_input_add(&in, "/nonexistent/a.yaml");
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    assert_int_equal(in.n, 0);
    check_input_done(&in);
}

/* A file that ends in the middle of things does not hide the others of its folder. */
static void a_broken_file_of_several(void **state)
{
    (void)state;
    struct check_input in = {0};
    CLEANUP_TMP_DIR struct tmp_dir d;
    size_t n_problems;
    tmp_dir_init(&d);
    put(&d, "a.yaml", "a: [\n");
    put(&d, "b.yaml", STORE("s", "provider: {}"));
    const struct check_file_options options = {0};
    assert_null(check_input_add(&in, d.path));
    check_file_run(&in, &options);
    CLEANUP_STR char *got = said(&in, &n_problems);
    check_input_done(&in);
    assert_true(fits(got, "a.yaml: line 2\nb.yaml:1: SecretStore shop/s: spec.provider\n"));
    assert_int_equal(n_problems, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(paths_that_cannot_be_read),
        cmocka_unit_test(a_broken_file_of_several),
    };
    return TABLE_RUN("check_file", rows, one_row) + GROUP_RUN("check_input", tests);
}
