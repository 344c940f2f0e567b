/* The allocator behind secret_buf: random operations against a model, the erasing, the guards, and
 * what a forked child sees. Each test has a heap of its own, so these run under sanitizers too. */
#include "base/secret_heap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/table.h"

#define MIB (1u << 20)

static void *take(struct secret_heap *h, size_t n)
{
    size_t usable;
    unsigned char *p = secret_heap_alloc(h, n, &usable);

    assert_non_null(p);
    assert_true(usable >= n);
    assert_int_equal((uintptr_t)p % 16, 0);
    for (size_t i = 0; i < usable; i++)
        assert_int_equal(p[i], 0);
    memset(p, 0xaa, usable);
    return p;
}

struct size_row {
    const char *name;
    size_t n, mapped_bytes, idle_bytes;
};

/* What one block maps, and what stays mapped once it is freed. */
static const struct size_row size_rows[] = {
    {"1 byte", 1, SECRET_HEAP_CHUNK_BYTES, SECRET_HEAP_CHUNK_BYTES},
    {"64 KiB", 64u << 10, SECRET_HEAP_CHUNK_BYTES, SECRET_HEAP_CHUNK_BYTES},
    {"half a chunk and more", (128u << 10) + 1, (128u << 10) + 4096, 0},
    {"a whole chunk", 256u << 10, (256u << 10) + 4096, 0},
    {"8 MiB", 8 * MIB, 8 * MIB + 4096, 0},
};

static void size_row(void **state)
{
    const struct size_row *r = *state;
    struct secret_heap h;
    void *p;

    secret_heap_init(&h, 64 * MIB);
    p = take(&h, r->n);
    assert_int_equal(h.mapped_bytes, r->mapped_bytes);
    assert_true(h.used_bytes >= r->n);
    secret_heap_free(&h, p);
    assert_int_equal(h.used_bytes, 0);
    assert_int_equal(h.mapped_bytes, r->idle_bytes);
    secret_heap_done(&h);
    assert_int_equal(h.mapped_bytes, 0);
}

static void limit_is_kept(void **state)
{
    struct secret_heap h;
    size_t usable, n = 0;
    void *blocks[64];

    (void)state;
    secret_heap_init(&h, SECRET_HEAP_CHUNK_BYTES + 16384);
    assert_null(secret_heap_alloc(&h, MIB, &usable));
    while (n < 64 && (blocks[n] = secret_heap_alloc(&h, 10000, &usable)))
        n++;
    assert_int_equal(n, 27); /* 26 in the chunk, one in the 16 KiB that are left */
    assert_true(h.mapped_bytes <= SECRET_HEAP_CHUNK_BYTES + 16384);
    while (n > 0)
        secret_heap_free(&h, blocks[--n]);
    assert_int_equal(h.mapped_bytes, SECRET_HEAP_CHUNK_BYTES);
    secret_heap_free(&h, NULL);
    secret_heap_done(&h);
}

static void free_erases(void **state)
{
    struct secret_heap h;
    unsigned char *p, *keep;

    (void)state;
    secret_heap_init(&h, MIB);
    keep = take(&h, 100);
    p = take(&h, 5000);
    secret_heap_free(&h, p);
    for (size_t i = 2 * sizeof(void *); i < 5000; i++)
        assert_int_equal(p[i], 0); /* the chunk is still mapped */
    secret_heap_free(&h, keep);
    secret_heap_done(&h);
}

/* Only the part that was written is erased, and the guard behind; the rest is zero already. */
static void free_erases_what_was_used(void **state)
{
    struct secret_heap h;
    size_t usable;
    unsigned char *keep, *p;

    (void)state;
    secret_heap_init(&h, MIB);
    keep = take(&h, 100);
    p = secret_heap_alloc(&h, 5000, &usable);
    memset(p, 0xaa, 300);
    secret_heap_free_used(&h, p, 300);
    for (size_t i = 2 * sizeof(void *); i < usable + sizeof(uint64_t); i++)
        assert_int_equal(p[i], 0);
    p = secret_heap_alloc(&h, 5000, &usable);
    for (size_t i = 0; i < usable; i++)
        assert_int_equal(p[i], 0);
    secret_heap_free(&h, p);
    secret_heap_free(&h, keep);
    secret_heap_done(&h);
}

#define SLOTS 200

struct slot {
    unsigned char *p;
    size_t n;
    unsigned char fill;
};

static void slot_change(struct secret_heap *h, struct slot *s, unsigned *seed)
{
    size_t usable;

    if (s->p) {
        for (size_t i = 0; i < s->n; i++)
            assert_int_equal(s->p[i], s->fill);
        secret_heap_free(h, s->p);
        s->p = NULL;
        return;
    }
    s->n = (size_t)rand_r(seed) % (rand_r(seed) % 20 ? 3000 : 300000) + 1;
    s->fill = (unsigned char)rand_r(seed);
    s->p = secret_heap_alloc(h, s->n, &usable);
    if (s->p)
        memset(s->p, s->fill, s->n);
}

static void random_operations(void **state)
{
    static struct slot slots[SLOTS];
    struct secret_heap h;
    unsigned seed = 1;

    (void)state;
    secret_heap_init(&h, 4 * MIB);
    for (size_t step = 0; step < 20000; step++) {
        slot_change(&h, &slots[(size_t)rand_r(&seed) % SLOTS], &seed);
        assert_true(h.mapped_bytes <= 4 * MIB);
        assert_true(h.used_bytes <= h.mapped_bytes);
    }
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].p)
            slot_change(&h, &slots[i], &seed);
    assert_int_equal(h.used_bytes, 0);
    assert_int_equal(h.mapped_bytes, SECRET_HEAP_CHUNK_BYTES);
    secret_heap_done(&h);
}

/* Do the damage in a child; the signal that ended it, 0 if none did. */
static int signal_of(void (*damage)(struct secret_heap *h))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct secret_heap h;

        signal(SIGABRT, SIG_DFL);
        secret_heap_init(&h, MIB);
        damage(&h);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void damage_none(struct secret_heap *h)
{
    size_t usable;

    secret_heap_free(h, secret_heap_alloc(h, 40, &usable));
}

static void damage_behind(struct secret_heap *h)
{
    size_t usable;
    unsigned char *p = secret_heap_alloc(h, 40, &usable);

    p[usable] ^= 1;
    secret_heap_free(h, p);
}

static void damage_before(struct secret_heap *h)
{
    size_t usable;
    unsigned char *p = secret_heap_alloc(h, 40, &usable);

    p[-16] ^= 1;
    secret_heap_free(h, p);
}

static void damage_twice(struct secret_heap *h)
{
    size_t usable;
    unsigned char *p = secret_heap_alloc(h, 40, &usable);

    secret_heap_free(h, p);
    secret_heap_free(h, p);
}

struct damage_row {
    const char *name;
    void (*damage)(struct secret_heap *h);
    int want;
};

static const struct damage_row damage_rows[] = {
    {"no damage", damage_none, 0},
    {"one byte behind", damage_behind, SIGABRT},
    {"one byte before", damage_before, SIGABRT},
    {"freed twice", damage_twice, SIGABRT},
};

static void damage_row(void **state)
{
    const struct damage_row *r = *state;

    assert_int_equal(signal_of(r->damage), r->want);
}

static void child_sees_nothing(void **state)
{
    struct secret_heap h;
    unsigned char *p;
    int status;
    pid_t pid;

    (void)state;
    secret_heap_init(&h, MIB);
    p = take(&h, 4096);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(p[0] || p[4095]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(p[0], 0xaa);
    secret_heap_free(&h, p);
    secret_heap_done(&h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_is_kept),
        cmocka_unit_test(free_erases),
        cmocka_unit_test(free_erases_what_was_used),
        cmocka_unit_test(random_operations),
        cmocka_unit_test(child_sees_nothing),
    };

    return TABLE_RUN("secret_heap_size", size_rows, size_row) +
           TABLE_RUN("secret_heap_damage", damage_rows, damage_row) +
           GROUP_RUN("secret_heap", tests);
}
