/* What all sinks that write Secrets count alike. */

#include "project/project.h"

#include "base/metric.h"

void project_count(enum project_outcome outcome)
{
    bool is_written = outcome == PROJECT_CREATED || outcome == PROJECT_CHANGED;
    if (is_written || outcome == PROJECT_UNCHANGED)
        metric_inc(METRIC_SECRET_WRITES, is_written ? "applied" : "unchanged", NULL, NULL);
}
