#pragma once
/* spec.h: what an ExternalSecret asks for, whatever dialect it was written in.
 *
 * A spec is an immutable snapshot: parsers build it, spec_store hands out references, every stage
 * reads it. What the manifest asks for and Lockstep cannot do is kept in `problem`, so that the
 * object gets a condition instead of silence.
 *
 * Owns     a spec owns its texts; spec_ref/spec_unref share it.
 * Threads  references may be held by any thread.
 * Source   external-secrets.io/v1 ExternalSecret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "spec/spec_policy.h"
#include "spec/spec_source.h"
#include "spec/spec_template.h"

#define SPEC_NAME_MAX 253
#define SPEC_KIND_MAX 63
#define SPEC_REFRESH_DEFAULT_NS (3600LL * 1000000000LL)

/* What managedFields call the writer of a status: the user agent's name, up to the slash. */
#define SPEC_MANAGER_THEIRS "external-secrets"
#define SPEC_MANAGER_OURS "lockstep"

/* Type of the condition that says that an object is left to External Secrets. */
#define SPEC_STANDING_BACK "lockstep.dev/StandingBack"

/* What External Secrets puts on every ExternalSecret and takes off when it has been deleted. */
#define SPEC_FINALIZER "externalsecrets.external-secrets.io/externalsecret-cleanup"

/* What every API object has. Texts may be "" but not NULL; maps may be empty but not NULL. */
struct object_meta {
    char *ns;
    char *name;
    char *uid;
    char *resource_version; /* opaque */
    int64_t generation;
    bool is_deleting; /* deletionTimestamp is set */
    struct map *labels;
    struct map *annotations;
    struct json *finalizers; /* a list of texts; never NULL */
    /* When External Secrets and when Lockstep last wrote its status; 0: never. */
    int64_t status_theirs_unix_s;
    int64_t status_ours_unix_s;
};

/* Fill from `metadata` of obj; absent members become "" or empty. */
void object_meta_init(struct object_meta *m, const struct json *obj);
void object_meta_done(struct object_meta *m);

/* Does m have that finalizer? A list of all the others, which the caller frees. */
bool object_meta_has_finalizer(const struct object_meta *m, const char *name);
struct json *object_meta_other_finalizers(const struct object_meta *m, const char *name) NODISCARD;

/* A name that the API server accepts for objects of our kinds, Secrets and namespaces: 1 to
 * SPEC_NAME_MAX lower-case letters, digits, "-" and ".", with a letter or digit at both ends.
 * Source: RFC 1123 as Kubernetes reads it. */
bool object_name_is_valid(const char *name);

/* Last status of the object as its source knew it; zero values when there is none. */
struct spec_status {
    char *synced_resource_version; /* may be NULL */
    int64_t refresh_unix_s;        /* 0: never */
    char *ready_status;            /* "True", "False" or NULL */
    char *ready_reason;
    char *ready_message;
    char *capabilities; /* of a store, or NULL */
    int64_t ready_transition_unix_s;
    bool is_standing_back; /* condition SPEC_STANDING_BACK is true */
};

struct spec {
    struct object_meta meta;
    enum spec_refresh refresh;
    int64_t refresh_interval_ns; /* <= 0: once */
    struct sync_windows windows;
    char *target_name; /* never empty */
    enum spec_creation creation;
    enum spec_deletion deletion;
    bool is_immutable;
    struct spec_template *tmpl; /* NULL: none */
    char *manifest_api_version; /* of target.manifest; NULL: a Secret */
    char *manifest_kind;
    struct spec_data *data; /* n_data, in list order */
    size_t n_data;
    struct spec_source *sources; /* n_sources of dataFrom, in list order */
    size_t n_sources;
    char *problem; /* NULL, or "spec.dataFrom[0].sourceRef.generatorRef is not supported" */
    struct spec_status status;
};

/* Parse an ExternalSecret of v1 or v1beta1. Never fails: what is wrong or unsupported ends up in
 * problem; an object without a name gives NULL. */
struct spec *spec_parse(const struct json *obj) NODISCARD;

struct spec *spec_ref(const struct spec *s) NODISCARD;
void spec_unref(struct spec *s);
static inline void spec_free(struct spec *s)
{
    spec_unref(s);
}
CLEANUP_DEFINE(spec)

/* Namespace of the store that an entry of s names: that of s, or "" for a ClusterSecretStore. */
const char *spec_store_ref_ns(const struct spec *s, const struct store_ref *ref);

/* Call fn for the store of each entry that names one, in list order, until one call gives true.
 * True: so it did. A store comes once for each entry that takes from it. */
typedef bool spec_store_fn(void *ctx, const struct spec *s, const struct store_ref *ref);
bool spec_each_store(const struct spec *s, spec_store_fn *fn, void *ctx);
/* Does spec.target.manifest say what the target is? */
bool spec_is_generic(const struct spec *s);

/* Is the target a Secret, with or without a manifest that says so? */
bool spec_targets_secret(const struct spec *s);

/* "Secret", or what the manifest says. Borrowed. */
const char *spec_target_kind(const struct spec *s);

/* External Secrets' status.syncedResourceVersion of s: "<generation>-<sha3-224 of its labels and
 * annotations>". Caller frees. */
char *spec_synced_resource_version(const struct spec *s) NODISCARD;

/* Value of External Secrets' created-by label: SHA3-224 of "namespace/name". Caller frees. */
char *spec_owner_hash(const struct spec *s) NODISCARD;
