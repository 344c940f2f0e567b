/* AWS Secrets Manager. Several newest values go in one BatchGetSecretValue; a value of a certain
 * version, or one that a batch said nothing about, is asked for alone. */

#include "fetch/provider_aws.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fetch/provider_table.h"
#include "fetch/secretsmanager.h"
#include "fetch/secretsmanager_find.h"
#include "fetch/secretsmanager_push.h"
#include "spec/field_check.h"

#define AT "spec.provider.aws"
#define JSON_TYPE "application/x-amz-json-1.1"

static const struct field_rule aws_rules[] = {
    {"service", "SecretsManager"},
    {"region", NULL},
    {"auth", NULL},
    {"role", NULL},
    {"externalID", NULL},
    {"prefix", NULL},
    {"secretsManager", NULL},
    {"sessionTagsPolicy", "None"},
};

static struct err *aws_check(const struct store *store)
{
    CLEANUP_STR char *problem = field_check(store->config, AT, aws_rules, ARRAY_SIZE(aws_rules));
    free(field_required(store->config, AT, "service", &problem));
    free(field_required(store->config, AT, "region", &problem));
    field_problem(&problem, secretsmanager_delete_problem(json_get(store->config, "secretsManager"),
                                                          AT ".secretsManager"));
    field_problem(&problem, aws_keys_problem(store));
    return problem ? err_new(ERR_INVALID, "%s", problem) : NULL;
}

static bool aws_is_referent(const struct store *store)
{
    return aws_keys_are_referent(store);
}

static void aws_close(struct provider *p)
{
    struct aws *a = (struct aws *)p;
    auth_aws_free(a->auth);
    aws_client_free(a->client);
    store_unref(a->store);
    free(a->prefix);
    free(a);
}

static struct err *aws_open(const struct provider_env *env, const struct store *store,
                            const char *ns, const struct deadline *dl, struct provider **out)
{
    struct aws *a = xcalloc(1, sizeof(*a));
    const char *prefix = json_path_text(store->config, "prefix");
    a->base.ops = &provider_aws;
    a->env = env;
    a->store = store_ref_get(store);
    a->prefix = xstrdup(prefix ? prefix : "");
    struct err *e = aws_client_new(env, AWS_SECRETS_MANAGER,
                                   json_path_text(store->config, "region"), &a->client);
    if (!e)
        e = auth_aws_new(env, store, ns, dl, &a->auth);
    if (!e)
        aws_client_set_retries(a->client, store->max_retries, store->retry_interval_ns);
    if (e) {
        aws_close(&a->base);
        return e;
    }
    CLEANUP(digest_keyed) struct digest_keyed *d = provider_identity(env, store);
    auth_aws_identify(a->auth, d);
    digest_keyed_end(d, a->identity);
    *out = &a->base;
    return NULL;
}

static const char *aws_identity(const struct provider *p)
{
    return ((const struct aws *)p)->identity;
}

static const char *aws_warning(const struct provider *p)
{
    const struct aws *a = (const struct aws *)p;
    const char *warning = aws_client_warning(a->client);
    return warning ? warning : auth_aws_warning(a->auth);
}

static struct err *aws_validate(struct provider *p, const struct deadline *dl,
                                enum provider_validity *out)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(aws_keys) struct aws_keys *keys = NULL;
    struct err *e = auth_aws_keys(a->auth, dl, &keys);
    if (e)
        return e;
    *out = PROVIDER_VALID;
    return NULL;
}

/* One call under the keys that are valid now; *again when other keys may fare better. */
static struct err *send_once(const struct aws *a, const struct aws_call *call,
                             const struct deadline *dl, bool *again, struct secret_buf **out)
{
    enum aws_failure failure;
    CLEANUP(aws_keys) struct aws_keys *keys = NULL;
    *again = false;
    struct err *e = auth_aws_keys(a->auth, dl, &keys);
    if (e)
        return e;
    struct sigv4_credentials who = aws_keys_view(keys);
    e = aws_client_send(a->client, &who, call, dl, &failure, out);
    if (e && failure == AWS_FAILURE_EXPIRED)
        *again = auth_aws_drop(a->auth, keys);
    return e;
}

struct err *aws_send_view(const struct aws *a, const char *operation, struct secret_view body,
                          const struct deadline *dl, struct secret_buf **out)
{
    CLEANUP_STR char *target = xasprintf("secretsmanager.%s", operation);
    struct aws_call call = {
        .operation = operation, .content_type = JSON_TYPE, .target = target, .body = body};
    bool again;
    struct err *e = send_once(a, &call, dl, &again, out);
    if (!e || !again)
        return e;
    err_free(e);
    return send_once(a, &call, dl, &again, out);
}

struct err *aws_send(const struct aws *a, const char *operation, const struct str_buf *body,
                     const struct deadline *dl, struct secret_buf **out)
{
    if (body->overflowed)
        return err_new(ERR_INVALID, "%s: the request is too long", operation);
    return aws_send_view(a, operation, secret_view_of(body->s, body->n), dl, out);
}

static struct err *aws_get(struct provider *p, const struct provider_ref *ref,
                           const struct deadline *dl, struct secret_buf **out)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_get_body(&body, a->prefix, ref);
    struct err *e = aws_send(a, SECRETSMANAGER_GET, &body, dl, &reply);
    return e ? e : secretsmanager_read_value(secret_buf_view(reply), out);
}

/* Tags belong to the secret, whatever the version. */
static struct err *aws_get_metadata(struct provider *p, const struct provider_ref *ref,
                                    const struct deadline *dl, struct secret_buf **out)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_describe_body(&body, a->prefix, ref);
    struct err *e = aws_send(a, SECRETSMANAGER_DESCRIBE, &body, dl, &reply);
    return e ? e : secretsmanager_read_tags(secret_buf_view(reply), out);
}

/* The newest values of n references in one call; results it says nothing about stay empty. */
static struct err *get_newest(const struct aws *a, const struct provider_ref *refs, size_t n,
                              const struct deadline *dl, struct provider_result *results)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_batch_body(&body, a->prefix, refs, n);
    struct err *e = aws_send(a, SECRETSMANAGER_BATCH, &body, dl, &reply);
    return e ? e : secretsmanager_read_batch(secret_buf_view(reply), a->prefix, refs, n, results);
}

static struct err *aws_get_many(struct provider *p, const struct provider_ref *refs, size_t n,
                                const struct deadline *dl, struct provider_result *results)
{
    const struct aws *a = (const struct aws *)p;
    struct provider_ref newest[PROVIDER_BATCH_MAX];
    struct provider_result answers[PROVIDER_BATCH_MAX] = {{0}};
    size_t n_newest = 0;
    for (size_t i = 0; i < n; i++) {
        if (!refs[i].version)
            newest[n_newest++] = refs[i];
    }
    struct err *e = n_newest > 1 ? get_newest(a, newest, n_newest, dl, answers) : NULL;
    if (e)
        return e;
    for (size_t i = 0, at = 0; i < n; i++) {
        results[i] = refs[i].version ? (struct provider_result){0} : answers[at++];
        if (!results[i].bytes && !results[i].err)
            results[i].err = aws_get(p, &refs[i], dl, &results[i].bytes);
    }
    return NULL;
}

const struct provider_ops provider_aws = {
    .name = "aws",
    .metric_name = "AWS/SecretsManager",
    .property_order = PROPERTY_ESCAPED_FIRST,
    .batch_max = PROVIDER_BATCH_MAX,
    .check = aws_check,
    .open = aws_open,
    .validate = aws_validate,
    .get = aws_get,
    .get_metadata = aws_get_metadata,
    .find = aws_find,
    .get_many = aws_get_many,
    .push = aws_push,
    .push_exists = aws_push_exists,
    .push_remove = aws_push_remove,
    .identity = aws_identity,
    .close = aws_close,
    .is_referent = aws_is_referent,
    .warning = aws_warning,
};
