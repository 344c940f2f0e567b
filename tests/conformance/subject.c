/* The twin of the oracle: reads the same cases, one JSON text per line, and answers them in the
 * same form from our own engine. One process answers any number of lines; answers are written
 * whenever no further whole line is waiting. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/str_buf.h"
#include "tests/conformance/subject_modules.h"
#include "tests/support/template_case.h"

#define READ_BYTES (256u << 10)
#define LINE_MAX_BYTES (64u << 20)

static struct err *render(const struct json *line, struct secret_buf **out)
{
    return template_case_render(line, json_get(line, "data"), out);
}

static struct err *parse(const struct json *line, struct secret_buf **out)
{
    CLEANUP(template) struct template *t = NULL;
    struct err *e = template_case_parse(line, &t);

    return e ? e : secret_buf_new(0, out);
}

static const struct kind {
    const char *name;
    struct err *(*answer)(const struct json *line, struct secret_buf **out);
} kinds[] = {
    {"template", render},
    {"parse", parse},
    {"yaml_strings", subject_yaml_strings},
    {"yaml", subject_yaml},
    {"yaml_text", subject_yaml_text},
    {"json", subject_json},
    {"regexp", subject_regexp},
    {"floats", subject_floats},
    {"unquote", subject_unquote},
};

static struct err *ask(const struct json *line, struct secret_buf **out)
{
    const char *kind = json_path_text(line, "kind");

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(kinds[i].name, kind ? kind : "template") == 0)
            return kinds[i].answer(line, out);
    return err_new(ERR_INTERNAL, "case: unknown kind");
}

static void write_out(const struct secret_buf *out)
{
    CLEANUP(secret_buf) struct secret_buf *coded = NULL;
    CLEANUP(err) struct err *e = secret_buf_new(0, &coded);

    if (!e)
        e = codec_base64_encode(CODEC_BASE64, secret_buf_view(out), coded);
    if (e) {
        printf(",\"ok\":false,\"error\":\"subject: no memory to answer\"}\n");
        return;
    }
    struct secret_view view = secret_buf_view(coded);
    fputs(",\"ok\":true,\"out\":\"", stdout);
    if (view.n)
        fwrite(secret_view_raw(view), 1, view.n, stdout);
    fputs("\"}\n", stdout);
}

static void write_error(const struct err *e)
{
    CLEANUP_STR_BUF struct str_buf text;
    const char *words = err_text(e);

    str_buf_init(&text, 8 * ERR_TEXT_MAX);
    str_buf_json(&text, words, strlen(words));
    printf(",\"ok\":false,\"class\":\"%s\",\"error\":\"%s\"}\n", err_class_name(err_class(e)),
           text.s);
}

static void answer_line(const char *text, size_t n)
{
    CLEANUP(json) struct json *line = NULL;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP_STR_BUF struct str_buf name;
    CLEANUP(err) struct err *e = json_parse(text, n, &line);
    const char *said = json_path_text(line, "name");

    if (!e)
        e = ask(line, &out);
    str_buf_init(&name, LINE_MAX_BYTES);
    if (said)
        str_buf_json(&name, said, strlen(said));
    printf("{\"name\":\"%s\"", name.s);
    if (e)
        write_error(e);
    else
        write_out(out);
}

/* Answer all whole lines of in; the rest stays. */
static void answer_whole_lines(struct str_buf *in)
{
    size_t at = 0;

    for (;;) {
        const char *end = memchr(in->s + at, '\n', in->n - at);
        if (!end)
            break;
        answer_line(in->s + at, (size_t)(end - in->s) - at);
        at = (size_t)(end - in->s) + 1;
    }
    if (at > 0)
        fflush(stdout);
    str_buf_consume(in, at);
}

int main(void)
{
    CLEANUP_STR_BUF struct str_buf in;
    CLEANUP_STR char *chunk = xalloc(READ_BYTES);
    ssize_t n;

    str_buf_init(&in, LINE_MAX_BYTES);
    while ((n = read(STDIN_FILENO, chunk, READ_BYTES)) > 0) {
        str_buf_append(&in, chunk, (size_t)n);
        answer_whole_lines(&in);
    }
    return n < 0 || in.overflowed || in.n > 0;
}
