/* Writing to stores: who may, what the outcome is, and that the next fetch sees it. */

#include "fetch/fetch_push.h"

#include <string.h>

#include "base/alloc.h"
#include "spec/spec.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

static const struct fetch_limits any_age = {.max_age_ns = UINT64_MAX};

struct fixture {
    struct provider_script *script;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct store *store; /* "stores" in namespace app, of provider script */
    struct deadline dl;
};

static int setup(void **state)
{
    static struct fixture f;
    f.script = provider_script_new();
    f.specs = spec_store_new();
    struct fetcher_options options = {
        .env = f.script->env,
        .specs = f.specs,
        .controller_class = "ours",
        .find_ops = provider_script_ops,
    };
    f.fetcher = fetcher_new(&options);
    f.dl = deadline_in(f.script->env.clock, 10000 * NS_PER_S);
    f.store = manifest_provider("{script: {credential: login}}");
    spec_store_put_store(f.specs, ORIGIN_NODE, store_ref_get(f.store));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_unref(f->store);
    fetcher_free(f->fetcher);
    spec_store_free(f->specs);
    provider_script_free(f->script);
    return 0;
}

static struct err *push_to(struct fixture *f, const struct store *store, const char *key,
                           const char *value, bool only_if_absent)
{
    struct fetch_push push = {.store = store, .ns = "app", .what = {.key = key}};
    return fetcher_push(f->fetcher, &push, secret_view_of(value, strlen(value)), only_if_absent,
                        &f->dl);
}

static struct err *remove_from(struct fixture *f, const struct store *store, const char *key)
{
    struct fetch_push push = {.store = store, .ns = "app", .what = {.key = key}};
    return fetcher_push_remove(f->fetcher, &push, &f->dl);
}

struct refusal_row {
    const char *name, *store; /* the store's members after its metadata */
    int fails_with;           /* class of the script, or -1 */
    enum err_class want;
    const char *want_text;
};

#define SCRIPT "spec: {provider: {script: {}}}\n"
#define LABEL "ClusterSecretStore \"stores\": "

static const struct refusal_row refusal_rows[] = {
    {"problem of the store", "spec: {provider: {script: {}, single: {}}}\n", -1, ERR_INVALID,
     LABEL "spec.provider has more than one member: script and single"},
    {"unknown provider", "spec: {provider: {nowhere: {}}}\n", -1, ERR_INVALID,
     LABEL "spec.provider.nowhere is not supported"},
    {"read only", "spec: {provider: {single: {}}}\n", -1, ERR_INVALID,
     LABEL "provider single cannot be written to"},
    {"configuration", "spec: {provider: {script: {broken: 1}}}\n", -1, ERR_INVALID,
     LABEL "spec.provider.script.broken is not supported"},
    {"credential", "spec: {provider: {script: {credential: absent}}}\n", -1, ERR_NOT_FOUND,
     LABEL "Secret \"app/absent\" does not exist"},
    {"another namespace's store",
     "spec: {provider: {script: {}}, conditions: [{namespaces: [shop]}]}\n", -1, ERR_DENIED,
     "using cluster store \"stores\" is not allowed from namespace \"app\": denied by "
     "spec.condition"},
    {"another controller's store", "spec: {controller: theirs, provider: {script: {}}}\n", -1,
     ERR_DENIED, LABEL "spec.controller is another one: theirs"},
    {"conflict", SCRIPT, ERR_CONFLICT, ERR_CONFLICT, LABEL "scripted failure of a push"},
    {"denied", SCRIPT, ERR_DENIED, ERR_DENIED, LABEL "scripted failure of a push"},
    {"throttled", SCRIPT, ERR_RATE_LIMITED, ERR_RATE_LIMITED, LABEL "scripted failure of a push"},
    {"unavailable", SCRIPT, ERR_UNAVAILABLE, ERR_UNAVAILABLE, LABEL "scripted failure of a push"},
    {"time", SCRIPT, ERR_DEADLINE, ERR_DEADLINE, LABEL "scripted failure of a push"},
};

static void assert_refused(struct err *refusal, const struct refusal_row *r)
{
    CLEANUP(err) struct err *e = refusal;
    assert_non_null(e);
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(err_text(e), r->want_text);
}

static void one_refusal(void **state)
{
    const struct refusal_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP_STR char *yaml =
        xasprintf("kind: ClusterSecretStore\nmetadata: {name: stores}\n%s", r->store);
    CLEANUP(store) struct store *store = manifest_store(yaml);
    if (r->fails_with >= 0)
        provider_script_fail_pushes(f->script, true, (enum err_class)r->fails_with);
    assert_refused(push_to(f, store, "db", "v", false), r);
    assert_refused(push_to(f, store, "db", "v", true), r);
    assert_refused(remove_from(f, store, "db"), r);
    assert_null(provider_script_text(f->script, "db"));
    teardown(&fixture);
}

/* The one value of a spec with that entry, from the cache if it can be. */
static bool fetch_is(struct fixture *f, const char *entry, const char *want)
{
    CLEANUP_STR char *yaml = xasprintf("metadata: {namespace: app, name: s}\n"
                                       "spec:\n"
                                       "  secretStoreRef: {name: stores}\n"
                                       "  %s\n",
                                       entry);
    CLEANUP(spec) struct spec *spec = manifest_spec(yaml);
    CLEANUP(value_set) struct value_set *values = NULL;
    assert_null(fetcher_run(f->fetcher, spec, &any_age, &f->dl, &values));
    const struct value *v = values->n_data ? &values->data[0] : &values->sources[0];
    const struct secret_buf *got = v->members ? map_get(v->members, "db") : v->bytes;
    if (!want)
        return !got;
    return got && secret_view_equal(secret_buf_view(got), secret_view_of(want, strlen(want)));
}

#define DB "data: [{secretKey: k, remoteRef: {key: db}}]"
#define DB_V1 "data: [{secretKey: k, remoteRef: {key: db, version: v1}}]"
#define DBS "data: [{secretKey: k, remoteRef: {key: dbs}}]"
#define FIND "dataFrom: [{find: {path: d}}]"

static void the_next_fetch_sees_what_was_written(void **state)
{
    struct fixture *f = *state;
    provider_script_set(f->script, "db", "old", 0);
    provider_script_set(f->script, "dbs", "another", 0);
    assert_true(fetch_is(f, DB, "old"));
    assert_true(fetch_is(f, DB_V1, "old"));
    assert_true(fetch_is(f, DBS, "another"));
    assert_true(fetch_is(f, FIND, "old"));
    assert_null(push_to(f, f->store, "db", "new", false));
    provider_script_set(f->script, "dbs", "not written by us", 0);
    assert_true(fetch_is(f, DB, "new"));
    assert_true(fetch_is(f, DB_V1, "new"));
    assert_true(fetch_is(f, FIND, "new"));
    assert_true(fetch_is(f, DBS, "another"));
    assert_null(remove_from(f, f->store, "db"));
    provider_script_set(f->script, "dx", "to be found", 0);
    assert_true(fetch_is(f, DB, NULL));
}

/* Who cannot say what the store holds now must not go on believing the old value. */
static void a_failed_write_is_looked_at_too(void **state)
{
    struct fixture *f = *state;
    provider_script_set(f->script, "db", "old", 0);
    assert_true(fetch_is(f, DB, "old"));
    provider_script_fail_pushes(f->script, true, ERR_UNAVAILABLE);
    CLEANUP(err) struct err *e = push_to(f, f->store, "db", "new", false);
    assert_non_null(e);
    provider_script_set(f->script, "db", "new all the same", 0);
    assert_true(fetch_is(f, DB, "new all the same"));
}

static void only_if_absent_leaves_what_is_there(void **state)
{
    struct fixture *f = *state;
    assert_null(push_to(f, f->store, "db", "first", true));
    assert_null(push_to(f, f->store, "db", "second", true));
    CLEANUP_STR char *text = provider_script_text(f->script, "db");
    assert_string_equal(text, "first");
    assert_int_equal(f->script->push_checks, 2);
    assert_int_equal(f->script->pushes, 1);
}

static void property_and_metadata_are_passed_on(void **state)
{
    struct fixture *f = *state;
    CLEANUP(json) struct json *metadata = json_new_map();
    json_set_text(metadata, "kind", "PushSecretMetadata");
    struct fetch_push push = {
        .store = f->store,
        .ns = "app",
        .what = {.key = "db", .property = "user", .metadata = metadata},
    };
    assert_null(fetcher_push(f->fetcher, &push, secret_view_of("me", 2), false, &f->dl));
    CLEANUP_STR char *text = provider_script_text(f->script, "db#user");
    CLEANUP_STR char *seen = provider_script_push_metadata(f->script);
    assert_string_equal(text, "me");
    assert_string_equal(seen, "{\"kind\":\"PushSecretMetadata\"}");
}

struct login_row {
    const char *name;
    uint64_t age_s;
    const char *identity; /* of the next login */
    unsigned want_opens, want_pushes;
};

static const struct login_row login_rows[] = {
    {"a fresh login is believed", 29, "two", 1, 1},
    {"an old one is looked up again", 30, "two", 2, 2},
    {"the same again changes nothing", 30, "one", 2, 1},
};

static void one_login(void **state)
{
    const struct login_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    assert_null(remove_from(f, f->store, "none"));
    clock_fake_advance_ns(&f->script->clock, r->age_s * NS_PER_S);
    provider_script_identity(f->script, r->identity);
    provider_script_fail_pushes(f->script, true, ERR_DENIED);
    CLEANUP(err) struct err *e = push_to(f, f->store, "db", "v", false);
    assert_int_equal(err_class(e), ERR_DENIED);
    assert_string_equal(err_text(e), "SecretStore \"app/stores\": scripted failure of a push");
    assert_int_equal(f->script->opens, r->want_opens);
    assert_int_equal(f->script->pushes, r->want_pushes);
    teardown(&fixture);
}

struct capability_row {
    const char *name, *provider;
    const char *want;
};

static const struct capability_row capability_rows[] = {
    {"can be written to", "{script: {}}", "ReadWrite"},
    {"cannot", "{single: {}}", "ReadOnly"},
    {"is not known", "{nowhere: {}}", "ReadOnly"},
    {"problem", "{script: {}, single: {}}", "ReadOnly"},
};

static void one_capability(void **state)
{
    const struct capability_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(store) struct store *store = manifest_provider(r->provider);
    assert_string_equal(fetcher_capabilities(f->fetcher, store), r->want);
    teardown(&fixture);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    CASE(the_next_fetch_sees_what_was_written),
    CASE(a_failed_write_is_looked_at_too),
    CASE(only_if_absent_leaves_what_is_there),
    CASE(property_and_metadata_are_passed_on),
};

int main(void)
{
    return TABLE_RUN("fetch_push refusals", refusal_rows, one_refusal) +
           TABLE_RUN("fetch_push logins", login_rows, one_login) +
           TABLE_RUN("fetch_push capabilities", capability_rows, one_capability) +
           GROUP_RUN("fetch_push", tests);
}
