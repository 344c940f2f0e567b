#pragma once
/* push_property.h: what a secret holds after one of its properties was written or removed.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets sets a property as a path of tidwall/sjson. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_json_edit.h"
#include "fetch/provider.h"

/* All that the secret is to hold: value itself, or old (empty: there was nothing) with the property
 * in it. Errors: INVALID (the property is no path; old is not JSON), INTERNAL. */
NODISCARD struct err *push_property_set(const struct provider_push *push, struct secret_view old,
                                        struct secret_view value, struct secret_buf **out);

/* What is left of old. Without a property nothing is; where old is not JSON there is no such
 * property. Outcomes as secret_json_remove. Errors: INVALID (the property), INTERNAL. */
NODISCARD struct err *push_property_remove(const struct provider_push *push, struct secret_view old,
                                           enum secret_json_removal *removal,
                                           struct secret_buf **out);
