/* Names are compared as they are written in the style that was used. */

#include "cmd/option_nearest.h"

#include <stdio.h>

#include "base/nearest.h"

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
    struct nearest s;
    nearest_init(&s, word, n);
    for (size_t i = 0; i < set->n; i++) {
        char name[OPTION_DERIVED_SIZE];
        style_name(style, set->rows[i].name, name);
        nearest_offer(&s, name, set->rows[i].name);
    }
    return s.best;
}
