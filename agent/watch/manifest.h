#pragma once
/* manifest.h: one manifest of any kind to what this agent makes of it.
 *
 * Owns     a manifest owns its parts until they are taken.
 * Threads  any. */

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "spec/spec.h"
#include "spec/store.h"

/* Exactly one member is set, or none for kinds that are not ours. */
struct manifest {
    struct spec *spec;
    struct store *store;
    struct json *secret;     /* v1 Secret, whole */
    struct json *config_map; /* v1 ConfigMap, whole */
};

/* Look at obj's apiVersion and kind. Namespaced objects without one get "default"; without a
 * generation, one is derived from the content of spec.
 * Errors: INVALID (no kind; of what is ours: a name or namespace that is none, a version or kind of
 * external-secrets.io that is not supported). */
NODISCARD struct err *manifest_read(const struct json *obj, struct manifest *out);
void manifest_done(struct manifest *m);
