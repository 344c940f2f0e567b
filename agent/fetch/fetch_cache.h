#pragma once
/* fetch_cache.h: values by key, bounded in bytes, the longest unused leave first.
 *
 * Owns     a cache holds references to values; a value is immutable and shared by references.
 * Threads  the cache: none, the owner locks. Values: any.
 * Source   docs/ARCHITECTURE.md "fetch". */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/secret_buf.h"

/* What a store gave, and when. */
struct fetch_value {
    struct secret_buf *bytes;
    uint64_t fetched_ns;      /* CLOCK_MONOTONIC */
    struct fetch_value *next; /* of the values that left a cache; see fetch_cache_take_left */
    atomic_uint refs;         /* partner: fetch_value_unref */
};

/* New value with one reference; takes bytes. */
struct fetch_value *fetch_value_new(struct secret_buf *bytes, uint64_t fetched_ns) NODISCARD;
struct fetch_value *fetch_value_ref(struct fetch_value *v) NODISCARD;
void fetch_value_unref(struct fetch_value *v);

/* Unref v and all that follow it by next. */
void fetch_value_unref_all(struct fetch_value *v);

struct fetch_cache;

/* At most max_bytes of values, keys and bookkeeping. */
struct fetch_cache *fetch_cache_new(size_t max_bytes) NODISCARD;
void fetch_cache_free(struct fetch_cache *c);
CLEANUP_DEFINE(fetch_cache)

/* New reference to key's value if it is at most max_age_ns old at now_ns, else NULL. Counts as
 * use. */
struct fetch_value *fetch_cache_get(struct fetch_cache *c, const char *key, uint64_t now_ns,
                                    uint64_t max_age_ns) NODISCARD;

/* Remember v (a reference is taken), unless it alone is larger than the cache. */
void fetch_cache_put(struct fetch_cache *c, const char *key, struct fetch_value *v,
                     uint64_t now_ns);

/* Forget key; nothing happens if it is not there. */
void fetch_cache_remove(struct fetch_cache *c, const char *key);

/* Forget all keys that begin with prefix. */
void fetch_cache_remove_prefix(struct fetch_cache *c, const char *prefix);

/* Forget what was not used in the last unused_ns before now_ns. */
void fetch_cache_trim(struct fetch_cache *c, uint64_t now_ns, uint64_t unused_ns);

/* Values that left the cache since the last call, each with the reference that the cache held: to
 * be given to fetch_value_unref_all without the owner's lock, because erasing takes time. */
struct fetch_value *fetch_cache_take_left(struct fetch_cache *c) NODISCARD;

struct fetch_cache_state {
    size_t n;
    size_t used_bytes;
    uint64_t oldest_ns; /* fetched_ns of the oldest value; UINT64_MAX when empty */
};
struct fetch_cache_state fetch_cache_state(const struct fetch_cache *c);
