#pragma once
/* render_manifest.h: the content of a target that is no Secret, field by field.
 *
 * Part of render. Values become a tree in an arena that is erased with it.
 *
 * Owns     a render_manifest owns its tree.
 * Threads  one at a time.
 * Source   External Secrets 2.9: target.manifest, templateFrom[].target. */

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"
#include "spec/output_set.h"
#include "spec/spec.h"
#include "template/template.h"

/* Of the tree of one target, on the way to OUTPUT_TOTAL_MAX of JSON. */
#define MANIFEST_MEMORY_MAX TEMPLATE_MEMORY_MAX

struct render_manifest;

/* An empty `data` for the kinds ConfigMap and Secret, else an empty `spec`. spec is borrowed.
 * Errors: INTERNAL. */
NODISCARD struct err *render_manifest_new(const struct spec *spec, struct render_manifest **out);
void render_manifest_free(struct render_manifest *m);
CLEANUP_DEFINE(render_manifest)

/* Set one member of `data` to a text.
 * Errors: INVALID (not UTF-8; `data` is no map; limit of memory), INTERNAL. */
NODISCARD struct err *render_manifest_put(struct render_manifest *m, const char *key,
                                          struct secret_view value);

/* Set the field at path to value: what it is as YAML, unless that is a text or no YAML. The field
 * `spec` alone gets a member key instead. name is what errors call the path.
 * Errors: as above, and a path that meets no map or list where it needs one. */
NODISCARD struct err *render_manifest_set(struct render_manifest *m, const char *name,
                                          const struct field_path *path, const char *key,
                                          struct secret_view value);

/* Put a YAML document at path: members go into a map that is there already, below the top; anything
 * else takes the place of what is there. Errors: as above, and no YAML. */
NODISCARD struct err *render_manifest_merge(struct render_manifest *m, const char *name,
                                            const struct field_path *path, struct secret_view yaml);

/* Without a template: data (keys to secret_buf) as `data` of a ConfigMap or Secret, else as
 * spec.data. Errors: as above. */
NODISCARD struct err *render_manifest_fill(struct render_manifest *m, const struct map *data);

/* The finished content and its hash into out. Errors: INVALID (too large, a refused type of Secret,
 * neither `spec` nor `data`), INTERNAL. */
NODISCARD struct err *render_manifest_finish(struct render_manifest *m, struct output_set *out);
