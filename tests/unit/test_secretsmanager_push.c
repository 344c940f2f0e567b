/* Requests and replies of writing, byte for byte, and what metadata may say. */

#include "fetch/secretsmanager_push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static struct secret_view view(const char *s)
{
    return secret_view_of(s, strlen(s));
}

static bool is_text(const struct secret_buf *b, const char *want)
{
    return b && secret_view_equal(secret_buf_view(b), view(want));
}

static struct json *json_of(const char *text)
{
    struct json *j = NULL;
    assert_null(json_parse(text, strlen(text), &j));
    return j;
}

#define META(spec)                                                                                 \
    "{\"apiVersion\":\"kubernetes.external-secrets.io/v1alpha1\",\"kind\":\"PushSecretMetadata\"," \
    "\"spec\":" spec "}"

struct wish_row {
    const char *name, *metadata; /* NULL: none */
    const char *want;            /* description|key|format|tags; or NULL: INVALID with want_error */
    const char *want_error;
};

#define DEFAULTS "secret 'managed-by:external-secrets'|alias/aws/secretsmanager|binary"
#define OWNER " managed-by=external-secrets"

static const struct wish_row wish_rows[] = {
    {"no metadata", NULL, DEFAULTS "|" OWNER, NULL},
    {"null", "null", DEFAULTS "|" OWNER, NULL},
    {"no spec",
     "{\"apiVersion\":\"kubernetes.external-secrets.io/v1alpha1\",\"kind\":\"PushSecretMetadata\"}",
     DEFAULTS "|" OWNER, NULL},
    {"empty spec", META("{}"), DEFAULTS "|" OWNER, NULL},
    {"everything",
     META("{\"tags\":{\"b\":\"2\",\"a\":\"\"},\"description\":\"d\",\"secretPushFormat\":"
          "\"string\",\"kmsKeyID\":\"k\"}"),
     "d|k|string|tags a= b=2" OWNER, NULL},
    {"the other spelling", META("{\"kmsKeyId\":\"k\",\"secretPushFormat\":\"binary\"}"),
     "secret 'managed-by:external-secrets'|k|binary|" OWNER, NULL},
    {"empty texts", META("{\"description\":\"\",\"kmsKeyID\":\"\",\"secretPushFormat\":\"\"}"),
     DEFAULTS "|" OWNER, NULL},
    {"replicas and a policy",
     META("{\"replicationLocations\":[\"r2\",\"r1\"],\"resourcePolicy\":{\"blockPublicPolicy\":"
          "false,\"policySourceRef\":{\"kind\":\"Secret\",\"name\":\"n\",\"key\":\"k\"}}}"),
     DEFAULTS "|" OWNER " in r1 in r2 Secret n/k open", NULL},
    {"no replicas and a policy of a ConfigMap",
     META("{\"replicationLocations\":[],\"resourcePolicy\":{\"policySourceRef\":{\"kind\":"
          "\"ConfigMap\",\"name\":\"n\",\"key\":\"k\"}}}"),
     DEFAULTS "|" OWNER " in ConfigMap n/k", NULL},
    {"regions are a text", META("{\"replicationLocations\":\"r1\"}"), NULL,
     "metadata.spec.replicationLocations must be a list of at most 64 regions"},
    {"regions are numbers", META("{\"replicationLocations\":[1]}"), NULL,
     "metadata.spec.replicationLocations must be texts"},
    {"a policy from nowhere", META("{\"resourcePolicy\":{}}"), NULL,
     "metadata.spec.resourcePolicy.policySourceRef.kind is missing"},
    {"a policy from elsewhere",
     META("{\"resourcePolicy\":{\"policySourceRef\":{\"kind\":\"File\",\"name\":\"n\",\"key\":"
          "\"k\"}}}"),
     NULL,
     "metadata.spec.resourcePolicy.policySourceRef.kind \"File\" is not supported: want ConfigMap "
     "or Secret"},
    {"a policy that blocks perhaps",
     META("{\"resourcePolicy\":{\"blockPublicPolicy\":1,\"policySourceRef\":{\"kind\":"
          "\"Secret\",\"name\":\"n\",\"key\":\"k\"}}}"),
     NULL, "metadata.spec.resourcePolicy.blockPublicPolicy must be true or false"},
    {"a list", "[]", NULL, "metadata must be a map"},
    {"no version", "{\"kind\":\"PushSecretMetadata\"}", NULL, "metadata.apiVersion is missing"},
    {"another version", "{\"apiVersion\":\"v2\",\"kind\":\"PushSecretMetadata\"}", NULL,
     "metadata.apiVersion \"v2\" is not supported"},
    {"another kind",
     "{\"apiVersion\":\"kubernetes.external-secrets.io/v1alpha1\",\"kind\":\"Other\"}", NULL,
     "metadata.kind \"Other\" is not supported"},
    {"unknown member", META("{\"colour\":\"red\"}"), NULL, "metadata.spec.colour is not supported"},
    {"old form", "{\"secretPushFormat\":\"string\"}", NULL,
     "metadata.secretPushFormat is not supported"},
    {"unknown format", META("{\"secretPushFormat\":\"hex\"}"), NULL,
     "metadata.spec.secretPushFormat \"hex\" is not supported: want binary or string"},
    {"the owner's tag", META("{\"tags\":{\"managed-by\":\"me\"}}"), NULL,
     "metadata.spec.tags must not have managed-by, which is always external-secrets"},
    {"a number as tag", META("{\"tags\":{\"a\":1}}"), NULL, "metadata.spec.tags.a must be a text"},
    {"tags are a list", META("{\"tags\":[\"a\"]}"), NULL, "metadata.spec.tags must be a map"},
    {"a number as description", META("{\"description\":1}"), NULL,
     "metadata.spec.description must be a text"},
};

static void one_wish(void **state)
{
    const struct wish_row *r = *state;
    CLEANUP(json) struct json *metadata = r->metadata ? json_of(r->metadata) : NULL;
    CLEANUP(secretsmanager_wish) struct secretsmanager_wish *w = NULL;
    CLEANUP(err) struct err *e = secretsmanager_wish_new(metadata, &w);
    if (!r->want) {
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_string_equal(err_text(e), r->want_error);
        return;
    }
    assert_null(e);
    CLEANUP_STR_BUF struct str_buf got;
    str_buf_init(&got, 1000);
    str_buf_printf(&got, "%s|%s|%s|%s", w->description, w->kms_key_id,
                   w->is_text ? "string" : "binary", w->has_tags ? "tags" : "");
    for (size_t i = 0; i < w->tags->n; i++)
        str_buf_printf(&got, " %s=%s", w->tags->entries[i].key,
                       (const char *)w->tags->entries[i].value);
    if (w->has_regions && !w->regions->n)
        str_buf_puts(&got, " in");
    for (size_t i = 0; i < w->regions->n; i++)
        str_buf_printf(&got, " in %s", w->regions->entries[i].key);
    if (w->policy.name)
        str_buf_printf(&got, " %s %s/%s", w->policy.is_secret ? "Secret" : "ConfigMap",
                       w->policy.name, w->policy.key);
    if (w->policy.has_block_public)
        str_buf_puts(&got, w->policy.block_public ? " closed" : " open");
    assert_string_equal(got.s, r->want);
}

static void there_is_an_end_to_tags(void **state)
{
    (void)state;
    for (int n = 49; n <= 50; n++) {
        CLEANUP_STR_BUF struct str_buf text;
        str_buf_init(&text, 10000);
        for (int i = 0; i < n; i++)
            str_buf_printf(&text, "%s\"t%d\":\"v\"", i ? "," : "", i);
        CLEANUP_STR char *all = xasprintf(META("{\"tags\":{%s}}"), text.s);
        CLEANUP(json) struct json *metadata = json_of(all);
        CLEANUP(secretsmanager_wish) struct secretsmanager_wish *w = NULL;
        CLEANUP(err) struct err *e = secretsmanager_wish_new(metadata, &w);
        assert_int_equal(e != NULL, n == 50);
    }
}

struct state_row {
    const char *name, *reply;
    bool is_good, is_ours, is_deleted, has_versions;
};

#define OURS "\"Tags\":[{\"Key\":\"managed-by\",\"Value\":\"external-secrets\"}]"

static const struct state_row state_rows[] = {
    {"ours", "{\"ARN\":\"a\"," OURS ",\"VersionIdsToStages\":{\"1\":[\"AWSCURRENT\"]}}", true, true,
     false, true},
    {"without tags", "{\"ARN\":\"a\"}", true, false, false, false},
    {"tags are null", "{\"ARN\":\"a\",\"Tags\":null}", true, false, false, false},
    {"another owner", "{\"ARN\":\"a\",\"Tags\":[{\"Key\":\"managed-by\",\"Value\":\"me\"}]}", true,
     false, false, false},
    {"no version", "{\"ARN\":\"a\"," OURS ",\"VersionIdsToStages\":{}}", true, true, false, false},
    {"being deleted", "{\"ARN\":\"a\"," OURS ",\"DeletedDate\":1.7E9}", true, true, true, false},
    {"not being deleted", "{\"ARN\":\"a\",\"DeletedDate\":null}", true, false, false, false},
    {"no ARN", "{}", false, false, false, false},
    {"a tag without a key", "{\"ARN\":\"a\",\"Tags\":[{\"Value\":\"x\"}]}", false, false, false,
     false},
    {"a tag without a value", "{\"ARN\":\"a\",\"Tags\":[{\"Key\":\"x\"}]}", false, false, false,
     false},
    {"a replica without a region", "{\"ARN\":\"a\",\"ReplicationStatus\":[{}]}", false, false,
     false, false},
    {"a key that is none", "{\"ARN\":\"a\",\"KmsKeyId\":1}", false, false, false, false},
    {"no JSON", "<html>", false, false, false, false},
};

static void one_state(void **state)
{
    const struct state_row *r = *state;
    CLEANUP(secretsmanager_state) struct secretsmanager_state *s = NULL;
    CLEANUP(err) struct err *e = secretsmanager_read_state(view(r->reply), &s);
    assert_int_equal(e == NULL, r->is_good);
    if (e) {
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_non_null(strstr(err_text(e), "DescribeSecret: "));
        return;
    }
    assert_string_equal(s->arn, "a");
    assert_int_equal(s->is_ours, r->is_ours);
    assert_int_equal(s->is_deleted, r->is_deleted);
    assert_int_equal(s->has_versions, r->has_versions);
}

struct put_row {
    const char *name;
    bool is_text;
    const char *value;
    const char *want; /* behind the token; NULL: INVALID */
};

static const struct put_row put_rows[] = {
    {"binary", false, "v\xff", "\"SecretBinary\":\"dv8=\"}"},
    {"empty binary", false, "", "\"SecretBinary\":\"\"}"},
    {"text", true, "a\"b\n\xc3\xa9", "\"SecretString\":\"a\\\"b\\n\xc3\xa9\"}"},
    {"text that is none", true, "v\xff", NULL},
};

static void one_put(void **state)
{
    const struct put_row *r = *state;
    struct secretsmanager_version version = {
        .id = "p/\"db\"", .token = "T", .is_text = r->is_text, .value = view(r->value)};
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    CLEANUP(err) struct err *e = secretsmanager_put_body(&version, &body);
    CLEANUP_STR char *want = xasprintf(
        "{\"SecretId\":\"p/\\\"db\\\"\",\"ClientRequestToken\":\"T\",%s", r->want ? r->want : "");
    if (r->want) {
        assert_true(is_text(body, want));
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(strstr(err_text(e), "v"
                                    "\xff"));
}

static void a_new_secret_has_all_of_it(void **state)
{
    (void)state;
    CLEANUP(json)
    struct json *metadata = json_of(META("{\"tags\":{\"a\":\"1\"},\"description\":\"d\"}"));
    CLEANUP(secretsmanager_wish) struct secretsmanager_wish *w = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct secretsmanager_version version = {.id = "db", .token = "T", .value = view("v")};
    assert_null(secretsmanager_wish_new(metadata, &w));
    assert_null(secretsmanager_create_body(&version, w, &body));
    assert_true(is_text(
        body, "{\"Name\":\"db\",\"ClientRequestToken\":\"T\",\"Description\":\"d\",\"KmsKeyId\":"
              "\"alias/aws/secretsmanager\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":"
              "\"managed-by\",\"Value\":\"external-secrets\"}],\"SecretBinary\":\"dg==\"}"));
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    CLEANUP(secretsmanager_wish) struct secretsmanager_wish *w = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct secretsmanager_version version = {.id = "db", .token = "T", .value = view("v")};
    assert_null(secretsmanager_wish_new(NULL, &w));
    free(w->description);
    w->description = xcalloc(1, (64 << 10) + 1);
    memset(w->description, 'd', 64 << 10);
    CLEANUP(err) struct err *e = secretsmanager_create_body(&version, w, &body);
    assert_int_equal(err_class(e), ERR_INVALID);
}

struct tags_row {
    const char *name;
    const char *now, *wanted;          /* "key=value ..." */
    const char *want_tag, *want_untag; /* behind the id; NULL: nothing to do */
};

static const struct tags_row tags_rows[] = {
    {"the same", "a=1 b=2", "a=1 b=2", NULL, NULL},
    {"a new one", "a=1", "a=1 b=2",
     "\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"}]}", NULL},
    {"a new value", "a=1", "a=2", "\"Tags\":[{\"Key\":\"a\",\"Value\":\"2\"}]}", NULL},
    {"superfluous", "a=1 b=2 c=3", "b=2", NULL, "\"TagKeys\":[\"a\",\"c\"]}"},
    {"AWS's own", "a=1 aws:x=2", "a=1", NULL, NULL},
};

static struct map *tags_of(const char *text)
{
    struct map *tags = map_new(free);
    CLEANUP_STR char *copy = xstrdup(text);
    char *rest = copy;
    for (char *tag = strsep(&rest, " "); tag; tag = strsep(&rest, " ")) {
        char *key = strsep(&tag, "=");
        map_set(tags, key, xstrdup(tag));
    }
    return tags;
}

static void assert_body(bool is, const struct str_buf *body, const char *want)
{
    CLEANUP_STR char *all = xasprintf("{\"SecretId\":\"db\",%s", want ? want : "");
    assert_int_equal(is, want != NULL);
    assert_string_equal(body->s, want ? all : "");
}

static void one_tags(void **state)
{
    const struct tags_row *r = *state;
    CLEANUP(map) struct map *now = tags_of(r->now);
    CLEANUP(map) struct map *wanted = tags_of(r->wanted);
    CLEANUP_STR_BUF struct str_buf tag;
    CLEANUP_STR_BUF struct str_buf untag;
    str_buf_init(&tag, 1000);
    str_buf_init(&untag, 1000);
    assert_body(secretsmanager_tag_body(&tag, "db", now, wanted), &tag, r->want_tag);
    assert_body(secretsmanager_untag_body(&untag, "db", now, wanted), &untag, r->want_untag);
}

struct delete_row {
    const char *name, *config; /* NULL: none */
    const char *want;          /* behind the id */
    const char *want_problem;
};

static const struct delete_row delete_rows[] = {
    {"by default", NULL, "}", NULL},
    {"nothing said", "{}", "}", NULL},
    {"null", "null", "}", NULL},
    {"at once", "{\"forceDeleteWithoutRecovery\":true}", ",\"ForceDeleteWithoutRecovery\":true}",
     NULL},
    {"not at once", "{\"forceDeleteWithoutRecovery\":false,\"recoveryWindowInDays\":7}",
     ",\"RecoveryWindowInDays\":7}", NULL},
    {"zero days are none", "{\"forceDeleteWithoutRecovery\":true,\"recoveryWindowInDays\":0}",
     ",\"ForceDeleteWithoutRecovery\":true}", NULL},
    {"thirty days", "{\"recoveryWindowInDays\":30}", ",\"RecoveryWindowInDays\":30}", NULL},
    {"too few", "{\"recoveryWindowInDays\":6}", NULL,
     "at.recoveryWindowInDays must be a number from 7 to 30"},
    {"too many", "{\"recoveryWindowInDays\":31}", NULL,
     "at.recoveryWindowInDays must be a number from 7 to 30"},
    {"a text", "{\"recoveryWindowInDays\":\"7\"}", NULL,
     "at.recoveryWindowInDays must be a number from 7 to 30"},
    {"yes", "{\"forceDeleteWithoutRecovery\":\"yes\"}", NULL,
     "at.forceDeleteWithoutRecovery must be true or false"},
    {"both", "{\"forceDeleteWithoutRecovery\":true,\"recoveryWindowInDays\":7}", NULL,
     "at has both forceDeleteWithoutRecovery and recoveryWindowInDays; one of them must go"},
    {"unknown", "{\"colour\":\"red\"}", NULL, "at.colour is not supported"},
    {"a list", "[]", NULL, "at must be a map"},
};

static void one_delete(void **state)
{
    const struct delete_row *r = *state;
    CLEANUP(json) struct json *config = r->config ? json_of(r->config) : NULL;
    CLEANUP_STR char *problem = secretsmanager_delete_problem(config, "at");
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, 1000);
    if (r->want_problem) {
        assert_string_equal(problem, r->want_problem);
        return;
    }
    assert_null(problem);
    secretsmanager_delete_body(&body, "db", config);
    CLEANUP_STR char *want = xasprintf("{\"SecretId\":\"db\"%s", r->want);
    assert_string_equal(body.s, want);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(there_is_an_end_to_tags),
    cmocka_unit_test(a_new_secret_has_all_of_it),
    cmocka_unit_test(what_is_too_long_is_refused),
};

int main(void)
{
    return TABLE_RUN("secretsmanager_wish", wish_rows, one_wish) +
           TABLE_RUN("secretsmanager_push state", state_rows, one_state) +
           TABLE_RUN("secretsmanager_push put", put_rows, one_put) +
           TABLE_RUN("secretsmanager_push tags", tags_rows, one_tags) +
           TABLE_RUN("secretsmanager_push delete", delete_rows, one_delete) +
           GROUP_RUN("secretsmanager_push", tests);
}
