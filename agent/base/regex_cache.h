#pragma once
/* regex_cache.h: compiled patterns for those who use the same few again and again. Compiling costs
 * far more than a search.
 *
 * Owns     a regex_cache owns the regexes it keeps, until it is freed itself.
 * Threads  any. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/regex.h"
#include "base/secret_buf.h"

/* Patterns that one cache keeps; the first ones stay. */
#define REGEX_CACHE_MAX 8

struct regex_cache;

struct regex_cache *regex_cache_new(void) NODISCARD;
void regex_cache_free(struct regex_cache *c);
CLEANUP_DEFINE(regex_cache)

/* What pattern was compiled to; lives as long as c. NULL where it is not there. */
const struct regex *regex_cache_find(struct regex_cache *c, struct secret_view pattern);

/* Take r, which pattern was compiled to. False, and r stays the caller's, where the cache is full,
 * has the pattern, or r is too large to be kept. */
bool regex_cache_keep(struct regex_cache *c, struct secret_view pattern, struct regex *r);
