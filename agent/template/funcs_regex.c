/* Regular expressions, as Go's package regexp has them. The time that RE2 takes depends on pattern
 * and subject in ways that nobody can tell beforehand; so compiling and each search that might be
 * long are timed, and what they took is charged as steps. What might take longer than a whole
 * render may is refused. A pattern is compiled once for its template where there is a cache. */
#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/regex_cache.h"
#include "template/funcs.h"

#define NS_PER_STEP 1000u

/* Units of regex_work: from here on a search is timed; a search that is refused. */
#define WORK_TIMED 1e4
#define WORK_MAX 1.5e8

/* Searches over one subject; owned is set where the cache has not taken the regex. */
struct search {
    const struct regex *regex;
    struct regex *owned;
    struct regex_walk *walk;
    struct regex_span *spans; /* of the match at hand */
    size_t spans_n;
    struct text subject;
    bool is_timed;
};

static struct secret_view view_of(struct text t)
{
    return secret_view_of(t.p, t.n);
}

static uint64_t now_ns(void)
{
    return clock_mono_ns(clock_system());
}

static struct err *charge_since(struct engine *g, uint64_t since_ns)
{
    return engine_charge(g, 1 + (now_ns() - since_ns) / NS_PER_STEP);
}

static struct err *compile(struct engine *g, struct text pattern, struct search *s)
{
    if (g->regexes)
        s->regex = regex_cache_find(g->regexes, view_of(pattern));
    if (s->regex)
        return NULL;
    uint64_t since_ns = now_ns();
    struct err *e = regex_new(view_of(pattern), &s->owned);
    struct err *over = charge_since(g, since_ns);
    if (over) {
        err_free(e);
        return over;
    }
    if (e)
        return e;
    s->regex = s->owned;
    if (g->regexes && regex_cache_keep(g->regexes, view_of(pattern), s->owned))
        s->owned = NULL;
    return NULL;
}

static void search_done(struct search *s)
{
    regex_walk_free(s->walk);
    regex_free(s->owned);
}

static struct err *too_much_work(size_t n)
{
    return err_new(ERR_INVALID, "limit reached: regular expression over %zu bytes", n);
}

/* Be ready to find matches with that many spans; regex has been compiled. */
static struct err *search_begin(struct engine *g, struct text subject, size_t spans_n,
                                struct search *s)
{
    double work = regex_work(s->regex, subject.n, spans_n);
    void *memory;

    if (work > WORK_MAX)
        return too_much_work(subject.n);
    s->is_timed = work > WORK_TIMED;
    s->subject = subject;
    s->spans_n = spans_n;
    struct err *e = secret_arena_alloc(g->arena, spans_n * sizeof(*s->spans), &memory);
    if (!e)
        e = engine_charge_bytes(g, subject.n);
    if (e)
        return e;
    s->spans = memory;
    return regex_walk_new(s->regex, view_of(subject), &s->walk);
}

/* Compile the pattern in args[0], and be ready for the subject in args[1]. */
static struct err *search_args(struct engine *g, const struct datum *args, struct search *s)
{
    struct err *e = compile(g, datum_text(&args[0]), s);

    return e ? e : search_begin(g, datum_text(&args[1]), 1, s);
}

static struct err *search_next(struct engine *g, struct search *s, bool *is_found)
{
    uint64_t since_ns = s->is_timed ? now_ns() : 0;

    assert(s->spans); /* search_begin made them */
    *is_found = regex_walk_next(s->walk, s->spans, s->spans_n);
    return s->is_timed ? charge_since(g, since_ns) : engine_charge(g, 1);
}

static struct text part_of(struct text t, struct regex_span s)
{
    return text_part(t, (size_t)s.begin, (size_t)(s.end - s.begin));
}

static struct err *must_match(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct search s = {.regex = NULL};
    bool is_found = false;
    struct err *e = search_args(g, args, &s);

    (void)n;
    if (!e)
        e = search_next(g, &s, &is_found);
    search_done(&s);
    if (!e)
        *out = datum_bool(is_found);
    return e;
}

/* A pattern that Go refuses matches nothing. */
static struct err *match(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct err *e = must_match(g, args, n, out);

    if (!e || engine_is_limit(e) || err_class(e) != ERR_INVALID)
        return e;
    err_free(e);
    *out = datum_bool(false);
    return NULL;
}

static struct err *find(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct search s = {.regex = NULL};
    bool is_found = false;
    struct err *e = search_args(g, args, &s);

    (void)n;
    if (!e)
        e = search_next(g, &s, &is_found);
    if (!e)
        *out = datum_string(is_found ? part_of(s.subject, s.spans[0]) : TEXT(""));
    search_done(&s);
    return e;
}

/* Matches that were found; a list is made of them when their number is known. */
struct found {
    struct regex_span *spans;
    size_t n, capacity;
};

/* At most max matches; all of them where max is negative. */
static struct err *collect(struct engine *g, struct search *s, int64_t max, struct found *found)
{
    bool is_found = true;

    while (max < 0 || (int64_t)found->n < max) {
        struct err *e = search_next(g, s, &is_found);
        if (e || !is_found)
            return e;
        if (found->n == DATUM_ELEMENTS_MAX)
            return err_new(ERR_INVALID, "limit reached: list of more than %d elements",
                           DATUM_ELEMENTS_MAX);
        if (found->n == found->capacity) {
            found->capacity = found->capacity ? 2 * found->capacity : 8;
            found->spans = xrealloc(found->spans, found->capacity, sizeof(*found->spans));
        }
        assert(found->spans && s->spans); /* for the analyzer: both were made above */
        found->spans[found->n++] = s->spans[0];
    }
    return NULL;
}

static struct err *texts_of(struct engine *g, struct text subject, const struct found *found,
                            bool is_nil, struct datum *out)
{
    struct list *l;
    struct err *e = list_new(g->arena, ELEMENT_STRING, found->n, &l);

    if (e)
        return e;
    l->is_nil = is_nil;
    for (size_t i = 0; i < found->n; i++)
        l->items[i] = datum_string(part_of(subject, found->spans[i]));
    *out = datum_list(l);
    return NULL;
}

static struct err *find_all(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct search s = {.regex = NULL};
    struct found found = {.n = 0};
    struct err *e = search_args(g, args, &s);

    (void)n;
    if (!e)
        e = collect(g, &s, args[2].v.i, &found);
    if (!e)
        e = texts_of(g, s.subject, &found, !found.n, out);
    free(found.spans);
    search_done(&s);
    return e;
}

/* From the matches to what stands between them, in place; an empty match at the very beginning
 * divides nothing. max as in collect. */
static void turn_into_gaps(struct found *found, size_t subject_n, int64_t max)
{
    struct regex_span gap = {0, 0};
    size_t n = 0;

    for (size_t i = 0; i < found->n && (max < 0 || (int64_t)n < max - 1); i++) {
        struct regex_span at = found->spans[i];

        gap.end = at.begin;
        if (at.end != 0)
            found->spans[n++] = gap;
        gap.begin = at.end;
    }
    if (gap.end != (ptrdiff_t)subject_n)
        found->spans[n++] = (struct regex_span){gap.begin, (ptrdiff_t)subject_n};
    found->n = n;
}

static struct err *split_subject(struct engine *g, struct search *s, int64_t max, struct datum *out)
{
    struct found found = {.n = 0};
    struct err *e = collect(g, s, max, &found);

    if (!e) {
        found.spans = xrealloc(found.spans, found.n + 1, sizeof(*found.spans));
        turn_into_gaps(&found, s->subject.n, max);
        e = texts_of(g, s->subject, &found, false, out);
    }
    free(found.spans);
    return e;
}

/* Go's two cases that do not search: no parts are asked for; nothing is there to be split. */
static struct err *split(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct search s = {.regex = NULL};
    struct found one = {&(struct regex_span){0, 0}, 1, 1}, none = {.n = 0};
    int64_t max = args[2].v.i;
    struct err *e = search_args(g, args, &s);

    (void)n;
    if (!e && max == 0)
        e = texts_of(g, s.subject, &none, true, out);
    else if (!e && args[0].n && !args[1].n)
        e = texts_of(g, s.subject, &one, false, out);
    else if (!e)
        e = split_subject(g, &s, max, out);
    search_done(&s);
    return e;
}

/* Spans that a replacement asks for. */
static size_t spans_needed(const struct regex *r, struct text replacement)
{
    struct regex_piece piece;
    size_t needed = 1;

    for (size_t at = 0; regex_piece_next(r, view_of(replacement), &at, &piece);) {
        size_t last = piece.by_name ? regex_groups(r) : piece.group;

        if (piece.is_group && last <= regex_groups(r) && last >= needed)
            needed = last + 1;
    }
    return needed;
}

static void expand(const struct search *s, struct text replacement, struct text_buf *b)
{
    struct regex_piece piece;
    struct regex_span span;

    for (size_t at = 0; regex_piece_next(s->regex, view_of(replacement), &at, &piece);) {
        if (!piece.is_group)
            text_buf_add(b, text_part(replacement, piece.at, piece.n));
        else if (regex_piece_span(s->regex, &piece, s->spans, s->spans_n, &span))
            text_buf_add(b, part_of(s->subject, span));
    }
}

/* Put the subject into b, with each match replaced. */
static struct err *replace_matches(struct engine *g, struct search *s, struct text replacement,
                                   bool is_literal, struct text_buf *b)
{
    ptrdiff_t done = 0;
    bool is_found = false;
    struct err *e = search_next(g, s, &is_found);

    while (!e && is_found && text_buf_ok(b)) {
        text_buf_add(b, part_of(s->subject, (struct regex_span){done, s->spans[0].begin}));
        done = s->spans[0].end;
        if (is_literal)
            text_buf_add(b, replacement);
        else
            expand(s, replacement, b);
        e = engine_charge_bytes(g, replacement.n);
        if (!e)
            e = search_next(g, s, &is_found);
    }
    text_buf_add(b, part_of(s->subject, (struct regex_span){done, (ptrdiff_t)s->subject.n}));
    return e;
}

static struct err *replace(struct engine *g, const struct datum *args, bool is_literal,
                           struct datum *out)
{
    struct search s = {.regex = NULL};
    struct text replacement = datum_text(&args[2]);
    struct text_buf b;
    struct err *e = compile(g, datum_text(&args[0]), &s);

    text_buf_init(&b, g->arena, TEXT_MAX);
    if (!e)
        e = search_begin(g, datum_text(&args[1]),
                         is_literal ? 1 : spans_needed(s.regex, replacement), &s);
    if (!e)
        e = replace_matches(g, &s, replacement, is_literal, &b);
    search_done(&s);
    return func_give_text(&b, e, out);
}

static struct err *replace_all(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)n;
    return replace(g, args, false, out);
}

static struct err *replace_all_literal(struct engine *g, const struct datum *args, size_t n,
                                       struct datum *out)
{
    (void)n;
    return replace(g, args, true, out);
}

static struct err *quote_meta(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] && strchr("\\.+*?()|[]{}^$", t.p[i]))
            text_buf_byte(&b, '\\');
        text_buf_byte(&b, t.p[i]);
    }
    return func_give_text(&b, NULL, out);
}

static const struct func rows[] = {
    {"mustRegexFind", "ss", "s", find, FUNC_REGEX, "first match of a pattern in a text",
     "{{ mustRegexFind \"[0-9]+\" \"db-12-34\" }}", "12"},
    {"mustRegexFindAll", "ssi", "S", find_all, FUNC_REGEX, "first n matches, all of them for -1",
     "{{ mustRegexFindAll \"[0-9]\" \"a1b2c3\" 2 }}", "[1 2]"},
    {"mustRegexMatch", "ss", "b", must_match, FUNC_REGEX, "does a pattern match anywhere in a text",
     "{{ mustRegexMatch \"^v[0-9]\" \"v1.2\" }}", "true"},
    {"mustRegexReplaceAll", "sss", "s", replace_all, FUNC_REGEX,
     "every match replaced, where $1 and ${name} stand for groups",
     "{{ mustRegexReplaceAll \"(a+)b\" \"aab ab\" \"${1}c\" }}", "aac ac"},
    {"mustRegexReplaceAllLiteral", "sss", "s", replace_all_literal, FUNC_REGEX,
     "every match replaced by a text as it is",
     "{{ mustRegexReplaceAllLiteral \"a+\" \"baab\" \"$1\" }}", "b$1b"},
    {"mustRegexSplit", "ssi", "S", split, FUNC_REGEX,
     "parts between matches, at most n, all of them for -1",
     "{{ mustRegexSplit \" *, *\" \"a , b,c\" -1 }}", "[a b c]"},
    {"regexFind", "ss", "s", find, FUNC_REGEX, "first match of a pattern in a text",
     "{{ regexFind \"[a-z]+\" \"12 ab cd\" }}", "ab"},
    {"regexFindAll", "ssi", "S", find_all, FUNC_REGEX, "first n matches, all of them for -1",
     "{{ regexFindAll \"[0-9]\" \"a1b2c3\" -1 }}", "[1 2 3]"},
    {"regexMatch", "ss", "b", match, FUNC_REGEX,
     "does a pattern match anywhere in a text; false for a bad pattern",
     "{{ regexMatch \"^[a-z]+$\" \"abc\" }}", "true"},
    {"regexQuoteMeta", "s", "s", quote_meta, 0, "pattern that matches just this text",
     "{{ regexQuoteMeta \"1.2*\" }}", "1\\.2\\*"},
    {"regexReplaceAll", "sss", "s", replace_all, FUNC_REGEX,
     "every match replaced, where $1 and ${name} stand for groups",
     "{{ regexReplaceAll \"[^a-z]+\" \"a-1-b\" \"_\" }}", "a_b"},
    {"regexReplaceAllLiteral", "sss", "s", replace_all_literal, FUNC_REGEX,
     "every match replaced by a text as it is",
     "{{ regexReplaceAllLiteral \"b\" \"abc\" \"${1}\" }}", "a${1}c"},
    {"regexSplit", "ssi", "S", split, FUNC_REGEX,
     "parts between matches, at most n, all of them for -1", "{{ regexSplit \"-\" \"a-b-c\" 2 }}",
     "[a b-c]"},
};

const struct func_table funcs_regex = {
    "Regular expressions",
    rows,
    ARRAY_SIZE(rows),
};
