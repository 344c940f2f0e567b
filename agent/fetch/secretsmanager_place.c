/* A policy may come from a Secret, so it is treated as one: built into its request in secret
 * memory, and the one that AWS has is received there too. */

#include "fetch/secretsmanager_place.h"

#include "base/secret_json.h"
#include "fetch/secretsmanager.h"

#define GET_POLICY "GetResourcePolicy"
#define HEAD_MAX ((size_t)16 << 10)

static void put_member(struct str_buf *out, const char *name, const char *text)
{
    str_buf_printf(out, "\"%s\":", name);
    secretsmanager_put_text(out, "", text);
}

static bool has(const struct map *regions, const char *region)
{
    return regions && map_get(regions, region);
}

static size_t count_missing(const struct map *there, const struct map *wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < wanted->n; i++)
        n += !has(there, wanted->entries[i].key);
    return n;
}

void secretsmanager_put_replicas(struct str_buf *out, const struct map *now,
                                 const struct map *wanted, const char *kms_key_id)
{
    size_t n = 0;
    str_buf_puts(out, "\"AddReplicaRegions\":[");
    for (size_t i = 0; i < wanted->n; i++) {
        if (has(now, wanted->entries[i].key))
            continue;
        str_buf_puts(out, n++ ? ",{" : "{");
        put_member(out, "Region", wanted->entries[i].key);
        if (kms_key_id) {
            str_buf_puts(out, ",");
            put_member(out, "KmsKeyId", kms_key_id);
        }
        str_buf_puts(out, "}");
    }
    str_buf_puts(out, "]");
}

bool secretsmanager_replicate_body(struct str_buf *out, const char *id, const struct map *now,
                                   const struct map *wanted, const char *kms_key_id)
{
    if (!count_missing(now, wanted))
        return false;
    str_buf_puts(out, "{");
    put_member(out, "SecretId", id);
    str_buf_puts(out, ",");
    secretsmanager_put_replicas(out, now, wanted, kms_key_id);
    str_buf_puts(out, "}");
    return true;
}

bool secretsmanager_withdraw_body(struct str_buf *out, const char *id, const struct map *now,
                                  const struct map *wanted)
{
    size_t n = 0;
    if (!count_missing(wanted, now))
        return false;
    str_buf_puts(out, "{");
    put_member(out, "SecretId", id);
    str_buf_puts(out, ",\"RemoveReplicaRegions\":[");
    for (size_t i = 0; i < now->n; i++) {
        if (has(wanted, now->entries[i].key))
            continue;
        str_buf_puts(out, n++ ? "," : "");
        secretsmanager_put_text(out, "", now->entries[i].key);
    }
    str_buf_puts(out, "]}");
    return true;
}

void secretsmanager_policy_of_body(struct str_buf *out, const char *id)
{
    str_buf_puts(out, "{");
    put_member(out, "SecretId", id);
    str_buf_puts(out, "}");
}

struct err *secretsmanager_read_policy(struct secret_view reply, struct secret_buf **out)
{
    struct secret_json root, policy;
    struct err *e = secret_json_parse(reply, &root);
    if (e)
        return err_wrap(e, GET_POLICY);
    if (!secret_json_member(&root, "ResourcePolicy", &policy) || policy.kind == SECRET_JSON_NULL)
        return secret_buf_new(0, out);
    e = secret_json_string(&policy, out);
    return e ? err_wrap(e, GET_POLICY) : NULL;
}

struct err *secretsmanager_policy_body(const char *id, struct secret_view text,
                                       const struct secretsmanager_policy *wish,
                                       struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    CLEANUP_STR_BUF struct str_buf head;
    str_buf_init(&head, HEAD_MAX);
    str_buf_puts(&head, "{");
    put_member(&head, "SecretId", id);
    if (wish->has_block_public)
        str_buf_printf(&head, ",\"BlockPublicPolicy\":%s", wish->block_public ? "true" : "false");
    str_buf_puts(&head, ",\"ResourcePolicy\":");
    struct err *e = secret_buf_new(head.n + text.n, &b);
    if (!e)
        e = secret_buf_puts(b, head.s);
    if (!e)
        e = secret_json_quote(text, b);
    if (!e)
        e = secret_buf_puts(b, "}");
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}
