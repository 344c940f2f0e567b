#pragma once
/* secret_arena.h: bump allocation of secret memory, for an engine that makes many small values and
 * drops all of them at once.
 *
 * Memory comes in blocks from where secret_buf takes its own: locked, left out of core files, and
 * erased when the arena is freed or reset. Nothing is given back before.
 *
 * Owns     its blocks.
 * Threads  one at a time.
 * Source   docs/SECURITY.md. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

/* Largest single piece, of arenas that hand out more than that. */
#define SECRET_ARENA_PIECE_MAX (7u << 20)

struct secret_arena;

/* Empty arena that hands out at most max_bytes. */
struct secret_arena *secret_arena_new(size_t max_bytes) NODISCARD;

/* n zero bytes, 16-byte aligned; n may be 0.
 * Errors: INVALID (over max_bytes or SECRET_ARENA_PIECE_MAX), INTERNAL (secret memory exhausted).
 */
NODISCARD struct err *secret_arena_alloc(struct secret_arena *a, size_t n, void **out);

/* Make the last block that secret_arena_alloc gave out longer in place, where there is room; n is
 * its size until now. False, and nothing changed, where there is none. */
bool secret_arena_extend(struct secret_arena *a, void *last, size_t n, size_t more);

/* Bytes handed out. */
size_t secret_arena_used(const struct secret_arena *a);

/* Erase and take back all that was handed out, for another use; a small first block stays. */
void secret_arena_reset(struct secret_arena *a);

/* Erase and free all; NULL is ignored. */
void secret_arena_free(struct secret_arena *a);
CLEANUP_DEFINE(secret_arena)
