/* Rounds of questions on a scripted server, with a clock that the test moves. */

#include "cmd/chores.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "project/project_object.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define LOG_MAX 65536
#define REVIEWS "/selfsubjectaccessreviews"
#define FENCE "/secrets/lockstep-fence-check"
#define YES "{\"status\":{\"allowed\":true}}"
#define NO "{\"status\":{\"allowed\":false}}"
#define ADMISSION                                                                                  \
    "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"details\":{\"causes\":[{\"message\":\"m\"}]}" \
    "}"
#define N_MIRROR 3 /* rights of a mirror whose manifests come from a folder */
#define N_WATCH 3

#define LEASE "/namespaces/external-secrets/leases/external-secrets-controller"

struct bench {
    struct kube_fixture *f;
    struct rival *rival;
    struct config config;
    struct sink *mirror;
    struct chores *c;
    atomic_uint n_may_watch; /* written by the thread, read by the test */
    int log_fds[2];
};

static void on_may_watch(void *ctx)
{
    struct bench *b = ctx;
    atomic_fetch_add(&b->n_may_watch, 1);
}

static void bench_init(struct bench *b, const struct config *config)
{
    *b = (struct bench){.f = kube_fixture_new(), .config = *config};
    metric_reset();
    log_set_level(LOG_LEVEL_INFO);
    assert_int_equal(pipe2(b->log_fds, O_NONBLOCK), 0);
    log_set_fd(b->log_fds[1]);
    b->rival = rival_new(&b->f->clock.clock, false);
    if (config->mirror_place == CONFIG_KUBERNETES)
        b->mirror = project_object_new(b->f->k, false);
    b->c = chores_new(&(struct chores_options){.kube = b->f->k,
                                               .config = &b->config,
                                               .mirror = b->mirror,
                                               .rival = b->rival,
                                               .may_watch = on_may_watch,
                                               .ctx = b});
}

static void bench_done(struct bench *b)
{
    chores_free(b->c);
    rival_free(b->rival);
    sink_free(b->mirror);
    kube_fixture_free(b->f);
    log_set_fd(STDERR_FILENO);
    close(b->log_fds[0]);
    close(b->log_fds[1]);
}

/* How often part stands in what was logged since the last look. */
static size_t logged(struct bench *b, const char *part)
{
    char text[LOG_MAX];
    size_t count = 0;
    ssize_t n = read(b->log_fds[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void round_in(struct bench *b, uint64_t ns)
{
    clock_fake_advance_ns(&b->f->clock, ns);
    chores_round(b->c);
}

static const struct config no_mirror = {.mirror_place = CONFIG_OFF, .source_place = CONFIG_DIR};
static const struct config mirror = {.source_place = CONFIG_DIR};
static const struct config watching = {.source_place = CONFIG_DIR, .watch_secrets = true};

struct lease_row {
    const char *name;
    double shards;
    bool is_take_over;
    int status;
    const char *lease;
    size_t asked;
    bool want; /* External Secrets is alive */
};

#define RENEWED(when) "{\"spec\":{\"renewTime\":\"" when "\",\"leaseDurationSeconds\":15}}"

static const struct lease_row lease_rows[] = {
    {"renewed", 1, false, 200, RENEWED("2100-01-01T00:00:00.000000Z"), 2, true},
    {"long ago", 1, false, 200, RENEWED("2001-01-01T00:00:00.000000Z"), 2, false},
    {"no Lease", 1, false, 404, "{}", 2, false},
    {"no right", 1, false, 403, "{}", 2, false},
    {"no renewal", 1, false, 200, "{\"spec\":{}}", 2, false},
    {"nothing to mirror", 0, false, 200, RENEWED("2100-01-01T00:00:00.000000Z"), 0, false},
    {"told to take over", 1, true, 200, RENEWED("2100-01-01T00:00:00.000000Z"), 0, false},
};

static void one_lease(void **state)
{
    const struct lease_row *r = *state;
    struct bench b;
    char ns[] = "external-secrets";
    struct config config = no_mirror;
    config.external_secrets_ns = ns;
    config.take_over = r->is_take_over;
    bench_init(&b, &config);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_answer(b.f, "GET", LEASE, 0, r->status, r->lease);
    metric_set(METRIC_SHARDS_HELD, r->shards, NULL, NULL, NULL);
    chores_round(b.c);
    round_in(&b, CHORES_LEASE_NS - 1);
    round_in(&b, 1);
    assert_int_equal(kube_fixture_count(b.f, "GET", LEASE), r->asked);
    assert_int_equal(rival_is_alive(b.rival), r->want);
    bench_done(&b);
}

static void probes_when_nobody_has_heard_of_the_server(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &no_mirror);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    chores_round(b.c);
    assert_int_equal(http_fake_count(b.f->http), 1);
    assert_true(kube_last_contact_ns(b.f->k) > 0);
    round_in(&b, CHORES_CONTACT_NS);
    assert_int_equal(http_fake_count(b.f->http), 1);
    round_in(&b, 1);
    assert_int_equal(http_fake_count(b.f->http), 2);
    bench_done(&b);
}

static void a_silent_server_is_told_once_and_asked_nothing_else(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &mirror);
    http_fake_add(b.f->http,
                  &(struct http_fake_rule){.url = "/readyz", .times = 2, .fault = HTTP_FAKE_SLOW});
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_answer(b.f, "POST", REVIEWS, 0, 201, YES);
    kube_fixture_answer(b.f, "PATCH", FENCE, 0, 403, ADMISSION);
    uint64_t began_ns = clock_mono_ns(&b.f->clock.clock);
    chores_round(b.c);
    assert_true(clock_mono_ns(&b.f->clock.clock) - began_ns == CHORES_DEADLINE_NS);
    assert_int_equal(logged(&b, "\"api.silent\""), 1);
    round_in(&b, CHORES_ROUND_NS);
    assert_int_equal(http_fake_count(b.f->http), 2);
    assert_int_equal(logged(&b, "\"api.silent\""), 0);
    round_in(&b, CHORES_ROUND_NS);
    assert_int_equal(logged(&b, "\"api.answers\""), 1);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", FENCE), 1);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS), N_MIRROR);
    bench_done(&b);
}

struct fence_row {
    const char *name;
    int status;
    const char *body;
    double stands;
    const char *event; /* NULL: no line */
};

static const struct fence_row fence_rows[] = {
    {"stands", 403, ADMISSION, 1, NULL},
    {"missing", 201, "{}", 0, "\"fence.missing\""},
    {"unknown", 503, "{}", 0, "\"fence.unknown\""},
};

static void fence(void **state)
{
    const struct fence_row *r = *state;
    struct bench b;
    bench_init(&b, &mirror);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_answer(b.f, "POST", REVIEWS, 0, 201, YES);
    kube_fixture_answer(b.f, "PATCH", FENCE, 0, r->status, r->body);
    chores_round(b.c);
    size_t asked = kube_fixture_count(b.f, "PATCH", FENCE);
    assert_true(asked > 0);
    assert_true(metric_value(METRIC_FENCE_STANDS, NULL, NULL, NULL) == r->stands);
    assert_int_equal(logged(&b, r->event ? r->event : "\"fence."), r->event != NULL);
    round_in(&b, CHORES_ROUND_NS);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", FENCE), asked);
    round_in(&b, CHORES_REPEAT_NS);
    assert_true(kube_fixture_count(b.f, "PATCH", FENCE) > asked);
    bench_done(&b);
}

static void no_fence_without_a_mirror(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &no_mirror);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    chores_round(b.c);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", ""), 0);
    bench_done(&b);
}

/* The server answers all but the rights; refused ones are those of this verb. */
static void serve_rights(struct bench *b, const char *refused, unsigned times)
{
    kube_fixture_answer(b->f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_answer(b->f, "PATCH", FENCE, 0, 403, ADMISSION);
    http_fake_add(
        b->f->http,
        &(struct http_fake_rule){
            .method = "POST", .body_part = refused, .times = times, .status = 201, .body = NO});
    kube_fixture_answer(b->f, "POST", REVIEWS, 0, 201, YES);
}

static void rights_are_asked_once_when_all_are_there(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &mirror);
    serve_rights(&b, "nothing is refused", 0);
    chores_round(b.c);
    round_in(&b, 10 * CHORES_REPEAT_NS);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS), N_MIRROR);
    assert_int_equal(logged(&b, "\"right."), 0);
    assert_true(metric_value(METRIC_RIGHTS_MISSING, NULL, NULL, NULL) == 0);
    assert_int_equal(b.n_may_watch, 0); /* nobody asked for it */
    bench_done(&b);
}

static void a_missing_right_is_told_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &mirror);
    serve_rights(&b, "\"verb\":\"patch\"", 2);
    chores_round(b.c);
    assert_true(metric_value(METRIC_RIGHTS_MISSING, NULL, NULL, NULL) == 1);
    assert_int_equal(logged(&b, "{apiGroups: [\\\"\\\"], resources: [secrets], verbs: [patch]}\","
                                "\"namespace\":\"all\",\"given_by\":\"deploy/base\""),
                     1);
    round_in(&b, CHORES_REPEAT_NS);
    assert_int_equal(logged(&b, "\"right.missing\""), 0);
    assert_true(metric_value(METRIC_RIGHTS_MISSING, NULL, NULL, NULL) == 1);
    round_in(&b, CHORES_REPEAT_NS); /* given by now */
    assert_true(metric_value(METRIC_RIGHTS_MISSING, NULL, NULL, NULL) == 0);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS), 3 * N_MIRROR);
    round_in(&b, CHORES_REPEAT_NS);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS), 3 * N_MIRROR);
    bench_done(&b);
}

static void secrets_are_watched_when_they_may_be(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watching);
    serve_rights(&b, "\"verb\":\"watch\"", 1);
    chores_round(b.c);
    assert_int_equal(b.n_may_watch, 0);
    assert_int_equal(logged(&b, "deploy/overlays/watch-secrets"), 1);
    round_in(&b, CHORES_REPEAT_NS); /* given by now */
    assert_int_equal(b.n_may_watch, 1);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS), 2 * (N_MIRROR + N_WATCH));
    round_in(&b, CHORES_REPEAT_NS);
    assert_int_equal(b.n_may_watch, 1);
    bench_done(&b);
}

struct unknown_row {
    const char *name;
    int status;
    unsigned may_watch;
    bool is_asked_soon; /* in the next round, not in five minutes */
};

static const struct unknown_row unknown_rows[] = {
    {"the question is forbidden", 403, 1, false},
    {"the server is out of order", 500, 0, true},
};

static void unknown(void **state)
{
    const struct unknown_row *r = *state;
    struct bench b;
    bench_init(&b, &watching);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_answer(b.f, "PATCH", FENCE, 0, 403, ADMISSION);
    kube_fixture_answer(b.f, "POST", REVIEWS, 0, r->status, "{}");
    chores_round(b.c);
    assert_int_equal(logged(&b, "\"rights.unknown\""), 1);
    assert_int_equal(b.n_may_watch, r->may_watch);
    size_t asked = kube_fixture_count(b.f, "POST", REVIEWS);
    round_in(&b, CHORES_ROUND_NS);
    assert_int_equal(kube_fixture_count(b.f, "POST", REVIEWS) > asked, r->is_asked_soon);
    bench_done(&b);
}

static void thread_starts_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, &watching);
    serve_rights(&b, "nothing is refused", 0);
    chores_start(b.c);
    for (int i = 0; i < 2000 && atomic_load(&b.n_may_watch) == 0; i++) {
        struct deadline dl = deadline_in(clock_system(), 2 * NS_PER_MS);
        kube_waiter_system()->wait(NULL, 2 * NS_PER_MS, &dl);
    }
    assert_int_equal(atomic_load(&b.n_may_watch), 1);
    chores_stop(b.c);
    chores_stop(b.c);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_when_nobody_has_heard_of_the_server),
        cmocka_unit_test(a_silent_server_is_told_once_and_asked_nothing_else),
        cmocka_unit_test(no_fence_without_a_mirror),
        cmocka_unit_test(rights_are_asked_once_when_all_are_there),
        cmocka_unit_test(a_missing_right_is_told_once),
        cmocka_unit_test(secrets_are_watched_when_they_may_be),
        cmocka_unit_test(thread_starts_and_stops),
    };
    return TABLE_RUN("lease", lease_rows, one_lease) + TABLE_RUN("fence", fence_rows, fence) +
           TABLE_RUN("unknown", unknown_rows, unknown) + GROUP_RUN("chores", tests);
}
