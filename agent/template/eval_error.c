/* Go names the last node that it looked at, so every step of the evaluation notes its node, and the
 * text around it is made only when something fails. */
#include "template/eval_state.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "template/fmt.h"

const char *eval_node_text(const struct eval *s, const struct node *n)
{
    struct text_buf b;
    struct text t;

    text_buf_init(&b, s->g->arena, TEXT_MAX);
    node_print(&b, n);
    text_buf_byte(&b, '\0');
    CLEANUP(err) struct err *e = text_buf_end(&b, &t);
    return e ? "?" : (const char *)t.p;
}

const char *eval_quoted(const struct eval *s, struct text name)
{
    struct text_buf b;
    struct text t;

    text_buf_init(&b, s->g->arena, TEXT_MAX);
    fmt_quote(&b, name);
    text_buf_byte(&b, '\0');
    CLEANUP(err) struct err *e = text_buf_end(&b, &t);
    return e ? "?" : (const char *)t.p;
}

/* Go counts lines from 1 and the columns of a line from 0, in bytes. */
static void position(struct text source, size_t at, size_t *line, size_t *column)
{
    ptrdiff_t newline = text_find_last(text_part(source, 0, at), TEXT("\n"));

    *line = 1;
    for (size_t i = 0; i < at; i++)
        *line += source.p[i] == '\n';
    *column = newline < 0 ? at : at - (size_t)newline - 1;
}

struct err *eval_locate(const struct eval *s, struct err *e)
{
    struct text name = s->forest->name;
    size_t line, column;

    if (err_class(e) != ERR_INVALID || engine_is_limit(e))
        return e;
    position(s->forest->source, s->at->at, &line, &column);
    return err_wrap(e, "template: %.*s:%zu:%zu: executing %s at <%s>", (int)name.n,
                    (const char *)name.p, line, column, eval_quoted(s, s->tree->name),
                    eval_node_text(s, s->at));
}

struct err *eval_error(const struct eval *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *text = xvasprintf(format, args);
    va_end(args);

    return eval_locate(s, err_new(ERR_INVALID, "%s", text));
}
