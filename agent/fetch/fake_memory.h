#pragma once
/* fake_memory.h: what was pushed to stores of provider fake, for as long as the process lives.
 *
 * A store's configuration may change without what was pushed to it being lost, so it cannot lie
 * in the open provider.
 *
 * Owns     copies of the values.
 * Threads  any.
 * Source   External Secrets' fake provider keeps what is pushed by the store's name. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

/* All stores together: a fake must not use up the memory of real ones. */
#define FAKE_MEMORY_MAX_BYTES ((size_t)4 << 20)

struct fake_memory;

struct fake_memory *fake_memory_new(void) NODISCARD;
void fake_memory_free(struct fake_memory *m);
CLEANUP_DEFINE(fake_memory)

/* Copy of the value of key in store (any text that names it); NULL when there is none.
 * Errors: INTERNAL. */
NODISCARD struct err *fake_memory_get(struct fake_memory *m, const char *store, const char *key,
                                      struct secret_buf **out);

/* Copies of all values of store, by key: a map of value_members_new. Errors: INTERNAL. */
NODISCARD struct err *fake_memory_all(struct fake_memory *m, const char *store, struct map **out);

/* Keep a copy of value. Errors: INVALID (more than FAKE_MEMORY_MAX_BYTES together), INTERNAL. */
NODISCARD struct err *fake_memory_put(struct fake_memory *m, const char *store, const char *key,
                                      struct secret_view value);

/* Forget key; nothing happens if it is not there. */
void fake_memory_remove(struct fake_memory *m, const char *store, const char *key);
