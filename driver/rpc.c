/* Dispatch is a linear search: a dozen methods, one comparison each. Handlers see a decoded request
 * and fill a reply; whoever carries bytes to and fro lives elsewhere. */

#include "driver/rpc.h"

#include <string.h>

#include "base/alloc.h"
#include "driver/proto_wire.h"

bool rpc_find(const struct rpc_service *services, size_t n_services, const char *path, size_t n,
              const struct rpc_method **out_method, void **out_ctx)
{
    for (const struct rpc_service *s = services; s < services + n_services; s++) {
        for (const struct rpc_method *m = s->methods; m < s->methods + s->n; m++) {
            if (strlen(m->path) != n || memcmp(m->path, path, n) != 0)
                continue;
            *out_method = m;
            *out_ctx = s->ctx;
            return true;
        }
    }
    return false;
}

const char *rpc_method_label(const struct rpc_method *m)
{
    const char *slash = strrchr(m->path, '/');
    return slash ? slash + 1 : m->path;
}

void rpc_run(const struct rpc_method *m, void *ctx, const unsigned char *bytes, size_t n,
             const struct deadline *dl, struct rpc_reply *reply)
{
    CLEANUP(proto_wire) struct proto_wire *rq = NULL;
    *reply = (struct rpc_reply){0};
    struct err *e = proto_wire_decode(m->request, bytes, n, &rq);
    if (e) {
        rpc_reply_err(reply, e);
        return;
    }
    m->handle(ctx, proto_wire_message(rq), dl, reply);
}

void rpc_reply_err(struct rpc_reply *reply, struct err *e)
{
    if (!e)
        return;
    rpc_reply_code(reply, csi_status_of(err_class(e)), err_text(e));
    err_free(e);
}

void rpc_reply_code(struct rpc_reply *reply, enum csi_code code, const char *text)
{
    rpc_reply_done(reply);
    *reply = (struct rpc_reply){.code = code, .text = xstrdup(text)};
}

void rpc_reply_message(struct rpc_reply *reply, const ProtobufCMessage *message)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    unsigned char *bytes = xalloc(n);
    protobuf_c_message_pack(message, bytes);
    rpc_reply_done(reply);
    *reply = (struct rpc_reply){.code = CSI_OK, .bytes = bytes, .n = n};
}

void rpc_reply_done(struct rpc_reply *reply)
{
    free(reply->text);
    free(reply->bytes);
    *reply = (struct rpc_reply){0};
}
