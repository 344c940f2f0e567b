#pragma once
/* push_spec.h: what a PushSecret asks for: keys of a Secret, and the stores they are written to.
 *
 * As spec.h: an immutable snapshot. What the manifest asks for and Lockstep cannot do is kept in
 * `problem`.
 *
 * Owns     a push_spec owns its texts; push_spec_ref/push_spec_unref share it.
 * Threads  references may be held by any thread.
 * Source   external-secrets.io/v1alpha1 PushSecret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "spec/label_selector.h"
#include "spec/spec.h"

/* What External Secrets puts on a PushSecret whose deletionPolicy is Delete. */
#define PUSH_SPEC_FINALIZER "pushsecret.externalsecrets.io/finalizer"

#define PUSH_SPEC_STORES_MAX 256

/* One store, or all with labels. One of the two is there, unless the spec has a problem. */
struct push_store_ref {
    enum store_kind kind;
    char *name;                    /* NULL: by labels */
    struct label_selector *labels; /* NULL: by name */
};

/* One value and where it goes. */
struct push_entry {
    char *secret_key; /* NULL: the whole Secret as one JSON object */
    char *remote_key;
    char *property;        /* of the JSON object that the remote secret is; NULL: all of it */
    bool is_reversed;      /* conversionStrategy ReverseUnicode: of the Secret's keys */
    struct json *metadata; /* in the provider's form; NULL: none */
};

/* One entry of dataTo: all keys that match, each by itself or together as one JSON object. */
struct push_bulk {
    struct push_store_ref store;
    char *remote_key;              /* NULL: each key by itself, under its own name rewritten */
    char *match;                   /* regular expression on converted keys; NULL: all */
    struct spec_rewrite *rewrites; /* n_rewrites of kinds regexp and transform */
    size_t n_rewrites;
    bool is_reversed;
    struct json *metadata;
};

struct push_spec {
    struct object_meta meta;
    int64_t refresh_interval_ns; /* <= 0: once for each change */
    struct push_store_ref *stores;
    size_t n_stores;
    bool only_if_absent; /* updatePolicy IfNotExists */
    bool deletes;        /* deletionPolicy Delete */
    char *secret_name;   /* NULL: by labels */
    struct label_selector *secret_labels;
    struct push_entry *entries; /* n_entries of data */
    size_t n_entries;
    struct push_bulk *bulks; /* n_bulks of dataTo */
    size_t n_bulks;
    struct spec_template *tmpl; /* NULL: none; its messages say spec.target.template */
    struct json *finalizers;    /* all of the object: a list of texts, perhaps empty */
    bool has_finalizer;         /* PUSH_SPEC_FINALIZER is among them */
    char *problem;              /* NULL, or "spec.selector.generatorRef is not supported" */
    struct spec_status status;
    struct json *synced; /* status.syncedPushSecrets: "Kind/name" -> key -> entry; a map */
};

/* Parse a PushSecret. Never fails, see spec_parse; an object without a name gives NULL. */
struct push_spec *push_spec_parse(const struct json *obj) NODISCARD;

struct push_spec *push_spec_ref(const struct push_spec *s) NODISCARD;
void push_spec_unref(struct push_spec *s);
static inline void push_spec_free(struct push_spec *s)
{
    push_spec_unref(s);
}
CLEANUP_DEFINE(push_spec)

/* status.syncedResourceVersion of s, as spec_synced_resource_version. Caller frees. */
char *push_spec_version(const struct push_spec *s) NODISCARD;

/* Does ref mean the store of that kind, name and labels? */
bool push_store_ref_means(const struct push_store_ref *ref, enum store_kind kind, const char *name,
                          const struct map *labels);

/* An entry as status.syncedPushSecrets has it, and back: without a remote key it is a problem.
 *   out  zeroed before; push_entry_done it in any case */
struct json *push_entry_json(const struct push_entry *entry) NODISCARD;
void push_entry_parse(const struct json *j, const char *at, struct push_entry *out, char **problem);
void push_entry_done(struct push_entry *entry);

/* External Secrets' name of an entry inside one store: "remoteKey" or "remoteKey/property". Caller
 * frees. */
char *push_entry_key(const struct push_entry *entry) NODISCARD;
