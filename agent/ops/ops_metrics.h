#pragma once
/* ops_metrics.h: /metrics: the registry as text, after the gauges that are read, not counted.
 *
 * Owns     an ops_metrics owns its list.
 * Threads  new and add from main, before it is served; callbacks run on the listener's thread.
 * Source   Prometheus text exposition format 0.0.4 and its process_* names. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/str_buf.h"
#include "ops/ops_http.h"

#define OPS_REFRESH_MAX 16

/* Set gauges to what is true now (metric_set). Must not block. */
typedef void ops_refresh_fn(void *ctx);

struct ops_metrics;

/* Empty list; notes the time of start for lockstep_start_time_seconds. */
struct ops_metrics *ops_metrics_new(const struct clock *clock) NODISCARD;
void ops_metrics_free(struct ops_metrics *m);
CLEANUP_DEFINE(ops_metrics)

/* Call fn before each print, in the order of adding. At most OPS_REFRESH_MAX. */
void ops_metrics_add(struct ops_metrics *m, ops_refresh_fn *fn, void *ctx);

/* Refresh all and append the text. */
void ops_metrics_print(struct ops_metrics *m, struct str_buf *out);

/* Handler for /metrics; ctx is the struct ops_metrics. */
ops_handler_fn ops_metrics_serve;
