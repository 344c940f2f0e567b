#pragma once
/* render_print.h: an output as text on stdout, and how it differs from one that was kept.
 *
 * Values are printed: that is what `lockstep render` is for.
 *
 * Owns     nothing.
 * Threads  main.
 * Source   core/v1 Secret; External Secrets: target.manifest. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "spec/output_set.h"
#include "spec/spec.h"

/* The target in YAML. A Secret's values in base64 under data, or readable under stringData where
 * they are UTF-8; another kind's content as it is. Errors: INTERNAL. */
NODISCARD struct err *render_print_object(const struct spec *spec, const struct output_set *o,
                                          bool is_readable);

/* Each value as a file of a volume would hold it, behind a line "==> KEY (N bytes) <==". */
void render_print_files(const struct output_set *o);

/* The value of one key, nothing around it. Errors: NOT_FOUND. */
NODISCARD struct err *render_print_key(const struct output_set *o, const char *key);

/* Print a line for all that is different in o from the object before ("+ data.key", "- ...",
 * "~ ..." with the lines that changed). Not counted: what a cluster adds to metadata, a status, and
 * a type that the template does not name. Errors: INVALID (base64 in before), INTERNAL. */
NODISCARD struct err *render_print_diff(const struct spec *spec, const struct output_set *o,
                                        const struct json *before, bool *out_differs);
