#pragma once
/* fetch_open.h: providers that are open, each for one configuration of one store.
 *
 * A provider stays open while its store's configuration and the Secrets it read credentials from
 * stay the same, whatever else changes about the store object. Calls that are under way on a
 * forgotten provider finish; the last one closes it.
 *
 * Owns     a slot owns its provider and is shared by references.
 * Threads  any number.
 * Source   docs/ARCHITECTURE.md "fetch". */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "fetch/fetch_flight.h"
#include "fetch/provider.h"

struct fetch_open;
struct fetch_slot;

struct fetch_open *fetch_open_new(const struct provider_env *env) NODISCARD;
void fetch_open_free(struct fetch_open *o);
CLEANUP_DEFINE(fetch_open)

/* The open provider of store for specs of namespace ns; give it back with fetch_open_put. Only one
 * thread at a time opens a slot. Errors: as provider_ops.check and .open. */
NODISCARD struct err *fetch_open_get(struct fetch_open *o, const struct provider_ops *ops,
                                     const struct store *store, const char *ns,
                                     const struct deadline *dl, struct fetch_slot **out);
void fetch_open_put(struct fetch_slot *slot);
static inline void fetch_slot_free(struct fetch_slot *slot)
{
    fetch_open_put(slot);
}
CLEANUP_DEFINE(fetch_slot)

struct fetch_lane *fetch_slot_lane(struct fetch_slot *slot);

/* Nanoseconds since the provider was opened. */
uint64_t fetch_slot_age_ns(const struct fetch_slot *slot);

/* Do not hand out slot any more. */
void fetch_open_forget(struct fetch_slot *slot);

/* Forget what is open for a store under another configuration than now's (NULL: it is gone). */
void fetch_open_forget_store(struct fetch_open *o, enum store_kind kind, const char *ns,
                             const char *name, const struct store *now);

/* Forget what has read the Secret ns/name. */
void fetch_open_forget_credentials(struct fetch_open *o, const char *ns, const char *name);

/* Forget what was not used for unused_ns. */
void fetch_open_trim(struct fetch_open *o, uint64_t unused_ns);

/* Slots that would be handed out now; for tests. */
size_t fetch_open_count(struct fetch_open *o);
