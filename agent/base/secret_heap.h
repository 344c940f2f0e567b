#pragma once
/* secret_heap.h: the allocator behind secret_buf: locked, undumped, erased memory in chunks.
 *
 * Nobody but secret_buf.c uses it.
 *
 * Owns     a secret_heap owns its chunks; they are unmapped when they fall empty, except one.
 * Threads  none: the caller serialises.
 * Source   mlock2(2) MLOCK_ONFAULT, madvise(2) MADV_DONTDUMP and MADV_WIPEONFORK. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* A chunk shared by small secrets; anything over half of it gets a mapping of its own. */
#define SECRET_HEAP_CHUNK_BYTES (256u << 10)

/* Free blocks are kept by power of two of their size. */
#define SECRET_HEAP_BINS 20

struct secret_heap_block;

struct secret_heap {
    struct secret_heap_block *bins[SECRET_HEAP_BINS];
    uint32_t filled;     /* a bit for each bin that is not empty */
    size_t max_bytes;    /* mapped_bytes never exceeds it */
    size_t mapped_bytes; /* sum of the chunks */
    size_t used_bytes;   /* sum of the usable sizes handed out */
    size_t spare_chunks; /* empty chunks kept, 0 or 1 */
    bool is_unlocked;    /* at least one chunk could not be locked */
    uint64_t canary;     /* random, never 0 once something is mapped */
};

/* Empty heap that maps at most max_bytes. Maps nothing yet. */
void secret_heap_init(struct secret_heap *h, size_t max_bytes);

/* Block of at least n bytes (1 <= n <= SIZE_MAX / 2), zeroed, 16-byte aligned; *usable is how many
 * bytes it really holds. NULL when max_bytes or the kernel does not allow another chunk. */
void *secret_heap_alloc(struct secret_heap *h, size_t n, size_t *usable) NODISCARD;

/* Erase and give back; NULL is ignored. Aborts when bytes before or after the block were
 * overwritten, or when p is no block of h. */
void secret_heap_free(struct secret_heap *h, void *p);

/* The same for a block of which only the first used bytes were ever written: the rest is still
 * zero, and is not erased again. */
void secret_heap_free_used(struct secret_heap *h, void *p, size_t used);

/* Unmap the spare chunk. Every block must have been freed. */
void secret_heap_done(struct secret_heap *h);
