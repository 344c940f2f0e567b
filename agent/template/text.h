#pragma once
/* text.h: a run of bytes inside the engine, and a buffer to make one.
 *
 * Every text may be a secret: the bytes are unsigned char, are not terminated, and live in the
 * arena of a render, in the parsed template, or in the caller's values. They may hold zero bytes
 * and broken UTF-8.
 *
 * Owns     nothing: texts are borrowed from an arena.
 * Threads  one at a time.
 * Source   Go strings. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_arena.h"

/* Longest text that a render can make. */
#define TEXT_MAX (4u << 20)

struct text {
    const unsigned char *p; /* never NULL when n > 0 */
    size_t n;
};

/* The text of a C string literal; and of any C string that is no secret. */
#define TEXT(literal) ((struct text){(const unsigned char *)(literal), sizeof(literal) - 1})
static inline struct text text_of(const char *s)
{
    return (struct text){(const unsigned char *)s, strlen(s)};
}

static inline struct text text_part(struct text t, size_t at, size_t n)
{
    return (struct text){n ? t.p + at : t.p, n};
}

static inline bool text_is(struct text t, const char *s)
{
    return t.n == strlen(s) && (t.n == 0 || memcmp(t.p, s, t.n) == 0);
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Order of bytes, as Go compares strings: negative, 0 or positive. */
static inline int text_compare(struct text a, struct text b)
{
    size_t n = a.n < b.n ? a.n : b.n;

    assert(n == 0 || (a.p && b.p));
    if (n && a.p[0] != b.p[0])
        return a.p[0] - b.p[0];
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Position of the first (last) needle in t at or after from; -1 when there is none. An empty needle
 * is found at once. */
ptrdiff_t text_find(struct text t, size_t from, struct text needle);
ptrdiff_t text_find_last(struct text t, struct text needle);
bool text_has_prefix(struct text t, struct text prefix);
bool text_has_suffix(struct text t, struct text suffix);

/* Copy into the arena. Errors as secret_arena_alloc. */
NODISCARD struct err *text_copy(struct secret_arena *a, struct text t, struct text *out);

/* A NUL-terminated copy, for C libraries; INVALID where t holds a zero byte or is longer than max,
 * besides the errors of secret_arena_alloc. */
NODISCARD struct err *text_c_string(struct secret_arena *a, struct text t, size_t max, char **out);

/* A growing text. Appending never fails visibly: the first failure sticks and comes out at the end,
 * so that code that prints reads as one sequence. */
struct text_buf {
    struct secret_arena *arena;
    unsigned char *p;
    size_t n, capacity;
    size_t max;         /* n never exceeds it */
    struct err *failed; /* owned until text_buf_end */
};

/* Empty buffer of at most max bytes (TEXT_MAX unless the caller knows better). */
void text_buf_init(struct text_buf *b, struct secret_arena *arena, size_t max);

void text_buf_add(struct text_buf *b, struct text t);
void text_buf_bytes(struct text_buf *b, const void *bytes, size_t n);
void text_buf_puts(struct text_buf *b, const char *s);
void text_buf_byte(struct text_buf *b, unsigned char c);
void text_buf_rune(struct text_buf *b, uint32_t rune); /* as UTF-8 */
void text_buf_fill(struct text_buf *b, unsigned char c, size_t n);
void text_buf_int(struct text_buf *b, int64_t v);
void text_buf_uint(struct text_buf *b, uint64_t v);

/* Make room for n more bytes, so that a buffer whose end is known does not grow step by step. */
void text_buf_reserve(struct text_buf *b, size_t n);

/* n bytes of room at the end, counted in, for the caller to write; NULL after a failure. */
unsigned char *text_buf_room(struct text_buf *b, size_t n);

/* What has been added so far; also after a failure. */
static inline struct text text_buf_view(const struct text_buf *b)
{
    return (struct text){b->p, b->n};
}

static inline bool text_buf_ok(const struct text_buf *b)
{
    return !b->failed;
}

/* The finished text, or the first failure: INVALID (longer than max, or the arena's limit),
 * UNAVAILABLE. Exactly one call ends a buffer's life. */
NODISCARD struct err *text_buf_end(struct text_buf *b, struct text *out);
