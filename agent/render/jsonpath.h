#pragma once
/* jsonpath.h: remoteRef.property, a path in gjson's syntax, on raw JSON bytes.
 *
 * Keys, escapes, wildcards, array indexes, "#", "#.path", "#(query)", "#(query)#", "|", "..", and
 * the modifiers @this @reverse @keys @values @flatten @valid @ugly @tostr @fromstr. The rest of
 * gjson (other modifiers, multipaths, literals) is refused by name. The document need not be well
 * formed: what can be found is found.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   gjson 1.18, SYNTAX.md; External Secrets' providers for the order of interpretation. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "spec/value_set.h"

#define JSONPATH_PATH_MAX 4096

/* Steps of one path that may lie inside each other. */
#define JSONPATH_DEPTH_MAX 100

/* The value at path as text: strings decoded, integers digit by digit, other numbers in their
 * shortest form without exponent, null as empty text, objects and arrays as they are written.
 *   out   NULL when the path selects nothing
 * Errors: INVALID (path too long or too deep, query not closed, unsupported modifier, multipath or
 * literal), INTERNAL (arena). Texts never quote the document. */
NODISCARD struct err *jsonpath_get(struct secret_view json, const char *path,
                                   struct secret_buf **out);

/* The same for a property of a store whose provider has its own order: see enum property_order.
 * PROPERTY_KEY_FIRST reads json as a decoded map that Go encodes again: objects come out compact,
 * with sorted names, and json must be well formed (else INVALID). */
NODISCARD struct err *jsonpath_property(struct secret_view json, const char *property,
                                        enum property_order order, struct secret_buf **out);
