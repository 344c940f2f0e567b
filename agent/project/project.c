/* What is the same in all sinks. A target of another kind lands in the clear where Secrets would
 * not, so it must be allowed by an option; the words are External Secrets'. */

#include "project/project.h"

#include "base/metric.h"

void project_count(enum project_outcome outcome)
{
    bool is_written = outcome == PROJECT_CREATED || outcome == PROJECT_CHANGED;
    if (is_written || outcome == PROJECT_UNCHANGED)
        metric_inc(METRIC_SECRET_WRITES, is_written ? "applied" : "unchanged", NULL, NULL);
}

struct err *project_check_generic(const struct spec *spec, bool allows_generic)
{
    if (allows_generic || !spec_is_generic(spec))
        return NULL;
    struct err *e = err_new(ERR_INVALID, "spec.target.manifest needs the agent's option "
                                         "--unsafe-allow-generic-targets");
    err_set_headline(e, "invalid generic target");
    return e;
}
