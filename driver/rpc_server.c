/* Wiring of the pieces: listeners hand descriptors to the library's server, calls come out of its
 * completion queue (rpc_call.c), slow ones pass through the pool.
 *
 * The limits are set once, below. Decompression is off because it happens before the size check: a
 * hundred kilobytes on the wire would become a hundred megabytes here. Ping strikes are off because
 * Go clients with a keepalive would otherwise be disconnected.
 *
 * Order of the end: accept thread, sockets, library shutdown, calls, completion thread, workers. */

#include "driver/rpc_server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/thread.h"
#include "driver/grpc_env.h"
#include "driver/proto_wire.h"
#include "driver/rpc_call.h"
#include "driver/rpc_pool.h"

#define STREAMS_MAX 64
#define METADATA_MAX_BYTES 8192
#define PING_INTERVAL_MS 5000

/* Pause after running out of descriptors. */
#define ACCEPT_PAUSE_MS 100

struct rpc_server {
    struct rpc_core core;
    grpc_server_credentials *creds;
    struct rpc_listener *listeners[RPC_SERVER_LISTENERS_MAX];
    size_t n_listeners;
    int wake_fd;
    atomic_bool is_ending; /* set by stop, read by the accept thread after a wake-up */
    struct thread *accept_thread;
    struct thread *cq_thread;
    struct mutex mu;
    struct cond ended;
    bool has_no_calls; /* mu: after shutdown */
    unsigned workers;
    size_t queue_max;
    bool is_stopped;
};

static grpc_arg int_arg(const char *key, int value)
{
    char *name = (char *)(uintptr_t)key; /* the library only reads it */
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = name, .value.integer = value};
}

static grpc_server *make_server(void)
{
    grpc_arg args[] = {
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)PROTO_WIRE_BYTES_MAX),
        int_arg(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, STREAMS_MAX),
        int_arg(GRPC_ARG_MAX_METADATA_SIZE, METADATA_MAX_BYTES),
        int_arg(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
        int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, PING_INTERVAL_MS),
        int_arg(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0),
    };
    const grpc_channel_args list = {ARRAY_SIZE(args), args};
    return grpc_server_create(&list, NULL);
}

static void on_shutdown(struct rpc_event *ev, bool is_ok)
{
    (void)is_ok;
    struct rpc_core *core = ev->ctx;
    core->is_stopping = true;
}

static void note_last_ended(void *ctx)
{
    struct rpc_server *s = ctx;
    mutex_lock(&s->mu);
    s->has_no_calls = true;
    cond_broadcast(&s->ended);
    mutex_unlock(&s->mu);
}

struct rpc_server *rpc_server_new(const struct rpc_server_options *o)
{
    struct rpc_server *s = xcalloc(1, sizeof(*s));
    grpc_env_open();
    mutex_init(&s->mu);
    cond_init(&s->ended);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->workers = o->workers;
    s->queue_max = o->queue_max;
    s->creds = grpc_insecure_server_credentials_create();
    s->core.services = o->services;
    s->core.n_services = o->n_services;
    s->core.clock = o->clock;
    s->core.call_max_ns = o->call_max_ns;
    s->core.last_ended = note_last_ended;
    s->core.last_ended_ctx = s;
    s->core.shutdown = (struct rpc_event){on_shutdown, &s->core};
    s->core.server = make_server();
    s->core.cq = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(s->core.server, s->core.cq, NULL);
    grpc_server_start(s->core.server);
    return s;
}

struct err *rpc_server_listen(struct rpc_server *s, const char *path, struct rpc_listener **out)
{
    assert(s->n_listeners < RPC_SERVER_LISTENERS_MAX && !s->accept_thread);
    struct err *e = rpc_listener_new(path, &s->listeners[s->n_listeners]);
    if (e)
        return e;
    *out = s->listeners[s->n_listeners++];
    return NULL;
}

/* Take all connections that wait at l; false when descriptors or memory ran out. */
static bool accept_all(struct rpc_server *s, struct rpc_listener *l)
{
    for (;;) {
        int fd = -1;
        struct err *e = rpc_listener_accept(l, &fd);
        if (e) {
            log_warn("rpc.accept.failed", LF("err", e));
            err_free(e);
            return false;
        }
        if (fd < 0)
            return true;
        grpc_server_add_channel_from_fd(s->core.server, fd, s->creds);
    }
}

/* The eventfd never blocks: its counter cannot overflow by a handful of ones. */
static void wake(struct rpc_server *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake_fd, &one, sizeof(one));
    (void)n;
}

static void drain(int fd)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof(count));
    (void)n;
}

static void accept_loop(void *arg)
{
    struct rpc_server *s = arg;
    struct pollfd fds[RPC_SERVER_LISTENERS_MAX + 1];
    fds[0] = (struct pollfd){.fd = s->wake_fd, .events = POLLIN};
    for (size_t i = 0; i < s->n_listeners; i++)
        fds[i + 1] = (struct pollfd){.fd = rpc_listener_fd(s->listeners[i]), .events = POLLIN};
    bool is_healthy = true;
    while (!atomic_load(&s->is_ending)) {
        nfds_t n = is_healthy ? (nfds_t)s->n_listeners + 1 : 1;
        int ready = poll(fds, n, is_healthy ? -1 : ACCEPT_PAUSE_MS);
        is_healthy = true;
        if (ready <= 0)
            continue;
        drain(s->wake_fd);
        for (size_t i = 0; i + 1 < n; i++) {
            if (fds[i + 1].revents)
                is_healthy = accept_all(s, s->listeners[i]) && is_healthy;
        }
    }
}

void rpc_server_start(struct rpc_server *s)
{
    assert(!s->cq_thread);
    s->core.pool = rpc_pool_new(s->workers, s->queue_max, rpc_call_work);
    rpc_call_arm(&s->core);
    s->cq_thread = thread_start("grpc-cq", rpc_call_loop, &s->core);
    s->accept_thread = thread_start("accept", accept_loop, s);
}

struct err *rpc_server_check(struct rpc_server *s, struct rpc_listener *l, bool *was_gone)
{
    struct err *e = rpc_listener_check(l, was_gone);
    if (!e && *was_gone)
        wake(s);
    return e;
}

struct err *rpc_server_renew(struct rpc_server *s, struct rpc_listener *l)
{
    struct err *e = rpc_listener_renew(l);
    wake(s);
    return e;
}

static void stop_accepting(struct rpc_server *s)
{
    atomic_store(&s->is_ending, true);
    wake(s);
    thread_join(TAKE(s->accept_thread));
    for (size_t i = 0; i < s->n_listeners; i++)
        rpc_listener_free(TAKE(s->listeners[i]));
    s->n_listeners = 0;
}

/* Wait until the last call has ended, but at most ns. */
static void wait_for_calls(struct rpc_server *s, uint64_t ns)
{
    mutex_lock(&s->mu);
    bool in_time = true;
    while (!s->has_no_calls && in_time)
        in_time = cond_wait_ns(&s->ended, &s->mu, ns);
    mutex_unlock(&s->mu);
}

void rpc_server_stop(struct rpc_server *s, uint64_t grace_ns)
{
    if (s->is_stopped)
        return;
    s->is_stopped = true;
    if (!s->cq_thread)
        rpc_server_start(s);
    stop_accepting(s);
    grpc_server_shutdown_and_notify(s->core.server, s->core.cq, &s->core.shutdown);
    wait_for_calls(s, grace_ns);
    /* Ends the calls that are left, and the connections: the library would wait for clients that
     * say nothing. */
    grpc_server_cancel_all_calls(s->core.server);
    thread_join(TAKE(s->cq_thread));
    rpc_pool_free(TAKE(s->core.pool));
}

void rpc_server_free(struct rpc_server *s)
{
    if (!s)
        return;
    rpc_server_stop(s, 0);
    grpc_server_destroy(s->core.server);
    grpc_completion_queue_destroy(s->core.cq);
    grpc_server_credentials_release(s->creds);
    fs_close(s->wake_fd);
    cond_done(&s->ended);
    mutex_done(&s->mu);
    grpc_env_close();
    free(s);
}
