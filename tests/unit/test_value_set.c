/* A value set is zero at first and frees what it was given. */

#include "spec/value_set.h"

#include "tests/support/table.h"

struct row {
    const char *name;
    size_t n_data, n_extracts;
};
static const struct row rows[] = {
    {"empty", 0, 0}, {"data", 3, 0}, {"extracts", 0, 2}, {"both", 1, 1}};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(value_set) struct value_set *v = value_set_new(r->n_data, r->n_extracts);
    assert_int_equal(v->n_data, r->n_data);
    assert_int_equal(v->n_extracts, r->n_extracts);
    for (size_t i = 0; i < r->n_data; i++)
        assert_null(v->data[i].bytes);
    for (size_t i = 0; i < r->n_extracts; i++)
        assert_null(v->extracts[i].bytes);
    assert_false(v->is_stale);
    assert_int_equal(v->oldest_age_ns, 0);
}

static void values_are_freed(void **state)
{
    (void)state;
    size_t used = secret_arena_state().used_bytes;
    struct value_set *v = value_set_new(2, 1);
    assert_null(secret_buf_copy(secret_view_of("abc", 3), &v->data[1].bytes));
    assert_null(secret_buf_copy(secret_view_of("def", 3), &v->extracts[0].bytes));
    assert_true(secret_arena_state().used_bytes > used);
    value_set_free(v);
    value_set_free(NULL);
    assert_int_equal(secret_arena_state().used_bytes, used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_freed)};
    return TABLE_RUN("value_set_new", rows, one_row) + GROUP_RUN("value_set", tests);
}
