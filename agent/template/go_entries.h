#pragma once
/* go_entries.h: values in the order in which a document gives them, and what becomes of them.
 *
 * Decoders do not know how long a list or a map is before its end, so its values wait on a stack;
 * those of an inner container stand above those of the outer ones. A member of a map is two values:
 * its name, and what is called so.
 *
 * Owns     nothing; the stack lives in the engine's arena.
 * Threads  one at a time. */

#include "base/attr.h"
#include "base/err.h"
#include "template/container.h"
#include "template/engine.h"

struct go_entries {
    struct engine *g;
    struct datum *values;
    size_t n, capacity;
};

/* Put a value on top. Errors: INVALID (limit of memory), UNAVAILABLE. */
NODISCARD struct err *go_entries_push(struct go_entries *s, struct datum value);

/* Take off everything from base on, as a list; or, by twos, as a map in which later members win.
 * Errors: INVALID (over DATUM_ELEMENTS_MAX, limit of memory or steps), UNAVAILABLE. */
NODISCARD struct err *go_entries_list(struct go_entries *s, size_t base, struct datum *out);
NODISCARD struct err *go_entries_map(struct go_entries *s, size_t base, struct datum *out);

/* Sort entries[0..n) so that compare gives no positive number for neighbours; equals keep their
 * order. spare has as much room; which of the two holds the result is given back. */
struct dict_entry *go_entries_sort(struct dict_entry *entries, struct dict_entry *spare, size_t n,
                                   int (*compare)(struct text a, struct text b));

/* Charge for sorting them. Errors: INVALID (limit of steps). */
NODISCARD struct err *go_entries_charge_sort(struct engine *g, const struct dict_entry *entries,
                                             size_t n);
