/* Go's pattern in RE2's words. Most patterns are both; what differs is a named group without P, the
 * names of Unicode classes, and the classes that RE2 has not: \p{C} and \p{Cn} with what is not
 * assigned, \p{Any}, \p{ASCII}, \p{Assigned}, \p{LC}. The class C is spelled out, rune by rune: it
 * is what does not print, less the separators. Where a group is repeated that can match
 * nothing, as in "(?:|a+)*", RE2 gets the order of the ways through it wrong, unless an assertion
 * stands in front, so it gets one that always holds. The pattern need not be right: what is wrong
 * with the rest of it, RE2 finds. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex_parts.h"
#include "base/unicode.h"

#define GROWTH_MIN 256u
#define COUNT_DIGITS_MAX 8 /* of a repetition */
#define NAME_MAX_BYTES 40u
#define RANGE_MAX_BYTES 32u
#define RUNE_LAST 0x10ffffu

/* How often one pattern may have the class C, in any of its forms: 15 KiB each. */
#define OTHERS_MAX 4u

struct rewriter {
    const unsigned char *p;
    size_t n, at;
    struct regex_pattern *out;
    unsigned classes, others; /* of Unicode, so far; of them, with C */
    const char *fault;        /* what Go says */
    const char *limit;        /* what only we say */
    struct regex_empty empty; /* what was copied so far */
};

/* Of the runes that are no letter, mark, number, punctuation or symbol. */
enum others {
    OTHERS_NONE,
    OTHERS_UNASSIGNED, /* category Cn */
    OTHERS_ALL,        /* category C, as Go has it: with Cn */
};

/* A class as members of brackets. */
struct members {
    const char *in;
    enum others others;
};

/* A class that RE2 has not, or has otherwise, and what is not in it. */
struct special {
    const char *name;
    struct members members, rest;
};

static const struct {
    const char *name; /* first letter large, no spaces */
    const char *category;
} aliases[] = {
    {"Casedletter", "Lc"},
    {"Closepunctuation", "Pe"},
    {"Cntrl", "Cc"},
    {"Combiningmark", "M"},
    {"Connectorpunctuation", "Pc"},
    {"Control", "Cc"},
    {"Currencysymbol", "Sc"},
    {"Dashpunctuation", "Pd"},
    {"Decimalnumber", "Nd"},
    {"Digit", "Nd"},
    {"Enclosingmark", "Me"},
    {"Finalpunctuation", "Pf"},
    {"Format", "Cf"},
    {"Initialpunctuation", "Pi"},
    {"Letter", "L"},
    {"Letternumber", "Nl"},
    {"Lineseparator", "Zl"},
    {"Lowercaseletter", "Ll"},
    {"Mark", "M"},
    {"Mathsymbol", "Sm"},
    {"Modifierletter", "Lm"},
    {"Modifiersymbol", "Sk"},
    {"Nonspacingmark", "Mn"},
    {"Number", "N"},
    {"Openpunctuation", "Ps"},
    {"Other", "C"},
    {"Otherletter", "Lo"},
    {"Othernumber", "No"},
    {"Otherpunctuation", "Po"},
    {"Othersymbol", "So"},
    {"Paragraphseparator", "Zp"},
    {"Privateuse", "Co"},
    {"Punct", "P"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Spaceseparator", "Zs"},
    {"Spacingmark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecaseletter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercaseletter", "Lu"},
};

#define SHOWN "\\pL\\pM\\pN\\pP\\pS\\pZ"
#define ASSIGNED SHOWN "\\pC"
#define CASED "\\p{Lu}\\p{Ll}\\p{Lt}"
#define CASELESS "\\p{Lm}\\p{Lo}\\pM\\pN\\pP\\pS\\pZ"
#define NOTHING "\\x{D800}" /* never in a subject */

static const struct special specials[] = {
    {"Any", {"\\x{0}-\\x{10FFFF}", OTHERS_NONE}, {NOTHING, OTHERS_NONE}},
    {"Ascii", {"\\x{0}-\\x{7F}", OTHERS_NONE}, {"\\x{80}-\\x{10FFFF}", OTHERS_NONE}},
    {"Assigned", {ASSIGNED, OTHERS_NONE}, {"", OTHERS_UNASSIGNED}},
    {"C", {"", OTHERS_ALL}, {SHOWN, OTHERS_NONE}},
    {"Cn", {"", OTHERS_UNASSIGNED}, {ASSIGNED, OTHERS_NONE}},
    {"Lc", {CASED, OTHERS_NONE}, {CASELESS, OTHERS_ALL}},
};

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

static void put(struct rewriter *w, const char *s, size_t n)
{
    if (w->out->capacity - w->out->n < n)
        grow(w->out, w->out->n + n);
    memcpy(w->out->p + w->out->n, s, n);
    w->out->n += n;
}

static void put_text(struct rewriter *w, const char *s)
{
    put(w, s, strlen(s));
}

/* Copy n bytes as they are, or what is left of them. */
static void copy(struct rewriter *w, size_t n)
{
    if (n > w->n - w->at)
        n = w->n - w->at;
    put(w, (const char *)w->p + w->at, n);
    w->at += n;
}

static bool is_next(const struct rewriter *w, const char *s)
{
    size_t n = strlen(s);

    return w->n - w->at >= n && memcmp(w->p + w->at, s, n) == 0;
}

/* A backslash and what it stands before, or one byte. */
static void copy_char(struct rewriter *w)
{
    copy(w, w->p[w->at] == '\\' ? 2 : 1);
}

/* Name as Go looks it up: spaces, hyphens and underscores away, the first letter large. */
static bool canonical(const unsigned char *name, size_t n, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = name[i];

        if (c == '_' || c == '-' || c == ' ')
            continue;
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!is_letter || used == NAME_MAX_BYTES)
            return false;
        out[used] = (char)(used ? c | 0x20 : c & ~0x20);
        used++;
    }
    out[used] = 0;
    return used > 0;
}

static const struct special *find_special(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
        if (strcmp(name, specials[i].name) == 0)
            return &specials[i];
    }
    return NULL;
}

static bool is_separator(uint32_t rune)
{
    return rune == 0xa0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
           rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

/* Categories Cc, Cf, Cs, Co. */
static bool is_assigned_other(uint32_t rune)
{
    static const uint32_t ranges[][2] = {
        {0x0, 0x1f},        {0x7f, 0x9f},         {0xad, 0xad},       {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},       {0x70f, 0x70f},     {0x890, 0x891},
        {0x8e2, 0x8e2},     {0x180e, 0x180e},     {0x200b, 0x200f},   {0x202a, 0x202e},
        {0x2060, 0x2064},   {0x2066, 0x206f},     {0xd800, 0xf8ff},   {0xfeff, 0xfeff},
        {0xfff9, 0xfffb},   {0x110bd, 0x110bd},   {0x110cd, 0x110cd}, {0x13430, 0x1343f},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},   {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
        {0xf0000, 0xffffd}, {0x100000, 0x10fffd},
    };

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        if (rune >= ranges[i][0] && rune <= ranges[i][1])
            return true;
    }
    return false;
}

static bool is_other(uint32_t rune, enum others which)
{
    if (unicode_is_print(rune) || is_separator(rune))
        return false;
    return which == OTHERS_ALL || !is_assigned_other(rune);
}

static void put_others(struct rewriter *w, enum others which)
{
    char range[RANGE_MAX_BYTES];

    if (++w->others > OTHERS_MAX) {
        w->limit = "more than 4 \\p{C} or \\p{Cn} in a regular expression";
        return;
    }
    for (uint32_t first = 0, rune = 0; rune <= RUNE_LAST; first = ++rune) {
        while (rune <= RUNE_LAST && is_other(rune, which))
            rune++;
        if (rune > first) {
            snprintf(range, sizeof(range), "\\x{%X}-\\x{%X}", first, rune - 1);
            put_text(w, range);
        }
    }
}

static void put_members(struct rewriter *w, const struct members *m)
{
    put_text(w, m->in);
    if (m->others != OTHERS_NONE)
        put_others(w, m->others);
}

/* What is between \p and the end of its name; w->at is moved past it. False: there is no end. */
static bool take_name(struct rewriter *w, const unsigned char **name, size_t *n)
{
    w->at += 2;
    *name = w->p + w->at;
    *n = w->at < w->n;
    if (*n && **name == '{') {
        const unsigned char *end = memchr(*name, '}', w->n - w->at);
        if (!end)
            return false;
        w->at = (size_t)(end - w->p) + 1;
        ++*name;
        *n = (size_t)(end - *name);
        return true;
    }
    w->at += *n;
    return true;
}

/* The category or script called so, in brackets or not. */
static void named_class(struct rewriter *w, char *name, bool is_negated, bool in_brackets)
{
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (strcmp(name, aliases[i].name) == 0)
            memcpy(name, aliases[i].category, strlen(aliases[i].category) + 1);
    }
    const struct special *special = find_special(name);
    if (special) {
        put_text(w, in_brackets ? "" : "[");
        put_members(w, is_negated ? &special->rest : &special->members);
        put_text(w, in_brackets ? "" : "]");
        return;
    }
    put_text(w, is_negated ? "\\P{" : "\\p{");
    put_text(w, name);
    put_text(w, "}");
}

/* \p{name}. */
static void unicode_class(struct rewriter *w, bool in_brackets)
{
    bool is_negated = w->p[w->at + 1] == 'P';
    const unsigned char *name;
    char wanted[NAME_MAX_BYTES + 1];
    size_t n;

    if (++w->classes > REGEX_CLASSES_MAX) {
        w->limit = "more than 1000 \\p in a regular expression";
        return;
    }
    bool has_end = take_name(w, &name, &n);
    if (has_end && n && *name == '^') {
        is_negated = !is_negated;
        name++;
        n--;
    }
    if (has_end && canonical(name, n, wanted))
        named_class(w, wanted, is_negated, in_brackets);
    else
        w->fault = "invalid character class range";
}

static bool is_unicode_class(const struct rewriter *w)
{
    return is_next(w, "\\p") || is_next(w, "\\P");
}

/* One character of a class, or two with a hyphen between. */
static void class_chars(struct rewriter *w)
{
    copy_char(w);
    if (w->n - w->at >= 2 && w->p[w->at] == '-' && w->p[w->at + 1] != ']') {
        copy(w, 1);
        copy_char(w);
    }
}

static void class_member(struct rewriter *w)
{
    if (is_next(w, "[:")) {
        const unsigned char *end = memmem(w->p + w->at + 2, w->n - w->at - 2, ":]", 2);
        if (end) {
            copy(w, (size_t)(end + 2 - w->p) - w->at);
            return;
        }
    }
    if (is_unicode_class(w))
        unicode_class(w, true);
    else
        class_chars(w);
}

static void bracket_class(struct rewriter *w)
{
    copy(w, 1);
    copy(w, is_next(w, "^"));
    if (is_next(w, "]"))
        class_chars(w);
    while (w->at < w->n && w->p[w->at] != ']' && !w->fault && !w->limit)
        class_member(w);
    copy(w, 1);
}

static void escape(struct rewriter *w)
{
    if (is_next(w, "\\C")) {
        w->fault = "invalid escape sequence";
    } else if (is_next(w, "\\Q")) {
        const unsigned char *end = memmem(w->p + w->at, w->n - w->at, "\\E", 2);
        copy(w, end ? (size_t)(end + 2 - w->p) - w->at : w->n);
        regex_empty_item(&w->empty, true); /* only the last of several is repeated */
    } else if (is_unicode_class(w)) {
        unicode_class(w, false);
    } else {
        copy_char(w);
    }
}

/* "(?<name>" or "(?P<name>": the name is letters, digits and underscores of ASCII. */
static void named_group(struct rewriter *w)
{
    put_text(w, "(?P<");
    w->at += is_next(w, "(?P<") ? 4 : 3;
    size_t begin = w->at;
    while (w->at < w->n && (isalnum(w->p[w->at]) || w->p[w->at] == '_'))
        copy(w, 1);
    if (w->at == begin || !is_next(w, ">"))
        w->fault = "invalid named capture";
    copy(w, 1);
}

/* A parenthesis, with the flags that may follow it. Flags alone are no group. */
static void group(struct rewriter *w)
{
    size_t begins = w->out->n;

    if (is_next(w, "(?<") || is_next(w, "(?P<")) {
        named_group(w);
    } else if (is_next(w, "(?")) {
        copy(w, 2);
        while (w->at < w->n && strchr("imsU-", w->p[w->at]))
            copy(w, 1);
        bool is_flags = is_next(w, ")");
        copy(w, is_flags || is_next(w, ":"));
        if (is_flags)
            return;
    } else {
        copy(w, 1);
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

    put_text(w, HOLDS_ALWAYS);
    memmove(w->out->p + at + strlen(HOLDS_ALWAYS), w->out->p + at, n);
    memcpy(w->out->p + at, HOLDS_ALWAYS, strlen(HOLDS_ALWAYS));
    put_text(w, ")");
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
    copy(w, r->n + is_lazy);
}

static bool is_assertion(const struct rewriter *w)
{
    return is_next(w, "^") || is_next(w, "$") || is_next(w, "\\b") || is_next(w, "\\B") ||
           is_next(w, "\\A") || is_next(w, "\\z");
}

static void item(struct rewriter *w)
{
    bool takes = !is_assertion(w);

    if (w->p[w->at] == '\\')
        escape(w);
    else if (w->p[w->at] == '[')
        bracket_class(w);
    else
        copy(w, 1);
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
        copy(w, 1);
        regex_empty_bar(&w->empty);
    } else if (w->p[w->at] == ')') {
        copy(w, 1);
        regex_empty_close(&w->empty);
    } else if (is_next(w, "\\Q\\E")) {
        copy(w, 4);
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
