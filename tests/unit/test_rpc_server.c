/* gRPC over real Unix sockets in a folder of the test's own: calls, limits, the end. */
#include "driver/rpc_server.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <grpc/byte_buffer.h>
#include <grpc/compression.h>
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "driver/grpc_env.h"
#include "driver/rpc_client.h"
#include "proto/csi.pb-c.h"
#include "tests/support/crowd.h"
#include "tests/support/table.h"

#define PATIENCE_NS (30 * NS_PER_S)

static char dir[32];
static char path[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test-rpc-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof(path), "%s/rpc.sock", dir);
    return 0;
}

/* Everything we made must be gone by itself, temporary names too. */
static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

static void assert_class(struct err *e, enum err_class want)
{
    assert_non_null(e);
    assert_string_equal(err_class_name(err_class(e)), err_class_name(want));
    err_free(e);
}

static int connect_raw(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

struct world {
    struct rpc_service service;
    struct rpc_server *server;
    struct rpc_listener *listener;
    struct crowd crowd;
    atomic_bool saw_the_end;  /* by the handler that waits for its deadline */
    _Atomic uint64_t left_ns; /* what a handler saw */
};

static void info(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                 struct rpc_reply *reply)
{
    struct world *w = ctx;
    (void)rq;
    atomic_store(&w->left_ns, deadline_left_ns(dl));
    char name[] = "node-1";
    Csi__V1__NodeGetInfoResponse m;
    csi__v1__node_get_info_response__init(&m);
    m.node_id = name;
    rpc_reply_message(reply, &m.base);
}

static void refuse(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                   struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    rpc_reply_err(reply, err_new(ERR_NOT_FOUND, "100%% of \"caf\xc3\xa9\" is\nmissing"));
}

/* Stays in the house until it is opened. */
static void stay(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                 struct rpc_reply *reply)
{
    struct world *w = ctx;
    (void)rq;
    (void)dl;
    (void)reply;
    crowd_enter(&w->crowd);
}

/* Stays until its deadline is over or its caller went away. */
static void linger(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                   struct rpc_reply *reply)
{
    struct world *w = ctx;
    (void)rq;
    crowd_pass(&w->crowd);
    while (!deadline_is_over(dl))
        sched_yield();
    atomic_store(&w->saw_the_end, true);
    rpc_reply_err(reply, deadline_check(dl, "linger"));
}

#define INFO "/test.Test/Info"
#define SLOW_INFO "/test.Test/SlowInfo"
#define REFUSE "/test.Test/Refuse"
#define STAY "/test.Test/Stay"
#define LINGER "/test.Test/Linger"

static const struct rpc_method methods[] = {
    {INFO, &csi__v1__get_plugin_info_response__descriptor, info, false},
    {SLOW_INFO, &csi__v1__get_plugin_info_response__descriptor, info, true},
    {REFUSE, &csi__v1__get_plugin_info_response__descriptor, refuse, false},
    {STAY, &csi__v1__get_plugin_info_response__descriptor, stay, true},
    {LINGER, &csi__v1__get_plugin_info_response__descriptor, linger, true},
};

static void open_world(struct world *w, unsigned workers, size_t queue)
{
    memset(w, 0, sizeof(*w));
    metric_reset();
    crowd_init(&w->crowd);
    w->service = (struct rpc_service){methods, ARRAY_SIZE(methods), w};
    struct rpc_server_options o = {&w->service, 1, workers, queue, 60 * NS_PER_S, clock_system()};
    w->server = rpc_server_new(&o);
    assert_null(rpc_server_listen(w->server, path, &w->listener));
    rpc_server_start(w->server);
}

static void close_world(struct world *w)
{
    crowd_open(&w->crowd);
    rpc_server_free(w->server);
    crowd_done(&w->crowd);
    assert_int_equal(access(path, F_OK), -1);
}

/* A call whose request is a text of n bytes. */
static struct rpc_client_reply ask(const char *method, size_t n, uint64_t timeout_ns)
{
    Csi__V1__GetPluginInfoResponse rq;
    csi__v1__get_plugin_info_response__init(&rq);
    CLEANUP_STR char *filler = xalloc(n + 1);
    memset(filler, 'x', n);
    filler[n] = 0;
    rq.name = filler;
    struct rpc_client_call call = {path, method, &rq.base,
                                   &csi__v1__node_get_info_response__descriptor, timeout_ns};
    struct rpc_client_reply reply = {0};
    assert_null(rpc_client_run(&call, &reply));
    return reply;
}

static void assert_info(const char *method)
{
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask(method, 10, PATIENCE_NS);
    assert_int_equal(reply.code, CSI_OK);
    assert_string_equal(reply.text, "");
    const Csi__V1__NodeGetInfoResponse *m =
        (const Csi__V1__NodeGetInfoResponse *)proto_wire_message(reply.wire);
    assert_string_equal(m->node_id, "node-1");
}

static void calls_are_answered_and_counted(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 2, 4);
    assert_info(INFO);
    assert_info(INFO);
    assert_info(SLOW_INFO);
    assert_true(metric_value(METRIC_CSI_CALLS, "Info", "OK", NULL) == 2);
    assert_true(metric_value(METRIC_CSI_CALLS, "SlowInfo", "OK", NULL) == 1);
    assert_true(metric_value(METRIC_CSI_IN_FLIGHT, NULL, NULL, NULL) == 0);
    close_world(&w);
}

static void a_refusal_carries_code_and_text(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask(REFUSE, 0, PATIENCE_NS);
    assert_int_equal(reply.code, CSI_NOT_FOUND);
    assert_string_equal(reply.text, "100% of \"caf\xc3\xa9\" is\nmissing");
    assert_null(reply.wire);
    assert_true(metric_value(METRIC_CSI_CALLS, "Refuse", "NOT_FOUND", NULL) == 1);
    close_world(&w);
}

static void an_unknown_method_is_unimplemented(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask("/test.Test/Other", 0, PATIENCE_NS);
    assert_int_equal(reply.code, CSI_UNIMPLEMENTED);
    assert_true(metric_value(METRIC_CSI_CALLS, "unknown", "UNIMPLEMENTED", NULL) == 1);
    close_world(&w);
}

static const struct size_row {
    const char *name;
    size_t n;
    enum csi_code want;
} size_rows[] = {
    {"empty", 0, CSI_OK},
    {"largest", PROTO_WIRE_BYTES_MAX - 4, CSI_OK},
    {"one byte more", PROTO_WIRE_BYTES_MAX - 3, CSI_RESOURCE_EXHAUSTED},
    {"megabytes", 4u << 20, CSI_RESOURCE_EXHAUSTED},
};

static void one_size(void **state)
{
    const struct size_row *r = *state;
    void *none = NULL;
    struct world w;
    assert_int_equal(make_dir(&none), 0);
    open_world(&w, 1, 1);
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask(SLOW_INFO, r->n, PATIENCE_NS);
    assert_int_equal(reply.code, r->want);
    close_world(&w);
    assert_int_equal(remove_dir(&none), 0);
}

static void the_sooner_deadline_counts(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    CLEANUP_RPC_REPLY struct rpc_client_reply long_call = ask(INFO, 0, 600 * NS_PER_S);
    assert_int_equal(long_call.code, CSI_OK);
    assert_in_range(atomic_load(&w.left_ns), 50 * NS_PER_S, 60 * NS_PER_S);
    CLEANUP_RPC_REPLY struct rpc_client_reply short_call = ask(INFO, 0, 20 * NS_PER_S);
    assert_int_equal(short_call.code, CSI_OK);
    assert_in_range(atomic_load(&w.left_ns), 10 * NS_PER_S, 25 * NS_PER_S);
    close_world(&w);
}

static void a_handler_sees_that_its_time_is_up(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask(LINGER, 0, 50 * NS_PER_MS);
    assert_int_equal(reply.code, CSI_DEADLINE_EXCEEDED);
    rpc_server_stop(w.server, PATIENCE_NS);
    assert_true(atomic_load(&w.saw_the_end));
    close_world(&w);
}

/* A call on a thread of its own. */
struct caller {
    const char *method;
    struct thread *thread;
    enum csi_code code;
};

static void call_in_thread(void *arg)
{
    struct caller *c = arg;
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = ask(c->method, 0, PATIENCE_NS);
    c->code = reply.code;
}

static void caller_start(struct caller *c, const char *method)
{
    *c = (struct caller){.method = method};
    c->thread = thread_start("caller", call_in_thread, c);
}

static void a_full_house_says_try_again(void **state)
{
    (void)state;
    struct world w;
    struct caller inside, one, other;
    open_world(&w, 1, 1);
    caller_start(&inside, STAY);
    crowd_wait_entered(&w.crowd, 1);
    caller_start(&one, STAY);
    caller_start(&other, STAY);
    /* One of the two waits in the queue; the other is told at once, while the house is shut. */
    while (metric_value(METRIC_CSI_CALLS, "Stay", "RESOURCE_EXHAUSTED", NULL) < 1)
        sched_yield();
    crowd_open(&w.crowd);
    thread_join(inside.thread);
    thread_join(one.thread);
    thread_join(other.thread);
    assert_int_equal(inside.code, CSI_OK);
    assert_int_equal(one.code + other.code, CSI_OK + CSI_RESOURCE_EXHAUSTED);
    close_world(&w);
}

static void fast_calls_pass_a_full_house(void **state)
{
    (void)state;
    struct world w;
    struct caller inside;
    open_world(&w, 1, 1);
    caller_start(&inside, STAY);
    crowd_wait_entered(&w.crowd, 1);
    assert_info(INFO);
    crowd_open(&w.crowd);
    thread_join(inside.thread);
    assert_int_equal(inside.code, CSI_OK);
    close_world(&w);
}

struct stopper {
    struct rpc_server *server;
    uint64_t grace_ns;
};

static void stop_in_thread(void *arg)
{
    const struct stopper *s = arg;
    rpc_server_stop(s->server, s->grace_ns);
}

static void a_stop_lets_running_calls_finish(void **state)
{
    (void)state;
    struct world w;
    struct caller inside;
    open_world(&w, 1, 1);
    caller_start(&inside, STAY);
    crowd_wait_entered(&w.crowd, 1);
    struct stopper s = {w.server, PATIENCE_NS};
    struct thread *t = thread_start("stopper", stop_in_thread, &s);
    while (access(path, F_OK) == 0)
        sched_yield();
    crowd_open(&w.crowd);
    thread_join(t);
    thread_join(inside.thread);
    assert_int_equal(inside.code, CSI_OK);
    close_world(&w);
}

static void a_stop_cancels_what_outlasts_its_grace(void **state)
{
    (void)state;
    struct world w;
    struct caller inside;
    open_world(&w, 1, 1);
    caller_start(&inside, LINGER);
    crowd_wait_entered(&w.crowd, 1);
    rpc_server_stop(w.server, 10 * NS_PER_MS);
    assert_true(atomic_load(&w.saw_the_end));
    thread_join(inside.thread);
    assert_int_equal(inside.code, CSI_UNAVAILABLE);
    close_world(&w);
}

static void a_stop_does_not_wait_for_idle_connections(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    int fd = connect_raw();
    assert_info(INFO);
    rpc_server_stop(w.server, PATIENCE_NS);
    rpc_server_stop(w.server, PATIENCE_NS);
    close_world(&w);
    close(fd);
}

static void a_server_that_never_started_ends(void **state)
{
    (void)state;
    struct rpc_server_options o = {NULL, 0, 1, 1, NS_PER_S, clock_system()};
    struct rpc_server *s = rpc_server_new(&o);
    struct rpc_listener *l = NULL;
    assert_null(rpc_server_listen(s, path, &l));
    assert_class(rpc_server_listen(s, "rpc.sock", &l), ERR_INVALID);
    rpc_server_free(s);
}

static void two_sockets_serve_the_same(void **state)
{
    (void)state;
    struct world w = {0};
    w.service = (struct rpc_service){methods, ARRAY_SIZE(methods), &w};
    struct rpc_server_options o = {&w.service, 1, 1, 1, 60 * NS_PER_S, clock_system()};
    CLEANUP(rpc_server) struct rpc_server *s = rpc_server_new(&o);
    struct rpc_listener *l = NULL;
    CLEANUP_STR char *second = xasprintf("%s/second.sock", dir);
    assert_null(rpc_server_listen(s, path, &l));
    assert_null(rpc_server_listen(s, second, &l));
    rpc_server_start(s);
    assert_info(INFO);
    strcpy(path, second);
    assert_info(INFO);
    rpc_server_stop(s, PATIENCE_NS);
}

static void a_renewed_socket_still_serves(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    bool was_gone = false;
    for (int i = 0; i < 20; i++) {
        assert_null(rpc_server_renew(w.server, w.listener));
        assert_info(INFO);
        assert_int_equal(unlink(path), 0);
        assert_null(rpc_server_check(w.server, w.listener, &was_gone));
        assert_true(was_gone);
        assert_info(INFO);
    }
    close_world(&w);
}

/* Calls that our client would not make: compressed, or without a message. */

static int connect_nonblocking(void)
{
    int fd = connect_raw();
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static grpc_status_code odd_call(bool has_message, int algorithm)
{
    static const char body[4096];
    char key[] = GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM;
    grpc_arg arg = {.type = GRPC_ARG_INTEGER, .key = key, .value.integer = algorithm};
    grpc_channel_args args = {1, &arg};
    grpc_env_open();
    grpc_channel_credentials *creds = grpc_insecure_credentials_create();
    grpc_channel *channel =
        grpc_channel_create_from_fd("test", connect_nonblocking(), creds, &args);
    grpc_completion_queue *cq = grpc_completion_queue_create_for_pluck(NULL);
    grpc_slice method = grpc_slice_from_static_string(INFO);
    grpc_slice host = grpc_slice_from_static_string("localhost");
    grpc_call *call = grpc_channel_create_call(channel, NULL, GRPC_PROPAGATE_DEFAULTS, cq, method,
                                               &host, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_slice slice = grpc_slice_from_static_buffer(body, sizeof(body));
    grpc_byte_buffer *request = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_metadata_array headers, trailers;
    grpc_metadata_array_init(&headers);
    grpc_metadata_array_init(&trailers);
    grpc_status_code code = GRPC_STATUS_UNKNOWN;
    grpc_slice details = grpc_empty_slice();
    grpc_op ops[5] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &headers},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
         .data.recv_status_on_client = {.trailing_metadata = &trailers,
                                        .status = &code,
                                        .status_details = &details}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = request},
    };
    assert_int_equal(grpc_call_start_batch(call, ops, has_message ? 5 : 4, cq, NULL), GRPC_CALL_OK);
    grpc_completion_queue_pluck(cq, cq, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    grpc_byte_buffer_destroy(request);
    grpc_metadata_array_destroy(&headers);
    grpc_metadata_array_destroy(&trailers);
    grpc_slice_unref(details);
    grpc_call_unref(call);
    grpc_channel_destroy(channel);
    grpc_channel_credentials_release(creds);
    grpc_completion_queue_shutdown(cq);
    grpc_completion_queue_destroy(cq);
    grpc_env_close();
    return code;
}

static void odd_calls_are_refused(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    assert_int_equal(odd_call(true, GRPC_COMPRESS_GZIP), GRPC_STATUS_UNIMPLEMENTED);
    assert_int_equal(odd_call(true, GRPC_COMPRESS_NONE), GRPC_STATUS_INVALID_ARGUMENT);
    assert_int_equal(odd_call(false, GRPC_COMPRESS_NONE), GRPC_STATUS_INTERNAL);
    assert_info(INFO);
    close_world(&w);
}

static void a_reply_of_another_shape_is_invalid(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    /* The answer has text where a ProbeResponse has a message. */
    struct rpc_client_call call = {path, INFO, &rq.base, &csi__v1__probe_response__descriptor,
                                   PATIENCE_NS};
    struct rpc_client_reply reply = {0};
    assert_class(rpc_client_run(&call, &reply), ERR_INVALID);
    assert_null(reply.wire);
    close_world(&w);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    static const struct CMUnitTest server[] = {
        IN_DIR(calls_are_answered_and_counted),
        IN_DIR(a_refusal_carries_code_and_text),
        IN_DIR(an_unknown_method_is_unimplemented),
        IN_DIR(the_sooner_deadline_counts),
        IN_DIR(a_handler_sees_that_its_time_is_up),
        IN_DIR(a_full_house_says_try_again),
        IN_DIR(fast_calls_pass_a_full_house),
        IN_DIR(a_stop_lets_running_calls_finish),
        IN_DIR(a_stop_cancels_what_outlasts_its_grace),
        IN_DIR(a_stop_does_not_wait_for_idle_connections),
        IN_DIR(a_server_that_never_started_ends),
        IN_DIR(two_sockets_serve_the_same),
        IN_DIR(a_renewed_socket_still_serves),
        IN_DIR(odd_calls_are_refused),
        IN_DIR(a_reply_of_another_shape_is_invalid),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return GROUP_RUN("rpc_server", server) + TABLE_RUN("rpc_server, sizes", size_rows, one_size);
}
