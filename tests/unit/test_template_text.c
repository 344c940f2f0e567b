/* Texts with zero bytes in them, and the buffer that remembers its first failure. */
#include "template/text.h"

#include <string.h>

#include "tests/support/table.h"

#define T(literal) TEXT(literal)

struct find_row {
    const char *name;
    struct text t, needle;
    size_t from;
    ptrdiff_t first, last;
};

static const struct find_row find_rows[] = {
    {"nothing in nothing", T(""), T(""), 0, 0, 0},
    {"something in nothing", T(""), T("a"), 0, -1, -1},
    {"nothing in something", T("abc"), T(""), 2, 2, 3},
    {"at the beginning", T("abcab"), T("ab"), 0, 0, 3},
    {"from later on", T("abcab"), T("ab"), 1, 3, 3},
    {"from where it begins", T("abcab"), T("ab"), 3, 3, 3},
    {"not any more", T("abcab"), T("ab"), 4, -1, 3},
    {"longer than the text", T("ab"), T("abc"), 0, -1, -1},
    {"whole text", T("abc"), T("abc"), 0, 0, 0},
    {"overlapping", T("aaaa"), T("aa"), 1, 1, 2},
    {"after a zero byte", T("a\0b"), T("b"), 0, 2, 2},
    {"zero byte", T("a\0b\0"), T("\0"), 2, 3, 3},
    {"from the end", T("abc"), T("c"), 3, -1, 2},
};

static void find_row(void **state)
{
    const struct find_row *r = *state;

    assert_int_equal(text_find(r->t, r->from, r->needle), r->first);
    assert_int_equal(text_find_last(r->t, r->needle), r->last);
}

struct compare_row {
    const char *name;
    struct text a, b;
    int want;
    bool has_prefix, has_suffix; /* a has b */
};

static const struct compare_row compare_rows[] = {
    {"both empty", {NULL, 0}, T(""), 0, true, true},
    {"empty is less", T(""), T("a"), -1, false, false},
    {"equal", T("abc"), T("abc"), 0, true, true},
    {"shorter is less", T("ab"), T("abc"), -1, false, false},
    {"longer begins so", T("abc"), T("ab"), 1, true, false},
    {"longer ends so", T("abc"), T("bc"), -1, false, true},
    {"bytes are unsigned", T("\xff"), T("a"), 1, false, false},
    {"zero byte is least", T("a\0b"), T("a\x01"), -1, false, false},
    {"differ after a zero byte", T("a\0b"), T("a\0c"), -1, false, false},
    {"anything begins with nothing", T("a"), {NULL, 0}, 1, true, true},
};

static void compare_row(void **state)
{
    const struct compare_row *r = *state;
    int order = text_compare(r->a, r->b);

    assert_int_equal((order > 0) - (order < 0), r->want);
    order = text_compare(r->b, r->a);
    assert_int_equal((order > 0) - (order < 0), -r->want);
    assert_int_equal(text_equal(r->a, r->b), r->want == 0);
    assert_int_equal(text_has_prefix(r->a, r->b), r->has_prefix);
    assert_int_equal(text_has_suffix(r->a, r->b), r->has_suffix);
}

static void small_helpers(void **state)
{
    struct text part = text_part(TEXT("abcdef"), 2, 3);

    (void)state;
    assert_true(text_is(part, "cde"));
    assert_false(text_is(part, "cd"));
    assert_false(text_is(TEXT("a\0b"), "a"));
    assert_true(text_is((struct text){NULL, 0}, ""));
    assert_int_equal(text_part((struct text){NULL, 0}, 0, 0).n, 0);
    assert_true(text_equal(text_of("xy"), TEXT("xy")));
}

static void copies_live_on(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    char source[] = "a\0b";
    struct text copy;
    char *c_string = NULL;

    (void)state;
    CLEANUP(err)
    struct err *e = text_copy(a, (struct text){(const unsigned char *)source, 3}, &copy);
    assert_null(e);
    memset(source, 'x', 3);
    assert_true(text_equal(copy, TEXT("a\0b")));
    e = text_c_string(a, TEXT("abc"), 3, &c_string);
    assert_null(e);
    assert_string_equal(c_string, "abc");
    e = text_c_string(a, (struct text){NULL, 0}, 0, &c_string);
    assert_null(e);
    assert_string_equal(c_string, "");
}

struct c_string_row {
    const char *name;
    struct text t;
    size_t max, arena_max;
    const char *want;
};

static const struct c_string_row c_string_rows[] = {
    {"zero byte", T("a\0b"), 10, 1000, "text holds a zero byte"},
    {"zero byte at the end", T("a\0"), 10, 1000, "text holds a zero byte"},
    {"too long", T("abc"), 2, 1000, "text of 3 bytes is longer than 2"},
    {"no room", T("abcdefghijklmnopq"), 99, 16, "limit reached: more than 16 bytes of memory"},
};

static void c_string_row(void **state)
{
    const struct c_string_row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(r->arena_max);
    char *out = NULL;
    CLEANUP(err) struct err *e = text_c_string(a, r->t, r->max, &out);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
    assert_null(out);
}

static void buffer_prints(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    struct text_buf b;
    struct text out;

    (void)state;
    text_buf_init(&b, a, TEXT_MAX);
    text_buf_puts(&b, "a");
    text_buf_byte(&b, 0);
    text_buf_rune(&b, 0x20ac);
    text_buf_rune(&b, 0xd800);
    text_buf_int(&b, INT64_MIN);
    text_buf_byte(&b, ' ');
    text_buf_int(&b, 0);
    text_buf_uint(&b, UINT64_MAX);
    text_buf_fill(&b, '-', 3);
    text_buf_fill(&b, '-', 0);
    text_buf_add(&b, (struct text){NULL, 0});
    text_buf_bytes(&b, "xyz", 2);
    memcpy(text_buf_room(&b, 2), "!?", 2);
    assert_true(text_buf_ok(&b));
    CLEANUP(err) struct err *e = text_buf_end(&b, &out);
    assert_null(e);
    assert_true(text_equal(out, TEXT("a\0\xe2\x82\xac\xef\xbf\xbd-9223372036854775808 0"
                                     "18446744073709551615---xy!?")));
}

/* Pieces of all sizes, with other allocations between, so that it grows in place and by moving. */
static void buffer_grows(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(48u << 20);
    struct text_buf b;
    struct text out;
    size_t n = 0;

    (void)state;
    text_buf_init(&b, a, TEXT_MAX);
    for (size_t i = 0; i < 2000; i++) {
        void *other;
        CLEANUP(err) struct err *e = i % 7 ? NULL : secret_arena_alloc(a, 8, &other);
        assert_null(e);
        text_buf_fill(&b, (unsigned char)(i % 251), i % 300);
        n += i % 300;
    }
    CLEANUP(err) struct err *e = text_buf_end(&b, &out);
    assert_null(e);
    assert_int_equal(out.n, n);
    for (size_t i = 0, at = 0; i < 2000; at += i % 300, i++) {
        if (i % 300)
            assert_true(out.p[at] == i % 251 && out.p[at + i % 300 - 1] == i % 251);
    }
}

static void first_failure_sticks(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    struct text_buf b;
    struct text out = TEXT("kept");

    (void)state;
    text_buf_init(&b, a, 5);
    text_buf_puts(&b, "abcde");
    assert_true(text_buf_ok(&b));
    text_buf_byte(&b, 'f');
    assert_false(text_buf_ok(&b));
    text_buf_puts(&b, "");
    text_buf_fill(&b, 'x', 1u << 30);
    assert_null(text_buf_room(&b, 1));
    assert_true(text_is(text_buf_view(&b), "abcde"));
    CLEANUP(err) struct err *e = text_buf_end(&b, &out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "limit reached: text longer than 5 bytes");
    assert_true(text_is(out, "kept"));
}

static void buffer_meets_the_arenas_limit(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1000);
    struct text_buf b;
    struct text out;

    (void)state;
    text_buf_init(&b, a, TEXT_MAX);
    text_buf_fill(&b, 'x', 1001);
    CLEANUP(err) struct err *e = text_buf_end(&b, &out);
    assert_non_null(e);
    assert_string_equal(err_text(e), "limit reached: more than 1000 bytes of memory");
}

/* The largest text that is promised can be made, whatever the steps. */
static void longest_text(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(48u << 20);
    struct text_buf b;
    struct text out;

    (void)state;
    text_buf_init(&b, a, TEXT_MAX);
    for (size_t n = 0; n < TEXT_MAX; n += 4096)
        text_buf_fill(&b, 'x', 4096);
    assert_true(text_buf_ok(&b));
    text_buf_byte(&b, 'x');
    assert_false(text_buf_ok(&b));
    CLEANUP(err) struct err *e = text_buf_end(&b, &out);
    assert_non_null(e);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_helpers),        cmocka_unit_test(copies_live_on),
        cmocka_unit_test(buffer_prints),        cmocka_unit_test(buffer_grows),
        cmocka_unit_test(first_failure_sticks), cmocka_unit_test(buffer_meets_the_arenas_limit),
        cmocka_unit_test(longest_text),
    };

    return TABLE_RUN("text_find", find_rows, find_row) +
           TABLE_RUN("text_compare", compare_rows, compare_row) +
           TABLE_RUN("text_c_string", c_string_rows, c_string_row) + GROUP_RUN("text", tests);
}
