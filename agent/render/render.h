#pragma once
/* render.h: stage 3: from raw values to the finished keys and values of a spec.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets: dataFrom in list order, then data, later ones win. */

#include "base/attr.h"
#include "base/digest.h"
#include "spec/output_set.h"
#include "spec/spec.h"
#include "spec/value_set.h"
#include "template/template.h"

/* How templates are rendered; the same for all specs. */
struct render_options {
    const char *left, *right; /* delimiters; NULL: "{{" and "}}" */
    struct template_env env;
};

/* Render values of spec into a sealed set: gather the data, then apply the template if there is
 * one. A missing secret is skipped, and named in missing, unless deletionPolicy is Retain, then it
 * is NOT_FOUND. options may be NULL.
 *   has_data  set in any case: the data are complete, what failed is the template over them
 * Errors: NOT_FOUND (secret or property, named), INVALID (no JSON object, bad base64, bad key,
 * two keys that become one, a template that fails, too large), UNAVAILABLE
 * (memory for templates is in use by others), INTERNAL. Texts name the entry as
 * "spec.data[0] (key: db)", or the template as "spec.target.template.data.KEY". */
NODISCARD struct err *render_run(const struct spec *spec, const struct value_set *values,
                                 const struct render_options *options, const struct digest_key *key,
                                 bool *has_data, struct output_set **out);
