#pragma once
/* store.h: a SecretStore or ClusterSecretStore: which provider, configured how.
 *
 * Owns     as spec.h: an immutable snapshot behind references.
 * Threads  references may be held by any thread.
 * Source   external-secrets.io/v1 SecretStore. */

#include "spec/spec.h"

struct store {
    struct object_meta meta; /* ns is "" for a ClusterSecretStore */
    enum store_kind kind;
    char *provider;            /* member name under spec.provider: "aws"; NULL with a problem */
    const struct json *config; /* that member; borrowed from root */
    struct json *root;
    char *problem; /* NULL, or "spec.conditions is not supported" */
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

/* "SecretStore" or "ClusterSecretStore". */
const char *store_kind_name(enum store_kind kind);
