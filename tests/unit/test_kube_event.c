/* Events: created, counted, held back. */

#include "kube/kube_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

static const struct kube_event failed = {
    .resource = &kube_external_secrets,
    .ns = "shop",
    .name = "db",
    .uid = "u-1",
    .resource_version = "7",
    .is_warning = true,
    .reason = "UpdateFailed",
    .message = "could not get secret data from provider",
};

static double counted(const char *result)
{
    return metric_value(METRIC_EVENTS, "UpdateFailed", result, NULL);
}

static struct kube_fixture *fixture(void)
{
    struct kube_fixture *f = kube_fixture_new();
    metric_reset();
    kube_fixture_serve_external_secrets(f);
    return f;
}

static void created_as_people_expect(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "node-1");
    CLEANUP(json) struct json *body = NULL;
    (void)state;
    kube_fixture_answer(f, "POST", "/api/v1/namespaces/shop/events", 0, 201, "{}");
    kube_events_emit(e, &failed);
    const struct http_fake_request *sent = kube_fixture_last(f, "POST", "/events");
    assert_null(json_parse(sent->body, sent->body_n, &body));
    assert_string_equal(json_path_text(body, "involvedObject.apiVersion"),
                        "external-secrets.io/v1");
    assert_string_equal(json_path_text(body, "involvedObject.kind"), "ExternalSecret");
    assert_string_equal(json_path_text(body, "involvedObject.namespace"), "shop");
    assert_string_equal(json_path_text(body, "involvedObject.uid"), "u-1");
    assert_string_equal(json_path_text(body, "type"), "Warning");
    assert_string_equal(json_path_text(body, "reason"), "UpdateFailed");
    assert_string_equal(json_path_text(body, "source.component"), "lockstep");
    assert_string_equal(json_path_text(body, "source.host"), "node-1");
    assert_string_equal(json_path_text(body, "reportingComponent"), "lockstep");
    assert_string_equal(json_path_text(body, "firstTimestamp"), "2026-01-02T03:04:05Z");
    assert_int_equal(json_path_int(body, "count", 0), 1);
    assert_int_equal(strncmp(json_path_text(body, "metadata.name"), "db.", 3), 0);
    assert_true(counted("created") == 1);
}

static void cluster_scope_goes_to_default(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    struct kube_event event = failed;
    (void)state;
    event.resource = &kube_cluster_secret_stores;
    event.ns = "";
    kube_fixture_answer(f, "POST", "/api/v1/namespaces/default/events", 0, 201, "{}");
    kube_events_emit(e, &event);
    assert_null(
        strstr(kube_fixture_last(f, "POST", "/events")->body, "\"involvedObject\":{\"namespace\""));
    assert_true(counted("created") == 1);
}

static void repetition_raises_the_count(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    (void)state;
    kube_fixture_answer(f, "POST", "/events", 1, 201, "{}");
    kube_fixture_answer(f, "PATCH", "/events/db.", 0, 200, "{}");
    for (int i = 0; i < 4; i++) {
        kube_events_emit(e, &failed);
        clock_fake_advance_ns(&f->clock, 60 * NS_PER_S);
    }
    const struct http_fake_request *sent = kube_fixture_last(f, "PATCH", "/events/db.");
    assert_string_equal(sent->body, "{\"count\":4,\"lastTimestamp\":\"2026-01-02T03:07:05Z\"}");
    assert_int_equal(kube_fixture_count(f, "POST", "/events"), 1);
    assert_true(counted("updated") == 3);
}

static void expired_event_is_made_anew(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    (void)state;
    kube_fixture_answer(f, "POST", "/events", 0, 201, "{}");
    kube_fixture_answer(f, "PATCH", "/events/", 1, 404, "{}");
    kube_fixture_answer(f, "PATCH", "/events/", 0, 200, "{}");
    for (int i = 0; i < 3; i++) {
        kube_events_emit(e, &failed);
        clock_fake_advance_ns(&f->clock, 7200 * NS_PER_S);
    }
    assert_int_equal(kube_fixture_count(f, "POST", "/events"), 2);
    assert_non_null(strstr(kube_fixture_last(f, "PATCH", "/events/")->body, "\"count\":2"));
    assert_true(counted("created") == 2);
}

static void flood_is_held_back(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    struct kube_event other = failed;
    (void)state;
    kube_fixture_answer(f, "POST", "/events", 0, 201, "{}");
    kube_fixture_answer(f, "PATCH", "/events/", 0, 200, "{}");
    for (int i = 0; i < 10; i++)
        kube_events_emit(e, &failed);
    assert_int_equal(http_fake_count(f->http), 1 + KUBE_EVENT_BURST);
    assert_true(counted("dropped") == 10 - KUBE_EVENT_BURST);
    clock_fake_advance_ns(&f->clock, NS_PER_S);
    kube_events_emit(e, &failed);
    kube_events_emit(e, &failed);
    assert_true(counted("dropped") == 11 - KUBE_EVENT_BURST);
    other.name = "other"; /* each object has its own allowance */
    kube_events_emit(e, &other);
    assert_true(counted("created") == 2);
}

struct failure_row {
    const char *name;
    int status;
    enum http_fake_fault fault;
    const char *result;
};

static const struct failure_row failure_rows[] = {
    {"busy server", 429, 0, "dropped"},
    {"denied", 403, 0, "failed"},
    {"no connection", 0, HTTP_FAKE_REFUSED, "failed"},
};

static void one_failure(void **state)
{
    const struct failure_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    http_fake_add(f->http, &(struct http_fake_rule){.method = "POST",
                                                    .times = 1,
                                                    .status = r->status,
                                                    .fault = r->fault,
                                                    .retry_after_s = 1});
    kube_events_emit(e, &failed);
    assert_int_equal(kube_fixture_count(f, "POST", "/events"), 1); /* not tried again */
    assert_true(counted(r->result) == 1);
    /* What failed is not remembered: the next one creates. */
    kube_fixture_answer(f, "POST", "/events", 1, 201, "{}");
    kube_events_emit(e, &failed);
    assert_true(counted("created") == 1);
}

static void many_objects_reuse_the_table(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    (void)state;
    kube_fixture_answer(f, "POST", "/events", 0, 201, "{}");
    kube_fixture_answer(f, "PATCH", "/events/", 0, 200, "{}");
    for (int i = 0; i < KUBE_EVENTS_REMEMBERED + 10; i++) {
        CLEANUP_STR char *name = xasprintf("db%d", i);
        struct kube_event event = failed;
        event.name = name;
        clock_fake_advance_ns(&f->clock, NS_PER_S);
        kube_events_emit(e, &event);
    }
    assert_true(counted("created") == KUBE_EVENTS_REMEMBERED + 10);
    struct kube_event event = failed;
    event.name = "db0"; /* forgotten long ago */
    kube_events_emit(e, &event);
    assert_true(counted("created") == KUBE_EVENTS_REMEMBERED + 11);
    event.name = "db200"; /* still known */
    kube_events_emit(e, &event);
    assert_true(counted("updated") == 1);
}

static void long_message_is_cut(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = fixture();
    CLEANUP(kube_events) struct kube_events *e = kube_events_new(f->k, "n");
    CLEANUP(json) struct json *body = NULL;
    char message[KUBE_EVENT_MESSAGE_MAX + 100];
    struct kube_event event = failed;
    (void)state;
    memset(message, 'x', sizeof(message));
    memcpy(message + KUBE_EVENT_MESSAGE_MAX - 1, "\xc3\xa9", 2); /* one character across the end */
    message[sizeof(message) - 1] = '\0';
    event.message = message;
    kube_fixture_answer(f, "POST", "/events", 0, 201, "{}");
    kube_events_emit(e, &event);
    const struct http_fake_request *sent = kube_fixture_last(f, "POST", "/events");
    assert_null(json_parse(sent->body, sent->body_n, &body));
    assert_int_equal(strlen(json_path_text(body, "message")), KUBE_EVENT_MESSAGE_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(created_as_people_expect),
        cmocka_unit_test(cluster_scope_goes_to_default),
        cmocka_unit_test(repetition_raises_the_count),
        cmocka_unit_test(expired_event_is_made_anew),
        cmocka_unit_test(flood_is_held_back),
        cmocka_unit_test(many_objects_reuse_the_table),
        cmocka_unit_test(long_message_is_cut),
    };
    return TABLE_RUN("kube_event fails", failure_rows, one_failure) +
           GROUP_RUN("kube_event", others);
}
