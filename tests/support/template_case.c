/* Cases are our own test data, so they may pass through the ordinary JSON tree. */
#include "tests/support/template_case.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"

#define NAME_MAX_BYTES 64

static struct err *decode(const char *base64, struct secret_buf **out)
{
    struct err *e = codec_base64_decode(CODEC_BASE64, secret_view_of(base64, strlen(base64)), out);

    if (!e)
        return NULL;
    err_free(e);
    return err_new(ERR_INTERNAL, "case: base64 expected");
}

struct err *template_case_bytes(const struct json *line, const char *name, struct secret_buf **out)
{
    char name64[NAME_MAX_BYTES];
    const char *plain = json_path_text(line, name);

    if (plain)
        return secret_buf_copy(secret_view_of(plain, strlen(plain)), out);
    snprintf(name64, sizeof(name64), "%s64", name);
    const char *coded = json_path_text(line, name64);
    return decode(coded ? coded : "", out);
}

/* Entries with their values in one block, so that one array of buffers owns them. */
struct entries {
    struct template_entry *list;
    struct secret_buf **values;
    size_t n;
};

static void entries_done(struct entries *s)
{
    for (size_t i = 0; i < s->n; i++)
        secret_buf_free(s->values[i]);
    free(s->values);
    free(s->list);
}

static struct err *entries_add(struct entries *s, const struct json *item)
{
    const char *key = json_name(item), *coded = json_text(item);
    struct secret_buf *value = NULL;
    struct err *e = decode(coded ? coded : "", &value);

    if (e)
        return e;
    s->values[s->n] = value;
    s->list[s->n].key = secret_view_of(key, strlen(key));
    s->list[s->n].value = secret_buf_view(value);
    s->n++;
    return NULL;
}

static struct err *entries_fill(struct entries *s, const struct json *data)
{
    size_t n = json_count(data);

    s->list = xcalloc(n + 1, sizeof(*s->list));
    s->values = xcalloc(n + 1, sizeof(struct secret_buf *));
    for (const struct json *i = json_first(data); i; i = json_next(i)) {
        struct err *e = entries_add(s, i);
        if (e)
            return e;
    }
    return NULL;
}

struct err *template_case_parse(const struct json *line, struct template **out)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    const char *missing = json_path_text(line, "missingkey");
    const char *name = json_path_text(line, "name");
    struct template_options options = {
        .left = json_path_text(line, "left"),
        .right = json_path_text(line, "right"),
        .missing_key_is_error = missing && strcmp(missing, "error") == 0,
    };
    struct err *e = template_case_bytes(line, "template", &text);

    if (e)
        return e;
    return template_parse(name ? name : "", secret_buf_view(text), &options, out);
}

struct err *template_case_render(const struct json *line, const struct json *data,
                                 struct secret_buf **out)
{
    CLEANUP(template) struct template *t = NULL;
    struct entries entries = {0};
    struct err *e = entries_fill(&entries, data);

    if (!e)
        e = template_case_parse(line, &t);
    if (!e)
        e = template_render(t, entries.list, entries.n, NULL, out);
    entries_done(&entries);
    return e;
}
