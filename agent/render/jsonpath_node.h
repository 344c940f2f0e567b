#pragma once
/* jsonpath_node.h: values found in JSON that nobody has checked.
 *
 * Part of jsonpath. People store JSON with a comma too many or a real line break inside a string,
 * and External Secrets reads it; so values are found here by their first byte, and whatever starts
 * no value is stepped over. A string without an end is no value.
 *
 * Owns     a node borrows its bytes.
 * Threads  any. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/reader.h"
#include "base/secret_buf.h"

enum node_kind {
    NODE_MISSING,
    NODE_NULL,
    NODE_FALSE,
    NODE_TRUE,
    NODE_NUMBER,
    NODE_STRING,
    NODE_JSON, /* object or array */
};

struct node {
    enum node_kind kind;
    struct secret_view raw; /* as written; a string with its quotes */
};

/* The first value in text; an object or array reaches to the end of text. */
struct node jsonpath_whole(struct secret_view text);

/* Next element of an array, r being inside it; false at the end. */
bool jsonpath_next_element(struct reader *r, struct node *value);

/* Next member of an object, r being inside it; false at the end. */
bool jsonpath_next_member(struct reader *r, struct node *name, struct node *value);

/* Reader inside the container n; *is_object tells which. False if n is none. */
bool jsonpath_inside(const struct node *n, struct reader *out, bool *is_object);

/* Value of a number; 0 for anything that is not written like one. */
double jsonpath_number(struct secret_view raw);

/* Copy of a string's content, or of v if n is no string. Errors: as secret_buf_new. */
NODISCARD struct err *jsonpath_text(const struct node *n, struct secret_buf **out);
