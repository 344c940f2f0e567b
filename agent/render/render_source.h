#pragma once
/* render_source.h: from the raw values of a spec to its data: the keys and values that External
 * Secrets calls provider data.
 *
 * Part of render.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets: dataFrom in list order, then data, later ones win. */

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "spec/spec.h"
#include "spec/value_set.h"
#include "template/template.h"

/* Gather all entries of spec.
 *   env      of the templates in rewrites; may be NULL
 *   data     of value_members_new: valid keys to finished values
 *   missing  gets what the store did not have, in the words of External Secrets' event
 * Errors: as render_run. */
NODISCARD struct err *render_source_gather(const struct spec *spec, const struct value_set *values,
                                           const struct template_env *env, struct map *data,
                                           struct map *missing);
