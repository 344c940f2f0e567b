/* A map by key for finding, and a ring of the entries in order of use for dropping. The map's own
 * order is that of the keys and says nothing about use. */

#include "fetch/fetch_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

struct entry {
    struct entry *older;
    struct entry *newer;
    char *key;
    struct fetch_value *value;
    size_t size_bytes;
    uint64_t used_ns;
};

struct fetch_cache {
    struct map *entries;
    struct entry ring; /* newer: the longest unused; older: the last used */
    struct fetch_value *left;
    size_t max_bytes;
    size_t used_bytes;
};

struct fetch_value *fetch_value_new(struct secret_buf *bytes, uint64_t fetched_ns)
{
    struct fetch_value *v = xcalloc(1, sizeof(*v));
    v->bytes = bytes;
    v->fetched_ns = fetched_ns;
    atomic_init(&v->refs, 1);
    return v;
}

struct fetch_value *fetch_value_ref(struct fetch_value *v)
{
    atomic_fetch_add(&v->refs, 1);
    return v;
}

void fetch_value_unref(struct fetch_value *v)
{
    if (!v || atomic_fetch_sub(&v->refs, 1) != 1)
        return;
    secret_buf_free(v->bytes);
    free(v);
}

void fetch_value_unref_all(struct fetch_value *v)
{
    while (v) {
        struct fetch_value *next = v->next;
        fetch_value_unref(v);
        v = next;
    }
}

struct fetch_cache *fetch_cache_new(size_t max_bytes)
{
    struct fetch_cache *c = xcalloc(1, sizeof(*c));
    c->entries = map_new(NULL);
    c->ring.older = &c->ring;
    c->ring.newer = &c->ring;
    c->max_bytes = max_bytes;
    return c;
}

static void ring_out(struct entry *e)
{
    e->older->newer = e->newer;
    e->newer->older = e->older;
}

static void ring_in(struct fetch_cache *c, struct entry *e)
{
    e->older = c->ring.older;
    e->newer = &c->ring;
    e->older->newer = e;
    c->ring.older = e;
}

static void drop(struct fetch_cache *c, struct entry *e)
{
    (void)map_take(c->entries, e->key);
    ring_out(e);
    c->used_bytes -= e->size_bytes;
    e->value->next = c->left;
    c->left = e->value;
    free(e->key);
    free(e);
}

void fetch_cache_free(struct fetch_cache *c)
{
    if (!c)
        return;
    while (c->ring.newer != &c->ring)
        drop(c, c->ring.newer);
    fetch_value_unref_all(c->left);
    map_free(c->entries);
    free(c);
}

struct fetch_value *fetch_cache_get(struct fetch_cache *c, const char *key, uint64_t now_ns,
                                    uint64_t max_age_ns)
{
    struct entry *e = map_get(c->entries, key);
    if (!e)
        return NULL;
    if (now_ns > e->value->fetched_ns && now_ns - e->value->fetched_ns > max_age_ns)
        return NULL;
    ring_out(e);
    ring_in(c, e);
    e->used_ns = now_ns;
    return fetch_value_ref(e->value);
}

void fetch_cache_remove(struct fetch_cache *c, const char *key)
{
    struct entry *e = map_get(c->entries, key);
    if (e)
        drop(c, e);
}

void fetch_cache_put(struct fetch_cache *c, const char *key, struct fetch_value *v, uint64_t now_ns)
{
    /* The key is held twice, here and in the map. */
    size_t size = secret_buf_size(v->bytes) + 2 * (strlen(key) + 1) + sizeof(struct entry) +
                  sizeof(struct fetch_value) + sizeof(struct map_entry);
    fetch_cache_remove(c, key);
    if (size > c->max_bytes)
        return;
    while (c->used_bytes + size > c->max_bytes)
        drop(c, c->ring.newer);
    struct entry *e = xcalloc(1, sizeof(*e));
    e->key = xstrdup(key);
    e->value = fetch_value_ref(v);
    e->size_bytes = size;
    e->used_ns = now_ns;
    ring_in(c, e);
    map_set(c->entries, key, e);
    c->used_bytes += size;
}

void fetch_cache_trim(struct fetch_cache *c, uint64_t now_ns, uint64_t unused_ns)
{
    struct entry *e = c->ring.newer;
    while (e != &c->ring && now_ns > e->used_ns && now_ns - e->used_ns > unused_ns) {
        struct entry *newer = e->newer;
        drop(c, e);
        e = newer;
    }
}

struct fetch_value *fetch_cache_take_left(struct fetch_cache *c)
{
    return TAKE(c->left);
}

struct fetch_cache_state fetch_cache_state(const struct fetch_cache *c)
{
    struct fetch_cache_state s = {
        .n = c->entries->n, .used_bytes = c->used_bytes, .oldest_ns = UINT64_MAX};
    for (size_t i = 0; i < c->entries->n; i++) {
        const struct entry *e = c->entries->entries[i].value;
        if (e->value->fetched_ns < s.oldest_ns)
            s.oldest_ns = e->value->fetched_ns;
    }
    return s;
}
