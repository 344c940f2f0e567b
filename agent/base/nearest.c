/* The usual two-row table; words longer than any name could be are not compared at all. A third of
 * a word's letters may be wrong: more than that is another word. */

#include "base/nearest.h"

#include <assert.h>
#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

size_t nearest_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t above[NEAREST_WORD_MAX + 1];
    size_t row[NEAREST_WORD_MAX + 1];
    assert(n_a <= NEAREST_WORD_MAX && n_b <= NEAREST_WORD_MAX);
    for (size_t j = 0; j <= n_b; j++)
        above[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++)
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
        memcpy(above, row, (n_b + 1) * sizeof(row[0]));
    }
    return above[n_b];
}

void nearest_init(struct nearest *s, const char *word, size_t n)
{
    *s = (struct nearest){.word = word, .n = n, .limit = n / 3 + 1};
}

void nearest_offer(struct nearest *s, const char *candidate, const char *means)
{
    size_t n = strlen(candidate);
    if (s->n > NEAREST_WORD_MAX || n > NEAREST_WORD_MAX)
        return;
    size_t distance = nearest_distance(s->word, s->n, candidate, n);
    if (distance > s->limit || (s->best && distance == s->limit))
        return;
    s->best = means;
    s->limit = distance;
}
