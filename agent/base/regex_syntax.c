/* Go's pattern in RE2's words. Most patterns are both; what differs is a named group without P, and
 * the classes of Unicode (regex_class.c). Where a group is repeated that can match nothing, as in
 * "(?:|a+)*", RE2 gets the order of the ways through it wrong, unless an assertion stands in front,
 * so it gets one that always holds. The pattern need not be right: what is wrong with the rest of
 * it, RE2 finds. */
#include "base/regex_rewriter.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/unicode.h"

#define GROWTH_MIN 256u
#define COUNT_DIGITS_MAX 8 /* of a repetition */

void regex_pattern_done(struct regex_pattern *p)
{
    if (p->p)
        secret_erase(p->p, p->capacity);
    free(p->p);
    p->p = NULL;
}

/* The old block is erased: a pattern may be a secret. */
static void grow(struct regex_pattern *p, size_t need)
{
    size_t capacity = 2 * p->capacity > need ? 2 * p->capacity : need;
    struct regex_pattern larger = {.n = p->n, .capacity = capacity + GROWTH_MIN};

    larger.p = xalloc(larger.capacity);
    if (p->n)
        memcpy(larger.p, p->p, p->n);
    regex_pattern_done(p);
    *p = larger;
}

void rewriter_put(struct rewriter *w, const char *s, size_t n)
{
    if (w->out->capacity - w->out->n < n)
        grow(w->out, w->out->n + n);
    memcpy(w->out->p + w->out->n, s, n);
    w->out->n += n;
}

void rewriter_put_text(struct rewriter *w, const char *s)
{
    rewriter_put(w, s, strlen(s));
}

void rewriter_copy(struct rewriter *w, size_t n)
{
    if (n > w->n - w->at)
        n = w->n - w->at;
    rewriter_put(w, (const char *)w->p + w->at, n);
    w->at += n;
}

bool rewriter_is_next(const struct rewriter *w, const char *s)
{
    size_t n = strlen(s);

    return w->n - w->at >= n && memcmp(w->p + w->at, s, n) == 0;
}

void rewriter_copy_char(struct rewriter *w)
{
    rewriter_copy(w, w->p[w->at] == '\\' ? 2 : 1);
}

static void escape(struct rewriter *w)
{
    if (rewriter_is_next(w, "\\C")) {
        w->fault = "invalid escape sequence";
    } else if (rewriter_is_next(w, "\\Q")) {
        const unsigned char *end = memmem(w->p + w->at, w->n - w->at, "\\E", 2);
        rewriter_copy(w, end ? (size_t)(end + 2 - w->p) - w->at : w->n);
        regex_empty_item(&w->empty, true); /* only the last of several is repeated */
    } else if (rewriter_is_class(w)) {
        rewriter_class(w, false);
    } else {
        rewriter_copy_char(w);
    }
}

/* "(?<name>" or "(?P<name>": the name is letters, digits and underscores of ASCII. */
static void named_group(struct rewriter *w)
{
    rewriter_put_text(w, "(?P<");
    w->at += rewriter_is_next(w, "(?P<") ? 4 : 3;
    size_t begin = w->at;
    while (w->at < w->n && (isalnum(w->p[w->at]) || w->p[w->at] == '_'))
        rewriter_copy(w, 1);
    if (w->at == begin || !rewriter_is_next(w, ">"))
        w->fault = "invalid named capture";
    rewriter_copy(w, 1);
}

/* A parenthesis, with the flags that may follow it. Flags alone are no group. */
static void group(struct rewriter *w)
{
    size_t begins = w->out->n;

    if (rewriter_is_next(w, "(?<") || rewriter_is_next(w, "(?P<")) {
        named_group(w);
    } else if (rewriter_is_next(w, "(?")) {
        rewriter_copy(w, 2);
        while (w->at < w->n && strchr("imsU-", w->p[w->at]))
            rewriter_copy(w, 1);
        bool is_flags = rewriter_is_next(w, ")");
        rewriter_copy(w, is_flags || rewriter_is_next(w, ":"));
        if (is_flags) {
            regex_empty_flags(&w->empty);
            return;
        }
    } else {
        rewriter_copy(w, 1);
    }
    regex_empty_open(&w->empty, begins);
}

static bool is_utf8(const unsigned char *p, size_t n)
{
    uint32_t rune;

    for (size_t at = 0; at < n;) {
        size_t taken = p[at] < 0x80 ? 1 : unicode_decode(p + at, n - at, &rune);

        if (taken == 1 && p[at] >= 0x80)
            return false;
        at += taken;
    }
    return true;
}

/* Digits at *at, none in front that is a zero. */
static bool skip_count(const struct rewriter *w, size_t *at, bool *is_huge)
{
    size_t begin = *at;

    while (*at < w->n && isdigit(w->p[*at]))
        ++*at;
    size_t n = *at - begin;
    *is_huge |= n > COUNT_DIGITS_MAX;
    return n > 0 && (n == 1 || w->p[begin] != '0');
}

/* A repetition: n bytes; 0: none. */
struct repeat {
    size_t n;
    bool is_huge;     /* RE2 would take it for text; Go refuses it */
    bool may_be_none; /* from 0 times on */
    bool is_open;     /* without a most */
};

static struct repeat counted_repeat(const struct rewriter *w)
{
    struct repeat r = {.n = 0};
    size_t at = w->at + 1;

    r.may_be_none = at < w->n && w->p[at] == '0';
    if (!skip_count(w, &at, &r.is_huge))
        return r;
    if (at < w->n && w->p[at] == ',') {
        at++;
        r.is_open = at < w->n && w->p[at] == '}';
        if (!r.is_open && !skip_count(w, &at, &r.is_huge))
            return r;
    }
    r.n = at < w->n && w->p[at] == '}' ? at + 1 - w->at : 0;
    return r;
}

static struct repeat repeat_ahead(const struct rewriter *w)
{
    unsigned char c = w->p[w->at];

    if (c == '{')
        return counted_repeat(w);
    return (struct repeat){
        .n = c == '*' || c == '+' || c == '?',
        .may_be_none = c == '*' || c == '?',
        .is_open = c == '*' || c == '+',
    };
}

#define HOLDS_ALWAYS "(?:(?:\\b|\\B)"

/* Put HOLDS_ALWAYS in front of the group that began at at, and a parenthesis behind it. */
static void assert_before(struct rewriter *w, size_t at)
{
    size_t n = w->out->n - at;

    rewriter_put_text(w, HOLDS_ALWAYS);
    memmove(w->out->p + at + strlen(HOLDS_ALWAYS), w->out->p + at, n);
    memcpy(w->out->p + at, HOLDS_ALWAYS, strlen(HOLDS_ALWAYS));
    rewriter_put_text(w, ")");
}

static void repeat(struct rewriter *w, const struct repeat *r)
{
    size_t at;
    bool is_lazy = w->n - w->at > r->n && w->p[w->at + r->n] == '?';
    bool is_empty_group = regex_empty_repeat(&w->empty, r->may_be_none, &at);

    if (r->is_huge)
        w->fault = "invalid repeat count";
    if (r->is_open && is_empty_group)
        assert_before(w, at);
    rewriter_copy(w, r->n + is_lazy);
}

static bool is_assertion(const struct rewriter *w)
{
    return rewriter_is_next(w, "^") || rewriter_is_next(w, "$") || rewriter_is_next(w, "\\b") ||
           rewriter_is_next(w, "\\B") || rewriter_is_next(w, "\\A") || rewriter_is_next(w, "\\z");
}

static void item(struct rewriter *w)
{
    bool takes = !is_assertion(w);

    if (w->p[w->at] == '\\')
        escape(w);
    else if (w->p[w->at] == '[')
        rewriter_brackets(w);
    else
        rewriter_copy(w, 1);
    regex_empty_item(&w->empty, takes);
}

static void rewrite_next(struct rewriter *w)
{
    struct repeat r = repeat_ahead(w);

    if (r.n) {
        repeat(w, &r);
    } else if (w->p[w->at] == '(') {
        group(w);
    } else if (w->p[w->at] == '|') {
        rewriter_copy(w, 1);
        regex_empty_bar(&w->empty);
    } else if (w->p[w->at] == ')') {
        rewriter_copy(w, 1);
        regex_empty_close(&w->empty);
    } else if (rewriter_is_next(w, "\\Q\\E")) {
        rewriter_copy(w, 4);
    } else {
        item(w);
    }
}

static void rewrite(struct rewriter *w)
{
    while (w->at < w->n && !w->fault && !w->limit)
        rewrite_next(w);
}

struct err *regex_rewrite(const unsigned char *pattern, size_t n, struct regex_pattern *out,
                          const char **fault)
{
    struct rewriter w = {.p = pattern, .n = n, .out = out};

    if (!is_utf8(pattern, n)) {
        *fault = "invalid UTF-8";
        return NULL;
    }
    grow(out, n);
    rewrite(&w);
    *fault = w.fault;
    return w.limit ? err_new(ERR_INVALID, "limit reached: %s", w.limit) : NULL;
}
