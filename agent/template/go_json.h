#pragma once
/* go_json.h: JSON as Go's encoding/json reads and writes the engine's values.
 *
 * Owns     nothing; values live in the engine's arena.
 * Threads  one at a time.
 * Source   Go 1.26 encoding/json (version 1). */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"

enum go_json_flag {
    GO_JSON_ESCAPE_HTML = 1, /* <, >, & as \u003c and so on */
    GO_JSON_PRETTY = 2,      /* two spaces, as MarshalIndent(v, "", "  ") */
};

/* Append d. Errors: INVALID ("json: unsupported value: +Inf", a cycle, a limit), UNAVAILABLE. */
NODISCARD struct err *go_json_encode(struct engine *g, const struct datum *d, unsigned flags,
                                     struct text_buf *b);

/* json.Unmarshal(text, &v) with v an interface{}: numbers are float64, objects
 * map[string]interface{}, later names win. The whole text must be one document. *out is set also on
 * an INVALID error to what Go leaves in v: nil for bad syntax, the rest of the document for a
 * number out of range; after a limit it is nil. Text without escapes is borrowed from t.
 * Errors: INVALID (position, never an excerpt; a limit), UNAVAILABLE.
 */
NODISCARD struct err *go_json_decode(struct engine *g, struct text t, struct datum *out);
