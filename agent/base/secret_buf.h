#pragma once
/* secret_buf.h: bytes that must not leak, as a type.
 *
 * The element is a struct, not char, so that %s, strlen and strdup do not compile. Storage is
 * locked in RAM, left out of core files, emptied in forked children, and erased on growth, shrink
 * and free.
 *
 * Owns     a secret_buf owns its bytes; a secret_view borrows somebody's.
 * Threads  a buffer belongs to one thread at a time; the arena behind it is shared and locked.
 * Source   mlock(2), madvise(2) MADV_DONTDUMP and MADV_WIPEONFORK. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

/* Sanitizers see an overrun only at the edge of a block, so every secret is one of its own there.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SECRET_IS_BLOCKED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SECRET_IS_BLOCKED true
#endif
#endif
#ifndef SECRET_IS_BLOCKED
#define SECRET_IS_BLOCKED false
#endif

struct secret_byte {
    unsigned char v;
};

struct secret_view {
    const struct secret_byte *p; /* may be NULL when n == 0 */
    size_t n;
};

struct secret_buf;

/* Largest single secret: an AWS secret is 64 KiB, a Kubernetes Secret 1 MiB; one response holds 20.
 */
#define SECRET_BUF_MAX (8u << 20)

/* What of the protection is in force, for the log and the metric. */
struct secret_arena_state {
    size_t mapped_bytes;
    size_t used_bytes;
    bool is_locked;  /* every chunk so far could be locked */
    bool is_blocked; /* heap blocks instead of the arena (sanitizer builds) */
};

/* Set the largest arena (bytes, default 64 MiB). Before the first secret; main only. */
void secret_arena_limit(size_t max_bytes);
struct secret_arena_state secret_arena_state(void);

/* For tests: the n-th allocation from now fails as if the arena were exhausted; 0 is off. */
void secret_arena_fail_after(size_t n);

/* Empty buffer with room for capacity bytes (0 is fine).
 * Errors: INTERNAL (arena exhausted), INVALID (capacity over SECRET_BUF_MAX). */
NODISCARD struct err *secret_buf_new(size_t capacity, struct secret_buf **out);

/* New buffer holding a copy of v. Errors as secret_buf_new. */
NODISCARD struct err *secret_buf_copy(struct secret_view v, struct secret_buf **out);

/* Append; grows by moving and erasing. b is unchanged on failure. Errors as secret_buf_new. */
NODISCARD struct err *secret_buf_append(struct secret_buf *b, struct secret_view v);

/* Append bytes at the place where they first arrive (a socket, a decoder), or plain text around
 * secrets (JSON punctuation). */
NODISCARD struct err *secret_buf_append_raw(struct secret_buf *b, const void *bytes, size_t n);
NODISCARD struct err *secret_buf_puts(struct secret_buf *b, const char *text);

/* Cut to n bytes (n <= size), erasing the rest. */
void secret_buf_truncate(struct secret_buf *b, size_t n);

size_t secret_buf_size(const struct secret_buf *b);

/* Borrowed view, valid until b changes or is freed; NULL gives an empty view. */
struct secret_view secret_buf_view(const struct secret_buf *b);

void secret_buf_free(struct secret_buf *b);
CLEANUP_DEFINE(secret_buf)

/* Part of v: n bytes from at (at + n <= v.n). */
struct secret_view secret_view_part(struct secret_view v, size_t at, size_t n);

/* Bytes of a caller's array or of plain text seen as a secret. */
struct secret_view secret_view_of(const void *bytes, size_t n);

/* Constant time in the bytes; the lengths are not secret. */
bool secret_view_equal(struct secret_view a, struct secret_view b);

/* A door: the raw bytes, for write(2), the TLS socket or a decoder. Callable only from the files
 * listed in tests/lint/doors.txt. */
const unsigned char *secret_view_raw(struct secret_view v);

/* Secret memory without the buffer around it, for base/secret_arena.c alone: at least n zero bytes,
 * 16-byte aligned, *usable of them, for somebody who holds held bytes of blocks already. Give back
 * with the same *usable; bytes after the first used ones were never written.
 * Errors: UNAVAILABLE (others use what there is; retry), INVALID (a limit: it never fits). */
NODISCARD struct err *secret_block_new(size_t n, size_t held, void **out, size_t *usable);
void secret_block_free(void *p, size_t usable, size_t used);

/* Overwrite n bytes in a way the compiler keeps. */
void secret_erase(void *p, size_t n);
