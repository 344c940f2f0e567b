/* How values print is fmt's; here is what stands between and around them. */
#include "template/fmt.h"
#include "template/funcs_text.h"

/* Appends one value. */
typedef void add_fn(struct engine *g, struct text_buf *b, const struct datum *d);

/* All values but nil with spaces between. */
static struct err *add_all(struct engine *g, const struct datum *args, size_t n, add_fn *add,
                           struct datum *out)
{
    struct text_buf b;
    bool is_first = true;

    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < n && text_buf_ok(&b); i++) {
        if (datum_is_nothing(&args[i]))
            continue;
        if (!is_first)
            text_buf_byte(&b, ' ');
        is_first = false;
        add(g, &b, &args[i]);
    }
    return func_give_text(&b, NULL, out);
}

struct err *funcs_text_cat(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return add_all(g, args, n, fmt_value, out);
}

static void add_quoted(struct engine *g, struct text_buf *b, const struct datum *d)
{
    struct text t;
    struct err *e = fmt_strval_text(g, d, &t);

    if (!e)
        e = engine_charge_bytes(g, t.n);
    if (!e)
        fmt_quote(b, t);
    else if (text_buf_ok(b))
        b->failed = e;
    else
        err_free(e);
}

struct err *funcs_text_quote(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    return add_all(g, args, n, add_quoted, out);
}

static void add_single_quoted(struct engine *g, struct text_buf *b, const struct datum *d)
{
    text_buf_byte(b, '\'');
    fmt_value(g, b, d);
    text_buf_byte(b, '\'');
}

struct err *funcs_text_squote(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    return add_all(g, args, n, add_single_quoted, out);
}

struct err *funcs_text_to_string(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    struct text t;
    struct err *e = fmt_strval_text(g, &args[0], &t);

    (void)n;
    if (!e)
        *out = datum_string(t);
    return e;
}
