#pragma once
/* str_buf.h: growable text with a mandatory maximum. Never for secrets (see secret_buf.h).
 *
 * Owns     its bytes. Always NUL-terminated.
 * Threads  one at a time. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct str_buf {
    char *s;         /* never NULL after init; s[n] == 0 */
    size_t n;        /* bytes without the terminator */
    size_t capacity; /* bytes allocated */
    size_t max;      /* n never exceeds it */
    bool overflowed; /* an append did not fit and was dropped whole */
};

/* Empty buffer that will hold at most max bytes. */
void str_buf_init(struct str_buf *b, size_t max);

/* Append; on overflow nothing is appended, the flag is set, and false is returned. */
bool str_buf_append(struct str_buf *b, const char *bytes, size_t n);
bool str_buf_puts(struct str_buf *b, const char *s);
bool str_buf_printf(struct str_buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append s as the inside of a JSON string (no quotes), invalid UTF-8 as U+FFFD. */
bool str_buf_json(struct str_buf *b, const char *s, size_t n);

/* Drop the first n bytes (n <= b->n). */
void str_buf_consume(struct str_buf *b, size_t n);

void str_buf_clear(struct str_buf *b);

/* Give the text away; b is empty and usable afterwards. Caller frees. */
char *str_buf_take(struct str_buf *b);

void str_buf_done(struct str_buf *b);
static inline void str_buf_done_cleanup(struct str_buf *b)
{
    str_buf_done(b);
}
/* CLEANUP_STR_BUF struct str_buf b; right before str_buf_init. */
#define CLEANUP_STR_BUF __attribute__((cleanup(str_buf_done_cleanup)))
