/* Each function packs one request, makes one call and copies the answer out of the message, so that
 * callers (sub-commands, the start-up check) see neither gRPC nor protobuf. */

#include "driver/csi_client.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "driver/rpc_client.h"
#include "proto/csi.pb-c.h"
#include "proto/pluginregistration.pb-c.h"

void csi_client_status_done(struct csi_client_status *s)
{
    free(s->text);
    *s = (struct csi_client_status){0};
}

/* Make the call; *wire is the reply with CSI_OK, else NULL. */
static struct err *call(const struct csi_client *c, const char *method,
                        const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type,
                        struct csi_client_status *status, struct proto_wire **wire)
{
    const struct rpc_client_call rpc = {c->socket_path, method, request, type, c->timeout_ns};
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = {0};
    struct err *e = rpc_client_run(&rpc, &reply);
    if (e)
        return e;
    csi_client_status_done(status);
    status->code = reply.code;
    status->text = TAKE(reply.text);
    *wire = TAKE(reply.wire);
    return NULL;
}

typedef Csi__V1__NodePublishVolumeRequest__VolumeContextEntry context_entry;

/* The generated structs want char *; nothing writes through it while packing. */
static char *unconst(const char *s)
{
    return (char *)(uintptr_t)s;
}

/* Entries and the list of pointers to them in one block; caller frees. */
static context_entry **context_of(const struct csi_client_publish *p)
{
    size_t n = p->n_attributes;
    context_entry **list = xcalloc(n + 1, sizeof(*list) + sizeof(context_entry));
    context_entry *entries = (context_entry *)(list + n + 1);
    for (size_t i = 0; i < n; i++) {
        csi__v1__node_publish_volume_request__volume_context_entry__init(&entries[i]);
        entries[i].key = unconst(p->attributes[i].key);
        entries[i].value = unconst(p->attributes[i].value);
        list[i] = &entries[i];
    }
    return list;
}

struct err *csi_client_publish(const struct csi_client *c, const struct csi_client_publish *p,
                               struct csi_client_status *status)
{
    Csi__V1__VolumeCapability__MountVolume mount;
    csi__v1__volume_capability__mount_volume__init(&mount);
    if (p->mount_group)
        mount.volume_mount_group = unconst(p->mount_group);
    Csi__V1__VolumeCapability__AccessMode mode;
    csi__v1__volume_capability__access_mode__init(&mode);
    mode.mode = CSI__V1__VOLUME_CAPABILITY__ACCESS_MODE__MODE__SINGLE_NODE_WRITER;
    Csi__V1__VolumeCapability capability;
    csi__v1__volume_capability__init(&capability);
    capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_MOUNT;
    capability.mount = &mount;
    capability.access_mode = &mode;
    Csi__V1__NodePublishVolumeRequest rq;
    csi__v1__node_publish_volume_request__init(&rq);
    rq.volume_id = unconst(p->volume_id);
    rq.target_path = unconst(p->target_path);
    rq.volume_capability = &capability;
    rq.readonly = p->is_readonly;
    rq.n_volume_context = p->n_attributes;
    rq.volume_context = context_of(p);
    CLEANUP(proto_wire) struct proto_wire *reply = NULL;
    struct err *e = call(c, "/csi.v1.Node/NodePublishVolume", &rq.base,
                         &csi__v1__node_publish_volume_response__descriptor, status, &reply);
    free(rq.volume_context);
    return e;
}

struct err *csi_client_unpublish(const struct csi_client *c, const char *volume_id,
                                 const char *target_path, struct csi_client_status *status)
{
    Csi__V1__NodeUnpublishVolumeRequest rq;
    csi__v1__node_unpublish_volume_request__init(&rq);
    rq.volume_id = unconst(volume_id);
    rq.target_path = unconst(target_path);
    CLEANUP(proto_wire) struct proto_wire *reply = NULL;
    return call(c, "/csi.v1.Node/NodeUnpublishVolume", &rq.base,
                &csi__v1__node_unpublish_volume_response__descriptor, status, &reply);
}

static void read_usage(const Csi__V1__VolumeUsage *u, struct volume_stats *s)
{
    bool is_bytes = u->unit == CSI__V1__VOLUME_USAGE__UNIT__BYTES;
    bool is_inodes = u->unit == CSI__V1__VOLUME_USAGE__UNIT__INODES;
    if (!is_bytes && !is_inodes)
        return;
    *(is_bytes ? &s->bytes_total : &s->inodes_total) = (uint64_t)u->total;
    *(is_bytes ? &s->bytes_used : &s->inodes_used) = (uint64_t)u->used;
    *(is_bytes ? &s->bytes_available : &s->inodes_available) = (uint64_t)u->available;
}

struct err *csi_client_stats(const struct csi_client *c, const char *volume_id,
                             const char *volume_path, struct volume_stats *out,
                             struct csi_client_status *status)
{
    Csi__V1__NodeGetVolumeStatsRequest rq;
    csi__v1__node_get_volume_stats_request__init(&rq);
    rq.volume_id = unconst(volume_id);
    rq.volume_path = unconst(volume_path);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/csi.v1.Node/NodeGetVolumeStats", &rq.base,
                         &csi__v1__node_get_volume_stats_response__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Csi__V1__NodeGetVolumeStatsResponse *m =
        (const Csi__V1__NodeGetVolumeStatsResponse *)proto_wire_message(wire);
    struct volume_stats s = {0};
    for (size_t i = 0; i < m->n_usage; i++)
        read_usage(m->usage[i], &s);
    if (m->volume_condition) {
        s.is_abnormal = m->volume_condition->abnormal;
        snprintf(s.message, sizeof(s.message), "%s", m->volume_condition->message);
    }
    *out = s;
    return NULL;
}

static struct err *ask_plugin_info(const struct csi_client *c, struct csi_client_info *info,
                                   struct csi_client_status *status)
{
    Csi__V1__GetPluginInfoRequest rq;
    csi__v1__get_plugin_info_request__init(&rq);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/csi.v1.Identity/GetPluginInfo", &rq.base,
                         &csi__v1__get_plugin_info_response__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Csi__V1__GetPluginInfoResponse *m =
        (const Csi__V1__GetPluginInfoResponse *)proto_wire_message(wire);
    info->driver_name = xstrdup(m->name);
    info->vendor_version = xstrdup(m->vendor_version);
    return NULL;
}

static struct err *ask_probe(const struct csi_client *c, struct csi_client_info *info,
                             struct csi_client_status *status)
{
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/csi.v1.Identity/Probe", &rq.base,
                         &csi__v1__probe_response__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Csi__V1__ProbeResponse *m = (const Csi__V1__ProbeResponse *)proto_wire_message(wire);
    info->is_ready = !m->ready || m->ready->value;
    return NULL;
}

static struct err *ask_node_info(const struct csi_client *c, struct csi_client_info *info,
                                 struct csi_client_status *status)
{
    Csi__V1__NodeGetInfoRequest rq;
    csi__v1__node_get_info_request__init(&rq);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/csi.v1.Node/NodeGetInfo", &rq.base,
                         &csi__v1__node_get_info_response__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Csi__V1__NodeGetInfoResponse *m =
        (const Csi__V1__NodeGetInfoResponse *)proto_wire_message(wire);
    info->node_id = xstrdup(m->node_id);
    return NULL;
}

static struct err *ask_capabilities(const struct csi_client *c, struct csi_client_info *info,
                                    struct csi_client_status *status)
{
    Csi__V1__NodeGetCapabilitiesRequest rq;
    csi__v1__node_get_capabilities_request__init(&rq);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/csi.v1.Node/NodeGetCapabilities", &rq.base,
                         &csi__v1__node_get_capabilities_response__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Csi__V1__NodeGetCapabilitiesResponse *m =
        (const Csi__V1__NodeGetCapabilitiesResponse *)proto_wire_message(wire);
    for (size_t i = 0; i < m->n_capabilities; i++) {
        const Csi__V1__NodeServiceCapability *cap = m->capabilities[i];
        if (cap->type_case != CSI__V1__NODE_SERVICE_CAPABILITY__TYPE_RPC)
            continue;
        int type = (int)cap->rpc->type;
        info->has_stats |= type == CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__GET_VOLUME_STATS;
        info->has_condition |=
            type == CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_CONDITION;
        info->has_group |= type == CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_MOUNT_GROUP;
    }
    return NULL;
}

struct err *csi_client_info(const struct csi_client *c, struct csi_client_info *out,
                            struct csi_client_status *status)
{
    static struct err *(*const questions[])(const struct csi_client *, struct csi_client_info *,
                                            struct csi_client_status *) = {
        ask_plugin_info, ask_probe, ask_node_info, ask_capabilities};
    struct csi_client_info info = {0};
    struct err *e = NULL;
    status->code = CSI_OK;
    for (size_t i = 0; i < ARRAY_SIZE(questions) && !e && status->code == CSI_OK; i++)
        e = questions[i](c, &info, status);
    if (e) {
        csi_client_info_done(&info);
        return e;
    }
    *out = info;
    return NULL;
}

void csi_client_info_done(struct csi_client_info *i)
{
    free(i->driver_name);
    free(i->vendor_version);
    free(i->node_id);
    *i = (struct csi_client_info){0};
}

struct err *csi_client_plugin(const struct csi_client *c, struct csi_client_plugin *out,
                              struct csi_client_status *status)
{
    Pluginregistration__InfoRequest rq;
    pluginregistration__info_request__init(&rq);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    struct err *e = call(c, "/pluginregistration.Registration/GetInfo", &rq.base,
                         &pluginregistration__plugin_info__descriptor, status, &wire);
    if (e || !wire)
        return e;
    const Pluginregistration__PluginInfo *m =
        (const Pluginregistration__PluginInfo *)proto_wire_message(wire);
    *out = (struct csi_client_plugin){xstrdup(m->type), xstrdup(m->name), xstrdup(m->endpoint)};
    return NULL;
}

void csi_client_plugin_done(struct csi_client_plugin *p)
{
    free(p->type);
    free(p->name);
    free(p->endpoint);
    *p = (struct csi_client_plugin){0};
}

struct err *csi_client_notify(const struct csi_client *c, const char *problem,
                              struct csi_client_status *status)
{
    Pluginregistration__RegistrationStatus rq;
    pluginregistration__registration_status__init(&rq);
    rq.plugin_registered = !problem;
    if (problem)
        rq.error = unconst(problem);
    CLEANUP(proto_wire) struct proto_wire *wire = NULL;
    return call(c, "/pluginregistration.Registration/NotifyRegistrationStatus", &rq.base,
                &pluginregistration__registration_status_response__descriptor, status, &wire);
}
