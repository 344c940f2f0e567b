#pragma once
/* go_yaml_input.h: the characters of a YAML text, one after the other, with their places.
 *
 * The first failure sticks: from then on the text reads as ended, so that every loop over it ends
 * and callers need not look after each step.
 *
 * Owns     a failure, until the caller takes it out of failed.
 * Threads  one at a time.
 * Source   YAML 1.1 chapter 5; go-yaml v2 readerc.go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"
#include "template/text.h"

/* Counted in characters, from 0. */
struct go_yaml_mark {
    size_t index, line, column;
};

struct go_yaml_input {
    struct engine *g;
    struct text t;       /* UTF-8 */
    size_t at;           /* bytes */
    size_t end;          /* what stands from here on cannot be read */
    const char *problem; /* why not; NULL where there is nothing any more */
    struct go_yaml_mark mark;
    struct err *failed;
};

/* t is borrowed as long as texts cut out of it are in use. UTF-16 with a byte order mark is turned
 * into UTF-8. */
void go_yaml_input_init(struct go_yaml_input *in, struct engine *g, struct text t);

/* Stick e, which is taken, unless there was a failure before. */
void go_yaml_input_fail(struct go_yaml_input *in, struct err *e);

/* "yaml: line N: PROBLEM", with the line in which the text stands; without line in the first. */
void go_yaml_input_refuse(struct go_yaml_input *in, const char *problem);

/* Meet in->end: stick the problem, if there is one. Always 0. */
unsigned char go_yaml_input_meet_end(struct go_yaml_input *in);

/* The byte k bytes on; 0 at the end and after a failure. */
static inline unsigned char go_yaml_peek(struct go_yaml_input *in, size_t k)
{
    return in->at + k < in->end ? in->t.p[in->at + k] : go_yaml_input_meet_end(in);
}

/* Bytes of the line break k bytes on (CR, LF, NEL, LS, PS; CR LF counts as CR); 0: none there. */
size_t go_yaml_break_width(struct go_yaml_input *in, size_t k);

static inline bool go_yaml_is_blank(struct go_yaml_input *in, size_t k)
{
    unsigned char c = go_yaml_peek(in, k);

    return c == ' ' || c == '\t';
}

static inline bool go_yaml_is_break(struct go_yaml_input *in, size_t k)
{
    return go_yaml_break_width(in, k) > 0;
}

static inline bool go_yaml_is_breakz(struct go_yaml_input *in, size_t k)
{
    return go_yaml_peek(in, k) == 0 || go_yaml_is_break(in, k);
}

static inline bool go_yaml_is_blankz(struct go_yaml_input *in, size_t k)
{
    return go_yaml_is_blank(in, k) || go_yaml_is_breakz(in, k);
}

/* Letters, digits, '_' and '-' of ASCII: what names of anchors and handles are made of. */
bool go_yaml_is_word(unsigned char c);

/* Move over one character, which is no line break; over a line break, if there is one; over spaces
 * and tabs; over a comment, if one begins here, up to its line break. */
void go_yaml_skip(struct go_yaml_input *in);
void go_yaml_skip_break(struct go_yaml_input *in);
void go_yaml_skip_blanks(struct go_yaml_input *in);
void go_yaml_skip_comment(struct go_yaml_input *in);

/* "---" or "..." at the beginning of a line, with nothing right behind it? */
bool go_yaml_at_document_marker(struct go_yaml_input *in);
