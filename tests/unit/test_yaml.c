/* YAML streams as the JSON they mean, and everything that is refused, with its place. */
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/table.h"

#define TEXT(s) s, sizeof(s) - 1

struct good_row {
    const char *name;
    const char *in;
    size_t n;
    const char *want; /* documents, each printed compactly and followed by a line end */
};

static const struct good_row good_rows[] = {
    {"nothing", TEXT(""), ""},
    {"empty documents", TEXT("---\n---\n# only a comment\n---\nnull\n"), ""},
    {"manifest",
     TEXT("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: db\n"
          "spec:\n  refreshInterval: 1h0m0s\n  data:\n  - secretKey: user\n    remoteRef: {key: "
          "a/b, property: u}\n"),
     "{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"ExternalSecret\",\"metadata\":"
     "{\"name\":\"db\"},\"spec\":{\"refreshInterval\":\"1h0m0s\",\"data\":[{\"secretKey\":"
     "\"user\",\"remoteRef\":{\"key\":\"a/b\",\"property\":\"u\"}}]}}\n"},
    {"several documents", TEXT("a: 1\n---\nb: 2\n...\n---\n- c\n"),
     "{\"a\":1}\n{\"b\":2}\n[\"c\"]\n"},
    {"JSON is YAML", TEXT("{\"a\": [1, true, null, \"x\"]}"), "{\"a\":[1,true,null,\"x\"]}\n"},
    {"null words", TEXT("- ~\n- null\n- Null\n- NULL\n-\n- nil\n"),
     "[null,null,null,null,null,\"nil\"]\n"},
    {"boolean words", TEXT("[true, True, TRUE, false, False, FALSE, yes, on, tRue, y]"),
     "[true,true,true,false,false,false,\"yes\",\"on\",\"tRue\",\"y\"]\n"},
    {"numbers", TEXT("[0, -0, 12, -3, 1.5, 1e3, 2E-2, 0.10]"), "[0,-0,12,-3,1.5,1000,0.02,0.1]\n"},
    {"octal file modes", TEXT("[0400, 0o644, 00]"), "[256,420,0]\n"},
    {"no numbers", TEXT("[1., .5, +1, 0x1F, 08, 1_000, 1e, .inf, .nan, 1h, -, 1.2.3, 1e999]"),
     "[\"1.\",\".5\",\"+1\",\"0x1F\",\"08\",\"1_000\",\"1e\",\".inf\",\".nan\",\"1h\",\"-\","
     "\"1.2.3\",\"1e999\"]\n"},
    {"dates are text", TEXT("2026-01-02"), "\"2026-01-02\"\n"},
    {"quoted is text", TEXT("['1', \"true\", 'null', \"\"]"), "[\"1\",\"true\",\"null\",\"\"]\n"},
    {"escapes", TEXT("\"a\\n\\x41\\u00e9\\U0001F600\""), "\"a\\nA\xc3\xa9\xf0\x9f\x98\x80\"\n"},
    {"block scalars", TEXT("a: |\n  1\n  2\nb: >-\n  x\n  y\nc: |-\n  true\n"),
     "{\"a\":\"1\\n2\\n\",\"b\":\"x y\",\"c\":\"true\"}\n"},
    {"tags that fit", TEXT("[!!str 1, !!int '7', !!float 1.5, !!bool \"true\", !!null '', ! 5]"),
     "[\"1\",7,1.5,true,null,\"5\"]\n"},
    {"tags of containers", TEXT("!!map {a: !!seq [1], b: ! [2]}"), "{\"a\":[1],\"b\":[2]}\n"},
    {"names are text as written", TEXT("1: a\ntrue: b\n0400: c\n\"\": d\n"),
     "{\"1\":\"a\",\"true\":\"b\",\"0400\":\"c\",\"\":\"d\"}\n"},
    {"alias of a map", TEXT("a: &x {k: [1]}\nb: *x\nc: [*x]\n"),
     "{\"a\":{\"k\":[1]},\"b\":{\"k\":[1]},\"c\":[{\"k\":[1]}]}\n"},
    {"alias of a scalar", TEXT("[&x 5, *x, &y '5', *y]"), "[5,5,\"5\",\"5\"]\n"},
    {"alias of a name", TEXT("&x a: *x\n"), "{\"a\":\"a\"}\n"},
    {"anchor used again", TEXT("[&x 1, *x, &x 2, *x]"), "[1,1,2,2]\n"},
    {"quoted merge key", TEXT("{\"<<\": 1}"), "{\"<<\":1}\n"},
    {"go template in a literal", TEXT("t: \"{{ .user | upper }}\"\n"),
     "{\"t\":\"{{ .user | upper }}\"}\n"},
    {"byte order mark",
     TEXT("\xef\xbb\xbf"
          "a: 1\n"),
     "{\"a\":1}\n"},
    {"version directive", TEXT("%YAML 1.1\n---\na: 1\n"), "{\"a\":1}\n"},
    {"windows line ends", TEXT("a: 1\r\nb: |\r\n  x\r\n"), "{\"a\":1,\"b\":\"x\\n\"}\n"},
};

static char *print_all(const struct yaml_docs *docs)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 1u << 20);
    for (size_t i = 0; i < docs->n; i++) {
        CLEANUP_STR char *printed = json_print(docs->docs[i]);
        str_buf_printf(&b, "%s\n", printed);
    }
    return str_buf_take(&b);
}

static void good_row(void **state)
{
    const struct good_row *r = *state;
    char *heap = memcpy(xalloc(r->n), r->in, r->n); /* no terminator: overruns are seen */
    CLEANUP_YAML_DOCS struct yaml_docs docs = {.n = 0};
    CLEANUP(err) struct err *e = yaml_parse(heap, r->n, &docs);
    free(heap);
    if (e)
        print_message("%s\n", err_text(e));
    assert_null(e);
    CLEANUP_STR char *printed = print_all(&docs);
    assert_string_equal(printed, r->want);
}

struct bad_row {
    const char *name;
    const char *in;
    size_t n;
    const char *want; /* start of the message */
};

static const struct bad_row bad_rows[] = {
    {"syntax", TEXT("a: 1\n b: 2\n"), "line 2, column 3: mapping values are not allowed"},
    {"open flow", TEXT("[1,\n"), "line 2, column 1: did not find expected node"},
    {"tab", TEXT("a:\n\tb: 1\n"), "line 2, column 1: found character that cannot start any token"},
    {"bad UTF-8", TEXT("a: \xff\n"), "byte 3: invalid leading UTF-8 octet"},
    {"control character", TEXT("a: \x01\n"), "byte 3: control characters are not allowed"},
    {"name twice", TEXT("x:\n  a: 1\n  b: 1\n  a: 2\n"),
     "line 5, column 1: name \"a\" stands twice in the mapping of line 2"},
    {"name twice in flow", TEXT("{a: 1, a: 1}"), "line 1, column 12: name \"a\" stands twice"},
    {"binary tag", TEXT("a: !!binary aGk=\n"),
     "line 1, column 4: tag \"tag:yaml.org,2002:binary\" is not supported"},
    {"own tag", TEXT("a: !vault x\n"), "line 1, column 4: tag \"!vault\" is not supported"},
    {"own tag of a map", TEXT("!x {a: 1}\n"), "line 1, column 1: tag \"!x\" is not supported"},
    {"int with a fraction", TEXT("!!int 1.5"), "line 1, column 1: value does not fit its tag"},
    {"int of text", TEXT("!!int abc"), "line 1, column 1: value does not fit its tag"},
    {"bool of a number", TEXT("!!bool 1"), "line 1, column 1: value does not fit its tag"},
    {"map as list", TEXT("!!seq {a: 1}"), "line 1, column 1: value does not fit its tag"},
    {"merge key", TEXT("a: &x {k: 1}\nb:\n  <<: *x\n"),
     "line 3, column 3: merge keys (\"<<\") are not supported"},
    {"unknown alias", TEXT("[*nobody]"), "line 1, column 2: no complete node has the anchor"},
    {"alias into itself", TEXT("&x [*x]"), "line 1, column 5: no complete node has the anchor"},
    {"alias into itself, used before", TEXT("[&x 1, &x [*x]]"),
     "line 1, column 12: no complete node has the anchor"},
    {"alias of another document", TEXT("--- &x 1\n--- *x\n"),
     "line 2, column 5: no complete node has the anchor"},
    {"alias as a name", TEXT("[&x a, {*x : 1}]"), "line 1, column 9: an alias cannot be a name"},
    {"list as a name", TEXT("? [a]\n: 1\n"), "line 1, column 3: a name must be text"},
    {"null as a name", TEXT("~: 1\n"), "line 1, column 1: a name is missing"},
    {"no name", TEXT("?\n: 1\n"), "line 1, column 2: a name is missing"},
    {"zero byte", TEXT("\"a\\0b\""), "line 1, column 1: text with a zero byte"},
    {"zero byte in a name", TEXT("\"a\\0b\": 1"), "line 1, column 1: text with a zero byte"},
};

static void expect_refused(const char *text, size_t n, const char *want)
{
    struct yaml_docs docs = {.n = 42};
    CLEANUP(err) struct err *e = yaml_parse(text, n, &docs);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    if (!strstr(err_text(e), want))
        print_message("%s\n", err_text(e));
    assert_non_null(strstr(err_text(e), want));
    assert_int_equal(docs.n, 42);
}

static void bad_row(void **state)
{
    const struct bad_row *r = *state;
    expect_refused(r->in, r->n, r->want);
}

static char *repeat(const char *before, const char *part, size_t times, const char *after)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 64u << 20);
    str_buf_puts(&b, before);
    for (size_t i = 0; i < times; i++)
        str_buf_puts(&b, part);
    str_buf_puts(&b, after);
    return str_buf_take(&b);
}

struct limit_row {
    const char *name;
    const char *before, *part, *after;
    size_t times;
    const char *want; /* NULL: accepted */
};

static const struct limit_row limit_rows[] = {
    {"deepest", "", "[", "1", YAML_DEPTH_MAX, "did not find"},
    {"too deep", "", "[", "", YAML_DEPTH_MAX + 1, "nested deeper than 64"},
    {"very deep", "", "[", "", 1000000, "nested deeper than 64"},
    {"very deep maps", "", "{a: ", "", 500000, "nested deeper than 64"},
    {"deep by blocks", "", "- ", "", 1000000, "nested deeper than 64"},
    {"most nodes", "", "- 1\n", "", YAML_NODES_MAX - 1, NULL},
    {"too many nodes", "", "- 1\n", "", YAML_NODES_MAX, "more than 200000 nodes"},
    {"most documents", "", "--- a\n", "", YAML_DOCS_MAX, NULL},
    {"too many documents", "", "--- a\n", "", YAML_DOCS_MAX + 1, "more than 4096 documents"},
    {"most text", "\"", "0123456789abcdef", "\"", (YAML_TEXT_MAX / 16) - 1, NULL},
    {"too much text", "\"", "0123456789abcdef", "\"", YAML_TEXT_MAX / 16, "larger than"},
};

static void limit_row(void **state)
{
    const struct limit_row *r = *state;
    CLEANUP_STR char *text = repeat(r->before, r->part, r->times, r->after);
    if (r->want) {
        expect_refused(text, strlen(text), r->want);
        return;
    }
    CLEANUP_YAML_DOCS struct yaml_docs docs = {.n = 0};
    assert_null(yaml_parse(text, strlen(text), &docs));
}

static void aliases_do_not_explode(void **state)
{
    (void)state;
    static const char laughs[] = "a: &a [x,x,x,x,x,x,x,x,x]\n"
                                 "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                 "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                 "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    expect_refused(laughs, strlen(laughs), "nodes, aliases included");
    CLEANUP_STR char *head = repeat("- &a \"", "0123456789", 100000, "\"\n");
    CLEANUP_STR char *heavy = repeat(head, "- *a\n", 1000, "");
    expect_refused(heavy, strlen(heavy), "bytes, aliases included");
}

static void aliases_do_not_dig_deeper(void **state)
{
    (void)state;
    CLEANUP_STR char *head = repeat("- &a ", "[", 40, "");
    CLEANUP_STR char *first = repeat(head, "]", 40, "\n- ");
    CLEANUP_STR char *second = repeat(first, "[", 40, "*a");
    expect_refused(second, strlen(second), "nested deeper than 64");
}

static void many_names_are_quick(void **state)
{
    (void)state;
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, YAML_TEXT_MAX);
    for (int i = 0; i < 150000; i++)
        str_buf_printf(&b, "name-%d: 1\n", i);
    CLEANUP_YAML_DOCS struct yaml_docs docs = {.n = 0};
    assert_null(yaml_parse(b.s, b.n, &docs));
    assert_int_equal(json_count(docs.docs[0]), 150000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_do_not_explode),
        cmocka_unit_test(aliases_do_not_dig_deeper),
        cmocka_unit_test(many_names_are_quick),
    };
    return TABLE_RUN("yaml_parse", good_rows, good_row) +
           TABLE_RUN("yaml_refused", bad_rows, bad_row) +
           TABLE_RUN("yaml_limits", limit_rows, limit_row) + GROUP_RUN("yaml", tests);
}
