/* Counters are counted where things happen; gauges that mirror somebody's state are set here, right
 * before they are read, so that nobody has to remember to update them. */

#include "ops/ops_metrics.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "base/secret_buf.h"
#include "ops/ops_process.h"

struct refresh {
    ops_refresh_fn *fn;
    void *ctx;
};

struct ops_metrics {
    struct refresh refreshes[OPS_REFRESH_MAX]; /* n of them */
    size_t n;
};

static void refresh_secret_memory(void *ctx)
{
    struct secret_arena_state arena = secret_arena_state();
    (void)ctx;
    metric_set(METRIC_SECRET_MEMORY_BYTES, (double)arena.mapped_bytes, "mapped", NULL, NULL);
    metric_set(METRIC_SECRET_MEMORY_BYTES, (double)arena.used_bytes, "used", NULL, NULL);
    metric_set(METRIC_SECRET_MEMORY_LOCKED, arena.is_locked ? 1 : 0, NULL, NULL, NULL);
}

struct ops_metrics *ops_metrics_new(const struct clock *clock)
{
    struct ops_metrics *m = xcalloc(1, sizeof(*m));
    metric_set(METRIC_START_TIME, (double)clock_unix_s(clock), NULL, NULL, NULL);
    ops_metrics_add(m, refresh_secret_memory, NULL);
    return m;
}

void ops_metrics_free(struct ops_metrics *m)
{
    free(m);
}

void ops_metrics_add(struct ops_metrics *m, ops_refresh_fn *fn, void *ctx)
{
    assert(m->n < OPS_REFRESH_MAX);
    m->refreshes[m->n++] = (struct refresh){.fn = fn, .ctx = ctx};
}

void ops_metrics_print(struct ops_metrics *m, struct str_buf *out)
{
    for (size_t i = 0; i < m->n; i++)
        m->refreshes[i].fn(m->refreshes[i].ctx);
    metric_print(out);
    ops_process_print(out);
}

void ops_metrics_serve(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    (void)rq;
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    ops_metrics_print(ctx, &reply->body);
}
