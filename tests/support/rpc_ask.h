#pragma once
/* rpc_ask.h: call a handler table directly, with messages, as a server would.
 *
 * Owns     results belong to the caller: rpc_reply_done, proto_wire_free.
 * Threads  any. */

#include <protobuf-c/protobuf-c.h>

#include "driver/proto_wire.h"
#include "driver/rpc.h"

/* Pack rq, find path in s, run it with a far deadline. A missing method is CSI_UNIMPLEMENTED. */
struct rpc_reply rpc_ask(const struct rpc_service *s, const char *path,
                         const ProtobufCMessage *rq) NODISCARD;

/* Decode an OK reply; aborts when it is none. */
struct proto_wire *rpc_answer(const struct rpc_reply *reply,
                              const ProtobufCMessageDescriptor *type) NODISCARD;
