#pragma once
/* go_yaml_build.h: the values of a YAML document.
 *
 * Owns     nothing; values live in the engine's arena, texts there or in the document.
 * Threads  one at a time.
 * Source   go-yaml v2 decode.go; sigs.k8s.io/yaml. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/go_yaml_parse.h"

/* Value of root, aliases unfolded and merge keys merged; nil for a NULL root. Numbers are int64,
 * uint64 and float64 yet, infinities and NaN included; the names of maps are text. A map with a
 * name that JSON cannot have is DATUM_NONE, with the line of the name, from 1, in v.u. Errors:
 * INVALID ("yaml: ...", a limit), UNAVAILABLE. */
NODISCARD struct err *go_yaml_build(struct engine *g, struct go_yaml_node *root, struct datum *out);
