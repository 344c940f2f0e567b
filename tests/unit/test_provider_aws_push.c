/* Which calls a push makes, in what order, and what becomes of what AWS answers. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "fetch/provider_table.h"
#include "tests/support/aws_script.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define AWS(rest)                                                                                  \
    "{aws: {service: SecretsManager, region: eu-west-1, " rest                                     \
    "auth: {secretRef: {accessKeyIDSecretRef: {name: AKID, key: a}, "                              \
    "secretAccessKeySecretRef: {name: hush, key: b}}}}}"

#define RULES 6
#define MANAGED "{\"Key\":\"managed-by\",\"Value\":\"external-secrets\"}"
#define VERSIONS ",\"VersionIdsToStages\":{\"1\":[\"AWSCURRENT\"]}}"
#define STATE(tags, rest)                                                                          \
    {                                                                                              \
        .body_part = "{\"SecretId\":\"db\"}",                                                      \
        .body = "{\"ARN\":\"arn:db\",\"Tags\":[" tags "]" rest                                     \
    }
#define OURS STATE(MANAGED, VERSIONS)
#define THEIRS STATE("", VERSIONS)
#define DELETED STATE(MANAGED, ",\"DeletedDate\":1.7E9" VERSIONS)
#define NO_VALUE STATE(MANAGED, "}")
#define TEXT(value)                                                                                \
    {                                                                                              \
        .body_part = "\"VersionStage\":\"AWSCURRENT\"", .body = "{\"SecretString\":\"" value "\"}" \
    }
#define BINARY(value)                                                                              \
    {                                                                                              \
        .body_part = "\"VersionStage\":\"AWSCURRENT\"", .body = "{\"SecretBinary\":\"" value "\"}" \
    }
#define DONE                                                                                       \
    {                                                                                              \
        .body = "{}"                                                                               \
    }
#define FAILS(code)                                                                                \
    {                                                                                              \
        .status = 400, .error_type = code                                                          \
    }
#define ABSENT FAILS("ResourceNotFoundException")

#define META(spec)                                                                                 \
    "{\"apiVersion\":\"kubernetes.external-secrets.io/v1alpha1\",\"kind\":\"PushSecretMetadata\"," \
    "\"spec\":" spec "}"

#define REPLICAS                                                                                   \
    ",\"KmsKeyId\":\"key\",\"ReplicationStatus\":[{\"Region\":\"r1\"},{\"Region\":\"r2\"}]"

/* A Secret holds its own name as value here. */
#define POLICY(kind, name)                                                                         \
    META("{\"resourcePolicy\":{\"blockPublicPolicy\":true,\"policySourceRef\":{\"kind\":\"" kind   \
         "\",\"name\":\"" name "\",\"key\":\"k\"}}}")

struct rig {
    struct aws_script *script;
    struct provider *p;
};

static void rig_init(struct rig *r, const char *config, const struct http_fake_rule *rules)
{
    CLEANUP(store) struct store *store = manifest_provider(config);
    r->script = aws_script_new();
    assert_null(provider_aws.open(r->script->env, store, "app", &r->script->dl, &r->p));
    http_fake_in_order(r->script->http);
    for (size_t i = 0; i < RULES; i++) {
        struct http_fake_rule rule = rules[i];
        if (!rule.times)
            rule.times = 1;
        if (rule.body || rule.status || rule.fault)
            http_fake_add(r->script->http, &rule);
    }
}

static void rig_done(struct rig *r)
{
    provider_aws.close(r->p);
    aws_script_free(r->script);
}

/* "DescribeSecret GetSecretValue "; the answers are used up. */
static void assert_calls(struct rig *r, const char *want)
{
    CLEANUP_STR_BUF struct str_buf calls;
    str_buf_init(&calls, 1000);
    for (size_t i = 0; i < http_fake_count(r->script->http); i++)
        str_buf_printf(&calls, "%s%s", i ? " " : "", http_fake_at(r->script->http, i)->operation);
    assert_string_equal(calls.s, want);
    assert_int_equal(http_fake_unexpected(r->script->http), 0);
    assert_int_equal(http_fake_unused(r->script->http), 0);
}

static const char *last_body(struct rig *r)
{
    return http_fake_at(r->script->http, http_fake_count(r->script->http) - 1)->body;
}

struct push_row {
    const char *name, *metadata, *property;
    struct http_fake_rule rules[RULES];
    int want; /* class, or -1 */
    const char *want_calls;
    const char *want_text; /* part of the last request's body, or of the error; NULL: any */
};

#define LOOK "DescribeSecret GetSecretValue"

static const struct push_row push_rows[] = {
    {"new",
     NULL,
     NULL,
     {ABSENT, DONE},
     -1,
     "DescribeSecret CreateSecret",
     "{\"Name\":\"db\",\"ClientRequestToken\":\"00000000-0000-0000-0000-000000000001\","},
    {"new, as External Secrets makes it",
     NULL,
     NULL,
     {ABSENT, DONE},
     -1,
     "DescribeSecret CreateSecret",
     "\"SecretBinary\":\"dmFsdWU=\"}"},
    {"new, as text",
     META("{\"secretPushFormat\":\"string\"}"),
     NULL,
     {ABSENT, DONE},
     -1,
     "DescribeSecret CreateSecret",
     "\"SecretString\":\"value\"}"},
    {"new, with a property",
     META("{\"secretPushFormat\":\"string\"}"),
     "a.b",
     {ABSENT, DONE},
     -1,
     "DescribeSecret CreateSecret",
     "\"SecretString\":\"{\\\"a\\\":{\\\"b\\\":\\\"value\\\"}}\"}"},
    {"unchanged text", NULL, NULL, {OURS, TEXT("value")}, -1, LOOK, NULL},
    {"unchanged bytes", NULL, NULL, {OURS, BINARY("dmFsdWU=")}, -1, LOOK, NULL},
    {"unchanged, whatever the format",
     META("{\"secretPushFormat\":\"string\"}"),
     NULL,
     {OURS, BINARY("dmFsdWU=")},
     -1,
     LOOK,
     NULL},
    {"changed",
     NULL,
     NULL,
     {OURS, TEXT("old"), DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretBinary\":\"dmFsdWU=\"}"},
    {"changed, as text",
     META("{\"secretPushFormat\":\"string\"}"),
     NULL,
     {OURS, BINARY("AAAA"), DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretString\":\"value\"}"},
    {"without a value yet",
     NULL,
     NULL,
     {NO_VALUE, DONE},
     -1,
     "DescribeSecret PutSecretValue",
     "{\"SecretId\":\"db\",\"ClientRequestToken\":\"00000000-0000-0000-0000-000000000001\","},
    {"without a present value",
     NULL,
     NULL,
     {OURS, ABSENT, DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretBinary\":\"dmFsdWU=\"}"},
    {"a property beside others",
     META("{\"secretPushFormat\":\"string\"}"),
     "user",
     {OURS, TEXT("{\\\"z\\\": 1.0,\\\"user\\\":\\\"old\\\",\\\"a\\\":2}"), DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretString\":\"{\\\"z\\\": 1.0,\\\"user\\\":\\\"value\\\",\\\"a\\\":2}\"}"},
    {"an unchanged property",
     NULL,
     "user",
     {OURS, TEXT("{\\\"user\\\":\\\"value\\\"}")},
     -1,
     LOOK,
     NULL},
    {"a property of what is not JSON",
     NULL,
     "user",
     {OURS, TEXT("s3cret")},
     ERR_INVALID,
     LOOK,
     "remoteRef.property \"user\": the secret is not JSON: "},
    {"a property that is no path",
     NULL,
     "a*",
     {ABSENT},
     ERR_INVALID,
     "DescribeSecret",
     "remoteRef.property \"a*\": path: '*' is not allowed"},
    {"tags in line",
     META("{\"tags\":{\"a\":\"1\"}}"),
     NULL,
     {STATE(MANAGED ",{\"Key\":\"a\",\"Value\":\"1\"}", VERSIONS), TEXT("value")},
     -1,
     LOOK,
     NULL},
    {"tags brought in line",
     META("{\"tags\":{\"a\":\"1\"}}"),
     NULL,
     {STATE(MANAGED ",{\"Key\":\"b\",\"Value\":\"1\"}", VERSIONS), TEXT("value"), DONE, DONE},
     -1,
     LOOK " UntagResource TagResource",
     "{\"SecretId\":\"db\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"}," MANAGED "]}"},
    {"tags that nobody asked for",
     NULL,
     NULL,
     {STATE(MANAGED ",{\"Key\":\"b\",\"Value\":\"1\"}", VERSIONS), TEXT("value")},
     -1,
     LOOK,
     NULL},
    {"new, with replicas",
     META("{\"replicationLocations\":[\"r1\",\"r2\"]}"),
     NULL,
     {ABSENT, DONE},
     -1,
     "DescribeSecret CreateSecret",
     "\"AddReplicaRegions\":[{\"Region\":\"r1\",\"KmsKeyId\":\"alias/aws/secretsmanager\"},"
     "{\"Region\":\"r2\",\"KmsKeyId\":\"alias/aws/secretsmanager\"}],\"SecretBinary\""},
    {"replicas in line",
     META("{\"replicationLocations\":[\"r1\"]}"),
     NULL,
     {STATE(MANAGED, REPLICAS VERSIONS), TEXT("value"), DONE},
     -1,
     LOOK " RemoveRegionsFromReplication",
     "{\"SecretId\":\"arn:db\",\"RemoveReplicaRegions\":[\"r2\"]}"},
    {"replicas elsewhere",
     META("{\"replicationLocations\":[\"r2\",\"r3\"]}"),
     NULL,
     {STATE(MANAGED, REPLICAS VERSIONS), TEXT("value"), DONE, DONE},
     -1,
     LOOK " RemoveRegionsFromReplication ReplicateSecretToRegions",
     "{\"SecretId\":\"arn:db\",\"AddReplicaRegions\":[{\"Region\":\"r3\",\"KmsKeyId\":"
     "\"key\"}]}"},
    {"no replicas any more",
     META("{\"replicationLocations\":[]}"),
     NULL,
     {STATE(MANAGED, REPLICAS VERSIONS), TEXT("value"), DONE},
     -1,
     LOOK " RemoveRegionsFromReplication",
     "\"RemoveReplicaRegions\":[\"r1\",\"r2\"]"},
    {"replicas that nobody asked for",
     NULL,
     NULL,
     {STATE(MANAGED, REPLICAS VERSIONS), TEXT("value")},
     -1,
     LOOK,
     NULL},
    {"new, with a policy",
     POLICY("Secret", "{}"),
     NULL,
     {ABSENT, DONE, DONE, DONE},
     -1,
     "DescribeSecret CreateSecret GetResourcePolicy PutResourcePolicy",
     "{\"SecretId\":\"db\",\"BlockPublicPolicy\":true,\"ResourcePolicy\":\"{}\"}"},
    {"the policy that is there",
     POLICY("Secret", "{}"),
     NULL,
     {OURS, TEXT("value"), {.body = "{\"ResourcePolicy\":\"{ }\"}"}},
     -1,
     LOOK " GetResourcePolicy",
     NULL},
    {"another policy",
     POLICY("Secret", "{}"),
     NULL,
     {OURS, TEXT("value"), {.body = "{\"ResourcePolicy\":\"[]\"}"}, DONE},
     -1,
     LOOK " GetResourcePolicy PutResourcePolicy",
     "\"ResourcePolicy\":\"{}\"}"},
    {"a policy that is no JSON",
     POLICY("Secret", "text"),
     NULL,
     {OURS, TEXT("value")},
     ERR_INVALID,
     LOOK,
     "metadata.spec.resourcePolicy.policySourceRef: Secret text, key k: "},
    {"a policy that is not there",
     POLICY("Secret", "absent"),
     NULL,
     {OURS, TEXT("value")},
     ERR_NOT_FOUND,
     LOOK,
     "policySourceRef: Secret absent, key k: Secret \"app/absent\""},
    {"a policy that cannot be read",
     POLICY("ConfigMap", "{}"),
     NULL,
     {OURS, TEXT("value")},
     ERR_INVALID,
     LOOK,
     "policySourceRef: ConfigMap {}, key k: there is nothing here"},
    {"a policy that may not be set",
     POLICY("Secret", "{}"),
     NULL,
     {OURS, TEXT("value"), DONE, FAILS("AccessDeniedException")},
     ERR_DENIED,
     LOOK " GetResourcePolicy PutResourcePolicy",
     "PutResourcePolicy: AccessDeniedException"},
    {"an answer that is no policy",
     POLICY("Secret", "{}"),
     NULL,
     {OURS, TEXT("value"), {.body = "["}},
     ERR_INVALID,
     LOOK " GetResourcePolicy",
     "GetResourcePolicy: "},
    {"tags are denied",
     META("{\"tags\":{\"a\":\"1\"}}"),
     NULL,
     {OURS, TEXT("old"), FAILS("AccessDeniedException")},
     ERR_DENIED,
     LOOK " TagResource",
     "TagResource: AccessDeniedException"},
    {"bad metadata", "{}", NULL, {{0}}, ERR_INVALID, "", "metadata.apiVersion is missing"},
    {"another tool's",
     NULL,
     NULL,
     {THEIRS},
     ERR_CONFLICT,
     "DescribeSecret",
     "secret not managed by external-secrets: it lacks the tag managed-by=external-secrets"},
    {"scheduled for deletion",
     NULL,
     NULL,
     {DELETED},
     ERR_CONFLICT,
     "DescribeSecret",
     "the secret is scheduled for deletion"},
    {"made by another meanwhile",
     NULL,
     NULL,
     {ABSENT, FAILS("ResourceExistsException")},
     ERR_CONFLICT,
     "DescribeSecret CreateSecret",
     "CreateSecret: ResourceExistsException"},
    {"gone meanwhile",
     NULL,
     NULL,
     {OURS, TEXT("old"), ABSENT},
     ERR_NOT_FOUND,
     LOOK " PutSecretValue",
     "PutSecretValue: ResourceNotFoundException"},
    {"may not look",
     NULL,
     NULL,
     {FAILS("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret",
     "DescribeSecret: AccessDeniedException"},
    {"may not read",
     NULL,
     NULL,
     {OURS, FAILS("AccessDeniedException")},
     ERR_DENIED,
     LOOK,
     "GetSecretValue: AccessDeniedException"},
    {"may not make",
     NULL,
     NULL,
     {ABSENT, FAILS("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret CreateSecret",
     "CreateSecret: AccessDeniedException"},
    {"too large",
     NULL,
     NULL,
     {ABSENT, FAILS("ValidationException")},
     ERR_INVALID,
     "DescribeSecret CreateSecret",
     "CreateSecret: ValidationException"},
    {"throttled",
     NULL,
     NULL,
     {OURS, TEXT("old"), {.status = 400, .times = 3, .error_type = "ThrottlingException"}},
     ERR_RATE_LIMITED,
     LOOK " PutSecretValue PutSecretValue PutSecretValue",
     "PutSecretValue: ThrottlingException"},
    {"an outage that passes",
     NULL,
     NULL,
     {OURS, TEXT("old"), {.status = 503}, DONE},
     -1,
     LOOK " PutSecretValue PutSecretValue",
     "dmFsdWU="},
    {"an outage",
     NULL,
     NULL,
     {{.status = 500, .times = 3}},
     ERR_UNAVAILABLE,
     "DescribeSecret DescribeSecret DescribeSecret",
     "DescribeSecret: HTTP status 500"},
    {"slow",
     NULL,
     NULL,
     {ABSENT, {.fault = HTTP_FAKE_SLOW}},
     ERR_DEADLINE,
     "DescribeSecret CreateSecret",
     "CreateSecret"},
    {"a reply that is none",
     NULL,
     NULL,
     {{.body = "s3cret"}},
     ERR_INVALID,
     "DescribeSecret",
     "DescribeSecret: "},
};

/* The last body or the error. */
static void assert_outcome(struct rig *rig, const struct err *e, int want, const char *text)
{
    assert_int_equal(e ? (int)err_class(e) : -1, want);
    if (text)
        assert_non_null(strstr(e ? err_text(e) : last_body(rig), text));
    if (e)
        assert_null(strstr(err_text(e), "s3cret"));
}

static void one_push(void **state)
{
    const struct push_row *r = *state;
    struct rig rig;
    CLEANUP(json) struct json *metadata = NULL;
    rig_init(&rig, AWS(""), r->rules);
    if (r->metadata)
        assert_null(json_parse(r->metadata, strlen(r->metadata), &metadata));
    struct provider_push push = {
        .ns = "app", .key = "db", .property = r->property, .metadata = metadata};
    CLEANUP(err)
    struct err *e = provider_aws.push(rig.p, &push, secret_view_of("value", 5), &rig.script->dl);
    assert_outcome(&rig, e, r->want, r->want_text);
    assert_calls(&rig, r->want_calls);
    rig_done(&rig);
}

struct exists_row {
    const char *name;
    struct http_fake_rule rules[RULES];
    int want; /* class, or -1 */
    bool want_exists;
};

static const struct exists_row exists_rows[] = {
    {"there", {TEXT("x")}, -1, true},
    {"absent", {ABSENT}, -1, false},
    {"scheduled for deletion",
     {{.status = 400,
       .error_type = "InvalidRequestException",
       .body = "{\"Message\":\"... because it was marked for deletion.\"}"}},
     -1,
     false},
    {"denied", {FAILS("AccessDeniedException")}, ERR_DENIED, false},
    {"throttled", {{.status = 429, .times = 3}}, ERR_RATE_LIMITED, false},
};

static void one_exists(void **state)
{
    const struct exists_row *r = *state;
    struct rig rig;
    bool exists = false;
    rig_init(&rig, AWS("prefix: p/, "), r->rules);
    struct provider_push push = {.key = "db", .property = "whatever"};
    CLEANUP(err)
    struct err *e = provider_aws.push_exists(rig.p, &push, &rig.script->dl, &exists);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(exists, r->want_exists);
    assert_non_null(strstr(last_body(&rig), "{\"SecretId\":\"p/db\""));
    rig_done(&rig);
}

struct remove_row {
    const char *name, *config, *property;
    struct http_fake_rule rules[RULES];
    int want; /* class, or -1 */
    const char *want_calls;
    const char *want_text; /* as push_row's */
};

#define REPLICATED STATE(MANAGED, REPLICAS VERSIONS)

static const struct remove_row remove_rows[] = {
    {"all of it",
     AWS(""),
     NULL,
     {OURS, DONE},
     -1,
     "DescribeSecret DeleteSecret",
     "{\"SecretId\":\"arn:db\"}"},
    {"at once",
     AWS("secretsManager: {forceDeleteWithoutRecovery: true}, "),
     NULL,
     {OURS, DONE},
     -1,
     "DescribeSecret DeleteSecret",
     "{\"SecretId\":\"arn:db\",\"ForceDeleteWithoutRecovery\":true}"},
    {"in a week",
     AWS("secretsManager: {recoveryWindowInDays: 7}, "),
     NULL,
     {OURS, DONE},
     -1,
     "DescribeSecret DeleteSecret",
     "{\"SecretId\":\"arn:db\",\"RecoveryWindowInDays\":7}"},
    {"absent", AWS(""), NULL, {ABSENT}, -1, "DescribeSecret", NULL},
    {"scheduled already", AWS(""), NULL, {DELETED}, -1, "DescribeSecret", NULL},
    {"gone meanwhile", AWS(""), NULL, {OURS, ABSENT}, -1, "DescribeSecret DeleteSecret", NULL},
    {"another tool's", AWS(""), NULL, {THEIRS}, -1, "DescribeSecret", NULL},
    {"one property of several, text",
     AWS(""),
     "a",
     {OURS, TEXT("{\\\"a\\\":1,\\\"b\\\":2.0}"), DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretString\":\"{\\\"b\\\":2.0}\"}"},
    {"one property of several, bytes",
     AWS(""),
     "a",
     {OURS, BINARY("eyJhIjoxLCJiIjoyfQ=="), DONE},
     -1,
     LOOK " PutSecretValue",
     "\"SecretBinary\":\"eyJiIjoyfQ==\"}"},
    {"the last property",
     AWS(""),
     "a",
     {OURS, TEXT("{\\\"a\\\":1}"), DONE},
     -1,
     LOOK " DeleteSecret",
     "{\"SecretId\":\"arn:db\"}"},
    {"a property that is not there", AWS(""), "a", {OURS, TEXT("{\\\"b\\\":1}")}, -1, LOOK, NULL},
    {"a property of what is not JSON", AWS(""), "a", {OURS, TEXT("s3cret")}, -1, LOOK, NULL},
    {"a property without a value", AWS(""), "a", {OURS, ABSENT}, -1, LOOK, NULL},
    {"a property of another tool's", AWS(""), "a", {THEIRS}, -1, "DescribeSecret", NULL},
    {"may not",
     AWS(""),
     NULL,
     {OURS, FAILS("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret DeleteSecret",
     "DeleteSecret: AccessDeniedException"},
    {"may not look",
     AWS(""),
     NULL,
     {FAILS("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret",
     "DescribeSecret: AccessDeniedException"},
    {"may not write the rest",
     AWS(""),
     "a",
     {OURS, TEXT("{\\\"a\\\":1,\\\"b\\\":2.0}"), FAILS("AccessDeniedException")},
     ERR_DENIED,
     LOOK " PutSecretValue",
     "PutSecretValue: AccessDeniedException"},
    {"with replicas",
     AWS(""),
     NULL,
     {REPLICATED, DONE, DONE},
     -1,
     "DescribeSecret RemoveRegionsFromReplication DeleteSecret",
     "{\"SecretId\":\"arn:db\"}"},
    {"replicas that may not go",
     AWS(""),
     NULL,
     {REPLICATED, FAILS("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret RemoveRegionsFromReplication",
     "RemoveRegionsFromReplication: AccessDeniedException"},
    {"refused",
     AWS(""),
     NULL,
     {OURS, FAILS("InvalidRequestException")},
     ERR_INVALID,
     "DescribeSecret DeleteSecret",
     "DeleteSecret: InvalidRequestException"},
};

static void one_removal(void **state)
{
    const struct remove_row *r = *state;
    struct rig rig;
    rig_init(&rig, r->config, r->rules);
    struct provider_push push = {.key = "db", .property = r->property};
    CLEANUP(err) struct err *e = provider_aws.push_remove(rig.p, &push, &rig.script->dl);
    assert_outcome(&rig, e, r->want, r->want_text);
    assert_calls(&rig, r->want_calls);
    rig_done(&rig);
}

/* A token makes a repeated request harmless, and the next value a new version. */
static void versions_have_tokens_of_their_own(void **state)
{
    static const struct http_fake_rule rules[RULES] = {
        OURS, TEXT("old"), {.status = 503}, DONE, {0}};
    char *bodies[2];
    struct rig rig;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct provider_push push = {.key = "db"};
        rig_init(&rig, AWS(""), rules);
        assert_null(provider_aws.push(rig.p, &push, secret_view_of("v", 1), &rig.script->dl));
        assert_string_equal(http_fake_at(rig.script->http, 2)->body, last_body(&rig));
        bodies[i] = xstrdup(last_body(&rig));
        rig_done(&rig);
    }
    assert_string_not_equal(bodies[0], bodies[1]);
    const char *token = strstr(bodies[0], "ClientRequestToken\":\"") + 21;
    assert_int_equal(strspn(token, "0123456789abcdef-"), 36);
    assert_int_equal(token[14], '4');
    assert_non_null(strchr("89ab", token[19]));
    free(bodies[0]);
    free(bodies[1]);
}

static struct err *get_nothing(void *ctx, const char *ns, const char *name, const char *key,
                               const struct deadline *dl, struct secret_buf **out)
{
    (void)ctx;
    (void)dl;
    assert_string_equal(ns, "app");
    assert_string_equal(name, "none");
    assert_string_equal(key, "k");
    return secret_buf_new(0, out);
}

static void an_empty_policy_takes_it_away(void **state)
{
    static const struct http_fake_rule rules[RULES] = {OURS, TEXT("v"), DONE, {0}};
    static const char text[] = POLICY("ConfigMap", "none");
    struct rig rig;
    CLEANUP(json) struct json *metadata = NULL;
    (void)state;
    rig_init(&rig, AWS(""), rules);
    rig.script->env->config_maps.get = get_nothing;
    assert_null(json_parse(text, strlen(text), &metadata));
    struct provider_push push = {.ns = "app", .key = "db", .metadata = metadata};
    assert_null(provider_aws.push(rig.p, &push, secret_view_of("v", 1), &rig.script->dl));
    assert_calls(&rig, LOOK " DeleteResourcePolicy");
    rig_done(&rig);
}

static void secret_memory_may_run_out(void **state)
{
    static const struct http_fake_rule rules[RULES] = {OURS, TEXT("{}"), DONE, {0}};
    bool has_worked = false;
    (void)state;
    for (size_t n = 1; n < 60 && !has_worked; n++) {
        struct rig rig;
        struct provider_push push = {.key = "db", .property = "a"};
        rig_init(&rig, AWS(""), rules);
        secret_arena_fail_after(n);
        CLEANUP(err)
        struct err *e = provider_aws.push(rig.p, &push, secret_view_of("v", 1), &rig.script->dl);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        rig_done(&rig);
    }
    assert_true(has_worked);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(versions_have_tokens_of_their_own),
    cmocka_unit_test(an_empty_policy_takes_it_away),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("provider_aws push", push_rows, one_push) +
           TABLE_RUN("provider_aws push_exists", exists_rows, one_exists) +
           TABLE_RUN("provider_aws push_remove", remove_rows, one_removal) +
           GROUP_RUN("provider_aws_push", tests);
}
