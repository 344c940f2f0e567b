#pragma once
/* object_target.h: what a spec writes to in a cluster: a Secret, or what its manifest says; and who
 * owns what stands there.
 *
 * Owns     an object_target owns the resource that was found; it borrows the spec's names.
 * Threads  one at a time.
 * Source   External Secrets: target.manifest; Kubernetes "Server-Side Apply", "Dry-run". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "kube/kube_discovery.h"
#include "kube/kube_outcome.h"
#include "project/object_reply.h"
#include "spec/spec.h"

#define OBJECT_OVERLAY "external-secrets-compat"

struct object_target {
    const struct spec *spec;
    struct kube_target at;
    bool is_secret;         /* the fence stands before Secrets, and before nothing else */
    struct kube_kind *kind; /* of a manifest; NULL: a Secret */
};

/* The target of spec, which must outlive it.
 * Errors: NOT_FOUND and INVALID (of kube_discovery_find, wrapped), and as kube_send. */
NODISCARD struct err *object_target_find(struct kube_discovery *d, const struct spec *spec,
                                         const struct deadline *dl, struct object_target *out);
void object_target_done(struct object_target *t);

/* An error about t: `Secret "shop/db": ` and what follows. */
struct err *object_target_err(const struct object_target *t, enum err_class cls,
                              const char *what) NODISCARD;

/* What the refusal of a write to t means: takes e, gives the error to pass on. */
struct err *object_target_explain(const struct object_target *t, const struct kube_outcome *o,
                                  struct err *e) NODISCARD;

/* Ask what stands at t, by a dry run that sets our label and nothing else. *exists false: nothing;
 * else r is filled. Errors: as object_target_explain, INVALID (malformed answer), INTERNAL. */
NODISCARD struct err *object_target_probe(struct kube_client *k, const struct object_target *t,
                                          const struct deadline *dl, bool *exists,
                                          struct object_reply *r);

/* The prober's name as a field manager. */
#define OBJECT_PROBER "lockstep-probe"
