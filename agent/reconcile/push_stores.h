#pragma once
/* push_stores.h: the stores that a PushSecret means.
 *
 * Owns     a push_stores owns references.
 * Threads  any.
 * Source   External Secrets: spec.secretStoreRefs, by name or by labels. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "spec/push_spec.h"
#include "spec/spec_store.h"

struct push_stores {
    struct store **stores; /* n, each once */
    size_t n;
    bool has_foreign; /* others were meant too, and are another controller's */
};

/* Stores of another class than controller_class, and those that are being deleted, are left out.
 * Errors: NOT_FOUND (a named store does not exist; none has the labels, of dataTo too). */
NODISCARD struct err *push_stores_find(struct spec_store *specs, const struct push_spec *spec,
                                       const char *controller_class, struct push_stores **out);
void push_stores_free(struct push_stores *s);
CLEANUP_DEFINE(push_stores)

/* "Kind/name", as status.syncedPushSecrets names a store. Caller frees. */
char *push_stores_label(const struct store *store) NODISCARD;

/* The store of such a label, for a PushSecret of ns; NULL when there is none. */
struct store *push_stores_get(struct spec_store *specs, const char *ns,
                              const char *label) NODISCARD;
