/* A kubelet for the hand: each verb is one or a few RPCs on the driver's socket, with the paths,
 * the volume id and the attributes that a real kubelet would send. Which verb takes which option
 * is a mask in the table, so that an option in the wrong place is refused. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fs.h"
#include "cmd/cli.h"
#include "driver/csi_client.h"
#include "driver/csi_codec.h"

#define FOLDER_MODE 0750 /* what the kubelet gives the parents of a target */
#define ATTRIBUTES_MAX 10

struct csi_options {
    char *socket;
    char *target;
    char *kubelet_root;
    char *volume;
    char *volume_id;
    char *pod_ns;
    char *pod_name;
    char *pod_uid;
    char *service_account;
    char *external_secret;
    char *items;
    char *default_mode;
    int64_t fs_group; /* -1: none */
    uint64_t timeout_ns;
    bool is_optional;
    bool is_read_write;
};

enum verb_bit { INFO = 1, PUBLISH = 2, UNPUBLISH = 4, STATS = 8, REGISTER = 16 };

#define WITH_TARGET (PUBLISH | UNPUBLISH | STATS)
#define AT(field) .offset = offsetof(struct csi_options, field)

struct verb_option {
    unsigned taken_by; /* enum verb_bit */
    unsigned needed_by;
    struct option row;
};

/* clang-format off */
static const struct verb_option verb_options[] = {
    {INFO | WITH_TARGET, 0, {"socket", OPTION_PATH,
        "/var/lib/kubelet/plugins/csi.lockstep.dev/csi.sock", AT(socket), .form = "PATH",
        .check = option_check_absolute, .help = "The driver's socket."}},
    {REGISTER, 0, {"socket", OPTION_PATH,
        "/var/lib/kubelet/plugins_registry/csi.lockstep.dev-reg.sock", AT(socket), .form = "PATH",
        .check = option_check_absolute, .help = "The driver's registration socket."}},
    {INFO | WITH_TARGET | REGISTER, 0, {"timeout", OPTION_DURATION, "2m", AT(timeout_ns),
        .form = "DURATION", .min = (int64_t)NS_PER_MS, .max = 3600 * (int64_t)NS_PER_S,
        .help = "Longest time for each call."}},
    {WITH_TARGET, 0, {"target", OPTION_PATH, AT(target), .form = "PATH",
        .check = option_check_absolute, .help = "Where the volume is mounted."}},
    {WITH_TARGET, 0, {"kubelet-root", OPTION_PATH, "/var/lib/kubelet", AT(kubelet_root),
        .form = "PATH", .check = option_check_absolute,
        .help = "Instead of --target, with --pod-uid and --volume: the kubelet's folder."}},
    {WITH_TARGET, 0, {"volume", OPTION_TEXT, AT(volume), .form = "NAME",
        .help = "Name of the volume in the Pod."}},
    {WITH_TARGET, 0, {"volume-id", OPTION_TEXT, AT(volume_id), .form = "ID",
        .help = "Default: what the kubelet makes of --pod-uid and --volume, else of --target."}},
    {PUBLISH, PUBLISH, {"pod-namespace", OPTION_TEXT, AT(pod_ns), .form = "NAME",
        .help = "Namespace of the Pod."}},
    {PUBLISH, PUBLISH, {"pod-name", OPTION_TEXT, AT(pod_name), .form = "NAME",
        .help = "Name of the Pod."}},
    {WITH_TARGET, PUBLISH, {"pod-uid", OPTION_TEXT, AT(pod_uid), .form = "UID",
        .help = "UID of the Pod."}},
    {PUBLISH, 0, {"service-account", OPTION_TEXT, "default", AT(service_account), .form = "NAME",
        .help = "ServiceAccount of the Pod."}},
    {PUBLISH, PUBLISH, {"external-secret", OPTION_TEXT, AT(external_secret), .form = "NAME",
        .help = "The volume's attribute externalSecret."}},
    {PUBLISH, 0, {"items", OPTION_TEXT, AT(items), .form = "YAML",
        .help = "The volume's attribute items, in YAML's flow style: [{key: k, path: p}]."}},
    {PUBLISH, 0, {"default-mode", OPTION_TEXT, AT(default_mode), .form = "MODE",
        .help = "The volume's attribute defaultMode."}},
    {PUBLISH, 0, {"optional", OPTION_BOOL, AT(is_optional),
        .help = "The volume's attribute optional: a missing ExternalSecret is no failure."}},
    {PUBLISH, 0, {"fs-group", OPTION_INT, "-1", AT(fs_group), .form = "GID", .min = -1,
        .max = UINT32_MAX, .help = "The Pod's fsGroup; -1 is none."}},
    {PUBLISH, 0, {"read-write", OPTION_BOOL, AT(is_read_write),
        .help = "Ask for a writable volume, which the driver refuses."}},
};
/* clang-format on */

/* What the kubelet would know about one volume. */
struct place {
    char *target;
    char *parent; /* NULL with --target */
    char *volume_id;
};

static void place_done(struct place *p)
{
    free(p->target);
    free(p->parent);
    free(p->volume_id);
}
static inline void place_done_cleanup(struct place *p)
{
    place_done(p);
}
#define CLEANUP_PLACE __attribute__((cleanup(place_done_cleanup)))

static char *hashed_id(const char *text)
{
    char hex[DIGEST_SHA256_HEX];
    digest_sha256_hex(secret_view_of(text, strlen(text)), hex);
    return xasprintf("csi-%s", hex);
}

/* Where the volume is and what it is called. Errors: INVALID (an option is missing). */
static struct err *find_place(const struct csi_options *o, struct place *out)
{
    CLEANUP_STR char *both = NULL;
    if (o->target) {
        out->target = xstrdup(o->target);
        out->volume_id = o->volume_id ? xstrdup(o->volume_id) : hashed_id(o->target);
        return NULL;
    }
    if (!o->volume || !o->pod_uid)
        return err_new(ERR_INVALID, "--target, or --pod-uid and --volume, must be given");
    if (!fs_is_name(o->volume) || !fs_is_name(o->pod_uid))
        return err_new(ERR_INVALID, "--pod-uid and --volume must be usable as folder names");
    out->parent = xasprintf("%s/pods/%s/volumes/kubernetes.io~csi/%s", o->kubelet_root, o->pod_uid,
                            o->volume);
    out->target = xasprintf("%s/mount", out->parent);
    both = xasprintf("%s%s", o->pod_uid, o->volume);
    out->volume_id = o->volume_id ? xstrdup(o->volume_id) : hashed_id(both);
    return NULL;
}

/* Prints the answer; true for OK. */
static bool print_status(const struct csi_client_status *s)
{
    printf("%s", csi_status_name(s->code));
    if (s->text && *s->text) {
        cli_print(": ");
        cli_print(s->text);
    }
    cli_print("\n");
    return s->code == CSI_OK;
}

static struct csi_client client_of(const struct csi_options *o)
{
    return (struct csi_client){.socket_path = o->socket, .timeout_ns = o->timeout_ns};
}

static void print_yes(const char *name, bool is_yes)
{
    printf("%-18s%s\n", name, is_yes ? "yes" : "no");
}

static struct err *run_info(const struct csi_options *o, struct csi_client_status *status)
{
    const struct csi_client c = client_of(o);
    struct csi_client_info info = {0};
    struct err *e = csi_client_info(&c, &info, status);
    if (!e && status->code == CSI_OK) {
        const char *const texts[][2] = {
            {"driver", info.driver_name}, {"version", info.vendor_version}, {"node", info.node_id}};
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
            printf("%-18s", texts[i][0]);
            cli_print(texts[i][1]);
            cli_print("\n");
        }
        print_yes("ready", info.is_ready);
        print_yes("volume stats", info.has_stats);
        print_yes("volume condition", info.has_condition);
        print_yes("mount group", info.has_group);
    }
    csi_client_info_done(&info);
    return e;
}

/* Attributes in the order in which they were put; a NULL value is left out. */
struct attributes {
    struct csi_client_attribute rows[ATTRIBUTES_MAX];
    size_t n;
};

static void put_attribute(struct attributes *a, const char *key, const char *value)
{
    if (value)
        a->rows[a->n++] = (struct csi_client_attribute){key, value};
}

/* Codes after which the kubelet keeps the folders and tries again. */
static bool is_in_doubt(enum csi_code code)
{
    static const enum csi_code codes[] = {CSI_CANCELLED, CSI_DEADLINE_EXCEEDED, CSI_UNAVAILABLE,
                                          CSI_RESOURCE_EXHAUSTED, CSI_ABORTED};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* The volume's own folder goes after an unpublish, and after a publish that failed for good. */
static struct err *remove_parent(const struct place *at)
{
    if (at->parent && rmdir(at->parent) < 0 && errno != ENOENT)
        return err_errno(errno, "remove the volume's folder");
    return NULL;
}

static struct err *run_publish(const struct csi_options *o, struct csi_client_status *status)
{
    CLEANUP_PLACE struct place at = {0};
    CLEANUP_STR char *group = o->fs_group < 0 ? NULL : xasprintf("%" PRId64, o->fs_group);
    const struct csi_client c = client_of(o);
    struct attributes a = {.n = 0};
    struct err *e = find_place(o, &at);
    if (!e && at.parent)
        e = fs_mkdirs(AT_FDCWD, at.parent, FOLDER_MODE);
    if (e)
        return e;
    put_attribute(&a, CSI_KEY_POD_NS, o->pod_ns);
    put_attribute(&a, CSI_KEY_POD_NAME, o->pod_name);
    put_attribute(&a, CSI_KEY_POD_UID, o->pod_uid);
    put_attribute(&a, CSI_KEY_SERVICE_ACCOUNT, o->service_account);
    put_attribute(&a, CSI_KEY_EPHEMERAL, "true");
    put_attribute(&a, "externalSecret", o->external_secret);
    put_attribute(&a, "items", o->items);
    put_attribute(&a, "defaultMode", o->default_mode);
    put_attribute(&a, "optional", o->is_optional ? "true" : NULL);
    const struct csi_client_publish rq = {
        .volume_id = at.volume_id,
        .target_path = at.target,
        .mount_group = group,
        .is_readonly = !o->is_read_write,
        .attributes = a.rows,
        .n_attributes = a.n,
    };
    e = csi_client_publish(&c, &rq, status);
    if (e || status->code == CSI_OK || is_in_doubt(status->code))
        return e;
    return remove_parent(&at);
}

static struct err *run_unpublish(const struct csi_options *o, struct csi_client_status *status)
{
    CLEANUP_PLACE struct place at = {0};
    const struct csi_client c = client_of(o);
    struct err *e = find_place(o, &at);
    if (!e)
        e = csi_client_unpublish(&c, at.volume_id, at.target, status);
    if (e || status->code != CSI_OK)
        return e;
    return remove_parent(&at);
}

static void print_usage(const char *name, uint64_t total, uint64_t used, uint64_t available)
{
    printf("%-18s%" PRIu64 " total, %" PRIu64 " used, %" PRIu64 " available\n", name, total, used,
           available);
}

static struct err *run_stats(const struct csi_options *o, struct csi_client_status *status)
{
    CLEANUP_PLACE struct place at = {0};
    const struct csi_client c = client_of(o);
    struct volume_stats s = {0};
    struct err *e = find_place(o, &at);
    if (!e)
        e = csi_client_stats(&c, at.volume_id, at.target, &s, status);
    if (e || status->code != CSI_OK)
        return e;
    print_usage("bytes", s.bytes_total, s.bytes_used, s.bytes_available);
    print_usage("inodes", s.inodes_total, s.inodes_used, s.inodes_available);
    print_yes("abnormal", s.is_abnormal);
    printf("%-18s", "condition");
    cli_print(s.message);
    cli_print("\n");
    return NULL;
}

/* As the kubelet: name, then node, then the verdict, which is told to the driver too. */
static struct err *register_plugin(const struct csi_options *o,
                                   const struct csi_client_plugin *plugin,
                                   struct csi_client_status *status)
{
    const struct csi_client c = client_of(o);
    const struct csi_client endpoint = {.socket_path = plugin->endpoint,
                                        .timeout_ns = o->timeout_ns};
    struct csi_client_info info = {0};
    struct csi_client_status answer = {0};
    struct err *e = NULL;
    CLEANUP(err) struct err *problem = NULL;
    printf("%-18s", "driver");
    cli_print(plugin->name);
    printf("\n%-18s", "endpoint");
    cli_print(plugin->endpoint);
    cli_print("\n");
    problem = csi_client_info(&endpoint, &info, &answer);
    if (!problem && answer.code != CSI_OK)
        problem = err_new(ERR_UNAVAILABLE, "endpoint: %s", csi_status_name(answer.code));
    e = csi_client_notify(&c, problem ? err_text(problem) : NULL, status);
    csi_client_status_done(&answer);
    csi_client_info_done(&info);
    if (e || !problem)
        return e;
    return err_wrap(TAKE(problem), "not registered");
}

static struct err *run_register(const struct csi_options *o, struct csi_client_status *status)
{
    const struct csi_client c = client_of(o);
    struct csi_client_plugin plugin = {0};
    struct err *e = csi_client_plugin(&c, &plugin, status);
    if (!e && status->code == CSI_OK) {
        csi_client_status_done(status);
        e = register_plugin(o, &plugin, status);
    }
    csi_client_plugin_done(&plugin);
    return e;
}

struct verb {
    const char *name;
    enum verb_bit bit;
    const char *about;
    struct err *(*run)(const struct csi_options *o, struct csi_client_status *status);
};

static const struct verb verbs[] = {
    {"info", INFO, "Ask the driver who it is and what it can do.", run_info},
    {"publish", PUBLISH, "Mount a volume.", run_publish},
    {"unpublish", UNPUBLISH, "Unmount a volume.", run_unpublish},
    {"stats", STATS, "Ask for a volume's usage and condition.", run_stats},
    {"register", REGISTER, "Register the driver: ask its name, ask its socket, and say so.",
     run_register},
};

/* The options of one verb, out of all. */
struct verb_set {
    struct option rows[ARRAY_SIZE(verb_options)];
    struct option_set set;
};

static void select_options(const struct verb *v, struct verb_set *out)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(verb_options); i++)
        if (verb_options[i].taken_by & v->bit)
            out->rows[n++] = verb_options[i].row;
    out->set = (struct option_set){out->rows, n};
}

/* Everything that must be given is text. Errors: INVALID (the option is named). */
static struct err *check_needed(const struct verb *v, const struct csi_options *o)
{
    for (size_t i = 0; i < ARRAY_SIZE(verb_options); i++) {
        const char *text;
        if (!(verb_options[i].needed_by & v->bit))
            continue;
        memcpy(&text, (const char *)o + verb_options[i].row.offset, sizeof(text));
        if (!text)
            return err_new(ERR_INVALID, "--%s must be given", verb_options[i].row.name);
    }
    return NULL;
}

static int call_verb(const struct verb *v, const struct csi_options *o)
{
    struct csi_client_status status = {0};
    int code = CLI_OK;
    struct err *e = check_needed(v, o);
    if (!e)
        e = v->run(o, &status);
    if (e)
        code = err_class(e) == ERR_INVALID ? cli_misuse(e) : cli_fail(e);
    else if (!print_status(&status))
        code = CLI_FAILED;
    csi_client_status_done(&status);
    return code;
}

static int run_verb(const struct verb *v, int argc, char **argv)
{
    struct csi_options o = {0};
    struct verb_set options;
    CLEANUP_STR char *synopsis = xasprintf("csi %s [options]", v->name);
    const struct cli_usage usage = {synopsis, v->about};
    int code = CLI_FAILED;
    select_options(v, &options);
    if (cli_options(&usage, &options.set, false, argc, argv, &o, &code))
        code = call_verb(v, &o);
    option_done(&options.set, &o);
    return code;
}

static void list_verbs(void)
{
    cli_print("Usage: lockstep csi VERB [options]\n\nTalk to the driver's socket as the kubelet "
              "would. Exit code 0 means that the driver said OK.\n\nVerbs:\n");
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        printf("  %-10s %s\n", verbs[i].name, verbs[i].about);
    cli_print("\n`lockstep csi VERB --help` lists the options.\n");
}

int cli_csi(int argc, char **argv)
{
    if (argc < 2 || cli_is_help(argv[1])) {
        list_verbs();
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (strcmp(verbs[i].name, argv[1]) == 0)
            return run_verb(&verbs[i], argc - 1, argv + 1);
    return cli_misuse(err_new(ERR_INVALID, "no verb of that name, see lockstep csi --help"));
}
