#pragma once
/* digest.h: hashes for signing, for External Secrets' annotations, and for change detection.
 *
 * Owns     results are plain arrays.
 * Threads  any; the process key is made once by digest_init.
 * Source   FIPS 180-4 (SHA-256), FIPS 202 (SHA3-224), RFC 2104 (HMAC). */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define DIGEST_SHA256_BYTES 32
#define DIGEST_SHA256_HEX (2 * DIGEST_SHA256_BYTES + 1)
#define DIGEST_SHA3_224_HEX (2 * 28 + 1)
#define DIGEST_KEYED_HEX (2 * 16 + 1)

/* SHA-256 of v, raw. */
void digest_sha256(struct secret_view v, unsigned char out[DIGEST_SHA256_BYTES]);

/* Lower-case hex SHA-256 of v. */
void digest_sha256_hex(struct secret_view v, char out[DIGEST_SHA256_HEX]);

/* Lower-case hex SHA3-224 of v, as External Secrets' ObjectHash prints it. */
void digest_sha3_224_hex(struct secret_view v, char out[DIGEST_SHA3_224_HEX]);

/* HMAC-SHA-256 of v under key. */
void digest_hmac_sha256(struct secret_view key, struct secret_view v,
                        unsigned char out[DIGEST_SHA256_BYTES]);

/* Keyed digest under a random key: says "changed or not" and nothing else. Streams parts, each
 * length-prefixed, so that ("ab","c") and ("a","bc") differ. */
struct digest_keyed;
struct digest_key; /* one for a process, or loaded for a node: see project_state */

/* New random key, kept in locked memory. Errors: INTERNAL. */
NODISCARD struct err *digest_key_new(struct digest_key **out);
void digest_key_free(struct digest_key *k);
CLEANUP_DEFINE(digest_key)

struct digest_keyed *digest_keyed_new(const struct digest_key *k) NODISCARD;
void digest_keyed_add(struct digest_keyed *d, struct secret_view part);
void digest_keyed_end(struct digest_keyed *d, char out[DIGEST_KEYED_HEX]);
void digest_keyed_free(struct digest_keyed *d);
CLEANUP_DEFINE(digest_keyed)

/* n random bytes from the kernel (getrandom(2)); aborts if the kernel has none. */
void digest_random(unsigned char *out, size_t n);
