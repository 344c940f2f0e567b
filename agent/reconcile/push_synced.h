#pragma once
/* push_synced.h: what a PushSecret has in stores now: status.syncedPushSecrets, to be added to,
 * compared and mixed.
 *
 * Owns     a push_synced owns its entries.
 * Threads  one at a time.
 * Source   External Secrets: status.syncedPushSecrets, "Kind/name" of a store -> entry. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "spec/push_spec.h"

struct push_synced {
    struct map *stores; /* "Kind/name" -> map of push_entry_key to struct json, which they free */
};

void push_synced_init(struct push_synced *p);
void push_synced_done(struct push_synced *p);

/* From the status, which may be of any shape: what is no entry is left out; and back. */
void push_synced_read(struct push_synced *p, const struct json *synced);
struct json *push_synced_json(const struct push_synced *p) NODISCARD;

/* entry, as push_entry_json has it, is there, or is not any more. set takes it. */
void push_synced_set(struct push_synced *p, const char *store, const char *key, struct json *entry);
bool push_synced_has(const struct push_synced *p, const char *store, const char *key);

/* The store is written to, even if nothing goes there. */
void push_synced_add_store(struct push_synced *p, const char *store);

/* Add what of other is not there. */
void push_synced_add(struct push_synced *p, const struct push_synced *other);
