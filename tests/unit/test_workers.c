/* A crew of workers over a queue: who works on what, and when they end. */

#include "reconcile/workers.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/table.h"

#define KEYS 200
#define CREW 4

struct bench {
    struct work_queue *queue;
    struct workers *crew;
    atomic_int steps;
    atomic_int seen[KEYS];
    atomic_int begun[CREW], ended[CREW];
};

static void step(void *ctx, const char *key)
{
    struct bench *b = ctx;
    int i = -1;
    if (sscanf(key, "key-%d", &i) != 1)
        return;
    atomic_fetch_add(&b->seen[i], 1);
    atomic_fetch_add(&b->steps, 1);
    work_queue_done(b->queue, key);
}

static void working(void *ctx, unsigned worker, bool is_working)
{
    struct bench *b = ctx;
    atomic_fetch_add(is_working ? &b->begun[worker] : &b->ended[worker], 1);
}

static void bench_init(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->queue = work_queue_new(clock_system());
    b->crew = workers_new(&(struct workers_options){.name = "twelve-chars-and-more",
                                                    .queue = b->queue,
                                                    .step = step,
                                                    .ctx = b,
                                                    .working = working,
                                                    .working_ctx = b});
}

static void bench_done(struct bench *b)
{
    workers_free(b->crew);
    work_queue_free(b->queue);
}

static void push(struct bench *b, int from, int to)
{
    for (int i = from; i < to; i++) {
        char key[16];
        snprintf(key, sizeof(key), "key-%d", i);
        work_queue_push(b->queue, key, 0);
    }
}

static void each_key_comes_once(void **state)
{
    struct bench b;
    int begun = 0;
    (void)state;
    bench_init(&b);
    push(&b, 0, KEYS / 2);
    workers_start(b.crew, CREW);
    push(&b, KEYS / 2, KEYS);
    while (atomic_load(&b.steps) < KEYS)
        sched_yield();
    workers_stop(b.crew);
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(atomic_load(&b.seen[i]), 1);
    for (int i = 0; i < CREW; i++) {
        assert_int_equal(atomic_load(&b.begun[i]), atomic_load(&b.ended[i]));
        begun += atomic_load(&b.begun[i]);
    }
    assert_int_equal(begun, KEYS);
    bench_done(&b);
}

static void stops_without_a_step(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    workers_start(b.crew, CREW);
    workers_stop(b.crew);
    workers_stop(b.crew);
    assert_int_equal(atomic_load(&b.steps), 0);
    bench_done(&b);
}

static void steps_in_the_calling_thread(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    push(&b, 0, 3);
    assert_int_equal(workers_step_due(b.crew), 3);
    assert_int_equal(workers_step_due(b.crew), 0);
    assert_int_equal(atomic_load(&b.steps), 3);
    assert_int_equal(atomic_load(&b.begun[0]), 0); /* no worker's */
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_comes_once),
        cmocka_unit_test(stops_without_a_step),
        cmocka_unit_test(steps_in_the_calling_thread),
    };
    return GROUP_RUN("workers", tests);
}
