/* Where keys come from, and how a role's session is got, kept, renewed and dropped. */

#include "fetch/auth_aws.h"

#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/aws_script.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define THREADS 6
#define SECRET_REF(more)                                                                           \
    "auth: {secretRef: {accessKeyIDSecretRef: {name: AKID, key: a}, "                              \
    "secretAccessKeySecretRef: {name: hush, key: b}" more "}}"
#define ROLE "role: arn:aws:iam::1:role/r"

static struct store *store_of(const char *config)
{
    CLEANUP_STR char *provider =
        xasprintf("{aws: {service: SecretsManager, region: eu-west-1, %s}}", config);
    return manifest_provider(provider);
}

struct problem_row {
    const char *name, *config;
    const char *want; /* NULL: good */
};

static const struct problem_row problem_rows[] = {
    {"keys", SECRET_REF(""), NULL},
    {"keys and token", SECRET_REF(", sessionTokenSecretRef: {name: t, key: c}"), NULL},
    {"nothing", "auth: null", NULL},
    {"empty", "auth: {}", NULL},
    {"jwt", "auth: {jwt: {serviceAccountRef: {name: x}}}",
     "spec.provider.aws.auth.jwt is not supported"},
    {"unknown key", SECRET_REF(", colour: red"),
     "spec.provider.aws.auth.secretRef.colour is not supported"},
    {"no secret key", "auth: {secretRef: {accessKeyIDSecretRef: {name: a, key: b}}}",
     "spec.provider.aws.auth.secretRef.secretAccessKeySecretRef is missing"},
    {"no access key", "auth: {secretRef: {secretAccessKeySecretRef: {name: a, key: b}}}",
     "spec.provider.aws.auth.secretRef.accessKeyIDSecretRef is missing"},
    {"another namespace", SECRET_REF(", sessionTokenSecretRef: {name: t, key: c, namespace: x}"),
     "spec.provider.aws.auth.secretRef.sessionTokenSecretRef.namespace must be the SecretStore's "
     "own namespace"},
};

static void one_problem(void **state)
{
    const struct problem_row *r = *state;
    CLEANUP(store) struct store *store = store_of(r->config);
    CLEANUP_STR char *problem = aws_keys_problem(store);
    assert_int_equal(problem != NULL, r->want != NULL);
    if (problem)
        assert_string_equal(problem, r->want);
}

struct source_row {
    const char *name, *config;
    const char *env_id, *env_key, *env_token;
    int want; /* class, or -1 */
    const char *want_id;
    const char *want_token; /* NULL: none */
};

static const struct source_row source_rows[] = {
    {"store", SECRET_REF(""), NULL, NULL, NULL, -1, "AKID", NULL},
    {"store, with token", SECRET_REF(", sessionTokenSecretRef: {name: tok, key: c}"), NULL, NULL,
     NULL, -1, "AKID", "tok"},
    {"store before environment", SECRET_REF(""), "ENVID", "x", NULL, -1, "AKID", NULL},
    {"environment", "auth: null", "ENVID", "x", NULL, -1, "ENVID", NULL},
    {"environment, with token", "auth: {}", "ENVID", "x", "envtok", -1, "ENVID", "envtok"},
    {"nothing", "auth: null", NULL, NULL, NULL, ERR_DENIED, NULL, NULL},
    {"half an environment", "auth: null", "ENVID", NULL, NULL, ERR_DENIED, NULL, NULL},
    {"the other half", "auth: null", NULL, "x", NULL, ERR_DENIED, NULL, NULL},
    {"an id that is none", "auth: null", "EN VID", "x", NULL, ERR_INVALID, NULL, NULL},
    {"an id with a line break", "auth: null", "ENVID\n", "x", NULL, ERR_INVALID, NULL, NULL},
    {"a Secret that is not there",
     "auth: {secretRef: {accessKeyIDSecretRef: {name: absent, key: a}, "
     "secretAccessKeySecretRef: {name: s, key: b}}}",
     NULL, NULL, NULL, ERR_NOT_FOUND, NULL, NULL},
};

static void one_source(void **state)
{
    const struct source_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(store) struct store *store = store_of(r->config);
    CLEANUP(auth_aws) struct auth_aws *a = NULL;
    CLEANUP(aws_keys) struct aws_keys *k = NULL;
    aws_script_setenv("AWS_ACCESS_KEY_ID", r->env_id);
    aws_script_setenv("AWS_SECRET_ACCESS_KEY", r->env_key);
    aws_script_setenv("AWS_SESSION_TOKEN", r->env_token);
    CLEANUP(err) struct err *e = auth_aws_new(s->env, store, "app", &s->dl, &a);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    if (e)
        return;
    assert_null(auth_aws_keys(a, &s->dl, &k));
    assert_string_equal(k->access_key, r->want_id);
    const char *token = r->want_token ? r->want_token : "";
    assert_true(
        secret_view_equal(secret_buf_view(k->session_token), secret_view_of(token, strlen(token))));
    assert_int_equal(http_fake_count(s->http), 0);
    assert_false(auth_aws_drop(a, k));
}

static struct auth_aws *auth_with_role(struct aws_script *s, const char *more)
{
    CLEANUP_STR char *config = xasprintf(SECRET_REF("") ", " ROLE "%s", more);
    CLEANUP(store) struct store *store = store_of(config);
    struct auth_aws *a = NULL;
    assert_null(auth_aws_new(s->env, store, "app", &s->dl, &a));
    return a;
}

/* Id of the keys that are valid now, or of the class of the failure. */
static void expect_id(struct aws_script *s, struct auth_aws *a, const char *want)
{
    CLEANUP(aws_keys) struct aws_keys *k = NULL;
    s->dl = deadline_in(s->env->clock, 60 * NS_PER_S);
    CLEANUP(err) struct err *e = auth_aws_keys(a, &s->dl, &k);
    assert_string_equal(e ? err_class_name(err_class(e)) : k->access_key, want);
}

static void a_role_is_assumed_at_first_use(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, ", externalID: 'e x'");
    assert_int_equal(http_fake_count(s->http), 0);
    aws_script_add_session(s, 1, "ASIA", CLOCK_FAKE_UNIX_S + 3600);
    expect_id(s, a, "ASIA");
    expect_id(s, a, "ASIA");
    assert_int_equal(http_fake_count(s->http), 1);
    const struct http_fake_request *rq = http_fake_at(s->http, 0);
    assert_string_equal(rq->url, "https://sts.eu-west-1.amazonaws.com/");
    assert_string_equal(rq->body, "Action=AssumeRole&Version=2011-06-15&RoleSessionName=lockstep"
                                  "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&ExternalId=e%20x");
    CLEANUP_STR char *authorization = aws_script_header(s, 0, "authorization");
    assert_non_null(strstr(authorization, "Credential=AKID/20260102/eu-west-1/sts/aws4_request"));
    CLEANUP_STR char *type = aws_script_header(s, 0, "content-type");
    assert_string_equal(type, "application/x-www-form-urlencoded; charset=utf-8");
}

static void renewed_five_minutes_before_the_end(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    aws_script_add_session(s, 1, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    aws_script_add_session(s, 1, "TWO", CLOCK_FAKE_UNIX_S + 7200);
    expect_id(s, a, "ONE");
    clock_fake_advance_ns(&s->script->clock, 3299 * NS_PER_S);
    expect_id(s, a, "ONE");
    clock_fake_advance_ns(&s->script->clock, 1 * NS_PER_S);
    expect_id(s, a, "TWO");
}

static void the_old_session_is_used_while_renewing_fails(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    aws_script_add_session(s, 1, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    http_fake_add(s->http, &(struct http_fake_rule){.fault = HTTP_FAKE_REFUSED});
    expect_id(s, a, "ONE");
    clock_fake_advance_ns(&s->script->clock, 3400 * NS_PER_S);
    expect_id(s, a, "ONE");
    clock_fake_advance_ns(&s->script->clock, 200 * NS_PER_S);
    expect_id(s, a, "unavailable");
}

static void a_dropped_session_is_not_used_again(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    CLEANUP(aws_keys) struct aws_keys *one = NULL;
    CLEANUP(aws_keys) struct aws_keys *two = NULL;
    aws_script_add_session(s, 1, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    aws_script_add_session(s, 1, "TWO", CLOCK_FAKE_UNIX_S + 3600);
    assert_null(auth_aws_keys(a, &s->dl, &one));
    assert_true(auth_aws_drop(a, one));
    assert_null(auth_aws_keys(a, &s->dl, &two));
    assert_string_equal(two->access_key, "TWO");
    assert_true(auth_aws_drop(a, one));
    expect_id(s, a, "TWO");
}

/* A session that has ended by our clock is used all the same: AWS has just made it. */
static void a_clock_that_is_fast_does_not_hang(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    aws_script_add_session(s, 0, "ONE", CLOCK_FAKE_UNIX_S - 3600);
    expect_id(s, a, "ONE");
    assert_int_equal(http_fake_count(s->http), 1);
}

#define SESSION(id, key, token, expiration)                                                        \
    "<C><AccessKeyId>" id "</AccessKeyId><SecretAccessKey>" key                                    \
    "</SecretAccessKey><SessionToken>" token "</SessionToken><Expiration>" expiration              \
    "</Expiration></C>"

struct time_row {
    const char *name, *expiration;
};

static const struct time_row time_rows[] = {
    {"seconds", "2026-01-02T04:04:05Z"},
    {"milliseconds", "2026-01-02T04:04:05.123Z"},
    {"a bare point", "2026-01-02T04:04:05.Z"},
};

static void one_time(void **state)
{
    const struct time_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    CLEANUP(aws_keys) struct aws_keys *k = NULL;
    CLEANUP_STR char *body = xasprintf(SESSION("A", "k", "t", "%s"), r->expiration);
    http_fake_add(s->http, &(struct http_fake_rule){.body = body});
    assert_null(auth_aws_keys(a, &s->dl, &k));
    assert_true(k->expires_unix_s == CLOCK_FAKE_UNIX_S + 3600);
}

struct asking {
    struct aws_script *s;
    struct auth_aws *a;
    struct thread *thread;
    struct aws_keys *keys;
    struct err *e;
};

static void ask(void *arg)
{
    struct asking *q = arg;
    q->e = auth_aws_keys(q->a, &q->s->dl, &q->keys);
}

static void many_threads_log_in_once(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    struct asking q[THREADS];
    aws_script_add_session(s, 0, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    for (size_t i = 0; i < THREADS; i++) {
        q[i] = (struct asking){.s = s, .a = a};
        q[i].thread = thread_start("asking", ask, &q[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(q[i].thread);
        assert_null(q[i].e);
        assert_string_equal(q[i].keys->access_key, "ONE");
        aws_keys_free(q[i].keys);
    }
    assert_int_equal(http_fake_count(s->http), 1);
}

struct failure_row {
    const char *name;
    struct http_fake_rule rule;
    enum err_class want;
    const char *want_text; /* part of it */
};

static const struct failure_row failure_rows[] = {
    {"denied",
     {.status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"},
     ERR_DENIED,
     "role arn:aws:iam::1:role/r: AssumeRole: AccessDenied, HTTP status 403"},
    {"throttled",
     {.status = 400, .body = "<Error><Code>Throttling</Code></Error>"},
     ERR_RATE_LIMITED,
     "AssumeRole: Throttling"},
    {"refused", {.fault = HTTP_FAKE_REFUSED}, ERR_UNAVAILABLE, "connection refused"},
    {"slow", {.fault = HTTP_FAKE_SLOW}, ERR_DEADLINE, "AssumeRole"},
    {"not even XML",
     {.body = "s3cret"},
     ERR_INVALID,
     "AssumeRole: reply: element AccessKeyId is missing"},
    {"a bad id",
     {.body = SESSION("A B", "k", "t", "2030-01-01T00:00:00Z")},
     ERR_INVALID,
     "element AccessKeyId is no access key id"},
    {"no secret key",
     {.body = SESSION("A", "<x/>", "t", "2030-01-01T00:00:00Z")},
     ERR_INVALID,
     "element SecretAccessKey does not hold plain text"},
    {"a token with markup",
     {.body = SESSION("A", "k", "a&b", "2030-01-01T00:00:00Z")},
     ERR_INVALID,
     "element SessionToken does not hold plain text"},
    {"a bad time",
     {.body = SESSION("A", "k", "t", "tomorrow")},
     ERR_INVALID,
     "element Expiration is no time"},
};

static void one_failure(void **state)
{
    const struct failure_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(auth_aws) struct auth_aws *a = auth_with_role(s, "");
    struct aws_keys *k = NULL;
    http_fake_add(s->http, &r->rule);
    CLEANUP(err) struct err *e = auth_aws_keys(a, &s->dl, &k);
    assert_int_equal(err_class(e), r->want);
    assert_non_null(strstr(err_text(e), r->want_text));
    assert_null(strstr(err_text(e), "s3cret"));
    assert_null(k);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(store) struct store *store = store_of(SECRET_REF("") ", " ROLE);
    bool has_worked = false;
    size_t n = 1;
    aws_script_add_session(s, 0, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    for (; n < 80 && !has_worked; n++) {
        CLEANUP(auth_aws) struct auth_aws *a = NULL;
        CLEANUP(aws_keys) struct aws_keys *k = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = auth_aws_new(s->env, store, "app", &s->dl, &a);
        if (!e)
            e = auth_aws_keys(a, &s->dl, &k);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
    }
    assert_true(has_worked);
    assert_true(n > 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_role_is_assumed_at_first_use),
    cmocka_unit_test(renewed_five_minutes_before_the_end),
    cmocka_unit_test(the_old_session_is_used_while_renewing_fails),
    cmocka_unit_test(a_dropped_session_is_not_used_again),
    cmocka_unit_test(a_clock_that_is_fast_does_not_hang),
    cmocka_unit_test(many_threads_log_in_once),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("auth_aws problem", problem_rows, one_problem) +
           TABLE_RUN("auth_aws source", source_rows, one_source) +
           TABLE_RUN("auth_aws time", time_rows, one_time) +
           TABLE_RUN("auth_aws failure", failure_rows, one_failure) + GROUP_RUN("auth_aws", tests);
}
