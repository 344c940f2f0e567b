/* YAML as External Secrets' Go reads and writes it. Values are shown as JSON. */
#include <math.h>
#include <string.h>

#include "template/go_json.h"
#include "template/go_time.h"
#include "template/go_yaml.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

/* Reading any document. want NULL: refused, and the error ends in problem. */
struct reading {
    const char *name, *input, *want, *problem;
};

static const struct reading readings[] = {
    /* Scalars */
    {"truths", "[y, Y, yes, Yes, YES, true, on, n, No, off, FALSE]",
     "[true,true,true,true,true,true,true,false,false,false,false]", NULL},
    {"no truths", "[yEs, tRUE, oN, yes!, nope]", "[\"yEs\",\"tRUE\",\"oN\",\"yes!\",\"nope\"]",
     NULL},
    {"nulls", "[~, null, Null, NULL, , nULL]", "[null,null,null,null,\"nULL\"]",
     "did not find expected node content"},
    {"nothing is null", "- ~\n- null\n- Null\n- NULL\n-\n- nULL\n",
     "[null,null,null,null,null,\"nULL\"]", NULL},
    {"whole numbers", "[0, -0, +7, 010, 0o14, 0x1F, 0b101, -0b11, 1_000, 0b-1]",
     "[0,0,7,8,12,31,5,-3,1000,-1]", NULL},
    {"large numbers", "[9223372036854775807, 18446744073709551615, 18446744073709551616]",
     "[9223372036854776000,18446744073709552000,18446744073709552000]", NULL},
    {"floats", "[1.5, .5, -.5, 1., 1e3, 08, 1_0.5, .5_5, 1E-2]",
     "[1.5,0.5,-0.5,1,1000,8,10.5,0.55,0.01]", NULL},
    {"no numbers", "[1:30, 1.2.3, 0x, 0b2, 1e400, +, -., ._5, 0o8, 1e]",
     "[\"1:30\",\"1.2.3\",\"0x\",\"0b2\",\"1e400\",\"+\",\"-.\",\"._5\",\"0o8\",\"1e\"]", NULL},
    {"dates stay text", "[2024-01-02, 2024-01-02T03:04:05Z]",
     "[\"2024-01-02\",\"2024-01-02T03:04:05Z\"]", NULL},
    {"quotes make text", "['1', \"true\", 'it''s', \"\"]", "[\"1\",\"true\",\"it's\",\"\"]", NULL},
    {"escapes", "\"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\\"\\\\\\ \\N\\_\\x41\\u00e9\\U0001F600\"",
     "\"\\u0000\\u0007\\b\\t\\n\\u000b\\f\\r\\u001b\\\"\\\\ \xc2\x85\xc2\xa0"
     "A\xc3\xa9\xf0\x9f\x98\x80\"",
     NULL},
    {"line and paragraph separator", "\"\\L\\P\"", "\"\\u2028\\u2029\"", NULL},
    {"folded in quotes", "\"a\n  b\n\n  c \\\n  d\"", "\"a b\\nc d\"", NULL},
    {"folded plain", "a\n  b\n\n  c # comment\n", "\"a b\\nc\"", NULL},
    {"separators stay", "a\xe2\x80\xa8 b", "\"a\\u2028b\"", NULL},
    {"literal", "|\n  a\n   b\n\n  c\n", "\"a\\n b\\n\\nc\\n\"", NULL},
    {"literal stripped", "|-\n  a\n\n", "\"a\"", NULL},
    {"literal kept", "|+\n  a\n\n", "\"a\\n\\n\"", NULL},
    {"literal with indicator", "k: |1-\n   a\n  b\n", "{\"k\":\"  a\\n b\"}", NULL},
    {"folded block", ">\n  a\n  b\n\n  c\n   d\n  e\n", "\"a b\\nc\\n d\\ne\\n\"", NULL},
    {"CR LF", "a: |\r\n  x\r\n  y\r\nb: 1\r\n", "{\"a\":\"x\\ny\\n\",\"b\":1}", NULL},
    /* Tags */
    {"tags", "[!!str 1, !!float 1, !!int 0x10, !!bool yes, !!null '', !!timestamp 2024-01-02]",
     "[\"1\",1,16,true,null,\"2024-01-02\"]", NULL},
    {"own tag", "[!x 1, ! 12, !<tag:yaml.org,2002:str> 3]", "[\"1\",\"12\",\"3\"]", NULL},
    {"binary", "[!!binary aGVsbG8=, !!binary gA==]", "[\"hello\",\"\xef\xbf\xbd\"]", NULL},
    {"tag directive", "%TAG !y! tag:yaml.org,2002:\n--- !y!str 1\n", "\"1\"", NULL},
    {"tag of nothing", "a: !!str\nb: !!null\n", "{\"a\":\"\",\"b\":null}", NULL},
    {"tag does not fit", "a: !!int s3cret", NULL,
     "yaml: cannot decode !!str of 6 bytes as a !!int"},
    {"float tag on a large number", "!!float 18446744073709551615", NULL,
     "cannot decode !!int of 20 bytes as a !!float"},
    {"bad binary", "!!binary aGVsbG8", NULL, "!!binary value contains invalid base64 data"},
    {"unknown handle", "!h!x 1", NULL, "yaml: found undefined tag handle"},
    /* Collections */
    {"keys that are one text", "1: a\n\"1\": b\n", "{\"1\":\"b\"}", NULL},
    {"flow", "{a: [1, {b: c}], \"d\":e, f: , g}",
     "{\"a\":[1,{\"b\":\"c\"}],\"d\":\"e\",\"f\":null,\"g\":null}", NULL},
    {"pairs in a list", "[a: 1, ? b : 2]", "[{\"a\":1},{\"b\":2}]", NULL},
    {"list under key", "a:\n- 1\n- 2\nb:\n  - x\n  -\n", "{\"a\":[1,2],\"b\":[\"x\",null]}", NULL},
    {"nested", "- - 1\n  - 2\n- a: 1\n  b:\n    c: 2\n", "[[1,2],{\"a\":1,\"b\":{\"c\":2}}]", NULL},
    {"question marks", "? a\n: b\n? c\n", "{\"a\":\"b\",\"c\":null}", NULL},
    {"names are text", "{1: a, 010: b, 1.50: c, yes: d, .inf: e, 1e7: f}",
     "{\".inf\":\"e\",\"1\":\"a\",\"1.5\":\"c\",\"1e+07\":\"f\",\"8\":\"b\",\"true\":\"d\"}", NULL},
    {"later member wins", "a: 1\nb: 2\na: 3\n", "{\"a\":3,\"b\":2}", NULL},
    {"colon within", "{a:b, http://x: c:d}", "{\"a:b\":null,\"http://x\":\"c:d\"}", NULL},
    {"empty flow collection as key", "{}: a", "{}", NULL},
    {"name is null", "~: 1", NULL, "line 1: unsupported map key"},
    {"name is too large", "18446744073709551615: 1", NULL, "line 1: unsupported map key"},
    {"a bad name that is replaced", "a: {~: 1}\na: 2\n", "{\"a\":2}", NULL},
    {"name is a list", "? [a]\n: b\n", NULL, "yaml: line 1: invalid map key"},
    {"infinity", "a: .inf", NULL, "json: unsupported value: +Inf"},
    {"minus infinity", "a: -.inf", NULL, "json: unsupported value: -Inf"},
    {"not a number", "[.nan]", NULL, "json: unsupported value: NaN"},
    {"an infinity that is replaced", "a: .inf\na: 2\n", "{\"a\":2}", NULL},
    /* Anchors */
    {"alias", "a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}", NULL},
    {"later anchor wins", "[&x 1, &x 2, *x]", "[1,2,2]", NULL},
    {"merge", "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
     "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":3,\"l\":2}}", NULL},
    {"merge behind", "a: {k: 3, <<: {k: 1}}", "{\"a\":{\"k\":1}}", NULL},
    {"merge of many", "{<<: [{k: 1}, {k: 2, l: 3}]}", "{\"k\":1,\"l\":3}", NULL},
    {"quoted merge key is a name", "{'<<': 1}", "{\"<<\":1}", NULL},
    {"merge of a text", "<<: a", NULL, "map merge requires map or sequence of maps as the value"},
    {"unknown anchor", "a: *s3cret", NULL, "yaml: unknown anchor referenced"},
    {"contains itself", "&x [*x]", NULL, "anchor value contains itself"},
    {"merges itself", "a: &x {<<: *x}", NULL, "anchor value contains itself"},
    /* Documents */
    {"nothing", "", "null", NULL},
    {"comment", "# a\n\n", "null", NULL},
    {"first document", "a: 1\n---\nb: 2\n", "{\"a\":1}", NULL},
    {"first document is empty", "---\n---\na: 1\n", "null", NULL},
    {"marker", "--- a\n...\nx: [", "\"a\"", NULL},
    {"version", "%YAML 1.1 # v\n---\na: 1\n", "{\"a\":1}", NULL},
    {"byte order mark",
     "\xef\xbb\xbf"
     "a: 1",
     "{\"a\":1}", NULL},
    {"other version", "%YAML 1.2\n---\na\n", NULL, "found incompatible YAML document"},
    {"two versions", "%YAML 1.1\n%YAML 1.1\n---\n", NULL, "found duplicate %YAML directive"},
    {"long version", "%YAML 1.100\n---\n", NULL, "found extremely long version number"},
    {"no version", "%YAML a\n---\n", NULL, "did not find expected version number"},
    {"unknown directive", "%FOO\n---\n", NULL, "found unknown directive name"},
    {"two handles", "%TAG ! a\n%TAG ! b\n---\n", NULL, "found duplicate %TAG directive"},
    {"directive without document", "%YAML 1.1\n", NULL, "did not find expected <document start>"},
    /* Syntax */
    {"JSON's escape of a slash", "\"\\/\"", NULL, "found unknown escape character"},
    {"half a surrogate pair", "\"\\ud83d\"", NULL, "found invalid Unicode character escape code"},
    {"short escape", "\"\\x4\"", NULL, "did not find expected hexdecimal number"},
    {"open quote", "a: \"b\n", NULL, "line 2: found unexpected end of stream"},
    {"document marker in quotes", "\"a\n--- b\"", NULL, "found unexpected document indicator"},
    {"open list", "[a", NULL, "did not find expected ',' or ']'"},
    {"open map", "{a: b", NULL, "did not find expected ',' or '}'"},
    {"key without colon", "a: b\nc\nd: e\n", NULL, "could not find expected ':'"},
    {"value in a value", "a: b: c", NULL, "mapping values are not allowed in this context"},
    {"entry in a value", "a: - b", NULL, "block sequence entries are not allowed in this context"},
    {"key in a value", "a: ? b", NULL, "mapping keys are not allowed in this context"},
    {"entry is missing", "- a\nb: c\n", NULL, "did not find expected '-' indicator"},
    {"key is missing", "a: 1\n- b\n", NULL, "did not find expected key"},
    {"tab as indentation", "a:\n\tb: c\n", NULL, "found character that cannot start any token"},
    {"tab in a block", "a: |\n\tb\n", NULL,
     "found a tab character where an indentation space is expected"},
    {"tab in a continued line", "k:\n  a\n\tb\n", NULL,
     "found a tab character that violates indentation"},
    {"no indentation", "|0\n a", NULL, "found an indentation indicator equal to 0"},
    {"text behind block indicator", "| a\n", NULL, "did not find expected comment or line break"},
    {"reserved character", "@a", NULL, "found character that cannot start any token"},
    {"empty anchor", "& a", NULL, "did not find expected alphabetic or numeric character"},
    {"tag without end", "!<a b", NULL, "did not find the expected '>'"},
    {"control character", "a: \x01", NULL, "yaml: control characters are not allowed"},
    {"DEL", "a: \x7f", NULL, "yaml: control characters are not allowed"},
    {"bad UTF-8", "a: \xff", NULL, "yaml: invalid UTF-8 octet sequence"},
    {"UTF-8 cut off", "a: \xc3", NULL, "yaml: invalid UTF-8 octet sequence"},
};

static void assert_ends(const struct err *e, const char *end)
{
    const char *text = err_text(e);
    size_t n = strlen(text), end_n = strlen(end);

    assert_int_equal(err_class(e), ERR_INVALID);
    assert_false(engine_is_limit(e));
    assert_null(strstr(text, "s3cret"));
    if (n < end_n || strcmp(text + n - end_n, end) != 0)
        fail_msg("want ...%s, got %s", end, text);
}

static void check_value(struct template_rig *rig, const struct datum *d, const char *want)
{
    CLEANUP(err) struct err *e = go_json_encode(&rig->g, d, 0, &rig->b);

    assert_null(e);
    template_rig_printed(rig, want);
    assert_int_equal(rig->g.depth, 0);
}

static void read_row(void **state)
{
    const struct reading *r = *state;
    struct template_rig rig;
    struct datum d;

    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_yaml_decode(&rig.g, text_of(r->input), &d);
    if (r->problem && !e)
        fail_msg("%s was not refused", r->input);
    else if (r->problem)
        assert_ends(e, r->problem);
    else if (e)
        fail_msg("%s", err_text(e));
    else
        check_value(&rig, &d, r->want);
    template_rig_done(&rig);
}

/* Reading a map of strings. */
static const struct reading string_readings[] = {
    {"nothing", "", "{}", NULL},
    {"null", "~", "{}", NULL},
    {"truths", "a: yes\nb: 'yes'\n", "{\"a\":\"true\",\"b\":\"yes\"}", NULL},
    {"whole numbers", "a: 010\nb: 0x1F\nc: 1_000\n", "{\"a\":\"8\",\"b\":\"31\",\"c\":\"1000\"}",
     NULL},
    {"large numbers", "a: 18446744073709551615\nb: -9223372036854775808\n",
     "{\"a\":\"18446744073709551615\",\"b\":\"-9223372036854775808\"}", NULL},
    {"floats", "a: 1.10\nb: 1e3\nc: 1234567.0\nd: 123456.0\ne: 0.0001\nf: 0.00001\n",
     "{\"a\":\"1.1\",\"b\":\"1000\",\"c\":\"1.234567e+06\",\"d\":\"123456\",\"e\":\"0.0001\","
     "\"f\":\"1e-05\"}",
     NULL},
    {"floats of 32 bits", "a: 123456789.5\nb: 3.141592653589793\nc: 0.000244140625\nd: -0.0\n",
     "{\"a\":\"1.2345679e+08\",\"b\":\"3.1415927\",\"c\":\"0.00024414063\",\"d\":\"-0\"}", NULL},
    {"a power of two", "a: 1.1754943508222875e-38\nb: 9.313225746154785e-10\nc: 1e-45\n",
     "{\"a\":\"1.1754944e-38\",\"b\":\"9.313226e-10\",\"c\":\"1e-45\"}", NULL},
    {"infinities", "a: .inf\nb: -.inf\nc: .nan\nd: 1e300\n",
     "{\"a\":\"+Inf\",\"b\":\"-Inf\",\"c\":\"NaN\",\"d\":\"+Inf\"}", NULL},
    {"nothing as value", "a:\nb: ~\nc: ''\n", "{\"a\":\"\",\"b\":\"\",\"c\":\"\"}", NULL},
    {"names", "1: a\ntrue: b\n0.1: c\n1e300: d\n-1e300: e\n.nan: f\n",
     "{\"-.inf\":\"e\",\".inf\":\"d\",\".nan\":\"f\",\"0.1\":\"c\",\"1\":\"a\",\"true\":\"b\"}",
     NULL},
    {"dates", "a: 2024-01-02\nb: 12:30\n", "{\"a\":\"2024-01-02\",\"b\":\"12:30\"}", NULL},
    {"later member wins", "a: [1]\na: b\n", "{\"a\":\"b\"}", NULL},
    {"first document", "a: b\n---\nc: d\n", "{\"a\":\"b\"}", NULL},
    {"list as value", "tls.crt: [s3cret]\n", NULL,
     "cannot unmarshal array into Go value of type string"},
    {"map as value", "a: {}\n", NULL, "cannot unmarshal object into Go value of type string"},
    {"list", "[a]", NULL, "cannot unmarshal array into Go value of type map[string]string"},
    {"text", "s3cret", NULL, "cannot unmarshal string into Go value of type map[string]string"},
    {"number", "12", NULL, "cannot unmarshal number into Go value of type map[string]string"},
    {"truth", "yes", NULL, "cannot unmarshal bool into Go value of type map[string]string"},
    {"bad name", "a: {~: 1}", NULL, "line 1: unsupported map key"},
    {"syntax", "a: b: c", NULL, "mapping values are not allowed in this context"},
};

static void strings_row(void **state)
{
    const struct reading *r = *state;
    struct template_rig rig;
    struct dict *m;

    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_yaml_decode_strings(&rig.g, text_of(r->input), &m);
    if (r->problem && !e) {
        fail_msg("%s was not refused", r->input);
    } else if (r->problem) {
        assert_ends(e, r->problem);
    } else {
        assert_null(e);
        assert_int_equal(m->element, ELEMENT_STRING);
        struct datum d = datum_map(m);
        check_value(&rig, &d, r->want);
    }
    template_rig_done(&rig);
}

/* Writing what a JSON text holds. want NULL: refused. */
struct writing {
    const char *name, *json, *want;
};

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct writing writings[] = {
    {"scalars", "[null,true,false,\"a\"]", "- null\n- true\n- false\n- a\n"},
    {"scalar alone", "\"a b\"", "a b\n"},
    {"numbers", "[0,-0,1,-1.5,1000000,12345678,123456789.5,0.1,1e21,1e-7]",
     "- 0\n- 0\n- 1\n- -1.5\n- 1000000\n- 12345678\n- 1.234567895e+08\n- 0.1\n- 1e+21\n- 1e-07\n"},
    {"large numbers", "[9007199254740993,9223372036854775807,-9223372036854775808,1e20]",
     "- 9007199254740992\n- 9223372036854776000\n- -9.223372036854776e+18\n- 1e+20\n"},
    {"empty containers", "{\"a\":[],\"b\":{}}", "a: []\nb: {}\n"},
    {"lists are not indented under keys", "{\"a\":[1,[2,3],{\"b\":4,\"c\":5}]}",
     "a:\n- 1\n- - 2\n  - 3\n- b: 4\n  c: 5\n"},
    {"maps", "{\"a\":{\"b\":{\"c\":1}}}", "a:\n  b:\n    c: 1\n"},
    {"lists in lists", "[[[1]],[]]", "- - - 1\n- []\n"},
    {"natural order",
     "{\"a10\":1,\"a2\":2,\"B\":3,\"b\":4,\"1\":5,\"10\":6,\"9\":7,\"_\":8,\"a\":9}",
     "_: 8\n\"1\": 5\n\"9\": 7\n\"10\": 6\nB: 3\na: 9\na2: 2\na10: 1\nb: 4\n"},
    {"leading zeros", "{\"a01\":1,\"a1\":2,\"a001\":3,\"a10\":4,\"a100\":5}",
     "a1: 2\na01: 1\na001: 3\na10: 4\na100: 5\n"},
    {"letters behind others", "{\"ab\":1,\"a-b\":2,\"a.\":3,\"\xc3\xa9\":4,\"a\xc3\xa9\":5}",
     "a-b: 2\na.: 3\nab: 1\na\xc3\xa9: 5\n\xc3\xa9: 4\n"},
    {"what would be no text", "[\"true\",\"y\",\"null\",\"~\",\"\",\"1\",\"010\",\"1e3\",\".inf\"]",
     "- \"true\"\n- \"y\"\n- \"null\"\n- \"~\"\n- \"\"\n- \"1\"\n- \"010\"\n- \"1e3\"\n- "
     "\".inf\"\n"},
    {"dates and base 60", "[\"2024-01-02\",\"2024-1-2 3:4:5\",\"12:30:45\",\"1:2\",\"2024-13-01\"]",
     "- \"2024-01-02\"\n- \"2024-1-2 3:4:5\"\n- \"12:30:45\"\n- \"1:2\"\n- 2024-13-01\n"},
    {"times",
     "[\"2001-12-14t21:59:43.1-05:00\",\"2001-2-3T4:5:6Z\",\"2001-02-29\",\"2001-1-1T24:0:0Z\"]",
     "- \"2001-12-14t21:59:43.1-05:00\"\n- \"2001-2-3T4:5:6Z\"\n- 2001-02-29\n- "
     "2001-1-1T24:0:0Z\n"},
    {"plain after all",
     "[\"=\",\"<<\",\".\",\"1:60\",\"-a\",\"a: \",\"yEs\",\"0o8\",\"1.2.3\",\"a:b\",\"a#b\"]",
     "- =\n- <<\n- .\n- 1:60\n- -a\n- 'a: '\n- yEs\n- 0o8\n- 1.2.3\n- a:b\n- a#b\n"},
    {"what the syntax forbids",
     "[\"a: b\",\"- x\",\"#c\",\"@x\",\" lead\",\"trail \",\"%x\",\"a #b\",\"'\",\"---\"]",
     "- 'a: b'\n- '- x'\n- '#c'\n- '@x'\n- ' lead'\n- 'trail '\n- '%x'\n- 'a #b'\n- ''''\n- "
     "'---'\n"},
    {"controls", "[\"\\u0001\",\"a\\tb\",\"\\u0000\",\"\\r\",\"\\u001b\\u00a0\"]",
     "- \"\\x01\"\n- \"a\\tb\"\n- \"\\0\"\n- \"\\r\"\n- \"\\e\xc2\xa0\"\n"},
    {"newlines", "[\"a\\nb\",\"a\\n\",\"a\\n\\n\",\"\\n\",\" a\\nb\",\"a \\nb\",\"a\\n b\"]",
     "- |-\n  a\n  b\n- |\n  a\n- |+\n  a\n\n- |2+\n\n- |2-\n   a\n  b\n- \"a \\nb\"\n- |-\n  a\n  "
     " b\n"},
    {"newlines under a key", "{\"a\":{\"b\":\"x\\n\\ny\\n\"}}", "a:\n  b: |\n    x\n\n    y\n"},
    {"newlines alone", "\"a\\nb\"", "|-\n  a\n  b\n"},
    {"astral characters", "\"\\ud83d\\ude00\"", "\"\\U0001F600\"\n"},
    {"separators", "[\"a\\u2028b\",\"a\\u2028 b\"]", "- 'a\xe2\x80\xa8  b'\n- \"a\\L b\"\n"},
    {"byte order mark", "[\"\\ufeffa\",\"a\\ufeff\"]", "- \"\\uFEFF\\x61\"\n- \"a\\uFEFF\"\n"},
    {"next line", "[\"a\\u0085b\",\"a \\u0085\\u0085 b\"]", "- a b\n- |-\n  a\n  b\n"},
    {"keys", "{\"n\":1,\"\":2,\"a b\":3,\"a: b\":4,\"1\":5,\"a\\tb\":6}",
     "\"\": 2\n\"1\": 5\n\"a\\tb\": 6\na b: 3\n'a: b': 4\n\"n\": 1\n"},
    {"key of two lines", "{\"a\\nb\":1}", "? |-\n  a\n  b\n: 1\n"},
    {"list behind a key of two lines", "{\"a\\nb\":[1]}", "? |-\n  a\n  b\n: - 1\n"},
    {"long key", "{\"" FIFTY FIFTY TEN TEN "012345678\":1}",
     "? \"" FIFTY FIFTY TEN TEN "012345678\"\n: 1\n"},
    {"folded plain", "\"" FIFTY " " FIFTY " x\"", FIFTY " " FIFTY "\n  x\n"},
    {"folded single quotes", "[\"'" FIFTY " " FIFTY " x\"]", "- '''" FIFTY " " FIFTY "\n  x'\n"},
    {"folded double quotes", "{\"a\":\"\\u0001" FIFTY " " FIFTY "  x y\"}",
     "a: \"\\x01" FIFTY " " FIFTY "\n  \\ x y\"\n"},
    {"keys do not fold", "{\"" FIFTY " " FIFTY " x y\":1}", FIFTY " " FIFTY " x y: 1\n"},
    {"DEL", "\"\x7f\"", NULL},
    {"C1 control", "[\"\\u0080\"]", NULL},
    {"no character", "{\"\\uffff\":1}", NULL},
    {"next line in a key", "{\"a\\u0085b\":1}", NULL},
    {"document marker behind next line", "\"a\\u0085--- b\"", NULL},
};

static void write_row(void **state)
{
    const struct writing *r = *state;
    struct template_rig rig;
    struct datum d;

    template_rig_init(&rig);
    CLEANUP(err) struct err *cannot_read = go_json_decode(&rig.g, text_of(r->json), &d);
    assert_null(cannot_read);
    CLEANUP(err) struct err *e = go_yaml_encode(&rig.g, &d, &rig.b);
    if (r->want) {
        assert_null(e);
        template_rig_printed(&rig, r->want);
    } else {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_false(engine_is_limit(e));
    }
    assert_int_equal(rig.g.depth, 0);
    template_rig_done(&rig);
}

static void print(struct template_rig *rig, struct datum d, const char *want)
{
    CLEANUP(err) struct err *e = go_yaml_encode(&rig->g, &d, &rig->b);

    assert_null(e);
    template_rig_printed(rig, want);
}

static void kinds(void **state)
{
    static const struct go_time time = {.unix_s = 1704164645};
    static const struct cert cert = {.cert = {(const unsigned char *)"c\n", 2},
                                     .key = {(const unsigned char *)"k", 1}};
    static const struct complex128 z = {1, 2};
    struct template_rig rig;
    struct list *l;

    (void)state;
    template_rig_init(&rig);
    print(&rig, datum_int64(INT64_MIN), "-9223372036854775808\n");
    print(&rig, (struct datum){.kind = DATUM_UINT64, .v.u = UINT64_MAX}, "18446744073709551615\n");
    print(&rig, (struct datum){.kind = DATUM_TIME, .v.time = &time}, "\"2024-01-02T03:04:05Z\"\n");
    print(&rig, (struct datum){.kind = DATUM_CERT, .v.cert = &cert}, "Cert: |\n  c\nKey: k\n");
    assert_null(list_new(rig.arena, ELEMENT_UINT8, 1, &l));
    l->items[0] = (struct datum){.kind = DATUM_UINT8, .v.u = 'a'};
    print(&rig, datum_list(l), "YQ==\n");
    l->is_nil = true;
    print(&rig, datum_list(l), "null\n");
    struct datum d = {.kind = DATUM_COMPLEX128, .v.complex = &z};
    CLEANUP(err) struct err *e = go_yaml_encode(&rig.g, &d, &rig.b);
    assert_ends(e, "json: unsupported type: complex128");
    template_rig_done(&rig);
}

/* Names that read back as the same one: the later in the order of their bytes wins. */
static void names_that_become_equal(void **state)
{
    struct template_rig rig;
    struct dict *m;

    (void)state;
    template_rig_init(&rig);
    assert_null(dict_new(rig.arena, ELEMENT_ANY, 2, &m));
    assert_null(dict_set(rig.arena, m, TEXT("\xfe"), datum_int(1)));
    assert_null(dict_set(rig.arena, m, TEXT("\xff"), datum_int(2)));
    print(&rig, datum_map(m), "\xef\xbf\xbd: 2\n");
    template_rig_done(&rig);
}

/* A key is found in JSON only if the colon follows within 1024 characters. */
static void longest_key(void **state)
{
    struct template_rig rig;
    struct dict *m;
    unsigned char key[1023];

    (void)state;
    template_rig_init(&rig);
    memset(key, 'k', sizeof(key));
    assert_null(dict_new(rig.arena, ELEMENT_ANY, 1, &m));
    assert_null(dict_set(rig.arena, m, (struct text){key, sizeof(key) - 1}, datum_int(1)));
    struct datum d = datum_map(m);
    CLEANUP(err) struct err *e = go_yaml_encode(&rig.g, &d, &rig.b);
    assert_null(e);
    m->entries[0].key.n = sizeof(key);
    CLEANUP(err) struct err *too_long = go_yaml_encode(&rig.g, &d, &rig.b);
    assert_non_null(too_long);
    template_rig_done(&rig);
}

/* UTF-16, as editors save it: read as UTF-8 would be. */
static void utf16(void **state)
{
    static const char little[] = "\xff\xfe"
                                 "a\0:\0 \0\x3d\xd8\0\xde";
    static const char cut_off[] = "\xfe\xff\0a\0:\0 \xd8\x3d";
    struct template_rig rig;
    struct datum d;

    (void)state;
    template_rig_init(&rig);
    struct text t = {(const unsigned char *)little, sizeof(little) - 1};
    CLEANUP(err) struct err *e = go_yaml_decode(&rig.g, t, &d);
    assert_null(e);
    check_value(&rig, &d, "{\"a\":\"\xf0\x9f\x98\x80\"}");
    t = (struct text){(const unsigned char *)cut_off, sizeof(cut_off) - 1};
    CLEANUP(err) struct err *bad = go_yaml_decode(&rig.g, t, &d);
    assert_ends(bad, "yaml: invalid UTF-16 sequence");
    template_rig_done(&rig);
}

/* Bytes behind the first document matter only in the portion in which it ends. */
static void bad_byte_far_behind(void **state)
{
    struct template_rig rig;
    struct datum d;
    unsigned char text[600];

    (void)state;
    template_rig_init(&rig);
    memset(text, '#', sizeof(text));
    memcpy(text, "a: 1\n---\n", 9);
    struct text t = {text, sizeof(text)};
    text[511] = 0xff;
    CLEANUP(err) struct err *near = go_yaml_decode(&rig.g, t, &d);
    assert_non_null(near);
    text[511] = '#';
    text[512] = 0xff;
    CLEANUP(err) struct err *e = go_yaml_decode(&rig.g, t, &d);
    assert_null(e);
    check_value(&rig, &d, "{\"a\":1}");
    template_rig_done(&rig);
}

/* Limits. The text is begin, then n times part, then end. */
struct limit {
    const char *name, *begin, *part;
    size_t n;
    const char *end, *want;
};

static const struct limit limits[] = {
    {"flow lists", "", "[", 101, "", "YAML nested deeper than 100"},
    {"flow maps", "", "{a: ", 101, "", "YAML nested deeper than 100"},
    {"block lists", "", "- ", 101, "", "YAML nested deeper than 100"},
    {"lists as deep as they may be", "a: ", "[", 100, "", "YAML nested deeper than 100"},
    {"aliases", "- &a [0,0,0,0,0,0,0,0,0,0]\n", "- *a\n", 1000, "",
     "aliases unfold to more than 10000 nodes"},
    {"elements", "[", "0,", 100001, "]", "more than 100000 elements"},
    {"members", "{", "a,", 100001, "}", "more than 100000 elements"},
    {"anchors to look through", "- &a 0\n", "- &b 0\n- *a\n", 3000, "", "steps"},
};

static void limit_row(void **state)
{
    const struct limit *r = *state;
    struct template_rig rig;
    struct text_buf b;
    struct text t;
    struct datum d;

    template_rig_init(&rig);
    text_buf_init(&b, rig.arena, TEXT_MAX);
    text_buf_puts(&b, r->begin);
    for (size_t i = 0; i < r->n; i++)
        text_buf_puts(&b, r->part);
    text_buf_puts(&b, r->end);
    assert_null(text_buf_end(&b, &t));
    CLEANUP(err) struct err *e = go_yaml_decode(&rig.g, t, &d);
    assert_non_null(e);
    assert_true(engine_is_limit(e));
    /* On a slow machine the limit of time may come first. */
    if (!strstr(err_text(e), r->want) && !strstr(err_text(e), " ms of time"))
        fail_msg("want %s, got %s", r->want, err_text(e));
    assert_int_equal(rig.g.depth, 0);
    template_rig_done(&rig);
}

/* go-yaml's own rule comes first where nearly everything is an alias. */
static void excessive_aliasing(void **state)
{
    static const char text[] =
        "a: &a [0,0,0,0,0,0,0,0,0,0]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        "d: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
    struct template_rig rig;
    struct datum d;

    (void)state;
    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_yaml_decode(&rig.g, text_of(text), &d);
    assert_ends(e, "yaml: document contains excessive aliasing");
    template_rig_done(&rig);
}

/* Copies of an alias are values of their own. */
static void aliases_are_copies(void **state)
{
    struct template_rig rig;
    struct dict *m;

    (void)state;
    template_rig_init(&rig);
    CLEANUP(err) struct err *e = go_yaml_decode_map(&rig.g, TEXT("{a: &x {k: 1}, b: *x}"), &m);
    assert_null(e);
    assert_null(dict_set(rig.arena, dict_get(m, TEXT("a"))->v.map, TEXT("k"), datum_int(2)));
    struct datum d = datum_map(m);
    check_value(&rig, &d, "{\"a\":{\"k\":2},\"b\":{\"k\":1}}");
    template_rig_done(&rig);
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(kinds),
    cmocka_unit_test(names_that_become_equal),
    cmocka_unit_test(longest_key),
    cmocka_unit_test(utf16),
    cmocka_unit_test(bad_byte_far_behind),
    cmocka_unit_test(excessive_aliasing),
    cmocka_unit_test(aliases_are_copies),
};

/* The functions. */
static const struct template_row renders[] = {
    {"write", "{{ dict `a` (list 1 `x`) `b` nil | toYaml }}", "a:\n- 1\n- x\nb: null"},
    {"one newline is trimmed", "{{ toYaml `a\n\n` }}|", "|+\n  a\n|"},
    {"root", "{{ (fromYaml (toYaml .)).user }}", "alice"},
    {"infinity is nothing", "[{{ toYaml (float64 `inf`) }}]", "[]"},
    {"control character is nothing", "[{{ toYaml \"\\x7f\" }}]", "[]"},
    {"cycle is nothing", "{{ $d := dict }}{{ $_ := set $d `d` $d }}[{{ toYaml $d }}]", "[]"},
    {"read", "{{ $y := fromYaml .yaml }}{{ $y.a }} {{ $y.b }}", "1 [x true]"},
    {"numbers are floats", "{{ (fromYaml `x: 1000000`).x }}", "1e+06"},
    {"nothing is an empty map", "{{ fromYaml `` }}{{ toJson (fromYaml `~`) }}", "map[]{}"},
    {"list", "{{ keys (fromYaml `[1]`) }}", "[Error]"},
    {"error", "{{ (fromYaml `a: b: c`).Error }}",
     "error converting YAML to JSON: yaml: mapping values are not allowed in this context"},
    {"error with line", "{{ (fromYaml `a: 1\nb: @`).Error }}",
     "error converting YAML to JSON: yaml: line 2: found character that cannot start any token"},
    {"no string", "{{ fromYaml 1 }}", NULL},
    {"no argument", "{{ toYaml }}", NULL},
};

/* What becomes a value is a refusal, never a limit. */
static const struct template_row render_limits[] = {
    {"read too deep",
     "{{ $s := `` }}{{ range until 101 }}{{ $s = print $s `[` }}{{ end }}{{ fromYaml $s }}",
     "YAML nested deeper than 100"},
    {"write too deep",
     "{{ $l := list }}{{ range until 600 }}{{ $l = list $l }}{{ end }}{{ toYaml $l }}",
     "more than 500 levels of values"},
};

int main(void)
{
    return TABLE_RUN("read", readings, read_row) +
           TABLE_RUN("read strings", string_readings, strings_row) +
           TABLE_RUN("write", writings, write_row) + GROUP_RUN("others", others) +
           TABLE_RUN("limits", limits, limit_row) +
           TABLE_RUN("render", renders, template_rig_check_row) +
           TABLE_RUN("render limits", render_limits, template_rig_limit_row);
}
