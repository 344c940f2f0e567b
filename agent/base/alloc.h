#pragma once
/* alloc.h: ordinary memory that never runs out without saying so.
 *
 * Every size that comes from outside is checked against a named _MAX before it arrives here, so a
 * failure means that the node itself is out of memory: the process aborts, and a restart is safe.
 *
 * Owns     nothing. Free with free(3).
 * Threads  any. */

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/attr.h"

/* n bytes, uninitialised; n may be 0. Never NULL. */
void *xalloc(size_t n) __attribute__((malloc, returns_nonnull));

/* count * size zero bytes. Aborts on overflow. Never NULL. */
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* As realloc(3); p may be NULL. Aborts on overflow of count * size. Never NULL. */
void *xrealloc(void *p, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copy of the NUL-terminated s (NULL gives NULL). Never use it for secrets. */
char *xstrdup(const char *s);

/* Copy of the first n bytes of s, NUL-terminated. */
char *xstrndup(const char *s, size_t n) __attribute__((returns_nonnull));

/* Formatted copy; caller frees. */
char *xasprintf(const char *format, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));
char *xvasprintf(const char *format, va_list args) PRINTF_LIKE(1, 0)
    __attribute__((returns_nonnull));

/* CLEANUP_STR char *s = NULL; frees s at the end of its scope. */
#define CLEANUP_STR __attribute__((cleanup(str_cleanup)))
static inline void str_cleanup(char **s)
{
    free(*s);
}
