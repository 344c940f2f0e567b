#pragma once
/* members.h: names and values of one source, on their way to become keys of a Secret.
 *
 * Names are whatever a store or a rewrite gives: any bytes, zero bytes too, until decode_key_check
 * has seen them.
 *
 * Owns     its names and values.
 * Threads  one at a time. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

struct member {
    struct secret_buf *name, *value;
};

struct members {
    struct member *items; /* sorted by the bytes of their names; n of them */
    size_t n, capacity;
};

struct members *members_new(void) NODISCARD;
void members_free(struct members *m);
CLEANUP_DEFINE(members)

/* Set name to value (both taken); an earlier value of name is replaced. */
void members_set(struct members *m, struct secret_buf *name, struct secret_buf *value);

/* NULL when absent. */
const struct member *members_find(const struct members *m, struct secret_view name);

/* Bytes of all names and values. */
size_t members_bytes(const struct members *m);

/* A name for messages: zero bytes as '?', cut to what a key may have. Caller frees. */
char *members_label(struct secret_view name) NODISCARD;

/* A name, or a value that is to be public, as C text. Errors: INVALID (it holds a zero byte). */
NODISCARD struct err *members_text(struct secret_view bytes, char **out);
