/* A metric label does not take secret bytes. */
#include "base/metric.h"
#include "base/secret_buf.h"

void probe(struct secret_view value);

void probe(struct secret_view value)
{
    metric_inc(METRIC_SPECS, value.p, NULL, NULL);
}
