/* Through the same YAML reader and parsers as the program's. */

#include "tests/support/manifests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

static struct json *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    struct err *e = yaml_parse(yaml, strlen(yaml), &docs);
    if (e || docs.n != 1) {
        fprintf(stderr, "manifest: %s\n", e ? err_text(e) : "not one document");
        abort();
    }
    return json_copy(docs.docs[0]);
}

struct spec *manifest_spec(const char *yaml)
{
    CLEANUP(json) struct json *obj = parse(yaml);
    struct spec *s = spec_parse(obj);
    if (!s)
        abort();
    return s;
}

struct store *manifest_store(const char *yaml)
{
    CLEANUP(json) struct json *obj = parse(yaml);
    struct store *s = store_parse(obj);
    if (!s)
        abort();
    return s;
}

struct store *manifest_provider(const char *provider)
{
    CLEANUP_STR char *yaml = xasprintf("kind: SecretStore\n"
                                       "metadata: {namespace: app, name: stores, uid: u1}\n"
                                       "spec: {provider: %s}\n",
                                       provider);
    return manifest_store(yaml);
}

struct store *manifest_cluster_provider(const char *provider)
{
    CLEANUP_STR char *yaml = xasprintf("kind: ClusterSecretStore\n"
                                       "metadata: {name: stores, uid: u1}\n"
                                       "spec: {provider: %s}\n",
                                       provider);
    return manifest_store(yaml);
}

void manifest_assert_check(const struct provider_ops *ops, const char *provider, const char *want)
{
    CLEANUP(store) struct store *store = manifest_provider(provider);
    CLEANUP(err) struct err *e = ops->check(store);
    if (!want) {
        assert_null(e);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), want);
}
