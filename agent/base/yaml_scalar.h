#pragma once
/* yaml_scalar.h: what a YAML scalar means; the part of yaml.c that knows no libyaml.
 *
 * Plain scalars: "", ~, null, Null, NULL are null; true, True, TRUE and the same of false are
 * booleans; numbers of JSON's grammar and octal ones (0400, 0o400: file modes) are numbers; all
 * else is text, yes and on included.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   YAML 1.2 section 10.3 (core schema); YAML 1.1 for 0400. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"

/* Make the value of scalar s.
 *   tag       whole tag, or NULL when the document gives none
 *   is_plain  not quoted and no block scalar; without a tag, all others are text
 * Errors: INVALID (tag not supported, such as !!binary; value does not fit its tag). */
NODISCARD struct err *yaml_scalar_resolve(const char *tag, bool is_plain, const char *s,
                                          struct json **out);

/* May a list or map carry the tag (NULL: none)? Errors: INVALID. */
NODISCARD struct err *yaml_scalar_check_container(const char *tag, enum json_kind kind);
