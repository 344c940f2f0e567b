/* The buffer grows in place as long as it is the arena's last block, which it is for nearly all
 * prints; otherwise it moves, and the old bytes stay until the arena is erased. */
#include "template/text.h"

#include "base/unicode.h"

#define GROWTH_MIN 64u

ptrdiff_t text_find(struct text t, size_t from, struct text needle)
{
    if (from > t.n || needle.n > t.n - from)
        return -1;
    if (!needle.n)
        return (ptrdiff_t)from;
    const unsigned char *at = memmem(t.p + from, t.n - from, needle.p, needle.n);
    return at ? at - t.p : -1;
}

ptrdiff_t text_find_last(struct text t, struct text needle)
{
    if (needle.n > t.n)
        return -1;
    for (size_t at = t.n - needle.n + 1; at-- > 0;) {
        if (!needle.n || memcmp(t.p + at, needle.p, needle.n) == 0)
            return (ptrdiff_t)at;
    }
    return -1;
}

bool text_has_prefix(struct text t, struct text prefix)
{
    return prefix.n <= t.n && (!prefix.n || memcmp(t.p, prefix.p, prefix.n) == 0);
}

bool text_has_suffix(struct text t, struct text suffix)
{
    return suffix.n <= t.n && (!suffix.n || memcmp(t.p + t.n - suffix.n, suffix.p, suffix.n) == 0);
}

struct err *text_copy(struct secret_arena *a, struct text t, struct text *out)
{
    void *p;
    struct err *e = secret_arena_alloc(a, t.n, &p);

    if (e)
        return e;
    if (t.n)
        memcpy(p, t.p, t.n);
    *out = (struct text){p, t.n};
    return NULL;
}

struct err *text_c_string(struct secret_arena *a, struct text t, size_t max, char **out)
{
    void *p;

    if (t.n > max)
        return err_new(ERR_INVALID, "text of %zu bytes is longer than %zu", t.n, max);
    if (t.n && memchr(t.p, 0, t.n))
        return err_new(ERR_INVALID, "text holds a zero byte");
    struct err *e = secret_arena_alloc(a, t.n + 1, &p);
    if (e)
        return e;
    if (t.n)
        memcpy(p, t.p, t.n);
    *out = p;
    return NULL;
}

void text_buf_init(struct text_buf *b, struct secret_arena *arena, size_t max)
{
    *b = (struct text_buf){.arena = arena, .max = max};
}

static bool move(struct text_buf *b, size_t need)
{
    size_t capacity = 2 * b->capacity > need ? 2 * b->capacity : need;
    void *p;

    if (capacity < GROWTH_MIN)
        capacity = GROWTH_MIN;
    else if (capacity > b->max)
        capacity = b->max;
    b->failed = secret_arena_alloc(b->arena, capacity, &p);
    if (b->failed)
        return false;
    if (b->n)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->capacity = capacity;
    return true;
}

static bool make_room(struct text_buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more > b->max || b->n > b->max - more) {
        b->failed = err_new(ERR_INVALID, "limit reached: text longer than %zu bytes", b->max);
        return false;
    }
    if (b->capacity - b->n >= more)
        return true;
    size_t wanted = b->n + more - b->capacity;
    size_t growth = wanted > b->capacity ? wanted : b->capacity;
    if (secret_arena_extend(b->arena, b->p, b->capacity, growth)) {
        b->capacity += growth;
        return true;
    }
    return move(b, b->n + more);
}

static void grow_exactly(struct text_buf *b, size_t more)
{
    void *p;

    if (secret_arena_extend(b->arena, b->p, b->capacity, b->n + more - b->capacity)) {
        b->capacity = b->n + more;
        return;
    }
    b->failed = secret_arena_alloc(b->arena, b->n + more, &p);
    if (b->failed)
        return;
    if (b->n)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->capacity = b->n + more;
}

void text_buf_reserve(struct text_buf *b, size_t n)
{
    if (!b->failed && n <= b->max && b->n <= b->max - n && b->capacity - b->n < n)
        grow_exactly(b, n);
}

unsigned char *text_buf_room(struct text_buf *b, size_t n)
{
    if (!make_room(b, n))
        return NULL;
    b->n += n;
    return b->p + b->n - n;
}

void text_buf_bytes(struct text_buf *b, const void *bytes, size_t n)
{
    if (n && make_room(b, n)) {
        memcpy(b->p + b->n, bytes, n);
        b->n += n;
    }
}

void text_buf_add(struct text_buf *b, struct text t)
{
    text_buf_bytes(b, t.p, t.n);
}

void text_buf_puts(struct text_buf *b, const char *s)
{
    text_buf_bytes(b, s, strlen(s));
}

void text_buf_byte(struct text_buf *b, unsigned char c)
{
    text_buf_bytes(b, &c, 1);
}

void text_buf_rune(struct text_buf *b, uint32_t rune)
{
    unsigned char utf8[4];

    text_buf_bytes(b, utf8, unicode_encode(rune, utf8));
}

void text_buf_fill(struct text_buf *b, unsigned char c, size_t n)
{
    if (n && make_room(b, n)) {
        memset(b->p + b->n, c, n);
        b->n += n;
    }
}

void text_buf_int(struct text_buf *b, int64_t v)
{
    if (v < 0)
        text_buf_byte(b, '-');
    text_buf_uint(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void text_buf_uint(struct text_buf *b, uint64_t v)
{
    unsigned char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (unsigned char)('0' + v % 10);
        v /= 10;
    } while (v);
    text_buf_bytes(b, digits + at, sizeof(digits) - at);
}

struct err *text_buf_end(struct text_buf *b, struct text *out)
{
    if (b->failed)
        return TAKE(b->failed);
    *out = text_buf_view(b);
    return NULL;
}
