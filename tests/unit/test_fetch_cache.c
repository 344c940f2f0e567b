/* The cache alone: age, order of use, bounds; and a random run against a plain list. */

#include "fetch/fetch_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

#define ROOMY ((size_t)1 << 20)
#define MODEL_KEYS 12
#define MODEL_STEPS 4000

static struct fetch_value *value_of(const char *text, uint64_t fetched_ns)
{
    struct secret_buf *bytes = NULL;
    assert_null(secret_buf_copy(secret_view_of(text, strlen(text)), &bytes));
    return fetch_value_new(bytes, fetched_ns);
}

static void put(struct fetch_cache *c, const char *key, const char *text, uint64_t now_ns)
{
    struct fetch_value *v = value_of(text, now_ns);
    fetch_cache_put(c, key, v, now_ns);
    fetch_value_unref(v);
    fetch_value_unref_all(fetch_cache_take_left(c));
}

/* Is key there with text, within max_age_ns? */
static bool has(struct fetch_cache *c, const char *key, const char *text, uint64_t now_ns,
                uint64_t max_age_ns)
{
    struct fetch_value *v = fetch_cache_get(c, key, now_ns, max_age_ns);
    bool is = v && secret_view_equal(secret_buf_view(v->bytes), secret_view_of(text, strlen(text)));
    fetch_value_unref(v);
    return is;
}

struct age_row {
    const char *name;
    uint64_t fetched_ns, now_ns, max_age_ns;
    bool want;
};

static const struct age_row age_rows[] = {
    {"fresh", 100, 100, 0, true},
    {"as old as allowed", 100, 150, 50, true},
    {"older than allowed", 100, 151, 50, false},
    {"age does not matter", 100, UINT64_MAX, UINT64_MAX, true},
    {"fetched while we looked at the clock", 101, 100, 0, true},
};

static void one_age(void **state)
{
    const struct age_row *r = *state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(ROOMY);
    put(c, "k", "v", r->fetched_ns);
    assert_int_equal(has(c, "k", "v", r->now_ns, r->max_age_ns), r->want);
    assert_false(has(c, "other", "v", r->now_ns, r->max_age_ns));
}

static void replaces(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(ROOMY);
    put(c, "k", "old", 1);
    size_t before = fetch_cache_state(c).used_bytes;
    put(c, "k", "new", 2);
    assert_true(has(c, "k", "new", 2, 0));
    assert_int_equal(fetch_cache_state(c).n, 1);
    assert_int_equal(fetch_cache_state(c).used_bytes, before);
    fetch_cache_remove(c, "k");
    fetch_cache_remove(c, "k");
    assert_int_equal(fetch_cache_state(c).used_bytes, 0);
}

static void longest_unused_leaves_first(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *probe = fetch_cache_new(ROOMY);
    put(probe, "a", "1", 1);
    size_t one = fetch_cache_state(probe).used_bytes;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(3 * one);
    put(c, "a", "1", 1);
    put(c, "b", "2", 2);
    put(c, "c", "3", 3);
    assert_true(has(c, "a", "1", 4, UINT64_MAX));
    put(c, "d", "4", 5);
    assert_false(has(c, "b", "2", 6, UINT64_MAX));
    assert_true(has(c, "a", "1", 6, UINT64_MAX));
    assert_true(has(c, "c", "3", 6, UINT64_MAX));
    assert_true(has(c, "d", "4", 6, UINT64_MAX));
}

static void larger_than_the_cache(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(64);
    put(c, "k", "old and new do not fit", 1);
    assert_int_equal(fetch_cache_state(c).n, 0);
    assert_int_equal(fetch_cache_state(c).used_bytes, 0);
}

static void value_outlives_its_place(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(ROOMY);
    put(c, "k", "v", 1);
    struct fetch_value *held = fetch_cache_get(c, "k", 1, 0);
    fetch_cache_remove(c, "k");
    fetch_value_unref_all(fetch_cache_take_left(c));
    assert_int_equal(secret_buf_size(held->bytes), 1);
    fetch_value_unref(held);
}

static void trim_drops_what_nobody_uses(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(ROOMY);
    put(c, "a", "1", 10);
    put(c, "b", "2", 20);
    assert_int_equal(fetch_cache_state(c).oldest_ns, 10);
    assert_true(has(c, "a", "1", 30, UINT64_MAX));
    fetch_cache_trim(c, 41, 20);
    assert_false(has(c, "b", "2", 41, UINT64_MAX));
    assert_true(has(c, "a", "1", 41, UINT64_MAX));
    fetch_cache_trim(c, 1000, 20);
    assert_int_equal(fetch_cache_state(c).n, 0);
    assert_true(fetch_cache_state(c).oldest_ns == UINT64_MAX);
}

/* The model: keys in order of use, last used first. */
struct model {
    int keys[MODEL_KEYS];
    size_t n;
};

static bool model_take(struct model *m, int key)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->keys[i] != key)
            continue;
        memmove(m->keys + i, m->keys + i + 1, (--m->n - i) * sizeof(int));
        return true;
    }
    return false;
}

static void model_use(struct model *m, int key, size_t room)
{
    if (m->n == room)
        m->n--;
    memmove(m->keys + 1, m->keys, m->n++ * sizeof(int));
    m->keys[0] = key;
}

/* All entries have the same size, so the model counts entries instead of bytes. */
static void random_against_a_model(void **state)
{
    (void)state;
    const size_t room = 5;
    CLEANUP(fetch_cache) struct fetch_cache *probe = fetch_cache_new(ROOMY);
    put(probe, "a", "1", 1);
    CLEANUP(fetch_cache)
    struct fetch_cache *c = fetch_cache_new(room * fetch_cache_state(probe).used_bytes);
    struct model m = {.n = 0};
    unsigned seed = 1;
    for (uint64_t step = 1; step < MODEL_STEPS; step++) {
        int key = rand_r(&seed) % MODEL_KEYS;
        char name[2] = {(char)('a' + key), '\0'};
        bool was_there = model_take(&m, key);
        switch (rand_r(&seed) % 3) {
        case 0:
            put(c, name, "1", step);
            model_use(&m, key, room);
            break;
        case 1:
            assert_int_equal(has(c, name, "1", step, UINT64_MAX), was_there);
            if (was_there)
                model_use(&m, key, room);
            break;
        default:
            fetch_cache_remove(c, name);
            break;
        }
        assert_int_equal(fetch_cache_state(c).n, m.n);
    }
}

static void a_prefix_removes_what_begins_with_it(void **state)
{
    (void)state;
    CLEANUP(fetch_cache) struct fetch_cache *c = fetch_cache_new(ROOMY);
    put(c, "a", "1", 0);
    put(c, "ab", "2", 0);
    put(c, "abc", "3", 0);
    put(c, "b", "4", 0);
    fetch_cache_remove_prefix(c, "ab");
    fetch_value_unref_all(fetch_cache_take_left(c));
    assert_true(has(c, "a", "1", 0, 0));
    assert_false(has(c, "ab", "2", 0, 0));
    assert_false(has(c, "abc", "3", 0, 0));
    assert_true(has(c, "b", "4", 0, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_prefix_removes_what_begins_with_it),
    cmocka_unit_test(replaces),
    cmocka_unit_test(longest_unused_leaves_first),
    cmocka_unit_test(larger_than_the_cache),
    cmocka_unit_test(value_outlives_its_place),
    cmocka_unit_test(trim_drops_what_nobody_uses),
    cmocka_unit_test(random_against_a_model),
};

int main(void)
{
    return TABLE_RUN("fetch_cache age", age_rows, one_age) + GROUP_RUN("fetch_cache", tests);
}
