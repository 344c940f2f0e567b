#pragma once
/* jwk.h: keys of JSON Web Keys as PEM.
 *
 * Owns     nothing: results live in the arena.
 * Threads  one at a time.
 * Source   RFC 7517, RFC 7518 section 6, RFC 8037; lestrrat-go/jwx 2.1, Go 1.26 crypto/x509. */

#include "template/engine.h"
#include "template/text.h"

/* A public key as PKIX, "PUBLIC KEY": RSA, EC on P-256, P-384 or P-521, Ed25519.
 * Errors: INVALID (not a key of these, private, malformed; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *jwk_public_pem(struct engine *g, struct text json, struct text *out);

/* A private key of the same kinds as PKCS#8, "PRIVATE KEY". Errors: the same, and a key whose parts
 * do not fit each other. */
NODISCARD struct err *jwk_private_pem(struct engine *g, struct text json, struct text *out);
