#pragma once
/* jwk_read.h: the members of a JSON Web Key, for jwk.c alone.
 *
 * Owns     nothing: members live in the arena.
 * Threads  one at a time.
 * Source   RFC 7517, RFC 7518 section 6, RFC 8037; lestrrat-go/jwx 2.1. */

#include <stdbool.h>

#include "template/engine.h"
#include "template/text.h"

enum jwk_kind { JWK_NONE, JWK_RSA, JWK_EC, JWK_OKP };

enum jwk_field {
    JWK_N,
    JWK_E,
    JWK_D,
    JWK_P,
    JWK_Q,
    JWK_DP,
    JWK_DQ,
    JWK_QI,
    JWK_X,
    JWK_Y,
    JWK_FIELDS
};

struct jwk {
    enum jwk_kind kind;
    bool is_private;
    bool has[JWK_FIELDS];
    struct text bytes[JWK_FIELDS]; /* decoded */
    bool has_curve;
    struct text curve;
};

/* Read the first JSON value of a text; all members that the kind must have are there.
 * Errors: INVALID (no JSON, not one of the kinds, a member that is missing or malformed; a limit),
 * UNAVAILABLE, INTERNAL. */
NODISCARD struct err *jwk_read(struct engine *g, struct text json, struct jwk *out);
