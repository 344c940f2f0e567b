#pragma once
/* codec.h: base64 and hex, on secrets and on plain text.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   RFC 4648 sections 4, 5 and 8. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

enum codec_alphabet {
    CODEC_BASE64,    /* "+/", padded */
    CODEC_BASE64URL, /* "-_", padded */
};

/* Decode the whole of in as Go's decoder does: padding is required, CR and LF are skipped wherever
 * they stand, other blanks are errors, unused low bits of the last symbol do not matter.
 * Errors: INVALID (position, never the text), INTERNAL (arena). */
NODISCARD struct err *codec_base64_decode(enum codec_alphabet alphabet, struct secret_view in,
                                          struct secret_buf **out);

/* Append in, encoded, to out. Errors: as secret_buf_append. */
NODISCARD struct err *codec_base64_encode(enum codec_alphabet alphabet, struct secret_view in,
                                          struct secret_buf *out);

/* Lower-case hex of n bytes into out[2 * n + 1]. Never for secrets. */
void codec_hex(const unsigned char *bytes, size_t n, char *out);

/* Well-formed UTF-8 (no surrogates, no overlong forms)? */
bool codec_is_utf8(const char *s, size_t n);
