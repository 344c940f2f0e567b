/* Binary search in a sorted array. Inserting moves the entries behind; at the sizes that occur
 * here (labels, keys of one secret, watched objects of one node) that is cheaper than a tree and
 * gives iteration in key order for nothing. */

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_CAPACITY 8

struct map *map_new(map_value_free_fn *value_free)
{
    struct map *m = xcalloc(1, sizeof(*m));
    m->value_free = value_free;
    return m;
}

/* Where key stands or would stand. */
static bool find(const struct map *m, const char *key, size_t *at)
{
    size_t low = 0;
    size_t high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(m->entries[middle].key, key);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

static void value_done(const struct map *m, void *value)
{
    if (m->value_free && value)
        m->value_free(value);
}

void *map_get(const struct map *m, const char *key)
{
    size_t at;
    return find(m, key, &at) ? m->entries[at].value : NULL;
}

static void insert(struct map *m, size_t at, const char *key, void *value)
{
    if (m->n == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : FIRST_CAPACITY;
        m->entries = xrealloc(m->entries, m->capacity, sizeof(m->entries[0]));
    }
    memmove(m->entries + at + 1, m->entries + at, (m->n - at) * sizeof(m->entries[0]));
    m->entries[at] = (struct map_entry){.key = xstrdup(key), .value = value};
    m->n++;
}

void map_set(struct map *m, const char *key, void *value)
{
    size_t at;
    if (!find(m, key, &at)) {
        insert(m, at, key, value);
        return;
    }
    void *before = m->entries[at].value;
    m->entries[at].value = value;
    if (before != value)
        value_done(m, before);
}

void *map_take(struct map *m, const char *key)
{
    size_t at;
    if (!find(m, key, &at))
        return NULL;
    void *value = m->entries[at].value;
    free(m->entries[at].key);
    m->n--;
    memmove(m->entries + at, m->entries + at + 1, (m->n - at) * sizeof(m->entries[0]));
    return value;
}

bool map_remove(struct map *m, const char *key)
{
    size_t at;
    if (!find(m, key, &at))
        return false;
    value_done(m, map_take(m, key));
    return true;
}

struct map *map_copy_text(const struct map *m)
{
    struct map *copy = map_new(free);
    copy->n = copy->capacity = m->n;
    copy->entries = xcalloc(m->n, sizeof(copy->entries[0]));
    for (size_t i = 0; i < m->n; i++) {
        copy->entries[i].key = xstrdup(m->entries[i].key);
        copy->entries[i].value = xstrdup(m->entries[i].value);
    }
    return copy;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool map_equal_text(const struct map *a, const struct map *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (!is_same_text(a->entries[i].key, b->entries[i].key) ||
            !is_same_text(a->entries[i].value, b->entries[i].value))
            return false;
    }
    return true;
}

void map_free(struct map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        value_done(m, m->entries[i].value);
        free(m->entries[i].key);
    }
    free(m->entries);
    free(m);
}
