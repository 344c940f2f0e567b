#pragma once
/* regex_re2.h: what base/regex.c takes from RE2, in C; nobody else includes it.
 *
 * Subjects must be UTF-8, spans are byte positions.
 *
 * Owns     a regex_re2 owns its program.
 * Threads  a compiled program may be searched by many threads at once.
 * Source   RE2, re2/re2.h. */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct regex_re2;

struct regex_re2_span {
    ptrdiff_t begin, end; /* -1 for a group that took no part */
};

enum regex_re2_fault {
    REGEX_RE2_SYNTAX,    /* *message says what is wrong with the pattern */
    REGEX_RE2_TOO_LARGE, /* the program needs more than max_bytes */
};

/* Compile pattern[0..n), which is UTF-8; NULL where that fails, and *fault and *message say why;
 * message is a constant. */
struct regex_re2 *regex_re2_new(const char *pattern, size_t n, size_t max_bytes,
                                enum regex_re2_fault *fault, const char **message);
void regex_re2_free(struct regex_re2 *r);

/* Instructions of the program. */
size_t regex_re2_size(const struct regex_re2 *r);

/* Capturing groups; the name of the i-th, from 1, or NULL. */
size_t regex_re2_groups(const struct regex_re2 *r);
const char *regex_re2_group_name(const struct regex_re2 *r, size_t i);

/* The leftmost match in subject[0..n) that begins at from or later; fills spans[0..count). */
bool regex_re2_search(const struct regex_re2 *r, const char *subject, size_t n, size_t from,
                      struct regex_re2_span *spans, size_t count);

#ifdef __cplusplus
}
#endif
