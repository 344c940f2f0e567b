/* secret_buf against a model, its limits, its erasing, and the arena's switches. */
#include "base/secret_buf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/table.h"

static void expect_error(struct err *e, enum err_class want)
{
    CLEANUP(err) struct err *owned = e;

    assert_non_null(owned);
    assert_int_equal(err_class(owned), want);
}

static void expect_bytes(const struct secret_buf *b, const void *bytes, size_t n)
{
    struct secret_view v = secret_buf_view(b);

    assert_int_equal(v.n, n);
    assert_int_equal(secret_buf_size(b), n);
    if (n)
        assert_memory_equal(secret_view_raw(v), bytes, n);
}

/* Freed memory, read past the sanitizers. */
static void read_memory(const void *at, void *out, size_t n)
{
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, out, n, (off_t)(uintptr_t)at), n);
    close(fd);
}

struct append_row {
    const char *name;
    size_t capacity;
    const char *first, *second;
};

static const struct append_row append_rows[] = {
    {"nothing", 0, "", ""},
    {"fits", 16, "abc", "def"},
    {"grows from nothing", 0, "abc", "def"},
    {"grows", 4, "abc", "defghijklmnop"},
};

static void append_row(void **state)
{
    const struct append_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    char want[64];

    snprintf(want, sizeof(want), "%s%s", r->first, r->second);
    assert_null(secret_buf_new(r->capacity, &b));
    assert_null(secret_buf_puts(b, r->first));
    assert_null(secret_buf_append_raw(b, r->second, strlen(r->second)));
    expect_bytes(b, want, strlen(want));
}

static void size_limits(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    char *big = xcalloc(1, SECRET_BUF_MAX);

    (void)state;
    expect_error(secret_buf_new(SECRET_BUF_MAX + 1u, &b), ERR_INVALID);
    assert_null(b);
    expect_error(secret_buf_copy(secret_view_of(big, SECRET_BUF_MAX + 1u), &b), ERR_INVALID);
    assert_null(secret_buf_copy(secret_view_of(big, SECRET_BUF_MAX), &b));
    expect_error(secret_buf_puts(b, "x"), ERR_INVALID);
    expect_error(secret_buf_append(b, secret_view_of(big, SIZE_MAX)), ERR_INVALID);
    assert_int_equal(secret_buf_size(b), SECRET_BUF_MAX);
    secret_buf_truncate(b, 5);
    assert_null(secret_buf_puts(b, "x"));
    expect_bytes(b, "\0\0\0\0\0x", 6);
    free(big);
}

static void arena_limit(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    CLEANUP(secret_buf) struct secret_buf *big = NULL;

    (void)state;
    secret_arena_limit(1u << 20);
    assert_null(secret_buf_new(16, &b));
    assert_null(secret_buf_puts(b, "kept"));
    expect_error(secret_buf_new(2u << 20, &big), ERR_INTERNAL);
    assert_null(big);
    assert_null(secret_buf_new(512u << 10, &big));
    secret_arena_limit(64u << 20);
    expect_bytes(b, "kept", 4);
}

static void nth_allocation_fails(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    CLEANUP(secret_buf) struct secret_buf *other = NULL;

    (void)state;
    secret_arena_fail_after(2);
    assert_null(secret_buf_new(4, &b));
    assert_null(secret_buf_puts(b, "abcd"));
    expect_error(secret_buf_puts(b, "a longer text than four bytes, so that it has to move"),
                 ERR_INTERNAL);
    expect_bytes(b, "abcd", 4);
    secret_arena_fail_after(1);
    expect_error(secret_buf_copy(secret_buf_view(b), &other), ERR_INTERNAL);
    assert_null(other);
    secret_arena_fail_after(0);
    assert_null(secret_buf_copy(secret_buf_view(b), &other));
    expect_bytes(other, "abcd", 4);
}

static void append_a_part_of_itself(void **state)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;

    (void)state;
    assert_null(secret_buf_new(6, &b));
    assert_null(secret_buf_puts(b, "abcdef"));
    for (int i = 0; i < 5; i++)
        assert_null(secret_buf_append(b, secret_buf_view(b)));
    assert_int_equal(secret_buf_size(b), 6 * 32);
    assert_memory_equal(secret_view_raw(secret_view_part(secret_buf_view(b), 186, 6)), "abcdef", 6);
}

static void growth_truncation_and_free_erase(void **state)
{
    static const unsigned char zero[12];
    struct secret_buf *b = NULL;
    const unsigned char *old;
    unsigned char seen[32];

    (void)state;
    assert_null(secret_buf_new(32, &b));
    assert_null(secret_buf_puts(b, "0123456789abcdef0123456789abcdef"));
    old = secret_view_raw(secret_buf_view(b));
    secret_buf_truncate(b, 20);
    read_memory(old, seen, 32);
    assert_memory_equal(seen, "0123456789abcdef0123", 20);
    assert_memory_equal(seen + 20, zero, 12);
    assert_null(secret_buf_puts(b, "0123456789abcdef0123456789abcdef0123456789abcdef"));
    assert_ptr_not_equal(secret_view_raw(secret_buf_view(b)), old);
    read_memory(old, seen, 32);
    assert_memory_equal(seen + 18, zero, 12); /* the first 16 bytes may be the heap's own links */
    old = secret_view_raw(secret_buf_view(b));
    secret_buf_free(b);
    read_memory(old + 16, seen, 12);
    assert_memory_equal(seen, zero, 12);
    secret_buf_free(NULL);
}

static void views(void **state)
{
    struct secret_view v = secret_view_of("abcdef", 6);
    unsigned char bytes[3] = {1, 2, 3};

    (void)state;
    assert_true(secret_view_equal(v, secret_view_of("abcdef", 6)));
    assert_false(secret_view_equal(v, secret_view_of("abcdeg", 6)));
    assert_false(secret_view_equal(v, secret_view_of("abcde", 5)));
    assert_true(secret_view_equal(secret_view_part(v, 2, 3), secret_view_of("cde", 3)));
    assert_true(secret_view_equal(secret_buf_view(NULL), secret_view_part(v, 6, 0)));
    assert_int_equal(secret_buf_view(NULL).n, 0);
    secret_erase(bytes, 2);
    assert_memory_equal(bytes, "\0\0\3", 3);
}

#define MODELS 8

struct model {
    struct secret_buf *b;
    unsigned char bytes[20000];
    size_t n;
};

static void model_step(struct model *m, unsigned *seed)
{
    unsigned char more[600];
    size_t n = (size_t)rand_r(seed) % sizeof(more);

    switch (rand_r(seed) % 8) {
    case 0:
        secret_buf_free(TAKE(m->b));
        m->n = 0;
        assert_null(secret_buf_new(n, &m->b));
        return;
    case 1:
        m->n = m->n ? (size_t)rand_r(seed) % m->n : 0;
        secret_buf_truncate(m->b, m->n);
        return;
    default:
        if (m->n + n > sizeof(m->bytes))
            return;
        memset(more, rand_r(seed), n);
        memcpy(m->bytes + m->n, more, n);
        m->n += n;
        assert_null(secret_buf_append_raw(m->b, more, n));
    }
}

static void random_operations(void **state)
{
    static struct model models[MODELS];
    size_t used = secret_arena_state().used_bytes;
    unsigned seed = 7;

    (void)state;
    for (size_t i = 0; i < MODELS; i++)
        assert_null(secret_buf_new(0, &models[i].b));
    for (size_t step = 0; step < 10000; step++) {
        struct model *m = &models[(size_t)rand_r(&seed) % MODELS];

        model_step(m, &seed);
        expect_bytes(m->b, m->bytes, m->n);
    }
    for (size_t i = 0; i < MODELS; i++)
        secret_buf_free(TAKE(models[i].b));
    assert_int_equal(secret_arena_state().used_bytes, used);
}

static void one_thread(void *arg)
{
    unsigned *failures = arg;

    for (int i = 0; i < 500; i++) {
        CLEANUP(secret_buf) struct secret_buf *b = NULL;
        struct err *e = secret_buf_new(10, &b);

        for (int k = 0; k < 20 && !e; k++)
            e = secret_buf_puts(b, "a text of some length that makes the buffer grow");
        *failures += e != NULL || secret_buf_size(b) != 20 * 48;
        err_free(e);
    }
}

static void threads_share_the_arena(void **state)
{
    unsigned failures[4] = {0};
    struct thread *threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        threads[i] = thread_start("secrets", one_thread, &failures[i]);
    for (size_t i = 0; i < 4; i++)
        thread_join(threads[i]);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(failures[i], 0);
}

static void idle_arena_is_small(void **state)
{
    struct secret_arena_state s = secret_arena_state();

    (void)state;
    assert_int_equal(s.used_bytes, 0);
    assert_true(s.mapped_bytes <= 256u << 10);
    assert_true(!s.is_blocked || !s.is_locked);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_limits),
        cmocka_unit_test(nth_allocation_fails),
        cmocka_unit_test(append_a_part_of_itself),
        cmocka_unit_test(growth_truncation_and_free_erase),
        cmocka_unit_test(views),
        cmocka_unit_test(random_operations),
        cmocka_unit_test(threads_share_the_arena),
        cmocka_unit_test(idle_arena_is_small),
        cmocka_unit_test(arena_limit),
    };

    return TABLE_RUN("secret_buf_append", append_rows, append_row) + GROUP_RUN("secret_buf", tests);
}
