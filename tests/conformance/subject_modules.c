/* Each answer is written into an arena of its own, with an engine around it as a render has one,
 * so that the limits are those of a render. */
#include "tests/conformance/subject_modules.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/regex.h"
#include "template/engine.h"
#include "template/fmt.h"
#include "template/go_json.h"
#include "template/go_yaml.h"
#include "template/parse.h"
#include "template/template.h"

struct bench {
    struct secret_arena *arena;
    struct engine engine;
    struct text_buf out;
};

static void bench_init(struct bench *b)
{
    b->arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    engine_init(&b->engine, b->arena, NULL);
    text_buf_init(&b->out, b->arena, TEXT_MAX);
}

/* Ends the text; e is an earlier failure or NULL. */
static struct err *bench_done(struct bench *b, struct err *e, struct secret_buf **out)
{
    struct text text = {0};
    struct err *failed = text_buf_end(&b->out, &text);

    if (!e && !failed)
        e = secret_buf_copy(secret_view_of(text.p, text.n), out);
    if (e)
        err_free(failed);
    else
        e = failed;
    secret_arena_free(b->arena);
    return e;
}

static struct err *member(struct bench *b, const struct json *line, const char *name,
                          struct text *out)
{
    CLEANUP(secret_buf) struct secret_buf *bytes = NULL;
    const char *coded = json_path_text(line, name);
    struct secret_view in = secret_view_of(coded ? coded : "", coded ? strlen(coded) : 0);
    struct err *e = codec_base64_decode(CODEC_BASE64, in, &bytes);

    if (e)
        return e;
    struct secret_view view = secret_buf_view(bytes);
    struct text text = {view.n ? secret_view_raw(view) : NULL, view.n};
    return text_copy(b->arena, text, out);
}

static void netstring(struct text_buf *b, struct text t)
{
    text_buf_uint(b, t.n);
    text_buf_byte(b, ':');
    text_buf_add(b, t);
}

/* The value as %v has it, as a netstring. */
static struct err *put_value(struct bench *b, const struct datum *d)
{
    struct text_buf printed;
    struct text text;

    text_buf_init(&printed, b->arena, TEXT_MAX);
    fmt_value(&b->engine, &printed, d);
    struct err *e = text_buf_end(&printed, &text);
    if (!e)
        netstring(&b->out, text);
    return e;
}

typedef struct err *encode_fn(struct engine *g, const struct datum *d, struct text_buf *b);

static struct err *put_encoded(struct bench *b, const struct datum *d, encode_fn *encode)
{
    struct text_buf written;
    struct text text = {0};

    text_buf_init(&written, b->arena, TEXT_MAX);
    struct err *e = encode(&b->engine, d, &written);
    struct err *failed = text_buf_end(&written, &text);
    if (e)
        err_free(failed);
    else
        e = failed;
    if (!e)
        netstring(&b->out, text);
    return e;
}

static struct err *encode_json(struct engine *g, const struct datum *d, struct text_buf *b)
{
    return go_json_encode(g, d, GO_JSON_ESCAPE_HTML, b);
}

static struct err *encode_pretty(struct engine *g, const struct datum *d, struct text_buf *b)
{
    return go_json_encode(g, d, GO_JSON_ESCAPE_HTML | GO_JSON_PRETTY, b);
}

static struct err *yaml_strings(struct bench *b, const struct json *line)
{
    struct text text;
    struct dict *map;
    struct err *e = member(b, line, "text", &text);

    if (!e)
        e = go_yaml_decode_strings(&b->engine, text, &map);
    for (size_t i = 0; !e && i < map->n; i++) {
        netstring(&b->out, map->entries[i].key);
        netstring(&b->out, datum_text(&map->entries[i].value));
        text_buf_byte(&b->out, '\n');
    }
    return e;
}

static struct err *yaml(struct bench *b, const struct json *line)
{
    struct text text;
    struct datum read;
    struct err *e = member(b, line, "text", &text);

    if (!e)
        e = go_yaml_decode(&b->engine, text, &read);
    if (!e)
        e = put_value(b, &read);
    return e ? e : put_encoded(b, &read, go_yaml_encode);
}

/* {"list": [T, [T]], "map": {T: {"in": T}}, "value": T} for a text T. */
static struct err *fill_nest(struct secret_arena *a, struct datum t, struct dict *top)
{
    struct list *outer, *inner;
    struct dict *map, *in;
    struct err *e = list_new(a, ELEMENT_ANY, 2, &outer);

    if (!e)
        e = list_new(a, ELEMENT_ANY, 1, &inner);
    if (!e)
        e = dict_new(a, ELEMENT_ANY, 1, &map);
    if (!e)
        e = dict_new(a, ELEMENT_ANY, 1, &in);
    if (e)
        return e;
    inner->items[0] = outer->items[0] = t;
    outer->items[1] = datum_list(inner);
    e = dict_set(a, in, TEXT("in"), t);
    if (!e)
        e = dict_set(a, map, datum_text(&t), datum_map(in));
    if (!e)
        e = dict_set(a, top, TEXT("list"), datum_list(outer));
    if (!e)
        e = dict_set(a, top, TEXT("map"), datum_map(map));
    return e ? e : dict_set(a, top, TEXT("value"), t);
}

static struct err *yaml_text(struct bench *b, const struct json *line)
{
    struct text text;
    struct dict *top = NULL;
    struct err *e = member(b, line, "text", &text);

    if (!e)
        e = dict_new(b->arena, ELEMENT_ANY, 3, &top);
    if (!e)
        e = fill_nest(b->arena, datum_string(text), top);
    struct datum d = datum_map(top);
    return e ? e : go_yaml_encode(&b->engine, &d, &b->out);
}

/* A document that cannot be read still leaves a value: *state tells which it was. */
static struct err *decode_json(struct bench *b, struct text text, const char **state,
                               struct datum *read)
{
    struct err *e = go_json_decode(&b->engine, text, read);

    *state = e ? "bad" : "ok";
    if (!e || err_class(e) != ERR_INVALID || strncmp(err_text(e), "limit", 5) == 0)
        return e;
    err_free(e);
    return NULL;
}

static struct err *json(struct bench *b, const struct json *line)
{
    struct text text;
    struct datum read = datum_nil();
    const char *state;
    struct err *e = member(b, line, "text", &text);

    if (!e)
        e = decode_json(b, text, &state, &read);
    if (e)
        return e;
    netstring(&b->out, text_of(state));
    e = put_value(b, &read);
    if (!e)
        e = put_encoded(b, &read, encode_json);
    return e ? e : put_encoded(b, &read, encode_pretty);
}

static void put_groups(struct text_buf *b, const struct regex *r)
{
    text_buf_uint(b, regex_groups(r));
    for (size_t i = 1; i <= regex_groups(r); i++) {
        text_buf_byte(b, ' ');
        text_buf_puts(b, regex_group_name(r, i));
    }
    text_buf_byte(b, '\n');
}

static struct err *put_spans(struct text_buf *b, const struct regex *r, struct text text)
{
    CLEANUP(regex_walk) struct regex_walk *walk = NULL;
    size_t n = 1 + regex_groups(r);
    struct regex_span *spans = xcalloc(n, sizeof(*spans));
    struct err *e = regex_walk_new(r, secret_view_of(text.p, text.n), &walk);

    while (!e && regex_walk_next(walk, spans, n)) {
        for (size_t i = 0; i < n; i++) {
            text_buf_int(b, spans[i].begin);
            text_buf_byte(b, ' ');
            text_buf_int(b, spans[i].end);
            text_buf_byte(b, ' ');
        }
        text_buf_byte(b, '\n');
    }
    free(spans);
    return e;
}

static struct err *put_replaced(struct text_buf *b, const struct regex *r, struct text text,
                                struct text replacement)
{
    CLEANUP(secret_buf) struct secret_buf *replaced = NULL;
    struct err *e = secret_buf_new(0, &replaced);

    if (!e)
        e = regex_replace(r, secret_view_of(text.p, text.n),
                          secret_view_of(replacement.p, replacement.n), replaced);
    struct secret_view view = secret_buf_view(replaced);
    if (!e)
        netstring(b, (struct text){view.n ? secret_view_raw(view) : NULL, view.n});
    return e;
}

static struct err *regexp(struct bench *b, const struct json *line)
{
    CLEANUP(regex) struct regex *r = NULL;
    struct text pattern, text, replacement;
    struct err *e = member(b, line, "pattern", &pattern);

    if (!e)
        e = member(b, line, "text", &text);
    if (!e)
        e = member(b, line, "replacement", &replacement);
    if (!e)
        e = regex_new(secret_view_of(pattern.p, pattern.n), &r);
    if (e)
        return e;
    put_groups(&b->out, r);
    e = put_spans(&b->out, r, text);
    return e ? e : put_replaced(&b->out, r, text, replacement);
}

static double float_at(const unsigned char *p)
{
    uint64_t bits = 0;
    double value;

    for (int i = 7; i >= 0; i--)
        bits = bits << 8 | p[i];
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* YAML ends with a newline, which ends the line here. */
static struct err *put_float(struct bench *b, double value)
{
    struct datum d = datum_float(value);

    fmt_value(&b->engine, &b->out, &d);
    if (!isfinite(value)) {
        text_buf_byte(&b->out, '\n');
        return NULL;
    }
    text_buf_byte(&b->out, ' ');
    struct err *e = encode_json(&b->engine, &d, &b->out);
    text_buf_byte(&b->out, ' ');
    return e ? e : go_yaml_encode(&b->engine, &d, &b->out);
}

static struct err *floats(struct bench *b, const struct json *line)
{
    struct text text;
    struct err *e = member(b, line, "text", &text);

    for (size_t at = 0; !e && at + 8 <= text.n; at += 8)
        e = put_float(b, float_at(text.p + at));
    return e;
}

static struct err *unquote(struct bench *b, const struct json *line)
{
    struct text text, read;
    bool is_valid = false;
    struct err *e = member(b, line, "text", &text);

    if (!e)
        e = parse_unquote(b->arena, text, &is_valid, &read);
    if (!e && !is_valid)
        e = err_new(ERR_INVALID, "invalid syntax");
    if (!e)
        text_buf_add(&b->out, read);
    return e;
}

typedef struct err *ask_fn(struct bench *b, const struct json *line);

static struct err *run(ask_fn *ask, const struct json *line, struct secret_buf **out)
{
    struct bench b;

    bench_init(&b);
    struct err *e = ask(&b, line);
    return bench_done(&b, e, out);
}

struct err *subject_yaml_strings(const struct json *line, struct secret_buf **out)
{
    return run(yaml_strings, line, out);
}

struct err *subject_yaml(const struct json *line, struct secret_buf **out)
{
    return run(yaml, line, out);
}

struct err *subject_yaml_text(const struct json *line, struct secret_buf **out)
{
    return run(yaml_text, line, out);
}

struct err *subject_json(const struct json *line, struct secret_buf **out)
{
    return run(json, line, out);
}

struct err *subject_regexp(const struct json *line, struct secret_buf **out)
{
    return run(regexp, line, out);
}

struct err *subject_floats(const struct json *line, struct secret_buf **out)
{
    return run(floats, line, out);
}

struct err *subject_unquote(const struct json *line, struct secret_buf **out)
{
    return run(unquote, line, out);
}
