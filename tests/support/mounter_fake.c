/* Prepared volumes live in BASE/.made/N. Attaching is a rename, so a descriptor opened before keeps
 * working, as with a real mount. */

#include "tests/support/mounter_fake.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/thread.h"
#include "driver/mount_target.h"

#define ATTACHED_MAX 4096
#define MADE_DIR ".made"

struct inode {
    dev_t dev;
    ino_t ino;
    char *target;
};

struct failure {
    unsigned nth;
    enum err_class cls;
};

struct mounter_fake {
    struct mounter base;
    char *root;
    int root_fd;
    struct mutex mu;
    struct inode attached[ATTACHED_MAX];   /* mu */
    size_t n_attached;                     /* mu */
    size_t n_unreleased;                   /* mu */
    unsigned n_made;                       /* mu */
    unsigned calls[MOUNTER_FAKE_OPS];      /* mu */
    struct failure fail[MOUNTER_FAKE_OPS]; /* mu */
};

static struct mounter_fake *self_of(const struct mounter *m)
{
    return (struct mounter_fake *)(uintptr_t)m;
}

/* Count the call; the error it was told to fail with, or NULL. */
static struct err *enter(struct mounter_fake *f, enum mounter_fake_op op)
{
    mutex_lock(&f->mu);
    f->calls[op]++;
    bool fails = f->fail[op].nth > 0 && --f->fail[op].nth == 0;
    enum err_class cls = f->fail[op].cls;
    mutex_unlock(&f->mu);
    return fails ? err_new(cls, "scripted mounter failure") : NULL;
}

static struct inode inode_of(int fd)
{
    struct stat st;
    int rc = fstat(fd, &st);
    assert(rc == 0);
    (void)rc;
    return (struct inode){st.st_dev, st.st_ino, NULL};
}

/* Position of i among the attached, or n_attached. */
static size_t find_locked(const struct mounter_fake *f, struct inode i)
{
    size_t at = 0;
    while (at < f->n_attached && (f->attached[at].dev != i.dev || f->attached[at].ino != i.ino))
        at++;
    return at;
}

static bool is_attached(struct mounter_fake *f, int fd)
{
    struct inode i = inode_of(fd);
    mutex_lock(&f->mu);
    bool found = find_locked(f, i) < f->n_attached;
    mutex_unlock(&f->mu);
    return found;
}

static void note_attached(struct mounter_fake *f, int fd, const char *target)
{
    struct inode i = inode_of(fd);
    i.target = xstrdup(target);
    mutex_lock(&f->mu);
    assert(f->n_attached < ATTACHED_MAX);
    f->attached[f->n_attached++] = i;
    mutex_unlock(&f->mu);
}

static void note_detached(struct mounter_fake *f, int fd)
{
    struct inode i = inode_of(fd);
    mutex_lock(&f->mu);
    size_t at = find_locked(f, i);
    if (at < f->n_attached) {
        free(f->attached[at].target);
        f->attached[at] = f->attached[--f->n_attached];
    }
    mutex_unlock(&f->mu);
}

static struct err *make(struct mounter *m, const struct mounter_tmpfs *t,
                        struct mounter_volume *out)
{
    struct mounter_fake *f = self_of(m);
    struct err *e = enter(f, MOUNTER_FAKE_MAKE);
    if (e)
        return e;
    mutex_lock(&f->mu);
    unsigned n = f->n_made++;
    f->n_unreleased++;
    mutex_unlock(&f->mu);
    CLEANUP_STR char *name = xasprintf(MADE_DIR "/%u", n);
    if (mkdirat(f->root_fd, name, 0700) != 0 || fchmodat(f->root_fd, name, t->mode, 0) != 0)
        return err_errno(errno, "create %s", name);
    *out = (struct mounter_volume){-1, -1};
    return fs_open(f->root_fd, name, O_RDONLY | O_DIRECTORY, 0, &out->root_fd);
}

/* Path of a folder by its descriptor; caller frees. */
static char *path_of(int root_fd)
{
    char path[PATH_MAX];
    CLEANUP_STR char *link = xasprintf("/proc/self/fd/%d", root_fd);
    ssize_t n = readlink(link, path, sizeof(path));
    return n > 0 && n < (ssize_t)sizeof(path) ? xstrndup(path, (size_t)n) : NULL;
}

/* A prepared folder that nobody attached. */
static void discard(struct mounter_fake *f, int root_fd)
{
    CLEANUP_STR char *path = path_of(root_fd);
    CLEANUP_STR char *made = xasprintf("%s/" MADE_DIR "/", f->root);
    CLEANUP_FD int made_fd = open(made, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (path && made_fd >= 0 && strncmp(path, made, strlen(made)) == 0)
        err_free(fs_remove_tree(made_fd, path + strlen(made)));
}

static void release(struct mounter *m, struct mounter_volume *v)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    assert(f->n_unreleased > 0);
    f->n_unreleased--;
    mutex_unlock(&f->mu);
    discard(f, v->root_fd);
    fs_close(v->root_fd);
    fs_close(v->mount_fd);
    *v = (struct mounter_volume){-1, -1};
}

static struct err *open_target(struct mounter_fake *f, const char *path, struct mount_target *t)
{
    return mount_target_open(f->root_fd, f->root, path, t);
}

static struct err *open_leaf(const struct mount_target *t, int *out_fd)
{
    return fs_open_beneath(t->parent_fd, t->leaf, O_RDONLY | O_DIRECTORY, false, out_fd);
}

static struct err *attach(struct mounter *m, const char *target, const struct mounter_volume *v)
{
    struct mounter_fake *f = self_of(m);
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = enter(f, MOUNTER_FAKE_ATTACH);
    if (!e)
        e = open_target(f, target, &t);
    if (e)
        return e;
    if (mkdirat(t.parent_fd, t.leaf, 0750) != 0 && errno != EEXIST)
        return err_errno(errno, "create %s", target);
    e = open_leaf(&t, &leaf_fd);
    if (e)
        return e;
    if (is_attached(f, leaf_fd))
        return err_new(ERR_CONFLICT, "%s is mounted already", target);
    CLEANUP_STR char *from = path_of(v->root_fd);
    if (!from || renameat(AT_FDCWD, from, t.parent_fd, t.leaf) != 0)
        return err_errno(errno, "attach at %s", target);
    note_attached(f, v->root_fd, target);
    return NULL;
}

static struct err *state(struct mounter *m, const char *target, struct mounter_state *out)
{
    struct mounter_fake *f = self_of(m);
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = enter(f, MOUNTER_FAKE_STATE);
    if (!e)
        e = open_target(f, target, &t);
    if (!e)
        e = open_leaf(&t, &leaf_fd);
    if (e && err_class(e) != ERR_NOT_FOUND)
        return e;
    bool exists = !e;
    err_free(e);
    bool is_mounted = exists && is_attached(f, leaf_fd);
    *out = (struct mounter_state){exists, is_mounted, is_mounted, is_mounted ? 1 : 0};
    return NULL;
}

static struct err *open_volume(struct mounter *m, const char *target, int *out_root_fd)
{
    struct mounter_fake *f = self_of(m);
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = enter(f, MOUNTER_FAKE_OPEN);
    if (!e)
        e = open_target(f, target, &t);
    if (!e)
        e = open_leaf(&t, &leaf_fd);
    if (e)
        return e;
    if (!is_attached(f, leaf_fd))
        return err_new(ERR_NOT_FOUND, "nothing is mounted at %s", target);
    *out_root_fd = leaf_fd;
    leaf_fd = -1;
    return NULL;
}

static struct err *remove_leaf(struct mounter_fake *f, const struct mount_target *t)
{
    CLEANUP_FD int leaf_fd = -1;
    struct err *e = open_leaf(t, &leaf_fd);
    if (e)
        return e;
    if (is_attached(f, leaf_fd)) {
        note_detached(f, leaf_fd);
        return fs_remove_tree(t->parent_fd, t->leaf);
    }
    if (unlinkat(t->parent_fd, t->leaf, AT_REMOVEDIR) != 0)
        return err_new(ERR_CONFLICT, "%s holds what is not ours", t->leaf);
    return NULL;
}

static struct err *detach(struct mounter *m, const char *target)
{
    struct mounter_fake *f = self_of(m);
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    struct err *e = enter(f, MOUNTER_FAKE_DETACH);
    if (!e)
        e = open_target(f, target, &t);
    if (!e)
        e = remove_leaf(f, &t);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    return e;
}

static void fake_free(struct mounter *m)
{
    struct mounter_fake *f = self_of(m);
    for (size_t i = 0; i < f->n_attached; i++)
        free(f->attached[i].target);
    err_free(fs_remove_tree(f->root_fd, MADE_DIR));
    fs_close(f->root_fd);
    mutex_done(&f->mu);
    free(f->root);
    free(f);
}

static const struct mounter_ops ops = {
    .make = make,
    .attach = attach,
    .release = release,
    .state = state,
    .open = open_volume,
    .detach = detach,
    .free = fake_free,
};

struct mounter *mounter_fake_new(const char *base)
{
    struct mounter_fake *f = xcalloc(1, sizeof(*f));
    f->base.ops = &ops;
    f->root = xstrdup(base);
    mutex_init(&f->mu);
    f->root_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert(f->root_fd >= 0);
    int rc = mkdirat(f->root_fd, MADE_DIR, 0700);
    assert(rc == 0 || errno == EEXIST);
    (void)rc;
    return &f->base;
}

void mounter_fake_fail(struct mounter *m, enum mounter_fake_op op, unsigned nth, enum err_class cls)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    f->fail[op] = (struct failure){nth, cls};
    mutex_unlock(&f->mu);
}

unsigned mounter_fake_calls(const struct mounter *m, enum mounter_fake_op op)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    unsigned n = f->calls[op];
    mutex_unlock(&f->mu);
    return n;
}

size_t mounter_fake_attached(const struct mounter *m)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    size_t n = f->n_attached;
    mutex_unlock(&f->mu);
    return n;
}

size_t mounter_fake_unreleased(const struct mounter *m)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    size_t n = f->n_unreleased;
    mutex_unlock(&f->mu);
    return n;
}

/* Replace a folder by an empty one. */
static void empty_folder(struct mounter_fake *f, const char *target)
{
    CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1};
    struct err *e = open_target(f, target, &t);
    if (!e)
        e = fs_remove_tree(t.parent_fd, t.leaf);
    if (!e && mkdirat(t.parent_fd, t.leaf, 0750) != 0)
        e = err_errno(errno, "create %s", target);
    assert(!e);
    err_free(e);
}

void mounter_fake_reboot(struct mounter *m)
{
    struct mounter_fake *f = self_of(m);
    mutex_lock(&f->mu);
    size_t n = f->n_attached;
    f->n_attached = 0;
    mutex_unlock(&f->mu);
    for (size_t i = 0; i < n; i++) {
        empty_folder(f, f->attached[i].target);
        free(f->attached[i].target);
    }
}
