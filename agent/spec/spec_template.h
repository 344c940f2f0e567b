#pragma once
/* spec_template.h: spec.target.template of an ExternalSecret.
 *
 * Owns     a spec_template owns its texts.
 * Threads  as spec.h.
 * Source   external-secrets.io/v1 ExternalSecret: target.template. */

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/map.h"
#include "spec/field_path.h"
#include "spec/spec_source.h"

#define SPEC_FROM_MAX 256            /* entries of templateFrom, and items of one */
#define SPEC_TEMPLATE_MAX (1u << 20) /* bytes of one template */
#define SPEC_TARGET_MAX 1024         /* bytes of an entry's target */

enum from_kind { FROM_CONFIG_MAP, FROM_SECRET, FROM_LITERAL };

/* Where the outcome of an entry goes. */
enum from_target { TARGET_DATA, TARGET_LABELS, TARGET_ANNOTATIONS, TARGET_FIELD };

struct from_item {
    char *key;
    bool is_keys_and_values; /* templateAs */
};

/* One source of one entry: an entry with a configMap and a secret and a literal becomes three, in
 * this order, as External Secrets runs them. */
struct template_from {
    enum from_kind kind;
    char *name;              /* of the ConfigMap or Secret */
    struct from_item *items; /* n_items */
    size_t n_items;
    char *literal;
    enum from_target target;
    char *field;                 /* TARGET_FIELD: "spec.slack.url", a target that is no Secret */
    struct field_path *path;     /* the same, read; NULL unless TARGET_FIELD */
    enum spec_decoding decoding; /* valuesDecodingStrategy */
    size_t index;                /* in templateFrom, for messages */
};

struct spec_template {
    char *type;                       /* NULL: as it is, or Opaque */
    bool is_merge;                    /* mergePolicy Merge: provider's data stay beside */
    struct map *labels, *annotations; /* text to template; never NULL */
    char **finalizers;                /* n_finalizers */
    size_t n_finalizers;
    struct map *data;           /* key to template; never NULL */
    struct template_from *from; /* n_from */
    size_t n_from;
};

/* Parse spec.target.template (not NULL); problems as spec_parse. */
struct spec_template *spec_template_parse(const struct json *tmpl, bool is_generic,
                                          char **problem) NODISCARD;
void spec_template_free(struct spec_template *t);

/* Is a Secret of that type refused? Such a one gives rights that no store gave. */
bool spec_type_is_refused(const char *type);

/* Number of texts that from[] names in ConfigMaps and Secrets: all their items. */
size_t spec_template_texts(const struct spec_template *t);
