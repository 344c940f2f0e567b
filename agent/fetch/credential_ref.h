#pragma once
/* credential_ref.h: a store's reference to a key of a Secret ({name, key, namespace}).
 *
 * A SecretStore may name Secrets of its own namespace only. A ClusterSecretStore names a namespace,
 * or means the namespace of the ExternalSecret that is being served.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets, SecretKeySelector and its validation. */

#include <stdbool.h>

#include "base/attr.h"
#include "fetch/provider.h"

/* Look at the selector at path of the store's configuration ("auth.secretRef.x"), without reading.
 * NULL if it is absent or well-formed; else the problem; caller frees. */
char *credential_ref_problem(const struct store *store, const char *path) NODISCARD;

/* Is there a selector at path? */
bool credential_ref_is_there(const struct store *store, const char *path);

/* Does what the selector at path names depend on the ExternalSecret's namespace? */
bool credential_ref_is_referent(const struct store *store, const char *path);

/* Read it; ns is the ExternalSecret's namespace.
 * Errors: those of the credential source, with the field's name in front. */
NODISCARD struct err *credential_ref_get(const struct provider_env *env, const struct store *store,
                                         const char *ns, const char *path,
                                         const struct deadline *dl, struct secret_buf **out);
