/* A chunk is one mapping: a row of blocks that touch each other, closed by a block of size 0. Each
 * block knows its own size and that of its left neighbour, so that freeing merges to both sides at
 * once and two free blocks never touch. Free blocks hang in lists by power of two; the first one
 * that fits is split. A free payload is always zero apart from its list pointers, and a guard word
 * stands in each head and behind each payload: whoever runs over a secret is caught when it is
 * freed. Pages are locked as they are touched (MLOCK_ONFAULT), so that an idle chunk costs little.
 */
#include "base/secret_heap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/secret_buf.h"

#define UNIT 16u
#define USED 1u
#define GUARD_BYTES sizeof(uint64_t)
#define ROUND_UP(n, to) (((n) + (to)-1) / (to) * (to))

/* Size and left_size count the head, the payload and the guard behind it. */
struct secret_heap_block {
    uint64_t guard;
    uint32_t size; /* multiple of UNIT; the lowest bit says used */
    uint32_t left_size;
};

struct free_links {
    struct secret_heap_block *next, *prev;
};

#define HEAD_BYTES sizeof(struct secret_heap_block)
#define BLOCK_MIN (HEAD_BYTES + ROUND_UP(sizeof(struct free_links) + GUARD_BYTES, UNIT))

static_assert(HEAD_BYTES == UNIT, "payloads are aligned because heads are one unit");
static_assert(SECRET_HEAP_BINS <= 32, "a bit for each bin");

static size_t block_size(const struct secret_heap_block *b)
{
    return b->size & ~(size_t)USED;
}

static bool block_is_used(const struct secret_heap_block *b)
{
    return b->size & USED;
}

static struct secret_heap_block *block_at(struct secret_heap_block *b, ptrdiff_t bytes)
{
    return (struct secret_heap_block *)(void *)((unsigned char *)b + bytes);
}

static unsigned char *block_payload(struct secret_heap_block *b)
{
    return (unsigned char *)(b + 1);
}

static size_t block_usable(const struct secret_heap_block *b)
{
    return block_size(b) - HEAD_BYTES - GUARD_BYTES;
}

static struct free_links *block_links(struct secret_heap_block *b)
{
    return (struct free_links *)(void *)block_payload(b);
}

static uint64_t guard_of(const struct secret_heap *h, const struct secret_heap_block *b)
{
    return h->canary ^ (uintptr_t)b;
}

static void guard_set(const struct secret_heap *h, struct secret_heap_block *b)
{
    uint64_t guard = guard_of(h, b);

    b->guard = guard;
    memcpy(block_payload(b) + block_usable(b), &guard, GUARD_BYTES);
}

static bool guard_stands(const struct secret_heap *h, struct secret_heap_block *b)
{
    uint64_t behind;

    if (b->guard != guard_of(h, b) || !block_is_used(b))
        return false;
    memcpy(&behind, block_payload(b) + block_usable(b), GUARD_BYTES);
    return behind == b->guard;
}

/* The power of two in size, counted in units. */
static size_t bin_of(size_t size)
{
    unsigned long long units = size / UNIT;
    size_t bin = 8 * sizeof(units) - 1 - (size_t)__builtin_clzll(units | 1);

    return bin < SECRET_HEAP_BINS ? bin : SECRET_HEAP_BINS - 1;
}

static void bin_put(struct secret_heap *h, struct secret_heap_block *b)
{
    size_t bin = bin_of(block_size(b));
    struct free_links *links = block_links(b);

    links->next = h->bins[bin];
    links->prev = NULL;
    if (links->next)
        block_links(links->next)->prev = b;
    h->bins[bin] = b;
    h->filled |= 1u << bin;
}

static void bin_remove(struct secret_heap *h, struct secret_heap_block *b)
{
    size_t bin = bin_of(block_size(b));
    struct free_links *links = block_links(b);

    if (links->next)
        block_links(links->next)->prev = links->prev;
    if (links->prev)
        block_links(links->prev)->next = links->next;
    else
        h->bins[bin] = links->next;
    if (!h->bins[bin])
        h->filled &= ~(1u << bin);
    memset(links, 0, sizeof(*links));
}

static struct secret_heap_block *bin_find(struct secret_heap *h, size_t size)
{
    uint32_t bins = h->filled & (~0u << bin_of(size));

    for (; bins; bins &= bins - 1) {
        struct secret_heap_block *b = h->bins[__builtin_ctz(bins)];

        for (; b; b = block_links(b)->next)
            if (block_size(b) >= size)
                return b;
    }
    return NULL;
}

static void block_resize(struct secret_heap_block *b, size_t size, unsigned used)
{
    b->size = (uint32_t)size | used;
    block_at(b, (ptrdiff_t)size)->left_size = (uint32_t)size;
}

/* One free block over the whole new mapping; NULL when there is none to be had. */
static struct secret_heap_block *chunk_map(struct secret_heap *h, size_t bytes)
{
    void *p;
    struct secret_heap_block *b;

    if (bytes > h->max_bytes || h->mapped_bytes > h->max_bytes - bytes)
        return NULL;
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mlock2(p, bytes, MLOCK_ONFAULT) && mlock(p, bytes))
        h->is_unlocked = true;
    madvise(p, bytes, MADV_DONTDUMP);
    madvise(p, bytes, MADV_WIPEONFORK);
    while (h->canary == 0)
        digest_random((unsigned char *)&h->canary, sizeof(h->canary));
    h->mapped_bytes += bytes;
    b = p;
    block_resize(b, bytes - HEAD_BYTES, 0);
    block_at(b, (ptrdiff_t)(bytes - HEAD_BYTES))->size = USED;
    return b;
}

static void chunk_unmap(struct secret_heap *h, struct secret_heap_block *b)
{
    size_t bytes = block_size(b) + HEAD_BYTES;

    h->mapped_bytes -= bytes;
    munmap(b, bytes);
}

static bool block_is_chunk(struct secret_heap_block *b)
{
    return b->left_size == 0 && block_size(block_at(b, (ptrdiff_t)block_size(b))) == 0;
}

static size_t chunk_bytes_for(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (size <= SECRET_HEAP_CHUNK_BYTES / 2)
        return SECRET_HEAP_CHUNK_BYTES;
    return ROUND_UP(size + HEAD_BYTES, page);
}

/* A near limit leaves no room for a full chunk but perhaps for this one block. */
static struct secret_heap_block *chunk_for(struct secret_heap *h, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct secret_heap_block *b = chunk_map(h, chunk_bytes_for(size));

    return b ? b : chunk_map(h, ROUND_UP(size + HEAD_BYTES, page));
}

/* Give the tail of b beyond size back, unless b is a large mapping of its own. */
static void block_split(struct secret_heap *h, struct secret_heap_block *b, size_t size)
{
    size_t rest = block_size(b) - size;
    struct secret_heap_block *tail;

    if (rest < BLOCK_MIN || size > SECRET_HEAP_CHUNK_BYTES / 2) {
        block_resize(b, block_size(b), USED);
        return;
    }
    block_resize(b, size, USED);
    tail = block_at(b, (ptrdiff_t)size);
    block_resize(tail, rest, 0);
    bin_put(h, tail);
}

static struct secret_heap_block *block_find(struct secret_heap *h, size_t size)
{
    bool is_large = size > SECRET_HEAP_CHUNK_BYTES / 2;
    struct secret_heap_block *b = is_large ? NULL : bin_find(h, size);

    if (!b)
        return chunk_for(h, size);
    if (block_is_chunk(b))
        h->spare_chunks--;
    bin_remove(h, b);
    return b;
}

void secret_heap_init(struct secret_heap *h, size_t max_bytes)
{
    memset(h, 0, sizeof(*h));
    h->max_bytes = max_bytes < UINT32_MAX / 2 ? max_bytes : UINT32_MAX / 2;
}

void *secret_heap_alloc(struct secret_heap *h, size_t n, size_t *usable)
{
    size_t size = ROUND_UP(n + HEAD_BYTES + GUARD_BYTES, UNIT);
    struct secret_heap_block *b;

    assert(n > 0 && n <= SIZE_MAX / 2);
    if (size > h->max_bytes)
        return NULL;
    if (size < BLOCK_MIN)
        size = BLOCK_MIN;
    b = block_find(h, size);
    if (!b)
        return NULL;
    block_split(h, b, size);
    guard_set(h, b);
    *usable = block_usable(b);
    h->used_bytes += *usable;
    return block_payload(b);
}

/* Take the free block right of b into b. What was its head becomes zero payload. */
static void block_join(struct secret_heap *h, struct secret_heap_block *b,
                       struct secret_heap_block *right)
{
    size_t size = block_size(b) + block_size(right);

    bin_remove(h, right);
    memset(right, 0, sizeof(*right));
    block_resize(b, size, 0);
}

static struct secret_heap_block *block_of(const struct secret_heap *h, void *p)
{
    struct secret_heap_block *b = block_at(p, -(ptrdiff_t)HEAD_BYTES);

    if (!guard_stands(h, b))
        abort();
    return b;
}

void secret_heap_free(struct secret_heap *h, void *p)
{
    if (p)
        secret_heap_free_used(h, p, block_usable(block_of(h, p)));
}

void secret_heap_free_used(struct secret_heap *h, void *p, size_t used)
{
    struct secret_heap_block *b = block_of(h, p), *neighbour;

    assert(used <= block_usable(b));
    h->used_bytes -= block_usable(b);
    secret_erase(block_payload(b), used);
    memset(block_payload(b) + block_usable(b), 0, GUARD_BYTES);
    b->guard = 0;
    block_resize(b, block_size(b), 0);
    neighbour = block_at(b, (ptrdiff_t)block_size(b));
    if (!block_is_used(neighbour))
        block_join(h, b, neighbour);
    neighbour = block_at(b, -(ptrdiff_t)b->left_size);
    if (b->left_size && !block_is_used(neighbour)) {
        bin_remove(h, neighbour);
        block_resize(neighbour, block_size(neighbour) + block_size(b), 0);
        memset(b, 0, sizeof(*b));
        b = neighbour;
    }
    if (block_is_chunk(b) &&
        (h->spare_chunks || block_size(b) + HEAD_BYTES != SECRET_HEAP_CHUNK_BYTES)) {
        chunk_unmap(h, b);
        return;
    }
    h->spare_chunks += block_is_chunk(b);
    bin_put(h, b);
}

void secret_heap_done(struct secret_heap *h)
{
    struct secret_heap_block *b;

    assert(h->used_bytes == 0);
    b = bin_find(h, BLOCK_MIN);
    if (b) {
        bin_remove(h, b);
        chunk_unmap(h, b);
    }
    h->spare_chunks = 0;
}
