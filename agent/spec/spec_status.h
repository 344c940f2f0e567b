#pragma once
/* spec_status.h: reading the status of an ExternalSecret or store.
 *
 * Owns     a spec_status owns its texts.
 * Threads  one at a time.
 * Source   external-secrets.io/v1, status.conditions and status.refreshTime. */

#include "base/json.h"
#include "spec/spec.h"

/* Fill st (zeroed before) from obj's status; absent members stay zero. */
void spec_status_init(struct spec_status *st, const struct json *obj);

/* Free the condition's texts only; they are NULL afterwards. */
void spec_status_done_condition(struct spec_status *st);
void spec_status_done(struct spec_status *st);
