#pragma once
/* base64.h: base64 of the engine's texts, as Go's encoding/base64 reads and writes it.
 *
 * Owns     nothing: results live in the arena.
 * Threads  one at a time.
 * Source   RFC 4648; Go 1.26 encoding/base64. */

#include <stdbool.h>

#include "template/text.h"

enum base64_flag {
    BASE64_URL = 1, /* "-_" in place of "+/" */
    BASE64_RAW = 2, /* no padding */
};

/* Decode the whole of t. CR and LF are skipped wherever they stand; *is_valid is false, and *out
 * empty, where anything else is out of place. Unused low bits do not matter.
 * Errors: as secret_arena_alloc. */
NODISCARD struct err *base64_decode(struct secret_arena *a, struct text t, unsigned flags,
                                    bool *is_valid, struct text *out);

/* Append t, padded, in the standard alphabet. */
void base64_encode(struct text_buf *b, struct text t);

/* The same with a newline after each width characters and at the end; width a multiple of 4.
 * Nothing for an empty t. */
void base64_encode_lines(struct text_buf *b, struct text t, size_t width);
