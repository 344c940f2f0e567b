/* Leases: the rules alone, then the conversation with the server. */

#include "kube/kube_lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kube/kube_lease_rule.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LEASE(name, holder, rv)                                                                    \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" rv                               \
    "\"},\"spec\":{\"holderIdentity\":\"" holder                                                   \
    "\",\"leaseDurationSeconds\":15,\"leaseTransitions\":2,"                                       \
    "\"acquireTime\":\"2026-01-01T00:00:00.000000Z\"}}"
#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" items "]}"

static struct json *parse(const char *text)
{
    struct json *out = NULL;
    assert_null(json_parse(text, strlen(text), &out));
    return out;
}

struct free_row {
    const char *name;
    const char *first;  /* seen at time 0; NULL: nothing */
    const char *second; /* seen after 10 s; NULL: nothing new */
    unsigned at_s;      /* asked */
    bool is_held, want;
};

static const struct free_row free_rows[] = {
    {"never seen", NULL, NULL, 0, false, true},
    {"given back", LEASE("l", "", "1"), NULL, 0, false, true},
    {"held by another", LEASE("l", "b", "1"), NULL, 14, false, false},
    {"held by a dead one", LEASE("l", "b", "1"), NULL, 15, false, true},
    {"renewed meanwhile", LEASE("l", "b", "1"), LEASE("l", "b", "2"), 24, false, false},
    {"not renewed in the second look", LEASE("l", "b", "1"), LEASE("l", "b", "1"), 16, false, true},
    {"ours of a former life", LEASE("l", "a", "1"), NULL, 0, false, true},
    {"held by us", LEASE("l", "a", "1"), NULL, 99, true, false},
};

static void one_free(void **state)
{
    const struct free_row *r = *state;
    struct lease l = {0};
    const uint64_t start = 5 * NS_PER_S;
    if (r->first) {
        CLEANUP(json) struct json *obj = parse(r->first);
        lease_observe(&l, obj, start);
    }
    if (r->second) {
        CLEANUP(json) struct json *obj = parse(r->second);
        lease_observe(&l, obj, start + 10 * NS_PER_S);
    }
    l.is_held = r->is_held;
    assert_int_equal(lease_is_free(&l, "a", start + r->at_s * NS_PER_S), r->want);
    lease_done(&l);
}

static double half(void *ctx)
{
    (void)ctx;
    return 0.5;
}

static void rules(void **state)
{
    const struct retry_random random = {half, NULL};
    struct lease l[3] = {{.is_held = true}, {0}, {0}};
    (void)state;
    assert_int_equal(lease_find_free(l, 3, 0, "a", 0), 1);
    assert_int_equal(lease_find_free(l, 3, 2, "a", 0), 2);
    l[1].is_held = l[2].is_held = true;
    assert_int_equal(lease_find_free(l, 3, 2, "a", 0), 3);
    assert_int_equal(lease_hesitation_ns(0, &random), 250 * NS_PER_MS);
    assert_int_equal(lease_hesitation_ns(4, &random), 2250 * NS_PER_MS);
}

static void winning_and_bodies(void **state)
{
    const struct retry_random random = {half, NULL};
    struct lease l = {0};
    CLEANUP(json) struct json *first = lease_body(&l, "l-0", "ours", "a", CLOCK_FAKE_UNIX_S);
    (void)state;
    assert_null(json_path_text(first, "metadata.resourceVersion"));
    assert_string_equal(json_path_text(first, "spec.holderIdentity"), "a");
    assert_string_equal(json_path_text(first, "spec.renewTime"), "2026-01-02T03:04:05.000000Z");
    assert_string_equal(json_path_text(first, "spec.acquireTime"), "2026-01-02T03:04:05.000000Z");
    assert_int_equal(json_path_int(first, "spec.leaseTransitions", -1), 0);
    assert_string_equal(
        json_text(json_get(json_path(first, "metadata.labels"), "lockstep.dev/shards")), "true");
    CLEANUP(json) struct json *other = parse(LEASE("l-0", "b", "7"));
    lease_observe(&l, other, 0);
    CLEANUP(json) struct json *taken = lease_body(&l, "l-0", "ours", "a", CLOCK_FAKE_UNIX_S);
    assert_string_equal(json_path_text(taken, "metadata.resourceVersion"), "7");
    assert_int_equal(json_path_int(taken, "spec.leaseTransitions", -1), 3);
    CLEANUP(json) struct json *won = parse(LEASE("l-0", "a", "8"));
    lease_won(&l, won, 100 * NS_PER_S, &random);
    assert_int_equal(lease_held_until_ns(&l), 112 * NS_PER_S);
    assert_int_equal(l.renew_due_ns, 105500 * NS_PER_MS);
    CLEANUP(json) struct json *renewed = lease_body(&l, "l-0", "ours", "a", CLOCK_FAKE_UNIX_S);
    assert_string_equal(json_path_text(renewed, "spec.acquireTime"), "2026-01-01T00:00:00.000000Z");
    assert_int_equal(json_path_int(renewed, "spec.leaseTransitions", -1), 2);
    CLEANUP(json) struct json *released = lease_body(&l, "l-0", "ours", NULL, CLOCK_FAKE_UNIX_S);
    assert_string_equal(json_path_text(released, "spec.holderIdentity"), "");
    assert_int_equal(json_path_int(released, "spec.leaseDurationSeconds", 0), 1);
    lease_observe_none(&l);
    assert_int_equal(lease_held_until_ns(&l), 0);
}

static struct kube_leases *new_leases(struct kube_fixture *f, size_t n)
{
    return kube_leases_new(&(struct kube_leases_options){
        .kube = f->k, .ns = "ours", .prefix = "l", .identity = "a", .n = n});
}

/* Step at the due time; the error, if any, is checked for its class. */
static void step(struct kube_fixture *f, struct kube_leases *l, uint64_t *due, int cls)
{
    uint64_t now = clock_mono_ns(&f->clock.clock);
    if (*due > now)
        clock_fake_advance_ns(&f->clock, *due - now);
    struct err *e = kube_leases_step(l, due);
    assert_int_equal(e ? (int)err_class(e) : -1, cls);
    err_free(e);
}

static void lonely_agent_takes_all(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 3);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector=lockstep.dev%2Fshards%3Dtrue", 0, 200, LIST(""));
    kube_fixture_answer(f, "POST", "/namespaces/ours/leases", 0, 201, LEASE("l", "a", "5"));
    uint64_t began = clock_mono_ns(&f->clock.clock);
    for (int i = 0; i < 8 && kube_leases_held(l) < 3; i++)
        step(f, l, &due, -1);
    assert_int_equal(kube_leases_held(l), 3);
    assert_true(kube_leases_is_held(l, 0));
    assert_false(kube_leases_is_held(l, 3));
    /* 0, then 0.5, then 1 s of hesitation. */
    assert_int_equal(clock_mono_ns(&f->clock.clock) - began, 1500 * NS_PER_MS);
}

/* One that holds many hesitates for longer than it takes until the next list. */
static void many_shards_are_all_taken(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 20);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(""));
    kube_fixture_answer(f, "POST", "/namespaces/ours/leases", 0, 201, LEASE("l", "a", "5"));
    kube_fixture_answer(f, "PUT", "/namespaces/ours/leases", 0, 200, LEASE("l", "a", "6"));
    for (int i = 0; i < 1000 && kube_leases_held(l) < 20; i++)
        step(f, l, &due, -1);
    assert_int_equal(kube_leases_held(l), 20);
}

static void holder_renews(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "a", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "5"));
    step(f, l, &due, -1); /* ours of a former life: taken at once */
    assert_int_equal(kube_leases_held(l), 1);
    for (int i = 0; i < 20; i++)
        step(f, l, &due, -1);
    assert_int_equal(kube_leases_held(l), 1);
    assert_in_range(kube_fixture_count(f, "PUT", "/leases/l-0"), 15, 21);
    assert_non_null(strstr(kube_fixture_last(f, "PUT", "/l-0")->body, "\"resourceVersion\":\"5\""));
}

static void stops_acting_without_renewal(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "a", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 1, 200, LEASE("l-0", "a", "5"));
    step(f, l, &due, -1);
    http_fake_add(
        f->http, &(struct http_fake_rule){.method = "PUT", .times = 4, .fault = HTTP_FAKE_REFUSED});
    uint64_t won = clock_mono_ns(&f->clock.clock);
    step(f, l, &due, ERR_UNAVAILABLE); /* 5 s after */
    assert_int_equal(due - clock_mono_ns(&f->clock.clock), LEASE_RETRY_NS);
    assert_true(kube_leases_is_held(l, 0));
    clock_fake_advance_ns(&f->clock, won + LEASE_STOP_NS - clock_mono_ns(&f->clock.clock) - 1);
    assert_true(kube_leases_is_held(l, 0));
    clock_fake_advance_ns(&f->clock, 1);
    assert_false(kube_leases_is_held(l, 0)); /* without any step */
    for (int i = 0; i < 3; i++)
        step(f, l, &due, ERR_UNAVAILABLE);
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "6"));
    step(f, l, &due, -1); /* still ours on the server: back in business */
    assert_true(kube_leases_is_held(l, 0));
}

struct conflict_row {
    const char *name;
    int status;      /* of the renewal */
    const char *now; /* what a GET then shows; NULL: 404 */
    bool is_held;    /* afterwards */
};

static const struct conflict_row conflict_rows[] = {
    {"somebody else took it", 409, LEASE("l-0", "b", "9"), false},
    {"it was ourselves, the answer was lost", 409, LEASE("l-0", "a", "9"), true},
    {"deleted", 404, NULL, false},
};

static void one_conflict(void **state)
{
    const struct conflict_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "a", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 1, 200, LEASE("l-0", "a", "5"));
    step(f, l, &due, -1);
    kube_fixture_answer(f, "PUT", "/leases/l-0", 1, r->status, "{}");
    kube_fixture_answer(f, "GET", "/leases/l-0", 1, r->now ? 200 : 404, r->now ? r->now : "{}");
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "10"));
    step(f, l, &due, -1);
    assert_int_equal(kube_leases_is_held(l, 0), r->is_held);
}

static void dead_holder_is_replaced(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "b", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 1, 200, LEASE("l-0", "a", "5"));
    step(f, l, &due, -1);
    assert_int_equal(kube_leases_held(l), 0);
    assert_int_equal(due - clock_mono_ns(&f->clock.clock), LEASE_SECOND_LIST_NS);
    step(f, l, &due, -1); /* not renewed in 18 s */
    assert_int_equal(kube_leases_held(l), 1);
    assert_non_null(strstr(kube_fixture_last(f, "PUT", "/l-0")->body, "\"leaseTransitions\":3"));
}

/* It dies long after we began to look, and we hold a lease ourselves. */
static void holder_replaces_another_soon(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 2);
    char body[12][512];
    uint64_t due = 0;
    (void)state;
    for (int i = 0; i < 12; i++) {
        snprintf(body[i], sizeof(body[i]),
                 "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"l-0\",\"resourceVersion\":"
                 "\"%d\"},\"spec\":{\"holderIdentity\":\"b\"}}," LEASE("l-1", "", "4") "]}",
                 i);
        kube_fixture_answer(f, "GET", "labelSelector", i < 11, 200, body[i]);
    }
    kube_fixture_answer(f, "PUT", "/leases/l-1", 0, 200, LEASE("l-1", "a", "5"));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "6"));
    while (kube_fixture_count(f, "GET", "labelSelector") < 12)
        step(f, l, &due, -1);
    uint64_t died = clock_mono_ns(&f->clock.clock);
    assert_int_equal(kube_leases_held(l), 1);
    while (kube_leases_held(l) < 2)
        step(f, l, &due, -1);
    assert_in_range(clock_mono_ns(&f->clock.clock) - died, 15 * NS_PER_S, 24 * NS_PER_S);
}

static void living_holder_is_left_alone(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    char body[8][512];
    uint64_t due = 0;
    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(body[i], sizeof(body[i]),
                 "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"l-0\",\"resourceVersion\":"
                 "\"%d\"},\"spec\":{\"holderIdentity\":\"b\"}}]}",
                 i);
        kube_fixture_answer(f, "GET", "labelSelector", 1, 200, body[i]);
    }
    for (int i = 0; i < 8; i++)
        step(f, l, &due, -1);
    assert_int_equal(kube_fixture_count(f, "PUT", "/leases"), 0);
    /* 18 s, then about once a minute. */
    assert_in_range(clock_mono_ns(&f->clock.clock) / NS_PER_S, 1000 + 18 + 6 * 50,
                    1000 + 18 + 6 * 70);
}

static void list_fails_at_first(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 1, 403, "{}");
    step(f, l, &due, ERR_DENIED);
    assert_true(due - clock_mono_ns(&f->clock.clock) < 7 * NS_PER_S); /* not a whole minute */
}

static void old_list_does_not_unseat(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "5"));
    for (int i = 0; i < 12; i++)
        step(f, l, &due, -1); /* lists in between still show the time before we took it */
    assert_true(kube_leases_is_held(l, 0));
    size_t n_old = 0;
    for (size_t i = 0; i < http_fake_count(f->http); i++)
        n_old += strstr(http_fake_at(f->http, i)->body, "\"resourceVersion\":\"4\"") != NULL;
    assert_int_equal(n_old, 1); /* the taking itself */
}

static void given_back(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(kube_leases) struct kube_leases *l = new_leases(f, 1);
    struct deadline dl = kube_fixture_in(f, 2);
    uint64_t due = 0;
    (void)state;
    kube_fixture_answer(f, "GET", "labelSelector", 0, 200, LIST(LEASE("l-0", "a", "4")));
    kube_fixture_answer(f, "PUT", "/leases/l-0", 0, 200, LEASE("l-0", "a", "5"));
    step(f, l, &due, -1);
    kube_leases_release(l, &dl);
    assert_false(kube_leases_is_held(l, 0));
    assert_non_null(strstr(kube_fixture_last(f, "PUT", "/l-0")->body, "\"holderIdentity\":\"\""));
    size_t n = http_fake_count(f->http);
    kube_leases_release(l, &dl);
    assert_int_equal(http_fake_count(f->http), n);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(winning_and_bodies),
        cmocka_unit_test(lonely_agent_takes_all),
        cmocka_unit_test(many_shards_are_all_taken),
        cmocka_unit_test(holder_renews),
        cmocka_unit_test(stops_acting_without_renewal),
        cmocka_unit_test(dead_holder_is_replaced),
        cmocka_unit_test(holder_replaces_another_soon),
        cmocka_unit_test(living_holder_is_left_alone),
        cmocka_unit_test(list_fails_at_first),
        cmocka_unit_test(old_list_does_not_unseat),
        cmocka_unit_test(given_back),
    };
    return TABLE_RUN("lease_is_free", free_rows, one_free) +
           TABLE_RUN("renewal conflicts", conflict_rows, one_conflict) +
           GROUP_RUN("kube_lease", others);
}
