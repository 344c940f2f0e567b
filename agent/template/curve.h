#pragma once
/* curve.h: the elliptic curves that Go knows, and arithmetic on them.
 *
 * Owns     constant tables.
 * Threads  any.
 * Source   FIPS 186-5; RFC 5480 section 2.1.1; RFC 8032, RFC 7748. */

#include <stdbool.h>

#include "template/text.h"

#define CURVE_BYTES_MAX 66                        /* of a number on P-521 */
#define CURVE_POINT_MAX (1 + 2 * CURVE_BYTES_MAX) /* an uncompressed point */
#define CURVE_25519_BYTES 32
#define CURVE_25519_STEPS 256u /* that one public half is charged as */

struct curve {
    const char *name;   /* "P-256", as in JWK */
    struct text oid;    /* body of its identifier */
    unsigned bits;      /* of its field, and of its order */
    size_t bytes;       /* of a coordinate, and of a secret */
    int nid;            /* OpenSSL's number */
    unsigned hash_bits; /* of the SHA-2 that signs with it */
};

/* Curve of an identifier or a name; NULL where there is none. */
const struct curve *curve_of_oid(struct text oid);
const struct curve *curve_of_name(struct text name);

/* Is point an uncompressed point of it? */
bool curve_has_point(const struct curve *c, struct text point);

/* Is secret, c->bytes long, from 1 to its order less 1? */
bool curve_has_secret(const struct curve *c, struct text secret);

/* The point of a secret that it has, 1 + 2 * c->bytes. Errors: as secret_arena_alloc; UNAVAILABLE,
 * INTERNAL. */
NODISCARD struct err *curve_point_of(struct secret_arena *a, const struct curve *c,
                                     struct text secret, struct text *out);

/* The public half of 32 secret bytes of Ed25519 or X25519. Errors: the same. */
NODISCARD struct err *curve_ed25519_public(struct secret_arena *a, struct text secret,
                                           struct text *out);
NODISCARD struct err *curve_x25519_public(struct secret_arena *a, struct text secret,
                                          struct text *out);
