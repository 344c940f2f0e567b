/* Connecting ourselves tells "nobody listens" from "the call failed", which the library folds into
 * one status after its own retries. The connected descriptor becomes a channel for one call. */

#include "driver/rpc_client.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "driver/grpc_env.h"

/* What the library needs to make one call, and what came back. */
struct exchange {
    grpc_completion_queue *cq;
    grpc_channel *channel;
    grpc_call *call;
    grpc_byte_buffer *request;
    grpc_byte_buffer *reply;
    grpc_metadata_array headers;
    grpc_metadata_array trailers;
    grpc_slice details;
    grpc_status_code status;
};

static struct err *connect_to(const char *path, int *out_fd)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(a.sun_path))
        return err_new(ERR_INVALID, "socket %s: path is over %zu bytes", path,
                       sizeof(a.sun_path) - 1);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(errno, "socket");
    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0) {
        if (errno == EACCES || errno == EPERM)
            return err_errno(errno, "connect to %s", path);
        return err_new(ERR_UNAVAILABLE, "connect to %s: %s", path, strerror(errno));
    }
    *out_fd = fd;
    fd = -1;
    return NULL;
}

static grpc_byte_buffer *pack(const ProtobufCMessage *m)
{
    grpc_slice s = grpc_slice_malloc(protobuf_c_message_get_packed_size(m));
    protobuf_c_message_pack(m, GRPC_SLICE_START_PTR(s));
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(&s, 1);
    grpc_slice_unref(s);
    return b;
}

static void exchange_open(struct exchange *x, int fd, const struct rpc_client_call *call)
{
    grpc_channel_credentials *creds = grpc_insecure_credentials_create();
    grpc_slice method = grpc_slice_from_copied_string(call->method);
    grpc_slice host = grpc_slice_from_static_string("localhost");
    gpr_timespec deadline = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos((int64_t)call->timeout_ns, GPR_TIMESPAN));
    x->channel = grpc_channel_create_from_fd("lockstep", fd, creds, NULL);
    x->cq = grpc_completion_queue_create_for_pluck(NULL);
    x->call = grpc_channel_create_call(x->channel, NULL, GRPC_PROPAGATE_DEFAULTS, x->cq, method,
                                       &host, deadline, NULL);
    x->request = pack(call->request);
    x->details = grpc_empty_slice();
    grpc_metadata_array_init(&x->headers);
    grpc_metadata_array_init(&x->trailers);
    grpc_slice_unref(method);
    grpc_channel_credentials_release(creds);
}

static void exchange_run(struct exchange *x)
{
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = x->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &x->headers},
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &x->reply},
        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
         .data.recv_status_on_client = {.trailing_metadata = &x->trailers,
                                        .status = &x->status,
                                        .status_details = &x->details}},
    };
    grpc_call_error e = grpc_call_start_batch(x->call, ops, ARRAY_SIZE(ops), x, NULL);
    assert(e == GRPC_CALL_OK);
    (void)e;
    grpc_completion_queue_pluck(x->cq, x, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
}

static void exchange_close(struct exchange *x)
{
    grpc_call_unref(x->call);
    grpc_channel_destroy(x->channel);
    grpc_completion_queue_shutdown(x->cq);
    grpc_completion_queue_destroy(x->cq);
    grpc_byte_buffer_destroy(x->request);
    if (x->reply)
        grpc_byte_buffer_destroy(x->reply);
    grpc_metadata_array_destroy(&x->headers);
    grpc_metadata_array_destroy(&x->trailers);
    grpc_slice_unref(x->details);
}

static struct err *decode(const struct exchange *x, const ProtobufCMessageDescriptor *type,
                          struct proto_wire **out)
{
    grpc_byte_buffer_reader reader;
    if (!x->reply || !grpc_byte_buffer_reader_init(&reader, x->reply))
        return err_new(ERR_INVALID, "the reply has no message");
    grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    struct err *e = proto_wire_decode(type, GRPC_SLICE_START_PTR(all), GRPC_SLICE_LENGTH(all), out);
    grpc_slice_unref(all);
    return e;
}

static struct err *exchange_result(const struct exchange *x, const struct rpc_client_call *call,
                                   struct rpc_client_reply *out)
{
    struct rpc_client_reply r = {.code = (enum csi_code)x->status};
    if (r.code == CSI_OK) {
        struct err *e = decode(x, call->reply, &r.wire);
        if (e)
            return err_wrap(e, "%s", call->method);
    }
    r.text =
        xstrndup((const char *)GRPC_SLICE_START_PTR(x->details), GRPC_SLICE_LENGTH(x->details));
    *out = r;
    return NULL;
}

struct err *rpc_client_run(const struct rpc_client_call *call, struct rpc_client_reply *out)
{
    int fd = -1;
    struct err *e = connect_to(call->socket_path, &fd);
    if (e)
        return e;
    struct exchange x = {0};
    grpc_env_open();
    exchange_open(&x, fd, call);
    exchange_run(&x);
    e = exchange_result(&x, call, out);
    exchange_close(&x);
    grpc_env_close();
    return e;
}

void rpc_client_reply_done(struct rpc_client_reply *r)
{
    free(r->text);
    proto_wire_free(r->wire);
    *r = (struct rpc_client_reply){0};
}
