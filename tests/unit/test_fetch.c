/* The stage as the pipeline sees it: specs in, value sets or named errors out. */

#include "fetch/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "spec/spec.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define MAX_STALE_NS (1000 * NS_PER_S)

static const struct fetch_limits now_only = {.max_age_ns = 0, .allow_stale = false};
static const struct fetch_limits stale_too = {.max_age_ns = 0, .allow_stale = true};
static const struct fetch_limits any_age = {.max_age_ns = UINT64_MAX};

struct fixture {
    struct provider_script *script;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct deadline dl;
};

static void put_store(struct fixture *f, const char *name, const char *provider)
{
    CLEANUP_STR char *yaml = xasprintf("kind: SecretStore\n"
                                       "metadata: {namespace: app, name: %s, uid: u-%s}\n"
                                       "spec: {provider: %s}\n",
                                       name, name, provider);
    spec_store_put_store(f->specs, ORIGIN_NODE, manifest_store(yaml));
}

static int setup(void **state)
{
    static struct fixture f;
    metric_reset();
    f.script = provider_script_new();
    f.specs = spec_store_new();
    struct fetcher_options options = {
        .env = f.script->env,
        .specs = f.specs,
        .max_stale_ns = MAX_STALE_NS,
        .find_ops = provider_script_ops,
    };
    f.fetcher = fetcher_new(&options);
    f.dl = deadline_in(f.script->env.clock, 10000 * NS_PER_S);
    put_store(&f, "main", "{script: {}}");
    put_store(&f, "other", "{single: {}}");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fetcher_free(f->fetcher);
    spec_store_free(f->specs);
    provider_script_free(f->script);
    return 0;
}

/* The members after secretStoreRef of a spec of namespace app that uses store main. */
static struct spec *spec_of(const char *rest)
{
    CLEANUP_STR char *yaml = xasprintf("metadata: {namespace: app, name: s}\n"
                                       "spec:\n"
                                       "  secretStoreRef: {name: main}\n"
                                       "%s",
                                       rest);
    return manifest_spec(yaml);
}

static struct err *run(struct fixture *f, const struct spec *spec,
                       const struct fetch_limits *limits, struct value_set **out)
{
    *out = NULL;
    return fetcher_run(f->fetcher, spec, limits, &f->dl, out);
}

static bool is_text(const struct value *v, const char *text)
{
    return v->bytes &&
           secret_view_equal(secret_buf_view(v->bytes), secret_view_of(text, strlen(text)));
}

#define ONE_KEY "  data:\n  - {secretKey: k, remoteRef: {key: db}}\n"

struct error_row {
    const char *name, *store, *rest; /* store: provider of main, or NULL to remove it */
    enum err_class cls;              /* of key db */
    enum err_class want;
    const char *want_text; /* beginning */
};

static const struct error_row error_rows[] = {
    {"store missing", NULL, ONE_KEY, 0, ERR_NOT_FOUND, "SecretStore \"app/main\" does not exist"},
    {"cluster store missing", "{script: {}}",
     "  data:\n  - {secretKey: k, remoteRef: {key: db}, sourceRef: {storeRef: {name: c, kind: "
     "ClusterSecretStore}}}\n",
     0, ERR_NOT_FOUND, "ClusterSecretStore \"c\" does not exist"},
    {"unknown provider", "{vault: {}}", ONE_KEY, 0, ERR_INVALID,
     "SecretStore \"app/main\": spec.provider.vault is not supported"},
    {"problem of the store", "{script: {}, single: {}}", ONE_KEY, 0, ERR_INVALID,
     "SecretStore \"app/main\": spec.provider has more than one member"},
    {"configuration", "{script: {broken: 1}}", ONE_KEY, 0, ERR_INVALID,
     "SecretStore \"app/main\": spec.provider.script.broken is not supported"},
    {"credential", "{script: {credential: absent}}", ONE_KEY, 0, ERR_NOT_FOUND,
     "SecretStore \"app/main\": Secret \"app/absent\" does not exist"},
    {"denied", "{script: {}}", ONE_KEY, ERR_DENIED, ERR_DENIED, "spec.data[0] (key: db): scripted"},
    {"rate limited", "{script: {}}", ONE_KEY, ERR_RATE_LIMITED, ERR_RATE_LIMITED,
     "spec.data[0] (key: db): scripted"},
    {"unavailable", "{script: {}}", ONE_KEY, ERR_UNAVAILABLE, ERR_UNAVAILABLE,
     "spec.data[0] (key: db): scripted"},
    {"time", "{script: {}}", ONE_KEY, ERR_DEADLINE, ERR_DEADLINE,
     "spec.data[0] (key: db): scripted"},
    {"invalid", "{script: {}}", ONE_KEY, ERR_INVALID, ERR_INVALID,
     "spec.data[0] (key: db): scripted"},
    {"the entry is named", "{script: {}}",
     "  data:\n  - {secretKey: a, remoteRef: {key: a}}\n"
     "  dataFrom:\n  - {extract: {key: a}}\n  - {extract: {key: db}}\n",
     ERR_DENIED, ERR_DENIED, "spec.dataFrom[1] (key: db): scripted"},
};

static void one_error(void **state)
{
    const struct error_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(spec) struct spec *spec = spec_of(r->rest);
    struct value_set *values = NULL;
    if (r->store)
        put_store(f, "main", r->store);
    else
        spec_store_remove_store(f->specs, ORIGIN_NODE, STORE_NAMESPACED, "app", "main");
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_set(f->script, "db", NULL, r->cls);
    CLEANUP(err) struct err *e = run(f, spec, &stale_too, &values);
    assert_non_null(e);
    assert_int_equal(err_class(e), r->want);
    assert_int_equal(strncmp(err_text(e), r->want_text, strlen(r->want_text)), 0);
    assert_null(values);
    teardown(&fixture);
}

static void values_stand_in_the_order_of_the_spec(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *spec =
        spec_of("  data:\n"
                "  - {secretKey: a, remoteRef: {key: a}}\n"
                "  - {secretKey: b, remoteRef: {key: b}, sourceRef: {storeRef: {name: other}}}\n"
                "  - {secretKey: gone, remoteRef: {key: gone}}\n"
                "  dataFrom:\n"
                "  - {extract: {key: c}}\n");
    CLEANUP(value_set) struct value_set *values = NULL;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_set(f->script, "b", "beta", 0);
    provider_script_set(f->script, "c", "{}", 0);
    assert_null(run(f, spec, &now_only, &values));
    assert_int_equal(values->n_data, 3);
    assert_true(is_text(&values->data[0], "alpha"));
    assert_true(is_text(&values->data[1], "beta"));
    assert_null(values->data[2].bytes);
    assert_true(is_text(&values->sources[0], "{}"));
    assert_int_equal(values->data[0].order, PROPERTY_KEY_FIRST);
    assert_false(values->data[0].missing_property_is_missing);
    assert_int_equal(values->data[1].order, PROPERTY_PATH_ONLY);
    assert_true(values->data[1].missing_property_is_missing);
    assert_int_equal(f->script->opens, 2);
    assert_int_equal(f->script->batches, 1);
    assert_int_equal(f->script->last_batch_n, 3);
    assert_int_equal(f->script->gets, 1);
}

static void versions_are_different_values(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *spec = spec_of("  data:\n"
                                "  - {secretKey: a, remoteRef: {key: db}}\n"
                                "  - {secretKey: b, remoteRef: {key: db, version: v1}}\n"
                                "  - {secretKey: c, remoteRef: {key: db}}\n");
    CLEANUP(value_set) struct value_set *values = NULL;
    provider_script_set(f->script, "db", "x", 0);
    assert_null(run(f, spec, &now_only, &values));
    assert_int_equal(f->script->last_batch_n, 2);
}

static void stale_values_are_marked(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    struct value_set *values = NULL;
    provider_script_set(f->script, "db", "old", 0);
    assert_null(run(f, spec, &now_only, &values));
    assert_false(values->is_stale);
    assert_int_equal(values->oldest_age_ns, 0);
    value_set_free(values);
    clock_fake_advance_ns(&f->script->clock, 30 * NS_PER_S);
    provider_script_set(f->script, "db", NULL, ERR_UNAVAILABLE);
    assert_null(run(f, spec, &stale_too, &values));
    assert_true(values->is_stale);
    assert_true(is_text(&values->data[0], "old"));
    assert_int_equal(values->oldest_age_ns, 30 * NS_PER_S);
    assert_int_equal(metric_value(METRIC_CACHE_STALE_SERVED, NULL, NULL, NULL), 1);
    value_set_free(values);
}

static void another_identity_does_not_see_the_cache(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    put_store(f, "main", "{script: {credential: login}}");
    struct value_set *values = NULL;
    provider_script_set(f->script, "db", "for one", 0);
    assert_null(run(f, spec, &any_age, &values));
    value_set_free(values);
    provider_script_identity(f->script, "two");
    provider_script_set(f->script, "db", "for two", 0);
    assert_null(run(f, spec, &any_age, &values));
    assert_true(is_text(&values->data[0], "for one"));
    value_set_free(values);
    fetcher_credentials_changed(f->fetcher, "app", "login");
    assert_null(run(f, spec, &any_age, &values));
    assert_true(is_text(&values->data[0], "for two"));
    value_set_free(values);
}

static void a_new_configuration_is_opened_anew(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    struct value_set *values = NULL;
    provider_script_set(f->script, "db", "x", 0);
    assert_null(run(f, spec, &any_age, &values));
    value_set_free(values);
    fetcher_store_changed(f->fetcher, STORE_NAMESPACED, "app", "main");
    assert_int_equal(f->script->closes, 0);
    put_store(f, "main", "{script: {other: 1}}");
    fetcher_store_changed(f->fetcher, STORE_NAMESPACED, "app", "main");
    assert_int_equal(f->script->closes, 1);
    assert_null(run(f, spec, &any_age, &values));
    value_set_free(values);
    assert_int_equal(f->script->opens, 2);
}

struct denied_row {
    const char *name;
    uint64_t login_age_s;
    const char *identity; /* of the next login */
    int want;             /* class, or -1 for the value */
    unsigned want_opens, want_gets;
};

static const struct denied_row denied_rows[] = {
    {"a fresh login is believed", 29, "two", ERR_DENIED, 1, 1},
    {"an old one is looked up again", 30, "two", -1, 2, 2},
    {"the same again changes nothing", 30, "one", ERR_DENIED, 2, 1},
};

/* Denies once, then lets in. */
static void deny_first(struct fixture *f)
{
    provider_script_set(f->script, "db", NULL, ERR_DENIED);
}

static struct fixture *let_in_fixture;
static struct err *let_in(void *ctx, const char *ns, const char *name, const char *key,
                          const struct deadline *dl, struct secret_buf **out)
{
    struct fixture *f = let_in_fixture;
    (void)ctx;
    (void)ns;
    (void)name;
    (void)key;
    (void)dl;
    provider_script_set(f->script, "db", "now open", 0);
    return secret_buf_new(0, out);
}

static void one_denied(void **state)
{
    const struct denied_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    let_in_fixture = f;
    fetcher_free(f->fetcher);
    struct fetcher_options options = {
        .env = f->script->env,
        .specs = f->specs,
        .find_ops = provider_script_ops,
    };
    options.env.credentials.get = let_in;
    f->fetcher = fetcher_new(&options);
    put_store(f, "main", "{script: {credential: login}}");
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    CLEANUP(spec)
    struct spec *first = spec_of("  data:\n  - {secretKey: k, remoteRef: {key: a}}\n");
    CLEANUP(value_set) struct value_set *values = NULL;
    provider_script_set(f->script, "a", "alpha", 0);
    assert_null(run(f, first, &now_only, &values));
    value_set_free(values);
    deny_first(f);
    f->script->gets = 0;
    clock_fake_advance_ns(&f->script->clock, r->login_age_s * NS_PER_S);
    provider_script_identity(f->script, r->identity);
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    if (values)
        assert_true(is_text(&values->data[0], "now open"));
    assert_int_equal(f->script->opens, r->want_opens);
    assert_int_equal(f->script->gets, r->want_gets);
    teardown(&fixture);
}

static void cluster_stores_serve_all_namespaces(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *spec =
        manifest_spec("metadata: {namespace: shop, name: s}\n"
                      "spec:\n"
                      "  secretStoreRef: {name: stores, kind: ClusterSecretStore}\n" ONE_KEY);
    CLEANUP(value_set) struct value_set *values = NULL;
    spec_store_put_store(f->specs, ORIGIN_NODE, manifest_cluster_provider("{script: {}}"));
    provider_script_set(f->script, "db", "x", 0);
    assert_null(run(f, spec, &now_only, &values));
    assert_true(is_text(&values->data[0], "x"));
}

static void time_that_is_over_is_an_error(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    struct value_set *values = NULL;
    f->dl = deadline_in(f->script->env.clock, 0);
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), ERR_DEADLINE);
}

struct validate_row {
    const char *name, *provider;
    bool is_cluster;
    int want; /* class, or -1 */
    enum provider_validity want_validity;
    unsigned want_validates;
};

static const struct validate_row validate_rows[] = {
    {"good", "{script: {}}", false, -1, PROVIDER_VALID, 1},
    {"good cluster store", "{script: {}}", true, -1, PROVIDER_VALID, 1},
    {"depends on who asks", "{script: {referent: true}}", true, -1, PROVIDER_VALIDITY_UNKNOWN, 0},
    {"configuration", "{script: {broken: 1}}", false, ERR_INVALID, 0, 0},
    {"provider", "{nowhere: {}}", false, ERR_INVALID, 0, 0},
    {"credential", "{script: {credential: absent}}", false, ERR_NOT_FOUND, 0, 0},
};

static void one_validate(void **state)
{
    const struct validate_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(store)
    struct store *store =
        r->is_cluster ? manifest_cluster_provider(r->provider) : manifest_provider(r->provider);
    enum provider_validity validity = PROVIDER_VALID;
    CLEANUP(err) struct err *e = fetcher_validate(f->fetcher, store, &f->dl, &validity);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(validity, r->want_validity);
    assert_int_equal(f->script->validates, r->want_validates);
    if (e)
        assert_non_null(strstr(err_text(e), "SecretStore \"app/stores\": "));
    teardown(&fixture);
}

static void warnings_are_passed_on(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *script = manifest_provider("{script: {}}");
    CLEANUP(store) struct store *broken = manifest_provider("{script: {broken: 1}}");
    CLEANUP_STR char *warning = fetcher_warning(f->fetcher, script, &f->dl);
    CLEANUP_STR char *none = fetcher_warning(f->fetcher, broken, &f->dl);
    assert_string_equal(warning, "scripted warning");
    assert_null(none);
}

static void trim_closes_and_forgets(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    struct value_set *values = NULL;
    provider_script_set(f->script, "db", "x", 0);
    assert_null(run(f, spec, &now_only, &values));
    value_set_free(values);
    fetcher_trim(f->fetcher);
    assert_int_equal(metric_value(METRIC_CACHE_ENTRIES, NULL, NULL, NULL), 1);
    assert_int_equal(f->script->closes, 0);
    clock_fake_advance_ns(&f->script->clock, MAX_STALE_NS + 1);
    fetcher_trim(f->fetcher);
    assert_int_equal(metric_value(METRIC_CACHE_ENTRIES, NULL, NULL, NULL), 0);
    assert_int_equal(f->script->closes, 1);
}

static void secret_memory_may_run_out(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_of(ONE_KEY);
    provider_script_set(f->script, "db", "x", 0);
    bool has_worked = false;
    for (size_t n = 1; n < 10 && !has_worked; n++) {
        struct value_set *values = NULL;
        clock_fake_advance_ns(&f->script->clock, 1);
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        value_set_free(values);
    }
    assert_true(has_worked);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    CASE(values_stand_in_the_order_of_the_spec),
    CASE(versions_are_different_values),
    CASE(stale_values_are_marked),
    CASE(another_identity_does_not_see_the_cache),
    CASE(a_new_configuration_is_opened_anew),
    CASE(cluster_stores_serve_all_namespaces),
    CASE(time_that_is_over_is_an_error),
    CASE(warnings_are_passed_on),
    CASE(trim_closes_and_forgets),
    CASE(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("fetch errors", error_rows, one_error) +
           TABLE_RUN("fetch after a denial", denied_rows, one_denied) +
           TABLE_RUN("fetch validate", validate_rows, one_validate) + GROUP_RUN("fetch", tests);
}
