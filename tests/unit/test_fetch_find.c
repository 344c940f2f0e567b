/* What a spec finds, its metadata, its templates in other objects, and who may use which store. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "fetch/fetch.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

static const struct fetch_limits now_only = {.max_age_ns = 0, .allow_stale = false};
static const struct fetch_limits stale_too = {.max_age_ns = 0, .allow_stale = true};
static const struct fetch_limits any_age = {.max_age_ns = UINT64_MAX};

struct fixture {
    struct provider_script *script;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct deadline dl;
    unsigned n_labels; /* how often labels were asked for */
    bool labels_fail;
};

/* Labels {team: NAMESPACE}. */
static struct err *read_labels(void *ctx, const char *ns, const struct deadline *dl,
                               struct map **out)
{
    struct fixture *f = ctx;
    (void)dl;
    f->n_labels++;
    if (f->labels_fail)
        return err_new(ERR_UNAVAILABLE, "scripted failure of labels");
    *out = map_new(free);
    map_set(*out, "team", xstrdup(ns));
    return NULL;
}

static struct err *read_config_map(void *ctx, const char *ns, const char *name, const char *key,
                                   const struct deadline *dl, struct secret_buf **out)
{
    (void)ctx;
    (void)dl;
    if (strcmp(name, "absent") == 0)
        return err_new(ERR_NOT_FOUND, "ConfigMap \"%s/%s\" does not exist", ns, name);
    CLEANUP_STR char *text = xasprintf("map %s/%s/%s", ns, name, key);
    return secret_buf_copy(secret_view_of(text, strlen(text)), out);
}

static void setup_fetcher(struct fixture *f, bool has_sources)
{
    struct fetcher_options options = {
        .env = f->script->env,
        .specs = f->specs,
        .controller_class = "ours",
        .max_stale_ns = 1000 * NS_PER_S,
        .find_ops = provider_script_ops,
    };
    if (has_sources) {
        options.env.config_maps = (struct credential_source){read_config_map, f};
        options.namespaces = (struct namespace_source){read_labels, f};
    }
    f->fetcher = fetcher_new(&options);
}

static void put_store(struct fixture *f, const char *kind, const char *name, const char *rest)
{
    CLEANUP_STR char *yaml =
        xasprintf("kind: %s\n"
                  "metadata: {namespace: %s, name: %s, uid: u-%s}\n"
                  "spec: {%s}\n",
                  kind, strcmp(kind, "SecretStore") == 0 ? "app" : "''", name, name, rest);
    spec_store_put_store(f->specs, ORIGIN_NODE, manifest_store(yaml));
}

static int setup(void **state)
{
    static struct fixture f;
    metric_reset();
    f = (struct fixture){.script = provider_script_new(), .specs = spec_store_new()};
    setup_fetcher(&f, true);
    f.dl = deadline_in(f.script->env.clock, 10000 * NS_PER_S);
    put_store(&f, "SecretStore", "main", "provider: {script: {}}");
    put_store(&f, "SecretStore", "other", "provider: {single: {}}");
    provider_script_set(f.script, "db/a", "alpha", 0);
    provider_script_set(f.script, "db/b", "beta", 0);
    provider_script_set(f.script, "web/a", "gamma", 0);
    provider_script_set(f.script, "db/a@metadata", "{\"team\":\"x\"}", 0);
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

static struct spec *spec_in(const char *ns, const char *store, const char *rest)
{
    CLEANUP_STR char *yaml = xasprintf("metadata: {namespace: %s, name: s}\n"
                                       "spec:\n"
                                       "  secretStoreRef: {%s}\n"
                                       "%s",
                                       ns, store, rest);
    return manifest_spec(yaml);
}

static struct spec *spec_of(const char *rest)
{
    return spec_in("app", "name: main", rest);
}

static struct err *run(struct fixture *f, const struct spec *spec,
                       const struct fetch_limits *limits, struct value_set **out)
{
    *out = NULL;
    return fetcher_run(f->fetcher, spec, limits, &f->dl, out);
}

static bool is_text(const struct secret_buf *b, const char *text)
{
    return b && secret_view_equal(secret_buf_view(b), secret_view_of(text, strlen(text)));
}

#define FIND(inside) "  dataFrom:\n  - {find: {" inside "}}\n"
#define ONE_KEY "  data:\n  - {secretKey: k, remoteRef: {key: db/b}}\n"

static void a_find_gives_members(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *spec = spec_of("  data:\n"
                                "  - {secretKey: k, remoteRef: {key: web/a}}\n"
                                "  - {secretKey: l, remoteRef: {key: web/b}}\n"
                                "  dataFrom:\n"
                                "  - {extract: {key: db/a}}\n"
                                "  - {find: {path: db/}}\n"
                                "  - {find: {path: nowhere}}\n");
    CLEANUP(value_set) struct value_set *values = NULL;
    provider_script_set(f->script, "db/a@metadata", "m", 0);
    assert_null(run(f, spec, &now_only, &values));
    assert_true(is_text(values->data[0].bytes, "gamma"));
    assert_null(values->data[0].members);
    assert_true(is_text(values->sources[0].bytes, "alpha"));
    assert_null(values->sources[1].bytes);
    const struct map *members = values->sources[1].members;
    assert_int_equal(members->n, 3);
    assert_true(is_text(map_get(members, "db/a"), "alpha"));
    assert_true(is_text(map_get(members, "db/b"), "beta"));
    assert_int_equal(values->sources[2].members->n, 0);
    assert_int_equal(values->sources[1].order, PROPERTY_KEY_FIRST);
    assert_int_equal(f->script->finds, 2);
    assert_int_equal(f->script->batches, 1);
    assert_int_equal(f->script->last_batch_n, 3);
}

/* Once fetched, a find is a value like another: shared, cached and old when the store is down. */
static void a_find_is_cached(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *twice = spec_of("  dataFrom:\n"
                                 "  - {find: {path: web, name: {regexp: a}}}\n"
                                 "  - {find: {path: web, name: {regexp: a}}, rewrite: [{regexp: "
                                 "{source: a, target: b}}]}\n"
                                 "  - {find: {path: web, name: {regexp: b}}}\n"
                                 "  - {find: {path: web, tags: {a: b}}}\n"
                                 "  - {find: {path: web, tags: {a: c}}}\n");
    struct value_set *values = NULL;
    assert_null(run(f, twice, &now_only, &values));
    assert_int_equal(f->script->finds, 4);
    for (size_t i = 0; i < values->n_sources; i++)
        assert_true(is_text(map_get(values->sources[i].members, "web/a"), "gamma"));
    value_set_free(values);
    assert_null(run(f, twice, &any_age, &values));
    assert_int_equal(f->script->finds, 4);
    assert_true(is_text(map_get(values->sources[1].members, "web/a"), "gamma"));
    value_set_free(values);
    clock_fake_advance_ns(&f->script->clock, NS_PER_S);
    provider_script_set(f->script, "web/a", NULL, ERR_UNAVAILABLE);
    assert_null(run(f, twice, &stale_too, &values));
    assert_true(values->is_stale);
    assert_int_equal(values->oldest_age_ns, NS_PER_S);
    assert_true(is_text(map_get(values->sources[0].members, "web/a"), "gamma"));
    value_set_free(values);
}

static void metadata_is_another_value(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec)
    struct spec *spec =
        spec_of("  data:\n"
                "  - {secretKey: k, remoteRef: {key: db/a}}\n"
                "  - {secretKey: l, remoteRef: {key: db/a, metadataPolicy: Fetch}}\n"
                "  - {secretKey: m, remoteRef: {key: db/b, metadataPolicy: Fetch}}\n"
                "  dataFrom:\n"
                "  - {extract: {key: db/a, metadataPolicy: Fetch}}\n");
    struct value_set *values = NULL;
    assert_null(run(f, spec, &now_only, &values));
    assert_true(is_text(values->data[0].bytes, "alpha"));
    assert_true(is_text(values->data[1].bytes, "{\"team\":\"x\"}"));
    assert_null(values->data[2].bytes);
    assert_true(is_text(values->sources[0].bytes, "{\"team\":\"x\"}"));
    assert_int_equal(f->script->metadatas, 2);
    assert_int_equal(f->script->gets, 1);
    value_set_free(values);
    assert_null(run(f, spec, &any_age, &values));
    assert_int_equal(f->script->metadatas, 3);
    assert_int_equal(f->script->gets, 1);
    value_set_free(values);
}

struct error_row {
    const char *name, *store, *rest; /* kind and name of a templateFrom in text_error_rows */
    enum err_class cls;              /* of db/a and db/a@metadata */
    enum err_class want;
    const char *want_text;
};

static const struct error_row error_rows[] = {
    {"find is denied", "name: main", FIND("path: db/"), ERR_DENIED, ERR_DENIED,
     "spec.dataFrom[0].find: scripted failure"},
    {"find is throttled", "name: main", FIND("path: db/"), ERR_RATE_LIMITED, ERR_RATE_LIMITED,
     "spec.dataFrom[0].find: scripted failure"},
    {"find is not answered", "name: main", FIND("path: db/"), ERR_UNAVAILABLE, ERR_UNAVAILABLE,
     "spec.dataFrom[0].find: scripted failure"},
    {"find takes too long", "name: main", FIND("path: db/"), ERR_DEADLINE, ERR_DEADLINE,
     "spec.dataFrom[0].find: scripted failure"},
    {"find is refused", "name: main", FIND("path: db/"), ERR_INVALID, ERR_INVALID,
     "spec.dataFrom[0].find: scripted failure"},
    {"no find there", "name: other", FIND("path: db/"), ERR_DENIED, ERR_INVALID,
     "spec.dataFrom[0].find: find is not supported by provider single"},
    {"metadata are denied", "name: main",
     "  data:\n  - {secretKey: l, remoteRef: {key: db/a, metadataPolicy: Fetch}}\n", ERR_DENIED,
     ERR_DENIED, "spec.data[0] (key: db/a): scripted failure"},
    {"no metadata there", "name: other",
     "  data:\n  - {secretKey: l, remoteRef: {key: db/a, metadataPolicy: Fetch}}\n", ERR_DENIED,
     ERR_INVALID,
     "spec.data[0] (key: db/a): metadataPolicy Fetch is not supported by provider single"},
};

static void one_error(void **state)
{
    const struct error_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(spec) struct spec *spec = spec_in("app", r->store, r->rest);
    struct value_set *values = NULL;
    provider_script_set(f->script, "db/a", NULL, r->cls);
    provider_script_set(f->script, "db/a@metadata", NULL, r->cls);
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(err_text(e), r->want_text);
    assert_null(values);
    teardown(&fixture);
}

static const struct error_row text_error_rows[] = {
    {"no ConfigMap", "configMap", "absent", 0, ERR_NOT_FOUND,
     "spec.target.template.templateFrom[1].configMap absent: ConfigMap \"app/absent\" does not "
     "exist"},
    {"no Secret", "secret", "absent", 0, ERR_NOT_FOUND,
     "spec.target.template.templateFrom[1].secret absent: Secret \"app/absent\" does not exist"},
};

static struct spec *spec_with_texts(const char *kind, const char *name)
{
    CLEANUP_STR char *yaml =
        xasprintf("  target:\n"
                  "    template:\n"
                  "      templateFrom:\n"
                  "      - {configMap: {name: one, items: [{key: a}, {key: b}]}}\n"
                  "      - {%s: {name: %s, items: [{key: c}]}}\n"
                  "      - {literal: 'x: y'}\n" ONE_KEY,
                  kind, name);
    return spec_of(yaml);
}

static void templates_are_read_in_order(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_with_texts("secret", "two");
    CLEANUP(value_set) struct value_set *values = NULL;
    assert_null(spec->problem);
    assert_null(run(f, spec, &any_age, &values));
    assert_int_equal(values->n_texts, 3);
    assert_true(is_text(values->texts[0], "map app/one/a"));
    assert_true(is_text(values->texts[1], "map app/one/b"));
    assert_true(is_text(values->texts[2], "two"));
    assert_int_equal(f->script->credential_reads, 1);
    value_set_free(values);
    assert_null(run(f, spec, &any_age, &values));
    assert_int_equal(f->script->credential_reads, 2);
}

static void one_text_error(void **state)
{
    const struct error_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP(spec) struct spec *spec = spec_with_texts(r->store, r->rest);
    struct value_set *values = NULL;
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(err_text(e), r->want_text);
    assert_null(values);
    teardown(&fixture);
}

static void without_sources_there_is_nothing_to_read(void **state)
{
    struct fixture *f = *state;
    CLEANUP(spec) struct spec *spec = spec_with_texts("secret", "two");
    struct value_set *values = NULL;
    fetcher_free(f->fetcher);
    setup_fetcher(f, false);
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "spec.target.template.templateFrom[0].configMap one: there is "
                                     "nothing here to read it from");
}

struct access_row {
    const char *name, *kind, *rest; /* rest: members of the store's spec beside provider */
    const char *ns;
    int want;              /* class, or -1 */
    const char *want_text; /* of the error */
    bool want_asked;       /* for labels */
};

#define CLUSTER "ClusterSecretStore"
#define TEAM(value) "namespaceSelector: {matchLabels: {team: " value "}}"
#define NOT_ALLOWED(ns)                                                                            \
    "using cluster store \"shop\" is not allowed from namespace \"" ns                             \
    "\": denied by spec.condition"

static const struct access_row access_rows[] = {
    {"no conditions", CLUSTER, "", "app", -1, NULL, false},
    {"an empty list", CLUSTER, ", conditions: []", "app", -1, NULL, false},
    {"by name", CLUSTER, ", conditions: [{namespaces: [web, app]}]", "app", -1, NULL, false},
    {"by expression", CLUSTER, ", conditions: [{namespaceRegexes: ['^ap']}]", "app", -1, NULL,
     false},
    {"by labels", CLUSTER, ", conditions: [{" TEAM("app") "}]", "app", -1, NULL, true},
    {"by the second of them", CLUSTER, ", conditions: [{namespaces: [web]}, {" TEAM("app") "}]",
     "app", -1, NULL, true},
    {"a name spares the labels", CLUSTER, ", conditions: [{" TEAM("x") ", namespaces: [app]}]",
     "app", -1, NULL, false},
    {"another name", CLUSTER, ", conditions: [{namespaces: [web]}]", "app", ERR_DENIED,
     NOT_ALLOWED("app"), false},
    {"another expression", CLUSTER, ", conditions: [{namespaceRegexes: ['^w']}]", "app", ERR_DENIED,
     NOT_ALLOWED("app"), false},
    {"other labels", CLUSTER, ", conditions: [{" TEAM("x") "}]", "web", ERR_DENIED,
     NOT_ALLOWED("web"), true},
    {"no part at all", CLUSTER, ", conditions: [{}]", "app", ERR_DENIED, NOT_ALLOWED("app"), false},
    {"our class", "SecretStore", ", controller: ours", "app", -1, NULL, false},
    {"any class", "SecretStore", ", controller: ''", "app", -1, NULL, false},
    {"another class", "SecretStore", ", controller: theirs", "app", ERR_DENIED,
     "SecretStore \"app/shop\": spec.controller is another one: theirs", false},
    {"another class of a cluster store", CLUSTER, ", controller: theirs", "app", ERR_DENIED,
     "ClusterSecretStore \"shop\": spec.controller is another one: theirs", false},
    {"conditions of a SecretStore", "SecretStore", ", conditions: [{namespaces: [app]}]", "app",
     ERR_INVALID, "SecretStore \"app/shop\": spec.conditions are for a ClusterSecretStore", false},
};

static struct spec *shop_spec(const char *kind, const char *ns)
{
    CLEANUP_STR char *ref = xasprintf("name: shop, kind: %s", kind);
    return spec_in(ns, ref, ONE_KEY);
}

static void one_access(void **state)
{
    const struct access_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    CLEANUP_STR char *rest = xasprintf("provider: {script: {}}%s", r->rest);
    put_store(f, r->kind, "shop", rest);
    CLEANUP(spec) struct spec *spec = shop_spec(r->kind, r->ns);
    CLEANUP(value_set) struct value_set *values = NULL;
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    if (e)
        assert_string_equal(err_text(e), r->want_text);
    else
        assert_true(is_text(values->data[0].bytes, "beta"));
    assert_int_equal(f->n_labels, r->want_asked ? 1 : 0);
    assert_int_equal(f->script->opens, e ? 0 : 1);
    teardown(&fixture);
}

static void labels_that_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    put_store(f, CLUSTER, "shop", "provider: {script: {}}, conditions: [{" TEAM("app") "}]");
    CLEANUP(spec) struct spec *spec = shop_spec(CLUSTER, "app");
    struct value_set *values = NULL;
    f->labels_fail = true;
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_string_equal(err_text(e), "ClusterSecretStore \"shop\": spec.conditions: scripted "
                                     "failure of labels");
}

/* Without anybody to ask for labels, no namespace has any. */
static void labels_without_a_source(void **state)
{
    struct fixture *f = *state;
    fetcher_free(f->fetcher);
    setup_fetcher(f, false);
    put_store(f, CLUSTER, "shop", "provider: {script: {}}, conditions: [{" TEAM("app") "}]");
    CLEANUP(spec) struct spec *spec = shop_spec(CLUSTER, "app");
    struct value_set *values = NULL;
    CLEANUP(err) struct err *e = run(f, spec, &now_only, &values);
    assert_int_equal(err_class(e), ERR_DENIED);
    assert_string_equal(err_text(e), NOT_ALLOWED("app"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    CASE(a_find_gives_members),
    CASE(a_find_is_cached),
    CASE(metadata_is_another_value),
    CASE(templates_are_read_in_order),
    CASE(without_sources_there_is_nothing_to_read),
    CASE(labels_that_cannot_be_read),
    CASE(labels_without_a_source),
};

int main(void)
{
    return TABLE_RUN("fetch find errors", error_rows, one_error) +
           TABLE_RUN("fetch texts errors", text_error_rows, one_text_error) +
           TABLE_RUN("fetch conditions", access_rows, one_access) + GROUP_RUN("fetch find", tests);
}
