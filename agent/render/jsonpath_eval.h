#pragma once
/* jsonpath_eval.h: one evaluation of a path, and what it keeps in between.
 *
 * Part of jsonpath. jsonpath_eval follows the pipes of a path; jsonpath_search is one search
 * without a pipe; they call each other for what stands inside queries and behind "#.".
 *
 * Owns     an evaluation owns its scratch buffers; nodes found may point into them.
 * Threads  one. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "render/jsonpath.h"
#include "render/jsonpath_node.h"
#include "render/jsonpath_path.h"

#define JSONPATH_SCRATCH_MAX 300

struct jsonpath_eval {
    struct secret_buf *scratch[JSONPATH_SCRATCH_MAX];
    size_t n;
    size_t depth;
};

/* What a search found, and the path that a pipe sends it to. */
struct jsonpath_found {
    struct node value; /* NODE_MISSING if nothing */
    bool has_pipe;
    struct span pipe;
};

/* The value that path, with its pipes, selects in text.
 * Errors: INVALID (as jsonpath_get), INTERNAL (arena). */
NODISCARD struct err *jsonpath_eval(struct jsonpath_eval *ev, struct secret_view text,
                                    struct span path, struct node *out);

/* The same up to the first pipe outside queries. */
NODISCARD struct err *jsonpath_search(struct jsonpath_eval *ev, struct secret_view text,
                                      struct span path, struct jsonpath_found *out);

/* One more empty buffer, owned by ev. Errors: INVALID (too many), INTERNAL (arena). */
NODISCARD struct err *jsonpath_scratch_new(struct jsonpath_eval *ev, struct secret_buf **out);

/* Free the buffers from the mark-th on, except the one that holds keep. */
void jsonpath_scratch_release(struct jsonpath_eval *ev, size_t mark, struct secret_view keep);

/* One level deeper into path or document; every success is undone with depth--.
 * Errors: INVALID (deeper than JSONPATH_DEPTH_MAX). */
NODISCARD struct err *jsonpath_deeper(struct jsonpath_eval *ev);
