/* No transport: the request is packed into memory and handed to rpc_run. */

#include "tests/support/rpc_ask.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

struct rpc_reply rpc_ask(const struct rpc_service *s, const char *path, const ProtobufCMessage *rq)
{
    struct rpc_reply reply = {0};
    const struct rpc_method *m = NULL;
    void *ctx = NULL;
    if (!rpc_find(s, 1, path, strlen(path), &m, &ctx)) {
        rpc_reply_code(&reply, CSI_UNIMPLEMENTED, "no such method");
        return reply;
    }
    struct deadline dl = deadline_in(clock_system(), 60 * NS_PER_S);
    size_t n = protobuf_c_message_get_packed_size(rq);
    unsigned char *bytes = xalloc(n);
    protobuf_c_message_pack(rq, bytes);
    rpc_run(m, ctx, bytes, n, &dl, &reply);
    free(bytes);
    return reply;
}

struct proto_wire *rpc_answer(const struct rpc_reply *reply, const ProtobufCMessageDescriptor *type)
{
    struct proto_wire *w = NULL;
    struct err *e = reply->code == CSI_OK
                        ? proto_wire_decode(type, reply->bytes, reply->n, &w)
                        : err_new(ERR_INTERNAL, "code %d: %s", (int)reply->code, reply->text);
    if (e) {
        fprintf(stderr, "rpc_answer: %s\n", err_text(e));
        abort();
    }
    return w;
}
