/* The atomic writer on an ordinary folder: layout, change detection, healing, refusals. */

#include "project/project_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "tests/support/table.h"
#include "tests/support/tmp_dir.h"

struct path_row {
    const char *name, *path;
    bool is_good;
};
static const struct path_row path_rows[] = {
    {"plain", "password", true},
    {"nested", "db/password", true},
    {"leading dot", ".dockerconfigjson", true},
    {"dots inside", "a..b", true},
    {"empty", "", false},
    {"absolute", "/etc/passwd", false},
    {"parent", "..", false},
    {"parent inside", "a/../b", false},
    {"parent at the end", "a/..", false},
    {"here", "./a", false},
    {"reserved", "..data", false},
    {"reserved inside", "a/..2026", false},
    {"double slash", "a//b", false},
    {"trailing slash", "a/", false},
    {"not UTF-8", "a\xff", false},
    {"UTF-8", "gr\xc3\xbc\xc3\x9f", true},
};

static void one_path(void **state)
{
    const struct path_row *r = *state;
    CLEANUP(err) struct err *e = project_path_check("items[0].path", r->path);
    assert_int_equal(e == NULL, r->is_good);
    if (e) {
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_non_null(strstr(err_text(e), "items[0].path"));
    }
}

static void long_element_is_refused(void **state)
{
    char path[300];
    (void)state;
    memset(path, 'a', sizeof(path));
    path[256] = '\0';
    CLEANUP(err) struct err *e = project_path_check("x", path);
    assert_non_null(e);
    path[255] = '\0';
    assert_null(project_path_check("x", path));
}

static struct project_file file(const char *path, const char *content)
{
    return (struct project_file){path, 0644, secret_view_of(content, strlen(content))};
}

static bool write_files(int fd, const struct project_file *files, size_t n)
{
    struct project_files want = {files, n, false, 0};
    bool changed = false;
    struct err *e = project_files_write(fd, &want, &changed);
    assert_null(e);
    return changed;
}

static void assert_content(int fd, const char *path, const char *want)
{
    char *text;
    size_t n;
    struct err *e = fs_read_text(fd, path, 1000, &text, &n);
    assert_null(e);
    assert_string_equal(text, want);
    free(text);
}

static void layout_is_the_kubelets(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char link[256] = "";
    struct stat st;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("user", "app"), file("db/pass/word", "s3")};
    assert_true(write_files(d.fd, files, 2));
    assert_content(d.fd, "user", "app");
    assert_content(d.fd, "db/pass/word", "s3");
    assert_true(readlinkat(d.fd, "user", link, sizeof(link) - 1) > 0);
    assert_string_equal(link, "..data/user");
    memset(link, 0, sizeof(link));
    assert_true(readlinkat(d.fd, "db", link, sizeof(link) - 1) > 0);
    assert_string_equal(link, "..data/db");
    memset(link, 0, sizeof(link));
    assert_true(readlinkat(d.fd, "..data", link, sizeof(link) - 1) > 0);
    assert_memory_equal(link, "..20", 4);
    assert_int_equal(fstatat(d.fd, "user", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_true(project_files_are_complete(d.fd));
}

static void same_content_is_unchanged(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("a", "1"), file("b", "2")};
    assert_true(write_files(d.fd, files, 2));
    assert_false(write_files(d.fd, files, 2));
    files[1] = file("b", "3");
    assert_true(write_files(d.fd, files, 2));
    assert_content(d.fd, "b", "3");
}

static void mode_alone_is_a_change(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct stat st;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("a", "1")};
    assert_true(write_files(d.fd, files, 1));
    files[0].mode = 0400;
    assert_true(write_files(d.fd, files, 1));
    assert_int_equal(fstatat(d.fd, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
}

static void group_may_read(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct stat st;
    bool changed = false;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("d/a", "1")};
    files[0].mode = 0400;
    struct project_files want = {files, 1, true, getgid()};
    assert_null(project_files_write(d.fd, &want, &changed));
    assert_int_equal(fstatat(d.fd, "d/a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0440);
    assert_int_equal(st.st_gid, getgid());
    assert_int_equal(fstatat(d.fd, "d", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 02750);
}

static size_t count_entries(int fd)
{
    struct stat st;
    size_t n = 0;
    const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        n += fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0;
    return n;
}

static void names_come_and_go(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    (void)state;
    tmp_dir_init(&d);
    struct project_file two[] = {file("a", "1"), file("b", "2")};
    struct project_file other[] = {file("c", "3")};
    assert_true(write_files(d.fd, two, 2));
    assert_true(write_files(d.fd, other, 1));
    assert_int_equal(count_entries(d.fd), 1);
    assert_content(d.fd, "c", "3");
    assert_true(write_files(d.fd, NULL, 0));
    assert_int_equal(count_entries(d.fd), 0);
    assert_true(project_files_are_complete(d.fd));
}

/* What a kill at the worst moments leaves behind is mended by the next call. */
static void leftovers_are_mended(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct stat st;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("a", "1"), file("b", "2")};
    assert_true(write_files(d.fd, files, 2));
    assert_int_equal(mkdirat(d.fd, "..2026_01_01_00_00_00.0badc0ffee", 0700), 0);
    assert_int_equal(symlinkat("..nowhere", d.fd, "..data_tmp"), 0);
    assert_int_equal(unlinkat(d.fd, "b", 0), 0);
    assert_int_equal(symlinkat("..data/gone", d.fd, "gone"), 0);
    assert_false(project_files_are_complete(d.fd));
    assert_false(write_files(d.fd, files, 2));
    assert_content(d.fd, "b", "2");
    assert_int_equal(fstatat(d.fd, "gone", &st, AT_SYMLINK_NOFOLLOW), -1);
    assert_int_equal(fstatat(d.fd, "..2026_01_01_00_00_00.0badc0ffee", &st, 0), -1);
    assert_true(project_files_are_complete(d.fd));
}

static void folder_in_the_way_of_the_new_link_is_removed(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    (void)state;
    tmp_dir_init(&d);
    struct project_file files[] = {file("a", "1")};
    assert_int_equal(mkdirat(d.fd, "..data_tmp", 0700), 0);
    assert_true(write_files(d.fd, files, 1));
    assert_content(d.fd, "a", "1");
}

static void foreign_data_link_is_not_followed(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    CLEANUP_TMP_DIR struct tmp_dir outside;
    (void)state;
    tmp_dir_init(&d);
    tmp_dir_init(&outside);
    assert_int_equal(symlinkat(outside.path, d.fd, "..data"), 0);
    struct project_file files[] = {file("a", "1")};
    assert_false(project_files_are_complete(d.fd));
    assert_true(write_files(d.fd, files, 1));
    assert_content(d.fd, "a", "1");
    assert_int_equal(openat(outside.fd, "a", O_RDONLY | O_CLOEXEC), -1);
}

static void bad_path_leaves_the_old_set(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    bool changed = true;
    (void)state;
    tmp_dir_init(&d);
    struct project_file good[] = {file("a", "1")};
    struct project_file bad[] = {file("a", "2"), file("../b", "3")};
    assert_true(write_files(d.fd, good, 1));
    struct project_files want = {bad, 2, false, 0};
    CLEANUP(err) struct err *e = project_files_write(d.fd, &want, &changed);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_content(d.fd, "a", "1");
    assert_true(project_files_are_complete(d.fd));
    assert_true(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_element_is_refused),
        cmocka_unit_test(layout_is_the_kubelets),
        cmocka_unit_test(same_content_is_unchanged),
        cmocka_unit_test(mode_alone_is_a_change),
        cmocka_unit_test(group_may_read),
        cmocka_unit_test(names_come_and_go),
        cmocka_unit_test(leftovers_are_mended),
        cmocka_unit_test(folder_in_the_way_of_the_new_link_is_removed),
        cmocka_unit_test(foreign_data_link_is_not_followed),
        cmocka_unit_test(bad_path_leaves_the_old_set),
    };
    return TABLE_RUN("project_path_check", path_rows, one_path) + GROUP_RUN("project_files", tests);
}
