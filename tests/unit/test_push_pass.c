/* What one pass of a PushSecret writes to its stores, row by row; and how it names what is wrong.
 */

#include "reconcile/push_pass.h"

#include <string.h>

#include "base/alloc.h"
#include "reconcile/push_expand.h"
#include "reconcile/push_value.h"
#include "spec/value_set.h"
#include "tests/support/push_rig.h"
#include "tests/support/table.h"

#define FROM_DB "secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}"
#define TO "storeRef: {name: stores}"
#define OK "True Synced PushSecret synced successfully"

struct row {
    const char *name, *spec;
    const char *secret; /* pairs of "db" */
    const char *ready;
    const char *synced;
    const char *key, *value; /* one of what the store has then */
};

static const struct row rows[] = {
    {"one key", "{" FROM_DB ", data: [{match: {secretKey: user, remoteRef: {remoteKey: r}}}]}",
     "user=ann", OK, "SecretStore/stores: r; ", "r", "ann"},
    {"a property",
     "{" FROM_DB ", data: [{match: {secretKey: user, remoteRef: {remoteKey: r, property: p}}}]}",
     "user=ann", OK, "SecretStore/stores: r/p; ", "r#p", "ann"},
    {"all of it", "{" FROM_DB ", data: [{match: {remoteRef: {remoteKey: r}}}]}", "b=<2> a=1", OK,
     "SecretStore/stores: r; ", "r", "{\"a\":\"1\",\"b\":\"<2>\"}"},
    {"all of nothing", "{" FROM_DB ", data: [{match: {remoteRef: {remoteKey: r}}}]}", "", OK,
     "SecretStore/stores: r; ", "r", "{}"},
    {"all of it, which is no text", "{" FROM_DB ", data: [{match: {remoteRef: {remoteKey: r}}}]}",
     "a=\xff",
     "False Errored set secret failed: key \"a\" is no text, and without secretKey a Secret is "
     "pushed as JSON: push this key by itself",
     "SecretStore/stores:; ", "r", NULL},
    {"a key that is not there",
     "{" FROM_DB ", data: [{match: {secretKey: user, remoteRef: {remoteKey: r}}}]}", "pass=pw",
     "False Errored set secret failed: secret key user does not exist", "SecretStore/stores:; ",
     "r", NULL},
    {"a reversed key",
     "{" FROM_DB ", data: [{match: {secretKey: a/b, remoteRef: {remoteKey: r}}, "
     "conversionStrategy: ReverseUnicode}]}",
     "a_U002f_b=1", OK, "SecretStore/stores: r; ", "r", "1"},
    {"all reversed",
     "{" FROM_DB ", data: [{match: {remoteRef: {remoteKey: r}}, conversionStrategy: "
     "ReverseUnicode}]}",
     "a_U002f_b=1", OK, "SecretStore/stores: r; ", "r", "{\"a/b\":\"1\"}"},
    {"reversed keys that become one",
     "{" FROM_DB ", data: [{match: {remoteRef: {remoteKey: r}}, conversionStrategy: "
     "ReverseUnicode}]}",
     "a_U002d_b=1 a-b=2",
     "False Errored set secret failed: spec.data[0]: could not apply conversion strategy to keys: "
     "secret name collision during conversion: a-b",
     "", "r", NULL},
    {"two values for one place",
     "{" FROM_DB ", data: [{match: {secretKey: a, remoteRef: {remoteKey: r}}}, {match: {secretKey: "
     "b, remoteRef: {remoteKey: r}}}]}",
     "a=1 b=2",
     "False Errored set secret failed: duplicate remote key \"r\": source keys \"a\" and \"b\" "
     "both map to the same destination",
     "", "r", NULL},
    {"two values for two properties",
     "{" FROM_DB
     ", data: [{match: {secretKey: a, remoteRef: {remoteKey: r, property: x}}}, {match: "
     "{secretKey: b, remoteRef: {remoteKey: r, property: y}}}]}",
     "a=1 b=2", OK, "SecretStore/stores: r/x r/y; ", "r#y", "2"},
    {"two values for one property",
     "{" FROM_DB
     ", data: [{match: {secretKey: a, remoteRef: {remoteKey: r, property: x}}}, {match: "
     "{remoteRef: {remoteKey: r, property: x}}}]}",
     "a=1",
     "False Errored set secret failed: duplicate remote key \"r\" with property x: source keys "
     "\"a\" and \"(all)\" both map to the same destination",
     "", "r", NULL},
    {"every key", "{" FROM_DB ", dataTo: [{" TO "}]}", "a=1 b=2", OK, "SecretStore/stores: a b; ",
     "b", "2"},
    {"keys that match", "{" FROM_DB ", dataTo: [{" TO ", match: {regexp: ^db-}}]}", "db-a=1 web=2",
     OK, "SecretStore/stores: db-a; ", "web", NULL},
    {"no key matches", "{" FROM_DB ", dataTo: [{" TO ", match: {regexp: x}}]}", "a=1", OK,
     "SecretStore/stores:; ", "a", NULL},
    {"a bad pattern", "{" FROM_DB ", dataTo: [{" TO ", match: {regexp: '('}}]}", "a=1",
     "False Errored set secret failed: spec.dataTo[0]: match.regexp: error parsing regexp: ", "",
     "a", NULL},
    {"rewritten keys",
     "{" FROM_DB ", dataTo: [{" TO ", match: {regexp: ^db-}, rewrite: [{regexp: {source: ^db-, "
     "target: app/}}, {transform: {template: '{{ .value | upper }}'}}]}]}",
     "db-a=1 web=2", OK, "SecretStore/stores: APP/A; ", "APP/A", "1"},
    {"rewritten to one",
     "{" FROM_DB ", dataTo: [{" TO ", rewrite: [{regexp: {source: '.*', target: x}}]}]}", "a=1 b=2",
     "False Errored set secret failed: duplicate remote key \"x\": source keys \"a\" and \"b\"", "",
     "x", NULL},
    {"rewritten to nothing",
     "{" FROM_DB ", dataTo: [{" TO ", rewrite: [{regexp: {source: '.*', target: ''}}]}]}", "a=1",
     "False Errored set secret failed: spec.dataTo[0]: remote key produced for source key \"a\" "
     "must have 1 to 2048 bytes",
     "", "a", NULL},
    {"a bad template",
     "{" FROM_DB ", dataTo: [{" TO ", rewrite: [{transform: {template: '{{'}}]}]}", "a=1",
     "False Errored set secret failed: spec.dataTo[0]: rewrite[0].transform: ", "", "a", NULL},
    {"matching keys in one",
     "{" FROM_DB ", dataTo: [{" TO ", remoteKey: all, match: {regexp: ^db-}}]}",
     "db-a=1 db-b=2 web=3", OK, "SecretStore/stores: all; ", "all",
     "{\"db-a\":\"1\",\"db-b\":\"2\"}"},
    {"reversed keys in one",
     "{" FROM_DB ", dataTo: [{" TO ", remoteKey: all, conversionStrategy: ReverseUnicode}]}",
     "a_U002f_b=1", OK, "SecretStore/stores: all; ", "all", "{\"a/b\":\"1\"}"},
    {"reversed keys each",
     "{" FROM_DB ", dataTo: [{" TO ", match: {regexp: a/b}, conversionStrategy: ReverseUnicode}]}",
     "a_U002f_b=1 c=2", OK, "SecretStore/stores: a/b; ", "a/b", "1"},
    {"data go before dataTo",
     "{" FROM_DB ", dataTo: [{" TO "}], data: [{match: {secretKey: a, remoteRef: {remoteKey: "
     "own}}}]}",
     "a=1 b=2", OK, "SecretStore/stores: b own; ", "a", NULL},
    {"reversed data go before dataTo",
     "{" FROM_DB ", dataTo: [{" TO "}], data: [{match: {secretKey: a/b, remoteRef: {remoteKey: "
     "own}}, conversionStrategy: ReverseUnicode}]}",
     "a_U002f_b=1", OK, "SecretStore/stores: own; ", "own", "1"},
    {"two dataTo for one place", "{" FROM_DB ", dataTo: [{" TO "}, {" TO "}]}", "a=1",
     "False Errored set secret failed: duplicate remote key \"a\": ", "", "a", NULL},
    {"a template",
     "{" FROM_DB ", template: {data: {url: 'https://{{ .user }}'}}, dataTo: [{" TO "}]}",
     "user=ann", OK, "SecretStore/stores: url user; ", "url", "https://ann"},
    {"a template of itself",
     "{" FROM_DB ", template: {data: {user: '{{ .user | upper }}'}}, dataTo: [{" TO "}]}",
     "user=ann", OK, "SecretStore/stores: user; ", "user", "ANN"},
    {"a template that fails", "{" FROM_DB ", template: {data: {url: '{{ .x }}'}}}", "user=ann",
     "False Errored could not execute template: spec.template.data.url: ", "", "url", NULL},
    {"a template from a Secret",
     "{" FROM_DB ", template: {templateFrom: [{secret: {name: text, items: [{key: k}]}}]}, dataTo: "
     "[{" TO "}]}",
     "a=1", OK, "SecretStore/stores: a k; ", "k", "text"},
    {"a template from nowhere",
     "{" FROM_DB ", template: {templateFrom: [{secret: {name: absent, items: [{key: k}]}}]}}",
     "a=1",
     "False Errored error fetching templateFrom data: spec.template.templateFrom[0].secret "
     "absent: ",
     "", "k", NULL},
    {"a problem of the spec", "{" FROM_DB ", data: [{match: {remoteRef: {}}}]}", "a=1",
     "False Errored spec.data[0].match.remoteRef.remoteKey is missing", "", "r", NULL},
    {"no such Secret", "{secretStoreRefs: [{name: stores}], selector: {secret: {name: web}}}", "",
     "False Errored could not get source secret: Secret \"web\" does not exist", "", "r", NULL},
    {"Secrets by labels",
     "{secretStoreRefs: [{name: stores}], selector: {secret: {selector: {matchLabels: {a: b}}}}, "
     "dataTo: [{" TO "}]}",
     "user=ann", OK, "SecretStore/stores: user; ", "user", "ann"},
    {"no such store", "{secretStoreRefs: [{name: x}], selector: {secret: {name: db}}}", "a=1",
     "False Errored could not get SecretStore \"x\", it does not exist", "", "r", NULL},
    {"no such cluster store",
     "{secretStoreRefs: [{name: x, kind: ClusterSecretStore}], selector: {secret: {name: db}}}",
     "a=1", "False Errored could not get ClusterSecretStore \"x\", it does not exist", "", "r",
     NULL},
    {"stores by labels",
     "{secretStoreRefs: [{labelSelector: {matchLabels: {tier: one}}}], selector: {secret: {name: "
     "db}}, data: [{match: {secretKey: a, remoteRef: {remoteKey: r}}}]}",
     "a=1", OK, "SecretStore/labelled: r; ", "r", "1"},
    {"a store by name and by labels",
     "{secretStoreRefs: [{name: labelled}, {labelSelector: {}}], selector: {secret: {name: db}}, "
     "data: [{match: {secretKey: a, remoteRef: {remoteKey: r}}}]}",
     "a=1", OK, "SecretStore/labelled: r; SecretStore/stores: r; ", "r", "1"},
    {"no store has the labels",
     "{secretStoreRefs: [{labelSelector: {matchLabels: {tier: two}}}], selector: {secret: {name: "
     "db}}}",
     "a=1", "False Errored spec.secretStoreRefs does not match any store", "", "r", NULL},
    {"dataTo of no store",
     "{" FROM_DB ", dataTo: [{storeRef: {labelSelector: {matchLabels: {tier: two}}}}]}", "a=1",
     "False Errored spec.dataTo[0].storeRef.labelSelector does not match any store in "
     "spec.secretStoreRefs",
     "", "a", NULL},
    {"dataTo of one of two stores",
     "{secretStoreRefs: [{name: stores}, {name: labelled}], selector: {secret: {name: db}}, "
     "dataTo: "
     "[{storeRef: {labelSelector: {matchLabels: {tier: one}}}}]}",
     "a=1", OK, "SecretStore/labelled: a; SecretStore/stores:; ", "a", "1"},
    {"a store that cannot be written to",
     "{secretStoreRefs: [{name: single}], selector: {secret: {name: db}}, data: [{match: "
     "{secretKey: a, remoteRef: {remoteKey: r}}}]}",
     "a=1",
     "False Errored set secret failed: could not write remote ref r to target secretstore single: "
     "SecretStore \"app/single\": provider single cannot be written to",
     "SecretStore/single:; ", "r", NULL},
};

static struct push_rig *rig_of_row(const struct row *r)
{
    struct push_rig *rig = push_rig_new();
    push_rig_put_store(rig, "{kind: SecretStore, metadata: {namespace: app, name: labelled, uid: "
                            "u2, labels: {tier: one}}, spec: {provider: {script: {}}}}");
    push_rig_put_store(rig, "{kind: SecretStore, metadata: {namespace: app, name: single, uid: "
                            "u3, labels: {tier: single}}, spec: {provider: {single: {}}}}");
    spec_store_remove_store(rig->specs, ORIGIN_MIRROR, STORE_NAMESPACED, "app",
                            strstr(r->spec, "single") ? "none" : "single");
    push_rig_secret(rig, "db", r->secret);
    rig->last_selector_want = "a in (b)";
    push_rig_put(rig, r->spec);
    push_rig_step(rig);
    return rig;
}

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(push_rig) struct push_rig *rig = rig_of_row(r);
    push_rig_assert_ready(rig, r->ready);
    push_rig_assert_synced(rig, r->synced);
    push_rig_assert_remote(rig, r->key, r->value);
}

static void what_is_there_stays_if_not_exists(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    provider_script_set(rig->script, "r", "theirs", ERR_INTERNAL);
    push_rig_secret(rig, "db", "a=1 b=2");
    push_rig_put(rig, "{" FROM_DB ", updatePolicy: IfNotExists, data: [{match: {secretKey: a, "
                      "remoteRef: {remoteKey: r}}}, {match: {secretKey: b, remoteRef: {remoteKey: "
                      "s}}}]}");
    push_rig_step(rig);
    push_rig_assert_remote(rig, "r", "theirs");
    push_rig_assert_remote(rig, "s", "2");
    push_rig_assert_ready(rig, OK ". Existing secrets in providers unchanged.");
    push_rig_assert_synced(rig, "SecretStore/stores: r s; ");
}

static void metadata_go_along(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "a=1");
    push_rig_put(rig, "{" FROM_DB ", data: [{match: {secretKey: a, remoteRef: {remoteKey: r}}, "
                      "metadata: {tags: [x]}}]}");
    push_rig_step(rig);
    CLEANUP_STR char *metadata = provider_script_push_metadata(rig->script);
    assert_string_equal(metadata, "{\"tags\":[\"x\"]}");
}

static void two_keys_of_which_one_fails(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "a=1");
    push_rig_put(rig, "{" FROM_DB ", data: [{match: {secretKey: a, remoteRef: {remoteKey: r}}}, "
                      "{match: {secretKey: b, remoteRef: {remoteKey: s}}}]}");
    push_rig_step(rig);
    push_rig_assert_ready(rig, "False Errored set secret failed: secret key b does not exist");
    push_rig_assert_synced(rig, "SecretStore/stores: r; ");
}

static void entries_that_nobody_understands_are_left_behind(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    push_rig_secret(rig, "db", "a=1");
    push_rig_put(rig, "{" FROM_DB ", deletionPolicy: Delete}, status: {syncedPushSecrets: "
                      "{Vault/x: {r: {match: {remoteRef: {remoteKey: r}}}}, SecretStore/stores: "
                      "{s: {}, t: {match: {remoteRef: {remoteKey: t}}}}}}");
    push_rig_step(rig);
    push_rig_assert_ready(rig, OK);
    push_rig_assert_synced(rig, "SecretStore/stores:; ");
    assert_int_equal(rig->events, 2);
    assert_int_equal(rig->script->push_removals, 1);
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    CLEANUP(push_rig) struct push_rig *rig = push_rig_new();
    CLEANUP(map) struct map *values = value_members_new();
    CLEANUP(push_list) struct push_list *list = NULL;
    push_rig_put(rig, "{" FROM_DB ", dataTo: [{" TO "}]}");
    CLEANUP(push_spec) struct push_spec *spec = push_spec_parse(rig->object);
    CLEANUP(store)
    struct store *store = spec_store_get_store(rig->specs, STORE_NAMESPACED, "app", "stores");
    for (int i = 0; i <= PUSH_ITEMS_MAX; i++) {
        CLEANUP_STR char *key = xasprintf("%d", i);
        struct secret_buf *value = NULL;
        assert_null(secret_buf_new(0, &value));
        map_set(values, key, value);
    }
    CLEANUP(err) struct err *e = push_expand(spec, store, values, NULL, &list);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "more than 4096 values go to one store"));
}

struct key_row {
    const char *name, *key, *want; /* NULL: refused */
};

static const struct key_row key_rows[] = {
    {"plain", "a-b_c", "a-b_c"},
    {"four digits", "a_U002F_b", "a/b"},
    {"five digits", "_U1f4a9_", "\xf0\x9f\x92\xa9"},
    {"three digits", "_U02f_", "_U02f_"},
    {"six digits", "_U00002f_", "_U00002f_"},
    {"no end", "_U002f", "_U002f"},
    {"no digits", "_Uzzzz_", "_Uzzzz_"},
    {"an underscore serves once", "_U0041_U0042_", "AU0042_"},
    {"two", "_U0041__U0042_", "AB"},
    {"a surrogate", "_Ud800_", "\xef\xbf\xbd"},
    {"zero", "_U0000_", NULL},
    {"empty", "", ""},
};

static void one_key(void **state)
{
    const struct key_row *r = *state;
    CLEANUP_STR char *got = NULL;
    CLEANUP(err) struct err *e = push_value_key(r->key, &got);
    if (!r->want) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    assert_null(e);
    assert_string_equal(got ? got : "", r->want);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_there_stays_if_not_exists),
    cmocka_unit_test(metadata_go_along),
    cmocka_unit_test(two_keys_of_which_one_fails),
    cmocka_unit_test(entries_that_nobody_understands_are_left_behind),
    cmocka_unit_test(too_many_values_are_refused),
};

int main(void)
{
    return TABLE_RUN("push_pass", rows, one_row) + TABLE_RUN("reversed key", key_rows, one_key) +
           GROUP_RUN("push_pass more", tests);
}
