#pragma once
/* decode.h: what happens to a value between the store and the finished key.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets: decodingStrategy, key validation, and how dataFrom reads a JSON
 * object. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "base/secret_json.h"
#include "spec/spec.h"

/* Longest key of a Secret, in bytes. */
#define DECODE_KEY_MAX 253

/* Copy of in, decoded: Base64 and Base64URL as they say, Auto as whichever of the two fits first,
 * else as it is.
 *   key_name  the Secret's key, for the error
 * Errors: INVALID (no base64; names the key), INTERNAL (arena). */
NODISCARD struct err *decode_value(enum spec_decoding strategy, const char *key_name,
                                   struct secret_view in, struct secret_buf **out);

/* May key be a key of the Secret? 1 to DECODE_KEY_MAX bytes of letters and numbers (Unicode), '-',
 * '.' and '_'. An empty key, which External Secrets drops in silence, must be dropped by the
 * caller. Errors: INVALID (names the key). */
NODISCARD struct err *decode_key_check(const char *key);

/* A member of a JSON object as a value: strings decoded, null empty, everything else as it is
 * written. Errors: as secret_buf_new. */
NODISCARD struct err *decode_json_scalar(const struct secret_json *v, struct secret_buf **out);
