#pragma once
/* kube_fence.h: does the admission policy stand that keeps us away from foreign Secrets?
 *
 * Owns     nothing.
 * Threads  any.
 * Source   docs/SECURITY.md "blast radius"; deploy/base/policy.yaml. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "kube/kube_client.h"

/* Try, without storing anything, what the policy must refuse: an unlabelled Secret in our own
 * namespace. Sets METRIC_FENCE_STANDS.
 * Errors: DENIED (RBAC: we may not write Secrets at all), and as kube_send. */
NODISCARD struct err *kube_fence_check(struct kube_client *k, const struct deadline *dl,
                                       bool *out_stands);
