/* Requests and replies about many secrets, and about tags. */

#include "fetch/secretsmanager_find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/secretsmanager.h"
#include "tests/support/table.h"

#define PAGE(rest) "{\"MaxResults\":20,\"Filters\":[" rest "}"
#define FILTER(key, value) "{\"Key\":\"" key "\",\"Values\":[\"" value "\"]}"

static struct secret_view view(const char *text)
{
    return secret_view_of(text, strlen(text));
}

struct body_row {
    const char *name;
    const char *path;
    const char *tag_a, *tag_b; /* values of tags a and b; NULL: not asked for */
    const char *token;
    size_t want_filters;
    const char *want;
};

static const struct body_row body_rows[] = {
    {"path", "prod/", NULL, NULL, NULL, 1, PAGE(FILTER("name", "prod/") "]")},
    {"tag", NULL, "x", NULL, NULL, 2,
     PAGE(FILTER("tag-key", "a") "," FILTER("tag-value", "x") "]")},
    {"tags and path", "p", "x", "y", NULL, 5,
     PAGE(FILTER("tag-key", "a") "," FILTER("tag-value", "x") "," FILTER("tag-key", "b") "," FILTER(
         "tag-value", "y") "," FILTER("name", "p") "]")},
    {"next page", "p\"q", NULL, NULL, "t\"k", 1,
     PAGE(FILTER("name", "p\\\"q") "],\"NextToken\":\"t\\\"k\"")},
    {"empty path", "", NULL, NULL, NULL, 0, PAGE("]")},
};

static void one_body(void **state)
{
    const struct body_row *r = *state;
    CLEANUP(map) struct map *tags = map_new(free);
    CLEANUP_STR char *path = xstrdup(r->path);
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    if (r->tag_a)
        map_set(tags, "a", xstrdup(r->tag_a));
    if (r->tag_b)
        map_set(tags, "b", xstrdup(r->tag_b));
    struct spec_find find = {.path = path, .tags = tags};
    assert_int_equal(secretsmanager_filters(&find), r->want_filters);
    secretsmanager_find_body(&body, &find, r->token);
    assert_string_equal(body.s, r->want);
}

static void other_bodies(void **state)
{
    (void)state;
    struct provider_ref ref = {.key = "d\"b", .version = "v"};
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    struct spec_find by_name = {.path = NULL};
    secretsmanager_list_body(&body, &by_name, NULL);
    assert_string_equal(body.s, "{\"MaxResults\":100}");
    str_buf_clear(&body);
    secretsmanager_list_body(&body, &by_name, "t");
    assert_string_equal(body.s, "{\"MaxResults\":100,\"NextToken\":\"t\"}");
    str_buf_clear(&body);
    secretsmanager_describe_body(&body, "p/", &ref);
    assert_string_equal(body.s, "{\"SecretId\":\"p/d\\\"b\"}");
    assert_int_equal(secretsmanager_filters(&(struct spec_find){.path = NULL}), 0);
}

struct found_row {
    const char *name, *regexp, *reply;
    int want;              /* class, or -1 */
    const char *want_text; /* "name=value ..." or the error */
    const char *want_token;
};

#define ENTRY(name, value) "{\"Name\":\"" name "\",\"SecretString\":\"" value "\"}"
#define VALUES(rest) "{\"SecretValues\":[" rest "}"
#define FAILED(code) "{\"SecretId\":\"x\",\"ErrorCode\":\"" code "\",\"Message\":\"s3cret\"}"

static const struct found_row found_rows[] = {
    {"all", NULL, VALUES(ENTRY("b", "2") "," ENTRY("a", "1") "]"), -1, "a=1 b=2 ", NULL},
    {"those that match anywhere", "o.$", VALUES(ENTRY("one", "1") "," ENTRY("two", "2") "]"), -1,
     "", NULL},
    {"one that matches", "^o", VALUES(ENTRY("one", "1") "," ENTRY("two", "2") "]"), -1, "one=1 ",
     NULL},
    {"a next page", NULL, VALUES(ENTRY("a", "1") "],\"NextToken\":\"t2\""), -1, "a=1 ", "t2"},
    {"no next page", NULL, VALUES("],\"NextToken\":null"), -1, "", NULL},
    {"binary wins", NULL,
     VALUES("{\"Name\":\"a\",\"SecretString\":\"s\",\"SecretBinary\":\"eA==\"}]"), -1, "a=x ",
     NULL},
    {"no list", NULL, "{}", -1, "", NULL},
    {"a null list", NULL, "{\"SecretValues\":null}", -1, "", NULL},
    {"denied is left out", NULL,
     VALUES(ENTRY("a", "1") "],\"Errors\":[" FAILED("AccessDeniedException") "]"), -1, "a=1 ",
     NULL},
    {"not to be decrypted is left out", NULL,
     VALUES("],\"Errors\":[" FAILED("DecryptionFailure") "]"), -1, "", NULL},
    {"gone is left out", NULL, VALUES("],\"Errors\":[" FAILED("ResourceNotFoundException") "]"), -1,
     "", NULL},
    {"throttled is a failure", NULL,
     VALUES(ENTRY("a", "1") "],\"Errors\":[" FAILED("DecryptionFailure") "," FAILED(
         "ThrottlingException") "]"),
     ERR_RATE_LIMITED, "BatchGetSecretValue: BatchGetSecretValue: ThrottlingException", NULL},
    {"down is a failure", NULL, VALUES("],\"Errors\":[" FAILED("InternalServiceError") "]"),
     ERR_UNAVAILABLE, "BatchGetSecretValue: BatchGetSecretValue: InternalServiceError", NULL},
    {"a list that is none", NULL, "{\"SecretValues\":{\"s3cret\":1}}", ERR_INVALID,
     "BatchGetSecretValue: SecretValues in the reply is no list", NULL},
    {"no object", NULL, "[\"s3cret\"]", ERR_INVALID, "BatchGetSecretValue: reply is no object",
     NULL},
    {"no JSON", NULL, "s3cret", ERR_INVALID, "BatchGetSecretValue: ", NULL},
    {"no name", NULL, VALUES("{\"SecretString\":\"s3cret\"}]"), ERR_INVALID,
     "BatchGetSecretValue: reply has a secret without a name", NULL},
    {"a name that is a number", NULL, VALUES("{\"Name\":7,\"SecretString\":\"s3cret\"}]"),
     ERR_INVALID, "BatchGetSecretValue: ", NULL},
    {"no value", NULL, VALUES("{\"Name\":\"a\"}]"), ERR_INVALID,
     "BatchGetSecretValue: reply has neither SecretString nor SecretBinary", NULL},
    {"a token that is none", NULL, VALUES("],\"NextToken\":7"), ERR_INVALID,
     "BatchGetSecretValue: NextToken: ", NULL},
};

/* "name=value " of each member; caller frees. */
static char *show(const struct map *members)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 4096);
    for (size_t i = 0; i < members->n; i++) {
        struct secret_view v = secret_buf_view(members->entries[i].value);
        str_buf_printf(&b, "%s=", members->entries[i].key);
        for (size_t j = 0; j < v.n; j++)
            str_buf_printf(&b, "%c", v.p[j].v);
        str_buf_puts(&b, " ");
    }
    return str_buf_take(&b);
}

static void assert_starts(const char *text, const char *start)
{
    assert_int_equal(strncmp(text, start, strlen(start)), 0);
    assert_null(strstr(text, "s3cret"));
}

static void one_found(void **state)
{
    const struct found_row *r = *state;
    CLEANUP(map) struct map *members = value_members_new();
    CLEANUP(regex) struct regex *regexp = NULL;
    CLEANUP_STR char *token = NULL;
    if (r->regexp)
        assert_null(regex_new(view(r->regexp), &regexp));
    struct secretsmanager_found found = {.regexp = regexp, .members = members};
    CLEANUP(err) struct err *e = secretsmanager_read_found(view(r->reply), &found, &token);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    CLEANUP_STR char *shown = show(members);
    if (e)
        assert_starts(err_text(e), r->want_text);
    else
        assert_string_equal(shown, r->want_text);
    assert_int_equal(token != NULL, r->want_token != NULL);
    if (token)
        assert_string_equal(token, r->want_token);
}

static void one_value_alone(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    struct secretsmanager_found found = {.members = members};
    assert_null(secretsmanager_read_found_value(view("{\"Name\":\"a\",\"SecretString\":\"1\"}"),
                                                "a", &found));
    CLEANUP_STR char *shown = show(members);
    assert_string_equal(shown, "a=1 ");
    CLEANUP(err) struct err *e = secretsmanager_read_found_value(view("{}"), "b", &found);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_starts(err_text(e), "GetSecretValue: reply has neither");
}

static void names_and_their_pages(void **state)
{
    (void)state;
    CLEANUP(map) struct map *names = map_new(NULL);
    CLEANUP(regex) struct regex *regexp = NULL;
    CLEANUP_STR char *token = NULL;
    assert_null(regex_new(view("^a"), &regexp));
    struct secretsmanager_found found = {.regexp = regexp, .members = names};
    assert_null(
        secretsmanager_read_names(view("{\"SecretList\":[{\"Name\":\"a2\"},{\"Name\":\"b\"},"
                                       "{\"Name\":\"a1\"}],\"NextToken\":\"n\"}"),
                                  &found, &token));
    assert_string_equal(token, "n");
    assert_int_equal(names->n, 2);
    assert_string_equal(names->entries[0].key, "a1");
    assert_string_equal(names->entries[1].key, "a2");
    char *none = NULL;
    CLEANUP(err) struct err *e = secretsmanager_read_names(view("7"), &found, &none);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "ListSecrets: reply is no object");
}

/* A page of n names from first on. */
static char *page_of_names(size_t first, size_t n)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 1 << 20);
    str_buf_puts(&b, "{\"SecretList\":[");
    for (size_t i = 0; i < n; i++)
        str_buf_printf(&b, "%s{\"Name\":\"n%06zu\"}", i ? "," : "", first + i);
    str_buf_puts(&b, "]}");
    return str_buf_take(&b);
}

static void there_may_not_be_too_many(void **state)
{
    (void)state;
    CLEANUP(map) struct map *names = map_new(NULL);
    struct secretsmanager_found found = {.members = names};
    char *token = NULL;
    CLEANUP_STR char *full = page_of_names(0, SECRETSMANAGER_FOUND_MAX);
    CLEANUP_STR char *more = page_of_names(SECRETSMANAGER_FOUND_MAX, 1);
    assert_null(secretsmanager_read_names(view(full), &found, &token));
    CLEANUP(err) struct err *e = secretsmanager_read_names(view(more), &found, &token);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "ListSecrets: more than 10000 secrets match");
}

/* What fits in by its count of bytes can be packed. */
static void nor_too_large_ones(void **state)
{
    (void)state;
    CLEANUP(map) struct map *members = value_members_new();
    CLEANUP(secret_buf) struct secret_buf *packed = NULL;
    struct secretsmanager_found found = {.members = members};
    assert_null(
        secretsmanager_read_found_value(view("{\"SecretString\":\"12345\"}"), "ab", &found));
    assert_null(value_members_pack(members, &packed));
    assert_int_equal(found.bytes, secret_buf_size(packed));
    found.bytes = SECRET_BUF_MAX - 9;
    assert_null(secretsmanager_read_found_value(view("{\"SecretString\":\"\"}"), "b", &found));
    CLEANUP(err)
    struct err *e = secretsmanager_read_found_value(view("{\"SecretString\":\"\"}"), "c", &found);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_starts(err_text(e), "GetSecretValue: the secrets that match have more than 8388608");
}

struct tags_row {
    const char *name, *reply;
    const char *want; /* NULL: INVALID */
    const char *want_error;
};

#define TAGS(rest) "{\"Name\":\"db\",\"Tags\":[" rest "]}"

static const struct tags_row tags_rows[] = {
    {"sorted", TAGS("{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"a\",\"Value\":\"1\"}"),
     "{\"a\":\"1\",\"b\":\"2\"}", NULL},
    {"as Go writes it", TAGS("{\"Key\":\"a&b\",\"Value\":\"<\\\"\\u00e9>\"}"),
     "{\"a\\u0026b\":\"\\u003c\\\"\xc3\xa9\\u003e\"}", NULL},
    {"empty value", TAGS("{\"Key\":\"a\",\"Value\":\"\"}"), "{\"a\":\"\"}", NULL},
    {"the last of two", TAGS("{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"a\",\"Value\":\"2\"}"),
     "{\"a\":\"2\"}", NULL},
    {"none", TAGS(""), "{}", NULL},
    {"no list", "{\"Name\":\"db\"}", "{}", NULL},
    {"no value", TAGS("{\"Key\":\"a\"}"), NULL,
     "DescribeSecret: reply has a tag without a key or value"},
    {"a value that is a number", TAGS("{\"Key\":\"a\",\"Value\":1}"), NULL, "DescribeSecret: "},
    {"no object", "[]", NULL, "DescribeSecret: reply is no object"},
    {"no JSON", "s3cret", NULL, "DescribeSecret: "},
};

static void one_tags(void **state)
{
    const struct tags_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = secretsmanager_read_tags(view(r->reply), &out);
    if (r->want) {
        assert_null(e);
        assert_true(secret_view_equal(secret_buf_view(out), view(r->want)));
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_starts(err_text(e), r->want_error);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    static const char reply[] = TAGS("{\"Key\":\"a\",\"Value\":\"1\"}");
    static const char values[] = VALUES(ENTRY("a", "1") "]");
    bool has_worked = false;
    for (size_t n = 1; n < 10 && !has_worked; n++) {
        CLEANUP(map) struct map *members = value_members_new();
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        struct secretsmanager_found found = {.members = members};
        char *token = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = secretsmanager_read_tags(view(reply), &out);
        secret_arena_fail_after(e ? 0 : n);
        CLEANUP(err) struct err *f = secretsmanager_read_found(view(values), &found, &token);
        secret_arena_fail_after(0);
        has_worked = !e && !f;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        if (f)
            assert_int_equal(err_class(f), ERR_INTERNAL);
        assert_true(n > 1 || !has_worked);
    }
    assert_true(has_worked);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(other_bodies),          cmocka_unit_test(one_value_alone),
    cmocka_unit_test(names_and_their_pages), cmocka_unit_test(there_may_not_be_too_many),
    cmocka_unit_test(nor_too_large_ones),    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("secretsmanager_find request", body_rows, one_body) +
           TABLE_RUN("secretsmanager_find values", found_rows, one_found) +
           TABLE_RUN("secretsmanager_find tags", tags_rows, one_tags) +
           GROUP_RUN("secretsmanager_find", tests);
}
