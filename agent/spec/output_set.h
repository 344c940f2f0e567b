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

/* Rendered text for one field of a target that is no Secret. */
struct output_field {
    char *path; /* "spec.slack.api_url" */
    struct secret_buf *text;
};

struct output_set {
    struct output *items; /* sorted by key, n of them */
    size_t n;
    size_t capacity;
    size_t total_bytes;
    /* Rendered metadata of the Secret, text to text; NULL without a template. */
    struct map *labels, *annotations;
    struct output_field *fields; /* n_fields, in the order in which they apply */
    size_t n_fields;
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

/* Add a field; both are taken in every case. Errors as output_set_put. */
NODISCARD struct err *output_set_add_field(struct output_set *o, char *path,
                                           struct secret_buf *text);

/* NULL when absent. */
const struct output *output_set_find(const struct output_set *o, const char *key);

/* Compute the revision; no puts afterwards. */
void output_set_seal(struct output_set *o, const struct digest_key *key);

/* External Secrets' data-hash annotation: SHA3-224 over Go's print of map[string][]byte.
 * Errors: INTERNAL (arena). */
NODISCARD struct err *output_set_data_hash(const struct output_set *o,
                                           char out[DIGEST_SHA3_224_HEX]);

void output_set_free(struct output_set *o);
CLEANUP_DEFINE(output_set)
