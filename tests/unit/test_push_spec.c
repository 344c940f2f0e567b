/* What a PushSecret says, and what of it is refused by name. */

#include "spec/push_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

#define HEAD "metadata: {name: app, namespace: team}\nspec:\n"
#define STORE "  secretStoreRefs: [{name: s}]\n"
#define SECRET "  selector: {secret: {name: db}}\n"
#define DATA "  data: [{match: {secretKey: k, remoteRef: {remoteKey: r}}}]\n"
#define GOOD HEAD STORE SECRET
#define TO(rest) GOOD "  dataTo: [{storeRef: {name: s}, " rest "}]\n"

static struct json *parse_yaml(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    return json_copy(docs.docs[0]);
}

static struct push_spec *parse(const char *yaml)
{
    CLEANUP(json) struct json *j = parse_yaml(yaml);
    struct push_spec *s = push_spec_parse(j);
    assert_non_null(s);
    return s;
}

struct row {
    const char *name, *yaml;
    const char *problem; /* NULL: none */
};

static const struct row rows[] = {
    {"minimal", GOOD DATA, NULL},
    {"nothing to push", GOOD, NULL},
    {"null members are absent", GOOD DATA "  dataTo: null\n  template: null\n", NULL},
    {"unknown member", GOOD DATA "  target: {}\n", "spec.target is not supported"},
    {"interval", GOOD DATA "  refreshInterval: 1h30m\n", NULL},
    {"no interval", GOOD DATA "  refreshInterval: soon\n", "spec.refreshInterval: "},
    {"a number is no interval", GOOD DATA "  refreshInterval: 5\n", "spec.refreshInterval: "},
    {"update policy", GOOD DATA "  updatePolicy: IfNotExists\n", NULL},
    {"unknown update policy", GOOD DATA "  updatePolicy: Merge\n",
     "spec.updatePolicy \"Merge\" is not supported"},
    {"deletion policy", GOOD DATA "  deletionPolicy: Delete\n", NULL},
    {"unknown deletion policy", GOOD DATA "  deletionPolicy: Retain\n",
     "spec.deletionPolicy \"Retain\" is not supported"},
    {"no store", HEAD SECRET DATA, "spec.secretStoreRefs is empty"},
    {"stores are a map", HEAD SECRET DATA "  secretStoreRefs: {name: s}\n",
     "spec.secretStoreRefs must be a list"},
    {"a store by nothing", HEAD SECRET "  secretStoreRefs: [{kind: SecretStore}]\n",
     "spec.secretStoreRefs[0] needs one of name and labelSelector"},
    {"unknown kind of store", HEAD SECRET "  secretStoreRefs: [{name: s, kind: Store}]\n",
     "spec.secretStoreRefs[0].kind \"Store\" is not supported"},
    {"unknown member of a store", HEAD SECRET "  secretStoreRefs: [{name: s, ns: a}]\n",
     "spec.secretStoreRefs[0].ns is not supported"},
    {"a store's labels", HEAD SECRET "  secretStoreRefs: [{labelSelector: {labels: a}}]\n",
     "spec.secretStoreRefs[0].labelSelector.labels is not supported"},
    {"no source", HEAD STORE DATA, "spec.selector.secret needs one of name and selector"},
    {"a generator", HEAD STORE "  selector: {generatorRef: {kind: Password, name: p}}\n",
     "spec.selector.generatorRef is not supported"},
    {"unknown member of the source", HEAD STORE "  selector: {secret: {name: a, key: b}}\n",
     "spec.selector.secret.key is not supported"},
    {"a source by labels", HEAD STORE "  selector: {secret: {selector: {matchLabels: {a: b}}}}\n",
     NULL},
    {"labels of the source", HEAD STORE "  selector: {secret: {selector: {matchLabels: [a]}}}\n",
     "spec.selector.secret.selector.matchLabels must be a map"},
    {"no remote key", GOOD "  data: [{match: {secretKey: k, remoteRef: {}}}]\n",
     "spec.data[0].match.remoteRef.remoteKey is missing"},
    {"no match", GOOD "  data: [{}]\n", "spec.data[0].match.remoteRef.remoteKey is missing"},
    {"unknown member of data", GOOD "  data: [{key: a}]\n", "spec.data[0].key is not supported"},
    {"unknown member of match", GOOD "  data: [{match: {key: a}}]\n",
     "spec.data[0].match.key is not supported"},
    {"unknown member of remoteRef", GOOD "  data: [{match: {remoteRef: {key: a}}}]\n",
     "spec.data[0].match.remoteRef.key is not supported"},
    {"a secret key is a number", GOOD "  data: [{match: {secretKey: 1}}]\n",
     "spec.data[0].match.secretKey must be a text"},
    {"conversion",
     GOOD "  data: [{match: {remoteRef: {remoteKey: r}}, conversionStrategy: "
          "ReverseUnicode}]\n",
     NULL},
    {"unknown conversion",
     GOOD "  data: [{match: {remoteRef: {remoteKey: r}}, conversionStrategy: Unicode}]\n",
     "spec.data[0].conversionStrategy \"Unicode\" is not supported"},
    {"data is a map", GOOD "  data: {}\n", "spec.data must be a list"},
    {"bulk",
     TO("match: {regexp: a}, rewrite: [{regexp: {source: a, target: b}}, {transform: "
        "{template: c}}], metadata: {a: b}, conversionStrategy: None"),
     NULL},
    {"bulk in one", TO("remoteKey: all"), NULL},
    {"bulk in one, rewritten", TO("remoteKey: all, rewrite: [{transform: {template: c}}]"),
     "spec.dataTo[0] must not have both remoteKey and rewrite"},
    {"bulk merged", TO("rewrite: [{merge: {}}]"),
     "spec.dataTo[0].rewrite[0].merge is not supported"},
    {"bulk rewritten by nothing", TO("rewrite: [{}]"), "spec.dataTo[0].rewrite[0] must have"},
    {"unknown member of bulk", TO("secretKey: a"), "spec.dataTo[0].secretKey is not supported"},
    {"unknown member of match of bulk", TO("match: {name: a}"),
     "spec.dataTo[0].match.name is not supported"},
    {"unknown conversion of bulk", TO("conversionStrategy: Default"),
     "spec.dataTo[0].conversionStrategy \"Default\" is not supported"},
    {"bulk to no store", GOOD "  dataTo: [{}]\n", "spec.dataTo[0].storeRef is missing"},
    {"bulk to an empty store", GOOD "  dataTo: [{storeRef: {}}]\n",
     "spec.dataTo[0].storeRef needs one of name and labelSelector"},
    {"bulk to another store", GOOD "  dataTo: [{storeRef: {name: t}}]\n",
     "spec.dataTo[0].storeRef \"t\" is not in spec.secretStoreRefs"},
    {"bulk to a store of another kind",
     GOOD "  dataTo: [{storeRef: {name: s, kind: ClusterSecretStore}}]\n",
     "spec.dataTo[0].storeRef \"s\" is not in spec.secretStoreRefs"},
    {"bulk to stores by labels", GOOD "  dataTo: [{storeRef: {labelSelector: {}}}]\n", NULL},
    {"bulk is a map", GOOD "  dataTo: {}\n", "spec.dataTo must be a list"},
    {"template", GOOD "  template: {data: {a: '{{ .b }}'}, metadata: {labels: {a: b}}}\n", NULL},
    {"a problem of the template", GOOD "  template: {dat: {}}\n",
     "spec.template.dat is not supported"},
    {"a template that is a text", GOOD "  template: a\n", "spec.template must be a map"},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(push_spec) struct push_spec *s = parse(r->yaml);
    if (!r->problem) {
        assert_null(s->problem);
        return;
    }
    assert_non_null(s->problem);
    if (strncmp(s->problem, r->problem, strlen(r->problem)) != 0)
        fail_msg("%s", s->problem);
}

static void everything_is_read(void **state)
{
    (void)state;
    CLEANUP(push_spec)
    struct push_spec *s =
        parse("metadata: {name: app, namespace: team, uid: u1, generation: 3, finalizers: [a/b, "
              "pushsecret.externalsecrets.io/finalizer]}\n"
              "spec:\n"
              "  refreshInterval: 10s\n"
              "  updatePolicy: IfNotExists\n"
              "  deletionPolicy: Delete\n"
              "  secretStoreRefs: [{name: s, kind: ClusterSecretStore}, {name: x, labelSelector: "
              "{matchLabels: {a: b}}}]\n"
              "  selector: {secret: {name: db}}\n"
              "  data: [{match: {secretKey: k, remoteRef: {remoteKey: r, property: p}}, metadata: "
              "{a: 1}, conversionStrategy: ReverseUnicode}]\n"
              "  dataTo: [{storeRef: {labelSelector: {}, kind: ClusterSecretStore}, match: "
              "{regexp: ^a}, rewrite: [{regexp: {source: a, target: b}}]}]\n"
              "  template: {data: {a: b}}\n"
              "status:\n"
              "  refreshTime: 2026-01-02T03:04:05Z\n"
              "  syncedPushSecrets: {SecretStore/s: {r: {match: {remoteRef: {remoteKey: r}}}}}\n");
    assert_null(s->problem);
    assert_int_equal(s->refresh_interval_ns, 10 * 1000000000LL);
    assert_true(s->only_if_absent && s->deletes && s->has_finalizer);
    assert_int_equal(json_count(s->finalizers), 2);
    assert_int_equal(s->n_stores, 2);
    assert_int_equal(s->stores[0].kind, STORE_CLUSTER);
    assert_string_equal(s->stores[0].name, "s");
    assert_null(s->stores[1].name);
    assert_non_null(s->stores[1].labels);
    assert_string_equal(s->secret_name, "db");
    assert_string_equal(s->entries[0].secret_key, "k");
    assert_string_equal(s->entries[0].property, "p");
    assert_true(s->entries[0].is_reversed);
    assert_int_equal(json_path_int(s->entries[0].metadata, "a", 0), 1);
    assert_string_equal(s->bulks[0].match, "^a");
    assert_string_equal(s->bulks[0].rewrites[0].target, "b");
    assert_non_null(s->tmpl);
    assert_non_null(json_get(s->synced, "SecretStore/s"));
    assert_true(s->status.refresh_unix_s > 0);
    CLEANUP(push_spec) struct push_spec *again = push_spec_ref(s);
    assert_ptr_equal(again, s);
}

static void defaults(void **state)
{
    (void)state;
    CLEANUP(push_spec) struct push_spec *s = parse(GOOD DATA);
    CLEANUP_STR char *version = push_spec_version(s);
    assert_int_equal(s->refresh_interval_ns, SPEC_REFRESH_DEFAULT_NS);
    assert_false(s->only_if_absent || s->deletes || s->has_finalizer);
    assert_int_equal(json_count(s->synced), 0);
    assert_int_equal(strncmp(version, "0-", 2), 0);
    assert_int_equal(s->entries[0].is_reversed, false);
}

static void an_object_without_a_name_is_none(void **state)
{
    (void)state;
    CLEANUP(json) struct json *j = parse_yaml("spec: {}\n");
    assert_null(push_spec_parse(j));
}

static void stores_are_meant_by_name_or_labels(void **state)
{
    (void)state;
    CLEANUP(push_spec)
    struct push_spec *s = parse(HEAD SECRET "  secretStoreRefs: [{name: s}, {labelSelector: "
                                            "{matchLabels: {a: b}}}]\n");
    CLEANUP(map) struct map *labels = map_new(free);
    map_set(labels, "a", xstrdup("b"));
    assert_true(push_store_ref_means(&s->stores[0], STORE_NAMESPACED, "s", labels));
    assert_false(push_store_ref_means(&s->stores[0], STORE_NAMESPACED, "t", labels));
    assert_false(push_store_ref_means(&s->stores[0], STORE_CLUSTER, "s", labels));
    assert_true(push_store_ref_means(&s->stores[1], STORE_NAMESPACED, "t", labels));
    map_remove(labels, "a");
    assert_false(push_store_ref_means(&s->stores[1], STORE_NAMESPACED, "t", labels));
}

struct entry_row {
    const char *name, *yaml, *key, *json;
};

static const struct entry_row entry_rows[] = {
    {"of a key", "{match: {secretKey: k, remoteRef: {remoteKey: r}}}", "r",
     "{\"match\":{\"secretKey\":\"k\",\"remoteRef\":{\"remoteKey\":\"r\"}},"
     "\"conversionStrategy\":\"None\"}"},
    {"of a property, with metadata",
     "{match: {remoteRef: {remoteKey: r, property: p}}, metadata: {a: [1]}, conversionStrategy: "
     "ReverseUnicode}",
     "r/p",
     "{\"match\":{\"remoteRef\":{\"remoteKey\":\"r\",\"property\":\"p\"}},\"metadata\":{\"a\":[1]},"
     "\"conversionStrategy\":\"ReverseUnicode\"}"},
};

/* To JSON and back it stays the same. */
static void one_entry(void **state)
{
    const struct entry_row *r = *state;
    CLEANUP(json) struct json *j = parse_yaml(r->yaml);
    CLEANUP(json) struct json *want = parse_yaml(r->json);
    CLEANUP_STR char *problem = NULL;
    struct push_entry entry = {0};
    push_entry_parse(j, "at", &entry, &problem);
    assert_null(problem);
    CLEANUP(json) struct json *got = push_entry_json(&entry);
    CLEANUP_STR char *key = push_entry_key(&entry);
    push_entry_done(&entry);
    assert_true(json_equal(got, want));
    assert_string_equal(key, r->key);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(everything_is_read),
    cmocka_unit_test(defaults),
    cmocka_unit_test(an_object_without_a_name_is_none),
    cmocka_unit_test(stores_are_meant_by_name_or_labels),
};

int main(void)
{
    return TABLE_RUN("push_spec", rows, one_row) + TABLE_RUN("entry", entry_rows, one_entry) +
           GROUP_RUN("push_spec whole", tests);
}
