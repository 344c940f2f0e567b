#pragma once
/* fetch.h: stage 2: get the values a spec asks for, each from its store, as few calls as possible.
 *
 * Owns     the fetcher owns open providers and the cache.
 * Threads  fetcher_run from any worker; new and free from main.
 * Source   docs/ARCHITECTURE.md "fetch". */

#include "base/attr.h"
#include "base/clock.h"
#include "fetch/provider.h"
#include "spec/spec_store.h"
#include "spec/value_set.h"

/* Labels of a namespace, plugged in by the composition root; a map of text to text. */
struct namespace_source {
    struct err *(*labels)(void *ctx, const char *ns, const struct deadline *dl, struct map **out);
    void *ctx;
};

struct fetcher_options {
    struct provider_env env;
    const char *controller_class;       /* stores of another are not ours; NULL: any are */
    struct namespace_source namespaces; /* for ClusterSecretStores that select by label */
    struct spec_store *specs;           /* where stores are looked up */
    uint64_t max_stale_ns;              /* oldest value that a store outage may still serve */
    size_t cache_max_bytes;             /* values kept; 0: 16 MiB */

    /* NULL: provider_find_ops; tests have their own. */
    const struct provider_ops *(*find_ops)(const char *name);
};

struct fetch_limits {
    uint64_t max_age_ns; /* a cached value up to this old is as good as a new one */
    bool allow_stale;    /* when the store is unavailable, an older one is better than none */
};

struct fetcher;
struct fetcher *fetcher_new(const struct fetcher_options *options) NODISCARD;
void fetcher_free(struct fetcher *f);
CLEANUP_DEFINE(fetcher)

/* Fetch every entry of spec, all or nothing; a secret that the store does not have is not an
 * error here but a value without bytes.
 *   spec  borrowed, without a problem
 *   out   new set in the order of spec->data and spec->sources
 * Errors: INVALID (store's spec, named), NOT_FOUND (store missing, named), DENIED, RATE_LIMITED,
 * UNAVAILABLE, DEADLINE; the entry is named as "spec.data[2] (key: db)". */
NODISCARD struct err *fetcher_run(struct fetcher *f, const struct spec *spec,
                                  const struct fetch_limits *limits, const struct deadline *dl,
                                  struct value_set **out);

/* Is store usable (opens it for its own namespace and validates)? Errors as fetcher_run. */
NODISCARD struct err *fetcher_validate(struct fetcher *f, const struct store *store,
                                       const struct deadline *dl, enum provider_validity *out);

/* What an operator should know about a store that works, such as a plain http endpoint: text or
 * NULL; caller frees. Opens the store for its own namespace; NULL also when that fails. */
char *fetcher_warning(struct fetcher *f, const struct store *store,
                      const struct deadline *dl) NODISCARD;

/* Forget open providers (and so logins) of a store whose configuration is another one now, or of
 * all that used a credential Secret. Cached values stay, but are under the identity and so are not
 * served to a new one. */
void fetcher_store_changed(struct fetcher *f, enum store_kind kind, const char *ns,
                           const char *name);
void fetcher_credentials_changed(struct fetcher *f, const char *ns, const char *name);

/* Drop values unused for longer than max_stale_ns; called by a timer. Updates cache metrics. */
void fetcher_trim(struct fetcher *f);
