#pragma once
/* push_value.h: the bytes that one entry of a PushSecret writes to a store.
 *
 * Values are maps of key to struct secret_buf; maps made here borrow their values.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets: conversionStrategy ReverseUnicode; a PushSecret without secretKey. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

/* key with each "_U" + 4 or 5 hex digits + "_" as the code point that it names. Caller frees.
 * Errors: INVALID (the code point is zero). */
NODISCARD struct err *push_value_key(const char *key, char **out);

/* values under their keys, reversed if is_reversed. Errors: INVALID (two keys become one; as
 * push_value_key). */
NODISCARD struct err *push_value_convert(const struct map *values, bool is_reversed,
                                         struct map **out);

/* Copy of the value of key; all values as one JSON object, sorted by key, where key is NULL.
 * Errors: NOT_FOUND (there is no such key), INVALID (a value that is not UTF-8 cannot be part of
 * JSON; too large), INTERNAL (arena). */
NODISCARD struct err *push_value_of(const struct map *values, const char *key,
                                    struct secret_buf **out);
