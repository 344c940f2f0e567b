/* Go reads each byte that is not UTF-8 as one U+FFFD; RE2 wants UTF-8. A subject with such bytes is
 * copied, with the three bytes of U+FFFD in place of each. The copy is longer by two bytes for each
 * of them, which is how positions are counted back. */
#include "base/regex_parts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/unicode.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define REPLACEMENT_BYTES 3u

/* Bytes of one character at this place; 0 where there is none. */
static size_t valid_bytes(const unsigned char *p, size_t n)
{
    uint32_t rune;

    if (*p < 0x80)
        return 1;
    size_t taken = unicode_decode(p, n, &rune);
    return taken > 1 ? taken : 0;
}

static size_t count_invalid(const unsigned char *p, size_t n)
{
    size_t count = 0;

    for (size_t at = 0; at < n;) {
        size_t taken = valid_bytes(p + at, n - at);

        count += !taken;
        at += taken ? taken : 1;
    }
    return count;
}

static struct err *copy_replacing(struct regex_subject *s, struct secret_view v, size_t invalid_n)
{
    const unsigned char *p = secret_view_raw(v);
    struct err *e = secret_buf_new(v.n + 2 * invalid_n, &s->copy);

    s->replaced = xcalloc(invalid_n, sizeof(*s->replaced));
    for (size_t at = 0, from = 0; !e && at <= v.n;) {
        size_t taken = at < v.n ? valid_bytes(p + at, v.n - at) : 0;

        if (taken) {
            at += taken;
            continue;
        }
        e = secret_buf_append(s->copy, secret_view_part(v, from, at - from));
        if (!e && at < v.n) {
            s->replaced[s->replaced_n++] = (uint32_t)secret_buf_size(s->copy);
            e = secret_buf_append_raw(s->copy, REPLACEMENT, REPLACEMENT_BYTES);
        }
        from = ++at;
    }
    return e;
}

struct err *regex_subject_init(struct regex_subject *s, struct secret_view v)
{
    *s =
        (struct regex_subject){.p = v.n ? secret_view_raw(v) : (const unsigned char *)"", .n = v.n};
    size_t invalid_n = count_invalid(s->p, s->n);
    if (!invalid_n)
        return NULL;
    struct err *e = copy_replacing(s, v, invalid_n);
    if (e) {
        regex_subject_done(s);
        return e;
    }
    s->p = secret_view_raw(secret_buf_view(s->copy));
    s->n = secret_buf_size(s->copy);
    return NULL;
}

void regex_subject_done(struct regex_subject *s)
{
    secret_buf_free(s->copy);
    free(s->replaced);
    *s = (struct regex_subject){.p = NULL};
}

ptrdiff_t regex_subject_origin(const struct regex_subject *s, ptrdiff_t at)
{
    size_t low = 0, high = s->replaced_n;

    if (at < 0)
        return at;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if ((ptrdiff_t)s->replaced[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return at - 2 * (ptrdiff_t)low;
}
