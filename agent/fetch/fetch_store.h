#pragma once
/* fetch_store.h: the fetcher as its own files see it, and the way from a store to its provider.
 *
 * Owns     as fetch.h.
 * Threads  any worker. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "fetch/fake_memory.h"
#include "fetch/fetch.h"
#include "fetch/fetch_flight.h"
#include "fetch/fetch_open.h"
#include "fetch/provider.h"
#include "spec/store.h"

struct fetcher {
    struct fetcher_options options;
    struct fetch_open *open;
    struct fetch_flights *flights;
    struct fake_memory *memory;
};

/* `SecretStore "ns/name"`; a ClusterSecretStore has no namespace. Caller frees. */
char *fetch_store_label(enum store_kind kind, const char *ns, const char *name) NODISCARD;

/* e with the store named in front. */
struct err *fetch_store_blame(struct err *e, const struct store *store) NODISCARD;

/* The provider of store. Errors: INVALID (the store's own problem, an unknown provider). */
NODISCARD struct err *fetch_store_ops(const struct fetcher *f, const struct store *store,
                                      const struct provider_ops **out);

/* Is store ours, and may namespace ns use it? Errors: DENIED; as namespace_source.labels. */
NODISCARD struct err *fetch_store_allow(const struct fetcher *f, const struct store *store,
                                        const char *ns, const struct deadline *dl);

/* Open store for ns. Texts name the store. Errors: as fetch_store_ops and fetch_open_get. */
NODISCARD struct err *fetch_store_open(struct fetcher *f, const struct store *store, const char *ns,
                                       const struct deadline *dl, struct fetch_slot **out);

/* slot was denied something: look again where its login came from, unless it is fresh.
 *   out  open under another login, or NULL when there is none
 * Errors: as fetch_store_open. */
NODISCARD struct err *fetch_store_reopen(struct fetcher *f, const struct store *store,
                                         const char *ns, const struct deadline *dl,
                                         struct fetch_slot *slot, struct fetch_slot **out);
