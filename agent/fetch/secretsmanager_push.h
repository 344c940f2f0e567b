#pragma once
/* secretsmanager_push.h: requests and replies of AWS Secrets Manager that write a secret, without
 * sending them.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   AWS Secrets Manager API reference: CreateSecret, PutSecretValue, DescribeSecret,
 *          TagResource, UntagResource, DeleteSecret. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/secret_buf.h"
#include "base/str_buf.h"
#include "fetch/secretsmanager_wish.h"

/* What a DescribeSecret says of a secret. */
struct secretsmanager_state {
    char *arn;
    char *kms_key_id;    /* NULL: AWS's own */
    struct map *tags;    /* texts */
    struct map *regions; /* names of those with a replica */
    bool is_ours;        /* has the owner's tag */
    bool is_deleted;     /* waits for its deletion */
    bool has_versions;   /* has or had a value */
};

/* Errors: INVALID (malformed). */
NODISCARD struct err *secretsmanager_read_state(struct secret_view reply,
                                                struct secretsmanager_state **out);
void secretsmanager_state_free(struct secretsmanager_state *s);
CLEANUP_DEFINE(secretsmanager_state)

/* Value of a GetSecretValue reply, and whether it is a SecretString. Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_current(struct secret_view reply, bool *is_text,
                                                  struct secret_buf **out);

/* A new version of the secret called id. */
struct secretsmanager_version {
    const char *id;    /* name with prefix, or ARN */
    const char *token; /* ClientRequestToken: a UUID, which makes repeating harmless */
    bool is_text;
    struct secret_view value;
};

/* Body of a CreateSecret and of a PutSecretValue; wish->is_text does not count, version's does.
 * Errors: INVALID (a SecretString that is not UTF-8), INTERNAL. */
NODISCARD struct err *secretsmanager_create_body(const struct secretsmanager_version *version,
                                                 const struct secretsmanager_wish *wish,
                                                 struct secret_buf **out);
NODISCARD struct err *secretsmanager_put_body(const struct secretsmanager_version *version,
                                              struct secret_buf **out);

/* Append the body of a TagResource with the tags wanted, or of an UntagResource for those of now
 * that are not wanted; AWS's own stay. False, and nothing appended, when there is nothing to
 * change. */
bool secretsmanager_tag_body(struct str_buf *out, const char *id, const struct map *now,
                             const struct map *wanted);
bool secretsmanager_untag_body(struct str_buf *out, const char *id, const struct map *now,
                               const struct map *wanted);

/* What is wrong with a store's secretsManager, which says how to delete; NULL when all is well.
 * Caller frees. */
char *secretsmanager_delete_problem(const struct json *config, const char *at) NODISCARD;

/* Append the body of a DeleteSecret as such a config says; config may be NULL. */
void secretsmanager_delete_body(struct str_buf *out, const char *id, const struct json *config);
