/* Each handler is decode, validate, act, reply. What may block is marked slow in the table and runs
 * on a worker; what the kubelet asks before every operation is answered on the spot. */

#include "driver/csi_node.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "driver/csi_codec.h"
#include "driver/csi_publish.h"
#include "proto/csi.pb-c.h"

#define NODE_NAME_MAX 256

struct csi_node {
    struct volumes *volumes;
    const struct csi_volumes_ops *ops;
    char *node_name;
};

struct err *csi_node_new(const struct csi_node_options *o, struct csi_node **out)
{
    size_t n = strlen(o->node_name);
    if (n == 0 || n > NODE_NAME_MAX)
        return err_new(ERR_INVALID, "node name: want 1 to %d bytes, got %zu", NODE_NAME_MAX, n);
    struct csi_node *node = xcalloc(1, sizeof(*node));
    node->volumes = o->volumes;
    node->ops = o->ops;
    node->node_name = xstrdup(o->node_name);
    *out = node;
    return NULL;
}

static const char *text_or(const char *s, const char *fallback)
{
    return s ? s : fallback;
}

static struct err *publish(const struct csi_node *n, const struct csi_publish *p,
                           const struct deadline *dl)
{
    struct volume_request rq;
    struct err *e = csi_publish_check(p, &rq);
    return e ? e : n->ops->publish(n->volumes, &rq, dl);
}

static void node_publish_volume(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                                struct rpc_reply *reply)
{
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    struct err *e = csi_codec_publish(rq, &p);
    if (!e)
        e = publish(ctx, &p, dl);
    if (e)
        log_warn("csi.publish.failed", LF("namespace", csi_publish_attribute(&p, CSI_KEY_POD_NS)),
                 LF("pod", csi_publish_attribute(&p, CSI_KEY_POD_NAME)),
                 LF("volume", text_or(p.volume_id, "")), LF("err", e));
    rpc_reply_err(reply, e);
}

/* CSI's limits for the two texts that name a published volume. */
static struct err *check_pair(const char *volume_id, const char *path_field, const char *path)
{
    if (!*volume_id)
        return err_new(ERR_INVALID, "volume_id is missing");
    if (strlen(volume_id) > CSI_VOLUME_ID_MAX)
        return err_new(ERR_INVALID, "volume_id is over %d bytes", CSI_VOLUME_ID_MAX);
    if (!*path)
        return err_new(ERR_INVALID, "%s is missing", path_field);
    if (strlen(path) > CSI_PATH_MAX)
        return err_new(ERR_INVALID, "%s is over %d bytes", path_field, CSI_PATH_MAX);
    return NULL;
}

static void node_unpublish_volume(void *ctx, ProtobufCMessage *message, const struct deadline *dl,
                                  struct rpc_reply *reply)
{
    const struct csi_node *n = ctx;
    const Csi__V1__NodeUnpublishVolumeRequest *rq =
        (const Csi__V1__NodeUnpublishVolumeRequest *)message;
    struct err *e = check_pair(rq->volume_id, "target_path", rq->target_path);
    if (!e)
        e = n->ops->unpublish(n->volumes, rq->volume_id, rq->target_path, dl);
    if (e)
        log_warn("csi.unpublish.failed", LF("volume", rq->volume_id), LF("target", rq->target_path),
                 LF("err", e));
    rpc_reply_err(reply, e);
}

static Csi__V1__VolumeUsage usage_of(Csi__V1__VolumeUsage__Unit unit, uint64_t total, uint64_t used,
                                     uint64_t available)
{
    Csi__V1__VolumeUsage u;
    csi__v1__volume_usage__init(&u);
    u.unit = unit;
    u.total = (int64_t)total;
    u.used = (int64_t)used;
    u.available = (int64_t)available;
    return u;
}

static void reply_stats(struct rpc_reply *reply, struct volume_stats *s)
{
    Csi__V1__VolumeUsage bytes = usage_of(CSI__V1__VOLUME_USAGE__UNIT__BYTES, s->bytes_total,
                                          s->bytes_used, s->bytes_available);
    Csi__V1__VolumeUsage inodes = usage_of(CSI__V1__VOLUME_USAGE__UNIT__INODES, s->inodes_total,
                                           s->inodes_used, s->inodes_available);
    Csi__V1__VolumeUsage *usage[] = {&bytes, &inodes};
    Csi__V1__VolumeCondition condition;
    csi__v1__volume_condition__init(&condition);
    condition.abnormal = s->is_abnormal;
    condition.message = s->message;
    Csi__V1__NodeGetVolumeStatsResponse m;
    csi__v1__node_get_volume_stats_response__init(&m);
    m.usage = usage;
    m.n_usage = ARRAY_SIZE(usage);
    m.volume_condition = &condition;
    rpc_reply_message(reply, &m.base);
}

static void node_get_volume_stats(void *ctx, ProtobufCMessage *message, const struct deadline *dl,
                                  struct rpc_reply *reply)
{
    (void)dl;
    const struct csi_node *n = ctx;
    const Csi__V1__NodeGetVolumeStatsRequest *rq =
        (const Csi__V1__NodeGetVolumeStatsRequest *)message;
    struct volume_stats stats = {0};
    struct err *e = check_pair(rq->volume_id, "volume_path", rq->volume_path);
    if (!e)
        e = n->ops->stats(n->volumes, rq->volume_id, rq->volume_path, &stats);
    if (e)
        rpc_reply_err(reply, e);
    else
        reply_stats(reply, &stats);
}

static void node_get_capabilities(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                                  struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    static const Csi__V1__NodeServiceCapability__RPC__Type types[] = {
        CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__GET_VOLUME_STATS,
        CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_CONDITION,
        CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_MOUNT_GROUP,
    };
    Csi__V1__NodeServiceCapability__RPC rpcs[ARRAY_SIZE(types)];
    Csi__V1__NodeServiceCapability capabilities[ARRAY_SIZE(types)];
    Csi__V1__NodeServiceCapability *list[ARRAY_SIZE(types)];
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        csi__v1__node_service_capability__rpc__init(&rpcs[i]);
        rpcs[i].type = types[i];
        csi__v1__node_service_capability__init(&capabilities[i]);
        capabilities[i].type_case = CSI__V1__NODE_SERVICE_CAPABILITY__TYPE_RPC;
        capabilities[i].rpc = &rpcs[i];
        list[i] = &capabilities[i];
    }
    Csi__V1__NodeGetCapabilitiesResponse m;
    csi__v1__node_get_capabilities_response__init(&m);
    m.capabilities = list;
    m.n_capabilities = ARRAY_SIZE(list);
    rpc_reply_message(reply, &m.base);
}

static void node_get_info(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                          struct rpc_reply *reply)
{
    (void)rq;
    (void)dl;
    struct csi_node *n = ctx;
    Csi__V1__NodeGetInfoResponse m;
    csi__v1__node_get_info_response__init(&m);
    m.node_id = n->node_name;
    rpc_reply_message(reply, &m.base);
}

static const struct rpc_method methods[] = {
    {"/csi.v1.Node/NodePublishVolume", &csi__v1__node_publish_volume_request__descriptor,
     node_publish_volume, true},
    {"/csi.v1.Node/NodeUnpublishVolume", &csi__v1__node_unpublish_volume_request__descriptor,
     node_unpublish_volume, true},
    {"/csi.v1.Node/NodeGetVolumeStats", &csi__v1__node_get_volume_stats_request__descriptor,
     node_get_volume_stats, true},
    {"/csi.v1.Node/NodeGetCapabilities", &csi__v1__node_get_capabilities_request__descriptor,
     node_get_capabilities, false},
    {"/csi.v1.Node/NodeGetInfo", &csi__v1__node_get_info_request__descriptor, node_get_info, false},
};

struct rpc_service csi_node_service(struct csi_node *n)
{
    return (struct rpc_service){methods, ARRAY_SIZE(methods), n};
}

void csi_node_free(struct csi_node *n)
{
    if (!n)
        return;
    free(n->node_name);
    free(n);
}
