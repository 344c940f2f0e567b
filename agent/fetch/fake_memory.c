/* A map of stores, each a map of values, under one lock. Values are shared by references and never
 * changed, so that under the lock nothing is copied or erased. */

#include "fetch/fake_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "fetch/fetch_cache.h"
#include "spec/value_set.h"

struct fake_memory {
    struct mutex mu;
    struct map *stores; /* name to a map of key to struct fetch_value */
    size_t bytes;       /* of keys and values */
};

static void free_value(void *value)
{
    fetch_value_unref(value);
}

static void free_store(void *store)
{
    map_free(store);
}

struct fake_memory *fake_memory_new(void)
{
    struct fake_memory *m = xcalloc(1, sizeof(*m));
    mutex_init(&m->mu);
    m->stores = map_new(free_store);
    return m;
}

void fake_memory_free(struct fake_memory *m)
{
    if (!m)
        return;
    map_free(m->stores);
    mutex_done(&m->mu);
    free(m);
}

static struct fetch_value *find_locked(struct fake_memory *m, const char *store, const char *key)
    REQUIRES(&m->mu)
{
    const struct map *values = map_get(m->stores, store);
    return values ? map_get(values, key) : NULL;
}

struct err *fake_memory_get(struct fake_memory *m, const char *store, const char *key,
                            struct secret_buf **out)
{
    mutex_lock(&m->mu);
    struct fetch_value *found = find_locked(m, store, key);
    if (found)
        found = fetch_value_ref(found);
    mutex_unlock(&m->mu);
    if (!found) {
        *out = NULL;
        return NULL;
    }
    struct err *e = secret_buf_copy(secret_buf_view(found->bytes), out);
    fetch_value_unref(found);
    return e;
}

/* References to all values of store, by key. */
static struct map *list_locked(struct fake_memory *m, const char *store) REQUIRES(&m->mu)
{
    const struct map *values = map_get(m->stores, store);
    struct map *list = map_new(free_value);
    for (size_t i = 0; values && i < values->n; i++)
        map_set(list, values->entries[i].key, fetch_value_ref(values->entries[i].value));
    return list;
}

struct err *fake_memory_all(struct fake_memory *m, const char *store, struct map **out)
{
    CLEANUP(map) struct map *all = value_members_new();
    mutex_lock(&m->mu);
    CLEANUP(map) struct map *list = list_locked(m, store);
    mutex_unlock(&m->mu);
    for (size_t i = 0; i < list->n; i++) {
        const struct fetch_value *v = list->entries[i].value;
        struct secret_buf *copy = NULL;
        struct err *e = secret_buf_copy(secret_buf_view(v->bytes), &copy);
        if (e)
            return e;
        map_set(all, list->entries[i].key, copy);
    }
    *out = TAKE(all);
    return NULL;
}

static size_t size_of(const char *key, const struct fetch_value *value)
{
    return value ? strlen(key) + secret_buf_size(value->bytes) : 0;
}

/* Put fresh in the place of *old, which is taken out; false when there is no room. */
static bool swap_locked(struct fake_memory *m, const char *store, const char *key,
                        struct fetch_value *fresh, struct fetch_value **old) REQUIRES(&m->mu)
{
    size_t now = size_of(key, find_locked(m, store, key));
    size_t then = size_of(key, fresh);
    if (m->bytes - now + then > FAKE_MEMORY_MAX_BYTES)
        return false;
    struct map *values = map_get(m->stores, store);
    if (!values) {
        values = map_new(free_value);
        map_set(m->stores, store, values);
    }
    *old = map_take(values, key);
    map_set(values, key, fresh);
    m->bytes += then - now;
    return true;
}

struct err *fake_memory_put(struct fake_memory *m, const char *store, const char *key,
                            struct secret_view value)
{
    struct secret_buf *copy = NULL;
    struct err *e = secret_buf_copy(value, &copy);
    if (e)
        return e;
    struct fetch_value *fresh = fetch_value_new(copy, 0);
    struct fetch_value *old = NULL;
    mutex_lock(&m->mu);
    bool has_room = swap_locked(m, store, key, fresh, &old);
    mutex_unlock(&m->mu);
    fetch_value_unref(has_room ? old : fresh);
    return has_room ? NULL
                    : err_new(ERR_INVALID, "provider fake keeps at most %zu bytes",
                              FAKE_MEMORY_MAX_BYTES);
}

void fake_memory_remove(struct fake_memory *m, const char *store, const char *key)
{
    mutex_lock(&m->mu);
    struct map *values = map_get(m->stores, store);
    struct fetch_value *old = values ? map_take(values, key) : NULL;
    m->bytes -= size_of(key, old);
    mutex_unlock(&m->mu);
    fetch_value_unref(old);
}
