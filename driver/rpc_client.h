#pragma once
/* rpc_client.h: one blocking unary gRPC call over a Unix socket, on a connection of its own.
 *
 * Owns     a struct rpc_client_reply owns its text and message.
 * Threads  any; nothing is shared between calls.
 * Source   gRPC core 1.51; the kubelet connects anew for every call, and so do we. */

#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/attr.h"
#include "base/err.h"
#include "driver/csi_status.h"
#include "driver/proto_wire.h"

struct rpc_client_reply {
    enum csi_code code;
    char *text;              /* why not; "" with CSI_OK */
    struct proto_wire *wire; /* the decoded message with CSI_OK, else NULL */
};

struct rpc_client_call {
    const char *socket_path;
    const char *method; /* "/csi.v1.Node/NodeGetInfo" */
    const ProtobufCMessage *request;
    const ProtobufCMessageDescriptor *reply;
    uint64_t timeout_ns;
};

/* Call and wait. A code other than OK is an answer, not an error.
 * Errors: UNAVAILABLE (nobody listens), DENIED (socket), INVALID (path, reply), INTERNAL. */
NODISCARD struct err *rpc_client_run(const struct rpc_client_call *call,
                                     struct rpc_client_reply *out);

void rpc_client_reply_done(struct rpc_client_reply *r);
static inline void rpc_client_reply_done_cleanup(struct rpc_client_reply *r)
{
    rpc_client_reply_done(r);
}
/* CLEANUP_RPC_REPLY struct rpc_client_reply r = {0}; */
#define CLEANUP_RPC_REPLY __attribute__((cleanup(rpc_client_reply_done_cleanup)))
