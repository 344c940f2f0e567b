#pragma once
/* kube_discovery.h: under which path the server has the objects of a kind.
 *
 * Owns     a kube_discovery owns the answers that it keeps; what it gives away is the caller's.
 * Threads  any.
 * Source   meta/v1 APIResourceList: GET /api/v1, GET /apis/GROUP/VERSION. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "kube/kube_client.h"

#define KUBE_DISCOVERY_KINDS_MAX 1000

/* A resource with texts of its own. */
struct kube_kind {
    struct kube_resource resource;
    char *group, *version, *plural, *kind;
};

void kube_kind_free(struct kube_kind *kind);
CLEANUP_DEFINE(kube_kind)

struct kube_discovery;
struct kube_discovery *kube_discovery_new(struct kube_client *k) NODISCARD; /* k is borrowed */
void kube_discovery_free(struct kube_discovery *d);
CLEANUP_DEFINE(kube_discovery)

/* The resource of kind in api_version ("v1" or "group/version", as spec.h lets them through); asked
 * once, then remembered.
 * Errors: NOT_FOUND (no such group, version or kind), INVALID (not in namespaces; a reply that is
 * no list of resources), and as kube_send. */
NODISCARD struct err *kube_discovery_find(struct kube_discovery *d, const char *api_version,
                                          const char *kind, const struct deadline *dl,
                                          struct kube_kind **out);

/* The path that was found gave 404: ask again next time. */
void kube_discovery_forget(struct kube_discovery *d, const char *api_version, const char *kind);
