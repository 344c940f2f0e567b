/* Waits under scripted random numbers: they grow, they stop growing, and nobody is asked to come
 * back earlier than the other side wanted. */
#include "tests/support/table.h"

#include <stdbool.h>

#include "base/clock.h"
#include "net/retry.h"

static double scripted(void *ctx)
{
    return *(const double *)ctx;
}

struct row {
    const char *name;
    struct backoff backoff;
    unsigned attempt;
    double random;
    uint64_t want_ns;
};

#define REFLECTOR                                                                                  \
    {                                                                                              \
        .base_ns = 800 * NS_PER_MS, .max_ns = 30 * NS_PER_S, .factor = 2, .jitter = 1              \
    }
#define FLAT                                                                                       \
    {                                                                                              \
        .base_ns = NS_PER_S, .max_ns = 10 * NS_PER_S, .factor = 1, .jitter = 0                     \
    }

static const struct row rows[] = {
    {"first", REFLECTOR, 0, 0, 800 * NS_PER_MS},
    {"first, half the jitter", REFLECTOR, 0, 0.5, 1200 * NS_PER_MS},
    {"second", REFLECTOR, 1, 0, 1600 * NS_PER_MS},
    {"sixth", REFLECTOR, 5, 0, 25600 * NS_PER_MS},
    {"seventh is the longest", REFLECTOR, 6, 0, 30 * NS_PER_S},
    {"jitter beyond the longest", REFLECTOR, 6, 0.5, 45 * NS_PER_S},
    {"four billionth", REFLECTOR, UINT32_MAX, 0, 30 * NS_PER_S},
    {"no growth", FLAT, 1000, 0.9, NS_PER_S},
    {"base is the longest",
     {.base_ns = NS_PER_S, .max_ns = NS_PER_S, .factor = 3, .jitter = 0.1},
     2,
     0,
     NS_PER_S},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    double value = r->random;
    const struct retry_random random = {scripted, &value};

    assert_int_equal(retry_delay_ns(&r->backoff, r->attempt, &random), r->want_ns);
}

struct after_row {
    const char *name;
    uint64_t asked_ns;
    double random;
    uint64_t want_ns;
};

static const struct after_row after_rows[] = {
    {"not asked", 0, 0, NS_PER_S},
    {"asked", 5 * NS_PER_S, 0, 5 * NS_PER_S},
    {"asked, half the jitter", 5 * NS_PER_S, 0.5, 5500 * NS_PER_MS},
    {"one minute", 60 * NS_PER_S, 0, 60 * NS_PER_S},
    {"more than a minute", 61 * NS_PER_S, 0, 60 * NS_PER_S},
    {"for ever", UINT64_MAX, 0.5, 66 * NS_PER_S},
};

static void one_after_row(void **state)
{
    const struct after_row *r = *state;
    double value = r->random;
    const struct retry_random random = {scripted, &value};
    struct backoff b = FLAT;

    assert_int_equal(retry_next_ns(&b, r->asked_ns, &random), r->want_ns);
    assert_int_equal(b.failures, 1);
}

static void counts_and_resets(void **state)
{
    static const uint64_t want_ms[] = {800, 1600, 3200};
    double zero = 0;
    const struct retry_random random = {scripted, &zero};
    struct backoff b = REFLECTOR;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(want_ms); i++)
            assert_int_equal(retry_next_ns(&b, 0, &random), want_ms[i] * NS_PER_MS);
        assert_int_equal(b.failures, ARRAY_SIZE(want_ms));
        retry_reset(&b);
    }
    b.failures = UINT32_MAX;
    assert_int_equal(retry_next_ns(&b, 0, &random), 30 * NS_PER_S);
    assert_int_equal(b.failures, UINT32_MAX);
}

static void system_random_is_in_range(void **state)
{
    const struct retry_random *r = retry_random_system();
    double least = 1;
    double most = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        double x = r->fn(r->ctx);

        assert_true(x >= 0 && x < 1);
        least = x < least ? x : least;
        most = x > most ? x : most;
    }
    assert_true(least < 0.1 && most > 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_resets),
        cmocka_unit_test(system_random_is_in_range),
    };

    return TABLE_RUN("retry delays", rows, one_row) +
           TABLE_RUN("retry after", after_rows, one_after_row) + GROUP_RUN("retry", tests);
}
