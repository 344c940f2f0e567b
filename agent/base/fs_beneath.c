/* fs_open_beneath: openat2(2) does the guarding, checked by the kernel in the same step that opens.
 * Where that call does not exist (under valgrind, in some sandboxes) the path is walked element by
 * element with O_NOFOLLOW; each element is pinned by a descriptor before it is looked at, so a
 * rename meanwhile cannot lead the walk astray either. */

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct request {
    int dirfd;
    int flags;
    bool same_mount;
};

/* The functions below give a descriptor, or -1 and errno: EXDEV or ELOOP for a path that leads
 * out. */

static int fail(int errnum)
{
    errno = errnum;
    return -1;
}

static mode_t mode_of(const struct request *r)
{
    return r->flags & O_CREAT ? FS_BENEATH_MODE : 0;
}

static int open_at_once(const struct request *r, const char *path)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)r->flags | O_CLOEXEC,
        .mode = mode_of(r),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | (r->same_mount ? RESOLVE_NO_XDEV : 0),
    };
    long fd;
    do {
        fd = syscall(SYS_openat2, r->dirfd, path, &how, sizeof(how));
    } while (fd < 0 && errno == EINTR);
    return (int)fd;
}

static bool mount_id(int fd, uint64_t *id)
{
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) != 0)
        return false;
    *id = st.stx_mnt_id;
    return (st.stx_mask & STATX_MNT_ID) != 0;
}

static bool is_same_mount(int a, int b)
{
    uint64_t left, right;
    return mount_id(a, &left) && mount_id(b, &right) && left == right;
}

/* Pin one element. */
static int open_step(const struct request *r, int at_fd, const char *name)
{
    CLEANUP_FD int fd = openat(at_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return -1;
    if (S_ISLNK(st.st_mode))
        return fail(ELOOP);
    if (r->same_mount && !is_same_mount(fd, r->dirfd))
        return fail(EXDEV);
    return fd_take(&fd);
}

static int open_last(const struct request *r, int at_fd, const char *name)
{
    CLEANUP_FD int pinned = open_step(r, at_fd, name);
    if (pinned < 0 && !(errno == ENOENT && (r->flags & O_CREAT)))
        return -1;
    return openat(at_fd, name, r->flags | O_NOFOLLOW | O_CLOEXEC, mode_of(r));
}

static int open_by_steps(const struct request *r, const char *path)
{
    if (*path == '/')
        return fail(EXDEV);
    CLEANUP_FD int at_fd = -1;
    for (;;) {
        size_t n = strcspn(path, "/");
        char name[FS_NAME_MAX + 1];
        if (n > FS_NAME_MAX)
            return fail(ENAMETOOLONG);
        memcpy(name, path, n);
        name[n] = '\0';
        path += n + strspn(path + n, "/");
        int from_fd = at_fd < 0 ? r->dirfd : at_fd;
        if (!*path)
            return open_last(r, from_fd, name);
        int next_fd = open_step(r, from_fd, name);
        if (next_fd < 0)
            return -1;
        fs_close(at_fd);
        at_fd = next_fd;
    }
}

static bool has_dot_dot(const char *path)
{
    while (*path) {
        size_t n = strcspn(path, "/");
        if (n == 2 && path[0] == '.' && path[1] == '.')
            return true;
        path += n + strspn(path + n, "/");
    }
    return false;
}

struct err *fs_open_beneath(int dirfd, const char *path, int flags, bool same_mount, int *out_fd)
{
    if (has_dot_dot(path))
        return err_new(ERR_INVALID, "open %s: \"..\" is not allowed", path);
    const struct request r = {.dirfd = dirfd, .flags = flags, .same_mount = same_mount};
    int fd = open_at_once(&r, path);
    if (fd < 0 && errno == ENOSYS)
        fd = open_by_steps(&r, path);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP))
        return err_new(ERR_INVALID, "open %s: leads out of its directory", path);
    if (fd < 0)
        return err_errno(errno, "open %s", path);
    *out_fd = fd;
    return NULL;
}
