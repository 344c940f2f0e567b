#pragma once
/* render_input.h: what `lockstep render` renders: one ExternalSecret, and values in place of
 * stores.
 *
 * Owns     a render_input owns the objects that it read.
 * Threads  main.
 * Source   docs/TEMPLATES.md "Trying templates". */

#include "base/attr.h"
#include "base/err.h"
#include "spec/spec.h"
#include "spec/spec_store.h"
#include "watch/watch_dir.h"

struct render_input {
    struct spec_store *specs;
    struct watch_dir *dir; /* ConfigMaps and Secrets beside them */
    struct spec *spec;     /* the one to render */
    char *problem;         /* of the manifests; the first */
};

struct render_input_options {
    const char *file; /* manifests: a file or a folder */
    const char *data; /* YAML: remote key to value, in place of every store; NULL: none */
    const char *ns;   /* of the ExternalSecret; NULL: any */
    const char *name; /* NULL: the only one */
};

/* Read all. Stores that are not of provider fake are refused unless there is data.
 * Errors: NOT_FOUND (file; no such ExternalSecret), INVALID (manifests, data, more than one
 * ExternalSecret and no name), DENIED, INTERNAL. */
NODISCARD struct err *render_input_read(const struct render_input_options *options,
                                        struct render_input *out);
void render_input_done(struct render_input *in);
