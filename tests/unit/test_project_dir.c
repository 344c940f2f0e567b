/* The mirror as a folder: policies of creation and deletion, ownership, and paths that are none. */

#include "project/project_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/metric.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"
#include "tests/support/tmp_dir.h"

#define FILE_NAME "app/out.secret.json"
#define A64 "YQ==" /* base64 of "a" */
#define B64 "Yg=="
#define FOREIGN                                                                                    \
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"out\"},"                  \
    "\"data\":{\"old\":\"" B64 "\"}}"
#define OTHERS                                                                                     \
    "{\"metadata\":{\"labels\":{\"lockstep.dev/managed\":\"true\","                                \
    "\"reconcile.external-secrets.io/created-by\":\"somebody\"}},\"data\":{\"old\":\"" B64 "\"}}"
#define NOBODYS                                                                                    \
    "{\"metadata\":{\"labels\":{\"reconcile.external-secrets.io/managed\":\"true\"}},"             \
    "\"data\":{\"old\":\"" B64 "\",\"k\":\"" B64 "\"}}"

struct fixture {
    struct tmp_dir dir;
    struct sink *sink;
    struct deadline dl;
};

static void fixture_init(struct fixture *f)
{
    tmp_dir_init(&f->dir);
    CLEANUP_STR char *folder = xasprintf("%s/mirror", f->dir.path);
    assert_null(project_dir_new(folder, true, &f->sink));
    assert_null(fs_mkdirs(f->dir.fd, "mirror/app", 0700));
    f->dl = deadline_in(clock_system(), NS_PER_S);
    metric_reset();
}

static void fixture_done(struct fixture *f)
{
    sink_free(f->sink);
    tmp_dir_done(&f->dir);
}
#define CLEANUP_FIXTURE __attribute__((cleanup(fixture_done)))

static struct spec *spec_of(const char *creation, const char *deletion)
{
    CLEANUP_STR char *yaml = xasprintf(
        "{metadata: {name: es, namespace: app, labels: {team: a}}, spec: {secretStoreRef: {name: "
        "s}, target: {name: out, creationPolicy: %s, deletionPolicy: %s}, data: [{secretKey: k, "
        "remoteRef: {key: r}}]}}",
        creation, deletion);
    return manifest_spec(yaml);
}

/* key NULL: nothing in it. */
static struct output_set *output_of(const char *key, const char *value)
{
    struct output_set *o = output_set_new();
    struct secret_buf *b;
    o->is_empty = !key;
    if (!key)
        return o;
    assert_null(secret_buf_copy(secret_view_of(value, strlen(value)), &b));
    assert_null(output_set_put(o, key, b));
    return o;
}

static char *read_mirror(const struct fixture *f, const char *file)
{
    CLEANUP_STR char *path = xasprintf("mirror/%s", file);
    char *text = NULL;
    CLEANUP(err) struct err *e = fs_read_text(f->dir.fd, path, 1u << 20, &text, NULL);
    return e ? NULL : text;
}

static void write_mirror(const struct fixture *f, const char *text)
{
    CLEANUP_FD int fd = -1;
    assert_null(fs_open(f->dir.fd, "mirror/app", O_RDONLY | O_DIRECTORY, 0, &fd));
    assert_null(fs_replace_text(fd, "out.secret.json", 0600, text, strlen(text)));
}

/* What a file holds after the call. */
enum after { ABSENT, AS_BEFORE, OURS, OURS_AND_OLD, EMPTY_DATA };

struct policy_row {
    const char *name, *creation, *deletion;
    const char *before; /* content of the file; NULL: none */
    bool is_empty;      /* the output has no key */
    enum project_outcome outcome;
    enum after after;
    const char *conflict; /* part of the error; NULL: none */
};

static const struct policy_row policy_rows[] = {
    {"owner creates", "Owner", "Retain", NULL, false, PROJECT_CREATED, OURS, NULL},
    {"owner takes over", "Owner", "Retain", NOBODYS, false, PROJECT_CHANGED, OURS, NULL},
    {"owner, foreign", "Owner", "Retain", FOREIGN, false, 0, AS_BEFORE, "not managed by Lockstep"},
    {"owner, no Secret at all", "Owner", "Retain", "text", false, 0, AS_BEFORE,
     "is no manifest in JSON"},
    {"owner, another's", "Owner", "Retain", OTHERS, false, 0, AS_BEFORE,
     "owned by another ExternalSecret"},
    {"orphan creates", "Orphan", "Retain", NULL, false, PROJECT_CREATED, OURS, NULL},
    {"orphan, another's", "Orphan", "Retain", OTHERS, false, 0, AS_BEFORE,
     "owned by another ExternalSecret"},
    {"merge, nothing there", "Merge", "Retain", NULL, false, PROJECT_MISSING, ABSENT, NULL},
    {"merge keeps other keys", "Merge", "Retain", NOBODYS, false, PROJECT_CHANGED, OURS_AND_OLD,
     NULL},
    {"merge into another's", "Merge", "Retain", OTHERS, false, 0, AS_BEFORE,
     "owned by another ExternalSecret"},
    {"merge, foreign", "Merge", "Retain", FOREIGN, false, 0, AS_BEFORE, "not managed by Lockstep"},
    {"create or merge creates", "CreateOrMerge", "Retain", NULL, false, PROJECT_CREATED, OURS,
     NULL},
    {"create or merge keeps", "CreateOrMerge", "Retain", NOBODYS, false, PROJECT_CHANGED,
     OURS_AND_OLD, NULL},
    {"none writes nothing", "None", "Retain", NULL, false, PROJECT_NOTHING, ABSENT, NULL},
    {"none leaves what is there", "None", "Retain", FOREIGN, false, PROJECT_NOTHING, AS_BEFORE,
     NULL},
    {"empty, retain", "Owner", "Retain", NOBODYS, true, PROJECT_RETAINED, AS_BEFORE, NULL},
    {"empty, retain, nothing there", "Owner", "Retain", NULL, true, PROJECT_RETAINED, ABSENT, NULL},
    {"empty, delete", "Owner", "Delete", NOBODYS, true, PROJECT_DELETED, ABSENT, NULL},
    {"empty, delete, nothing there", "Owner", "Delete", NULL, true, PROJECT_DELETED, ABSENT, NULL},
    {"empty, delete, foreign", "Owner", "Delete", FOREIGN, true, 0, AS_BEFORE, "not managed"},
    {"empty, delete, another's", "Owner", "Delete", OTHERS, true, 0, AS_BEFORE, "owned by another"},
    {"empty, merge", "Owner", "Merge", NOBODYS, true, PROJECT_CHANGED, EMPTY_DATA, NULL},
};

static void assert_after(const struct fixture *f, const struct policy_row *r)
{
    CLEANUP_STR char *text = read_mirror(f, FILE_NAME);
    const char *data = text ? strstr(text, "\"data\":") : NULL;
    switch (r->after) {
    case ABSENT:
        assert_null(text);
        return;
    case AS_BEFORE:
        assert_string_equal(text, r->before);
        return;
    case OURS:
        assert_string_equal(data, "\"data\":{\"k\":\"" A64 "\"}}");
        assert_non_null(strstr(text, "\"team\":\"a\""));
        return;
    case OURS_AND_OLD:
        assert_non_null(strstr(data, "\"k\":\"" A64 "\""));
        assert_non_null(strstr(data, "\"old\":\"" B64 "\""));
        return;
    case EMPTY_DATA:
        assert_string_equal(data, "\"data\":{}}");
        return;
    }
}

static void one_policy(void **state)
{
    const struct policy_row *r = *state;
    CLEANUP_FIXTURE struct fixture f;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of(r->creation, r->deletion);
    CLEANUP(output_set) struct output_set *o = output_of(r->is_empty ? NULL : "k", "a");
    enum project_outcome outcome = PROJECT_NOTHING;
    if (r->before)
        write_mirror(&f, r->before);
    CLEANUP(err) struct err *e = f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome);
    assert_after(&f, r);
    if (r->conflict) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_CONFLICT);
        assert_non_null(strstr(err_text(e), r->conflict));
        assert_non_null(strstr(err_text(e), "Secret \"app/out\""));
        return;
    }
    assert_null(e);
    assert_int_equal(outcome, r->outcome);
}

struct remove_row {
    const char *name, *creation;
    const char *before;
    bool is_written_by_us; /* apply first, in place of before */
    bool is_left;
};
static const struct remove_row remove_rows[] = {
    {"owner", "Owner", NULL, true, false},
    {"orphan", "Orphan", NULL, true, true},
    {"create or merge", "CreateOrMerge", NULL, true, true},
    {"owner, nothing there", "Owner", NULL, false, false},
    {"owner, foreign", "Owner", FOREIGN, false, true},
    {"owner, another's", "Owner", OTHERS, false, true},
    {"none", "None", FOREIGN, false, true},
};

static void one_remove(void **state)
{
    const struct remove_row *r = *state;
    CLEANUP_FIXTURE struct fixture f;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of(r->creation, "Retain");
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    enum project_outcome outcome;
    if (r->before)
        write_mirror(&f, r->before);
    if (r->is_written_by_us)
        assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_null(project_dir_write_text(f.sink, "app", "es.status.json", "{}"));
    for (int i = 0; i < 2; i++) {
        assert_null(f.sink->ops->remove(f.sink, spec, &f.dl));
        CLEANUP_STR char *secret = read_mirror(&f, FILE_NAME);
        CLEANUP_STR char *status = read_mirror(&f, "app/es.status.json");
        assert_int_equal(secret != NULL, r->is_left);
        assert_null(status);
    }
}

static void removal_makes_no_folder(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    struct stat st;
    (void)state;
    fixture_init(&f);
    CLEANUP(spec)
    struct spec *spec = manifest_spec("{metadata: {name: es, namespace: other}, spec: "
                                      "{secretStoreRef: {name: s}, data: []}}");
    assert_null(f.sink->ops->remove(f.sink, spec, &f.dl));
    assert_int_not_equal(fstatat(f.dir.fd, "mirror/other", &st, 0), 0);
}

static void same_output_is_unchanged(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    struct stat before, after;
    enum project_outcome outcome;
    (void)state;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of("Owner", "Retain");
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_int_equal(fstatat(f.dir.fd, "mirror/" FILE_NAME, &before, 0), 0);
    assert_int_equal(before.st_mode & 07777, 0600);
    assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_int_equal(outcome, PROJECT_UNCHANGED);
    assert_int_equal(fstatat(f.dir.fd, "mirror/" FILE_NAME, &after, 0), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(metric_value(METRIC_SECRET_WRITES, "applied", NULL, NULL) == 1);
    assert_true(metric_value(METRIC_SECRET_WRITES, "unchanged", NULL, NULL) == 1);
}

static void merged_secret_is_unchanged_too(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    enum project_outcome outcome;
    (void)state;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of("Merge", "Retain");
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    write_mirror(&f, NOBODYS);
    assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_int_equal(outcome, PROJECT_CHANGED);
    assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_int_equal(outcome, PROJECT_UNCHANGED);
}

static void target_that_was_left_is_removed(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    enum project_outcome outcome;
    (void)state;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of("Owner", "Retain");
    CLEANUP(spec)
    struct spec *renamed =
        manifest_spec("{metadata: {name: es, namespace: app}, spec: {secretStoreRef: {name: s}, "
                      "target: {name: new}, data: [{secretKey: k, remoteRef: {key: r}}]}}");
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    assert_null(f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome));
    assert_null(f.sink->ops->apply(f.sink, renamed, o, &f.dl, &outcome));
    CLEANUP_STR char *old = read_mirror(&f, FILE_NAME);
    CLEANUP_STR char *new = read_mirror(&f, "app/new.secret.json");
    assert_null(old);
    assert_non_null(new);
}

struct path_row {
    const char *name, *ns, *target;
};
static const struct path_row path_rows[] = {
    {"parent as namespace", "..", "out"},
    {"path as namespace", "a/b", "out"},
    {"path as target", "app", "../out"},
    {"slash in target", "app", "a/b"},
};

static void one_path(void **state)
{
    const struct path_row *r = *state;
    CLEANUP_FIXTURE struct fixture f;
    struct stat st;
    enum project_outcome outcome;
    fixture_init(&f);
    CLEANUP_STR char *yaml =
        xasprintf("{metadata: {name: es, namespace: '%s'}, spec: {secretStoreRef: {name: s}, "
                  "target: {name: '%s'}, data: [{secretKey: k, remoteRef: {key: r}}]}}",
                  r->ns, r->target);
    CLEANUP(spec) struct spec *spec = manifest_spec(yaml);
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    CLEANUP(err) struct err *e = f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_not_equal(fstatat(f.dir.fd, "out.secret.json", &st, 0), 0);
    assert_int_not_equal(fstatat(f.dir.fd, "mirror/out.secret.json", &st, 0), 0);
    assert_int_not_equal(fstatat(f.dir.fd, "mirror/a", &st, 0), 0);
    assert_true(metric_value(METRIC_SECRET_WRITES, "failed", NULL, NULL) == 1);
}

static void exhausted_memory_leaves_the_old_secret(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    enum project_outcome outcome;
    struct err *e = NULL;
    (void)state;
    fixture_init(&f);
    CLEANUP(spec) struct spec *spec = spec_of("Merge", "Retain");
    CLEANUP(output_set) struct output_set *o = output_of("k", "a");
    write_mirror(&f, NOBODYS);
    size_t used = secret_arena_state().used_bytes;
    size_t n = 0;
    do {
        err_free(e);
        secret_arena_fail_after(++n);
        e = f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome);
        secret_arena_fail_after(0);
        CLEANUP_STR char *text = read_mirror(&f, FILE_NAME);
        assert_int_equal(e == NULL, strcmp(text, NOBODYS) != 0);
        assert_int_equal(secret_arena_state().used_bytes, used);
    } while (e);
    assert_true(n > 5);
}

static void status_goes_beside_the_secret(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_null(project_dir_write_text(f.sink, "app", "es.status.json", "one"));
    assert_null(project_dir_write_text(f.sink, "", "s.ClusterSecretStore.status.json", "two"));
    CLEANUP_STR char *one = read_mirror(&f, "app/es.status.json");
    CLEANUP_STR char *two = read_mirror(&f, "s.ClusterSecretStore.status.json");
    assert_string_equal(one, "one");
    assert_string_equal(two, "two");
    CLEANUP(err) struct err *e = project_dir_write_text(f.sink, "..", "a", "three");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
}

static void folder_that_is_a_file_is_refused(void **state)
{
    CLEANUP_TMP_DIR struct tmp_dir d;
    struct sink *sink = NULL;
    (void)state;
    tmp_dir_init(&d);
    assert_null(fs_replace_text(d.fd, "file", 0600, "", 0));
    CLEANUP_STR char *path = xasprintf("%s/file", d.path);
    CLEANUP(err) struct err *e = project_dir_new(path, true, &sink);
    assert_non_null(e);
    assert_null(sink);
}

/* Targets that are no Secrets */

static bool mirror_has(const struct fixture *f, const char *file)
{
    CLEANUP_STR char *text = read_mirror(f, file);
    return text != NULL;
}

static struct spec *generic_spec(const char *api_version, const char *policy)
{
    CLEANUP_STR char *yaml = xasprintf(
        "{metadata: {name: es, namespace: app}, spec: {secretStoreRef: {name: s}, target: {name: "
        "out, creationPolicy: %s, manifest: {apiVersion: %s, kind: Alert}}, data: [{secretKey: k, "
        "remoteRef: {key: r}}]}}",
        policy, api_version);
    return manifest_spec(yaml);
}

static struct output_set *content_of(const char *json)
{
    struct output_set *o = output_set_new();
    assert_null(secret_buf_copy(secret_view_of(json, strlen(json)), &o->content));
    snprintf(o->content_hash, sizeof(o->content_hash), "hash");
    return o;
}

static void apply_content(struct fixture *f, const struct spec *spec, const char *json,
                          enum project_outcome want)
{
    CLEANUP(output_set) struct output_set *o = content_of(json);
    enum project_outcome outcome = PROJECT_NOTHING;
    assert_null(f->sink->ops->apply(f->sink, spec, o, &f->dl, &outcome));
    assert_int_equal(outcome, want);
}

static void another_kind_is_a_file_too(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    CLEANUP(spec) struct spec *grouped = generic_spec("example.org/v1", "Owner");
    CLEANUP(spec) struct spec *core = generic_spec("v1", "Owner");
    CLEANUP(json) struct json *object = NULL;
    (void)state;
    fixture_init(&f);
    apply_content(&f, core, "{\"spec\":{}}", PROJECT_CREATED);
    assert_true(mirror_has(&f, "app/out.alert.json"));
    apply_content(&f, grouped, "{\"spec\":{\"a\":[1]}}", PROJECT_CREATED);
    apply_content(&f, grouped, "{\"spec\":{\"a\":[1]}}", PROJECT_UNCHANGED);
    CLEANUP_STR char *text = read_mirror(&f, "app/out.alert.example.org.json");
    assert_null(json_parse(text, strlen(text), &object));
    assert_string_equal(json_path_text(object, "apiVersion"), "example.org/v1");
    assert_string_equal(json_path_text(object, "kind"), "Alert");
    assert_string_equal(json_path_text(object, "metadata.name"), "out");
    assert_true(json_number(json_at(json_path(object, "spec.a"), 0), 0) == 1);
    assert_null(f.sink->ops->remove(f.sink, grouped, &f.dl));
    assert_false(mirror_has(&f, "app/out.alert.example.org.json"));
}

static void another_kind_is_merged_by_member(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    CLEANUP(spec) struct spec *owner = generic_spec("v1", "Orphan");
    CLEANUP(spec) struct spec *merges = generic_spec("v1", "Merge");
    CLEANUP(json) struct json *object = NULL;
    (void)state;
    fixture_init(&f);
    apply_content(&f, merges, "{\"spec\":{}}", PROJECT_MISSING);
    apply_content(&f, owner, "{\"spec\":{\"a\":1,\"m\":{\"x\":1,\"y\":2}},\"more\":7}",
                  PROJECT_CREATED);
    apply_content(&f, merges, "{\"spec\":{\"a\":[],\"m\":{\"y\":3,\"z\":4}}}", PROJECT_CHANGED);
    apply_content(&f, merges, "{\"spec\":{\"a\":[],\"m\":{\"y\":3,\"z\":4}}}", PROJECT_UNCHANGED);
    CLEANUP_STR char *text = read_mirror(&f, "app/out.alert.json");
    assert_null(json_parse(text, strlen(text), &object));
    CLEANUP_STR char *spec = json_print(json_get(object, "spec"));
    assert_string_equal(spec, "{\"a\":[],\"m\":{\"y\":3,\"z\":4,\"x\":1}}");
    assert_int_equal(json_path_int(object, "more", 0), 7);
}

static void another_kind_must_be_allowed(void **state)
{
    CLEANUP_FIXTURE struct fixture f;
    CLEANUP(spec) struct spec *spec = generic_spec("v1", "Owner");
    CLEANUP(output_set) struct output_set *o = content_of("{\"spec\":{}}");
    enum project_outcome outcome = PROJECT_NOTHING;
    (void)state;
    fixture_init(&f);
    apply_content(&f, spec, "{\"spec\":{}}", PROJECT_CREATED);
    sink_free(f.sink);
    CLEANUP_STR char *folder = xasprintf("%s/mirror", f.dir.path);
    assert_null(project_dir_new(folder, false, &f.sink));
    CLEANUP(err) struct err *e = f.sink->ops->apply(f.sink, spec, o, &f.dl, &outcome);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "--unsafe-allow-generic-targets"));
    assert_null(f.sink->ops->remove(f.sink, spec, &f.dl));
    assert_true(mirror_has(&f, "app/out.alert.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removal_makes_no_folder),
        cmocka_unit_test(same_output_is_unchanged),
        cmocka_unit_test(merged_secret_is_unchanged_too),
        cmocka_unit_test(target_that_was_left_is_removed),
        cmocka_unit_test(exhausted_memory_leaves_the_old_secret),
        cmocka_unit_test(status_goes_beside_the_secret),
        cmocka_unit_test(folder_that_is_a_file_is_refused),
        cmocka_unit_test(another_kind_is_a_file_too),
        cmocka_unit_test(another_kind_is_merged_by_member),
        cmocka_unit_test(another_kind_must_be_allowed),
    };
    return TABLE_RUN("project_dir: policies", policy_rows, one_policy) +
           TABLE_RUN("project_dir: removal", remove_rows, one_remove) +
           TABLE_RUN("project_dir: paths", path_rows, one_path) + GROUP_RUN("project_dir", tests);
}
