/* How many calls many wants make, who makes them, and what happens when one runs out of time. */

#include "fetch/fetch_flight.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "base/thread.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define THREADS 8
#define WANTS_MAX 48
#define MAX_STALE_NS (100 * NS_PER_S)

static const struct fetch_limits now_only = {.max_age_ns = 0, .allow_stale = false};
static const struct fetch_limits stale_too = {.max_age_ns = 0, .allow_stale = true};

struct fixture {
    struct provider_script *script;
    struct fetch_flights *flights;
    struct fetch_lane lane;
    struct provider provider; /* the script's calls do not look at it */
};

static void setup_ops(struct fixture *f, const char *ops)
{
    metric_reset();
    f->script = provider_script_new();
    f->flights = fetch_flights_new(f->script->env.clock, 1 << 20, MAX_STALE_NS);
    f->provider.ops = provider_script_ops(ops);
    fetch_lane_init(&f->lane, provider_script_ops(ops), &f->provider);
}

static int setup(void **state)
{
    static struct fixture f;
    setup_ops(&f, "script");
    *state = &f;
    return 0;
}

static int setup_single(void **state)
{
    static struct fixture f;
    setup_ops(&f, "single");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    size_t open = fetch_flights_open(f->flights) + f->lane.flights->n;
    fetch_lane_done(&f->lane);
    fetch_flights_free(f->flights);
    provider_script_free(f->script);
    return open ? 1 : 0;
}

static struct deadline in_s(struct fixture *f, uint64_t s)
{
    return deadline_in(f->script->env.clock, s * NS_PER_S);
}

/* One caller: its keys, its time, its answers. */
struct caller {
    struct fixture *f;
    const struct fetch_limits *limits;
    struct deadline dl;
    struct fetch_want wants[WANTS_MAX];
    size_t n;
    struct thread *thread;
    unsigned n_wrong; /* answers, in answer_everything */
};

static void caller_init(struct caller *c, struct fixture *f, const struct fetch_limits *limits,
                        uint64_t s, const char *const *keys, size_t n)
{
    *c = (struct caller){.f = f, .limits = limits, .dl = in_s(f, s), .n = n};
    for (size_t i = 0; i < n; i++)
        c->wants[i] = (struct fetch_want){.cache_key = keys[i], .ref = {.key = keys[i]}};
}

static void call(void *arg)
{
    struct caller *c = arg;
    fetch_flights_get(c->f->flights, &c->f->lane, c->limits, &c->dl, c->wants, c->n);
}

static void caller_done(struct caller *c)
{
    for (size_t i = 0; i < c->n; i++)
        fetch_want_reset(&c->wants[i]);
}

static bool is_text(const struct fetch_want *w, const char *text)
{
    return w->value && !w->err &&
           secret_view_equal(secret_buf_view(w->value->bytes), secret_view_of(text, strlen(text)));
}

/* What one key gives right now: its class, or -1 for the text. */
static int ask(struct fixture *f, const struct fetch_limits *limits, const char *key,
               const char *text, bool *is_stale)
{
    struct caller c;
    caller_init(&c, f, limits, 60, &key, 1);
    call(&c);
    int result = c.wants[0].err ? (int)err_class(c.wants[0].err) : -1;
    if (result == -1)
        assert_true(is_text(&c.wants[0], text));
    *is_stale = c.wants[0].is_stale;
    caller_done(&c);
    return result;
}

static double saved(const char *reason)
{
    return metric_value(METRIC_PROVIDER_CALLS_SAVED, "Script", reason, NULL);
}

static const char *const key_a[] = {"a"};
static const char *const key_b[] = {"b"};

static void wait_open(struct fixture *f, size_t n)
{
    while (fetch_flights_open(f->flights) != n)
        sched_yield();
}

static void many_threads_one_call(void **state)
{
    struct fixture *f = *state;
    struct caller c[THREADS];
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < THREADS; i++) {
        caller_init(&c[i], f, &now_only, 60, key_a, 1);
        c[i].thread = thread_start("caller", call, &c[i]);
    }
    wait_open(f, THREADS);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(c[i].thread);
        assert_true(is_text(&c[i].wants[0], "alpha"));
        caller_done(&c[i]);
    }
    assert_int_equal(f->script->gets + f->script->batches, 1);
    assert_int_equal(saved("flight"), THREADS - 1);
}

/* A spec whose first source finds what is below path db/. */
static struct spec *finding_spec(void)
{
    return manifest_spec("metadata: {namespace: app, name: s}\n"
                         "spec:\n"
                         "  secretStoreRef: {name: main}\n"
                         "  dataFrom: [{find: {path: db/}}]\n");
}

static void want_find(struct caller *c, size_t i, const struct spec *spec)
{
    c->wants[i] = (struct fetch_want){
        .cache_key = "find", .ref = {.find = &spec->sources[0].find}, .spec = spec};
}

static bool has_member(const struct fetch_want *w, const char *name)
{
    CLEANUP(map) struct map *members = NULL;
    if (!w->value)
        return false;
    assert_null(value_members_unpack(secret_buf_view(w->value->bytes), &members));
    return map_get(members, name) != NULL;
}

static void many_threads_one_find(void **state)
{
    struct fixture *f = *state;
    struct caller c[THREADS];
    CLEANUP(spec) struct spec *spec = finding_spec();
    provider_script_set(f->script, "db/a", "alpha", 0);
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < THREADS; i++) {
        caller_init(&c[i], f, &now_only, 60, key_a, 1);
        want_find(&c[i], 0, spec);
        c[i].thread = thread_start("caller", call, &c[i]);
    }
    wait_open(f, THREADS);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(c[i].thread);
        assert_true(has_member(&c[i].wants[0], "db/a"));
        caller_done(&c[i]);
    }
    assert_int_equal(f->script->finds, 1);
    assert_int_equal(saved("flight"), THREADS - 1);
}

/* What is to be found is known as long as somebody waits for it, though the spec is gone. */
static void a_find_outlives_its_spec(void **state)
{
    struct fixture *f = *state;
    struct caller c[2];
    struct spec *spec = finding_spec();
    provider_script_set(f->script, "db/a", "alpha", 0);
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < 2; i++) {
        caller_init(&c[i], f, &now_only, i ? 60 : 1, key_a, 1);
        want_find(&c[i], 0, spec);
        c[i].thread = thread_start("caller", call, &c[i]);
        wait_open(f, i + 1);
        provider_script_wait_held(f->script, 1);
    }
    spec_unref(spec);
    clock_fake_advance_ns(&f->script->clock, 2 * NS_PER_S);
    thread_join(c[0].thread);
    assert_int_equal(err_class(c[0].wants[0].err), ERR_DEADLINE);
    provider_script_hold(f->script, false);
    thread_join(c[1].thread);
    assert_true(has_member(&c[1].wants[0], "db/a"));
    assert_int_equal(f->script->finds, 2);
    caller_done(&c[0]);
    caller_done(&c[1]);
}

/* Batches are for plain values; lists and metadata go alone, each in its turn. */
static void finds_and_metadata_are_no_batch(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"a", "b", "find", "a@metadata", "c"};
    struct caller c;
    CLEANUP(spec) struct spec *spec = finding_spec();
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        provider_script_set(f->script, keys[i], keys[i], 0);
    provider_script_set(f->script, "db/a", "alpha", 0);
    caller_init(&c, f, &now_only, 60, keys, ARRAY_SIZE(keys));
    want_find(&c, 2, spec);
    c.wants[3].ref = (struct provider_ref){.key = "a", .wants_metadata = true};
    call(&c);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_true(i == 2 ? has_member(&c.wants[i], "db/a") : is_text(&c.wants[i], keys[i]));
    assert_int_equal(f->script->batches, 1);
    assert_int_equal(f->script->last_batch_n, 2);
    assert_int_equal(f->script->finds, 1);
    assert_int_equal(f->script->metadatas, 1);
    assert_int_equal(f->script->gets, 1);
    caller_done(&c);
}

static void neither_is_for_every_store(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"find", "a@metadata"};
    struct caller c;
    CLEANUP(spec) struct spec *spec = finding_spec();
    caller_init(&c, f, &now_only, 60, keys, ARRAY_SIZE(keys));
    want_find(&c, 0, spec);
    c.wants[1].ref = (struct provider_ref){.key = "a", .wants_metadata = true};
    call(&c);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_int_equal(err_class(c.wants[i].err), ERR_INVALID);
    assert_string_equal(err_text(c.wants[0].err), "find is not supported by provider single");
    caller_done(&c);
}

static void many_threads_one_failure(void **state)
{
    struct fixture *f = *state;
    struct caller c[THREADS];
    provider_script_set(f->script, "a", NULL, ERR_DENIED);
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < THREADS; i++) {
        caller_init(&c[i], f, &now_only, 60, key_a, 1);
        c[i].thread = thread_start("caller", call, &c[i]);
    }
    wait_open(f, THREADS);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(c[i].thread);
        assert_int_equal(err_class(c[i].wants[0].err), ERR_DENIED);
        caller_done(&c[i]);
    }
    assert_int_equal(f->script->gets, 1);
}

static void one_caller_s_keys_go_together(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    char names[45][8];
    const char *keys[45];
    for (size_t i = 0; i < 45; i++) {
        snprintf(names[i], sizeof(names[i]), "k%zu", i);
        keys[i] = names[i];
        provider_script_set(f->script, names[i], names[i], 0);
    }
    caller_init(&c, f, &now_only, 60, keys, 45);
    call(&c);
    for (size_t i = 0; i < 45; i++)
        assert_true(is_text(&c.wants[i], names[i]));
    caller_done(&c);
    assert_int_equal(f->script->batches, 3);
    assert_int_equal(f->script->most_batch_n, 20);
    assert_int_equal(f->script->last_batch_n, 5);
    assert_int_equal(f->script->gets, 0);
    assert_int_equal(saved("batch"), 42);
}

static void one_key_twice_is_one_call(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    const char *const keys[] = {"a", "a"};
    provider_script_set(f->script, "a", "alpha", 0);
    caller_init(&c, f, &now_only, 60, keys, 2);
    call(&c);
    assert_true(is_text(&c.wants[0], "alpha"));
    assert_true(is_text(&c.wants[1], "alpha"));
    caller_done(&c);
    assert_int_equal(f->script->gets, 1);
}

static void arrivals_wait_for_the_next_batch(void **state)
{
    struct fixture *f = *state;
    struct caller c[4];
    const char *const keys[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        provider_script_set(f->script, keys[i], keys[i], 0);
    provider_script_hold(f->script, true);
    for (size_t i = 0; i < 4; i++) {
        caller_init(&c[i], f, &now_only, 60, &keys[i], 1);
        c[i].thread = thread_start("caller", call, &c[i]);
        if (i == 0)
            provider_script_wait_held(f->script, 1);
    }
    wait_open(f, 4);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < 4; i++) {
        thread_join(c[i].thread);
        assert_true(is_text(&c[i].wants[0], keys[i]));
        caller_done(&c[i]);
    }
    assert_int_equal(f->script->gets, 1);
    assert_int_equal(f->script->batches, 1);
    assert_int_equal(f->script->last_batch_n, 3);
}

static void without_batches_calls_run_side_by_side(void **state)
{
    struct fixture *f = *state;
    struct caller c[2];
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_set(f->script, "b", "beta", 0);
    provider_script_hold(f->script, true);
    caller_init(&c[0], f, &now_only, 60, key_a, 1);
    caller_init(&c[1], f, &now_only, 60, key_b, 1);
    for (size_t i = 0; i < 2; i++)
        c[i].thread = thread_start("caller", call, &c[i]);
    provider_script_wait_held(f->script, 2);
    provider_script_hold(f->script, false);
    for (size_t i = 0; i < 2; i++) {
        thread_join(c[i].thread);
        caller_done(&c[i]);
    }
    assert_int_equal(f->script->gets, 2);
}

struct batch_row {
    const char *name;
    enum err_class cls;
    int want;                         /* class of each, or -1 */
    unsigned want_gets, want_batches; /* after two rounds */
};

static const struct batch_row batch_rows[] = {
    {"a denied batch is not tried again", ERR_DENIED, -1, 4, 1},
    {"an invalid one is", ERR_INVALID, -1, 4, 2},
    {"unavailable", ERR_UNAVAILABLE, ERR_UNAVAILABLE, 0, 2},
    {"rate limited", ERR_RATE_LIMITED, ERR_RATE_LIMITED, 0, 2},
    {"a provider's own time-out", ERR_DEADLINE, ERR_DEADLINE, 0, 2},
    {"internal", ERR_INTERNAL, ERR_INTERNAL, 0, 2},
};

static void one_failing_batch(void **state)
{
    const struct batch_row *r = *state;
    void *fixture = NULL;
    setup(&fixture);
    struct fixture *f = fixture;
    const char *const keys[] = {"a", "b"};
    provider_script_set(f->script, "a", "a", 0);
    provider_script_set(f->script, "b", "b", 0);
    provider_script_fail_batches(f->script, true, r->cls);
    for (size_t round = 0; round < 2; round++) {
        struct caller c;
        clock_fake_advance_ns(&f->script->clock, 1);
        caller_init(&c, f, &now_only, 60, keys, 2);
        call(&c);
        for (size_t i = 0; i < 2; i++) {
            if (r->want == -1)
                assert_true(is_text(&c.wants[i], keys[i]));
            else
                assert_int_equal(err_class(c.wants[i].err), r->want);
        }
        caller_done(&c);
    }
    assert_int_equal(f->script->gets, r->want_gets);
    assert_int_equal(f->script->batches, r->want_batches);
    assert_int_equal(teardown(&fixture), 0);
}

/* After a good value, the store fails with cls. */
struct after_row {
    const char *name;
    enum err_class cls;
    bool allow_stale;
    uint64_t age_s; /* of the value when asked again */
    int want;       /* class, or -1 for the old value, marked */
    int want_later; /* the same with an outage right after */
};

static const struct after_row after_rows[] = {
    {"an outage", ERR_UNAVAILABLE, true, 50, -1, -1},
    {"throttling", ERR_RATE_LIMITED, true, 50, -1, -1},
    {"no answer", ERR_DEADLINE, true, 50, -1, -1},
    {"stale values are not wanted", ERR_UNAVAILABLE, false, 50, ERR_UNAVAILABLE, -1},
    {"an outage, too old a value", ERR_UNAVAILABLE, true, 101, ERR_UNAVAILABLE, ERR_UNAVAILABLE},
    {"a denial is an answer, and final", ERR_DENIED, true, 50, ERR_DENIED, ERR_UNAVAILABLE},
    {"absence is an answer, and final", ERR_NOT_FOUND, true, 50, ERR_NOT_FOUND, ERR_UNAVAILABLE},
    {"a malformed reply leaves the value", ERR_INVALID, true, 50, ERR_INVALID, -1},
    {"our own fault leaves the value", ERR_INTERNAL, true, 50, ERR_INTERNAL, -1},
};

static void one_after(void **state)
{
    const struct after_row *r = *state;
    void *fixture = NULL;
    bool is_stale = true;
    setup(&fixture);
    struct fixture *f = fixture;
    provider_script_set(f->script, "a", "alpha", 0);
    assert_int_equal(ask(f, &now_only, "a", "alpha", &is_stale), -1);
    assert_false(is_stale);
    clock_fake_advance_ns(&f->script->clock, r->age_s * NS_PER_S);
    provider_script_set(f->script, "a", NULL, r->cls);
    struct fetch_limits limits = {.allow_stale = r->allow_stale};
    assert_int_equal(ask(f, &limits, "a", "alpha", &is_stale), r->want);
    assert_int_equal(is_stale, r->want == -1);
    provider_script_set(f->script, "a", NULL, ERR_UNAVAILABLE);
    assert_int_equal(ask(f, &stale_too, "a", "alpha", &is_stale), r->want_later);
    assert_int_equal(teardown(&fixture), 0);
}

static void cached_values_are_good_for_their_time(void **state)
{
    struct fixture *f = *state;
    bool is_stale = true;
    struct fetch_limits ten_s = {.max_age_ns = 10 * NS_PER_S};
    provider_script_set(f->script, "a", "alpha", 0);
    assert_int_equal(ask(f, &ten_s, "a", "alpha", &is_stale), -1);
    clock_fake_advance_ns(&f->script->clock, 10 * NS_PER_S);
    provider_script_set(f->script, "a", "rotated", 0);
    assert_int_equal(ask(f, &ten_s, "a", "alpha", &is_stale), -1);
    assert_false(is_stale);
    assert_int_equal(saved("cache"), 1);
    clock_fake_advance_ns(&f->script->clock, 1);
    assert_int_equal(ask(f, &ten_s, "a", "rotated", &is_stale), -1);
    assert_int_equal(f->script->gets, 2);
}

static void another_takes_over_when_the_leader_is_cut(void **state)
{
    struct fixture *f = *state;
    struct caller leader, waiter;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 5, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    caller_init(&waiter, f, &now_only, 60, key_a, 1);
    waiter.thread = thread_start("waiter", call, &waiter);
    wait_open(f, 2);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(leader.thread);
    assert_int_equal(err_class(leader.wants[0].err), ERR_DEADLINE);
    provider_script_wait_held(f->script, 1);
    provider_script_hold(f->script, false);
    thread_join(waiter.thread);
    assert_true(is_text(&waiter.wants[0], "alpha"));
    assert_int_equal(f->script->gets, 2);
    caller_done(&leader);
    caller_done(&waiter);
}

static void nobody_takes_over_when_all_are_gone(void **state)
{
    struct fixture *f = *state;
    struct caller leader;
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 5, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(leader.thread);
    assert_int_equal(err_class(leader.wants[0].err), ERR_DEADLINE);
    assert_int_equal(f->script->gets, 1);
    caller_done(&leader);
}

static void a_waiter_leaves_and_the_flight_goes_on(void **state)
{
    struct fixture *f = *state;
    struct caller leader, waiter;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 60, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    caller_init(&waiter, f, &now_only, 5, key_a, 1);
    waiter.thread = thread_start("waiter", call, &waiter);
    wait_open(f, 2);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(waiter.thread);
    assert_int_equal(err_class(waiter.wants[0].err), ERR_DEADLINE);
    provider_script_hold(f->script, false);
    thread_join(leader.thread);
    assert_true(is_text(&leader.wants[0], "alpha"));
    caller_done(&leader);
    caller_done(&waiter);
}

static void a_cancelled_waiter_leaves_at_once(void **state)
{
    struct fixture *f = *state;
    struct caller leader, waiter;
    atomic_bool is_gone = false;
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 60, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    caller_init(&waiter, f, &now_only, 60, key_a, 1);
    waiter.dl.cancelled = &is_gone;
    waiter.thread = thread_start("waiter", call, &waiter);
    wait_open(f, 2);
    atomic_store(&is_gone, true);
    thread_join(waiter.thread);
    assert_int_equal(err_class(waiter.wants[0].err), ERR_DEADLINE);
    provider_script_hold(f->script, false);
    thread_join(leader.thread);
    caller_done(&leader);
    caller_done(&waiter);
}

/* A store that says nothing: the first waits five seconds for it, those after not at all. */
static void a_silent_store_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    struct caller first;
    bool is_stale = false;
    provider_script_set(f->script, "a", "alpha", 0);
    assert_int_equal(ask(f, &now_only, "a", "alpha", &is_stale), -1);
    clock_fake_advance_ns(&f->script->clock, NS_PER_S);
    provider_script_hold(f->script, true);
    caller_init(&first, f, &stale_too, 60, key_a, 1);
    first.thread = thread_start("first", call, &first);
    provider_script_wait_held(f->script, 1);
    clock_fake_advance_ns(&f->script->clock, 5 * NS_PER_S);
    thread_join(first.thread);
    assert_true(is_text(&first.wants[0], "alpha"));
    assert_true(first.wants[0].is_stale);
    assert_int_equal(ask(f, &stale_too, "a", "alpha", &is_stale), -1);
    assert_true(is_stale);
    assert_int_equal(f->script->gets, 2);
    provider_script_hold(f->script, false);
    provider_script_set(f->script, "a", "rotated", 0);
    assert_int_equal(ask(f, &now_only, "a", "rotated", &is_stale), -1);
    assert_false(is_stale);
    clock_fake_advance_ns(&f->script->clock, NS_PER_S);
    provider_script_set(f->script, "a", "again", 0);
    assert_int_equal(ask(f, &stale_too, "a", "again", &is_stale), -1);
    assert_false(is_stale);
    caller_done(&first);
}

/* Without an old value there is nothing better to do than to wait. */
static void a_silent_store_is_waited_for_without_a_value(void **state)
{
    struct fixture *f = *state;
    struct caller first;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    caller_init(&first, f, &stale_too, 60, key_a, 1);
    first.thread = thread_start("first", call, &first);
    provider_script_wait_held(f->script, 1);
    clock_fake_advance_ns(&f->script->clock, 59 * NS_PER_S);
    provider_script_hold(f->script, false);
    thread_join(first.thread);
    assert_true(is_text(&first.wants[0], "alpha"));
    assert_false(first.wants[0].is_stale);
    caller_done(&first);
}

/* The one who queued a want behind a batch is gone before the batch ends; another still waits. */
static void a_queued_want_outlives_its_first_caller(void **state)
{
    struct fixture *f = *state;
    struct caller leader, first, second;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_set(f->script, "b", "beta", 0);
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 60, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    caller_init(&first, f, &now_only, 5, key_b, 1);
    caller_init(&second, f, &now_only, 60, key_b, 1);
    first.thread = thread_start("first", call, &first);
    wait_open(f, 2);
    second.thread = thread_start("second", call, &second);
    wait_open(f, 3);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(first.thread);
    provider_script_hold(f->script, false);
    thread_join(leader.thread);
    thread_join(second.thread);
    assert_int_equal(err_class(first.wants[0].err), ERR_DEADLINE);
    assert_true(is_text(&second.wants[0], "beta"));
    caller_done(&leader);
    caller_done(&first);
    caller_done(&second);
}

static void a_queued_want_goes_with_its_last_caller(void **state)
{
    struct fixture *f = *state;
    struct caller leader, other;
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    caller_init(&leader, f, &now_only, 60, key_a, 1);
    leader.thread = thread_start("leader", call, &leader);
    provider_script_wait_held(f->script, 1);
    caller_init(&other, f, &now_only, 5, key_b, 1);
    other.thread = thread_start("other", call, &other);
    wait_open(f, 2);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(other.thread);
    provider_script_hold(f->script, false);
    thread_join(leader.thread);
    assert_int_equal(f->script->gets + f->script->batches, 1);
    caller_done(&leader);
    caller_done(&other);
}

static void trim_sets_the_metrics(void **state)
{
    struct fixture *f = *state;
    bool is_stale;
    provider_script_set(f->script, "a", "alpha", 0);
    assert_int_equal(ask(f, &now_only, "a", "alpha", &is_stale), -1);
    clock_fake_advance_ns(&f->script->clock, 7 * NS_PER_S);
    fetch_flights_trim(f->flights);
    assert_int_equal(metric_value(METRIC_CACHE_ENTRIES, NULL, NULL, NULL), 1);
    assert_int_equal(metric_value(METRIC_CACHE_OLDEST_SECONDS, NULL, NULL, NULL), 7);
    clock_fake_advance_ns(&f->script->clock, MAX_STALE_NS);
    fetch_flights_trim(f->flights);
    assert_int_equal(metric_value(METRIC_CACHE_ENTRIES, NULL, NULL, NULL), 0);
    assert_int_equal(metric_value(METRIC_CACHE_OLDEST_SECONDS, NULL, NULL, NULL), 0);
}

/* Many threads, few keys, small times: nothing is lost, nobody hangs, every answer fits its key. */
static void answer_everything(void *arg)
{
    struct caller *c = arg;
    static const char *const keys[] = {"a", "b", "c", "d"};
    unsigned n_wrong = 0;
    for (unsigned round = 0; round < 200; round++) {
        clock_fake_advance_ns(&c->f->script->clock, 1);
        caller_init(c, c->f, round % 3 ? &stale_too : &now_only, 60, keys + round % 2, 3);
        call(c);
        for (size_t i = 0; i < c->n; i++) {
            n_wrong += !is_text(&c->wants[i], keys[round % 2 + i]);
        }
        caller_done(c);
    }
    c->n_wrong = n_wrong;
}

static void many_threads_many_keys(void **state)
{
    struct fixture *f = *state;
    struct caller c[THREADS];
    struct thread *threads[THREADS];
    const char *const keys[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        provider_script_set(f->script, keys[i], keys[i], 0);
    for (size_t i = 0; i < THREADS; i++) {
        c[i] = (struct caller){.f = f};
        threads[i] = thread_start("caller", answer_everything, &c[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(c[i].n_wrong, 0);
    assert_int_equal(fetch_flights_open(f->flights), 0);
}

/* A call for key a that is under way when a is written. */
static void start_before_write(struct fixture *f, struct caller *c, uint64_t s)
{
    provider_script_set(f->script, "a", "alpha", 0);
    provider_script_hold(f->script, true);
    caller_init(c, f, &now_only, s, key_a, 1);
    c->thread = thread_start("before", call, c);
    provider_script_wait_held(f->script, 1);
    fetch_flights_forget(f->flights, "a");
}

static void what_was_read_before_a_write_is_not_cached(void **state)
{
    struct fixture *f = *state;
    static const struct fetch_limits any_age = {.max_age_ns = UINT64_MAX};
    struct caller before;
    bool is_stale;
    start_before_write(f, &before, 60);
    provider_script_hold(f->script, false);
    thread_join(before.thread);
    assert_true(is_text(&before.wants[0], "alpha"));
    caller_done(&before);
    provider_script_set(f->script, "a", "written", 0);
    assert_int_equal(ask(f, &any_age, "a", "written", &is_stale), -1);
    assert_int_equal(ask(f, &any_age, "a", "written", &is_stale), -1);
    assert_int_equal(f->script->gets, 2);
}

static void nobody_joins_a_flight_from_before_a_write(void **state)
{
    struct fixture *f = *state;
    struct caller before, after, last;
    start_before_write(f, &before, 5);
    caller_init(&after, f, &now_only, 60, key_a, 1);
    after.thread = thread_start("after", call, &after);
    provider_script_wait_held(f->script, 2);
    clock_fake_advance_ns(&f->script->clock, 6 * NS_PER_S);
    thread_join(before.thread);
    caller_init(&last, f, &now_only, 60, key_a, 1);
    last.thread = thread_start("last", call, &last);
    wait_open(f, 2);
    provider_script_hold(f->script, false);
    thread_join(after.thread);
    thread_join(last.thread);
    assert_int_equal(err_class(before.wants[0].err), ERR_DEADLINE);
    assert_true(is_text(&after.wants[0], "alpha"));
    assert_true(is_text(&last.wants[0], "alpha"));
    assert_int_equal(f->script->gets, 2);
    caller_done(&before);
    caller_done(&after);
    caller_done(&last);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    CASE(many_threads_one_call),
    CASE(many_threads_one_find),
    CASE(a_find_outlives_its_spec),
    CASE(finds_and_metadata_are_no_batch),
    cmocka_unit_test_setup_teardown(neither_is_for_every_store, setup_single, teardown),
    CASE(many_threads_one_failure),
    CASE(one_caller_s_keys_go_together),
    CASE(one_key_twice_is_one_call),
    CASE(arrivals_wait_for_the_next_batch),
    cmocka_unit_test_setup_teardown(without_batches_calls_run_side_by_side, setup_single, teardown),
    CASE(cached_values_are_good_for_their_time),
    CASE(another_takes_over_when_the_leader_is_cut),
    CASE(nobody_takes_over_when_all_are_gone),
    CASE(a_waiter_leaves_and_the_flight_goes_on),
    CASE(a_cancelled_waiter_leaves_at_once),
    CASE(a_silent_store_is_not_waited_for),
    CASE(a_silent_store_is_waited_for_without_a_value),
    CASE(a_queued_want_outlives_its_first_caller),
    CASE(a_queued_want_goes_with_its_last_caller),
    CASE(what_was_read_before_a_write_is_not_cached),
    cmocka_unit_test_setup_teardown(nobody_joins_a_flight_from_before_a_write, setup_single,
                                    teardown),
    CASE(trim_sets_the_metrics),
    CASE(many_threads_many_keys),
};

int main(void)
{
    return TABLE_RUN("fetch_flight batches", batch_rows, one_failing_batch) +
           TABLE_RUN("fetch_flight after a good value", after_rows, one_after) +
           GROUP_RUN("fetch_flight", tests);
}
