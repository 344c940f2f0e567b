#pragma once
/* fetch_push.h: write a value to a store, the other way round than everything else here.
 *
 * Owns     nothing; uses the fetcher's open providers.
 * Threads  any worker; one at a time per remote key is the callers' affair.
 * Source   External Secrets: PushSecret, SecretsClient's PushSecret, SecretExists and DeleteSecret.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "fetch/fetch.h"
#include "fetch/provider.h"
#include "spec/store.h"

/* One thing to do; all borrowed. */
struct fetch_push {
    const struct store *store; /* without a problem */
    const char *ns;            /* of the PushSecret */
    struct provider_push what; /* its ns does not count */
};

/* Write value. Cached values of that key are forgotten, so that the next fetch sees it.
 *   only_if_absent  updatePolicy IfNotExists: what the store has already stays
 * Errors: INVALID (store's spec; the provider cannot be written to), CONFLICT (another tool's
 * secret), DENIED (also: the store's conditions refuse ns), RATE_LIMITED, UNAVAILABLE, DEADLINE. */
NODISCARD struct err *fetcher_push(struct fetcher *f, const struct fetch_push *push,
                                   struct secret_view value, bool only_if_absent,
                                   const struct deadline *dl);

/* Remove what was pushed; absent is success. Errors as fetcher_push. */
NODISCARD struct err *fetcher_push_remove(struct fetcher *f, const struct fetch_push *push,
                                          const struct deadline *dl);

/* status.capabilities of a store with that provider: "ReadOnly", "ReadWrite". */
const char *fetcher_capabilities(const struct fetcher *f, const struct store *store);
