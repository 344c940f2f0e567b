/* ClusterExternalSecrets: what is read, what is refused, which namespaces are meant. */

#include "spec/cluster_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

#define TARGET                                                                                     \
    "externalSecretSpec: {secretStoreRef: {name: st}, data: [{secretKey: a, remoteRef: {key: "     \
    "x}}]}"
#define OBJECT(spec) "{metadata: {name: db, uid: u1}, spec: {" TARGET ", " spec "}}"
#define MAX_NAME                                                                                   \
    "a23456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."   \
    "123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."   \
    "123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."

static struct json *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    return json_copy(docs.docs[0]);
}

static struct cluster_spec *read_spec(const char *yaml)
{
    CLEANUP(json) struct json *j = parse(yaml);
    return cluster_spec_parse(j);
}

struct problem_row {
    const char *name, *yaml, *want; /* want NULL: none */
};

static const struct problem_row problem_rows[] = {
    {"nothing but the spec", "{metadata: {name: db}, spec: {" TARGET "}}", NULL},
    {"all members",
     OBJECT("externalSecretName: app, externalSecretMetadata: {labels: {a: b}, annotations: {c: "
            "d}}, namespaceSelector: {}, namespaceSelectors: [{matchLabels: {e: f}}, null], "
            "namespaces: [shop], refreshTime: 1m"),
     NULL},
    {"no spec", "{metadata: {name: db}}", "spec.externalSecretSpec is missing"},
    {"no target", "{metadata: {name: db}, spec: {namespaces: []}}",
     "spec.externalSecretSpec is missing"},
    {"a mistake in the target", "{metadata: {name: db}, spec: {externalSecretSpec: {data: []}}}",
     "spec.externalSecretSpec: spec.data and spec.dataFrom are both empty"},
    {"unknown member", OBJECT("namespaceRegexes: []"), "spec.namespaceRegexes is not supported"},
    {"unknown metadata", OBJECT("externalSecretMetadata: {finalizers: []}"),
     "spec.externalSecretMetadata.finalizers is not supported"},
    {"labels that are no texts", OBJECT("externalSecretMetadata: {labels: {a: 1}}"),
     "spec.externalSecretMetadata.labels.a must be a text"},
    {"a name that is none", OBJECT("externalSecretName: A"),
     "spec.externalSecretName is no object name"},
    {"a selector that is wrong",
     OBJECT("namespaceSelectors: [{}, {matchExpressions: [{key: a, operator: Is}]}]"),
     "spec.namespaceSelectors[1].matchExpressions[0].operator \"Is\" is not supported"},
    {"a single selector that is wrong", OBJECT("namespaceSelector: {names: []}"),
     "spec.namespaceSelector.names is not supported"},
    {"selectors that are no list", OBJECT("namespaceSelectors: {}"),
     "spec.namespaceSelectors must be a list"},
    {"namespaces that are no texts", OBJECT("namespaces: [1]"),
     "spec.namespaces must be a list of texts"},
    {"a time that is no duration", OBJECT("refreshTime: soon"), "spec.refreshTime: "},
    {"a time that is a number", OBJECT("refreshTime: 60"), "spec.refreshTime: "},
};

static void one_problem(void **state)
{
    const struct problem_row *r = *state;
    CLEANUP(cluster_spec) struct cluster_spec *s = read_spec(r->yaml);
    assert_non_null(s);
    assert_non_null(s->target);
    assert_non_null(s->target_name);
    if (!r->want)
        assert_null(s->problem);
    else
        assert_non_null(strstr(s->problem ? s->problem : "", r->want));
}

struct select_row {
    const char *name, *spec, *ns, *labels;
    bool want;
};

static const struct select_row select_rows[] = {
    {"nothing asked for", "namespaces: []", "shop", "{}", false},
    {"by name", "namespaces: [web, shop]", "shop", "{}", true},
    {"another name", "namespaces: [web]", "shop", "{}", false},
    {"an empty selector", "namespaceSelector: {}", "shop", "{}", true},
    {"the single selector", "namespaceSelector: {matchLabels: {a: b}}", "shop", "{a: b}", true},
    {"no selector fits", "namespaceSelectors: [{matchLabels: {a: b}}, {matchLabels: {c: d}}]",
     "shop", "{e: f}", false},
    {"the second fits", "namespaceSelectors: [{matchLabels: {a: b}}, {matchLabels: {c: d}}]",
     "shop", "{c: d}", true},
    {"single or list",
     "namespaceSelector: {matchLabels: {a: b}}, namespaceSelectors: [{matchLabels: {c: d}}]",
     "shop", "{c: d}", true},
    {"selector or name", "namespaceSelector: {matchLabels: {a: b}}, namespaces: [shop]", "shop",
     "{}", true},
    {"null selects nothing", "namespaceSelectors: [null]", "shop", "{}", false},
};

static void one_selection(void **state)
{
    const struct select_row *r = *state;
    CLEANUP_STR char *yaml = xasprintf("{metadata: {name: db}, spec: {" TARGET ", %s}}", r->spec);
    CLEANUP(cluster_spec) struct cluster_spec *s = read_spec(yaml);
    CLEANUP(json) struct json *j = parse(r->labels);
    CLEANUP(map) struct map *labels = map_new(free);
    for (const struct json *l = json_first(j); l; l = json_next(l))
        map_set(labels, json_name(l), xstrdup(json_text(l)));
    assert_null(s->problem);
    assert_int_equal(cluster_spec_selects(s, r->ns, labels), r->want);
}

struct digest_row {
    const char *name, *a, *b;
    bool is_equal;
};

static const struct digest_row digest_rows[] = {
    {"the same", OBJECT("namespaces: []"), OBJECT("namespaces: []"), true},
    {"namespaces do not count", OBJECT("namespaces: []"), OBJECT("namespaces: [a]"), true},
    {"a label", OBJECT("externalSecretMetadata: {labels: {a: b}}"), OBJECT("namespaces: []"),
     false},
    {"label or annotation", OBJECT("externalSecretMetadata: {labels: {a: b}}"),
     OBJECT("externalSecretMetadata: {annotations: {a: b}}"), false},
    {"the target",
     "{metadata: {name: db}, spec: {externalSecretSpec: {refreshInterval: 1h, data: []}}}",
     "{metadata: {name: db}, spec: {externalSecretSpec: {refreshInterval: 2h, data: []}}}", false},
    {"force-sync",
     "{metadata: {name: db, annotations: {external-secrets.io/force-sync: '1'}}, spec: {" TARGET
     "}}",
     "{metadata: {name: db, annotations: {external-secrets.io/force-sync: '2'}}, spec: {" TARGET
     "}}",
     false},
    {"other annotations", "{metadata: {name: db, annotations: {a: '1'}}, spec: {" TARGET "}}",
     "{metadata: {name: db, annotations: {a: '2'}}, spec: {" TARGET "}}", true},
};

static void one_digest(void **state)
{
    const struct digest_row *r = *state;
    CLEANUP(cluster_spec) struct cluster_spec *a = read_spec(r->a);
    CLEANUP(cluster_spec) struct cluster_spec *b = read_spec(r->b);
    assert_int_equal(strcmp(a->digest, b->digest) == 0, r->is_equal);
}

static void defaults_and_members(void **state)
{
    CLEANUP(cluster_spec) struct cluster_spec *bare = read_spec(OBJECT("namespaces: []"));
    CLEANUP(cluster_spec)
    struct cluster_spec *full = read_spec(
        "{metadata: {name: db, annotations: {external-secrets.io/force-sync: now}}, status: "
        "{externalSecretName: old}, spec: {" TARGET ", externalSecretName: app, refreshTime: 90s, "
        "externalSecretMetadata: {labels: {a: b}, annotations: {c: d}}}}");
    (void)state;
    assert_string_equal(bare->target_name, "db");
    assert_int_equal(bare->refresh_interval_ns, CLUSTER_SPEC_REFRESH_DEFAULT_NS);
    assert_int_equal(bare->annotations->n, 0);
    assert_int_equal(json_count(bare->status), 0);
    assert_string_equal(full->target_name, "app");
    assert_int_equal(full->refresh_interval_ns, 90 * (int64_t)1000000000);
    assert_string_equal(map_get(full->labels, "a"), "b");
    assert_string_equal(map_get(full->annotations, "c"), "d");
    assert_string_equal(map_get(full->annotations, CLUSTER_SPEC_FORCE_SYNC), "now");
    assert_string_equal(json_path_text(full->status, "externalSecretName"), "old");
}

/* Only what the object itself says is handed on, not what its template for metadata says. */
static void force_sync_comes_from_the_object(void **state)
{
    CLEANUP(cluster_spec)
    struct cluster_spec *s = read_spec(OBJECT(
        "externalSecretMetadata: {annotations: {external-secrets.io/force-sync: '1', c: d}}"));
    (void)state;
    assert_null(map_get(s->annotations, CLUSTER_SPEC_FORCE_SYNC));
    assert_string_equal(map_get(s->annotations, "c"), "d");
}

static void deletion(void **state)
{
    CLEANUP(cluster_spec)
    struct cluster_spec *gone = read_spec("{metadata: {name: db, deletionTimestamp: x}, spec: {}}");
    CLEANUP(cluster_spec)
    struct cluster_spec *orphaning = read_spec(
        "{metadata: {name: db, deletionTimestamp: x, finalizers: [a, orphan]}, spec: {}}");
    CLEANUP(cluster_spec)
    struct cluster_spec *alive =
        read_spec("{metadata: {name: db, finalizers: [orphan]}, spec: {}}");
    (void)state;
    assert_true(gone->meta.is_deleting && !gone->is_orphaning);
    assert_true(orphaning->meta.is_deleting && orphaning->is_orphaning);
    assert_true(!alive->meta.is_deleting && !alive->is_orphaning);
}

static void no_name_is_no_object(void **state)
{
    (void)state;
    assert_null(read_spec("{spec: {}}"));
    assert_null(read_spec("{metadata: {name: ''}}"));
    assert_null(read_spec("{metadata: {name: " MAX_NAME "}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_members),
        cmocka_unit_test(force_sync_comes_from_the_object),
        cmocka_unit_test(deletion),
        cmocka_unit_test(no_name_is_no_object),
    };
    return TABLE_RUN("cluster_spec_problems", problem_rows, one_problem) +
           TABLE_RUN("cluster_spec_selects", select_rows, one_selection) +
           TABLE_RUN("cluster_spec_digest", digest_rows, one_digest) +
           GROUP_RUN("cluster_spec", tests);
}
