#pragma once
/* spec_source.h: where the values of an ExternalSecret come from: spec.data and spec.dataFrom.
 *
 * Owns     plain data; texts belong to the spec around it.
 * Threads  as spec.h.
 * Source   external-secrets.io/v1 ExternalSecret: data, dataFrom, sourceRef, rewrite. */

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

#define SPEC_ITEMS_MAX 1024
#define SPEC_REWRITES_MAX 64
#define SPEC_REMOTE_KEY_MAX 2048
#define SPEC_PATTERN_MAX 16384 /* bytes of a regular expression or a rewrite's template */

enum store_kind { STORE_NAMESPACED, STORE_CLUSTER }; /* SecretStore, ClusterSecretStore */
enum spec_conversion { CONVERSION_DEFAULT, CONVERSION_UNICODE };
enum spec_decoding { DECODING_NONE, DECODING_AUTO, DECODING_BASE64, DECODING_BASE64URL };

struct store_ref {
    enum store_kind kind;
    char *name;
};

/* What is asked of the store, and how the answer is read. Of a find there is no key, property or
 * version. */
struct remote_ref {
    char *key;      /* never empty */
    char *property; /* NULL: the whole value */
    char *version;  /* NULL: the store's newest */
    enum spec_decoding decoding;
    enum spec_conversion conversion; /* of the keys of an extract or find */
    bool wants_metadata;             /* metadataPolicy Fetch: the tags instead of the value */
    bool refuses_null_bytes;         /* nullBytePolicy Fail */
    struct store_ref store;          /* of this entry: its sourceRef.storeRef or the spec's */
};

struct spec_data {
    char *secret_key;
    struct remote_ref remote;
};

/* All secrets whose name matches, whose tags are these, below path; each may be NULL. */
struct spec_find {
    char *path;
    char *name_regexp;
    struct map *tags;
};

enum rewrite_kind { REWRITE_REGEXP, REWRITE_TRANSFORM, REWRITE_MERGE };

struct rewrite_merge {
    char *into;      /* "" unless is_json */
    char **priority; /* n_priority; later ones win */
    size_t n_priority;
    bool ignores_missing;   /* priorityPolicy IgnoreNotFound */
    bool ignores_conflicts; /* conflictPolicy Ignore */
    bool is_json;           /* strategy JSON, else Extract */
};

/* One step that changes the keys of an extract or find. */
struct spec_rewrite {
    enum rewrite_kind kind;
    char *source, *target; /* REGEXP */
    char *template;        /* TRANSFORM: over .value */
    struct rewrite_merge merge;
};

enum source_kind {
    SOURCE_EXTRACT,
    SOURCE_FIND,
    SOURCE_NOTHING, /* a storeRef and nothing to get from it: External Secrets does nothing */
};

/* One entry of dataFrom. */
struct spec_source {
    enum source_kind kind;
    struct remote_ref remote; /* of all kinds: store, decoding, conversion, null bytes */
    struct spec_find find;
    struct spec_rewrite *rewrites; /* n_rewrites, in list order */
    size_t n_rewrites;
};
