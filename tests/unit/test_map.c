/* Order, replacement, removal, ownership, and a random run against a plain array. */
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static void sorted_by_byte(void **state)
{
    (void)state;
    static const char *const given[] = {"b", "a", "\xc3\xa9", "", "B", "aa"};
    static const char *const want[] = {"", "B", "a", "aa", "b", "\xc3\xa9"};
    CLEANUP(map) struct map *m = map_new(free);
    for (size_t i = 0; i < ARRAY_SIZE(given); i++)
        map_set(m, given[i], xstrdup(given[i]));
    assert_int_equal(m->n, ARRAY_SIZE(want));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        assert_string_equal(m->entries[i].key, want[i]);
        assert_string_equal(map_get(m, want[i]), want[i]);
    }
    assert_null(map_get(m, "c"));
}

static void set_frees_what_stood_there(void **state)
{
    (void)state;
    CLEANUP(map) struct map *m = map_new(free);
    map_set(m, "a", xstrdup("1"));
    map_set(m, "a", xstrdup("2"));
    assert_string_equal(map_get(m, "a"), "2");
    map_set(m, "a", map_get(m, "a"));
    assert_string_equal(map_get(m, "a"), "2");
    map_set(m, "a", NULL);
    assert_null(map_get(m, "a"));
    assert_int_equal(m->n, 1);
}

static void remove_and_take(void **state)
{
    (void)state;
    CLEANUP(map) struct map *m = map_new(free);
    map_set(m, "a", xstrdup("1"));
    map_set(m, "b", xstrdup("2"));
    map_set(m, "c", xstrdup("3"));
    assert_false(map_remove(m, "x"));
    assert_true(map_remove(m, "b"));
    assert_false(map_remove(m, "b"));
    assert_null(map_take(m, "b"));
    CLEANUP_STR char *taken = map_take(m, "a");
    assert_string_equal(taken, "1");
    assert_int_equal(m->n, 1);
    assert_string_equal(m->entries[0].key, "c");
}

static void borrowed_values_are_not_freed(void **state)
{
    (void)state;
    char text[] = "mine";
    CLEANUP(map) struct map *m = map_new(NULL);
    map_set(m, "a", text);
    map_set(m, "a", text);
    assert_true(map_remove(m, "a"));
    map_set(m, "b", text);
    assert_ptr_equal(map_get(m, "b"), text);
}

struct equal_row {
    const char *name;
    const char *left[4], *right[4]; /* key, value, key, value */
    bool want;
};

static const struct equal_row equal_rows[] = {
    {"both empty", {NULL}, {NULL}, true},
    {"same", {"a", "1", "b", "2"}, {"b", "2", "a", "1"}, true},
    {"other value", {"a", "1"}, {"a", "2"}, false},
    {"other key", {"a", "1"}, {"b", "1"}, false},
    {"one more", {"a", "1"}, {"a", "1", "b", "2"}, false},
    {"value against none", {"a", "1"}, {"a", NULL}, false},
    {"none against none", {"a", NULL}, {"a", NULL}, true},
};

static struct map *map_of(const char *const pairs[4])
{
    struct map *m = map_new(free);
    for (size_t i = 0; i < 4 && pairs[i]; i += 2)
        map_set(m, pairs[i], xstrdup(pairs[i + 1]));
    return m;
}

static void equal_row(void **state)
{
    const struct equal_row *r = *state;
    CLEANUP(map) struct map *left = map_of(r->left);
    CLEANUP(map) struct map *right = map_of(r->right);
    assert_int_equal(map_equal_text(left, right), r->want);
    assert_int_equal(map_equal_text(right, left), r->want);
    CLEANUP(map) struct map *copy = map_copy_text(left);
    assert_true(map_equal_text(left, copy));
    map_set(copy, "zz", xstrdup("new"));
    assert_null(map_get(left, "zz"));
    map_free(NULL);
}

#define MODEL_KEYS 50

static void against_a_model(void **state)
{
    (void)state;
    CLEANUP(map) struct map *m = map_new(free);
    int model[MODEL_KEYS] = {0}; /* 0: absent */
    unsigned seed = 7;
    for (int step = 1; step < 5000; step++) {
        int k = rand_r(&seed) % MODEL_KEYS;
        char key[16];
        snprintf(key, sizeof(key), "%d", k);
        if (rand_r(&seed) % 3) {
            map_set(m, key, xasprintf("%d", step));
            model[k] = step;
        } else {
            assert_int_equal(map_remove(m, key), model[k] != 0);
            model[k] = 0;
        }
        const char *got = map_get(m, key);
        assert_int_equal(got ? strtol(got, NULL, 10) : 0, model[k]);
    }
    for (size_t i = 1; i < m->n; i++)
        assert_true(strcmp(m->entries[i - 1].key, m->entries[i].key) < 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_by_byte),  cmocka_unit_test(set_frees_what_stood_there),
        cmocka_unit_test(remove_and_take), cmocka_unit_test(borrowed_values_are_not_freed),
        cmocka_unit_test(against_a_model),
    };
    return TABLE_RUN("map_equal_text", equal_rows, equal_row) + GROUP_RUN("map", tests);
}
