/* gRPC over real Unix sockets in a folder of the test's own: calls, limits, sockets, the end. */
#include "driver/rpc_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
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
#include "driver/rpc_pool.h"
#include "proto/csi.pb-c.h"
#include "tests/support/table.h"

#define NOBODY 65534
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

/* Listener */

static void a_socket_is_private_from_the_start(void **state)
{
    (void)state;
    mode_t before = umask(0);
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    umask(before);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0600);
    assert_string_equal(rpc_listener_path(l), path);
}

static const struct path_row {
    const char *name, *path;
    enum err_class want;
} path_rows[] = {
    {"relative", "rpc.sock", ERR_INVALID},
    {"folder", "/tmp/", ERR_INVALID},
    {"hidden", "/tmp/.rpc.sock", ERR_INVALID},
    {"too long",
     "/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaa.sock",
     ERR_INVALID},
    {"no such folder", "/nonexistent/rpc.sock", ERR_NOT_FOUND},
};

static void one_path(void **state)
{
    const struct path_row *r = *state;
    struct rpc_listener *l = NULL;
    assert_class(rpc_listener_new(r->path, &l), r->want);
    assert_null(l);
}

static void a_file_in_the_way_is_replaced(void **state)
{
    (void)state;
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    int fd = connect_raw();
    assert_true(fd >= 0);
    close(fd);
}

static void connections_are_accepted_one_by_one(void **state)
{
    (void)state;
    int got = 7;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    assert_null(rpc_listener_accept(l, &got));
    assert_int_equal(got, -1);
    int fd = connect_raw();
    assert_null(rpc_listener_accept(l, &got));
    assert_true(got >= 0);
    assert_true(fcntl(got, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
    close(got);
    close(fd);
}

/* In a child of another user; the parent must be root for that. */
static int connect_as_nobody(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(2);
        int fd = connect_raw();
        char c;
        _exit(fd >= 0 && read(fd, &c, 1) == 0 ? 0 : 1);
    }
    return pid;
}

static void another_user_is_turned_away(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    int got = 7;
    int status = 0;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    pid_t pid = connect_as_nobody();
    struct pollfd p = {.fd = rpc_listener_fd(l), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_null(rpc_listener_accept(l, &got));
    assert_int_equal(got, -1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void running_out_of_descriptors_passes(void **state)
{
    (void)state;
    struct rlimit before;
    int got = -1;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    int fd = connect_raw();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = {(rlim_t)fd + 1, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct err *e = rpc_listener_accept(l, &got);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_class(e, ERR_UNAVAILABLE);
    assert_null(rpc_listener_accept(l, &got));
    assert_true(got >= 0);
    close(got);
    close(fd);
}

static void a_successor_keeps_its_socket(void **state)
{
    (void)state;
    bool was_gone = false;
    struct rpc_listener *old = NULL;
    CLEANUP(rpc_listener) struct rpc_listener *next = NULL;
    assert_null(rpc_listener_new(path, &old));
    assert_null(rpc_listener_new(path, &next));
    assert_class(rpc_listener_check(old, &was_gone), ERR_CONFLICT);
    assert_class(rpc_listener_renew(old), ERR_CONFLICT);
    rpc_listener_free(old);
    assert_null(rpc_listener_check(next, &was_gone));
    assert_false(was_gone);
    int fd = connect_raw();
    assert_true(fd >= 0);
    close(fd);
}

static void assert_reachable(struct rpc_listener *l)
{
    int got = -1;
    int fd = connect_raw();
    assert_true(fd >= 0);
    assert_null(rpc_listener_accept(l, &got));
    assert_true(got >= 0);
    close(got);
    close(fd);
}

static void a_wiped_socket_is_made_anew(void **state)
{
    (void)state;
    bool was_gone = false;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    int number = rpc_listener_fd(l);
    assert_null(rpc_listener_check(l, &was_gone));
    assert_false(was_gone);
    assert_int_equal(unlink(path), 0);
    assert_null(rpc_listener_check(l, &was_gone));
    assert_true(was_gone);
    assert_int_equal(rpc_listener_fd(l), number);
    assert_reachable(l);
}

static void a_wiped_folder_is_an_error_until_it_is_back(void **state)
{
    (void)state;
    bool was_gone = false;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    assert_class(rpc_listener_check(l, &was_gone), ERR_NOT_FOUND);
    assert_class(rpc_listener_renew(l), ERR_NOT_FOUND);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_null(rpc_listener_check(l, &was_gone));
    assert_true(was_gone);
    assert_reachable(l);
}

static void a_renewed_socket_is_another_file(void **state)
{
    (void)state;
    struct stat before, after;
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    assert_int_equal(lstat(path, &before), 0);
    assert_null(rpc_listener_renew(l));
    assert_int_equal(lstat(path, &after), 0);
    assert_true(before.st_ctim.tv_nsec != after.st_ctim.tv_nsec || before.st_ino != after.st_ino);
    assert_reachable(l);
}

/* Pool */

struct counted {
    struct rpc_job job;
    struct crowd *crowd;
    unsigned at; /* when it ran, from 1 */
};

struct crowd {
    struct mutex mu;
    struct cond changed;
    bool is_open;
    unsigned n_started;
    unsigned n_ended;
};

static void count_and_wait(struct rpc_job *job)
{
    struct counted *c = (struct counted *)job;
    struct crowd *crowd = c->crowd;
    mutex_lock(&crowd->mu);
    c->at = ++crowd->n_started;
    cond_broadcast(&crowd->changed);
    while (!crowd->is_open)
        cond_wait_ns(&crowd->changed, &crowd->mu, UINT64_MAX);
    crowd->n_ended++;
    mutex_unlock(&crowd->mu);
}

static void crowd_init(struct crowd *c)
{
    memset(c, 0, sizeof(*c));
    mutex_init(&c->mu);
    cond_init(&c->changed);
}

static void crowd_wait_started(struct crowd *c, unsigned n)
{
    mutex_lock(&c->mu);
    while (c->n_started < n)
        cond_wait_ns(&c->changed, &c->mu, UINT64_MAX);
    mutex_unlock(&c->mu);
}

static void crowd_open(struct crowd *c)
{
    mutex_lock(&c->mu);
    c->is_open = true;
    cond_broadcast(&c->changed);
    mutex_unlock(&c->mu);
}

static void crowd_done(struct crowd *c)
{
    cond_done(&c->changed);
    mutex_done(&c->mu);
}

static void a_full_queue_says_no_and_the_end_runs_the_rest(void **state)
{
    (void)state;
    struct crowd crowd;
    struct counted jobs[4] = {
        {.crowd = &crowd}, {.crowd = &crowd}, {.crowd = &crowd}, {.crowd = &crowd}};
    crowd_init(&crowd);
    struct rpc_pool *p = rpc_pool_new(1, 2, count_and_wait);
    assert_true(rpc_pool_push(p, &jobs[0].job));
    crowd_wait_started(&crowd, 1);
    assert_true(rpc_pool_push(p, &jobs[1].job));
    assert_true(rpc_pool_push(p, &jobs[2].job));
    assert_false(rpc_pool_push(p, &jobs[3].job));
    crowd_open(&crowd);
    rpc_pool_free(p);
    assert_int_equal(crowd.n_ended, 3);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(jobs[i].at, (i + 1) % 4);
    crowd_done(&crowd);
}

/* Server */

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
    struct counted c = {.crowd = &w->crowd};
    (void)rq;
    (void)dl;
    (void)reply;
    count_and_wait(&c.job);
}

/* Stays until its deadline is over or its caller went away. */
static void linger(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                   struct rpc_reply *reply)
{
    struct world *w = ctx;
    (void)rq;
    mutex_lock(&w->crowd.mu);
    w->crowd.n_started++;
    cond_broadcast(&w->crowd.changed);
    mutex_unlock(&w->crowd.mu);
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
    crowd_wait_started(&w.crowd, 1);
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
    crowd_wait_started(&w.crowd, 1);
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
    crowd_wait_started(&w.crowd, 1);
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
    crowd_wait_started(&w.crowd, 1);
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

/* Client */

static struct err *run_client(const char *socket_path)
{
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    struct rpc_client_call call = {socket_path, INFO, &rq.base,
                                   &csi__v1__probe_response__descriptor, NS_PER_S};
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = {0};
    return rpc_client_run(&call, &reply);
}

static void a_client_says_why_it_cannot_connect(void **state)
{
    (void)state;
    char long_path[200];
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = 0;
    assert_class(run_client(path), ERR_UNAVAILABLE);
    assert_class(run_client(long_path), ERR_INVALID);
}

static void a_client_of_another_user_is_denied(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    CLEANUP(rpc_listener) struct rpc_listener *l = NULL;
    assert_null(rpc_listener_new(path, &l));
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    struct err *e = run_client(path);
    assert_int_equal(seteuid(0), 0);
    assert_class(e, ERR_DENIED);
}

static void a_reply_of_another_shape_is_invalid(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1, 1);
    /* The answer has text where a ProbeResponse has a message. */
    assert_class(run_client(path), ERR_INVALID);
    close_world(&w);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    static const struct CMUnitTest listener[] = {
        IN_DIR(a_socket_is_private_from_the_start),
        IN_DIR(a_file_in_the_way_is_replaced),
        IN_DIR(connections_are_accepted_one_by_one),
        IN_DIR(another_user_is_turned_away),
        IN_DIR(running_out_of_descriptors_passes),
        IN_DIR(a_successor_keeps_its_socket),
        IN_DIR(a_wiped_socket_is_made_anew),
        IN_DIR(a_wiped_folder_is_an_error_until_it_is_back),
        IN_DIR(a_renewed_socket_is_another_file),
        IN_DIR(a_client_of_another_user_is_denied),
        cmocka_unit_test(a_full_queue_says_no_and_the_end_runs_the_rest),
    };
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
        IN_DIR(a_client_says_why_it_cannot_connect),
        IN_DIR(a_reply_of_another_shape_is_invalid),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return TABLE_RUN("rpc_listener, paths", path_rows, one_path) +
           GROUP_RUN("rpc_listener", listener) + GROUP_RUN("rpc_server", server) +
           TABLE_RUN("rpc_server, sizes", size_rows, one_size);
}
