#pragma once
/* fetch_key.h: what cached values are kept under.
 *
 * A key begins with the store and what is asked of it, so that all that was read of one remote key
 * can be forgotten together, under whatever identity and in whatever version it was read.
 *
 * Owns     results belong to the caller.
 * Threads  any. */

#include "base/attr.h"
#include "spec/spec.h"
#include "spec/store.h"

#define FETCH_KEY_MAX (4 * SPEC_REMOTE_KEY_MAX + 4096)

/* Key of one value; NULL when it would be longer than FETCH_KEY_MAX.
 *   identity  of the open provider
 *   find      NULL: remote->key is asked for */
char *fetch_key(const struct store *store, const char *identity, const struct remote_ref *remote,
                const struct spec_find *find) NODISCARD;

/* What the keys of everything read of remote_key begin with, and those of all finds; NULL as
 * fetch_key. */
char *fetch_key_prefix(const struct store *store, const char *remote_key) NODISCARD;
char *fetch_key_find_prefix(const struct store *store) NODISCARD;
