#pragma once
/* go_yaml_emit.h: YAML in block style, laid out as go-yaml v2 does.
 *
 * Owns     nothing; appends to the caller's buffer, where failures stick.
 * Threads  one at a time.
 * Source   go-yaml v2 emitterc.go: indentation of 2, lines of about 80 characters. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"
#include "template/text.h"

struct go_yaml_emitter {
    struct engine *g;
    struct text_buf *b;
    ptrdiff_t indent; /* -1 before the first collection */
    size_t column;    /* in characters */
    bool after_blank; /* nothing, or a blank, stands before the next thing on this line */
    bool is_indented; /* only indentation and indicators stand on this line */
};

/* Where a node stands. */
enum go_yaml_place {
    YAML_AT_ROOT,
    YAML_IN_SEQUENCE,
    YAML_IN_MAPPING, /* value, or key behind "?" */
    YAML_AS_KEY,     /* on one line, with ":" behind it */
};

void go_yaml_emitter_init(struct go_yaml_emitter *m, struct engine *g, struct text_buf *b);

/* The end of the document: ends the line. */
void go_yaml_emit_end(struct go_yaml_emitter *m);

/* One level deeper, for a collection with something in it that stands there; the indentation to put
 * back when it ends. */
ptrdiff_t go_yaml_emit_enter(struct go_yaml_emitter *m, bool is_sequence, enum go_yaml_place place);

/* What stands before an item of a sequence, a key behind "?", or a value behind such a key. */
void go_yaml_emit_item(struct go_yaml_emitter *m, char indicator);

/* What stands before a key on one line, and behind it. */
void go_yaml_emit_key(struct go_yaml_emitter *m);
void go_yaml_emit_colon(struct go_yaml_emitter *m);

/* A text that needs no quotes whatever it holds: a number, true, null, [], {}. */
void go_yaml_emit_word(struct go_yaml_emitter *m, struct text t);

/* A string, in the style that it needs. UTF-8. Errors: INVALID (a limit), UNAVAILABLE. */
NODISCARD struct err *go_yaml_emit_string(struct go_yaml_emitter *m, struct text t,
                                          enum go_yaml_place place);

/* Can t be a key on one line? */
bool go_yaml_is_simple_key(struct text t);
