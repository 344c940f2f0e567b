#pragma once
/* nearest.h: which known word somebody may have meant.
 *
 * Owns     nothing; words are borrowed.
 * Threads  any.
 * Source   Levenshtein distance. */

#include <stddef.h>

#define NEAREST_WORD_MAX 64 /* bytes; longer words are near to none */

/* A search: nearest_init with the word, nearest_offer for each that is known, then look at best. */
struct nearest {
    const char *word; /* n bytes */
    size_t n;
    const char *best; /* NULL: none is near enough to be a slip */
    size_t limit;     /* most changes that the next candidate may take */
};

void nearest_init(struct nearest *s, const char *word, size_t n);

/* If candidate is nearer than all before, best becomes means. */
void nearest_offer(struct nearest *s, const char *candidate, const char *means);

/* Changes of one byte (put in, leave out, replace) that make a[0..n_a) into b[0..n_b); both at most
 * NEAREST_WORD_MAX bytes. */
size_t nearest_distance(const char *a, size_t n_a, const char *b, size_t n_b);
