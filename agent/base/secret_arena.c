/* Blocks double in size up to BLOCK_MAX, so that a small render takes one and a large one few. The
 * head of a block stands in the block itself. A block is zeroed when it is made, and its bytes are
 * handed out once, so nothing is cleared again. In sanitizer builds every piece is a block. */
#include "base/secret_arena.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/secret_buf.h"

#define BLOCK_FIRST (4u << 10)
#define BLOCK_MAX (256u << 10)
#define ALIGNMENT 16u
#define ROUNDING (SECRET_IS_BLOCKED ? 1u : ALIGNMENT)
#define ROUND_UP(n, to) (((n) + (to)-1) / (to) * (to))

struct block {
    struct block *next;
    size_t size; /* of the whole block, head included */
    size_t used; /* head included */
};

#define FIRST_SIZE (SECRET_IS_BLOCKED ? 0 : BLOCK_FIRST)
#define HEAD_BYTES ROUND_UP(sizeof(struct block), ALIGNMENT)

static_assert(SECRET_ARENA_PIECE_MAX + HEAD_BYTES <= SECRET_BUF_MAX, "one block holds a piece");

struct secret_arena {
    struct block *blocks; /* the newest first */
    size_t max_bytes, used_bytes;
    size_t next_size;
};

struct secret_arena *secret_arena_new(size_t max_bytes)
{
    struct secret_arena *a = xalloc(sizeof(*a));

    *a = (struct secret_arena){.max_bytes = max_bytes, .next_size = FIRST_SIZE};
    return a;
}

static struct err *add_block(struct secret_arena *a, size_t need)
{
    size_t wanted = HEAD_BYTES + need > a->next_size ? HEAD_BYTES + need : a->next_size;
    size_t usable;
    void *p;
    struct err *e = secret_block_new(wanted, &p, &usable);

    if (e)
        return e;
    struct block *b = p;
    *b = (struct block){a->blocks, usable, HEAD_BYTES};
    a->blocks = b;
    if (a->next_size < BLOCK_MAX)
        a->next_size *= 2;
    return NULL;
}

struct err *secret_arena_alloc(struct secret_arena *a, size_t n, void **out)
{
    size_t need = ROUND_UP(n, ROUNDING);

    if (n > a->max_bytes || a->used_bytes > a->max_bytes - n)
        return err_new(ERR_INVALID, "limit reached: more than %zu bytes of memory", a->max_bytes);
    if (n > SECRET_ARENA_PIECE_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u bytes in one piece",
                       SECRET_ARENA_PIECE_MAX);
    if (!a->blocks || a->blocks->size - a->blocks->used < need) {
        struct err *e = add_block(a, need);
        if (e)
            return e;
    }
    *out = (char *)a->blocks + a->blocks->used;
    a->blocks->used += need;
    a->used_bytes += need;
    return NULL;
}

bool secret_arena_extend(struct secret_arena *a, void *last, size_t n, size_t more)
{
    size_t old = ROUND_UP(n, ROUNDING);
    size_t now = ROUND_UP(n + more, ROUNDING);
    struct block *b = a->blocks;

    if (!b || !n || (char *)last + old != (char *)b + b->used || now - old > b->size - b->used ||
        a->used_bytes + (now - old) > a->max_bytes)
        return false;
    b->used += now - old;
    a->used_bytes += now - old;
    return true;
}

size_t secret_arena_used(const struct secret_arena *a)
{
    return a->used_bytes;
}

static void drop_block(struct secret_arena *a)
{
    struct block *b = a->blocks;

    a->blocks = b->next;
    secret_block_free(b, b->size, b->used);
}

static bool can_stay(const struct block *b)
{
    return !SECRET_IS_BLOCKED && !b->next && b->size < 2 * BLOCK_FIRST;
}

void secret_arena_reset(struct secret_arena *a)
{
    while (a->blocks && !can_stay(a->blocks))
        drop_block(a);
    if (a->blocks) {
        secret_erase((char *)a->blocks + HEAD_BYTES, a->blocks->used - HEAD_BYTES);
        a->blocks->used = HEAD_BYTES;
    }
    a->next_size = a->blocks ? 2 * BLOCK_FIRST : FIRST_SIZE;
    a->used_bytes = 0;
}

void secret_arena_free(struct secret_arena *a)
{
    if (!a)
        return;
    while (a->blocks)
        drop_block(a);
    free(a);
}
