/* Which Secret a store may read, and in whose namespace. */

#include "fetch/credential_ref.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define AT "spec.provider.p.login.ref"

struct row {
    const char *name;
    bool is_cluster;
    const char *selector;
    const char *want_problem; /* NULL: good */
    const char *want_read;    /* "namespace/name/key" */
    bool want_referent;
};

static const struct row rows[] = {
    {"own namespace", false, "{name: s, key: k}", NULL, "app/s/k", false},
    {"own namespace by name", false, "{name: s, key: k, namespace: app}", NULL, "app/s/k", false},
    {"another namespace", false, "{name: s, key: k, namespace: other}",
     AT ".namespace must be the SecretStore's own namespace", NULL, false},
    {"cluster store, namespace given", true, "{name: s, key: k, namespace: ops}", NULL, "ops/s/k",
     false},
    {"cluster store, namespace of who asks", true, "{name: s, key: k}", NULL, "shop/s/k", true},
    {"no name", false, "{key: k}", AT ".name is missing", NULL, false},
    {"no key", false, "{name: s}", AT ".key is missing", NULL, false},
    {"empty name", false, "{name: '', key: k}", AT ".name is missing", NULL, false},
    {"unknown member", false, "{name: s, key: k, optional: true}", AT ".optional is not supported",
     NULL, false},
    {"no map", false, "s", AT " must be a map", NULL, false},
    {"absent", false, "null", NULL, NULL, false},
    {"absent from a cluster store", true, "null", NULL, NULL, false},
};

static char read_last[128];

static struct err *read_credential(void *ctx, const char *ns, const char *name, const char *key,
                                   const struct deadline *dl, struct secret_buf **out)
{
    (void)ctx;
    (void)dl;
    snprintf(read_last, sizeof(read_last), "%s/%s/%s", ns, name, key);
    if (strcmp(name, "absent") == 0)
        return err_new(ERR_NOT_FOUND, "there is none");
    return secret_buf_new(0, out);
}

static struct store *store_of(bool is_cluster, const char *selector)
{
    CLEANUP_STR char *provider = xasprintf("{p: {login: {ref: %s}}}", selector);
    return is_cluster ? manifest_cluster_provider(provider) : manifest_provider(provider);
}

static struct err *get(const struct store *store, struct secret_buf **out)
{
    struct provider_env env = {.credentials = {read_credential, NULL}};
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    read_last[0] = '\0';
    return credential_ref_get(&env, store, store->kind == STORE_CLUSTER ? "shop" : "app",
                              "login.ref", &dl, out);
}

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(store) struct store *store = store_of(r->is_cluster, r->selector);
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    CLEANUP_STR char *problem = credential_ref_problem(store, "login.ref");
    assert_int_equal(problem != NULL, r->want_problem != NULL);
    if (problem)
        assert_string_equal(problem, r->want_problem);
    assert_int_equal(credential_ref_is_referent(store, "login.ref"), r->want_referent);
    CLEANUP(err) struct err *e = get(store, &value);
    assert_int_equal(e == NULL, r->want_read != NULL);
    assert_string_equal(read_last, r->want_read ? r->want_read : "");
    if (e)
        assert_int_equal(err_class(e), ERR_INVALID);
}

static void the_source_s_error_is_passed_on(void **state)
{
    (void)state;
    CLEANUP(store) struct store *store = store_of(false, "{name: absent, key: k}");
    struct secret_buf *value = NULL;
    CLEANUP(err) struct err *e = get(store, &value);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    assert_string_equal(err_text(e), AT ": there is none");
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(the_source_s_error_is_passed_on)};

int main(void)
{
    return TABLE_RUN("credential_ref", rows, one_row) + GROUP_RUN("credential_ref", tests);
}
