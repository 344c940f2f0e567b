/* The token bucket in front of the API server. */

#include "kube/kube_pace.h"

#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

struct bench {
    struct clock_fake clock;
    struct kube_waiter waiter;
    struct kube_pace *pace;
    uint64_t waited_ns;
};

static void wait_fake(void *ctx, uint64_t ns, const struct deadline *dl)
{
    struct bench *b = ctx;
    (void)dl;
    b->waited_ns += ns;
    clock_fake_advance_ns(&b->clock, ns);
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){.waiter = {wait_fake, b}};
    clock_fake_init(&b->clock, CLOCK_FAKE_UNIX_S);
    b->pace = kube_pace_new(&b->clock.clock, &b->waiter, 20, 30);
}

struct row {
    const char *name;
    unsigned idle_ms; /* before all takes */
    unsigned takes;
    unsigned pause_ms; /* before the last take */
    unsigned want_ms;  /* waited in all */
};

static const struct row rows[] = {
    {"a burst is free", 0, 30, 0, 0},
    {"the next one waits for its token", 0, 31, 0, 50},
    {"and so does each after it", 0, 40, 0, 500},
    {"time refills", 0, 31, 50, 0},
    {"time refills in part", 0, 31, 20, 30},
    {"long idling saves no more than a burst", 60000, 31, 0, 50},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct bench b;
    bench_init(&b);
    clock_fake_advance_ns(&b.clock, r->idle_ms * NS_PER_MS);
    for (unsigned i = 0; i < r->takes; i++) {
        struct deadline dl = deadline_in(&b.clock.clock, 60 * NS_PER_S);
        if (i + 1 == r->takes)
            clock_fake_advance_ns(&b.clock, r->pause_ms * NS_PER_MS);
        assert_null(kube_pace_take(b.pace, &dl));
    }
    assert_in_range((b.waited_ns + NS_PER_MS / 2) / NS_PER_MS, r->want_ms, r->want_ms);
    kube_pace_free(b.pace);
}

static void too_late(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    struct deadline dl = deadline_in(&b.clock.clock, 10 * NS_PER_MS);
    for (int i = 0; i < 30; i++)
        assert_null(kube_pace_take(b.pace, &dl));
    struct err *e = kube_pace_take(b.pace, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_int_equal(b.waited_ns, 0);
    err_free(e);
    kube_pace_free(b.pace);
}

static void cancelled_caller(void **state)
{
    struct bench b;
    atomic_bool cancelled = true;
    (void)state;
    bench_init(&b);
    struct deadline dl = deadline_in(&b.clock.clock, NS_PER_S);
    dl.cancelled = &cancelled;
    struct err *e = kube_pace_take(b.pace, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    err_free(e);
    kube_pace_free(b.pace);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(too_late),
        cmocka_unit_test(cancelled_caller),
    };
    return TABLE_RUN("kube_pace_take", rows, one_row) + GROUP_RUN("kube_pace", others);
}
