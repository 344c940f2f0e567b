/* print and its kin end in fmt.c. The three escapers first make one text of their arguments, then
 * copy it in stretches between the bytes that need something else; a text without any is given back
 * as it is. */
#include "base/unicode.h"
#include "template/fmt.h"
#include "template/funcs.h"

static struct err *print(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    fmt_sprint(g, &b, args, n);
    return func_give_text(&b, NULL, out);
}

static struct err *println(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    fmt_sprintln(g, &b, args, n);
    return func_give_text(&b, NULL, out);
}

static struct err *print_format(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    fmt_sprintf(g, &b, datum_text(&args[0]), args + 1, n - 1);
    return func_give_text(&b, NULL, out);
}

/* The arguments as print joins them, except that nil is the text "<no value>". */
static struct err *join(struct engine *g, const struct datum *args, size_t n, struct text *out)
{
    struct text_buf b;
    bool was_text = true;

    if (n == 1 && args[0].kind == DATUM_STRING) {
        *out = datum_text(&args[0]);
        return engine_charge_bytes(g, out->n);
    }
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        bool is_text = args[i].kind == DATUM_STRING || datum_is_nothing(&args[i]);

        if (i > 0 && !is_text && !was_text)
            text_buf_byte(&b, ' ');
        fmt_action(g, &b, &args[i]);
        was_text = is_text;
    }
    return text_buf_end(&b, out);
}

static void add_hex(struct text_buf *b, const char *prefix, uint32_t v, unsigned digits)
{
    text_buf_puts(b, prefix);
    while (digits-- > 0)
        text_buf_byte(b, (unsigned char)"0123456789ABCDEF"[v >> 4 * digits & 15]);
}

/* Bytes that need something else, and what writes it for the one at t[at]; it gives the number of
 * bytes that it stands for. */
struct escaper {
    bool (*is_special)(unsigned char c);
    size_t (*escape)(struct text_buf *b, struct text t, size_t at);
};

static struct err *escape_all(struct engine *g, const struct datum *args, size_t n,
                              const struct escaper *how, struct datum *out)
{
    struct text t;
    struct text_buf b;
    size_t at = 0, copied = 0;
    struct err *e = join(g, args, n, &t);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    while (at < t.n && text_buf_ok(&b)) {
        if (!how->is_special(t.p[at])) {
            at++;
            continue;
        }
        text_buf_add(&b, text_part(t, copied, at - copied));
        at += how->escape(&b, t, at);
        copied = at;
    }
    if (!copied) {
        *out = datum_string(t);
        return NULL;
    }
    text_buf_add(&b, text_part(t, copied, t.n - copied));
    return func_give_text(&b, NULL, out);
}

static bool is_special_in_html(unsigned char c)
{
    return c == '"' || c == '\'' || c == '&' || c == '<' || c == '>' || c == 0;
}

static size_t escape_html(struct text_buf *b, struct text t, size_t at)
{
    unsigned char c = t.p[at];

    text_buf_puts(b, c == '"'    ? "&#34;"
                     : c == '\'' ? "&#39;"
                     : c == '&'  ? "&amp;"
                     : c == '<'  ? "&lt;"
                     : c == '>'  ? "&gt;"
                                 : "\xef\xbf\xbd");
    return 1;
}

static bool is_special_in_js(unsigned char c)
{
    return c < ' ' || c >= 0x80 || strchr("\\'\"<>&=", c);
}

static size_t escape_js(struct text_buf *b, struct text t, size_t at)
{
    unsigned char c = t.p[at];
    uint32_t rune;

    if (c >= 0x80) {
        size_t taken = unicode_decode(t.p + at, t.n - at, &rune);

        if (unicode_is_print(rune))
            text_buf_add(b, text_part(t, at, taken));
        else
            add_hex(b, "\\u", rune, rune > 0xffff ? rune > 0xfffff ? 6 : 5 : 4);
        return taken;
    }
    if (c == '\\' || c == '\'' || c == '"') {
        text_buf_byte(b, '\\');
        text_buf_byte(b, c);
    } else {
        add_hex(b, "\\u", c, 4);
    }
    return 1;
}

static bool is_special_in_query(unsigned char c)
{
    bool is_letter = (unsigned char)((c | 0x20) - 'a') < 26;
    bool is_digit = (unsigned char)(c - '0') < 10;

    return !is_letter && !is_digit && c != '-' && c != '_' && c != '.' && c != '~';
}

static size_t escape_query(struct text_buf *b, struct text t, size_t at)
{
    if (t.p[at] == ' ')
        text_buf_byte(b, '+');
    else
        add_hex(b, "%", t.p[at], 2);
    return 1;
}

static struct err *html(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    static const struct escaper how = {is_special_in_html, escape_html};

    return escape_all(g, args, n, &how, out);
}

static struct err *js(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    static const struct escaper how = {is_special_in_js, escape_js};

    return escape_all(g, args, n, &how, out);
}

static struct err *urlquery(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    static const struct escaper how = {is_special_in_query, escape_query};

    return escape_all(g, args, n, &how, out);
}

static const struct func rows[] = {
    {"html", "a*", "s", html, 0,
     "arguments as print joins them, with <, >, &, ' and \" as entities",
     "{{ html `a<b & \"c\"` }}", "a&lt;b &amp; &#34;c&#34;"},
    {"js", "a*", "s", js, 0, "arguments as print joins them, escaped for a JavaScript string",
     "{{ js `it's <b>` }}", "it\\'s \\u003Cb\\u003E"},
    {"print", "a*", "s", print, 0,
     "arguments as text, with a space between two of which neither is a string",
     "{{ print 1 2 `x` true }}", "1 2xtrue"},
    {"printf", "sa*", "s", print_format, 0,
     "arguments as the format says, with Go's verbs, flags, widths and precisions",
     "{{ printf `%s:%05d %q %.2f` `db` 42 `a b` 3.14159 }}", "db:00042 \"a b\" 3.14"},
    {"println", "a*", "s", println, 0, "arguments as text, with spaces between and a newline",
     "{{ println `a` 1 }}", "a 1\n"},
    {"urlquery", "a*", "s", urlquery, 0, "arguments as print joins them, escaped for a URL's query",
     "{{ urlquery `a b/c?` }}", "a+b%2Fc%3F"},
};

const struct func_table funcs_print = {"Printing", rows, ARRAY_SIZE(rows)};
