/* One state, `due`, says when a new socket is shown: never while registered, soon after a refusal,
 * later after silence (the kubelet may be down, or may have missed the socket). Both waits double
 * up to a limit and are jittered, because all nodes of a cluster are refused at the same moment. */

#include "driver/csi_registration.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "driver/csi_client.h"
#include "proto/pluginregistration.pb-c.h"

#define PLUGIN_TYPE "CSIPlugin"
#define PLUGIN_API_VERSION "1.0.0"
#define NEVER UINT64_MAX

struct csi_registration {
    char *driver_name;
    char *endpoint;
    const struct clock *clock;
    const struct csi_registration_ops *ops;
    void *ops_ctx;
    atomic_bool is_registered; /* set by the handler and the step, read by health */
    struct mutex mu;
    struct cond wake;
    uint64_t due_ns;     /* mu: CLOCK_MONOTONIC of the next new socket; NEVER */
    uint64_t refused_ns; /* mu: wait after the next refusal */
    uint64_t silent_ns;  /* mu: wait after the next new socket */
    bool is_ending;      /* mu */
    bool is_troubled;    /* step only: the last check failed and was logged */
    struct thread *thread;
};

struct err *csi_registration_new(const struct csi_registration_options *o,
                                 struct csi_registration **out)
{
    if (o->endpoint[0] != '/')
        return err_new(ERR_INVALID, "endpoint \"%s\": want an absolute path", o->endpoint);
    struct csi_registration *r = xcalloc(1, sizeof(*r));
    r->driver_name = xstrdup(o->driver_name);
    r->endpoint = xstrdup(o->endpoint);
    r->clock = o->clock;
    r->refused_ns = CSI_REGISTRATION_REFUSED_MIN_NS;
    r->silent_ns = CSI_REGISTRATION_SILENT_MIN_NS;
    r->due_ns = clock_mono_ns(o->clock) + r->silent_ns;
    mutex_init(&r->mu);
    cond_init(&r->wake);
    metric_set(METRIC_REGISTERED, 0, NULL, NULL, NULL);
    *out = r;
    return NULL;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Between 80 and 100 per cent of ns. */
static uint64_t jittered(uint64_t ns)
{
    unsigned char b;
    digest_random(&b, 1);
    return ns - ns / 5 * b / 255;
}

static void set_registered(struct csi_registration *r, bool is_registered)
{
    atomic_store(&r->is_registered, is_registered);
    metric_set(METRIC_REGISTERED, is_registered, NULL, NULL, NULL);
}

static void get_info(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                     struct rpc_reply *reply)
{
    (void)rq;
    (void)dl;
    struct csi_registration *r = ctx;
    char type[] = PLUGIN_TYPE;
    char version[] = PLUGIN_API_VERSION;
    char *versions[] = {version};
    Pluginregistration__PluginInfo m;
    pluginregistration__plugin_info__init(&m);
    m.type = type;
    m.name = r->driver_name;
    m.endpoint = r->endpoint;
    m.supported_versions = versions;
    m.n_supported_versions = ARRAY_SIZE(versions);
    rpc_reply_message(reply, &m.base);
}

static void note_accepted(struct csi_registration *r)
{
    mutex_lock(&r->mu);
    r->due_ns = NEVER;
    r->refused_ns = CSI_REGISTRATION_REFUSED_MIN_NS;
    r->silent_ns = CSI_REGISTRATION_SILENT_MIN_NS;
    mutex_unlock(&r->mu);
}

static void note_refused(struct csi_registration *r)
{
    uint64_t now_ns = clock_mono_ns(r->clock);
    mutex_lock(&r->mu);
    r->due_ns = now_ns + jittered(r->refused_ns);
    r->refused_ns = sooner(2 * r->refused_ns, CSI_REGISTRATION_REFUSED_MAX_NS);
    cond_signal(&r->wake);
    mutex_unlock(&r->mu);
}

static void notify_registration_status(void *ctx, ProtobufCMessage *message,
                                       const struct deadline *dl, struct rpc_reply *reply)
{
    (void)dl;
    (void)reply;
    struct csi_registration *r = ctx;
    const Pluginregistration__RegistrationStatus *status =
        (const Pluginregistration__RegistrationStatus *)message;
    bool is_accepted = status->plugin_registered;
    bool is_news = atomic_load(&r->is_registered) != is_accepted;
    metric_inc(METRIC_REGISTRATIONS, is_accepted ? "accepted" : "refused", NULL, NULL);
    set_registered(r, is_accepted);
    if (is_accepted)
        note_accepted(r);
    else
        note_refused(r);
    if (is_accepted && is_news)
        log_info("csi.registration.accepted", LF("driver", r->driver_name));
    else if (!is_accepted)
        log_warn("csi.registration.refused", LF("driver", r->driver_name),
                 LF("reason", status->error));
}

static const struct rpc_method methods[] = {
    {"/pluginregistration.Registration/GetInfo", &pluginregistration__info_request__descriptor,
     get_info, false},
    {"/pluginregistration.Registration/NotifyRegistrationStatus",
     &pluginregistration__registration_status__descriptor, notify_registration_status, false},
};

struct rpc_service csi_registration_service(struct csi_registration *r)
{
    return (struct rpc_service){methods, ARRAY_SIZE(methods), r};
}

void csi_registration_attach(struct csi_registration *r, const struct csi_registration_ops *ops,
                             void *ctx)
{
    r->ops = ops;
    r->ops_ctx = ctx;
}

/* Log a failing look once, and its end once. */
static void note_check(struct csi_registration *r, const struct err *e)
{
    if (e && !r->is_troubled)
        log_warn("csi.registration.socket_failed", LF("driver", r->driver_name), LF("err", e));
    if (!e && r->is_troubled)
        log_info("csi.registration.socket_restored", LF("driver", r->driver_name));
    r->is_troubled = e != NULL;
}

static void look(struct csi_registration *r)
{
    bool was_gone = false;
    CLEANUP(err) struct err *e = r->ops->check(r->ops_ctx, &was_gone);
    note_check(r, e);
    if (!was_gone)
        return;
    /* The kubelet takes a vanished socket for our farewell. */
    log_warn("csi.registration.socket_vanished", LF("driver", r->driver_name));
    set_registered(r, false);
    uint64_t now_ns = clock_mono_ns(r->clock);
    mutex_lock(&r->mu);
    r->due_ns = now_ns + r->silent_ns;
    mutex_unlock(&r->mu);
}

/* Is a new socket due? Then the next one is planned for the case that nobody answers it. */
static bool take_due(struct csi_registration *r, uint64_t now_ns)
{
    mutex_lock(&r->mu);
    bool is_due = now_ns >= r->due_ns;
    if (is_due) {
        r->due_ns = now_ns + jittered(r->silent_ns);
        r->silent_ns = sooner(2 * r->silent_ns, CSI_REGISTRATION_SILENT_MAX_NS);
    }
    mutex_unlock(&r->mu);
    return is_due;
}

static void renew(struct csi_registration *r)
{
    CLEANUP(err) struct err *e = r->ops->renew(r->ops_ctx);
    metric_inc(METRIC_REGISTRATIONS, "renewed", NULL, NULL);
    if (e)
        note_check(r, e);
    else
        log_debug("csi.registration.renewed", LF("driver", r->driver_name));
}

uint64_t csi_registration_step(struct csi_registration *r)
{
    look(r);
    uint64_t now_ns = clock_mono_ns(r->clock);
    if (take_due(r, now_ns))
        renew(r);
    mutex_lock(&r->mu);
    uint64_t left_ns = r->due_ns > now_ns ? r->due_ns - now_ns : 0;
    mutex_unlock(&r->mu);
    return sooner(left_ns, CSI_REGISTRATION_LOOK_NS);
}

static void run(void *arg)
{
    struct csi_registration *r = arg;
    for (;;) {
        uint64_t wait_ns = csi_registration_step(r);
        mutex_lock(&r->mu);
        if (!r->is_ending)
            cond_wait_ns(&r->wake, &r->mu, wait_ns);
        bool is_ending = r->is_ending;
        mutex_unlock(&r->mu);
        if (is_ending)
            return;
    }
}

void csi_registration_start(struct csi_registration *r)
{
    r->thread = thread_start("csi-register", run, r);
}

void csi_registration_stop(struct csi_registration *r)
{
    mutex_lock(&r->mu);
    r->is_ending = true;
    cond_signal(&r->wake);
    mutex_unlock(&r->mu);
    thread_join(TAKE(r->thread));
}

bool csi_registration_is_registered(const struct csi_registration *r)
{
    return atomic_load(&r->is_registered);
}

static struct err *judge(const char *path, const struct csi_client_plugin *other,
                         const struct csi_registration_options *o)
{
    if (strcmp(other->name, o->driver_name) != 0)
        return err_new(ERR_CONFLICT, "registration socket %s belongs to the running driver %s",
                       path, other->name);
    if (strcmp(other->endpoint, o->endpoint) != 0)
        return err_new(ERR_CONFLICT,
                       "driver %s is already running with endpoint %s, not %s: stop it, or choose "
                       "another driver name",
                       o->driver_name, other->endpoint, o->endpoint);
    log_info("csi.registration.takeover", LF("driver", o->driver_name), LF("socket", path));
    return NULL;
}

struct err *csi_registration_preflight(const char *path, const struct csi_registration_options *o,
                                       uint64_t timeout_ns)
{
    const struct csi_client client = {.socket_path = path, .timeout_ns = timeout_ns};
    struct csi_client_plugin other = {0};
    struct csi_client_status status = {0};
    CLEANUP(err) struct err *e = csi_client_plugin(&client, &other, &status);
    struct err *refusal = NULL;
    /* Nobody there, or somebody who cannot answer: a dead or hung predecessor blocks nobody. */
    if (!e && status.code == CSI_OK)
        refusal = judge(path, &other, o);
    csi_client_plugin_done(&other);
    csi_client_status_done(&status);
    return refusal;
}

void csi_registration_free(struct csi_registration *r)
{
    if (!r)
        return;
    csi_registration_stop(r);
    cond_done(&r->wake);
    mutex_done(&r->mu);
    free(r->driver_name);
    free(r->endpoint);
    free(r);
}
