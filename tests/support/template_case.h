#pragma once
/* template_case.h: one render as a line of JSON describes it, for vectors and conformance runs.
 *
 *     {"name": "k", "template": "{{ .a }}", "data": {"a": "<base64>"}, "missingkey": "error"}
 *
 * Members whose text is no UTF-8 or holds a zero byte stand under NAME64, in base64. left and right
 * are delimiters. Nothing here is a secret.
 *
 * Owns     nothing that outlives a call.
 * Threads  any. */

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret_buf.h"
#include "template/template.h"

/* Bytes of member name, or of name64 decoded; empty where neither is there.
 * Errors: INTERNAL (name64 is no base64, or the arena). */
NODISCARD struct err *template_case_bytes(const struct json *line, const char *name,
                                          struct secret_buf **out);

/* Parse the template of line. Errors as template_parse, and INTERNAL (the line itself is wrong). */
NODISCARD struct err *template_case_parse(const struct json *line, struct template **out);

/* Parse and render line over data, which is the case's own "data" or a shared one; NULL is empty.
 * Errors: INVALID (what the engine says), INTERNAL (the line itself is wrong). */
NODISCARD struct err *template_case_render(const struct json *line, const struct json *data,
                                           struct secret_buf **out);
