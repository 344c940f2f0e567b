#pragma once
/* cluster_spec.h: what a ClusterExternalSecret asks for: the same ExternalSecret in many
 * namespaces.
 *
 * Owns     a cluster_spec owns its texts and trees.
 * Threads  one at a time.
 * Source   external-secrets.io/v1 ClusterExternalSecret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/map.h"
#include "spec/label_selector.h"
#include "spec/spec.h"

#define CLUSTER_SPEC_SELECTORS_MAX 256
#define CLUSTER_SPEC_NAMESPACES_MAX 4096
#define CLUSTER_SPEC_REFRESH_DEFAULT_NS (3600LL * 1000000000LL)

/* Annotation that every ExternalSecret takes over from its ClusterExternalSecret. */
#define CLUSTER_SPEC_FORCE_SYNC "external-secrets.io/force-sync"

struct cluster_spec {
    struct object_meta meta; /* ns is "" */
    bool is_orphaning;       /* it is being deleted, and what it made is to stay */
    char *target_name;       /* of the ExternalSecrets; never empty */
    struct json *target;     /* their spec, as it stands in the manifest */
    struct map *labels;      /* theirs, text to text */
    struct map *annotations;
    char digest[DIGEST_SHA256_HEX];    /* of target, labels and annotations */
    struct label_selector **selectors; /* n_selectors; one that matches suffices */
    size_t n_selectors;
    char **namespaces; /* n_namespaces, by name; beside the selectors */
    size_t n_namespaces;
    int64_t refresh_interval_ns; /* <= 0: no timer */
    char *problem;               /* NULL, or "spec.refreshTime: ..." */
    struct json *status;         /* as the source knew it; a map, perhaps empty */
};

/* Parse a ClusterExternalSecret of v1 or v1beta1. Never fails: what is wrong or unsupported, in the
 * ExternalSecret's spec too, ends up in problem; an object without a name gives NULL. */
struct cluster_spec *cluster_spec_parse(const struct json *obj) NODISCARD;
void cluster_spec_free(struct cluster_spec *s);
CLEANUP_DEFINE(cluster_spec)

/* Is the namespace of that name and these labels (text to text) one of those asked for? */
bool cluster_spec_selects(const struct cluster_spec *s, const char *ns, const struct map *labels);
