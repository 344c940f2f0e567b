/* Three tables (specs, namespaced stores, cluster stores) from "ns/name" to an entry that holds the
 * object and the set of origins that vouch for it. Changes are noted under the lock and told to the
 * listener after it, so that a listener may call back here. */

#include "spec/spec_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/thread.h"

/* A thing of either kind, so that the bookkeeping exists once. */
struct entry {
    unsigned origins; /* set of enum spec_origin */
    struct spec *spec;
    struct store *store;
};

enum table { TABLE_SPECS, TABLE_STORES, TABLE_CLUSTER_STORES, TABLES };

struct spec_store {
    struct mutex mu;
    struct map *tables[TABLES];
    unsigned synced_origins;
    const struct spec_listener *listener; /* set once, before the sources start */
    void *listener_ctx;
};

static void entry_free(void *p)
{
    struct entry *e = p;
    if (!e)
        return;
    spec_unref(e->spec);
    store_unref(e->store);
    free(e);
}

struct spec_store *spec_store_new(void)
{
    struct spec_store *s = xcalloc(1, sizeof(*s));
    mutex_init(&s->mu);
    for (int t = 0; t < TABLES; t++)
        s->tables[t] = map_new(entry_free);
    return s;
}

void spec_store_free(struct spec_store *s)
{
    if (!s)
        return;
    for (int t = 0; t < TABLES; t++)
        map_free(s->tables[t]);
    mutex_done(&s->mu);
    free(s);
}

void spec_store_listen(struct spec_store *s, const struct spec_listener *l, void *ctx)
{
    s->listener = l;
    s->listener_ctx = ctx;
}

static enum table table_of(enum store_kind kind)
{
    return kind == STORE_CLUSTER ? TABLE_CLUSTER_STORES : TABLE_STORES;
}

/* Tell the listener; never under the lock. */
static void notify(const struct spec_store *s, enum table t, const char *ns, const char *name)
{
    if (!s->listener)
        return;
    if (t == TABLE_SPECS)
        s->listener->spec_changed(s->listener_ctx, ns, name);
    else
        s->listener->store_changed(s->listener_ctx,
                                   t == TABLE_CLUSTER_STORES ? STORE_CLUSTER : STORE_NAMESPACED, ns,
                                   name);
}

static const struct object_meta *meta_of(const struct entry *e)
{
    return e->spec ? &e->spec->meta : &e->store->meta;
}

/* Does fresh say anything that a listener does not know? A store's status is written by ourselves
 * after each check; were that a change, a check would force a pass of all that use the store. */
static bool is_news(const struct entry *old, const struct entry *fresh)
{
    const struct object_meta *was = meta_of(old);
    const struct object_meta *now = meta_of(fresh);
    if (strcmp(was->uid, now->uid) != 0)
        return true;
    if (*now->resource_version && strcmp(was->resource_version, now->resource_version) == 0)
        return false;
    return fresh->spec || was->generation == 0 || was->generation != now->generation;
}

/* Takes fresh. The new object replaces the old one; the origins add up. */
static void put(struct spec_store *s, enum table t, enum spec_origin origin, struct entry *fresh)
{
    const struct object_meta *meta = meta_of(fresh);
    CLEANUP_STR char *ns = xstrdup(meta->ns);
    CLEANUP_STR char *name = xstrdup(meta->name);
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, name);
    mutex_lock(&s->mu);
    const struct entry *old = map_get(s->tables[t], key);
    bool tells = !old || is_news(old, fresh);
    fresh->origins = (unsigned)origin | (old ? old->origins : 0);
    map_set(s->tables[t], key, fresh);
    mutex_unlock(&s->mu);
    if (tells)
        notify(s, t, ns, name);
}

void spec_store_put_spec(struct spec_store *s, enum spec_origin origin, struct spec *obj)
{
    struct entry *fresh = xcalloc(1, sizeof(*fresh));
    fresh->spec = obj;
    put(s, TABLE_SPECS, origin, fresh);
}

void spec_store_put_store(struct spec_store *s, enum spec_origin origin, struct store *obj)
{
    struct entry *fresh = xcalloc(1, sizeof(*fresh));
    fresh->store = obj;
    put(s, table_of(obj->kind), origin, fresh);
}

static void drop(struct spec_store *s, enum table t, enum spec_origin origin, const char *ns,
                 const char *name)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, name);
    mutex_lock(&s->mu);
    struct entry *e = map_get(s->tables[t], key);
    bool was_there = e && (e->origins & (unsigned)origin);
    if (e)
        e->origins &= ~(unsigned)origin;
    bool is_gone = was_there && e->origins == 0;
    if (is_gone)
        map_remove(s->tables[t], key);
    mutex_unlock(&s->mu);
    if (is_gone)
        notify(s, t, ns, name);
}

void spec_store_remove_spec(struct spec_store *s, enum spec_origin origin, const char *ns,
                            const char *name)
{
    drop(s, TABLE_SPECS, origin, ns, name);
}

void spec_store_remove_store(struct spec_store *s, enum spec_origin origin, enum store_kind kind,
                             const char *ns, const char *name)
{
    drop(s, table_of(kind), origin, ns, name);
}

void spec_store_credentials_changed(struct spec_store *s, const char *ns, const char *name)
{
    if (s->listener)
        s->listener->credentials_changed(s->listener_ctx, ns, name);
}

/* "ns/name" keys that origin vouches for and keep does not name. */
static size_t unwanted(struct spec_store *s, enum table t, enum spec_origin origin,
                       const struct map *keep, char ***out)
{
    mutex_lock(&s->mu);
    const struct map *m = s->tables[t];
    char **keys = xcalloc(m->n + 1, sizeof(*keys));
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct entry *e = m->entries[i].value;
        if ((e->origins & (unsigned)origin) && !map_get(keep, m->entries[i].key))
            keys[n++] = xstrdup(m->entries[i].key);
    }
    mutex_unlock(&s->mu);
    *out = keys;
    return n;
}

static void retain(struct spec_store *s, enum table t, enum spec_origin origin,
                   const struct map *keep)
{
    char **keys;
    size_t n = unwanted(s, t, origin, keep, &keys);
    for (size_t i = 0; i < n; i++) {
        char *slash = strchr(keys[i], '/');
        *slash = '\0';
        drop(s, t, origin, keys[i], slash + 1);
        free(keys[i]);
    }
    free(keys);
}

void spec_store_retain_specs(struct spec_store *s, enum spec_origin origin, const struct map *keep)
{
    retain(s, TABLE_SPECS, origin, keep);
}

void spec_store_retain_stores(struct spec_store *s, enum spec_origin origin, enum store_kind kind,
                              const struct map *keep)
{
    retain(s, table_of(kind), origin, keep);
}

struct spec *spec_store_get_spec(struct spec_store *s, const char *ns, const char *name)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, name);
    mutex_lock(&s->mu);
    const struct entry *e = map_get(s->tables[TABLE_SPECS], key);
    struct spec *found = e ? spec_ref(e->spec) : NULL;
    mutex_unlock(&s->mu);
    return found;
}

struct store *spec_store_get_store(struct spec_store *s, enum store_kind kind, const char *ns,
                                   const char *name)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", kind == STORE_CLUSTER ? "" : ns, name);
    mutex_lock(&s->mu);
    const struct entry *e = map_get(s->tables[table_of(kind)], key);
    struct store *found = e ? store_ref_get(e->store) : NULL;
    mutex_unlock(&s->mu);
    return found;
}

struct store *spec_store_get_named(struct spec_store *s, const struct spec *spec,
                                   const struct store_ref *ref)
{
    return spec_store_get_store(s, ref->kind, spec_store_ref_ns(spec, ref), ref->name);
}

size_t spec_store_all_specs(struct spec_store *s, struct spec ***out)
{
    mutex_lock(&s->mu);
    const struct map *m = s->tables[TABLE_SPECS];
    *out = xcalloc(m->n + 1, sizeof(**out));
    size_t n = m->n;
    for (size_t i = 0; i < n; i++)
        (*out)[i] = spec_ref(((const struct entry *)m->entries[i].value)->spec);
    mutex_unlock(&s->mu);
    return n;
}

size_t spec_store_all_stores(struct spec_store *s, struct store ***out)
{
    mutex_lock(&s->mu);
    const struct map *own = s->tables[TABLE_STORES];
    const struct map *cluster = s->tables[TABLE_CLUSTER_STORES];
    *out = xcalloc(own->n + cluster->n + 1, sizeof(**out));
    size_t n = 0;
    for (size_t i = 0; i < own->n; i++)
        (*out)[n++] = store_ref_get(((const struct entry *)own->entries[i].value)->store);
    for (size_t i = 0; i < cluster->n; i++)
        (*out)[n++] = store_ref_get(((const struct entry *)cluster->entries[i].value)->store);
    mutex_unlock(&s->mu);
    return n;
}

/* Index of the first entry whose key is not before prefix. */
static size_t lower_bound(const struct map *m, const char *prefix)
{
    size_t low = 0;
    size_t high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->entries[middle].key, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t spec_store_specs_of_target(struct spec_store *s, const char *ns, const char *target,
                                  struct spec ***out)
{
    CLEANUP_STR char *prefix = xasprintf("%s/", ns);
    size_t n = 0;
    *out = NULL;
    mutex_lock(&s->mu);
    const struct map *m = s->tables[TABLE_SPECS];
    for (size_t i = lower_bound(m, prefix); i < m->n; i++) {
        const struct spec *spec = ((const struct entry *)m->entries[i].value)->spec;
        if (strcmp(spec->meta.ns, ns) != 0)
            break;
        if (strcmp(spec->target_name, target) != 0)
            continue;
        *out = xrealloc(*out, n + 1, sizeof(**out));
        (*out)[n++] = spec_ref(spec);
    }
    mutex_unlock(&s->mu);
    return n;
}

struct spec_store_counts spec_store_counts(struct spec_store *s)
{
    mutex_lock(&s->mu);
    struct spec_store_counts counts = {s->tables[TABLE_SPECS]->n, s->tables[TABLE_STORES]->n,
                                       s->tables[TABLE_CLUSTER_STORES]->n};
    mutex_unlock(&s->mu);
    return counts;
}

void spec_store_set_synced(struct spec_store *s, enum spec_origin origin, bool is_synced)
{
    mutex_lock(&s->mu);
    if (is_synced)
        s->synced_origins |= (unsigned)origin;
    else
        s->synced_origins &= ~(unsigned)origin;
    mutex_unlock(&s->mu);
}

bool spec_store_is_synced(struct spec_store *s, enum spec_origin origin)
{
    mutex_lock(&s->mu);
    bool is_synced = (s->synced_origins & (unsigned)origin) != 0;
    mutex_unlock(&s->mu);
    return is_synced;
}
