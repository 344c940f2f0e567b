#pragma once
/* pbe.h: encryption and authentication under a password, as PKCS#12 files use it.
 *
 * Owns     nothing: results live in the arena.
 * Threads  one at a time.
 * Source   RFC 7292 appendix B, RFC 8018, RFC 9579; go-pkcs12 0.7. */

#include <stdbool.h>

#include "template/asn1.h"
#include "template/engine.h"
#include "template/text.h"

#define PBE_SALT_BYTES 16
#define PBE_IV_BYTES 16
#define PBE_ITERATIONS 2048
#define PBE_MAC_BYTES 32

/* A password in the two forms that are asked for. */
struct pbe_password {
    struct text utf16; /* big-endian, two zero bytes at the end; may also be wholly empty */
    struct text utf8;  /* what is no UTF-8 replaced */
};

/* t as UTF-16, without zero bytes at the end.
 * Errors: INVALID (a character beyond the basic plane; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *pbe_utf16(struct engine *g, struct text t, struct text *out);

/* Errors: the same. */
NODISCARD struct err *pbe_password_make(struct engine *g, struct text t, struct pbe_password *out);

/* Decrypt sealed by the algorithm: PBES2 with PBKDF2 and AES-CBC, or PKCS#12's own with 3DES or
 * RC2. Iterations are charged as steps. Errors: INVALID (unknown algorithm, malformed parameters,
 * wrong padding; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *pbe_decrypt(struct engine *g, const struct asn1_algorithm *algorithm,
                                  const struct pbe_password *password, struct text sealed,
                                  struct text *out);

/* What was encrypted, and with which random bytes. */
struct pbe_sealed {
    unsigned char salt[PBE_SALT_BYTES], iv[PBE_IV_BYTES];
    struct text body;
};

/* Encrypt with AES-256-CBC under PBKDF2 with SHA-256 and PBE_ITERATIONS. Errors: as pbe_decrypt. */
NODISCARD struct err *pbe_encrypt(struct engine *g, const struct pbe_password *password,
                                  struct text plain, struct pbe_sealed *out);

/* Append the identifier of that algorithm. */
void pbe_put_algorithm(struct text_buf *b, const struct pbe_sealed *sealed);

/* What a file says about its authentication. */
struct pbe_mac {
    struct asn1_algorithm algorithm; /* a digest, or PBMAC1 */
    struct text digest, salt;
    int64_t iterations;
};

/* Is mac that of message? Errors: as pbe_decrypt. */
NODISCARD struct err *pbe_mac_verify(struct engine *g, const struct pbe_mac *mac,
                                     const struct pbe_password *password, struct text message,
                                     bool *is_right);

/* The MAC with SHA-256 and PBE_ITERATIONS. Errors: as pbe_decrypt. */
NODISCARD struct err *pbe_mac_make(struct engine *g, struct text salt,
                                   const struct pbe_password *password, struct text message,
                                   unsigned char out[PBE_MAC_BYTES]);
