#pragma once
/* kube_namespace.h: the labels of a namespace.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   core/v1 Namespace. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "kube/kube_client.h"

/* Labels of namespace ns, text to text. ctx is the struct kube_client.
 * Errors: NOT_FOUND, DENIED (names the rule to add), and as kube_send. */
NODISCARD struct err *kube_namespace_labels(void *ctx, const char *ns, const struct deadline *dl,
                                            struct map **out);
