#pragma once
/* regex.h: regular expressions as Go's package regexp understands them, by RE2.
 *
 * What RE2 does not do as Go does is done here: "(?<name>" is read as "(?P<name>", Unicode classes
 * go by the names that Go knows, "\C" is refused, bytes that are no UTF-8 match as one U+FFFD each,
 * an empty match next to the one before is left out, and replacements are expanded as Go expands
 * them ("$1x" is the group "1x"). One difference is left: repetitions within each other that can
 * all match nothing may, about once in a hundred thousand patterns of nothing else, take another
 * way. Matching takes linear time; a program is bounded in size.
 *
 * Owns     a regex owns its program; matches are plain numbers.
 * Threads  a regex may be used by many threads at once.
 * Source   Go 1.26 regexp; RE2 syntax. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define REGEX_PATTERN_MAX (64u << 10)
#define REGEX_PROGRAM_MAX (8u << 20) /* bytes of a compiled program and its tables */
#define REGEX_GROUPS_MAX 1000
#define REGEX_CLASSES_MAX 1000 /* \p{...} in one pattern */

struct regex;

/* Compile. Errors: INVALID ("error parsing regexp: ..." in Go's words, less the part of the pattern
 * that Go quotes; or a limit), INTERNAL. */
NODISCARD struct err *regex_new(struct secret_view pattern, struct regex **out);

void regex_free(struct regex *r);
CLEANUP_DEFINE(regex)

/* Capturing groups, the whole match not counted; name of the i-th (from 1), "" when it has none. */
size_t regex_groups(const struct regex *r);
const char *regex_group_name(const struct regex *r, size_t i);

/* The most work, in instructions, that searching n bytes for a match and count spans can be; about
 * 4 ns each. Nearly all searches are a hundred times quicker. */
double regex_work(const struct regex *r, size_t n, size_t count);

/* A match: byte positions in the subject; begin is -1 for a group that took no part. */
struct regex_span {
    ptrdiff_t begin, end;
};

/* Does it match anywhere in subject? Errors: as secret_buf_new, where subject is not UTF-8. */
NODISCARD struct err *regex_matches(const struct regex *r, struct secret_view subject, bool *out);

/* Walk over all matches in Go's order; r and subject outlive the walk. A walk is set up once and
 * asked until it says false. Errors: as secret_buf_new, where subject is not UTF-8. */
struct regex_walk;
NODISCARD struct err *regex_walk_new(const struct regex *r, struct secret_view subject,
                                     struct regex_walk **out);
/* spans[0] is the match, spans[1..n) its groups; n from 1 to 1 + regex_groups(r). */
bool regex_walk_next(struct regex_walk *w, struct regex_span *spans, size_t n);
void regex_walk_free(struct regex_walk *w);
CLEANUP_DEFINE(regex_walk)

/* A replacement in pieces, as Go's Expand reads it ($1, ${name}, $$). */
struct regex_piece {
    bool is_group;
    bool by_name;
    size_t group; /* by number, or the first of that name; there need not be one */
    size_t at, n; /* else this part of the replacement */
};

/* The piece at *at, which is moved past it; false at the end. */
bool regex_piece_next(const struct regex *r, struct secret_view replacement, size_t *at,
                      struct regex_piece *out);

/* What a group stands for in a match, given its spans: of several groups of one name the first that
 * took part. False: nothing. */
bool regex_piece_span(const struct regex *r, const struct regex_piece *piece,
                      const struct regex_span *spans, size_t n, struct regex_span *out);

/* ReplaceAllString. Appends to out. Errors: as secret_buf_append, regex_walk_new. */
NODISCARD struct err *regex_replace(const struct regex *r, struct secret_view subject,
                                    struct secret_view replacement, struct secret_buf *out);

/* Regexp.Expand for one match, given its spans. Errors: as secret_buf_append. */
NODISCARD struct err *regex_expand(const struct regex *r, struct secret_view subject,
                                   struct secret_view replacement, const struct regex_span *spans,
                                   size_t n, struct secret_buf *out);
