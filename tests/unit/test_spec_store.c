/* Objects by name, who vouches for them, and who hears of what. */

#include "spec/spec_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

/* What a listener heard last, and how often. */
struct heard {
    struct spec_store *store; /* looked into from within the call */
    unsigned n;
    char last[128];
};

static void on_spec(void *ctx, const char *ns, const char *name)
{
    struct heard *h = ctx;
    h->n++;
    CLEANUP(spec) struct spec *s = spec_store_get_spec(h->store, ns, name);
    snprintf(h->last, sizeof(h->last), "spec %s/%s %s", ns, name, s ? "there" : "gone");
}

static void on_store(void *ctx, enum store_kind kind, const char *ns, const char *name)
{
    struct heard *h = ctx;
    h->n++;
    snprintf(h->last, sizeof(h->last), "%s %s/%s", store_kind_name(kind), ns, name);
}

static void on_credentials(void *ctx, const char *ns, const char *name)
{
    struct heard *h = ctx;
    h->n++;
    snprintf(h->last, sizeof(h->last), "secret %s/%s", ns, name);
}

static const struct spec_listener listener = {on_spec, on_store, on_credentials};

static struct spec_store *heard_store(struct heard *h)
{
    struct spec_store *s = spec_store_new();
    *h = (struct heard){.store = s};
    spec_store_listen(s, &listener, h);
    return s;
}

static struct spec *spec_of(const char *meta)
{
    CLEANUP_STR char *yaml = xasprintf(
        "{metadata: {namespace: n, %s}, spec: {secretStoreRef: {name: s}, data: [{secretKey: k, "
        "remoteRef: {key: r}}]}}",
        meta);
    return manifest_spec(yaml);
}

static struct store *store_of(const char *kind, const char *meta)
{
    CLEANUP_STR char *yaml =
        xasprintf("{kind: %s, metadata: {%s}, spec: {provider: {fake: {}}}}", kind, meta);
    return manifest_store(yaml);
}

static void put_is_told_and_found(void **state)
{
    struct heard h;
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = heard_store(&h);
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: a"));
    assert_string_equal(h.last, "spec n/a there");
    spec_store_put_store(s, ORIGIN_MIRROR, store_of("SecretStore", "namespace: n, name: x"));
    assert_string_equal(h.last, "SecretStore n/x");
    spec_store_put_store(s, ORIGIN_MIRROR, store_of("ClusterSecretStore", "name: x"));
    assert_string_equal(h.last, "ClusterSecretStore /x");
    spec_store_credentials_changed(s, "n", "login");
    assert_string_equal(h.last, "secret n/login");
    assert_int_equal(h.n, 4);
    CLEANUP(store) struct store *own = spec_store_get_store(s, STORE_NAMESPACED, "n", "x");
    CLEANUP(store) struct store *cluster = spec_store_get_store(s, STORE_CLUSTER, "any", "x");
    assert_int_equal(own->kind, STORE_NAMESPACED);
    assert_int_equal(cluster->kind, STORE_CLUSTER);
    assert_null(spec_store_get_store(s, STORE_NAMESPACED, "other", "x"));
    assert_null(spec_store_get_spec(s, "n", "b"));
}

static void counts_are_by_kind(void **state)
{
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = spec_store_new();
    spec_store_put_spec(s, ORIGIN_NODE, spec_of("name: a"));
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: a"));
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: b"));
    spec_store_put_store(s, ORIGIN_MIRROR, store_of("SecretStore", "namespace: n, name: x"));
    struct spec_store_counts counts = spec_store_counts(s);
    assert_int_equal(counts.external_secrets, 2);
    assert_int_equal(counts.secret_stores, 1);
    assert_int_equal(counts.cluster_secret_stores, 0);
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = spec_store_new();
    spec_store_put_spec(s, ORIGIN_NODE, spec_of("name: a"));
    spec_store_credentials_changed(s, "n", "login");
    spec_store_remove_spec(s, ORIGIN_NODE, "n", "a");
    assert_null(spec_store_get_spec(s, "n", "a"));
}

static void reference_outlives_the_entry(void **state)
{
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = spec_store_new();
    spec_store_put_spec(s, ORIGIN_NODE, spec_of("name: a"));
    CLEANUP(spec) struct spec *held = spec_store_get_spec(s, "n", "a");
    spec_store_remove_spec(s, ORIGIN_NODE, "n", "a");
    assert_string_equal(held->meta.name, "a");
}

struct news_row {
    const char *name;
    bool is_store;
    const char *before, *after; /* metadata beside the name */
    bool want_told;
};
static const struct news_row news_rows[] = {
    {"same version", false, "uid: u, resourceVersion: '1'", "uid: u, resourceVersion: '1'", false},
    {"another version", false, "uid: u, resourceVersion: '1'", "uid: u, resourceVersion: '2'",
     true},
    {"no version", false, "uid: u", "uid: u", true},
    {"made anew", false, "uid: u, resourceVersion: '1'", "uid: v, resourceVersion: '1'", true},
    {"a spec's status", false, "uid: u, resourceVersion: '1', generation: 1",
     "uid: u, resourceVersion: '2', generation: 1", true},
    {"a store's status", true, "uid: u, resourceVersion: '1', generation: 1",
     "uid: u, resourceVersion: '2', generation: 1", false},
    {"a store's spec", true, "uid: u, resourceVersion: '1', generation: 1",
     "uid: u, resourceVersion: '2', generation: 2", true},
    {"a store without generation", true, "uid: u, resourceVersion: '1'",
     "uid: u, resourceVersion: '2'", true},
    {"a store made anew", true, "uid: u, generation: 1", "uid: v, generation: 1", true},
};

static void put_either(struct spec_store *s, bool is_store, const char *meta)
{
    CLEANUP_STR char *named = xasprintf("name: a, %s", meta);
    if (is_store)
        spec_store_put_store(s, ORIGIN_NODE, store_of("ClusterSecretStore", named));
    else
        spec_store_put_spec(s, ORIGIN_NODE, spec_of(named));
}

static void one_news(void **state)
{
    const struct news_row *r = *state;
    struct heard h;
    CLEANUP(spec_store) struct spec_store *s = heard_store(&h);
    put_either(s, r->is_store, r->before);
    assert_int_equal(h.n, 1);
    put_either(s, r->is_store, r->after);
    assert_int_equal(h.n, r->want_told ? 2 : 1);
}

/* What was not told is there all the same: the status of a store is read by who writes it next. */
static void untold_object_is_the_newest(void **state)
{
    struct heard h;
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = heard_store(&h);
    put_either(s, true, news_rows[5].before);
    put_either(s, true, news_rows[5].after);
    CLEANUP(store) struct store *got = spec_store_get_store(s, STORE_CLUSTER, "", "a");
    assert_string_equal(got->meta.resource_version, "2");
}

static void object_stays_until_both_origins_let_go(void **state)
{
    struct heard h;
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = heard_store(&h);
    spec_store_put_spec(s, ORIGIN_NODE, spec_of("name: a"));
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: a"));
    unsigned n = h.n;
    spec_store_remove_spec(s, ORIGIN_NODE, "n", "a");
    spec_store_remove_spec(s, ORIGIN_NODE, "n", "a");
    assert_int_equal(h.n, n);
    CLEANUP(spec) struct spec *still = spec_store_get_spec(s, "n", "a");
    assert_non_null(still);
    spec_store_remove_spec(s, ORIGIN_MIRROR, "n", "a");
    assert_int_equal(h.n, n + 1);
    assert_string_equal(h.last, "spec n/a gone");
    spec_store_remove_spec(s, ORIGIN_MIRROR, "n", "a");
    spec_store_remove_store(s, ORIGIN_MIRROR, STORE_CLUSTER, "", "none");
    assert_int_equal(h.n, n + 1);
}

static void retain_drops_what_one_origin_has_no_more(void **state)
{
    struct heard h;
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = heard_store(&h);
    CLEANUP(map) struct map *keep = map_new(NULL);
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: a"));
    spec_store_put_spec(s, ORIGIN_MIRROR, spec_of("name: b"));
    spec_store_put_spec(s, ORIGIN_NODE, spec_of("name: c"));
    spec_store_put_store(s, ORIGIN_MIRROR, store_of("SecretStore", "namespace: n, name: x"));
    spec_store_put_store(s, ORIGIN_MIRROR, store_of("ClusterSecretStore", "name: x"));
    unsigned n = h.n;
    map_set(keep, "n/b", s);
    spec_store_retain_specs(s, ORIGIN_MIRROR, keep);
    assert_int_equal(h.n, n + 1);
    assert_string_equal(h.last, "spec n/a gone");
    spec_store_retain_stores(s, ORIGIN_MIRROR, STORE_CLUSTER, keep);
    assert_int_equal(h.n, n + 2);
    assert_string_equal(h.last, "ClusterSecretStore /x");
    struct spec **specs;
    struct store **stores;
    assert_int_equal(spec_store_all_specs(s, &specs), 2);
    assert_string_equal(specs[0]->meta.name, "b");
    assert_string_equal(specs[1]->meta.name, "c");
    spec_unref(specs[0]);
    spec_unref(specs[1]);
    free(specs);
    assert_int_equal(spec_store_all_stores(s, &stores), 1);
    assert_int_equal(stores[0]->kind, STORE_NAMESPACED);
    store_unref(stores[0]);
    free(stores);
}

static void origins_sync_by_themselves(void **state)
{
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = spec_store_new();
    assert_false(spec_store_is_synced(s, ORIGIN_NODE));
    spec_store_set_synced(s, ORIGIN_NODE, true);
    assert_true(spec_store_is_synced(s, ORIGIN_NODE));
    assert_false(spec_store_is_synced(s, ORIGIN_MIRROR));
    spec_store_set_synced(s, ORIGIN_MIRROR, true);
    spec_store_set_synced(s, ORIGIN_NODE, false);
    assert_false(spec_store_is_synced(s, ORIGIN_NODE));
    assert_true(spec_store_is_synced(s, ORIGIN_MIRROR));
}

/* Both origins at once, and a reader. */
struct side {
    struct spec_store *store;
    enum spec_origin origin;
    struct thread *thread;
};

static void come_and_go(void *arg)
{
    const struct side *side = arg;
    for (int i = 0; i < 200; i++) {
        spec_store_put_spec(side->store, side->origin, spec_of("name: a"));
        spec_unref(spec_store_get_spec(side->store, "n", "a"));
        spec_store_remove_spec(side->store, side->origin, "n", "a");
    }
}

static void origins_may_come_from_two_threads(void **state)
{
    (void)state;
    CLEANUP(spec_store) struct spec_store *s = spec_store_new();
    struct side sides[] = {{s, ORIGIN_NODE, NULL}, {s, ORIGIN_MIRROR, NULL}};
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
        sides[i].thread = thread_start("origin", come_and_go, &sides[i]);
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
        thread_join(sides[i].thread);
    assert_null(spec_store_get_spec(s, "n", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_is_told_and_found),
        cmocka_unit_test(counts_are_by_kind),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(reference_outlives_the_entry),
        cmocka_unit_test(untold_object_is_the_newest),
        cmocka_unit_test(object_stays_until_both_origins_let_go),
        cmocka_unit_test(retain_drops_what_one_origin_has_no_more),
        cmocka_unit_test(origins_sync_by_themselves),
        cmocka_unit_test(origins_may_come_from_two_threads),
    };
    return TABLE_RUN("spec_store: news", news_rows, one_news) + GROUP_RUN("spec_store", tests);
}
