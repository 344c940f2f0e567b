#pragma once
/* funcs_encode.h: what the files behind the table of encodings share.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   RFC 4648; Go 1.26 encoding/base32, base64 and hex. */

#include "base/attr.h"
#include "base/err.h"
#include "template/func.h"

/* Go's complaint about data that is no such encoding, with the place: it is the result, as in
 * sprig. Errors: as text_buf_end. */
NODISCARD struct err *funcs_encode_illegal(struct engine *g, const char *what, size_t at,
                                           struct datum *out);

/* funcs_encode_base32.c */
func_fn funcs_encode_b32enc;
func_fn funcs_encode_b32dec;
