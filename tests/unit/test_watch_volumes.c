/* The registry of published volumes: on disk, across restarts, beside rubbish. */

#include "watch/watch_volumes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/support/table.h"
#include "tests/support/tmp_dir.h"

static struct volume_record record(char *id)
{
    static char ns[] = "team", pod[] = "app-0", uid[] = "u1", es[] = "app-db", target[] = "/k/t",
                items[] = "[{key: a, path: b}]";
    return (struct volume_record){.volume_id = id,
                                  .target_path = target,
                                  .pod_ns = ns,
                                  .pod_name = pod,
                                  .pod_uid = uid,
                                  .external_secret = es,
                                  .items_yaml = items,
                                  .is_optional = true,
                                  .fs_group = 2000};
}

static struct watch_volumes *open_registry(const struct tmp_dir *d, size_t want_skipped)
{
    struct watch_volumes *w;
    size_t skipped = 0;
    assert_null(watch_volumes_open(d->path, &w, &skipped));
    assert_int_equal(skipped, want_skipped);
    return w;
}

static void records_survive_a_restart(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char id[] = "csi-../../evil";
    struct volume_record r = record(id);
    (void)state;
    tmp_dir_init(&d);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_null(watch_volumes_put(w, &r));
    CLEANUP(watch_volumes) struct watch_volumes *again = open_registry(&d, 0);
    CLEANUP(volume_record) struct volume_record *got = watch_volumes_get(again, id);
    assert_non_null(got);
    assert_true(volume_record_equal(got, &r));
    assert_null(got->service_account);
    assert_null(watch_volumes_remove(again, id));
    assert_null(watch_volumes_remove(again, id));
    CLEANUP(watch_volumes) struct watch_volumes *empty = open_registry(&d, 0);
    assert_int_equal(watch_volumes_count(empty), 0);
}

static void rubbish_is_dropped_and_counted(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char id[] = "v1";
    struct volume_record r = record(id);
    (void)state;
    tmp_dir_init(&d);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_null(watch_volumes_put(w, &r));
    assert_null(fs_replace_text(d.fd, "half.json", 0600, "{\"volumeId\":", 12));
    assert_null(fs_replace_text(d.fd, "other.json", 0600, "{}", 2));
    assert_int_equal(mkdirat(d.fd, "folder.json", 0700), 0);
    CLEANUP(watch_volumes) struct watch_volumes *again = open_registry(&d, 3);
    assert_int_equal(watch_volumes_count(again), 1);
    CLEANUP(watch_volumes) struct watch_volumes *third = open_registry(&d, 0);
    assert_int_equal(watch_volumes_count(third), 1);
}

static void files_are_private(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct stat st;
    char id[] = "v1";
    struct volume_record r = record(id);
    (void)state;
    tmp_dir_init(&d);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_null(watch_volumes_put(w, &r));
    /* The name is the SHA-256 of the id. */
    const char *name = "3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe.json";
    assert_int_equal(fstatat(d.fd, name, &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void list_is_by_external_secret(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char a[] = "a", b[] = "b", other_es[] = "other";
    struct volume_record first = record(a);
    struct volume_record second = record(b);
    struct volume_record **got;
    (void)state;
    tmp_dir_init(&d);
    second.external_secret = other_es;
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_null(watch_volumes_put(w, &first));
    assert_null(watch_volumes_put(w, &second));
    assert_int_equal(watch_volumes_list(w, "team", "app-db", &got), 1);
    assert_string_equal(got[0]->volume_id, "a");
    volume_record_free(got[0]);
    free(got);
    assert_int_equal(watch_volumes_list(w, "elsewhere", "app-db", &got), 0);
    assert_true(watch_volumes_has(w, "team", "other"));
    assert_false(watch_volumes_has(w, "elsewhere", "app-db"));
    free(got);
    assert_int_equal(watch_volumes_count(w), 2);
}

static void record_that_is_too_long_is_refused(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char id[] = "v1";
    struct volume_record r = record(id);
    (void)state;
    tmp_dir_init(&d);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    CLEANUP_STR char *items = xcalloc(1, 300000);
    memset(items, ' ', 299999);
    r.items_yaml = items;
    CLEANUP(err) struct err *e = watch_volumes_put(w, &r);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(watch_volumes_count(w), 0);
}

/* Written without the care of the registry, which would wait for the disk each time. */
static void write_record(int dir_fd, int i)
{
    CLEANUP_FD int fd = -1;
    CLEANUP_STR char *name = xasprintf("%d.json", i);
    CLEANUP_STR char *text =
        xasprintf("{\"volumeId\":\"v%d\",\"targetPath\":\"/k/t\",\"podNamespace\":\"team\","
                  "\"podName\":\"app-0\",\"podUid\":\"u1\",\"externalSecret\":\"app-db\"}",
                  i);
    assert_null(fs_open(dir_fd, name, O_WRONLY | O_CREAT, 0600, &fd));
    assert_null(fs_write_all(fd, text, strlen(text)));
}

static void full_registry_takes_what_it_knows(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    char known[] = "v7", fresh[] = "one more";
    struct volume_record again = record(known);
    struct volume_record more = record(fresh);
    (void)state;
    tmp_dir_init(&d);
    for (int i = 0; i < WATCH_VOLUMES_MAX; i++)
        write_record(d.fd, i);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_int_equal(watch_volumes_count(w), WATCH_VOLUMES_MAX);
    assert_null(watch_volumes_put(w, &again));
    CLEANUP(err) struct err *e = watch_volumes_put(w, &more);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(watch_volumes_count(w), WATCH_VOLUMES_MAX);
}

struct heard {
    int added, removed;
};
static void on_added(void *ctx, const char *ns, const char *es)
{
    struct heard *h = ctx;
    assert_string_equal(ns, "team");
    assert_string_equal(es, "app-db");
    h->added++;
}
static void on_removed(void *ctx, const char *ns, const char *es)
{
    struct heard *h = ctx;
    assert_string_equal(ns, "team");
    assert_string_equal(es, "app-db");
    h->removed++;
}

static void listener_hears_of_loaded_and_new(void **state)
{
    static const struct watch_volumes_listener l = {on_added, on_removed};
    CLEANUP_TMP_DIR struct tmp_dir d;
    char a[] = "a", b[] = "b";
    struct volume_record first = record(a);
    struct volume_record second = record(b);
    struct heard heard = {0, 0};
    (void)state;
    tmp_dir_init(&d);
    CLEANUP(watch_volumes) struct watch_volumes *w = open_registry(&d, 0);
    assert_null(watch_volumes_put(w, &first));
    watch_volumes_listen(w, &l, &heard);
    assert_int_equal(heard.added, 1);
    assert_null(watch_volumes_put(w, &second));
    assert_int_equal(heard.added, 2);
    assert_null(watch_volumes_put(w, &second));
    assert_int_equal(heard.added - heard.removed, 2);
    assert_null(watch_volumes_remove(w, "a"));
    assert_int_equal(heard.added - heard.removed, 1);
}

static void one_of_two_owns_the_volumes(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    (void)state;
    tmp_dir_init(&d);
    struct watch_volumes *old = open_registry(&d, 0);
    CLEANUP(watch_volumes) struct watch_volumes *next = open_registry(&d, 0);
    assert_true(watch_volumes_own(old));
    assert_true(watch_volumes_own(old));
    assert_false(watch_volumes_own(next));
    watch_volumes_free(old);
    assert_true(watch_volumes_own(next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_survive_a_restart),
        cmocka_unit_test(rubbish_is_dropped_and_counted),
        cmocka_unit_test(files_are_private),
        cmocka_unit_test(record_that_is_too_long_is_refused),
        cmocka_unit_test(full_registry_takes_what_it_knows),
        cmocka_unit_test(list_is_by_external_secret),
        cmocka_unit_test(listener_hears_of_loaded_and_new),
        cmocka_unit_test(one_of_two_owns_the_volumes),
    };
    return GROUP_RUN("watch_volumes", tests);
}
