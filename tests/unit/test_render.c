/* A spec and raw values in, keys and values or a named error out. */

#include "render/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/render_rig.h"
#include "tests/support/table.h"

#define VALUES_MAX 3

struct row {
    const char *name;
    const char *rest;                /* of the spec */
    const char *data[VALUES_MAX];    /* raw values, NULL: the store has no such secret */
    const char *sources[VALUES_MAX]; /* of a find: "name=value" lines */
    int want;                        /* class, or -1 */
    const char *want_text;           /* as render_rig_check */
    enum property_order order;
    bool missing_is_missing;
};

#define ONE(remote) "  data:\n  - {secretKey: k, remoteRef: {key: db" remote "}}\n"
#define EXTRACT(rest) "  dataFrom:\n  - {extract: {key: db" rest "}}\n"
#define FIND(rest) "  dataFrom:\n  - {find: {name: {regexp: .}" rest "}}\n"
#define DELETE "  target: {deletionPolicy: Delete}\n"

static const struct row rows[] = {
    {"a whole value", ONE(""), {"v"}, {0}, -1, "k=v\n", 0, 0},
    {"an empty value", ONE(""), {""}, {0}, -1, "k=\n", 0, 0},
    {"a property", ONE(", property: a.b"), {"{\"a\":{\"b\":\"x\"}}"}, {0}, -1, "k=x\n", 0, 0},
    {"a literal dotted property",
     ONE(", property: a.b"),
     {"{\"a.b\":1,\"a\":{\"b\":2}}"},
     {0},
     -1,
     "k=1\n",
     PROPERTY_ESCAPED_FIRST,
     0},
    {"the path first",
     ONE(", property: a.b"),
     {"{\"a.b\":1,\"a\":{\"b\":2}}"},
     {0},
     -1,
     "k=2\n",
     PROPERTY_PATH_FIRST,
     0},
    {"null is there", ONE(", property: a"), {"{\"a\":null}"}, {0}, -1, "k=\n", 0, 0},
    {"a missing property",
     ONE(", property: pw"),
     {"{}"},
     {0},
     ERR_NOT_FOUND,
     "spec.data[0] (key: db): key pw does not exist in secret db",
     0,
     0},
    {"a missing property under Delete",
     DELETE ONE(", property: pw"),
     {"{}"},
     {0},
     ERR_NOT_FOUND,
     "spec.data[0] (key: db): key pw does not exist in secret db",
     0,
     0},
    {"a missing property as a missing secret",
     ONE(", property: pw"),
     {"{}"},
     {0},
     ERR_NOT_FOUND,
     "spec.data[0] (key: db): secret does not exist in the store",
     PROPERTY_PATH_ONLY,
     true},
    {"the same under Delete",
     DELETE ONE(", property: pw"),
     {"{}"},
     {0},
     -1,
     "missing spec.dataFrom[0] (key=db)\n",
     PROPERTY_PATH_ONLY,
     true},
    {"a missing secret",
     ONE(""),
     {NULL},
     {0},
     ERR_NOT_FOUND,
     "spec.data[0] (key: db): secret does not exist in the store",
     0,
     0},
    {"a missing secret under Delete",
     DELETE ONE(""),
     {NULL},
     {0},
     -1,
     "missing spec.dataFrom[0] (key=db)\n",
     0,
     0},
    {"a missing secret under Merge",
     "  target: {deletionPolicy: Merge}\n"
     "  data:\n"
     "  - {secretKey: a, remoteRef: {key: a}}\n"
     "  - {secretKey: b, remoteRef: {key: b}}\n",
     {NULL, "beta"},
     {0},
     -1,
     "b=beta\nmissing spec.dataFrom[0] (key=a)\n",
     0,
     0},
    {"a missing secret with a property under Delete",
     DELETE ONE(", property: x"),
     {NULL},
     {0},
     -1,
     "missing spec.dataFrom[0] (key=db)\n",
     0,
     0},
    {"an unsupported path",
     ONE(", property: '@pretty'"),
     {"{}"},
     {0},
     ERR_INVALID,
     "spec.data[0] (key: db): ",
     0,
     0},
    {"base64", ONE(", decodingStrategy: Base64"), {"djE="}, {0}, -1, "k=v1\n", 0, 0},
    {"bad base64",
     ONE(", decodingStrategy: Base64"),
     {"%"},
     {0},
     ERR_INVALID,
     "spec.data[0] (key: db): ",
     0,
     0},
    {"a bad key",
     "  dataFrom:\n"
     "  - {extract: {key: db}, rewrite: [{regexp: {source: a, target: a/b}}]}\n",
     {0},
     {"{\"a\":1}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): ",
     0,
     0},
    {"an extract",
     EXTRACT(""),
     {0},
     {"{\"user\":\"u\",\"port\":5432,\"big\":12345678901234567890,\"on\":true,\"no\":null,"
      "\"o\":{ \"a\":1 },\"l\":[1, 2]}"},
     -1,
     "big=12345678901234567890\nl=[1, 2]\nno=\no={ \"a\":1 }\non=true\nport=5432\nuser=u\n",
     0,
     0},
    {"an empty extract", EXTRACT(""), {0}, {"{}"}, -1, "", 0, 0},
    {"an extract of a property",
     EXTRACT(", property: in"),
     {0},
     {"{\"in\":{\"a\":1},\"b\":2}"},
     -1,
     "a=1\n",
     0,
     0},
    {"an extract of a missing property",
     EXTRACT(", property: in"),
     {0},
     {"{}"},
     ERR_NOT_FOUND,
     "spec.dataFrom[0] (key: db): key in does not exist in secret db",
     0,
     0},
    {"no JSON",
     EXTRACT(""),
     {0},
     {"pa$$word"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): value is no JSON object",
     0,
     0},
    {"JSON, but no object",
     EXTRACT(""),
     {0},
     {"[1]"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): value is no JSON object",
     0,
     0},
    {"a missing extract",
     EXTRACT(""),
     {0},
     {NULL},
     ERR_NOT_FOUND,
     "spec.dataFrom[0] (key: db): secret does not exist in the store",
     0,
     0},
    {"a missing extract under Delete",
     DELETE EXTRACT(""),
     {0},
     {NULL},
     -1,
     "missing spec.dataFrom[0]\n",
     0,
     0},
    {"an extract of null", EXTRACT(""), {0}, {" null "}, -1, "", 0, 0},
    {"a zero byte in a name",
     "  dataFrom:\n  - extract: {key: db}\n    rewrite: [{regexp: {source: x, target: y}}]\n",
     {0},
     {"{\"a\\u0000\":1}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): a zero byte in what must be text",
     0,
     0},
    {"a zero byte in a name is converted",
     EXTRACT(""),
     {0},
     {"{\"a\\u0000\":1}"},
     -1,
     "a_=1\n",
     0,
     0},
    {"zero bytes are let through",
     ONE(", decodingStrategy: Base64"),
     {"YQBi"},
     {0},
     -1,
     "k=a\\0b\n",
     0,
     0},
    {"zero bytes are refused",
     ONE(", decodingStrategy: Base64, nullBytePolicy: Fail"),
     {"YQBi"},
     {0},
     ERR_INVALID,
     "spec.data[0] (key: db): value of key \"k\" contains null bytes",
     0,
     0},
    {"no zero bytes where they are refused",
     ONE(", decodingStrategy: Base64, nullBytePolicy: Fail"),
     {"YWI="},
     {0},
     -1,
     "k=ab\n",
     0,
     0},
    {"zero bytes in an extract",
     EXTRACT(", nullBytePolicy: Fail"),
     {0},
     {"{\"a\":1,\"b\":\"\\u0000\"}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): value of key \"b\" contains null bytes",
     0,
     0},
    {"tags whole",
     ONE(", metadataPolicy: Fetch"),
     {"{\"team\":\"a\"}"},
     {0},
     -1,
     "k={\"team\":\"a\"}\n",
     0,
     0},
    {"one tag",
     ONE(", metadataPolicy: Fetch, property: my.team"),
     {"{\"my.team\":\"a\"}"},
     {0},
     -1,
     "k=a\n",
     0,
     0},
    {"tags as keys",
     EXTRACT(", metadataPolicy: Fetch"),
     {0},
     {"{\"team\":\"a\",\"env/x\":\"b\"}"},
     -1,
     "env_x=b\nteam=a\n",
     0,
     0},
    {"a find", FIND(""), {0}, {"a/b=1\nc=x=y"}, -1, "a_b=1\nc=x=y\n", 0, 0},
    {"a find in Unicode",
     FIND(", conversionStrategy: Unicode"),
     {0},
     {"a/b=1"},
     -1,
     "a_U002f_b=1\n",
     0,
     0},
    {"a find is decoded", FIND(", decodingStrategy: Base64"), {0}, {"a=djE="}, -1, "a=v1\n", 0, 0},
    {"a find with bad base64",
     FIND(", decodingStrategy: Base64"),
     {0},
     {"a=%"},
     ERR_INVALID,
     "spec.dataFrom[0].find: decode key \"a\" as Base64",
     0,
     0},
    {"a find that collides",
     FIND(""),
     {0},
     {"a/b=1\na:b=2"},
     ERR_INVALID,
     "spec.dataFrom[0].find: two names become the same key a_b",
     0,
     0},
    {"zero bytes in a find",
     FIND(", nullBytePolicy: Fail, decodingStrategy: Base64"),
     {0},
     {"a=AA=="},
     ERR_INVALID,
     "spec.dataFrom[0].find: value of key \"a\" contains null bytes",
     0,
     0},
    {"a find without a match", FIND(""), {0}, {""}, -1, "", 0, 0},
    {"a find in a missing place",
     FIND(""),
     {0},
     {NULL},
     ERR_NOT_FOUND,
     "spec.dataFrom[0].find: secret does not exist in the store",
     0,
     0},
    {"the same find under Delete",
     DELETE FIND(""),
     {0},
     {NULL},
     -1,
     "missing spec.dataFrom[0]\n",
     0,
     0},
    {"a source of nothing",
     "  dataFrom:\n  - {sourceRef: {storeRef: {name: x}}}\n  - {extract: {key: db}}\n",
     {0},
     {NULL, "{\"a\":1}"},
     -1,
     "a=1\n",
     0,
     0},
    {"a rewritten name is not converted",
     "  dataFrom:\n  - find: {name: {regexp: .}}\n"
     "    rewrite: [{regexp: {source: x, target: y}}]\n",
     {0},
     {"x=1\na/b=2"},
     ERR_INVALID,
     "spec.dataFrom[0].find: key \"a/b\" holds a character that is no letter",
     0,
     0},
    {"a rewrite, and then values are decoded",
     "  dataFrom:\n  - extract: {key: db, decodingStrategy: Base64}\n"
     "    rewrite: [{regexp: {source: /, target: _}}]\n",
     {0},
     {"{\"a/b\":\"djE=\"}"},
     -1,
     "a_b=v1\n",
     0,
     0},
    {"a rewrite that empties a name drops it",
     "  dataFrom:\n  - extract: {key: db}\n    rewrite: [{regexp: {source: ^a$, target: ''}}]\n",
     {0},
     {"{\"a\":1,\"b\":2}"},
     -1,
     "b=2\n",
     0,
     0},
    {"a rewrite that fails",
     "  dataFrom:\n  - extract: {key: db}\n    rewrite: [{regexp: {source: (, target: ''}}]\n",
     {0},
     {"{\"a\":1}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): rewrite[0].regexp: error parsing regexp: missing closing )",
     0,
     0},
    {"names are converted", EXTRACT(""), {0}, {"{\"a/b\":1}"}, -1, "a_b=1\n", 0, 0},
    {"names in Unicode",
     EXTRACT(", conversionStrategy: Unicode"),
     {0},
     {"{\"a/b\":1}"},
     -1,
     "a_U002f_b=1\n",
     0,
     0},
    {"names that collide",
     EXTRACT(""),
     {0},
     {"{\"a/b\":1,\"a_b\":2}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): two names become the same key a_b",
     0,
     0},
    {"one name twice", EXTRACT(""), {0}, {"{\"a\":1,\"\\u0061\":2}"}, -1, "a=2\n", 0, 0},
    {"an empty name is dropped", EXTRACT(""), {0}, {"{\"\":1,\"a\":2}"}, -1, "a=2\n", 0, 0},
    {"values of an extract are decoded",
     EXTRACT(", decodingStrategy: Auto"),
     {0},
     {"{\"a\":\"djE=\",\"b\":\"plain\"}"},
     -1,
     "a=v1\nb=plain\n",
     0,
     0},
    {"bad base64 in an extract",
     EXTRACT(", decodingStrategy: Base64"),
     {0},
     {"{\"a\":\"%\"}"},
     ERR_INVALID,
     "spec.dataFrom[0] (key: db): ",
     0,
     0},
    {"later entries win",
     "  dataFrom:\n  - {extract: {key: one}}\n  - {extract: {key: two}}\n"
     "  data:\n  - {secretKey: c, remoteRef: {key: three}}\n",
     {"data"},
     {"{\"a\":1,\"b\":1,\"c\":1}", "{\"b\":2,\"c\":2}"},
     -1,
     "a=1\nb=2\nc=data\n",
     0,
     0},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct render_case c = {.rest = r->rest,
                            .data = r->data,
                            .sources = r->sources,
                            .order = r->order,
                            .missing_is_missing = r->missing_is_missing};
    render_rig_check(&c, r->want, r->want_text);
}

static struct secret_buf *buf_of(const char *text)
{
    struct secret_buf *b = NULL;
    assert_null(secret_buf_copy(secret_view_of(text, strlen(text)), &b));
    return b;
}

/* A whole run with n values of size bytes; the class, or -1. */
static int render_sizes(size_t n, size_t size)
{
    CLEANUP_STR_BUF struct str_buf rest;
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(output_set) struct output_set *o = NULL;
    CLEANUP_STR char *text = xcalloc(size + 1, 1);
    memset(text, 'x', size);
    str_buf_init(&rest, 1 << 16);
    str_buf_puts(&rest, "  data:\n");
    for (size_t i = 0; i < n; i++)
        str_buf_printf(&rest, "  - {secretKey: k%zu, remoteRef: {key: db}}\n", i);
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest.s);
    CLEANUP(value_set) struct value_set *values = value_set_new(n, 0, 0);
    for (size_t i = 0; i < n; i++)
        values->data[i].bytes = buf_of(text);
    assert_null(digest_key_new(&key));
    CLEANUP(err) struct err *e = render_run(spec, values, NULL, key, &(bool){0}, &o);
    return e ? (int)err_class(e) : -1;
}

static void all_values_together_have_a_limit(void **state)
{
    (void)state;
    assert_int_equal(render_sizes(16, OUTPUT_TOTAL_MAX / 16), -1);
    assert_int_equal(render_sizes(17, OUTPUT_TOTAL_MAX / 16), ERR_INVALID);
}

static void stale_stays_stale(void **state)
{
    (void)state;
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(output_set) struct output_set *o = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(ONE(""));
    CLEANUP(value_set) struct value_set *values = value_set_new(1, 0, 0);
    values->data[0].bytes = buf_of("v");
    values->is_stale = true;
    assert_null(digest_key_new(&key));
    assert_null(render_run(spec, values, NULL, key, &(bool){0}, &o));
    assert_true(o->is_stale);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(EXTRACT("") ONE(", property: a"));
    CLEANUP(value_set) struct value_set *values = value_set_new(1, 1, 0);
    bool has_worked = false;
    values->data[0].bytes = buf_of("{\"a\":1}");
    values->sources[0].bytes = buf_of("{\"b\":\"x\"}");
    assert_null(digest_key_new(&key));
    size_t n = 1;
    for (; n < 50 && !has_worked; n++) {
        CLEANUP(output_set) struct output_set *o = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = render_run(spec, values, NULL, key, &(bool){0}, &o);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
    }
    assert_true(has_worked);
    assert_true(n > 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_values_together_have_a_limit),
    cmocka_unit_test(stale_stays_stale),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("render", rows, one_row) + GROUP_RUN("render", tests);
}
