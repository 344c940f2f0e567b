/* Whose an object is: traces, signs of life, and the time of grace. */

#include "reconcile/rival.h"

#include <string.h>

#include "base/metric.h"
#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

#define KIND "ExternalSecret"

struct bench {
    struct clock_fake clock;
    struct rival *r;
    char ns[4], name[4];
    struct object_meta meta;
};

static void bench_init(struct bench *b, bool is_take_over, int64_t theirs, int64_t ours)
{
    *b = (struct bench){.ns = "app", .name = "db"};
    metric_reset();
    clock_fake_init(&b->clock, CLOCK_FAKE_UNIX_S);
    b->r = rival_new(&b->clock.clock, is_take_over);
    b->meta = (struct object_meta){
        .ns = b->ns, .name = b->name, .status_theirs_unix_s = theirs, .status_ours_unix_s = ours};
}

static enum rival_verdict ask(struct bench *b, bool is_due, uint64_t *in_ns)
{
    struct rival_question q = {.kind = KIND, .meta = &b->meta, .is_due = is_due};
    uint64_t look_ns = 0;
    enum rival_verdict verdict = rival_judge(b->r, &q, &look_ns);
    if (in_ns)
        *in_ns = look_ns == UINT64_MAX ? look_ns : look_ns - clock_mono_ns(&b->clock.clock);
    return verdict;
}

static void later(struct bench *b, uint64_t ns)
{
    clock_fake_advance_ns(&b->clock, ns);
}

struct row {
    const char *name;
    bool is_take_over;
    int64_t theirs, ours;
    bool is_due;
    enum rival_verdict want;
    uint64_t want_ns; /* until the next look; 0: not set */
};

static const struct row rows[] = {
    {"never written", false, 0, 0, true, RIVAL_OURS, 0},
    {"ours alone", false, 0, 5, true, RIVAL_OURS, 0},
    {"ours is newer", false, 4, 5, true, RIVAL_OURS, 0},
    {"the same second", false, 5, 5, true, RIVAL_OURS, 0},
    {"theirs is newer", false, 6, 5, true, RIVAL_WAIT, RIVAL_GRACE_NS},
    {"theirs alone", false, 6, 0, true, RIVAL_WAIT, RIVAL_GRACE_NS},
    {"theirs, nothing due", false, 6, 0, false, RIVAL_WAIT, UINT64_MAX},
    {"theirs, taken over", true, 6, 0, true, RIVAL_OURS, 0},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct bench b;
    uint64_t in_ns = 0;
    bench_init(&b, r->is_take_over, r->theirs, r->ours);
    assert_int_equal(ask(&b, r->is_due, &in_ns), r->want);
    if (r->want_ns)
        assert_true(in_ns == r->want_ns);
    assert_false(rival_is_alive(b.r));
    rival_free(b.r);
}

static void what_is_left_alone_is_ours_after_the_grace(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, false, 6, 0);
    assert_int_equal(ask(&b, true, NULL), RIVAL_WAIT);
    later(&b, RIVAL_GRACE_NS - 1);
    assert_int_equal(ask(&b, true, NULL), RIVAL_WAIT);
    later(&b, 1);
    assert_int_equal(ask(&b, true, NULL), RIVAL_OURS);
    assert_int_equal(ask(&b, false, NULL), RIVAL_OURS); /* until it writes again */
    b.meta.status_theirs_unix_s = 7;
    assert_int_equal(ask(&b, true, NULL), RIVAL_ALIVE);
    rival_free(b.r);
}

static void grace_begins_anew_with_the_next_due_time(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, false, 6, 0);
    assert_int_equal(ask(&b, true, NULL), RIVAL_WAIT);
    later(&b, RIVAL_GRACE_NS / 2);
    assert_int_equal(ask(&b, false, NULL), RIVAL_WAIT);
    later(&b, RIVAL_GRACE_NS);
    assert_int_equal(ask(&b, true, NULL), RIVAL_WAIT);
    rival_free(b.r);
}

static void a_trace_that_moves_is_a_sign_for_all(void **state)
{
    struct bench b;
    char message[RIVAL_MESSAGE_MAX];
    uint64_t in_ns;
    (void)state;
    bench_init(&b, false, 6, 0);
    assert_int_equal(ask(&b, false, NULL), RIVAL_WAIT);
    b.meta.status_theirs_unix_s = 1767225600;
    assert_int_equal(ask(&b, true, &in_ns), RIVAL_ALIVE);
    assert_true(in_ns == RIVAL_LOOK_NS);
    assert_true(rival_is_alive(b.r));
    assert_true(metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL) == 1);
    rival_message(b.r, message);
    assert_non_null(strstr(message, "it wrote the status of ExternalSecret app/db at 2026-01-01"));
    assert_non_null(strstr(message, "stop it, or run Lockstep with --take-over"));
    assert_true(rival_stands_back(b.r, "PushSecret", &b.meta)); /* another object */
    later(&b, RIVAL_SIGN_NS);
    assert_false(rival_is_alive(b.r));
    assert_int_equal(ask(&b, true, NULL), RIVAL_WAIT);
    later(&b, RIVAL_GRACE_NS);
    assert_int_equal(ask(&b, true, NULL), RIVAL_OURS);
    assert_true(rival_stands_back(b.r, "PushSecret", &b.meta)); /* has a grace of its own */
    assert_true(metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL) == 1);
    rival_forget(b.r, "PushSecret", "app/db");
    assert_true(metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL) == 0);
    rival_free(b.r);
}

/* A cluster-scoped object is told and forgotten by its name alone. */
static void without_a_namespace_the_name_is_all(void **state)
{
    struct bench b;
    char message[RIVAL_MESSAGE_MAX];
    (void)state;
    bench_init(&b, false, 6, 0);
    b.ns[0] = '\0';
    assert_true(rival_stands_back(b.r, "ClusterExternalSecret", &b.meta));
    b.meta.status_theirs_unix_s = 7;
    assert_true(rival_stands_back(b.r, "ClusterExternalSecret", &b.meta));
    rival_message(b.r, message);
    assert_non_null(strstr(message, "the status of ClusterExternalSecret db at "));
    assert_true(metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL) == 1);
    rival_forget(b.r, "ClusterExternalSecret", "db");
    assert_true(metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL) == 0);
    rival_free(b.r);
}

static void a_trigger_is_kept_through_the_grace(void **state)
{
    struct bench b;
    uint64_t look_ns;
    (void)state;
    bench_init(&b, false, 6, 0);
    struct rival_question q = {.kind = KIND, .meta = &b.meta, .is_forced = true};
    assert_int_equal(rival_judge(b.r, &q, &look_ns), RIVAL_WAIT);
    q.is_forced = false;
    later(&b, RIVAL_GRACE_NS);
    assert_int_equal(rival_judge(b.r, &q, &look_ns), RIVAL_OURS);
    assert_true(q.is_forced);
    q.is_forced = false;
    assert_int_equal(rival_judge(b.r, &q, &look_ns), RIVAL_OURS);
    assert_false(q.is_forced);
    rival_free(b.r);
}

struct lease_row {
    const char *name;
    const char *first, *second; /* renewTime; NULL: not seen again */
    bool want;
};

/* The clock stands at CLOCK_FAKE_UNIX_S, see there. */
static const struct lease_row lease_rows[] = {
    {"old", "2001-01-01T00:00:00.000000Z", NULL, false},
    {"old twice", "2001-01-01T00:00:00.000000Z", "2001-01-01T00:00:00.000000Z", false},
    {"old, but it moves", "2001-01-01T00:00:00.000000Z", "2001-01-01T00:00:02.000000Z", true},
    {"young", "2100-01-01T00:00:00.000000Z", NULL, true},
    {"no time", "yesterday", NULL, false},
    {"no time after all", "2001-01-01T00:00:00.000000Z", "yesterday", false},
};

static void one_lease(void **state)
{
    const struct lease_row *r = *state;
    struct bench b;
    char message[RIVAL_MESSAGE_MAX];
    bench_init(&b, false, 6, 0);
    rival_note_lease(b.r, r->first, 15);
    if (r->second)
        rival_note_lease(b.r, r->second, 15);
    assert_int_equal(rival_is_alive(b.r), r->want);
    assert_int_equal(ask(&b, true, NULL), r->want ? RIVAL_ALIVE : RIVAL_WAIT);
    rival_message(b.r, message);
    assert_int_equal(strstr(message, "it renewed its Lease at ") != NULL, r->want);
    rival_free(b.r);
}

static void news_are_told_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, false, 0, 0);
    assert_true(rival_is_news(b.r));
    assert_false(rival_is_news(b.r));
    rival_free(b.r);
}

static void take_over_knows_no_rival(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, true, 6, 0);
    rival_note_lease(b.r, "2100-01-01T00:00:00.000000Z", 15);
    assert_false(rival_is_alive(b.r));
    assert_int_equal(ask(&b, true, NULL), RIVAL_OURS);
    rival_free(b.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_alone_is_ours_after_the_grace),
        cmocka_unit_test(grace_begins_anew_with_the_next_due_time),
        cmocka_unit_test(a_trace_that_moves_is_a_sign_for_all),
        cmocka_unit_test(without_a_namespace_the_name_is_all),
        cmocka_unit_test(a_trigger_is_kept_through_the_grace),
        cmocka_unit_test(news_are_told_once),
        cmocka_unit_test(take_over_knows_no_rival),
    };
    return TABLE_RUN("rival_judge", rows, one_row) +
           TABLE_RUN("rival_note_lease", lease_rows, one_lease) + GROUP_RUN("rival", tests);
}
