#pragma once
/* value_set.h: the raw values that a spec's entries name, as the providers gave them.
 *
 * Owns     its buffers.
 * Threads  one at a time; made by fetch, read by render. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

/* How a provider reads remoteRef.property (External Secrets differs by provider). */
enum property_order {
    PROPERTY_ESCAPED_FIRST, /* literal key with dots, then gjson path (AWS, GCP) */
    PROPERTY_PATH_FIRST,    /* gjson path, then literal key (Azure) */
    PROPERTY_KEY_FIRST,     /* exact top-level key, then gjson path (Vault) */
    PROPERTY_PATH_ONLY,     /* gjson path (fake) */
};

struct value {
    struct secret_buf *bytes; /* NULL: the store has no such secret, or gave a map */
    struct map *members;      /* name to struct secret_buf: of a find; NULL otherwise */
    enum property_order order;
    /* A property that is missing counts as a missing secret (fake), not as an error. */
    bool missing_property_is_missing;
};

struct value_set {
    struct value *data;    /* spec->n_data, same order */
    struct value *sources; /* spec->n_sources, same order */
    size_t n_data;
    size_t n_sources;
    /* The templates in ConfigMaps and Secrets: of each item of each template_from, in order. */
    struct secret_buf **texts;
    size_t n_texts;
    bool is_stale;          /* some value is served past its time because its store is down */
    uint64_t oldest_age_ns; /* age of the oldest value */
};

struct value_set *value_set_new(size_t n_data, size_t n_sources, size_t n_texts) NODISCARD;
void value_set_free(struct value_set *v);
CLEANUP_DEFINE(value_set)

/* Map of name to struct secret_buf that frees its values. */
struct map *value_members_new(void) NODISCARD;

/* The same map as bytes and back, so that it can be cached and shared as one value.
 * Errors: INVALID (larger than SECRET_BUF_MAX; not packed by value_members_pack), INTERNAL. */
NODISCARD struct err *value_members_pack(const struct map *members, struct secret_buf **out);
NODISCARD struct err *value_members_unpack(struct secret_view packed, struct map **out);
