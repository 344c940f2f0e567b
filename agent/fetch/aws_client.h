#pragma once
/* aws_client.h: signed POST calls to one AWS service in one region, with retries.
 *
 * The offset of AWS's clock to ours is learnt from refused signatures and kept here.
 *
 * Owns     a client owns its texts; env is borrowed.
 * Threads  any number of calls at once.
 * Source   AWS General Reference, "Service endpoints"; AWS SDKs and Tools Reference Guide,
 *          "Service-specific endpoints" for the environment variables. */

#include <stdbool.h>

#include "base/attr.h"
#include "fetch/aws_error.h"
#include "fetch/provider.h"
#include "net/sigv4.h"

enum aws_service { AWS_SECRETS_MANAGER, AWS_STS };

/* One call; borrowed. */
struct aws_call {
    const char *operation;    /* "GetSecretValue"; for errors and metrics */
    const char *content_type; /* of body */
    const char *target;       /* X-Amz-Target, or NULL */
    struct secret_view body;
};

struct aws_client;

/* Client for service in region, at AWS's own endpoint or at the one that the environment names.
 * Errors: INVALID (malformed region or endpoint). */
NODISCARD struct err *aws_client_new(const struct provider_env *env, enum aws_service service,
                                     const char *region, struct aws_client **out);
void aws_client_free(struct aws_client *c);
CLEANUP_DEFINE(aws_client)

/* What a store's retrySettings say; before the first send.
 *   max_retries  tries, the first one too, as External Secrets hands it on to AWS's library; 0: one
 *                try, where that library knows no limit; -1: not said
 *   interval_ns  between tries; 0: waits that grow from 0.1 s */
void aws_client_set_retries(struct aws_client *c, int max_retries, int64_t interval_ns);

/* Sign, send, and try again while the service is unavailable or throttles and dl allows; once more
 * when our clock was wrong.
 *   failure  set in any case
 *   out      body of the reply with status 200; caller frees
 * Errors: NOT_FOUND, DENIED, INVALID, RATE_LIMITED, UNAVAILABLE, DEADLINE, INTERNAL. */
NODISCARD struct err *aws_client_send(struct aws_client *c, const struct sigv4_credentials *who,
                                      const struct aws_call *call, const struct deadline *dl,
                                      enum aws_failure *failure, struct secret_buf **out);

/* "endpoint http://... is plain http" when the environment says so, else NULL. */
const char *aws_client_warning(const struct aws_client *c);

/* AWS's time now, as far as it is known, in seconds since 1970. */
int64_t aws_client_unix_s(const struct aws_client *c);
