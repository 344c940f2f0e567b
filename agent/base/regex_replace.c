/* Replacements as Go expands them: "$name" takes as many letters, digits and underscores as there
 * are, so "$1x" is the group "1x"; a dollar that names nothing is itself. */
#include <string.h>

#include "base/alloc.h"
#include "base/regex_parts.h"
#include "base/unicode.h"

#define NUMBER_MAX 100000000u

/* What a dollar at t[0] names: t[begin..end), and where the text goes on; false where it names
 * nothing. */
static bool read_name(const unsigned char *t, size_t n, size_t *begin, size_t *end, size_t *after)
{
    uint32_t rune;
    bool has_brace = n > 1 && t[1] == '{';

    *begin = *end = has_brace ? 2 : 1;
    while (*end < n) {
        size_t taken = unicode_decode(t + *end, n - *end, &rune);

        if (rune != '_' && !unicode_is_letter(rune) && !unicode_is_digit(rune))
            break;
        *end += taken;
    }
    *after = *end + has_brace;
    return *end > *begin && (!has_brace || (*end < n && t[*end] == '}'));
}

/* The number that a name is: digits without a zero in front; false where it is none. */
static bool read_number(const unsigned char *name, size_t n, size_t *number)
{
    *number = 0;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9' || *number >= NUMBER_MAX)
            return false;
        *number = *number * 10 + (size_t)(name[i] - '0');
    }
    return name[0] != '0' || n == 1;
}

/* The first group of that name; a number past all groups where there is none. */
static size_t find_group(const struct regex *r, const unsigned char *name, size_t n)
{
    size_t i = 1;

    while (i <= regex_groups(r) &&
           (strlen(regex_group_name(r, i)) != n || memcmp(regex_group_name(r, i), name, n) != 0))
        i++;
    return i;
}

static bool dollar(const struct regex *r, const unsigned char *t, size_t n, size_t *taken,
                   struct regex_piece *out)
{
    size_t begin, end;

    if (!read_name(t, n, &begin, &end, taken))
        return false;
    out->is_group = true;
    out->by_name = !read_number(t + begin, end - begin, &out->group);
    if (out->by_name)
        out->group = find_group(r, t + begin, end - begin);
    return true;
}

bool regex_piece_next(const struct regex *r, struct secret_view replacement, size_t *at,
                      struct regex_piece *out)
{
    if (*at >= replacement.n)
        return false;
    const unsigned char *t = secret_view_raw(replacement) + *at;
    size_t n = replacement.n - *at, taken;

    *out = (struct regex_piece){.at = *at};
    if (*t == '$' && n > 1 && t[1] == '$') {
        out->n = 1;
        *at += 2;
    } else if (*t == '$' && dollar(r, t, n, &taken, out)) {
        *at += taken;
    } else {
        const unsigned char *next = n > 1 ? memchr(t + 1, '$', n - 1) : NULL;
        out->n = next ? (size_t)(next - t) : n;
        *at += out->n;
    }
    return true;
}

bool regex_piece_span(const struct regex *r, const struct regex_piece *piece,
                      const struct regex_span *spans, size_t n, struct regex_span *out)
{
    size_t end = piece->by_name || piece->group >= n ? n : piece->group + 1;

    for (size_t i = piece->group; i < end; i++) {
        bool is_meant = !piece->by_name ||
                        strcmp(regex_group_name(r, i), regex_group_name(r, piece->group)) == 0;
        if (is_meant && spans[i].begin >= 0) {
            *out = spans[i];
            return true;
        }
    }
    return false;
}

struct err *regex_expand(const struct regex *r, struct secret_view subject,
                         struct secret_view replacement, const struct regex_span *spans, size_t n,
                         struct secret_buf *out)
{
    struct regex_piece piece;
    struct regex_span s;
    struct err *e = NULL;

    for (size_t at = 0; !e && regex_piece_next(r, replacement, &at, &piece);) {
        if (!piece.is_group) {
            e = secret_buf_append(out, secret_view_part(replacement, piece.at, piece.n));
        } else if (regex_piece_span(r, &piece, spans, n, &s)) {
            e = secret_buf_append(
                out, secret_view_part(subject, (size_t)s.begin, (size_t)(s.end - s.begin)));
        }
    }
    return e;
}

static struct err *replace_all(const struct regex *r, struct secret_view subject,
                               struct secret_view replacement, struct regex_walk *walk,
                               struct regex_span *spans, struct secret_buf *out)
{
    size_t n = regex_groups(r) + 1, done = 0;
    struct err *e = NULL;

    while (!e && regex_walk_next(walk, spans, n)) {
        e = secret_buf_append(out, secret_view_part(subject, done, (size_t)spans[0].begin - done));
        if (!e)
            e = regex_expand(r, subject, replacement, spans, n, out);
        done = (size_t)spans[0].end;
    }
    return e ? e : secret_buf_append(out, secret_view_part(subject, done, subject.n - done));
}

struct err *regex_replace(const struct regex *r, struct secret_view subject,
                          struct secret_view replacement, struct secret_buf *out)
{
    CLEANUP(regex_walk) struct regex_walk *walk = NULL;
    struct err *e = regex_walk_new(r, subject, &walk);

    if (e)
        return e;
    struct regex_span *spans = xcalloc(regex_groups(r) + 1, sizeof(*spans));
    e = replace_all(r, subject, replacement, walk, spans, out);
    free(spans);
    return e;
}
