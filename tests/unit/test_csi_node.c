/* The Node service on scripted volumes: what reaches them, and what the kubelet is told. */
#include "driver/csi_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "driver/csi_codec.h"
#include "proto/csi.pb-c.h"
#include "tests/support/rpc_ask.h"
#include "tests/support/table.h"

#define PUBLISH "/csi.v1.Node/NodePublishVolume"
#define UNPUBLISH "/csi.v1.Node/NodeUnpublishVolume"
#define STATS "/csi.v1.Node/NodeGetVolumeStats"

#define ATTRIBUTES_MAX 16
#define TEXT_SIZE 256

/* Scripted volumes: one answer, and a copy of the last request. */
struct volumes {
    bool fails;
    enum err_class cls;
    struct volume_stats stats;
    unsigned calls;
    char external_secret[TEXT_SIZE], items[TEXT_SIZE], mode[TEXT_SIZE], optional[TEXT_SIZE];
    char volume_id[TEXT_SIZE], target[TEXT_SIZE];
    char pod[TEXT_SIZE], account[TEXT_SIZE];
    int64_t fs_group;
};

static void keep(char *into, const char *text)
{
    snprintf(into, TEXT_SIZE, "%s", text ? text : "(none)");
}

static struct err *answer(struct volumes *v)
{
    v->calls++;
    return v->fails ? err_new(v->cls, "scripted failure") : NULL;
}

static struct err *fake_publish(struct volumes *v, const struct volume_request *rq,
                                const struct deadline *dl)
{
    (void)dl;
    keep(v->volume_id, rq->volume_id);
    keep(v->target, rq->target_path);
    keep(v->external_secret, rq->external_secret);
    keep(v->items, rq->items_yaml);
    keep(v->mode, rq->default_mode_text);
    keep(v->optional, rq->optional_text);
    keep(v->account, rq->service_account);
    snprintf(v->pod, sizeof(v->pod), "%s/%s/%s", rq->pod_ns, rq->pod_name, rq->pod_uid);
    v->fs_group = rq->fs_group;
    return answer(v);
}

static struct err *fake_unpublish(struct volumes *v, const char *volume_id, const char *target,
                                  const struct deadline *dl)
{
    (void)dl;
    keep(v->volume_id, volume_id);
    keep(v->target, target);
    return answer(v);
}

static struct err *fake_stats(struct volumes *v, const char *volume_id, const char *path,
                              struct volume_stats *out)
{
    keep(v->volume_id, volume_id);
    keep(v->target, path);
    struct err *e = answer(v);
    if (!e)
        *out = v->stats;
    return e;
}

static const struct csi_volumes_ops fake_ops = {fake_publish, fake_unpublish, fake_stats};

static struct csi_node *new_node(struct volumes *v)
{
    struct csi_node_options o = {v, &fake_ops, "node-1"};
    struct csi_node *n = NULL;
    assert_null(csi_node_new(&o, &n));
    return n;
}

/* A request that is right, to be spoilt by each row. */
struct request {
    Csi__V1__NodePublishVolumeRequest m;
    Csi__V1__VolumeCapability capability;
    Csi__V1__VolumeCapability__MountVolume mount;
    Csi__V1__VolumeCapability__BlockVolume block;
    Csi__V1__VolumeCapability__AccessMode mode;
    Csi__V1__NodePublishVolumeRequest__SecretsEntry secret;
    Csi__V1__NodePublishVolumeRequest__SecretsEntry *secrets[1];
    Csi__V1__NodePublishVolumeRequest__VolumeContextEntry context[ATTRIBUTES_MAX];
    Csi__V1__NodePublishVolumeRequest__VolumeContextEntry *list[ATTRIBUTES_MAX];
    char *flags[1];
    char *texts[2 * ATTRIBUTES_MAX + 8];
    size_t n_texts;
};

/* Copy of s that the request frees. */
static char *text(struct request *r, const char *s)
{
    assert_true(r->n_texts < ARRAY_SIZE(r->texts));
    return r->texts[r->n_texts++] = xstrdup(s);
}

static void set_attribute(struct request *r, const char *key, const char *value)
{
    size_t i = 0;
    while (i < r->m.n_volume_context && strcmp(r->context[i].key, key) != 0)
        i++;
    if (i == r->m.n_volume_context) {
        csi__v1__node_publish_volume_request__volume_context_entry__init(&r->context[i]);
        r->context[i].key = text(r, key);
        r->list[i] = &r->context[i];
        r->m.n_volume_context++;
    }
    r->context[i].value = text(r, value);
}

static void request_init(struct request *r)
{
    memset(r, 0, sizeof(*r));
    csi__v1__node_publish_volume_request__init(&r->m);
    csi__v1__volume_capability__init(&r->capability);
    csi__v1__volume_capability__mount_volume__init(&r->mount);
    csi__v1__volume_capability__block_volume__init(&r->block);
    csi__v1__volume_capability__access_mode__init(&r->mode);
    csi__v1__node_publish_volume_request__secrets_entry__init(&r->secret);
    r->m.volume_id = text(r, "csi-1");
    r->m.target_path = text(r, "/k/pods/u/volumes/kubernetes.io~csi/v/mount");
    r->m.readonly = true;
    r->m.volume_capability = &r->capability;
    r->m.volume_context = r->list;
    r->m.secrets = r->secrets;
    r->secrets[0] = &r->secret;
    r->capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_MOUNT;
    r->capability.mount = &r->mount;
    r->capability.access_mode = &r->mode;
    r->mode.mode = CSI__V1__VOLUME_CAPABILITY__ACCESS_MODE__MODE__SINGLE_NODE_WRITER;
    set_attribute(r, CSI_KEY_POD_NS, "shop");
    set_attribute(r, CSI_KEY_POD_NAME, "web");
    set_attribute(r, CSI_KEY_POD_UID, "u");
    set_attribute(r, CSI_KEY_SERVICE_ACCOUNT, "robot");
    set_attribute(r, CSI_KEY_EPHEMERAL, "true");
    set_attribute(r, "externalSecret", "db");
}

static void request_done(struct request *r)
{
    while (r->n_texts > 0)
        free(r->texts[--r->n_texts]);
}

/* Requests that are refused before anything is done */

enum spoil {
    NO_VOLUME_ID,
    LONG_VOLUME_ID,
    NO_TARGET,
    LONG_TARGET,
    NO_CAPABILITY,
    BLOCK,
    NO_ACCESS_TYPE,
    NO_ACCESS_MODE,
    FS_TYPE,
    MOUNT_FLAGS,
    WRITABLE,
    SECRET,
    GROUP,
    ACCESS_MODE,
    ATTRIBUTE,
};

static const struct refused_row {
    const char *name;
    enum spoil spoil;
    const char *key, *value; /* of what is spoilt */
    const char *want;        /* whole text */
} refused_rows[] = {
    {"no volume id", NO_VOLUME_ID, "", "", "Pod shop/web: volume_id is missing"},
    {"long volume id", LONG_VOLUME_ID, "", "", "Pod shop/web: volume_id is over 128 bytes"},
    {"no target path", NO_TARGET, "", "", "Pod shop/web: target_path is missing"},
    {"long target path", LONG_TARGET, "", "", "Pod shop/web: target_path is over 4095 bytes"},
    {"no capability", NO_CAPABILITY, "", "", "Pod shop/web: volume_capability is missing"},
    {"block", BLOCK, "", "",
     "Pod shop/web: volume_capability: only the mount access type is offered"},
    {"no access type", NO_ACCESS_TYPE, "", "",
     "Pod shop/web: volume_capability: only the mount access type is offered"},
    {"no access mode", NO_ACCESS_MODE, "", "",
     "Pod shop/web: volume_capability: access mode 0 is not offered"},
    {"many writers", ACCESS_MODE, "", "5",
     "Pod shop/web: volume_capability: access mode 5 is not offered"},
    {"fs type", FS_TYPE, "", "ext4", "Pod shop/web: fsType \"ext4\" is not offered: leave it out"},
    {"mount flags", MOUNT_FLAGS, "", "", "Pod shop/web: mount flags are not offered"},
    {"writable", WRITABLE, "", "",
     "Pod shop/web: the volume must be read-only: set `readOnly: true` under `csi:` in the Pod"},
    {"no pod name", ATTRIBUTE, CSI_KEY_POD_NAME, "",
     "Pod shop/: attribute csi.storage.k8s.io/pod.name is missing: the CSIDriver object needs "
     "`podInfoOnMount: true`"},
    {"no pod uid", ATTRIBUTE, CSI_KEY_POD_UID, "",
     "Pod shop/web: attribute csi.storage.k8s.io/pod.uid is missing: the CSIDriver object needs "
     "`podInfoOnMount: true`"},
    {"persistent", ATTRIBUTE, CSI_KEY_EPHEMERAL, "false",
     "Pod shop/web: attribute csi.storage.k8s.io/ephemeral is not \"true\": only ephemeral inline "
     "volumes are offered, no persistent ones"},
    {"unknown attribute", ATTRIBUTE, "externalsecret", "db",
     "Pod shop/web: volume attribute \"externalsecret\" is unknown: want externalSecret, items, "
     "defaultMode or optional"},
    {"class", ATTRIBUTE, "secretProviderClass", "c",
     "Pod shop/web: volume attribute \"secretProviderClass\" is not supported yet: name an "
     "ExternalSecret with \"externalSecret\""},
    {"secrets", SECRET, "password", "canary",
     "Pod shop/web: nodePublishSecretRef is not supported: remove it"},
    {"group is a word", GROUP, "", "staff", "Pod shop/web: volume_mount_group is no group id"},
    {"group is negative", GROUP, "", "-1", "Pod shop/web: volume_mount_group is no group id"},
    {"group is too large", GROUP, "", "4294967295",
     "Pod shop/web: volume_mount_group is no group id"},
    {"group has many digits", GROUP, "", "99999999999999999999999",
     "Pod shop/web: volume_mount_group is no group id"},
};

static void spoil_text(struct request *r, char **field, size_t n)
{
    char *s = xalloc(n + 1);
    memset(s, 'x', n);
    s[n] = 0;
    *field = text(r, s);
    free(s);
}

static void spoil(struct request *r, const struct refused_row *row)
{
    switch (row->spoil) {
    case NO_VOLUME_ID:
        r->m.volume_id = text(r, "");
        break;
    case LONG_VOLUME_ID:
        spoil_text(r, &r->m.volume_id, CSI_VOLUME_ID_MAX + 1);
        break;
    case NO_TARGET:
        r->m.target_path = text(r, "");
        break;
    case LONG_TARGET:
        spoil_text(r, &r->m.target_path, CSI_PATH_MAX + 1);
        break;
    case NO_CAPABILITY:
        r->m.volume_capability = NULL;
        break;
    case BLOCK:
        r->capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_BLOCK;
        r->capability.block = &r->block;
        break;
    case NO_ACCESS_TYPE:
        r->capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE__NOT_SET;
        break;
    case NO_ACCESS_MODE:
        r->capability.access_mode = NULL;
        break;
    case FS_TYPE:
        r->mount.fs_type = text(r, row->value);
        break;
    case MOUNT_FLAGS:
        r->flags[0] = text(r, "context=x");
        r->mount.mount_flags = r->flags;
        r->mount.n_mount_flags = 1;
        break;
    case WRITABLE:
        r->m.readonly = false;
        break;
    case SECRET:
        r->secret.key = text(r, row->key);
        r->secret.value = text(r, row->value);
        r->m.n_secrets = 1;
        break;
    case GROUP:
        r->mount.volume_mount_group = text(r, row->value);
        break;
    case ACCESS_MODE:
        r->mode.mode = (Csi__V1__VolumeCapability__AccessMode__Mode)atoi(row->value);
        break;
    case ATTRIBUTE:
        set_attribute(r, row->key, row->value);
        break;
    }
}

static void one_refused(void **state)
{
    const struct refused_row *row = *state;
    struct volumes v = {0};
    struct request r;
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    request_init(&r);
    spoil(&r, row);
    struct rpc_reply reply = rpc_ask(&s, PUBLISH, &r.m.base);
    assert_int_equal(reply.code, CSI_INVALID_ARGUMENT);
    assert_string_equal(reply.text, row->want);
    assert_int_equal(v.calls, 0);
    rpc_reply_done(&reply);
    request_done(&r);
}

/* Requests that reach the volumes */

static const struct accepted_row {
    const char *name;
    const char *key, *value; /* one more attribute */
    const char *fs_type;
    const char *group;
    int mode;
    const char *want_items, *want_mode, *want_optional;
    int64_t want_group;
} accepted_rows[] = {
    {"plain", "", "", "", "", 1, "(none)", "(none)", "(none)", -1},
    {"items", "items", "- {key: a, path: b}", "", "", 1, "- {key: a, path: b}", "(none)", "(none)",
     -1},
    {"default mode", "defaultMode", "0440", "", "", 1, "(none)", "0440", "(none)", -1},
    {"optional", "optional", "true", "", "", 1, "(none)", "(none)", "true", -1},
    {"group", "", "", "", "2000", 1, "(none)", "(none)", "(none)", 2000},
    {"group nought", "", "", "", "0", 1, "(none)", "(none)", "(none)", 0},
    {"largest group", "", "", "", "4294967294", 1, "(none)", "(none)", "(none)", 4294967294},
    {"tmpfs", "", "", "tmpfs", "", 1, "(none)", "(none)", "(none)", -1},
    {"single reader", "", "", "", "", 2, "(none)", "(none)", "(none)", -1},
    {"many readers", "", "", "", "", 3, "(none)", "(none)", "(none)", -1},
    {"attribute of a newer kubelet", CSI_KUBELET_PREFIX "pod.colour", "red", "", "", 1, "(none)",
     "(none)", "(none)", -1},
    {"tokens", CSI_KEY_TOKENS, "{\"aud\":{\"token\":\"canary\"}}", "", "", 1, "(none)", "(none)",
     "(none)", -1},
};

static void one_accepted(void **state)
{
    const struct accepted_row *row = *state;
    struct volumes v = {0};
    struct request r;
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    request_init(&r);
    if (*row->key)
        set_attribute(&r, row->key, row->value);
    r.mount.fs_type = text(&r, row->fs_type);
    r.mount.volume_mount_group = text(&r, row->group);
    r.mode.mode = (Csi__V1__VolumeCapability__AccessMode__Mode)row->mode;
    struct rpc_reply reply = rpc_ask(&s, PUBLISH, &r.m.base);
    assert_int_equal(reply.code, CSI_OK);
    assert_int_equal(reply.n, 0);
    assert_int_equal(v.calls, 1);
    assert_string_equal(v.volume_id, "csi-1");
    assert_string_equal(v.target, "/k/pods/u/volumes/kubernetes.io~csi/v/mount");
    assert_string_equal(v.pod, "shop/web/u");
    assert_string_equal(v.account, "robot");
    assert_string_equal(v.external_secret, "db");
    assert_string_equal(v.items, row->want_items);
    assert_string_equal(v.mode, row->want_mode);
    assert_string_equal(v.optional, row->want_optional);
    assert_true(v.fs_group == row->want_group);
    rpc_reply_done(&reply);
    request_done(&r);
}

/* Failures of the volumes: code to the kubelet, one line to the log */

static const struct failure_row {
    const char *name;
    enum err_class cls;
    enum csi_code want;
} failure_rows[] = {
    {"INVALID", ERR_INVALID, CSI_INVALID_ARGUMENT},
    {"NOT_FOUND", ERR_NOT_FOUND, CSI_NOT_FOUND},
    {"DENIED", ERR_DENIED, CSI_PERMISSION_DENIED},
    {"CONFLICT", ERR_CONFLICT, CSI_ABORTED},
    {"RATE_LIMITED", ERR_RATE_LIMITED, CSI_RESOURCE_EXHAUSTED},
    {"UNAVAILABLE", ERR_UNAVAILABLE, CSI_UNAVAILABLE},
    {"DEADLINE", ERR_DEADLINE, CSI_DEADLINE_EXCEEDED},
    {"INTERNAL", ERR_INTERNAL, CSI_INTERNAL},
};

static int log_pipe[2];

static void open_log(void)
{
    assert_int_equal(pipe(log_pipe), 0);
    log_set_fd(log_pipe[1]);
}

/* What was logged since open_log. */
static void close_log(char out[2048])
{
    log_set_fd(2);
    close(log_pipe[1]);
    size_t n = 0;
    ssize_t got;
    while (n < 2047 && (got = read(log_pipe[0], out + n, 2047 - n)) > 0)
        n += (size_t)got;
    out[n] = 0;
    close(log_pipe[0]);
}

static void assert_failure(const struct rpc_reply *reply, const struct failure_row *row,
                           const char *log, const char *event)
{
    assert_int_equal(reply->code, row->want);
    assert_string_equal(reply->text, "scripted failure");
    assert_null(reply->bytes);
    assert_non_null(strstr(log, event));
    assert_non_null(strstr(log, "scripted failure"));
    assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
}

static void one_failed_publish(void **state)
{
    const struct failure_row *row = *state;
    struct volumes v = {.fails = true, .cls = row->cls};
    struct request r;
    char log[2048];
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    request_init(&r);
    set_attribute(&r, CSI_KEY_TOKENS, "canary");
    open_log();
    struct rpc_reply reply = rpc_ask(&s, PUBLISH, &r.m.base);
    close_log(log);
    assert_failure(&reply, row, log, "\"csi.publish.failed\"");
    assert_non_null(strstr(log, "\"web\""));
    assert_non_null(strstr(log, "\"shop\""));
    assert_null(strstr(log, "canary"));
    rpc_reply_done(&reply);
    request_done(&r);
}

static struct rpc_reply ask_unpublish(struct rpc_service *s, const char *id, const char *target)
{
    Csi__V1__NodeUnpublishVolumeRequest rq;
    csi__v1__node_unpublish_volume_request__init(&rq);
    CLEANUP_STR char *id_copy = xstrdup(id);
    CLEANUP_STR char *target_copy = xstrdup(target);
    rq.volume_id = id_copy;
    rq.target_path = target_copy;
    return rpc_ask(s, UNPUBLISH, &rq.base);
}

static struct rpc_reply ask_stats(struct rpc_service *s, const char *id, const char *path)
{
    Csi__V1__NodeGetVolumeStatsRequest rq;
    csi__v1__node_get_volume_stats_request__init(&rq);
    CLEANUP_STR char *id_copy = xstrdup(id);
    CLEANUP_STR char *path_copy = xstrdup(path);
    rq.volume_id = id_copy;
    rq.volume_path = path_copy;
    return rpc_ask(s, STATS, &rq.base);
}

static void one_failed_unpublish(void **state)
{
    const struct failure_row *row = *state;
    struct volumes v = {.fails = true, .cls = row->cls};
    char log[2048];
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    open_log();
    struct rpc_reply reply = ask_unpublish(&s, "csi-1", "/t");
    close_log(log);
    assert_failure(&reply, row, log, "\"csi.unpublish.failed\"");
    rpc_reply_done(&reply);
}

static void one_failed_stats(void **state)
{
    const struct failure_row *row = *state;
    struct volumes v = {.fails = true, .cls = row->cls};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    struct rpc_reply reply = ask_stats(&s, "csi-1", "some/path");
    assert_int_equal(reply.code, row->want);
    assert_string_equal(v.target, "some/path");
    rpc_reply_done(&reply);
}

static void an_unpublish_reaches_the_volumes(void **state)
{
    (void)state;
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    struct rpc_reply reply = ask_unpublish(&s, "csi-1", "/t");
    assert_int_equal(reply.code, CSI_OK);
    assert_string_equal(v.volume_id, "csi-1");
    assert_string_equal(v.target, "/t");
    rpc_reply_done(&reply);
}

static const struct pair_row {
    const char *name, *id, *path, *want_unpublish, *want_stats;
} pair_rows[] = {
    {"no volume id", "", "/t", "volume_id is missing", "volume_id is missing"},
    {"no path", "id", "", "target_path is missing", "volume_path is missing"},
    {"neither", "", "", "volume_id is missing", "volume_id is missing"},
};

static void one_pair(void **state)
{
    const struct pair_row *row = *state;
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    struct rpc_reply reply = ask_unpublish(&s, row->id, row->path);
    assert_int_equal(reply.code, CSI_INVALID_ARGUMENT);
    assert_string_equal(reply.text, row->want_unpublish);
    rpc_reply_done(&reply);
    reply = ask_stats(&s, row->id, row->path);
    assert_int_equal(reply.code, CSI_INVALID_ARGUMENT);
    assert_string_equal(reply.text, row->want_stats);
    rpc_reply_done(&reply);
    assert_int_equal(v.calls, 0);
}

static void stats_hold_usage_and_condition(void **state)
{
    (void)state;
    struct volumes v = {.stats = {.bytes_total = 100,
                                  .bytes_used = 30,
                                  .bytes_available = 70,
                                  .inodes_total = 9,
                                  .inodes_used = 4,
                                  .inodes_available = 5,
                                  .is_abnormal = true,
                                  .message = "not mounted"}};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    struct rpc_reply reply = ask_stats(&s, "csi-1", "/t");
    CLEANUP(proto_wire)
    struct proto_wire *w = rpc_answer(&reply, &csi__v1__node_get_volume_stats_response__descriptor);
    const Csi__V1__NodeGetVolumeStatsResponse *m =
        (const Csi__V1__NodeGetVolumeStatsResponse *)proto_wire_message(w);
    assert_int_equal(m->n_usage, 2);
    assert_int_equal(m->usage[0]->unit, CSI__V1__VOLUME_USAGE__UNIT__BYTES);
    assert_int_equal(m->usage[0]->total, 100);
    assert_int_equal(m->usage[0]->used, 30);
    assert_int_equal(m->usage[0]->available, 70);
    assert_int_equal(m->usage[1]->unit, CSI__V1__VOLUME_USAGE__UNIT__INODES);
    assert_int_equal(m->usage[1]->total, 9);
    assert_int_equal(m->usage[1]->used, 4);
    assert_int_equal(m->usage[1]->available, 5);
    assert_true(m->volume_condition->abnormal);
    assert_string_equal(m->volume_condition->message, "not mounted");
    rpc_reply_done(&reply);
}

static void capabilities_are_these_three(void **state)
{
    (void)state;
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    Csi__V1__NodeGetCapabilitiesRequest rq;
    csi__v1__node_get_capabilities_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Node/NodeGetCapabilities", &rq.base);
    CLEANUP(proto_wire)
    struct proto_wire *w = rpc_answer(&reply, &csi__v1__node_get_capabilities_response__descriptor);
    const Csi__V1__NodeGetCapabilitiesResponse *m =
        (const Csi__V1__NodeGetCapabilitiesResponse *)proto_wire_message(w);
    const int want[] = {CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__GET_VOLUME_STATS,
                        CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_CONDITION,
                        CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_MOUNT_GROUP};
    assert_int_equal(m->n_capabilities, ARRAY_SIZE(want));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++)
        assert_int_equal(m->capabilities[i]->rpc->type, want[i]);
    rpc_reply_done(&reply);
}

static void node_info_is_the_node_name(void **state)
{
    (void)state;
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    Csi__V1__NodeGetInfoRequest rq;
    csi__v1__node_get_info_request__init(&rq);
    struct rpc_reply reply = rpc_ask(&s, "/csi.v1.Node/NodeGetInfo", &rq.base);
    CLEANUP(proto_wire)
    struct proto_wire *w = rpc_answer(&reply, &csi__v1__node_get_info_response__descriptor);
    const Csi__V1__NodeGetInfoResponse *m =
        (const Csi__V1__NodeGetInfoResponse *)proto_wire_message(w);
    assert_string_equal(m->node_id, "node-1");
    assert_int_equal(m->max_volumes_per_node, 0);
    rpc_reply_done(&reply);
}

static void staging_and_expansion_are_not_offered(void **state)
{
    (void)state;
    static const char *const paths[] = {"/csi.v1.Node/NodeStageVolume",
                                        "/csi.v1.Node/NodeUnstageVolume",
                                        "/csi.v1.Node/NodeExpandVolume"};
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    Csi__V1__NodeGetInfoRequest rq;
    csi__v1__node_get_info_request__init(&rq);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct rpc_reply reply = rpc_ask(&s, paths[i], &rq.base);
        assert_int_equal(reply.code, CSI_UNIMPLEMENTED);
        rpc_reply_done(&reply);
    }
}

static void a_request_that_does_not_decode_is_invalid(void **state)
{
    (void)state;
    struct volumes v = {0};
    CLEANUP(csi_node) struct csi_node *n = new_node(&v);
    struct rpc_service s = csi_node_service(n);
    struct rpc_reply reply = {0};
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    rpc_run(&s.methods[0], n,
            (const unsigned char *)"\x0a\x03"
                                   "a\0b",
            5, &dl, &reply);
    assert_int_equal(reply.code, CSI_INVALID_ARGUMENT);
    assert_string_equal(reply.text, "field volume_id: text holds a zero byte");
    assert_int_equal(v.calls, 0);
    rpc_reply_done(&reply);
}

static void a_node_needs_a_name(void **state)
{
    (void)state;
    char name[258];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    const char *wrong[] = {"", name};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct csi_node_options o = {NULL, &fake_ops, wrong[i]};
        struct csi_node *n = NULL;
        struct err *e = csi_node_new(&o, &n);
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        err_free(e);
        assert_null(n);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(an_unpublish_reaches_the_volumes),
        cmocka_unit_test(stats_hold_usage_and_condition),
        cmocka_unit_test(capabilities_are_these_three),
        cmocka_unit_test(node_info_is_the_node_name),
        cmocka_unit_test(staging_and_expansion_are_not_offered),
        cmocka_unit_test(a_request_that_does_not_decode_is_invalid),
        cmocka_unit_test(a_node_needs_a_name),
    };
    int failed = TABLE_RUN("csi_node, failed publish", failure_rows, one_failed_publish) +
                 TABLE_RUN("csi_node, failed unpublish", failure_rows, one_failed_unpublish);
    log_set_level(LOG_LEVEL_ERROR);
    return failed + TABLE_RUN("csi_node, refused", refused_rows, one_refused) +
           TABLE_RUN("csi_node, accepted", accepted_rows, one_accepted) +
           TABLE_RUN("csi_node, failed stats", failure_rows, one_failed_stats) +
           TABLE_RUN("csi_node, missing fields", pair_rows, one_pair) +
           GROUP_RUN("csi_node", others);
}
