#pragma once
/* fs.h: files by directory descriptor, without following what is not ours.
 *
 * Owns     descriptors returned belong to the caller (CLEANUP_FD).
 * Threads  any.
 * Source   openat2(2), renameat(2). */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define FS_NAME_MAX 255        /* bytes of one path element */
#define FS_TREE_DEPTH_MAX 64   /* directories below each other that fs_remove_tree goes down */
#define FS_BENEATH_MODE 0600   /* of files that fs_open_beneath creates */
#define FS_TEMP_PREFIX ".tmp-" /* of names that the fs_replace functions use for a moment */

/* Close fd; -1 is ignored. */
void fs_close(int fd);
static inline void fd_cleanup(int *fd)
{
    fs_close(*fd);
}
/* CLEANUP_FD int fd = -1; */
#define CLEANUP_FD __attribute__((cleanup(fd_cleanup)))

/* Hand over what a CLEANUP_FD local holds; the local is -1 afterwards. */
static inline int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Open path (absolute or relative to dirfd) with O_CLOEXEC; dirfd may be AT_FDCWD.
 * Errors: NOT_FOUND, DENIED, INTERNAL. */
NODISCARD struct err *fs_open(int dirfd, const char *path, int flags, mode_t mode, int *out_fd);

/* Open path beneath dirfd: no "..", no symlink, no mount crossing if same_mount.
 * Errors: INVALID (escapes), NOT_FOUND, DENIED, INTERNAL. */
NODISCARD struct err *fs_open_beneath(int dirfd, const char *path, int flags, bool same_mount,
                                      int *out_fd);

/* Whole file, at most max bytes; links are followed. The text gets a terminator; n may be NULL.
 * Errors: NOT_FOUND, INVALID (too large), DENIED, INTERNAL. */
NODISCARD struct err *fs_read_text(int dirfd, const char *path, size_t max, char **out, size_t *n);
NODISCARD struct err *fs_read_secret(int dirfd, const char *path, size_t max,
                                     struct secret_buf **out);

/* Write all bytes to fd, through short writes and EINTR. Errors: DENIED, INTERNAL. */
NODISCARD struct err *fs_write_all(int fd, const void *bytes, size_t n);

/* Create or replace name in dirfd at once: temporary name, mode, write, rename. A link of that name
 * is replaced, not followed. A secret is flushed to the disk before the rename; text is not: after
 * a power cut it may be missing or empty. Errors: INVALID (no file name), DENIED, INTERNAL. */
NODISCARD struct err *fs_replace_text(int dirfd, const char *name, mode_t mode, const char *text,
                                      size_t n);
NODISCARD struct err *fs_replace_secret(int dirfd, const char *name, mode_t mode,
                                        struct secret_view v);

/* mkdir -p below dirfd; links on the way are followed. Errors: NOT_FOUND, DENIED, INTERNAL. */
NODISCARD struct err *fs_mkdirs(int dirfd, const char *path, mode_t mode);

/* Remove everything below dirfd/name and the name itself; absent is fine; links are removed, never
 * followed. Stops at the first failure. Errors: INVALID (no file name, deeper than
 * FS_TREE_DEPTH_MAX), CONFLICT (something is mounted there: never crossed), DENIED, INTERNAL. */
NODISCARD struct err *fs_remove_tree(int dirfd, const char *name);

/* One path element that is safe as a file name: not empty, no '/', no NUL, not "." or "..",
 * at most FS_NAME_MAX bytes. */
bool fs_is_name(const char *name);
