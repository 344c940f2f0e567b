/* A doubling byte array. Every append reserves first and either happens whole or not at all, which
 * is why str_buf_json, made of many appends, goes back to where it started when one fails. */

#include "base/str_buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/unicode.h"

#define FIRST_CAPACITY 64

void str_buf_init(struct str_buf *b, size_t max)
{
    assert(max < SIZE_MAX / 2);
    *b = (struct str_buf){.max = max, .capacity = FIRST_CAPACITY};
    b->s = xalloc(b->capacity);
    b->s[0] = '\0';
}

/* Room for extra bytes and the terminator. */
static bool reserve(struct str_buf *b, size_t extra)
{
    if (extra > b->max - b->n) {
        b->overflowed = true;
        return false;
    }
    size_t wanted = b->n + extra + 1;
    if (wanted > b->capacity) {
        b->capacity = wanted > 2 * b->capacity ? wanted : 2 * b->capacity;
        b->s = xrealloc(b->s, b->capacity, 1);
    }
    return true;
}

bool str_buf_append(struct str_buf *b, const char *bytes, size_t n)
{
    if (!reserve(b, n))
        return false;
    if (n)
        memcpy(b->s + b->n, bytes, n);
    b->n += n;
    b->s[b->n] = '\0';
    return true;
}

bool str_buf_puts(struct str_buf *b, const char *s)
{
    return str_buf_append(b, s, strlen(s));
}

bool str_buf_printf(struct str_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *text = xvasprintf(format, args);
    va_end(args);
    return str_buf_puts(b, text);
}

static bool append_json_ascii(struct str_buf *b, unsigned char c)
{
    static const char *const names[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
    };
    if (c < ARRAY_SIZE(names) && names[c])
        return str_buf_puts(b, names[c]);
    if (c < 0x20)
        return str_buf_printf(b, "\\u%04x", (unsigned)c);
    return str_buf_append(b, (const char[]){(char)c}, 1);
}

/* Append the character at s and say how many bytes it had; 0 when it did not fit. */
static size_t append_json_char(struct str_buf *b, const char *s, size_t n)
{
    uint32_t rune;
    size_t length = unicode_decode((const unsigned char *)s, n, &rune);
    bool fits;
    if (length > 1)
        fits = str_buf_append(b, s, length);
    else if (rune == UNICODE_REPLACEMENT)
        fits = str_buf_puts(b, "\xef\xbf\xbd");
    else
        fits = append_json_ascii(b, (unsigned char)s[0]);
    return fits ? length : 0;
}

bool str_buf_json(struct str_buf *b, const char *s, size_t n)
{
    size_t start = b->n;
    for (size_t at = 0; at < n;) {
        size_t used = append_json_char(b, s + at, n - at);
        if (!used) {
            b->n = start;
            b->s[start] = '\0';
            return false;
        }
        at += used;
    }
    return true;
}

void str_buf_consume(struct str_buf *b, size_t n)
{
    assert(n <= b->n);
    b->n -= n;
    memmove(b->s, b->s + n, b->n + 1);
}

void str_buf_clear(struct str_buf *b)
{
    b->n = 0;
    b->s[0] = '\0';
    b->overflowed = false;
}

char *str_buf_take(struct str_buf *b)
{
    char *text = b->s;
    str_buf_init(b, b->max);
    return text;
}

void str_buf_done(struct str_buf *b)
{
    free(b->s);
    b->s = NULL;
    b->n = b->capacity = 0;
}
