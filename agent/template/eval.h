#pragma once
/* eval.h: walks a parsed template over data and makes the output.
 *
 * Owns     nothing: all values live in the engine's arena.
 * Threads  one at a time; a forest is read by any.
 * Source   Go 1.26 text/template exec.go. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/parse.h"

/* Run the forest's main template with data as dot and $.
 *   missing_key_is_error  option missingkey=error
 *   out                   at most TEMPLATE_OUTPUT_MAX bytes, in the engine's arena
 * Errors: INVALID ("template: NAME:LINE:COL: executing ...", or "limit reached: ..."), UNAVAILABLE,
 * INTERNAL. */
NODISCARD struct err *eval_forest(struct engine *g, const struct forest *forest,
                                  bool missing_key_is_error, const struct datum *data,
                                  struct text *out);
