/* Opening without escaping, reading with a limit, replacing at once, removing trees. */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static char root_path[] = "/tmp/test-fs-XXXXXX";
static int root = -1;

static void put(const char *name, const char *text)
{
    int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void link_to(const char *target, const char *name)
{
    assert_int_equal(symlinkat(target, root, name), 0);
}

/* A fresh directory with a file, a directory with a file, links in and out. */
static int setup(void **state)
{
    (void)state;
    strcpy(root_path, "/tmp/test-fs-XXXXXX");
    if (!mkdtemp(root_path))
        return 1;
    root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put("file", "hello");
    mkdirat(root, "dir", 0700);
    put("dir/inner", "inner");
    link_to("file", "link");
    link_to("/etc", "out");
    link_to("dir", "dirlink");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(root);
    int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err *e = fs_remove_tree(tmp, strrchr(root_path, '/') + 1);
    close(tmp);
    int failed = e != NULL;
    err_free(e);
    return failed;
}

static bool exists(const char *name)
{
    struct stat st;
    return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void expect_error(struct err *e, enum err_class want, const char *part)
{
    CLEANUP(err) struct err *owned = e;
    assert_non_null(owned);
    assert_int_equal(err_class(owned), want);
    assert_non_null(strstr(err_text(owned), part));
}

#define FIFTY "01234567890123456789012345678901234567890123456789"

struct beneath_row {
    const char *name;
    const char *path;
    bool opens;
    enum err_class want;
};

static const struct beneath_row beneath_rows[] = {
    {"file", "file", true, 0},
    {"in a directory", "dir/inner", true, 0},
    {"absent", "nothing", false, ERR_NOT_FOUND},
    {"up", "..", false, ERR_INVALID},
    {"up and back", "dir/../file", false, ERR_INVALID},
    {"absolute", "/etc/passwd", false, ERR_INVALID},
    {"link", "link", false, ERR_INVALID},
    {"link on the way", "dirlink/inner", false, ERR_INVALID},
    {"link out", "out/passwd", false, ERR_INVALID},
    {"through a file", "file/x", false, ERR_INTERNAL},
    {"empty", "", false, ERR_NOT_FOUND},
    {"doubled slash", "dir//inner", true, 0},
    {"dot", "./dir/./inner", true, 0},
    {"link to a directory", "dirlink", false, ERR_INVALID},
    {"long element", FIFTY FIFTY FIFTY FIFTY FIFTY "012345/x", false, ERR_INTERNAL},
};

static void beneath_row(void **state)
{
    const struct beneath_row *r = *state;
    assert_int_equal(setup(NULL), 0);
    CLEANUP_FD int fd = -1;
    struct err *e = fs_open_beneath(root, r->path, O_RDONLY, true, &fd);
    if (r->opens) {
        assert_null(e);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    } else {
        expect_error(e, r->want, r->path);
        assert_int_equal(fd, -1);
    }
    assert_int_equal(teardown(NULL), 0);
}

static void beneath_may_create(void **state)
{
    (void)state;
    CLEANUP_FD int fd = -1;
    assert_null(fs_open_beneath(root, "dir/new", O_WRONLY | O_CREAT | O_EXCL, false, &fd));
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, FS_BENEATH_MODE);
}

static void beneath_and_mounts(void **state)
{
    (void)state;
    CLEANUP_FD int slash = -1;
    CLEANUP_FD int fd = -1;
    assert_null(fs_open(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0, &slash));
    expect_error(fs_open_beneath(slash, "proc/version", O_RDONLY, true, &fd), ERR_INVALID, "proc");
    assert_null(fs_open_beneath(slash, "proc/version", O_RDONLY, false, &fd));
}

static void read_text(void **state)
{
    (void)state;
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    assert_null(fs_read_text(root, "link", 5, &text, &n));
    assert_string_equal(text, "hello");
    assert_int_equal(n, 5);
    CLEANUP_STR char *same = NULL;
    assert_null(fs_read_text(root, "file", 1000, &same, NULL));
    assert_string_equal(same, "hello");
    CLEANUP_STR char *none = NULL;
    expect_error(fs_read_text(root, "file", 4, &none, &n), ERR_INVALID, "larger than 4 bytes");
    expect_error(fs_read_text(root, "absent", 4, &none, &n), ERR_NOT_FOUND, "open absent");
    expect_error(fs_read_text(root, "dir", 4, &none, &n), ERR_INTERNAL, "read dir");
    assert_null(none);
}

static void read_secret(void **state)
{
    (void)state;
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    assert_null(fs_read_secret(root, "link", 5, &b));
    assert_true(secret_view_equal(secret_buf_view(b), secret_view_of("hello", 5)));
    CLEANUP(secret_buf) struct secret_buf *none = NULL;
    expect_error(fs_read_secret(root, "file", 4, &none), ERR_INVALID, "larger than 4 bytes");
    expect_error(fs_read_secret(root, "absent", 4, &none), ERR_NOT_FOUND, "open absent");
    expect_error(fs_read_secret(root, "dir", 4, &none), ERR_INTERNAL, "read dir");
    assert_null(none);
}

static void large_files_come_whole(void **state)
{
    (void)state;
    size_t size = 100001;
    CLEANUP_STR char *big = xcalloc(1, size);
    for (size_t i = 0; i < size; i++)
        big[i] = (char)i;
    assert_null(fs_replace_text(root, "big", 0644, big, size));
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    assert_null(fs_read_text(root, "big", size, &text, &n));
    assert_int_equal(n, size);
    assert_memory_equal(text, big, size);
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    assert_null(fs_read_secret(root, "big", size, &b));
    assert_true(secret_view_equal(secret_buf_view(b), secret_view_of(big, size)));
    CLEANUP_STR char *none = NULL;
    expect_error(fs_read_text(root, "big", size - 1, &none, &n), ERR_INVALID, "larger");
}

static size_t count_entries(void)
{
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fdopendir(fd);
    size_t n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void replace(void **state)
{
    (void)state;
    size_t before = count_entries();
    assert_null(fs_replace_text(root, "file", 0640, "new", 3));
    assert_null(fs_replace_secret(root, "link", 0400, secret_view_of("secret", 6)));
    assert_int_equal(count_entries(), before);
    CLEANUP_STR char *text = NULL;
    assert_null(fs_read_text(root, "file", 100, &text, NULL));
    assert_string_equal(text, "new");
    struct stat st;
    assert_int_equal(fstatat(root, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(fstatat(root, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void replace_fails_cleanly(void **state)
{
    (void)state;
    size_t before = count_entries();
    expect_error(fs_replace_text(root, "dir", 0600, "x", 1), ERR_INTERNAL, "replace dir: rename");
    expect_error(fs_replace_text(root, "a/b", 0600, "x", 1), ERR_INVALID, "replace a/b");
    expect_error(fs_replace_secret(root, "..", 0600, secret_view_of("x", 1)), ERR_INVALID, "..");
    expect_error(fs_replace_text(-1, "x", 0600, "x", 1), ERR_INTERNAL, "open .tmp-");
    assert_int_equal(count_entries(), before);
}

static void open_without_right(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(fchmodat(root, "dir", 0700, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        struct err *e = fs_open(root, "dir/inner", O_RDONLY, 0, &fd);
        bool is_denied = e && err_class(e) == ERR_DENIED;
        err_free(e);
        _exit(is_denied ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void write_all_reports(void **state)
{
    (void)state;
    CLEANUP_FD int fd = -1;
    assert_null(fs_open(root, "file", O_RDONLY, 0, &fd));
    expect_error(fs_write_all(fd, "x", 1), ERR_INTERNAL, "write");
    assert_null(fs_write_all(fd, NULL, 0));
}

static void mkdirs(void **state)
{
    (void)state;
    assert_null(fs_mkdirs(root, "a/b//c/", 0750));
    assert_null(fs_mkdirs(root, "a/b/c", 0750));
    assert_true(exists("a/b/c"));
    CLEANUP_STR char *absolute = xasprintf("%s/x/y", root_path);
    assert_null(fs_mkdirs(AT_FDCWD, absolute, 0750));
    assert_true(exists("x/y"));
    assert_null(fs_mkdirs(root, "dirlink/z", 0750));
    assert_true(exists("dir/z"));
    expect_error(fs_mkdirs(root, "file", 0750), ERR_INTERNAL, "mkdir file");
    expect_error(fs_mkdirs(root, "file/x", 0750), ERR_INTERNAL, "file");
    expect_error(fs_mkdirs(-1, "x", 0750), ERR_INTERNAL, "mkdir x");
}

static void remove_tree(void **state)
{
    (void)state;
    assert_null(fs_mkdirs(root, "tree/a/b/c", 0700));
    put("tree/a/one", "1");
    put("tree/a/b/two", "2");
    link_to("../dir", "tree/link");
    link_to("nowhere", "tree/dangling");
    assert_null(fs_remove_tree(root, "tree"));
    assert_false(exists("tree"));
    assert_true(exists("dir/inner"));
    assert_null(fs_remove_tree(root, "tree"));
    assert_null(fs_remove_tree(root, "dirlink"));
    assert_true(exists("dir/inner"));
    assert_null(fs_remove_tree(root, "file"));
    assert_false(exists("file"));
    expect_error(fs_remove_tree(root, ".."), ERR_INVALID, "not a file name");
    expect_error(fs_remove_tree(root, "dir/inner"), ERR_INVALID, "not a file name");
}

static void remove_many(void **state)
{
    (void)state;
    assert_null(fs_mkdirs(root, "many", 0700));
    for (int i = 0; i < 2000; i++) {
        CLEANUP_STR char *name = xasprintf("many/%d", i);
        put(name, "");
    }
    assert_null(fs_remove_tree(root, "many"));
    assert_false(exists("many"));
}

static void remove_has_a_depth(void **state)
{
    (void)state;
    char path[2 * FS_TREE_DEPTH_MAX + 2];
    for (size_t i = 0; i + 1 < sizeof(path); i++)
        path[i] = i % 2 ? '/' : 'd';
    path[sizeof(path) - 1] = '\0';
    assert_null(fs_mkdirs(root, path, 0700));
    expect_error(fs_remove_tree(root, "d"), ERR_INVALID, "deeper than 64");
    assert_int_equal(unlinkat(root, path, AT_REMOVEDIR), 0);
    assert_null(fs_remove_tree(root, "d"));
}

/* In a mount namespace of its own, so that nothing stays behind. */
static int try_to_remove_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0)
        return 77;
    CLEANUP_STR char *on_dir = xasprintf("%s/tree/mounted", root_path);
    CLEANUP_STR char *on_file = xasprintf("%s/tree2/file", root_path);
    CLEANUP_STR char *source = xasprintf("%s/dir", root_path);
    CLEANUP_STR char *source_file = xasprintf("%s/dir/inner", root_path);
    if (mount(source, on_dir, "none", MS_BIND, "") != 0 ||
        mount(source_file, on_file, "none", MS_BIND, "") != 0)
        return 77;
    CLEANUP(err) struct err *from_dir = fs_remove_tree(root, "tree");
    CLEANUP(err) struct err *from_file = fs_remove_tree(root, "tree2");
    if (!from_dir || err_class(from_dir) != ERR_CONFLICT)
        return 1;
    if (!from_file || err_class(from_file) != ERR_CONFLICT)
        return 2;
    return exists("dir/inner") ? 0 : 3;
}

static void remove_never_crosses_a_mount(void **state)
{
    (void)state;
    assert_null(fs_mkdirs(root, "tree/mounted", 0700));
    assert_null(fs_mkdirs(root, "tree2", 0700));
    put("tree2/file", "");
    pid_t child = fork();
    if (child == 0)
        _exit(try_to_remove_mounts());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

struct name_row {
    const char *name;
    const char *input;
    bool want;
};

static const struct name_row name_rows[] = {
    {"plain", "tls.crt", true},
    {"hidden", ".dockerconfigjson", true},
    {"three dots", "...", true},
    {"dots first", "..data", true},
    {"255 bytes", FIFTY FIFTY FIFTY FIFTY FIFTY "01234", true},
    {"256 bytes", FIFTY FIFTY FIFTY FIFTY FIFTY "012345", false},
    {"empty", "", false},
    {"dot", ".", false},
    {"dot dot", "..", false},
    {"slash", "a/b", false},
    {"slash at the end", "a/", false},
};

static void name_row(void **state)
{
    const struct name_row *r = *state;
    assert_int_equal(fs_is_name(r->input), r->want);
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(beneath_may_create, setup, teardown),
        cmocka_unit_test_setup_teardown(beneath_and_mounts, setup, teardown),
        cmocka_unit_test_setup_teardown(read_text, setup, teardown),
        cmocka_unit_test_setup_teardown(read_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(large_files_come_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(replace, setup, teardown),
        cmocka_unit_test_setup_teardown(replace_fails_cleanly, setup, teardown),
        cmocka_unit_test_setup_teardown(open_without_right, setup, teardown),
        cmocka_unit_test_setup_teardown(write_all_reports, setup, teardown),
        cmocka_unit_test_setup_teardown(mkdirs, setup, teardown),
        cmocka_unit_test_setup_teardown(remove_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(remove_many, setup, teardown),
        cmocka_unit_test_setup_teardown(remove_has_a_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(remove_never_crosses_a_mount, setup, teardown),
    };
    return TABLE_RUN("fs_open_beneath", beneath_rows, beneath_row) +
           TABLE_RUN("fs_is_name", name_rows, name_row) + GROUP_RUN("fs", tests);
}

/* From here on openat2(2) does not exist: the other way of fs_open_beneath. */
static int forbid_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 1;
    struct open_how how = {.flags = O_RDONLY};
    return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)) >= 0 || errno != ENOSYS;
}

int main(void)
{
    umask(077);
    int failed = run_all();
    return failed + forbid_openat2() + run_all();
}
