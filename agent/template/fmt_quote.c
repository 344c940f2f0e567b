/* Stretches of plain ASCII, nearly all there is, are copied in one piece; everything else goes rune
 * by rune. */
#include "base/unicode.h"
#include "template/fmt.h"
#include "template/fmt_printer.h"

static const char hex_digits[] = "0123456789abcdef";

static void hex(struct text_buf *b, const char *escape, uint32_t v, unsigned digits)
{
    text_buf_puts(b, escape);
    while (digits-- > 0)
        text_buf_byte(b, (unsigned char)hex_digits[v >> 4 * digits & 15]);
}

static char escape_letter(uint32_t rune)
{
    static const char letters[] = "abtnvfr";

    return rune >= '\a' && rune <= '\r' ? letters[rune - '\a'] : 0;
}

static void escape(struct text_buf *b, uint32_t rune)
{
    char letter = escape_letter(rune);

    if (letter) {
        text_buf_byte(b, '\\');
        text_buf_byte(b, (unsigned char)letter);
    } else if (rune < ' ' || rune == 0x7f) {
        hex(b, "\\x", rune, 2);
    } else if (rune < 0x10000) {
        hex(b, "\\u", rune, 4);
    } else {
        hex(b, "\\U", rune, 8);
    }
}

static void add_rune(struct text_buf *b, uint32_t rune, unsigned char quote, bool is_ascii)
{
    if (rune == quote || rune == '\\')
        text_buf_byte(b, '\\');
    if (unicode_is_print(rune) && (rune < 0x80 || !is_ascii))
        text_buf_rune(b, rune);
    else
        escape(b, rune);
}

static size_t plain_length(struct text t, size_t from)
{
    size_t at = from;

    while (at < t.n && t.p[at] >= ' ' && t.p[at] < 0x7f && t.p[at] != '"' && t.p[at] != '\\')
        at++;
    return at - from;
}

void fmt_quote_text(struct text_buf *b, struct text t, bool is_ascii)
{
    uint32_t rune;

    text_buf_byte(b, '"');
    for (size_t at = 0; at < t.n;) {
        size_t plain = plain_length(t, at);

        text_buf_add(b, text_part(t, at, plain));
        at += plain;
        if (at == t.n)
            break;
        size_t taken = unicode_decode(t.p + at, t.n - at, &rune);
        if (taken == 1 && rune == UNICODE_REPLACEMENT)
            hex(b, "\\x", t.p[at], 2);
        else
            add_rune(b, rune, '"', is_ascii);
        at += taken;
    }
    text_buf_byte(b, '"');
}

void fmt_quote(struct text_buf *b, struct text t)
{
    fmt_quote_text(b, t, false);
}

void fmt_quote_rune(struct text_buf *b, uint32_t rune, bool is_ascii)
{
    if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
        rune = UNICODE_REPLACEMENT;
    text_buf_byte(b, '\'');
    add_rune(b, rune, '\'', is_ascii);
    text_buf_byte(b, '\'');
}

bool fmt_quote_can_backquote(struct text t)
{
    uint32_t rune;

    for (size_t at = 0, taken; at < t.n; at += taken) {
        taken = unicode_decode(t.p + at, t.n - at, &rune);
        bool is_broken = taken == 1 && rune == UNICODE_REPLACEMENT;
        bool is_control = (rune < ' ' && rune != '\t') || rune == 0x7f;

        if (is_broken || is_control || rune == '`' || rune == 0xfeff)
            return false;
    }
    return true;
}
