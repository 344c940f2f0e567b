/* Keys are "es/<ns>/<name>" and "store/<kind>/<ns>/<name>". A trigger leaves a wish under the key
 * and pushes it; the worker takes both into the step of a spec (reconcile_spec) or of a store
 * (store_check), which says when to come back. */

#include "reconcile/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "reconcile/reconcile_spec.h"
#include "reconcile/store_check.h"
#include "reconcile/work_queue.h"
#include "reconcile/workers.h"

#define SPEC_PREFIX "es/"

struct reconcile {
    struct reconcile_options o;
    struct mutex mu;
    struct map *wishes;       /* key -> struct spec_wish */
    struct map *stores_known; /* keys of stores that were there; values are not used */
    struct work_queue *queue;
    struct reconcile_spec *specs;
    struct store_check *stores;
    struct workers *workers;
};

static char *spec_key(const char *ns, const char *name)
{
    return xasprintf(SPEC_PREFIX "%s/%s", ns, name);
}

static struct spec_wish *wish_locked(struct reconcile *r, const char *key) REQUIRES(r->mu)
{
    struct spec_wish *w = map_get(r->wishes, key);
    if (!w) {
        w = xcalloc(1, sizeof(*w));
        map_set(r->wishes, key, w);
    }
    return w;
}

/* Leave a wish for the worker and wake one. */
static void wish_for(struct reconcile *r, const char *key, bool is_forced, const char *revision)
{
    mutex_lock(&r->mu);
    struct spec_wish *w = wish_locked(r, key);
    w->is_forced = w->is_forced || is_forced;
    if (revision) {
        w->has_volume_news = true;
        snprintf(w->volume_revision, sizeof(w->volume_revision), "%s", revision);
    }
    mutex_unlock(&r->mu);
    work_queue_push(r->queue, key, 0);
}

static struct spec_wish take_wish(struct reconcile *r, const char *key)
{
    struct spec_wish taken = {0};
    mutex_lock(&r->mu);
    struct spec_wish *w = map_take(r->wishes, key);
    mutex_unlock(&r->mu);
    if (w)
        taken = *w;
    free(w);
    return taken;
}

static void on_spec_changed(void *ctx, const char *ns, const char *name)
{
    CLEANUP_STR char *key = spec_key(ns, name);
    wish_for(ctx, key, false, NULL);
}

/* A wish for each spec that is meant: a retry of what failed, or a pass in any case. */
static void wish_for_specs(struct reconcile *r, bool (*is_meant)(const struct spec *, const void *),
                           const void *arg, bool is_forced)
{
    struct spec **specs;
    size_t n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        if (is_meant(specs[i], arg)) {
            CLEANUP_STR char *key = spec_key(specs[i]->meta.ns, specs[i]->meta.name);
            mutex_lock(&r->mu);
            struct spec_wish *w = wish_locked(r, key);
            w->is_forced = w->is_forced || is_forced;
            w->is_retry = w->is_retry || !is_forced;
            mutex_unlock(&r->mu);
            work_queue_push(r->queue, key, 0);
        }
        spec_unref(specs[i]);
    }
    free(specs);
}

static void on_store_recovered(void *ctx, const struct store_name *store)
{
    wish_for_specs(ctx, store_check_spec_uses, store, false);
}

/* What takes from the store is fetched anew; unless is_new: then what has failed without it is
 * tried again, and the rest knows nothing else. At a start all stores are new. */
static void use_store(struct reconcile *r, const struct store_name *store, bool is_new)
{
    CLEANUP_STR char *key = store_check_key(store);
    fetcher_store_changed(r->o.pipeline->fetcher, store->kind, store->ns, store->name);
    work_queue_push(r->queue, key, 0);
    wish_for_specs(r, store_check_spec_uses, store, !is_new);
}

/* Take note of whether the store is there now; true when it was not there before. */
static bool note_store(struct reconcile *r, const struct store_name *name)
{
    CLEANUP_STR char *key = store_check_key(name);
    CLEANUP(store)
    struct store *store = spec_store_get_store(r->o.specs, name->kind, name->ns, name->name);
    mutex_lock(&r->mu);
    bool is_new = store && !map_get(r->stores_known, key);
    if (store)
        map_set(r->stores_known, key, r);
    else
        map_remove(r->stores_known, key);
    mutex_unlock(&r->mu);
    return is_new;
}

static void on_store_changed(void *ctx, enum store_kind kind, const char *ns, const char *name)
{
    struct store_name store = {kind, ns, name};
    use_store(ctx, &store, note_store(ctx, &store));
}

static void on_credentials_changed(void *ctx, const char *ns, const char *name)
{
    struct reconcile *r = ctx;
    struct store **stores;
    fetcher_credentials_changed(r->o.pipeline->fetcher, ns, name);
    size_t n = spec_store_all_stores(r->o.specs, &stores);
    for (size_t i = 0; i < n; i++) {
        struct store_name store = {stores[i]->kind, stores[i]->meta.ns, stores[i]->meta.name};
        if (store_check_mentions(stores[i], ns, name))
            use_store(r, &store, false);
        store_unref(stores[i]);
    }
    free(stores);
}

const struct spec_listener *reconcile_listener(void)
{
    static const struct spec_listener listener = {
        .spec_changed = on_spec_changed,
        .store_changed = on_store_changed,
        .credentials_changed = on_credentials_changed,
    };
    return &listener;
}

void reconcile_volume_published(void *ctx, const char *ns, const char *name, const char *revision)
{
    CLEANUP_STR char *key = spec_key(ns, name);
    wish_for(ctx, key, false, revision);
}

/* Whether we made the Secret so is asked by the worker, when no pass of the spec is under way: the
 * answer to our own write often comes after the news of it. */
static void tell_secret(struct reconcile *r, const struct spec *spec, const char *version)
{
    CLEANUP_STR char *key = spec_key(spec->meta.ns, spec->meta.name);
    if (!r->o.is_ours(r->o.is_ours_ctx, spec->meta.uid))
        return;
    mutex_lock(&r->mu);
    struct spec_wish *w = wish_locked(r, key);
    w->has_secret_news = true;
    snprintf(w->secret_version, sizeof(w->secret_version), "%s", version);
    mutex_unlock(&r->mu);
    work_queue_push(r->queue, key, 0);
}

void reconcile_secret_changed(void *ctx, const char *ns, const char *name, const char *version)
{
    struct reconcile *r = ctx;
    struct spec **specs;
    size_t n = spec_store_specs_of_target(r->o.specs, ns, name, &specs);
    for (size_t i = 0; i < n; i++) {
        tell_secret(r, specs[i], version ? version : "");
        spec_unref(specs[i]);
    }
    free(specs);
}

void reconcile_secrets_listed(void *ctx, const struct map *listed)
{
    struct reconcile *r = ctx;
    struct spec **specs;
    size_t n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR char *secret = xasprintf("%s/%s", specs[i]->meta.ns, specs[i]->target_name);
        if (!map_get(listed, secret))
            tell_secret(r, specs[i], "");
        spec_unref(specs[i]);
    }
    free(specs);
}

void reconcile_all(struct reconcile *r)
{
    struct store **stores;
    struct spec **specs;
    size_t n = spec_store_all_stores(r->o.specs, &stores);
    for (size_t i = 0; i < n; i++) {
        struct store_name name = {stores[i]->kind, stores[i]->meta.ns, stores[i]->meta.name};
        CLEANUP_STR char *key = store_check_key(&name);
        work_queue_push(r->queue, key, 0);
        store_unref(stores[i]);
    }
    free(stores);
    n = spec_store_all_specs(r->o.specs, &specs);
    for (size_t i = 0; i < n; i++) {
        on_spec_changed(r, specs[i]->meta.ns, specs[i]->meta.name);
        spec_unref(specs[i]);
    }
    free(specs);
}

static uint64_t step_store(struct reconcile *r, const char *key)
{
    struct store_check_options o = {
        .clock = r->o.clock,
        .specs = r->o.specs,
        .fetcher = r->o.pipeline->fetcher,
        .status = &r->o.status,
        .is_ours = r->o.is_ours,
        .is_ours_ctx = r->o.is_ours_ctx,
        .timeout_ns = r->o.pass_timeout_ns,
        .controller_class = r->o.controller_class,
        .rival = r->o.rival,
        .recovered = on_store_recovered,
        .recovered_ctx = r,
    };
    return r->o.mirror ? store_check_step(r->stores, &o, key, r->o.random()) : UINT64_MAX;
}

static uint64_t step_spec(struct reconcile *r, const char *key)
{
    struct spec_wish wish = take_wish(r, key);
    return reconcile_spec_step(r->specs, key + strlen(SPEC_PREFIX), &wish);
}

static void step(void *ctx, const char *key)
{
    struct reconcile *r = ctx;
    bool is_spec = strncmp(key, SPEC_PREFIX, strlen(SPEC_PREFIX)) == 0;
    uint64_t next_ns = is_spec ? step_spec(r, key) : step_store(r, key);
    if (next_ns != UINT64_MAX)
        work_queue_push(r->queue, key, next_ns);
    work_queue_done(r->queue, key);
    size_t due;
    metric_set(METRIC_QUEUE_DEPTH, (double)work_queue_depth(r->queue, &due), NULL, NULL, NULL);
}

size_t reconcile_step_due(struct reconcile *r)
{
    return workers_step_due(r->workers);
}

void reconcile_start(struct reconcile *r, unsigned n_workers)
{
    workers_start(r->workers, n_workers);
}

void reconcile_stop(struct reconcile *r)
{
    workers_stop(r->workers);
}

struct reconcile *reconcile_new(const struct reconcile_options *options)
{
    struct reconcile *r = xcalloc(1, sizeof(*r));
    r->o = *options;
    mutex_init(&r->mu);
    r->wishes = map_new(free);
    r->stores_known = map_new(NULL);
    r->queue = work_queue_new(options->clock);
    r->specs = reconcile_spec_new(&r->o);
    r->stores = store_check_new();
    r->workers = workers_new(&(struct workers_options){.name = "reconcile",
                                                       .queue = r->queue,
                                                       .step = step,
                                                       .ctx = r,
                                                       .working = options->working,
                                                       .working_ctx = options->working_ctx});
    return r;
}

void reconcile_free(struct reconcile *r)
{
    if (!r)
        return;
    workers_free(r->workers);
    work_queue_free(r->queue);
    store_check_free(r->stores);
    reconcile_spec_free(r->specs);
    map_free(r->wishes);
    map_free(r->stores_known);
    mutex_done(&r->mu);
    free(r);
}

void reconcile_each_failing(struct reconcile *r, reconcile_failing_fn *fn, void *ctx)
{
    reconcile_spec_each_failing(r->specs, fn, ctx);
}
