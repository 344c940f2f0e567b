#pragma once
/* output_set.h: the finished keys and values of one spec; files and Secret are written from it.
 *
 * Owns     its keys and buffers.
 * Threads  one at a time until sealed, then read by any.
 * Source   External Secrets for the data hash. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

#define OUTPUT_KEY_MAX 253
#define OUTPUT_TOTAL_MAX (1u << 20) /* as a Kubernetes Secret: 1 MiB over all values */

struct output {
    char *key;
    struct secret_buf *value;
};

struct output_set {
    struct output *items; /* sorted by key, n of them */
    size_t n;
    size_t capacity;
    size_t total_bytes;
    /* Rendered metadata of the Secret, text to text; NULL without a template. */
    struct map *labels, *annotations;
    /* Of a target that is no Secret: JSON of all its members beside apiVersion, kind and metadata,
     * at most OUTPUT_TOTAL_MAX bytes, and External Secrets' hash of it. NULL: a Secret of items. */
    struct secret_buf *content;
    char content_hash[DIGEST_SHA3_224_HEX];
    bool is_empty; /* the stores gave nothing: deletionPolicy says what becomes of the target */
    /* Entries that the store did not have and that were left out, as External Secrets' event names
     * them: "spec.dataFrom[0]", and for data[0] "spec.dataFrom[0] (key=db)". */
    struct map *missing;             /* the values do not matter; never NULL */
    bool is_stale;                   /* copied from the value_set */
    char revision[DIGEST_KEYED_HEX]; /* "" until sealed; same key and same content: same text */
};

struct output_set *output_set_new(void) NODISCARD;

/* Set key to value (taken in every case); an earlier value of key is replaced.
 * Errors: INVALID (total over OUTPUT_TOTAL_MAX). */
NODISCARD struct err *output_set_put(struct output_set *o, const char *key,
                                     struct secret_buf *value);

/* NULL when absent. */
const struct output *output_set_find(const struct output_set *o, const char *key);

/* Compute the revision; no puts afterwards. */
void output_set_seal(struct output_set *o, const struct digest_key *key);

/* External Secrets' data-hash annotation: SHA3-224 over Go's print of map[string][]byte, or the
 * content's.
 * Errors: INTERNAL (arena). */
NODISCARD struct err *output_set_data_hash(const struct output_set *o,
                                           char out[DIGEST_SHA3_224_HEX]);

void output_set_free(struct output_set *o);
CLEANUP_DEFINE(output_set)
