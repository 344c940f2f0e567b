/* Which ExternalSecrets are ours. */

#include "reconcile/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LEASE(holder)                                                                              \
    "{\"metadata\":{\"resourceVersion\":\"5\"},\"spec\":{\"holderIdentity\":\"" holder "\"}}"

static void spreads_and_stays(void **state)
{
    unsigned counts[8] = {0};
    (void)state;
    for (unsigned i = 0; i < 8000; i++) {
        char uid[40];
        snprintf(uid, sizeof(uid), "%08x-0000-4000-8000-000000000000", i * 2654435761u);
        unsigned shard = shard_of(uid, 8);
        assert_true(shard < 8);
        assert_int_equal(shard, shard_of(uid, 8));
        counts[shard]++;
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(counts[i], 800, 1200);
    assert_int_equal(shard_of("anything", 1), 0);
    /* Agents of different versions must agree: these values never change. */
    assert_int_equal(shard_of("ba55dac2-a0b9-4633-b1d3-b698ee022b17", 8), 1);
    assert_int_equal(shard_of("18f46e1b-f3a7-4793-89e1-1212715aad61", 8), 5);
}

struct told {
    unsigned n_calls;
    size_t n_held;
};

static void changed(void *ctx, size_t n_held)
{
    struct told *t = ctx;
    t->n_calls++;
    t->n_held = n_held;
}

static void step(struct kube_fixture *f, struct shard_map *m, uint64_t *due)
{
    uint64_t now = clock_mono_ns(&f->clock.clock);
    if (*due > now)
        clock_fake_advance_ns(&f->clock, *due - now);
    *due = shard_map_step(m);
}

static void takes_tells_and_gives_back(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct told t = {0};
    uint64_t due = 0;
    (void)state;
    metric_reset();
    struct shard_map *m = shard_map_new(&(struct shard_options){
        .kube = f->k, .ns = "ours", .identity = "a", .n_shards = 2, .changed = changed, .ctx = &t});
    kube_fixture_answer(f, "GET", "/leases?", 0, 200, "{\"metadata\":{},\"items\":[]}");
    kube_fixture_answer(f, "POST", "/leases", 0, 201, LEASE("a"));
    kube_fixture_answer(f, "PUT", "/leases/lockstep-shard-", 0, 200, LEASE("a"));
    assert_false(shard_is_held(m, "uid"));
    for (int i = 0; i < 4; i++)
        step(f, m, &due);
    assert_int_equal(t.n_calls, 2);
    assert_int_equal(t.n_held, 2);
    assert_true(shard_is_held(m, "uid"));
    assert_true(metric_value(METRIC_SHARDS_HELD, NULL, NULL, NULL) == 2);
    clock_fake_advance_ns(&f->clock, 12 * NS_PER_S);
    assert_false(shard_is_held(m, "uid")); /* not renewed: nobody needs to be told for that */
    step(f, m, &due);                      /* renews */
    assert_true(shard_is_held(m, "uid"));
    shard_map_stop(m);
    assert_false(shard_is_held(m, "uid"));
    assert_int_equal(t.n_held, 0);
    assert_non_null(strstr(kube_fixture_last(f, "PUT", "shard-")->body, "\"holderIdentity\":\"\""));
    shard_map_free(m);
}

static void one_of_two(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct told t = {0};
    uint64_t due = 0;
    (void)state;
    struct shard_map *m = shard_map_new(&(struct shard_options){
        .kube = f->k, .ns = "ours", .identity = "a", .n_shards = 2, .changed = changed, .ctx = &t});
    kube_fixture_answer(f, "GET", "/leases?", 0, 200,
                        "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"lockstep-shard-1\","
                        "\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"b\"}}]}");
    kube_fixture_answer(f, "POST", "/leases", 1, 201, LEASE("a"));
    kube_fixture_answer(f, "PUT", "shard-0", 0, 200, LEASE("a"));
    step(f, m, &due);
    step(f, m, &due);
    assert_int_equal(t.n_held, 1);
    for (unsigned i = 0; i < 100; i++) {
        char uid[8];
        snprintf(uid, sizeof(uid), "%u", i);
        assert_int_equal(shard_is_held(m, uid), shard_of(uid, 2) == 0);
    }
    shard_map_free(m);
}

static void failure_is_survived(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct told t = {0};
    uint64_t due = 0;
    (void)state;
    struct shard_map *m = shard_map_new(&(struct shard_options){
        .kube = f->k, .ns = "ours", .identity = "a", .n_shards = 1, .changed = changed, .ctx = &t});
    kube_fixture_answer(f, "GET", "/leases?", 2, 500, "{}");
    kube_fixture_answer(f, "GET", "/leases?", 0, 200, "{\"metadata\":{},\"items\":[]}");
    kube_fixture_answer(f, "POST", "/leases", 1, 201, LEASE("a"));
    kube_fixture_answer(f, "PUT", "shard-0", 0, 200, LEASE("a"));
    for (int i = 0; i < 4; i++)
        step(f, m, &due);
    assert_int_equal(t.n_held, 1);
    shard_map_free(m);
    assert_int_equal(t.n_held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreads_and_stays),
        cmocka_unit_test(takes_tells_and_gives_back),
        cmocka_unit_test(one_of_two),
        cmocka_unit_test(failure_is_survived),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return GROUP_RUN("shard", tests);
}
