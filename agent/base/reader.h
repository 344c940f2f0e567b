#pragma once
/* reader.h: a place in borrowed bytes, for parsers that never look beyond the end.
 *
 * Owns     nothing; plain data, copy it to look ahead.
 * Threads  any. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret_buf.h"

struct reader {
    const unsigned char *s; /* n bytes; may be NULL when n == 0 */
    size_t n;
    size_t at; /* at <= n */
};

static inline struct reader reader_of(struct secret_view v)
{
    return (struct reader){secret_view_raw(v), v.n, 0};
}

/* The byte at r; -1 at the end. */
static inline int reader_peek(const struct reader *r)
{
    return r->at < r->n ? r->s[r->at] : -1;
}

static inline size_t reader_left(const struct reader *r)
{
    return r->n - r->at;
}

/* Step over the byte c; false, and no step, if another one stands there. */
static inline bool reader_take(struct reader *r, int c)
{
    if (reader_peek(r) != c)
        return false;
    r->at++;
    return true;
}

/* Step over JSON's white space. */
static inline void reader_skip_space(struct reader *r)
{
    while (reader_peek(r) == ' ' || reader_peek(r) == '\t' || reader_peek(r) == '\n' ||
           reader_peek(r) == '\r')
        r->at++;
}

/* Step over four hex digits; false, and no step, if they are not there. */
static inline bool reader_take_hex4(struct reader *r, uint32_t *unit)
{
    static const char values[] = "0123456789abcdefABCDEF";
    uint32_t all = 0;

    for (size_t i = 0; i < 4; i++) {
        int c = i < reader_left(r) ? r->s[r->at + i] : 0;
        int v = 0;

        while (values[v] && values[v] != c)
            v++;
        if (!values[v])
            return false;
        all = all << 4 | (uint32_t)(v < 16 ? v : v - 6);
    }
    r->at += 4;
    *unit = all;
    return true;
}
