/* Classes of Unicode in RE2's words: it knows other names than Go, and has not \p{C} and \p{Cn}
 * with what is not assigned, \p{Any}, \p{ASCII}, \p{Assigned}, \p{LC}. The class C is spelled out,
 * rune by rune: it is what does not print, less the separators. */
#include "base/regex_rewriter.h"

#include <stdio.h>
#include <string.h>

#include "base/unicode.h"

#define NAME_MAX_BYTES 40u
#define RANGE_MAX_BYTES 32u
#define RUNE_LAST 0x10ffffu

/* How often one pattern may have the class C, in any of its forms: 15 KiB each. */
#define OTHERS_MAX 4u

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
            rewriter_put_text(w, range);
        }
    }
}

static void put_members(struct rewriter *w, const struct members *m)
{
    rewriter_put_text(w, m->in);
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
        rewriter_put_text(w, in_brackets ? "" : "[");
        put_members(w, is_negated ? &special->rest : &special->members);
        rewriter_put_text(w, in_brackets ? "" : "]");
        return;
    }
    rewriter_put_text(w, is_negated ? "\\P{" : "\\p{");
    rewriter_put_text(w, name);
    rewriter_put_text(w, "}");
}

void rewriter_class(struct rewriter *w, bool in_brackets)
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

bool rewriter_is_class(const struct rewriter *w)
{
    return rewriter_is_next(w, "\\p") || rewriter_is_next(w, "\\P");
}

/* One character of a class, or two with a hyphen between. */
static void class_chars(struct rewriter *w)
{
    rewriter_copy_char(w);
    if (w->n - w->at >= 2 && w->p[w->at] == '-' && w->p[w->at + 1] != ']') {
        rewriter_copy(w, 1);
        rewriter_copy_char(w);
    }
}

static void class_member(struct rewriter *w)
{
    if (rewriter_is_next(w, "[:")) {
        const unsigned char *end = memmem(w->p + w->at + 2, w->n - w->at - 2, ":]", 2);
        if (end) {
            rewriter_copy(w, (size_t)(end + 2 - w->p) - w->at);
            return;
        }
    }
    if (rewriter_is_class(w))
        rewriter_class(w, true);
    else
        class_chars(w);
}

void rewriter_brackets(struct rewriter *w)
{
    rewriter_copy(w, 1);
    rewriter_copy(w, rewriter_is_next(w, "^"));
    if (rewriter_is_next(w, "]"))
        class_chars(w);
    while (w->at < w->n && w->p[w->at] != ']' && !w->fault && !w->limit)
        class_member(w);
    rewriter_copy(w, 1);
}
