#pragma once
/* csi_codec.h: a publish request as plain data, with everything secret taken out first.
 *
 * The kubelet sends service account tokens either among the secrets (Kubernetes 1.35 and newer) or
 * as an attribute. Both places are emptied here, before any other code sees the message.
 *
 * Owns     a struct csi_publish owns its tokens and its list; its texts are the message's.
 * Threads  one at a time.
 * Source   CSI specification v1.12.0 NodePublishVolume; Kubernetes CSIDriver
 *          serviceAccountTokenInSecrets. */

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* Prefix of the attributes that the kubelet adds to a Pod's own. */
#define CSI_KUBELET_PREFIX "csi.storage.k8s.io/"
#define CSI_KEY_TOKENS CSI_KUBELET_PREFIX "serviceAccount.tokens"
#define CSI_KEY_POD_NAME CSI_KUBELET_PREFIX "pod.name"
#define CSI_KEY_POD_NS CSI_KUBELET_PREFIX "pod.namespace"
#define CSI_KEY_POD_UID CSI_KUBELET_PREFIX "pod.uid"
#define CSI_KEY_SERVICE_ACCOUNT CSI_KUBELET_PREFIX "serviceAccount.name"
#define CSI_KEY_EPHEMERAL CSI_KUBELET_PREFIX "ephemeral"

struct csi_attribute {
    const char *key;
    const char *value;
};

struct csi_publish {
    const char *volume_id; /* texts: "" when absent, never NULL, borrowed from the message */
    const char *target_path;
    bool has_capability;
    bool is_mount; /* access type: file system; else block, or none given */
    int access_mode;
    const char *fs_type;
    const char *mount_group;
    size_t n_mount_flags;
    bool is_readonly;
    struct csi_attribute *attributes; /* n_attributes, without CSI_KEY_TOKENS */
    size_t n_attributes;
    struct secret_buf *tokens; /* JSON, audience to token; NULL: the kubelet sent none */
    size_t n_other_secrets;    /* of nodePublishSecretRef: erased, not kept */
};

/* Decode rq, a csi.v1.NodePublishVolumeRequest. Every secret value in rq is erased, also when this
 * fails. *out is valid until csi_publish_done or the end of rq.
 * Errors: INTERNAL (arena exhausted). */
NODISCARD struct err *csi_codec_publish(ProtobufCMessage *rq, struct csi_publish *out);

/* Value of an attribute, the last one when it was sent twice; NULL when absent. */
const char *csi_publish_attribute(const struct csi_publish *p, const char *key);

void csi_publish_done(struct csi_publish *p);
static inline void csi_publish_done_cleanup(struct csi_publish *p)
{
    csi_publish_done(p);
}
/* CLEANUP_CSI_PUBLISH struct csi_publish p = {0}; */
#define CLEANUP_CSI_PUBLISH __attribute__((cleanup(csi_publish_done_cleanup)))

/* Is field ("secrets") of message ("NodePublishVolumeRequest") one that decoding erases? */
bool csi_codec_is_secret_field(const char *message, const char *field);
