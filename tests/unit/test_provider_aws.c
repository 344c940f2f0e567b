/* The provider as fetch sees it: configurations, single and batched reads, sessions, identities. */

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/provider_table.h"
#include "tests/support/aws_script.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define KEYS                                                                                       \
    "auth: {secretRef: {accessKeyIDSecretRef: {name: AKID, key: a}, "                              \
    "secretAccessKeySecretRef: {name: hush, key: b}}}"
#define AWS(rest) "{aws: {service: SecretsManager, region: eu-west-1, " rest "}}"
#define ROLE "role: arn:aws:iam::1:role/r"

struct check_row {
    const char *name, *provider;
    const char *want; /* NULL: good */
};

static const struct check_row check_rows[] = {
    {"keys", AWS(KEYS), NULL},
    {"role and prefix", AWS(KEYS ", " ROLE ", externalID: x, prefix: p/"), NULL},
    {"how to delete", AWS("secretsManager: {recoveryWindowInDays: 7}"), NULL},
    {"how not to delete", AWS("secretsManager: {recoveryWindowInDays: 6}"),
     "spec.provider.aws.secretsManager.recoveryWindowInDays must be a number from 7 to 30"},
    {"no tags", AWS("sessionTagsPolicy: None"), NULL},
    {"parameter store", "{aws: {service: ParameterStore, region: a}}",
     "spec.provider.aws.service \"ParameterStore\" is not supported"},
    {"certificate manager", "{aws: {service: CertificateManager, region: a}}",
     "spec.provider.aws.service \"CertificateManager\" is not supported"},
    {"no service", "{aws: {region: a}}", "spec.provider.aws.service is missing"},
    {"no region", "{aws: {service: SecretsManager}}", "spec.provider.aws.region is missing"},
    {"more roles", AWS("additionalRoles: [a]"),
     "spec.provider.aws.additionalRoles is not supported"},
    {"session tags", AWS("sessionTags: [{key: a, value: b}]"),
     "spec.provider.aws.sessionTags is not supported"},
    {"transitive tags", AWS("transitiveTagKeys: [a]"),
     "spec.provider.aws.transitiveTagKeys is not supported"},
    {"a tags policy", AWS("sessionTagsPolicy: Simple"),
     "spec.provider.aws.sessionTagsPolicy \"Simple\" is not supported"},
    {"jwt", AWS("auth: {jwt: {serviceAccountRef: {name: a}}}"),
     "spec.provider.aws.auth.jwt is not supported"},
};

static void one_check(void **state)
{
    const struct check_row *r = *state;
    manifest_assert_check(&provider_aws, r->provider, r->want);
}

static struct provider *open_aws(struct aws_script *s, const char *config)
{
    CLEANUP(store) struct store *store = manifest_provider(config);
    struct provider *p = NULL;
    assert_null(provider_aws.open(s->env, store, "app", &s->dl, &p));
    return p;
}

struct open_row {
    const char *name, *provider, *endpoint;
    int want; /* class, or -1 */
};

static const struct open_row open_rows[] = {
    {"good", AWS(KEYS), NULL, -1},
    {"bad region", "{aws: {service: SecretsManager, region: 'a/b', " KEYS "}}", NULL, ERR_INVALID},
    {"bad endpoint", AWS(KEYS), "nonsense", ERR_INVALID},
    {"no credentials", AWS("prefix: x"), NULL, ERR_DENIED},
    {"bad region of a role", "{aws: {service: SecretsManager, region: 'A', " ROLE "}}", NULL,
     ERR_INVALID},
};

static void one_open(void **state)
{
    const struct open_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(store) struct store *store = manifest_provider(r->provider);
    struct provider *p = NULL;
    aws_script_setenv("AWS_ENDPOINT_URL", r->endpoint);
    CLEANUP(err) struct err *e = provider_aws.open(s->env, store, "app", &s->dl, &p);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(p != NULL, r->want == -1);
    if (p)
        provider_aws.close(p);
}

struct get_row {
    const char *name, *config;
    struct provider_ref ref;
    struct http_fake_rule rules[3];
    int want;              /* class, or -1 */
    const char *want_text; /* value, or part of the error */
    size_t want_calls;
};

#define DENIED_REPLY                                                                               \
    {                                                                                              \
        .status = 400, .error_type = "AccessDeniedException"                                       \
    }

static const struct get_row get_rows[] = {
    {"text",
     AWS(KEYS),
     {.key = "db"},
     {{.body_part = "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\"}",
       .body = "{\"SecretString\":\"v\"}"}},
     -1,
     "v",
     1},
    {"with a prefix",
     AWS(KEYS ", prefix: p-"),
     {.key = "db", .version = "uuid/1"},
     {{.body_part = "{\"SecretId\":\"p-db\",\"VersionId\":\"1\"}",
       .body = "{\"SecretBinary\":\"dg==\"}"}},
     -1,
     "v",
     1},
    {"not found",
     AWS(KEYS),
     {.key = "db"},
     {{.status = 400, .error_type = "ResourceNotFoundException"}},
     ERR_NOT_FOUND,
     "GetSecretValue: ResourceNotFoundException",
     1},
    {"denied",
     AWS(KEYS),
     {.key = "db"},
     {DENIED_REPLY},
     ERR_DENIED,
     "GetSecretValue: AccessDeniedException",
     1},
    {"throttled",
     AWS(KEYS),
     {.key = "db"},
     {{.status = 400, .error_type = "ThrottlingException"}},
     ERR_RATE_LIMITED,
     "GetSecretValue: ThrottlingException",
     3},
    {"unavailable",
     AWS(KEYS),
     {.key = "db"},
     {{.status = 503}},
     ERR_UNAVAILABLE,
     "HTTP status 503",
     3},
    {"slow",
     AWS(KEYS),
     {.key = "db"},
     {{.fault = HTTP_FAKE_SLOW}},
     ERR_DEADLINE,
     "GetSecretValue",
     1},
    {"a malformed reply",
     AWS(KEYS),
     {.key = "db"},
     {{.body = "s3cret"}},
     ERR_INVALID,
     "GetSecretValue: ",
     1},
    {"static keys that have expired",
     AWS(KEYS),
     {.key = "db"},
     {{.status = 400, .error_type = "ExpiredTokenException"}},
     ERR_DENIED,
     "ExpiredTokenException",
     1},
};

static void one_get(void **state)
{
    const struct get_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct provider *p = open_aws(s, r->config);
    for (size_t i = 0; i < ARRAY_SIZE(r->rules); i++)
        http_fake_add(s->http, &r->rules[i]);
    CLEANUP(err) struct err *e = provider_aws.get(p, &r->ref, &s->dl, &value);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    if (e)
        assert_non_null(strstr(err_text(e), r->want_text));
    else
        assert_true(secret_view_equal(secret_buf_view(value),
                                      secret_view_of(r->want_text, strlen(r->want_text))));
    if (e)
        assert_null(strstr(err_text(e), "s3cret"));
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    provider_aws.close(p);
}

static void an_expired_session_is_renewed_once(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct provider *p = open_aws(s, AWS(KEYS ", " ROLE));
    aws_script_add_session(s, 1, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    aws_script_add_session(s, 1, "TWO", CLOCK_FAKE_UNIX_S + 3600);
    http_fake_add(s->http, &(struct http_fake_rule){.url = "secretsmanager",
                                                    .times = 1,
                                                    .status = 400,
                                                    .error_type = "ExpiredTokenException"});
    http_fake_add(s->http, &(struct http_fake_rule){.url = "secretsmanager",
                                                    .body = "{\"SecretString\":\"v\"}"});
    assert_null(provider_aws.get(p, &(struct provider_ref){.key = "db"}, &s->dl, &value));
    assert_int_equal(http_fake_count(s->http), 4);
    CLEANUP_STR char *token = aws_script_header(s, 3, "x-amz-security-token");
    assert_string_equal(token, "token-of-TWO");
    provider_aws.close(p);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct secret_buf *value = NULL;
    struct provider *p = open_aws(s, AWS(KEYS ", " ROLE));
    aws_script_add_session(s, 0, "ONE", CLOCK_FAKE_UNIX_S + 3600);
    http_fake_add(s->http, &(struct http_fake_rule){.url = "secretsmanager",
                                                    .status = 400,
                                                    .error_type = "ExpiredTokenException"});
    CLEANUP(err)
    struct err *e = provider_aws.get(p, &(struct provider_ref){.key = "db"}, &s->dl, &value);
    assert_int_equal(err_class(e), ERR_DENIED);
    assert_int_equal(http_fake_count(s->http), 4);
    provider_aws.close(p);
}

/* Three newest values and one of a certain stage: a batch, what it left out, and the other one. */
static void a_batch_and_what_it_leaves_out(void **state)
{
    (void)state;
    static const struct provider_ref refs[] = {
        {.key = "a"}, {.key = "b", .version = "AWSPREVIOUS"}, {.key = "c"}, {.key = "d"}};
    struct provider_result results[4] = {{NULL, NULL}};
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct provider *p = open_aws(s, AWS(KEYS));
    http_fake_add(s->http, &(struct http_fake_rule){
                               .body_part = "{\"SecretIdList\":[\"a\",\"c\",\"d\"]}",
                               .body = "{\"SecretValues\":[{\"Name\":\"d\",\"SecretString\":\"D\"}]"
                                       ",\"Errors\":[{\"SecretId\":\"c\",\"ErrorCode\":"
                                       "\"ResourceNotFoundException\"}]}"});
    http_fake_add(s->http, &(struct http_fake_rule){.body_part = "\"a\",\"VersionStage\":\"AWSC",
                                                    .body = "{\"SecretString\":\"A\"}"});
    http_fake_add(s->http, &(struct http_fake_rule){.body_part = "\"b\",\"VersionStage\":\"AWSP",
                                                    .body = "{\"SecretString\":\"B\"}"});
    assert_null(provider_aws.get_many(p, refs, 4, &s->dl, results));
    CLEANUP_STR char *target = aws_script_header(s, 0, "x-amz-target");
    assert_string_equal(target, "secretsmanager.BatchGetSecretValue");
    const char *const want[] = {"A", "B", NULL, "D"};
    for (size_t i = 0; i < 4; i++) {
        if (want[i])
            assert_true(
                secret_view_equal(secret_buf_view(results[i].bytes), secret_view_of(want[i], 1)));
        else
            assert_int_equal(err_class(results[i].err), ERR_NOT_FOUND);
        secret_buf_free(results[i].bytes);
        err_free(results[i].err);
    }
    assert_int_equal(http_fake_count(s->http), 3);
    assert_int_equal(http_fake_unexpected(s->http), 0);
    provider_aws.close(p);
}

static void one_newest_value_is_no_batch(void **state)
{
    (void)state;
    static const struct provider_ref refs[] = {{.key = "a"},
                                               {.key = "b", .version = "AWSPREVIOUS"}};
    struct provider_result results[2] = {{NULL, NULL}};
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct provider *p = open_aws(s, AWS(KEYS));
    http_fake_add(s->http, &(struct http_fake_rule){.body_part = "SecretId\"",
                                                    .body = "{\"SecretString\":\"A\"}"});
    assert_null(provider_aws.get_many(p, refs, 2, &s->dl, results));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(secret_buf_size(results[i].bytes), 1);
        secret_buf_free(results[i].bytes);
    }
    assert_int_equal(http_fake_unexpected(s->http), 0);
    provider_aws.close(p);
}

struct batch_row {
    const char *name;
    struct http_fake_rule rule;
    enum err_class want;
};

static const struct batch_row batch_rows[] = {
    {"denied", DENIED_REPLY, ERR_DENIED},
    {"throttled", {.status = 429}, ERR_RATE_LIMITED},
    {"unavailable", {.status = 500}, ERR_UNAVAILABLE},
    {"slow", {.fault = HTTP_FAKE_SLOW}, ERR_DEADLINE},
    {"malformed", {.body = "["}, ERR_INVALID},
};

static void one_batch(void **state)
{
    const struct batch_row *r = *state;
    static const struct provider_ref refs[] = {{.key = "a"}, {.key = "b"}};
    struct provider_result results[2] = {{NULL, NULL}};
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct provider *p = open_aws(s, AWS(KEYS));
    http_fake_add(s->http, &r->rule);
    CLEANUP(err) struct err *e = provider_aws.get_many(p, refs, 2, &s->dl, results);
    assert_int_equal(err_class(e), r->want);
    assert_null(results[0].bytes);
    assert_null(results[0].err);
    provider_aws.close(p);
}

struct identity_row {
    const char *name, *a, *b;
    bool want_same;
};

static const struct identity_row identity_rows[] = {
    {"the same", AWS(KEYS), AWS(KEYS), true},
    {"another region", AWS(KEYS), "{aws: {service: SecretsManager, region: eu-west-2, " KEYS "}}",
     false},
    {"another prefix", AWS(KEYS), AWS(KEYS ", prefix: p"), false},
    {"a role", AWS(KEYS), AWS(KEYS ", " ROLE), false},
};

static void one_identity(void **state)
{
    const struct identity_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct provider *a = open_aws(s, r->a);
    struct provider *b = open_aws(s, r->b);
    assert_int_equal(strcmp(provider_aws.identity(a), provider_aws.identity(b)) == 0, r->want_same);
    provider_aws.close(a);
    provider_aws.close(b);
}

static void other_keys_are_another_identity(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    aws_script_setenv("AWS_ACCESS_KEY_ID", "AKID");
    aws_script_setenv("AWS_SECRET_ACCESS_KEY", "one");
    struct provider *a = open_aws(s, AWS("prefix: ''"));
    aws_script_setenv("AWS_SECRET_ACCESS_KEY", "two");
    struct provider *b = open_aws(s, AWS("prefix: ''"));
    assert_string_not_equal(provider_aws.identity(a), provider_aws.identity(b));
    assert_null(strstr(provider_aws.identity(a), "one"));
    provider_aws.close(a);
    provider_aws.close(b);
}

struct validate_row {
    const char *name, *provider;
    struct http_fake_rule rule;
    int want; /* class, or -1 */
    size_t want_calls;
};

static const struct validate_row validate_rows[] = {
    {"keys are enough", AWS(KEYS), {.status = 500}, -1, 0},
    {"a role is assumed", AWS(KEYS ", " ROLE), DENIED_REPLY, ERR_DENIED, 1},
};

static void one_validate(void **state)
{
    const struct validate_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    enum provider_validity validity = PROVIDER_VALIDITY_UNKNOWN;
    struct provider *p = open_aws(s, r->provider);
    http_fake_add(s->http, &r->rule);
    CLEANUP(err) struct err *e = provider_aws.validate(p, &s->dl, &validity);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(validity, e ? PROVIDER_VALIDITY_UNKNOWN : PROVIDER_VALID);
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    provider_aws.close(p);
}

struct referent_row {
    const char *name;
    bool is_cluster;
    const char *provider;
    bool want;
};

static const struct referent_row referent_rows[] = {
    {"SecretStore", false, AWS(KEYS), false},
    {"ClusterSecretStore", true, AWS(KEYS), true},
    {"with the environment's keys", true, AWS("prefix: x"), false},
    {"with namespaces", true,
     AWS("auth: {secretRef: {accessKeyIDSecretRef: {name: a, key: b, namespace: c}, "
         "secretAccessKeySecretRef: {name: a, key: b, namespace: c}}}"),
     false},
    {"with one namespace", true,
     AWS("auth: {secretRef: {accessKeyIDSecretRef: {name: a, key: b, namespace: c}, "
         "secretAccessKeySecretRef: {name: a, key: b}}}"),
     true},
};

static void one_referent(void **state)
{
    const struct referent_row *r = *state;
    CLEANUP(store)
    struct store *store =
        r->is_cluster ? manifest_cluster_provider(r->provider) : manifest_provider(r->provider);
    assert_int_equal(provider_aws.is_referent(store), r->want);
}

struct warning_row {
    const char *name, *variable, *want;
};

static const struct warning_row warning_rows[] = {
    {"none", "X", NULL},
    {"secrets manager", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
     "endpoint of secretsmanager at x:1 is plain http"},
    {"sts", "AWS_ENDPOINT_URL_STS", "endpoint of sts at x:1 is plain http"},
};

static void one_warning(void **state)
{
    const struct warning_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    aws_script_setenv(r->variable, "http://x:1");
    struct provider *p = open_aws(s, AWS(KEYS ", " ROLE));
    const char *warning = provider_aws.warning(p);
    assert_int_equal(warning != NULL, r->want != NULL);
    if (warning)
        assert_string_equal(warning, r->want);
    provider_aws.close(p);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_expired_session_is_renewed_once),
    cmocka_unit_test(but_not_for_ever),
    cmocka_unit_test(a_batch_and_what_it_leaves_out),
    cmocka_unit_test(one_newest_value_is_no_batch),
    cmocka_unit_test(other_keys_are_another_identity),
};

int main(void)
{
    return TABLE_RUN("provider_aws check", check_rows, one_check) +
           TABLE_RUN("provider_aws open", open_rows, one_open) +
           TABLE_RUN("provider_aws get", get_rows, one_get) +
           TABLE_RUN("provider_aws batch", batch_rows, one_batch) +
           TABLE_RUN("provider_aws identity", identity_rows, one_identity) +
           TABLE_RUN("provider_aws validate", validate_rows, one_validate) +
           TABLE_RUN("provider_aws referent", referent_rows, one_referent) +
           TABLE_RUN("provider_aws warning", warning_rows, one_warning) +
           GROUP_RUN("provider_aws", tests);
}
