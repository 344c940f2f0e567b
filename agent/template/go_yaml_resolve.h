#pragma once
/* go_yaml_resolve.h: what a YAML scalar is, by its text and tag.
 *
 * Owns     nothing; texts live in the engine's arena or are those given.
 * Threads  one at a time.
 * Source   YAML 1.1 type repository, as go-yaml v2 resolve.go reads it. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"

/* Value of a scalar: nil, bool, int64, uint64, float64 or string. tag is in full; empty: the text
 * tells. Texts of !!binary are decoded, and what is no UTF-8 in them is replaced.
 * Errors: INVALID (text and tag do not fit, a limit), UNAVAILABLE. */
NODISCARD struct err *go_yaml_resolve(struct engine *g, struct text tag, struct text t,
                                      struct datum *out);

/* Would t, written without quotes, be read as something else than text, by us or by others?
 * Errors: INVALID (a limit), UNAVAILABLE. */
NODISCARD struct err *go_yaml_needs_quotes(struct engine *g, struct text t, bool *out);

/* strconv.FormatFloat(v, 'g', -1, 32): how sigs.k8s.io/yaml turns numbers into text. */
void go_yaml_print_float32(struct text_buf *b, double v);

/* Copy of t with U+FFFD for every byte that is not part of a character; t itself where there is
 * none. Errors: as text_buf_end. */
NODISCARD struct err *go_yaml_valid_utf8(struct engine *g, struct text t, struct text *out);
