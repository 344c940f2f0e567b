/* Life of a call: armed (waiting for a client) -> read (the request message) -> run (here or on a
 * worker) -> sent; beside it "closed", which fires when the stream ends and tells a running handler
 * that its caller went away. The call is freed when both sent and closed have fired.
 *
 * The queue may be shut down only when no call is left: completing a call on a closed queue aborts
 * the process. The library's own shutdown notice does not wait for calls that were cancelled while
 * a worker still computes, hence the counter.
 *
 * The thread sanitizer cannot see the library's synchronisation; the two annotations say what the
 * library guarantees: starting a batch happens before its completion. */

#include "driver/rpc_call.h"

#include <assert.h>
#include <string.h>

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/support/time.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "base/secret_buf.h"

#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>
#define HANDED_OVER(tag) __tsan_release(tag)
#define TAKEN_OVER(tag) __tsan_acquire(tag)
#else
#define HANDED_OVER(tag) (void)(tag)
#define TAKEN_OVER(tag) (void)(tag)
#endif

struct rpc_call {
    struct rpc_job job; /* first: the pool hands it back */
    struct rpc_core *core;
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *request;
    struct rpc_event armed, read, closed, sent;
    int was_cancelled;     /* written by the library before closed */
    unsigned n_open;       /* of closed and sent; completion thread only */
    atomic_bool cancelled; /* set by the completion thread, read by the handler's deadline */
    const struct rpc_method *method; /* NULL: nobody offers it */
    void *ctx;
    struct deadline dl;
    uint64_t start_ns;
};

static void call_free(struct rpc_call *c)
{
    struct rpc_core *core = c->core;
    core->n_live--;
    if (c->call)
        grpc_call_unref(c->call);
    if (c->request)
        grpc_byte_buffer_destroy(c->request);
    grpc_call_details_destroy(&c->details);
    grpc_metadata_array_destroy(&c->metadata);
    free(c);
    /* One call always waits for a client, until the shutdown ends that too. */
    if (core->n_live == 0)
        core->last_ended(core->last_ended_ctx);
}

static void start(grpc_call *call, const grpc_op *ops, size_t n, struct rpc_event *tag)
{
    HANDED_OVER(tag);
    grpc_call_error e = grpc_call_start_batch(call, ops, n, tag, NULL);
    assert(e == GRPC_CALL_OK);
    (void)e;
}

static void count(const struct rpc_call *c, enum csi_code code)
{
    const char *method = c->method ? rpc_method_label(c->method) : "unknown";
    uint64_t ns = clock_mono_ns(c->core->clock) - c->start_ns;
    metric_inc(METRIC_CSI_CALLS, method, csi_status_name(code), NULL);
    metric_observe(METRIC_CSI_SECONDS, (double)ns / (double)NS_PER_S, method, NULL);
    metric_add(METRIC_CSI_IN_FLIGHT, -1, NULL, NULL, NULL);
}

/* Send the reply and free what it holds. c belongs to the completion thread afterwards. */
static void send_reply(struct rpc_call *c, struct rpc_reply *reply)
{
    grpc_op ops[3] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}};
    size_t n = 1;
    grpc_byte_buffer *message = NULL;
    grpc_slice text = grpc_slice_from_copied_string(reply->text ? reply->text : "");
    if (reply->code == CSI_OK) {
        grpc_slice body = grpc_slice_from_copied_buffer((const char *)reply->bytes, reply->n);
        message = grpc_raw_byte_buffer_create(&body, 1);
        grpc_slice_unref(body);
        ops[n++] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = message};
    }
    ops[n++] = (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
                         .data.send_status_from_server = {.status = (grpc_status_code)reply->code,
                                                          .status_details = &text}};
    count(c, reply->code);
    start(c->call, ops, n, &c->sent);
    if (message)
        grpc_byte_buffer_destroy(message);
    grpc_slice_unref(text);
    rpc_reply_done(reply);
}

static void send_code(struct rpc_call *c, enum csi_code code, const char *text)
{
    struct rpc_reply reply = {0};
    rpc_reply_code(&reply, code, text);
    send_reply(c, &reply);
}

/* The request in one piece. The library's slices may hold tokens: they are erased here, and the
 * copy by the caller. */
static grpc_slice take_request(struct rpc_call *c)
{
    grpc_byte_buffer_reader reader;
    grpc_slice all = grpc_empty_slice();
    if (grpc_byte_buffer_reader_init(&reader, c->request)) {
        all = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
    }
    grpc_slice_buffer *parts = &c->request->data.raw.slice_buffer;
    for (size_t i = 0; i < parts->count; i++)
        secret_erase(GRPC_SLICE_START_PTR(parts->slices[i]), GRPC_SLICE_LENGTH(parts->slices[i]));
    grpc_byte_buffer_destroy(c->request);
    c->request = NULL;
    return all;
}

static void run(struct rpc_call *c)
{
    struct rpc_reply reply = {0};
    grpc_slice rq = take_request(c);
    rpc_run(c->method, c->ctx, GRPC_SLICE_START_PTR(rq), GRPC_SLICE_LENGTH(rq), &c->dl, &reply);
    secret_erase(GRPC_SLICE_START_PTR(rq), GRPC_SLICE_LENGTH(rq));
    grpc_slice_unref(rq);
    send_reply(c, &reply);
}

void rpc_call_work(struct rpc_job *job)
{
    run((struct rpc_call *)job);
}

static void on_read(struct rpc_event *ev, bool is_ok)
{
    struct rpc_call *c = ev->ctx;
    if (!is_ok)
        send_code(c, CSI_CANCELLED, "the request did not arrive whole");
    else if (!c->request)
        send_code(c, CSI_INTERNAL, "the call came without a request message");
    else if (c->request->data.raw.compression != GRPC_COMPRESS_NONE)
        send_code(c, CSI_UNIMPLEMENTED, "compressed messages are not taken");
    else if (!c->method->is_slow)
        run(c);
    else if (!rpc_pool_push(c->core->pool, &c->job))
        send_code(c, CSI_RESOURCE_EXHAUSTED, "too many calls at once");
}

static void on_end(struct rpc_call *c)
{
    if (--c->n_open == 0)
        call_free(c);
}

static void on_closed(struct rpc_event *ev, bool is_ok)
{
    struct rpc_call *c = ev->ctx;
    if (!is_ok || c->was_cancelled)
        atomic_store(&c->cancelled, true);
    on_end(c);
}

static void on_sent(struct rpc_event *ev, bool is_ok)
{
    (void)is_ok; /* the peer may be gone: nothing is left to do either way */
    on_end(ev->ctx);
}

/* The client's deadline, which the library counts in its own clocks, as ours. */
static void set_deadline(struct rpc_call *c)
{
    gpr_timespec left = gpr_time_sub(c->details.deadline, gpr_now(c->details.deadline.clock_type));
    int32_t left_ms = gpr_time_to_millis(left);
    uint64_t left_ns = left_ms > 0 ? (uint64_t)left_ms * NS_PER_MS : 0;
    uint64_t ns = left_ns < c->core->call_max_ns ? left_ns : c->core->call_max_ns;
    c->dl = deadline_in(c->core->clock, ns);
    c->dl.cancelled = &c->cancelled;
}

static void on_armed(struct rpc_event *ev, bool is_ok)
{
    struct rpc_call *c = ev->ctx;
    struct rpc_core *core = c->core;
    if (!is_ok) {
        call_free(c);
        return;
    }
    /* First of all: while nothing is armed the library queues calls without a limit. */
    if (!core->is_stopping)
        rpc_call_arm(core);
    c->start_ns = clock_mono_ns(core->clock);
    c->n_open = 2;
    metric_add(METRIC_CSI_IN_FLIGHT, 1, NULL, NULL, NULL);
    grpc_op close = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                     .data.recv_close_on_server.cancelled = &c->was_cancelled};
    start(c->call, &close, 1, &c->closed);
    const char *path = (const char *)GRPC_SLICE_START_PTR(c->details.method);
    if (!rpc_find(core->services, core->n_services, path, GRPC_SLICE_LENGTH(c->details.method),
                  &c->method, &c->ctx)) {
        send_code(c, CSI_UNIMPLEMENTED, "no such method");
        return;
    }
    set_deadline(c);
    grpc_op read = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &c->request};
    start(c->call, &read, 1, &c->read);
}

void rpc_call_arm(struct rpc_core *core)
{
    struct rpc_call *c = xcalloc(1, sizeof(*c));
    c->core = core;
    c->armed = (struct rpc_event){on_armed, c};
    c->read = (struct rpc_event){on_read, c};
    c->closed = (struct rpc_event){on_closed, c};
    c->sent = (struct rpc_event){on_sent, c};
    grpc_call_details_init(&c->details);
    grpc_metadata_array_init(&c->metadata);
    core->n_live++;
    HANDED_OVER(&c->armed);
    grpc_call_error e = grpc_server_request_call(core->server, &c->call, &c->details, &c->metadata,
                                                 core->cq, core->cq, &c->armed);
    assert(e == GRPC_CALL_OK);
    (void)e;
}

void rpc_call_loop(void *arg)
{
    struct rpc_core *core = arg;
    bool is_ended = false;
    for (;;) {
        grpc_event e =
            grpc_completion_queue_next(core->cq, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
        if (e.type == GRPC_QUEUE_SHUTDOWN)
            return;
        struct rpc_event *ev = e.tag;
        TAKEN_OVER(ev);
        ev->fn(ev, e.success != 0);
        if (core->is_stopping && core->n_live == 0 && !is_ended) {
            is_ended = true;
            grpc_completion_queue_shutdown(core->cq);
        }
    }
}
