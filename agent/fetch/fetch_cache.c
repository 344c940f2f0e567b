/* A map by key; each entry knows when it was last used. Dropping looks through all entries for the
 * longest unused one, which costs no more than a map's own insertion does and happens only when the
 * cache is full. */

#include "fetch/fetch_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

struct entry {
    struct fetch_value *value;
    size_t size_bytes;
    uint64_t used_ns;
    uint64_t use; /* number of the last use, for those at the same time */
};

struct fetch_cache {
    struct map *entries; /* by key */
    struct fetch_value *left;
    size_t max_bytes;
    size_t used_bytes;
    uint64_t uses;
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
    c->max_bytes = max_bytes;
    return c;
}

void fetch_cache_remove(struct fetch_cache *c, const char *key)
{
    struct entry *e = map_take(c->entries, key);
    if (!e)
        return;
    c->used_bytes -= e->size_bytes;
    e->value->next = c->left;
    c->left = e->value;
    free(e);
}

void fetch_cache_remove_prefix(struct fetch_cache *c, const char *prefix)
{
    for (size_t i = c->entries->n; i > 0; i--) {
        const char *key = c->entries->entries[i - 1].key;
        if (strncmp(key, prefix, strlen(prefix)) == 0)
            fetch_cache_remove(c, key);
    }
}

void fetch_cache_free(struct fetch_cache *c)
{
    if (!c)
        return;
    while (c->entries->n)
        fetch_cache_remove(c, c->entries->entries[c->entries->n - 1].key);
    fetch_value_unref_all(c->left);
    map_free(c->entries);
    free(c);
}

static void use(struct fetch_cache *c, struct entry *e, uint64_t now_ns)
{
    e->used_ns = now_ns;
    e->use = c->uses++;
}

struct fetch_value *fetch_cache_get(struct fetch_cache *c, const char *key, uint64_t now_ns,
                                    uint64_t max_age_ns)
{
    struct entry *e = map_get(c->entries, key);
    if (!e)
        return NULL;
    if (now_ns > e->value->fetched_ns && now_ns - e->value->fetched_ns > max_age_ns)
        return NULL;
    use(c, e, now_ns);
    return fetch_value_ref(e->value);
}

static void remove_longest_unused(struct fetch_cache *c)
{
    const struct map_entry *found = &c->entries->entries[0];
    for (size_t i = 1; i < c->entries->n; i++) {
        const struct entry *e = c->entries->entries[i].value;
        if (e->use < ((const struct entry *)found->value)->use)
            found = &c->entries->entries[i];
    }
    fetch_cache_remove(c, found->key);
}

void fetch_cache_put(struct fetch_cache *c, const char *key, struct fetch_value *v, uint64_t now_ns)
{
    size_t size = secret_buf_size(v->bytes) + strlen(key) + 1 + sizeof(struct entry) +
                  sizeof(struct fetch_value) + sizeof(struct map_entry);
    fetch_cache_remove(c, key);
    if (size > c->max_bytes)
        return;
    while (c->used_bytes + size > c->max_bytes)
        remove_longest_unused(c);
    struct entry *e = xcalloc(1, sizeof(*e));
    e->value = fetch_value_ref(v);
    e->size_bytes = size;
    use(c, e, now_ns);
    map_set(c->entries, key, e);
    c->used_bytes += size;
}

void fetch_cache_trim(struct fetch_cache *c, uint64_t now_ns, uint64_t unused_ns)
{
    for (size_t i = c->entries->n; i > 0; i--) {
        const struct map_entry *at = &c->entries->entries[i - 1];
        const struct entry *e = at->value;
        if (now_ns > e->used_ns && now_ns - e->used_ns > unused_ns)
            fetch_cache_remove(c, at->key);
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
