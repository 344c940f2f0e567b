#pragma once
/* object_merge.h: one object over another, both in JSON that may hold secrets.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   RFC 7396, but that null is a value like others. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* Both must be one JSON object. Members of over replace those of under, and maps are merged member
 * by member; what only under has comes last. Errors: INVALID, INTERNAL. */
NODISCARD struct err *object_merge(struct secret_view under, struct secret_view over,
                                   struct secret_buf **out);
