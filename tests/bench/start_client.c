/* From exec to "registered": start the agent, look for its registration socket as a kubelet is told
 * of it, ask name, node and capabilities, and tell it that it is registered.
 *
 *     start_client COUNT REGISTRATION_SOCKET PROGRAM [ARGUMENT...]
 *
 * One line per start: ns. The agent is ended by SIGTERM each time. With "-" for the socket a start
 * lasts until the program ends by itself: the floor, with a program that does nothing. */

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/csi_client.h"
#include "driver/grpc_env.h"
#include "tests/bench/tool.h"

#define TIMEOUT_NS (10ULL * 1000000000U)
#define POLL_NS 100000L

static void fail(const char *what, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", what, e ? err_text(e) : "refused");
    exit(1);
}

/* The socket is there and answers; what it says of itself. */
static void find_plugin(const struct csi_client *registration, struct csi_client_plugin *plugin)
{
    const struct timespec pause = {0, POLL_NS};
    uint64_t began = tool_now_ns();
    for (;;) {
        struct csi_client_status status = {0};
        struct err *e = csi_client_plugin(registration, plugin, &status);
        csi_client_status_done(&status);
        if (!e)
            return;
        if (err_class(e) != ERR_UNAVAILABLE || tool_now_ns() - began > TIMEOUT_NS)
            fail("registration socket", e);
        err_free(e);
        nanosleep(&pause, NULL);
    }
}

static void register_agent(const char *socket)
{
    const struct csi_client registration = {socket, TIMEOUT_NS};
    struct csi_client_plugin plugin = {0};
    struct csi_client_info info = {0};
    struct csi_client_status status = {0};
    find_plugin(&registration, &plugin);
    const struct csi_client endpoint = {plugin.endpoint, TIMEOUT_NS};
    struct err *e = csi_client_info(&endpoint, &info, &status);
    if (e || status.code != CSI_OK)
        fail("driver", e);
    e = csi_client_notify(&registration, NULL, &status);
    if (e || status.code != CSI_OK)
        fail("registration", e);
    csi_client_status_done(&status);
    csi_client_info_done(&info);
    csi_client_plugin_done(&plugin);
}

static void await_end(pid_t pid)
{
    int how = 0;
    if (waitpid(pid, &how, 0) != pid)
        tool_give_up("waitpid");
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
        fprintf(stderr, "the program ended badly: %#x\n", (unsigned)how);
        exit(1);
    }
}

static uint64_t start_once(const char *socket, char **argv)
{
    extern char **environ;
    pid_t pid;
    bool is_floor = strcmp(socket, "-") == 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    uint64_t began = tool_now_ns();
    errno = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    if (errno)
        tool_give_up(argv[0]);
    if (is_floor)
        await_end(pid);
    else
        register_agent(socket);
    uint64_t took = tool_now_ns() - began;
    posix_spawn_file_actions_destroy(&actions);
    if (!is_floor) {
        kill(pid, SIGTERM);
        await_end(pid);
    }
    return took;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: start_client COUNT SOCKET|- PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    size_t n = tool_number(argv[1]);
    grpc_env_open();
    for (size_t i = 0; i < n; i++)
        printf("%ju\n", (uintmax_t)start_once(argv[2], argv + 3));
    grpc_env_close();
    return 0;
}
