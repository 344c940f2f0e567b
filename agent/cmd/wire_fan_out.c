/* ClusterExternalSecrets are for agents that hold shards and write to the cluster that they read
 * from: what they make there is mirrored there. */

#include "cmd/wire.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metric.h"

static bool is_held(void *ctx, const char *uid)
{
    return wire_kube_is_ours(ctx, uid);
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    (void)ctx;
    metric_inc(METRIC_SOURCE_ERRORS, "kubernetes", err_class_name(err_class(e)), NULL);
    log_warn("watch.failed", LF("resource", what), LF("err", e));
}

static bool stands_back(void *ctx, const struct object_meta *object)
{
    const struct wire *w = ctx;
    return rival_stands_back(w->rival, kube_cluster_external_secrets.kind, object);
}

static void let_go(void *ctx, const char *name)
{
    const struct wire *w = ctx;
    rival_forget(w->rival, kube_cluster_external_secrets.kind, name);
}

void wire_fan_out_new(struct wire *w, struct kube_client *kube)
{
    if (w->config->fan_out == CONFIG_FAN_OUT_OFF || w->config->mirror_place != CONFIG_KUBERNETES)
        return;
    w->fan_out = fan_out_new(&(struct fan_out_options){.kube = kube,
                                                       .status = &w->status,
                                                       .is_ours = is_held,
                                                       .stands_back = stands_back,
                                                       .let_go = let_go,
                                                       .failed = on_failed,
                                                       .ctx = w,
                                                       .random = wire_random});
}

void wire_fan_out_start(struct wire *w)
{
    if (w->fan_out)
        fan_out_start(w->fan_out);
}

void wire_fan_out_update(struct wire *w, size_t n_held)
{
    if (w->fan_out)
        fan_out_update(w->fan_out, n_held);
}

static void one_row(void *ctx, const char *name, const char *message)
{
    struct str_buf *out = ctx;
    ops_page_cell(out, "");
    ops_page_cell(out, name);
    ops_page_cell(out, kube_cluster_external_secrets.kind);
    ops_page_cell(out, message);
    ops_page_row_end(out);
}

void wire_fan_out_rows(const struct wire *w, struct str_buf *out)
{
    if (w->fan_out)
        fan_out_each_failing(w->fan_out, one_row, out);
}

void wire_fan_out_stop(struct wire *w)
{
    if (w->fan_out)
        fan_out_stop(w->fan_out);
}

void wire_fan_out_free(struct wire *w)
{
    fan_out_free(TAKE(w->fan_out));
}
