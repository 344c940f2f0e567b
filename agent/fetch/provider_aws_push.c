/* Look first, then write as little as possible: a secret that another tool made is not touched, one
 * that holds the value already gets no new version. Each new version comes with a token that AWS
 * remembers, so that a repeated request makes no second one. */

#include "fetch/provider_aws_push.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "fetch/push_property.h"
#include "fetch/secretsmanager.h"
#include "fetch/secretsmanager_find.h"

/* The first version of each secret that External Secrets makes. */
#define FIRST_TOKEN "00000000-0000-0000-0000-000000000001"
#define UUID_BYTES 16
#define UUID_SIZE 37

/* Its present value. */
struct current {
    struct secret_buf *bytes; /* NULL: it has none */
    bool is_text;
};

/* A secret that is not there is no failure. */
static struct err *forgive_absence(struct err *e, bool *out)
{
    *out = e && err_class(e) == ERR_NOT_FOUND;
    if (!*out)
        return e;
    err_free(e);
    return NULL;
}

struct err *aws_push_send_secret(const struct aws_push_job *j, const char *operation,
                                 const struct secret_buf *body)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    return aws_send_view(j->a, operation, secret_buf_view(body), j->dl, &reply);
}

struct err *aws_push_send(const struct aws_push_job *j, const char *operation,
                          const struct str_buf *body)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    return aws_send(j->a, operation, body, j->dl, &reply);
}

/* What AWS knows of the secret; NULL when there is none. */
static struct err *describe(const struct aws_push_job *j, struct secretsmanager_state **out)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    bool is_absent;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_describe_body(&body, j->a->prefix, &(struct provider_ref){.key = j->push->key});
    struct err *e =
        forgive_absence(aws_send(j->a, SECRETSMANAGER_DESCRIBE, &body, j->dl, &reply), &is_absent);
    if (is_absent)
        *out = NULL;
    return e || is_absent ? e : secretsmanager_read_state(secret_buf_view(reply), out);
}

static struct err *get_current(const struct aws_push_job *j, struct current *out)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    bool is_absent;
    *out = (struct current){0};
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_get_body(&body, j->a->prefix, &(struct provider_ref){.key = j->push->key});
    struct err *e =
        forgive_absence(aws_send(j->a, SECRETSMANAGER_GET, &body, j->dl, &reply), &is_absent);
    if (e || is_absent)
        return e;
    return secretsmanager_read_current(secret_buf_view(reply), &out->is_text, &out->bytes);
}

/* RFC 4122 version 4. */
static void make_uuid(char out[UUID_SIZE])
{
    unsigned char bytes[UUID_BYTES];
    char hex[2 * UUID_BYTES + 1];
    digest_random(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    codec_hex(bytes, sizeof(bytes), hex);
    snprintf(out, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

static struct err *create(const struct aws_push_job *j, const struct secretsmanager_wish *wish,
                          struct secret_view value)
{
    CLEANUP(secret_buf) struct secret_buf *all = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct err *e = push_property_set(j->push, (struct secret_view){0}, value, &all);
    if (e)
        return e;
    struct secretsmanager_version version = {
        .id = j->id, .token = FIRST_TOKEN, .is_text = wish->is_text, .value = secret_buf_view(all)};
    e = secretsmanager_create_body(&version, wish, &body);
    if (!e)
        e = aws_push_send_secret(j, "CreateSecret", body);
    return e ? e : aws_push_policy(j, wish);
}

static struct err *put(const struct aws_push_job *j, const char *token, bool is_text,
                       struct secret_view value)
{
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct secretsmanager_version version = {
        .id = j->id, .token = token, .is_text = is_text, .value = value};
    struct err *e = secretsmanager_put_body(&version, &body);
    return e ? e : aws_push_send_secret(j, "PutSecretValue", body);
}

/* Without tags in the metadata those of the secret are somebody else's affair. */
static struct err *bring_tags_in_line(const struct aws_push_job *j,
                                      const struct secretsmanager_wish *wish,
                                      const struct secretsmanager_state *state)
{
    CLEANUP_STR_BUF struct str_buf untag;
    CLEANUP_STR_BUF struct str_buf tag;
    struct err *e = NULL;
    str_buf_init(&untag, SECRETSMANAGER_BODY_MAX);
    str_buf_init(&tag, SECRETSMANAGER_BODY_MAX);
    if (!wish->has_tags)
        return NULL;
    if (secretsmanager_untag_body(&untag, j->id, state->tags, wish->tags))
        e = aws_push_send(j, "UntagResource", &untag);
    if (!e && secretsmanager_tag_body(&tag, j->id, state->tags, wish->tags))
        e = aws_push_send(j, "TagResource", &tag);
    return e;
}

static struct err *check_owner(const struct secretsmanager_state *state)
{
    if (!state->is_ours)
        return err_new(ERR_CONFLICT,
                       "secret not managed by external-secrets: it lacks the tag %s=%s",
                       SECRETSMANAGER_OWNER_TAG, SECRETSMANAGER_OWNER);
    if (state->is_deleted)
        return err_new(ERR_CONFLICT, "the secret is scheduled for deletion; restore it, or wait "
                                     "until it is gone");
    return NULL;
}

static struct err *write_over(const struct aws_push_job *j, const struct secretsmanager_wish *wish,
                              const struct secretsmanager_state *state,
                              const struct current *current, struct secret_view value)
{
    CLEANUP(secret_buf) struct secret_buf *all = NULL;
    char token[UUID_SIZE] = FIRST_TOKEN;
    struct err *e = push_property_set(j->push, secret_buf_view(current->bytes), value, &all);
    if (!e)
        e = bring_tags_in_line(j, wish, state);
    if (!e)
        e = aws_push_policy(j, wish);
    if (!e)
        e = aws_push_replicas(j, wish, state);
    if (e)
        return e;
    if (current->bytes && secret_view_equal(secret_buf_view(current->bytes), secret_buf_view(all)))
        return NULL;
    if (state->has_versions)
        make_uuid(token);
    return put(j, token, wish->is_text, secret_buf_view(all));
}

static struct err *update(const struct aws_push_job *j, const struct secretsmanager_wish *wish,
                          const struct secretsmanager_state *state, struct secret_view value)
{
    struct current current = {0};
    struct err *e = check_owner(state);
    if (!e && state->has_versions)
        e = get_current(j, &current);
    if (!e)
        e = write_over(j, wish, state, &current, value);
    secret_buf_free(current.bytes);
    return e;
}

struct err *aws_push(struct provider *p, const struct provider_push *push, struct secret_view value,
                     const struct deadline *dl)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(secretsmanager_wish) struct secretsmanager_wish *wish = NULL;
    CLEANUP(secretsmanager_state) struct secretsmanager_state *state = NULL;
    CLEANUP_STR char *id = xasprintf("%s%s", a->prefix, push->key);
    struct aws_push_job j = {.a = a, .push = push, .dl = dl, .id = id};
    struct err *e = secretsmanager_wish_new(push->metadata, &wish);
    if (!e)
        e = describe(&j, &state);
    if (e)
        return e;
    return state ? update(&j, wish, state, value) : create(&j, wish, value);
}

/* The secret counts, whatever its properties: so it is in External Secrets. */
struct err *aws_push_exists(struct provider *p, const struct provider_push *push,
                            const struct deadline *dl, bool *out)
{
    struct aws_push_job j = {.a = (const struct aws *)p, .push = push, .dl = dl};
    struct current current;
    struct err *e = get_current(&j, &current);
    if (!e)
        *out = current.bytes != NULL;
    secret_buf_free(current.bytes);
    return e;
}

static struct err *delete_secret(const struct aws_push_job *j,
                                 const struct secretsmanager_state *state)
{
    CLEANUP_STR_BUF struct str_buf body;
    bool is_absent;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    struct err *e = aws_push_no_replicas(j, state);
    if (e)
        return e;
    secretsmanager_delete_body(&body, state->arn, json_get(j->a->store->config, "secretsManager"));
    return forgive_absence(aws_push_send(j, "DeleteSecret", &body), &is_absent);
}

static struct err *remove_property(const struct aws_push_job *j,
                                   const struct secretsmanager_state *state)
{
    enum secret_json_removal removal = SECRET_JSON_ABSENT;
    CLEANUP(secret_buf) struct secret_buf *rest = NULL;
    struct current current = {0};
    char token[UUID_SIZE];
    struct err *e = get_current(j, &current);
    if (!e && current.bytes)
        e = push_property_remove(j->push, secret_buf_view(current.bytes), &removal, &rest);
    if (!e && removal == SECRET_JSON_NONE_LEFT)
        e = delete_secret(j, state);
    make_uuid(token);
    if (!e && rest)
        e = put(j, token, current.is_text, secret_buf_view(rest));
    secret_buf_free(current.bytes);
    return e;
}

struct err *aws_push_remove(struct provider *p, const struct provider_push *push,
                            const struct deadline *dl)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(secretsmanager_state) struct secretsmanager_state *state = NULL;
    CLEANUP_STR char *id = xasprintf("%s%s", a->prefix, push->key);
    struct aws_push_job j = {.a = a, .push = push, .dl = dl, .id = id};
    struct err *e = describe(&j, &state);
    if (e || !state || !state->is_ours || state->is_deleted)
        return e;
    return push->property && *push->property ? remove_property(&j, state)
                                             : delete_secret(&j, state);
}
