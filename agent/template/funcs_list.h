#pragma once
/* funcs_list.h: what the files behind the table of list functions share.
 *
 * All of these take lists of any element type and give new lists; none changes one.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   sprig 3.3 list.go, numeric.go. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/func.h"

/* What sprig's callers see of a list that is nil. */
#define FUNCS_LIST_NIL "runtime error: invalid memory address or nil pointer dereference"

/* The list that d is. Errors: INVALID: "REFUSAL KIND" for another kind, FUNCS_LIST_NIL for nil. */
NODISCARD struct err *funcs_list_of(const struct datum *d, const char *refusal,
                                    const struct list **out);

/* List of n elements to fill, charged. Errors: as list_new, and a limit. */
NODISCARD struct err *funcs_list_new(struct engine *g, enum datum_element element, size_t n,
                                     struct list **out);

/* A []interface {} that is nil. Errors: as funcs_list_new. */
NODISCARD struct err *funcs_list_nil(struct engine *g, struct datum *out);

/* funcs_list_edit.c: whole lists and parts of them. */
func_fn funcs_list_append;
func_fn funcs_list_chunk;
func_fn funcs_list_concat;
func_fn funcs_list_first;
func_fn funcs_list_initial;
func_fn funcs_list_last;
func_fn funcs_list_list;
func_fn funcs_list_prepend;
func_fn funcs_list_rest;
func_fn funcs_list_reverse;
func_fn funcs_list_slice;

/* funcs_list_find.c: what looks at the elements. */
func_fn funcs_list_compact;
func_fn funcs_list_has;
func_fn funcs_list_uniq;
func_fn funcs_list_without;

/* funcs_list_range.c: rows of numbers. */
func_fn funcs_list_seq;
func_fn funcs_list_until;
func_fn funcs_list_until_step;
