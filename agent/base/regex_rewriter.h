#pragma once
/* regex_rewriter.h: copies Go's pattern into RE2's words; for regex_syntax.c and regex_class.c.
 *
 * Owns     nothing: the pattern that is made is the caller's.
 * Threads  one at a time.
 * Source   Go 1.26 regexp/syntax. */

#include "base/regex_parts.h"

struct rewriter {
    const unsigned char *p;
    size_t n, at;
    struct regex_pattern *out;
    unsigned classes, others; /* of Unicode, so far; of them, with C */
    const char *fault;        /* what Go says */
    const char *limit;        /* what only we say */
    struct regex_empty empty; /* what was copied so far */
};

void rewriter_put(struct rewriter *w, const char *s, size_t n);
void rewriter_put_text(struct rewriter *w, const char *s);

/* Copy n bytes of the pattern as they are, or what is left of them. */
void rewriter_copy(struct rewriter *w, size_t n);

/* Copy a backslash and what it stands before, or one byte. */
void rewriter_copy_char(struct rewriter *w);

bool rewriter_is_next(const struct rewriter *w, const char *s);

/* A class of Unicode, \p{name}: is one next? Rewrite it, as members where it stands in brackets. */
bool rewriter_is_class(const struct rewriter *w);
void rewriter_class(struct rewriter *w, bool in_brackets);

/* A class in brackets. */
void rewriter_brackets(struct rewriter *w);
