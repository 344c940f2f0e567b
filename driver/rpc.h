#pragma once
/* rpc.h: RPC handlers without a transport: tables of methods, requests and replies.
 *
 * The same table runs behind gRPC (rpc_server), in a unit test and in a fuzz target.
 *
 * Owns     a struct rpc_reply owns its text and bytes; tables are borrowed.
 * Threads  tables are read by any; a reply belongs to one call.
 * Source   docs/ARCHITECTURE.md "driver". */

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "driver/csi_status.h"

struct rpc_reply {
    enum csi_code code;
    char *text;           /* why not; NULL with CSI_OK */
    unsigned char *bytes; /* the packed message, n of them; NULL: an empty message */
    size_t n;
};

/* Answer one call.
 *   ctx    of the service the method belongs to
 *   rq     decoded, of the method's request type; strings may be taken out and erased in place
 *   dl     of this call, with the caller's cancellation
 *   reply  zeroed; left so, it means OK with an empty message */
typedef void rpc_handler_fn(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                            struct rpc_reply *reply);

struct rpc_method {
    const char *path; /* "/csi.v1.Node/NodeGetInfo" */
    const ProtobufCMessageDescriptor *request;
    rpc_handler_fn *handle;
    bool is_slow; /* may block: runs on a worker */
};

struct rpc_service {
    const struct rpc_method *methods; /* n of them */
    size_t n;
    void *ctx; /* handed to every handler */
};

/* Method called path[0..n) in services[0..n_services) and the context of its service; false when
 * nobody offers it. */
bool rpc_find(const struct rpc_service *services, size_t n_services, const char *path, size_t n,
              const struct rpc_method **out_method, void **out_ctx);

/* Last element of a method's path, a metric label: "NodeGetInfo". */
const char *rpc_method_label(const struct rpc_method *m);

/* Decode bytes[0..n), run the handler, and leave its answer in *reply (overwritten; the caller
 * frees it with rpc_reply_done). A request that does not decode is answered INVALID_ARGUMENT. */
void rpc_run(const struct rpc_method *m, void *ctx, const unsigned char *bytes, size_t n,
             const struct deadline *dl, struct rpc_reply *reply);

/* Answer with a failure: its class decides the code (csi_status_of). Takes e; NULL is OK. */
void rpc_reply_err(struct rpc_reply *reply, struct err *e);

/* Answer with a code of the transport's own and a sentence. */
void rpc_reply_code(struct rpc_reply *reply, enum csi_code code, const char *text);

/* Answer OK with message, which is packed here and stays the caller's. */
void rpc_reply_message(struct rpc_reply *reply, const ProtobufCMessage *message);

/* Free what the reply holds. */
void rpc_reply_done(struct rpc_reply *reply);
