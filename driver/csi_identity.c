/* Three static answers. No capability is announced: there is no controller half, and CSI takes an
 * empty list for a node-only driver. */

#include "driver/csi_identity.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/csi.pb-c.h"

#define NAME_MAX_BYTES 63

struct csi_identity {
    char *driver_name;
    char *vendor_version;
    bool (*is_ready)(void *ctx);
    void *ctx;
};

/* CSI allows a digit at either end; its test suite does not, so neither do we. */
static bool is_driver_name(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > NAME_MAX_BYTES || !isalpha((unsigned char)s[0]) ||
        !isalpha((unsigned char)s[n - 1]))
        return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == n;
}

struct err *csi_identity_new(const struct csi_identity_options *o, struct csi_identity **out)
{
    if (!is_driver_name(o->driver_name))
        return err_new(ERR_INVALID,
                       "driver name \"%s\": want at most %d letters, digits, '-' and '.', with a "
                       "letter first and last",
                       o->driver_name, NAME_MAX_BYTES);
    if (!*o->vendor_version)
        return err_new(ERR_INVALID, "vendor version is empty");
    struct csi_identity *i = xcalloc(1, sizeof(*i));
    i->driver_name = xstrdup(o->driver_name);
    i->vendor_version = xstrdup(o->vendor_version);
    i->is_ready = o->is_ready;
    i->ctx = o->ctx;
    *out = i;
    return NULL;
}

static void get_plugin_info(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                            struct rpc_reply *reply)
{
    (void)rq;
    (void)dl;
    struct csi_identity *i = ctx;
    Csi__V1__GetPluginInfoResponse m;
    csi__v1__get_plugin_info_response__init(&m);
    m.name = i->driver_name;
    m.vendor_version = i->vendor_version;
    rpc_reply_message(reply, &m.base);
}

static void get_plugin_capabilities(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                                    struct rpc_reply *reply)
{
    (void)ctx;
    (void)rq;
    (void)dl;
    Csi__V1__GetPluginCapabilitiesResponse m;
    csi__v1__get_plugin_capabilities_response__init(&m);
    rpc_reply_message(reply, &m.base);
}

static void probe(void *ctx, ProtobufCMessage *rq, const struct deadline *dl,
                  struct rpc_reply *reply)
{
    (void)rq;
    (void)dl;
    struct csi_identity *i = ctx;
    Csi__V1__ProbeReady ready;
    csi__v1__probe_ready__init(&ready);
    ready.value = !i->is_ready || i->is_ready(i->ctx);
    Csi__V1__ProbeResponse m;
    csi__v1__probe_response__init(&m);
    m.ready = &ready;
    rpc_reply_message(reply, &m.base);
}

static const struct rpc_method methods[] = {
    {"/csi.v1.Identity/GetPluginInfo", &csi__v1__get_plugin_info_request__descriptor,
     get_plugin_info, false},
    {"/csi.v1.Identity/GetPluginCapabilities",
     &csi__v1__get_plugin_capabilities_request__descriptor, get_plugin_capabilities, false},
    {"/csi.v1.Identity/Probe", &csi__v1__probe_request__descriptor, probe, false},
};

struct rpc_service csi_identity_service(struct csi_identity *i)
{
    return (struct rpc_service){methods, ARRAY_SIZE(methods), i};
}

void csi_identity_free(struct csi_identity *i)
{
    if (!i)
        return;
    free(i->driver_name);
    free(i->vendor_version);
    free(i);
}
