#pragma once
/* go_yaml.h: YAML as sigs.k8s.io/yaml reads and writes it: go-yaml v2 with YAML 1.1 scalars, by way
 * of JSON.
 *
 * Owns     nothing; values live in the engine's arena, plain texts where the document does.
 * Threads  one at a time.
 * Source   sigs.k8s.io/yaml 1.6; yaml.org type repository 1.1. */

#include "base/attr.h"
#include "base/err.h"
#include "template/container.h"
#include "template/engine.h"

/* Collections within each other in a text, and nodes that aliases in it unfold to. */
#define GO_YAML_DEPTH_MAX 100
#define GO_YAML_ALIASED_MAX 10000

/* yaml.Marshal: keys in natural order; ends with a newline. Errors: INVALID, UNAVAILABLE. */
NODISCARD struct err *go_yaml_encode(struct engine *g, const struct datum *d, struct text_buf *b);

/* yaml.Unmarshal into a map[string]interface{}: first document, which must be a mapping (an empty
 * one gives an empty map); numbers are float64.
 * Errors: INVALID (what fromYaml gives under "Error", without values), UNAVAILABLE. */
NODISCARD struct err *go_yaml_decode_map(struct engine *g, struct text t, struct dict **out);

/* yaml.Unmarshal into a map[string]string, as KeysAndValues and literal read their output: plain
 * scalars are resolved, then printed again ("yes" is "true", 010 is "8", null is ""). A dict of
 * ELEMENT_STRING. Errors: INVALID (names the key whose value is a list or map), UNAVAILABLE. */
NODISCARD struct err *go_yaml_decode_strings(struct engine *g, struct text t, struct dict **out);

/* yaml.Unmarshal into an interface{}: any document. Errors as above. */
NODISCARD struct err *go_yaml_decode(struct engine *g, struct text t, struct datum *out);

/* The same as Kubernetes' own libraries read it: numbers without a fraction are int64 where they
 * fit. Errors as above. */
NODISCARD struct err *go_yaml_decode_object(struct engine *g, struct text t, struct datum *out);
