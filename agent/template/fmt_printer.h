#pragma once
/* fmt_printer.h: what the files fmt_*.c share: one verb with its flags, on its way to a buffer.
 *
 * Functions that return bool say false when the verb does not suit the value; then nothing has been
 * printed.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go 1.26 fmt. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/datum.h"
#include "template/engine.h"

struct fmt_printer {
    struct engine *g;
    struct text_buf *b;
    int width, precision; /* 0 where there is none */
    bool has_precision;
    bool minus, plus, sharp, space, zero;
    bool plus_v, sharp_v; /* %+v, %#v: then plus and sharp are not set */
    bool is_telling;      /* inside "%!d(...)": values are printed without their methods */
};

/* Charge n steps; false when that or anything before it has failed. */
bool fmt_printer_charge(struct fmt_printer *p, uint64_t n);

/* Print d as the operand of verb. */
void fmt_verb_print(struct fmt_printer *p, const struct datum *d, uint32_t verb);

/* "%!d(int=5)" and its like, for a verb that does not suit d. */
void fmt_verb_bad(struct fmt_printer *p, const struct datum *d, uint32_t verb);

/* A value inside another, or a value at depth 0 that has been looked at for methods. */
void fmt_verb_value(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth);

/* The fields of what is a struct in Go: a time, version or certificate. */
void fmt_struct_print(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth);

/* A pointer of that Go type. What it points to has no address that could be shown: it is 0 where
 * is_nil, else always the same number. */
bool fmt_struct_pointer(struct fmt_printer *p, const char *type, bool is_nil, uint32_t verb);

/* Pad what was printed since start to the width, counted in runes; zeros or spaces to the left go
 * in at the position at. */
void fmt_text_pad(struct fmt_printer *p, size_t start, size_t at);

/* Cut what was printed since start to the precision, then pad it. */
void fmt_text_finish(struct fmt_printer *p, size_t start);

/* A string under v, s, x, X or q. */
bool fmt_text_print(struct fmt_printer *p, struct text t, uint32_t verb);

/* An integer, negative ones as uint64_t too. */
bool fmt_number_integer(struct fmt_printer *p, uint64_t v, bool is_signed, uint32_t verb);
void fmt_number_hex(struct fmt_printer *p, uint64_t v, bool has_prefix);
bool fmt_number_float(struct fmt_printer *p, double v, uint32_t verb);
bool fmt_number_complex(struct fmt_printer *p, const struct complex128 *v, uint32_t verb);

/* Quoted text; with is_ascii everything else is escaped. A rune in single quotes. Can t stand
 * between backquotes? */
void fmt_quote_text(struct text_buf *b, struct text t, bool is_ascii);
void fmt_quote_rune(struct text_buf *b, uint32_t rune, bool is_ascii);
bool fmt_quote_can_backquote(struct text t);
