#pragma once
/* rewrite_merge.h: the step that makes one map of many JSON objects.
 *
 * Part of rewrite.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets: rewrite.merge. */

#include "base/attr.h"
#include "base/err.h"
#include "render/members.h"
#include "spec/spec_source.h"

/* Merge in, whose members move to out where they stay, into the empty out. Objects come by name,
 * then those of priority in its order; later ones win. Errors: as rewrite_apply. */
NODISCARD struct err *rewrite_merge(const struct rewrite_merge *how, struct members *in,
                                    struct members *out);
