/* Three wide watches in one thread; they exist while shards are held. That of ExternalSecrets
 * begins when the stores have been listed, so that the first pass of a spec finds its store; or
 * when they could not be, since other kinds of stores may still do. When the set of shards changes,
 * the ExternalSecrets are listed again: only those of our shards were kept. */

#include "watch/watch_mirror.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "kube/kube_watch_set.h"

enum wide { WIDE_CLUSTER_STORES, WIDE_STORES, WIDE_SPECS, WIDES };

/* Context of one watch. */
struct wide_watch {
    struct watch_mirror *owner;
    enum wide which;
    struct kube_watch *watch; /* NULL while nothing is held */
    bool is_synced;
    bool has_answer; /* the first list has come, or has failed */
};

struct watch_mirror {
    struct watch_mirror_options options;
    struct kube_watch_set *set;
    struct wide_watch wides[WIDES]; /* of the thread */
    bool is_running;                /* of the thread */
    atomic_bool is_wanted;          /* set by update, read by the thread */
    atomic_bool is_changed;         /* set by update, taken by the thread */
};

static const struct kube_resource *const resources[WIDES] = {
    [WIDE_CLUSTER_STORES] = &kube_cluster_secret_stores,
    [WIDE_STORES] = &kube_secret_stores,
    [WIDE_SPECS] = &kube_external_secrets,
};

static enum store_kind kind_of(const struct wide_watch *x)
{
    return x->which == WIDE_CLUSTER_STORES ? STORE_CLUSTER : STORE_NAMESPACED;
}

static void put_spec(struct watch_mirror *m, const struct json *obj)
{
    struct spec *spec = spec_parse(obj);
    if (!spec)
        return;
    if (m->options.is_ours(m->options.ctx, spec->meta.uid)) {
        spec_store_put_spec(m->options.specs, ORIGIN_MIRROR, spec);
        return;
    }
    spec_store_remove_spec(m->options.specs, ORIGIN_MIRROR, spec->meta.ns, spec->meta.name);
    spec_unref(spec);
}

static void wide_put(void *ctx, struct json *taken)
{
    const struct wide_watch *x = ctx;
    CLEANUP(json) struct json *obj = taken;
    if (x->which == WIDE_SPECS) {
        put_spec(x->owner, obj);
        return;
    }
    struct store *store = store_parse(obj);
    if (store)
        spec_store_put_store(x->owner->options.specs, ORIGIN_MIRROR, store);
}

static void wide_remove(void *ctx, const char *ns, const char *name)
{
    const struct wide_watch *x = ctx;
    struct spec_store *specs = x->owner->options.specs;
    if (x->which == WIDE_SPECS)
        spec_store_remove_spec(specs, ORIGIN_MIRROR, ns, name);
    else
        spec_store_remove_store(specs, ORIGIN_MIRROR, kind_of(x), ns, name);
}

static void wide_retain(void *ctx, const struct map *keep)
{
    const struct wide_watch *x = ctx;
    struct spec_store *specs = x->owner->options.specs;
    if (x->which == WIDE_SPECS)
        spec_store_retain_specs(specs, ORIGIN_MIRROR, keep);
    else
        spec_store_retain_stores(specs, ORIGIN_MIRROR, kind_of(x), keep);
}

static void note_answer(struct wide_watch *x)
{
    if (!x->has_answer)
        kube_watch_set_wake(x->owner->set);
    x->has_answer = true;
}

static void wide_synced(void *ctx)
{
    struct wide_watch *x = ctx;
    struct watch_mirror *m = x->owner;
    x->is_synced = true;
    note_answer(x);
    for (int i = 0; i < WIDES; i++)
        if (!m->wides[i].is_synced)
            return;
    spec_store_set_synced(m->options.specs, ORIGIN_MIRROR, true);
}

static void wide_failed(void *ctx, const struct err *e)
{
    struct wide_watch *x = ctx;
    const struct watch_mirror *m = x->owner;
    note_answer(x);
    if (m->options.failed)
        m->options.failed(m->options.ctx, resources[x->which]->kind, e);
}

static const struct kube_watch_handler wide_handler = {
    .put = wide_put,
    .remove = wide_remove,
    .retain = wide_retain,
    .synced = wide_synced,
    .failed = wide_failed,
};

static void begin_one(struct watch_mirror *m, enum wide which)
{
    struct wide_watch *x = &m->wides[which];
    const struct kube_selector selector = {
        .resource = resources[which],
        .ns = resources[which]->is_namespaced ? m->options.ns : NULL,
    };
    x->watch = kube_watch_set_add(m->set, &selector, &wide_handler, x);
}

static void begin(struct watch_mirror *m)
{
    for (int i = 0; i < WIDES; i++)
        m->wides[i] = (struct wide_watch){.owner = m, .which = (enum wide)i};
    begin_one(m, WIDE_CLUSTER_STORES);
    begin_one(m, WIDE_STORES);
    m->is_running = true;
}

static void end(struct watch_mirror *m)
{
    CLEANUP(map) struct map *nothing = map_new(NULL);
    for (int i = 0; i < WIDES; i++) {
        if (m->wides[i].watch)
            kube_watch_set_remove(m->set, m->wides[i].watch);
        wide_retain(&m->wides[i], nothing);
    }
    spec_store_set_synced(m->options.specs, ORIGIN_MIRROR, false);
    m->is_running = false;
}

static void before_sweep(void *ctx)
{
    struct watch_mirror *m = ctx;
    bool is_changed = atomic_exchange(&m->is_changed, false);
    bool is_wanted = atomic_load(&m->is_wanted);
    if (is_wanted && !m->is_running)
        begin(m);
    else if (!is_wanted && m->is_running)
        end(m);
    else if (is_wanted && is_changed && m->wides[WIDE_SPECS].watch)
        kube_watch_relist(m->wides[WIDE_SPECS].watch);
    if (m->is_running && !m->wides[WIDE_SPECS].watch && m->wides[WIDE_CLUSTER_STORES].has_answer &&
        m->wides[WIDE_STORES].has_answer)
        begin_one(m, WIDE_SPECS);
}

struct watch_mirror *watch_mirror_new(const struct watch_mirror_options *options)
{
    struct watch_mirror *m = xcalloc(1, sizeof(*m));
    m->options = *options;
    m->set = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = options->kube,
        .thread_name = "watch-mirror",
        .before_sweep = before_sweep,
        .ctx = m,
    });
    return m;
}

void watch_mirror_free(struct watch_mirror *m)
{
    if (!m)
        return;
    kube_watch_set_free(m->set);
    free(m);
}

void watch_mirror_start(struct watch_mirror *m)
{
    kube_watch_set_start(m->set);
}

void watch_mirror_stop(struct watch_mirror *m)
{
    kube_watch_set_stop(m->set);
}

void watch_mirror_update(void *mirror, size_t n_held)
{
    struct watch_mirror *m = mirror;
    atomic_store(&m->is_wanted, n_held > 0);
    atomic_store(&m->is_changed, true);
    kube_watch_set_wake(m->set);
}

uint64_t watch_mirror_step(struct watch_mirror *m)
{
    return kube_watch_set_sweep(m->set);
}
