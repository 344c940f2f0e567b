#pragma once
/* container.h: lists and maps of the template language.
 *
 * Owns     nothing: both live in the arena of their render.
 * Threads  one at a time.
 * Source   Go slices and maps; text/template ranges over maps in the order of their keys. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"

/* Elements of one list or map. */
#define DATUM_ELEMENTS_MAX 100000

/* Items at the start of which one or more lists begin: used of them are taken. */
struct list_room {
    size_t used, capacity;
};

/* Never changed once a function has handed it out, but for the order of strings: see sortAlpha. */
struct list {
    enum datum_element element;
    bool is_nil; /* Go's nil slice: prints as [], is null in JSON */
    size_t n;
    size_t hidden;       /* items after the last that slicing brings back: it was sliced itself */
    struct datum *items; /* of ELEMENT_ANY: nil is DATUM_NIL; may be part of another list's */
    struct list_room *room; /* where append may go on behind the items; NULL: nowhere */
};

struct dict_entry {
    struct text key;
    struct datum value; /* in ELEMENT_ANY: nil is DATUM_NIL */
};

/* A map with text keys, sorted by key. set and unset change it in place, seen by all who hold it.
 */
struct dict {
    enum datum_element element;
    bool is_nil;
    size_t n, capacity;
    struct dict_entry *entries;
};

/* List of n zero datums (DATUM_NONE: fill them), or empty dict with room for capacity.
 * Errors: INVALID (over DATUM_ELEMENTS_MAX, or the arena's limit), UNAVAILABLE. */
NODISCARD struct err *list_new(struct secret_arena *a, enum datum_element element, size_t n,
                               struct list **out);
NODISCARD struct err *dict_new(struct secret_arena *a, enum datum_element element, size_t capacity,
                               struct dict **out);

/* Value of key, or NULL. */
const struct datum *dict_get(const struct dict *m, struct text key);

/* Set key (kept, not copied) to value. Errors as dict_new. */
NODISCARD struct err *dict_set(struct secret_arena *a, struct dict *m, struct text key,
                               struct datum value);
void dict_unset(struct dict *m, struct text key);
