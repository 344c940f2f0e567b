#pragma once
/* rights.h: what the agent must be allowed to do in the cluster with a given configuration.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   docs/RBAC.md; authorization.k8s.io/v1 SelfSubjectAccessReview. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str_buf.h"
#include "cmd/config.h"
#include "kube/kube_client.h"

#define RIGHT_VERBS_MAX 4
#define RIGHTS_MAX 64 /* questions at most, so that answers fit a set of bits */

/* What a right is needed for. */
enum right_need {
    RIGHT_FOR_SOURCE,        /* manifests come from the cluster */
    RIGHT_FOR_MIRROR,        /* Secrets are written to it */
    RIGHT_FOR_SHARES,        /* agents divide the work among themselves */
    RIGHT_FOR_WATCH,         /* --watch-secrets */
    RIGHT_FOR_PUSH,          /* PushSecrets are read and answered */
    RIGHT_FOR_CLUSTER_SPECS, /* ClusterExternalSecrets are looked at */
    RIGHT_FOR_FAN_OUT,       /* --cluster-external-secrets=on */
};

struct right {
    const struct kube_resource *resource;
    const char *subresource;                /* NULL: none */
    const char *verbs[RIGHT_VERBS_MAX + 1]; /* NULL ends */
    const char *given_by;                   /* the manifests that have the rule */
    enum right_need need;
    bool is_own_ns; /* needed in our own namespace only */
};

/* The answer to one question. */
struct right_answer {
    const struct right *right;
    const char *verb;
    struct kube_target target; /* what was asked about */
    size_t index;              /* the question's, always the same; below RIGHTS_MAX */
    bool is_allowed;
};

typedef void right_answer_fn(void *ctx, const struct right_answer *answer);

/* Ask about every right that config needs, one request each; fn is called with each answer, in the
 * order of the table. Errors: as kube_may; fn has had the answers until then. */
NODISCARD struct err *rights_ask(struct kube_client *k, const struct config *config,
                                 const struct deadline *dl, right_answer_fn *fn, void *ctx);

/* Append the rule to be added to a Role, as one line of YAML. */
void right_rule(const struct right_answer *answer, struct str_buf *out);
