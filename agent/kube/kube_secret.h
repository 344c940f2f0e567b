#pragma once
/* kube_secret.h: one value of one Secret or ConfigMap: credentials of stores, templates.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   core/v1 Secret: data holds base64; ConfigMap: data holds text, binaryData base64. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "kube/kube_client.h"

/* Read key of Secret ns/name. The signature is a credential source's: ctx is the struct
 * kube_client. Nothing is kept: a changed credential counts at the next call.
 * Errors: NOT_FOUND (Secret or key, named), DENIED (names the Role to add), INVALID (not base64),
 * and as kube_send. */
NODISCARD struct err *kube_secret_get(void *ctx, const char *ns, const char *name, const char *key,
                                      const struct deadline *dl, struct secret_buf **out);

/* The same for a ConfigMap. */
NODISCARD struct err *kube_config_map_get(void *ctx, const char *ns, const char *name,
                                          const char *key, const struct deadline *dl,
                                          struct secret_buf **out);
