/* Order of the start: look for a rival, make the services, listen on the CSI socket, then on the
 * registration socket, serve. So a kubelet that finds the registration socket can connect to the
 * other one at once. The end is the reverse; the registration thread goes first, or it would make
 * the sockets anew. */

#include "driver/driver.h"

#include <string.h>

#include "base/alloc.h"
#include "driver/csi_identity.h"
#include "driver/csi_registration.h"
#include "driver/rpc_server.h"

#define SERVICES 3

/* Slow calls that wait for a worker: a node starts at most some hundred Pods at once. */
#define QUEUE_MAX 256

struct driver {
    struct csi_identity *identity;
    struct csi_node *node;
    struct csi_registration *registration; /* NULL: not asked for */
    struct rpc_service services[SERVICES];
    size_t n_services;
    struct rpc_server *server;
    struct rpc_listener *csi_listener;          /* the server's */
    struct rpc_listener *registration_listener; /* the server's */
};

static const struct csi_volumes_ops volumes_ops = {volumes_publish, volumes_unpublish,
                                                   volumes_stats};

static void driver_free(struct driver *d)
{
    driver_stop(d, 0);
}
CLEANUP_DEFINE(driver)

static struct err *check_sockets(void *ctx, bool *was_gone)
{
    struct driver *d = ctx;
    bool csi_was_gone = false;
    struct err *e = rpc_server_check(d->server, d->csi_listener, &csi_was_gone);
    struct err *e2 = rpc_server_check(d->server, d->registration_listener, was_gone);
    if (!e)
        return e2;
    err_free(e2);
    return e;
}

static struct err *renew_socket(void *ctx)
{
    struct driver *d = ctx;
    return rpc_server_renew(d->server, d->registration_listener);
}

static const struct csi_registration_ops registration_ops = {check_sockets, renew_socket};

static struct err *make_services(struct driver *d, const struct driver_options *o)
{
    const struct csi_identity_options identity = {o->driver_name, o->vendor_version, o->is_ready,
                                                  o->is_ready_ctx};
    const struct csi_node_options node = {
        o->volumes, o->volumes_ops ? o->volumes_ops : &volumes_ops, o->node_name};
    struct err *e = csi_identity_new(&identity, &d->identity);
    if (!e)
        e = csi_node_new(&node, &d->node);
    if (e)
        return e;
    d->services[d->n_services++] = csi_identity_service(d->identity);
    d->services[d->n_services++] = csi_node_service(d->node);
    return NULL;
}

static struct err *make_registration(struct driver *d, const struct driver_options *o,
                                     const char *socket_path)
{
    const struct csi_registration_options options = {
        o->driver_name, o->endpoint ? o->endpoint : o->csi_socket, o->clock};
    struct err *e =
        csi_registration_preflight(socket_path, &options, CSI_REGISTRATION_PREFLIGHT_NS);
    if (!e)
        e = csi_registration_new(&options, &d->registration);
    if (e)
        return e;
    csi_registration_attach(d->registration, &registration_ops, d);
    d->services[d->n_services++] = csi_registration_service(d->registration);
    return NULL;
}

static void make_server(struct driver *d, const struct driver_options *o)
{
    const struct rpc_server_options options = {
        .services = d->services,
        .n_services = d->n_services,
        .workers = o->workers ? o->workers : DRIVER_WORKERS_DEFAULT,
        .queue_max = QUEUE_MAX,
        .call_max_ns = o->call_max_ns ? o->call_max_ns : RPC_SERVER_CALL_MAX_NS,
        .clock = o->clock,
    };
    d->server = rpc_server_new(&options);
}

struct err *driver_start(const struct driver_options *o, struct driver **out)
{
    CLEANUP(driver) struct driver *d = xcalloc(1, sizeof(*d));
    CLEANUP_STR char *registration_path = NULL;
    struct err *e = make_services(d, o);
    if (!e && o->registration_dir) {
        registration_path = xasprintf("%s/%s-reg.sock", o->registration_dir, o->driver_name);
        e = make_registration(d, o, registration_path);
    }
    if (e)
        return e;
    make_server(d, o);
    e = rpc_server_listen(d->server, o->csi_socket, &d->csi_listener);
    if (!e && registration_path)
        e = rpc_server_listen(d->server, registration_path, &d->registration_listener);
    if (e)
        return e;
    rpc_server_start(d->server);
    if (d->registration)
        csi_registration_start(d->registration);
    *out = TAKE(d);
    return NULL;
}

bool driver_is_registered(const struct driver *d)
{
    return !d->registration || csi_registration_is_registered(d->registration);
}

void driver_stop(struct driver *d, uint64_t grace_ns)
{
    if (!d)
        return;
    if (d->registration)
        csi_registration_stop(d->registration);
    if (d->server)
        rpc_server_stop(d->server, grace_ns);
    rpc_server_free(d->server);
    csi_registration_free(d->registration);
    csi_node_free(d->node);
    csi_identity_free(d->identity);
    free(d);
}
