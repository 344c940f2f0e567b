/* When a provider is opened, kept, forgotten and closed. */

#include "fetch/fetch_open.h"

#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define THREADS 6

struct fixture {
    struct provider_script *script;
    struct fetch_open *open;
    struct deadline dl;
};

static int setup(void **state)
{
    static struct fixture f;
    f.script = provider_script_new();
    f.open = fetch_open_new(&f.script->env);
    f.dl = deadline_in(f.script->env.clock, 60 * NS_PER_S);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fetch_open_free(f->open);
    int leaked = f->script->opens - f->script->closes ? 1 : 0;
    provider_script_free(f->script);
    return leaked;
}

static struct err *try_open(struct fixture *f, const struct store *store, const char *ns,
                            struct fetch_slot **out)
{
    return fetch_open_get(f->open, provider_script_ops(store->provider), store, ns, &f->dl, out);
}

static struct fetch_slot *open_for(struct fixture *f, const struct store *store, const char *ns)
{
    struct fetch_slot *slot = NULL;
    assert_null(try_open(f, store, ns, &slot));
    return slot;
}

/* Open and give back. */
static void visit(struct fixture *f, const struct store *store, const char *ns)
{
    fetch_open_put(open_for(f, store, ns));
}

static struct store *store_version(const char *resource_version, const char *uid,
                                   const char *config)
{
    CLEANUP_STR char *yaml =
        xasprintf("kind: SecretStore\n"
                  "metadata: {namespace: app, name: stores, uid: %s, resourceVersion: '%s'}\n"
                  "spec: {provider: {script: {%s}}}\n",
                  uid, resource_version, config);
    return manifest_store(yaml);
}

struct reuse_row {
    const char *name;
    const char *version, *uid, *config; /* of the second look */
    unsigned want_opens;
};

static const struct reuse_row reuse_rows[] = {
    {"the same object", "1", "u1", "a: 1", 1},
    {"only its status changed", "2", "u1", "a: 1", 1},
    {"another configuration", "2", "u1", "a: 2", 2},
    {"made anew under the same name", "2", "u2", "a: 1", 2},
};

static void one_reuse(void **state)
{
    const struct reuse_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(store) struct store *first = store_version("1", "u1", "a: 1");
    CLEANUP(store) struct store *second = store_version(r->version, r->uid, r->config);
    visit(f, first, "app");
    visit(f, second, "app");
    assert_int_equal(f->script->opens, r->want_opens);
    assert_int_equal(f->script->closes, r->want_opens - 1);
    assert_int_equal(fetch_open_count(f->open), 1);
    fetch_open_forget_store(f->open, STORE_NAMESPACED, "app", "stores", second);
    assert_int_equal(fetch_open_count(f->open), 1);
    fetch_open_forget_store(f->open, STORE_NAMESPACED, "app", "store", NULL);
    assert_int_equal(fetch_open_count(f->open), 1);
    fetch_open_forget_store(f->open, STORE_NAMESPACED, "app", "stores", NULL);
    assert_int_equal(fetch_open_count(f->open), 0);
    assert_int_equal(teardown(&fixture), 0);
}

static void forgotten_when_the_store_changes(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *first = store_version("1", "u1", "a: 1");
    CLEANUP(store) struct store *second = store_version("2", "u1", "a: 2");
    visit(f, first, "app");
    fetch_open_forget_store(f->open, STORE_NAMESPACED, "app", "stores", second);
    assert_int_equal(f->script->closes, 1);
}

static void forgotten_when_a_credential_changes(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *store = manifest_provider("{script: {credential: login}}");
    visit(f, store, "app");
    assert_int_equal(f->script->credential_reads, 1);
    fetch_open_forget_credentials(f->open, "app", "other");
    fetch_open_forget_credentials(f->open, "other", "login");
    assert_int_equal(f->script->closes, 0);
    fetch_open_forget_credentials(f->open, "app", "login");
    assert_int_equal(f->script->closes, 1);
    visit(f, store, "app");
    assert_int_equal(f->script->opens, 2);
}

static void calls_under_way_finish_first(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *store = manifest_provider("{script: {}}");
    struct fetch_slot *slot = open_for(f, store, "app");
    fetch_open_forget(slot);
    fetch_open_forget(slot);
    assert_int_equal(f->script->closes, 0);
    visit(f, store, "app");
    assert_int_equal(f->script->opens, 2);
    fetch_open_put(slot);
    assert_int_equal(f->script->closes, 1);
}

static void one_per_namespace_if_it_matters(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *plain = manifest_cluster_provider("{script: {}}");
    CLEANUP(store) struct store *referent = manifest_cluster_provider("{script: {referent: true}}");
    visit(f, plain, "a");
    visit(f, plain, "b");
    assert_int_equal(f->script->opens, 1);
    visit(f, referent, "a");
    visit(f, referent, "b");
    visit(f, referent, "b");
    assert_int_equal(f->script->opens, 3);
    fetch_open_forget_store(f->open, STORE_CLUSTER, "", "stores", NULL);
    assert_int_equal(fetch_open_count(f->open), 0);
}

static void trim_closes_what_nobody_uses(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *a = manifest_cluster_provider("{script: {referent: true}}");
    visit(f, a, "a");
    clock_fake_advance_ns(&f->script->clock, 5 * NS_PER_S);
    visit(f, a, "b");
    clock_fake_advance_ns(&f->script->clock, 5 * NS_PER_S);
    fetch_open_trim(f->open, 7 * NS_PER_S);
    assert_int_equal(f->script->closes, 1);
    assert_int_equal(fetch_open_count(f->open), 1);
}

struct fail_row {
    const char *name, *provider;
    bool open_fails;
    enum err_class cls, want;
};

static const struct fail_row fail_rows[] = {
    {"check", "{script: {broken: 1}}", false, 0, ERR_INVALID},
    {"credential", "{script: {credential: absent}}", false, 0, ERR_NOT_FOUND},
    {"denied", "{script: {}}", true, ERR_DENIED, ERR_DENIED},
    {"unavailable", "{script: {}}", true, ERR_UNAVAILABLE, ERR_UNAVAILABLE},
};

static void one_failure(void **state)
{
    const struct fail_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(store) struct store *store = manifest_provider(r->provider);
    struct fetch_slot *slot = NULL;
    provider_script_fail_opens(f->script, r->open_fails, r->cls);
    CLEANUP(err) struct err *e = try_open(f, store, "app", &slot);
    assert_int_equal(err_class(e), r->want);
    assert_null(slot);
    fetch_open_free(f->open);
    assert_int_equal(f->script->closes, 0);
    provider_script_free(f->script);
}

static void works_after_a_failure(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *store = manifest_provider("{script: {}}");
    struct fetch_slot *slot = NULL;
    provider_script_fail_opens(f->script, true, ERR_UNAVAILABLE);
    CLEANUP(err) struct err *e = try_open(f, store, "app", &slot);
    assert_non_null(e);
    provider_script_fail_opens(f->script, false, 0);
    visit(f, store, "app");
    f->script->opens--; /* the one that failed is never closed */
}

struct opener {
    struct fixture *f;
    const struct store *store;
    struct thread *thread;
    struct err *e;
};

static void open_in_thread(void *arg)
{
    struct opener *o = arg;
    struct fetch_slot *slot = NULL;
    o->e = try_open(o->f, o->store, "app", &slot);
    fetch_open_put(slot);
}

static void many_open_once(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *store = manifest_provider("{script: {}}");
    struct opener openers[THREADS];
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < THREADS; i++) {
        openers[i] = (struct opener){.f = f, .store = store};
        openers[i].thread = thread_start("opener", open_in_thread, &openers[i]);
    }
    provider_script_wait_held(f->script, 1);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(openers[i].thread);
        assert_null(openers[i].e);
    }
    assert_int_equal(f->script->opens, 1);
}

static void age_counts_from_opening(void **state)
{
    struct fixture *f = *state;
    CLEANUP(store) struct store *store = manifest_provider("{script: {}}");
    CLEANUP(fetch_slot) struct fetch_slot *slot = open_for(f, store, "app");
    clock_fake_advance_ns(&f->script->clock, 7 * NS_PER_S);
    assert_int_equal(fetch_slot_age_ns(slot), 7 * NS_PER_S);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    CASE(forgotten_when_the_store_changes),
    CASE(forgotten_when_a_credential_changes),
    CASE(calls_under_way_finish_first),
    CASE(one_per_namespace_if_it_matters),
    CASE(trim_closes_what_nobody_uses),
    CASE(works_after_a_failure),
    CASE(many_open_once),
    CASE(age_counts_from_opening),
};

int main(void)
{
    return TABLE_RUN("fetch_open reuse", reuse_rows, one_reuse) +
           TABLE_RUN("fetch_open errors", fail_rows, one_failure) + GROUP_RUN("fetch_open", tests);
}
