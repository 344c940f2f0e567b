#pragma once
/* parse.h: from the text of a template to its trees.
 *
 * Owns     the arena given.
 * Threads  one at a time.
 * Source   Go 1.26 text/template/parse. */

#include "base/attr.h"
#include "base/err.h"
#include "template/node.h"
#include "template/template.h"

/* The trees of one text: the main one and what it defines. */
struct forest {
    struct text name;   /* of the main template */
    struct text source; /* copy of the text */
    struct tree *trees; /* n of them, in no order */
    size_t n;
    unsigned flags; /* enum func_flag of all functions that are named anywhere */
};

/* Everything is allocated in arena. Errors: INVALID ("template: NAME:LINE: ..." or a limit),
 * UNAVAILABLE. Function names and variables are checked here, as Go does; "else if" and "else with"
 * are nested nodes, as in Go. */
NODISCARD struct err *parse_forest(struct secret_arena *arena, struct text name, struct text source,
                                   const struct template_options *options, struct forest *out);

/* The tree of that name, or NULL. Where the text is empty or only defines, the main tree may be
 * missing: it renders to nothing. */
const struct tree *forest_find(const struct forest *f, struct text name);

/* strconv.Unquote of a double-quoted or raw string constant, quotes included; false where Go
 * refuses. Errors as text_copy. */
NODISCARD struct err *parse_unquote(struct secret_arena *arena, struct text t, bool *is_valid,
                                    struct text *out);

/* Print a node as Go's Node.String does, for messages: string constants only as "...", since they
 * may be what the user hides. */
void node_print(struct text_buf *b, const struct node *n);
