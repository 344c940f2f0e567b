/* What a failing store can do to the outputs (nothing), what is said of it, and when it is asked
 * again; and what a Pod that starts meanwhile gets. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "tests/support/agent_rig.h"
#include "tests/support/table.h"

#define KIND "ExternalSecret"
#define VALUE "s3cret-value"
#define PART "/keys/pass"
#define OLD_BODY "{\"key\":\"pass\",\"value\":\"first-" VALUE "\"}"
#define NEW_BODY "{\"key\":\"pass\",\"value\":\"second-" VALUE "\"}"
#define FIRST "first-" VALUE
#define SECOND "second-" VALUE
#define MAX_STALE_S (24 * 3600)

#define SPEC                                                                                       \
    AGENT_RIG_SPEC_HEAD "spec: {secretStoreRef: {name: stores}, refreshInterval: 10m, data: "      \
                        "[{secretKey: pass, remoteRef: {key: pass}}]}\n"

static void answer(struct agent_rig *rig, unsigned times, const char *body)
{
    http_fake_add(rig->http, &(struct http_fake_rule){.url = PART, .times = times, .body = body});
}

static struct agent_rig *express_rig(void)
{
    struct agent_rig *rig = agent_rig_new(NULL);
    metric_reset();
    agent_rig_put(rig, AGENT_RIG_EXPRESS);
    agent_rig_put(rig, SPEC);
    return rig;
}

/* With volume v1 and Secret of the first value, which the store gave once. */
static struct agent_rig *mounted_rig(void)
{
    struct agent_rig *rig = express_rig();
    answer(rig, 1, OLD_BODY);
    agent_rig_step(rig);
    assert_null(agent_rig_publish(rig, "v1"));
    agent_rig_step(rig);
    assert_int_equal(http_fake_count(rig->http), 1);
    return rig;
}

static void assert_both(struct agent_rig *rig, const char *value)
{
    assert_true(agent_rig_file_is(rig, "v1", "pass", value));
    assert_true(agent_rig_secret_is(rig, "pass", value));
}

struct failure_row {
    const char *name;
    struct http_fake_rule rule;
    const char *message;          /* part of the condition */
    unsigned first_s, second_s;   /* waits after the first and the second failure */
    enum err_class publish_class; /* of a publish with nothing cached */
};

static const struct failure_row failure_rows[] = {
    {"refused", {.fault = HTTP_FAKE_REFUSED}, "connection refused", 1, 2, ERR_UNAVAILABLE},
    {"not trusted", {.fault = HTTP_FAKE_UNTRUSTED}, "not trusted", 1, 2, ERR_UNAVAILABLE},
    {"slow", {.fault = HTTP_FAKE_SLOW}, "no answer within 5 seconds", 1, 2, ERR_UNAVAILABLE},
    {"reset", {.fault = HTTP_FAKE_RESET}, "connection reset", 1, 2, ERR_UNAVAILABLE},
    {"cut", {.fault = HTTP_FAKE_CUT}, "cut short", 1, 2, ERR_UNAVAILABLE},
    {"garbage", {.fault = HTTP_FAKE_GARBAGE}, "not HTTP", 1, 2, ERR_UNAVAILABLE},
    {"500", {.status = 500, .body = VALUE}, "HTTP status 500", 1, 2, ERR_UNAVAILABLE},
    {"503", {.status = 503, .body = VALUE}, "HTTP status 503", 1, 2, ERR_UNAVAILABLE},
    {"503 says when",
     {.status = 503, .retry_after_s = 20, .body = VALUE},
     "HTTP status 503",
     20,
     20,
     ERR_UNAVAILABLE},
    {"429", {.status = 429, .body = VALUE}, "HTTP status 429", 1, 2, ERR_RATE_LIMITED},
    {"429 says when",
     {.status = 429, .retry_after_s = 30, .body = VALUE},
     "HTTP status 429",
     30,
     30,
     ERR_RATE_LIMITED},
    {"429 is out of its mind",
     {.status = 429, .retry_after_s = 86400, .body = VALUE},
     "HTTP status 429",
     3600,
     3600,
     ERR_RATE_LIMITED},
    {"404", {.status = 404, .body = VALUE}, "does not exist", 5, 10, ERR_NOT_FOUND},
    {"403", {.status = 403, .body = VALUE}, "HTTP status 403", 5, 10, ERR_DENIED},
    {"400", {.status = 400, .body = VALUE}, "HTTP status 400", 5, 10, ERR_INVALID},
    {"no JSON", {.body = VALUE "{"}, "JSON", 5, 10, ERR_INVALID},
    {"half a JSON", {.body = "{\"key\":\"pass\",\"value\":\"" VALUE}, "JSON", 5, 10, ERR_INVALID},
    {"another JSON",
     {.body = "{\"other\":\"" VALUE "\"}"},
     "no text called value",
     5,
     10,
     ERR_INVALID},
    {"a number", {.body = "{\"value\":5}"}, "no text called value", 5, 10, ERR_INVALID},
    {"nothing", {.body = ""}, "JSON", 5, 10, ERR_INVALID},
};

static void fail_times(struct agent_rig *rig, const struct failure_row *r, unsigned times)
{
    struct http_fake_rule rule = r->rule;
    rule.url = PART;
    rule.times = times;
    http_fake_add(rig->http, &rule);
}

/* Nothing is asked a second too early, and once when the time has come. */
static void assert_asked_after(struct agent_rig *rig, unsigned wait_s)
{
    size_t n = http_fake_count(rig->http);
    agent_rig_step_in(rig, wait_s - 1);
    assert_int_equal(http_fake_count(rig->http), n);
    agent_rig_step_in(rig, 1);
    assert_int_equal(http_fake_count(rig->http), n + 1);
}

static void one_failure(void **state)
{
    const struct failure_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *before = agent_rig_generation(rig, "v1");
    fail_times(rig, r, 2);
    answer(rig, 0, NEW_BODY);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    assert_int_equal(http_fake_count(rig->http), 2);
    assert_both(rig, FIRST);
    const struct status_record_write *w = status_record_last(rig->status, KIND, "db");
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 2);
    assert_false(w->is_ready);
    assert_non_null(strstr(w->message, "could not get secret data from provider: "));
    assert_non_null(strstr(w->message, r->message));
    assert_non_null(strstr(w->message, "spec.data[0] (key: pass)"));
    assert_int_equal(w->refresh_unix_s, CLOCK_FAKE_UNIX_S);
    assert_int_equal(status_record_events(rig->status, "db", "Warning"), 1);
    assert_asked_after(rig, r->first_s);
    assert_both(rig, FIRST);
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 2);
    assert_int_equal(status_record_events(rig->status, "db", "Warning"), 1);
    CLEANUP_STR char *after = agent_rig_generation(rig, "v1");
    assert_string_equal(before, after);
    assert_asked_after(rig, r->second_s);
    assert_both(rig, SECOND);
    assert_true(status_record_last(rig->status, KIND, "db")->is_ready);
    assert_string_equal(status_record_last_event(rig->status, "db")->reason, "Updated");
    assert_false(status_record_holds(rig->status, VALUE));
    assert_int_equal(http_fake_unexpected(rig->http), 0);
}

/* A Pod that starts while the store fails in this way, on a node that knows no value. */
static void one_cold_publish(void **state)
{
    const struct failure_row *r = *state;
    CLEANUP(agent_rig) struct agent_rig *rig = express_rig();
    fail_times(rig, r, 1);
    answer(rig, 0, NEW_BODY);
    size_t fds = agent_rig_open_fds();
    CLEANUP(err) struct err *e = agent_rig_publish(rig, "v1");
    assert_non_null(e);
    assert_int_equal(err_class(e), r->publish_class);
    assert_non_null(strstr(err_text(e), "ExternalSecret \"app/db\""));
    assert_non_null(strstr(err_text(e), r->message));
    assert_null(strstr(err_text(e), VALUE));
    assert_true(agent_rig_is_clean(rig, "v1"));
    assert_int_equal(agent_rig_open_fds(), fds);
    assert_null(agent_rig_publish(rig, "v1")); /* the kubelet comes again */
    assert_true(agent_rig_file_is(rig, "v1", "pass", SECOND));
}

static void refuse_from_now_on(struct agent_rig *rig)
{
    http_fake_add(rig->http, &(struct http_fake_rule){.url = PART, .fault = HTTP_FAKE_REFUSED});
}

static void cached_value_starts_a_pod_in_an_outage(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    refuse_from_now_on(rig);
    agent_rig_step_in(rig, 2 * AGENT_RIG_INTERVAL_S);
    double before = metric_value(METRIC_CACHE_STALE_SERVED, NULL, NULL, NULL);
    assert_null(agent_rig_publish(rig, "v2"));
    assert_true(agent_rig_file_is(rig, "v2", "pass", FIRST));
    assert_true(metric_value(METRIC_CACHE_STALE_SERVED, NULL, NULL, NULL) > before);
    agent_rig_step(rig);
    assert_false(status_record_last(rig->status, KIND, "db")->is_ready);
    assert_both(rig, FIRST);
}

static void fresh_enough_value_needs_no_store(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    refuse_from_now_on(rig);
    clock_fake_advance_ns(rig->clock, (AGENT_RIG_INTERVAL_S - 1) * NS_PER_S);
    assert_null(agent_rig_publish(rig, "v2"));
    assert_true(agent_rig_file_is(rig, "v2", "pass", FIRST));
    assert_int_equal(http_fake_count(rig->http), 1);
}

static void too_old_value_starts_nobody(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    refuse_from_now_on(rig);
    clock_fake_advance_ns(rig->clock, (MAX_STALE_S + 1) * NS_PER_S);
    CLEANUP(err) struct err *e = agent_rig_publish(rig, "v2");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_true(agent_rig_file_is(rig, "v2", "pass", NULL));
    assert_true(agent_rig_file_is(rig, "v1", "pass", FIRST)); /* who runs keeps what he has */
}

/* A store that says no is no outage: the cached value is gone with the permission. */
static void denied_value_is_not_served_from_the_cache(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    http_fake_add(rig->http, &(struct http_fake_rule){.url = PART, .status = 403, .times = 1});
    refuse_from_now_on(rig);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    CLEANUP(err) struct err *e = agent_rig_publish(rig, "v2");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_true(agent_rig_file_is(rig, "v1", "pass", FIRST));
}

static void republish_in_an_outage_is_ok(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    CLEANUP_STR char *before = agent_rig_generation(rig, "v1");
    refuse_from_now_on(rig);
    agent_rig_step_in(rig, MAX_STALE_S + 1);
    assert_null(agent_rig_publish(rig, "v1"));
    CLEANUP_STR char *after = agent_rig_generation(rig, "v1");
    assert_string_equal(before, after);
    assert_null(agent_rig_unpublish(rig, "v1"));
    assert_true(agent_rig_is_clean(rig, "v1"));
}

static void restart_in_an_outage_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    refuse_from_now_on(rig);
    assert_int_equal(agent_rig_restart(rig), 1);
    agent_rig_put(rig, AGENT_RIG_EXPRESS);
    agent_rig_put(rig, SPEC);
    agent_rig_step(rig);
    assert_false(status_record_last(rig->status, KIND, "db")->is_ready);
    assert_both(rig, FIRST);
    assert_null(agent_rig_publish(rig, "v1"));
}

/* However long it takes, it is one Event. */
static void long_outage_backs_off_to_seven_minutes(void **state)
{
    (void)state;
    CLEANUP(agent_rig) struct agent_rig *rig = mounted_rig();
    refuse_from_now_on(rig);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    for (unsigned wait_s = 1; wait_s < 420; wait_s *= 2)
        assert_asked_after(rig, wait_s);
    assert_asked_after(rig, 420);
    assert_asked_after(rig, 420);
    assert_int_equal(status_record_events(rig->status, "db", "Warning"), 1);
    assert_int_equal(status_record_writes(rig->status, KIND, "db"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cached_value_starts_a_pod_in_an_outage),
        cmocka_unit_test(fresh_enough_value_needs_no_store),
        cmocka_unit_test(too_old_value_starts_nobody),
        cmocka_unit_test(denied_value_is_not_served_from_the_cache),
        cmocka_unit_test(republish_in_an_outage_is_ok),
        cmocka_unit_test(restart_in_an_outage_changes_nothing),
        cmocka_unit_test(long_outage_backs_off_to_seven_minutes),
    };
    return TABLE_RUN("outage: refresh", failure_rows, one_failure) +
           TABLE_RUN("outage: first publish", failure_rows, one_cold_publish) +
           GROUP_RUN("outage", tests);
}
