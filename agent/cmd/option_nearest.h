#pragma once
/* option_nearest.h: which option somebody may have meant.
 *
 * Owns     nothing; the result is a row's name.
 * Threads  any. */

#include <stddef.h>

#include "cmd/option.h"

enum option_style {
    OPTION_STYLE_FLAG, /* kubelet-root */
    OPTION_STYLE_KEY,  /* kubeletRoot */
};

/* Name (as in the table) of the row whose name in that style is nearest to word[0..n); NULL when
 * none is near enough to be a slip. */
const char *option_nearest(const struct option_set *set, enum option_style style, const char *word,
                           size_t n);
