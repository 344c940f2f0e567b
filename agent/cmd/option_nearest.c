/* The usual two-row table; words longer than any name could be are not compared at all. */

#include "cmd/option_nearest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

size_t option_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t above[OPTION_DERIVED_SIZE + 1];
    size_t row[OPTION_DERIVED_SIZE + 1];
    assert(n_a <= OPTION_DERIVED_SIZE && n_b <= OPTION_DERIVED_SIZE);
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

static void style_name(enum option_style style, const char *name, char out[OPTION_DERIVED_SIZE])
{
    if (style == OPTION_STYLE_KEY)
        option_key_name(name, out);
    else
        snprintf(out, OPTION_DERIVED_SIZE, "%s", name);
}

const char *option_nearest(const struct option_set *set, enum option_style style, const char *word,
                           size_t n)
{
    const char *nearest = NULL;
    size_t limit = n / 3 + 1; /* more than that is another word */
    if (n > OPTION_DERIVED_SIZE)
        return NULL;
    for (size_t i = 0; i < set->n; i++) {
        char name[OPTION_DERIVED_SIZE];
        style_name(style, set->rows[i].name, name);
        size_t distance = option_distance(word, n, name, strlen(name));
        if (distance > limit)
            continue;
        nearest = set->rows[i].name;
        limit = distance - (distance > 0);
    }
    return nearest;
}
