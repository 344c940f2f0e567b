/* A path is a chain of pieces joined by pipes. Each piece is a modifier or one search through the
 * text that the one before left. Text that had to be put together lives in scratch buffers until
 * the piece behind it is done, so that a long chain needs no more memory than a short one. */
#include "render/jsonpath.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "render/jsonpath_eval.h"
#include "render/jsonpath_modifier.h"

static const struct secret_view nothing = {NULL, 0};

struct err *jsonpath_scratch_new(struct jsonpath_eval *ev, struct secret_buf **out)
{
    struct err *e;

    if (ev->n == JSONPATH_SCRATCH_MAX)
        return err_new(ERR_INVALID, "path: more than %d results in between", JSONPATH_SCRATCH_MAX);
    e = secret_buf_new(0, &ev->scratch[ev->n]);
    if (e)
        return e;
    *out = ev->scratch[ev->n++];
    return NULL;
}

void jsonpath_scratch_release(struct jsonpath_eval *ev, size_t mark, struct secret_view keep)
{
    size_t n = mark;

    for (size_t i = mark; i < ev->n; i++) {
        struct secret_view v = secret_buf_view(ev->scratch[i]);

        if (keep.n && keep.p >= v.p && keep.p < v.p + v.n)
            ev->scratch[n++] = ev->scratch[i];
        else
            secret_buf_free(ev->scratch[i]);
    }
    ev->n = n;
}

struct err *jsonpath_deeper(struct jsonpath_eval *ev)
{
    if (ev->depth == JSONPATH_DEPTH_MAX)
        return err_new(ERR_INVALID, "path: more than %d steps inside each other",
                       JSONPATH_DEPTH_MAX);
    ev->depth++;
    return NULL;
}

static struct err *apply_modifier(struct jsonpath_eval *ev, struct span name, struct span arg,
                                  struct secret_view *text)
{
    struct secret_buf *result = NULL;
    struct err *e = jsonpath_scratch_new(ev, &result);

    if (!e)
        e = jsonpath_modifier_apply(name, arg, *text, result);
    if (!e)
        *text = secret_buf_view(result);
    return e;
}

/* Multipaths and literals would be something else to gjson, so they must not read as names. */
static struct err *refuse_unsupported(struct span path)
{
    static const char *const words[] = {"true", "false", "null", "nan", "inf"};
    int first = path.n > 1 ? path.p[0] : 0;
    size_t length = first == '{' || first == '[' ? jsonpath_bracketed(path) : 0;
    bool is_closed = length && strchr("]}", path.p[length - 1]);

    if (is_closed && (length == path.n || path.p[length] == '|' || path.p[length] == '.'))
        return err_new(ERR_INVALID, "path: multipaths are not supported");
    if (first != '!')
        return NULL;
    if (strchr("{[\"+-0123456789", path.p[1]))
        return err_new(ERR_INVALID, "path: literals are not supported");
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i]);

        if (path.n > n && strncasecmp(path.p + 1, words[i], n) == 0 &&
            (path.n == n + 1 || path.p[n + 1] == '.' || path.p[n + 1] == '|'))
            return err_new(ERR_INVALID, "path: literals are not supported");
    }
    return NULL;
}

/* One piece of the chain: *path becomes what is left of it, *more whether there is anything. */
static struct err *eval_piece(struct jsonpath_eval *ev, struct secret_view text, struct span *path,
                              struct node *out, bool *more)
{
    struct jsonpath_found found = {.has_pipe = false};
    struct span name, arg;
    struct err *e = refuse_unsupported(*path);

    if (e)
        return e;
    if (path->n > 1 && jsonpath_modifier_take(path, &name, &arg)) {
        e = apply_modifier(ev, name, arg, &text);
        *more = path->n && (path->p[0] == '.' || path->p[0] == '|');
        *out = *more ? (struct node){NODE_JSON, text} : jsonpath_whole(text);
        if (*more)
            *path = span_from(*path, 1);
        return e;
    }
    e = jsonpath_search(ev, text, *path, &found);
    *out = found.value;
    *more = found.has_pipe;
    *path = found.pipe;
    return e;
}

struct err *jsonpath_eval(struct jsonpath_eval *ev, struct secret_view text, struct span path,
                          struct node *out)
{
    size_t mark = ev->n;
    bool more = true;
    struct err *e = jsonpath_deeper(ev);

    if (e)
        return e;
    while (!e && more) {
        e = eval_piece(ev, text, &path, out, &more);
        if (!e)
            jsonpath_scratch_release(ev, mark, out->raw);
        text = out->raw;
    }
    ev->depth--;
    return e;
}

struct err *jsonpath_get(struct secret_view json, const char *path, struct secret_buf **out)
{
    struct span span = {path, strlen(path)};
    struct node result = {NODE_MISSING, {NULL, 0}};
    struct jsonpath_eval *ev;
    struct secret_buf *text = NULL;
    struct err *e;

    if (span.n > JSONPATH_PATH_MAX)
        return err_new(ERR_INVALID, "path: longer than %d bytes", JSONPATH_PATH_MAX);
    ev = xcalloc(1, sizeof(*ev));
    e = jsonpath_eval(ev, json, span, &result);
    if (!e && result.kind != NODE_MISSING)
        e = jsonpath_text(&result, &text);
    jsonpath_scratch_release(ev, 0, nothing);
    free(ev);
    if (!e)
        *out = text;
    return e;
}
