#pragma once
/* field_check.h: find what a manifest asks for and we do not know, so that nothing is ignored.
 *
 * Owns     nothing; results belong to the caller.
 * Threads  any. */

#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"

/* One member that is understood. */
struct field_rule {
    const char *name;
    const char *only_value; /* NULL: any value; else the one text that is understood */
};

/* First member of map that no rule names: "spec.targt is not supported, did you mean target?"; or
 * one whose text is not the understood one: "spec.policy \"OnChange\" is not
 * supported"; or "spec.target must be a map" of anything else. What is null counts as absent. NULL
 * when all is well. Caller frees. */
char *field_check(const struct json *map, const char *at, const struct field_rule *rules,
                  size_t n) NODISCARD;

/* Number of the text at name among n choices. Absent gives fallback; anything else sets *problem
 * (kept if set already) to a text that lists them, and gives fallback. */
int field_choice(const struct json *map, const char *at, const char *name,
                 const char *const *choices, size_t n, int fallback, char **problem);

/* Non-empty text at name, copied; NULL and *problem "at.name is missing" when there is none. */
char *field_required(const struct json *map, const char *at, const char *name, char **problem);

/* Text at name, copied; NULL when absent, null or empty. *problem "at.name must be a text" when it
 * is something else: a number's text is not what its author wrote. */
char *field_optional(const struct json *map, const char *at, const char *name, char **problem);

/* Set *problem unless it is set; takes text. */
void field_problem(char **problem, char *text);
