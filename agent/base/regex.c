/* A regex is RE2's program with Go's rules around it. RE2 searches byte by byte and may find an
 * empty match between the bytes of one character, which Go cannot; such a match is passed over. */
#include "base/regex.h"

#include "base/alloc.h"
#include "base/regex_parts.h"
#include "base/regex_re2.h"
#include "base/unicode.h"

#define GROUPS_PER_WORK 16.0

/* What a program may take at first, since it holds on to what its tables have grown to. */
#define PROGRAM_USUAL (1u << 20)

struct regex {
    struct regex_re2 *program;
    size_t groups;
};

struct regex_walk {
    const struct regex *regex;
    struct regex_subject subject;
    struct regex_re2_span *found;
    size_t at;          /* where the next search begins */
    ptrdiff_t last_end; /* of the match before; -1 */
    bool is_over;
};

static struct err *compile(const struct regex_pattern *pattern, struct regex **out,
                           const char **fault)
{
    enum regex_re2_fault kind = REGEX_RE2_TOO_LARGE;
    const char *message = NULL;
    struct regex_re2 *program = NULL;

    for (size_t bytes = PROGRAM_USUAL; !program && kind == REGEX_RE2_TOO_LARGE && bytes;
         bytes = bytes < REGEX_PROGRAM_MAX ? REGEX_PROGRAM_MAX : 0)
        program = regex_re2_new(pattern->p, pattern->n, bytes, &kind, &message);
    if (!program && kind == REGEX_RE2_TOO_LARGE)
        return err_new(ERR_INVALID,
                       "limit reached: regular expression larger than %u bytes when "
                       "compiled",
                       REGEX_PROGRAM_MAX);
    if (!program) {
        *fault = message;
        return NULL;
    }
    size_t groups = regex_re2_groups(program);
    if (groups > REGEX_GROUPS_MAX) {
        regex_re2_free(program);
        return err_new(ERR_INVALID, "limit reached: regular expression of more than %d groups",
                       REGEX_GROUPS_MAX);
    }
    *out = xcalloc(1, sizeof(**out));
    **out = (struct regex){program, groups};
    return NULL;
}

struct err *regex_new(struct secret_view pattern, struct regex **out)
{
    struct regex_pattern rewritten = {.n = 0};
    const char *fault = NULL;
    const unsigned char *p = pattern.n ? secret_view_raw(pattern) : (const unsigned char *)"";

    if (pattern.n > REGEX_PATTERN_MAX)
        return err_new(ERR_INVALID, "limit reached: regular expression longer than %u bytes",
                       REGEX_PATTERN_MAX);
    struct err *e = regex_rewrite(p, pattern.n, &rewritten, &fault);
    if (!e && !fault)
        e = compile(&rewritten, out, &fault);
    regex_pattern_done(&rewritten);
    if (!e && fault)
        e = err_new(ERR_INVALID, "error parsing regexp: %s", fault);
    return e;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    regex_re2_free(r->program);
    free(r);
}

size_t regex_groups(const struct regex *r)
{
    return r->groups;
}

const char *regex_group_name(const struct regex *r, size_t i)
{
    const char *name = regex_re2_group_name(r->program, i);

    return name ? name : "";
}

double regex_work(const struct regex *r, size_t n, size_t count)
{
    double groups = count > 1 ? (double)(count - 1) : 0;

    return (double)regex_re2_size(r->program) * (double)n * (1 + groups / GROUPS_PER_WORK);
}

static bool is_inside_character(const struct regex_subject *s, size_t at)
{
    return at < s->n && (s->p[at] & 0xc0) == 0x80;
}

/* The next match at from or later. */
static bool search(const struct regex *r, const struct regex_subject *s, size_t from,
                   struct regex_re2_span *found, size_t n)
{
    while (regex_re2_search(r->program, (const char *)s->p, s->n, from, found, n)) {
        from = (size_t)found[0].begin;
        if (found[0].end != found[0].begin || !is_inside_character(s, from))
            return true;
        while (is_inside_character(s, from))
            from++;
    }
    return false;
}

struct err *regex_matches(const struct regex *r, struct secret_view subject, bool *out)
{
    struct regex_subject s;
    struct regex_re2_span found[1];
    struct err *e = regex_subject_init(&s, subject);

    if (e)
        return e;
    *out = search(r, &s, 0, found, 1);
    regex_subject_done(&s);
    return NULL;
}

struct err *regex_walk_new(const struct regex *r, struct secret_view subject,
                           struct regex_walk **out)
{
    struct regex_walk *w = xcalloc(1, sizeof(*w));
    struct err *e = regex_subject_init(&w->subject, subject);

    w->regex = r;
    w->last_end = -1;
    w->found = xcalloc(r->groups + 1, sizeof(*w->found));
    if (e) {
        regex_walk_free(w);
        return e;
    }
    *out = w;
    return NULL;
}

/* Past the match that begins at or after w->at; an empty one there takes a character along. */
static void advance(struct regex_walk *w, size_t end)
{
    uint32_t rune;

    if (end > w->at) {
        w->at = end;
        return;
    }
    w->is_over = w->at >= w->subject.n;
    if (!w->is_over)
        w->at += unicode_decode(w->subject.p + w->at, w->subject.n - w->at, &rune);
}

bool regex_walk_next(struct regex_walk *w, struct regex_span *spans, size_t n)
{
    while (!w->is_over && search(w->regex, &w->subject, w->at, w->found, n)) {
        ptrdiff_t end = w->found[0].end;
        bool is_refused = end == (ptrdiff_t)w->at && w->found[0].begin == w->last_end;

        advance(w, (size_t)end);
        w->last_end = end;
        if (is_refused)
            continue;
        for (size_t i = 0; i < n; i++) {
            spans[i].begin = regex_subject_origin(&w->subject, w->found[i].begin);
            spans[i].end = regex_subject_origin(&w->subject, w->found[i].end);
        }
        return true;
    }
    w->is_over = true;
    return false;
}

void regex_walk_free(struct regex_walk *w)
{
    if (!w)
        return;
    regex_subject_done(&w->subject);
    free(w->found);
    free(w);
}
