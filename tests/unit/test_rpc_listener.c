/* The socket's file, who is let in, the queue behind it, and a client without a server. */
#include "driver/rpc_listener.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/rpc_client.h"
#include "driver/rpc_pool.h"
#include "proto/csi.pb-c.h"
#include "tests/support/crowd.h"
#include "tests/support/table.h"

#define NOBODY 65534

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
    /* A second one, because valgrind's accept loses the first. */
    int second = connect_raw();
    assert_null(rpc_listener_accept(l, &got));
    assert_true(got >= 0);
    close(got);
    close(second);
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
    unsigned place; /* in the order in which jobs ran, from 1 */
};

static void enter(struct rpc_job *job)
{
    struct counted *c = (struct counted *)job;
    c->place = crowd_enter(c->crowd);
}

static void a_full_queue_says_no_and_the_end_runs_the_rest(void **state)
{
    (void)state;
    struct crowd crowd;
    struct counted jobs[4] = {
        {.crowd = &crowd}, {.crowd = &crowd}, {.crowd = &crowd}, {.crowd = &crowd}};
    crowd_init(&crowd);
    struct rpc_pool *p = rpc_pool_new(1, 2, enter);
    assert_true(rpc_pool_push(p, &jobs[0].job));
    crowd_wait_entered(&crowd, 1);
    assert_true(rpc_pool_push(p, &jobs[1].job));
    assert_true(rpc_pool_push(p, &jobs[2].job));
    assert_false(rpc_pool_push(p, &jobs[3].job));
    crowd_open(&crowd);
    rpc_pool_free(p);
    assert_int_equal(crowd.n_left, 3);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(jobs[i].place, (i + 1) % 4);
    crowd_done(&crowd);
}

/* Client */

static struct err *run_client(const char *socket_path)
{
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    struct rpc_client_call call = {socket_path, "/test.Test/Info", &rq.base,
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

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    static const struct CMUnitTest others[] = {
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
        IN_DIR(a_client_says_why_it_cannot_connect),
        cmocka_unit_test(a_full_queue_says_no_and_the_end_runs_the_rest),
    };
    return TABLE_RUN("rpc_listener, paths", path_rows, one_path) +
           GROUP_RUN("rpc_listener", others);
}
