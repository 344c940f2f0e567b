#pragma once
/* project_files.h: write a set of files into a directory so that readers see all old or all new.
 *
 * The layout is the kubelet's: files live in a folder "..<time>.<random>", "..data" is a symlink to
 * it, and each visible name is a symlink through "..data". One rename of "..data" switches all.
 *
 * Owns     nothing; the caller owns the directory descriptor.
 * Threads  one writer per directory at a time.
 * Source   kubelet AtomicWriter; its rules on names starting with "..". */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define PROJECT_PATH_MAX 4096
#define PROJECT_NAME_MAX 255

struct project_file {
    const char *path; /* checked by project_path_check */
    mode_t mode;
    struct secret_view content;
};

struct project_files {
    const struct project_file *files; /* n, no path twice, none inside another */
    size_t n;
    bool has_group;
    gid_t group; /* gets every file and folder, and read rights on them */
};

/* A path that may be projected: relative, no empty, "." or ".." element, no element starting with
 * "..", elements up to 255 bytes, UTF-8. Errors: INVALID (says why, names what). */
NODISCARD struct err *project_path_check(const char *what, const char *path);

/* Make root_fd hold exactly these files. Interrupted at any instruction, a reader sees the old or
 * the new set, and the next call mends the rest. *out_changed is false when content, modes and
 * group stood already. Errors: INVALID (path), INTERNAL (no space, I/O). */
NODISCARD struct err *project_files_write(int root_fd, const struct project_files *want,
                                          bool *out_changed);

/* Does "..data" lead to a folder, and every visible name through it? */
bool project_files_are_complete(int root_fd);
