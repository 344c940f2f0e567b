/* A value set is zero at first and frees what it was given; members are packed and unpacked. */

#include "spec/value_set.h"

#include <string.h>

#include "tests/support/table.h"

struct row {
    const char *name;
    size_t n_data, n_sources, n_texts;
};
static const struct row rows[] = {{"empty", 0, 0, 0},
                                  {"data", 3, 0, 0},
                                  {"sources", 0, 2, 0},
                                  {"texts", 0, 0, 2},
                                  {"all", 1, 1, 1}};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(value_set) struct value_set *v = value_set_new(r->n_data, r->n_sources, r->n_texts);
    assert_int_equal(v->n_data, r->n_data);
    assert_int_equal(v->n_sources, r->n_sources);
    for (size_t i = 0; i < r->n_data; i++)
        assert_null(v->data[i].bytes);
    for (size_t i = 0; i < r->n_sources; i++) {
        assert_null(v->sources[i].bytes);
        assert_null(v->sources[i].members);
    }
    assert_int_equal(v->n_texts, r->n_texts);
    for (size_t i = 0; i < r->n_texts; i++)
        assert_null(v->texts[i]);
    assert_false(v->is_stale);
    assert_int_equal(v->oldest_age_ns, 0);
}

static void put(struct map *members, const char *name, const char *text)
{
    struct secret_buf *value = NULL;
    assert_null(secret_buf_copy(secret_view_of(text, strlen(text)), &value));
    map_set(members, name, value);
}

static void values_are_freed(void **state)
{
    (void)state;
    size_t used = secret_arena_state().used_bytes;
    struct value_set *v = value_set_new(2, 2, 1);
    assert_null(secret_buf_copy(secret_view_of("abc", 3), &v->data[1].bytes));
    assert_null(secret_buf_copy(secret_view_of("def", 3), &v->sources[0].bytes));
    assert_null(secret_buf_copy(secret_view_of("ghi", 3), &v->texts[0]));
    v->sources[1].members = value_members_new();
    put(v->sources[1].members, "name", "jkl");
    assert_true(secret_arena_state().used_bytes > used);
    value_set_free(v);
    value_set_free(NULL);
    assert_int_equal(secret_arena_state().used_bytes, used);
}

static void members_come_back(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    CLEANUP(map) struct map *again = NULL;
    CLEANUP(secret_buf) struct secret_buf *packed = NULL;
    put(members, "b/\xc3\xa9", "two\nlines");
    put(members, "a", "");
    struct secret_buf *binary = NULL;
    assert_null(secret_buf_copy(secret_view_of("\0\xff", 2), &binary));
    map_set(members, "binary", binary);
    assert_null(value_members_pack(members, &packed));
    assert_null(value_members_unpack(secret_buf_view(packed), &again));
    assert_int_equal(again->n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(again->entries[i].key, members->entries[i].key);
        assert_true(secret_view_equal(secret_buf_view(again->entries[i].value),
                                      secret_buf_view(members->entries[i].value)));
    }
}

static void no_members_are_no_bytes(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    CLEANUP(map) struct map *again = NULL;
    CLEANUP(secret_buf) struct secret_buf *packed = NULL;
    assert_null(value_members_pack(members, &packed));
    assert_int_equal(secret_buf_size(packed), 0);
    assert_null(value_members_unpack(secret_buf_view(packed), &again));
    assert_int_equal(again->n, 0);
}

struct cut_row {
    const char *name;
    const char *bytes;
    size_t n;
};

static const struct cut_row cut_rows[] = {
    {"in the first length", "\1\0", 2},         {"in the name", "\3\0\0\0ab", 6},
    {"behind the name", "\1\0\0\0a", 5},        {"in the second length", "\1\0\0\0a\1\0\0", 8},
    {"in the value", "\1\0\0\0a\2\0\0\0b", 10}, {"a length without end", "\xff\xff\xff\xff", 4},
};

static void one_cut(void **state)
{
    const struct cut_row *r = *state;
    struct map *members = NULL;
    CLEANUP(err) struct err *e = value_members_unpack(secret_view_of(r->bytes, r->n), &members);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "packed members are cut off");
    assert_null(members);
}

static void members_may_be_too_large(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    struct secret_buf *large = NULL;
    struct secret_buf *packed = NULL;
    static char text[64 << 10];
    assert_null(secret_buf_new(SECRET_BUF_MAX, &large));
    map_set(members, "large", large);
    for (size_t i = 0; i < SECRET_BUF_MAX / sizeof(text); i++)
        assert_null(secret_buf_append(large, secret_view_of(text, sizeof(text))));
    CLEANUP(err) struct err *e = value_members_pack(members, &packed);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(strncmp(err_text(e), "all that was found: ", 20), 0);
    assert_null(packed);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    bool has_worked = false;
    put(members, "a", "1");
    for (size_t n = 1; n < 10 && !has_worked; n++) {
        CLEANUP(secret_buf) struct secret_buf *packed = NULL;
        CLEANUP(map) struct map *again = NULL;
        secret_arena_fail_after(n);
        struct err *e = value_members_pack(members, &packed);
        if (!e)
            e = value_members_unpack(secret_buf_view(packed), &again);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        assert_int_equal(again != NULL, has_worked);
        err_free(e);
    }
    assert_true(has_worked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_freed),          cmocka_unit_test(members_come_back),
        cmocka_unit_test(no_members_are_no_bytes),   cmocka_unit_test(members_may_be_too_large),
        cmocka_unit_test(secret_memory_may_run_out),
    };
    return TABLE_RUN("value_set_new", rows, one_row) +
           TABLE_RUN("value_set cut", cut_rows, one_cut) + GROUP_RUN("value_set", tests);
}
