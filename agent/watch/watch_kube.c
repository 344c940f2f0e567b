/* Two sides meet here. Callers say which ExternalSecrets are wanted: a counted table under a lock.
 * The watching thread owns everything else: it brings its watches in line with that table whenever
 * it wakes up, follows each ExternalSecret to the stores it names, and writes back into the table
 * whether the first answers have come. So no lock is held over a request or a handler. */

#include "watch/watch_kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/thread.h"
#include "kube/kube_watch_set.h"

#define WAIT_SLICE_NS (100 * NS_PER_MS)

/* The callers' side: one ExternalSecret, under the lock. */
struct wanted {
    unsigned refs;
    bool is_known;          /* first answers for it and for its stores have come */
    struct err *last_error; /* of a request that keeps failing; NULL once known */
};

/* The thread's side: one watched ExternalSecret. */
struct watched_spec {
    struct watch_kube *owner;
    char *ns;
    char *name;
    struct kube_watch *watch;
    bool is_synced;
    struct map *stores; /* keys of the stores it names; values are not used */
};

/* The thread's side: one watched store. */
struct watched_store {
    struct watch_kube *owner;
    enum store_kind kind;
    char *ns;
    char *name;
    unsigned refs; /* ExternalSecrets that name it */
    struct kube_watch *watch;
    bool is_synced;
};

struct watch_kube {
    struct watch_kube_options options;
    struct kube_watch_set *set;
    struct map *specs;  /* "ns/name" to watched_spec; of the thread */
    struct map *stores; /* "0/ns/name" or "1//name" to watched_store; of the thread */
    bool has_synced;    /* of the thread: the spec_store has been told */
    struct mutex mu;
    struct cond known;
    struct map *wanted; /* "ns/name" to wanted; under mu */
    bool is_changed;    /* under mu: wanted gained or lost a key */
};

static const struct kube_watch_handler spec_handler;
static const struct kube_watch_handler store_handler;

static char *spec_key(const char *ns, const char *name)
{
    return xasprintf("%s/%s", ns, name);
}

static void wanted_free(void *p)
{
    struct wanted *x = p;
    err_free(x->last_error);
    free(x);
}

static void watched_spec_free(struct watched_spec *s)
{
    map_free(s->stores);
    free(s->ns);
    free(s->name);
    free(s);
}

static void watched_store_free(struct watched_store *s)
{
    free(s->ns);
    free(s->name);
    free(s);
}

/* Tell callers how it stands with key: known, or failing with e (borrowed). */
static void tell(struct watch_kube *w, const char *key, bool is_known, const struct err *e)
{
    mutex_lock(&w->mu);
    struct wanted *x = map_get(w->wanted, key);
    if (x) {
        err_free(x->last_error);
        x->last_error = is_known ? NULL : err_copy(e);
        x->is_known = x->is_known || is_known;
        cond_broadcast(&w->known);
    }
    mutex_unlock(&w->mu);
}

static bool is_complete(const struct watch_kube *w, const struct watched_spec *s)
{
    if (!s->is_synced)
        return false;
    for (size_t i = 0; i < s->stores->n; i++) {
        const struct watched_store *store = map_get(w->stores, s->stores->entries[i].key);
        if (!store || !store->is_synced)
            return false;
    }
    return true;
}

static void tell_if_complete(struct watch_kube *w, const struct watched_spec *s)
{
    CLEANUP_STR char *key = spec_key(s->ns, s->name);
    if (!is_complete(w, s))
        return;
    tell(w, key, true, NULL);
    if (!w->has_synced)
        kube_watch_set_wake(w->set); /* it may have been the last one */
}

static void report(struct watch_kube *w, const char *what, const struct err *e)
{
    if (w->options.failed)
        w->options.failed(w->options.ctx, what, e);
}

/* Stores ---------------------------------------------------------------------------------- */

static char *store_key(enum store_kind kind, const char *ns, const char *name)
{
    return xasprintf("%d/%s/%s", (int)kind, ns, name);
}

static void store_put(void *ctx, struct json *obj)
{
    struct watched_store *s = ctx;
    struct store *store = store_parse(obj);
    json_free(obj);
    if (store)
        spec_store_put_store(s->owner->options.specs, ORIGIN_NODE, store);
}

static void store_remove(void *ctx, const char *ns, const char *name)
{
    struct watched_store *s = ctx;
    (void)ns;
    (void)name;
    spec_store_remove_store(s->owner->options.specs, ORIGIN_NODE, s->kind, s->ns, s->name);
}

static void store_retain(void *ctx, const struct map *keep)
{
    if (keep->n == 0)
        store_remove(ctx, NULL, NULL);
}

static void store_synced(void *ctx)
{
    struct watched_store *s = ctx;
    struct watch_kube *w = s->owner;
    s->is_synced = true;
    for (size_t i = 0; i < w->specs->n; i++)
        tell_if_complete(w, w->specs->entries[i].value);
}

static void store_failed(void *ctx, const struct err *e)
{
    struct watched_store *s = ctx;
    struct watch_kube *w = s->owner;
    CLEANUP_STR char *key = store_key(s->kind, s->ns, s->name);
    report(w, store_kind_name(s->kind), e);
    for (size_t i = 0; i < w->specs->n; i++) {
        const struct watched_spec *spec = w->specs->entries[i].value;
        if (map_get(spec->stores, key))
            tell(w, w->specs->entries[i].key, false, e);
    }
}

static void store_gone(void *ctx)
{
    watched_store_free(ctx);
}

static const struct kube_watch_handler store_handler = {
    .put = store_put,
    .remove = store_remove,
    .retain = store_retain,
    .synced = store_synced,
    .failed = store_failed,
    .gone = store_gone,
};

static void use_store(struct watch_kube *w, const char *key, enum store_kind kind, const char *ns,
                      const char *name)
{
    struct watched_store *s = map_get(w->stores, key);
    if (!s) {
        bool is_cluster = kind == STORE_CLUSTER;
        s = xcalloc(1, sizeof(*s));
        s->owner = w;
        s->kind = kind;
        s->ns = xstrdup(ns);
        s->name = xstrdup(name);
        const struct kube_selector selector = {
            .resource = is_cluster ? &kube_cluster_secret_stores : &kube_secret_stores,
            .ns = is_cluster ? NULL : ns,
            .name = name,
        };
        s->watch = kube_watch_set_add(w->set, &selector, &store_handler, s);
        map_set(w->stores, key, s);
    }
    s->refs++;
}

static void leave_store(struct watch_kube *w, const char *key)
{
    struct watched_store *s = map_get(w->stores, key);
    if (!s || --s->refs > 0)
        return;
    spec_store_remove_store(w->options.specs, ORIGIN_NODE, s->kind, s->ns, s->name);
    kube_watch_set_remove(w->set, s->watch);
    map_take(w->stores, key); /* freed by its gone call */
}

static void leave_stores(struct watch_kube *w, const struct map *stores)
{
    for (size_t i = 0; i < stores->n; i++)
        leave_store(w, stores->entries[i].key);
}

/* ExternalSecrets ------------------------------------------------------------------------- */

static bool name_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    struct watched_spec *s = ctx;
    const char *ns = spec_store_ref_ns(spec, ref);
    CLEANUP_STR char *key = store_key(ref->kind, ns, ref->name);
    if (!map_get(s->stores, key)) {
        map_set(s->stores, key, s); /* any value that is not NULL */
        use_store(s->owner, key, ref->kind, ns, ref->name);
    }
    return false;
}

/* Watch the stores that spec names, and no longer those that it named before. */
static void follow_stores(struct watched_spec *s, const struct spec *spec)
{
    struct map *before = s->stores;
    s->stores = map_new(NULL);
    spec_each_store(spec, name_store, s);
    leave_stores(s->owner, before);
    map_free(before);
}

static void spec_put(void *ctx, struct json *obj)
{
    struct watched_spec *s = ctx;
    struct spec *spec = spec_parse(obj);
    json_free(obj);
    if (!spec)
        return;
    follow_stores(s, spec);
    spec_store_put_spec(s->owner->options.specs, ORIGIN_NODE, spec);
    tell_if_complete(s->owner, s);
}

static void spec_remove(void *ctx, const char *ns, const char *name)
{
    struct watched_spec *s = ctx;
    (void)ns;
    (void)name;
    spec_store_remove_spec(s->owner->options.specs, ORIGIN_NODE, s->ns, s->name);
}

static void spec_retain(void *ctx, const struct map *keep)
{
    if (keep->n == 0)
        spec_remove(ctx, NULL, NULL);
}

static void spec_synced(void *ctx)
{
    struct watched_spec *s = ctx;
    s->is_synced = true;
    tell_if_complete(s->owner, s);
}

static void spec_failed(void *ctx, const struct err *e)
{
    struct watched_spec *s = ctx;
    CLEANUP_STR char *key = spec_key(s->ns, s->name);
    report(s->owner, "ExternalSecret", e);
    tell(s->owner, key, false, e);
}

static void spec_gone(void *ctx)
{
    watched_spec_free(ctx);
}

static const struct kube_watch_handler spec_handler = {
    .put = spec_put,
    .remove = spec_remove,
    .retain = spec_retain,
    .synced = spec_synced,
    .failed = spec_failed,
    .gone = spec_gone,
};

static void watch_spec(struct watch_kube *w, const char *key)
{
    struct watched_spec *s = xcalloc(1, sizeof(*s));
    const char *slash = strchr(key, '/');
    s->owner = w;
    s->ns = xstrndup(key, (size_t)(slash - key));
    s->name = xstrdup(slash + 1);
    s->stores = map_new(NULL);
    const struct kube_selector selector = {
        .resource = &kube_external_secrets, .ns = s->ns, .name = s->name};
    s->watch = kube_watch_set_add(w->set, &selector, &spec_handler, s);
    map_set(w->specs, key, s);
}

static void leave_spec(struct watch_kube *w, const char *key)
{
    struct watched_spec *s = map_get(w->specs, key);
    spec_store_remove_spec(w->options.specs, ORIGIN_NODE, s->ns, s->name);
    leave_stores(w, s->stores);
    kube_watch_set_remove(w->set, s->watch);
    map_take(w->specs, key); /* freed by its gone call */
}

/* The thread ------------------------------------------------------------------------------ */

/* Keys wanted now, if that has changed since last time; else NULL. */
static struct map *take_changes(struct watch_kube *w, bool *all_known)
{
    struct map *keys = NULL;
    mutex_lock(&w->mu);
    if (w->is_changed) {
        keys = map_new(NULL);
        for (size_t i = 0; i < w->wanted->n; i++)
            map_set(keys, w->wanted->entries[i].key, w);
        w->is_changed = false;
    }
    *all_known = true;
    for (size_t i = 0; i < w->wanted->n; i++) {
        const struct wanted *x = w->wanted->entries[i].value;
        *all_known = *all_known && x->is_known;
    }
    mutex_unlock(&w->mu);
    return keys;
}

static void follow_wishes(struct watch_kube *w, const struct map *keys)
{
    for (size_t i = w->specs->n; i > 0; i--) {
        const char *key = w->specs->entries[i - 1].key;
        if (!map_get(keys, key)) {
            CLEANUP_STR char *copy = xstrdup(key);
            leave_spec(w, copy);
        }
    }
    for (size_t i = 0; i < keys->n; i++)
        if (!map_get(w->specs, keys->entries[i].key))
            watch_spec(w, keys->entries[i].key);
}

static void before_sweep(void *ctx)
{
    struct watch_kube *w = ctx;
    bool all_known = false;
    CLEANUP(map) struct map *keys = take_changes(w, &all_known);
    if (keys)
        follow_wishes(w, keys);
    if (all_known && !w->has_synced) {
        w->has_synced = true;
        spec_store_set_synced(w->options.specs, ORIGIN_NODE, true);
    }
}

struct watch_kube *watch_kube_new(const struct watch_kube_options *options)
{
    struct watch_kube *w = xcalloc(1, sizeof(*w));
    w->options = *options;
    w->specs = map_new(NULL);
    w->stores = map_new(NULL);
    w->wanted = map_new(wanted_free);
    mutex_init(&w->mu);
    cond_init(&w->known);
    w->set = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = options->kube,
        .thread_name = "watch-node",
        .before_sweep = before_sweep,
        .ctx = w,
    });
    return w;
}

void watch_kube_free(struct watch_kube *w)
{
    if (!w)
        return;
    kube_watch_set_free(w->set);
    map_free(w->specs);
    map_free(w->stores);
    map_free(w->wanted);
    cond_done(&w->known);
    mutex_done(&w->mu);
    free(w);
}

void watch_kube_start(struct watch_kube *w)
{
    kube_watch_set_start(w->set);
}

void watch_kube_stop(struct watch_kube *w)
{
    kube_watch_set_stop(w->set);
}

uint64_t watch_kube_step(struct watch_kube *w)
{
    return kube_watch_set_sweep(w->set);
}

/* Callers --------------------------------------------------------------------------------- */

void watch_kube_volume_added(void *ctx, const char *ns, const char *name)
{
    struct watch_kube *w = ctx;
    CLEANUP_STR char *key = spec_key(ns, name);
    mutex_lock(&w->mu);
    struct wanted *x = map_get(w->wanted, key);
    bool is_new = !x;
    if (is_new) {
        x = xcalloc(1, sizeof(*x));
        map_set(w->wanted, key, x);
        w->is_changed = true;
    }
    x->refs++;
    mutex_unlock(&w->mu);
    if (is_new)
        kube_watch_set_wake(w->set);
}

void watch_kube_volume_removed(void *ctx, const char *ns, const char *name)
{
    struct watch_kube *w = ctx;
    CLEANUP_STR char *key = spec_key(ns, name);
    mutex_lock(&w->mu);
    struct wanted *x = map_get(w->wanted, key);
    bool is_last = x && --x->refs == 0;
    if (is_last) {
        map_remove(w->wanted, key);
        w->is_changed = true;
    }
    mutex_unlock(&w->mu);
    if (is_last)
        kube_watch_set_wake(w->set);
}

void watch_kube_release(void *ctx, const char *ns, const char *name)
{
    watch_kube_volume_removed(ctx, ns, name);
}

/* Wait for a verdict on key. True: known. False: *e says why not. */
static bool wait_known(struct watch_kube *w, const char *key, const struct deadline *dl,
                       struct err **e)
{
    bool is_known = false;
    bool is_hopeless = false;
    mutex_lock(&w->mu);
    for (;;) {
        const struct wanted *x = map_get(w->wanted, key);
        is_known = x->is_known;
        is_hopeless = x->last_error && !err_is_transient(x->last_error);
        if (is_known || is_hopeless || deadline_is_over(dl)) {
            *e = err_copy(x->last_error);
            break;
        }
        uint64_t left_ns = deadline_left_ns(dl);
        cond_wait_ns(&w->known, &w->mu, left_ns < WAIT_SLICE_NS ? left_ns : WAIT_SLICE_NS);
    }
    mutex_unlock(&w->mu);
    return is_known;
}

struct err *watch_kube_get(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                           struct spec **out)
{
    struct watch_kube *w = ctx;
    struct err *e = NULL;
    CLEANUP_STR char *key = spec_key(ns, name);
    watch_kube_volume_added(w, ns, name);
    if (!wait_known(w, key, dl, &e)) {
        if (!e)
            e = err_new(ERR_DEADLINE, "the API server has not answered yet");
        return err_wrap(e, "ExternalSecret \"%s\"", key);
    }
    err_free(e);
    struct spec *spec = spec_store_get_spec(w->options.specs, ns, name);
    if (!spec)
        return err_new(ERR_NOT_FOUND, "ExternalSecret \"%s\" does not exist", key);
    *out = spec;
    return NULL;
}
