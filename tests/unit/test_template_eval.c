/* What the evaluator makes of the language, with what Go answers; functions have tests of their
 * own.
 */
#include "template/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row rows[] = {
    {"empty", "", ""},
    {"text", "a b\nc", "a b\nc"},
    {"two fields", "{{ .user }}:{{ .pass }}", "alice:s3cret"},
    {"all of the data", "{{ range $k, $v := . }}{{ $k }},{{ end }}",
     "bytes,empty,json,list,n,pass,pem,tls.crt,unicode,user,yaml,"},
    {"variable", "{{ $x := .user }}{{ $x }}{{ $x }}", "alicealice"},
    {"inner variable hides", "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
     "21"},
    {"assignment reaches out", "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
    {"assignment to the newest",
     "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x = 3 }}{{ $x }}{{ end }}{{ $x }}", "31"},
    {"declaration prints nothing", "{{ $x := 1 }}", ""},
    {"declaration in parentheses prints", "{{ ($x := 1) }}{{ $x }}", "11"},
    {"dollar is the data", "{{ with .user }}{{ $.pass }}{{ end }}", "s3cret"},
    {"dollar can be hidden", "{{ $ := .user }}{{ $ }}", "alice"},
    {"pipe ends with nothing", "{{ .user | }}", "alice"},
    {"piped as last argument", "{{ \"b\" | eq \"a\" | not }}", "true"},
    {"piped thrice", "{{ .list | len | eq 5 | not }}", "false"},
    {"field of a field", "{{ (dict \"a\" (dict \"b\" 2)).a.b }}", "2"},
    {"field of a variable", "{{ $d := dict \"a\" (dict \"b\" 2) }}{{ $d.a.b }}", "2"},
    {"nil in a map", "{{ (dict \"a\" nil).a }}", "<no value>"},
    {"nil in a list", "{{ range list nil }}{{ . }}{{ end }}", "<no value>"},
    {"if", "{{ if .user }}a{{ end }}", "a"},
    {"if not", "{{ if .empty }}a{{ end }}", ""},
    {"if else", "{{ if .empty }}a{{ else }}b{{ end }}", "b"},
    {"else if", "{{ if .empty }}a{{ else if .user }}b{{ else }}c{{ end }}", "b"},
    {"else if twice", "{{ if .empty }}a{{ else if 0 }}b{{ else if 1 }}c{{ else }}d{{ end }}", "c"},
    {"variable of if", "{{ if $x := .user }}{{ $x }}{{ end }}", "alice"},
    {"variable of if in else", "{{ if $x := .empty }}{{ else }}[{{ $x }}]{{ end }}", "[]"},
    {"truth of zero",
     "{{ if 0 }}a{{ else }}b{{ end }}{{ if 0.0 }}a{{ else }}b{{ end }}{{ if false }}a{{ else }}b{{ "
     "end }}{{ if 0i }}a{{ else }}b{{ end }}",
     "bbbb"},
    {"truth of text",
     "{{ if \"false\" }}a{{ end }}{{ if \"0\" }}b{{ end }}{{ if \" \" }}c{{ end }}", "abc"},
    {"truth of lists",
     "{{ if list }}a{{ else }}b{{ end }}{{ if list 0 }}c{{ end }}{{ if dict }}d{{ else }}e{{ end "
     "}}{{ if dict \"a\" 0 }}f{{ end }}",
     "bcef"},
    {"truth of no value", "{{ if index (list nil) 0 }}a{{ else }}b{{ end }}", "b"},
    {"with", "{{ with .user }}{{ . }}{{ end }}", "alice"},
    {"with else", "{{ with .empty }}a{{ else }}{{ .user }}{{ end }}", "alice"},
    {"else with", "{{ with .empty }}a{{ else with .user }}{{ . }}{{ else }}c{{ end }}", "alice"},
    {"with variable", "{{ with $x := .user }}{{ $x }}{{ . }}{{ end }}", "alicealice"},
    {"range list", "{{ range list 1 \"b\" nil }}<{{ . }}>{{ end }}", "<1><b><<no value>>"},
    {"range list with index", "{{ range $i, $e := list 1 \"b\" }}{{ $i }}={{ $e }};{{ end }}",
     "0=1;1=b;"},
    {"one variable is the element", "{{ range $e := list \"a\" \"b\" }}{{ $e }}{{ . }}{{ end }}",
     "aabb"},
    {"range map by keys", "{{ range dict \"b\" 1 \"a\" 2 \"B\" 3 }}{{ . }}{{ end }}", "321"},
    {"range map with keys", "{{ range $k, $v := dict \"b\" 1 \"a\" 2 }}{{ $k }}{{ $v }}{{ end }}",
     "a2b1"},
    {"range number", "{{ range 3 }}{{ . }}{{ end }}", "012"},
    {"range number with variable", "{{ range $i := 3 }}{{ $i }}{{ end }}", "012"},
    {"range rune", "{{ range '\\x02' }}{{ . }}{{ end }}", "01"},
    {"range byte", "{{ range index \"\\x03\" 0 }}{{ . }}{{ end }}", "012"},
    {"range int64", "{{ range int64 2 }}{{ . }}{{ end }}", "01"},
    {"range nothing",
     "{{ range 0 }}a{{ else }}b{{ end }}{{ range -5 }}a{{ else }}b{{ end }}{{ range list }}a{{ "
     "else }}b{{ end }}{{ range dict }}a{{ else }}b{{ end }}",
     "bbbb"},
    {"range nothing without else", "{{ range list }}a{{ end }}", ""},
    {"range no value", "{{ range index (list nil) 0 }}a{{ else }}b{{ end }}", "b"},
    {"variables in the else of range",
     "{{ range $i, $e := list }}{{ else }}{{ len $i }}{{ len $e }}{{ end }}", "00"},
    {"dot in the else of range", "{{ range list }}{{ else }}{{ .user }}{{ end }}", "alice"},
    {"range assigns",
     "{{ $i := 0 }}{{ $e := 0 }}{{ range $i, $e = list \"a\" \"b\" }}{{ end }}{{ $i }}{{ $e }}",
     "1b"},
    {"range assigns one", "{{ $e := 0 }}{{ range $e = list \"a\" \"b\" }}{{ end }}{{ $e }}", "b"},
    {"range assigns a number", "{{ $i := 0 }}{{ range $i = 4 }}{{ end }}{{ $i }}", "3"},
    {"variable of a body is new each time",
     "{{ range $x := list 1 2 }}{{ $y := $x }}{{ $y }}{{ end }}", "12"},
    {"body assigns the element", "{{ range $x := list 1 2 }}{{ $x = 9 }}{{ $x }}{{ end }}", "99"},
    {"break", "{{ range list 1 2 3 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}x", "1x"},
    {"continue", "{{ range list 1 2 3 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}x",
     "13x"},
    {"break leaves the inner loop only",
     "{{ range list 1 2 }}{{ range list 3 4 }}{{ . }}{{ break }}{{ end }}{{ . }}{{ end }}", "3132"},
    {"continue out of with", "{{ range list 1 2 }}{{ with . }}{{ continue }}{{ end }}x{{ end }}y",
     "y"},
    {"break in a map", "{{ range $k, $v := dict \"a\" 1 \"b\" 2 }}{{ $k }}{{ break }}{{ end }}",
     "a"},
    {"break in a number", "{{ range 5 }}{{ . }}{{ if eq . 1 }}{{ break }}{{ end }}{{ end }}", "01"},
    {"break pops variables", "{{ $x := 1 }}{{ range 2 }}{{ $x := 2 }}{{ break }}{{ end }}{{ $x }}",
     "1"},
    {"break in an else", "{{ range 2 }}{{ range 0 }}{{ else }}{{ break }}{{ end }}x{{ end }}",
     "xx"},
    {"continue in an else",
     "{{ range 2 }}{{ range 0 }}{{ else }}y{{ continue }}{{ end }}x{{ end }}", "yy"},
    {"else after a broken loop is not taken", "{{ range 2 }}{{ break }}{{ else }}x{{ end }}y", "y"},
    {"map changed in its loop",
     "{{ $d := dict \"a\" 1 \"b\" 2 }}{{ range $k, $v := $d }}{{ $k }}{{ $v }}{{ $_ := set $d "
     "\"b\" 9 }}{{ $_ := set $d \"c\" 9 }}{{ end }}{{ len $d }}",
     "a1b23"},
    {"map emptied in its loop",
     "{{ $d := dict \"a\" 1 \"b\" 2 \"c\" 3 }}{{ range $k, $v := $d }}{{ $k }}{{ $_ := unset $d "
     "\"b\" }}{{ end }}{{ len $d }}",
     "abc2"},
    {"define and call", "{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" .user }}",
     "<alice>"},
    {"called before defined", "{{ template \"t\" 1 }}{{ define \"t\" }}<{{ . }}>{{ end }}", "<1>"},
    {"called without argument", "{{ define \"t\" }}<{{ . }}{{ $ }}>{{ end }}{{ template \"t\" }}",
     "<<no value><no value>>"},
    {"dollar of a called template",
     "{{ define \"t\" }}{{ $.user }}{{ with 1 }}{{ $.user }}{{ end }}{{ end }}{{ template \"t\" . "
     "}}",
     "alicealice"},
    {"called recursively",
     "{{ define \"t\" }}{{ . }}{{ if lt . 3 }}{{ template \"t\" (add 1 . | int) }}{{ end }}{{ end "
     "}}{{ template \"t\" 0 }}",
     "0123"},
    {"variable declared in a call stays",
     "{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" $x := .user }}{{ $x }}",
     "<alice>alice"},
    {"block", "{{ block \"b\" .user }}<{{ . }}>{{ end }}", "<alice>"},
    {"only definitions", "{{ define \"t\" }}x{{ end }}", ""},
    {"break inside a called template",
     "{{ define \"t\" }}{{ range 3 }}{{ break }}{{ end }}x{{ end }}{{ range 2 }}{{ template \"t\" "
     "}}{{ end }}",
     "xx"},
    {"and", "{{ and 1 0 2 }}{{ and 1 2 3 }}{{ and 0 }}{{ and \"\" 1 }}", "030"},
    {"and stops", "{{ and .empty .missing }}", ""},
    {"and piped", "{{ 0 | and 1 }}{{ 2 | and 1 }}{{ 2 | and 0 }}{{ 3 | and }}", "0203"},
    {"or", "{{ or 0 \"\" 3 4 }}{{ or 0 \"\" }}{{ or 7 }}", "37"},
    {"or stops", "{{ or .user .missing }}", "alice"},
    {"or piped", "{{ 5 | or 0 }}{{ 5 | or 1 }}{{ 0 | or \"\" }}", "510"},
    {"and or of nil", "{{ and nil 1 }}{{ or nil nil }}{{ or nil 1 }}", "<no value><no value>1"},
    {"and keeps lists", "{{ (and 1 (list 4 5)) | len }}", "2"},
    {"time method", "{{ (toDate \"2006-01-02\" \"2024-03-05\").Year }}", "2024"},
    {"time method with arguments",
     "{{ ((toDate \"2006-01-02\" \"2024-03-05\").AddDate 0 1 2).Format \"2006-01-02\" }}",
     "2024-04-07"},
    {"method of a method", "{{ (toDate \"2006-01-02\" \"2024-03-05\").Month.String }}", "March"},
    {"method of a variable",
     "{{ $t := toDate \"2006-01-02\" \"2024-03-05\" }}{{ $t.Format \"Jan 2\" }}", "Mar 5"},
    {"method of an element",
     "{{ $d := dict \"t\" (toDate \"2006-01-02\" \"2024-03-05\") }}{{ $d.t.Year }}{{ \"06\" | "
     "$d.t.Format }}",
     "202424"},
    {"version method", "{{ (semver \"1.2.3\").Minor }}", "2"},
    {"numbers standing alone",
     "{{ 1 }} {{ -7 }} {{ 0x1F }} {{ 1.50 }} {{ 1e3 }} {{ 'a' }} {{ 1_000 }} {{ 2i }}",
     "1 -7 31 1.5 1000 97 1000 (0+2i)"},
    {"constants standing alone", "{{ true }}{{ false }}{{ \"a\" }}{{ `b` }}", "truefalseab"},
};

/* The whole message: Go's, but for values and string constants. */
static const struct template_row refused[] = {
    {"missing key", "{{ .missing }}",
     "template: k:1:3: executing \"k\" at <.missing>: map has no entry for key \"missing\""},
    {"missing key in if", "{{ if .missing }}x{{ end }}",
     "template: k:1:6: executing \"k\" at <.missing>: map has no entry for key \"missing\""},
    {"missing key of a variable", "{{ $x := . }}{{ $x.nope }}",
     "template: k:1:18: executing \"k\" at <$x.nope>: map has no entry for key \"nope\""},
    {"missing key of a map", "{{ $d := dict \"a\" (dict \"b\" 1) }}{{ $d.a.z }}",
     "template: k:1:38: executing \"k\" at <$d.a.z>: map has no entry for key \"z\""},
    {"missing key of a function", "{{ dict.x }}",
     "template: k:1:3: executing \"k\" at <dict>: map has no entry for key \"x\""},
    {"field of text", "{{ .user.x }}",
     "template: k:1:8: executing \"k\" at <.user.x>: can't evaluate field x in type string"},
    {"field of text in with", "{{ with .user }}{{ .pass }}{{ end }}",
     "template: k:1:19: executing \"k\" at <.pass>: can't evaluate field pass in type string"},
    {"field of what a map of anything holds", "{{ (dict \"a\" 1).a.c }}",
     "template: k:1:13: executing \"k\" at <1>: can't evaluate field c in type interface {}"},
    {"field of a list", "{{ (list 1 2).x }}",
     "template: k:1:11: executing \"k\" at <2>: can't evaluate field x in type []interface {}"},
    {"field of a time", "{{ (toDate \"2006\" \"2024\").Nope }}",
     "template: k:1:18: executing \"k\" at <\"...\">: can't evaluate field Nope in type time.Time"},
    {"field of no value", "{{ (index (list nil) 0).x }}",
     "template: k:1:21: executing \"k\" at <0>: nil data; no entry for key \"x\""},
    {"field of nil in a map", "{{ (dict \"a\" nil).a.c }}",
     "template: k:1:13: executing \"k\" at <nil>: nil pointer evaluating interface {}.c"},
    {"field of nil in a list", "{{ range list nil }}{{ .x }}{{ end }}",
     "template: k:1:23: executing \"k\" at <.x>: nil pointer evaluating interface {}.x"},
    {"field of a variable that is nil", "{{ range $x := list nil }}{{ $x.y }}{{ end }}",
     "template: k:1:31: executing \"k\" at <$x.y>: nil pointer evaluating interface {}.y"},
    {"arguments to a key", "{{ .user 1 }}",
     "template: k:1:3: executing \"k\" at <.user>: user is not a method but has arguments"},
    {"piped into a key", "{{ 1 | .user }}",
     "template: k:1:7: executing \"k\" at <.user>: user is not a method but has arguments"},
    {"arguments to a variable", "{{ $x := 1 }}{{ $x 1 }}",
     "template: k:1:16: executing \"k\" at <$x>: can't give argument to non-function $x"},
    {"piped into a variable", "{{ $x := 1 }}{{ 2 | $x }}",
     "template: k:1:20: executing \"k\" at <$x>: can't give argument to non-function $x"},
    {"arguments to a number", "{{ 1 2 }}",
     "template: k:1:3: executing \"k\" at <1>: can't give argument to non-function 1"},
    {"arguments to text", "{{ \"a\" 2 }}",
     "template: k:1:3: executing \"k\" at <\"...\">: can't give argument to non-function \"...\""},
    {"arguments to dot", "{{ . 1 }}",
     "template: k:1:3: executing \"k\" at <.>: can't give argument to non-function ."},
    {"arguments to parentheses", "{{ (.user) 2 }}",
     "template: k:1:3: executing \"k\" at <(.user) 2>: can't give argument to non-function .user"},
    {"arguments to a method too few", "{{ (toDate \"2006\" \"2024\").Format }}",
     "template: k:1:18: executing \"k\" at <\"...\">: wrong number of args for Format: want 1 got "
     "0"},
    {"arguments to a method too many", "{{ (toDate \"2006\" \"2024\").Year 1 }}",
     "template: k:1:18: executing \"k\" at <\"...\">: wrong number of args for Year: want 0 got 1"},
    {"argument of a method has the wrong type", "{{ (toDate \"2006\" \"2024\").Format 1 }}",
     "template: k:1:33: executing \"k\" at <1>: expected string; found 1"},
    {"arguments to a certificate", "{{ (genCA \"a\" 1).Cert 1 }}",
     "template: k:1:14: executing \"k\" at <1>: Cert has arguments but cannot be invoked as "
     "function"},
    {"nil alone", "{{ nil }}", "template: k:1:3: executing \"k\" at <nil>: nil is not a command"},
    {"number over int", "{{ 9223372036854775808 }}",
     "template: k:1:3: executing \"k\" at <9223372036854775808>: 9223372036854775808 overflows "
     "int"},
    {"number over int as argument", "{{ print 9223372036854775808 }}",
     "template: k:1:9: executing \"k\" at <9223372036854775808>: 9223372036854775808 overflows "
     "int"},
    {"undeclared variable", "{{ $x = 1 }}",
     "template: k:1:8: executing \"k\" at <1>: undefined variable: $x"},
    {"assignment after its scope", "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x = 2 }}",
     "template: k:1:43: executing \"k\" at <2>: undefined variable: $x"},
    {"called template sees no variables",
     "{{ $x := 5 }}{{ define \"t\" }}{{ $x = 6 }}{{ end }}{{ template \"t\" . }}",
     "template: k:1:37: executing \"t\" at <6>: undefined variable: $x"},
    {"template that is not there", "{{ template \"nope\" }}",
     "template: k:1:12: executing \"k\" at <{{template \"nope\"}}>: template \"nope\" not defined"},
    {"range text", "{{ range .user }}x{{ end }}",
     "template: k:1:9: executing \"k\" at <.user>: range can't iterate over string"},
    {"range float", "{{ range 1.5 }}x{{ end }}",
     "template: k:1:9: executing \"k\" at <1.5>: range can't iterate over float64"},
    {"range bool", "{{ range true }}x{{ end }}",
     "template: k:1:9: executing \"k\" at <true>: range can't iterate over bool"},
    {"range time", "{{ range toDate \"2006\" \"2024\" }}x{{ end }}",
     "template: k:1:23: executing \"k\" at <\"...\">: range can't iterate over time.Time"},
    {"range version", "{{ range semver \"1.2.3\" }}x{{ end }}",
     "template: k:1:16: executing \"k\" at <\"...\">: range can't iterate over *semver.Version"},
    {"range number with two variables", "{{ range $i, $j := 3 }}x{{ end }}",
     "template: k:1:19: executing \"k\" at <3>: can't use int to iterate over more than one "
     "variable"},
    {"range nothing with two variables", "{{ range $i, $j := 0 }}x{{ end }}",
     "template: k:1:19: executing \"k\" at <0>: can't use int to iterate over more than one "
     "variable"},
    {"second line", "a\n  {{ .missing }}",
     "template: k:2:5: executing \"k\" at <.missing>: map has no entry for key \"missing\""},
    {"column counts bytes", "\xc3\xa9{{ .missing }}",
     "template: k:1:5: executing \"k\" at <.missing>: map has no entry for key \"missing\""},
    {"inside a called template", "{{ define \"t\" }}\n{{ .x }}{{ end }}{{ template \"t\" . }}",
     "template: k:2:3: executing \"t\" at <.x>: map has no entry for key \"x\""},
    {"function error names the command", "{{ .list | len | index .user }}",
     "template: k:1:17: executing \"k\" at <index .user>: error calling index: reflect: string "
     "index out of range"},
    {"function error in an argument", "{{ print 1 (len 3) 2 }}",
     "template: k:1:12: executing \"k\" at <len 3>: error calling len: len of type int"},
    {"last argument of and", "{{ and 1 .missing }}",
     "template: k:1:9: executing \"k\" at <.missing>: map has no entry for key \"missing\""},
    {"wrong type through a pipe", "{{ 1 | upper }}",
     "template: k:1:7: executing \"k\" at <upper>: wrong type for value; expected string; got int"},
    {"wrong count", "{{ upper \"a\" \"b\" }}",
     "template: k:1:3: executing \"k\" at <upper>: wrong number of args for upper: want 1 got 2"},
    {"wrong count through a pipe", "{{ \"a\" | upper \"b\" }}",
     "template: k:1:9: executing \"k\" at <upper>: wrong number of args for upper: want 1 got 2"},
};

/* Without option missingkey=error. */
static const struct template_row lax[] = {
    {"missing key", "{{ .missing }}", "<no value>"},
    {"missing key in a condition", "{{ if .missing }}a{{ else }}b{{ end }}", "b"},
    {"missing key in a map", "{{ (dict \"a\" 1).b }}", "<no value>"},
    {"key of a missing key", "{{ .missing.x.y }}", "<no value>"},
    {"missing key is nil", "{{ eq .missing nil }}", "true"},
    {"range over a missing key", "{{ range .missing }}a{{ else }}b{{ end }}", "b"},
    {"given to a function", "{{ print .missing }}", "<nil>"},
    {"nil found in a map", "{{ (dict \"a\" nil).a }}", "<no value>"},
};

static struct secret_view view_of(const char *s)
{
    return secret_view_of(s, strlen(s));
}

static void lax_row(void **state)
{
    const struct template_row *r = *state;
    CLEANUP(template) struct template *t = NULL;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = template_parse("k", view_of(r->template), NULL, &t);

    assert_null(e);
    e = template_render(t, NULL, 0, NULL, &out);
    assert_null(e);
    assert_true(secret_view_equal(secret_buf_view(out), view_of(r->want)));
}

static void bytes_pass_through(void **state)
{
    static const char bytes[] = "a\0\xff\xc3";
    struct template_entry entry = {view_of("x"), secret_view_of(bytes, 4)};
    CLEANUP(template) struct template *t = template_rig_parse("{{ .x }}{{ index . \"x\" }}");
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    (void)state;
    CLEANUP(err) struct err *e = template_render(t, &entry, 1, NULL, &out);
    assert_null(e);
    assert_true(secret_view_equal(secret_buf_view(out), secret_view_of("a\0\xff\xc3"
                                                                       "a\0\xff\xc3",
                                                                       8)));
}

/* Entries come in any order, and of equal keys the last counts, few or many. */
static void check_unsorted(size_t n)
{
    char keys[100][8];
    struct template_entry entries[201];
    CLEANUP(template)
    struct template *t = template_rig_parse("{{ range $k, $v := . }}{{ $v }}{{ end }}{{ len . }}");
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(secret_buf) struct secret_buf *want = NULL;
    CLEANUP(err) struct err *e = secret_buf_new(1000, &want);

    for (size_t i = 0; !e && i < n; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%03u", (unsigned)i % 1000);
        entries[n - 1 - i] = (struct template_entry){view_of(keys[i]), view_of("old")};
        entries[2 * n - 1 - i] = (struct template_entry){view_of(keys[i]), view_of(keys[i])};
        e = secret_buf_puts(want, keys[i]);
    }
    snprintf(keys[0], sizeof(keys[0]), "%zu", n);
    assert_null(e);
    e = secret_buf_puts(want, keys[0]);
    assert_null(e);
    snprintf(keys[0], sizeof(keys[0]), "k000");
    e = template_render(t, entries, 2 * n, NULL, &out);
    assert_null(e);
    assert_true(secret_view_equal(secret_buf_view(out), secret_buf_view(want)));
}

static void entries_need_not_be_sorted(void **state)
{
    (void)state;
    check_unsorted(3);
    check_unsorted(100);
}

static void one_template_renders_often(void **state)
{
    CLEANUP(template) struct template *t = template_rig_parse("{{ $x := .user }}{{ $x }}");

    (void)state;
    for (int i = 0; i < 3; i++) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(t, NULL, &out);
        assert_null(e);
        assert_true(secret_view_equal(secret_buf_view(out), view_of("alice")));
    }
}

/* What a render made is given back, but for a small block that the next one takes. */
static void a_render_gives_its_memory_back(void **state)
{
    CLEANUP(template) struct template *t = template_rig_parse("{{ until 9000 }}{{ .user }}");
    size_t before = secret_arena_state().used_bytes, used[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(t, NULL, &out);
        assert_null(e);
        secret_buf_free(TAKE(out));
        used[i] = secret_arena_state().used_bytes;
    }
    assert_in_range(used[0], before, before + 8192);
    assert_int_equal(used[1], used[0]);
}

#define RENDERS 500

static void render_often(void *arg)
{
    for (int i = 0; i < RENDERS; i++) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(arg, NULL, &out);
        if (e || !secret_view_equal(secret_buf_view(out), view_of("alice, [0 1 2]")))
            abort();
    }
}

static void threads_share_a_template(void **state)
{
    CLEANUP(template) struct template *t = template_rig_parse("{{ .user }}, {{ until 3 }}");
    struct thread *threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        threads[i] = thread_start("render", render_often, t);
    for (size_t i = 0; i < 4; i++)
        thread_join(threads[i]);
}

static void volatile_is_told(void **state)
{
    CLEANUP(template) struct template *plain = template_rig_parse("{{ .user | upper }}");
    CLEANUP(template)
    struct template *random = template_rig_parse("{{ if false }}{{ randAlpha 3 }}{{ end }}");
    CLEANUP(template)
    struct template *clock = template_rig_parse("{{ define \"t\" }}{{ now }}{{ end }}x");

    (void)state;
    assert_false(template_is_volatile(plain));
    assert_true(template_is_volatile(random));
    assert_true(template_is_volatile(clock));
}

static int64_t fixed_clock(void *ctx)
{
    return *(const int64_t *)ctx;
}

static void fixed_random(void *ctx, unsigned char *out, size_t n)
{
    (void)ctx;
    memset(out, 7, n);
}

static void environment_gives_time_and_chance(void **state)
{
    int64_t now_ns = 1700000000500000000;
    struct template_env env = {.now_ns = fixed_clock, .random = fixed_random, .ctx = &now_ns};
    CLEANUP(template)
    struct template *t = template_rig_parse("{{ now | unixEpoch }} {{ randBytes 3 }}");
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    (void)state;
    CLEANUP(err) struct err *e = template_rig_render(t, &env, &out);
    assert_null(e);
    assert_true(secret_view_equal(secret_buf_view(out), view_of("1700000000 BwcH")));
}

struct refuse_row {
    const char *name, *template;
    struct template_env env;
    const char *want;
};

static const struct refuse_row refuse_rows[] = {
    {"random",
     "{{ randAlpha 3 }}",
     {.refuse_random = true},
     "error calling randAlpha: functions that are random are switched off"},
    {"clock",
     "{{ now }}",
     {.refuse_clock = true},
     "error calling now: functions that read the clock are switched off"},
    {"random where the clock is off", "{{ randAlpha 3 | len }}", {.refuse_clock = true}, NULL},
    {"clock where random is off",
     "{{ now.Year | len | not }}",
     {.refuse_random = true},
     "len of type int"},
    {"branch not taken", "{{ if false }}{{ now }}{{ end }}", {.refuse_clock = true}, NULL},
};

static void refuse_row(void **state)
{
    const struct refuse_row *r = *state;
    CLEANUP(template) struct template *t = template_rig_parse(r->template);
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = template_rig_render(t, &r->env, &out);

    assert_int_equal(e != NULL, r->want != NULL);
    if (!e)
        return;
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->want));
}

/* Nothing of a value may show in a message, whatever goes wrong with it. */
static const char *const leaks[] = {
    "{{ range .pass }}{{ end }}",
    "{{ index .pass 99 }}",
    "{{ .pass.x }}",
    "{{ call .pass }}",
    "{{ eq .pass 1 }}",
    "{{ eq (list .pass) (list) }}",
    "{{ index . .pass 1 }}",
    "{{ .pass | until }}",
    "{{ add .pass 99 | index .pass }}",
    "{{ $.pass | index (list) }}",
    "{{ eq (list .pass) (dict \"a\" .pass) }}",
    "{{ \"s3cret\" 1 }}",
    "{{ until \"s3cret\" }}",
    "{{ index \"s3cret\" 9 }}",
};

static void messages_hold_no_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(leaks); i++) {
        CLEANUP(template) struct template *t = template_rig_parse(leaks[i]);
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(t, NULL, &out);
        if (!e || strstr(err_text(e), "s3cret"))
            fail_msg("%s: %s", leaks[i], e ? err_text(e) : "rendered");
    }
}

/* Secret memory may run out at any allocation: others use it, or the outcome finds no room. */
static void memory_runs_out(void **state)
{
    CLEANUP(template)
    struct template *t = template_rig_parse("{{ range 5 }}{{ $x := until 500 }}{{ $x }}{{ end }}");
    bool is_done = false;
    size_t n = 1, n_unavailable = 0;

    (void)state;
    for (; !is_done; n++) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = template_rig_render(t, NULL, &out);
        is_done = e == NULL;
        if (e && err_class(e) != ERR_UNAVAILABLE)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        n_unavailable += e && err_is_transient(e);
    }
    secret_arena_fail_after(0);
    assert_in_range(n, 5, 100);
    assert_int_equal(n_unavailable, n - 3);
}

static void memory_runs_out_while_parsing(void **state)
{
    struct template *t = NULL;

    (void)state;
    secret_arena_fail_after(1);
    CLEANUP(err) struct err *e = template_parse("k", view_of("{{ .x }}"), NULL, &t);
    secret_arena_fail_after(0);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_null(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_through),
        cmocka_unit_test(entries_need_not_be_sorted),
        cmocka_unit_test(one_template_renders_often),
        cmocka_unit_test(a_render_gives_its_memory_back),
        cmocka_unit_test(threads_share_a_template),
        cmocka_unit_test(volatile_is_told),
        cmocka_unit_test(environment_gives_time_and_chance),
        cmocka_unit_test(messages_hold_no_value),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(memory_runs_out_while_parsing),
    };

    return TABLE_RUN("eval", rows, template_rig_check_row) +
           TABLE_RUN("eval refuses", refused, template_rig_refuse_row) +
           TABLE_RUN("missingkey=default", lax, lax_row) +
           TABLE_RUN("environment refuses", refuse_rows, refuse_row) + GROUP_RUN("template", tests);
}
