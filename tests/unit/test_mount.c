/* The real mount calls, in a mount namespace of the test's own: as root, or in a user namespace.
 * Every case runs twice: with detached file systems and with the staging fallback. */
#include "driver/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "driver/mount_info.h"
#include "driver/mount_target.h"
#include "tests/support/table.h"

#define INSIDE "LOCKSTEP_TEST_MOUNT_NAMESPACE"
#define VOLUME_DIR "pods/uid1/volumes/kubernetes.io~csi/vol"

static const struct mounter_tmpfs small = {1u << 20, 64, 0755, 0};

/* One world per case: a tmpfs at base with a kubelet's folder in it. */
static char base[32];
static char kubelet[64];
static char target[160];
static char staging[64];
static struct mounter *m;

static char *in_base(const char *name)
{
    return xasprintf("%s/%s", base, name);
}

static void open_world(bool fallback, bool is_shared)
{
    strcpy(base, "/tmp/test-mount-XXXXXX");
    assert_non_null(mkdtemp(base));
    assert_int_equal(mount("world", base, "tmpfs", 0, NULL), 0);
    assert_int_equal(mount(NULL, base, NULL, is_shared ? MS_SHARED : MS_PRIVATE, NULL), 0);
    snprintf(kubelet, sizeof(kubelet), "%s/kubelet", base);
    snprintf(staging, sizeof(staging), "%s/staging", base);
    snprintf(target, sizeof(target), "%s/" VOLUME_DIR "/mount", kubelet);
    assert_null(fs_mkdirs(AT_FDCWD, kubelet, 0755));
    int fd = open(kubelet, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_null(fs_mkdirs(fd, VOLUME_DIR, 0755));
    close(fd);
    if (is_shared) {
        /* A staging place must not lie below a shared mount. */
        assert_int_equal(mkdir(staging, 0700), 0);
        assert_int_equal(mount("own", staging, "tmpfs", 0, NULL), 0);
        assert_int_equal(mount(NULL, staging, NULL, MS_PRIVATE, NULL), 0);
        strcat(staging, "/place");
    }
    struct mount_options o = {kubelet, staging, fallback};
    assert_null(mount_new(&o, &m));
    assert_int_equal(mount_is_detached(m), !fallback);
}

static unsigned count_mounts(void)
{
    unsigned n = 0;
    FILE *f = fopen("/proc/self/mountinfo", "re");
    assert_non_null(f);
    char line[4096];
    while (fgets(line, sizeof(line), f))
        n++;
    fclose(f);
    return n;
}

static void close_world(void)
{
    mounter_free(m);
    m = NULL;
    while (umount2(base, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        continue;
    assert_int_equal(rmdir(base), 0);
}

static struct mounter_volume make_with_file(const char *content)
{
    struct mounter_volume v = {-1, -1};
    assert_null(m->ops->make(m, &small, &v));
    int fd = openat(v.root_fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_null(fs_write_all(fd, content, strlen(content)));
    close(fd);
    return v;
}

static void publish(const char *content)
{
    struct mounter_volume v = make_with_file(content);
    assert_null(m->ops->attach(m, target, &v));
    m->ops->release(m, &v);
}

static struct mounter_state state_of(const char *path)
{
    struct mounter_state s;
    assert_null(m->ops->state(m, path, &s));
    return s;
}

static void assert_class(struct err *e, enum err_class want)
{
    assert_non_null(e);
    assert_string_equal(err_class_name(err_class(e)), err_class_name(want));
    err_free(e);
}

static void assert_content(const char *dir, const char *want)
{
    char *text = NULL;
    size_t n;
    char *path = xasprintf("%s/file", dir);
    assert_null(fs_read_text(AT_FDCWD, path, 100, &text, &n));
    assert_string_equal(text, want);
    free(text);
    free(path);
}

static void life_of_a_volume(void)
{
    unsigned before = count_mounts();
    struct mounter_volume v = make_with_file("secret");
    assert_false(state_of(target).exists);
    assert_int_equal(access(target, F_OK), -1);
    assert_null(m->ops->attach(m, target, &v));
    m->ops->release(m, &v);
    assert_int_equal(v.root_fd, -1);

    struct mounter_state s = state_of(target);
    assert_true(s.exists && s.is_mounted && s.is_ours);
    assert_int_equal(s.n_stacked, 1);
    assert_content(target, "secret");
    assert_int_equal(count_mounts(), before + 1);

    struct statvfs fs;
    assert_int_equal(statvfs(target, &fs), 0);
    assert_int_equal(fs.f_blocks * fs.f_frsize, small.size_bytes);
    assert_int_equal(fs.f_files, small.inodes);
    assert_int_equal(fs.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC),
                     ST_NOSUID | ST_NODEV | ST_NOEXEC);
    struct stat st;
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);

    assert_null(m->ops->detach(m, target));
    assert_false(state_of(target).exists);
    assert_int_equal(count_mounts(), before);
}

static void a_released_volume_vanishes(void)
{
    unsigned before = count_mounts();
    struct mounter_volume v = make_with_file("secret");
    m->ops->release(m, &v);
    assert_int_equal(count_mounts(), before);
    assert_false(state_of(target).exists);
}

static void the_group_and_its_bit_are_inherited(void)
{
    struct mounter_tmpfs t = {1u << 20, 64, 02750, 0};
    struct mounter_volume v;
    struct stat st;
    assert_null(m->ops->make(m, &t, &v));
    assert_int_equal(fstat(v.root_fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 02750);
    assert_int_equal(mkdirat(v.root_fd, "sub", 0750), 0);
    assert_int_equal(fstatat(v.root_fd, "sub", &st, 0), 0);
    assert_true(st.st_mode & S_ISGID);
    m->ops->release(m, &v);
}

static void what_the_kernel_refuses_is_internal(void)
{
    unsigned before = count_mounts();
    struct mounter_tmpfs t = {1u << 20, 64, 0755, (gid_t)-1};
    struct mounter_volume v;
    assert_class(m->ops->make(m, &t, &v), ERR_INTERNAL);
    assert_int_equal(count_mounts(), before);
}

static void a_full_volume_refuses_more(void)
{
    static const char block[4096];
    struct mounter_tmpfs t = {8192, 8, 0755, 0};
    struct mounter_volume v;
    assert_null(m->ops->make(m, &t, &v));
    int fd = openat(v.root_fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_null(fs_write_all(fd, block, sizeof(block)));
    assert_null(fs_write_all(fd, block, sizeof(block)));
    struct err *e = fs_write_all(fd, block, sizeof(block));
    assert_non_null(e);
    err_free(e);
    close(fd);
    m->ops->release(m, &v);
}

static void a_second_attach_is_a_conflict(void)
{
    publish("first");
    unsigned before = count_mounts();
    struct mounter_volume v = make_with_file("second");
    assert_class(m->ops->attach(m, target, &v), ERR_CONFLICT);
    m->ops->release(m, &v);
    assert_int_equal(count_mounts(), before);
    assert_content(target, "first");
}

static void an_attach_without_a_parent_is_not_found(void)
{
    char *other = xasprintf("%s/pods/uid2/volumes/kubernetes.io~csi/vol/mount", kubelet);
    struct mounter_volume v = make_with_file("x");
    assert_class(m->ops->attach(m, other, &v), ERR_NOT_FOUND);
    m->ops->release(m, &v);
    free(other);
}

static void a_failed_attach_takes_its_folder_back(void)
{
    struct mounter_volume v = {-1, -1};
    v.root_fd = open(kubelet, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    v.mount_fd = open(kubelet, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_class(m->ops->attach(m, target, &v), ERR_INTERNAL);
    m->ops->release(m, &v);
    assert_int_equal(access(target, F_OK), -1);
}

static void links_are_never_followed(void)
{
    char *elsewhere = in_base("elsewhere");
    char *pod = xasprintf("%s/pods/uid9", kubelet);
    char *through = xasprintf("%s/volumes/kubernetes.io~csi/vol/mount", pod);
    struct mounter_volume v = make_with_file("x");
    struct mounter_state s;
    int fd = -1;
    assert_int_equal(mkdir(elsewhere, 0755), 0);
    assert_int_equal(symlink(elsewhere, target), 0);
    assert_class(m->ops->attach(m, target, &v), ERR_INVALID);
    assert_class(m->ops->state(m, target, &s), ERR_INVALID);
    assert_class(m->ops->open(m, target, &fd), ERR_INVALID);
    assert_class(m->ops->detach(m, target), ERR_INVALID);
    assert_int_equal(access(elsewhere, F_OK), 0);

    assert_int_equal(symlink("uid1", pod), 0);
    assert_class(m->ops->attach(m, through, &v), ERR_INVALID);
    assert_class(m->ops->detach(m, through), ERR_INVALID);
    m->ops->release(m, &v);
    free(elsewhere);
    free(pod);
    free(through);
}

static void paths_of_another_shape_are_invalid(void)
{
    const char *outside[] = {"/etc", "", "mount", base, kubelet};
    struct mounter_volume v = make_with_file("x");
    struct mounter_state s;
    int fd = -1;
    for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
        assert_class(m->ops->attach(m, outside[i], &v), ERR_INVALID);
        assert_class(m->ops->state(m, outside[i], &s), ERR_INVALID);
        assert_class(m->ops->open(m, outside[i], &fd), ERR_INVALID);
        assert_class(m->ops->detach(m, outside[i]), ERR_INVALID);
    }
    m->ops->release(m, &v);
}

static void detach_converges_from_anywhere(void)
{
    char *no_pod = xasprintf("%s/pods/uid2/volumes/kubernetes.io~csi/vol/mount", kubelet);
    assert_null(m->ops->detach(m, no_pod));
    assert_null(m->ops->detach(m, target));
    assert_int_equal(mkdir(target, 0750), 0);
    assert_null(m->ops->detach(m, target));
    assert_int_equal(access(target, F_OK), -1);
    free(no_pod);
}

static void detach_removes_every_stacked_mount(void)
{
    unsigned before = count_mounts();
    publish("ours");
    assert_int_equal(mount("other", target, "tmpfs", 0, NULL), 0);
    assert_int_equal(mount(kubelet, target, NULL, MS_BIND, NULL), 0);
    struct mounter_state s = state_of(target);
    assert_int_equal(s.n_stacked, 3);
    assert_true(s.is_mounted);
    assert_false(s.is_ours);
    assert_null(m->ops->detach(m, target));
    assert_int_equal(count_mounts(), before);
    assert_int_equal(access(target, F_OK), -1);
    assert_int_equal(access(kubelet, F_OK), 0);
}

static void detach_does_not_wait_for_readers(void)
{
    unsigned before = count_mounts();
    publish("busy");
    char *path = xasprintf("%s/file", target);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_null(m->ops->detach(m, target));
    assert_int_equal(count_mounts(), before);
    close(fd);
    free(path);
}

static void detach_keeps_what_is_not_ours(void)
{
    char *path = xasprintf("%s/precious", target);
    assert_int_equal(mkdir(target, 0750), 0);
    assert_int_equal(mkdir(path, 0750), 0);
    assert_class(m->ops->detach(m, target), ERR_CONFLICT);
    assert_int_equal(access(path, F_OK), 0);
    free(path);
}

static void a_file_in_the_way_is_invalid(void)
{
    int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_class(m->ops->detach(m, target), ERR_INVALID);
    assert_int_equal(access(target, F_OK), 0);
}

static void only_our_mounts_are_opened(void)
{
    int fd = -1;
    assert_class(m->ops->open(m, target, &fd), ERR_NOT_FOUND);
    assert_int_equal(mkdir(target, 0750), 0);
    assert_class(m->ops->open(m, target, &fd), ERR_NOT_FOUND);
    assert_int_equal(mount("other", target, "tmpfs", 0, NULL), 0);
    struct mounter_state s = state_of(target);
    assert_true(s.exists && s.is_mounted);
    assert_false(s.is_ours);
    assert_class(m->ops->open(m, target, &fd), ERR_NOT_FOUND);
    assert_int_equal(fd, -1);
}

static void a_new_agent_adopts_the_volume(void)
{
    struct mount_options o = {kubelet, staging, !mount_is_detached(m)};
    publish("kept");
    struct mounter *next = NULL;
    mounter_free(m);
    assert_null(mount_new(&o, &next));
    m = next;
    assert_true(state_of(target).is_ours);
    int fd = -1;
    assert_null(m->ops->open(m, target, &fd));
    assert_int_equal(faccessat(fd, "file", R_OK, 0), 0);
    close(fd);
}

static void a_killed_agent_leaves_nothing_staged(void)
{
    struct mount_options o = {kubelet, staging, !mount_is_detached(m)};
    unsigned before = count_mounts();
    struct mounter_volume v = make_with_file("lost");
    close(v.root_fd);
    if (v.mount_fd >= 0)
        close(v.mount_fd);
    struct mounter *next = NULL;
    assert_null(mount_new(&o, &next));
    assert_int_equal(count_mounts(), before);
    mounter_free(next);
}

static void a_trailing_slash_of_the_root_does_not_matter(void)
{
    char *slashed = xasprintf("%s//", kubelet);
    struct mount_options o = {slashed, staging, false};
    struct mounter *next = NULL;
    struct mounter_state s;
    assert_null(mount_new(&o, &next));
    assert_null(next->ops->state(next, target, &s));
    mounter_free(next);
    free(slashed);
}

static void wrong_options_are_refused(void)
{
    struct mounter *next = NULL;
    struct mount_options missing = {"/nonexistent/kubelet", staging, false};
    struct mount_options relative = {"kubelet", staging, false};
    struct mount_options no_place = {kubelet, "/nonexistent/staging", true};
    assert_class(mount_new(&missing, &next), ERR_NOT_FOUND);
    assert_class(mount_new(&relative, &next), ERR_INVALID);
    assert_class(mount_new(&no_place, &next), ERR_NOT_FOUND);
    assert_null(next);
}

static const struct row {
    const char *name;
    void (*run)(void);
} rows[] = {
    {"life of a volume", life_of_a_volume},
    {"a released volume vanishes", a_released_volume_vanishes},
    {"the group and its bit are inherited", the_group_and_its_bit_are_inherited},
    {"what the kernel refuses is INTERNAL", what_the_kernel_refuses_is_internal},
    {"a full volume refuses more", a_full_volume_refuses_more},
    {"a second attach is a CONFLICT", a_second_attach_is_a_conflict},
    {"an attach without a parent is NOT_FOUND", an_attach_without_a_parent_is_not_found},
    {"a failed attach takes its folder back", a_failed_attach_takes_its_folder_back},
    {"links are never followed", links_are_never_followed},
    {"paths of another shape are INVALID", paths_of_another_shape_are_invalid},
    {"detach converges from anywhere", detach_converges_from_anywhere},
    {"detach removes every stacked mount", detach_removes_every_stacked_mount},
    {"detach does not wait for readers", detach_does_not_wait_for_readers},
    {"detach keeps what is not ours", detach_keeps_what_is_not_ours},
    {"a file in the way is INVALID", a_file_in_the_way_is_invalid},
    {"only our mounts are opened", only_our_mounts_are_opened},
    {"a new agent adopts the volume", a_new_agent_adopts_the_volume},
    {"a killed agent leaves nothing staged", a_killed_agent_leaves_nothing_staged},
    {"a trailing slash of the root does not matter", a_trailing_slash_of_the_root_does_not_matter},
    {"wrong options are refused", wrong_options_are_refused},
};

static void with_detached(void **state)
{
    const struct row *r = *state;
    open_world(false, false);
    r->run();
    close_world();
}

static void with_fallback(void **state)
{
    const struct row *r = *state;
    open_world(true, false);
    r->run();
    close_world();
}

/* A second mount of the kubelet's folder stands for the host's: it must see the volume. */
static void one_shared(void **state)
{
    const struct {
        const char *name;
        bool fallback;
    } *r = *state;
    open_world(r->fallback, true);
    char *host = in_base("host");
    char *seen = xasprintf("%s/" VOLUME_DIR "/mount", host);
    assert_int_equal(mkdir(host, 0755), 0);
    assert_int_equal(mount(kubelet, host, NULL, MS_BIND, NULL), 0);
    publish("shared");
    assert_content(seen, "shared");
    assert_null(m->ops->detach(m, target));
    assert_int_equal(access(seen, F_OK), -1);
    free(host);
    free(seen);
    close_world();
}

static const struct shared_row {
    const char *name;
    bool fallback;
} shared_rows[] = {
    {"detached volumes propagate", false},
    {"staged volumes propagate", true},
};

#define CSI "/pods/u/volumes/kubernetes.io~csi/v"

static const struct path_row {
    const char *name, *root, *target;
    const char *want_parent; /* NULL: INVALID */
} path_rows[] = {
    {"kubelet's shape", "/k", "/k" CSI "/mount", "pods/u/volumes/kubernetes.io~csi/v"},
    {"root is /", "", CSI "/m", "pods/u/volumes/kubernetes.io~csi/v"},
    {"another root", "/k", "/other" CSI "/mount", NULL},
    {"root is only a prefix of a name", "/k", "/kk" CSI "/mount", NULL},
    {"dot dot as uid", "/k", "/k/pods/../volumes/kubernetes.io~csi/v/mount", NULL},
    {"dot as leaf", "/k", "/k" CSI "/.", NULL},
    {"dot dot as leaf", "/k", "/k" CSI "/..", NULL},
    {"slash at the end", "/k", "/k" CSI "/mount/", NULL},
    {"one element more", "/k", "/k" CSI "/mount/x", NULL},
    {"one element less", "/k", "/k" CSI, NULL},
    {"empty element", "/k", "/k/pods//volumes/kubernetes.io~csi/v/mount", NULL},
    {"another plugin's folder", "/k", "/k/pods/u/volumes/kubernetes.io~secret/v/mount", NULL},
    {"no pods", "/k", "/k/plugins/u/volumes/kubernetes.io~csi/v/mount", NULL},
    {"relative", "/k", "k" CSI "/mount", NULL},
    {"empty", "/k", "", NULL},
};

static void one_path(void **state)
{
    const struct path_row *r = *state;
    char *parent = NULL;
    const char *leaf = NULL;
    struct err *e = mount_target_parse(r->root, r->target, &parent, &leaf);
    if (!r->want_parent) {
        assert_class(e, ERR_INVALID);
        return;
    }
    assert_null(e);
    assert_string_equal(parent, r->want_parent);
    assert_string_equal(leaf, strrchr(r->target, '/') + 1);
    free(parent);
}

static void a_long_name_is_invalid(void **state)
{
    (void)state;
    char name[NAME_MAX + 2];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    char *path = xasprintf("/k" CSI "/%s", name);
    char *parent = NULL;
    const char *leaf = NULL;
    assert_class(mount_target_parse("/k", path, &parent, &leaf), ERR_INVALID);
    free(path);
}

static const struct info_row {
    const char *name, *line;
    bool want;
    int id, parent_id;
    const char *fs_type, *source;
} info_rows[] = {
    {"plain", "36 35 0:30 / /mnt rw,nosuid - tmpfs lockstep rw,size=1024k\n", true, 36, 35, "tmpfs",
     "lockstep"},
    {"optional fields", "36 35 98:0 /a /mnt rw shared:1 master:2 - ext4 /dev/sda1 rw\n", true, 36,
     35, "ext4", "/dev/sda1"},
    {"escaped blank in the path", "7 1 0:3 / /a\\040-\\040b rw - tmpfs none rw\n", true, 7, 1,
     "tmpfs", "none"},
    {"cut off", "36 35 0:30 / /mnt rw,nosuid", false, 0, 0, NULL, NULL},
    {"no source", "36 35 0:30 / /mnt rw - tmpfs", false, 0, 0, NULL, NULL},
    {"no ids", "x y 0:30 / /mnt rw - tmpfs a rw", false, 0, 0, NULL, NULL},
    {"empty", "", false, 0, 0, NULL, NULL},
};

static void one_info(void **state)
{
    const struct info_row *r = *state;
    struct mount_info i = {0};
    assert_int_equal(mount_info_parse(r->line, &i), r->want);
    if (!r->want)
        return;
    assert_int_equal(i.id, r->id);
    assert_int_equal(i.parent_id, r->parent_id);
    assert_string_equal(i.fs_type, r->fs_type);
    assert_string_equal(i.source, r->source);
}

static void an_unknown_mount_is_not_found(void **state)
{
    (void)state;
    struct mount_info i;
    int id;
    assert_class(mount_info_find(-7, &i), ERR_NOT_FOUND);
    assert_class(mount_info_id(-7, &id), ERR_NOT_FOUND);
}

/* Start again in a mount namespace of our own; returns only when that is refused. */
static void enter_namespace(char **argv)
{
    setenv(INSIDE, "1", 1);
    execlp("unshare", "unshare", geteuid() == 0 ? "-m" : "-Urm", "--propagation=private", argv[0],
           (char *)NULL);
    fprintf(stderr, "unshare: %s\n", strerror(errno));
    exit(1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_long_name_is_invalid),
        cmocka_unit_test(an_unknown_mount_is_not_found),
    };
    (void)argc;
    if (!getenv(INSIDE))
        enter_namespace(argv);
    return TABLE_RUN("mount, detached", rows, with_detached) +
           TABLE_RUN("mount, fallback", rows, with_fallback) +
           TABLE_RUN("mount, shared", shared_rows, one_shared) +
           TABLE_RUN("mount_target", path_rows, one_path) +
           TABLE_RUN("mount_info", info_rows, one_info) + GROUP_RUN("mount, others", others);
}
