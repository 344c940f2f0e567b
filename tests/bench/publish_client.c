/* A kubelet reduced to its calls: each on a connection of its own, timed from before the connect to
 * after the answer. Started with as many threads as calls it is the storm after a node's restart.
 *
 *     publish_client SOCKET capabilities           COUNT THREADS
 *     publish_client SOCKET publish ROOT NAME FIRST COUNT THREADS
 *     publish_client SOCKET unpublish ROOT    FIRST COUNT THREADS
 *
 * NAME is the ExternalSecret; with a '-' at its end the volume's number is appended. One line per
 * call, ns and status; the last line is the time from the first start to the last end. */

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "driver/csi_client.h"
#include "driver/csi_codec.h"
#include "driver/grpc_env.h"
#include "driver/rpc_client.h"
#include "proto/csi.pb-c.h"
#include "tests/bench/tool.h"

#define TIMEOUT_NS (120ULL * 1000000000U)
#define POD_NS "bench"

struct job;
typedef struct err *call_fn(const struct job *j, size_t number, struct csi_client_status *status);

/* What all threads do; they take numbers first .. first + n - 1 in turn. */
struct job {
    struct csi_client client;
    call_fn *call;
    const char *root;
    const char *name;
    size_t first;
    size_t n;
    size_t n_threads;
    pthread_barrier_t start;
    struct result {
        uint64_t began_ns, ended_ns;
        enum csi_code code;
    } * results; /* n */
};

struct worker {
    struct job *job;
    struct thread *thread;
    size_t index;
};

static struct err *call_capabilities(const struct job *j, size_t number,
                                     struct csi_client_status *status)
{
    Csi__V1__NodeGetCapabilitiesRequest rq;
    csi__v1__node_get_capabilities_request__init(&rq);
    const struct rpc_client_call call = {
        j->client.socket_path, "/csi.v1.Node/NodeGetCapabilities", &rq.base,
        &csi__v1__node_get_capabilities_response__descriptor, j->client.timeout_ns};
    CLEANUP_RPC_REPLY struct rpc_client_reply reply = {0};
    (void)number;
    struct err *e = rpc_client_run(&call, &reply);
    if (!e)
        status->code = reply.code;
    return e;
}

static struct err *call_publish(const struct job *j, size_t number,
                                struct csi_client_status *status)
{
    char volume_id[32];
    char pod[32];
    char name[256];
    CLEANUP_STR char *target = tool_target(j->root, number);
    bool is_numbered = j->name[strlen(j->name) - 1] == '-';
    snprintf(volume_id, sizeof(volume_id), "csi-bench-%06zu", number);
    snprintf(pod, sizeof(pod), "bench-%06zu", number);
    snprintf(name, sizeof(name), is_numbered ? "%s%zu" : "%s", j->name, number);
    const struct csi_client_attribute attributes[] = {
        {CSI_KEY_POD_NS, POD_NS},    {CSI_KEY_POD_NAME, pod},
        {CSI_KEY_POD_UID, pod},      {CSI_KEY_SERVICE_ACCOUNT, "default"},
        {CSI_KEY_EPHEMERAL, "true"}, {"externalSecret", name},
    };
    const struct csi_client_publish rq = {
        .volume_id = volume_id,
        .target_path = target,
        .is_readonly = true,
        .attributes = attributes,
        .n_attributes = ARRAY_SIZE(attributes),
    };
    return csi_client_publish(&j->client, &rq, status);
}

static struct err *call_unpublish(const struct job *j, size_t number,
                                  struct csi_client_status *status)
{
    char volume_id[32];
    CLEANUP_STR char *target = tool_target(j->root, number);
    snprintf(volume_id, sizeof(volume_id), "csi-bench-%06zu", number);
    return csi_client_unpublish(&j->client, volume_id, target, status);
}

static void run_one(struct job *j, size_t i)
{
    struct csi_client_status status = {0};
    struct result *r = &j->results[i];
    r->began_ns = tool_now_ns();
    struct err *e = j->call(j, j->first + i, &status);
    r->ended_ns = tool_now_ns();
    r->code = e ? CSI_UNKNOWN : status.code;
    if (e || status.code != CSI_OK)
        fprintf(stderr, "call %zu: %s\n", j->first + i, e ? err_text(e) : status.text);
    err_free(e);
    csi_client_status_done(&status);
}

static void work(void *arg)
{
    const struct worker *w = arg;
    pthread_barrier_wait(&w->job->start);
    for (size_t i = w->index; i < w->job->n; i += w->job->n_threads)
        run_one(w->job, i);
}

static void run_all(struct job *j)
{
    struct worker *workers = xcalloc(j->n_threads, sizeof(*workers));
    pthread_barrier_init(&j->start, NULL, (unsigned)j->n_threads);
    for (size_t i = 0; i < j->n_threads; i++) {
        workers[i] = (struct worker){.job = j, .index = i};
        workers[i].thread = thread_start("caller", work, &workers[i]);
    }
    for (size_t i = 0; i < j->n_threads; i++)
        thread_join(workers[i].thread);
    pthread_barrier_destroy(&j->start);
    free(workers);
}

static int print(const struct job *j)
{
    uint64_t began = UINT64_MAX;
    uint64_t ended = 0;
    int code = 0;
    for (size_t i = 0; i < j->n; i++) {
        const struct result *r = &j->results[i];
        began = r->began_ns < began ? r->began_ns : began;
        ended = r->ended_ns > ended ? r->ended_ns : ended;
        code |= r->code != CSI_OK;
        printf("%ju %s\n", (uintmax_t)(r->ended_ns - r->began_ns), csi_status_name(r->code));
    }
    printf("%ju\n", (uintmax_t)(ended - began));
    return code;
}

/* The kubelet makes a volume's folder before it calls, and removes it after it. */
static void make_parents(const struct job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        CLEANUP_STR char *parent = tool_parent(j->root, j->first + i);
        tool_make_folder(parent);
    }
}

static void usage(void)
{
    fprintf(stderr, "usage: publish_client SOCKET capabilities COUNT THREADS\n"
                    "       publish_client SOCKET publish ROOT NAME FIRST COUNT THREADS\n"
                    "       publish_client SOCKET unpublish ROOT FIRST COUNT THREADS\n");
    exit(2);
}

static void read_arguments(int argc, char **argv, struct job *j)
{
    const char *verb = argc > 2 ? argv[2] : "";
    if (argc == 5 && strcmp(verb, "capabilities") == 0) {
        j->call = call_capabilities;
    } else if (argc == 8 && strcmp(verb, "publish") == 0 && *argv[4]) {
        j->call = call_publish;
        j->name = argv[4];
    } else if (argc == 7 && strcmp(verb, "unpublish") == 0) {
        j->call = call_unpublish;
    } else {
        usage();
    }
    j->client = (struct csi_client){argv[1], TIMEOUT_NS};
    j->n_threads = tool_number(argv[argc - 1]);
    j->n = tool_number(argv[argc - 2]);
    if (j->n_threads == 0)
        usage();
    if (j->call != call_capabilities) {
        j->root = argv[3];
        j->first = tool_number(argv[argc - 3]);
    }
}

int main(int argc, char **argv)
{
    struct job j = {.first = 0};
    read_arguments(argc, argv, &j);
    if (j.call == call_publish)
        make_parents(&j);
    j.results = xcalloc(j.n + 1, sizeof(*j.results));
    grpc_env_open();
    run_all(&j);
    grpc_env_close();
    int code = print(&j);
    free(j.results);
    return code;
}
