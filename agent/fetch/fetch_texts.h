#pragma once
/* fetch_texts.h: the templates that an ExternalSecret takes from ConfigMaps and Secrets.
 *
 * Owns     nothing; results belong to the value_set.
 * Threads  any.
 * Source   external-secrets.io/v1 ExternalSecret: target.template.templateFrom. */

#include "base/attr.h"
#include "fetch/provider.h"
#include "spec/spec.h"

/* Read every item of every templateFrom, in order; all live in the namespace of spec.
 *   texts  spec_template_texts(spec->tmpl) places, NULL before
 * Errors: NOT_FOUND (object or key, named), DENIED (names the rule to add), and as the sources. */
NODISCARD struct err *fetch_texts(const struct provider_env *env, const struct spec *spec,
                                  const struct deadline *dl, struct secret_buf **texts);
