/* Styles: a literal block for text with newlines, plain where nothing speaks against it, double
 * quotes where plain would be read as something else; single quotes where the syntax forbids plain.
 * What a style cannot show makes it fall back, at last to double quotes, which show everything.
 * All three on one line fold at blanks beyond column 80. */
#include "template/go_yaml_emit.h"

#include "base/unicode.h"
#include "template/go_yaml_resolve.h"

#define INDENT 2
#define WIDTH 80u
#define SIMPLE_KEY_MAX 128u
#define BOM "\xef\xbb\xbf"

/* Which styles a text allows. */
struct looks {
    bool is_multiline;
    bool may_be_plain;
    bool may_be_single_quoted;
    bool may_be_block;
};

/* Characters. The text is well-formed UTF-8. */

static size_t width_of(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool is_space(struct text t, size_t at)
{
    return at < t.n && t.p[at] == ' ';
}

static bool is_break(struct text t, size_t at)
{
    const unsigned char *s = t.p + at;

    if (s[0] < 0x80)
        return s[0] == '\n' || s[0] == '\r';
    return (s[0] == 0xc2 && s[1] == 0x85) ||
           (s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9));
}

static bool is_blank(struct text t, size_t at)
{
    return t.p[at] == ' ' || t.p[at] == '\t';
}

static bool is_bom(struct text t, size_t at)
{
    return text_has_prefix(text_part(t, at, t.n - at), TEXT(BOM));
}

/* Code points from 0x10000 on are printed as escapes, though YAML could show them. */
static bool is_printable(struct text t, size_t at)
{
    const unsigned char *s = t.p + at;

    if (s[0] < 0x80)
        return s[0] == '\n' || (s[0] >= 0x20 && s[0] <= 0x7e);
    if (s[0] == 0xc2)
        return s[1] >= 0xa0;
    if (s[0] == 0xef && s[1] == 0xbf)
        return s[2] < 0xbe;
    return s[0] < 0xf0 && !is_bom(t, at);
}

/* Output */

static void put(struct go_yaml_emitter *m, unsigned char c)
{
    text_buf_byte(m->b, c);
    m->column++;
}

static void put_break(struct go_yaml_emitter *m)
{
    text_buf_byte(m->b, '\n');
    m->column = 0;
}

/* Copy the character at t[*at], which is moved past it. */
static void copy(struct go_yaml_emitter *m, struct text t, size_t *at)
{
    size_t width = width_of(t.p[*at]);

    text_buf_bytes(m->b, t.p + *at, width);
    m->column++;
    *at += width;
}

/* The same for a line break. */
static void copy_break(struct go_yaml_emitter *m, struct text t, size_t *at)
{
    if (t.p[*at] == '\n') {
        put_break(m);
        ++*at;
        return;
    }
    copy(m, t, at);
    m->column = 0;
}

static void put_indent(struct go_yaml_emitter *m)
{
    size_t indent = m->indent < 0 ? 0 : (size_t)m->indent;

    if (!m->is_indented || m->column > indent || (m->column == indent && !m->after_blank))
        put_break(m);
    if (m->column < indent) {
        text_buf_fill(m->b, ' ', indent - m->column);
        m->column = indent;
    }
    m->after_blank = true;
    m->is_indented = true;
}

static void put_blank_before(struct go_yaml_emitter *m)
{
    if (!m->after_blank)
        put(m, ' ');
}

static void put_quote(struct go_yaml_emitter *m, unsigned char quote)
{
    put(m, quote);
    m->after_blank = false;
    m->is_indented = false;
}

/* Looks */

static bool begins_with_indicator(struct text t)
{
    unsigned char c = t.p[0];
    bool stands_alone = t.n == 1 || is_blank(t, 1);

    if (text_has_prefix(t, TEXT("---")) || text_has_prefix(t, TEXT("...")))
        return true;
    if (c == '?' || c == ':' || c == '-')
        return stands_alone;
    return c && strchr("#,[]{}&*!|>'\"%@`", c) != NULL;
}

/* ": " and " #" within a text, which would end it. */
static bool has_indicator_at(struct text t, size_t at)
{
    if (t.p[at] == ':')
        return at + 1 == t.n || is_blank(t, at + 1);
    return t.p[at] == '#' && t.p[at - 1] == ' ';
}

static void look_at(struct text t, struct looks *out)
{
    bool has_indicator = begins_with_indicator(t);
    bool is_special = false, after_space = false, after_break = false;
    bool has_break_space = false, has_space_break = false;

    *out = (struct looks){.is_multiline = false};
    for (size_t at = 0; at < t.n; at += width_of(t.p[at])) {
        bool is_a_break = is_break(t, at);

        if (at > 0 && has_indicator_at(t, at))
            has_indicator = true;
        if (!is_printable(t, at))
            is_special = true;
        has_break_space |= after_break && t.p[at] == ' ';
        has_space_break |= after_space && is_a_break;
        out->is_multiline |= is_a_break;
        after_space = t.p[at] == ' ';
        after_break = is_a_break;
    }
    bool is_padded = t.p[0] == ' ' || after_space;
    out->may_be_plain = !has_indicator && !is_padded && !out->is_multiline && !is_special;
    out->may_be_single_quoted = !has_break_space && !has_space_break && !is_special;
    out->may_be_block = !after_space && !has_space_break && !is_special;
}

/* One function for each style */

static void put_plain(struct go_yaml_emitter *m, struct text t, bool may_fold)
{
    bool after_space = false;

    put_blank_before(m);
    for (size_t at = 0; at < t.n;) {
        bool is_a_space = t.p[at] == ' ';

        if (is_a_space && may_fold && !after_space && m->column > WIDTH && !is_space(t, at + 1)) {
            put_indent(m);
            at++;
        } else {
            copy(m, t, &at);
        }
        after_space = is_a_space;
    }
    m->after_blank = false;
    m->is_indented = false;
}

/* May a quoted text be folded at the blank at t[at]? */
static bool may_fold_at(const struct go_yaml_emitter *m, struct text t, size_t at, bool may_fold)
{
    return may_fold && m->column > WIDTH && at > 0 && at < t.n - 1;
}

static void put_single_quoted(struct go_yaml_emitter *m, struct text t, bool may_fold)
{
    bool after_space = false, after_break = false;

    put_blank_before(m);
    put_quote(m, '\'');
    for (size_t at = 0; at < t.n;) {
        bool is_a_space = t.p[at] == ' ';

        if (is_break(t, at)) {
            if (!after_break && t.p[at] == '\n')
                put_break(m);
            copy_break(m, t, &at);
            m->is_indented = true;
            after_break = true;
            continue;
        }
        if (is_a_space && !after_space && !is_space(t, at + 1) && may_fold_at(m, t, at, may_fold)) {
            put_indent(m);
            at++;
            after_space = true;
            continue;
        }
        if (after_break && !is_a_space)
            put_indent(m);
        if (t.p[at] == '\'')
            put(m, '\'');
        copy(m, t, &at);
        if (!is_a_space) {
            m->is_indented = false;
            after_break = false;
        }
        after_space = is_a_space;
    }
    put_quote(m, '\'');
}

static void put_hex(struct go_yaml_emitter *m, uint32_t v, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        put(m, (unsigned char)"0123456789ABCDEF"[v >> shift & 15]);
}

static void put_escape(struct go_yaml_emitter *m, uint32_t rune)
{
    static const struct {
        uint32_t rune;
        unsigned char letter;
    } escapes[] = {{0, '0'},     {7, 'a'},    {8, 'b'},    {'\t', 't'},   {'\n', 'n'},
                   {11, 'v'},    {12, 'f'},   {'\r', 'r'}, {27, 'e'},     {'"', '"'},
                   {'\\', '\\'}, {0x85, 'N'}, {0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};

    put(m, '\\');
    for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
        if (escapes[i].rune == rune) {
            put(m, escapes[i].letter);
            return;
        }
    }
    int digits = rune <= 0xff ? 2 : rune <= 0xffff ? 4 : 8;
    put(m, digits == 2 ? 'x' : digits == 4 ? 'u' : 'U');
    put_hex(m, rune, digits);
}

/* go-yaml looks for a byte order mark at the beginning of the text, whichever character it is at:
 * with one there, everything is escaped. */
static bool needs_escape(struct text t, size_t at)
{
    return t.p[at] == '"' || t.p[at] == '\\' || !is_printable(t, at) || is_break(t, at) ||
           is_bom(t, 0);
}

static void put_double_quoted(struct go_yaml_emitter *m, struct text t, bool may_fold)
{
    bool after_space = false;

    put_blank_before(m);
    put_quote(m, '"');
    for (size_t at = 0; at < t.n;) {
        bool is_a_space = t.p[at] == ' ';
        uint32_t rune;

        if (needs_escape(t, at)) {
            at += unicode_decode(t.p + at, t.n - at, &rune);
            put_escape(m, rune);
            is_a_space = false;
        } else if (is_a_space && !after_space && may_fold_at(m, t, at, may_fold)) {
            put_indent(m);
            if (is_space(t, at + 1))
                put(m, '\\');
            at++;
        } else {
            copy(m, t, &at);
        }
        after_space = is_a_space;
    }
    put_quote(m, '"');
}

/* Position of the last character of t[0..n), n > 0. */
static size_t last_of(struct text t, size_t n)
{
    do
        n--;
    while ((t.p[n] & 0xc0) == 0x80);
    return n;
}

static void put_block_header(struct go_yaml_emitter *m, struct text t)
{
    size_t last = last_of(t, t.n);

    put_blank_before(m);
    put(m, '|');
    if (t.p[0] == ' ' || is_break(t, 0))
        put(m, '0' + INDENT);
    if (!is_break(t, last))
        put(m, '-');
    else if (last == 0 || is_break(t, last_of(t, last)))
        put(m, '+');
    put_break(m);
    m->is_indented = true;
    m->after_blank = true;
}

static void put_literal(struct go_yaml_emitter *m, struct text t)
{
    bool after_break = true;

    put_block_header(m, t);
    for (size_t at = 0; at < t.n;) {
        if (is_break(t, at)) {
            copy_break(m, t, &at);
            m->is_indented = true;
            after_break = true;
            continue;
        }
        if (after_break)
            put_indent(m);
        copy(m, t, &at);
        m->is_indented = false;
        after_break = false;
    }
}

static void put_in_style(struct go_yaml_emitter *m, struct text t, bool needs_quotes,
                         enum go_yaml_place place)
{
    struct looks looks;
    bool may_fold = place != YAML_AS_KEY;

    if (!t.n) {
        put_double_quoted(m, t, may_fold);
        return;
    }
    look_at(t, &looks);
    if (memchr(t.p, '\n', t.n)) {
        if (looks.may_be_block && place != YAML_AS_KEY)
            put_literal(m, t);
        else
            put_double_quoted(m, t, may_fold);
    } else if (needs_quotes || (!looks.may_be_plain && !looks.may_be_single_quoted)) {
        put_double_quoted(m, t, may_fold);
    } else if (looks.may_be_plain) {
        put_plain(m, t, may_fold);
    } else {
        put_single_quoted(m, t, may_fold);
    }
}

struct err *go_yaml_emit_string(struct go_yaml_emitter *m, struct text t, enum go_yaml_place place)
{
    ptrdiff_t outer = m->indent;
    bool needs_quotes;
    struct err *e = engine_charge_bytes(m->g, t.n);

    if (!e)
        e = go_yaml_needs_quotes(m->g, t, &needs_quotes);
    if (e)
        return e;
    m->indent = m->indent < 0 ? INDENT : m->indent + INDENT;
    put_in_style(m, t, needs_quotes, place);
    m->indent = outer;
    return NULL;
}

bool go_yaml_is_simple_key(struct text t)
{
    if (t.n > SIMPLE_KEY_MAX)
        return false;
    for (size_t at = 0; at < t.n; at += width_of(t.p[at])) {
        if (is_break(t, at))
            return false;
    }
    return true;
}

/* Structure */

void go_yaml_emitter_init(struct go_yaml_emitter *m, struct engine *g, struct text_buf *b)
{
    *m = (struct go_yaml_emitter){
        .g = g, .b = b, .indent = -1, .after_blank = true, .is_indented = true};
}

void go_yaml_emit_end(struct go_yaml_emitter *m)
{
    m->indent = -1;
    put_indent(m);
}

ptrdiff_t go_yaml_emit_enter(struct go_yaml_emitter *m, bool is_sequence, enum go_yaml_place place)
{
    ptrdiff_t outer = m->indent;

    if (m->indent < 0)
        m->indent = 0;
    else if (!is_sequence || place != YAML_IN_MAPPING || m->is_indented)
        m->indent += INDENT;
    return outer;
}

void go_yaml_emit_item(struct go_yaml_emitter *m, char indicator)
{
    put_indent(m);
    put(m, (unsigned char)indicator);
    m->after_blank = false;
}

void go_yaml_emit_key(struct go_yaml_emitter *m)
{
    put_indent(m);
}

void go_yaml_emit_colon(struct go_yaml_emitter *m)
{
    put(m, ':');
    m->after_blank = false;
    m->is_indented = false;
}

void go_yaml_emit_word(struct go_yaml_emitter *m, struct text t)
{
    put_plain(m, t, false);
}
