#pragma once
/* rewrite.h: dataFrom[].rewrite: steps that change the names of what a source gave.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   External Secrets: regexp, transform and merge; where several names become one it keeps
 *          any of them, here it is the last in the order of the old names. */

#include "base/attr.h"
#include "base/err.h"
#include "render/members.h"
#include "spec/spec_source.h"
#include "template/template.h"

#define REWRITE_NAME_MAX (64u << 10)  /* bytes of a name that a step makes */
#define REWRITE_BYTES_MAX (16u << 20) /* bytes of all names and values after a step */

/* Apply rewrites[0..n) in order; *m is replaced by the outcome. env may be NULL.
 * Errors: INVALID (a bad pattern or template, a merge of what is no JSON object, of a name that is
 * not there or of names that conflict, too large), UNAVAILABLE
 * (memory for templates is in use by others), INTERNAL. Texts name the step as
 * "rewrite[0].regexp", and keys, never values. */
NODISCARD struct err *rewrite_apply(const struct spec_rewrite *rewrites, size_t n,
                                    const struct template_env *env, struct members **m);
