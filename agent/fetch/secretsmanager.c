/* A batch answers with names and ARNs in any order, and with its failures in a second list. A
 * secret may have been asked for by name, by ARN, or by an ARN without the six random characters at
 * its end, so each reference looks through the answers for one that fits. */

#include "fetch/secretsmanager.h"

#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_json.h"
#include "fetch/aws_error.h"

#define UUID_PREFIX "uuid/"
#define ARN_PREFIX "arn:"
#define ARN_SUFFIX 7 /* "-AbCdEf" */

void secretsmanager_put_text(struct str_buf *out, const char *prefix, const char *text)
{
    str_buf_puts(out, "\"");
    str_buf_json(out, prefix, strlen(prefix));
    str_buf_json(out, text, strlen(text));
    str_buf_puts(out, "\"");
}

void secretsmanager_get_body(struct str_buf *out, const char *prefix,
                             const struct provider_ref *ref)
{
    const char *version = ref->version ? ref->version : "AWSCURRENT";
    bool is_id = strncmp(version, UUID_PREFIX, strlen(UUID_PREFIX)) == 0;
    str_buf_puts(out, "{\"SecretId\":");
    secretsmanager_put_text(out, prefix, ref->key);
    str_buf_puts(out, is_id ? ",\"VersionId\":" : ",\"VersionStage\":");
    secretsmanager_put_text(out, "", is_id ? version + strlen(UUID_PREFIX) : version);
    str_buf_puts(out, "}");
}

void secretsmanager_batch_body(struct str_buf *out, const char *prefix,
                               const struct provider_ref *refs, size_t n)
{
    str_buf_puts(out, "{\"SecretIdList\":[");
    for (size_t i = 0; i < n; i++) {
        str_buf_puts(out, i ? "," : "");
        secretsmanager_put_text(out, prefix, refs[i].key);
    }
    str_buf_puts(out, "]}");
}

static bool text_member(const struct secret_json *obj, const char *name, struct secret_json *out)
{
    return secret_json_member(obj, name, out) && out->kind == SECRET_JSON_STRING;
}

static struct err *read_binary(const struct secret_json *value, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *encoded = NULL;
    struct err *e = secret_json_string(value, &encoded);
    if (!e)
        e = codec_base64_decode(CODEC_BASE64, secret_buf_view(encoded), out);
    return e ? err_wrap(e, "SecretBinary") : NULL;
}

struct err *secretsmanager_read_entry(const struct secret_json *entry, bool prefers_binary,
                                      struct secret_buf **out)
{
    struct secret_json text, binary;
    bool has_text = text_member(entry, "SecretString", &text);
    bool has_binary = text_member(entry, "SecretBinary", &binary);
    if (has_text && !(has_binary && prefers_binary))
        return secret_json_string(&text, out);
    if (has_binary)
        return read_binary(&binary, out);
    return err_new(ERR_INVALID, "reply has neither SecretString nor SecretBinary");
}

struct err *secretsmanager_read_value(struct secret_view reply, struct secret_buf **out)
{
    struct secret_json root;
    struct err *e = secret_json_parse(reply, &root);
    if (!e)
        e = secretsmanager_read_entry(&root, false, out);
    return e ? err_wrap(e, SECRETSMANAGER_GET) : NULL;
}

static bool member_is(const struct secret_json *entry, const char *name, const char *text)
{
    struct secret_json value;
    return text_member(entry, name, &value) &&
           secret_json_is_text(&value, secret_view_of(text, strlen(text)));
}

/* Is entry's ARN id with the random end that Secrets Manager adds? ARNs need no JSON escapes, so
 * the raw text between the quotes is the ARN. */
static bool is_arn_of(const struct secret_json *entry, const char *id)
{
    struct secret_json arn;
    size_t n = strlen(id);
    if (strncmp(id, ARN_PREFIX, strlen(ARN_PREFIX)) != 0 || !text_member(entry, "ARN", &arn))
        return false;
    if (arn.raw.n != n + ARN_SUFFIX + 2 || arn.raw.p[1 + n].v != '-')
        return false;
    return secret_view_equal(secret_view_part(arn.raw, 1, n), secret_view_of(id, n));
}

static bool is_entry_of(const struct secret_json *entry, const char *id)
{
    return member_is(entry, "Name", id) || member_is(entry, "ARN", id) || is_arn_of(entry, id);
}

/* First element of the list called name that fits id. */
static bool find_entry(const struct secret_json *root, const char *name, const char *id,
                       bool (*fits)(const struct secret_json *entry, const char *id),
                       struct secret_json *out)
{
    struct secret_json list, key;
    size_t at = 0;
    if (!secret_json_member(root, name, &list) || list.kind != SECRET_JSON_ARRAY)
        return false;
    while (secret_json_next(&list, &at, &key, out)) {
        if (fits(out, id))
            return true;
    }
    return false;
}

static bool is_error_of(const struct secret_json *entry, const char *id)
{
    return member_is(entry, "SecretId", id);
}

struct err *secretsmanager_read_error(const struct secret_json *entry)
{
    struct secret_json code, message = {0};
    CLEANUP_STR char *text = NULL;
    struct err *e = NULL;
    if (text_member(entry, "ErrorCode", &code))
        e = secret_json_text(&code, AWS_ERROR_CODE_MAX, &text);
    err_free(e);
    (void)text_member(entry, "Message", &message);
    return aws_error_from_code(SECRETSMANAGER_BATCH, text ? text : "", message.raw);
}

struct err *secretsmanager_read_batch(struct secret_view reply, const char *prefix,
                                      const struct provider_ref *refs, size_t n,
                                      struct provider_result *results)
{
    struct secret_json root;
    struct err *e = secret_json_parse(reply, &root);
    if (e)
        return err_wrap(e, SECRETSMANAGER_BATCH);
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR char *id = xasprintf("%s%s", prefix, refs[i].key);
        struct secret_json entry;
        if (find_entry(&root, "SecretValues", id, is_entry_of, &entry)) {
            results[i].err = secretsmanager_read_entry(&entry, false, &results[i].bytes);
            if (results[i].err)
                results[i].err = err_wrap(results[i].err, SECRETSMANAGER_BATCH);
        } else if (find_entry(&root, "Errors", id, is_error_of, &entry)) {
            results[i].err = secretsmanager_read_error(&entry);
        }
    }
    return NULL;
}
