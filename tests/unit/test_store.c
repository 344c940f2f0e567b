/* What a SecretStore or ClusterSecretStore says. */

#include "spec/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define SPEC(rest)                                                                                 \
    "{kind: ClusterSecretStore, metadata: {name: s}, spec: {provider: {fake: {}}, " rest "}}"

struct row {
    const char *name, *yaml;
    enum store_kind kind;
    const char *provider; /* NULL: none */
    const char *problem;  /* its beginning; NULL: none */
};
static const struct row rows[] = {
    {"namespaced",
     "{kind: SecretStore, metadata: {name: s, namespace: n}, spec: {provider: {aws: {}}}}",
     STORE_NAMESPACED, "aws", NULL},
    {"cluster", "{kind: ClusterSecretStore, metadata: {name: s}, spec: {provider: {fake: {}}}}",
     STORE_CLUSTER, "fake", NULL},
    {"refresh interval",
     "{kind: SecretStore, metadata: {name: s}, spec: {refreshInterval: 60, "
     "provider: {fake: {}}}}",
     STORE_NAMESPACED, "fake", NULL},
    {"null provider beside one", "{metadata: {name: s}, spec: {provider: {aws: null, fake: {}}}}",
     STORE_NAMESPACED, "fake", NULL},
    {"no spec", "{metadata: {name: s}}", STORE_NAMESPACED, NULL, "spec.provider is missing"},
    {"spec is a text", "{metadata: {name: s}, spec: a}", STORE_NAMESPACED, NULL,
     "spec must be a map"},
    {"provider is a text", "{metadata: {name: s}, spec: {provider: {aws: yes please}}}",
     STORE_NAMESPACED, NULL, "spec.provider is missing"},
    {"two providers", "{metadata: {name: s}, spec: {provider: {aws: {}, fake: {}}}}",
     STORE_NAMESPACED, NULL, "spec.provider has more than one member: aws and fake"},
    {"retry settings", SPEC("retrySettings: {maxRetries: 5, retryInterval: 10s}"), STORE_CLUSTER,
     "fake", NULL},
    {"too many retries", SPEC("retrySettings: {maxRetries: 101}"), STORE_CLUSTER, "fake",
     "spec.retrySettings.maxRetries must be 0 to 100"},
    {"fewer than none", SPEC("retrySettings: {maxRetries: -1}"), STORE_CLUSTER, "fake",
     "spec.retrySettings.maxRetries must be 0 to 100"},
    {"an interval that is none", SPEC("retrySettings: {retryInterval: soon}"), STORE_CLUSTER,
     "fake", "spec.retrySettings.retryInterval: "},
    {"unknown retry setting", SPEC("retrySettings: {jitter: 1}"), STORE_CLUSTER, "fake",
     "spec.retrySettings.jitter is not supported"},
    {"a refresh interval that is none", SPEC("refreshInterval: soon"), STORE_CLUSTER, "fake",
     "spec.refreshInterval: "},
    {"a refresh interval of another kind", SPEC("refreshInterval: []"), STORE_CLUSTER, "fake",
     "spec.refreshInterval must be seconds or a duration"},
    {"a controller", SPEC("controller: ours"), STORE_CLUSTER, "fake", NULL},
    {"a controller that is a number", SPEC("controller: 7"), STORE_CLUSTER, "fake",
     "spec.controller must be "},
    {"conditions", SPEC("conditions: [{namespaces: [a]}]"), STORE_CLUSTER, "fake", NULL},
    {"no conditions", "{metadata: {name: s}, spec: {provider: {fake: {}}, conditions: []}}",
     STORE_NAMESPACED, "fake", NULL},
    {"conditions of a SecretStore",
     "{metadata: {name: s}, spec: {provider: {fake: {}}, conditions: [{}]}}", STORE_NAMESPACED,
     "fake", "spec.conditions are for a ClusterSecretStore"},
    {"conditions that are no list", SPEC("conditions: {namespaces: [a]}"), STORE_CLUSTER, "fake",
     "spec.conditions must be a list"},
    {"unknown condition", SPEC("conditions: [{}, {namespace: a}]"), STORE_CLUSTER, "fake",
     "spec.conditions[1].namespace is not supported"},
    {"namespaces that are no texts", SPEC("conditions: [{namespaces: [1]}]"), STORE_CLUSTER, "fake",
     "spec.conditions[0].namespaces must be a list of texts"},
    {"an expression that is none", SPEC("conditions: [{namespaceRegexes: [a, '(']}]"),
     STORE_CLUSTER, "fake", "spec.conditions[0].namespaceRegexes[1]: error parsing regexp: "},
    {"a selector that is none", SPEC("conditions: [{namespaceSelector: {labels: {}}}]"),
     STORE_CLUSTER, "fake", "spec.conditions[0].namespaceSelector.labels is not supported"},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(store) struct store *s = manifest_store(r->yaml);
    assert_int_equal(s->kind, r->kind);
    if (r->provider)
        assert_string_equal(s->provider, r->provider);
    else
        assert_null(s->provider);
    assert_int_equal(s->config != NULL, r->provider != NULL);
    if (r->problem)
        assert_int_equal(strncmp(s->problem ? s->problem : "", r->problem, strlen(r->problem)), 0);
    else
        assert_null(s->problem);
}

struct setting_row {
    const char *name, *yaml;
    int want_retries;
    int64_t want_retry_ns, want_check_ns;
};

#define S ((int64_t)NS_PER_S)
static const struct setting_row setting_rows[] = {
    {"nothing said", SPEC(""), -1, 0, STORE_CHECK_DEFAULT_NS},
    {"retries", SPEC("retrySettings: {maxRetries: 5, retryInterval: 1m30s}"), 5, 90 * S,
     STORE_CHECK_DEFAULT_NS},
    {"no retries", SPEC("retrySettings: {maxRetries: 0}"), 0, 0, STORE_CHECK_DEFAULT_NS},
    {"an interval alone", SPEC("retrySettings: {retryInterval: 10s}"), -1, 10 * S,
     STORE_CHECK_DEFAULT_NS},
    {"refresh in seconds", SPEC("refreshInterval: 60"), -1, 0, 60 * S},
    {"refresh as a duration", SPEC("refreshInterval: 2h"), -1, 0, 7200 * S},
    {"refresh 0", SPEC("refreshInterval: 0"), -1, 0, STORE_CHECK_DEFAULT_NS},
    {"refresh 0 as a duration", SPEC("refreshInterval: 0s"), -1, 0, STORE_CHECK_DEFAULT_NS},
    {"refresh below 0", SPEC("refreshInterval: -5"), -1, 0, STORE_CHECK_DEFAULT_NS},
    {"refresh null", SPEC("refreshInterval: null"), -1, 0, STORE_CHECK_DEFAULT_NS},
};

static void one_setting(void **state)
{
    const struct setting_row *r = *state;
    CLEANUP(store) struct store *s = manifest_store(r->yaml);
    assert_null(s->problem);
    assert_int_equal(s->max_retries, r->want_retries);
    assert_int_equal(s->retry_interval_ns, r->want_retry_ns);
    assert_int_equal(s->check_interval_ns, r->want_check_ns);
}

struct class_row {
    const char *name, *yaml, *controller_class;
    bool want;
};

static const struct class_row class_rows[] = {
    {"not said", SPEC(""), "ours", true},
    {"empty", SPEC("controller: ''"), "ours", true},
    {"ours", SPEC("controller: ours"), "ours", true},
    {"another", SPEC("controller: theirs"), "ours", false},
    {"we have none", SPEC("controller: theirs"), NULL, true},
};

static void one_class(void **state)
{
    const struct class_row *r = *state;
    CLEANUP(store) struct store *s = manifest_store(r->yaml);
    assert_int_equal(store_is_of_class(s, r->controller_class), r->want);
}

struct condition_row {
    const char *name, *yaml;
    bool by_name, needs_labels, by_labels; /* of namespace "app-1" with label team=red */
};

static const struct condition_row condition_rows[] = {
    {"none", SPEC(""), true, false, false},
    {"an empty one", SPEC("conditions: [{}]"), false, false, false},
    {"name", SPEC("conditions: [{namespaces: [a, app-1]}]"), true, false, false},
    {"part of the name", SPEC("conditions: [{namespaces: [app]}]"), false, false, false},
    {"expression", SPEC("conditions: [{namespaceRegexes: ['p-[0-9]']}]"), true, false, false},
    {"anchored", SPEC("conditions: [{namespaceRegexes: ['^p-']}]"), false, false, false},
    {"second expression", SPEC("conditions: [{namespaceRegexes: [x, '^app']}]"), true, false,
     false},
    {"selector", SPEC("conditions: [{namespaceSelector: {matchLabels: {team: red}}}]"), false, true,
     true},
    {"another selector", SPEC("conditions: [{namespaceSelector: {matchLabels: {team: blue}}}]"),
     false, true, false},
    {"empty selector", SPEC("conditions: [{namespaceSelector: {}}]"), false, true, true},
    {"any of them", SPEC("conditions: [{namespaces: [a]}, {namespaces: [app-1]}]"), true, false,
     false},
    {"any part",
     SPEC("conditions: [{namespaces: [app-1], namespaceSelector: {matchLabels: {a: "
          "b}}}]"),
     true, true, false},
};

static void one_condition(void **state)
{
    const struct condition_row *r = *state;
    CLEANUP(store) struct store *s = manifest_store(r->yaml);
    CLEANUP(map) struct map *labels = map_new(free);
    map_set(labels, "team", xstrdup("red"));
    assert_null(s->problem);
    assert_int_equal(store_conditions_allow_name(&s->conditions, "app-1"), r->by_name);
    assert_int_equal(store_conditions_need_labels(&s->conditions), r->needs_labels);
    assert_int_equal(store_conditions_allow_labels(&s->conditions, labels), r->by_labels);
}

static void everything_is_read_and_outlives_the_manifest(void **state)
{
    (void)state;
    CLEANUP(store)
    struct store *s = manifest_store(
        "kind: SecretStore\nmetadata: {name: s, namespace: n, uid: u, generation: 4,\n"
        "  labels: {a: b}}\nspec: {provider: {aws: {region: eu, auth: {secretRef: {}}}}}\n"
        "status: {conditions: [{type: Other, status: 'True'}, {type: Ready, status: 'False',\n"
        "  reason: InvalidProviderConfig, message: m, lastTransitionTime: "
        "'2026-01-02T03:04:05Z'}]}\n");
    struct store *again = store_ref_get(s);
    assert_ptr_equal(again, s);
    store_unref(again);
    assert_string_equal(s->meta.ns, "n");
    assert_string_equal(s->meta.uid, "u");
    assert_int_equal(s->meta.generation, 4);
    assert_string_equal(json_path_text(s->config, "region"), "eu");
    assert_string_equal(s->status.ready_status, "False");
    assert_string_equal(s->status.ready_reason, "InvalidProviderConfig");
    assert_int_equal(s->status.ready_transition_unix_s, 1767323045);
    store_unref(NULL);
}

static void nameless_is_nothing(void **state)
{
    static const char *const texts[] = {"{}", "{\"metadata\":{}}", "{\"metadata\":{\"name\":\"\"}}",
                                        "{\"metadata\":{\"name\":3}}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP(json) struct json *j = NULL;
        assert_null(json_parse(texts[i], strlen(texts[i]), &j));
        assert_null(store_parse(j));
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(store_kind_name(STORE_NAMESPACED), "SecretStore");
    assert_string_equal(store_kind_name(STORE_CLUSTER), "ClusterSecretStore");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read_and_outlives_the_manifest),
        cmocka_unit_test(nameless_is_nothing),
        cmocka_unit_test(kinds_have_names),
    };
    return TABLE_RUN("store_parse", rows, one_row) +
           TABLE_RUN("store settings", setting_rows, one_setting) +
           TABLE_RUN("store class", class_rows, one_class) +
           TABLE_RUN("store conditions", condition_rows, one_condition) + GROUP_RUN("store", tests);
}
