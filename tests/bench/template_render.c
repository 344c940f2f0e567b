/* Renders templates over and over, as the oracle's command "bench" does in Go.
 *
 *     template_render COUNT <CASES
 *
 * A case is a line as tests/support/template_case.h describes it, with "out", what Go makes of it,
 * in base64; anything else ends the program. Per case one line: its name, ns of CPU time for COUNT
 * renders of the template parsed once, the same for parsing it each time, and the bytes of secret
 * memory that one render takes, its output not yet copied out of them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/secret_arena.h"
#include "base/secret_buf.h"
#include "template/datum.h"
#include "template/eval.h"
#include "template/parse.h"
#include "tests/bench/tool.h"

#define ENTRIES_MAX 64u

struct item {
    const char *name;
    struct secret_view text;
    struct secret_buf *want;
    struct secret_buf *values[ENTRIES_MAX];
    struct template_entry entries[ENTRIES_MAX];
    size_t n;
};

static __attribute__((noreturn)) void give_up(const char *name, const char *why)
{
    fprintf(stderr, "%s: %s\n", name, why);
    exit(1);
}

static void check(const struct err *e, const char *name)
{
    if (e)
        give_up(name, err_text(e));
}

static struct secret_buf *decoded(const char *coded, const char *name)
{
    struct secret_buf *out = NULL;

    coded = coded ? coded : "";
    check(codec_base64_decode(CODEC_BASE64, secret_view_of(coded, strlen(coded)), &out), name);
    return out;
}

static void item_init(struct item *t, const struct json *line)
{
    const char *text = json_path_text(line, "template");
    const struct json *data = json_get(line, "data");

    *t = (struct item){.name = json_path_text(line, "name")};
    if (!t->name || !text || json_count(data) > ENTRIES_MAX)
        give_up("cases", "a line is no case, or has too much data");
    t->text = secret_view_of(text, strlen(text));
    t->want = decoded(json_path_text(line, "out"), t->name);
    for (const struct json *i = json_first(data); i; i = json_next(i), t->n++) {
        t->values[t->n] = decoded(json_text(i), t->name);
        t->entries[t->n].key = secret_view_of(json_name(i), strlen(json_name(i)));
        t->entries[t->n].value = secret_buf_view(t->values[t->n]);
    }
}

static void item_done(struct item *t)
{
    secret_buf_free(t->want);
    for (size_t i = 0; i < t->n; i++)
        secret_buf_free(t->values[i]);
}

static void parse(const struct item *t, struct template **out)
{
    static const struct template_options options = {.missing_key_is_error = true};

    check(template_parse(t->name, t->text, &options, out), t->name);
}

static struct secret_buf *rendered(const struct item *t, struct template *tree)
{
    struct secret_buf *out = NULL;

    check(template_render(tree, t->entries, t->n, NULL, &out), t->name);
    return out;
}

static void compare(const struct item *t, const struct secret_buf *out)
{
    if (!secret_view_equal(secret_buf_view(out), secret_buf_view(t->want)))
        give_up(t->name, "renders to something else than in Go");
}

static uint64_t cpu_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint64_t renders_ns(const struct item *t, size_t count)
{
    CLEANUP(template) struct template *once = NULL;
    parse(t, &once);
    CLEANUP(secret_buf) struct secret_buf *last = rendered(t, once);
    uint64_t began = cpu_now_ns();

    for (size_t i = 0; i < count; i++) {
        secret_buf_free(last);
        last = rendered(t, once);
    }
    uint64_t ns = cpu_now_ns() - began;
    compare(t, last);
    return ns;
}

static uint64_t parses_ns(const struct item *t, size_t count)
{
    uint64_t began = cpu_now_ns();

    for (size_t i = 0; i < count; i++) {
        CLEANUP(template) struct template *each = NULL;
        parse(t, &each);
        secret_buf_free(rendered(t, each));
    }
    return cpu_now_ns() - began;
}

static struct text text_of_view(struct secret_view v)
{
    return v.n ? (struct text){secret_view_raw(v), v.n} : TEXT("");
}

/* Locked memory while the values of a render are still there: whole blocks, not the bytes used. */
static size_t memory_bytes(const struct item *t)
{
    CLEANUP(secret_arena) struct secret_arena *tree = secret_arena_new(TEMPLATE_MEMORY_MAX);
    CLEANUP(secret_arena) struct secret_arena *values = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct forest forest;
    struct engine g;
    struct dict *data;
    struct text out;

    check(parse_forest(tree, text_of(t->name), text_of_view(t->text), &(struct template_options){0},
                       &forest),
          t->name);
    size_t before = secret_arena_state().used_bytes;
    check(dict_new(values, ELEMENT_STRING, t->n, &data), t->name);
    for (size_t i = 0; i < t->n; i++)
        check(dict_set(values, data, text_of_view(t->entries[i].key),
                       datum_string(text_of_view(t->entries[i].value))),
              t->name);
    engine_init(&g, values, NULL);
    struct datum dot = datum_map(data);
    check(eval_forest(&g, &forest, true, &dot, &out), t->name);
    return secret_arena_state().used_bytes - before;
}

static void measure(const char *line, size_t n, size_t count)
{
    CLEANUP(json) struct json *parsed_line = NULL;
    struct item t;

    check(json_parse(line, n, &parsed_line), "cases");
    item_init(&t, parsed_line);
    (void)renders_ns(&t, count / 10);
    uint64_t rendering = renders_ns(&t, count);
    uint64_t parsing = parses_ns(&t, count);
    printf("%s %llu %llu %zu\n", t.name, (unsigned long long)rendering, (unsigned long long)parsing,
           memory_bytes(&t));
    item_done(&t);
}

int main(int argc, char **argv)
{
    CLEANUP_STR char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (argc != 2) {
        fprintf(stderr, "usage: template_render COUNT <CASES\n");
        return 2;
    }
    while ((n = getline(&line, &room, stdin)) > 0)
        measure(line, (size_t)n, tool_number(argv[1]));
    return ferror(stdin) != 0;
}
