/* Any bytes as a publish or unpublish (the first byte says which): what reaches the volumes is
 * complete and clean, and every reply has either a message or a sentence. */
#include <assert.h>
#include <string.h>

#include "base/codec.h"
#include "base/log.h"
#include "driver/csi_node.h"

static struct err *pair(struct volumes *v, const char *id, const char *path,
                        const struct deadline *dl)
{
    assert(*id && strlen(id) <= CSI_VOLUME_ID_MAX && codec_is_utf8(id, strlen(id)));
    assert(*path && strlen(path) <= CSI_PATH_MAX && codec_is_utf8(path, strlen(path)) && !v && dl);
    return NULL;
}

static struct err *publish(struct volumes *v, const struct volume_request *rq,
                           const struct deadline *dl)
{
    assert(*rq->pod_ns && *rq->pod_name && *rq->pod_uid);
    assert(rq->fs_group >= -1 && rq->fs_group < UINT32_MAX);
    return pair(v, rq->volume_id, rq->target_path, dl);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n)
{
    static const struct csi_volumes_ops ops = {publish, pair, NULL};
    const struct csi_node_options o = {NULL, &ops, "node"};
    CLEANUP(csi_node) struct csi_node *node = NULL;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    struct rpc_reply reply;
    log_set_level(LOG_LEVEL_ERROR);
    if (n == 0 || bytes[0] > 1 || csi_node_new(&o, &node))
        return 0;
    rpc_run(&csi_node_service(node).methods[bytes[0]], node, bytes + 1, n - 1, &dl, &reply);
    assert((reply.code == CSI_OK) == !reply.text && reply.code != CSI_INTERNAL);
    rpc_reply_done(&reply);
    return 0;
}
