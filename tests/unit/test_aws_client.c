/* Where calls go, what is signed, and when they are tried again. */

#include "fetch/aws_client.h"

#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "tests/support/aws_script.h"
#include "tests/support/table.h"

struct endpoint_row {
    const char *name;
    enum aws_service service;
    const char *region, *variable, *value;
    const char *want_url; /* NULL: INVALID */
    const char *want_warning;
};

static const struct endpoint_row endpoint_rows[] = {
    {"secrets manager", AWS_SECRETS_MANAGER, "eu-west-1", NULL, NULL,
     "https://secretsmanager.eu-west-1.amazonaws.com/", NULL},
    {"sts", AWS_STS, "us-gov-west-1", NULL, NULL, "https://sts.us-gov-west-1.amazonaws.com/", NULL},
    {"china", AWS_STS, "cn-north-1", NULL, NULL, "https://sts.cn-north-1.amazonaws.com.cn/", NULL},
    {"europe alone", AWS_STS, "eusc-de-east-1", NULL, NULL,
     "https://sts.eusc-de-east-1.amazonaws.eu/", NULL},
    {"iso", AWS_STS, "us-iso-east-1", NULL, NULL, "https://sts.us-iso-east-1.c2s.ic.gov/", NULL},
    {"iso b", AWS_STS, "us-isob-east-1", NULL, NULL, "https://sts.us-isob-east-1.sc2s.sgov.gov/",
     NULL},
    {"for one service", AWS_SECRETS_MANAGER, "a", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
     "https://vpce.example", "https://vpce.example/", NULL},
    {"for the other service", AWS_SECRETS_MANAGER, "a", "AWS_ENDPOINT_URL_STS",
     "https://vpce.example", "https://secretsmanager.a.amazonaws.com/", NULL},
    {"for all", AWS_STS, "a", "AWS_ENDPOINT_URL", "http://127.0.0.1:5000", "http://127.0.0.1:5000/",
     "endpoint of sts at 127.0.0.1:5000 is plain http"},
    {"by External Secrets' name", AWS_SECRETS_MANAGER, "a", "AWS_SECRETSMANAGER_ENDPOINT",
     "http://localstack:4566/", "http://localstack:4566/",
     "endpoint of secretsmanager at localstack:4566 is plain http"},
    {"with a path", AWS_STS, "a", "AWS_ENDPOINT_URL", "https://x/y", "https://x/y/", NULL},
    {"no URL", AWS_STS, "a", "AWS_ENDPOINT_URL", "x", NULL, NULL},
    {"a query", AWS_STS, "a", "AWS_ENDPOINT_URL", "https://x/?y", NULL, NULL},
    {"a user", AWS_STS, "a", "AWS_ENDPOINT_URL", "https://u@x/", NULL, NULL},
    {"no region", AWS_STS, "", NULL, NULL, NULL, NULL},
    {"a region that is a host", AWS_STS, "evil.example/", NULL, NULL, NULL, NULL},
};

static struct sigv4_credentials who(void)
{
    return (struct sigv4_credentials){.access_key = "AKID",
                                      .secret_key = secret_view_of("secret", 6),
                                      .session_token = secret_view_of("tok", 3)};
}

static struct err *send(struct aws_script *s, struct aws_client *c, enum aws_failure *failure,
                        struct secret_buf **out)
{
    struct sigv4_credentials credentials = who();
    struct aws_call call = {.operation = "GetSecretValue",
                            .content_type = "application/x-amz-json-1.1",
                            .target = "secretsmanager.GetSecretValue",
                            .body = secret_view_of("{}", 2)};
    return aws_client_send(c, &credentials, &call, &s->dl, failure, out);
}

static void one_endpoint(void **state)
{
    const struct endpoint_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    enum aws_failure failure;
    if (r->variable)
        aws_script_setenv(r->variable, r->value);
    CLEANUP(err) struct err *e = aws_client_new(s->env, r->service, r->region, &c);
    if (!r->want_url) {
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    assert_null(e);
    http_fake_add(s->http, &(struct http_fake_rule){.body = "ok"});
    assert_null(send(s, c, &failure, &body));
    assert_string_equal(http_fake_at(s->http, 0)->url, r->want_url);
    assert_int_equal(aws_client_warning(c) != NULL, r->want_warning != NULL);
    if (r->want_warning)
        assert_string_equal(aws_client_warning(c), r->want_warning);
}

static void what_is_sent(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    enum aws_failure failure;
    assert_null(aws_client_new(s->env, AWS_SECRETS_MANAGER, "eu-west-1", &c));
    http_fake_add(s->http, &(struct http_fake_rule){.method = "POST", .body = "ok"});
    assert_null(send(s, c, &failure, &body));
    CLEANUP_STR char *authorization = aws_script_header(s, 0, "authorization");
    CLEANUP_STR char *date = aws_script_header(s, 0, "x-amz-date");
    CLEANUP_STR char *token = aws_script_header(s, 0, "x-amz-security-token");
    CLEANUP_STR char *target = aws_script_header(s, 0, "x-amz-target");
    CLEANUP_STR char *type = aws_script_header(s, 0, "content-type");
    assert_string_equal(date, "20260102T030405Z");
    assert_string_equal(token, "tok");
    assert_string_equal(target, "secretsmanager.GetSecretValue");
    assert_string_equal(type, "application/x-amz-json-1.1");
    assert_string_equal(http_fake_at(s->http, 0)->body, "{}");
    assert_true(http_fake_at(s->http, 0)->is_secret);
    assert_non_null(
        strstr(authorization, "Credential=AKID/20260102/eu-west-1/secretsmanager/aws4_request"));
    assert_non_null(
        strstr(authorization,
               "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target"));
    assert_int_equal(secret_buf_size(body), 2);
}

/* Rules in order; what comes of them. */
struct retry_row {
    const char *name;
    struct http_fake_rule rules[4];
    int want; /* class, or -1 */
    unsigned want_calls;
    unsigned want_waits;
    enum aws_failure want_failure;
};

#define OK                                                                                         \
    {                                                                                              \
        .body = "ok"                                                                               \
    }
#define TYPE(code, status_)                                                                        \
    {                                                                                              \
        .times = 1, .status = status_, .error_type = code                                          \
    }
#define SKEWED(code, seconds)                                                                      \
    {                                                                                              \
        .times = 1, .status = 403, .error_type = code, .date_unix_s = CLOCK_FAKE_UNIX_S + seconds  \
    }

static const struct retry_row retry_rows[] = {
    {"at once", {OK}, -1, 1, 0, AWS_FAILURE_FINAL},
    {"the second time", {TYPE("InternalServiceError", 500), OK}, -1, 2, 1, AWS_FAILURE_FINAL},
    {"the third time",
     {TYPE("ThrottlingException", 400), {.times = 1, .fault = HTTP_FAKE_RESET}, OK},
     -1,
     3,
     2,
     AWS_FAILURE_FINAL},
    {"three times is enough",
     {TYPE("Throttling", 400), TYPE("Throttling", 400), TYPE("Throttling", 400), OK},
     ERR_RATE_LIMITED,
     3,
     2,
     AWS_FAILURE_FINAL},
    {"an outage", {{.fault = HTTP_FAKE_REFUSED}}, ERR_UNAVAILABLE, 3, 2, AWS_FAILURE_FINAL},
    {"a short wait is waited for",
     {{.times = 1, .status = 429, .retry_after_s = 2}, OK},
     -1,
     2,
     1,
     AWS_FAILURE_FINAL},
    {"a long one is not",
     {{.times = 1, .status = 429, .retry_after_s = 30}, OK},
     ERR_RATE_LIMITED,
     1,
     0,
     AWS_FAILURE_FINAL},
    {"a denial is final",
     {TYPE("AccessDeniedException", 400), OK},
     ERR_DENIED,
     1,
     0,
     AWS_FAILURE_FINAL},
    {"so is a missing secret",
     {TYPE("ResourceNotFoundException", 400), OK},
     ERR_NOT_FOUND,
     1,
     0,
     AWS_FAILURE_FINAL},
    {"an expired session is the caller's affair",
     {TYPE("ExpiredTokenException", 400), OK},
     ERR_DENIED,
     1,
     0,
     AWS_FAILURE_EXPIRED},
    {"no time", {{.fault = HTTP_FAKE_SLOW}}, ERR_DEADLINE, 1, 0, AWS_FAILURE_FINAL},
    {"our clock is slow", {SKEWED("SignatureDoesNotMatch", 600), OK}, -1, 2, 0, AWS_FAILURE_FINAL},
    {"our clock is fast",
     {SKEWED("InvalidSignatureException", -600), OK},
     -1,
     2,
     0,
     AWS_FAILURE_FINAL},
    {"too skewed by name", {SKEWED("RequestTimeTooSkewed", 600), OK}, -1, 2, 0, AWS_FAILURE_FINAL},
    {"a wrong signature at the right time",
     {SKEWED("SignatureDoesNotMatch", 200), OK},
     ERR_DENIED,
     1,
     0,
     AWS_FAILURE_SIGNED},
    {"a wrong signature without a date",
     {TYPE("SignatureDoesNotMatch", 403), OK},
     ERR_DENIED,
     1,
     0,
     AWS_FAILURE_SIGNED},
    {"a clock that cannot make up its mind",
     {SKEWED("SignatureDoesNotMatch", 600), SKEWED("SignatureDoesNotMatch", 6000), OK},
     ERR_DENIED,
     2,
     0,
     AWS_FAILURE_SIGNED},
};

static void one_retry(void **state)
{
    const struct retry_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    enum aws_failure failure = AWS_FAILURE_EXPIRED;
    metric_reset();
    assert_null(aws_client_new(s->env, AWS_SECRETS_MANAGER, "eu-west-1", &c));
    for (size_t i = 0; i < ARRAY_SIZE(r->rules); i++)
        http_fake_add(s->http, &r->rules[i]);
    CLEANUP(err) struct err *e = send(s, c, &failure, &body);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    assert_int_equal(s->waits, r->want_waits);
    assert_int_equal(failure, r->want_failure);
    double calls =
        metric_value(METRIC_PROVIDER_CALLS, "AWS/SecretsManager", "GetSecretValue", "success") +
        metric_value(METRIC_PROVIDER_CALLS, "AWS/SecretsManager", "GetSecretValue", "error");
    assert_int_equal(calls, r->want_calls);
}

static void the_offset_is_remembered(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    enum aws_failure failure;
    struct http_fake_rule skewed = SKEWED("SignatureDoesNotMatch", 600);
    assert_null(aws_client_new(s->env, AWS_SECRETS_MANAGER, "eu-west-1", &c));
    http_fake_add(s->http, &skewed);
    http_fake_add(s->http, &(struct http_fake_rule)OK);
    for (size_t i = 0; i < 2; i++) {
        struct secret_buf *body = NULL;
        assert_null(send(s, c, &failure, &body));
        secret_buf_free(body);
    }
    assert_int_equal(http_fake_count(s->http), 3);
    CLEANUP_STR char *corrected = aws_script_header(s, 1, "x-amz-date");
    CLEANUP_STR char *later = aws_script_header(s, 2, "x-amz-date");
    assert_string_equal(corrected, "20260102T031405Z");
    assert_string_equal(later, "20260102T031405Z");
    assert_true(aws_client_unix_s(c) == CLOCK_FAKE_UNIX_S + 600);
}

static void no_wait_beyond_the_deadline(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    struct secret_buf *body = NULL;
    enum aws_failure failure;
    s->dl = deadline_in(s->env->clock, NS_PER_S);
    assert_null(aws_client_new(s->env, AWS_SECRETS_MANAGER, "eu-west-1", &c));
    http_fake_add(s->http, &(struct http_fake_rule){.status = 429, .retry_after_s = 2});
    CLEANUP(err) struct err *e = send(s, c, &failure, &body);
    assert_int_equal(err_class(e), ERR_RATE_LIMITED);
    assert_int_equal(err_retry_after_ns(e), 2 * NS_PER_S);
    assert_int_equal(s->waits, 0);
}

static void default_port_is_not_in_the_host_header(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *with = NULL;
    CLEANUP(aws_client) struct aws_client *without = NULL;
    struct secret_buf *body = NULL;
    enum aws_failure failure;
    aws_script_setenv("AWS_ENDPOINT_URL", "https://x:443");
    assert_null(aws_client_new(s->env, AWS_STS, "a", &with));
    aws_script_setenv("AWS_ENDPOINT_URL", "https://x");
    assert_null(aws_client_new(s->env, AWS_STS, "a", &without));
    http_fake_add(s->http, &(struct http_fake_rule)OK);
    assert_null(send(s, with, &failure, &body));
    secret_buf_free(body);
    assert_null(send(s, without, &failure, &body));
    secret_buf_free(body);
    CLEANUP_STR char *a = aws_script_header(s, 0, "authorization");
    CLEANUP_STR char *b = aws_script_header(s, 1, "authorization");
    assert_string_equal(a, b);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(aws_client) struct aws_client *c = NULL;
    bool has_worked = false;
    assert_null(aws_client_new(s->env, AWS_SECRETS_MANAGER, "eu-west-1", &c));
    http_fake_add(s->http, &(struct http_fake_rule)OK);
    for (size_t n = 1; n < 50 && !has_worked; n++) {
        CLEANUP(secret_buf) struct secret_buf *body = NULL;
        enum aws_failure failure;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = send(s, c, &failure, &body);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
    }
    assert_true(has_worked);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_sent),
    cmocka_unit_test(the_offset_is_remembered),
    cmocka_unit_test(no_wait_beyond_the_deadline),
    cmocka_unit_test(default_port_is_not_in_the_host_header),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("aws_client endpoint", endpoint_rows, one_endpoint) +
           TABLE_RUN("aws_client retry", retry_rows, one_retry) + GROUP_RUN("aws_client", tests);
}
