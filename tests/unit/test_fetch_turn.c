/* One does it, the others share the outcome: good, bad, or cut off. */

#include "fetch/fetch_turn.h"

#include <string.h>

#include "base/thread.h"
#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

#define THREADS 6

struct fixture {
    struct clock_fake clock;
    struct fetch_turn turn;
};

struct waiter {
    struct fixture *f;
    struct thread *thread;
    struct deadline dl;
    bool is_mine;
    struct err *e;
};

static int setup(void **state)
{
    static struct fixture f;
    clock_fake_init(&f.clock, CLOCK_FAKE_UNIX_S);
    fetch_turn_init(&f.turn);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fetch_turn_done(&f->turn);
    return 0;
}

static struct deadline in_s(struct fixture *f, uint64_t s)
{
    return deadline_in(&f->clock.clock, s * NS_PER_S);
}

static void wait_in_thread(void *arg)
{
    struct waiter *w = arg;
    w->e = fetch_turn_begin(&w->f->turn, &w->dl, "log in", &w->is_mine);
}

static void start(struct fixture *f, struct waiter *w, size_t n, uint64_t s)
{
    for (size_t i = 0; i < n; i++) {
        w[i] = (struct waiter){.f = f, .dl = in_s(f, s)};
        w[i].thread = thread_start("waiter", wait_in_thread, &w[i]);
    }
    while (fetch_turn_waiting(&f->turn) < n)
        sched_yield();
}

static void take(struct fixture *f)
{
    bool is_mine = false;
    struct deadline dl = in_s(f, 10);
    assert_null(fetch_turn_begin(&f->turn, &dl, "log in", &is_mine));
    assert_true(is_mine);
}

static void first_comer_has_it(void **state)
{
    struct fixture *f = *state;
    struct deadline dl = in_s(f, 10);
    take(f);
    fetch_turn_end(&f->turn, &dl, NULL);
    take(f);
    fetch_turn_end(&f->turn, &dl, NULL);
}

static void others_share_success(void **state)
{
    struct fixture *f = *state;
    struct waiter w[THREADS];
    struct deadline dl = in_s(f, 10);
    take(f);
    start(f, w, THREADS, 10);
    fetch_turn_end(&f->turn, &dl, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(w[i].thread);
        assert_null(w[i].e);
        assert_false(w[i].is_mine);
    }
}

static void others_share_failure(void **state)
{
    struct fixture *f = *state;
    struct waiter w[THREADS];
    struct deadline dl = in_s(f, 10);
    CLEANUP(err) struct err *denied = err_new(ERR_DENIED, "no");
    take(f);
    start(f, w, THREADS, 10);
    fetch_turn_end(&f->turn, &dl, denied);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(w[i].thread);
        assert_int_equal(err_class(w[i].e), ERR_DENIED);
        err_free(w[i].e);
    }
    take(f);
    fetch_turn_end(&f->turn, &dl, NULL);
}

static void next_takes_over_when_cut(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    struct deadline dl = in_s(f, 1);
    CLEANUP(err) struct err *cut = err_new(ERR_DEADLINE, "time is up");
    take(f);
    start(f, &w, 1, 100);
    clock_fake_advance_ns(&f->clock, 2 * NS_PER_S);
    fetch_turn_end(&f->turn, &dl, cut);
    thread_join(w.thread);
    assert_null(w.e);
    assert_false(w.is_mine);
    take(f);
    fetch_turn_end(&f->turn, &dl, NULL);
}

static void waiter_leaves_at_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    struct deadline dl = in_s(f, 100);
    take(f);
    start(f, &w, 1, 1);
    clock_fake_advance_ns(&f->clock, 2 * NS_PER_S);
    thread_join(w.thread);
    assert_int_equal(err_class(w.e), ERR_DEADLINE);
    assert_non_null(strstr(err_text(w.e), "log in"));
    err_free(w.e);
    fetch_turn_end(&f->turn, &dl, NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(first_comer_has_it, setup, teardown),
    cmocka_unit_test_setup_teardown(others_share_success, setup, teardown),
    cmocka_unit_test_setup_teardown(others_share_failure, setup, teardown),
    cmocka_unit_test_setup_teardown(next_takes_over_when_cut, setup, teardown),
    cmocka_unit_test_setup_teardown(waiter_leaves_at_its_deadline, setup, teardown),
};

int main(void)
{
    return GROUP_RUN("fetch_turn", tests);
}
