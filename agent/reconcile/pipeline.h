#pragma once
/* pipeline.h: one pass of one spec through the stages: fetch, render, project.
 *
 * Three things call it: a CSI publish (a Pod waits), a refresh timer, a change of a spec.
 *
 * Owns     nothing; borrows the fetcher, the key and the sinks.
 * Threads  any; one pass per spec at a time is the callers' affair (work_queue).
 * Source   docs/ARCHITECTURE.md "The path of the data". */

#include "base/attr.h"
#include "base/clock.h"
#include "base/digest.h"
#include "fetch/fetch.h"
#include "project/project.h"
#include "render/render.h"
#include "spec/spec.h"

#define PIPELINE_SINKS_MAX 4

struct pipeline {
    struct fetcher *fetcher;
    const struct digest_key *digest_key;
    const struct render_options *render; /* may be NULL */
};

struct pipeline_result {
    bool has_data; /* set in any case: fetched and complete; what failed comes behind that */
    bool is_stale; /* values served while their store is down */
    char revision[DIGEST_KEYED_HEX]; /* of the output that all sinks got */
    uint64_t oldest_age_ns;          /* age of the oldest value in it */
    size_t n_keys;
    enum project_outcome outcomes[PIPELINE_SINKS_MAX]; /* by sink */
    struct map *missing; /* output_set.missing; owned, NULL after a failure */
};

void pipeline_result_done(struct pipeline_result *r);
#define CLEANUP_PIPELINE_RESULT __attribute__((cleanup(pipeline_result_done)))

/* Values are fetched once, rendered once, and the same output goes to every sink in order. The
 * first sink that fails does not keep the others from their turn; its error is returned. Of *out
 * (zeroed before, pipeline_result_done afterwards) has_data alone is set on failure.
 * Errors: those of fetcher_run, render_run and the sinks; INVALID with the spec's problem. */
NODISCARD struct err *pipeline_run(const struct pipeline *p, const struct spec *spec,
                                   const struct fetch_limits *limits, struct sink *const *sinks,
                                   size_t n_sinks, const struct deadline *dl,
                                   struct pipeline_result *out);
