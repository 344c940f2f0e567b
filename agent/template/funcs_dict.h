#pragma once
/* funcs_dict.h: what the files behind the table of dict functions share.
 *
 * set, unset and the merges change a dict in place, seen by all who hold it.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   sprig 3.3 dict.go. */

#include "base/attr.h"
#include "base/err.h"
#include "template/datum.h"
#include "template/engine.h"
#include "template/func.h"

/* dict_set, charged with the entries that it may have to move. Errors: as dict_set, and a limit. */
NODISCARD struct err *funcs_dict_put(struct engine *g, struct dict *m, struct text key,
                                     struct datum value);

/* funcs_dict_merge.c */
func_fn funcs_dict_merge;
func_fn funcs_dict_merge_overwrite;
func_fn funcs_dict_must_merge;
func_fn funcs_dict_must_merge_overwrite;

/* funcs_dict_copy.c */
func_fn funcs_dict_deep_copy;
