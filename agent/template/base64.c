/* Decoding walks once over the text with four sextets in hand. Padding may only stand in the third
 * and fourth place of the last group, and nothing but line ends may follow it. */
#include "template/base64.h"

#define GROUP 4u

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Values of the characters from '+' to 'z' in both alphabets; NONE for what is in neither. */
#define FIRST '+'
#define NONE 64
static const unsigned char values[] = {
    62, 64, 62, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64,
    64, 64, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
    18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63, 64, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
};

/* Value of a character; -1 for what is none. */
static int sextet(unsigned char c, unsigned flags)
{
    unsigned at = (unsigned)c - FIRST, v = at < sizeof(values) ? values[at] : NONE;

    if (v < 62)
        return (int)v;
    bool is_wrong = flags & BASE64_URL ? c == '+' || c == '/' : c == '-' || c == '_';
    return v == NONE || is_wrong ? -1 : (int)v;
}

static bool is_line_end(unsigned char c)
{
    return c == '\r' || c == '\n';
}

static size_t skip_line_ends(struct text t, size_t at)
{
    while (at < t.n && is_line_end(t.p[at]))
        at++;
    return at;
}

/* Is t from at on, where the group has count sextets, a proper end? */
static bool ends_well(struct text t, size_t at, size_t count, unsigned flags)
{
    if (flags & BASE64_RAW)
        return at == t.n && count != 1;
    if (at == t.n)
        return count == 0;
    for (size_t missing = GROUP - count; missing > 0; missing--) {
        at = skip_line_ends(t, at);
        if (count < 2 || at == t.n || t.p[at] != '=')
            return false;
        at++;
    }
    return skip_line_ends(t, at) == t.n;
}

/* Decode the four characters at s, if that is what they all are. */
static bool decode_group(const unsigned char *s, unsigned flags, unsigned char *to)
{
    int a = sextet(s[0], flags), b = sextet(s[1], flags), c = sextet(s[2], flags),
        d = sextet(s[3], flags);

    if ((a | b | c | d) < 0)
        return false;
    to[0] = (unsigned char)(a << 2 | b >> 4);
    to[1] = (unsigned char)(b << 4 | c >> 2);
    to[2] = (unsigned char)(c << 6 | d);
    return true;
}

struct err *base64_decode(struct secret_arena *a, struct text t, unsigned flags, bool *is_valid,
                          struct text *out)
{
    uint32_t group = 0;
    size_t count = 0, n = 0, at = 0;
    void *p;
    struct err *e = secret_arena_alloc(a, t.n / GROUP * 3 + 3, &p);

    if (e)
        return e;
    unsigned char *to = p;
    for (at = skip_line_ends(t, 0); at < t.n; at = skip_line_ends(t, at)) {
        if (!count && t.n - at >= GROUP && decode_group(t.p + at, flags, to + n)) {
            n += 3;
            at += GROUP;
            continue;
        }
        int v = sextet(t.p[at], flags);
        if (v < 0)
            break;
        at++;
        group = group << 6 | (uint32_t)v;
        if (++count < GROUP)
            continue;
        to[n++] = (unsigned char)(group >> 16);
        to[n++] = (unsigned char)(group >> 8);
        to[n++] = (unsigned char)group;
        count = 0;
    }
    *is_valid = ends_well(t, at, count, flags);
    if (count > 1)
        to[n++] = (unsigned char)(count == 2 ? group >> 4 : group >> 10);
    if (count > 2)
        to[n++] = (unsigned char)(group >> 2);
    *out = (struct text){to, *is_valid ? n : 0};
    return NULL;
}

/* Encode the 1 to 3 bytes at s. */
static void encode_group(const unsigned char *s, size_t n, unsigned char *to)
{
    unsigned b = n > 1 ? s[1] : 0, c = n > 2 ? s[2] : 0;

    to[0] = (unsigned char)alphabet[s[0] >> 2];
    to[1] = (unsigned char)alphabet[(s[0] & 3u) << 4 | b >> 4];
    to[2] = n > 1 ? (unsigned char)alphabet[(b & 15) << 2 | c >> 6] : '=';
    to[3] = n > 2 ? (unsigned char)alphabet[c & 63] : '=';
}

void base64_encode_lines(struct text_buf *b, struct text t, size_t width)
{
    size_t column = 0, total = (t.n + 2) / 3 * GROUP;
    size_t line_ends = width ? (total + width - 1) / width : 0;
    unsigned char *to = t.n ? text_buf_room(b, total + line_ends) : NULL;

    for (size_t i = 0; to && i < t.n; i += 3, to += GROUP) {
        encode_group(t.p + i, t.n - i < 3 ? t.n - i : 3, to);
        column += GROUP;
        if (width && (column == width || i + 3 >= t.n)) {
            to[GROUP] = '\n';
            to++;
            column = 0;
        }
    }
}

void base64_encode(struct text_buf *b, struct text t)
{
    base64_encode_lines(b, t, 0);
}
