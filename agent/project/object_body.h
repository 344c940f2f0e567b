#pragma once
/* object_body.h: the Secret, or the object of another kind, that an output becomes, as bytes to
 * send.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets: labels, annotations, owner reference and field manager that it puts on
 *          a Secret, so that either program can take over from the other. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "project/object_reply.h"
#include "spec/output_set.h"
#include "spec/spec.h"

#define OBJECT_ANNOTATION_HASH "reconcile.external-secrets.io/data-hash"

/* Field manager of a spec: External Secrets' name for it. Caller frees. */
char *object_body_manager(const struct spec *spec) NODISCARD;

/* Body of the apply.
 *   api_version  of ExternalSecrets on this server, for the owner reference
 * Errors: INTERNAL (arena), INVALID (too large). */
NODISCARD struct err *object_body_new(const struct spec *spec, const struct output_set *o,
                                      const char *api_version, struct secret_buf **out);

/* Body of the dry run that asks who owns ns/name: nothing but our label. Caller frees. */
char *object_body_probe(const char *ns, const char *name) NODISCARD;

/* Merge patch that takes away what the apply could not, because another manager holds it too: data
 * keys that o does not have (if all_keys), our owner's label and reference (if the spec does not
 * own). NULL when there is nothing to take away. Caller frees. */
char *object_body_sweep(const struct spec *spec, const struct output_set *o,
                        const struct object_reply *r, bool all_keys) NODISCARD;
