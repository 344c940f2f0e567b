/* Who we say we are. */
#include "driver/csi_identity.h"

#include <stdlib.h>
#include <string.h>

#include "proto/csi.pb-c.h"
#include "tests/support/rpc_ask.h"
#include "tests/support/table.h"

static bool answer(void *ctx)
{
    return *(const bool *)ctx;
}

static struct csi_identity *new_identity(bool *is_ready)
{
    struct csi_identity_options o = {"csi.lockstep.dev", "1.2.3", is_ready ? answer : NULL,
                                     is_ready};
    struct csi_identity *i = NULL;
    assert_null(csi_identity_new(&o, &i));
    return i;
}

#define LETTERS_62 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct name_row {
    const char *name, *driver_name, *vendor_version;
    bool is_ok;
} name_rows[] = {
    {"ours", "csi.lockstep.dev", "1", true},
    {"for migration", "secrets-store.csi.k8s.io", "1", true},
    {"one letter", "a", "1", true},
    {"longest", LETTERS_62 "a", "1", true},
    {"too long", LETTERS_62 "aa", "1", false},
    {"empty", "", "1", false},
    {"digit first", "1csi", "1", false},
    {"digit last", "csi1", "1", false},
    {"dot last", "csi.", "1", false},
    {"slash", "csi/dev", "1", false},
    {"blank", "csi dev", "1", false},
    {"no version", "csi.lockstep.dev", "", false},
};

static void one_name(void **state)
{
    const struct name_row *r = *state;
    struct csi_identity_options o = {r->driver_name, r->vendor_version, NULL, NULL};
    struct csi_identity *i = NULL;
    struct err *e = csi_identity_new(&o, &i);
    assert_int_equal(!e, r->is_ok);
    if (e)
        assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
    csi_identity_free(i);
}

static void plugin_info_names_driver_and_version(void **state)
{
    (void)state;
    CLEANUP(csi_identity) struct csi_identity *i = new_identity(NULL);
    struct rpc_service s = csi_identity_service(i);
    Csi__V1__GetPluginInfoRequest rq;
    csi__v1__get_plugin_info_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Identity/GetPluginInfo", &rq.base);
    CLEANUP(proto_wire)
    struct proto_wire *w = rpc_answer(&reply, &csi__v1__get_plugin_info_response__descriptor);
    const Csi__V1__GetPluginInfoResponse *m =
        (const Csi__V1__GetPluginInfoResponse *)proto_wire_message(w);
    assert_string_equal(m->name, "csi.lockstep.dev");
    assert_string_equal(m->vendor_version, "1.2.3");
    assert_int_equal(m->n_manifest, 0);
    rpc_reply_done(&reply);
}

static void no_plugin_capability_is_announced(void **state)
{
    (void)state;
    CLEANUP(csi_identity) struct csi_identity *i = new_identity(NULL);
    struct rpc_service s = csi_identity_service(i);
    Csi__V1__GetPluginCapabilitiesRequest rq;
    csi__v1__get_plugin_capabilities_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Identity/GetPluginCapabilities", &rq.base);
    assert_int_equal(reply.code, CSI_OK);
    assert_int_equal(reply.n, 0);
    rpc_reply_done(&reply);
}

static const struct probe_row {
    const char *name;
    bool has_fn, is_ready, want;
} probe_rows[] = {
    {"ready", true, true, true},
    {"still starting", true, false, false},
    {"nobody to ask", false, false, true},
};

static void one_probe(void **state)
{
    const struct probe_row *r = *state;
    bool is_ready = r->is_ready;
    CLEANUP(csi_identity) struct csi_identity *i = new_identity(r->has_fn ? &is_ready : NULL);
    struct rpc_service s = csi_identity_service(i);
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Identity/Probe", &rq.base);
    CLEANUP(proto_wire)
    struct proto_wire *w = rpc_answer(&reply, &csi__v1__probe_response__descriptor);
    const Csi__V1__ProbeResponse *m = (const Csi__V1__ProbeResponse *)proto_wire_message(w);
    assert_non_null(m->ready);
    assert_int_equal(m->ready->value, r->want);
    rpc_reply_done(&reply);
}

/* google.protobuf.BoolValue{true} inside field 1, as Go writes it. */
static void ready_is_a_bool_value_on_the_wire(void **state)
{
    (void)state;
    CLEANUP(csi_identity) struct csi_identity *i = new_identity(NULL);
    struct rpc_service s = csi_identity_service(i);
    Csi__V1__ProbeRequest rq;
    csi__v1__probe_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Identity/Probe", &rq.base);
    assert_int_equal(reply.n, 4);
    assert_memory_equal(reply.bytes, "\x0a\x02\x08\x01", 4);
    rpc_reply_done(&reply);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(plugin_info_names_driver_and_version),
        cmocka_unit_test(no_plugin_capability_is_announced),
        cmocka_unit_test(ready_is_a_bool_value_on_the_wire),
    };
    return TABLE_RUN("csi_identity, names", name_rows, one_name) +
           TABLE_RUN("csi_identity, probe", probe_rows, one_probe) +
           GROUP_RUN("csi_identity", others);
}
