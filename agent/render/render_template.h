#pragma once
/* render_template.h: spec.target.template over the data of a spec.
 *
 * Part of render.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets 2.9: target.template, engine v2. */

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "render/render.h"
#include "render/render_manifest.h"
#include "spec/output_set.h"
#include "spec/spec.h"
#include "spec/value_set.h"

/* Render spec->tmpl, which is there, into out: keys, labels and annotations.
 *   data     keys to secret_buf; read alone
 *   values   for its texts
 *   options  may be NULL
 *   manifest gets the keys too, and fields; NULL where the target is a Secret
 * Errors: as render_run. */
NODISCARD struct err *render_template_run(const struct spec *spec, const struct map *data,
                                          const struct value_set *values,
                                          const struct render_options *options,
                                          struct render_manifest *manifest, struct output_set *out);
