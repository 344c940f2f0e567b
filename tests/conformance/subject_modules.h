#pragma once
/* subject_modules.h: answers about one module: JSON, YAML, regular expressions, floats.
 *
 * Each takes what it needs from members "text", "pattern" and "replacement" of line, in base64, and
 * answers bytes that the oracle makes in the same way (modules.go).
 *
 * Owns     results belong to the caller.
 * Threads  one.
 * Errors   INVALID (the module refuses), INTERNAL. */

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret_buf.h"

NODISCARD struct err *subject_yaml_strings(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_yaml(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_yaml_text(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_json(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_regexp(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_floats(const struct json *line, struct secret_buf **out);
NODISCARD struct err *subject_unquote(const struct json *line, struct secret_buf **out);
