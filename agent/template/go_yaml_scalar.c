/* Scalars. As long as a scalar reads as it stands in the document it is a part of the document; the
 * first escape, fold or doubled quote begins a copy. Line breaks are normalized when they are
 * copied, out of the stretch of blanks and breaks in which they stand. */
#include "template/go_yaml_scan.h"

/* A scalar under way: what has been copied, and a run of the document behind that. */
struct content {
    struct go_yaml_input *in;
    struct text_buf b;
    size_t from; /* of the run */
    bool is_copied;
};

static void begin_content(struct content *c, struct go_yaml_input *in)
{
    *c = (struct content){.in = in, .from = in->at};
    text_buf_init(&c->b, in->g->arena, TEXT_MAX);
}

/* Copy the run up to `to`; whoever calls sets where the next begins. */
static void copy_run(struct content *c, size_t to)
{
    if (to > c->from)
        text_buf_add(&c->b, text_part(c->in->t, c->from, to - c->from));
    c->is_copied = true;
}

static void end_content(struct content *c, size_t to, struct text *out)
{
    if (!c->is_copied) {
        *out = text_part(c->in->t, c->from, to - c->from);
        return;
    }
    copy_run(c, to);
    struct err *e = text_buf_end(&c->b, out);
    if (e)
        go_yaml_input_fail(c->in, e);
}

/* Normalized, the line break at t[*at..end), which moves *at past it; empty for other bytes. */
static struct text take_break(struct text t, size_t *at, size_t end)
{
    unsigned char c = t.p[*at];

    ++*at;
    if (c == '\r' && *at < end && t.p[*at] == '\n')
        ++*at;
    if (c == '\r' || c == '\n')
        return TEXT("\n");
    if (c == 0xc2) {
        ++*at;
        return TEXT("\n");
    }
    if (c == 0xe2) {
        *at += 2;
        return text_part(t, *at - 3, 3);
    }
    return (struct text){.n = 0};
}

/* Copy every line break of a stretch of blanks and breaks. */
static void add_breaks(struct text_buf *b, struct text t, size_t from, size_t to)
{
    while (from < to)
        text_buf_add(b, take_break(t, &from, to));
}

/* Copy a stretch of blanks and breaks as a fold: one newline becomes a space, the first of many
 * goes; LS and PS stay. */
static void add_fold(struct text_buf *b, struct text t, size_t from, size_t to)
{
    struct text first = {.n = 0};
    size_t before = b->n;

    while (from < to && !first.n)
        first = take_break(t, &from, to);
    if (!text_is(first, "\n"))
        text_buf_add(b, first);
    add_breaks(b, t, from, to);
    if (text_is(first, "\n") && b->n == before)
        text_buf_byte(b, ' ');
}

/* Quoted scalars */

/* Move over blanks and breaks; true when there is a break among them. */
static bool skip_stretch(struct go_yaml_input *in)
{
    bool has_break = false;

    for (;;) {
        if (go_yaml_is_blank(in, 0)) {
            go_yaml_skip(in);
        } else if (go_yaml_is_break(in, 0)) {
            go_yaml_skip_break(in);
            has_break = true;
        } else {
            return has_break;
        }
    }
}

/* Value of n hexadecimal digits, which are moved over. */
static uint32_t take_hex(struct go_yaml_input *in, int n)
{
    uint32_t v = 0;

    for (; n > 0; n--) {
        unsigned char c = go_yaml_peek(in, 0);
        unsigned char letter = c | 0x20;
        bool is_digit = c >= '0' && c <= '9';

        if (!is_digit && (letter < 'a' || letter > 'f')) {
            go_yaml_input_refuse(in, "did not find expected hexdecimal number");
            return 0;
        }
        v = v << 4 | (uint32_t)(is_digit ? c - '0' : letter - 'a' + 10);
        go_yaml_skip(in);
    }
    return v;
}

static void take_numeric_escape(struct content *c, int digits)
{
    uint32_t rune = take_hex(c->in, digits);

    if ((rune >= 0xd800 && rune <= 0xdfff) || rune > 0x10ffff)
        go_yaml_input_refuse(c->in, "found invalid Unicode character escape code");
    text_buf_rune(&c->b, rune);
}

/* An escape, at whose backslash the text stands. */
static void take_escape(struct content *c)
{
    static const struct {
        unsigned char letter;
        uint32_t rune;
    } escapes[] = {{'0', 0},    {'a', 7},      {'b', 8},     {'t', '\t'},  {'\t', '\t'},
                   {'n', '\n'}, {'v', 11},     {'f', 12},    {'r', '\r'},  {'e', 27},
                   {' ', ' '},  {'"', '"'},    {'\'', '\''}, {'\\', '\\'}, {'N', 0x85},
                   {'_', 0xa0}, {'L', 0x2028}, {'P', 0x2029}};
    unsigned char letter = go_yaml_peek(c->in, 1);

    copy_run(c, c->in->at);
    go_yaml_skip(c->in);
    for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
        if (escapes[i].letter == letter) {
            text_buf_rune(&c->b, escapes[i].rune);
            go_yaml_skip(c->in);
            return;
        }
    }
    if (letter != 'x' && letter != 'u' && letter != 'U')
        go_yaml_input_refuse(c->in, "found unknown escape character");
    go_yaml_skip(c->in);
    take_numeric_escape(c, letter == 'x' ? 2 : letter == 'u' ? 4 : 8);
}

/* Characters up to the next blank, break or closing quote; true after an escaped line break. */
static bool take_dense(struct content *c, unsigned char quote)
{
    struct go_yaml_input *in = c->in;

    while (!go_yaml_is_blankz(in, 0)) {
        unsigned char byte = go_yaml_peek(in, 0);

        if (byte == '\'' && quote == '\'' && go_yaml_peek(in, 1) == '\'') {
            copy_run(c, in->at + 1);
            go_yaml_skip(in);
            go_yaml_skip(in);
            c->from = in->at;
        } else if (byte == quote) {
            return false;
        } else if (byte == '\\' && quote == '"' && go_yaml_is_break(in, 1)) {
            copy_run(c, in->at);
            go_yaml_skip(in);
            go_yaml_skip_break(in);
            c->from = in->at;
            return true;
        } else if (byte == '\\' && quote == '"') {
            take_escape(c);
            c->from = in->at;
        } else {
            go_yaml_skip(in);
        }
    }
    return false;
}

void go_yaml_scan_quoted(struct go_yaml_input *in, struct go_yaml_token *token)
{
    unsigned char quote = go_yaml_peek(in, 0);
    struct content c;

    go_yaml_skip(in);
    begin_content(&c, in);
    for (;;) {
        if (go_yaml_at_document_marker(in))
            go_yaml_input_refuse(in, "found unexpected document indicator");
        else if (!go_yaml_peek(in, 0))
            go_yaml_input_refuse(in, "found unexpected end of stream");
        bool is_break_escaped = take_dense(&c, quote);
        if (in->failed || go_yaml_peek(in, 0) == quote)
            break;
        size_t from = in->at;
        bool has_break = skip_stretch(in);
        if (is_break_escaped) {
            add_breaks(&c.b, in->t, from, in->at);
            c.from = in->at;
        } else if (has_break) {
            copy_run(&c, from);
            add_fold(&c.b, in->t, from, in->at);
            c.from = in->at;
        }
    }
    end_content(&c, in->at, &token->value);
    go_yaml_skip(in);
}

/* Plain scalars */

static bool ends_plain(struct go_yaml_input *in, bool is_in_flow)
{
    unsigned char c = go_yaml_peek(in, 0);

    if (c == ':' && go_yaml_is_blankz(in, 1))
        return true;
    return is_in_flow && strchr(",?[]{}", c) != NULL;
}

/* As skip_stretch, but a tab cannot stand in the indentation of a continued line. */
static bool skip_plain_stretch(struct go_yaml_input *in, ptrdiff_t indent)
{
    bool has_break = false;

    for (;;) {
        if (go_yaml_is_break(in, 0)) {
            go_yaml_skip_break(in);
            has_break = true;
            continue;
        }
        if (!go_yaml_is_blank(in, 0))
            return has_break;
        if (has_break && (ptrdiff_t)in->mark.column <= indent && go_yaml_peek(in, 0) == '\t')
            go_yaml_input_refuse(in, "found a tab character that violates indentation");
        go_yaml_skip(in);
    }
}

/* The next word, which begins where the text stands; false where none does. */
static bool take_plain_word(struct content *c, bool is_in_flow, bool has_break, size_t *end)
{
    size_t word = c->in->at;

    while (!go_yaml_is_blankz(c->in, 0) && !ends_plain(c->in, is_in_flow))
        go_yaml_skip(c->in);
    if (c->in->at == word)
        return false;
    if (has_break) {
        copy_run(c, *end);
        add_fold(&c->b, c->in->t, *end, word);
        c->from = word;
    }
    *end = c->in->at;
    return true;
}

bool go_yaml_scan_plain(struct go_yaml_input *in, ptrdiff_t indent, bool is_in_flow,
                        struct go_yaml_token *token)
{
    struct content c;
    size_t end = in->at; /* of the last word; blanks before the next count, if there is one */
    bool has_break = false;

    begin_content(&c, in);
    while (!go_yaml_at_document_marker(in) && go_yaml_peek(in, 0) != '#') {
        if (take_plain_word(&c, is_in_flow, has_break, &end))
            has_break = false;
        if (!go_yaml_is_blank(in, 0) && !go_yaml_is_break(in, 0))
            break;
        has_break |= skip_plain_stretch(in, indent);
        if (!is_in_flow && (ptrdiff_t)in->mark.column <= indent)
            break;
    }
    end_content(&c, end, &token->value);
    return has_break;
}

/* Block scalars */

struct block {
    struct go_yaml_input *in;
    ptrdiff_t outer; /* indentation around the scalar */
    size_t indent;   /* of its lines; 0: not known yet */
    int chomping;    /* -1 strips the line breaks at the end, 1 keeps them, 0 keeps one */
    bool is_literal;
    size_t breaks_at; /* where the stretch of empty lines begins that was read last */
};

static void take_indent_indicator(struct block *k)
{
    unsigned char c = go_yaml_peek(k->in, 0);

    if (c < '0' || c > '9')
        return;
    if (c == '0')
        go_yaml_input_refuse(k->in, "found an indentation indicator equal to 0");
    k->indent = (size_t)(c - '0') + (k->outer > 0 ? (size_t)k->outer : 0);
    go_yaml_skip(k->in);
}

static void take_chomping(struct block *k)
{
    unsigned char c = go_yaml_peek(k->in, 0);

    if (c != '+' && c != '-')
        return;
    k->chomping = c == '+' ? 1 : -1;
    go_yaml_skip(k->in);
}

/* The two indicators, in any order, and the rest of their line. */
static void take_block_header(struct block *k)
{
    go_yaml_skip(k->in);
    take_chomping(k);
    take_indent_indicator(k);
    if (!k->chomping)
        take_chomping(k);
    go_yaml_skip_blanks(k->in);
    go_yaml_skip_comment(k->in);
    if (!go_yaml_is_breakz(k->in, 0))
        go_yaml_input_refuse(k->in, "did not find expected comment or line break");
    go_yaml_skip_break(k->in);
}

static bool is_in_indentation(const struct block *k)
{
    return !k->indent || k->in->mark.column < k->indent;
}

/* Without an indicator the first line that is not empty tells the indentation, and so do empty
 * lines with more. */
static void settle_indent(struct block *k, size_t widest)
{
    size_t least = k->outer >= 0 ? (size_t)k->outer + 1 : 1;

    if (!k->indent)
        k->indent = widest > least ? widest : least;
}

/* Move over empty lines and the indentation of the next. */
static void skip_empty_lines(struct block *k)
{
    struct go_yaml_input *in = k->in;
    size_t widest = 0;

    k->breaks_at = in->at;
    for (;;) {
        while (is_in_indentation(k) && go_yaml_peek(in, 0) == ' ')
            go_yaml_skip(in);
        if (in->mark.column > widest)
            widest = in->mark.column;
        if (is_in_indentation(k) && go_yaml_peek(in, 0) == '\t')
            go_yaml_input_refuse(in,
                                 "found a tab character where an indentation space is expected");
        if (!go_yaml_is_break(in, 0))
            break;
        go_yaml_skip_break(in);
    }
    settle_indent(k, widest);
}

/* Copy a line break that was met at `at`, or nothing where the text ended instead. */
static struct text break_at(struct go_yaml_input *in, size_t at)
{
    return at < in->at ? take_break(in->t, &at, in->at) : (struct text){.n = 0};
}

/* The lines of the scalar. Between two lines of a folded one that begin with no blank, the line
 * break is a space, or goes when empty lines follow. Gives back the last line break. */
static struct text take_lines(struct block *k, struct text_buf *b)
{
    struct go_yaml_input *in = k->in;
    struct text last_break = {.n = 0};
    bool was_blank = true;

    while (in->mark.column == k->indent && go_yaml_peek(in, 0)) {
        bool is_blank = go_yaml_is_blank(in, 0);
        bool folds = !k->is_literal && !was_blank && !is_blank && text_is(last_break, "\n");
        size_t before = b->n, line = in->at;

        if (!folds)
            text_buf_add(b, last_break);
        add_breaks(b, in->t, k->breaks_at, line);
        if (folds && b->n == before)
            text_buf_byte(b, ' ');
        was_blank = is_blank;
        while (!go_yaml_is_breakz(in, 0))
            go_yaml_skip(in);
        text_buf_add(b, text_part(in->t, line, in->at - line));
        line = in->at;
        go_yaml_skip_break(in);
        last_break = break_at(in, line);
        skip_empty_lines(k);
    }
    return last_break;
}

void go_yaml_scan_block(struct go_yaml_input *in, ptrdiff_t indent, struct go_yaml_token *token)
{
    struct block k = {.in = in, .outer = indent, .is_literal = go_yaml_peek(in, 0) == '|'};
    struct text_buf b;

    text_buf_init(&b, in->g->arena, TEXT_MAX);
    take_block_header(&k);
    skip_empty_lines(&k);
    struct text last_break = take_lines(&k, &b);
    if (k.chomping >= 0)
        text_buf_add(&b, last_break);
    if (k.chomping > 0)
        add_breaks(&b, in->t, k.breaks_at, in->at);
    struct err *e = text_buf_end(&b, &token->value);
    if (e)
        go_yaml_input_fail(in, e);
}
