/* Requests and replies of AWS Secrets Manager. */

#include "fetch/secretsmanager.h"

#include <string.h>

#include "tests/support/table.h"

struct body_row {
    const char *name, *prefix;
    struct provider_ref ref;
    const char *want;
};

static const struct body_row body_rows[] = {
    {"newest", "", {.key = "db"}, "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\"}"},
    {"prefix",
     "prod/",
     {.key = "db"},
     "{\"SecretId\":\"prod/db\",\"VersionStage\":\"AWSCURRENT\"}"},
    {"stage",
     "",
     {.key = "db", .version = "AWSPREVIOUS"},
     "{\"SecretId\":\"db\",\"VersionStage\":\"AWSPREVIOUS\"}"},
    {"version id",
     "",
     {.key = "db", .version = "uuid/1234-5"},
     "{\"SecretId\":\"db\",\"VersionId\":\"1234-5\"}"},
    {"a stage that only looks like one",
     "",
     {.key = "db", .version = "uuid"},
     "{\"SecretId\":\"db\",\"VersionStage\":\"uuid\"}"},
    {"quotes",
     "",
     {.key = "d\"b", .version = "v\"1"},
     "{\"SecretId\":\"d\\\"b\",\"VersionStage\":\"v\\\"1\"}"},
};

static void one_body(void **state)
{
    const struct body_row *r = *state;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_get_body(&body, r->prefix, &r->ref);
    assert_string_equal(body.s, r->want);
}

static void batch_body(void **state)
{
    (void)state;
    const struct provider_ref refs[] = {{.key = "a"}, {.key = "b\n"}};
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_batch_body(&body, "p/", refs, 2);
    assert_string_equal(body.s, "{\"SecretIdList\":[\"p/a\",\"p/b\\n\"]}");
}

/* The largest batch that can be asked for must fit the buffer. */
static void largest_batch_fits(void **state)
{
    (void)state;
    static char key[SPEC_REMOTE_KEY_MAX + 1];
    struct provider_ref refs[PROVIDER_BATCH_MAX];
    CLEANUP_STR_BUF struct str_buf body;
    memset(key, '"', SPEC_REMOTE_KEY_MAX);
    for (size_t i = 0; i < PROVIDER_BATCH_MAX; i++)
        refs[i] = (struct provider_ref){.key = key};
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_batch_body(&body, "", refs, PROVIDER_BATCH_MAX);
    assert_false(body.overflowed);
}

struct value_row {
    const char *name, *reply;
    const char *want; /* NULL: INVALID */
    const char *want_error;
};

static const struct value_row value_rows[] = {
    {"text", "{\"Name\":\"db\",\"SecretString\":\"a\\u0000\\nb\"}", "a\0\nb", NULL},
    {"empty text", "{\"SecretString\":\"\"}", "", NULL},
    {"binary", "{\"SecretBinary\":\"/wA=\"}", "\xff\0", NULL},
    {"text wins", "{\"SecretBinary\":\"/wA=\",\"SecretString\":\"x\"}", "x", NULL},
    {"null text and binary", "{\"SecretBinary\":\"eA==\",\"SecretString\":null}", "x", NULL},
    {"bad base64", "{\"SecretBinary\":\"s3cret!\"}", NULL, "GetSecretValue: SecretBinary: "},
    {"neither", "{\"Name\":\"db\"}", NULL,
     "GetSecretValue: reply has neither SecretString nor SecretBinary"},
    {"no object", "[]", NULL, "GetSecretValue: reply has neither SecretString nor SecretBinary"},
    {"no JSON", "s3cret", NULL, "GetSecretValue: "},
};

static void one_value(void **state)
{
    const struct value_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    CLEANUP(err)
    struct err *e = secretsmanager_read_value(secret_view_of(r->reply, strlen(r->reply)), &value);
    if (r->want) {
        assert_null(e);
        size_t n = secret_buf_size(value);
        assert_true(n >= strlen(r->want));
        assert_true(secret_view_equal(secret_buf_view(value), secret_view_of(r->want, n)));
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_int_equal(strncmp(err_text(e), r->want_error, strlen(r->want_error)), 0);
    assert_null(strstr(err_text(e), "s3cret"));
}

#define ARN "arn:aws:secretsmanager:eu-west-1:1:secret:"
struct batch_row {
    const char *name, *key, *reply;
    int want;              /* class; -1 the value; -2 nothing */
    const char *want_text; /* value or error */
};

static const struct batch_row batch_rows[] = {
    {"by name", "db",
     "{\"SecretValues\":[{\"Name\":\"o\",\"SecretString\":\"n\"},{\"Name\":\"db\","
     "\"SecretString\":\"v\"}]}",
     -1, "v"},
    {"by ARN", ARN "db-AbCdEf",
     "{\"SecretValues\":[{\"Name\":\"db\",\"ARN\":\"" ARN "db-AbCdEf\",\"SecretString\":\"v\"}]}",
     -1, "v"},
    {"by a partial ARN", ARN "db",
     "{\"SecretValues\":[{\"Name\":\"db\",\"ARN\":\"" ARN "db-AbCdEf\",\"SecretString\":\"v\"}]}",
     -1, "v"},
    {"a longer name is another one", ARN "db",
     "{\"SecretValues\":[{\"Name\":\"db-x\",\"ARN\":\"" ARN "db-x-AbCdEf\",\"SecretString\":\"v\"}]"
     "}",
     -2, NULL},
    {"a partial ARN of the same length", ARN "dbxAbCdEf",
     "{\"SecretValues\":[{\"Name\":\"b\",\"ARN\":\"" ARN
     "dbyAbCdEf-AbCdEf\",\"SecretString\":\"v\"}"
     "]}",
     -2, NULL},
    {"binary", "db", "{\"SecretValues\":[{\"Name\":\"db\",\"SecretBinary\":\"eA==\"}]}", -1, "x"},
    {"no value", "db", "{\"SecretValues\":[{\"Name\":\"db\"}]}", ERR_INVALID,
     "BatchGetSecretValue: reply has neither SecretString nor SecretBinary"},
    {"an error", "db",
     "{\"SecretValues\":[],\"Errors\":[{\"SecretId\":\"db\",\"ErrorCode\":"
     "\"ResourceNotFoundException\",\"Message\":\"x\"}]}",
     ERR_NOT_FOUND, "BatchGetSecretValue: ResourceNotFoundException"},
    {"denied", "db", "{\"Errors\":[{\"SecretId\":\"db\",\"ErrorCode\":\"AccessDeniedException\"}]}",
     ERR_DENIED, "BatchGetSecretValue: AccessDeniedException"},
    {"marked for deletion", "db",
     "{\"Errors\":[{\"SecretId\":\"db\",\"ErrorCode\":\"InvalidRequestException\",\"Message\":"
     "\"was "
     "marked for deletion\"}]}",
     ERR_NOT_FOUND, "BatchGetSecretValue: InvalidRequestException"},
    {"an error without a code", "db", "{\"Errors\":[{\"SecretId\":\"db\"}]}", ERR_INVALID,
     "BatchGetSecretValue: error without a code"},
    {"an error of another", "db",
     "{\"Errors\":[{\"SecretId\":\"other\",\"ErrorCode\":\"AccessDeniedException\"}]}", -2, NULL},
    {"lists that are none", "db", "{\"SecretValues\":{\"Name\":\"db\"},\"Errors\":7}", -2, NULL},
    {"nothing", "db", "{}", -2, NULL},
};

static void one_batch(void **state)
{
    const struct batch_row *r = *state;
    struct provider_ref ref = {.key = r->key};
    struct provider_result result = {NULL, NULL};
    assert_null(secretsmanager_read_batch(secret_view_of(r->reply, strlen(r->reply)), "", &ref, 1,
                                          &result));
    assert_int_equal(result.err ? (int)err_class(result.err) : result.bytes ? -1 : -2, r->want);
    if (result.bytes)
        assert_true(secret_view_equal(secret_buf_view(result.bytes),
                                      secret_view_of(r->want_text, strlen(r->want_text))));
    if (result.err)
        assert_string_equal(err_text(result.err), r->want_text);
    secret_buf_free(result.bytes);
    err_free(result.err);
}

static void a_batch_that_is_no_json(void **state)
{
    (void)state;
    struct provider_ref ref = {.key = "db"};
    struct provider_result result = {NULL, NULL};
    CLEANUP(err)
    struct err *e = secretsmanager_read_batch(secret_view_of("{", 1), "", &ref, 1, &result);
    assert_int_equal(err_class(e), ERR_INVALID);
}

static void prefix_is_part_of_the_name(void **state)
{
    (void)state;
    static const char reply[] = "{\"SecretValues\":[{\"Name\":\"db\",\"SecretString\":\"no\"},"
                                "{\"Name\":\"p/db\",\"SecretString\":\"yes\"}]}";
    struct provider_ref ref = {.key = "db"};
    struct provider_result result = {NULL, NULL};
    assert_null(
        secretsmanager_read_batch(secret_view_of(reply, strlen(reply)), "p/", &ref, 1, &result));
    assert_int_equal(secret_buf_size(result.bytes), 3);
    secret_buf_free(result.bytes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(batch_body),
    cmocka_unit_test(largest_batch_fits),
    cmocka_unit_test(a_batch_that_is_no_json),
    cmocka_unit_test(prefix_is_part_of_the_name),
};

int main(void)
{
    return TABLE_RUN("secretsmanager request", body_rows, one_body) +
           TABLE_RUN("secretsmanager value", value_rows, one_value) +
           TABLE_RUN("secretsmanager batch", batch_rows, one_batch) +
           GROUP_RUN("secretsmanager", tests);
}
