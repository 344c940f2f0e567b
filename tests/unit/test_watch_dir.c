/* A folder of manifests as a source: what is seen when, in which order, and what half-written,
 * broken, doubled and vanished files do. */

#include "watch/watch_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/thread.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"
#include "tests/support/tmp_dir.h"

#define PATIENCE_NS (10 * NS_PER_S)
#define HEARD_MAX 64

#define ES(name, key)                                                                              \
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: " name             \
    ", namespace: app}\nspec: {secretStoreRef: {name: s}, data: [{secretKey: k, remoteRef: "       \
    "{key: " key "}}]}\n"
#define STORE(kind, name)                                                                          \
    "apiVersion: external-secrets.io/v1\nkind: " kind "\nmetadata: {name: " name                   \
    ", namespace: app}\nspec: {provider: {fake: {data: []}}}\n"
#define SECRET(name, value)                                                                        \
    "apiVersion: v1\nkind: Secret\nmetadata: {name: " name ", namespace: app}\nstringData: "       \
    "{token: " value "}\n"

/* What listeners and the problem callback heard, in order. */
struct fixture {
    struct tmp_dir dir;
    struct spec_store *specs;
    struct watch_dir *w;
    struct mutex mu;
    struct cond changed;
    char heard[HEARD_MAX][160];
    size_t n_heard;
};

static void hear(struct fixture *f, const char *what, const char *a, const char *b)
{
    mutex_lock(&f->mu);
    if (f->n_heard < HEARD_MAX)
        snprintf(f->heard[f->n_heard++], sizeof(f->heard[0]), "%s %s%s%s", what, a, *b ? "/" : "",
                 b);
    cond_broadcast(&f->changed);
    mutex_unlock(&f->mu);
}

static void on_spec(void *ctx, const char *ns, const char *name)
{
    hear(ctx, "spec", ns, name);
}

static void on_store(void *ctx, enum store_kind kind, const char *ns, const char *name)
{
    hear(ctx, store_kind_name(kind), ns, name);
}

static void on_credentials(void *ctx, const char *ns, const char *name)
{
    hear(ctx, "secret", ns, name);
}

static void on_problem(void *ctx, const char *file, const struct err *e)
{
    CLEANUP_STR char *what = xasprintf("problem of %s:", file);
    hear(ctx, what, e ? err_text(e) : "fine again", "");
}

static const struct spec_listener listener = {on_spec, on_store, on_credentials};

/* Forget what was heard so far. */
static void forget(struct fixture *f)
{
    mutex_lock(&f->mu);
    f->n_heard = 0;
    mutex_unlock(&f->mu);
}

static bool has_heard(struct fixture *f, const char *part)
{
    mutex_lock(&f->mu);
    bool found = false;
    for (size_t i = 0; i < f->n_heard; i++)
        found = found || strstr(f->heard[i], part);
    mutex_unlock(&f->mu);
    return found;
}

/* Wait for the watching thread to tell it. */
static void wait_for(struct fixture *f, const char *part)
{
    uint64_t end_ns = clock_mono_ns(clock_system()) + PATIENCE_NS;
    while (!has_heard(f, part) && clock_mono_ns(clock_system()) < end_ns) {
        mutex_lock(&f->mu);
        cond_wait_ns(&f->changed, &f->mu, 20 * NS_PER_MS);
        mutex_unlock(&f->mu);
    }
    assert_true(has_heard(f, part));
}

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){0};
    tmp_dir_init(&f->dir);
    mutex_init(&f->mu);
    cond_init(&f->changed);
    f->specs = spec_store_new();
    spec_store_listen(f->specs, &listener, f);
}

/* Read the folder for the first time. */
static void fixture_open(struct fixture *f)
{
    struct watch_dir_options o = {
        .folder = f->dir.path, .specs = f->specs, .problem = on_problem, .problem_ctx = f};
    assert_null(watch_dir_new(&o, &f->w));
}

static void fixture_done(struct fixture *f)
{
    watch_dir_free(f->w);
    spec_store_free(f->specs);
    cond_done(&f->changed);
    mutex_done(&f->mu);
    tmp_dir_done(&f->dir);
}
#define CLEANUP_FIXTURE __attribute__((cleanup(fixture_done)))

static void write_file(struct fixture *f, const char *name, const char *text)
{
    assert_null(fs_replace_text(f->dir.fd, name, 0600, text, strlen(text)));
}

/* Key that spec app/a asks for; "" when there is no such spec. Caller frees. */
static char *asked_for(struct fixture *f)
{
    CLEANUP(spec) struct spec *s = spec_store_get_spec(f->specs, "app", "a");
    return xstrdup(s ? s->data[0].remote.key : "");
}

static void assert_asks_for(struct fixture *f, const char *want)
{
    CLEANUP_STR char *key = asked_for(f);
    assert_string_equal(key, want);
}

static void first_read_is_complete_and_in_order(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "1.yaml", ES("a", "one"));
    write_file(&f, "2.yml", STORE("SecretStore", "s") "---\n" STORE("ClusterSecretStore", "c"));
    write_file(&f, "3.json",
               "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":"
               "\"login\",\"namespace\":\"app\"}}");
    write_file(&f, "note.txt", "not a manifest: [");
    write_file(&f, ".hidden.yaml", "not a manifest: [");
    fixture_open(&f);
    assert_int_equal(f.n_heard, 4);
    assert_string_equal(f.heard[0], "secret app/login");
    assert_string_equal(f.heard[1], "ClusterSecretStore /c");
    assert_string_equal(f.heard[2], "SecretStore app/s");
    assert_string_equal(f.heard[3], "spec app/a");
    assert_true(spec_store_is_synced(f.specs, ORIGIN_MIRROR));
    assert_true(spec_store_is_synced(f.specs, ORIGIN_NODE));
}

static void unrelated_edit_triggers_nothing(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one") "---\n" STORE("SecretStore", "s"));
    write_file(&f, "s.yaml", SECRET("login", "t") "---\n" SECRET("other", "u"));
    fixture_open(&f);
    forget(&f);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 0);
    write_file(&f, "b.yaml", ES("b", "two"));
    write_file(&f, "a.yaml", "# a comment\n" ES("a", "one") "---\n" STORE("SecretStore", "s"));
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 1);
    assert_string_equal(f.heard[0], "spec app/b");
    write_file(&f, "s.yaml", SECRET("login", "new") "---\n" SECRET("other", "u"));
    forget(&f);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 1);
    assert_string_equal(f.heard[0], "secret app/login");
}

static void broken_file_keeps_what_it_said(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    fixture_open(&f);
    forget(&f);
    write_file(&f, "a.yaml", "apiVersion: [\n");
    watch_dir_rescan(f.w);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 1);
    assert_true(has_heard(&f, "problem of a.yaml: line "));
    assert_asks_for(&f, "one");
    forget(&f);
    write_file(&f, "a.yaml", ES("a", "two"));
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 2);
    assert_string_equal(f.heard[0], "problem of a.yaml: fine again");
    assert_asks_for(&f, "two");
}

static void broken_file_that_is_mended_back_is_fine_again(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    fixture_open(&f);
    write_file(&f, "a.yaml", "apiVersion: [\n");
    watch_dir_rescan(f.w);
    forget(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 1);
    assert_string_equal(f.heard[0], "problem of a.yaml: fine again");
    assert_asks_for(&f, "one");
}

static void document_that_is_not_taken_is_told_once(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one") "---\n" ES("Not_a_name", "x"));
    fixture_open(&f);
    assert_true(has_heard(&f, "problem of a.yaml: ExternalSecret: metadata.name"));
    assert_asks_for(&f, "one");
    forget(&f);
    write_file(&f, "b.yaml", "");
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 0);
}

static void first_of_two_definitions_counts(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "1.yaml", ES("a", "first"));
    write_file(&f, "2.yaml", ES("a", "second"));
    fixture_open(&f);
    assert_true(has_heard(&f, "problem of 2.yaml: ExternalSecret \"app/a\" is defined twice"));
    assert_asks_for(&f, "first");
    write_file(&f, "other.yaml", ES("b", "x"));
    forget(&f);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 1);
    assert_asks_for(&f, "first");
    assert_int_equal(unlinkat(f.dir.fd, "1.yaml", 0), 0);
    watch_dir_rescan(f.w);
    assert_asks_for(&f, "second");
}

static void removed_file_takes_its_objects(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml",
               ES("a", "one") "---\n" STORE("SecretStore", "s") "---\n" SECRET("login", "t"));
    write_file(&f, "b.yaml", ES("b", "one"));
    fixture_open(&f);
    forget(&f);
    assert_int_equal(unlinkat(f.dir.fd, "a.yaml", 0), 0);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 3);
    assert_string_equal(f.heard[0], "spec app/a"); /* before it could miss its store */
    assert_string_equal(f.heard[1], "SecretStore app/s");
    assert_string_equal(f.heard[2], "secret app/login");
    assert_asks_for(&f, "");
}

static void renamed_file_changes_nothing(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    fixture_open(&f);
    forget(&f);
    assert_int_equal(renameat(f.dir.fd, "a.yaml", f.dir.fd, "z.yaml"), 0);
    watch_dir_rescan(f.w);
    assert_int_equal(f.n_heard, 0);
    assert_asks_for(&f, "one");
}

/* As the kubelet shows a ConfigMap: all names change their content by one rename of a link. */
static void swapped_link_is_one_change(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    CLEANUP_FD int old_fd = -1;
    CLEANUP_FD int new_fd = -1;
    (void)state;
    fixture_init(&f);
    assert_int_equal(mkdirat(f.dir.fd, "..1", 0700), 0);
    assert_int_equal(mkdirat(f.dir.fd, "..2", 0700), 0);
    assert_null(fs_open(f.dir.fd, "..1", O_RDONLY | O_DIRECTORY, 0, &old_fd));
    assert_null(fs_open(f.dir.fd, "..2", O_RDONLY | O_DIRECTORY, 0, &new_fd));
    assert_null(fs_replace_text(old_fd, "a.yaml", 0600, ES("a", "one"), strlen(ES("a", "one"))));
    assert_null(fs_replace_text(new_fd, "a.yaml", 0600, ES("a", "two"), strlen(ES("a", "two"))));
    assert_int_equal(symlinkat("..1", f.dir.fd, "..data"), 0);
    assert_int_equal(symlinkat("..data/a.yaml", f.dir.fd, "a.yaml"), 0);
    fixture_open(&f);
    assert_asks_for(&f, "one");
    watch_dir_start(f.w);
    forget(&f);
    assert_int_equal(symlinkat("..2", f.dir.fd, "..data_tmp"), 0);
    assert_int_equal(renameat(f.dir.fd, "..data_tmp", f.dir.fd, "..data"), 0);
    wait_for(&f, "spec app/a");
    assert_asks_for(&f, "two");
}

/* Writing in place: half of it, then a look from outside, then the rest. */
static void half_written_file_keeps_what_it_said(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    static const char text[] = ES("a", "two") "---\n" ES("c", "x");
    size_t half = strlen(ES("a", "two")) / 2;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    fixture_open(&f);
    watch_dir_start(f.w);
    forget(&f);
    int fd = openat(f.dir.fd, "a.yaml", O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, half), half);
    write_file(&f, "b.yaml", ES("b", "x"));
    wait_for(&f, "spec app/b"); /* so the folder was read meanwhile */
    assert_false(has_heard(&f, "spec app/a"));
    assert_false(has_heard(&f, "problem"));
    assert_asks_for(&f, "one");
    assert_int_equal(write(fd, text + half, strlen(text) - half), strlen(text) - half);
    close(fd);
    wait_for(&f, "spec app/c");
    assert_asks_for(&f, "two");
    assert_false(has_heard(&f, "problem"));
}

/* The same without a thread: a read that meets a writer does not count. */
static void read_that_meets_a_writer_does_not_count(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    write_file(&f, "a.yaml", ES("a", "one"));
    fixture_open(&f);
    forget(&f);
    int fd = openat(f.dir.fd, "a.yaml", O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    watch_dir_rescan(f.w); /* the file is empty now */
    assert_int_equal(f.n_heard, 0);
    assert_asks_for(&f, "one");
    assert_int_equal(write(fd, ES("a", "two"), strlen(ES("a", "two"))), strlen(ES("a", "two")));
    watch_dir_rescan(f.w);
    assert_asks_for(&f, "one");
    close(fd);
    watch_dir_rescan(f.w);
    assert_asks_for(&f, "two");
}

static void removed_folder_loses_nothing(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    CLEANUP_STR char *inner = xasprintf("%s/inner", f.dir.path);
    assert_int_equal(mkdirat(f.dir.fd, "inner", 0700), 0);
    struct watch_dir_options o = {
        .folder = inner, .specs = f.specs, .problem = on_problem, .problem_ctx = &f};
    assert_null(watch_dir_new(&o, &f.w));
    spec_store_put_spec(f.specs, ORIGIN_MIRROR, manifest_spec(ES("a", "one")));
    assert_int_equal(unlinkat(f.dir.fd, "inner", AT_REMOVEDIR), 0);
    forget(&f);
    watch_dir_rescan(f.w);
    assert_true(has_heard(&f, "problem of .: the folder was removed"));
    assert_asks_for(&f, "one");
}

static void moved_folder_is_told(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    CLEANUP_STR char *inner = xasprintf("%s/inner", f.dir.path);
    assert_int_equal(mkdirat(f.dir.fd, "inner", 0700), 0);
    struct watch_dir_options o = {
        .folder = inner, .specs = f.specs, .problem = on_problem, .problem_ctx = &f};
    assert_null(watch_dir_new(&o, &f.w));
    watch_dir_start(f.w);
    assert_int_equal(renameat(f.dir.fd, "inner", f.dir.fd, "outer"), 0);
    wait_for(&f, "problem of .: the folder was moved");
}

static void missing_folder_is_told(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    struct watch_dir_options o = {.folder = "/nowhere/at/all", .specs = f.specs};
    CLEANUP(err) struct err *e = watch_dir_new(&o, &f.w);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    assert_false(spec_store_is_synced(f.specs, ORIGIN_MIRROR));
}

struct credential_row {
    const char *name, *secret, *key;
    bool is_found;
    enum err_class want;
    const char *text; /* the value, or part of the error */
};
#define CREDENTIALS                                                                                \
    "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: app}\n"                      \
    "data: {user: YXBw, both: YXBw, bad: '?'}\nstringData: {plain: text, both: wins}\n"
static const struct credential_row credential_rows[] = {
    {"data", "login", "user", true, 0, "app"},
    {"stringData", "login", "plain", true, 0, "text"},
    {"stringData wins", "login", "both", true, 0, "wins"},
    {"no key", "login", "none", false, ERR_NOT_FOUND, "Secret \"app/login\": has no key \"none\""},
    {"no Secret", "other", "user", false, ERR_NOT_FOUND,
     "Secret \"app/other\": does not exist in the manifest folder"},
    {"no base64", "login", "bad", false, ERR_INVALID, "Secret \"app/login\""},
};

static void one_credential(void **state)
{
    const struct credential_row *r = *state;
    CLEANUP_FIXTURE struct fixture f;
    CLEANUP(secret_buf) struct secret_buf *got = NULL;
    fixture_init(&f);
    write_file(&f, "s.yaml", CREDENTIALS);
    fixture_open(&f);
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    CLEANUP(err) struct err *e = watch_dir_credential(f.w, "app", r->secret, r->key, &dl, &got);
    if (!r->is_found) {
        assert_non_null(e);
        assert_int_equal(err_class(e), r->want);
        assert_non_null(strstr(err_text(e), r->text));
        return;
    }
    assert_null(e);
    assert_true(secret_view_equal(secret_buf_view(got), secret_view_of(r->text, strlen(r->text))));
}

/* Readers of credentials while the folder changes. */
static void read_credentials(void *arg)
{
    struct fixture *f = arg;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    for (int i = 0; i < 500; i++) {
        CLEANUP(secret_buf) struct secret_buf *got = NULL;
        err_free(watch_dir_credential(f->w, "app", "login", "token", &dl, &got));
    }
}

static void credentials_are_read_while_the_folder_changes(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    struct thread *reader = thread_start("reader", read_credentials, &f);
    for (int i = 0; i < 5; i++) {
        write_file(&f, "s.yaml", i % 2 ? SECRET("login", "one") : SECRET("login", "two"));
        watch_dir_rescan(f.w);
    }
    thread_join(reader);
    assert_true(has_heard(&f, "secret app/login"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_read_is_complete_and_in_order),
        cmocka_unit_test(unrelated_edit_triggers_nothing),
        cmocka_unit_test(broken_file_keeps_what_it_said),
        cmocka_unit_test(broken_file_that_is_mended_back_is_fine_again),
        cmocka_unit_test(document_that_is_not_taken_is_told_once),
        cmocka_unit_test(first_of_two_definitions_counts),
        cmocka_unit_test(removed_file_takes_its_objects),
        cmocka_unit_test(renamed_file_changes_nothing),
        cmocka_unit_test(swapped_link_is_one_change),
        cmocka_unit_test(half_written_file_keeps_what_it_said),
        cmocka_unit_test(read_that_meets_a_writer_does_not_count),
        cmocka_unit_test(removed_folder_loses_nothing),
        cmocka_unit_test(moved_folder_is_told),
        cmocka_unit_test(missing_folder_is_told),
        cmocka_unit_test(credentials_are_read_while_the_folder_changes),
    };
    return TABLE_RUN("watch_dir_credential", credential_rows, one_credential) +
           GROUP_RUN("watch_dir", tests);
}
