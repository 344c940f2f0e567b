/* What a SecretStore or ClusterSecretStore says. */

#include "spec/store.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

struct row {
    const char *name, *yaml;
    enum store_kind kind;
    const char *provider; /* NULL: none */
    const char *problem;  /* NULL: none */
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
    {"retry settings", "{metadata: {name: s}, spec: {provider: {fake: {}}, retrySettings: {}}}",
     STORE_NAMESPACED, "fake", "spec.retrySettings is not supported"},
    {"conditions", "{metadata: {name: s}, spec: {provider: {fake: {}}, conditions: []}}",
     STORE_NAMESPACED, "fake", "spec.conditions is not supported"},
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
        assert_string_equal(s->problem, r->problem);
    else
        assert_null(s->problem);
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
    return TABLE_RUN("store_parse", rows, one_row) + GROUP_RUN("store", tests);
}
