/* The condition of a store: what it says, when it is written, and when the store is looked at
 * again. */

#include "reconcile/store_check.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/status_record.h"
#include "tests/support/table.h"

#define KEY "store/SecretStore/app/stores"
#define S NS_PER_S

struct fixture {
    unsigned n_recovered;
    struct provider_script *script;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct status_record *record;
    struct status_sink sink;
    struct store_check *check;
    bool is_ours;
};

static bool is_ours(void *ctx, const char *uid)
{
    const struct fixture *f = ctx;
    assert_string_equal(uid, "u1");
    return f->is_ours;
}

static void fixture_init(struct fixture *f)
{
    f->n_recovered = 0;
    log_set_level(LOG_LEVEL_ERROR);
    f->script = provider_script_new();
    f->specs = spec_store_new();
    struct fetcher_options o = {
        .env = f->script->env, .specs = f->specs, .find_ops = provider_script_ops};
    f->fetcher = fetcher_new(&o);
    f->record = status_record_new();
    f->sink = status_record_sink(f->record);
    f->check = store_check_new();
    f->is_ours = true;
}

static void fixture_done(struct fixture *f)
{
    store_check_free(f->check);
    status_record_free(f->record);
    fetcher_free(f->fetcher);
    spec_store_free(f->specs);
    provider_script_free(f->script);
}
#define CLEANUP_FIXTURE __attribute__((cleanup(fixture_done)))

static void on_recovered(void *ctx, const struct store_name *store)
{
    struct fixture *f = ctx;
    assert_string_equal(store->name, "stores");
    f->n_recovered++;
}

/* Time until the next look; UINT64_MAX: never. */
static uint64_t step(struct fixture *f, const char *key)
{
    struct store_check_options o = {.clock = &f->script->clock.clock,
                                    .specs = f->specs,
                                    .fetcher = f->fetcher,
                                    .status = &f->sink,
                                    .is_ours = is_ours,
                                    .is_ours_ctx = f,
                                    .timeout_ns = 10 * S,
                                    .controller_class = "default",
                                    .recovered = on_recovered,
                                    .recovered_ctx = f};
    uint64_t next = store_check_step(f->check, &o, key, 0);
    return next == UINT64_MAX ? next : next - clock_mono_ns(&f->script->clock.clock);
}

static void put(struct fixture *f, const char *provider)
{
    spec_store_put_store(f->specs, ORIGIN_MIRROR, manifest_provider(provider));
}

/* A store that was found valid before, with those capabilities. */
static void put_valid(struct fixture *f, const char *capabilities)
{
    CLEANUP_STR char *yaml =
        xasprintf("{kind: SecretStore, metadata: {namespace: app, name: stores, uid: u1}, "
                  "spec: {provider: {script: {}}}, status: {conditions: [{type: Ready, "
                  "status: 'True', reason: Valid, message: store validated}], "
                  "capabilities: %s}}",
                  capabilities);
    spec_store_put_store(f->specs, ORIGIN_MIRROR, manifest_store(yaml));
}

static void assert_said(struct fixture *f, size_t writes, size_t events, const char *reason)
{
    const struct status_record_write *w = status_record_last(f->record, "SecretStore", "stores");
    assert_int_equal(status_record_writes(f->record, "SecretStore", "stores"), writes);
    assert_int_equal(status_record_events(f->record, "stores", NULL), events);
    if (reason)
        assert_string_equal(w->reason, reason);
}

static void valid_store_is_said_once(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put(&f, "{script: {}}");
    assert_int_equal(step(&f, KEY), 300 * S);
    assert_said(&f, 1, 1, "Valid");
    assert_true(status_record_last(f.record, "SecretStore", "stores")->is_ready);
    assert_string_equal(status_record_last_event(f.record, "stores")->type, "Normal");
    clock_fake_advance_ns(&f.script->clock, 300 * S);
    assert_int_equal(step(&f, KEY), 300 * S);
    assert_said(&f, 1, 1, "Valid");
    assert_int_equal(f.script->validates, 2);
}

static void failing_store_is_looked_at_sooner(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put(&f, "{script: {}}");
    provider_script_fail_opens(f.script, true, ERR_UNAVAILABLE);
    assert_int_equal(step(&f, KEY), 1 * S);
    assert_int_equal(step(&f, KEY), 2 * S);
    assert_said(&f, 1, 1, "InvalidProviderConfig");
    assert_string_equal(status_record_last_event(f.record, "stores")->type, "Warning");
    provider_script_fail_opens(f.script, true, ERR_DENIED);
    assert_int_equal(step(&f, KEY), 20 * S); /* the third in a row: 5 s, 10 s, 20 s */
    provider_script_fail_opens(f.script, false, ERR_DENIED);
    clock_fake_advance_ns(&f.script->clock, 60 * S);
    assert_int_equal(step(&f, KEY), 300 * S);
    assert_said(&f, 2, 2, "Valid");
    assert_int_equal(status_record_last(f.record, "SecretStore", "stores")->transition_unix_s,
                     CLOCK_FAKE_UNIX_S + 60);
    assert_int_equal(f.n_recovered, 1);
    assert_int_equal(step(&f, KEY), 300 * S);
    assert_int_equal(f.n_recovered, 1); /* it was well already */
}

static void wrong_configuration_names_the_field(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put(&f, "{script: {broken: true}}");
    assert_int_equal(step(&f, KEY), 5 * S);
    assert_said(&f, 1, 1, "InvalidStoreConfiguration");
    assert_non_null(strstr(status_record_last(f.record, "SecretStore", "stores")->message,
                           "spec.provider.script.broken is not supported"));
}

static void referent_store_cannot_be_judged(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    spec_store_put_store(f.specs, ORIGIN_MIRROR,
                         manifest_cluster_provider("{script: {referent: true}}"));
    assert_int_equal(step(&f, "store/ClusterSecretStore//stores"), 300 * S);
    assert_string_equal(status_record_last(f.record, "ClusterSecretStore", "stores")->reason,
                        "ValidationUnknown");
    assert_int_equal(f.script->opens, 0);
}

static void condition_that_stands_already_is_not_written(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put_valid(&f, "ReadWrite");
    assert_int_equal(step(&f, KEY), 300 * S);
    assert_said(&f, 0, 0, NULL);
    provider_script_fail_opens(f.script, true, ERR_UNAVAILABLE);
    put(&f, "{script: {other: true}}");
    (void)step(&f, KEY);
    assert_said(&f, 1, 1, "InvalidProviderConfig");
}

/* Those of an older release; and those of the provider that a store has from now on. */
static void other_capabilities_are_news(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put_valid(&f, "ReadOnly");
    (void)step(&f, KEY);
    assert_said(&f, 1, 1, "Valid");
    assert_string_equal(status_record_last(f.record, "SecretStore", "stores")->capabilities,
                        "ReadWrite");
    put(&f, "{single: {}}");
    (void)step(&f, KEY);
    assert_said(&f, 2, 2, "Valid");
    assert_string_equal(status_record_last(f.record, "SecretStore", "stores")->capabilities,
                        "ReadOnly");
}

static void unwritten_condition_is_tried_again_without_another_event(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    put(&f, "{script: {}}");
    status_record_fail(f.record, true);
    (void)step(&f, KEY);
    (void)step(&f, KEY);
    assert_said(&f, 0, 1, NULL);
    status_record_fail(f.record, false);
    (void)step(&f, KEY);
    (void)step(&f, KEY);
    assert_said(&f, 1, 1, "Valid");
}

static void store_that_is_gone_or_not_ours_is_let_go(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_true(step(&f, KEY) == UINT64_MAX);
    put(&f, "{script: {}}");
    f.is_ours = false;
    assert_true(step(&f, KEY) == UINT64_MAX);
    assert_said(&f, 0, 0, NULL);
    f.is_ours = true;
    (void)step(&f, KEY);
    f.is_ours = false;
    assert_true(step(&f, KEY) == UINT64_MAX);
    f.is_ours = true; /* what the other one wrote is not known */
    (void)step(&f, KEY);
    assert_said(&f, 2, 2, "Valid");
}

struct uses_row {
    const char *name, *entries;
    enum store_kind kind;
    const char *ns, *store;
    bool want;
};
#define BY_SPEC "secretStoreRef: {name: a}, data: [{secretKey: k, remoteRef: {key: r}}]"
#define BY_DATA                                                                                    \
    "secretStoreRef: {name: a}, data: [{secretKey: k, remoteRef: {key: r}, sourceRef: {storeRef: " \
    "{name: b, kind: ClusterSecretStore}}}]"
#define BY_EXTRACT "secretStoreRef: {name: a}, dataFrom: [{extract: {key: r}}]"
static const struct uses_row uses_rows[] = {
    {"the spec's store", BY_SPEC, STORE_NAMESPACED, "n", "a", true},
    {"of another namespace", BY_SPEC, STORE_NAMESPACED, "m", "a", false},
    {"another name", BY_SPEC, STORE_NAMESPACED, "n", "b", false},
    {"another kind", BY_SPEC, STORE_CLUSTER, "", "a", false},
    {"an entry's store", BY_DATA, STORE_CLUSTER, "", "b", true},
    {"a store that every entry overrides", BY_DATA, STORE_NAMESPACED, "n", "a", false},
    {"of an extract", BY_EXTRACT, STORE_NAMESPACED, "n", "a", true},
    {"no entry", "secretStoreRef: {name: a}", STORE_NAMESPACED, "n", "a", false},
};

static void one_use(void **state)
{
    const struct uses_row *r = *state;
    CLEANUP_STR char *yaml =
        xasprintf("{metadata: {name: es, namespace: n}, spec: {%s}}", r->entries);
    CLEANUP(spec) struct spec *spec = manifest_spec(yaml);
    struct store_name name = {r->kind, r->ns, r->store};
    assert_int_equal(store_check_spec_uses(spec, &name), r->want);
}

struct mention_row {
    const char *name, *provider;
    bool is_cluster;
    const char *ns, *secret;
    bool want;
};
#define DEEP "{aws: {auth: {secretRef: {accessKeyIDSecretRef: {name: login, key: id}}}}}"
static const struct mention_row mention_rows[] = {
    {"deep inside", DEEP, false, "app", "login", true},
    {"another namespace", DEEP, false, "other", "login", false},
    {"another name", DEEP, false, "app", "log", false},
    {"a cluster store takes from anywhere", DEEP, true, "other", "login", true},
    {"in a list", "{x: {list: [{name: login}]}}", false, "app", "login", true},
    {"a text of that content", "{x: {user: login}}", false, "app", "login", false},
};

static void one_mention(void **state)
{
    const struct mention_row *r = *state;
    CLEANUP(store)
    struct store *s =
        r->is_cluster ? manifest_cluster_provider(r->provider) : manifest_provider(r->provider);
    assert_int_equal(store_check_mentions(s, r->ns, r->secret), r->want);
}

static void store_without_a_provider_mentions_nothing(void **state)
{
    (void)state;
    CLEANUP(store)
    struct store *s = manifest_store("{kind: ClusterSecretStore, metadata: {name: s}, spec: {}}");
    assert_false(store_check_mentions(s, "app", "login"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_store_is_said_once),
        cmocka_unit_test(failing_store_is_looked_at_sooner),
        cmocka_unit_test(wrong_configuration_names_the_field),
        cmocka_unit_test(referent_store_cannot_be_judged),
        cmocka_unit_test(condition_that_stands_already_is_not_written),
        cmocka_unit_test(other_capabilities_are_news),
        cmocka_unit_test(unwritten_condition_is_tried_again_without_another_event),
        cmocka_unit_test(store_that_is_gone_or_not_ours_is_let_go),
        cmocka_unit_test(store_without_a_provider_mentions_nothing),
    };
    return TABLE_RUN("store_check_spec_uses", uses_rows, one_use) +
           TABLE_RUN("store_check_mentions", mention_rows, one_mention) +
           GROUP_RUN("store_check", tests);
}
