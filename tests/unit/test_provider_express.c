/* The key server: which stores are accepted, what is asked, and what its answers mean. */

#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "fetch/provider_table.h"
#include "tests/support/http_fake.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define BAD_HOST                                                                                   \
    "spec.provider.express.host must be an http or https URL with a host and without a query"

struct check_row {
    const char *name, *provider;
    const char *want; /* NULL: good */
};

static const struct check_row check_rows[] = {
    {"http", "{express: {host: 'http://keys'}}", NULL},
    {"https with port and path", "{express: {host: 'https://keys.example:8443/a/'}}", NULL},
    {"no host", "{express: {}}", "spec.provider.express.host is missing"},
    {"empty host", "{express: {host: ''}}", "spec.provider.express.host is missing"},
    {"no scheme", "{express: {host: 'keys'}}", BAD_HOST},
    {"another scheme", "{express: {host: 'ftp://keys'}}", BAD_HOST},
    {"no name", "{express: {host: 'http:///a'}}", BAD_HOST},
    {"a query", "{express: {host: 'http://keys/?a=b'}}", BAD_HOST},
    {"a fragment", "{express: {host: 'http://keys/#a'}}", BAD_HOST},
    {"a blank", "{express: {host: 'http://keys/a b'}}", BAD_HOST},
    {"unknown member", "{express: {host: 'http://keys', token: t}}",
     "spec.provider.express.token is not supported"},
};

static void one_check(void **state)
{
    const struct check_row *r = *state;
    manifest_assert_check(&provider_express, r->provider, r->want);
}

struct fixture {
    struct provider_script *script; /* for its env and clock */
    struct http_fake *http;
    struct provider *provider;
    struct deadline dl;
};

static void fixture_init(struct fixture *f, const char *config)
{
    CLEANUP(store) struct store *store = manifest_provider(config);
    metric_reset();
    f->script = provider_script_new();
    f->http = http_fake_new();
    http_fake_set_clock(f->http, &f->script->clock);
    f->script->env.http = http_fake_http(f->http);
    f->dl = deadline_in(f->script->env.clock, 60 * NS_PER_S);
    assert_null(provider_express.open(&f->script->env, store, "app", &f->dl, &f->provider));
}

static void fixture_done(struct fixture *f)
{
    provider_express.close(f->provider);
    http_fake_free(f->http);
    provider_script_free(f->script);
}

struct get_row {
    const char *name;
    struct http_fake_rule rule;
    int want;              /* class, or -1 */
    const char *want_text; /* value, or part of the error */
};

static const struct get_row get_rows[] = {
    {"a value", {.body = "{\"key\":\"db\",\"value\":\"s3cr\\u0065t\"}"}, -1, "s3cret"},
    {"an empty value", {.body = "{\"value\":\"\"}"}, -1, ""},
    {"no value", {.body = "{\"key\":\"db\"}"}, ERR_INVALID, "no text called value"},
    {"a number", {.body = "{\"value\":1}"}, ERR_INVALID, "no text called value"},
    {"no object", {.body = "[\"value\"]"}, ERR_INVALID, "no text called value"},
    {"no JSON", {.body = "oops s3cret"}, ERR_INVALID, "GetKey: reply"},
    {"not found", {.status = 404}, ERR_NOT_FOUND, "HTTP status 404"},
    {"unauthorized", {.status = 401}, ERR_DENIED, "HTTP status 401"},
    {"forbidden", {.status = 403}, ERR_DENIED, "HTTP status 403"},
    {"too many", {.status = 429, .retry_after_s = 7}, ERR_RATE_LIMITED, "HTTP status 429"},
    {"broken", {.status = 500}, ERR_UNAVAILABLE, "HTTP status 500"},
    {"moved", {.status = 302}, ERR_INVALID, "HTTP status 302"},
    {"bad request", {.status = 400}, ERR_INVALID, "HTTP status 400"},
    {"refused", {.fault = HTTP_FAKE_REFUSED}, ERR_UNAVAILABLE, "connection refused"},
    {"slow", {.fault = HTTP_FAKE_SLOW}, ERR_UNAVAILABLE, "no answer within 5 seconds"},
};

static void one_get(void **state)
{
    const struct get_row *r = *state;
    struct fixture f;
    fixture_init(&f, "{express: {host: 'http://keys:3000/base//'}}");
    http_fake_add(f.http, &r->rule);
    struct provider_ref ref = {.key = "a/b c?d"};
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    CLEANUP(err) struct err *e = provider_express.get(f.provider, &ref, &f.dl, &value);
    const struct http_fake_request *rq = http_fake_at(f.http, 0);
    assert_string_equal(rq->url, "http://keys:3000/base/keys/a%2Fb%20c%3Fd");
    assert_string_equal(rq->method, "GET");
    assert_true(rq->is_secret);
    if (r->want == -1) {
        assert_null(e);
        assert_true(secret_view_equal(secret_buf_view(value),
                                      secret_view_of(r->want_text, strlen(r->want_text))));
    } else {
        assert_int_equal(err_class(e), r->want);
        assert_non_null(strstr(err_text(e), r->want_text));
        assert_null(strstr(err_text(e), "s3cret"));
        assert_int_equal(err_retry_after_ns(e), r->rule.retry_after_s * NS_PER_S);
    }
    fixture_done(&f);
}

static void calls_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{express: {host: 'http://keys'}}");
    http_fake_add(f.http, &(struct http_fake_rule){.times = 1, .body = "{\"value\":\"v\"}"});
    http_fake_add(f.http, &(struct http_fake_rule){.status = 503});
    for (size_t i = 0; i < 3; i++) {
        struct secret_buf *value = NULL;
        err_free(
            provider_express.get(f.provider, &(struct provider_ref){.key = "k"}, &f.dl, &value));
        secret_buf_free(value);
    }
    assert_int_equal(metric_value(METRIC_PROVIDER_CALLS, "Express", "GetKey", "success"), 1);
    assert_int_equal(metric_value(METRIC_PROVIDER_CALLS, "Express", "GetKey", "error"), 2);
    fixture_done(&f);
}

static void the_caller_s_own_time_is_its_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{express: {host: 'http://keys'}}");
    http_fake_add(f.http, &(struct http_fake_rule){.fault = HTTP_FAKE_SLOW});
    f.dl = deadline_in(f.script->env.clock, 2 * NS_PER_S);
    struct secret_buf *value = NULL;
    CLEANUP(err)
    struct err *e =
        provider_express.get(f.provider, &(struct provider_ref){.key = "k"}, &f.dl, &value);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    fixture_done(&f);
}

struct refused_row {
    const char *name;
    const char *character; /* that the key is made of, key_n times */
    size_t key_n;
    const char *version, *want_text;
};

static const struct refused_row refused_rows[] = {
    {"a version", "k", 1, "v1", "remoteRef.version is not supported by express"},
    {"a key too long", "k", HTTP_URL_MAX, NULL, "the key is too long"},
    {"the folder of the keys", ".", 1, NULL, "or no name"},
    {"the folder above", ".", 2, NULL, "or no name"},
};

static void one_refused(void **state)
{
    const struct refused_row *r = *state;
    struct fixture f;
    fixture_init(&f, "{express: {host: 'http://keys'}}");
    char *key = calloc(r->key_n + 1, 1);
    memset(key, r->character[0], r->key_n);
    struct provider_ref ref = {.key = key, .version = r->version};
    struct secret_buf *value = NULL;
    CLEANUP(err) struct err *e = provider_express.get(f.provider, &ref, &f.dl, &value);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->want_text));
    assert_int_equal(http_fake_count(f.http), 0);
    free(key);
    fixture_done(&f);
}

static void valid_without_asking(void **state)
{
    (void)state;
    struct fixture f;
    enum provider_validity validity = PROVIDER_VALIDITY_UNKNOWN;
    fixture_init(&f, "{express: {host: 'http://keys'}}");
    assert_null(provider_express.validate(f.provider, &f.dl, &validity));
    assert_int_equal(validity, PROVIDER_VALID);
    assert_int_equal(http_fake_count(f.http), 0);
    fixture_done(&f);
}

static void identity_follows_the_host(void **state)
{
    (void)state;
    struct fixture a;
    fixture_init(&a, "{express: {host: 'http://keys'}}");
    CLEANUP(store) struct store *other = manifest_provider("{express: {host: 'http://other'}}");
    struct provider *p = NULL;
    assert_null(provider_express.open(&a.script->env, other, "app", &a.dl, &p));
    assert_string_not_equal(provider_express.identity(a.provider), provider_express.identity(p));
    provider_express.close(p);
    fixture_done(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(calls_are_counted),
    cmocka_unit_test(the_caller_s_own_time_is_its_own),
    cmocka_unit_test(valid_without_asking),
    cmocka_unit_test(identity_follows_the_host),
};

int main(void)
{
    return TABLE_RUN("provider_express check", check_rows, one_check) +
           TABLE_RUN("provider_express get", get_rows, one_get) +
           TABLE_RUN("provider_express refuses", refused_rows, one_refused) +
           GROUP_RUN("provider_express", tests);
}
