#pragma once
/* secret_json_check.h: is this one well-formed JSON document? Used by secret_json_parse.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   RFC 8259. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* NULL if text is exactly one document. Bytes inside strings need not be UTF-8.
 * Errors: INVALID (byte position and what was expected; nested deeper than
 * SECRET_JSON_DEPTH_MAX). */
NODISCARD struct err *secret_json_check(struct secret_view text);
