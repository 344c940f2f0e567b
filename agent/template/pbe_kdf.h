#pragma once
/* pbe_kdf.h: keys from passwords, for funcs_pbe*.c alone.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   RFC 7292 appendix B, RFC 8018 section 5.2. */

#include <stdbool.h>
#include <stdint.h>

#include "template/asn1.h"
#include "template/engine.h"
#include "template/text.h"

#define PBE_HASH_BYTES_MAX 64u

/* What a key of PKCS#12's own derivation is for. */
#define PBE_PURPOSE_KEY 1
#define PBE_PURPOSE_IV 2
#define PBE_PURPOSE_MAC 3

struct evp_md_st;
union pbe_state;

struct pbe_hash {
    const char *oid, *hmac_oid; /* of the digest, of HMAC with it */
    const struct evp_md_st *(*md)(void);
    size_t bytes, block;
    void (*begin)(union pbe_state *s);
    void (*add)(union pbe_state *s, const void *p, size_t n);
    void (*end)(union pbe_state *s, unsigned char *out);
};

extern const struct pbe_hash pbe_sha1, pbe_sha256, pbe_sha512;

/* The hash of the identifier of a digest, or of HMAC with it; NULL where there is none. */
const struct pbe_hash *pbe_hash_of(struct text oid);
const struct pbe_hash *pbe_hash_of_hmac(struct text oid);

/* Body of the parameters of an algorithm, which must be one sequence. */
bool pbe_read_params(struct text whole, struct text *body);

/* Errors that are told in one way. */
static inline struct err *pbe_malformed(const char *what)
{
    return err_new(ERR_INVALID, "pkcs12: malformed %s", what);
}
static inline struct err *pbe_unsupported(const char *what)
{
    return err_new(ERR_INVALID, "pkcs12: %s algorithm is not supported", what);
}
static inline struct err *pbe_broken(void)
{
    return err_new(ERR_INTERNAL, "a hash or cipher of OpenSSL failed");
}

struct pbe_salted {
    struct text password, salt;
    int64_t iterations; /* below 1 counts as 1 */
};

/* out[0..n) = key of PKCS#12. Errors: INVALID (a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *pbe_derive_pkcs12(struct engine *g, const struct pbe_hash *h, int purpose,
                                        const struct pbe_salted *from, unsigned char *out,
                                        size_t n);

struct pbe_pbkdf2 {
    struct text salt;
    int64_t iterations, key_bytes; /* key_bytes 0: not said */
    const struct pbe_hash *hash;
};

/* Read a key derivation, which must be PBKDF2. Errors: INVALID. */
NODISCARD struct err *pbe_read_pbkdf2(const struct asn1_algorithm *a, struct pbe_pbkdf2 *out);

/* out[0..n) = key of PBKDF2. Errors: INVALID (a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *pbe_derive_pbkdf2(struct engine *g, const struct pbe_pbkdf2 *from,
                                        struct text password, unsigned char *out, size_t n);
