#pragma once
/* secretsmanager.h: requests and replies of AWS Secrets Manager, without sending them.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   AWS Secrets Manager API reference, GetSecretValue and BatchGetSecretValue. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_json.h"
#include "base/str_buf.h"
#include "fetch/provider.h"

#define SECRETSMANAGER_BODY_MAX ((size_t)PROVIDER_BATCH_MAX * 8192)
#define SECRETSMANAGER_GET "GetSecretValue"
#define SECRETSMANAGER_BATCH "BatchGetSecretValue"
#define SECRETSMANAGER_DESCRIBE "DescribeSecret"

/* Append prefix and text as one JSON string. */
void secretsmanager_put_text(struct str_buf *out, const char *prefix, const char *text);

/* Append the body of a GetSecretValue for prefix + ref->key. A version "uuid/ID" is a VersionId,
 * any other a VersionStage, none the stage AWSCURRENT. */
void secretsmanager_get_body(struct str_buf *out, const char *prefix,
                             const struct provider_ref *ref);

/* Append the body of a BatchGetSecretValue for n references without versions. */
void secretsmanager_batch_body(struct str_buf *out, const char *prefix,
                               const struct provider_ref *refs, size_t n);

/* Value in a GetSecretValue reply: SecretString, or the decoded SecretBinary.
 * Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_value(struct secret_view reply, struct secret_buf **out);

/* Values and errors in a BatchGetSecretValue reply, matched to refs by name or ARN; results that
 * the reply says nothing about stay as they are (both NULL). Errors: INVALID (whole reply). */
NODISCARD struct err *secretsmanager_read_batch(struct secret_view reply, const char *prefix,
                                                const struct provider_ref *refs, size_t n,
                                                struct provider_result *results);

/* Value of one entry that is such a reply or stands in one. Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_entry(const struct secret_json *entry,
                                                bool prefers_binary, struct secret_buf **out);

/* What one entry of a BatchGetSecretValue reply's errors says. */
struct err *secretsmanager_read_error(const struct secret_json *entry) NODISCARD;
