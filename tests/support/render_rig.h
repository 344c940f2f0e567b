#pragma once
/* render_rig.h: whole renders for unit tests: a spec in YAML and raw values in, text out.
 *
 * Owns     nothing that outlives a call.
 * Threads  the test thread. */

#include <stdbool.h>

#include "render/render.h"

struct render_case {
    const char *rest; /* of the spec, below "secretStoreRef: {name: main}", two blanks deep */
    const char *const *data;    /* raw values in order; NULL: the store has no such secret */
    const char *const *sources; /* the same; of a find: lines "name=value" */
    const char *const *texts;   /* of templateFrom; may be NULL where there is none */
    const struct render_options *options;
    enum property_order order;
    bool missing_is_missing;
};

/* Render c. want -1: it must print as text, one line each: "key=value" by key, "label key=value",
 * "annotation key=value", "content JSON", "missing entry"; zero bytes print as "\0". Else it must
 * fail with class want and words that begin as text does. */
void render_rig_check(const struct render_case *c, int want, const char *text);

/* The spec of rest; a problem in it fails the test. */
struct spec *render_rig_spec(const char *rest);

/* Values of c for spec; caller frees. */
struct value_set *render_rig_values(const struct render_case *c, const struct spec *spec);
