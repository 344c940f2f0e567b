/* ClusterExternalSecrets beside a scripted API server: what is sent, and what is said of it. */

#include "reconcile/fan_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "base/str_buf.h"
#include "reconcile/fan_out_write.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/status_record.h"
#include "tests/support/table.h"
#include "watch/watch_fan_out.h"

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BODY(meta, spec, status)                                                                   \
    "{\"metadata\":{\"name\":\"db\",\"uid\":\"u1\",\"generation\":" meta "},\"spec\":{"            \
    "\"externalSecretSpec\":{\"secretStoreRef\":{\"name\":\"st\"},\"data\":[{\"secretKey\":"       \
    "\"a\",\"remoteRef\":{\"key\":\"x\"}}]}" spec "}" status "}"
#define ANYWHERE ",\"namespaceSelector\":{}"
#define SPEC BODY("1", ANYWHERE, "")
#define READY(spaces)                                                                              \
    ",\"status\":{\"externalSecretName\":\"db\",\"provisionedNamespaces\":[" spaces                \
    "],\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"
#define SPACE(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define OWNED                                                                                      \
    ",\"ownerReferences\":[{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":"                   \
    "\"ClusterExternalSecret\",\"name\":\"db\",\"uid\":\"u1\",\"controller\":true}]"
#define CHILD(ns, more)                                                                            \
    "{\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"db\",\"uid\":\"c-" ns "\"" more "}}"
#define SPECS "/v1/clusterexternalsecrets?"
#define SPACES "/v1/namespaces?"
#define CHILDREN "/v1/externalsecrets?"
#define STATUS "/clusterexternalsecrets/db/status"
#define IN(ns) "/namespaces/" ns "/externalsecrets"

struct bench {
    struct kube_fixture *f;
    struct fan_out *fan;
    struct status_record *record;
    struct status_sink sink;
    bool is_not_ours, stands_back;
    unsigned failures;
};

static bool is_ours(void *ctx, const char *uid)
{
    const struct bench *b = ctx;
    return !b->is_not_ours && strncmp(uid, "u1", 2) == 0;
}

static bool stands_back(void *ctx, const struct object_meta *object)
{
    const struct bench *b = ctx;
    assert_non_null(object->name);
    return b->stands_back;
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_non_null(what);
    assert_non_null(e);
    b->failures++;
}

static uint32_t no_jitter(void)
{
    return 0;
}

/* spaces NULL: they may not be listed. */
static void bench_init(struct bench *b, const char *spec, const char *spaces, const char *children)
{
    metric_reset();
    *b = (struct bench){.f = kube_fixture_new(), .record = status_record_new()};
    b->sink = status_record_sink(b->record);
    kube_fixture_serve_external_secrets(b->f);
    kube_set_refuses_streaming_lists(b->f->k);
    kube_fixture_answer(b->f, "GET", SPECS "limit", 0, 200, spec);
    kube_fixture_answer(b->f, "GET", SPACES "limit", 0, spaces ? 200 : 403, spaces ? spaces : "{}");
    kube_fixture_answer(b->f, "GET", CHILDREN "limit", 0, 200, children);
    kube_fixture_stream(b->f, "watch=1", "");
    b->fan = fan_out_new(&(struct fan_out_options){.kube = b->f->k,
                                                   .status = &b->sink,
                                                   .is_ours = is_ours,
                                                   .stands_back = stands_back,
                                                   .failed = on_failed,
                                                   .ctx = b,
                                                   .random = no_jitter});
    fan_out_update(b->fan, 1);
}

/* What is not scripted otherwise goes well. */
static void go_well(struct bench *b)
{
    kube_fixture_answer(b->f, "POST", IN("shop"), 0, 201, CHILD("shop", OWNED));
    kube_fixture_answer(b->f, "POST", IN("web"), 0, 201, CHILD("web", OWNED));
    kube_fixture_answer(b->f, "PATCH", IN("shop"), 0, 200, CHILD("shop", OWNED));
    kube_fixture_answer(b->f, "PATCH", IN("web"), 0, 200, CHILD("web", OWNED));
    kube_fixture_answer(b->f, "DELETE", "/externalsecrets/db", 0, 200, "{}");
    kube_fixture_answer(b->f, "PATCH", STATUS, 0, 200, "{}");
}

static void bench_done(struct bench *b)
{
    fan_out_free(b->fan);
    assert_int_equal(http_fake_unexpected(b->f->http), 0);
    status_record_free(b->record);
    kube_fixture_free(b->f);
}

/* Rounds until there is nothing to do now; when there will be. */
static uint64_t settle(struct bench *b)
{
    uint64_t due_ns = 0;
    while (due_ns == 0)
        due_ns = fan_out_step(b->fan);
    return due_ns;
}

static void pass(struct bench *b, uint64_t s)
{
    clock_fake_advance_ns(&b->f->clock, s * NS_PER_S);
    settle(b);
}

static size_t sent(const struct bench *b, const char *method, const char *url)
{
    return kube_fixture_count(b->f, method, url);
}

static const char *last_status(const struct bench *b)
{
    return kube_fixture_last(b->f, "PATCH", STATUS)->body;
}

static void push(struct bench *b, const char *stream, const char *event)
{
    assert_int_equal(http_fake_push(b->f->http, stream, event), 1);
    settle(b);
}

static void makes_them_and_says_so(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop") "," SPACE("web")), LIST(""));
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    assert_int_equal(sent(&b, "POST", IN("web")), 1);
    assert_string_equal(
        last_status(&b),
        "{\"status\":{\"externalSecretName\":\"db\",\"provisionedNamespaces\":[\"shop\",\"web\"],"
        "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"failedNamespaces\":null}}");
    assert_string_equal(status_record_last_event(b.record, "db")->message,
                        "created ExternalSecret \"db\" in 2 namespaces");
    assert_string_equal(status_record_last_event(b.record, "db")->kind, "ClusterExternalSecret");
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_WRITES, "created", NULL, NULL), 2);
    assert_int_equal((int)metric_value(METRIC_SPECS, "ClusterExternalSecret", NULL, NULL), 1);
    bench_done(&b);
}

/* What is there already is looked at once; then there is silence, whatever statuses say. */
static void is_silent_at_rest(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(BODY("1", ANYWHERE, READY("\"shop\""))), LIST(SPACE("shop")),
               LIST(CHILD("shop", OWNED)));
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, "PATCH", IN("shop")), 1);
    push(&b, CHILDREN "watch",
         EVENT("MODIFIED", CHILD("shop", OWNED ",\"resourceVersion\":\"12\"")));
    push(&b, SPECS "watch", EVENT("MODIFIED", BODY("1", ANYWHERE, READY("\"shop\""))));
    pass(&b, 3600);
    assert_int_equal(sent(&b, "PATCH", "/"), 1);
    assert_int_equal(status_record_events(b.record, "db", NULL), 0);
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_WRITES, "unchanged", NULL, NULL), 1);
    bench_done(&b);
}

static void an_edit_is_written_at_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    kube_fixture_answer(b.f, "PATCH", IN("shop"), 1, 200, CHILD("shop", OWNED ",\"generation\":2"));
    go_well(&b);
    settle(&b);
    push(&b, SPECS "watch",
         EVENT("MODIFIED", BODY("2",
                                ANYWHERE ",\"externalSecretMetadata\":{\"labels\":{\"a\":"
                                         "\"b\"}}",
                                "")));
    assert_int_equal(sent(&b, "PATCH", IN("shop")), 1);
    assert_non_null(strstr(kube_fixture_last(b.f, "PATCH", IN("shop"))->body, "{\"a\":\"b\"}"));
    assert_string_equal(status_record_last_event(b.record, "db")->message,
                        "updated ExternalSecret \"db\" in 1 namespace");
    bench_done(&b);
}

static void what_others_change_is_mended_not_too_often(void **state)
{
    struct bench b;
    const char *edited = EVENT("MODIFIED", CHILD("shop", OWNED ",\"generation\":7"));
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    go_well(&b);
    settle(&b);
    push(&b, CHILDREN "watch", edited);
    assert_int_equal(sent(&b, "PATCH", IN("shop")), 1);
    push(&b, CHILDREN "watch", edited);
    assert_int_equal(sent(&b, "PATCH", IN("shop")), 1);
    pass(&b, 10);
    assert_int_equal(sent(&b, "PATCH", IN("shop")), 2);
    bench_done(&b);
}

/* A namespace of the same name is a new one: nothing of the old one is mended in it. */
static void a_namespace_that_comes_again_is_new(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    go_well(&b);
    settle(&b);
    push(&b, CHILDREN "watch", EVENT("MODIFIED", CHILD("shop", OWNED ",\"generation\":7")));
    push(&b, CHILDREN "watch", EVENT("DELETED", CHILD("shop", OWNED)));
    assert_int_equal(sent(&b, "POST", IN("shop")), 1); /* in the quiet time */
    push(&b, SPACES "watch", EVENT("DELETED", SPACE("shop")));
    push(&b, SPACES "watch", EVENT("ADDED", SPACE("shop")));
    assert_int_equal(sent(&b, "POST", IN("shop")), 2);
    bench_done(&b);
}

/* Whoever mends a mistake does not wait for the retry. */
static void an_edit_is_tried_at_once(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    kube_fixture_answer(b.f, "POST", IN("shop"), 1, 422, "{}");
    go_well(&b);
    settle(&b);
    push(&b, SPACES "watch", EVENT("ADDED", SPACE("web")));
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    push(&b, SPECS "watch", EVENT("MODIFIED", BODY("2", ANYWHERE, "")));
    assert_int_equal(sent(&b, "POST", IN("shop")), 2);
    bench_done(&b);
}

static void a_foreign_one_is_refused_without_asking(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop") "," SPACE("web")), LIST(CHILD("shop", "")));
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, NULL, IN("shop")), 0);
    assert_non_null(strstr(last_status(&b), "\"provisionedNamespaces\":[\"web\"]"));
    assert_non_null(strstr(last_status(&b),
                           "[{\"namespace\":\"shop\",\"reason\":\"external secret already exists "
                           "in namespace\"}]"));
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_NOT_READY, NULL, NULL, NULL), 1);
    push(&b, CHILDREN "watch", EVENT("DELETED", CHILD("shop", "")));
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_NOT_READY, NULL, NULL, NULL), 0);
    bench_done(&b);
}

static void unwanted_ones_go(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(BODY("1", ",\"namespaces\":[\"web\"]", "")),
               LIST(SPACE("shop") "," SPACE("web")),
               LIST(CHILD("shop", OWNED) "," CHILD("web", OWNED)));
    go_well(&b);
    settle(&b);
    assert_non_null(strstr(kube_fixture_last(b.f, "DELETE", IN("shop") "/db")->body,
                           "\"preconditions\":{\"uid\":\"c-shop\"}"));
    assert_int_equal(sent(&b, "DELETE", IN("web")), 0);
    assert_non_null(strstr(last_status(&b), "\"provisionedNamespaces\":[\"web\"]"));
    assert_string_equal(status_record_last_event(b.record, "db")->reason, "Deleted");
    bench_done(&b);
}

struct failure_row {
    const char *name;
    int status;
    enum http_fake_fault fault;
    const char *reason; /* in the status; NULL: nothing is said, the news is waited for */
    unsigned posts;     /* of two namespaces, in the first look */
    unsigned retry_s;   /* when the failed one is tried again */
};

static const struct failure_row failure_rows[] = {
    {"a right is missing", 403, HTTP_FAKE_NONE, FAN_OUT_COMPONENT, 2, 5},
    {"not as the definition wants it", 422, HTTP_FAKE_NONE, "422", 2, 5},
    {"a webhook that is away", 500, HTTP_FAKE_NONE, "500", 1, 1},
    {"exists after all", 409, HTTP_FAKE_NONE, NULL, 2, 1},
    {"the namespace is gone", 404, HTTP_FAKE_NONE, NULL, 2, 5},
    {"no server", 0, HTTP_FAKE_REFUSED, "connection refused", 1, 1},
};

static void one_failure(void **state)
{
    const struct failure_row *r = *state;
    struct bench b;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop") "," SPACE("web")), LIST(""));
    http_fake_add(b.f->http, &(struct http_fake_rule){.method = "POST",
                                                      .url = IN("shop"),
                                                      .times = 1,
                                                      .status = r->status,
                                                      .fault = r->fault,
                                                      .body = "{}"});
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, "POST", "/externalsecrets"), r->posts);
    assert_int_equal(strstr(last_status(&b), "\"status\":\"False\"") != NULL, r->reason != NULL);
    assert_non_null(strstr(last_status(&b), r->reason ? r->reason : "\"web\""));
    assert_int_equal(status_record_events(b.record, "db", "Warning"), r->reason != NULL);
    pass(&b, r->retry_s);
    assert_int_equal(sent(&b, "POST", "/externalsecrets"), 3);
    assert_non_null(strstr(last_status(&b), "[\"shop\",\"web\"]"));
    assert_non_null(strstr(last_status(&b), "\"status\":\"True\""));
    bench_done(&b);
}

struct obstacle_row {
    const char *name, *spec, *spaces, *want;
};

static const struct obstacle_row obstacle_rows[] = {
    {"a mistake", LIST(BODY("1", ",\"refreshTime\":\"soon\"", READY("\"old\""))),
     LIST(SPACE("shop")), "spec.refreshTime: "},
    {"rights that are missing", LIST(BODY("1", ANYWHERE, READY("\"old\""))), NULL,
     "namespaces may not be listed and watched; apply " FAN_OUT_COMPONENT},
};

/* Nothing is done, and what was said of namespaces is left standing. */
static void one_obstacle(void **state)
{
    const struct obstacle_row *r = *state;
    struct bench b;
    bench_init(&b, r->spec, r->spaces, LIST(CHILD("old", OWNED)));
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, NULL, IN("")), 0);
    assert_non_null(strstr(last_status(&b), "\"provisionedNamespaces\":[\"old\"]"));
    assert_non_null(strstr(last_status(&b), "\"namespace\":\"unknown\",\"reason\":\""));
    assert_non_null(strstr(last_status(&b), r->want));
    pass(&b, 3600);
    assert_int_equal(sent(&b, "PATCH", STATUS), 1);
    assert_int_equal(status_record_events(b.record, "db", "Warning"), 1);
    bench_done(&b);
}

static void a_status_that_could_not_be_written_is_written_later(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    kube_fixture_answer(b.f, "PATCH", STATUS, 2, 403, "{}");
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, "PATCH", STATUS), 1);
    pass(&b, 5);
    assert_int_equal(sent(&b, "PATCH", STATUS), 2);
    pass(&b, 10);
    assert_int_equal(sent(&b, "PATCH", STATUS), 3);
    pass(&b, 3600);
    assert_int_equal(sent(&b, "PATCH", STATUS), 3);
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    bench_done(&b);
}

static void stands_back_as_long_as_another_is_alive(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    go_well(&b);
    b.stands_back = true;
    settle(&b);
    assert_int_equal(sent(&b, "POST", IN("shop")) + sent(&b, "PATCH", "/"), 0);
    b.stands_back = false;
    pass(&b, FAN_OUT_STAND_BACK_NS / NS_PER_S);
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    bench_done(&b);
}

/* Another agent's is none of ours, in no number either; when it is ours again, all is looked at. */
static void what_is_not_ours_is_forgotten(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(CHILD("shop", "")));
    go_well(&b);
    settle(&b);
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_NOT_READY, NULL, NULL, NULL), 1);
    b.is_not_ours = true;
    fan_out_update(b.fan, 1);
    settle(&b);
    assert_int_equal((int)metric_value(METRIC_FAN_OUT_NOT_READY, NULL, NULL, NULL), 0);
    assert_int_equal((int)metric_value(METRIC_SPECS, "ClusterExternalSecret", NULL, NULL), 0);
    assert_int_equal(http_fake_open_streams(b.f->http), 1);
    bench_done(&b);
}

static void one_that_is_deleted_takes_its_own_along(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b,
               LIST("{\"metadata\":{\"name\":\"db\",\"uid\":\"u1\",\"deletionTimestamp\":\"x\"},"
                    "\"spec\":{}}"),
               LIST(SPACE("shop")), LIST(CHILD("shop", OWNED)));
    go_well(&b);
    settle(&b);
    assert_int_equal(sent(&b, "DELETE", IN("shop") "/db"), 1);
    assert_int_equal(sent(&b, "PATCH", STATUS), 0);
    bench_done(&b);
}

static char *many_spaces(size_t n)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 1u << 20);
    str_buf_puts(&b, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[");
    for (size_t i = 0; i < n; i++)
        str_buf_printf(&b, "%s{\"metadata\":{\"name\":\"n%03zu\"}}", i ? "," : "", i);
    str_buf_puts(&b, "]}");
    return str_buf_take(&b);
}

/* One namespace's name serves for all replies: only the number of requests matters. */
static void a_round_is_bounded(void **state)
{
    struct bench b;
    CLEANUP_STR char *spaces = many_spaces(3 * FAN_OUT_BUDGET);
    (void)state;
    bench_init(&b, LIST(SPEC), spaces, LIST(""));
    kube_fixture_answer(b.f, "POST", "/externalsecrets", 0, 403, "{}");
    go_well(&b);
    while (sent(&b, "POST", "/externalsecrets") == 0)
        fan_out_step(b.fan);
    assert_int_equal(sent(&b, "POST", "/externalsecrets"), FAN_OUT_BUDGET);
    assert_int_equal(sent(&b, "PATCH", STATUS), 0);
    assert_int_equal(fan_out_step(b.fan), 0);
    assert_int_equal(sent(&b, "POST", "/externalsecrets"), 2 * FAN_OUT_BUDGET);
    settle(&b);
    assert_int_equal(sent(&b, "POST", "/externalsecrets"), 3 * FAN_OUT_BUDGET);
    assert_int_equal(sent(&b, "PATCH", STATUS), 1);
    bench_done(&b);
}

#define SMALL                                                                                      \
    "{\"metadata\":{\"name\":\"small\",\"uid\":\"u1s\"},\"spec\":{\"namespaces\":[\"n000\"],"      \
    "\"externalSecretSpec\":{\"secretStoreRef\":{\"name\":\"st\"},\"data\":[{\"secretKey\":\"a\"," \
    "\"remoteRef\":{\"key\":\"x\"}}]}}}"

/* Two rounds do: in one of them the small one comes first. */
static void a_large_one_keeps_no_small_one_waiting(void **state)
{
    struct bench b;
    CLEANUP_STR char *spaces = many_spaces(9 * FAN_OUT_BUDGET);
    (void)state;
    bench_init(&b, LIST(SPEC "," SMALL), spaces, LIST(""));
    kube_fixture_answer(b.f, "POST", "/externalsecrets", 0, 403, "{}");
    kube_fixture_answer(b.f, "PATCH", "/clusterexternalsecrets/small/status", 0, 200, "{}");
    go_well(&b);
    while (sent(&b, "POST", "/externalsecrets") == 0)
        fan_out_step(b.fan);
    fan_out_step(b.fan);
    assert_int_equal(sent(&b, "PATCH", "/clusterexternalsecrets/small/status"), 1);
    assert_int_equal(sent(&b, "PATCH", STATUS), 0);
    settle(&b);
    assert_int_equal(sent(&b, "PATCH", STATUS), 1);
    bench_done(&b);
}

static void note_row(void *ctx, const char *name, const char *message)
{
    struct str_buf *out = ctx;
    str_buf_printf(out, "%s: %s", name, message);
}

static void failing_ones_are_listed(void **state)
{
    struct bench b;
    CLEANUP_STR_BUF struct str_buf said;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(CHILD("shop", "")));
    str_buf_init(&said, 4096);
    go_well(&b);
    settle(&b);
    fan_out_each_failing(b.fan, note_row, &said);
    assert_string_equal(said.s, "db: one or more namespaces failed: shop: external secret already "
                                "exists in namespace");
    bench_done(&b);
}

static void thread_starts_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, LIST(SPEC), LIST(SPACE("shop")), LIST(""));
    go_well(&b);
    fan_out_start(b.fan);
    for (int i = 0;
         i < 2000 && metric_value(METRIC_STATUS_WRITES, "ClusterExternalSecret", NULL, NULL) < 1;
         i++) {
        struct deadline dl = deadline_in(clock_system(), 2 * NS_PER_MS);
        kube_waiter_system()->wait(NULL, 2 * NS_PER_MS, &dl);
    }
    fan_out_stop(b.fan);
    fan_out_stop(b.fan);
    assert_int_equal(sent(&b, "POST", IN("shop")), 1);
    assert_int_equal(b.failures, 0);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_them_and_says_so),
        cmocka_unit_test(is_silent_at_rest),
        cmocka_unit_test(an_edit_is_written_at_once),
        cmocka_unit_test(what_others_change_is_mended_not_too_often),
        cmocka_unit_test(a_namespace_that_comes_again_is_new),
        cmocka_unit_test(an_edit_is_tried_at_once),
        cmocka_unit_test(a_foreign_one_is_refused_without_asking),
        cmocka_unit_test(unwanted_ones_go),
        cmocka_unit_test(a_status_that_could_not_be_written_is_written_later),
        cmocka_unit_test(stands_back_as_long_as_another_is_alive),
        cmocka_unit_test(what_is_not_ours_is_forgotten),
        cmocka_unit_test(one_that_is_deleted_takes_its_own_along),
        cmocka_unit_test(a_round_is_bounded),
        cmocka_unit_test(a_large_one_keeps_no_small_one_waiting),
        cmocka_unit_test(failing_ones_are_listed),
        cmocka_unit_test(thread_starts_and_stops),
    };
    return TABLE_RUN("fan_out_failures", failure_rows, one_failure) +
           TABLE_RUN("fan_out_obstacles", obstacle_rows, one_obstacle) +
           GROUP_RUN("fan_out", tests);
}
