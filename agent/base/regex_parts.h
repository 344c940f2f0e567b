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

/* Reads along a pattern which of its groups can match nothing, assertions counted as such; all zero
 * at the start. Groups nested deeper than RE2 allows count as if they could not. */
#define REGEX_NESTING_MAX 1000
struct regex_empty {
    size_t depth;
    struct regex_branch {
        size_t begins;      /* where the group does */
        bool takes;         /* an item before the last one must match something */
        bool last_takes;    /* so must the last one */
        bool can_be_empty;  /* an earlier branch of the same group need not */
        bool last_is_group; /* which began at last_at, and ends here */
        size_t last_at;
    } groups[REGEX_NESTING_MAX + 1];
};

/* A character, a class or an assertion. */
void regex_empty_item(struct regex_empty *e, bool takes);

/* "(", which stands at at, "|" and ")". Behind its end a group is the last item. */
void regex_empty_open(struct regex_empty *e, size_t at);
void regex_empty_bar(struct regex_empty *e);
void regex_empty_close(struct regex_empty *e);

/* "(?i)": a repetition behind it is of the item before, but not where the group ends. */
void regex_empty_flags(struct regex_empty *e);

/* The last item is repeated; from 0 times on: it may be left out. True, and at is where it began,
 * where it is a group that can match nothing. */
bool regex_empty_repeat(struct regex_empty *e, bool may_be_none, size_t *at);
