/* What an operator sees: is it alive, is it ready, what does it count, what does it hold. */

#include "cmd/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "cmd/cli.h"
#include "net/http_curl.h"

/* Longest step of a reconcile worker: one pass, a status and an Event, each with its own limit. */
#define STEP_MAX_NS (300 * NS_PER_S)

static bool is_registered(void *ctx, char *reason, size_t reason_size)
{
    const struct wire *w = ctx;
    if (w->driver && driver_is_registered(w->driver))
        return true;
    snprintf(reason, reason_size, "the kubelet has not registered %s yet", w->config->driver_name);
    return false;
}

static bool is_synced(void *ctx, char *reason, size_t reason_size)
{
    struct wire *w = ctx;
    if (w->config->source_place == CONFIG_KUBERNETES)
        return wire_kube_is_ready(w, reason, reason_size);
    if (spec_store_is_synced(w->specs, ORIGIN_MIRROR))
        return true;
    snprintf(reason, reason_size, "the manifest folder has not been read yet");
    return false;
}

static bool is_running(void *ctx, char *reason, size_t reason_size)
{
    const struct wire *w = ctx;
    if (!w->is_stopping)
        return true;
    snprintf(reason, reason_size, "the agent is stopping");
    return false;
}

static void refresh(void *ctx)
{
    struct wire *w = ctx;
    metric_set(METRIC_VOLUMES, (double)watch_volumes_count(w->registry), NULL, NULL, NULL);
    metric_set(METRIC_REGISTERED, w->driver && driver_is_registered(w->driver), NULL, NULL, NULL);
    struct spec_store_counts known = spec_store_counts(w->specs);
    metric_set(METRIC_SPECS, (double)known.external_secrets, "ExternalSecret", NULL, NULL);
    metric_set(METRIC_SPECS, (double)known.secret_stores, "SecretStore", NULL, NULL);
    metric_set(METRIC_SPECS, (double)known.cluster_secret_stores, "ClusterSecretStore", NULL, NULL);
}

static void facts(void *ctx, struct str_buf *out)
{
    const struct wire *w = ctx;
    if (!w->kube)
        return;
    CLEANUP_STR char *shards =
        xasprintf("%.0f", metric_value(METRIC_SHARDS_HELD, NULL, NULL, NULL));
    ops_page_cell(out, "shards held");
    ops_page_cell(out, shards);
    ops_page_row_end(out);
    double n_back = metric_value(METRIC_STANDING_BACK, NULL, NULL, NULL);
    if (n_back <= 0)
        return;
    CLEANUP_STR char *back = xasprintf("%.0f objects: it is alive (--take-over)", n_back);
    ops_page_cell(out, "left to External Secrets");
    ops_page_cell(out, back);
    ops_page_row_end(out);
}

static uint64_t age_ns(const struct wire *w, int64_t since_unix_s)
{
    int64_t age_s = clock_unix_s(w->clock) - since_unix_s;
    return age_s > 0 ? (uint64_t)age_s * NS_PER_S : 0;
}

static void volume_rows(void *ctx, struct str_buf *out)
{
    const struct wire *w = ctx;
    struct volume_record **records;
    size_t n = watch_volumes_list(w->registry, NULL, NULL, &records);
    for (size_t i = 0; i < n; i++) {
        struct volume_stats stats;
        CLEANUP(err)
        struct err *e =
            volumes_stats(w->volumes, records[i]->volume_id, records[i]->target_path, &stats);
        ops_page_cell(out, records[i]->pod_ns);
        ops_page_cell(out, records[i]->pod_name);
        ops_page_cell(out, records[i]->external_secret);
        if (!e && stats.written_unix_s)
            ops_page_cell_age(out, age_ns(w, stats.written_unix_s));
        else
            ops_page_cell(out, "");
        ops_page_cell(out, e ? err_text(e) : stats.message);
        ops_page_row_end(out);
        volume_record_free(records[i]);
    }
    free(records);
}

static void failing_row(struct str_buf *out, const char *ns_name, const char *reason,
                        const char *message)
{
    const char *slash = strchr(ns_name, '/');
    CLEANUP_STR char *ns = xstrndup(ns_name, (size_t)(slash - ns_name));
    ops_page_cell(out, ns);
    ops_page_cell(out, slash + 1);
    ops_page_cell(out, reason);
    ops_page_cell(out, message);
    ops_page_row_end(out);
}

static void spec_row(void *ctx, const char *ns_name, const char *message)
{
    failing_row(ctx, ns_name, "SecretSyncedError", message);
}

static void push_row(void *ctx, const char *ns_name, const char *message)
{
    failing_row(ctx, ns_name, "PushSecret", message);
}

static void spec_rows(void *ctx, struct str_buf *out)
{
    struct wire *w = ctx;
    reconcile_each_failing(w->reconcile, spec_row, out);
    wire_fan_out_rows(w, out);
    wire_push_each_failing(w, push_row, out);
}

static const struct ops_page_source rows = {facts, volume_rows, spec_rows};

static void make_routes(struct wire *w)
{
    w->routes[0] = (struct ops_route){"/healthz", ops_health_serve_alive, w->health};
    w->routes[1] = (struct ops_route){"/livez", ops_health_serve_alive, w->health};
    w->routes[2] = (struct ops_route){"/readyz", ops_health_serve_ready, w->health};
    w->routes[3] = (struct ops_route){"/metrics", ops_metrics_serve, w->metrics};
    w->routes[4] = (struct ops_route){"/", ops_page_serve, w->page};
}

/* Before any worker runs. All workers share one name; a step may take a pass and its report. */
void wire_ops_new(struct wire *w)
{
    w->health = ops_health_new(w->clock);
    for (int64_t i = 0; i < w->config->workers; i++)
        w->heartbeats[i] = ops_health_register(w->health, "reconcile", STEP_MAX_NS);
}

void wire_ops_working(void *ctx, unsigned worker, bool is_working)
{
    const struct wire *w = ctx;
    if (is_working)
        ops_health_beat(w->heartbeats[worker]);
    else
        ops_health_rest(w->heartbeats[worker]);
}

struct err *wire_ops_start(struct wire *w)
{
    w->metrics = ops_metrics_new(w->clock);
    ops_health_condition(w->health, "running", is_running, w);
    ops_health_condition(w->health, "registered", is_registered, w);
    ops_health_condition(w->health, "synced", is_synced, w);
    ops_metrics_add(w->metrics, refresh, w);
    struct ops_page_options page = {
        .version = version_text(),
        .commit = version_commit(),
        .node_name = w->config->node_name,
        .source = w->config->source,
        .mirror = w->config->mirror,
        .health = w->health,
        .clock = w->clock,
        .rows = &rows,
        .rows_ctx = w,
    };
    w->page = ops_page_new(&page);
    make_routes(w);
    metric_set(METRIC_BUILD_INFO, 1, version_text(), version_commit(), http_curl_library());
    if (!w->config->admin)
        return NULL;
    struct ops_address address;
    struct err *e = ops_address_parse(w->config->admin, &address);
    if (!e)
        e = ops_http_start(&address, w->routes, WIRE_ROUTES, &w->ops);
    return e ? err_wrap(e, "--admin=%s", w->config->admin) : NULL;
}

void wire_ops_stop(struct wire *w)
{
    ops_http_free(TAKE(w->ops));
    ops_page_free(TAKE(w->page));
    ops_metrics_free(TAKE(w->metrics));
}
