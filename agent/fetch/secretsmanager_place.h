#pragma once
/* secretsmanager_place.h: requests and replies of AWS Secrets Manager about where a secret's
 * replicas are and who else may read it, without sending them.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   AWS Secrets Manager API reference: ReplicateSecretToRegions,
 *          RemoveRegionsFromReplication, GetResourcePolicy, PutResourcePolicy. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"
#include "base/str_buf.h"
#include "fetch/secretsmanager_wish.h"

/* Append the member AddReplicaRegions with those of wanted that are not in now (may be NULL).
 *   kms_key_id  of the replicas; NULL: AWS's own */
void secretsmanager_put_replicas(struct str_buf *out, const struct map *now,
                                 const struct map *wanted, const char *kms_key_id);

/* Append the body of a ReplicateSecretToRegions for what of wanted is missing in now, or of a
 * RemoveRegionsFromReplication for what of now is not in wanted (NULL: all of it). False, and
 * nothing appended, when there is nothing to change. */
bool secretsmanager_replicate_body(struct str_buf *out, const char *id, const struct map *now,
                                   const struct map *wanted, const char *kms_key_id);
bool secretsmanager_withdraw_body(struct str_buf *out, const char *id, const struct map *now,
                                  const struct map *wanted);

/* Append the body of a GetResourcePolicy or DeleteResourcePolicy. */
void secretsmanager_policy_of_body(struct str_buf *out, const char *id);

/* Policy in a GetResourcePolicy reply; empty without one. Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_policy(struct secret_view reply, struct secret_buf **out);

/* Body of a PutResourcePolicy of text, with what wish says besides. Errors: INTERNAL. */
NODISCARD struct err *secretsmanager_policy_body(const char *id, struct secret_view text,
                                                 const struct secretsmanager_policy *wish,
                                                 struct secret_buf **out);
