#pragma once
/* reconcile_spec.h: the step of one ExternalSecret, and what is remembered of it between two.
 *
 * Owns     the memory of every spec, and what was said about it last.
 * Threads  any worker; a spec's key is in one worker's hands at a time.
 * Source   docs/ARCHITECTURE.md "reconcile". */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "reconcile/reconcile.h"

#define SPEC_WISH_VERSION_SIZE 132 /* a resourceVersion of KUBE_RV_MAX bytes */

/* What triggers left for the worker. */
struct spec_wish {
    bool is_forced;                         /* do a pass even if the timer has not come */
    bool is_retry;                          /* if the last pass failed, do not wait any longer */
    char volume_revision[DIGEST_KEYED_HEX]; /* a publish wrote this */
    bool has_volume_news;
    char secret_version[SPEC_WISH_VERSION_SIZE]; /* of the mirrored Secret; "": it is gone */
    bool has_secret_news;
};

struct reconcile_spec;

/* options are borrowed. */
struct reconcile_spec *reconcile_spec_new(const struct reconcile_options *options) NODISCARD;
void reconcile_spec_free(struct reconcile_spec *r);
CLEANUP_DEFINE(reconcile_spec)

/* Look at the spec "ns/name" and do what is due. When to look again (monotonic ns), or UINT64_MAX:
 * not before something happens. */
uint64_t reconcile_spec_step(struct reconcile_spec *r, const char *ns_name,
                             const struct spec_wish *wish);

/* As reconcile_each_failing. */
void reconcile_spec_each_failing(struct reconcile_spec *r, reconcile_failing_fn *fn, void *ctx);
