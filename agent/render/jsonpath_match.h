#pragma once
/* jsonpath_match.h: does a value satisfy a query, does a name satisfy a pattern?
 *
 * Part of jsonpath.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   gjson 1.18, SYNTAX.md "Queries" and "Wildcards". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "render/jsonpath_node.h"
#include "render/jsonpath_path.h"

/* '*' stands for any characters, '?' for one, a backslash takes the next one as it is. */
bool jsonpath_match_pattern(struct secret_view text, struct secret_view pattern);

/* Does value, what q->path selected in an element, satisfy q? Errors: INTERNAL (arena). */
NODISCARD struct err *jsonpath_match_query(const struct path_query *q, const struct node *value,
                                           bool *is_match);
