/* Go's string and character constants. What has no escapes is a part of the source; everything
 * else is written anew, at most three times as long: a broken byte becomes U+FFFD. */
#include "template/parse_state.h"

#include "base/unicode.h"

#define GROWTH 3u

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n digits of base 8 or 16. */
static bool digits(struct text t, size_t *at, size_t n, unsigned base, uint32_t *value)
{
    *value = 0;
    if (t.n - *at < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int d = hex_digit(t.p[*at + i]);

        if (d < 0 || (unsigned)d >= base)
            return false;
        *value = *value * base + (unsigned)d;
    }
    *at += n;
    return true;
}

static bool is_rune(uint32_t rune)
{
    return rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff);
}

static bool numeric_escape(struct text t, size_t *at, unsigned char c, uint32_t *rune,
                           bool *is_byte)
{
    if (c == 'u' || c == 'U') {
        *is_byte = false;
        return digits(t, at, c == 'u' ? 4 : 8, 16, rune) && is_rune(*rune);
    }
    if (c == 'x')
        return digits(t, at, 2, 16, rune);
    --*at;
    return digits(t, at, 3, 8, rune) && *rune <= 0xff;
}

static bool escape(struct text t, size_t *at, unsigned char quote, uint32_t *rune, bool *is_byte)
{
    static const char letters[] = "abfnrtv\\", meanings[] = "\a\b\f\n\r\t\v\\";

    if (*at >= t.n)
        return false;
    unsigned char c = t.p[(*at)++];
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        *rune = (unsigned char)meanings[letter - letters];
        return true;
    }
    if (c == quote) {
        *rune = c;
        return true;
    }
    if (c == 'x' || c == 'u' || c == 'U' || (c >= '0' && c <= '7'))
        return numeric_escape(t, at, c, rune, is_byte);
    return false;
}

bool parse_unquote_char(struct text t, size_t *at, unsigned char quote, uint32_t *rune,
                        bool *is_byte)
{
    if (*at >= t.n || t.p[*at] == quote)
        return false;
    *is_byte = true;
    if (t.p[*at] == '\\') {
        ++*at;
        return escape(t, at, quote, rune, is_byte);
    }
    *is_byte = t.p[*at] < 0x80;
    *at += unicode_decode(t.p + *at, t.n - *at, rune);
    return true;
}

static bool is_plain(struct text t)
{
    uint32_t rune;

    for (size_t at = 0; at < t.n;) {
        if (t.p[at] == '\\' || t.p[at] == '\n' || t.p[at] == '"')
            return false;
        size_t n = unicode_decode(t.p + at, t.n - at, &rune);
        if (n == 1 && t.p[at] >= 0x80)
            return false;
        at += n;
    }
    return true;
}

/* What stands between double quotes. */
static struct err *interpreted(struct secret_arena *arena, struct text t, bool *is_valid,
                               struct text *out)
{
    void *memory;
    uint32_t rune;
    bool is_byte;
    size_t n = 0;

    *is_valid = true;
    *out = t;
    if (is_plain(t))
        return NULL;
    struct err *e = secret_arena_alloc(arena, GROWTH * t.n, &memory);
    if (e)
        return e;
    unsigned char *p = memory;
    for (size_t at = 0; at < t.n;) {
        if (t.p[at] == '\n' || !parse_unquote_char(t, &at, '"', &rune, &is_byte)) {
            *is_valid = false;
            return NULL;
        }
        if (is_byte)
            p[n++] = (unsigned char)rune;
        else
            n += unicode_encode(rune, p + n);
    }
    *out = (struct text){p, n};
    return NULL;
}

/* What stands between back quotes: carriage returns are dropped. */
static struct err *raw(struct secret_arena *arena, struct text t, struct text *out)
{
    void *memory;
    size_t n = 0;

    *out = t;
    if (!t.n || !memchr(t.p, '\r', t.n))
        return NULL;
    struct err *e = secret_arena_alloc(arena, t.n, &memory);
    if (e)
        return e;
    unsigned char *p = memory;
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] != '\r')
            p[n++] = t.p[i];
    }
    *out = (struct text){p, n};
    return NULL;
}

struct err *parse_unquote(struct secret_arena *arena, struct text t, bool *is_valid,
                          struct text *out)
{
    *is_valid = false;
    *out = (struct text){t.p, 0};
    if (t.n < 2 || t.p[0] != t.p[t.n - 1])
        return NULL;
    struct text contents = text_part(t, 1, t.n - 2);
    if (t.p[0] == '"')
        return interpreted(arena, contents, is_valid, out);
    if (t.p[0] != '`' || text_find(contents, 0, TEXT("`")) >= 0)
        return NULL;
    *is_valid = true;
    return raw(arena, contents, out);
}
