/* What prints without flags takes the short way here; verbs and containers are fmt_verb.c. */
#include "template/fmt.h"

#include "template/container.h"
#include "template/fmt_printer.h"

void fmt_value(struct engine *g, struct text_buf *b, const struct datum *d)
{
    struct fmt_printer p = {.g = g, .b = b};

    if (d->kind == DATUM_STRING) {
        if (fmt_printer_charge(&p, d->n / 64))
            text_buf_add(b, datum_text(d));
    } else if (d->kind == DATUM_INT || d->kind == DATUM_INT64) {
        text_buf_int(b, d->v.i);
    } else {
        fmt_verb_print(&p, d, 'v');
    }
}

void fmt_action(struct engine *g, struct text_buf *b, const struct datum *d)
{
    if (datum_is_nothing(d))
        text_buf_puts(b, "<no value>");
    else
        fmt_value(g, b, d);
}

void fmt_sprint(struct engine *g, struct text_buf *b, const struct datum *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && args[i].kind != DATUM_STRING && args[i - 1].kind != DATUM_STRING)
            text_buf_byte(b, ' ');
        fmt_value(g, b, &args[i]);
    }
}

void fmt_sprintln(struct engine *g, struct text_buf *b, const struct datum *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_buf_byte(b, ' ');
        fmt_value(g, b, &args[i]);
    }
    text_buf_byte(b, '\n');
}

static bool is_bytes(const struct datum *d)
{
    return d->kind == DATUM_LIST && d->v.list->element == ELEMENT_UINT8;
}

void fmt_strval(struct engine *g, struct text_buf *b, const struct datum *d)
{
    struct fmt_printer p = {.g = g, .b = b};

    if (is_bytes(d))
        fmt_verb_print(&p, d, 's');
    else
        fmt_value(g, b, d);
}

struct err *fmt_strval_text(struct engine *g, const struct datum *d, struct text *out)
{
    struct text_buf b;

    if (d->kind == DATUM_STRING) {
        *out = datum_text(d);
        return NULL;
    }
    text_buf_init(&b, g->arena, TEXT_MAX);
    fmt_strval(g, &b, d);
    return text_buf_end(&b, out);
}
