#pragma once
/* pem_block.h: PEM blocks as Go's encoding/pem reads and writes them.
 *
 * Owns     nothing: blocks point into the input and the arena.
 * Threads  one at a time.
 * Source   RFC 1421; Go 1.26 encoding/pem. */

#include <stdbool.h>

#include "template/engine.h"
#include "template/text.h"

/* Headers of one block; a block with more is refused. */
#define PEM_HEADERS_MAX 256

struct pem_header {
    struct text key, value;
};

struct pem_block {
    struct text type;
    struct text bytes;          /* decoded */
    struct pem_header *headers; /* in order of their keys, each once */
    size_t n_headers;
};

/* The next block of *data, which moves behind it; what stands before it is skipped. *found is
 * false, and *data as it was, where there is none any more. Errors: INVALID (a limit), UNAVAILABLE.
 */
NODISCARD struct err *pem_block_next(struct engine *g, struct text *data, bool *found,
                                     struct pem_block *out);

/* The same, charged, where there must be one. Errors: the same; INVALID with missing as its text.
 */
NODISCARD struct err *pem_block_first(struct engine *g, struct text *data, const char *missing,
                                      struct pem_block *out);

/* Append block. Errors: INVALID (a limit). */
NODISCARD struct err *pem_block_encode(struct engine *g, struct text_buf *b,
                                       const struct pem_block *block);

/* The text of one block without headers. Errors: as pem_block_encode. */
NODISCARD struct err *pem_block_text(struct engine *g, const char *type, struct text bytes,
                                     struct text *out);

/* t from its first "-----BEGIN" on, or all of it where there is none. */
struct text pem_block_trim(struct text t);
