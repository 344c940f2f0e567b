#pragma once
/* funcs_text.h: what the files behind the table of text functions share.
 *
 * All of these read texts byte by byte, broken UTF-8 and zero bytes included, unless they say that
 * they go by runes.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   sprig 3.3 strings.go, functions.go; Go 1.26 strings; Masterminds/goutils 1.1.1. */

#include "base/attr.h"
#include "base/err.h"
#include "base/unicode.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/func.h"

/* What Go says of a slice expression that does not fit. */
#define FUNCS_TEXT_BOUNDS "runtime error: slice bounds out of range"

/* What Go says of repeating less than not at all. */
#define FUNCS_TEXT_NEGATIVE "strings: negative Repeat count"

/* Begin b with room for exactly size bytes, charged. NULL where there is nothing to write: size is
 * 0, or b has failed. */
unsigned char *funcs_text_room(struct engine *g, struct text_buf *b, size_t size);

/* Append rune to b; a short way for ASCII where there is room. */
static inline void funcs_text_add_rune(struct text_buf *b, uint32_t rune)
{
    if (rune < 0x80 && b->n < b->capacity && b->n < b->max)
        b->p[b->n++] = (unsigned char)rune;
    else
        text_buf_rune(b, rune);
}

/* Read the rune at t[at], which is there; the number of its bytes. */
static inline size_t funcs_text_rune(struct text t, size_t at, uint32_t *rune)
{
    *rune = t.p[at];
    return *rune < 0x80 ? 1 : unicode_decode(t.p + at, t.n - at, rune);
}

/* Write t at to; the place behind it. */
unsigned char *funcs_text_put(unsigned char *to, struct text t);

/* funcs_text_trim.c */
func_fn funcs_text_trim;
func_fn funcs_text_trim_all;
func_fn funcs_text_trim_prefix;
func_fn funcs_text_trim_suffix;

/* funcs_text_case.c: by runes; what is no UTF-8 becomes U+FFFD. */
func_fn funcs_text_lower;
func_fn funcs_text_swapcase;
func_fn funcs_text_title;
func_fn funcs_text_untitle;
func_fn funcs_text_upper;

/* funcs_text_edit.c: parts and copies. */
func_fn funcs_text_repeat;
func_fn funcs_text_replace;
func_fn funcs_text_substr;
func_fn funcs_text_trunc;

/* funcs_text_list.c: texts to lists and back. */
func_fn funcs_text_join;
func_fn funcs_text_sort_alpha;
func_fn funcs_text_split;
func_fn funcs_text_split_list;
func_fn funcs_text_splitn;
func_fn funcs_text_to_strings;

/* funcs_text_print.c: any value as text. */
func_fn funcs_text_cat;
func_fn funcs_text_quote;
func_fn funcs_text_squote;
func_fn funcs_text_to_string;
