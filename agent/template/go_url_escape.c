/* A host may be escaped beyond ASCII only, but for the percent sign before a zone; a zone may hold
 * escapes of what a host may hold anyway, and of a space. */
#include "template/go_url_escape.h"

#define ESCAPE_BYTES 3u

static const char *const plain[] = {
    [GO_URL_PATH] = "-_.~$&+,/:;=@",          [GO_URL_USER] = "-_.~$&+,;=",
    [GO_URL_FRAGMENT] = "-_.~$&+,/:;=?@!()*", [GO_URL_HOST] = "-_.~!$&'()*+,;=:[]<>\"",
    [GO_URL_ZONE] = "-_.~!$&'()*+,;=:[]<>\"",
};

static bool is_plain(unsigned char c, enum go_url_part part)
{
    if ((unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10)
        return true;
    return c && strchr(plain[part], c);
}

/* Value of a hex digit; 16 for what is none. */
static unsigned hex_value(unsigned char c)
{
    if ((unsigned char)(c - '0') < 10)
        return c - (unsigned)'0';
    c |= 0x20;
    return (unsigned char)(c - 'a') < 6 ? c - (unsigned)'a' + 10 : 16;
}

/* May the escape of c stand in that part? */
static bool may_escape(unsigned char c, enum go_url_part part)
{
    if (part == GO_URL_HOST)
        return c >= 0x80 || c == '%';
    return part != GO_URL_ZONE || c == '%' || c == ' ' || is_plain(c, GO_URL_HOST);
}

static struct err *check_escape(struct text t, size_t at, enum go_url_part part)
{
    unsigned high = at + 1 < t.n ? hex_value(t.p[at + 1]) : 16;
    unsigned low = at + 2 < t.n ? hex_value(t.p[at + 2]) : 16;

    if (high > 15 || low > 15 || !may_escape((unsigned char)(high << 4 | low), part))
        return err_new(ERR_INVALID, "invalid URL escape");
    return NULL;
}

/* Is t sound? Counts its escapes. */
static struct err *check(struct text t, enum go_url_part part, size_t *escapes)
{
    bool is_host = part == GO_URL_HOST || part == GO_URL_ZONE;

    *escapes = 0;
    for (size_t at = 0; at < t.n; at++) {
        if (t.p[at] == '%') {
            struct err *e = check_escape(t, at, part);
            if (e)
                return e;
            ++*escapes;
            at += ESCAPE_BYTES - 1;
        } else if (is_host && t.p[at] < 0x80 && !is_plain(t.p[at], part)) {
            return err_new(ERR_INVALID, "invalid character in host name");
        }
    }
    return NULL;
}

struct err *go_url_unescape(struct secret_arena *a, struct text t, enum go_url_part part,
                            struct text *out)
{
    size_t escapes, n = 0;
    void *room;
    struct err *e = check(t, part, &escapes);

    if (!e && !escapes)
        *out = t;
    if (e || !escapes)
        return e;
    e = secret_arena_alloc(a, t.n - escapes * (ESCAPE_BYTES - 1), &room);
    if (e)
        return e;
    unsigned char *to = room;
    for (size_t at = 0; at < t.n; at++) {
        to[n] = t.p[at];
        if (t.p[at] == '%') {
            to[n] = (unsigned char)(hex_value(t.p[at + 1]) << 4 | hex_value(t.p[at + 2]));
            at += ESCAPE_BYTES - 1;
        }
        n++;
    }
    *out = (struct text){to, n};
    return NULL;
}

void go_url_escape(struct text_buf *b, struct text t, enum go_url_part part)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < t.n && text_buf_ok(b); i++) {
        unsigned char c = t.p[i];
        unsigned char escape[ESCAPE_BYTES] = {'%', (unsigned char)digits[c >> 4],
                                              (unsigned char)digits[c & 15]};

        if (is_plain(c, part))
            text_buf_byte(b, c);
        else
            text_buf_bytes(b, escape, sizeof(escape));
    }
}

/* Besides what stands for itself Go lets these stand when they were there. */
static bool may_stand(struct text t, enum go_url_part part)
{
    for (size_t i = 0; i < t.n; i++) {
        if (!is_plain(t.p[i], part) && !(t.p[i] && strchr("!$&'()*+,;=:@[]%", t.p[i])))
            return false;
    }
    return true;
}

struct err *go_url_keep_raw(struct secret_arena *a, struct text t, struct text decoded,
                            enum go_url_part part, struct text *out)
{
    struct text_buf b;
    struct text escaped;

    text_buf_init(&b, a, TEXT_MAX);
    go_url_escape(&b, decoded, part);
    struct err *e = text_buf_end(&b, &escaped);
    if (!e)
        *out = text_equal(escaped, t) || !may_stand(t, part) ? TEXT("") : t;
    return e;
}
