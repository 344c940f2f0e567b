/* Replies are read as they may hold secrets, though these hold none; requests with a value are
 * built in secret memory, the others are text. */

#include "fetch/secretsmanager_push.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_json.h"
#include "fetch/secretsmanager.h"
#include "fetch/secretsmanager_find.h"
#include "fetch/secretsmanager_place.h"
#include "spec/field_check.h"

#define ARN_MAX 2048
#define REGION_MAX 64
#define TAG_VALUE_MAX 1024 /* 256 characters */
#define AWS_PREFIX "aws:"  /* of tags that nobody else may change */
#define HEAD_MAX ((size_t)64 << 10)
#define WINDOW_MIN_DAYS 7
#define WINDOW_MAX_DAYS 30

void secretsmanager_state_free(struct secretsmanager_state *s)
{
    if (!s)
        return;
    map_free(s->tags);
    map_free(s->regions);
    free(s->arn);
    free(s->kms_key_id);
    free(s);
}

static struct err *text_of(const struct secret_json *object, const char *name, size_t max,
                           char **out)
{
    struct secret_json value;
    if (!secret_json_member(object, name, &value))
        return err_new(ERR_INVALID, "the reply has no %s", name);
    struct err *e = secret_json_text(&value, max, out);
    return e ? err_wrap(e, "%s", name) : NULL;
}

static struct err *read_tag(const struct secret_json *tag, struct map *tags)
{
    CLEANUP_STR char *key = NULL;
    char *value = NULL;
    struct err *e = text_of(tag, "Key", SECRETSMANAGER_TAG_KEY_MAX, &key);
    if (!e)
        e = text_of(tag, "Value", TAG_VALUE_MAX, &value);
    if (!e)
        map_set(tags, key, value);
    return e;
}

static struct err *read_tags(const struct secret_json *root, struct map *tags)
{
    struct secret_json list, none, tag;
    size_t at = 0;
    struct err *e = NULL;
    if (!secret_json_member(root, "Tags", &list) || list.kind != SECRET_JSON_ARRAY)
        return NULL;
    while (!e && secret_json_next(&list, &at, &none, &tag))
        e = read_tag(&tag, tags);
    return e ? err_wrap(e, "Tags") : NULL;
}

static struct err *read_regions(const struct secret_json *root, struct map *regions)
{
    struct secret_json list, none, replica;
    size_t at = 0;
    struct err *e = NULL;
    if (!secret_json_member(root, "ReplicationStatus", &list) || list.kind != SECRET_JSON_ARRAY)
        return NULL;
    while (!e && secret_json_next(&list, &at, &none, &replica)) {
        CLEANUP_STR char *name = NULL;
        e = text_of(&replica, "Region", REGION_MAX, &name);
        if (!e)
            map_set(regions, name, xstrdup(name));
    }
    return e ? err_wrap(e, "ReplicationStatus") : NULL;
}

/* May be absent, unlike an ARN. */
static struct err *read_kms_key(const struct secret_json *root, char **out)
{
    struct secret_json key;
    if (!secret_json_member(root, "KmsKeyId", &key) || key.kind == SECRET_JSON_NULL)
        return NULL;
    return text_of(root, "KmsKeyId", ARN_MAX, out);
}

struct err *secretsmanager_read_state(struct secret_view reply, struct secretsmanager_state **out)
{
    struct secret_json root, member;
    CLEANUP(secretsmanager_state) struct secretsmanager_state *s = xcalloc(1, sizeof(*s));
    s->tags = map_new(free);
    s->regions = map_new(free);
    struct err *e = secret_json_parse(reply, &root);
    if (!e)
        e = text_of(&root, "ARN", ARN_MAX, &s->arn);
    if (!e)
        e = read_tags(&root, s->tags);
    if (!e)
        e = read_regions(&root, s->regions);
    if (!e)
        e = read_kms_key(&root, &s->kms_key_id);
    if (e)
        return err_wrap(e, SECRETSMANAGER_DESCRIBE);
    const char *owner = map_get(s->tags, SECRETSMANAGER_OWNER_TAG);
    s->is_ours = owner && strcmp(owner, SECRETSMANAGER_OWNER) == 0;
    s->is_deleted =
        secret_json_member(&root, "DeletedDate", &member) && member.kind != SECRET_JSON_NULL;
    s->has_versions =
        secret_json_member(&root, "VersionIdsToStages", &member) && secret_json_count(&member) > 0;
    *out = TAKE(s);
    return NULL;
}

struct err *secretsmanager_read_current(struct secret_view reply, bool *is_text,
                                        struct secret_buf **out)
{
    struct secret_json root, binary;
    struct err *e = secret_json_parse(reply, &root);
    if (!e)
        e = secretsmanager_read_entry(&root, true, out);
    if (e)
        return err_wrap(e, SECRETSMANAGER_GET);
    *is_text =
        !secret_json_member(&root, "SecretBinary", &binary) || binary.kind != SECRET_JSON_STRING;
    return NULL;
}

static void put_member(struct str_buf *out, const char *name, const char *text)
{
    str_buf_printf(out, "\"%s\":", name);
    secretsmanager_put_text(out, "", text);
}

static void put_tags(struct str_buf *out, const struct map *tags)
{
    str_buf_puts(out, "\"Tags\":[");
    for (size_t i = 0; i < tags->n; i++) {
        str_buf_puts(out, i ? ",{" : "{");
        put_member(out, "Key", tags->entries[i].key);
        str_buf_puts(out, ",");
        put_member(out, "Value", tags->entries[i].value);
        str_buf_puts(out, "}");
    }
    str_buf_puts(out, "]");
}

/* Bytes that are not UTF-8 would be replaced, so they do not come back as they were. */
static struct err *put_string(struct secret_view value, struct secret_buf *out)
{
    struct secret_json quoted;
    CLEANUP(secret_buf) struct secret_buf *back = NULL;
    size_t start = secret_buf_size(out);
    struct err *e = secret_json_quote(value, out);
    if (e)
        return e;
    struct secret_view all = secret_buf_view(out);
    e = secret_json_parse(secret_view_part(all, start, all.n - start), &quoted);
    if (!e)
        e = secret_json_string(&quoted, &back);
    if (!e && !secret_view_equal(secret_buf_view(back), value))
        e = err_new(ERR_INVALID, "metadata.spec.secretPushFormat is string, but the value is not "
                                 "UTF-8; use binary");
    return e;
}

static struct err *put_value(const struct secretsmanager_version *version, struct secret_buf *out)
{
    struct err *e =
        secret_buf_puts(out, version->is_text ? "\"SecretString\":" : "\"SecretBinary\":\"");
    if (!e && version->is_text)
        return put_string(version->value, out);
    if (!e)
        e = codec_base64_encode(CODEC_BASE64, version->value, out);
    return e ? e : secret_buf_puts(out, "\"");
}

/* head, an object that is still open, with the value behind it. */
static struct err *close_with_value(const struct str_buf *head,
                                    const struct secretsmanager_version *version,
                                    struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    if (head->overflowed)
        return err_new(ERR_INVALID, "metadata.spec is too long");
    struct err *e = secret_buf_new(head->n + version->value.n, &b);
    if (!e)
        e = secret_buf_puts(b, head->s);
    if (!e)
        e = put_value(version, b);
    if (!e)
        e = secret_buf_puts(b, "}");
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

struct err *secretsmanager_create_body(const struct secretsmanager_version *version,
                                       const struct secretsmanager_wish *wish,
                                       struct secret_buf **out)
{
    CLEANUP_STR_BUF struct str_buf head;
    str_buf_init(&head, HEAD_MAX);
    str_buf_puts(&head, "{");
    put_member(&head, "Name", version->id);
    str_buf_puts(&head, ",");
    put_member(&head, "ClientRequestToken", version->token);
    str_buf_puts(&head, ",");
    put_member(&head, "Description", wish->description);
    str_buf_puts(&head, ",");
    put_member(&head, "KmsKeyId", wish->kms_key_id);
    str_buf_puts(&head, ",");
    put_tags(&head, wish->tags);
    str_buf_puts(&head, ",");
    if (wish->regions->n) {
        secretsmanager_put_replicas(&head, NULL, wish->regions, wish->kms_key_id);
        str_buf_puts(&head, ",");
    }
    return close_with_value(&head, version, out);
}

struct err *secretsmanager_put_body(const struct secretsmanager_version *version,
                                    struct secret_buf **out)
{
    CLEANUP_STR_BUF struct str_buf head;
    str_buf_init(&head, HEAD_MAX);
    str_buf_puts(&head, "{");
    put_member(&head, "SecretId", version->id);
    str_buf_puts(&head, ",");
    put_member(&head, "ClientRequestToken", version->token);
    str_buf_puts(&head, ",");
    return close_with_value(&head, version, out);
}

static bool has_tag(const struct map *tags, const char *key, const char *value)
{
    const char *found = map_get(tags, key);
    return found && strcmp(found, value) == 0;
}

bool secretsmanager_tag_body(struct str_buf *out, const char *id, const struct map *now,
                             const struct map *wanted)
{
    bool differs = false;
    for (size_t i = 0; i < wanted->n; i++)
        differs |= !has_tag(now, wanted->entries[i].key, wanted->entries[i].value);
    if (!differs)
        return false;
    str_buf_puts(out, "{");
    put_member(out, "SecretId", id);
    str_buf_puts(out, ",");
    put_tags(out, wanted);
    str_buf_puts(out, "}");
    return true;
}

bool secretsmanager_untag_body(struct str_buf *out, const char *id, const struct map *now,
                               const struct map *wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < now->n; i++) {
        const char *key = now->entries[i].key;
        if (map_get(wanted, key) || strncmp(key, AWS_PREFIX, strlen(AWS_PREFIX)) == 0)
            continue;
        if (!n++) {
            str_buf_puts(out, "{");
            put_member(out, "SecretId", id);
            str_buf_puts(out, ",\"TagKeys\":[");
        }
        str_buf_puts(out, n > 1 ? "," : "");
        secretsmanager_put_text(out, "", key);
    }
    str_buf_puts(out, n ? "]}" : "");
    return n > 0;
}

static const struct field_rule delete_rules[] = {{"forceDeleteWithoutRecovery", NULL},
                                                 {"recoveryWindowInDays", NULL}};

static bool is_of_kind(const struct json *config, const char *name, enum json_kind kind)
{
    enum json_kind is = json_kind(json_get(config, name));
    return is == JSON_NULL || is == kind;
}

char *secretsmanager_delete_problem(const struct json *config, const char *at)
{
    int64_t days = json_path_int(config, "recoveryWindowInDays", 0);
    if (json_kind(config) == JSON_NULL)
        return NULL;
    char *problem = field_check(config, at, delete_rules, ARRAY_SIZE(delete_rules));
    if (!is_of_kind(config, "forceDeleteWithoutRecovery", JSON_BOOL))
        field_problem(&problem,
                      xasprintf("%s.forceDeleteWithoutRecovery must be true or false", at));
    if (!is_of_kind(config, "recoveryWindowInDays", JSON_NUMBER) ||
        (days != 0 && (days < WINDOW_MIN_DAYS || days > WINDOW_MAX_DAYS)))
        field_problem(&problem, xasprintf("%s.recoveryWindowInDays must be a number from %d to %d",
                                          at, WINDOW_MIN_DAYS, WINDOW_MAX_DAYS));
    if (days && json_path_bool(config, "forceDeleteWithoutRecovery", false))
        field_problem(&problem, xasprintf("%s has both forceDeleteWithoutRecovery and "
                                          "recoveryWindowInDays; one of them must go",
                                          at));
    return problem;
}

void secretsmanager_delete_body(struct str_buf *out, const char *id, const struct json *config)
{
    int64_t days = json_path_int(config, "recoveryWindowInDays", 0);
    str_buf_puts(out, "{");
    put_member(out, "SecretId", id);
    if (json_path_bool(config, "forceDeleteWithoutRecovery", false))
        str_buf_puts(out, ",\"ForceDeleteWithoutRecovery\":true");
    else if (days)
        str_buf_printf(out, ",\"RecoveryWindowInDays\":%d", (int)days);
    str_buf_puts(out, "}");
}
