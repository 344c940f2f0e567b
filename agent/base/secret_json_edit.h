#pragma once
/* secret_json_edit.h: change one member of a JSON document that holds secrets, in its own text.
 *
 * Everything else stays byte for byte as it was, the order of members included.
 *
 * A path is names with dots between them: "db.user". A backslash takes away the meaning of the
 * character behind it ("a\.b" is one name), a colon in front makes digits a name (":1"). In a list
 * a number is an index, and "-1" the place behind the last element.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   the path syntax of tidwall/sjson, with which External Secrets writes properties. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define SECRET_JSON_PATH_MAX 32    /* names in a path */
#define SECRET_JSON_INDEX_MAX 1024 /* of a list */

/* What secret_json_remove has found. */
enum secret_json_removal {
    SECRET_JSON_ABSENT,    /* there is no such member; nothing to do */
    SECRET_JSON_REMOVED,   /* the rest is in *out */
    SECRET_JSON_NONE_LEFT, /* it was all there was */
};

/* Set the member at path to the string text. What is missing on the way is made, as lists where the
 * path has a number; what is neither object nor list gives way. An empty document becomes one.
 * Errors: INVALID (doc is not JSON; path is malformed, has wildcards, or names an element of a list
 * by something else than a number), INTERNAL. */
NODISCARD struct err *secret_json_set(struct secret_view doc, const char *path,
                                      struct secret_view text, struct secret_buf **out);

/* Remove the member at path, and the objects around it that held nothing else.
 *   out  the rest with SECRET_JSON_REMOVED, else NULL
 * Errors: INVALID (doc is not JSON; path as above; one of several elements of a list, whose removal
 * would give others their names), INTERNAL. */
NODISCARD struct err *secret_json_remove(struct secret_view doc, const char *path,
                                         enum secret_json_removal *removal,
                                         struct secret_buf **out);
