#pragma once
/* master_password.h: passwords made from one password and the name of a site.
 *
 * Owns     nothing: results live in the arena.
 * Threads  one at a time.
 * Source   Master Password algorithm, version 0 of sprig's derivePassword; RFC 7914 (scrypt). */

#include <stdint.h>

#include "template/engine.h"
#include "template/text.h"

#define MASTER_PASSWORD_KEY_BYTES 64

/* Names and numbers that go into a password; type is "long", "pin" and so on. */
struct master_password {
    uint32_t counter;
    struct text type, password, user, site;
};

/* The password, or a text that says that there is no such type. Charged as heavy.
 * Errors: INVALID (a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *master_password_derive(struct engine *g, const struct master_password *m,
                                             struct text *out);
