/* Strings decode piece by piece: a run of plain bytes, or one escape; so one loop serves comparing,
 * copying to a secret and copying to plain text, and no decoded secret lies anywhere else. They are
 * printed the same way: runs of bytes that stand for themselves, between spelled-out ones. */
#include "base/secret_json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/reader.h"
#include "base/unicode.h"

/* "\uXXXX", the longest spelling of a single byte. */
#define ESCAPE_BYTES_MAX 6u

static const char escape_letters[] = "\"\\bfnrt/";
static const char escape_meanings[] = "\"\\\b\f\n\r\t/";

/* A decoded piece of a string: a run of the text itself, or up to 4 bytes in spelled. */
struct piece {
    const unsigned char *p;
    size_t n;
    unsigned char spelled[4];
};

/* What \u stands for, r being behind its four digits; a pair of surrogates is one character. */
static uint32_t join_surrogates(struct reader *r, uint32_t unit)
{
    struct reader ahead = *r;
    uint32_t low;

    if (unit < 0xd800 || unit >= 0xdc00 || !reader_take(&ahead, '\\') ||
        !reader_take(&ahead, 'u') || !reader_take_hex4(&ahead, &low) || low < 0xdc00 ||
        low >= 0xe000)
        return unit;
    *r = ahead;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* The escape at r, behind its backslash; a broken one stands for itself. */
static void read_escape(struct reader *r, struct piece *out)
{
    const char *letter = reader_peek(r) > 0 ? strchr(escape_letters, reader_peek(r)) : NULL;
    struct reader ahead = *r;
    uint32_t unit;

    out->p = out->spelled;
    out->n = 1;
    if (letter) {
        out->spelled[0] = (unsigned char)escape_meanings[letter - escape_letters];
        r->at++;
    } else if (reader_take(&ahead, 'u') && reader_take_hex4(&ahead, &unit)) {
        out->n = unicode_encode(join_surrogates(&ahead, unit), out->spelled);
        *r = ahead;
    } else {
        out->spelled[0] = '\\';
    }
}

static bool next_piece(struct reader *r, struct piece *out)
{
    const unsigned char *stop;

    if (r->at >= r->n)
        return false;
    if (reader_take(r, '\\')) {
        read_escape(r, out);
        return true;
    }
    out->p = r->s + r->at;
    stop = memchr(out->p, '\\', reader_left(r));
    out->n = stop ? (size_t)(stop - out->p) : reader_left(r);
    r->at += out->n;
    return true;
}

/* Reader of what stands between the quotes of s; false if s is no string. */
static bool string_reader(const struct secret_json *s, struct reader *out)
{
    size_t n = s->raw.n;

    if (s->kind != SECRET_JSON_STRING || n == 0)
        return false;
    *out = reader_of(s->raw);
    out->at = 1;
    if (n > 1 && out->s[n - 1] == '"')
        out->n = n - 1;
    return true;
}

bool secret_json_is_text(const struct secret_json *s, struct secret_view text)
{
    const unsigned char *rest = secret_view_raw(text);
    size_t left = text.n;
    struct reader r;
    struct piece p;

    if (!string_reader(s, &r))
        return false;
    while (next_piece(&r, &p)) {
        if (p.n > left || memcmp(p.p, rest, p.n) != 0)
            return false;
        rest += p.n;
        left -= p.n;
    }
    return left == 0;
}

struct err *secret_json_string(const struct secret_json *s, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct reader r;
    struct piece p;
    struct err *e;

    if (!string_reader(s, &r))
        return err_new(ERR_INVALID, "JSON: not a string");
    e = secret_buf_new(reader_left(&r), &b);
    while (!e && next_piece(&r, &p))
        e = secret_buf_append_raw(b, p.p, p.n);
    secret_erase(&p, sizeof(p));
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

struct err *secret_json_text(const struct secret_json *s, size_t max, char **out)
{
    struct reader r;
    struct piece p;
    CLEANUP_STR char *text = NULL;
    size_t n = 0;

    if (!string_reader(s, &r))
        return err_new(ERR_INVALID, "JSON: not a string");
    if (reader_left(&r) / ESCAPE_BYTES_MAX > max)
        return err_new(ERR_INVALID, "JSON: a string longer than %zu bytes", max);
    text = xalloc(reader_left(&r) + 1);
    while (next_piece(&r, &p)) {
        memcpy(text + n, p.p, p.n);
        n += p.n;
    }
    if (n > max)
        return err_new(ERR_INVALID, "JSON: a string longer than %zu bytes", max);
    if (memchr(text, '\0', n))
        return err_new(ERR_INVALID, "JSON: a zero byte in a name");
    text[n] = '\0';
    *out = TAKE(text);
    return NULL;
}

/* Whose strings they are. */
enum quoting {
    QUOTE_PLAIN, /* nothing is escaped that need not be */
    QUOTE_GO_PLAIN,
    QUOTE_GO,
};

static bool is_go_special(enum quoting how, uint32_t rune, bool is_broken)
{
    bool is_html = rune == '<' || rune == '>' || rune == '&';
    if (how == QUOTE_PLAIN)
        return false;
    return rune == 0x2028 || rune == 0x2029 || is_broken || (is_html && how == QUOTE_GO);
}

/* How the character at s is written in a string; "" when it stands for itself. The number of bytes
 * it takes in s. Never longer than ESCAPE_BYTES_MAX. */
static size_t spell(const unsigned char *s, size_t n, enum quoting how,
                    char out[ESCAPE_BYTES_MAX + 1])
{
    uint32_t rune;
    size_t taken = unicode_decode(s, n, &rune);
    const char *meaning = rune && rune < 0x80 ? strchr(escape_meanings, (int)rune) : NULL;
    bool is_broken = taken == 1 && rune == UNICODE_REPLACEMENT;

    out[0] = '\0';
    if (meaning && rune != '/')
        snprintf(out, ESCAPE_BYTES_MAX + 1, "\\%c", escape_letters[meaning - escape_meanings]);
    else if (rune < 0x20 || is_go_special(how, rune, is_broken))
        snprintf(out, ESCAPE_BYTES_MAX + 1, "\\u%04x", (unsigned)rune);
    else if (is_broken)
        out[unicode_encode(rune, (unsigned char *)out)] = '\0';
    return taken;
}

static struct err *append_quoted(struct secret_view v, enum quoting how, struct secret_buf *out)
{
    const unsigned char *s = secret_view_raw(v);
    struct err *e = secret_buf_puts(out, "\"");
    size_t start = 0;
    char spelled[ESCAPE_BYTES_MAX + 1];

    for (size_t at = 0, taken; at < v.n && !e; at += taken) {
        taken = spell(s + at, v.n - at, how, spelled);
        if (!spelled[0])
            continue;
        e = secret_buf_append(out, secret_view_part(v, start, at - start));
        if (!e)
            e = secret_buf_puts(out, spelled);
        start = at + taken;
    }
    if (!e)
        e = secret_buf_append(out, secret_view_part(v, start, v.n - start));
    return e ? e : secret_buf_puts(out, "\"");
}

static struct err *quote(struct secret_view v, enum quoting how, struct secret_buf *out)
{
    size_t before = secret_buf_size(out);
    struct err *e = append_quoted(v, how, out);

    if (e)
        secret_buf_truncate(out, before);
    return e;
}

struct err *secret_json_quote(struct secret_view v, struct secret_buf *out)
{
    return quote(v, QUOTE_PLAIN, out);
}

struct err *secret_json_quote_go(struct secret_view v, struct secret_buf *out)
{
    return quote(v, QUOTE_GO, out);
}

struct err *secret_json_quote_go_plain(struct secret_view v, struct secret_buf *out)
{
    return quote(v, QUOTE_GO_PLAIN, out);
}
