/* The table, and the functions of a line or two. */
#include "template/funcs_text.h"

#include "template/funcs.h"

unsigned char *funcs_text_room(struct engine *g, struct text_buf *b, size_t size)
{
    text_buf_init(b, g->arena, TEXT_MAX);
    b->failed = engine_charge_bytes(g, size);
    return size ? text_buf_room(b, size) : NULL;
}

unsigned char *funcs_text_put(unsigned char *to, struct text t)
{
    if (t.n)
        memcpy(to, t.p, t.n);
    return to + t.n;
}

static struct err *contains(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text t = datum_text(&args[1]);
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(text_find(t, 0, datum_text(&args[0])) >= 0);
    return NULL;
}

static struct err *has_prefix(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(text_has_prefix(datum_text(&args[1]), datum_text(&args[0])));
    return NULL;
}

static struct err *has_suffix(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(text_has_suffix(datum_text(&args[1]), datum_text(&args[0])));
    return NULL;
}

static struct err *hello(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)args;
    (void)n;
    *out = datum_string(TEXT("Hello!"));
    return NULL;
}

static struct err *plural(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    *out = args[2].v.i == 1 ? args[0] : args[1];
    return NULL;
}

#define TRIM_ALL                                                                                   \
    "ss", "s", funcs_text_trim_all, 0,                                                             \
        "the last text without any of the characters of the first at both ends"

static const struct func rows[] = {
    {"cat", "a*", "s", funcs_text_cat, 0, "the values with a space between them; nil is left out",
     "{{ cat 1 \"b\" }}", "1 b"},
    {"contains", "ss", "b", contains, 0, "is the first text part of the last",
     "{{ \"seafood\" | contains \"foo\" }}", "true"},
    {"hasPrefix", "ss", "b", has_prefix, 0, "does the last text begin with the first",
     "{{ \"seafood\" | hasPrefix \"sea\" }}", "true"},
    {"hasSuffix", "ss", "b", has_suffix, 0, "does the last text end with the first",
     "{{ \"seafood\" | hasSuffix \"food\" }}", "true"},
    {"hello", "", "s", hello, 0, "a greeting", "{{ hello }}", "Hello!"},
    {"join", "sa", "s", funcs_text_join, 0, "the elements of a list with the first text between",
     "{{ list 1 2 3 | join \"-\" }}", "1-2-3"},
    {"lower", "s", "s", funcs_text_lower, 0, "the text in small letters", "{{ lower \"HI\" }}",
     "hi"},
    {"plural", "ssi", "s", plural, 0, "the first text for 1, the second for any other number",
     "{{ 3 | plural \"key\" \"keys\" }}", "keys"},
    {"quote", "a*", "s", funcs_text_quote, 0,
     "each value in double quotes, escaped as in Go; nil is left out", "{{ quote \"a\\tb\" 1 }}",
     "\"a\\tb\" \"1\""},
    {"repeat", "is", "s", funcs_text_repeat, 0, "the text that many times",
     "{{ \"ab\" | repeat 3 }}", "ababab"},
    {"replace", "sss", "s", funcs_text_replace, 0,
     "the last text with the second in place of each of the first",
     "{{ \"a+b+c\" | replace \"+\" \"%20\" }}", "a%20b%20c"},
    {"sortAlpha", "a", "S", funcs_text_sort_alpha, 0, "the elements as texts, sorted by byte",
     "{{ list \"b\" \"a\" 10 | sortAlpha }}", "[10 a b]"},
    {"split", "ss", "m", funcs_text_split, 0,
     "the parts between separators as a map with keys _0, _1 and so on",
     "{{ (\"a:b\" | split \":\")._1 }}", "b"},
    {"splitList", "ss", "S", funcs_text_split_list, 0, "the parts between separators",
     "{{ \"a:b:c\" | splitList \":\" }}", "[a b c]"},
    {"splitn", "sis", "m", funcs_text_splitn, 0,
     "as split, with at most that many parts; the last takes the rest",
     "{{ (\"a:b:c\" | splitn \":\" 2)._1 }}", "b:c"},
    {"squote", "a*", "s", funcs_text_squote, 0,
     "each value in single quotes, not escaped; nil is left out", "{{ squote \"a\" 1 }}",
     "'a' '1'"},
    {"substr", "iis", "s", funcs_text_substr, 0,
     "the bytes from a position to before another; a negative one stands for the text's end",
     "{{ \"hello\" | substr 1 3 }}", "el"},
    {"swapcase", "s", "s", funcs_text_swapcase, 0,
     "capital letters for small ones, and the other way round", "{{ swapcase \"Ab\" }}", "aB"},
    {"title", "s", "s", funcs_text_title, 0, "the text with a capital at the start of each word",
     "{{ title \"secret store\" }}", "Secret Store"},
    {"toString", "a", "s", funcs_text_to_string, 0, "the value as text", "{{ toString 1.50 }}",
     "1.5"},
    {"toStrings", "a", "S", funcs_text_to_strings, 0,
     "the elements of a list as texts; nil is left out", "{{ list 1 \"a\" nil | toStrings }}",
     "[1 a]"},
    {"trim", "s", "s", funcs_text_trim, 0, "the text without white space at both ends",
     "{{ trim \"  a b  \" }}", "a b"},
    {"trimAll", TRIM_ALL, "{{ \"$5.00$\" | trimAll \"$\" }}", "5.00"},
    {"trimPrefix", "ss", "s", funcs_text_trim_prefix, 0,
     "the last text without the first at its start", "{{ \"-ab\" | trimPrefix \"-\" }}", "ab"},
    {"trimSuffix", "ss", "s", funcs_text_trim_suffix, 0,
     "the last text without the first at its end", "{{ \"ab-\" | trimSuffix \"-\" }}", "ab"},
    {"trimall", TRIM_ALL, "{{ \"$5.00$\" | trimall \"$\" }}", "5.00"},
    {"trunc", "is", "s", funcs_text_trunc, 0,
     "the first n bytes; the last ones where n is negative", "{{ \"hello\" | trunc 2 }}", "he"},
    {"untitle", "s", "s", funcs_text_untitle, 0,
     "the text with a small letter at the start of each word", "{{ untitle \"Secret Store\" }}",
     "secret store"},
    {"upper", "s", "s", funcs_text_upper, 0, "the text in capitals", "{{ upper \"hi\" }}", "HI"},
};

const struct func_table funcs_text = {"Texts", rows, ARRAY_SIZE(rows)};
