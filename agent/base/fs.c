/* Replacing writes a file of a random name next to the target and renames it, so a reader sees the
 * old file or the new one and nothing between. Secrets are read through a small buffer on the stack
 * that is erased at once. Removing goes down only through fs_open_beneath, which is what keeps it
 * on its mount. */

#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define CHUNK_BYTES 4096
#define TEMP_NAME_SIZE 32

void fs_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

struct err *fs_open(int dirfd, const char *path, int flags, mode_t mode, int *out_fd)
{
    int fd;
    do {
        fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return err_errno(errno, "open %s", path);
    *out_fd = fd;
    return NULL;
}

static struct err *read_some(int fd, void *into, size_t room, size_t *n)
{
    ssize_t got;
    do {
        got = read(fd, into, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_errno(errno, "read");
    *n = (size_t)got;
    return NULL;
}

static struct err *too_large(size_t max)
{
    return err_new(ERR_INVALID, "larger than %zu bytes", max);
}

/* All of fd into *text (owned by the caller even on failure), NUL-terminated. */
static struct err *read_all(int fd, size_t max, char **text, size_t *n)
{
    size_t capacity = 0;
    size_t got = 0;
    for (*n = 0;; *n += got) {
        if (*n > max)
            return too_large(max);
        if (capacity - *n < CHUNK_BYTES) {
            capacity = 2 * capacity + CHUNK_BYTES;
            *text = xrealloc(*text, capacity + 1, 1);
        }
        struct err *e = read_some(fd, *text + *n, capacity - *n, &got);
        if (e)
            return e;
        if (got == 0)
            break;
    }
    (*text)[*n] = '\0';
    return NULL;
}

struct err *fs_read_text(int dirfd, const char *path, size_t max, char **out, size_t *n)
{
    CLEANUP_FD int fd = -1;
    struct err *e = fs_open(dirfd, path, O_RDONLY, 0, &fd);
    if (e)
        return e;
    CLEANUP_STR char *text = NULL;
    size_t size;
    e = read_all(fd, max, &text, &size);
    if (e)
        return err_wrap(e, "read %s", path);
    *out = TAKE(text);
    if (n)
        *n = size;
    return NULL;
}

/* Move one chunk from fd to b; *at_end when there was none. */
static struct err *read_secret_chunk(int fd, size_t max, struct secret_buf *b, bool *at_end)
{
    unsigned char chunk[CHUNK_BYTES];
    size_t got = 0;
    struct err *e = read_some(fd, chunk, sizeof(chunk), &got);
    if (!e && got > max - secret_buf_size(b))
        e = too_large(max);
    if (!e)
        e = secret_buf_append_raw(b, chunk, got);
    secret_erase(chunk, sizeof(chunk));
    *at_end = got == 0;
    return e;
}

struct err *fs_read_secret(int dirfd, const char *path, size_t max, struct secret_buf **out)
{
    CLEANUP_FD int fd = -1;
    struct err *e = fs_open(dirfd, path, O_RDONLY, 0, &fd);
    if (e)
        return e;
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    e = secret_buf_new(0, &b);
    for (bool at_end = false; !e && !at_end;)
        e = read_secret_chunk(fd, max, b, &at_end);
    if (e)
        return err_wrap(e, "read %s", path);
    *out = TAKE(b);
    return NULL;
}

struct err *fs_write_all(int fd, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno != EINTR)
            return err_errno(errno, "write");
        if (done > 0) {
            at += done;
            n -= (size_t)done;
        }
    }
    return NULL;
}

static struct err *temp_open(int dirfd, char name[TEMP_NAME_SIZE], int *out_fd)
{
    uint64_t number;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return err_errno(errno, "getrandom");
    snprintf(name, TEMP_NAME_SIZE, FS_TEMP_PREFIX "%016" PRIx64, number);
    return fs_open(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, out_fd);
}

static struct err *fill(int fd, mode_t mode, const void *bytes, size_t n, bool is_flushed)
{
    if (fchmod(fd, mode) != 0)
        return err_errno(errno, "chmod");
    struct err *e = fs_write_all(fd, bytes, n);
    if (e)
        return e;
    if (is_flushed && fsync(fd) != 0)
        return err_errno(errno, "fsync");
    return NULL;
}

static struct err *replace(int dirfd, const char *name, mode_t mode, const void *bytes, size_t n,
                           bool is_flushed)
{
    if (!fs_is_name(name))
        return err_new(ERR_INVALID, "not a file name");
    CLEANUP_FD int fd = -1;
    char temp[TEMP_NAME_SIZE];
    struct err *e = temp_open(dirfd, temp, &fd);
    if (e)
        return e;
    e = fill(fd, mode, bytes, n, is_flushed);
    if (!e && renameat(dirfd, temp, dirfd, name) != 0)
        e = err_errno(errno, "rename");
    if (e)
        unlinkat(dirfd, temp, 0);
    return e;
}

struct err *fs_replace_text(int dirfd, const char *name, mode_t mode, const char *text, size_t n)
{
    struct err *e = replace(dirfd, name, mode, text, n, false);
    return e ? err_wrap(e, "replace %s", name) : NULL;
}

struct err *fs_replace_secret(int dirfd, const char *name, mode_t mode, struct secret_view v)
{
    struct err *e = replace(dirfd, name, mode, secret_view_raw(v), v.n, true);
    return e ? err_wrap(e, "replace %s", name) : NULL;
}

/* Make path itself; being there already is fine as long as it is a directory. */
static struct err *make_dir(int dirfd, const char *path, mode_t mode)
{
    if (mkdirat(dirfd, path, mode) == 0)
        return NULL;
    if (errno != EEXIST)
        return err_errno(errno, "mkdir %s", path);
    struct stat st;
    if (fstatat(dirfd, path, &st, 0) != 0)
        return err_errno(errno, "stat %s", path);
    return S_ISDIR(st.st_mode) ? NULL : err_errno(ENOTDIR, "mkdir %s", path);
}

struct err *fs_mkdirs(int dirfd, const char *path, mode_t mode)
{
    CLEANUP_STR char *part = xstrdup(path);
    size_t n = strspn(part, "/");
    while (part[n]) {
        n += strcspn(part + n, "/");
        char separator = part[n];
        part[n] = '\0';
        struct err *e = make_dir(dirfd, part, mode);
        if (e)
            return e;
        part[n] = separator;
        n += strspn(part + n, "/");
    }
    return NULL;
}

static void dir_cleanup(DIR **d)
{
    if (*d)
        closedir(*d);
}

static struct err *remove_entry(int dirfd, const char *name, size_t depth);

/* Remove all that is in the directory fd, which it takes. */
static struct err *empty_dir(int fd, size_t depth)
{
    __attribute__((cleanup(dir_cleanup))) DIR *d = fdopendir(fd);
    if (!d) {
        int errnum = errno;
        fs_close(fd);
        return err_errno(errnum, "list");
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(d);
        if (!entry)
            return errno ? err_errno(errno, "list") : NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        struct err *e = remove_entry(fd, entry->d_name, depth);
        if (e)
            return e;
    }
}

static struct err *mounted_there(const char *name)
{
    return err_new(ERR_CONFLICT, "remove %s: something is mounted there", name);
}

static struct err *remove_failed(int errnum, const char *name)
{
    return errnum == EBUSY ? mounted_there(name) : err_errno(errnum, "remove %s", name);
}

static struct err *remove_dir(int dirfd, const char *name, size_t depth)
{
    if (depth >= FS_TREE_DEPTH_MAX)
        return err_new(ERR_INVALID, "remove %s: deeper than %d directories", name,
                       FS_TREE_DEPTH_MAX);
    int fd = -1;
    struct err *e = fs_open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY, true, &fd);
    if (e && err_class(e) == ERR_INVALID) {
        err_free(e);
        return mounted_there(name);
    }
    if (!e)
        e = empty_dir(fd, depth + 1);
    if (e)
        return err_wrap(e, "remove %s", name);
    if (unlinkat(dirfd, name, AT_REMOVEDIR) != 0)
        return remove_failed(errno, name);
    return NULL;
}

static struct err *remove_entry(int dirfd, const char *name, size_t depth)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return NULL;
    if (errno != EISDIR)
        return remove_failed(errno, name);
    return remove_dir(dirfd, name, depth);
}

struct err *fs_remove_tree(int dirfd, const char *name)
{
    if (!fs_is_name(name))
        return err_new(ERR_INVALID, "remove: not a file name");
    return remove_entry(dirfd, name, 0);
}

bool fs_is_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > FS_NAME_MAX || strchr(name, '/'))
        return false;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
