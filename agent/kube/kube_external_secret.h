#pragma once
/* kube_external_secret.h: write the ExternalSecrets that a ClusterExternalSecret asks for.
 *
 * Owns     nothing; everything is borrowed for the call.
 * Threads  any.
 * Source   Kubernetes API conventions; RFC 6902 (JSON Patch); meta/v1 OwnerReference. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "kube/kube_client.h"

#define KUBE_JSON_PATCH_TYPE "application/json-patch+json"
#define KUBE_FAN_OUT_MANAGER "clusterexternalsecrets.lockstep.dev"

struct kube_external_secret {
    const char *ns;
    const char *name;
    const struct json *spec;
    const struct map *labels; /* text to text */
    const struct map *annotations;
    const char *owner_name; /* the ClusterExternalSecret: its controller */
    const char *owner_uid;
};

/* Create s; tried once. *out is the stored object's metadata.
 * Errors: CONFLICT (one of that name exists), DENIED, INVALID (its definition does not take the
 * spec), and as kube_send. */
NODISCARD struct err *kube_external_secret_create(struct kube_client *k,
                                                  const struct kube_external_secret *s,
                                                  const struct deadline *dl, struct json **out);

/* Make spec, labels and annotations of the object with that uid be those of s, whoever wrote them;
 * its owners too when takes_over. Nothing is stored when nothing differs. *out as above.
 * Errors: INVALID (also: another object has that name now), NOT_FOUND, DENIED, and as kube_send. */
NODISCARD struct err *kube_external_secret_replace(struct kube_client *k,
                                                   const struct kube_external_secret *s,
                                                   const char *uid, bool takes_over,
                                                   const struct deadline *dl, struct json **out);
