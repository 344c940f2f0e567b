#pragma once
/* private_key.h: private keys as Go's crypto/x509 parses and writes them.
 *
 * What is accepted and refused is Go's: an RSA key is checked as Go checks it. Numbers are
 * big-endian and without zeros in front. private_key_parse.c and private_key_write.c know the
 * encodings, funcs_private_key.c what keys can do.
 *
 * Owns     nothing: a key points into its DER and the arena.
 * Threads  one at a time.
 * Source   RFC 8017 appendix A, RFC 5958, RFC 5915, RFC 8410; Go 1.26 crypto/x509, crypto/rsa. */

#include <stdbool.h>
#include <stdint.h>

#include "template/engine.h"
#include "template/text.h"

#define PRIVATE_KEY_BITS_MAX 16384 /* of an RSA modulus */
#define PRIVATE_KEY_PRIMES_MAX 16  /* of an RSA key, besides the first two */

struct curve;

enum private_key_kind {
    PRIVATE_KEY_RSA,
    PRIVATE_KEY_EC,
    PRIVATE_KEY_ED25519,
    PRIVATE_KEY_X25519,
    PRIVATE_KEY_DSA,
};

struct rsa_prime {
    struct text prime, exponent, coefficient;
};

struct private_key {
    enum private_key_kind kind;
    /* RSA; without has_crt the last three are computed when the key is checked */
    struct text n, d, p, q, dp, dq, qinv;
    bool has_crt;
    int64_t e;
    struct rsa_prime *more; /* primes besides p and q */
    size_t n_more;
    /* EC, Ed25519, X25519 */
    const struct curve *curve; /* EC */
    struct text secret;
    struct text point; /* the public half */
    /* DSA: the private number is in d */
    struct text dsa_p, dsa_q, dsa_g, dsa_y;
};

/* Parse one encoding. Errors: INVALID (what is wrong, never an excerpt; a limit), UNAVAILABLE,
 * INTERNAL. */
NODISCARD struct err *private_key_parse_pkcs1(struct engine *g, struct text der,
                                              struct private_key *out);
NODISCARD struct err *private_key_parse_pkcs8(struct engine *g, struct text der,
                                              struct private_key *out);
NODISCARD struct err *private_key_parse_sec1(struct engine *g, struct text der,
                                             struct private_key *out);

/* Any of the three. */
NODISCARD struct err *private_key_parse_any(struct engine *g, struct text der,
                                            struct private_key *out);

/* The first block of a PEM text, whose type says which encoding it is; also DSA. */
NODISCARD struct err *private_key_parse_pem(struct engine *g, struct text pem,
                                            struct private_key *out);

/* Append its encoding; of an EC key with the curve or without. */
void private_key_write_pkcs1(struct text_buf *b, const struct private_key *k);
void private_key_write_sec1(struct text_buf *b, const struct private_key *k, bool with_curve);

/* PKCS#8. Errors: INVALID (a kind that has none: DSA). */
NODISCARD struct err *private_key_write_pkcs8(struct text_buf *b, const struct private_key *k);

/* The same as PEM, "PRIVATE KEY". */
NODISCARD struct err *private_key_pkcs8_pem(struct engine *g, const struct private_key *k,
                                            struct text *out);

/* The PEM text in which genPrivateKey gives it: PKCS#1, SEC 1, PKCS#8, or OpenSSL's of DSA. */
NODISCARD struct err *private_key_pem(struct engine *g, const struct private_key *k,
                                      struct text *out);

/* SubjectPublicKeyInfo of the kinds that certificates may hold; the bits of the key within it.
 * Errors: INVALID (another kind). */
NODISCARD struct err *private_key_public_bits(struct engine *g, const struct private_key *k,
                                              struct text *out);
void private_key_write_spki(struct text_buf *b, const struct private_key *k, struct text bits);

/* Check an RSA key as Go does, and fill in what it lacks. Errors: INVALID, UNAVAILABLE, INTERNAL.
 */
NODISCARD struct err *private_key_check_rsa(struct engine *g, struct private_key *k);

/* A new key: RSA of so many bits; DSA of 2048; on P-256; Ed25519. Charged as heavy.
 * Errors: INVALID (a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *private_key_new_rsa(struct engine *g, unsigned bits, struct private_key *out);
NODISCARD struct err *private_key_new_dsa(struct engine *g, struct private_key *out);
NODISCARD struct err *private_key_new_ec(struct engine *g, struct private_key *out);
NODISCARD struct err *private_key_new_ed25519(struct engine *g, struct private_key *out);

/* Sign message with SHA-2 of the size that Go takes for the kind: PKCS#1 v1.5, ECDSA, Ed25519.
 * Errors: INVALID (a kind that cannot, RSA below 1024 bits), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *private_key_sign(struct engine *g, const struct private_key *k,
                                       struct text message, struct text *out);

/* Open what was encrypted to an RSA key with OAEP, hash an OpenSSL name. Errors: INVALID (the text
 * is not for this key, RSA below 1024 bits), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *private_key_decrypt_oaep(struct engine *g, const struct private_key *k,
                                               const char *hash, struct text sealed,
                                               struct text *out);
