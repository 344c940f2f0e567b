#pragma once
/* provider_aws_push.h: one write to one secret, for the files that make it up.
 *
 * Owns     nothing.
 * Threads  the one that writes.
 * Source   AWS Secrets Manager API reference. */

#include "base/attr.h"
#include "base/err.h"
#include "base/str_buf.h"
#include "fetch/provider_aws.h"
#include "fetch/secretsmanager_push.h"
#include "fetch/secretsmanager_wish.h"

struct aws_push_job {
    const struct aws *a;
    const struct provider_push *push;
    const struct deadline *dl;
    char *id; /* prefix and key */
};

/* Send a request whose reply does not matter. Errors: as aws_send. */
NODISCARD struct err *aws_push_send(const struct aws_push_job *j, const char *operation,
                                    const struct str_buf *body);
NODISCARD struct err *aws_push_send_secret(const struct aws_push_job *j, const char *operation,
                                           const struct secret_buf *body);

/* Make the secret have replicas where wish wants them, and nowhere else; or nowhere.
 * Errors: as aws_send. */
NODISCARD struct err *aws_push_replicas(const struct aws_push_job *j,
                                        const struct secretsmanager_wish *wish,
                                        const struct secretsmanager_state *state);
NODISCARD struct err *aws_push_no_replicas(const struct aws_push_job *j,
                                           const struct secretsmanager_state *state);

/* Make the secret have the policy that wish names, if it names one; an empty text takes the policy
 * away. Errors: as aws_send; NOT_FOUND (the policy's source), INVALID (it is not JSON). */
NODISCARD struct err *aws_push_policy(const struct aws_push_job *j,
                                      const struct secretsmanager_wish *wish);
