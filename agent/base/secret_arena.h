#pragma once
/* secret_arena.h: bump allocation of secret memory, for an engine that makes many small values and
 * drops all of them at once.
 *
 * Memory comes in blocks from where secret_buf takes its own: locked, left out of core files, and
 * erased when the arena is freed or reset. Nothing is given back before. All arenas together may
 * hold three quarters of secret memory; small ones a little more, so that large ones do not stop
 * them.
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
 * Errors: INVALID (over max_bytes or SECRET_ARENA_PIECE_MAX, or more than secret memory has for all
 * arenas), UNAVAILABLE (others use it up; retry). */
NODISCARD struct err *secret_arena_alloc(struct secret_arena *a, size_t n, void **out);

/* Make the last block that secret_arena_alloc gave out longer in place, where there is room; n is
 * its size until now. False, and nothing changed, where there is none. */
bool secret_arena_extend(struct secret_arena *a, void *last, size_t n, size_t more);

/* Count n bytes that belong to the same use and are held elsewhere as handed out, until reset. */
void secret_arena_charge(struct secret_arena *a, size_t n);

/* Bytes handed out, or charged. */
size_t secret_arena_used(const struct secret_arena *a);

/* Erase and take back all that was handed out, for another use; a small block may stay. */
void secret_arena_reset(struct secret_arena *a);

/* Erase and free all; NULL is ignored. */
void secret_arena_free(struct secret_arena *a);
CLEANUP_DEFINE(secret_arena)
