/* One manifest to one noun, with what an API server would have filled in or refused. */

#include "watch/manifest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

#define ES "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
#define CSS "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\n"
#define SPEC "spec: {secretStoreRef: {name: s}, data: [{secretKey: k, remoteRef: {key: r}}]}\n"

enum noun { NOTHING, SPEC_NOUN, STORE_NOUN, SECRET_NOUN, REFUSED };

struct row {
    const char *name, *yaml;
    enum noun want;
    const char *text; /* "namespace/name" of the noun, or part of the error */
};
static const struct row rows[] = {
    {"spec", ES "metadata: {name: a, namespace: n}\n" SPEC, SPEC_NOUN, "n/a"},
    {"v1beta1",
     "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: a}\n" SPEC,
     SPEC_NOUN, "default/a"},
    {"no namespace", ES "metadata: {name: a}\n" SPEC, SPEC_NOUN, "default/a"},
    {"empty namespace", ES "metadata: {name: a, namespace: ''}\n" SPEC, SPEC_NOUN, "default/a"},
    {"null namespace", ES "metadata: {name: a, namespace: null}\n" SPEC, SPEC_NOUN, "default/a"},
    {"store",
     "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: s, namespace: n}\n",
     STORE_NOUN, "n/s"},
    {"cluster store", CSS "metadata: {name: s}\n", STORE_NOUN, "/s"},
    {"cluster store with a namespace", CSS "metadata: {name: s, namespace: n}\n", STORE_NOUN, "/s"},
    {"secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n", SECRET_NOUN,
     "default/login"},
    {"other kind", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", NOTHING, ""},
    {"other kind without a name", "apiVersion: v1\nkind: List\nitems: []\n", NOTHING, ""},
    {"a generator",
     "apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: a}\n",
     REFUSED, "apiVersion generators.external-secrets.io/v1alpha1 is not supported"},
    {"its ancestor",
     "apiVersion: kubernetes-client.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\n", REFUSED,
     "apiVersion kubernetes-client.io/v1 is not supported"},
    {"its neighbour",
     "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: a}\n",
     REFUSED, "apiVersion secrets-store.csi.x-k8s.io/v1 is not supported"},
    {"no kind", "apiVersion: v1\nmetadata: {name: a}\n", REFUSED, "apiVersion or kind is missing"},
    {"no version", "kind: Secret\nmetadata: {name: a}\n", REFUSED, "apiVersion or kind is missing"},
    {"a list", "[]\n", REFUSED, "apiVersion or kind is missing"},
    {"no name", ES SPEC, REFUSED, "ExternalSecret: metadata.name is missing"},
    {"a number as name", ES "metadata: {name: 3}\n", REFUSED, "metadata.name is missing"},
    {"a path as name", ES "metadata: {name: ../a}\n", REFUSED, "metadata.name is missing or no"},
    {"capitals in the name", ES "metadata: {name: App}\n", REFUSED, "metadata.name is missing or"},
    {"a path as namespace", ES "metadata: {name: a, namespace: ../..}\n", REFUSED,
     "ExternalSecret \"a\": metadata.namespace is no object name"},
    {"a number as namespace", ES "metadata: {name: a, namespace: 5}\n", REFUSED,
     "metadata.namespace is no object name"},
    {"a secret with a path as namespace",
     "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: a/b}\n", REFUSED,
     "Secret \"a\": metadata.namespace is no object name"},
    {"unknown version",
     "apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: a}\n", REFUSED,
     "PushSecret \"a\": apiVersion external-secrets.io/v1alpha1 is not supported"},
    {"unknown kind",
     "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {name: a}\n",
     REFUSED, "ClusterExternalSecret \"a\": this kind is not supported"},
};

static struct json *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    return json_copy(docs.docs[0]);
}

static enum noun noun_of(const struct manifest *m)
{
    assert_true((m->spec != NULL) + (m->store != NULL) + (m->secret != NULL) <= 1);
    if (m->spec)
        return SPEC_NOUN;
    if (m->store)
        return STORE_NOUN;
    return m->secret ? SECRET_NOUN : NOTHING;
}

static char *label_of(const struct manifest *m)
{
    if (m->spec)
        return xasprintf("%s/%s", m->spec->meta.ns, m->spec->meta.name);
    if (m->store)
        return xasprintf("%s/%s", m->store->meta.ns, m->store->meta.name);
    if (m->secret)
        return xasprintf("%s/%s", json_path_text(m->secret, "metadata.namespace"),
                         json_path_text(m->secret, "metadata.name"));
    return xstrdup("");
}

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(json) struct json *j = parse(r->yaml);
    struct manifest m = {0};
    CLEANUP(err) struct err *e = manifest_read(j, &m);
    if (r->want == REFUSED) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_non_null(strstr(err_text(e), r->text));
        assert_int_equal(noun_of(&m), NOTHING);
        return;
    }
    assert_null(e);
    assert_int_equal(noun_of(&m), r->want);
    CLEANUP_STR char *label = label_of(&m);
    assert_string_equal(label, r->text);
    manifest_done(&m);
    assert_int_equal(noun_of(&m), NOTHING);
}

static int64_t generation_of(const char *yaml)
{
    CLEANUP(json) struct json *j = parse(yaml);
    struct manifest m = {0};
    assert_null(manifest_read(j, &m));
    int64_t generation = m.spec->meta.generation;
    manifest_done(&m);
    return generation;
}

static void generation_follows_the_spec_alone(void **state)
{
    (void)state;
    int64_t plain = generation_of(ES "metadata: {name: a}\n" SPEC);
    assert_true(plain > 0);
    assert_int_equal(generation_of(ES "metadata: {name: a, labels: {b: c}}\n" SPEC), plain);
    assert_int_equal(generation_of(ES "metadata: {name: a, generation: 7}\n" SPEC), 7);
    assert_int_not_equal(
        generation_of(ES "metadata: {name: a}\nspec: {secretStoreRef: {name: t}}\n"), plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(generation_follows_the_spec_alone)};
    return TABLE_RUN("manifest_read", rows, one_row) + GROUP_RUN("manifest", tests);
}
