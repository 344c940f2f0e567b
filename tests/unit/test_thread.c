/* Names, blocked signals, joining, and conditions that time out or are signalled. */
#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/table.h"

struct seen {
    struct mutex mu;
    struct cond changed;
    char name[16];
    bool is_blocked;
    int turns;
};

static void seen_init(struct seen *s)
{
    memset(s, 0, sizeof(*s));
    mutex_init(&s->mu);
    cond_init(&s->changed);
}

static void seen_done(struct seen *s)
{
    cond_done(&s->changed);
    mutex_done(&s->mu);
}

static void look_around(void *arg)
{
    struct seen *s = arg;
    sigset_t mask;
    pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    s->is_blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
}

static void named_and_deaf_to_signals(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    thread_join(thread_start("fifteen-letters", look_around, &s));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_string_equal(s.name, "fifteen-letters");
    assert_true(s.is_blocked);
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
    thread_join(NULL);
    seen_done(&s);
}

static void take_turns(void *arg)
{
    struct seen *s = arg;
    for (int i = 0; i < 100; i++) {
        mutex_lock(&s->mu);
        s->turns++;
        cond_broadcast(&s->changed);
        mutex_unlock(&s->mu);
    }
}

static void waiter_sees_every_turn(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    struct thread *threads[4];
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        threads[i] = thread_start("turns", take_turns, &s);
    mutex_lock(&s.mu);
    while (s.turns < 400)
        cond_wait_ns(&s.changed, &s.mu, UINT64_MAX);
    mutex_unlock(&s.mu);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        thread_join(threads[i]);
    assert_int_equal(s.turns, 400);
    seen_done(&s);
}

static void wait_times_out(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    mutex_lock(&s.mu);
    bool was_signalled = cond_wait_ns(&s.changed, &s.mu, 0);
    uint64_t start_ns = clock_mono_ns(clock_system());
    while (cond_wait_ns(&s.changed, &s.mu, 2 * NS_PER_MS))
        ;
    uint64_t waited_ns = clock_mono_ns(clock_system()) - start_ns;
    mutex_unlock(&s.mu);
    assert_false(was_signalled);
    assert_true(waited_ns >= 2 * NS_PER_MS);
    seen_done(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_and_deaf_to_signals),
        cmocka_unit_test(waiter_sees_every_turn),
        cmocka_unit_test(wait_times_out),
    };
    return GROUP_RUN("thread", tests);
}
