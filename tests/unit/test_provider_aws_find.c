/* Which calls a find makes, and what comes of them; a secret's tags; retries as a store wants them.
 */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/provider_aws.h"
#include "fetch/provider_table.h"
#include "tests/support/aws_script.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define CONFIG                                                                                     \
    "{aws: {service: SecretsManager, region: eu-west-1, prefix: p/, auth: {secretRef: "            \
    "{accessKeyIDSecretRef: {name: AKID, key: a}, secretAccessKeySecretRef: {name: hush, key: "    \
    "b}}}}}"
#define RULES_MAX 6

static struct provider *open_aws(struct aws_script *s)
{
    CLEANUP(store) struct store *store = manifest_provider(CONFIG);
    struct provider *p = NULL;
    assert_null(provider_aws.open(s->env, store, "app", &s->dl, &p));
    return p;
}

#define ENTRY(name, value) "{\"Name\":\"" name "\",\"SecretString\":\"" value "\"}"
#define VALUES(rest) "{\"SecretValues\":[" rest "]}"
#define NAMES(rest) "{\"SecretList\":[" rest "]}"
#define ONLY(code) .status = 400, .error_type = code

struct find_row {
    const char *name;
    const char *path, *regexp, *tag; /* tag: value of the tag "t" */
    struct http_fake_rule rules[RULES_MAX];
    int want;              /* class, or -1 */
    const char *want_text; /* names, or beginning of the error */
    size_t want_calls;
};

#define LISTED                                                                                     \
    {                                                                                              \
        .body_part = "{\"MaxResults\":100}",                                                       \
        .body = NAMES("{\"Name\":\"p/db\"},{\"Name\":\"other\"},{\"Name\":\"p/db2\"}")             \
    }
#define GROUP "{\"SecretIdList\":[\"p/db\",\"p/db2\"]}"

static const struct find_row find_rows[] = {
    {"by path",
     "p/",
     NULL,
     NULL,
     {{.body_part = "[{\"Key\":\"name\",\"Values\":[\"p/\"]}]}",
       .body = VALUES(ENTRY("p/a", "1") "," ENTRY("p/b", "2"))}},
     -1,
     "p/a p/b ",
     1},
    {"by path and name",
     "p/",
     "b$",
     NULL,
     {{.body = VALUES(ENTRY("p/a", "1") "," ENTRY("p/b", "2"))}},
     -1,
     "p/b ",
     1},
    {"by tags",
     NULL,
     NULL,
     "v",
     {{.body_part = "[{\"Key\":\"tag-key\",\"Values\":[\"t\"]},{\"Key\":\"tag-value\",\"Values\":["
                    "\"v\"]}]}",
       .body = VALUES(ENTRY("a", "1"))}},
     -1,
     "a ",
     1},
    {"page after page",
     "p",
     NULL,
     NULL,
     {{.body_part = "]}]}",
       .body = "{\"SecretValues\":[" ENTRY("p1", "1") "],\"NextToken\":\"two\"}"},
      {.body_part = "\"NextToken\":\"two\"",
       .body = "{\"SecretValues\":[],\"NextToken\":\"three\"}"},
      {.body_part = "\"NextToken\":\"three\"", .body = VALUES(ENTRY("p3", "3"))}},
     -1,
     "p1 p3 ",
     3},
    {"by name",
     NULL,
     "db",
     NULL,
     {LISTED, {.body_part = GROUP, .body = VALUES(ENTRY("p/db", "1") "," ENTRY("p/db2", "2"))}},
     -1,
     "p/db p/db2 ",
     2},
    {"by name and tags",
     NULL,
     "db",
     "v",
     {{.body_part = "{\"MaxResults\":100,\"Filters\":[{\"Key\":\"tag-key\",\"Values\":[\"t\"]},{"
                    "\"Key\":\"tag-value\",\"Values\":[\"v\"]}]}",
       .body = NAMES("{\"Name\":\"p/db\"},{\"Name\":\"other\"},{\"Name\":\"p/db2\"}")},
      {.body_part = GROUP, ONLY("AccessDeniedException")},
      {.body_part = "SecretId\":\"p/db\"", .body = "{\"SecretString\":\"1\"}"},
      {.body_part = "SecretId\":\"p/db2\"", .body = "{\"SecretString\":\"2\"}"}},
     -1,
     "p/db p/db2 ",
     4},
    {"by path, name and tags",
     "p/",
     "b$",
     "v",
     {{.body_part = "\"Values\":[\"v\"]},{\"Key\":\"name\",\"Values\":[\"p/\"]}]}",
       .body = VALUES(ENTRY("p/a", "1") "," ENTRY("p/b", "2"))}},
     -1,
     "p/b ",
     1},
    {"the name is nowhere", NULL, "zzz", NULL, {LISTED}, -1, "", 1},
    {"one name is no group",
     NULL,
     "db2",
     NULL,
     {LISTED, {.body_part = "{\"SecretId\":\"p/db2\",", .body = "{\"SecretString\":\"2\"}"}},
     -1,
     "p/db2 ",
     2},
    {"names in pages",
     NULL,
     "db",
     NULL,
     {{.body_part = "{\"MaxResults\":100}",
       .body = "{\"SecretList\":[{\"Name\":\"p/db\"}],\"NextToken\":\"t\"}"},
      {.body_part = "\"NextToken\":\"t\"}", .body = NAMES("{\"Name\":\"p/db2\"}")},
      {.body_part = GROUP, .body = VALUES(ENTRY("p/db", "1") "," ENTRY("p/db2", "2"))}},
     -1,
     "p/db p/db2 ",
     3},
    {"a group that is denied",
     NULL,
     "db",
     NULL,
     {LISTED,
      {.body_part = GROUP, ONLY("AccessDeniedException")},
      {.body_part = "SecretId\":\"p/db\"", .body = "{\"SecretString\":\"1\"}"},
      {.body_part = "SecretId\":\"p/db2\"", .body = "{\"SecretString\":\"2\"}"}},
     -1,
     "p/db p/db2 ",
     4},
    {"a group that is refused",
     NULL,
     "db",
     NULL,
     {LISTED,
      {.body_part = GROUP, ONLY("InvalidParameterException")},
      {.body_part = "SecretId\":\"p/db", .body = "{\"SecretString\":\"1\"}"}},
     -1,
     "p/db p/db2 ",
     4},
    {"what a group leaves out",
     NULL,
     "db",
     NULL,
     {LISTED,
      {.body_part = GROUP, .body = VALUES(ENTRY("p/db", "1"))},
      {.body_part = "SecretId\":\"p/db2\"", .body = "{\"SecretString\":\"2\"}"}},
     -1,
     "p/db p/db2 ",
     3},
    {"gone since it was listed",
     NULL,
     "db",
     NULL,
     {LISTED,
      {.body_part = GROUP, .body = VALUES(ENTRY("p/db", "1"))},
      {.body_part = "SecretId\":\"p/db2\"", ONLY("ResourceNotFoundException")}},
     -1,
     "p/db ",
     3},
    {"one that is denied",
     NULL,
     "db",
     NULL,
     {LISTED,
      {.body_part = GROUP, .body = VALUES(ENTRY("p/db", "1"))},
      {.body_part = "SecretId\":\"p/db2\"", ONLY("AccessDeniedException")}},
     ERR_DENIED,
     "p/db2: GetSecretValue: AccessDeniedException",
     3},
    {"listing is denied",
     NULL,
     "db",
     NULL,
     {{ONLY("AccessDeniedException")}},
     ERR_DENIED,
     "ListSecrets: AccessDeniedException",
     1},
    {"filters are denied",
     "p",
     NULL,
     NULL,
     {{ONLY("AccessDeniedException")}},
     ERR_DENIED,
     "BatchGetSecretValue: AccessDeniedException",
     1},
    {"throttled",
     "p",
     NULL,
     NULL,
     {{ONLY("ThrottlingException")}},
     ERR_RATE_LIMITED,
     "BatchGetSecretValue: ThrottlingException",
     3},
    {"a group is throttled",
     NULL,
     "db",
     NULL,
     {LISTED, {.body_part = GROUP, ONLY("ThrottlingException")}},
     ERR_RATE_LIMITED,
     "BatchGetSecretValue: ThrottlingException",
     4},
    {"down",
     NULL,
     "db",
     NULL,
     {{.status = 503}},
     ERR_UNAVAILABLE,
     "ListSecrets: HTTP status 503",
     3},
    {"slow", "p", NULL, NULL, {{.fault = HTTP_FAKE_SLOW}}, ERR_DEADLINE, "BatchGetSecretValue", 1},
    {"malformed",
     "p",
     NULL,
     NULL,
     {{.body = "[]"}},
     ERR_INVALID,
     "BatchGetSecretValue: reply is no object",
     1},
    {"a bad expression",
     "p",
     "(",
     NULL,
     {{.body = "{}"}},
     ERR_INVALID,
     "find.name.regexp: error parsing regexp: missing closing )",
     0},
    {"nothing to find by",
     "",
     NULL,
     NULL,
     {{.body = "{}"}},
     ERR_INVALID,
     "find needs a name, a path or tags",
     0},
};

/* Names, each with a space behind it; caller frees. */
static char *names_of(const struct map *members)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 4096);
    for (size_t i = 0; i < members->n; i++) {
        assert_int_equal(secret_buf_size(members->entries[i].value), 1);
        str_buf_printf(&b, "%s ", members->entries[i].key);
    }
    return str_buf_take(&b);
}

static void one_find(void **state)
{
    const struct find_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(map) struct map *members = NULL;
    CLEANUP(map) struct map *tags = map_new(free);
    CLEANUP_STR char *path = xstrdup(r->path);
    CLEANUP_STR char *regexp = xstrdup(r->regexp);
    struct spec_find find = {.path = path, .name_regexp = regexp, .tags = r->tag ? tags : NULL};
    struct provider *p = open_aws(s);
    if (r->tag)
        map_set(tags, "t", xstrdup(r->tag));
    for (size_t i = 0; i < RULES_MAX; i++) {
        if (r->rules[i].body || r->rules[i].status || r->rules[i].fault)
            http_fake_add(s->http, &r->rules[i]);
    }
    CLEANUP(err) struct err *e = provider_aws.find(p, &find, &s->dl, &members);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    assert_int_equal(members != NULL, r->want == -1);
    CLEANUP_STR char *names = members ? names_of(members) : NULL;
    if (e)
        assert_int_equal(strncmp(err_text(e), r->want_text, strlen(r->want_text)), 0);
    else
        assert_string_equal(names, r->want_text);
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    assert_int_equal(http_fake_unexpected(s->http), 0);
    provider_aws.close(p);
}

static void more_tags_than_filters(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(map) struct map *tags = map_new(free);
    struct map *members = NULL;
    struct spec_find find = {.tags = tags};
    struct provider *p = open_aws(s);
    for (char key[] = "a"; key[0] <= 'f'; key[0]++)
        map_set(tags, key, xstrdup("v"));
    CLEANUP(err) struct err *e = provider_aws.find(p, &find, &s->dl, &members);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "find.tags are too many: AWS takes 10 filters, two for a tag");
    assert_int_equal(http_fake_count(s->http), 0);
    provider_aws.close(p);
}

static void pages_without_end(void **state)
{
    (void)state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    struct map *members = NULL;
    char regexp[] = "x";
    struct provider *p = open_aws(s);
    http_fake_add(s->http, &(struct http_fake_rule){.body = "{\"NextToken\":\"again\"}"});
    CLEANUP(err)
    struct err *e =
        provider_aws.find(p, &(struct spec_find){.name_regexp = regexp}, &s->dl, &members);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), "ListSecrets: more than 10000 pages");
    provider_aws.close(p);
}

/* 45 names in groups of 20, 20 and 5; the first is denied and the others are not tried. */
static void groups_of_twenty(void **state)
{
    const bool *is_denied = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(map) struct map *members = NULL;
    CLEANUP_STR_BUF struct str_buf list;
    char regexp[] = "n";
    struct provider *p = open_aws(s);
    str_buf_init(&list, 8192);
    for (int i = 0; i < 45; i++)
        str_buf_printf(&list, "%s{\"Name\":\"n%02d\"}", i ? "," : "{\"SecretList\":[", i);
    str_buf_puts(&list, "]}");
    http_fake_add(s->http, &(struct http_fake_rule){.body_part = "MaxResults", .body = list.s});
    http_fake_add(s->http, &(struct http_fake_rule){.body_part = "SecretIdList",
                                                    .status = *is_denied ? 403 : 200,
                                                    .body = "{}"});
    http_fake_add(s->http, &(struct http_fake_rule){.body = "{\"SecretString\":\"v\"}"});
    assert_null(provider_aws.find(p, &(struct spec_find){.name_regexp = regexp}, &s->dl, &members));
    assert_int_equal(members->n, 45);
    size_t n_groups = 0;
    for (size_t i = 0; i < http_fake_count(s->http); i++)
        n_groups += strstr(http_fake_at(s->http, i)->body, "SecretIdList") != NULL;
    assert_int_equal(n_groups, *is_denied ? 1 : 3);
    assert_int_equal(http_fake_count(s->http), 1 + n_groups + 45);
    provider_aws.close(p);
}

struct metadata_row {
    const char *name;
    struct http_fake_rule rule;
    int want; /* class, or -1 */
    const char *want_text;
    size_t want_calls;
};

static const struct metadata_row metadata_rows[] = {
    {"tags",
     {.body_part = "{\"SecretId\":\"p/db\"}",
      .body = "{\"Tags\":[{\"Key\":\"team\",\"Value\":\"a\"}]}"},
     -1,
     "{\"team\":\"a\"}",
     1},
    {"not found",
     {ONLY("ResourceNotFoundException")},
     ERR_NOT_FOUND,
     "DescribeSecret: ResourceNotFoundException",
     1},
    {"denied",
     {ONLY("AccessDeniedException")},
     ERR_DENIED,
     "DescribeSecret: AccessDeniedException",
     1},
    {"throttled", {ONLY("ThrottlingException")}, ERR_RATE_LIMITED, "DescribeSecret: ", 3},
    {"down", {.status = 500}, ERR_UNAVAILABLE, "DescribeSecret: ", 3},
    {"slow", {.fault = HTTP_FAKE_SLOW}, ERR_DEADLINE, "DescribeSecret", 1},
    {"malformed", {.body = "7"}, ERR_INVALID, "DescribeSecret: reply is no object", 1},
};

static void one_metadata(void **state)
{
    const struct metadata_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct provider *p = open_aws(s);
    struct provider_ref ref = {.key = "db", .version = "uuid/1", .wants_metadata = true};
    http_fake_add(s->http, &r->rule);
    CLEANUP(err) struct err *e = provider_aws.get_metadata(p, &ref, &s->dl, &value);
    assert_int_equal(e ? (int)err_class(e) : -1, r->want);
    if (e)
        assert_int_equal(strncmp(err_text(e), r->want_text, strlen(r->want_text)), 0);
    else
        assert_true(secret_view_equal(secret_buf_view(value),
                                      secret_view_of(r->want_text, strlen(r->want_text))));
    CLEANUP_STR char *target = aws_script_header(s, 0, "x-amz-target");
    assert_string_equal(target, "secretsmanager.DescribeSecret");
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    assert_int_equal(http_fake_unexpected(s->http), 0);
    provider_aws.close(p);
}

struct retry_row {
    const char *name, *settings; /* members of spec */
    size_t want_calls;
    uint64_t want_ns; /* that all waits take together; 0: not looked at */
};

static const struct retry_row retry_rows[] = {
    {"not said", "", 3, 0},
    {"none", "retrySettings: {maxRetries: 0}", 1, 0},
    {"five", "retrySettings: {maxRetries: 5}", 5, 0},
    {"an interval", "retrySettings: {retryInterval: 2s}", 3, 4 * NS_PER_S},
    {"both", "retrySettings: {maxRetries: 3, retryInterval: 10s}", 3, 20 * NS_PER_S},
    {"longer than there is time", "retrySettings: {maxRetries: 9, retryInterval: 25s}", 3,
     50 * NS_PER_S},
};

static void one_retry(void **state)
{
    const struct retry_row *r = *state;
    CLEANUP(aws_script) struct aws_script *s = aws_script_new();
    CLEANUP_STR char *yaml = xasprintf("kind: SecretStore\n"
                                       "metadata: {namespace: app, name: stores}\n"
                                       "spec:\n  provider: %s\n  %s\n",
                                       CONFIG, r->settings);
    CLEANUP(store) struct store *store = manifest_store(yaml);
    struct provider *p = NULL;
    struct secret_buf *value = NULL;
    assert_null(store->problem);
    assert_null(provider_aws.open(s->env, store, "app", &s->dl, &p));
    http_fake_add(s->http, &(struct http_fake_rule){.status = 503});
    uint64_t start_ns = clock_mono_ns(s->env->clock);
    CLEANUP(err)
    struct err *e = provider_aws.get(p, &(struct provider_ref){.key = "a"}, &s->dl, &value);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    assert_int_equal(http_fake_count(s->http), r->want_calls);
    if (r->want_ns)
        assert_int_equal(clock_mono_ns(s->env->clock) - start_ns, r->want_ns);
    provider_aws.close(p);
}

static bool denied = true, allowed = false;

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(more_tags_than_filters),
    cmocka_unit_test(pages_without_end),
    {"groups of twenty", groups_of_twenty, NULL, NULL, &allowed},
    {"groups that are denied", groups_of_twenty, NULL, NULL, &denied},
};

int main(void)
{
    return TABLE_RUN("provider_aws find", find_rows, one_find) +
           TABLE_RUN("provider_aws metadata", metadata_rows, one_metadata) +
           TABLE_RUN("provider_aws retry", retry_rows, one_retry) +
           GROUP_RUN("provider_aws find", tests);
}
