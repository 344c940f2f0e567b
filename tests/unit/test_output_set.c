/* Order, revision, External Secrets' hash, and the size limit. */

#include "spec/output_set.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static void put(struct output_set *o, const char *key, const char *value)
{
    struct secret_buf *b;
    assert_null(secret_buf_copy(secret_view_of(value, strlen(value)), &b));
    assert_null(output_set_put(o, key, b));
}

static void keys_are_sorted_and_replaced(void **state)
{
    (void)state;
    CLEANUP(output_set) struct output_set *o = output_set_new();
    put(o, "b", "1");
    put(o, "a", "2");
    put(o, "c", "3");
    put(o, "b", "four");
    assert_int_equal(o->n, 3);
    assert_string_equal(o->items[0].key, "a");
    assert_string_equal(o->items[2].key, "c");
    assert_int_equal(o->total_bytes, 6);
    const struct output *b = output_set_find(o, "b");
    assert_true(secret_view_equal(secret_buf_view(b->value), secret_view_of("four", 4)));
    assert_null(output_set_find(o, "bb"));
}

struct hash_row {
    const char *name;
    const char *pairs[5]; /* key, value, ..., NULL */
    const char *want;
};
/* Golden values made by External Secrets' own ObjectHash. */
static const struct hash_row hash_rows[] = {
    {"empty", {NULL}, "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b"},
    {"two keys",
     {"foo", "value1", "bar", "value2", NULL},
     "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"},
};

static void one_hash(void **state)
{
    const struct hash_row *r = *state;
    char hex[DIGEST_SHA3_224_HEX];
    CLEANUP(output_set) struct output_set *o = output_set_new();
    for (size_t i = 0; r->pairs[i]; i += 2)
        put(o, r->pairs[i], r->pairs[i + 1]);
    assert_null(output_set_data_hash(o, hex));
    assert_string_equal(hex, r->want);
}

static struct output_set *sealed(const struct digest_key *key, const char *name, const char *value)
{
    struct output_set *o = output_set_new();
    put(o, name, value);
    output_set_seal(o, key);
    return o;
}

static void revision_says_changed_or_not(void **state)
{
    (void)state;
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(digest_key) struct digest_key *other_key = NULL;
    assert_null(digest_key_new(&key));
    assert_null(digest_key_new(&other_key));
    CLEANUP(output_set) struct output_set *a = sealed(key, "k", "v");
    CLEANUP(output_set) struct output_set *same = sealed(key, "k", "v");
    CLEANUP(output_set) struct output_set *value = sealed(key, "k", "w");
    CLEANUP(output_set) struct output_set *shifted = sealed(key, "kv", "");
    CLEANUP(output_set) struct output_set *elsewhere = sealed(other_key, "k", "v");
    assert_string_equal(a->revision, same->revision);
    assert_string_not_equal(a->revision, value->revision);
    assert_string_not_equal(a->revision, shifted->revision);
    assert_string_not_equal(a->revision, elsewhere->revision);
}

static void total_is_limited(void **state)
{
    (void)state;
    CLEANUP(output_set) struct output_set *o = output_set_new();
    struct secret_buf *half;
    struct secret_buf *more;
    size_t n = OUTPUT_TOTAL_MAX / 2 + 1;
    char *bytes = xcalloc(1, n);
    assert_null(secret_buf_copy(secret_view_of(bytes, n), &half));
    assert_null(secret_buf_copy(secret_view_of(bytes, n), &more));
    free(bytes);
    assert_null(output_set_put(o, "a", half));
    CLEANUP(err) struct err *e = output_set_put(o, "b", more);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(o->n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_sorted_and_replaced),
        cmocka_unit_test(revision_says_changed_or_not),
        cmocka_unit_test(total_is_limited),
    };
    return TABLE_RUN("output_set_data_hash", hash_rows, one_hash) + GROUP_RUN("output_set", tests);
}
