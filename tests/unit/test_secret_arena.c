/* Pieces are zero, aligned and apart; the maximum is kept; what was freed comes back zero. */
#include "base/secret_arena.h"

#include <stdint.h>
#include <string.h>

#include "base/secret_buf.h"
#include "tests/support/table.h"

#define PIECES ((size_t)500)
#define MEMORY ((size_t)8 << 20)

static unsigned char *take(struct secret_arena *a, size_t n)
{
    void *p = NULL;
    CLEANUP(err) struct err *e = secret_arena_alloc(a, n, &p);

    assert_null(e);
    assert_non_null(p);
    return p;
}

static void check_all(const unsigned char *p, size_t n, unsigned char c)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], c);
}

static void pieces_are_apart(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(64u << 20);
    unsigned char *pieces[PIECES];

    (void)state;
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = take(a, i * 7);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        check_all(pieces[i], i * 7, 0);
        memset(pieces[i], (int)(i % 255) + 1, i * 7);
    }
    for (size_t i = 0; i < PIECES; i++)
        check_all(pieces[i], i * 7, (unsigned char)(i % 255 + 1));
    assert_true(secret_arena_used(a) >= PIECES * (PIECES - 1) / 2 * 7);
}

static void large_pieces(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(64u << 20);

    (void)state;
    unsigned char *small = take(a, 10);
    unsigned char *large = take(a, 1u << 20);
    unsigned char *after = take(a, 10);
    memset(small, 1, 10);
    memset(large, 2, 1u << 20);
    memset(after, 3, 10);
    check_all(small, 10, 1);
    check_all(large, 1u << 20, 2);
}

struct limit_row {
    const char *name;
    size_t max, first, then;
    const char *want; /* NULL: then fits */
};

static const struct limit_row limit_rows[] = {
    {"exactly", 4096, 1024, 3072, NULL},
    {"one too many", 4096, 1024, 3073, "limit reached: more than 4096 bytes of memory"},
    {"alone too large", 100, 16, 101, "limit reached: more than 100 bytes of memory"},
    {"size that overflows", 4096, 16, SIZE_MAX, "limit reached: more than 4096 bytes of memory"},
    {"nothing", 16, 16, 0, NULL},
    {"largest piece", 64u << 20, 16, SECRET_ARENA_PIECE_MAX, NULL},
    {"piece too large", 64u << 20, 16, SECRET_ARENA_PIECE_MAX + 1,
     "limit reached: more than 7340032 bytes in one piece"},
};

static void limit_row(void **state)
{
    const struct limit_row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(r->max);
    void *p = NULL;

    take(a, r->first);
    size_t used = secret_arena_used(a);
    CLEANUP(err) struct err *e = secret_arena_alloc(a, r->then, &p);
    assert_int_equal(e != NULL, r->want != NULL);
    if (!e)
        return;
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
    assert_null(p);
    assert_int_equal(secret_arena_used(a), used);
}

static void memory_runs_out(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    void *p = NULL;

    (void)state;
    secret_arena_fail_after(1);
    CLEANUP(err) struct err *e = secret_arena_alloc(a, 10, &p);
    secret_arena_fail_after(0);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_null(p);
    take(a, 10);
}

/* Pieces until one is refused; its error. */
static struct err *fill(struct secret_arena *a, size_t piece)
{
    struct err *e = NULL;
    void *p;

    while (!e)
        e = secret_arena_alloc(a, piece, &p);
    return e;
}

/* A large arena is told of the others, a small one still finds room, and so does a buffer. */
static void arenas_leave_room(void **state)
{
    struct secret_arena *first = secret_arena_new(MEMORY);
    CLEANUP(secret_arena) struct secret_arena *second = secret_arena_new(MEMORY);
    CLEANUP(secret_arena) struct secret_arena *small = secret_arena_new(MEMORY);
    CLEANUP(secret_buf) struct secret_buf *b = NULL;

    (void)state;
    secret_arena_limit(MEMORY);
    memset(take(first, MEMORY / 2), 1, MEMORY / 2);
    CLEANUP(err) struct err *refused = fill(second, 100000);
    assert_int_equal(err_class(refused), ERR_UNAVAILABLE);
    assert_non_null(strstr(err_text(refused), "memory for templates is in use by others"));
    take(small, 10000);
    CLEANUP(err) struct err *e = secret_buf_new(MEMORY / 16, &b);
    assert_null(e);
    secret_arena_free(first);
    take(second, MEMORY / 4);
    secret_arena_limit(64u << 20);
}

/* What never fits is no matter of the others. */
static void alone_it_is_a_limit(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(2 * MEMORY);

    (void)state;
    secret_arena_limit(MEMORY);
    CLEANUP(err) struct err *e = fill(a, 100000);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "limit reached: more than 6291456 bytes of secret memory");
    secret_arena_limit(64u << 20);
}

/* Pieces of any size: an arena holds at most a third more than it hands out. */
static void little_is_left_unused(void **state)
{
    size_t most = SECRET_IS_BLOCKED ? 24u << 20 : 16u << 20;
    static const size_t sizes[] = {48, 5000, 64000, 66000, 131000, 140000, 300000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        size_t before = secret_arena_state().used_bytes;
        CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(12u << 20);
        CLEANUP(err) struct err *e = fill(a, sizes[i]);

        assert_int_equal(err_class(e), ERR_INVALID);
        assert_in_range(secret_arena_state().used_bytes - before, 11u << 20, most);
    }
}

static void charged_bytes_count(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1000);
    void *p = NULL;

    (void)state;
    secret_arena_charge(a, 900);
    take(a, 96);
    CLEANUP(err) struct err *e = secret_arena_alloc(a, 16, &p);
    assert_int_equal(err_class(e), ERR_INVALID);
    secret_arena_reset(a);
    take(a, 900);
}

/* Only the newest piece grows in place, and only into what is there. */
static void last_piece_grows(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1024);
    unsigned char *first = take(a, 10);
    unsigned char *last = take(a, 20);

    (void)state;
    memset(last, 7, 20);
    assert_false(secret_arena_extend(a, first, 10, 1000));
    if (SECRET_IS_BLOCKED) {
        assert_false(secret_arena_extend(a, last, 20, 1));
        return;
    }
    size_t used = secret_arena_used(a);
    assert_true(secret_arena_extend(a, last, 20, 5));
    assert_int_equal(secret_arena_used(a), used);
    assert_true(secret_arena_extend(a, last, 25, 100));
    check_all(last, 20, 7);
    check_all(last + 20, 105, 0);
    assert_true(take(a, 16) >= last + 125);
    assert_false(secret_arena_extend(a, last, 125, 100));
}

static void growth_keeps_the_maximum(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(256);
    unsigned char *p = take(a, 128);

    (void)state;
    assert_false(secret_arena_extend(a, p, 128, 129));
    assert_int_equal(secret_arena_extend(a, p, 128, 128), !SECRET_IS_BLOCKED);
}

/* What one arena held is not in the next one that gets its memory. */
static void freed_memory_is_erased(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
        for (int i = 0; i < 20; i++) {
            unsigned char *p = take(a, 1000);
            check_all(p, 1000, 0);
            memset(p, 0xaa, 1000);
        }
    }
}

/* A reset arena is as a new one, but keeps a small first block and only that. */
static void reset_begins_anew(void **state)
{
    size_t before = secret_arena_state().used_bytes;
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);

    (void)state;
    secret_arena_reset(a);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1000; n <= 256000; n *= 4) {
            unsigned char *p = take(a, n);
            check_all(p, n, 0);
            memset(p, 0xaa, n);
        }
        secret_arena_reset(a);
        assert_int_equal(secret_arena_used(a), 0);
        assert_in_range(secret_arena_state().used_bytes, before, before + 8192);
    }
    memset(take(a, 1u << 20), 0xaa, 1u << 20);
    secret_arena_reset(a);
    check_all(take(a, 1u << 20), 1u << 20, 0);
}

static void all_is_given_back(void **state)
{
    size_t before = secret_arena_state().used_bytes;
    struct secret_arena *a = secret_arena_new(1u << 20);

    (void)state;
    take(a, 100000);
    assert_true(secret_arena_state().used_bytes >= before + 100000);
    secret_arena_free(a);
    assert_int_equal(secret_arena_state().used_bytes, before);
    secret_arena_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_apart),         cmocka_unit_test(large_pieces),
        cmocka_unit_test(arenas_leave_room),        cmocka_unit_test(alone_it_is_a_limit),
        cmocka_unit_test(little_is_left_unused),    cmocka_unit_test(charged_bytes_count),
        cmocka_unit_test(memory_runs_out),          cmocka_unit_test(last_piece_grows),
        cmocka_unit_test(growth_keeps_the_maximum), cmocka_unit_test(freed_memory_is_erased),
        cmocka_unit_test(reset_begins_anew),        cmocka_unit_test(all_is_given_back),
    };

    return TABLE_RUN("secret_arena limits", limit_rows, limit_row) +
           GROUP_RUN("secret_arena", tests);
}
