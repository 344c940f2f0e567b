/* Everything is printed to the end of the buffer first and padded there afterwards, which needs no
 * memory but the result's. */
#include "base/unicode.h"
#include "template/fmt_printer.h"

/* What was printed since start. */
static struct text printed(const struct fmt_printer *p, size_t start)
{
    return text_part(text_buf_view(p->b), start, p->b->n - start);
}

static size_t count_runes(struct text t)
{
    size_t count = 0;
    uint32_t rune;

    for (size_t at = 0; at < t.n; count++)
        at += t.p[at] < 0x80 ? 1 : unicode_decode(t.p + at, t.n - at, &rune);
    return count;
}

void fmt_text_pad(struct fmt_printer *p, size_t start, size_t at)
{
    struct text_buf *b = p->b;

    if (!p->width || !text_buf_ok(b))
        return;
    size_t length = b->n, runes = count_runes(printed(p, start));
    if (runes >= (size_t)p->width)
        return;
    size_t n = (size_t)p->width - runes;
    if (!fmt_printer_charge(p, n / 64))
        return;
    if (p->minus) {
        text_buf_fill(b, ' ', n);
    } else if (text_buf_room(b, n)) {
        memmove(b->p + at + n, b->p + at, length - at);
        memset(b->p + at, p->zero ? '0' : ' ', n);
    }
}

/* Length of the first runes of t. */
static size_t cut(struct text t, int runes)
{
    size_t at = 0;
    uint32_t rune;

    for (; at < t.n && runes > 0; runes--)
        at += unicode_decode(t.p + at, t.n - at, &rune);
    return at;
}

void fmt_text_finish(struct fmt_printer *p, size_t start)
{
    if (!text_buf_ok(p->b))
        return;
    if (p->has_precision)
        p->b->n = start + cut(printed(p, start), p->precision);
    fmt_text_pad(p, start, start);
}

static void print_hex(struct fmt_printer *p, struct text t, bool is_upper)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *prefix = is_upper ? "0X" : "0x";
    size_t n = p->has_precision && (size_t)p->precision < t.n ? (size_t)p->precision : t.n;
    size_t start = p->b->n;

    for (size_t i = 0; i < n && text_buf_ok(p->b); i++) {
        unsigned char pair[2] = {(unsigned char)digits[t.p[i] >> 4],
                                 (unsigned char)digits[t.p[i] & 15]};

        if (p->space && i > 0)
            text_buf_byte(p->b, ' ');
        if (p->sharp && (p->space || i == 0))
            text_buf_puts(p->b, prefix);
        text_buf_bytes(p->b, pair, sizeof(pair));
    }
    fmt_text_pad(p, start, start);
}

static void print_quoted(struct fmt_printer *p, struct text t)
{
    size_t start = p->b->n;

    if (p->has_precision)
        t.n = cut(t, p->precision);
    if (p->sharp && fmt_quote_can_backquote(t)) {
        text_buf_byte(p->b, '`');
        text_buf_add(p->b, t);
        text_buf_byte(p->b, '`');
    } else {
        fmt_quote_text(p->b, t, p->plus);
    }
    fmt_text_pad(p, start, start);
}

bool fmt_text_print(struct fmt_printer *p, struct text t, uint32_t verb)
{
    size_t start = p->b->n;

    if (verb == 'q' || (verb == 'v' && p->sharp_v)) {
        print_quoted(p, t);
    } else if (verb == 'v' || verb == 's') {
        text_buf_add(p->b, t);
        fmt_text_finish(p, start);
    } else if (verb == 'x' || verb == 'X') {
        print_hex(p, t, verb == 'X');
    } else {
        return false;
    }
    return true;
}
