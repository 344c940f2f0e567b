/* JSON as Go writes it. */
#include "render/gojson.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static struct secret_view text(const char *s)
{
    return secret_view_of(s, strlen(s));
}

struct row {
    const char *name, *in, *want;
};

static const struct row rows[] = {
    {"null", " null ", "null"},
    {"true", "true", "true"},
    {"false", "false", "false"},
    {"number as written", "1.500e+0", "1.500e+0"},
    {"20 digits", "12345678901234567890", "12345678901234567890"},
    {"string", "\"a\\u0062\\/\\ud83d\\ude00\"", "\"ab/\xf0\x9f\x98\x80\""},
    {"HTML", "\"<&>\"", "\"\\u003c\\u0026\\u003e\""},
    {"controls", "\"\\u0000\\b\\f\\n\\r\\t\\u001f\"", "\"\\u0000\\b\\f\\n\\r\\t\\u001f\""},
    {"array", "[ 1 , [ ] , { } ]", "[1,[],{}]"},
    {"sorted names", "{ \"b\": 1, \"a\" : { \"d\":2, \"c\":3 }, \"B\":4 }",
     "{\"B\":4,\"a\":{\"c\":3,\"d\":2},\"b\":1}"},
    {"prefix sorts first", "{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}"},
    {"names sort decoded", "{\"b\":1,\"\\u0061\":2}", "{\"a\":2,\"b\":1}"},
    {"last of duplicates", "{\"a\":1,\"b\":2,\"\\u0061\":3,\"a\":4}", "{\"a\":4,\"b\":2}"},
    {"empty object", "{}", "{}"},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct secret_json root;

    assert_null(secret_json_parse(text(r->in), &root));
    assert_null(secret_buf_new(0, &out));
    assert_null(gojson_append(&root, out));
    assert_int_equal(secret_buf_size(out), strlen(r->want));
    assert_memory_equal(secret_view_raw(secret_buf_view(out)), r->want, strlen(r->want));
}

static void too_many_members(void **state)
{
    static const char member[] = "\"\":1,";
    size_t n = GOJSON_MEMBERS_MAX + 1, size = sizeof(member) - 1;
    CLEANUP_STR char *doc = xalloc(n * size + 2);
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct secret_json root;
    struct err *e;

    (void)state;
    doc[0] = '{';
    for (size_t i = 0; i < n; i++)
        memcpy(doc + 1 + i * size, member, size);
    doc[n * size] = '}';
    assert_null(secret_json_parse(secret_view_of(doc, n * size + 1), &root));
    assert_null(secret_buf_new(0, &out));
    e = gojson_append(&root, out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

static void arena_failures(void **state)
{
    size_t used = secret_arena_state().used_bytes;
    bool is_done = false;
    struct secret_json root;

    (void)state;
    assert_null(secret_json_parse(text("{\"b\":[1,\"x\"],\"a\":{\"c\":null}}"), &root));
    for (size_t n = 1; !is_done; n++) {
        struct secret_buf *out = NULL;
        struct err *e;

        assert_null(secret_buf_new(0, &out));
        secret_arena_fail_after(n);
        e = gojson_append(&root, out);
        secret_arena_fail_after(0);
        is_done = e == NULL;
        assert_true(is_done || err_class(e) == ERR_INTERNAL);
        assert_true(n < 30);
        err_free(e);
        secret_buf_free(out);
        assert_int_equal(secret_arena_state().used_bytes, used);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_many_members),
        cmocka_unit_test(arena_failures),
    };

    return TABLE_RUN("gojson_append", rows, one_row) + GROUP_RUN("gojson", tests);
}
