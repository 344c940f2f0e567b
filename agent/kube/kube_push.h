#pragma once
/* kube_push.h: what is written to a PushSecret: its finalizers, and the list of what was pushed.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Kubernetes "Finalizers"; RFC 7386 (JSON merge patch). */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "kube/kube_client.h"

/* Make finalizers (a list of texts) all that PushSecret ns/name has, if it still is at that
 * resourceVersion. Errors: NOT_FOUND, CONFLICT (it has changed meanwhile), DENIED (names the
 * rule to add), and as kube_send. */
NODISCARD struct err *kube_push_set_finalizers(struct kube_client *k, const char *ns,
                                               const char *name, const char *resource_version,
                                               const struct json *finalizers,
                                               const struct deadline *dl);

/* The merge patch that makes after of anything whose members are among those of before and after:
 * a member that after lacks is null. Both are maps; caller frees. */
struct json *kube_push_merge_patch(const struct json *before, const struct json *after) NODISCARD;
