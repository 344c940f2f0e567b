/* csi_shim AGENT_SOCKET SHIM_SOCKET: lets csi-sanity see ephemeral inline volumes as ordinary ones.
 *
 * The suite knows only volumes that a controller created. So this program stands in front of an
 * agent: Identity and Node calls are passed on, with a controller announced and `readonly` set, as
 * the kubelet sets it; the controller itself lives here and hands the parameters of CreateVolume
 * back as the volume's context. It ends with SIGTERM. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "driver/rpc_client.h"
#include "driver/rpc_server.h"
#include "proto/csi.pb-c.h"
#include "tests/integration/csi_controller.pb-c.h"

#define WORKERS 4
#define QUEUE_MAX 64

struct route {
    struct rpc_method method;
    const ProtobufCMessageDescriptor *reply; /* of a call that is passed on */
    void (*change)(ProtobufCMessage *rq);    /* before it is passed on; may be NULL */
    const char *agent_socket;
};

static void pass_on(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                    struct rpc_reply *reply)
{
    const struct route *r = ctx;
    if (r->change)
        r->change(rq);
    const struct rpc_client_call call = {r->agent_socket, r->method.path, rq, r->reply,
                                         deadline_left_ns(dl)};
    CLEANUP_RPC_REPLY struct rpc_client_reply answer = {0};
    struct err *e = rpc_client_run(&call, &answer);
    if (e)
        rpc_reply_err(reply, e);
    else if (answer.code != CSI_OK)
        rpc_reply_code(reply, answer.code, answer.text);
    else
        rpc_reply_message(reply, proto_wire_message(answer.wire));
}

static void set_readonly(ProtobufCMessage *rq)
{
    ((Csi__V1__NodePublishVolumeRequest *)rq)->readonly = true;
}

static void get_plugin_capabilities(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                                    struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    Csi__V1__PluginCapability__Service service;
    csi__v1__plugin_capability__service__init(&service);
    service.type = CSI__V1__PLUGIN_CAPABILITY__SERVICE__TYPE__CONTROLLER_SERVICE;
    Csi__V1__PluginCapability capability;
    csi__v1__plugin_capability__init(&capability);
    capability.type_case = CSI__V1__PLUGIN_CAPABILITY__TYPE_SERVICE;
    capability.service = &service;
    Csi__V1__PluginCapability *list[] = {&capability};
    Csi__V1__GetPluginCapabilitiesResponse m;
    csi__v1__get_plugin_capabilities_response__init(&m);
    m.capabilities = list;
    m.n_capabilities = 1;
    rpc_reply_message(reply, &m.base);
}

static void controller_get_capabilities(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                                        struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    Csi__V1__ControllerServiceCapability__RPC rpc;
    csi__v1__controller_service_capability__rpc__init(&rpc);
    rpc.type = CSI__V1__CONTROLLER_SERVICE_CAPABILITY__RPC__TYPE__CREATE_DELETE_VOLUME;
    Csi__V1__ControllerServiceCapability capability;
    csi__v1__controller_service_capability__init(&capability);
    capability.type_case = CSI__V1__CONTROLLER_SERVICE_CAPABILITY__TYPE_RPC;
    capability.rpc = &rpc;
    Csi__V1__ControllerServiceCapability *list[] = {&capability};
    Csi__V1__ControllerGetCapabilitiesResponse m;
    csi__v1__controller_get_capabilities_response__init(&m);
    m.capabilities = list;
    m.n_capabilities = 1;
    rpc_reply_message(reply, &m.base);
}

_Static_assert(sizeof(Csi__V1__CreateVolumeRequest__ParametersEntry) ==
                   sizeof(Csi__V1__Volume__VolumeContextEntry),
               "map entries differ");

/* The id has the form of the kubelet's for inline volumes. */
static void create_volume(void *ctx, ProtobufCMessage *message, const struct deadline *dl,
                          struct rpc_reply *reply)
{
    (void)ctx;
    (void)dl;
    const Csi__V1__CreateVolumeRequest *rq = (const Csi__V1__CreateVolumeRequest *)message;
    char hex[DIGEST_SHA256_HEX];
    digest_sha256_hex(secret_view_of(rq->name, strlen(rq->name)), hex);
    CLEANUP_STR char *id = xasprintf("csi-%s", hex);
    Csi__V1__Volume volume;
    csi__v1__volume__init(&volume);
    volume.volume_id = id;
    volume.n_volume_context = rq->n_parameters;
    Csi__V1__Volume__VolumeContextEntry *context = xcalloc(rq->n_parameters + 1, sizeof(*context));
    volume.volume_context = xcalloc(rq->n_parameters + 1, sizeof(*volume.volume_context));
    for (size_t i = 0; i < rq->n_parameters; i++) {
        csi__v1__volume__volume_context_entry__init(&context[i]);
        context[i].key = rq->parameters[i]->key;
        context[i].value = rq->parameters[i]->value;
        volume.volume_context[i] = &context[i];
    }
    Csi__V1__CreateVolumeResponse m;
    csi__v1__create_volume_response__init(&m);
    m.volume = &volume;
    rpc_reply_message(reply, &m.base);
    free(volume.volume_context);
    free(context);
}

static void delete_volume(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                          struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    (void)reply; /* OK, and nothing to say */
}

#define PASS_ON(service, name, rq, rs, change)                                                     \
    {                                                                                              \
        {"/csi.v1." service "/" name, &csi__v1__##rq##__descriptor, pass_on, true},                \
            &csi__v1__##rs##__descriptor, change, NULL                                             \
    }
#define ANSWER(service, name, rq, fn)                                                              \
    {                                                                                              \
        {"/csi.v1." service "/" name, &csi__v1__##rq##__descriptor, fn, false}, NULL, NULL, NULL   \
    }

int main(int argc, char **argv)
{
    struct route routes[] = {
        PASS_ON("Identity", "GetPluginInfo", get_plugin_info_request, get_plugin_info_response,
                NULL),
        PASS_ON("Identity", "Probe", probe_request, probe_response, NULL),
        PASS_ON("Node", "NodePublishVolume", node_publish_volume_request,
                node_publish_volume_response, set_readonly),
        PASS_ON("Node", "NodeUnpublishVolume", node_unpublish_volume_request,
                node_unpublish_volume_response, NULL),
        PASS_ON("Node", "NodeGetVolumeStats", node_get_volume_stats_request,
                node_get_volume_stats_response, NULL),
        PASS_ON("Node", "NodeGetCapabilities", node_get_capabilities_request,
                node_get_capabilities_response, NULL),
        PASS_ON("Node", "NodeGetInfo", node_get_info_request, node_get_info_response, NULL),
        ANSWER("Identity", "GetPluginCapabilities", get_plugin_capabilities_request,
               get_plugin_capabilities),
        ANSWER("Controller", "ControllerGetCapabilities", controller_get_capabilities_request,
               controller_get_capabilities),
        ANSWER("Controller", "CreateVolume", create_volume_request, create_volume),
        ANSWER("Controller", "DeleteVolume", delete_volume_request, delete_volume),
    };
    struct rpc_service services[ARRAY_SIZE(routes)];
    if (argc != 3) {
        fprintf(stderr, "usage: csi_shim AGENT_SOCKET SHIM_SOCKET\n");
        return 2;
    }
    for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
        routes[i].agent_socket = argv[1];
        services[i] = (struct rpc_service){&routes[i].method, 1, &routes[i]};
    }
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    struct rpc_server_options o = {services,  ARRAY_SIZE(services),   WORKERS,
                                   QUEUE_MAX, RPC_SERVER_CALL_MAX_NS, clock_system()};
    CLEANUP(rpc_server) struct rpc_server *server = rpc_server_new(&o);
    struct rpc_listener *listener = NULL;
    CLEANUP(err) struct err *e = rpc_server_listen(server, argv[2], &listener);
    if (e) {
        fprintf(stderr, "csi_shim: %s\n", err_text(e));
        return 1;
    }
    rpc_server_start(server);
    int got;
    sigwait(&stop, &got);
    return 0;
}
