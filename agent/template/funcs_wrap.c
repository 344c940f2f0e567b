/* Columns are bytes throughout, as in the libraries behind sprig: an ellipsis or a line may end
 * within a character. nospace and initials even take each byte for a character of its own. */
#include "template/funcs_wrap.h"

#include "template/funcs.h"
#include "template/funcs_text.h"

#define ELLIPSIS "..."
#define ELLIPSIS_BYTES 3
#define ABBREV_MIN 4      /* a byte and the ellipsis */
#define ABBREV_BOTH_MIN 7 /* a byte between two of them */
#define OFFSET_MIN 4      /* what an ellipsis in front is worth */

/* The bytes of t from start on, n of them, with an ellipsis at the ends that want one. */
static struct err *elide(struct engine *g, struct text t, int64_t start, int64_t n, bool has_front,
                         bool has_back, struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, (uint64_t)n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, has_front ? ELLIPSIS : "");
    text_buf_add(&b, text_part(t, (size_t)start, (size_t)n));
    text_buf_puts(&b, has_back ? ELLIPSIS : "");
    return func_give_text(&b, NULL, out);
}

/* t, of more than width bytes, from offset on. An offset far below zero counts as one that leaves
 * too little at its right: so Go's integers wrap. */
static struct err *abbreviate(struct engine *g, struct text t, int64_t offset, int64_t width,
                              struct datum *out)
{
    int64_t size = (int64_t)t.n, kept = width - ELLIPSIS_BYTES;

    if (offset > size || (int64_t)((uint64_t)size - (uint64_t)offset) < kept)
        offset = size - kept;
    if (offset <= OFFSET_MIN)
        return elide(g, t, 0, kept, false, true, out);
    if (width < ABBREV_BOTH_MIN)
        return elide(g, t, 0, 0, false, false, out);
    if (offset + kept < size)
        return elide(g, t, offset, kept - ELLIPSIS_BYTES, true, true, out);
    return elide(g, t, size - kept, kept, true, false, out);
}

static struct err *abbrev(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    int64_t width = args[0].v.i;

    (void)n;
    *out = args[1];
    if (width < ABBREV_MIN || args[1].n <= width)
        return NULL;
    return abbreviate(g, datum_text(&args[1]), 0, width, out);
}

static struct err *abbrevboth(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    int64_t offset = args[0].v.i, width = args[1].v.i;

    (void)n;
    *out = args[2];
    if (width < ABBREV_MIN || (offset > 0 && width < ABBREV_BOTH_MIN) || args[2].n <= width)
        return NULL;
    return abbreviate(g, datum_text(&args[2]), offset, width, out);
}

static size_t count_byte(struct text t, unsigned char c)
{
    size_t count = 0;

    for (size_t i = 0; i < t.n; i++)
        count += t.p[i] == c;
    return count;
}

static void write_indented(unsigned char *to, struct text t, size_t pad)
{
    for (size_t at = 0;;) {
        const unsigned char *end = t.n > at ? memchr(t.p + at, '\n', t.n - at) : NULL;
        size_t length = end ? (size_t)(end - t.p) + 1 - at : t.n - at;

        memset(to, ' ', pad);
        if (length)
            memcpy(to + pad, t.p + at, length);
        if (!end)
            break;
        to += pad + length;
        at += length;
    }
}

/* prefix, then t with pad spaces in front of each line, the empty ones and the last included. */
static struct err *indent_after(struct engine *g, struct text prefix, const struct datum *args,
                                struct datum *out)
{
    struct text t = datum_text(&args[1]);
    int64_t spaces = args[0].v.i;
    struct text_buf b;

    if (spaces < 0)
        return err_new(ERR_INVALID, FUNCS_TEXT_NEGATIVE);
    size_t pad = spaces > TEXT_MAX ? TEXT_MAX + 1 : (size_t)spaces;
    size_t size = t.n + pad * (count_byte(t, '\n') + 1);
    struct err *e = engine_charge_bytes(g, t.n);
    if (e)
        return e;
    unsigned char *to = funcs_text_room(g, &b, prefix.n + size);
    if (to)
        write_indented(funcs_text_put(to, prefix), t, pad);
    return func_give_text(&b, NULL, out);
}

static struct err *indent(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return indent_after(g, TEXT(""), args, out);
}

static struct err *nindent(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return indent_after(g, TEXT("\n"), args, out);
}

/* A text being cut into lines. */
struct wrapping {
    struct text t, line_end;
    size_t at, width; /* width >= 1 */
    bool cuts_words;
};

/* Length of the line that begins at w->at; *taken is that and the space at its end. */
static size_t line_length(const struct wrapping *w, size_t *taken)
{
    struct text window = text_part(w->t, w->at, w->width + 1);
    const unsigned char *space = memrchr(window.p, ' ', window.n);

    if (!space && w->cuts_words) {
        *taken = w->width;
        return w->width;
    }
    if (!space)
        space = memchr(window.p + w->width, ' ', w->t.n - w->at - w->width);
    size_t length = space ? (size_t)(space - window.p) : w->t.n - w->at;
    *taken = length + (space ? 1 : 0);
    return length;
}

static void add_line(struct engine *g, struct text_buf *b, struct wrapping *w)
{
    size_t taken, length = line_length(w, &taken);

    b->failed = engine_charge(g, 1);
    if (!b->failed)
        b->failed = engine_charge_bytes(g, w->line_end.n);
    text_buf_add(b, text_part(w->t, w->at, length));
    w->at += taken;
    if (taken > length || w->cuts_words)
        text_buf_add(b, w->line_end);
}

static struct err *wrap_text(struct engine *g, struct wrapping *w, struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, w->t.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    while (text_buf_ok(&b) && w->t.n - w->at > w->width) {
        if (w->t.p[w->at] == ' ')
            w->at++;
        else
            add_line(g, &b, w);
    }
    text_buf_add(&b, text_part(w->t, w->at, w->t.n - w->at));
    return func_give_text(&b, NULL, out);
}

/* More than the longest text is as good as any width. */
static size_t width_of(const struct datum *d)
{
    return d->v.i < 1 ? 1 : d->v.i > TEXT_MAX ? TEXT_MAX : (size_t)d->v.i;
}

static struct err *wrap(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct wrapping w = {
        .t = datum_text(&args[1]), .line_end = TEXT("\n"), .width = width_of(&args[0])};

    (void)n;
    return wrap_text(g, &w, out);
}

static struct err *wrap_with(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct wrapping w = {.t = datum_text(&args[2]),
                         .line_end = args[1].n ? datum_text(&args[1]) : TEXT("\n"),
                         .width = width_of(&args[0]),
                         .cuts_words = true};

    (void)n;
    return wrap_text(g, &w, out);
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (unsigned char)(c - '\t') < 5 || c == 0x85 || c == 0xa0;
}

static struct err *nospace(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    size_t spaces = 0;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    *out = args[0];
    for (size_t i = 0; i < t.n; i++)
        spaces += is_space(t.p[i]);
    if (!spaces)
        return NULL;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_reserve(&b, t.n - spaces);
    for (size_t i = 0; i < t.n && text_buf_ok(&b); i++) {
        if (!is_space(t.p[i]))
            funcs_text_add_rune(&b, t.p[i]);
    }
    return func_give_text(&b, NULL, out);
}

static struct err *initials(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    bool was_gap = true;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < t.n && text_buf_ok(&b); i++) {
        bool is_gap = is_space(t.p[i]);
        if (!is_gap && was_gap)
            funcs_text_add_rune(&b, t.p[i]);
        was_gap = is_gap;
    }
    return func_give_text(&b, NULL, out);
}

static const struct func rows[] = {
    {"abbrev", "is", "s", abbrev, 0, "the text cut to n bytes, an ellipsis included",
     "{{ \"hello world\" | abbrev 8 }}", "hello..."},
    {"abbrevboth", "iis", "s", abbrevboth, 0,
     "the text from a position on cut to n bytes, with an ellipsis at both ends",
     "{{ \"1234 5678 9123\" | abbrevboth 5 10 }}", "...5678..."},
    {"camelcase", "s", "s", funcs_wrap_camelcase, 0, "words in one, each with a capital",
     "{{ camelcase \"http_server\" }}", "HttpServer"},
    {"indent", "is", "s", indent, 0, "the text with that many spaces before each line",
     "{{ \"a\\nb\" | indent 2 }}", "  a\n  b"},
    {"initials", "s", "s", initials, 0, "the first byte of each word",
     "{{ initials \"First Try\" }}", "FT"},
    {"kebabcase", "s", "s", funcs_wrap_kebabcase, 0, "small letters, hyphens between the words",
     "{{ kebabcase \"FirstName\" }}", "first-name"},
    {"nindent", "is", "s", nindent, 0, "as indent, with a newline in front",
     "{{ \"a\\nb\" | nindent 2 }}", "\n  a\n  b"},
    {"nospace", "s", "s", nospace, 0, "the text without white space", "{{ nospace \"h e l\" }}",
     "hel"},
    {"snakecase", "s", "s", funcs_wrap_snakecase, 0, "small letters, underscores between the words",
     "{{ snakecase \"FirstName\" }}", "first_name"},
    {"wrap", "is", "s", wrap, 0, "the text in lines of that many bytes; long words stay whole",
     "{{ \"one two three\" | wrap 7 }}", "one two\nthree"},
    {"wrapWith", "iss", "s", wrap_with, 0,
     "as wrap, with another text for the newline; long words are cut",
     "{{ \"one two three\" | wrapWith 4 \"/\" }}", "one/two/thre/e"},
};

const struct func_table funcs_wrap = {"Layout of texts", rows, ARRAY_SIZE(rows)};
