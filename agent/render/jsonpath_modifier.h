#pragma once
/* jsonpath_modifier.h: the "@name" steps of a gjson path: text in, text out.
 *
 * Part of jsonpath.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   gjson 1.18, SYNTAX.md "Modifiers". */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "render/jsonpath_path.h"

/* Append what modifier `name` with argument arg makes of json to out, an empty buffer.
 * Errors: INVALID (name is not supported; nested too deep), INTERNAL (arena). */
NODISCARD struct err *jsonpath_modifier_apply(struct span name, struct span arg,
                                              struct secret_view json, struct secret_buf *out);

/* Take the modifier at the start of path: its name and argument; path goes on behind them.
 * False if path starts with no modifier that gjson knows. */
bool jsonpath_modifier_take(struct span *path, struct span *name, struct span *arg);
