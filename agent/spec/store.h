#pragma once
/* store.h: a SecretStore or ClusterSecretStore: which provider, configured how.
 *
 * Owns     as spec.h: an immutable snapshot behind references.
 * Threads  references may be held by any thread.
 * Source   external-secrets.io/v1 SecretStore. */

#include "spec/spec.h"
#include "spec/store_condition.h"

#define STORE_CHECK_DEFAULT_NS (300LL * 1000000000LL)
#define STORE_RETRIES_MAX 100

struct store {
    struct object_meta meta; /* ns is "" for a ClusterSecretStore */
    enum store_kind kind;
    char *provider;            /* member name under spec.provider: "aws"; NULL with a problem */
    const struct json *config; /* that member; borrowed from root */
    struct json *root;
    char *controller; /* class of the controller that is meant; "": any */
    struct store_conditions conditions;
    int64_t check_interval_ns; /* refreshInterval; how often it is validated again */
    int max_retries;           /* retrySettings; -1: not said */
    int64_t retry_interval_ns; /* 0: not said */
    char *problem;             /* NULL, or "spec.provider is missing" */
    struct spec_status status;
};

/* Parse either kind, v1 or v1beta1. NULL without a name. */
struct store *store_parse(const struct json *obj) NODISCARD;

struct store *store_ref_get(const struct store *s) NODISCARD;
void store_unref(struct store *s);
static inline void store_free(struct store *s)
{
    store_unref(s);
}
CLEANUP_DEFINE(store)

/* Is it meant for controllers of that class? NULL: any will do. */
bool store_is_of_class(const struct store *s, const char *controller_class);

/* Does it name that class, and not merely "default", which is what External Secrets calls itself?
 */
bool store_is_claimed(const struct store *s, const char *controller_class);

/* "SecretStore" or "ClusterSecretStore". */
const char *store_kind_name(enum store_kind kind);
