#pragma once
/* provider_aws.h: the open provider, for the files that make it up.
 *
 * Owns     an aws owns everything in it.
 * Threads  any, once it is open.
 * Source   AWS Secrets Manager API reference. */

#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str_buf.h"
#include "fetch/auth_aws.h"
#include "fetch/aws_client.h"
#include "fetch/provider.h"

struct aws {
    struct provider base;
    struct auth_aws *auth;
    struct aws_client *client;
    const struct provider_env *env;
    struct store *store;
    char *prefix; /* "" without one */
    char identity[DIGEST_KEYED_HEX];
};

/* Send body to operation ("ListSecrets") under keys that are valid now; caller frees the reply's
 * body. Errors: as aws_client_send, and INVALID when body has overflowed. */
NODISCARD struct err *aws_send(const struct aws *a, const char *operation,
                               const struct str_buf *body, const struct deadline *dl,
                               struct secret_buf **out);

/* The same for a body that is secret. */
NODISCARD struct err *aws_send_view(const struct aws *a, const char *operation,
                                    struct secret_view body, const struct deadline *dl,
                                    struct secret_buf **out);

/* provider_ops.find. */
NODISCARD struct err *aws_find(struct provider *p, const struct spec_find *find,
                               const struct deadline *dl, struct map **out);

/* provider_ops.push, push_exists and push_remove. */
NODISCARD struct err *aws_push(struct provider *p, const struct provider_push *push,
                               struct secret_view value, const struct deadline *dl);
NODISCARD struct err *aws_push_exists(struct provider *p, const struct provider_push *push,
                                      const struct deadline *dl, bool *out);
NODISCARD struct err *aws_push_remove(struct provider *p, const struct provider_push *push,
                                      const struct deadline *dl);
