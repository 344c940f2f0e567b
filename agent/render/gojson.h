#pragma once
/* gojson.h: JSON as Go's encoding/json writes a decoded document.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go encoding/json: compact, names sorted by bytes, the last of duplicates, '<', '>', '&'
 *          and line separators escaped, numbers digit by digit (json.Number). */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "base/secret_json.h"

/* Members of one object. */
#define GOJSON_MEMBERS_MAX 65536

/* Append v to out. Errors: INVALID (an object with more members than GOJSON_MEMBERS_MAX, result too
 * large), INTERNAL (arena). */
NODISCARD struct err *gojson_append(const struct secret_json *v, struct secret_buf *out);
