/* The least that a kernel must be asked for to show a volume of ten files: a detached tmpfs, a
 * generation with its files and links, a small record of the volume on disk, a folder, and
 * move_mount(2). No gRPC, no lookups, no checks: what is above this is the agent's.
 *
 *     floor ROOT COUNT keep|sync
 *
 * All volumes are made, then all are removed; per volume one line: ns to make, ns to remove. With
 * "sync" the record is also flushed to the disk. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/bench/tool.h"

#define FILES 10
#define VALUE_BYTES 32
#define RECORD_BYTES 283
#define ATTRS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define GENERATION "..2026_01_01_00_00_00.0123456789"

struct times {
    uint64_t make_ns;
    uint64_t remove_ns;
};

static void check(int result, const char *what)
{
    if (result < 0)
        tool_give_up(what);
}

static int make_tmpfs(void)
{
    static const char *const options[][2] = {
        {"source", "floor"}, {"size", "16777216"}, {"nr_inodes", "16384"},
        {"mode", "755"},     {"gid", "0"},
    };
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    check(fs, "fsopen");
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        check(fsconfig(fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0), "fsconfig");
    (void)fsconfig(fs, FSCONFIG_SET_FLAG, "noswap", NULL, 0);
    check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "create tmpfs");
    int mount = fsmount(fs, FSMOUNT_CLOEXEC, ATTRS);
    check(mount, "fsmount");
    close(fs);
    return mount;
}

static void write_file(int dir, const char *name, mode_t mode, size_t n, bool is_synced)
{
    char bytes[RECORD_BYTES];
    memset(bytes, 'v', sizeof(bytes));
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(fd, "open file");
    check((int)write(fd, bytes, n), "write");
    check(fchmod(fd, mode), "fchmod");
    if (is_synced)
        check(fsync(fd), "fsync");
    close(fd);
}

static void fill(int root)
{
    char name[32];
    char link[64];
    check(mkdirat(root, GENERATION, 0755), "mkdir");
    int dir = openat(root, GENERATION, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(dir, "open folder");
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        write_file(dir, name, 0644, VALUE_BYTES, false);
    }
    close(dir);
    check(symlinkat(GENERATION, root, "..data_tmp"), "symlink");
    check(renameat(root, "..data_tmp", root, "..data"), "rename");
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        snprintf(link, sizeof(link), "..data/%s", name);
        check(symlinkat(link, root, name), "symlink");
    }
}

static void make_volume(int records, const char *record, const char *target, bool is_synced)
{
    int mount = make_tmpfs();
    int root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(root, "open root");
    fill(root);
    write_file(records, ".new", 0600, RECORD_BYTES, is_synced);
    check(renameat(records, ".new", records, record), "rename record");
    check(mkdir(target, 0750), "mkdir target");
    check(move_mount(mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
    close(root);
    close(mount);
}

static void remove_volume(int records, const char *record, const char *target)
{
    check(umount2(target, UMOUNT_NOFOLLOW), "umount");
    check(rmdir(target), "rmdir target");
    check(unlinkat(records, record, 0), "unlink record");
}

static void measure(const char *kubelet_root, int records, size_t n, bool is_synced,
                    struct times *out)
{
    for (size_t i = 0; i < 2 * n; i++) {
        bool is_making = i < n;
        size_t number = is_making ? i : i - n;
        CLEANUP_STR char *parent = tool_parent(kubelet_root, number);
        CLEANUP_STR char *target = tool_target(kubelet_root, number);
        CLEANUP_STR char *record = xasprintf("%06zu.json", number);
        if (is_making)
            tool_make_folder(parent);
        uint64_t began = tool_now_ns();
        if (is_making)
            make_volume(records, record, target, is_synced);
        else
            remove_volume(records, record, target);
        *(is_making ? &out[number].make_ns : &out[number].remove_ns) = tool_now_ns() - began;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: floor ROOT COUNT keep|sync\n");
        return 2;
    }
    size_t n = tool_number(argv[2]);
    CLEANUP_STR char *folder = xasprintf("%s/records", argv[1]);
    tool_make_folder(folder);
    int records = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(records, "open records");
    struct times *times = xcalloc(n + 1, sizeof(*times));
    measure(argv[1], records, n, strcmp(argv[3], "sync") == 0, times);
    for (size_t i = 0; i < n; i++)
        printf("%ju %ju\n", (uintmax_t)times[i].make_ns, (uintmax_t)times[i].remove_ns);
    free(times);
    close(records);
    return 0;
}
