/* JSON as Go's encoding/json reads and writes it: texts straight in and out, then the functions. */
#include <math.h>
#include <string.h>

#include "template/container.h"
#include "template/go_json.h"
#include "template/go_time.h"
#include "template/semver.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

/* Reading. want is the value, written again; problem how the error ends, NULL where there is none.
 */
struct reading {
    const char *name, *input, *want, *problem;
};

static const struct reading readings[] = {
    {"null", "null", "null", NULL},
    {"truths", "[true,false]", "[true,false]", NULL},
    {"blanks", " \t\r\n[ 1 , 2 ] \n", "[1,2]", NULL},
    {"empty containers", "[{},[],[[]]]", "[{},[],[[]]]", NULL},
    {"numbers", "[0,-0,1.0,1e3,-2.5E-3]", "[0,-0,1,1000,-0.0025]", NULL},
    {"exact digits", "[123456789012345,-999999999999999]", "[123456789012345,-999999999999999]",
     NULL},
    {"many digits", "[12345678901234567890,9007199254740993]",
     "[12345678901234567000,9007199254740992]", NULL},
    {"tiny number", "[1e-400,5e-324]", "[0,5e-324]", NULL},
    {"members are sorted", "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}", NULL},
    {"later member wins", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}", NULL},
    {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\\\"\\\\/\\b\\f\\n\\r\\tA\"", NULL},
    {"surrogate pair", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", NULL},
    {"half a surrogate pair", "[\"\\ud83d\",\"\\ude00x\",\"\\ud83d\\u0041\"]",
     "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\",\"\xef\xbf\xbd"
     "A\"]",
     NULL},
    {"two high surrogates", "\"\\ud83d\\ud83d\\ude00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"", NULL},
    {"bad UTF-8",
     "\"a\xff"
     "b\xc3\"",
     "\"a\xef\xbf\xbd"
     "b\xef\xbf\xbd\"",
     NULL},
    {"DEL is plain", "\"\x7f\"", "\"\x7f\"", NULL},
    {"number out of range", "1e400", "null", "of type float64 (byte 1)"},
    {"numbers out of range", "[1,1E400,{\"a\":-1E400}]", "[1,null,{\"a\":null}]",
     "of type float64 (byte 4)"},
    {"empty", "", "null", "unexpected end of JSON input"},
    {"blank", "  ", "null", "unexpected end of JSON input"},
    {"no value", "x", "null", "invalid character looking for beginning of value (byte 1)"},
    {"two values", "1 2", "null", "invalid character after top-level value (byte 3)"},
    {"open list", "[1,", "null", "unexpected end of JSON input"},
    {"comma at the end", "[1,]", "null",
     "invalid character looking for beginning of value (byte 4)"},
    {"no comma", "[1 2]", "null", "invalid character after array element (byte 4)"},
    {"no member after comma", "{\"a\":1,}", "null",
     "invalid character looking for beginning of object key string (byte 8)"},
    {"no colon", "{\"a\" 1}", "null", "invalid character after object key (byte 6)"},
    {"no comma between members", "{\"a\":1 \"b\":2}", "null",
     "invalid character after object key:value pair (byte 8)"},
    {"name is no string", "{1:2}", "null",
     "invalid character looking for beginning of object key string (byte 2)"},
    {"leading zero", "[01]", "null", "invalid character after array element (byte 3)"},
    {"lone minus", "[-]", "null", "invalid character in numeric literal (byte 3)"},
    {"no digit after point", "[1.]", "null",
     "invalid character after decimal point in numeric literal (byte 4)"},
    {"no digit in exponent", "[1e+]", "null",
     "invalid character in exponent of numeric literal (byte 5)"},
    {"literals", "[nul]", "null", "invalid character in literal null (byte 5)"},
    {"true cut off", "tru", "null", "unexpected end of JSON input"},
    {"false misspelt", "falsy", "null", "invalid character in literal false (byte 5)"},
    {"control character", "\"a\nb\"", "null", "invalid character in string literal (byte 3)"},
    {"escape of nothing", "\"\\x\"", "null", "invalid character in string escape code (byte 3)"},
    {"quote is no escape", "\"\\'\"", "null", "invalid character in string escape code (byte 3)"},
    {"escape without digits", "\"\\u12g4\"", "null",
     "invalid character in \\u hexadecimal character escape (byte 3)"},
    {"open string", "\"abc", "null", "unexpected end of JSON input"},
    {"bad syntax behind a number out of range", "[1e400", "null", "unexpected end of JSON input"},
};

static void assert_ends(const struct err *e, const char *end)
{
    const char *text = err_text(e);
    size_t n = strlen(text), end_n = strlen(end);

    assert_int_equal(err_class(e), ERR_INVALID);
    if (n < end_n || strcmp(text + n - end_n, end) != 0)
        fail_msg("want ...%s, got %s", end, text);
}

static void read_row(void **state)
{
    const struct reading *r = *state;
    struct template_rig rig;
    struct datum value;

    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_json_decode(&rig.g, text_of(r->input), &value);
    if (r->problem && !e)
        fail_msg("%s was not refused", r->input);
    else if (r->problem)
        assert_ends(e, r->problem);
    else if (e)
        fail_msg("%s", err_text(e));
    CLEANUP(err) struct err *cannot_print = go_json_encode(&rig.g, &value, 0, &rig.b);
    assert_null(cannot_print);
    template_rig_printed(&rig, r->want);
    assert_int_equal(rig.g.depth, 0);
    template_rig_done(&rig);
}

/* Writing of numbers and of what templates cannot make. */
struct number {
    const char *name;
    double v;
    const char *want; /* NULL: refused */
};

static const struct number numbers[] = {
    {"zero", 0, "0"},
    {"minus zero", -0.0, "-0"},
    {"fraction", 0.1, "0.1"},
    {"all digits", 123456789.5, "123456789.5"},
    {"smallest plain", 1e-6, "0.000001"},
    {"smaller", 1e-7, "1e-7"},
    {"two digits of exponent", 1.5e-10, "1.5e-10"},
    {"three digits of exponent", -1e-100, "-1e-100"},
    {"largest plain", 123456789012345680000.0, "123456789012345680000"},
    {"larger", 1e21, "1e+21"},
    {"largest", 1.7976931348623157e308, "1.7976931348623157e+308"},
    {"power of two", 0x1p-24, "5.960464477539063e-8"},
    {"infinity", INFINITY, NULL},
    {"minus infinity", -INFINITY, NULL},
    {"not a number", NAN, NULL},
};

static void number_row(void **state)
{
    const struct number *r = *state;
    struct template_rig rig;
    struct datum d = datum_float(r->v);

    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_json_encode(&rig.g, &d, 0, &rig.b);
    if (r->want) {
        assert_null(e);
        template_rig_printed(&rig, r->want);
    } else {
        assert_ends(e, isnan(r->v) ? "value: NaN" : r->v < 0 ? "value: -Inf" : "value: +Inf");
    }
    template_rig_done(&rig);
}

static void print(struct template_rig *rig, struct datum d, const char *want)
{
    CLEANUP(err) struct err *e = go_json_encode(&rig->g, &d, GO_JSON_ESCAPE_HTML, &rig->b);

    assert_null(e);
    template_rig_printed(rig, want);
}

static void kinds(void **state)
{
    static const struct go_time time = {.unix_s = 1704164645};
    static const struct semver version = {.major = 1, .minor = 2, .patch = 3};
    static const struct cert cert = {.cert = {(const unsigned char *)"c<", 2},
                                     .key = {(const unsigned char *)"k", 1}};
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    print(&rig, datum_none(), "null");
    print(&rig, datum_int64(INT64_MIN), "-9223372036854775808");
    print(&rig, (struct datum){.kind = DATUM_UINT64, .v.u = UINT64_MAX}, "18446744073709551615");
    print(&rig, (struct datum){.kind = DATUM_DURATION, .v.i = 1500000000}, "1500000000");
    print(&rig, (struct datum){.kind = DATUM_MONTH, .v.i = 2}, "2");
    print(&rig, (struct datum){.kind = DATUM_TIME, .v.time = &time}, "\"2024-01-02T03:04:05Z\"");
    print(&rig, (struct datum){.kind = DATUM_SEMVER, .v.semver = &version}, "\"1.2.3\"");
    print(&rig, (struct datum){.kind = DATUM_CERT, .v.cert = &cert},
          "{\"Cert\":\"c\\u003c\",\"Key\":\"k\"}");
    print(&rig, datum_string(text_part(TEXT("\0x"), 0, 2)), "\"\\u0000x\"");
    template_rig_done(&rig);
}

static void nil_containers_and_bytes(void **state)
{
    struct template_rig rig;
    struct list *nil_list, *bytes;
    struct dict *nil_map;

    (void)state;
    template_rig_init(&rig);
    assert_null(list_new(rig.arena, ELEMENT_STRING, 0, &nil_list));
    nil_list->is_nil = true;
    print(&rig, datum_list(nil_list), "null");
    assert_null(dict_new(rig.arena, ELEMENT_ANY, 0, &nil_map));
    nil_map->is_nil = true;
    print(&rig, datum_map(nil_map), "null");
    assert_null(list_new(rig.arena, ELEMENT_UINT8, 4, &bytes));
    for (size_t i = 0; i < bytes->n; i++)
        bytes->items[i] = (struct datum){.kind = DATUM_UINT8, .v.u = 0xf8 + i};
    print(&rig, datum_list(bytes), "\"+Pn6+w==\"");
    template_rig_done(&rig);
}

static void what_json_cannot_hold(void **state)
{
    static const struct complex128 z = {1, 2};
    static const struct go_time late = {.unix_s = 253402300800};
    struct template_rig rig;
    struct datum d = {.kind = DATUM_COMPLEX128, .v.complex = &z};

    (void)state;
    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_json_encode(&rig.g, &d, 0, &rig.b);
    assert_ends(e, "json: unsupported type: complex128");
    d = (struct datum){.kind = DATUM_TIME, .v.time = &late};
    CLEANUP(err) struct err *year = go_json_encode(&rig.g, &d, 0, &rig.b);
    assert_non_null(year);
    assert_int_equal(err_class(year), ERR_INVALID);
    assert_non_null(strstr(err_text(year), "json: error calling MarshalJSON for type time.Time: "));
    template_rig_done(&rig);
}

/* Containers within each other, one deeper than the engine allows, are a limit and no refusal. */
static void depth_is_limited(void **state)
{
    static char text[2 * (TEMPLATE_EVAL_DEPTH_MAX + 1)];
    struct template_rig rig;
    struct datum d;

    (void)state;
    template_rig_init(&rig);
    memset(text, '[', sizeof(text) / 2);
    memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
    struct text t = {(const unsigned char *)text, sizeof(text)};
    CLEANUP(err) struct err *e = go_json_decode(&rig.g, t, &d);
    assert_non_null(e);
    assert_true(engine_is_limit(e));
    assert_int_equal(rig.g.depth, 0);
    CLEANUP(err) struct err *none = go_json_decode(&rig.g, text_part(t, 1, t.n - 2), &d);
    assert_null(none);
    template_rig_done(&rig);
}

static void many_members(void **state)
{
    struct template_rig rig;
    struct text_buf b;
    struct text t;
    struct datum d;

    (void)state;
    template_rig_init(&rig);
    text_buf_init(&b, rig.arena, TEXT_MAX);
    text_buf_puts(&b, "{\"\":0");
    for (int i = 2000; i > 0; i--) {
        text_buf_puts(&b, ",\"");
        text_buf_int(&b, i % 1000);
        text_buf_puts(&b, "\":");
        text_buf_int(&b, i);
    }
    text_buf_puts(&b, "}");
    assert_null(text_buf_end(&b, &t));
    CLEANUP(err) struct err *e = go_json_decode(&rig.g, t, &d);
    assert_null(e);
    assert_int_equal(d.v.map->n, 1001);
    for (size_t i = 1; i < d.v.map->n; i++)
        assert_true(text_compare(d.v.map->entries[i - 1].key, d.v.map->entries[i].key) < 0);
    assert_true(dict_get(d.v.map, TEXT("7"))->v.f == 7);
    template_rig_done(&rig);
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(kinds),
    cmocka_unit_test(nil_containers_and_bytes),
    cmocka_unit_test(what_json_cannot_hold),
    cmocka_unit_test(depth_is_limited),
    cmocka_unit_test(many_members),
};

/* The functions. */
static const struct template_row renders[] = {
    {"nil", "{{ toJson nil }}", "null"},

    {"string", "{{ toJson `a\"b\\` }}", "\"a\\\"b\\\\\""},
    {"HTML", "{{ toJson `<a href='x'>&</a>` }}",
     "\"\\u003ca href='x'\\u003e\\u0026\\u003c/a\\u003e\""},
    {"raw HTML", "{{ toRawJson `<a>&` }}{{ mustToRawJson `<` }}", "\"<a>&\"\"<\""},
    {"controls", "{{ toJson \"\\a\\b\\f\\n\\r\\t\\x1f\" }}", "\"\\u0007\\b\\f\\n\\r\\t\\u001f\""},
    {"separators", "{{ toJson \"\\u2028\\u2029\" }}{{ toRawJson \"\\u2028\" }}",
     "\"\\u2028\\u2029\"\"\\u2028\""},
    {"bytes that are no text", "{{ toJson .bytes }}", "\"\\ufffd\\u0000\\u0001\""},
    {"letters", "{{ toJson .unicode }}", "\"h\xc3\xa9llo w\xc3\xb6rld\""},
    {"list", "{{ toJson (list 1 `a` nil 2.5 true) }}", "[1,\"a\",null,2.5,true]"},
    {"members in order", "{{ toJson (dict `b` 1 `a` 2 `B` 3) }}", "{\"B\":3,\"a\":2,\"b\":1}"},
    {"names are escaped", "{{ toJson (dict `<` `>`) }}", "{\"\\u003c\":\"\\u003e\"}"},
    {"pretty", "{{ toPrettyJson (dict `a` (list 1 (dict)) `b` (list)) }}",
     "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"},
    {"must pretty", "{{ mustToPrettyJson (list) }}{{ mustToPrettyJson `<` }}", "[]\"\\u003c\""},
    {"infinity is nothing", "[{{ toJson (list 1 (float64 `inf`)) }}]", "[]"},
    {"pretty infinity is nothing", "[{{ toPrettyJson (float64 `-inf`) }}]", "[]"},
    {"raw infinity", "{{ toRawJson (float64 `inf`) }}", NULL},
    {"must infinity", "{{ mustToJson (float64 `nan`) }}", NULL},
    {"must pretty infinity", "{{ mustToPrettyJson (float64 `nan`) }}", NULL},
    {"must complex", "{{ mustToJson 1i }}", NULL},
    {"cycle is nothing", "{{ $d := dict `a` 1 }}{{ $_ := set $d `d` (list $d) }}[{{ toJson $d }}]",
     "[]"},
    {"must cycle", "{{ $d := dict }}{{ $_ := set $d `d` $d }}{{ mustToJson $d }}", NULL},
    {"read", "{{ (fromJson .json).a.b }}", "[1 2.5 x <nil> true]"},
    {"read and write", "{{ fromJson .json | toJson }}",
     "{\"a\":{\"b\":[1,2.5,\"x\",null,true]},\"s\":\"t\"}"},
    {"bad JSON is nil", "{{ fromJson `{` }}", "<no value>"},
    {"rest of a document", "{{ toJson (fromJson `[1.0,1E400]`) }}", "[1,null]"},
    {"must read", "{{ mustFromJson `[1]` }}", "[1]"},
    {"must read bad JSON", "{{ mustFromJson `[1` }}", NULL},
    {"must read number out of range", "{{ mustFromJson `[1E400]` }}", NULL},
    {"no string", "{{ fromJson 1 }}", NULL},
    {"no argument", "{{ toJson }}", NULL},
};

/* What the plain functions swallow is Go's refusal, never a limit. */
static const struct template_row limits[] = {
    {"read too deep",
     "{{ $s := `` }}{{ range until 600 }}{{ $s = print $s `[` }}{{ end }}{{ fromJson $s }}",
     "more than 500 levels of values"},
    {"write too deep",
     "{{ $l := list }}{{ range until 600 }}{{ $l = list $l }}{{ end }}{{ toJson $l }}",
     "more than 500 levels of values"},
    {"write too deep, pretty",
     "{{ $l := list }}{{ range until 600 }}{{ $l = list $l }}{{ end }}{{ toPrettyJson $l }}",
     "more than 500 levels of values"},
    {"write too much",
     "{{ $l := list 1 }}{{ range until 40 }}{{ $l = list $l $l }}{{ end }}{{ toJson $l }}",
     "more than"},
};

int main(void)
{
    return TABLE_RUN("read", readings, read_row) + TABLE_RUN("numbers", numbers, number_row) +
           GROUP_RUN("others", others) + TABLE_RUN("render", renders, template_rig_check_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
