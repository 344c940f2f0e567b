#pragma once
/* push_template.h: spec.template of a PushSecret over the data of its Secret.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets: a PushSecret's template changes the Secret in memory; keys that the
 *          template does not name stay. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "fetch/provider.h"
#include "render/render.h"
#include "spec/push_spec.h"

/* Put what spec->tmpl (may be NULL) renders into values, key to secret_buf.
 *   texts    its credentials and config_maps are where templateFrom is read; the rest unused
 *   options  may be NULL
 * Errors: as fetch_texts and render_template_run, under External Secrets' sentences. */
NODISCARD struct err *push_template_apply(const struct push_spec *spec,
                                          const struct provider_env *texts,
                                          const struct render_options *options,
                                          const struct deadline *dl, struct map *values);
