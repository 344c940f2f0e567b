/* A tree of JSON can be read and built, but not changed in its depth; so it becomes two levels of
 * maps while a pass works on it. */

#include "reconcile/push_synced.h"

#include "base/alloc.h"

static void entry_free(void *entry)
{
    json_free(entry);
}

static void entries_free(void *entries)
{
    map_free(entries);
}

void push_synced_init(struct push_synced *p)
{
    p->stores = map_new(entries_free);
}

void push_synced_done(struct push_synced *p)
{
    map_free(TAKE(p->stores));
}

static struct map *entries_of(struct push_synced *p, const char *store)
{
    struct map *entries = map_get(p->stores, store);
    if (!entries) {
        entries = map_new(entry_free);
        map_set(p->stores, store, entries);
    }
    return entries;
}

void push_synced_read(struct push_synced *p, const struct json *synced)
{
    for (const struct json *store = json_first(synced); store; store = json_next(store)) {
        struct map *entries = json_kind(store) == JSON_MAP ? entries_of(p, json_name(store)) : NULL;
        const struct json *entry = entries ? json_first(store) : NULL;
        for (; entry; entry = json_next(entry))
            map_set(entries, json_name(entry), json_copy(entry));
    }
}

struct json *push_synced_json(const struct push_synced *p)
{
    struct json *all = json_new_map();
    for (size_t i = 0; i < p->stores->n; i++) {
        const struct map *entries = p->stores->entries[i].value;
        struct json *of_store = json_new_map();
        for (size_t j = 0; j < entries->n; j++)
            json_set(of_store, entries->entries[j].key, json_copy(entries->entries[j].value));
        json_set(all, p->stores->entries[i].key, of_store);
    }
    return all;
}

void push_synced_set(struct push_synced *p, const char *store, const char *key, struct json *entry)
{
    map_set(entries_of(p, store), key, entry);
}

bool push_synced_has(const struct push_synced *p, const char *store, const char *key)
{
    const struct map *entries = map_get(p->stores, store);
    return entries && map_get(entries, key);
}

void push_synced_add_store(struct push_synced *p, const char *store)
{
    entries_of(p, store);
}

void push_synced_add(struct push_synced *p, const struct push_synced *other)
{
    for (size_t i = 0; i < other->stores->n; i++) {
        const char *store = other->stores->entries[i].key;
        const struct map *entries = other->stores->entries[i].value;
        struct map *mine = entries_of(p, store);
        for (size_t j = 0; j < entries->n; j++) {
            const char *key = entries->entries[j].key;
            if (!map_get(mine, key))
                map_set(mine, key, json_copy(entries->entries[j].value));
        }
    }
}
