/* Two numbers behind the clock vtable. The monotonic clock does not start at 0, so that code which
 * takes 0 for "never" shows itself. */

#include "tests/support/clock_fake.h"

#define START_NS (1000 * NS_PER_S)

static uint64_t fake_mono_ns(void *ctx)
{
    struct clock_fake *f = ctx;
    return atomic_load(&f->mono_ns);
}

static int64_t fake_unix_ns(void *ctx)
{
    struct clock_fake *f = ctx;
    return atomic_load(&f->unix_ns);
}

void clock_fake_init(struct clock_fake *f, int64_t unix_s)
{
    static const struct clock_ops ops = {.mono_ns = fake_mono_ns, .unix_ns = fake_unix_ns};
    f->clock = (struct clock){.ops = &ops, .ctx = f};
    atomic_init(&f->mono_ns, START_NS);
    atomic_init(&f->unix_ns, unix_s * (int64_t)NS_PER_S);
}

void clock_fake_advance_ns(struct clock_fake *f, uint64_t ns)
{
    atomic_fetch_add(&f->mono_ns, ns);
    atomic_fetch_add(&f->unix_ns, (int64_t)ns);
}

void clock_fake_set_unix_s(struct clock_fake *f, int64_t unix_s)
{
    atomic_store(&f->unix_ns, unix_s * (int64_t)NS_PER_S);
}
