#pragma once
/* aws_keys.h: one set of AWS keys, and where a store gets its first ones from.
 *
 * Owns     a set is shared by references and never changes.
 * Threads  any.
 * Source   External Secrets' AWS provider: auth.secretRef, else the agent's environment. */

#include <stdatomic.h>
#include <stdint.h>

#include "base/attr.h"
#include "fetch/provider.h"
#include "net/sigv4.h"

struct aws_keys {
    char *access_key; /* its id, not secret */
    struct secret_buf *secret_key;
    struct secret_buf *session_token; /* NULL for long-lived keys */
    int64_t expires_unix_s;           /* 0: never */
    atomic_uint refs;                 /* partner: aws_keys_free */
};

/* Empty set, to be filled by its maker. */
struct aws_keys *aws_keys_new(void) NODISCARD;
struct aws_keys *aws_keys_ref(struct aws_keys *k) NODISCARD;
void aws_keys_free(struct aws_keys *k);
CLEANUP_DEFINE(aws_keys)

/* As the signer wants them; borrowed from k. */
struct sigv4_credentials aws_keys_view(const struct aws_keys *k);

/* Set the id; INVALID "from is no access key id" unless it is letters, digits and '_'. */
NODISCARD struct err *aws_keys_set_id(struct aws_keys *k, struct secret_view v, const char *from);

/* What is wrong with spec.provider.aws.auth, or NULL; caller frees. */
char *aws_keys_problem(const struct store *store) NODISCARD;

/* Do the keys depend on the ExternalSecret's namespace? */
bool aws_keys_are_referent(const struct store *store);

/* Read a store's keys. Texts start at the field.
 * Errors: INVALID, DENIED (no credentials anywhere), those of the credential source. */
NODISCARD struct err *aws_keys_read(const struct provider_env *env, const struct store *store,
                                    const char *ns, const struct deadline *dl,
                                    struct aws_keys **out);

/* Add k to an identity. */
void aws_keys_identify(const struct aws_keys *k, struct digest_keyed *d);
