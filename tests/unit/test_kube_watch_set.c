/* Many watches in one thread. */

#include "kube/kube_watch_set.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define ADDED(name)                                                                                \
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"" name                               \
    "\",\"resourceVersion\":\"11\"}}}\n"

struct sink {
    unsigned n_put, n_gone, n_failed;
    atomic_uint n_live;                 /* n_put, for the thread's test */
    struct kube_watch_set *remove_from; /* put removes the watch from it */
    struct kube_watch *watch;
};

static void on_put(void *ctx, struct json *obj)
{
    struct sink *s = ctx;
    json_free(obj);
    s->n_put++;
    atomic_fetch_add(&s->n_live, 1);
    if (s->remove_from)
        kube_watch_set_remove(s->remove_from, s->watch);
}

static void on_remove(void *ctx, const char *ns, const char *name)
{
    (void)ctx;
    (void)ns;
    (void)name;
}

static void on_failed(void *ctx, const struct err *e)
{
    struct sink *s = ctx;
    (void)e;
    s->n_failed++;
}

static void on_gone(void *ctx)
{
    struct sink *s = ctx;
    s->n_gone++;
}

static const struct kube_watch_handler handler = {
    .put = on_put, .remove = on_remove, .failed = on_failed, .gone = on_gone};

static struct kube_watch_set *new_set(struct kube_fixture *f)
{
    kube_set_refuses_streaming_lists(f->k);
    return kube_watch_set_new(
        &(struct kube_watch_set_options){.kube = f->k, .thread_name = "watch-test"});
}

static struct kube_watch *add(struct kube_watch_set *s, const char *name, struct sink *sink)
{
    const struct kube_selector selector = {
        .resource = &kube_leases_resource, .ns = "a", .name = name};
    return kube_watch_set_add(s, &selector, &handler, sink);
}

static void only_what_is_ready_is_read(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct kube_watch_set *s = new_set(f);
    struct sink x = {0};
    struct sink y = {0};
    (void)state;
    kube_fixture_answer(f, "GET", "limit=500", 0, 200, LIST(""));
    kube_fixture_stream(f, "watch=1", "");
    add(s, "x", &x);
    add(s, "y", &y);
    uint64_t due = kube_watch_set_sweep(s);
    assert_int_equal(http_fake_open_streams(f->http), 2);
    assert_true(due > clock_mono_ns(&f->clock.clock));
    http_fake_push(f->http, "name%3Dx", ADDED("x"));
    kube_watch_set_sweep(s);
    assert_int_equal(x.n_put, 1);
    assert_int_equal(y.n_put, 0);
    kube_watch_set_free(s);
    assert_int_equal(x.n_gone + y.n_gone, 2);
    assert_int_equal(http_fake_open_streams(f->http), 0);
}

static void removed_in_its_own_handler(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct kube_watch_set *s = new_set(f);
    struct sink x = {.remove_from = s};
    (void)state;
    kube_fixture_answer(f, "GET", "limit=500", 0, 200, LIST(""));
    kube_fixture_stream(f, "watch=1", ADDED("x") ADDED("x") ADDED("x"));
    x.watch = add(s, "x", &x);
    assert_int_equal(kube_watch_set_sweep(s), UINT64_MAX);
    assert_int_equal(x.n_put, 1); /* the others do not arrive any more */
    assert_int_equal(x.n_gone, 1);
    assert_int_equal(http_fake_open_streams(f->http), 0);
    kube_watch_set_free(s);
    assert_int_equal(x.n_gone, 1);
}

static void one_speaks_for_all_when_cut_off(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct kube_watch_set *s = new_set(f);
    struct sink x = {0};
    (void)state;
    http_fake_add(f->http, &(struct http_fake_rule){.times = 2, .fault = HTTP_FAKE_REFUSED});
    kube_fixture_answer(f, "GET", "limit=500", 0, 200, LIST(""));
    kube_fixture_stream(f, "watch=1", "");
    for (int i = 0; i < 50; i++)
        add(s, "x", &x);
    uint64_t due = kube_watch_set_sweep(s);
    assert_int_equal(http_fake_count(f->http), 1);
    assert_int_equal(due - clock_mono_ns(&f->clock.clock), 800 * NS_PER_MS);
    kube_watch_set_sweep(s); /* too early */
    assert_int_equal(http_fake_count(f->http), 1);
    clock_fake_advance_ns(&f->clock, 800 * NS_PER_MS);
    due = kube_watch_set_sweep(s);
    assert_int_equal(http_fake_count(f->http), 2);
    assert_int_equal(due - clock_mono_ns(&f->clock.clock), 1600 * NS_PER_MS);
    clock_fake_advance_ns(&f->clock, 1600 * NS_PER_MS);
    kube_watch_set_sweep(s);
    assert_int_equal(http_fake_open_streams(f->http), 50);
    kube_watch_set_free(s);
}

static void streams_are_read_while_others_are_cut_off(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct kube_watch_set *s = new_set(f);
    struct sink x = {0};
    struct sink y = {0};
    (void)state;
    kube_fixture_answer(f, "GET", "limit=500", 1, 200, LIST(""));
    kube_fixture_stream(f, "watch=1", "");
    add(s, "x", &x);
    kube_watch_set_sweep(s);
    http_fake_add(f->http, &(struct http_fake_rule){.fault = HTTP_FAKE_REFUSED});
    add(s, "y", &y);
    kube_watch_set_sweep(s);
    assert_int_equal(y.n_failed, 1);
    http_fake_push(f->http, "name%3Dx", ADDED("x"));
    kube_watch_set_sweep(s);
    assert_int_equal(x.n_put, 1);
    kube_watch_set_free(s);
}

static void wait_for(const atomic_uint *n, unsigned want)
{
    const struct timespec pause = {0, 2000000};
    for (int i = 0; i < 2000 && atomic_load(n) < want; i++)
        nanosleep(&pause, NULL);
    assert_int_equal(atomic_load(n), want);
}

/* The thread itself: it wakes up by an event, and ends at once. */
static void thread_sleeps_and_stops(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct kube_watch_set *s = new_set(f);
    struct sink x = {0};
    (void)state;
    kube_fixture_answer(f, "GET", "limit=500", 0, 200, LIST("{\"metadata\":{\"name\":\"x\"}}"));
    kube_fixture_stream(f, "watch=1", ADDED("x"));
    add(s, "x", &x);
    kube_watch_set_start(s);
    wait_for(&x.n_live, 2);
    http_fake_push(f->http, "watch=1", ADDED("x"));
    wait_for(&x.n_live, 3);
    uint64_t began = clock_mono_ns(clock_system());
    kube_watch_set_stop(s);
    assert_true(clock_mono_ns(clock_system()) - began < 200 * NS_PER_MS);
    kube_watch_set_stop(s);
    kube_watch_set_free(s);
    assert_int_equal(x.n_gone, 1);
}

struct after {
    const struct sink *sink;
    unsigned n, n_put;
    uint64_t due_ns;
};

static uint64_t after_sweep(void *ctx)
{
    struct after *a = ctx;
    a->n++;
    a->n_put = a->sink->n_put;
    return a->due_ns;
}

/* It comes after the watches and may want to come again before they do. */
static void after_sweep_has_a_time_of_its_own(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct sink x = {0};
    struct after a = {.sink = &x, .due_ns = 1};
    (void)state;
    kube_set_refuses_streaming_lists(f->k);
    struct kube_watch_set *s = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = f->k, .thread_name = "watch-test", .after_sweep = after_sweep, .ctx = &a});
    kube_fixture_answer(f, "GET", "limit=500", 0, 200, LIST("{\"metadata\":{\"name\":\"x\"}}"));
    kube_fixture_stream(f, "watch=1", "");
    add(s, "x", &x);
    assert_int_equal(kube_watch_set_sweep(s), 1);
    assert_int_equal(a.n, 1);
    assert_int_equal(a.n_put, 1);
    a.due_ns = UINT64_MAX;
    assert_true(kube_watch_set_sweep(s) < UINT64_MAX);
    assert_int_equal(a.n, 2);
    kube_watch_set_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_sweep_has_a_time_of_its_own),
        cmocka_unit_test(only_what_is_ready_is_read),
        cmocka_unit_test(removed_in_its_own_handler),
        cmocka_unit_test(one_speaks_for_all_when_cut_off),
        cmocka_unit_test(streams_are_read_while_others_are_cut_off),
        cmocka_unit_test(thread_sleeps_and_stops),
    };
    return GROUP_RUN("kube_watch_set", tests);
}
