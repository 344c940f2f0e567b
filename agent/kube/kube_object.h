#pragma once
/* kube_object.h: the resources of the API server that we speak of, and the paths that name them.
 *
 * Owns     nothing; targets borrow their texts for the call.
 * Threads  any.
 * Source   Kubernetes API concepts, "Resource URIs". */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str_buf.h"

#define KUBE_NAME_MAX 253
#define KUBE_PATH_MAX 7168
#define KUBE_API_VERSION_SIZE 64 /* "external-secrets.io/v1beta1" */

struct kube_resource {
    const char *group; /* "" is the core group */
    const char
        *versions[3]; /* newest first, NULL ends; of several, the newest served one is used */
    const char *plural;
    const char *kind;
    bool is_namespaced;
};

extern const struct kube_resource kube_secrets;
extern const struct kube_resource kube_config_maps;
extern const struct kube_resource kube_namespaces;
extern const struct kube_resource kube_events_resource;
extern const struct kube_resource kube_leases_resource;
extern const struct kube_resource kube_access_reviews;
extern const struct kube_resource kube_external_secrets;
extern const struct kube_resource kube_secret_stores;
extern const struct kube_resource kube_cluster_secret_stores;
extern const struct kube_resource kube_cluster_external_secrets;
extern const struct kube_resource kube_push_secrets;

/* An object, a collection, or a subresource. */
struct kube_target {
    const struct kube_resource *resource;
    const char *ns;          /* NULL or "": cluster scope, or all namespaces */
    const char *name;        /* NULL: the collection */
    const char *subresource; /* NULL: none */
    const char *query;       /* NULL, or parameters without '?', as kube_query_add makes them */
};

/* Append the path of t in version, each name escaped, query included.
 * Errors: INVALID (a name that is empty, too long, "." or ".."; path over KUBE_PATH_MAX). */
NODISCARD struct err *kube_path(const struct kube_target *t, const char *version,
                                struct str_buf *out);

/* Append "&name=value" (no '&' at the start), the value escaped. */
void kube_query_add(struct str_buf *query, const char *name, const char *value);

/* What apiVersion says: "v1" or "group/version". */
void kube_api_version(const struct kube_resource *r, const char *version,
                      char out[KUBE_API_VERSION_SIZE]);

/* Append: secrets "db" in namespace "shop". For errors. */
void kube_target_print(const struct kube_target *t, struct str_buf *out);
