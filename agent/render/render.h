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

/* Render values of spec into a sealed set.
 * A missing secret is skipped unless deletionPolicy is Retain, then it is NOT_FOUND.
 * Errors: NOT_FOUND (secret or property, named), INVALID (no JSON object, bad base64, bad key,
 * too large), INTERNAL. Texts name the entry as "spec.data[0] (key: db)". */
NODISCARD struct err *render_run(const struct spec *spec, const struct value_set *values,
                                 const struct digest_key *key, struct output_set **out);
