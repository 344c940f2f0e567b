/* Requests: credentials, what is tried again and when, versions, probes. */

#include "kube/kube_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_auth.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define STATUS_429 "{\"kind\":\"Status\",\"reason\":\"TooManyRequests\"}"

static const struct kube_target secret_db = {.resource = &kube_secrets, .ns = "shop", .name = "db"};

struct try_row {
    const char *name;
    /* first answers, then 200 */
    unsigned failures;
    int status;
    enum http_fake_fault fault;
    unsigned retry_after_s;
    const char *method;
    bool is_repeatable, is_single_try;
    /* wanted */
    size_t n_requests;
    unsigned waited_ms;
    int cls; /* -1: success */
};

#define OK (-1)

static const struct try_row try_rows[] = {
    {"plain success", 0, 200, 0, 0, "GET", false, false, 1, 0, OK},
    {"401 once: fresh token", 1, 401, 0, 0, "POST", false, false, 2, 0, OK},
    {"401 twice", 2, 401, 0, 0, "GET", false, false, 2, 0, ERR_DENIED},
    {"401 also renews for single tries", 1, 401, 0, 0, "POST", false, true, 2, 0, OK},
    {"429 waits as told", 1, 429, 0, 3, "POST", false, false, 2, 3000, OK},
    {"429 without a time backs off", 2, 429, 0, 0, "GET", false, false, 3, 300, OK},
    {"429 forever ends after ten tries", 99, 429, 0, 1, "GET", false, false, 10, 9000,
     ERR_RATE_LIMITED},
    {"429 for a single try", 1, 429, 0, 1, "POST", false, true, 1, 0, ERR_RATE_LIMITED},
    {"503 with a time", 1, 503, 0, 2, "POST", false, false, 2, 2000, OK},
    {"503 without a time", 1, 503, 0, 0, "GET", false, false, 1, 0, ERR_UNAVAILABLE},
    {"a time beyond a minute is capped", 1, 429, 0, 600, "GET", false, false, 2, 60000, OK},
    {"GET after a reset", 2, 0, HTTP_FAKE_RESET, 0, "GET", false, false, 3, 300, OK},
    {"apply after a reset", 1, 0, HTTP_FAKE_RESET, 0, "PATCH", true, false, 2, 100, OK},
    {"POST after a reset is not repeated", 1, 0, HTTP_FAKE_RESET, 0, "POST", false, false, 1, 0,
     ERR_UNAVAILABLE},
    {"reset forever", 99, 0, HTTP_FAKE_RESET, 0, "GET", false, false, 10, 0, ERR_UNAVAILABLE},
    {"404 is final", 1, 404, 0, 0, "GET", false, false, 1, 0, ERR_NOT_FOUND},
    {"409 is final", 1, 409, 0, 0, "PUT", true, false, 1, 0, ERR_CONFLICT},
};

static void one_try(void **state)
{
    const struct try_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct kube_outcome o;
    struct deadline dl = kube_fixture_in(f, 300);
    if (r->failures)
        http_fake_add(f->http, &(struct http_fake_rule){.times = r->failures,
                                                        .status = r->status,
                                                        .fault = r->fault,
                                                        .retry_after_s = r->retry_after_s,
                                                        .body = STATUS_429});
    kube_fixture_answer(f, NULL, "/secrets/db", 0, 200, "{}");
    const struct kube_request rq = {.verb = "verb",
                                    .method = r->method,
                                    .target = secret_db,
                                    .is_repeatable = r->is_repeatable,
                                    .is_single_try = r->is_single_try};
    struct err *e = kube_send(f->k, &rq, &dl, &o, &reply);
    assert_int_equal(e ? (int)err_class(e) : OK, r->cls);
    assert_int_equal(http_fake_count(f->http), r->n_requests);
    if (r->waited_ms)
        assert_int_equal(f->waited_ns / NS_PER_MS, r->waited_ms);
    assert_int_equal(o.code, e && r->fault ? 0 : e ? r->status : 200);
    err_free(e);
}

static void sends_what_it_should(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    metric_reset();
    kube_fixture_answer(f, NULL, NULL, 0, 200, "{}");
    const struct kube_request rq = {
        .verb = "get", .method = "GET", .target = secret_db, .is_secret_reply = true};
    assert_null(kube_send(f->k, &rq, &dl, NULL, &reply));
    const struct http_fake_request *sent = http_fake_at(f->http, 0);
    assert_string_equal(sent->url, "https://api:6443/api/v1/namespaces/shop/secrets/db");
    assert_non_null(strstr(sent->headers, "Authorization: Bearer t0ken\n"));
    assert_non_null(strstr(sent->headers, "Accept: application/json\n"));
    assert_true(sent->is_secret);
    assert_true(metric_value(METRIC_KUBE_REQUESTS, "get", "200", NULL) == 1);
}

static void deadline_is_respected(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct deadline dl = kube_fixture_in(f, 5);
    (void)state;
    http_fake_add(f->http, &(struct http_fake_rule){.status = 429, .retry_after_s = 6});
    const struct kube_request rq = {.verb = "get", .method = "GET", .target = secret_db};
    struct err *e = kube_send(f->k, &rq, &dl, NULL, &reply);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_RATE_LIMITED);
    assert_int_equal(err_retry_after_ns(e), 6 * NS_PER_S);
    assert_int_equal(f->waited_ns, 0);
    err_free(e);
}

static void slow_server(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct deadline dl = kube_fixture_in(f, 300);
    uint64_t began = clock_mono_ns(&f->clock.clock);
    (void)state;
    http_fake_add(f->http, &(struct http_fake_rule){.fault = HTTP_FAKE_SLOW});
    const struct kube_request rq = {.verb = "get", .method = "GET", .target = secret_db};
    struct err *e = kube_send(f->k, &rq, &dl, NULL, &reply);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_int_equal(clock_mono_ns(&f->clock.clock) - began, KUBE_UNARY_TIMEOUT_NS);
    /* Nothing came at all in that time: the connection is given up. */
    assert_int_equal(http_fake_suspects(f->http), 1);
    err_free(e);
}

static void bad_name(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct deadline dl = kube_fixture_in(f, 5);
    (void)state;
    const struct kube_request rq = {.verb = "get",
                                    .method = "GET",
                                    .target = {.resource = &kube_secrets, .ns = "a", .name = ".."}};
    struct err *e = kube_send(f->k, &rq, &dl, NULL, &reply);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(http_fake_count(f->http), 0);
    err_free(e);
}

struct version_row {
    const char *name, *body;
    int status;
    const char *want; /* NULL: NOT_FOUND */
};

static const struct version_row version_rows[] = {
    {"newest", "{\"versions\":[{\"version\":\"v1beta1\"},{\"version\":\"v1\"}]}", 200, "v1"},
    {"old server", "{\"versions\":[{\"version\":\"v1beta1\"}]}", 200, "v1beta1"},
    {"neither", "{\"versions\":[{\"version\":\"v2\"}]}", 200, NULL},
    {"no CRDs", "{}", 404, NULL},
};

static void one_version(void **state)
{
    const struct version_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    const char *version = NULL;
    kube_fixture_answer(f, "GET", "/apis/external-secrets.io", 0, r->status, r->body);
    struct err *e = kube_version(f->k, &kube_external_secrets, &dl, &version);
    if (!r->want) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_NOT_FOUND);
        err_free(e);
        return;
    }
    assert_null(e);
    assert_string_equal(version, r->want);
    assert_null(kube_version(f->k, &kube_secret_stores, &dl, &version));
    assert_int_equal(http_fake_count(f->http), 1);
    kube_version_forget(f->k);
    assert_null(kube_version(f->k, &kube_secret_stores, &dl, &version));
    assert_int_equal(http_fake_count(f->http), 2);
}

static void single_version_is_not_asked(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 30);
    const char *version = NULL;
    (void)state;
    assert_null(kube_version(f->k, &kube_secrets, &dl, &version));
    assert_string_equal(version, "v1");
    assert_int_equal(http_fake_count(f->http), 0);
}

static void probes(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 300);
    (void)state;
    kube_fixture_answer(f, "GET", "/readyz", 1, 500, "no");
    http_fake_add(f->http, &(struct http_fake_rule){.url = "/readyz", .fault = HTTP_FAKE_SLOW});
    assert_null(kube_probe(f->k, &dl)); /* an unhappy server is a live one */
    assert_int_equal(http_fake_suspects(f->http), 0);
    struct err *e = kube_probe(f->k, &dl);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_true(http_fake_suspects(f->http) > 0);
    err_free(e);
}

static void refusal_of_streaming_lists_expires(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    (void)state;
    assert_false(kube_refuses_streaming_lists(f->k));
    kube_set_refuses_streaming_lists(f->k);
    assert_true(kube_refuses_streaming_lists(f->k));
    clock_fake_advance_ns(&f->clock, 3601 * NS_PER_S);
    assert_false(kube_refuses_streaming_lists(f->k));
}

/* Credentials ------------------------------------------------------------------------------ */

struct files {
    char folder[32];
    struct kube_config config;
    struct clock_fake clock;
};

static void files_init(struct files *f)
{
    *f = (struct files){.folder = "/tmp/kube_auth.XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    f->config.token_file = xasprintf("%s/token", f->folder);
    f->config.ca_file = xasprintf("%s/ca", f->folder);
    clock_fake_init(&f->clock, CLOCK_FAKE_UNIX_S);
}

static void files_done(struct files *f)
{
    unlink(f->config.token_file);
    unlink(f->config.ca_file);
    rmdir(f->folder);
    free(f->config.token_file);
    free(f->config.ca_file);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect(struct kube_auth *a, const char *bearer, const char *ca)
{
    struct kube_credential *c = NULL;
    assert_null(kube_auth_get(a, &c));
    assert_true(
        secret_view_equal(secret_buf_view(c->bearer), secret_view_of(bearer, strlen(bearer))));
    assert_string_equal(c->ca_pem, ca);
    kube_auth_put(a, c);
}

static void token_rotates(void **state)
{
    struct files f;
    (void)state;
    files_init(&f);
    write_file(f.config.token_file, " one\n");
    write_file(f.config.ca_file, "CA1");
    CLEANUP(kube_auth) struct kube_auth *a = kube_auth_new(&f.config, &f.clock.clock);
    expect(a, "Bearer one", "CA1");
    write_file(f.config.token_file, "two");
    write_file(f.config.ca_file, "CA2");
    expect(a, "Bearer one", "CA1"); /* not due yet */
    clock_fake_advance_ns(&f.clock, KUBE_AUTH_RELOAD_NS);
    expect(a, "Bearer two", "CA2");
    write_file(f.config.token_file, "three");
    kube_auth_expire(a);
    expect(a, "Bearer three", "CA2");
    unlink(f.config.token_file); /* the last good one stays in force */
    clock_fake_advance_ns(&f.clock, KUBE_AUTH_RELOAD_NS);
    expect(a, "Bearer three", "CA2");
    files_done(&f);
}

static void never_readable(void **state)
{
    struct files f;
    struct kube_credential *c = NULL;
    (void)state;
    files_init(&f);
    CLEANUP(kube_auth) struct kube_auth *a = kube_auth_new(&f.config, &f.clock.clock);
    struct err *e = kube_auth_get(a, &c);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    err_free(e);
    write_file(f.config.token_file, "late");
    write_file(f.config.ca_file, "CA");
    expect(a, "Bearer late", "CA"); /* tried again at once */
    files_done(&f);
}

static void empty_token(void **state)
{
    struct files f;
    struct kube_credential *c = NULL;
    (void)state;
    files_init(&f);
    write_file(f.config.token_file, " \n");
    write_file(f.config.ca_file, "CA");
    CLEANUP(kube_auth) struct kube_auth *a = kube_auth_new(&f.config, &f.clock.clock);
    struct err *e = kube_auth_get(a, &c);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    err_free(e);
    files_done(&f);
}

static void snapshot_outlives_rotation(void **state)
{
    struct files f;
    struct kube_credential *old = NULL;
    (void)state;
    files_init(&f);
    write_file(f.config.token_file, "one");
    write_file(f.config.ca_file, "CA");
    CLEANUP(kube_auth) struct kube_auth *a = kube_auth_new(&f.config, &f.clock.clock);
    assert_null(kube_auth_get(a, &old));
    kube_auth_expire(a);
    write_file(f.config.token_file, "two");
    expect(a, "Bearer two", "CA");
    assert_true(secret_view_equal(secret_buf_view(old->bearer), secret_view_of("Bearer one", 10)));
    kube_auth_put(a, old);
    files_done(&f);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(sends_what_it_should),
        cmocka_unit_test(deadline_is_respected),
        cmocka_unit_test(slow_server),
        cmocka_unit_test(bad_name),
        cmocka_unit_test(single_version_is_not_asked),
        cmocka_unit_test(probes),
        cmocka_unit_test(refusal_of_streaming_lists_expires),
        cmocka_unit_test(token_rotates),
        cmocka_unit_test(never_readable),
        cmocka_unit_test(empty_token),
        cmocka_unit_test(snapshot_outlives_rotation),
    };
    return TABLE_RUN("kube_send", try_rows, one_try) +
           TABLE_RUN("kube_version", version_rows, one_version) + GROUP_RUN("kube_client", others);
}
