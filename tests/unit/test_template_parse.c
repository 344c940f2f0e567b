/* Rows are a source and its trees as text, or the message that refuses it. Lists are in brackets,
 * actions as node_print has them, text in angle brackets, the trees in order of their names. */
#include "template/parse.h"

#include <stdlib.h>

#include "tests/support/table.h"

struct row {
    const char *name, *source, *want;
};

static const struct row tree_rows[] = {
    {"empty", "", "k[]"},
    {"text", "a", "k[<a>]"},
    {"field", "x{{ .a.b }}y", "k[<x>{{.a.b}}<y>]"},
    {"constants", "{{ print 1 -0x1F 'a' \"s\" `r` true false nil . }}",
     "k[{{print 1 -0x1F 'a' \"...\" \"...\" true false nil .}}]"},
    {"pipeline", "{{ .a|print 1 | len }}", "k[{{.a | print 1 | len}}]"},
    {"pipe at the end", "{{ .a | }}", "k[{{.a}}]"},
    {"parentheses", "{{ print (len .a) (.b | len) }}", "k[{{print (len .a) (.b | len)}}]"},
    {"chain", "{{ (index . \"a\").b.c }}", "k[{{(index . \"...\").b.c}}]"},
    {"chain of a function", "{{ print.a }}", "k[{{print.a}}]"},
    {"chain of a variable", "{{ $.a.b }}", "k[{{$.a.b}}]"},
    {"two operands without function", "{{ \"a\" 1 }}", "k[{{\"...\" 1}}]"},
    {"declare", "{{ $x := 1 }}{{ $x }}{{ $x = 2 }}", "k[{{$x := 1}}{{$x}}{{$x = 2}}]"},
    {"declare in parentheses", "{{ ($x := 1) }}{{ $x }}", "k[{{($x := 1)}}{{$x}}]"},
    {"assign to what is not declared", "{{ $x = 1 }}", "k[{{$x = 1}}]"},
    {"if", "{{ if .a }}b{{ end }}", "k[{if .a}[<b>]]"},
    {"if, else", "{{ if .a }}b{{ else }}c{{ end }}", "k[{if .a}[<b>][<c>]]"},
    {"else if", "{{ if .a }}b{{ else if .c }}d{{ else }}e{{ end }}",
     "k[{if .a}[<b>][{if .c}[<d>][<e>]]]"},
    {"with", "{{ with $x := .a }}{{ $x }}{{ end }}", "k[{with $x := .a}[{{$x}}]]"},
    {"else with", "{{ with .a }}b{{ else with .c }}d{{ end }}",
     "k[{with .a}[<b>][{with .c}[<d>]]]"},
    {"range", "{{ range .a }}b{{ else }}c{{ end }}", "k[{range .a}[<b>][<c>]]"},
    {"range over two", "{{ range $i, $v := .a }}{{ $i }}{{ end }}",
     "k[{range $i, $v := .a}[{{$i}}]]"},
    {"range assigns", "{{ $v := 1 }}{{ range $v = .a }}{{ end }}",
     "k[{{$v := 1}}{range $v = .a}[]]"},
    {"variable of a condition in its else", "{{ if $x := .a }}{{ else }}{{ $x }}{{ end }}",
     "k[{if $x := .a}[][{{$x}}]]"},
    {"break, continue", "{{ range . }}{{ if .a }}{{ break }}{{ end }}{{ continue }}{{ end }}",
     "k[{range .}[{if .a}[{{break}}]{{continue}}]]"},
    {"comment", "a{{/* b */}}c", "k[<a><c>]"},
    {"define", "{{ define \"a\" }}x{{ end }}y", "a[<x>] k[<y>]"},
    {"define by raw string", "{{ define `a` }}{{ end }}", "a[] k[]"},
    {"template", "{{ template \"a\" }}{{ template `b` .c }}",
     "k[{{template \"a\"}}{{template \"b\" .c}}]"},
    {"block", "{{ block \"a\" .b }}c{{ end }}", "a[<c>] k[{{template \"a\" .b}}]"},
    {"block in a block", "{{ block \"a\" . }}{{ block \"b\" . }}c{{ end }}{{ end }}",
     "a[{{template \"b\" .}}] b[<c>] k[{{template \"a\" .}}]"},
    {"defined twice, first empty", "{{ define \"a\" }} {{ end }}{{ define \"a\" }}x{{ end }}",
     "a[<x>] k[]"},
    {"defined twice, then empty", "{{ define \"a\" }}x{{ end }}{{ define \"a\" }}\xc2\xa0{{ end }}",
     "a[<x>] k[]"},
    {"main by definition", "{{ define \"k\" }}x{{ end }}\n", "k[<x>]"},
    {"main and empty definition", "{{ define \"k\" }}{{/* */}}{{ end }}x", "k[<x>]"},
};

static const struct row error_rows[] = {
    {"no command", "{{}}", "template: k:1: missing value for command"},
    {"no condition", "{{if}}{{end}}", "template: k:1: missing value for if"},
    {"no range", "{{range $i, }}{{end}}", "template: k:1: missing value for range"},
    {"nothing declared", "{{$x := }}", "template: k:1: missing value for command"},
    {"empty parentheses", "{{()}}", "template: k:1: missing value for parenthesized pipeline"},
    {"pipe first", "{{| .a}}", "template: k:1: unexpected \"|\" in command"},
    {"pipe twice", "{{.a || .b}}", "template: k:1: unexpected \"|\" in command"},
    {"no function", "\n{{ nope }}", "template: k:2: function \"nope\" not defined"},
    {"no function, not reached", "{{if false}}{{nope}}{{end}}",
     "template: k:1: function \"nope\" not defined"},
    {"no variable", "{{ $x }}", "template: k:1: undefined variable \"$x\""},
    {"variable after its block", "{{if $x := 1}}{{end}}{{$x}}",
     "template: k:1: undefined variable \"$x\""},
    {"variable of another tree", "{{$x := 1}}{{define \"a\"}}{{$x}}{{end}}",
     "template: k:1: undefined variable \"$x\""},
    {"variable of the tree around", "{{$x := 1}}{{block \"a\" .}}{{$x}}{{end}}",
     "template: k:1: undefined variable \"$x\""},
    {"variable of a definition", "{{block \"a\" .}}{{$x := 1}}{{end}}{{$x}}",
     "template: k:1: undefined variable \"$x\""},
    {"three variables", "{{range $a, $b, $c := .}}{{end}}",
     "template: k:1: too many declarations in range"},
    {"two variables outside range", "{{$a, $b := .}}",
     "template: k:1: too many declarations in command"},
    {"range declares no variable", "{{range $a, .b := .}}{{end}}",
     "template: k:1: range can only initialize variables"},
    {"constant in a later stage", "{{.a | 1}}",
     "template: k:1: non executable command in pipeline stage 2"},
    {"string in a later stage", "{{.a | len | \"x\"}}",
     "template: k:1: non executable command in pipeline stage 3"},
    {"dot in a later stage", "{{.a | . }}",
     "template: k:1: non executable command in pipeline stage 2"},
    {"nil in a later stage", "{{.a | nil}}",
     "template: k:1: non executable command in pipeline stage 2"},
    {"field of a constant", "{{1.a}}", "template: k:1: bad number syntax: \"1.a\""},
    {"field of a string", "{{\"secret\".a}}",
     "template: k:1: unexpected . after term \"\\\"...\\\"\""},
    {"field of true", "{{true.a}}", "template: k:1: unexpected . after term \"true\""},
    {"field of dot", "{{(.).a.b}}{{ nil.a }}", "template: k:1: unexpected . after term \"nil\""},
    {"operands without space", "{{(1)\"x\"}}", "template: k:1: unexpected \"...\" in operand"},
    {"call in parentheses", "{{len(.a)}}", "template: k:1: unexpected \"(\" in operand"},
    {"comma", "{{print 1, 2}}", "template: k:1: unexpected \",\" in operand"},
    {"brace", "{{{.a}}}", "template: k:1: unexpected \"{\" in command"},
    {"declaration of a field", "{{.a := 1}}", "template: k:1: unexpected \":=\" in operand"},
    {"comment with a space", "{{ /* a */}}", "template: k:1: unexpected \"/\" in command"},
    {"long token", "{{$x := 1}}{{end .abcdefghijkl}}",
     "template: k:1: unexpected \".abcdefghi\"... in end"},
    {"else outside", "{{else}}", "template: k:1: unexpected {{else}}"},
    {"end outside", "a\n{{end}}", "template: k:2: unexpected {{end}}"},
    {"else twice", "{{if .a}}{{else}}{{else}}{{end}}",
     "template: k:1: expected end; found {{else}}"},
    {"else with inside if", "{{if .a}}{{else with .b}}{{end}}",
     "template: k:1: unexpected <with> in input"},
    {"else if inside with", "{{with .a}}{{else if .b}}{{end}}",
     "template: k:1: unexpected <if> in input"},
    {"else if inside range", "{{range .a}}{{else if .b}}{{end}}",
     "template: k:1: unexpected <if> in input"},
    {"else and more", "{{if .a}}{{else .b}}{{end}}", "template: k:1: unexpected \".b\" in else"},
    {"end and more", "{{if .a}}{{end 1}}", "template: k:1: unexpected \"1\" in end"},
    {"no end", "{{if .a}}\n\nb", "template: k:3: unexpected EOF"},
    {"break outside", "{{break}}", "template: k:1: {{break}} outside {{range}}"},
    {"continue in a block in range", "{{range .}}{{block \"a\" .}}{{continue}}{{end}}{{end}}",
     "template: k:1: {{continue}} outside {{range}}"},
    {"break and more", "{{range .}}{{break 1}}{{end}}",
     "template: k:1: unexpected \"1\" in {{break}}"},
    {"break in the else of range", "{{range .}}{{else}}{{break}}{{end}}",
     "template: k:1: {{break}} outside {{range}}"},
    {"define inside if", "{{if .a}}{{define \"a\"}}{{end}}{{end}}",
     "template: k:1: unexpected <define> in command"},
    {"define without name", "{{define}}{{end}}",
     "template: k:1: unexpected \"}}\" in define clause"},
    {"define by field", "{{define .a}}{{end}}",
     "template: k:1: unexpected \".a\" in define clause"},
    {"define with data", "{{define \"a\" .}}{{end}}",
     "template: k:1: unexpected <.> in define clause"},
    {"define with else", "{{define \"a\"}}{{else}}{{end}}",
     "template: k:1: unexpected {{else}} in define clause"},
    {"define without end", "{{define \"a\"}}", "template: k:1: unexpected EOF"},
    {"block with else", "{{block \"a\" .}}\n{{else}}{{end}}",
     "template: k:1: unexpected {{else}} in block clause"},
    {"block without data", "{{block \"a\"}}{{end}}",
     "template: k:1: missing value for block clause"},
    {"template by field", "{{template .a}}", "template: k:1: unexpected \".a\" in template clause"},
    {"template by bad string", "{{template \"\\q\"}}", "template: k:1: invalid syntax"},
    {"defined twice", "{{define \"a\"}}x{{end}}\n{{define \"a\"}}y{{end}}",
     "template: k:2: template: multiple definition of template \"a\""},
    {"main and definition", "{{define \"k\"}}x{{end}}\ny",
     "template: k:2: template: multiple definition of template \"k\""},
    {"integer too large", "{{18446744073709551616}}",
     "template: k:1: integer overflow: \"18446744073709551616\""},
    {"octal with 9", "{{089}}", "template: k:1: integer overflow: \"089\""},
    {"float too large", "{{1e400}}", "template: k:1: illegal number syntax: \"1e400\""},
    {"prefix alone", "{{0x}}", "template: k:1: illegal number syntax: \"0x\""},
    {"underscore twice", "{{1__0}}", "template: k:1: illegal number syntax: \"1__0\""},
    {"hexadecimal float without exponent", "{{0x1.8}}",
     "template: k:1: illegal number syntax: \"0x1.8\""},
    {"sign alone", "{{(-)}}", "template: k:1: illegal number syntax: \"-\""},
    {"complex of two imaginary", "{{1i+2i}}",
     "template: k:1: syntax error scanning complex number"},
    {"complex of octal", "{{0o7+2i}}", "template: k:1: syntax error scanning complex number"},
    {"complex of hexadecimal", "{{0x7+2i}}",
     "template: k:1: strconv.ParseFloat: parsing \"0x7\": invalid syntax"},
    {"complex too large", "{{1e400+2i}}",
     "template: k:1: strconv.ParseFloat: parsing \"1e400\": value out of range"},
    {"two characters", "{{'ab'}}", "template: k:1: malformed character constant"},
    {"no character", "{{''}}", "template: k:1: invalid syntax"},
    {"bad escape", "{{\"\\z\"}}", "template: k:1: invalid syntax"},
    {"lexer", "{{.a-b}}", "template: k:1: bad character U+002D '-'"},
    {"lexer, not printable", "{{\x01}}", "template: k:1: unrecognized character in action: U+0001"},
    {"lexer, number", "{{1-1}}", "template: k:1: bad number syntax: \"1-1\""},
    {"lexer, over lines", "a\n{{\n\"b}}",
     "template: k:3: unterminated quoted string in action started at k:2"},
    {"lexer, over lines to the end", "{{.a\n", "template: k:2: unclosed action started at k:1"},
    {"lexer, parenthesis", "{{(.a\n}}",
     "template: k:2: unclosed left paren in action started at k:1"},
    {"lexer, comment", "a{{/*", "template: k:1: unclosed comment"},
};

static void show(struct text_buf *b, const struct node *n);

static void show_list(struct text_buf *b, const struct node *list)
{
    if (!list)
        return;
    text_buf_byte(b, '[');
    for (size_t i = 0; i < list->n; i++)
        show(b, list->children[i]);
    text_buf_byte(b, ']');
}

static void show(struct text_buf *b, const struct node *n)
{
    bool is_branch = n->kind == NODE_IF || n->kind == NODE_WITH || n->kind == NODE_RANGE;

    if (is_branch) {
        text_buf_puts(b, n->kind == NODE_IF ? "{if " : n->kind == NODE_WITH ? "{with " : "{range ");
        node_print(b, n->pipe);
        text_buf_byte(b, '}');
        show_list(b, n->body);
        show_list(b, n->other);
    } else if (n->kind == NODE_TEXT) {
        text_buf_byte(b, '<');
        text_buf_add(b, n->text);
        text_buf_byte(b, '>');
    } else {
        node_print(b, n);
    }
}

static int by_name(const void *a, const void *b)
{
    return text_compare(((const struct tree *)a)->name, ((const struct tree *)b)->name);
}

static struct err *parse(struct secret_arena *arena, struct text source, struct forest *out)
{
    static const struct template_options options = {.left = NULL};

    return parse_forest(arena, TEXT("k"), source, &options, out);
}

static void tree_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f;
    struct text_buf b;

    assert_null(parse(arena, text_of(r->source), &f));
    qsort(f.trees, f.n, sizeof(*f.trees), by_name);
    text_buf_init(&b, arena, TEXT_MAX);
    for (size_t i = 0; i < f.n; i++) {
        text_buf_puts(&b, i ? " " : "");
        text_buf_add(&b, f.trees[i].name);
        show_list(&b, f.trees[i].body);
    }
    text_buf_byte(&b, 0);
    assert_string_equal((const char *)b.p, r->want);
}

static void error_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f = {.n = 77};
    CLEANUP(err) struct err *e = parse(arena, text_of(r->source), &f);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
    assert_int_equal(f.n, 77);
}

/* The only operand of the only action. */
static const struct node *constant(struct secret_arena *arena, const char *source)
{
    struct forest f;

    assert_null(parse(arena, text_of(source), &f));
    return f.trees[0].body->children[0]->pipe->children[0]->children[0];
}

struct number_row {
    const char *name, *source;
    const char *forms; /* i, u, f, c */
    int64_t i;
    double f, im;
    enum datum_kind ideal;
};

static const struct number_row number_rows[] = {
    {"zero", "{{0}}", "iuf", 0, 0, 0, DATUM_INT},
    {"negative zero", "{{-0}}", "iuf", 0, 0, 0, DATUM_INT},
    {"with plus", "{{+5}}", "if", 5, 5, 0, DATUM_INT},
    {"negative", "{{-7}}", "if", -7, -7, 0, DATUM_INT},
    {"octal", "{{017}}", "iuf", 15, 15, 0, DATUM_INT},
    {"octal, new", "{{0o17}}", "iuf", 15, 15, 0, DATUM_INT},
    {"binary", "{{0b101}}", "iuf", 5, 5, 0, DATUM_INT},
    {"hexadecimal with an e", "{{0xE}}", "iuf", 14, 14, 0, DATUM_INT},
    {"underscores", "{{1_000}}", "iuf", 1000, 1000, 0, DATUM_INT},
    {"smallest", "{{-9223372036854775808}}", "if", INT64_MIN, -0x1p63, 0, DATUM_INT},
    {"over int", "{{9223372036854775808}}", "uf", 0, 0x1p63, 0, DATUM_NONE},
    {"float", "{{1.5}}", "f", 0, 1.5, 0, DATUM_FLOAT64},
    {"float that is whole", "{{1e3}}", "iuf", 1000, 1000, 0, DATUM_FLOAT64},
    {"negative float that is whole", "{{-2.0}}", "if", -2, -2, 0, DATUM_FLOAT64},
    {"large float", "{{1e30}}", "f", 0, 1e30, 0, DATUM_FLOAT64},
    {"small float", "{{1e-400}}", "iuf", 0, 0, 0, DATUM_FLOAT64},
    {"hexadecimal float", "{{0x1p4}}", "iuf", 16, 16, 0, DATUM_FLOAT64},
    {"float with underscores", "{{1_0.5_0}}", "f", 0, 10.5, 0, DATUM_FLOAT64},
    {"imaginary", "{{2i}}", "c", 0, 0, 2, DATUM_COMPLEX128},
    {"imaginary zero", "{{0i}}", "iufc", 0, 0, 0, DATUM_COMPLEX128},
    {"complex", "{{1.5-2i}}", "c", 0, 1.5, -2, DATUM_COMPLEX128},
    {"complex that is real", "{{3+0i}}", "iufc", 3, 3, 0, DATUM_COMPLEX128},
    {"complex of hexadecimal floats", "{{0x1p2+0x1p1i}}", "c", 0, 4, 2, DATUM_COMPLEX128},
    {"character", "{{'a'}}", "iuf", 97, 97, 0, DATUM_INT},
    {"character e", "{{'e'}}", "iuf", 101, 101, 0, DATUM_INT},
    {"character by escape", "{{'\\''}}", "iuf", 39, 39, 0, DATUM_INT},
    {"character by code", "{{'\\u00e9'}}", "iuf", 233, 233, 0, DATUM_INT},
    {"character of two bytes", "{{'\xc3\xa9'}}", "iuf", 233, 233, 0, DATUM_INT},
    {"character by octal", "{{'\\377'}}", "iuf", 255, 255, 0, DATUM_INT},
};

static void number_row(void **state)
{
    const struct number_row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    const struct node_number *n = constant(arena, r->source)->number;

    assert_int_equal(n->is_int, strchr(r->forms, 'i') != NULL);
    assert_int_equal(n->is_uint, strchr(r->forms, 'u') != NULL);
    assert_int_equal(n->is_float, strchr(r->forms, 'f') != NULL);
    assert_int_equal(n->is_complex, strchr(r->forms, 'c') != NULL);
    assert_true(!n->is_int || n->i == r->i);
    assert_true(!n->is_int || !n->is_uint || n->u == (uint64_t)r->i);
    assert_true(!n->is_float || n->f == r->f);
    assert_true(!n->is_complex || (n->complex.re == r->f && n->complex.im == r->im));
    assert_int_equal(n->ideal.kind, r->ideal);
}

struct string_row {
    const char *name, *source;
    const char *want; /* NULL: refused */
};

static const struct string_row string_rows[] = {
    {"plain", "\"a b\"", "a b"},
    {"empty", "\"\"", ""},
    {"letters", "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"", "\a\b\f\n\r\t\v\\\""},
    {"codes", "\"\\x41\\101\\u00e9\\U0001F600\"", "AA\xc3\xa9\xf0\x9f\x98\x80"},
    {"bytes", "\"\\xff\\377\"", "\xff\xff"},
    {"broken UTF-8", "\"a\xff\"", "a\xef\xbf\xbd"},
    {"broken UTF-8 in raw", "`a\xff`", "a\xff"},
    {"raw", "`a\\n\"\n`", "a\\n\"\n"},
    {"raw drops carriage returns", "`a\r\nb\r`", "a\nb"},
    {"no such escape", "\"\\z\"", NULL},
    {"single quote escaped", "\"\\'\"", NULL},
    {"hexadecimal too short", "\"\\x4\"", NULL},
    {"not hexadecimal", "\"\\xzz\"", NULL},
    {"octal too large", "\"\\400\"", NULL},
    {"octal too short", "\"\\41\"", NULL},
    {"not octal", "\"\\418\"", NULL},
    {"surrogate", "\"\\ud800\"", NULL},
    {"beyond Unicode", "\"\\U00110000\"", NULL},
    {"newline", "\"a\nb\"", NULL},
    {"quote inside", "\"a\"b\"", NULL},
    {"backslash last", "\"a\\\"", NULL},
    {"one quote", "\"", NULL},
    {"quotes differ", "\"a`", NULL},
    {"back quote inside", "`a`b`", NULL},
    {"character constant", "'a'", NULL},
    {"no quotes", "ab", NULL},
};

static void string_row(void **state)
{
    const struct string_row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct text got;
    bool is_valid;

    assert_null(parse_unquote(arena, text_of(r->source), &is_valid, &got));
    assert_int_equal(is_valid, r->want != NULL);
    assert_true(!r->want || text_is(got, r->want));
}

struct limit_row {
    const char *name;
    const char *begin, *before, *after, *end; /* before and after are repeated */
    size_t fits;                              /* so many are fine, and one more is not */
    const char *want;
};

#define TOO_DEEP "limit reached: blocks and parentheses more than 200 deep on line 1"

static const struct limit_row limit_rows[] = {
    {"conditions", "", "{{if .}}", "{{end}}", "", TEMPLATE_NESTING_MAX, TOO_DEEP},
    {"loops", "", "{{range .}}", "{{end}}", "", TEMPLATE_NESTING_MAX, TOO_DEEP},
    {"else if", "{{if .}}", "{{else if .}}", "", "{{end}}", TEMPLATE_NESTING_MAX - 1, TOO_DEEP},
    {"block", "", "{{if .}}", "{{end}}", "{{block \"a\" .}}{{end}}", TEMPLATE_NESTING_MAX,
     TOO_DEEP},
    {"parentheses", "{{", "(len ", ")", "}}", TEMPLATE_NESTING_MAX, TOO_DEEP},
    {"bytes", "", "x", "", "", TEMPLATE_SOURCE_MAX,
     "limit reached: template longer than 1048576 bytes"},
};

static void check_limit(const struct limit_row *r, size_t count, const char *want)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(16 << 20);
    struct forest f;
    struct text_buf b;

    text_buf_init(&b, arena, TEXT_MAX);
    text_buf_puts(&b, r->begin);
    for (size_t i = 0; i < count; i++)
        text_buf_puts(&b, r->before);
    for (size_t i = 0; i < count; i++)
        text_buf_puts(&b, r->after);
    text_buf_puts(&b, r->end);
    assert_true(text_buf_ok(&b));
    CLEANUP(err) struct err *e = parse(arena, text_buf_view(&b), &f);
    assert_int_equal(e != NULL, want != NULL);
    if (want)
        assert_string_equal(err_text(e), want);
}

static void limit_row(void **state)
{
    const struct limit_row *r = *state;

    check_limit(r, r->fits, NULL);
    check_limit(r, r->fits + 1, r->want);
}

/* count pieces, each with its number between its two halves. */
static struct err *parse_numbered(size_t count, const char *first, const char *second)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(16 << 20);
    struct forest f;
    struct text_buf b;

    text_buf_init(&b, arena, TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        text_buf_puts(&b, first);
        text_buf_uint(&b, i);
        text_buf_puts(&b, second);
    }
    assert_true(text_buf_ok(&b));
    return parse(arena, text_buf_view(&b), &f);
}

static void many_variables(void **state)
{
    (void)state;
    assert_null(parse_numbered(256, "{{$x", " := 1}}"));
    CLEANUP(err) struct err *e = parse_numbered(257, "{{$x", " := 1}}");
    assert_string_equal(err_text(e), "limit reached: more than 256 variables at once on line 1");
}

static void many_variables_one_at_a_time(void **state)
{
    (void)state;
    assert_null(parse_numbered(1000, "{{if $x", " := 1}}{{end}}"));
    assert_null(parse_numbered(1000, "{{$x := ", "}}"));
}

static void many_templates(void **state)
{
    (void)state;
    assert_null(parse_numbered(999, "{{define \"a", "\"}}{{end}}"));
    CLEANUP(err) struct err *e = parse_numbered(1000, "{{define \"a", "\"}}{{end}}");
    assert_string_equal(err_text(e), "limit reached: more than 1000 templates in one on line 1");
}

/* A small template fits into a small arena, and none is harmed by one too small. */
static void small_arenas(void **state)
{
    (void)state;
    static const char source[] =
        "{{define \"a\"}}{{$x := (len .a).b}}{{end}}{{template \"a\" 1.5}}";
    struct err *e = NULL;
    size_t max = 0;

    do {
        CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(max++);
        struct forest f;
        err_free(e);
        e = parse(arena, TEXT(source), &f);
    } while (e && err_class(e) == ERR_INVALID && max < 4096);
    assert_null(e);
    assert_true(max < 2048);
}

static void own_delimiters(void **state)
{
    (void)state;
    static const struct template_options options = {.left = "<<", .right = ">>"};
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f;

    assert_null(parse_forest(arena, TEXT("k"), TEXT("{{<< .a >>"), &options, &f));
    assert_int_equal(f.trees[0].body->n, 2);
    assert_true(text_is(f.trees[0].body->children[0]->text, "{{"));
}

/* Where nodes stand, for messages: several fields stand at the second one, as in Go. */
static void places(void **state)
{
    (void)state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f;

    assert_null(parse(arena, TEXT("a\n{{ len .x.yy }}"), &f));
    const struct node *action = f.trees[0].body->children[1];
    const struct node *field = action->pipe->children[0]->children[1];
    assert_int_equal(action->at, 5);
    assert_int_equal(action->line, 2);
    assert_int_equal(field->at, 11);
    assert_int_equal(field->end, 14);
}

static void trees_by_name(void **state)
{
    (void)state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f;

    assert_null(parse(arena, TEXT("{{define \"a\"}}x{{end}}"), &f));
    assert_true(text_is(forest_find(&f, TEXT("a"))->name, "a"));
    assert_int_equal(forest_find(&f, TEXT("k"))->body->n, 0);
    assert_null(forest_find(&f, TEXT("b")));
    assert_true(text_is(f.name, "k"));
}

static void volatile_functions_are_noted(void **state)
{
    (void)state;
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(1 << 20);
    struct forest f;

    assert_null(parse(arena, TEXT("{{if .a}}{{now}}{{end}}"), &f));
    assert_int_equal(f.flags, FUNC_CLOCK);
    assert_null(parse(arena, TEXT("{{len .a}}"), &f));
    assert_int_equal(f.flags, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_variables), cmocka_unit_test(many_variables_one_at_a_time),
        cmocka_unit_test(many_templates), cmocka_unit_test(small_arenas),
        cmocka_unit_test(own_delimiters), cmocka_unit_test(places),
        cmocka_unit_test(trees_by_name),  cmocka_unit_test(volatile_functions_are_noted),
    };
    int failed = TABLE_RUN("template_parse trees", tree_rows, tree_row);

    failed += TABLE_RUN("template_parse errors", error_rows, error_row);
    failed += TABLE_RUN("template_parse numbers", number_rows, number_row);
    failed += TABLE_RUN("template_parse strings", string_rows, string_row);
    failed += TABLE_RUN("template_parse limits", limit_rows, limit_row);
    return failed + GROUP_RUN("template_parse", tests);
}
