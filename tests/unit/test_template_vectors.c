/* The template engine against what Go answered: every line of tests/vectors/template/ (made by
 * tests/conformance/vectors.py). One case per file; all vectors that differ are named. */
#include "template/template.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "tests/support/table.h"
#include "tests/support/template_case.h"

#define FOLDER "tests/vectors/template"
#define FILE_MAX_BYTES (8u << 20)
#define SHOWN_MAX 20

/* Go's text of an error, up to the place: "template: NAME:LINE:". */
static size_t place_length(const char *text)
{
    static const char start[] = "template: ";
    size_t n = strlen(start);

    if (strncmp(text, start, n) != 0)
        return 0;
    const char *line = strchr(text + n, ':');
    const char *end = line ? strchr(line + 1, ':') : NULL;
    return end ? (size_t)(end - text) + 1 : 0;
}

/* Refused, and at the same line. */
static bool is_refused_alike(const struct json *vector, const struct err *e)
{
    const char *want = json_path_text(vector, "error");

    return want && strncmp(err_text(e), want, place_length(want)) == 0;
}

static bool is_same_text(const struct json *vector, const struct secret_buf *out)
{
    CLEANUP(secret_buf) struct secret_buf *want = NULL;
    CLEANUP(err) struct err *e = template_case_bytes(vector, "out", &want);

    if (json_path_text(vector, "error"))
        return false;
    return !e && secret_view_equal(secret_buf_view(out), secret_buf_view(want));
}

static void show(const struct json *vector, const struct err *e, const struct secret_buf *out)
{
    struct secret_view view = secret_buf_view(out);

    print_error("%s: %s\n", json_path_text(vector, "name"),
                json_get(vector, "template") ? json_path_text(vector, "template") : "(bytes)");
    if (e)
        print_error("  we refuse: %s\n", err_text(e));
    else
        print_error("  we print: %.*s\n", (int)view.n,
                    view.n ? (const char *)secret_view_raw(view) : "");
    print_error("  Go: %s\n", json_get(vector, "error") ? json_path_text(vector, "error")
                              : json_get(vector, "out") ? json_path_text(vector, "out")
                                                        : "(bytes)");
}

static bool agrees(const struct json *vector, const struct json *data, size_t failed)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = template_case_render(vector, data, &out);
    bool is_alike = e ? is_refused_alike(vector, e) : is_same_text(vector, out);

    if (!is_alike && failed < SHOWN_MAX)
        show(vector, e, out);
    return is_alike;
}

/* A line is a vector, or the data of those below it. */
static bool take_line(const char *text, size_t n, struct json **data, size_t failed)
{
    CLEANUP(json) struct json *line = NULL;
    CLEANUP(err) struct err *e = json_parse(text, n, &line);

    if (e)
        fail_msg("a line is no JSON: %s", err_text(e));
    if (json_get(line, "template") || json_get(line, "template64"))
        return agrees(line, json_get(*data, "data"), failed);
    json_free(*data);
    *data = TAKE(line);
    return true;
}

static void one_file(void **state)
{
    CLEANUP_STR char *path = xasprintf(FOLDER "/%s", *(const char *const *)*state);
    CLEANUP_STR char *text = NULL;
    CLEANUP(json) struct json *data = NULL;
    size_t n = 0, lines = 0, failed = 0;

    assert_null(fs_read_text(AT_FDCWD, path, FILE_MAX_BYTES, &text, &n));
    for (const char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        failed += !take_line(at, (size_t)(end - at), &data, failed);
        lines++;
    }
    assert_true(lines > 1);
    if (failed)
        fail_msg("%zu of %zu vectors differ", failed, lines - 1);
}

struct row {
    const char *name;
};

static const struct row rows[] = {
    {"exchange.jsonl"}, {"functions.jsonl"}, {"idioms.jsonl"}, {"keys.jsonl"},
    {"language.jsonl"}, {"semantics.jsonl"}, {"values.jsonl"},
};

/* The rows are all that the folder holds. */
static void nothing_left_out(void **state)
{
    DIR *folder = opendir(FOLDER);
    size_t found = 0;

    (void)state;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        found += strstr(entry->d_name, ".jsonl") != NULL;
    closedir(folder);
    assert_int_equal(found, ARRAY_SIZE(rows));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_left_out)};

    return TABLE_RUN("template vectors", rows, one_file) +
           GROUP_RUN("template vector files", tests);
}
