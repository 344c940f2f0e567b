#pragma once
/* kube_secret.h: values of Secrets and ConfigMaps: one for credentials and templates, all of a
 * Secret for those who write it elsewhere.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   core/v1 Secret: data holds base64; ConfigMap: data holds text, binaryData base64. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
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

#define KUBE_SECRET_PAGE_ITEMS 20
#define KUBE_SECRET_LIST_MAX 1000 /* Secrets in one answer */

/* All of Secret ns/name: a map of key to struct secret_buf, which it frees.
 * Errors: as kube_secret_get, but for a key. */
NODISCARD struct err *kube_secret_get_all(void *ctx, const char *ns, const char *name,
                                          const struct deadline *dl, struct map **out);

/* All Secrets of ns with such labels (a label selector's text): name to a map as above, both
 * freed with *out. Errors: as kube_secret_get_all; INVALID (more than KUBE_SECRET_LIST_MAX). */
NODISCARD struct err *kube_secret_list(void *ctx, const char *ns, const char *label_selector,
                                       const struct deadline *dl, struct map **out);
