#pragma once
/* field_path.h: a path to a field of a target that is no Secret: "spec.receivers[0].name".
 *
 * Owns     a field_path owns its names.
 * Threads  as spec.h.
 * Source   External Secrets 2.9: target.template.templateFrom[].target of a manifest. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

#define FIELD_PATH_STEPS_MAX 64
#define FIELD_PATH_INDEX_MAX 10000

struct field_step {
    char *name;   /* of a map's member; NULL: an element of a list */
    size_t index; /* of the element, at most FIELD_PATH_INDEX_MAX */
};

struct field_path {
    struct field_step *steps; /* n, at least 1; the first one is a name */
    size_t n;
};

/* Names are divided by dots, as they are written; any number of "[index]" may follow one.
 * Errors: INVALID (says what is wrong with the path, which is no secret). */
NODISCARD struct err *field_path_parse(const char *text, struct field_path **out);
void field_path_free(struct field_path *p);
CLEANUP_DEFINE(field_path)
