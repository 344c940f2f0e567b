#pragma once
/* call.h: checks the arguments of a call against a signature, and makes the call.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go text/template exec.go: evalCall, evalArg, validateType. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"
#include "template/func.h"
#include "template/node.h"

/* Type letter of the i-th parameter (a method's receiver is the first); 0 past the end of a fixed
 * list. */
char call_param(const struct func *f, size_t i);

/* Right number of arguments? n are written after the name, one more is piped in where has_final; of
 * a method the receiver is not counted.
 * Errors: INVALID ("wrong number of args for upper: want 1 got 2"). */
NODISCARD struct err *call_check_count(const struct func *f, bool is_method, size_t n,
                                       bool has_final);

/* A value for a parameter of that letter. Errors: INVALID ("wrong type for value; expected string;
 * got int", "invalid value; expected string"), or of the arena. */
NODISCARD struct err *call_check_value(struct engine *g, char param, const struct datum *in,
                                       struct datum *out);

/* A constant (NIL, BOOL, NUMBER, STRING) for a parameter of that letter: it adapts, as 1.0 does to
 * int. Errors: INVALID ("expected integer; found ..."), or of the arena. */
NODISCARD struct err *call_adapt_constant(struct engine *g, char param, const struct node *constant,
                                          struct datum *out);

/* Make the call: refuses what the environment switches off, and puts "error calling NAME: " in
 * front of the function's own message, unless that tells of a limit. */
NODISCARD struct err *call_make(struct engine *g, const struct func *f, const struct datum *args,
                                size_t n, struct datum *out);
