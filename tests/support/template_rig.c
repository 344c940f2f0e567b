/* A failed comparison prints the template, because rows of different tables look alike. */
#include "tests/support/template_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template/call.h"
#include "tests/support/table.h"

#define ENTRIES_MAX 32

static const struct template_options options = {.missing_key_is_error = true};

struct entries {
    struct template_entry list[ENTRIES_MAX];
    size_t n;
};

static void add(struct entries *s, const char *key, const void *value, size_t n)
{
    assert_true(s->n < ENTRIES_MAX);
    s->list[s->n].key = secret_view_of(key, strlen(key));
    s->list[s->n++].value = secret_view_of(value, n);
}

static void add_text(struct entries *s, const char *key, const char *value)
{
    add(s, key, value, strlen(value));
}

static void fixed_data(struct entries *s)
{
    s->n = 0;
    add_text(s, "user", "alice");
    add_text(s, "pass", "s3cret");
    add_text(s, "empty", "");
    add_text(s, "n", "42");
    add_text(s, "pem", "-----BEGIN X-----");
    add_text(s, "list", "a,b,c");
    add(s, "bytes", "\xff\0\x01", 3);
    add_text(s, "unicode", "h\xc3\xa9llo w\xc3\xb6rld");
    add_text(s, "json", "{\"a\":{\"b\":[1,2.5,\"x\",null,true]},\"s\":\"t\"}");
    add_text(s, "yaml", "a: 1\nb: [x, y]\n");
    add_text(s, "tls.crt", "cert");
}

static struct err *parse(const char *template, struct template **out)
{
    return template_parse("k", secret_view_of(template, strlen(template)), &options, out);
}

static struct err *render(const char *template, const struct entries *data, struct secret_buf **out)
{
    CLEANUP(template) struct template *t = NULL;
    struct err *e = parse(template, &t);

    return e ? e : template_render(t, data->list, data->n, NULL, out);
}

static bool is_limit(const struct err *e)
{
    return strstr(err_text(e), "limit reached: ") != NULL;
}

static void fail_about(const char *template, const char *what, const char *text)
{
    fail_msg("%.2000s\n  %s: %s", template, what, text);
}

static void check_refused(const char *template, const struct err *e)
{
    if (!e)
        fail_about(template, "must be refused", "was not");
    if (err_class(e) != ERR_INVALID || is_limit(e))
        fail_about(template, "refused with", err_text(e));
}

static void check_bytes(const char *template, const struct secret_buf *out, const char *want)
{
    struct secret_view v = secret_buf_view(out);
    const char *got = v.n ? (const char *)secret_view_raw(v) : "";

    if (v.n != strlen(want) || memcmp(got, want, v.n) != 0)
        fail_msg("%s\n  want: %s\n  got:  %.*s", template, want, (int)v.n, got);
}

static void check(const char *template, const struct entries *data, const char *want)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = render(template, data, &out);

    if (!want) {
        check_refused(template, e);
        return;
    }
    if (e)
        fail_about(template, "refused", err_text(e));
    check_bytes(template, out, want);
}

void template_rig_check(const char *template, const char *want)
{
    struct entries data;

    fixed_data(&data);
    check(template, &data, want);
}

void template_rig_check_data(const char *template, const char *const *data, const char *want)
{
    struct entries entries = {.n = 0};

    for (size_t i = 0; data[i]; i += 2)
        add_text(&entries, data[i], data[i + 1]);
    check(template, &entries, want);
}

void template_rig_refuse(const char *template, const char *end)
{
    struct entries data;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    fixed_data(&data);
    CLEANUP(err) struct err *e = render(template, &data, &out);
    check_refused(template, e);
    size_t n = strlen(err_text(e)), end_n = strlen(end);
    if (n < end_n || strcmp(err_text(e) + n - end_n, end) != 0)
        fail_msg("%s\n  want: ...%s\n  got:  %s", template, end, err_text(e));
}

void template_rig_limit(const char *template, const char *begin)
{
    struct entries data;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    fixed_data(&data);
    CLEANUP(err) struct err *e = render(template, &data, &out);
    if (!e)
        fail_about(template, "must hit a limit", begin);
    const char *at = strstr(err_text(e), "limit reached: ");
    if (at && strstr(at, " ms of time"))
        return; /* any template may meet that limit first, on a slow machine */
    if (!at || err_class(e) != ERR_INVALID ||
        strncmp(at + strlen("limit reached: "), begin, strlen(begin)) != 0)
        fail_about(template, "refused with", err_text(e));
}

void template_rig_check_row(void **state)
{
    const struct template_row *r = *state;

    template_rig_check(r->template, r->want);
}

void template_rig_refuse_row(void **state)
{
    const struct template_row *r = *state;

    template_rig_refuse(r->template, r->want);
}

void template_rig_limit_row(void **state)
{
    const struct template_row *r = *state;

    template_rig_limit(r->template, r->want);
}

struct template *template_rig_parse(const char *template)
{
    struct template *t = NULL;
    CLEANUP(err) struct err *e = parse(template, &t);

    if (e)
        fail_about(template, "refused", err_text(e));
    return t;
}

struct err *template_rig_render(struct template *t, const struct template_env *env,
                                struct secret_buf **out)
{
    struct entries data;

    fixed_data(&data);
    return template_render(t, data.list, data.n, env, out);
}

void template_rig_init(struct template_rig *rig)
{
    rig->arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    engine_init(&rig->g, rig->arena, NULL);
    text_buf_init(&rig->b, rig->arena, TEXT_MAX);
}

void template_rig_printed(struct template_rig *rig, const char *want)
{
    struct text got = {NULL, 0};
    CLEANUP(err) struct err *e = text_buf_end(&rig->b, &got);

    text_buf_init(&rig->b, rig->arena, TEXT_MAX);
    if (e)
        fail_about("printing", "failed", err_text(e));
    if (!text_is(got, want))
        fail_msg("want: %s\n  got:  %.*s", want, (int)got.n, (const char *)got.p);
}

struct err *template_rig_call(struct template_rig *rig, const char *name, const struct datum *args,
                              size_t n, struct datum *out)
{
    const struct func *f = func_find(text_of(name));

    if (!f)
        fail_about(name, "function", "not found");
    return call_make(&rig->g, f, args, n, out);
}

void template_rig_done(struct template_rig *rig)
{
    err_free(rig->b.failed); /* a failure that no test looked at */
    secret_arena_free(rig->arena);
}
