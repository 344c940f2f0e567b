/* Blocks double in size up to BLOCK_MAX, so that a small render takes one and a large one few. A
 * large piece gets a block of its own, so that no more than a quarter of the others is left unused:
 * what an arena holds stays near what it hands out. The head of a block stands in the block itself.
 * A block is zeroed when it is made, and its bytes are handed out once, so nothing is cleared
 * again. In sanitizer builds every piece is a block. */
#include "base/secret_arena.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/secret_buf.h"

#define BLOCK_FIRST (4u << 10)
#define BLOCK_MAX (256u << 10)
#define OWN_BLOCK_MIN (BLOCK_MAX / 4)
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
    size_t held_bytes; /* of all blocks */
    size_t next_size;
};

struct secret_arena *secret_arena_new(size_t max_bytes)
{
    struct secret_arena *a = xalloc(sizeof(*a));

    *a = (struct secret_arena){.max_bytes = max_bytes, .next_size = FIRST_SIZE};
    return a;
}

static struct err *new_block(struct secret_arena *a, size_t size, struct block **out)
{
    size_t usable;
    void *p;
    struct err *e = secret_block_new(size, a->held_bytes, &p, &usable);

    if (e)
        return e;
    *out = p;
    **out = (struct block){.size = usable, .used = HEAD_BYTES};
    a->held_bytes += usable;
    return NULL;
}

/* The block that has room for need bytes; the newest goes on to be filled. */
static struct err *block_for(struct secret_arena *a, size_t need, struct block **out)
{
    bool is_own = a->blocks && need >= OWN_BLOCK_MIN;
    size_t least = HEAD_BYTES + need;

    if (a->blocks && a->blocks->size - a->blocks->used >= need) {
        *out = a->blocks;
        return NULL;
    }
    struct err *e = new_block(a, is_own || least > a->next_size ? least : a->next_size, out);
    if (e)
        return e;
    struct block **place = is_own ? &a->blocks->next : &a->blocks;
    (*out)->next = *place;
    *place = *out;
    if (!is_own && a->next_size < BLOCK_MAX)
        a->next_size *= 2;
    return NULL;
}

struct err *secret_arena_alloc(struct secret_arena *a, size_t n, void **out)
{
    size_t need = ROUND_UP(n, ROUNDING);
    struct block *b;

    if (n > a->max_bytes || a->used_bytes > a->max_bytes - n)
        return err_new(ERR_INVALID, "limit reached: more than %zu bytes of memory", a->max_bytes);
    if (n > SECRET_ARENA_PIECE_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u bytes in one piece",
                       SECRET_ARENA_PIECE_MAX);
    struct err *e = block_for(a, need, &b);
    if (e)
        return e;
    *out = (char *)b + b->used;
    b->used += need;
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

void secret_arena_charge(struct secret_arena *a, size_t n)
{
    a->used_bytes += n;
}

size_t secret_arena_used(const struct secret_arena *a)
{
    return a->used_bytes;
}

static void drop_block(struct secret_arena *a)
{
    struct block *b = a->blocks;

    a->blocks = b->next;
    a->held_bytes -= b->size;
    secret_block_free(b, b->size, b->used);
}

static bool can_stay(const struct block *b)
{
    return !SECRET_IS_BLOCKED && !b->next && b->size < (size_t)2 * BLOCK_FIRST;
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
