#pragma once
/* manifests.h: specs and stores from YAML text, for tests.
 *
 * Owns     results belong to the caller. A text that is no such object aborts.
 * Threads  any. */

#include "base/attr.h"
#include "fetch/provider.h"
#include "spec/spec.h"
#include "spec/store.h"

/* A whole ExternalSecret, SecretStore or ClusterSecretStore. */
struct spec *manifest_spec(const char *yaml) NODISCARD;
struct store *manifest_store(const char *yaml) NODISCARD;

/* SecretStore "stores" in namespace "app" with spec.provider being this one line of YAML, such as
 * "{fake: {data: []}}". */
struct store *manifest_provider(const char *provider) NODISCARD;

/* The same as a ClusterSecretStore "stores". */
struct store *manifest_cluster_provider(const char *provider) NODISCARD;

/* Assert that ops takes the configuration of manifest_provider(provider) (want NULL), or refuses it
 * as INVALID in exactly the words of want. */
void manifest_assert_check(const struct provider_ops *ops, const char *provider, const char *want);
