/* All mount system calls of Lockstep are here.
 *
 * With fsopen(2) a tmpfs exists as a descriptor first: it is filled through that, and move_mount(2)
 * shows it complete or not at all. Where a kernel or a seccomp profile refuses fsopen(2), the tmpfs
 * is mounted at a private staging place, filled there, and moved with MS_MOVE: private, because a
 * mount below a shared one cannot be moved. A staged mount that is released before it was attached
 * is found again through its descriptor's path and unmounted.
 *
 * "Is something mounted here?" compares mount ids of the target and of its parent: no stat can lie
 * about that, and bind mounts of one file system are told apart. */

#include "driver/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "driver/mount_info.h"
#include "driver/mount_target.h"

#define TARGET_MODE 0750
#define STAGING_MODE 0700
#define MOUNT_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define MOUNT_ATTRS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define STAGING_DATA "size=64k,nr_inodes=4096,mode=0700"
#define FD_PATH_SIZE 40
#define STAGED_NAME_BYTES 8

/* Most mounts on one target: beyond it something else is wrong. */
#define STACKED_MAX 64

struct kernel_mounter {
    struct mounter base;
    char *root; /* without a slash at the end */
    int root_fd;
    char *staging_dir; /* NULL: file systems are made detached */
};

static struct kernel_mounter *self_of(struct mounter *m)
{
    return (struct kernel_mounter *)m;
}

static const char *fd_path(int fd, char out[FD_PATH_SIZE])
{
    snprintf(out, FD_PATH_SIZE, "/proc/self/fd/%d", fd);
    return out;
}

static struct err *open_root_of(int mount_fd, int *out_fd)
{
    return fs_open(mount_fd, ".", O_RDONLY | O_DIRECTORY, 0, out_fd);
}

/* A detached tmpfs */

static struct err *set_option(int fs_fd, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);
static struct err *set_option(int fs_fd, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *value = xvasprintf(format, args);
    va_end(args);
    if (fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value, 0) != 0)
        return err_errno(errno, "tmpfs option %s=%s", key, value);
    return NULL;
}

static struct err *configure(int fs_fd, const struct mounter_tmpfs *t)
{
    struct err *e = set_option(fs_fd, "source", MOUNT_SOURCE);
    if (!e)
        e = set_option(fs_fd, "size", "%" PRIu64, t->size_bytes);
    if (!e)
        e = set_option(fs_fd, "nr_inodes", "%" PRIu64, t->inodes);
    if (!e)
        e = set_option(fs_fd, "mode", "%o", (unsigned)t->mode);
    if (!e)
        e = set_option(fs_fd, "gid", "%u", (unsigned)t->gid);
    if (e)
        return e;
    /* Kernels before 6.4 and user namespaces do not take it: then the node must not swap. */
    (void)fsconfig(fs_fd, FSCONFIG_SET_FLAG, "noswap", NULL, 0);
    if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        return err_errno(errno, "create tmpfs");
    return NULL;
}

static struct err *make_detached(const struct mounter_tmpfs *t, struct mounter_volume *out)
{
    CLEANUP_FD int fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs_fd < 0)
        return err_errno(errno, "fsopen tmpfs");
    struct err *e = configure(fs_fd, t);
    if (e)
        return e;
    CLEANUP_FD int mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, MOUNT_ATTRS);
    if (mount_fd < 0)
        return err_errno(errno, "fsmount tmpfs");
    int root_fd = -1;
    e = open_root_of(mount_fd, &root_fd);
    if (e)
        return e;
    *out = (struct mounter_volume){mount_fd, root_fd};
    mount_fd = -1;
    return NULL;
}

/* A tmpfs at the staging place */

static struct err *mount_tmpfs(const char *path, const struct mounter_tmpfs *t)
{
    char data[160];
    int n = snprintf(data, sizeof(data), "size=%" PRIu64 ",nr_inodes=%" PRIu64 ",mode=%o,gid=%u",
                     t->size_bytes, t->inodes, (unsigned)t->mode, (unsigned)t->gid);
    snprintf(data + n, sizeof(data) - (size_t)n, ",noswap");
    if (mount(MOUNT_SOURCE, path, "tmpfs", MOUNT_FLAGS, data) == 0)
        return NULL;
    data[n] = 0; /* as in configure() */
    if (mount(MOUNT_SOURCE, path, "tmpfs", MOUNT_FLAGS, data) == 0)
        return NULL;
    return err_errno(errno, "mount tmpfs");
}

static void unstage(const char *path)
{
    umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    rmdir(path);
}

static struct err *make_staged(const struct kernel_mounter *k, const struct mounter_tmpfs *t,
                               struct mounter_volume *out)
{
    unsigned char bytes[STAGED_NAME_BYTES];
    char name[2 * STAGED_NAME_BYTES + 1];
    digest_random(bytes, sizeof(bytes));
    codec_hex(bytes, sizeof(bytes), name);
    CLEANUP_STR char *path = xasprintf("%s/%s", k->staging_dir, name);
    if (mkdir(path, STAGING_MODE) != 0)
        return err_errno(errno, "create %s", path);
    int root_fd = -1;
    struct err *e = mount_tmpfs(path, t);
    if (!e)
        e = fs_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &root_fd);
    if (e) {
        unstage(path);
        return e;
    }
    *out = (struct mounter_volume){-1, root_fd};
    return NULL;
}

/* Where fd's file system is staged, or NULL when it is not (any more); caller frees. */
static char *staged_path(const struct kernel_mounter *k, int fd)
{
    char link[FD_PATH_SIZE];
    char path[PATH_MAX];
    size_t n_dir = k->staging_dir ? strlen(k->staging_dir) : 0;
    if (n_dir == 0)
        return NULL;
    ssize_t n = readlink(fd_path(fd, link), path, sizeof(path) - 1);
    if (n <= (ssize_t)n_dir || strncmp(path, k->staging_dir, n_dir) != 0 || path[n_dir] != '/')
        return NULL;
    return xstrndup(path, (size_t)n);
}

static struct err *make(struct mounter *m, const struct mounter_tmpfs *t,
                        struct mounter_volume *out)
{
    const struct kernel_mounter *k = self_of(m);
    struct err *e = k->staging_dir ? make_staged(k, t, out) : make_detached(t, out);
    return e ? err_wrap(e, "make volume") : NULL;
}

static void release(struct mounter *m, struct mounter_volume *v)
{
    CLEANUP_STR char *staged = staged_path(self_of(m), v->root_fd);
    fs_close(v->root_fd);
    fs_close(v->mount_fd);
    *v = (struct mounter_volume){-1, -1};
    if (staged)
        unstage(staged);
}

/* Targets */

static struct err *open_target(const struct kernel_mounter *k, const char *path,
                               struct mount_target *out)
{
    return mount_target_open(k->root_fd, k->root, path, out);
}

/* O_PATH on what stands at the target, mounted or not. Errors: NOT_FOUND, INVALID (no folder). */
static struct err *open_leaf(const struct mount_target *t, int *out_fd)
{
    int fd = openat(t->parent_fd, t->leaf, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return err_new(ERR_INVALID, "%s is no folder", t->leaf);
    if (fd < 0)
        return err_errno(errno, "open %s", t->leaf);
    *out_fd = fd;
    return NULL;
}

/* Id of the mount on the target; *out_parent_id is equal to it when there is none. */
static struct err *leaf_mount_id(const struct mount_target *t, int leaf_fd, int *out_id,
                                 int *out_parent_id)
{
    struct err *e = mount_info_id(leaf_fd, out_id);
    return e ? e : mount_info_id(t->parent_fd, out_parent_id);
}

static struct err *move_staged(const struct kernel_mounter *k, const struct mounter_volume *v,
                               int leaf_fd)
{
    char from[FD_PATH_SIZE];
    char to[FD_PATH_SIZE];
    CLEANUP_STR char *staged = staged_path(k, v->root_fd);
    if (mount(fd_path(v->root_fd, from), fd_path(leaf_fd, to), NULL, MS_MOVE, NULL) != 0)
        return err_errno(errno, "move mount");
    if (staged)
        rmdir(staged);
    return NULL;
}

static struct err *move_volume(const struct kernel_mounter *k, const struct mount_target *t,
                               const struct mounter_volume *v)
{
    CLEANUP_FD int leaf_fd = -1;
    int id = 0;
    int parent_id = 0;
    struct err *e = open_leaf(t, &leaf_fd);
    if (!e)
        e = leaf_mount_id(t, leaf_fd, &id, &parent_id);
    if (e)
        return e;
    if (id != parent_id)
        return err_new(ERR_CONFLICT, "%s is mounted already", t->leaf);
    if (v->mount_fd < 0)
        return move_staged(k, v, leaf_fd);
    if (move_mount(v->mount_fd, "", leaf_fd, "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
        return err_errno(errno, "move_mount");
    return NULL;
}

static struct err *attach(struct mounter *m, const char *target, const struct mounter_volume *v)
{
    const struct kernel_mounter *k = self_of(m);
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    struct err *e = open_target(k, target, &t);
    if (e)
        return err_wrap(e, "attach volume");
    bool is_new = mkdirat(t.parent_fd, t.leaf, TARGET_MODE) == 0;
    if (!is_new && errno != EEXIST)
        return err_errno(errno, "attach volume: create %s", target);
    e = move_volume(k, &t, v);
    if (e && is_new)
        unlinkat(t.parent_fd, t.leaf, AT_REMOVEDIR);
    return e ? err_wrap(e, "attach volume at %s", target) : NULL;
}

/* Is the mount a tmpfs that an agent of ours made? */
static bool is_our_mount(const struct mount_info *i)
{
    return strcmp(i->fs_type, "tmpfs") == 0 && strcmp(i->source, MOUNT_SOURCE) == 0;
}

/* Fill in what is known from the topmost mount downwards. */
static struct err *describe(int id, int parent_id, struct mounter_state *s)
{
    struct mount_info i = {.parent_id = id};
    while (i.parent_id != parent_id && s->n_stacked < STACKED_MAX) {
        struct err *e = mount_info_find(i.parent_id, &i);
        if (e)
            return e;
        if (s->n_stacked++ == 0)
            s->is_ours = is_our_mount(&i);
    }
    return NULL;
}

/* Open the target and describe it; leaf_fd stays -1 when it does not exist. */
static struct err *look(const struct kernel_mounter *k, const char *target, int *leaf_fd,
                        struct mounter_state *s)
{
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    int id = 0;
    int parent_id = 0;
    struct err *e = open_target(k, target, &t);
    if (!e)
        e = open_leaf(&t, leaf_fd);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    if (!e)
        e = leaf_mount_id(&t, *leaf_fd, &id, &parent_id);
    if (e)
        return e;
    s->exists = true;
    s->is_mounted = id != parent_id;
    return s->is_mounted ? describe(id, parent_id, s) : NULL;
}

static struct err *state(struct mounter *m, const char *target, struct mounter_state *out)
{
    struct mounter_state s = {0};
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = look(self_of(m), target, &leaf_fd, &s);
    if (e)
        return err_wrap(e, "look at %s", target);
    *out = s;
    return NULL;
}

static struct err *open_volume(struct mounter *m, const char *target, int *out_root_fd)
{
    struct mounter_state s = {0};
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = look(self_of(m), target, &leaf_fd, &s);
    if (e)
        return err_wrap(e, "open volume at %s", target);
    if (!s.is_ours)
        return err_new(ERR_NOT_FOUND, "no volume of ours is mounted at %s", target);
    return fs_open(leaf_fd, ".", O_RDONLY | O_DIRECTORY, 0, out_root_fd);
}

/* Unmount the topmost mount; *was_mounted tells whether there was one. No descriptor may be open
 * on it meanwhile, or it would be busy. */
static struct err *unmount_top(const struct mount_target *t, bool *was_mounted)
{
    int leaf_fd = -1;
    int id = 0;
    int parent_id = 0;
    struct err *e = open_leaf(t, &leaf_fd);
    if (!e)
        e = leaf_mount_id(t, leaf_fd, &id, &parent_id);
    fs_close(leaf_fd);
    if (e)
        return e;
    *was_mounted = id != parent_id;
    if (!*was_mounted)
        return NULL;
    char parent[FD_PATH_SIZE];
    CLEANUP_STR char *path = xasprintf("%s/%s", fd_path(t->parent_fd, parent), t->leaf);
    if (umount2(path, UMOUNT_NOFOLLOW) == 0 || umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH) == 0)
        return NULL;
    return err_errno(errno, "unmount");
}

static struct err *clear_target(const struct mount_target *t)
{
    bool was_mounted = true;
    for (unsigned n = 0; was_mounted && n < STACKED_MAX; n++) {
        struct err *e = unmount_top(t, &was_mounted);
        if (e)
            return e;
    }
    if (unlinkat(t->parent_fd, t->leaf, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return NULL;
    if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY)
        return err_new(ERR_CONFLICT, "the folder is not empty, and what it holds is not ours");
    return err_errno(errno, "remove folder");
}

static struct err *detach(struct mounter *m, const char *target)
{
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    struct err *e = open_target(self_of(m), target, &t);
    if (!e)
        e = clear_target(&t);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    return e ? err_wrap(e, "remove volume at %s", target) : NULL;
}

/* Life of the mounter */

static void mount_free(struct mounter *m)
{
    struct kernel_mounter *k = self_of(m);
    if (k->staging_dir)
        unstage(k->staging_dir);
    fs_close(k->root_fd);
    free(k->root);
    free(k->staging_dir);
    free(k);
}

static const struct mounter_ops ops = {
    .make = make,
    .attach = attach,
    .release = release,
    .state = state,
    .open = open_volume,
    .detach = detach,
    .free = mount_free,
};

/* Can this kernel, under this profile, make a file system without attaching it? */
static bool has_fsopen(void)
{
    CLEANUP_FD int fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
    return fd >= 0;
}

static struct err *make_staging(const char *dir)
{
    if (mkdir(dir, STAGING_MODE) != 0 && errno != EEXIST)
        return err_errno(errno, "create staging place %s", dir);
    /* What a killed agent left behind; nothing mounted is the usual case. */
    (void)umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW);
    if (mount(MOUNT_SOURCE, dir, "tmpfs", MOUNT_FLAGS, STAGING_DATA) != 0)
        return err_errno(errno, "mount staging place %s", dir);
    if (mount(NULL, dir, NULL, MS_PRIVATE, NULL) == 0)
        return NULL;
    struct err *e = err_errno(errno, "make staging place %s private", dir);
    unstage(dir);
    return e;
}

struct err *mount_new(const struct mount_options *o, struct mounter **out)
{
    if (o->kubelet_root[0] != '/' || o->staging_dir[0] != '/')
        return err_new(ERR_INVALID, "kubelet root and staging place must be absolute paths");
    CLEANUP(mounter) struct mounter *m = xcalloc(1, sizeof(struct kernel_mounter));
    struct kernel_mounter *k = self_of(m);
    m->ops = &ops;
    k->root_fd = -1;
    size_t n = strlen(o->kubelet_root);
    while (n > 0 && o->kubelet_root[n - 1] == '/')
        n--;
    k->root = xstrndup(o->kubelet_root, n);
    struct err *e = fs_open(AT_FDCWD, o->kubelet_root, O_PATH | O_DIRECTORY, 0, &k->root_fd);
    if (e)
        return err_wrap(e, "kubelet root");
    if (o->force_fallback || !has_fsopen()) {
        e = make_staging(o->staging_dir);
        if (e)
            return e;
        /* Compared with paths that the kernel prints. */
        k->staging_dir = realpath(o->staging_dir, NULL);
        if (!k->staging_dir)
            return err_errno(errno, "staging place %s", o->staging_dir);
    }
    *out = TAKE(m);
    return NULL;
}

bool mount_is_detached(const struct mounter *m)
{
    return !((const struct kernel_mounter *)m)->staging_dir;
}
