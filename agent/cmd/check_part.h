#pragma once
/* check_part.h: parts that several kinds of manifests have: expressions, templates, stores.
 *
 * Owns     nothing.
 * Threads  main.
 * Source   External Secrets: rewrite, template, secretStoreRef. */

#include "cmd/check_file.h"
#include "spec/spec.h"

/* Whose parts they are; all borrowed. */
struct check_part {
    const struct check_input *in;
    const struct check_file_options *options;
    struct check_object *o;
    const char *ns;     /* where names are looked up; "": in many, so nothing is */
    const char *prefix; /* of every place: "", or "spec.externalSecretSpec: " */
};

/* Compile a regular expression; at is its place. */
void check_part_regex(const struct check_part *c, const char *at, const char *pattern);

/* Compile expressions and templates of the rewrites of the entry at. */
void check_part_rewrites(const struct check_part *c, const char *at,
                         const struct spec_rewrite *rewrites, size_t n);

/* Compile all templates of t, also those of ConfigMaps among the objects; NULL: none. */
void check_part_template(const struct check_part *c, const char *at, const struct spec_template *t);

/* Is the store among the objects, without a problem, and for c->ns? at is the entry that names it;
 * a name NULL is passed over.
 *   seen  each store is told of once */
void check_part_store(const struct check_part *c, const char *at, enum store_kind kind,
                      const char *name, struct map *seen);
