/* The program's one page: fetch, render, project, in this order and nowhere else. */

#include "reconcile/pipeline.h"

#include <string.h>

#include "spec/output_set.h"
#include "spec/value_set.h"

static struct err *project(const struct spec *spec, const struct output_set *outputs,
                           struct sink *const *sinks, size_t n_sinks, const struct deadline *dl,
                           struct pipeline_result *result)
{
    struct err *first = NULL;
    for (size_t i = 0; i < n_sinks; i++) {
        struct err *e = sinks[i]->ops->apply(sinks[i], spec, outputs, dl, &result->outcomes[i]);
        if (!e)
            continue;
        if (first)
            err_free(e);
        else
            first = e;
    }
    return first;
}

void pipeline_result_done(struct pipeline_result *r)
{
    map_free(TAKE(r->missing));
}

struct err *pipeline_run(const struct pipeline *p, const struct spec *spec,
                         const struct fetch_limits *limits, struct sink *const *sinks,
                         size_t n_sinks, const struct deadline *dl, struct pipeline_result *out)
{
    CLEANUP(value_set) struct value_set *values = NULL;
    CLEANUP(output_set) struct output_set *outputs = NULL;
    out->has_data = false;
    if (spec->problem)
        return err_new(ERR_INVALID, "%s", spec->problem);

    struct err *e = fetcher_run(p->fetcher, spec, limits, dl, &values);
    if (!e)
        e = render_run(spec, values, p->render, p->digest_key, &out->has_data, &outputs);
    if (e)
        return e;

    struct pipeline_result result = {.has_data = true,
                                     .is_stale = values->is_stale,
                                     .oldest_age_ns = values->oldest_age_ns,
                                     .n_keys = outputs->n};
    memcpy(result.revision, outputs->revision, sizeof(result.revision));
    e = project(spec, outputs, sinks, n_sinks, dl, &result);
    if (e)
        return e;
    *out = result;
    out->missing = TAKE(outputs->missing);
    return NULL;
}
