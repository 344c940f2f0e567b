#pragma once
/* store_check.h: keep the Ready condition of SecretStores true.
 *
 * Owns     the memory of what was last said of each store.
 * Threads  a store's key is in one worker's hands at a time.
 * Source   External Secrets: reasons Valid, ValidationUnknown, InvalidProviderConfig. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "fetch/fetch.h"
#include "reconcile/rival.h"
#include "reconcile/status.h"
#include "spec/spec_store.h"

struct store_name {
    enum store_kind kind;
    const char *ns; /* "" for a ClusterSecretStore */
    const char *name;
};

struct store_check_options {
    const struct clock *clock;
    struct spec_store *specs;
    struct fetcher *fetcher;
    const struct status_sink *status;
    bool (*is_ours)(void *ctx, const char *uid);
    void *is_ours_ctx;
    uint64_t timeout_ns;
    const char *controller_class; /* stores of another are left alone; NULL: none is */
    struct rival *rival;          /* while it is alive nothing is written; may be NULL */
    /* A store that was not usable is again: what failed for it need not wait. */
    void (*recovered)(void *ctx, const struct store_name *store);
    void *recovered_ctx;
};

struct store_check;
struct store_check *store_check_new(void) NODISCARD;
void store_check_free(struct store_check *c);
CLEANUP_DEFINE(store_check)

/* Queue key of a store: "store/<kind>/<ns>/<name>". Caller frees. */
char *store_check_key(const struct store_name *store) NODISCARD;

/* Validate the store of key and report what is new. When to look again (monotonic ns), or
 * UINT64_MAX when it is gone or not ours. */
uint64_t store_check_step(struct store_check *c, const struct store_check_options *o,
                          const char *key, uint32_t random);

/* Does an entry of spec take from the struct store_name at arg? */
bool store_check_spec_uses(const struct spec *spec, const void *arg);

/* May the store's configuration take a credential from Secret ns/name? */
bool store_check_mentions(const struct store *store, const char *ns, const char *name);
