/* Only the files that a template names are read, so that a row costs what it uses. */
#include "tests/support/pem_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "template/template.h"
#include "tests/support/table.h"

#define FOLDER "tests/vectors/pem"
#define FILE_MAX_BYTES (1u << 20)
#define FILES_MAX 16

struct files {
    char *names[FILES_MAX], *texts[FILES_MAX];
    size_t n;
};

static void files_cleanup(struct files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->names[i]);
        free(f->texts[i]);
    }
}

static char *read_file(const char *name)
{
    CLEANUP_STR char *path = xasprintf("%s/%s", FOLDER, name);
    char *text = NULL;
    CLEANUP(err) struct err *e = fs_read_text(AT_FDCWD, path, FILE_MAX_BYTES, &text, NULL);

    if (e)
        fail_msg("%s: %s", path, err_text(e));
    return text;
}

static void read_named(const char *template, struct files *out)
{
    DIR *folder = opendir(FOLDER);

    assert_non_null(folder);
    for (const struct dirent *d = readdir(folder); d; d = readdir(folder)) {
        CLEANUP_STR char *quoted = xasprintf("\"%s\"", d->d_name);
        if (d->d_name[0] == '.' || !strstr(template, quoted))
            continue;
        assert_true(out->n < FILES_MAX);
        out->names[out->n] = xstrdup(d->d_name);
        out->texts[out->n++] = read_file(d->d_name);
    }
    closedir(folder);
}

static struct err *render(const char *template, const struct template_env *env,
                          struct secret_buf **out)
{
    static const struct template_options options = {.missing_key_is_error = true};
    CLEANUP(files) struct files files = {.n = 0};
    struct template_entry entries[FILES_MAX];
    CLEANUP(template) struct template *t = NULL;
    struct err *e = template_parse("k", secret_view_of(template, strlen(template)), &options, &t);

    if (e)
        return e;
    read_named(template, &files);
    for (size_t i = 0; i < files.n; i++) {
        entries[i].key = secret_view_of(files.names[i], strlen(files.names[i]));
        entries[i].value = secret_view_of(files.texts[i], strlen(files.texts[i]));
    }
    return template_render(t, entries, files.n, env, out);
}

static bool is_limit(const struct err *e)
{
    return strstr(err_text(e), "limit reached: ") != NULL;
}

static void without_line_ends(char *s)
{
    char *to = s;

    for (; *s; s++) {
        if (*s != '\n')
            *to++ = *s;
    }
    *to = '\0';
}

static char *wanted(const char *want)
{
    if (want[0] != '@')
        return xstrdup(want);
    char *text = read_file(want + 1);
    if (strstr(want, ".p12"))
        without_line_ends(text);
    return text;
}

static void check(const char *template, const struct template_env *env, const char *want)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = render(template, env, &out);

    if (!want) {
        if (!e || is_limit(e))
            fail_msg("%s\n  must be refused: %s", template, e ? err_text(e) : "was not");
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    if (e)
        fail_msg("%s\n  refused: %s", template, err_text(e));
    CLEANUP_STR char *text = wanted(want);
    struct secret_view got = secret_buf_view(out);
    if (!secret_view_equal(got, secret_view_of(text, strlen(text))))
        fail_msg("%s\n  want: %s\n  got:  %.*s", template, text, (int)got.n,
                 got.n ? (const char *)secret_view_raw(got) : "");
}

void pem_fixture_check(const char *template, const char *want)
{
    check(template, NULL, want);
}

struct source {
    const unsigned char *random;
    size_t n, at;
    long long now_s;
};

static void draw(void *ctx, unsigned char *out, size_t n)
{
    struct source *s = ctx;

    for (size_t i = 0; i < n; i++, s->at++)
        out[i] = s->at < s->n ? s->random[s->at] : (unsigned char)s->at;
}

static int64_t now_ns(void *ctx)
{
    const struct source *s = ctx;

    return s->now_s * 1000000000;
}

void pem_fixture_check_fixed(const char *template, const unsigned char *random, size_t n,
                             long long now_s, const char *want)
{
    struct source source = {.random = random, .n = n, .now_s = now_s};
    struct template_env env = {.random = draw, .now_ns = now_ns, .ctx = &source};

    check(template, &env, want);
}

void pem_fixture_limit(const char *template)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = render(template, NULL, &out);

    if (!e || !is_limit(e))
        fail_msg("%s\n  must hit a limit: %s", template, e ? err_text(e) : "did not");
}
