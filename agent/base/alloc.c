/* Thin wrappers over malloc(3). The only failure left is a node without memory: one line on
 * standard error and abort, written without allocating. Zero-sized requests get one byte, so that
 * a result is never NULL and always may be freed. */

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void die_without_memory(void) __attribute__((noreturn));

static void die_without_memory(void)
{
    static const char line[] = "lockstep: out of memory\n";
    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
        abort();
    abort();
}

static size_t product_or_die(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        die_without_memory();
    return bytes ? bytes : 1;
}

void *xalloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        die_without_memory();
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(1, product_or_die(count, size));
    if (!p)
        die_without_memory();
    return p;
}

void *xrealloc(void *p, size_t count, size_t size)
{
    void *grown = realloc(p, product_or_die(count, size));
    if (!grown)
        die_without_memory();
    return grown;
}

char *xstrdup(const char *s)
{
    return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
    char *copy = xalloc(n + 1);
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return text;
}

char *xvasprintf(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        die_without_memory();
    return text;
}
