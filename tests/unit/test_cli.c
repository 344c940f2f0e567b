/* Commands as a shell sees them: what they print, where, and with which exit code. */

#include "cmd/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "ops/ops_health.h"
#include "ops/ops_http.h"
#include "tests/support/table.h"

#define ARGS_MAX 12
#define OUTPUT_MAX (64u << 10)

/* One of the process's streams, caught in memory. */
struct catch
{
    FILE *stream;
    int was;
    int memory;
};

static struct catch catch_start(FILE *stream)
{
    struct catch c = {.stream = stream, .memory = memfd_create("output", MFD_CLOEXEC)};
    fflush(stream);
    c.was = dup(fileno(stream));
    assert_true(c.was >= 0 && c.memory >= 0);
    assert_true(dup2(c.memory, fileno(stream)) >= 0);
    return c;
}

/* Give the stream back; what was written, caller frees. */
static char *catch_end(struct catch *c)
{
    char *text = xcalloc(1, OUTPUT_MAX);
    fflush(c->stream);
    assert_true(dup2(c->was, fileno(c->stream)) >= 0);
    assert_true(pread(c->memory, text, OUTPUT_MAX - 1, 0) >= 0);
    close(c->was);
    close(c->memory);
    return text;
}

/* A command that only shows what it was given. */
static int echo(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("<%s>", argv[i]);
    return 7;
}

static const struct cli_command commands[] = {
    {"echo", "Show the arguments.", echo},          {"csi", "Talk to a socket.", cli_csi},
    {"status", "Ask the agent.", cli_status},       {"check", "Ask the cluster.", cli_check},
    {"version", "Print the version.", cli_version},
};

static int run(const char *const *args, char **out, char **err)
{
    char *argv[ARGS_MAX + 1] = {(char *)(uintptr_t) "lockstep"};
    int argc = 1;
    for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    struct catch to_out = catch_start(stdout);
    struct catch to_err = catch_start(stderr);
    int code = cli_run(commands, ARRAY_SIZE(commands), argc, argv);
    *err = catch_end(&to_err);
    *out = catch_end(&to_out);
    return code;
}

struct run_row {
    const char *name;
    const char *args[ARGS_MAX];
    int want_code;
    const char *want_out; /* part of it; NULL: nothing may be printed */
    const char *want_err;
};

#define POD "--pod-namespace=a", "--pod-name=p", "--external-secret=e"
#define NO_SOCKET "--socket=/nonexistent/csi.sock", "--timeout=5s"

static const struct run_row run_rows[] = {
    {"no command", {NULL}, CLI_USAGE, "Usage: lockstep COMMAND", NULL},
    {"help", {"help"}, CLI_OK, "  echo       Show the arguments.\n", NULL},
    {"--help", {"--help"}, CLI_OK, "  version    Print the version.\n", NULL},
    {"-h", {"-h"}, CLI_OK, "Usage: lockstep COMMAND", NULL},
    {"arguments and exit code", {"echo", "a", "--b"}, 7, "<echo><a><--b>", NULL},
    {"near a command",
     {"ehco"},
     CLI_USAGE,
     NULL,
     "lockstep: no command of that name, did you mean "
     "echo?\n"},
    {"far from any", {"frobnicate"}, CLI_USAGE, NULL, "see lockstep --help"},
    {"version", {"version"}, CLI_OK, "lockstep ", NULL},
    {"version --help", {"version", "--help"}, CLI_OK, "Usage: lockstep version\n", NULL},
    {"version with more",
     {"version", "--verbose"},
     CLI_USAGE,
     NULL,
     "lockstep: unknown option --verbose\n"},
    {"status --help", {"status", "--help"}, CLI_OK, "  --admin=HOST:PORT\n", NULL},
    {"status, bad address", {"status", "--admin=here"}, CLI_USAGE, NULL, "--admin: want HOST:PORT"},
    {"status, nobody there", {"status", "--admin=127.0.0.1:1"}, CLI_FAILED, NULL, "lockstep: "},
    {"check --help", {"check", "--help"}, CLI_OK, "  --kubeconfig=FILE\n", NULL},
    {"check --help tells of both", {"check", "--help"}, CLI_OK, "  --file=PATH\n", NULL},
    {"check -f --help", {"check", "-f", "a", "-h"}, CLI_OK, "Usage: lockstep check -f PATH", NULL},
    {"check -f, no path", {"check", "-f"}, CLI_USAGE, NULL, "--file: has no value"},
    {"check -f, an option of the agent",
     {"check", "--file=a", "--workers=1"},
     CLI_USAGE,
     NULL,
     "unknown option --workers"},
    {"check -f, nobody there",
     {"check", "--file", "/nonexistent", "-f", "b"},
     CLI_FAILED,
     NULL,
     "/nonexistent"},
    {"check, bad option", {"check", "--workers=0"}, CLI_USAGE, NULL, "--workers: want"},
    {"check, no cluster",
     {"check", "--source=dir:/x", "--node-name=n"},
     CLI_OK,
     "# nothing to check",
     NULL},
    {"check, no kubeconfig",
     {"check", "--kubeconfig=/nonexistent", "--node-name=n"},
     CLI_FAILED,
     NULL,
     "lockstep: "},
    {"csi", {"csi"}, CLI_USAGE, "  publish    Mount a volume.\n", NULL},
    {"csi --help", {"csi", "--help"}, CLI_OK, "  register   Register the driver", NULL},
    {"csi, no such verb", {"csi", "stage"}, CLI_USAGE, NULL, "no verb of that name"},
    {"csi publish --help", {"csi", "publish", "--help"}, CLI_OK, "  --fs-group=GID\n", NULL},
    {"csi info --help",
     {"csi", "info", "--help"},
     CLI_OK,
     "/plugins/csi.lockstep.dev/csi.sock.\n",
     NULL},
    {"csi register --help",
     {"csi", "register", "--help"},
     CLI_OK,
     "csi.lockstep.dev-reg.sock.\n",
     NULL},
    {"csi, option of another verb",
     {"csi", "info", "--pod-name=x"},
     CLI_USAGE,
     NULL,
     "unknown option --pod-name"},
    {"csi, relative socket",
     {"csi", "info", "--socket=x"},
     CLI_USAGE,
     NULL,
     "--socket: want an absolute path"},
    {"csi publish, nothing given",
     {"csi", "publish", NO_SOCKET},
     CLI_USAGE,
     NULL,
     "lockstep: --pod-namespace must be given\n"},
    {"csi publish, no Pod UID",
     {"csi", "publish", NO_SOCKET, POD},
     CLI_USAGE,
     NULL,
     "--pod-uid must be given"},
    {"csi publish, no target",
     {"csi", "publish", NO_SOCKET, POD, "--pod-uid=u"},
     CLI_USAGE,
     NULL,
     "--target, or --pod-uid and --volume, must be given"},
    {"csi publish, bad volume name",
     {"csi", "publish", NO_SOCKET, POD, "--pod-uid=u", "--volume=../x"},
     CLI_USAGE,
     NULL,
     "must be usable as folder names"},
    {"csi unpublish, no target", {"csi", "unpublish", NO_SOCKET}, CLI_USAGE, NULL, "must be given"},
    {"csi stats, no target",
     {"csi", "stats", NO_SOCKET, "--volume=v"},
     CLI_USAGE,
     NULL,
     "must be given"},
    {"csi info, nobody there", {"csi", "info", NO_SOCKET}, CLI_FAILED, NULL, "lockstep: "},
    {"csi register, nobody there", {"csi", "register", NO_SOCKET}, CLI_FAILED, NULL, "lockstep: "},
    {"csi stats, nobody there",
     {"csi", "stats", NO_SOCKET, "--target=/t"},
     CLI_FAILED,
     NULL,
     "lockstep: "},
    {"csi unpublish, nobody there",
     {"csi", "unpublish", NO_SOCKET, "--target=/t"},
     CLI_FAILED,
     NULL,
     "lockstep: "},
    {"csi publish, nobody there",
     {"csi", "publish", NO_SOCKET, POD, "--pod-uid=u", "--target=/t"},
     CLI_FAILED,
     NULL,
     "lockstep: "},
};

static void one_run(void **state)
{
    const struct run_row *row = *state;
    CLEANUP_STR char *out = NULL;
    CLEANUP_STR char *err = NULL;
    int code = run(row->args, &out, &err);
    if (code != row->want_code)
        fail_msg("exit code %d, out: %s, err: %s", code, out, err);
    if (row->want_out && !strstr(out, row->want_out))
        fail_msg("out: %s", out);
    if (row->want_err && !strstr(err, row->want_err))
        fail_msg("err: %s", err);
    if (!row->want_out)
        assert_string_equal(out, "");
    if (!row->want_err)
        assert_string_equal(err, "");
}

/* The kubelet's folders are made before the call, as a kubelet does. */
static void publish_makes_folders(void **state)
{
    char root[] = "/tmp/lockstep-cli-XXXXXX";
    CLEANUP_STR char *out = NULL;
    CLEANUP_STR char *err = NULL;
    (void)state;
    assert_non_null(mkdtemp(root));
    CLEANUP_STR char *flag = xasprintf("--kubelet-root=%s", root);
    CLEANUP_STR char *parent = xasprintf("%s/pods/u/volumes/kubernetes.io~csi/v", root);
    const char *const args[] = {"csi", "publish",     NO_SOCKET,    POD,
                                flag,  "--pod-uid=u", "--volume=v", NULL};
    int code = run(args, &out, &err);
    bool is_made = access(parent, F_OK) == 0;
    CLEANUP_FD int tmp = open("/tmp", O_DIRECTORY | O_CLOEXEC);
    CLEANUP(err) struct err *e = fs_remove_tree(tmp, root + sizeof("/tmp/") - 1);
    assert_null(e);
    assert_int_equal(code, CLI_FAILED);
    assert_true(is_made);
}

/* status against a real listener. */

static bool is_condition(void *ctx, char *reason, size_t reason_size)
{
    const bool *is_ready = ctx;
    snprintf(reason, reason_size, "no kubelet");
    return *is_ready;
}

static void serve_page(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    (void)ctx;
    str_buf_puts(&reply->body, rq->wants_html ? "<html>" : "page\n\x1b[31mred\n");
}

static int status_of(bool is_ready, char **out, char **err)
{
    struct ops_address where = {0};
    struct ops_http *http = NULL;
    struct ops_health *health = ops_health_new(clock_system());
    const struct ops_route routes[] = {{"/", serve_page, NULL},
                                       {"/readyz", ops_health_serve_ready, health}};
    ops_health_condition(health, "registered", is_condition, &is_ready);
    assert_null(ops_address_parse("127.0.0.1:0", &where));
    assert_null(ops_http_start(&where, routes, ARRAY_SIZE(routes), &http));
    CLEANUP_STR char *flag = xasprintf("--admin=127.0.0.1:%u", (unsigned)ops_http_port(http));
    const char *const args[] = {"status", flag, NULL};
    int code = run(args, out, err);
    ops_http_free(http);
    ops_health_free(health);
    return code;
}

struct status_row {
    const char *name;
    bool is_ready;
    int want_code;
};

static const struct status_row status_rows[] = {
    {"ready", true, CLI_OK},
    {"not ready", false, CLI_FAILED},
};

static void status(void **state)
{
    const struct status_row *row = *state;
    CLEANUP_STR char *out = NULL;
    CLEANUP_STR char *err = NULL;
    int code = status_of(row->is_ready, &out, &err);
    assert_string_equal(err, "");
    assert_string_equal(out, "page\n?[31mred\n");
    assert_int_equal(code, row->want_code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_makes_folders),
    };
    return TABLE_RUN("cli", run_rows, one_run) + TABLE_RUN("cli_status", status_rows, status) +
           GROUP_RUN("cli_more", tests);
}
