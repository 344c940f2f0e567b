#pragma once
/* map.h: map from text to a pointer or to text, kept sorted by key (byte order).
 *
 * A sorted array: iteration order is the observable order of Kubernetes maps, and the maps here are
 * small or read far more often than written.
 *
 * Owns     its keys; its values through the destructor given at map_new.
 * Threads  none; the owner locks. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

typedef void map_value_free_fn(void *value);

struct map_entry {
    char *key;
    void *value;
};

struct map {
    struct map_entry *entries; /* sorted by key; n of them */
    size_t n;
    size_t capacity;
    map_value_free_fn *value_free; /* NULL: values are borrowed */
};

/* Empty map; value_free may be NULL. */
struct map *map_new(map_value_free_fn *value_free);

/* Value of key, or NULL. */
void *map_get(const struct map *m, const char *key);

/* Set key; takes value, frees the value that stood there. */
void map_set(struct map *m, const char *key, void *value);

/* Remove key and free its value; false if it was not there. */
bool map_remove(struct map *m, const char *key);

/* Remove key and hand its value to the caller; NULL if it was not there. */
void *map_take(struct map *m, const char *key);

/* Copy of a map of text to text (values made by xstrdup, freed by free). */
struct map *map_copy_text(const struct map *m);

/* Same keys and same text values; both maps of text. */
bool map_equal_text(const struct map *a, const struct map *b);

void map_free(struct map *m);
CLEANUP_DEFINE(map)
