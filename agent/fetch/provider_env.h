#pragma once
/* provider_env.h: what providers get from outside.
 *
 * Owns     nothing.
 * Threads  its functions are called from any. */

#include <stdint.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "net/http.h"

/* A Secret's value that a store names as a credential; plugged in by the composition root. */
struct credential_source {
    struct err *(*get)(void *ctx, const char *ns, const char *name, const char *key,
                       const struct deadline *dl, struct secret_buf **out);
    void *ctx;
};

struct fake_memory;

/* What providers get from outside. All borrowed. */
struct provider_env {
    const struct clock *clock;
    struct http *http; /* HTTP/1.1 */
    struct credential_source credentials;
    struct credential_source config_maps;    /* the same for ConfigMaps: templates, CA bundles */
    const char *(*getenv)(const char *name); /* AWS_ENDPOINT_URL_* and the like */
    const struct digest_key *digest_key;     /* for identities */
    struct fake_memory *fake_memory;         /* of provider fake; the fetcher puts it here */

    /* Let ns pass, or return early when dl is over. NULL: really wait; tests do not. */
    void (*wait)(const struct deadline *dl, uint64_t ns);
};
