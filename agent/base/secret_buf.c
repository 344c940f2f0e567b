/* The buffer's head is ordinary memory; its bytes come from one process-wide secret_heap behind one
 * lock. Growth always moves: the old block is erased by the heap when it is given back. In
 * sanitizer builds each secret is a heap block of its own, because a sanitizer sees an overrun only
 * at the edge of a malloc block; the limit and the failing hook work the same there. */
#include "base/secret_buf.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/alloc.h"
#include "base/secret_heap.h"
#include "base/thread.h"

#define ARENA_DEFAULT_MAX (64u << 20)
#define GROWTH_MIN 64u

/* What all blocks together may hold, in parts of the whole: the rest is for buffers, so that no
 * template takes the memory from values that arrive. Holders of little may go further, so that
 * large ones do not stop them. */
#define BLOCKS_MAX(all) ((all) / 4 * 3)
#define SMALL_BLOCKS_MAX(all) ((all) / 8 * 7)
#define HOLDS_LITTLE(held, all) ((held) <= (all) / 64)

struct secret_buf {
    struct secret_byte *p; /* NULL when capacity is 0 */
    size_t n, capacity;
};

/* The arena; mu guards all of it. block_bytes are those of secret_block_new. fail_in counts down to
 * the allocation that fails, 0 is off. */
static struct mutex mu = {.m = PTHREAD_MUTEX_INITIALIZER};
static struct secret_heap heap = {.max_bytes = ARENA_DEFAULT_MAX};
static size_t block_bytes;
static size_t fail_in;

static bool must_fail_locked(void) REQUIRES(&mu);
static bool must_fail_locked(void)
{
    return fail_in > 0 && --fail_in == 0;
}

static void *take_locked(size_t n, size_t *usable) REQUIRES(&mu);
static void *take_locked(size_t n, size_t *usable)
{
    if (must_fail_locked())
        return NULL;
    if (!SECRET_IS_BLOCKED)
        return secret_heap_alloc(&heap, n, usable);
    if (n > heap.max_bytes || heap.used_bytes > heap.max_bytes - n)
        return NULL;
    *usable = n;
    heap.used_bytes += n;
    heap.mapped_bytes += n;
    return xcalloc(1, n);
}

/* Of capacity bytes the first used ones were written. */
static void give_back_locked(void *p, size_t capacity, size_t used) REQUIRES(&mu);
static void give_back_locked(void *p, size_t capacity, size_t used)
{
    if (!SECRET_IS_BLOCKED) {
        secret_heap_free_used(&heap, p, used);
        return;
    }
    secret_erase(p, capacity);
    heap.used_bytes -= capacity;
    heap.mapped_bytes -= capacity;
    free(p);
}

static void give_back(void *p, size_t capacity)
{
    if (!p)
        return;
    mutex_lock(&mu);
    give_back_locked(p, capacity, capacity);
    mutex_unlock(&mu);
}

static struct err *too_large(size_t n)
{
    return err_new(ERR_INVALID, "secret of %zu bytes is larger than %u", n, SECRET_BUF_MAX);
}

static struct err *arena_take(size_t n, struct secret_byte **out, size_t *capacity)
{
    size_t max;
    void *p;

    if (n > SECRET_BUF_MAX)
        return too_large(n);
    mutex_lock(&mu);
    p = take_locked(n, capacity);
    max = heap.max_bytes;
    mutex_unlock(&mu);
    if (!p)
        return err_new(ERR_INTERNAL, "secret memory exhausted: no room for %zu bytes in %zu", n,
                       max);
    *out = p;
    return NULL;
}

void secret_arena_limit(size_t max_bytes)
{
    mutex_lock(&mu);
    heap.max_bytes = max_bytes;
    mutex_unlock(&mu);
}

struct secret_arena_state secret_arena_state(void)
{
    struct secret_arena_state s;

    mutex_lock(&mu);
    s.mapped_bytes = heap.mapped_bytes;
    s.used_bytes = heap.used_bytes;
    s.is_locked = !SECRET_IS_BLOCKED && !heap.is_unlocked;
    s.is_blocked = SECRET_IS_BLOCKED;
    mutex_unlock(&mu);
    return s;
}

void secret_arena_fail_after(size_t n)
{
    mutex_lock(&mu);
    fail_in = n;
    mutex_unlock(&mu);
}

static void *take_block_locked(size_t n, size_t held, size_t *usable) REQUIRES(&mu);
static void *take_block_locked(size_t n, size_t held, size_t *usable)
{
    bool is_small = HOLDS_LITTLE(held + n, heap.max_bytes);
    size_t max = is_small ? SMALL_BLOCKS_MAX(heap.max_bytes) : BLOCKS_MAX(heap.max_bytes);
    void *p = n <= max && block_bytes <= max - n ? take_locked(n, usable) : NULL;

    block_bytes += p ? *usable : 0;
    return p;
}

struct err *secret_block_new(size_t n, size_t held, void **out, size_t *usable)
{
    size_t max;
    void *p;

    if (n > SECRET_BUF_MAX)
        return too_large(n);
    mutex_lock(&mu);
    p = take_block_locked(n, held, usable);
    max = BLOCKS_MAX(heap.max_bytes);
    mutex_unlock(&mu);
    if (!p && held + n > max)
        return err_new(ERR_INVALID, "limit reached: more than %zu bytes of secret memory", max);
    if (!p)
        return err_new(ERR_UNAVAILABLE,
                       "memory for templates is in use by others, who left no room for %zu bytes: "
                       "it is tried again",
                       n);
    *out = p;
    return NULL;
}

void secret_block_free(void *p, size_t usable, size_t used)
{
    mutex_lock(&mu);
    give_back_locked(p, usable, used);
    block_bytes -= usable;
    mutex_unlock(&mu);
}

struct err *secret_buf_new(size_t capacity, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = xalloc(sizeof(*b));
    *b = (struct secret_buf){0};
    struct err *e = capacity ? arena_take(capacity, &b->p, &b->capacity) : NULL;

    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

struct err *secret_buf_copy(struct secret_view v, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e = secret_buf_new(v.n, &b);

    if (!e)
        e = secret_buf_append(b, v);
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

static size_t grown_capacity(const struct secret_buf *b, size_t need)
{
    size_t doubled = b->capacity < SECRET_BUF_MAX / 2 ? 2 * b->capacity : SECRET_BUF_MAX;
    size_t wanted = doubled > GROWTH_MIN ? doubled : GROWTH_MIN;

    return need > wanted ? need : wanted;
}

/* Append from v without giving up the old block: v may be a part of b itself. */
static struct err *append_moving(struct secret_buf *b, struct secret_view v)
{
    struct secret_byte *p = NULL;
    size_t capacity = 0;
    struct err *e = arena_take(grown_capacity(b, b->n + v.n), &p, &capacity);

    if (e)
        return e;
    assert(p);
    if (b->n)
        memcpy(p, b->p, b->n);
    memcpy(p + b->n, v.p, v.n);
    give_back(b->p, b->capacity);
    b->p = p;
    b->capacity = capacity;
    b->n += v.n;
    return NULL;
}

struct err *secret_buf_append(struct secret_buf *b, struct secret_view v)
{
    if (v.n == 0)
        return NULL;
    if (v.n > SECRET_BUF_MAX || b->n + v.n > SECRET_BUF_MAX)
        return err_new(ERR_INVALID, "secret would grow by %zu bytes beyond %u", v.n,
                       SECRET_BUF_MAX);
    if (v.n > b->capacity - b->n)
        return append_moving(b, v);
    memcpy(b->p + b->n, v.p, v.n);
    b->n += v.n;
    return NULL;
}

struct err *secret_buf_append_raw(struct secret_buf *b, const void *bytes, size_t n)
{
    return secret_buf_append(b, secret_view_of(bytes, n));
}

struct err *secret_buf_puts(struct secret_buf *b, const char *text)
{
    return secret_buf_append_raw(b, text, strlen(text));
}

void secret_buf_truncate(struct secret_buf *b, size_t n)
{
    assert(n <= b->n);
    if (n < b->n)
        secret_erase(b->p + n, b->n - n);
    b->n = n;
}

size_t secret_buf_size(const struct secret_buf *b)
{
    return b->n;
}

struct secret_view secret_buf_view(const struct secret_buf *b)
{
    if (!b)
        return (struct secret_view){NULL, 0};
    return (struct secret_view){b->p, b->n};
}

void secret_buf_free(struct secret_buf *b)
{
    if (!b)
        return;
    give_back(b->p, b->capacity);
    free(b);
}

struct secret_view secret_view_part(struct secret_view v, size_t at, size_t n)
{
    assert(at <= v.n && n <= v.n - at);
    return (struct secret_view){n ? v.p + at : NULL, n};
}

struct secret_view secret_view_of(const void *bytes, size_t n)
{
    return (struct secret_view){bytes, n};
}

bool secret_view_equal(struct secret_view a, struct secret_view b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

const unsigned char *secret_view_raw(struct secret_view v)
{
    return (const unsigned char *)v.p;
}

void secret_erase(void *p, size_t n)
{
    explicit_bzero(p, n);
}
