#pragma once
/* push_pass.h: one pass of one PushSecret: read the Secret, render the template, choose and name
 * the values, write them to the stores, remove what is not wanted any more.
 *
 * Owns     nothing; borrows the fetcher and the stores.
 * Threads  any; one pass per PushSecret at a time is the callers' affair (work_queue).
 * Source   External Secrets' PushSecret controller. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "fetch/fetch.h"
#include "reconcile/push_synced.h"
#include "render/render.h"
#include "spec/push_spec.h"
#include "spec/spec_store.h"

/* Where Secrets are read; plugged in by the composition root. Maps of key to struct secret_buf,
 * which they free; errors as kube_secret.h has them. */
struct push_source {
    struct err *(*get)(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                       struct map **out);
    /* Name to such a map. */
    struct err *(*list)(void *ctx, const char *ns, const char *label_selector,
                        const struct deadline *dl, struct map **out);
    void *ctx;
};

struct push_pass {
    struct spec_store *specs; /* where stores are looked up */
    struct fetcher *fetcher;
    struct push_source source;
    struct credential_source secrets; /* of templateFrom */
    struct credential_source config_maps;
    const struct render_options *render; /* may be NULL */
    const char *controller_class;        /* stores of another are left out; NULL: none is */
};

/* Reason of the condition after PUSH_SOURCE_DELETED. */
#define PUSH_SOURCE_DELETED_REASON "SourceDeleted"

enum push_outcome {
    PUSH_SYNCED,
    PUSH_SOURCE_DELETED, /* the Secret is gone, and what was pushed of it has been removed */
    PUSH_FOREIGN,        /* all its stores are another controller's: nothing was done */
};

struct push_result {
    enum push_outcome outcome;
    struct push_synced synced; /* what the stores have now, as far as we know */
    char *left_behind;         /* what could not be removed, its store being gone; NULL: nothing */
};

/* before  what was in stores, by the status or an earlier pass
 * out     filled in any case, and so on failure too; push_result_done it
 * Errors: those of the parts; texts begin with External Secrets' sentences. INVALID with the spec's
 * problem. */
NODISCARD struct err *push_pass_run(const struct push_pass *p, const struct push_spec *spec,
                                    const struct push_synced *before, const struct deadline *dl,
                                    struct push_result *out);

/* Remove all that is in stores: the PushSecret is being deleted. Shapes and errors as above. */
NODISCARD struct err *push_pass_remove(const struct push_pass *p, const struct push_spec *spec,
                                       const struct push_synced *before, const struct deadline *dl,
                                       struct push_result *out);

void push_result_done(struct push_result *r);
static inline void push_result_done_cleanup(struct push_result *r)
{
    push_result_done(r);
}
/* CLEANUP_PUSH_RESULT struct push_result r = {0}; */
#define CLEANUP_PUSH_RESULT __attribute__((cleanup(push_result_done_cleanup)))
