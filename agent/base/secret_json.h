#pragma once
/* secret_json.h: JSON read in place, on raw bytes that may hold secrets.
 *
 * No tree is built and no number is converted: 20-digit integers, 1.10, "\u0000" and invalid UTF-8
 * come out as they went in. Strings leave as secret_buf only.
 *
 * Owns     a struct secret_json is a cursor on borrowed bytes; plain data, copy it freely.
 * Threads  any, while the bytes stand still.
 * Source   RFC 8259; Go encoding/json for duplicate keys (the last one counts). */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

enum secret_json_kind {
    SECRET_JSON_NULL,
    SECRET_JSON_TRUE,
    SECRET_JSON_FALSE,
    SECRET_JSON_NUMBER,
    SECRET_JSON_STRING,
    SECRET_JSON_ARRAY,
    SECRET_JSON_OBJECT,
};

#define SECRET_JSON_DEPTH_MAX 128

struct secret_json {
    enum secret_json_kind kind;
    struct secret_view raw; /* exactly the value's own text, white space inside kept */
};

/* Check the whole document and set *out to its root. Strict, apart from bytes inside strings that
 * are not UTF-8: they are kept as they are. Errors: INVALID with a byte position and what was
 * expected, never an excerpt; nested deeper than SECRET_JSON_DEPTH_MAX. */
NODISCARD struct err *secret_json_parse(struct secret_view text, struct secret_json *out);

/* Member of an object by its decoded name (exact, case-sensitive); the last of duplicates.
 * False when obj is no object or has no such member. */
bool secret_json_member(const struct secret_json *obj, const char *name, struct secret_json *out);

/* Iterate over an object or array: *at starts at 0. For an object *name is the name's string
 * (kind STRING); for an array its kind is NULL. False at the end. */
bool secret_json_next(const struct secret_json *container, size_t *at, struct secret_json *name,
                      struct secret_json *value);

/* Number of elements of an array or members of an object; else 0. */
size_t secret_json_count(const struct secret_json *container);

/* Decoded content of a string. "\u0000" becomes a zero byte; a lone surrogate becomes U+FFFD. In
 * text that secret_json_parse has not seen, a broken escape stands for itself. Errors: INVALID (not
 * a string), INTERNAL (arena). */
NODISCARD struct err *secret_json_string(const struct secret_json *s, struct secret_buf **out);

/* Is s a string whose decoded content is exactly text? */
bool secret_json_is_text(const struct secret_json *s, struct secret_view text);

/* Decoded content of a string that is not secret (a name, an id), NUL-terminated; caller frees.
 * Errors: INVALID (not a string, longer than max bytes, or holding a zero byte). */
NODISCARD struct err *secret_json_text(const struct secret_json *s, size_t max, char **out);

/* Do a and b say the same, whatever the order of members, white space and the spelling of strings?
 * Numbers are the same when their text is. Errors: INVALID (a name with a zero byte, or longer than
 * 64 KiB), INTERNAL (arena). */
NODISCARD struct err *secret_json_equal(const struct secret_json *a, const struct secret_json *b,
                                        bool *out);

/* Append v as a JSON string with quotes to out; bytes that are not UTF-8 as U+FFFD.
 * Errors: as secret_buf_append. */
NODISCARD struct err *secret_json_quote(struct secret_view v, struct secret_buf *out);

/* The same as Go's encoder writes it: '<', '>', '&', U+2028, U+2029 and broken UTF-8 as \uXXXX. */
NODISCARD struct err *secret_json_quote_go(struct secret_view v, struct secret_buf *out);

/* The same as Go's encoder writes it with SetEscapeHTML(false): '<', '>' and '&' stand for
 * themselves. */
NODISCARD struct err *secret_json_quote_go_plain(struct secret_view v, struct secret_buf *out);
