/* One row is a source and its tokens: the kind in two letters, and the text of those that have
 * any. */
#include "template/lex.h"

#include <stdio.h>

#include "tests/support/table.h"

static const char *const letters[] = {
    [TOKEN_ERROR] = "!",         [TOKEN_BOOL] = "bool",
    [TOKEN_CHAR] = "char",       [TOKEN_CHAR_CONSTANT] = "rune",
    [TOKEN_COMPLEX] = "complex", [TOKEN_ASSIGN] = "=",
    [TOKEN_DECLARE] = ":=",      [TOKEN_EOF] = "eof",
    [TOKEN_FIELD] = "field",     [TOKEN_IDENTIFIER] = "id",
    [TOKEN_LEFT_DELIM] = "{{",   [TOKEN_LEFT_PAREN] = "(",
    [TOKEN_NUMBER] = "num",      [TOKEN_PIPE] = "|",
    [TOKEN_RAW_STRING] = "raw",  [TOKEN_RIGHT_DELIM] = "}}",
    [TOKEN_RIGHT_PAREN] = ")",   [TOKEN_SPACE] = "_",
    [TOKEN_STRING] = "str",      [TOKEN_TEXT] = "text",
    [TOKEN_VARIABLE] = "var",    [TOKEN_BLOCK] = "block",
    [TOKEN_BREAK] = "break",     [TOKEN_CONTINUE] = "continue",
    [TOKEN_DOT] = ".",           [TOKEN_DEFINE] = "define",
    [TOKEN_ELSE] = "else",       [TOKEN_END] = "end",
    [TOKEN_IF] = "if",           [TOKEN_NIL] = "nil",
    [TOKEN_RANGE] = "range",     [TOKEN_TEMPLATE] = "template",
    [TOKEN_WITH] = "with",
};

struct row {
    const char *name, *source, *want;
};

static const struct row rows[] = {
    {"empty", "", "eof"},
    {"text", "a b\n", "text<a b\n> eof"},
    {"field", "{{.a}}", "{{ field<.a> }} eof"},
    {"text around", "x{{.}}y", "text<x> {{ . }} text<y> eof"},
    {"close in text", "a}}b", "text<a}}b> eof"},
    {"spaces", "{{ \t.\r\n}}", "{{ _ . _ }} eof"},
    {"chain", "{{.a.b_1.\xc3\xa9}}", "{{ field<.a> field<.b_1> field<.\xc3\xa9> }} eof"},
    {"variables", "{{$ $x $1 $x.y}}", "{{ var<$> _ var<$x> _ var<$1> _ var<$x> field<.y> }} eof"},
    {"declare", "{{$x:=1}}", "{{ var<$x> := num<1> }} eof"},
    {"assign", "{{$x = 1}}", "{{ var<$x> _ = _ num<1> }} eof"},
    {"pipe and parens", "{{(a)|b}}", "{{ ( id<a> ) | id<b> }} eof"},
    {"comma", "{{$i, $v}}", "{{ var<$i> char<,> _ var<$v> }} eof"},
    {"key words", "{{if else end range with define block template break continue nil}}",
     "{{ if _ else _ end _ range _ with _ define _ block _ template _ break _ continue _ nil }} "
     "eof"},
    {"not quite key words", "{{iff nils}}", "{{ id<iff> _ id<nils> }} eof"},
    {"field named as key word", "{{.if.nil}}", "{{ field<.if> field<.nil> }} eof"},
    {"booleans", "{{true false}}", "{{ bool<true> _ bool<false> }} eof"},
    {"integers", "{{1 -2 +3 0x1F 0o17 017 0b11 1_0}}",
     "{{ num<1> _ num<-2> _ num<+3> _ num<0x1F> _ num<0o17> _ num<017> _ num<0b11> _ num<1_0> }} "
     "eof"},
    {"floats", "{{1.5 .5 5. 1e3 1E-3 0x1p-2}}",
     "{{ num<1.5> _ num<.5> _ num<5.> _ num<1e3> _ num<1E-3> _ num<0x1p-2> }} eof"},
    {"imaginary", "{{1i 1+2i -1.5-2e1i}}",
     "{{ num<1i> _ complex<1+2i> _ complex<-1.5-2e1i> }} eof"},
    {"a sign is a number", "{{+ 1}}", "{{ num<+> _ num<1> }} eof"},
    {"characters", "{{'a' '\\'' '\\n'}}", "{{ rune<'a'> _ rune<'\\''> _ rune<'\\n'> }} eof"},
    {"strings", "{{\"a\\\"}}\" `r\n}}`}}", "{{ str<\"a\\\"}}\"> _ raw<`r\n}}`> }} eof"},
    {"any other sign", "{{!@{}}", "{{ char<!> char<@> char<{> }} eof"},
    {"trim left", "a \n{{- .}}", "text<a> {{ . }} eof"},
    {"trim left needs space", "a {{-1}}", "text<a > {{ num<-1> }} eof"},
    {"trim right", "{{. -}}\n\t b", "{{ . }} text<b> eof"},
    {"trim right after spaces", "{{.  -}} b", "{{ . _ }} text<b> eof"},
    {"trim both", "a {{- . -}} b", "text<a> {{ . }} text<b> eof"},
    {"markers share no space", "a {{- -}}b", "text<a> {{ num<-> }} text<b> eof"},
    {"trims all", " \n {{- . -}} ", "{{ . }} eof"},
    {"no-break space stays", "\xc2\xa0{{- .}}", "text<\xc2\xa0> {{ . }} eof"},
    {"minus without space", "{{.-}}", "{{ !bad character U+2D"},
    {"comment", "a{{/* x */}}b", "text<a> text<b> eof"},
    {"comment trims", "a {{- /* x\n */ -}} b", "text<a> text<b> eof"},
    {"empty comment", "{{/**/}}", "eof"},
    {"comment too short", "{{/*/}}", "!unclosed comment"},
    {"comment not closed", "{{/* x }}", "!unclosed comment"},
    {"comment with space after", "{{/* x */ }}", "!comment ends before closing delimiter"},
    {"comment with space before", "{{ /* x */}}",
     "{{ _ char</> char<*> _ id<x> _ char<*> char</> }} eof"},
    {"not closed", "{{.a", "{{ field<.a> !unclosed action"},
    {"dot at the end", "{{.", "{{ num<.> !unclosed action"},
    {"parenthesis open", "{{(.a}}", "{{ ( field<.a> !unclosed left paren"},
    {"parenthesis closed twice", "{{.a)}}", "{{ field<.a> !unexpected right paren"},
    {"colon", "{{:}}", "{{ !expected :="},
    {"string over lines", "{{\"a\nb\"}}", "{{ !unterminated quoted string"},
    {"string escapes the newline", "{{\"a\\\nb\"}}", "{{ !unterminated quoted string"},
    {"string not closed", "{{\"a\\", "{{ !unterminated quoted string"},
    {"raw string not closed", "{{`a", "{{ !unterminated raw quoted string"},
    {"character not closed", "{{'a\n'}}", "{{ !unterminated character constant"},
    {"number and letter", "{{1a}}", "{{ !bad number syntax<1a>"},
    {"number and number", "{{1-1}}", "{{ !bad number syntax<1-1>"},
    {"digit out of base", "{{0b12}}", "{{ !bad number syntax<0b12>"},
    {"field that is a number", "{{.1x}}", "{{ !bad number syntax<.1x>"},
    {"name with minus", "{{.a-b}}", "{{ !bad character U+2D"},
    {"name with broken UTF-8", "{{.a\xff}}", "{{ !bad character U+FFFD"},
    {"control character", "{{\x01}}", "{{ !unrecognized character in action: U+1"},
    {"sign outside ASCII", "{{\xe2\x82\xac}}", "{{ !unrecognized character in action: U+20AC"},
    {"letter outside ASCII", "{{\xd9\xa3\xc3\xa9}}", "{{ id<\xd9\xa3\xc3\xa9> }} eof"},
};

static size_t add(char *out, size_t at, size_t size, const struct lexer *l, struct token t)
{
    struct text text = t.kind == TOKEN_ERROR ? l->fault.excerpt : lex_text(l, t);
    bool has_text = text.n && (t.kind < TOKEN_FIRST_KEYWORD) && t.kind != TOKEN_SPACE &&
                    t.kind != TOKEN_LEFT_DELIM && t.kind != TOKEN_RIGHT_DELIM &&
                    t.kind != TOKEN_LEFT_PAREN && t.kind != TOKEN_RIGHT_PAREN &&
                    t.kind != TOKEN_PIPE && t.kind != TOKEN_ASSIGN && t.kind != TOKEN_DECLARE;

    at += (size_t)snprintf(out + at, size - at, "%s%s%s", at ? " " : "", letters[t.kind],
                           t.kind == TOKEN_ERROR ? l->fault.message : "");
    if (t.kind == TOKEN_ERROR && l->fault.has_rune)
        at += (size_t)snprintf(out + at, size - at, " U+%X", l->fault.rune);
    if (has_text)
        at += (size_t)snprintf(out + at, size - at, "<%.*s>", (int)text.n, (const char *)text.p);
    return at;
}

static void one_row(void **state)
{
    const struct row *r = *state;
    char got[1024];
    size_t at = 0;
    struct lexer l;
    struct token t;

    lex_init(&l, text_of(r->source), TEXT("{{"), TEXT("}}"));
    do {
        t = lex_next(&l);
        at = add(got, at, sizeof(got), &l, t);
    } while (t.kind != TOKEN_EOF && t.kind != TOKEN_ERROR);
    assert_string_equal(got, r->want);
    assert_int_equal(lex_next(&l).kind, t.kind);
}

/* Every kind of token that can hold a newline, or trims one, counts it. */
static void lines_are_counted(void **state)
{
    (void)state;
    static const unsigned lines[] = {1, 2, 2, 3, 3, 4, 5, 6, 7};
    struct lexer l;

    lex_init(&l, TEXT("a\n{{\n.\n`\n`\n -}}\n x"), TEXT("{{"), TEXT("}}"));
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        assert_int_equal(lex_next(&l).line, lines[i]);
}

static void own_delimiters(void **state)
{
    (void)state;
    struct lexer l;

    lex_init(&l, TEXT("{{<<.a>>"), TEXT("<<"), TEXT(">>"));
    assert_int_equal(lex_next(&l).kind, TOKEN_TEXT);
    assert_int_equal(lex_next(&l).kind, TOKEN_LEFT_DELIM);
    assert_int_equal(lex_next(&l).kind, TOKEN_FIELD);
    assert_int_equal(lex_next(&l).kind, TOKEN_RIGHT_DELIM);
    assert_int_equal(lex_next(&l).kind, TOKEN_EOF);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(own_delimiters),
    };

    return TABLE_RUN("template_lex", rows, one_row) + GROUP_RUN("template_lex", tests);
}
