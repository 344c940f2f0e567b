#pragma once
/* regex_parts.h: what the parts of base/regex.h share; for regex*.c alone.
 *
 * Owns     see each struct.
 * Threads  one at a time.
 * Source   Go 1.26 regexp/syntax. */

#include <stdint.h>

#include "base/regex.h"

/* A pattern in RE2's words; n bytes of p, erased and freed by regex_pattern_done. */
struct regex_pattern {
    char *p;
    size_t n, capacity;
};

void regex_pattern_done(struct regex_pattern *p);

/* Go's pattern in RE2's words. *fault is what Go says against it, or NULL.
 * Errors: INVALID (a limit). */
NODISCARD struct err *regex_rewrite(const unsigned char *pattern, size_t n,
                                    struct regex_pattern *out, const char **fault);

/* A subject in UTF-8: the one given, or a copy in which every byte that is none of it is a
 * U+FFFD. */
struct regex_subject {
    const unsigned char *p;
    size_t n;
    struct secret_buf *copy;
    uint32_t *replaced; /* where in the copy the bytes were; in order */
    size_t replaced_n;
};

/* Errors: as secret_buf_new. */
NODISCARD struct err *regex_subject_init(struct regex_subject *s, struct secret_view v);
void regex_subject_done(struct regex_subject *s);

/* Position in the subject given of a position in s. */
ptrdiff_t regex_subject_origin(const struct regex_subject *s, ptrdiff_t at);
