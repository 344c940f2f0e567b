/* Paths by hand, path errors, the providers' orders, and cases whose answers gjson gave. */
#include "render/jsonpath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "tests/support/table.h"

static struct secret_view text(const char *s)
{
    return secret_view_of(s, strlen(s));
}

/* NULL wants nothing selected. */
static void expect_text(const struct secret_buf *b, const char *want)
{
    if (!want) {
        assert_null(b);
        return;
    }
    assert_non_null(b);
    assert_int_equal(secret_buf_size(b), strlen(want));
    assert_memory_equal(secret_view_raw(secret_buf_view(b)), want, strlen(want));
}

static const char team[] =
    "{\"team\": {\"lead\": \"Ada\", \"size\": 3}, \"tls.crt\": \"CERT\", \".dockerconfigjson\": "
    "\"{}\",\n"
    " \"ports\": [80, 443, 8080], \"none\": null, \"yes\": true,\n"
    " \"nested\": \"{\\\"user\\\":\\\"root\\\"}\",\n"
    " \"db\": [{\"name\": \"a\", \"port\": 1, \"tags\": [\"x\", \"y\"]},\n"
    "        {\"name\": \"b\", \"port\": 2, \"tags\": [\"y\"], \"main\": true},\n"
    "        {\"name\": \"ab\", \"port\": 30, \"tags\": []}]}";

struct get_row {
    const char *name, *path, *want;
};

static const struct get_row team_rows[] = {
    {"member", "team.lead", "Ada"},
    {"number", "team.size", "3"},
    {"object as written", "team", "{\"lead\": \"Ada\", \"size\": 3}"},
    {"escaped dot", "tls\\.crt", "CERT"},
    {"dot without escape", "tls.crt", NULL},
    {"leading dot", "\\.dockerconfigjson", "{}"},
    {"null exists", "none", ""},
    {"true", "yes", "true"},
    {"no such member", "nobody", NULL},
    {"below a scalar", "team.lead.x", NULL},
    {"index", "ports.1", "443"},
    {"index and member", "db.1.name", "b"},
    {"index too large", "ports.3", NULL},
    {"index that overflows", "ports.18446744073709551616", NULL},
    {"name in an array", "ports.x", NULL},
    {"negative index", "ports.-1", NULL},
    {"count", "ports.#", "3"},
    {"count of an object", "team.#", NULL},
    {"each", "db.#.name", "[\"a\",\"b\",\"ab\"]"},
    {"each, where there", "db.#.main", "[true]"},
    {"each of each", "db.#.tags.#", "[2,1,0]"},
    {"star", "t*m.lead", "Ada"},
    {"question mark", "p?rts.0", "80"},
    {"star alone", "*.size", "3"},
    {"equal", "db.#(name==\"b\").port", "2"},
    {"equal, one sign", "db.#(name=\"b\").port", "2"},
    {"equal without quotes", "db.#(name==b).port", "2"},
    {"not equal", "db.#(name!=\"a\").port", "2"},
    {"less", "db.#(port<2)#.name", "[\"a\"]"},
    {"less or equal", "db.#(port<=2)#.name", "[\"a\",\"b\"]"},
    {"greater", "db.#(port>2)#.name", "[\"ab\"]"},
    {"greater or equal", "db.#(port>=2)#.name", "[\"b\",\"ab\"]"},
    {"text order", "db.#(name<\"b\")#.name", "[\"a\",\"ab\"]"},
    {"like", "db.#(name%\"a*\")#.port", "[1,30]"},
    {"unlike", "db.#(name!%\"a*\")#.port", "[2]"},
    {"there", "db.#(main).name", "b"},
    {"true only", "db.#(main==true).name", "b"},
    {"truish", "db.#(main==~true)#.name", "[\"b\"]"},
    {"falsish", "db.#(main==~false)#.name", "[\"a\",\"ab\"]"},
    {"not there", "db.#(main!=~*)#.name", "[\"a\",\"ab\"]"},
    {"nested query", "db.#(tags.#(==\"x\")).name", "a"},
    {"scalars", "ports.#(>100)#", "[443,8080]"},
    {"no match", "db.#(port==9).name", NULL},
    {"no match at all", "db.#(port==9)#.name", "[]"},
    {"null never compares", "db.#(none!=1)#", "[]"},
    {"pipe", "db.#.name|1", "b"},
    {"dot after each", "db.#.name.1", "[]"},
    {"pipe after query", "db.#(port<9)#|#", "2"},
    {"query, dot, pipe", "db.#(port<9)#.name|0", "a"},
    {"this", "team.@this.lead", "Ada"},
    {"reverse array", "ports.@reverse", "[8080,443,80]"},
    {"reverse object", "team.@reverse", "{\"size\":3,\"lead\":\"Ada\"}"},
    {"keys", "team.@keys", "[\"lead\",\"size\"]"},
    {"values", "team.@values", "[\"Ada\",3]"},
    {"flatten", "db.#.tags.@flatten", "[[\"x\",\"y\"],[\"y\"],[]]"},
    {"flatten after pipe", "db.#.tags|@flatten", "[\"x\", \"y\",\"y\"]"},
    {"ugly", "team.@ugly", "{\"lead\":\"Ada\",\"size\":3}"},
    {"valid", "team.@valid.size", "3"},
    {"fromstr", "nested.@fromstr.user", "root"},
    {"tostr", "team.lead.@tostr", "\"Ada\""},
    {"unknown modifier is a name", "team.@nothing", NULL},
    {"empty path", "", NULL},
    {"dots only", "..", NULL},
};

static void team_row(void **state)
{
    const struct get_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    assert_null(jsonpath_get(text(team), r->path, &out));
    expect_text(out, r->want);
}

struct doc_row {
    const char *name, *doc, *path, *want;
};

static const struct doc_row doc_rows[] = {
    {"20 digits", "{\"n\":12345678901234567890}", "n", "12345678901234567890"},
    {"fraction", "{\"n\":1.10}", "n", "1.1"},
    {"exponent", "{\"n\":1e3}", "n", "1000"},
    {"small", "{\"n\":1.5e-7}", "n", "0.00000015"},
    {"large", "{\"n\":1e21}", "n", "1000000000000000000000"},
    {"17 digits", "{\"n\":0.30000000000000004}", "n", "0.30000000000000004"},
    {"minus zero", "{\"n\":-0.0}", "n", "-0"},
    {"too large for a double", "{\"n\":[1e999,-1e999]}", "n.0", "+Inf"},
    {"no number at all", "{\"n\":-x}", "n", "0"},
    {"unicode escapes", "{\"k\\u0065y\":\"\\u00e9\\ud83d\\udca9\"}", "key",
     "\xc3\xa9\xf0\x9f\x92\xa9"},
    {"last of duplicates does not count", "{\"a\":1,\"a\":2}", "a", "1"},
    {"dead end, then the next", "{\"a\":{\"x\":1},\"a\":{\"b\":2}}", "a.b", "2"},
    {"wildcard, dead end, next", "{\"a1\":{\"x\":1},\"a2\":{\"b\":2}}", "a*.b", "2"},
    {"question mark is a character", "{\"\xc3\xa9\":1}", "?", "1"},
    {"star escaped", "{\"axb\":1,\"a*b\":2}", "a\\*b", "2"},
    {"pipe in a name", "{\"a|b\":1}", "a\\|b", "1"},
    {"name with a modifier's name", "{\"@this\":1}", "\\@this", "1"},
    {"name like a literal", "{\"!x\":1}", "!x", "1"},
    {"name with an open bracket", "{\"[x\":1}", "[x", "1"},
    {"name that is empty", "{\"\":{\"\":1}}", ".", "1"},
    {"trailing comma", "{\"a\":1,\"b\":[2,],}", "b.0", "2"},
    {"line break in a string", "{\"pem\":\"BEGIN\nEND\n\",\"x\":1}", "pem", "BEGIN\nEND\n"},
    {"byte order mark", "\xef\xbb\xbf{\"a\":1}", "a", "1"},
    {"text behind", "{\"a\":1} garbage", "a", "1"},
    {"string cut off", "{\"a\":1,\"b\":\"secre", "b", NULL},
    {"name cut off", "{\"a\":1,\"b", "b", NULL},
    {"no document", "", "a", NULL},
    {"plain text", "hunter2", "a", NULL},
    {"scalar document", "42", "@this", "42"},
    {"lines", "{\"a\":1}\n{\"a\":2}\n", "..#.a", "[1,2]"},
    {"line by number", "{\"a\":1}\n{\"a\":2}\n", "..1.a", "2"},
    {"array document", "[1,[2,3]]", "1.0", "2"},
    {"this keeps blanks behind", " {\"a\":1} \n", "@this", "{\"a\":1} \n"},
    {"keys of an array", "[1,2]", "@keys", "[null,null]"},
    {"keys of nothing", "", "@keys", "[]"},
    {"values of a scalar", "5", "@values", "[5]"},
    {"values of an array", "[1, 2]", "@values", "[1, 2]"},
    {"values of nothing", "", "@values", "[]"},
    {"flatten deep", "[1,[2,[3,[ ]]]]", "@flatten:{\"deep\":true}", "[1,2,3]"},
    {"flatten one level", "[1,[ 2,[3] ],[ ]]", "@flatten", "[1,2,[3]]"},
    {"flatten an object", "{\"a\":1}", "@flatten", "{\"a\":1}"},
    {"reverse of a scalar", "7", "@reverse", "7"},
    {"invalid is nothing", "{\"a\":}", "@valid", NULL},
    {"fromstr of no JSON", "{", "@fromstr", NULL},
    {"ugly keeps strings", "{ \"a b\" : \" \\\" \" , \"c\":1 }", "@ugly",
     "{\"a b\":\" \\\" \",\"c\":1}"},
    {"tostr escapes for HTML", "[\"<\"]", "#.@tostr", "[\"\\\"\\u003c\\\"\"]"},
    {"argument up to the pipe", "{\"a\":{\"b\":1}}", "a.@this:x{|}y|b", "1"},
    {"query in brackets", "[{\"a\":1},{\"a\":2}]", "#[a==2].a", "2"},
    {"query value with bracket", "[{\"a\":\")\"},{\"a\":\"(\"}]", "#(a==\"(\").a", "("},
    {"query value with quote", "[{\"a\":\"\\\"\"}]", "#(a==\"\\\"\").a", "\""},
    {"query with a pipe", "[{\"a\":[5]},{\"a\":[6]}]", "#(a|0==6).a.0", "6"},
    {"query on a scalar has no path", "[1,2]", "#(a==1)", NULL},
    {"objects compare with nothing", "[{\"a\":{}}]", "#(a!=1)#", "[]"},
    {"false less than true", "[false,true]", "#(<true)#", "[false]"},
    {"true greater than false", "[false,true]", "#(>false)#", "[true]"},
    {"booleans or equal", "[false,true]", "#(>=x)#|@flatten|0", "true"},
    {"booleans less or equal", "[false,true]", "#(<=x)#", "[false]"},
    {"booleans unlike", "[false,true]", "#(%true)#", "[]"},
    {"booleans not equal", "[false,true]", "#(!=true)#", "[false]"},
    {"null-like", "[{\"a\":null},{\"b\":1},{\"a\":2}]", "#(a==~null)#", "[{\"a\":null},{\"b\":1}]"},
    {"words are truish", "[{\"a\":\"T\"},{\"a\":\"true\"},{\"a\":\"x\"},{\"a\":1},{\"a\":0}]",
     "#(a==~true)#.a", "[\"T\",\"true\",1]"},
    {"words are falsish", "[{\"a\":\"F\"},{\"a\":\"0\"},{\"a\":\"x\"},{\"a\":1},{\"a\":0}]",
     "#(a==~false)#.a", "[\"F\",\"0\",0]"},
    {"no such word", "[{\"a\":1}]", "#(a==~maybe)#", "[]"},
    {"tilde without operator", "[1]", "#(~true)", NULL},
    {"pattern with escape", "[\"a*\",\"ab\"]", "#(%\"a\\\\*\")#", "[\"a*\"]"},
    {"pattern that backs up", "[\"aXbXc\",\"aXb\"]", "#(%\"a*X*c\")#", "[\"aXbXc\"]"},
    {"hash in a name of an array", "[1]", "a#", NULL},
};

static void doc_row(void **state)
{
    const struct doc_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    assert_null(jsonpath_get(text(r->doc), r->path, &out));
    expect_text(out, r->want);
}

static const struct doc_row error_rows[] = {
    {"query not closed", "[1]", "#(a", "path: a query is not closed"},
    {"pretty", "{}", "@pretty", "path: modifier @pretty is not supported"},
    {"join", "{\"a\":{}}", "a.@join", "path: modifier @join is not supported"},
    {"dig", "{}", "@dig:a", "path: modifier @dig is not supported"},
    {"multipath", "{}", "{a,b}", "path: multipaths are not supported"},
    {"multipath behind a dot", "{\"a\":{}}", "a.[b,c]", "path: multipaths are not supported"},
    {"multipath goes on", "{}", "[a].0", "path: multipaths are not supported"},
    {"literal", "{}", "!\"x\"", "path: literals are not supported"},
    {"literal word", "{}", "!True", "path: literals are not supported"},
    {"literal word goes on", "{\"a\":1}", "a|!null|x", "path: literals are not supported"},
};

static void error_row(void **state)
{
    const struct doc_row *r = *state;
    struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = jsonpath_get(text(r->doc), r->path, &out);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
    assert_null(out);
}

static char *repeated(const char *part, size_t n)
{
    size_t length = strlen(part);
    char *s = xalloc(n * length + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(s + i * length, part, length);
    s[n * length] = '\0';
    return s;
}

static void expect_invalid(const char *doc, const char *path)
{
    struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = jsonpath_get(text(doc), path, &out);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(out);
}

static void limits(void **state)
{
    CLEANUP_STR char *long_path = repeated("a", JSONPATH_PATH_MAX + 1);
    CLEANUP_STR char *deep_path = repeated("a.", JSONPATH_DEPTH_MAX + 1);
    CLEANUP_STR char *deep_doc = repeated("{\"a\":", JSONPATH_DEPTH_MAX + 10);
    CLEANUP_STR char *deep_array = repeated("[", 500);
    CLEANUP_STR char *each = repeated("#.", JSONPATH_DEPTH_MAX + 1);
    CLEANUP_STR char *pipes = repeated("@this|", 600);
    CLEANUP_STR char *quotes = repeated("@tostr|", 60);
    CLEANUP_STR char *many = repeated("1,", 70000);
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP_STR char *array = xasprintf("[%s]", many);

    (void)state;
    expect_invalid("{}", long_path);
    expect_invalid(deep_doc, deep_path);
    expect_invalid(deep_array, each);
    expect_invalid(deep_array, "@flatten:{\"deep\":true}");
    expect_invalid("\"\\\\\"", quotes);
    expect_invalid(array, "@reverse");
    assert_null(jsonpath_get(text("{\"a\":{\"b\":1}}"), pipes, &out));
    expect_text(out, NULL);
    expect_invalid(long_path, long_path);
}

/* The property may use the arena n times: let each of them fail in turn. */
static void arena_failures(void **state)
{
    size_t used = secret_arena_state().used_bytes;
    bool is_done = false;

    (void)state;
    for (size_t n = 1; !is_done; n++) {
        struct secret_buf *out = NULL;
        struct err *e;

        secret_arena_fail_after(n);
        e = jsonpath_get(text(team), "db.#(n*me%\"a*\")#.tags|@flatten|@reverse|#.@tostr|0", &out);
        is_done = e == NULL;
        assert_true(is_done || err_class(e) == ERR_INTERNAL);
        assert_true(is_done || !out);
        assert_true(n < 100);
        err_free(e);
        if (is_done)
            expect_text(out, "\"y\"");
        secret_buf_free(out);
        secret_arena_fail_after(0);
        assert_int_equal(secret_arena_state().used_bytes, used);
    }
}

struct property_row {
    const char *name;
    enum property_order order;
    const char *doc, *property, *want;
};

static const struct property_row property_rows[] = {
    {"escaped first: literal wins", PROPERTY_ESCAPED_FIRST, "{\"a.b\":1,\"a\":{\"b\":2}}", "a.b",
     "1"},
    {"escaped first: path next", PROPERTY_ESCAPED_FIRST, "{\"a\":{\"b\":2}}", "a.b", "2"},
    {"escaped first: no dot", PROPERTY_ESCAPED_FIRST, "{\"a\":3}", "a", "3"},
    {"escaped first: none", PROPERTY_ESCAPED_FIRST, "{\"a\":3}", "b.c", NULL},
    {"escaped first: leading dot", PROPERTY_ESCAPED_FIRST, "{\".x\":3}", ".x", "3"},
    {"escaped first: null is there", PROPERTY_ESCAPED_FIRST, "{\"a.b\":null,\"a\":{\"b\":2}}",
     "a.b", ""},
    {"path first: path wins", PROPERTY_PATH_FIRST, "{\"a.b\":1,\"a\":{\"b\":2}}", "a.b", "2"},
    {"path first: literal next", PROPERTY_PATH_FIRST, "{\"a.b\":1}", "a.b", "1"},
    {"path first: none", PROPERTY_PATH_FIRST, "{\"a.b\":1}", "a.c", NULL},
    {"path only", PROPERTY_PATH_ONLY, "{\"a.b\":1}", "a.b", NULL},
    {"path only: path", PROPERTY_PATH_ONLY, "{\"a\":{\"b\":2}}", "a.b", "2"},
    {"key first: key wins", PROPERTY_KEY_FIRST, "{\"a.b\":\"1\",\"a\":{\"b\":2}}", "a.b", "1"},
    {"key first: path next", PROPERTY_KEY_FIRST, "{\"a\":{\"b\":2}}", "a.b", "2"},
    {"key first: special characters", PROPERTY_KEY_FIRST, "{\"a*|#\":\"x\"}", "a*|#", "x"},
    {"key first: last of duplicates", PROPERTY_KEY_FIRST, "{\"a\":1,\"a\":2}", "a", "2"},
    {"key first: number as written", PROPERTY_KEY_FIRST, "{\"a\":1.10}", "a", "1.10"},
    {"key first: number below", PROPERTY_KEY_FIRST, "{\"a\":{\"b\":1.10}}", "a.b", "1.1"},
    {"key first: null", PROPERTY_KEY_FIRST, "{\"a\":null}", "a", ""},
    {"key first: true", PROPERTY_KEY_FIRST, "{\"a\":true}", "a", "true"},
    {"key first: encoded again", PROPERTY_KEY_FIRST,
     "{\"a\": { \"z\" : [ 1, \"<\" ], \"b\" : { }, \"z\" : [ ], \"\\u0061\": false } }", "a",
     "{\"a\":false,\"b\":{},\"z\":[]}"},
    {"key first: encoded again below", PROPERTY_KEY_FIRST,
     "{\"x\": {\"a\": { \"z\" : [ 1, \"<\" , null ], \"b\" : 2.50 } } }", "x.a",
     "{\"b\":2.50,\"z\":[1,\"\\u003c\",null]}"},
    {"key first: none", PROPERTY_KEY_FIRST, "{}", "a", NULL},
    {"key first: no object", PROPERTY_KEY_FIRST, "[1]", "0", "1"},
};

static void property_row(void **state)
{
    const struct property_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    assert_null(jsonpath_property(text(r->doc), r->property, r->order, &out));
    expect_text(out, r->want);
}

static void property_errors(void **state)
{
    CLEANUP_STR char *long_path = repeated("a", JSONPATH_PATH_MAX + 1);
    struct secret_buf *out = NULL;
    struct err *e;

    (void)state;
    e = jsonpath_property(text("{"), "a", PROPERTY_KEY_FIRST, &out);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    e = jsonpath_property(text("{}"), long_path, PROPERTY_ESCAPED_FIRST, &out);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    e = jsonpath_property(text("{}"), "@pretty", PROPERTY_PATH_FIRST, &out);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    secret_arena_fail_after(1);
    e = jsonpath_property(text("{\"a\":1}"), "a", PROPERTY_KEY_FIRST, &out);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    err_free(e);
    assert_null(out);
}

static void replay(const char *line, size_t n, size_t number)
{
    struct secret_json row, doc, path, want, name;
    CLEANUP(secret_buf) struct secret_buf *json = NULL;
    CLEANUP(secret_buf) struct secret_buf *wanted = NULL;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP_STR char *path_text = NULL;
    size_t at = 0;
    bool is_there;

    assert_null(secret_json_parse(secret_view_of(line, n), &row));
    assert_true(secret_json_next(&row, &at, &name, &doc));
    assert_true(secret_json_next(&row, &at, &name, &path));
    assert_true(secret_json_next(&row, &at, &name, &want));
    assert_null(secret_json_string(&doc, &json));
    assert_null(secret_json_text(&path, 1000, &path_text));
    is_there = want.kind == SECRET_JSON_STRING;
    if (is_there)
        assert_null(secret_json_string(&want, &wanted));
    assert_null(jsonpath_get(secret_buf_view(json), path_text, &out));
    if (is_there != (out != NULL) ||
        !secret_view_equal(secret_buf_view(out), secret_buf_view(wanted)))
        fail_msg("line %zu: path %s", number, path_text);
}

static void gjson_cases(void **state)
{
    FILE *f = fopen("tests/vectors/gjson/cases.txt", "re");
    CLEANUP_STR char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t n;

    (void)state;
    assert_non_null(f);
    while ((n = getline(&line, &capacity, f)) > 0)
        replay(line, (size_t)n, ++number);
    fclose(f);
    assert_true(number >= 400);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(arena_failures),
        cmocka_unit_test(property_errors),
        cmocka_unit_test(gjson_cases),
    };

    return TABLE_RUN("jsonpath_get", team_rows, team_row) +
           TABLE_RUN("jsonpath_get_documents", doc_rows, doc_row) +
           TABLE_RUN("jsonpath_get_errors", error_rows, error_row) +
           TABLE_RUN("jsonpath_property", property_rows, property_row) +
           GROUP_RUN("jsonpath", tests);
}
