#pragma once
/* push_expand.h: all that a PushSecret writes to one store: its data, and what dataTo makes of the
 * keys of the Secret.
 *
 * Owns     a push_list owns its items; values are borrowed.
 * Threads  any.
 * Source   External Secrets: spec.data, spec.dataTo; data go before dataTo of the same key. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "render/render.h"
#include "spec/push_spec.h"
#include "spec/store.h"

/* Values that go to one store. */
#define PUSH_ITEMS_MAX 4096

struct push_item {
    struct push_entry entry;
    const struct map *values; /* where secret_key is looked up: the Secret's, or own */
    struct map *own;          /* converted or chosen from the Secret's; NULL: neither */
};

struct push_list {
    struct push_item *items; /* n */
    size_t n, capacity;
};

/* What goes from values (key to secret_buf) to store, which is one of spec's. The list borrows the
 * values. options may be NULL.
 * Errors: INVALID (a regular expression or template; two keys that become one, two values for one
 * place, an empty place; more than PUSH_ITEMS_MAX); texts name the entry as "spec.dataTo[0]". */
NODISCARD struct err *push_expand(const struct push_spec *spec, const struct store *store,
                                  const struct map *values, const struct render_options *options,
                                  struct push_list **out);
void push_list_free(struct push_list *list);
CLEANUP_DEFINE(push_list)
