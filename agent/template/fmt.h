#pragma once
/* fmt.h: printing as Go's fmt and strconv do, on the engine's values.
 *
 * All of these append; a failure sticks in the buffer (text.h). Recursion over values is charged to
 * the engine, so that a dict which contains itself ends at a limit.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go 1.26 fmt, strconv. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"

/* %v of one value: strings as they are, "<nil>" for both nils, "[a b]", "map[k:v]"; times,
 * versions and their like by their text. */
void fmt_value(struct engine *g, struct text_buf *b, const struct datum *d);

/* What an action prints: as fmt_value, with "<no value>" for nil. */
void fmt_action(struct engine *g, struct text_buf *b, const struct datum *d);

/* fmt.Sprint: a space between two operands where neither is a string. fmt.Sprintln: a space between
 * all and a newline. fmt.Sprintf: what does not fit the format is told in the text, as
 * "%!d(MISSING)".
 */
void fmt_sprint(struct engine *g, struct text_buf *b, const struct datum *args, size_t n);
void fmt_sprintln(struct engine *g, struct text_buf *b, const struct datum *args, size_t n);
void fmt_sprintf(struct engine *g, struct text_buf *b, struct text format, const struct datum *args,
                 size_t n);

/* sprig's strval, behind toString, join, cat, dict keys: strings and []byte as they are, everything
 * else as fmt_value. */
void fmt_strval(struct engine *g, struct text_buf *b, const struct datum *d);

/* The same as a finished text; a string costs no copy. Errors: as text_buf_end. */
NODISCARD struct err *fmt_strval_text(struct engine *g, const struct datum *d, struct text *out);

/* strconv.Quote, %q. */
void fmt_quote(struct text_buf *b, struct text t);

/* strconv.FormatFloat(v, verb, precision, 64); verb one of e E f F g G b x X; precision -1 means
 * the shortest that reads back. */
void fmt_float(struct text_buf *b, double v, char verb, int precision);

/* %v of a float64, verb 'g' with precision -1: "1e+06", "100000", "+Inf", "NaN". */
void fmt_float_value(struct text_buf *b, double v);
