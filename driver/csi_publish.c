/* Checks in the order in which a reader of the manifest meets them: the call, the capability, what
 * the kubelet adds, what the Pod asks for. All of them are the same class, so the order matters
 * only for which sentence the Pod's Event shows first. */

#include "driver/csi_publish.h"

#include <string.h>

#include "driver/csi_node.h"
#include "proto/csi.pb-c.h"

#define ATTRIBUTE_CLASS "secretProviderClass"

/* Group ids that chown(2) takes: the highest one means "leave as it is". */
#define GROUP_MAX 4294967294LL

/* Attributes a Pod may set itself, and where they go. */
static const struct attribute_row {
    const char *key;
    size_t offset; /* of a const char * in struct volume_request */
} attribute_rows[] = {
    {"externalSecret", offsetof(struct volume_request, external_secret)},
    {"items", offsetof(struct volume_request, items_yaml)},
    {"defaultMode", offsetof(struct volume_request, default_mode_text)},
    {"optional", offsetof(struct volume_request, optional_text)},
};

static struct err *check_call(const struct csi_publish *p)
{
    if (!*p->volume_id)
        return err_new(ERR_INVALID, "volume_id is missing");
    if (strlen(p->volume_id) > CSI_VOLUME_ID_MAX)
        return err_new(ERR_INVALID, "volume_id is over %d bytes", CSI_VOLUME_ID_MAX);
    if (!*p->target_path)
        return err_new(ERR_INVALID, "target_path is missing");
    if (strlen(p->target_path) > CSI_PATH_MAX)
        return err_new(ERR_INVALID, "target_path is over %d bytes", CSI_PATH_MAX);
    if (!p->has_capability)
        return err_new(ERR_INVALID, "volume_capability is missing");
    return NULL;
}

static bool is_access_mode_ok(int mode)
{
    return mode == CSI__V1__VOLUME_CAPABILITY__ACCESS_MODE__MODE__SINGLE_NODE_WRITER ||
           mode == CSI__V1__VOLUME_CAPABILITY__ACCESS_MODE__MODE__SINGLE_NODE_READER_ONLY ||
           mode == CSI__V1__VOLUME_CAPABILITY__ACCESS_MODE__MODE__MULTI_NODE_READER_ONLY;
}

static struct err *check_capability(const struct csi_publish *p)
{
    if (!p->is_mount)
        return err_new(ERR_INVALID, "volume_capability: only the mount access type is offered");
    if (!is_access_mode_ok(p->access_mode))
        return err_new(ERR_INVALID, "volume_capability: access mode %d is not offered",
                       p->access_mode);
    if (*p->fs_type && strcmp(p->fs_type, "tmpfs") != 0)
        return err_new(ERR_INVALID, "fsType \"%s\" is not offered: leave it out", p->fs_type);
    if (p->n_mount_flags > 0)
        return err_new(ERR_INVALID, "mount flags are not offered");
    if (!p->is_readonly)
        return err_new(
            ERR_INVALID,
            "the volume must be read-only: set `readOnly: true` under `csi:` in the Pod");
    return NULL;
}

static struct err *take_pod_info(const struct csi_publish *p, struct volume_request *out)
{
    static const struct {
        const char *key;
        size_t offset;
    } rows[] = {
        {CSI_KEY_POD_NS, offsetof(struct volume_request, pod_ns)},
        {CSI_KEY_POD_NAME, offsetof(struct volume_request, pod_name)},
        {CSI_KEY_POD_UID, offsetof(struct volume_request, pod_uid)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *value = csi_publish_attribute(p, rows[i].key);
        if (!value || !*value)
            return err_new(ERR_INVALID,
                           "attribute %s is missing: the CSIDriver object needs "
                           "`podInfoOnMount: true`",
                           rows[i].key);
        memcpy((char *)out + rows[i].offset, &value, sizeof(value));
    }
    out->service_account = csi_publish_attribute(p, CSI_KEY_SERVICE_ACCOUNT);
    const char *ephemeral = csi_publish_attribute(p, CSI_KEY_EPHEMERAL);
    if (!ephemeral || strcmp(ephemeral, "true") != 0)
        return err_new(ERR_INVALID,
                       "attribute %s is not \"true\": only ephemeral inline volumes "
                       "are offered, no persistent ones",
                       CSI_KEY_EPHEMERAL);
    return NULL;
}

static struct err *take_attribute(const struct csi_attribute *a, struct volume_request *out)
{
    if (strncmp(a->key, CSI_KUBELET_PREFIX, strlen(CSI_KUBELET_PREFIX)) == 0)
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(attribute_rows); i++) {
        if (strcmp(a->key, attribute_rows[i].key) != 0)
            continue;
        memcpy((char *)out + attribute_rows[i].offset, &a->value, sizeof(a->value));
        return NULL;
    }
    if (strcmp(a->key, ATTRIBUTE_CLASS) == 0)
        return err_new(ERR_INVALID,
                       "volume attribute \"%s\" is not supported yet: name an ExternalSecret with "
                       "\"externalSecret\"",
                       a->key);
    return err_new(ERR_INVALID,
                   "volume attribute \"%s\" is unknown: want externalSecret, items, defaultMode or "
                   "optional",
                   a->key);
}

static struct err *take_group(const char *text, struct volume_request *out)
{
    int64_t gid = 0;
    out->fs_group = -1;
    if (!*text)
        return NULL;
    for (const char *c = text; *c; c++) {
        gid = gid * 10 + (*c - '0');
        if (*c < '0' || *c > '9' || gid > GROUP_MAX)
            return err_new(ERR_INVALID, "volume_mount_group is no group id");
    }
    out->fs_group = gid;
    return NULL;
}

static struct err *take_pod_wishes(const struct csi_publish *p, struct volume_request *out)
{
    if (p->n_other_secrets > 0)
        return err_new(ERR_INVALID, "nodePublishSecretRef is not supported: remove it");
    for (size_t i = 0; i < p->n_attributes; i++) {
        struct err *e = take_attribute(&p->attributes[i], out);
        if (e)
            return e;
    }
    return take_group(p->mount_group, out);
}

struct err *csi_publish_check(const struct csi_publish *p, struct volume_request *out)
{
    struct volume_request rq = {.volume_id = p->volume_id, .target_path = p->target_path};
    struct err *e = check_call(p);
    if (!e)
        e = check_capability(p);
    if (!e)
        e = take_pod_info(p, &rq);
    if (!e)
        e = take_pod_wishes(p, &rq);
    if (!e) {
        *out = rq;
        return NULL;
    }
    const char *ns = csi_publish_attribute(p, CSI_KEY_POD_NS);
    const char *pod = csi_publish_attribute(p, CSI_KEY_POD_NAME);
    return ns && pod ? err_wrap(e, "Pod %s/%s", ns, pod) : e;
}
