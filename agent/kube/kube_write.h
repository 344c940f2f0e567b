#pragma once
/* kube_write.h: the few ways in which we change objects, and the question whether we may.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Kubernetes "Server-Side Apply", "Patch", "Delete options"; authorization.k8s.io/v1. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret_buf.h"
#include "kube/kube_client.h"

#define KUBE_FIELD_MANAGER_MAX 128
#define KUBE_CODE_CREATED 201 /* of an outcome: there was no such object */

struct kube_apply {
    struct kube_target target; /* its query must be NULL */
    const char *field_manager; /* at most KUBE_FIELD_MANAGER_MAX characters */
    bool is_forced;            /* take fields over from other managers */
    bool is_dry_run;           /* full admission, nothing is stored */
    struct secret_view body;   /* JSON; may hold secrets */
};

/* Server-side apply. The reply is asked for as metadata only, so that values go out and never come
 * back; it may still quote one in an annotation, therefore it arrives as a secret.
 *   outcome  code KUBE_CODE_CREATED, or 200: existed
 *   reply    PartialObjectMetadata as JSON
 * Errors: as kube_send; CONFLICT without is_forced: another manager owns a field. */
NODISCARD struct err *kube_apply(struct kube_client *k, const struct kube_apply *a,
                                 const struct deadline *dl, struct kube_outcome *outcome,
                                 struct secret_buf **reply);

/* JSON merge patch whose body and reply are handled as kube_apply's; not tried again after a lost
 * connection unless is_repeatable; outcome may be NULL. Errors: as kube_send. */
NODISCARD struct err *kube_merge(struct kube_client *k, const struct kube_target *t,
                                 struct secret_view body, bool is_repeatable,
                                 const struct deadline *dl, struct kube_outcome *outcome,
                                 struct secret_buf **reply);

/* The same for a body without secrets, reply ignored; tried once when is_single_try. */
NODISCARD struct err *kube_merge_json(struct kube_client *k, const struct kube_target *t,
                                      const struct json *body, bool is_single_try,
                                      const struct deadline *dl);

/* Make finalizers (a list of texts) all that t has, if it is still at that resource_version.
 * Errors: CONFLICT (it is not), NOT_FOUND, DENIED, and as kube_send. */
NODISCARD struct err *kube_set_finalizers(struct kube_client *k, const struct kube_target *t,
                                          const char *resource_version,
                                          const struct json *finalizers, const struct deadline *dl);

/* Create in the collection t / replace t; tried once. *out is the stored object.
 * Errors: CONFLICT (exists; or its resourceVersion has moved), and as kube_send. */
NODISCARD struct err *kube_create(struct kube_client *k, const struct kube_target *t,
                                  const struct json *body, const struct deadline *dl,
                                  struct json **out);
NODISCARD struct err *kube_replace(struct kube_client *k, const struct kube_target *t,
                                   const struct json *body, const struct deadline *dl,
                                   struct json **out);

/* Delete t if its UID is still uid; an absent object is success.
 * Errors: CONFLICT (another object has that name now), and as kube_send. */
NODISCARD struct err *kube_delete(struct kube_client *k, const struct kube_target *t,
                                  const char *uid, const struct deadline *dl);

/* May we do verb on t? Errors: as kube_send. */
NODISCARD struct err *kube_may(struct kube_client *k, const char *verb, const struct kube_target *t,
                               const struct deadline *dl, bool *out);

/* GET t as a tree; not for Secrets. Errors: as kube_send. */
NODISCARD struct err *kube_get(struct kube_client *k, const struct kube_target *t,
                               const struct deadline *dl, struct json **out);
