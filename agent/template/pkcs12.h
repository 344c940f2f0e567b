#pragma once
/* pkcs12.h: PKCS#12 files as go-pkcs12 reads and writes them.
 *
 * Owns     nothing: what is read points into the file and the arena.
 * Threads  one at a time.
 * Source   RFC 7292; go-pkcs12 0.7 DecodeChain and Modern2023. */

#include "template/cert_chain.h"
#include "template/engine.h"
#include "template/private_key.h"
#include "template/text.h"

struct pkcs12 {
    struct private_key key;
    struct cert_chain certs; /* in the order of the file */
};

/* Read a file, DER, that holds one key and at least one certificate. An empty password may also be
 * none at all.
 * Errors: INVALID (wrong password, malformed, unknown algorithm; a limit), UNAVAILABLE, INTERNAL.
 */
NODISCARD struct err *pkcs12_read(struct engine *g, struct text file, struct text password,
                                  struct pkcs12 *out);

/* Write contents; the first certificate is that of the key. Salts are random.
 * Errors: INVALID (password beyond the basic plane, DSA key; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *pkcs12_write(struct engine *g, const struct pkcs12 *contents,
                                   struct text password, struct text *out);

/* Write a trust store as Java reads it: certificates without a key, named by their subjects.
 * Errors: the same, and INVALID where a subject is beyond the basic plane. */
NODISCARD struct err *pkcs12_write_trust_store(struct engine *g, const struct cert_chain *certs,
                                               struct text password, struct text *out);
