/* Keys, times and hands, with a clock that only moves when told. */

#include "reconcile/work_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

static void assert_next(struct work_queue *q, const char *want)
{
    CLEANUP_STR char *key = work_queue_try_pop(q);
    if (!want) {
        assert_null(key);
        return;
    }
    assert_non_null(key);
    assert_string_equal(key, want);
}

static void due_keys_come_in_order_of_time(void **state)
{
    struct clock_fake clock;
    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(&clock.clock);
    uint64_t now = clock_mono_ns(&clock.clock);
    work_queue_push(q, "later", now + 10);
    work_queue_push(q, "soon", now + 5);
    assert_next(q, NULL);
    clock_fake_advance_ns(&clock, 10);
    assert_next(q, "soon");
    assert_next(q, "later");
    assert_next(q, NULL);
}

static void earliest_wish_wins(void **state)
{
    struct clock_fake clock;
    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(&clock.clock);
    uint64_t now = clock_mono_ns(&clock.clock);
    work_queue_push(q, "k", now + 100);
    work_queue_push(q, "k", 0);
    work_queue_push(q, "k", now + 50);
    assert_next(q, "k");
    work_queue_done(q, "k");
    clock_fake_advance_ns(&clock, 1000);
    assert_next(q, NULL);
}

static void key_in_hand_comes_again_afterwards(void **state)
{
    struct clock_fake clock;
    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(&clock.clock);
    work_queue_push(q, "k", 0);
    assert_next(q, "k");
    work_queue_push(q, "k", 0);
    assert_next(q, NULL);
    work_queue_done(q, "k");
    assert_next(q, "k");
}

/* A key that is pushed again and again must not keep an overdue one waiting. */
static void now_is_behind_what_is_overdue(void **state)
{
    struct clock_fake clock;
    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(&clock.clock);
    work_queue_push(q, "z timer", clock_mono_ns(&clock.clock) + 5);
    clock_fake_advance_ns(&clock, 10);
    work_queue_push(q, "a busy", 0);
    assert_next(q, "z timer");
    assert_next(q, "a busy");
}

static void depth_counts_what_waits(void **state)
{
    struct clock_fake clock;
    size_t due = 9;
    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(&clock.clock);
    work_queue_push(q, "now", 0);
    work_queue_push(q, "later", UINT64_MAX);
    assert_int_equal(work_queue_depth(q, &due), 2);
    assert_int_equal(due, 1);
    assert_next(q, "now");
    work_queue_done(q, "now");
    assert_int_equal(work_queue_depth(q, &due), 1);
    assert_int_equal(due, 0);
}

struct worker {
    struct work_queue *q;
    char *got;
};

static void take_one(void *arg)
{
    struct worker *w = arg;
    w->got = work_queue_pop(w->q);
}

static void blocked_worker_is_woken(void **state)
{
    (void)state;
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(clock_system());
    struct worker w = {q, NULL};
    struct thread *t = thread_start("worker", take_one, &w);
    work_queue_push(q, "k", 0);
    thread_join(t);
    assert_string_equal(w.got, "k");
    free(w.got);
}

static void stop_ends_the_wait(void **state)
{
    (void)state;
    CLEANUP(work_queue) struct work_queue *q = work_queue_new(clock_system());
    struct worker w = {q, NULL};
    work_queue_push(q, "far", UINT64_MAX - 1);
    struct thread *t = thread_start("worker", take_one, &w);
    work_queue_stop(q);
    thread_join(t);
    assert_null(w.got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_keys_come_in_order_of_time),
        cmocka_unit_test(earliest_wish_wins),
        cmocka_unit_test(key_in_hand_comes_again_afterwards),
        cmocka_unit_test(now_is_behind_what_is_overdue),
        cmocka_unit_test(depth_counts_what_waits),
        cmocka_unit_test(blocked_worker_is_woken),
        cmocka_unit_test(stop_ends_the_wait),
    };
    return GROUP_RUN("work_queue", tests);
}
