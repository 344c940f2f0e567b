#pragma once
/* auth_aws.h: who we are to AWS: a store's keys, and the role they take on if it names one.
 *
 * A role's session is renewed five minutes before it ends, by one thread for all; an old session is
 * used to its end while renewing fails.
 *
 * Owns     an auth_aws owns its keys; env is borrowed.
 * Threads  any, once it is open.
 * Source   External Secrets' AWS provider; STS API reference, AssumeRole. */

#include "base/attr.h"
#include "fetch/aws_client.h"
#include "fetch/aws_keys.h"

struct auth_aws;

/* Read the store's keys; no call to AWS yet. Texts start at the field.
 * Errors: as aws_keys_read and aws_client_new. */
NODISCARD struct err *auth_aws_new(const struct provider_env *env, const struct store *store,
                                   const char *ns, const struct deadline *dl,
                                   struct auth_aws **out);
void auth_aws_free(struct auth_aws *a);
CLEANUP_DEFINE(auth_aws)

/* Keys that are valid now; caller frees. Errors: as aws_client_send. */
NODISCARD struct err *auth_aws_keys(struct auth_aws *a, const struct deadline *dl,
                                    struct aws_keys **out);

/* AWS said that k has expired: get new keys next time. False if there can be no others. */
bool auth_aws_drop(struct auth_aws *a, const struct aws_keys *k);

/* Add the keys that the store started from to an identity. */
void auth_aws_identify(const struct auth_aws *a, struct digest_keyed *d);

/* Warning of the STS client, or NULL. */
const char *auth_aws_warning(const struct auth_aws *a);
