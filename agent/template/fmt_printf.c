/* The format is read as Go reads it, with all it lets pass: what comes between '%' and the verb is
 * taken step by step, and what is wrong there shows only once the verb is known. */
#include "base/unicode.h"
#include "template/fmt.h"
#include "template/fmt_printer.h"

/* Greatest width, precision and argument number, as in Go. */
#define NUMBER_MAX 1000000

struct format {
    struct fmt_printer p;
    struct text text;
    size_t at;
    const struct datum *args;
    size_t n, arg;
    bool is_reordered; /* some argument was asked for by number */
    bool is_good;      /* the argument numbers of this verb are in range and in place */
    bool after_index;  /* just behind an argument number */
};

/* Decimal digits of s[from..to): false, and *next = to, where there are too many to be sensible;
 * false where there are none. */
static bool read_number(struct text s, size_t from, size_t to, int *out, size_t *next)
{
    int v = 0;
    size_t at = from;

    *out = 0;
    for (; at < to && s.p[at] >= '0' && s.p[at] <= '9'; at++) {
        if (v > NUMBER_MAX) {
            *next = to;
            return false;
        }
        v = v * 10 + (s.p[at] - '0');
    }
    *next = at;
    *out = v;
    return at > from;
}

static bool has_char(const struct format *f, char c)
{
    return f->at < f->text.n && f->text.p[f->at] == (unsigned char)c;
}

/* "[3]" before '*' or a verb. What cannot be read is skipped, up to the bracket if there is one. */
static void read_index(struct format *f)
{
    int index;
    size_t next;

    f->after_index = false;
    if (!has_char(f, '['))
        return;
    f->is_reordered = true;
    struct text rest = text_part(f->text, f->at, f->text.n - f->at);
    const unsigned char *close = rest.n < 3 ? NULL : memchr(rest.p + 1, ']', rest.n - 1);
    size_t end = close ? (size_t)(close - rest.p) : 0;
    bool is_number = close && read_number(rest, 1, end, &index, &next) && next == end;

    f->at += end + 1;
    f->after_index = is_number;
    if (is_number && index >= 1 && (size_t)index <= f->n)
        f->arg = (size_t)index - 1;
    else
        f->is_good = false;
}

/* The next argument as the number that '*' stands for. */
static bool take_number(struct format *f, int *out)
{
    *out = 0;
    if (f->arg >= f->n)
        return false;
    const struct datum *d = &f->args[f->arg++];
    int64_t v = d->v.i;
    bool is_integer = datum_is_signed(d) || (datum_is_unsigned(d) && d->v.u <= NUMBER_MAX);

    if (!is_integer || v > NUMBER_MAX || v < -NUMBER_MAX)
        return false;
    *out = (int)v;
    return true;
}

static void read_flags(struct format *f)
{
    for (; f->at < f->text.n; f->at++) {
        switch (f->text.p[f->at]) {
        case '#':
            f->p.sharp = true;
            break;
        case '0':
            f->p.zero = true;
            break;
        case '+':
            f->p.plus = true;
            break;
        case '-':
            f->p.minus = true;
            break;
        case ' ':
            f->p.space = true;
            break;
        default:
            return;
        }
    }
}

static void read_width(struct format *f)
{
    struct fmt_printer *p = &f->p;

    if (!has_char(f, '*')) {
        bool has_width = read_number(f->text, f->at, f->text.n, &p->width, &f->at);

        if (f->after_index && has_width)
            f->is_good = false;
        return;
    }
    f->at++;
    f->after_index = false;
    if (!take_number(f, &p->width))
        text_buf_puts(p->b, "%!(BADWIDTH)");
    if (p->width < 0) {
        p->width = -p->width;
        p->minus = true;
        p->zero = false;
    }
}

static void read_precision(struct format *f)
{
    struct fmt_printer *p = &f->p;

    if (!has_char(f, '.') || f->at + 1 >= f->text.n)
        return;
    f->at++;
    if (f->after_index)
        f->is_good = false;
    read_index(f);
    if (!has_char(f, '*')) {
        read_number(f->text, f->at, f->text.n, &p->precision, &f->at);
        p->has_precision = true;
        return;
    }
    f->at++;
    f->after_index = false;
    p->has_precision = take_number(f, &p->precision) && p->precision >= 0;
    if (!p->has_precision) {
        p->precision = 0;
        text_buf_puts(p->b, "%!(BADPREC)");
    }
}

static void tell(struct format *f, uint32_t verb, const char *what)
{
    text_buf_puts(f->p.b, "%!");
    text_buf_rune(f->p.b, verb);
    text_buf_puts(f->p.b, what);
}

static void print_verb(struct format *f, uint32_t verb)
{
    struct fmt_printer *p = &f->p;

    if (verb == '%') {
        text_buf_byte(p->b, '%');
    } else if (!f->is_good) {
        tell(f, verb, "(BADINDEX)");
    } else if (f->arg >= f->n) {
        tell(f, verb, "(MISSING)");
    } else {
        if (verb == 'v' || verb == 'w') {
            p->sharp_v = p->sharp;
            p->plus_v = p->plus;
            p->sharp = p->plus = false;
        }
        fmt_verb_print(p, &f->args[f->arg++], verb);
    }
}

static bool is_letter(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

/* One "%...": at is behind the '%'. Nearly always it is a letter alone. */
static void print_directive(struct format *f)
{
    uint32_t verb;

    f->p = (struct fmt_printer){.g = f->p.g, .b = f->p.b};
    f->is_good = true;
    if (f->at < f->text.n && is_letter(f->text.p[f->at])) {
        print_verb(f, f->text.p[f->at++]);
        return;
    }
    read_flags(f);
    read_index(f);
    read_width(f);
    read_precision(f);
    if (!f->after_index)
        read_index(f);
    if (f->at >= f->text.n) {
        text_buf_puts(f->p.b, "%!(NOVERB)");
        return;
    }
    f->at += unicode_decode(f->text.p + f->at, f->text.n - f->at, &verb);
    print_verb(f, verb);
}

/* Arguments that no verb took. */
static void print_extra(struct format *f)
{
    struct fmt_printer p = {.g = f->p.g, .b = f->p.b};

    text_buf_puts(p.b, "%!(EXTRA ");
    for (size_t i = f->arg; i < f->n; i++) {
        if (i > f->arg)
            text_buf_puts(p.b, ", ");
        text_buf_puts(p.b, datum_type_name(&f->args[i]));
        if (!datum_is_nothing(&f->args[i])) {
            text_buf_byte(p.b, '=');
            fmt_verb_print(&p, &f->args[i], 'v');
        }
    }
    text_buf_byte(p.b, ')');
}

void fmt_sprintf(struct engine *g, struct text_buf *b, struct text format, const struct datum *args,
                 size_t n)
{
    struct format f = {.p = {.g = g, .b = b}, .text = format, .args = args, .n = n};

    while (f.at < format.n && text_buf_ok(b)) {
        const unsigned char *percent = memchr(format.p + f.at, '%', format.n - f.at);
        size_t end = percent ? (size_t)(percent - format.p) : format.n;

        text_buf_add(b, text_part(format, f.at, end - f.at));
        if (!fmt_printer_charge(&f.p, 1 + (end - f.at) / 64))
            return;
        f.at = end;
        if (percent) {
            f.at++;
            print_directive(&f);
        }
    }
    if (!f.is_reordered && f.arg < n)
        print_extra(&f);
}
