/* sprig's JSON functions. The plain names swallow what Go refuses, each in its own way; a limit is
 * no refusal and ends the render. */
#include "template/funcs.h"
#include "template/go_json.h"

static struct err *print_json(struct engine *g, const struct datum *d, unsigned flags,
                              struct datum *out)
{
    struct text_buf b;
    struct text t = {.n = 0};

    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = go_json_encode(g, d, flags, &b);
    struct err *cut = text_buf_end(&b, &t);
    if (!e)
        e = cut;
    else if (cut)
        err_free(cut);
    *out = datum_string(t);
    return e;
}

/* Text that is empty where Go refuses the value. */
static struct err *swallow(struct err *e, struct datum *out)
{
    if (!e || engine_is_limit(e) || err_class(e) != ERR_INVALID)
        return e;
    err_free(e);
    *out = datum_string(TEXT(""));
    return NULL;
}

static struct err *must_from_json(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)n;
    return go_json_decode(g, datum_text(&args[0]), out);
}

static struct err *from_json(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    struct err *e = go_json_decode(g, datum_text(&args[0]), out);
    if (!e || engine_is_limit(e) || err_class(e) != ERR_INVALID)
        return e;
    err_free(e);
    return NULL;
}

static struct err *must_to_json(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)n;
    return print_json(g, &args[0], GO_JSON_ESCAPE_HTML, out);
}

static struct err *to_json(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return swallow(must_to_json(g, args, n, out), out);
}

static struct err *must_to_pretty_json(struct engine *g, const struct datum *args, size_t n,
                                       struct datum *out)
{
    (void)n;
    return print_json(g, &args[0], GO_JSON_ESCAPE_HTML | GO_JSON_PRETTY, out);
}

static struct err *to_pretty_json(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    return swallow(must_to_pretty_json(g, args, n, out), out);
}

static struct err *to_raw_json(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)n;
    return print_json(g, &args[0], 0, out);
}

static const struct func rows[] = {
    {"fromJson", "s", "a", from_json, 0, "value of a JSON text; nil where it is none",
     "{{ (fromJson `{\"port\": 8080}`).port }}", "8080"},
    {"mustFromJson", "s", "a", must_from_json, 0, "as fromJson, but a bad text is an error",
     "{{ index (mustFromJson `[\"a\", \"b\"]`) 1 }}", "b"},
    {"mustToJson", "a", "s", must_to_json, 0, "as toJson, but what JSON cannot hold is an error",
     "{{ list 1 `x` nil | mustToJson }}", "[1,\"x\",null]"},
    {"mustToPrettyJson", "a", "s", must_to_pretty_json, 0,
     "as toPrettyJson, but what JSON cannot hold is an error", "{{ list true | mustToPrettyJson }}",
     "[\n  true\n]"},
    {"mustToRawJson", "a", "s", to_raw_json, 0, "the same as toRawJson",
     "{{ mustToRawJson `<a>` }}", "\"<a>\""},
    {"toJson", "a", "s", to_json, 0,
     "v as JSON, with <, > and & as escapes; empty where JSON cannot hold it",
     "{{ dict `user` `app` `port` 5432 | toJson }}", "{\"port\":5432,\"user\":\"app\"}"},
    {"toPrettyJson", "a", "s", to_pretty_json, 0, "v as JSON on many lines, indented by two spaces",
     "{{ dict `user` `app` | toPrettyJson }}", "{\n  \"user\": \"app\"\n}"},
    {"toRawJson", "a", "s", to_raw_json, 0, "v as JSON, with <, > and & as they are",
     "{{ toRawJson `a&b` }}", "\"a&b\""},
};

const struct func_table funcs_json = {"JSON", rows, ARRAY_SIZE(rows)};
