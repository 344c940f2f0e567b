/* The rows are all there is to know about an option; what one option's default owes to another is
 * filled in afterwards. */

#include "cmd/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/ops_address.h"

#define DIR_PREFIX "dir:"
#define HOUR_NS ((int64_t)(3600 * NS_PER_S))
#define SECOND_NS ((int64_t)NS_PER_S)
#define OFF "off"

static struct err *check_absolute_or_off(const char *text)
{
    return strcmp(text, OFF) == 0 ? NULL : option_check_absolute(text);
}

static bool is_dir_form(const char *text)
{
    return strncmp(text, DIR_PREFIX, sizeof(DIR_PREFIX) - 1) == 0 && text[sizeof(DIR_PREFIX) - 1];
}

static struct err *check_source(const char *text)
{
    if (strcmp(text, "kubernetes") == 0 || is_dir_form(text))
        return NULL;
    return err_new(ERR_INVALID, "want kubernetes or dir:PATH");
}

static struct err *check_mirror(const char *text)
{
    if (strcmp(text, "kubernetes") == 0 || strcmp(text, OFF) == 0 || is_dir_form(text))
        return NULL;
    return err_new(ERR_INVALID, "want kubernetes, dir:PATH or off");
}

static bool is_name(const char *text, const char *more, size_t max)
{
    static const char alphanumeric[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t n = strlen(text);
    if (n > max || !strchr(alphanumeric, text[0]) || !strchr(alphanumeric, text[n - 1]))
        return false;
    for (; *text; text++)
        if (!strchr(alphanumeric, *text) && !strchr(more, *text))
            return false;
    return true;
}

static struct err *check_node_name(const char *text)
{
    if (!is_name(text, "-._", 253))
        return err_new(ERR_INVALID, "want a node's name: letters, digits, '-', '.', at most 253");
    return NULL;
}

static struct err *check_delimiter(const char *text)
{
    if (!*text || strlen(text) > 16)
        return err_new(ERR_INVALID, "want 1 to 16 bytes");
    return NULL;
}

static struct err *check_namespace(const char *text)
{
    if (!is_name(text, "-", 63))
        return err_new(ERR_INVALID, "want a namespace: letters, digits, '-', at most 63");
    return NULL;
}

static struct err *check_driver_name(const char *text)
{
    if (!is_name(text, "-.", 63))
        return err_new(ERR_INVALID, "want a domain-style name of at most 63 bytes");
    return NULL;
}

static struct err *check_admin(const char *text)
{
    struct ops_address address;
    return strcmp(text, OFF) == 0 ? NULL : ops_address_parse(text, &address);
}

static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const fan_out_choices[] = {"auto", "on", "off", NULL};

#define AT(field) .offset = offsetof(struct config, field)

/* clang-format off */
static const struct option rows[] = {
    {"config", OPTION_PATH, AT(config_file), .form = "FILE",
        .help = "YAML file with any of these options, as keys in camelCase."},
    {"source", OPTION_TEXT, "kubernetes", AT(source), .form = "kubernetes|dir:PATH",
        .check = check_source,
        .help = "Where ExternalSecrets and stores are read: the API server, or YAML files in a "
                "folder."},
    {"mirror", OPTION_TEXT, AT(mirror), .form = "kubernetes|dir:PATH|off", .check = check_mirror,
        .help = "Where Secret objects are written. Default: kubernetes, or off when the source is "
                "a folder."},
    {"kubeconfig", OPTION_PATH, AT(kubeconfig), .form = "FILE",
        .help = "How to reach the API server from outside. Default: the Pod's service account."},
    {"node-name", OPTION_TEXT, AT(node_name), .form = "NAME", .check = check_node_name,
        .help = "Name of this node in the cluster. Default: the host's name."},
    {"namespace", OPTION_TEXT, AT(ns), .form = "NAME", .check = check_namespace,
        .env_too = "POD_NAMESPACE",
        .help = "Namespace of the agent itself, for its Leases. Default: POD_NAMESPACE, else what "
                "the service account says."},
    {"kubelet-root", OPTION_PATH, "/var/lib/kubelet", AT(kubelet_root), .form = "PATH",
        .check = option_check_absolute, .help = "The kubelet's folder."},
    {"driver-name", OPTION_TEXT, "csi.lockstep.dev", AT(driver_name), .form = "NAME",
        .check = check_driver_name, .help = "Name of the CSI driver."},
    {"csi-socket", OPTION_PATH, AT(csi_socket), .form = "PATH", .check = option_check_absolute,
        .help = "Where the driver listens. Default: plugins/DRIVER/csi.sock in the kubelet's "
                "folder."},
    {"csi-endpoint", OPTION_PATH, AT(csi_endpoint), .form = "PATH", .check = option_check_absolute,
        .help = "The same socket as the kubelet sees it. Default: as csi-socket."},
    {"registration-dir", OPTION_PATH, AT(registration_dir), .form = "PATH|off",
        .check = check_absolute_or_off,
        .help = "Where the driver is announced; off: nowhere. Default: plugins_registry in the "
                "kubelet's folder."},
    {"state-dir", OPTION_PATH, AT(state_dir), .form = "PATH", .check = option_check_absolute,
        .help = "What survives a restart: names and digests, never values. Default: "
                "plugins/DRIVER/state in the kubelet's folder."},
    {"admin", OPTION_TEXT, "127.0.0.1:9808", AT(admin), .form = "HOST:PORT|off",
        .check = check_admin,
        .help = "Where /healthz, /readyz, /metrics and the status page are served; :9808 is all "
                "addresses."},
    {"mirror-shards", OPTION_INT, "8", AT(mirror_shards), .form = "N", .min = 1, .max = 256,
        .help = "Into how many shares, one Lease each, ExternalSecrets are divided. The same on "
                "all nodes."},
    {"workers", OPTION_INT, "4", AT(workers), .form = "N", .min = 1, .max = 64,
        .help = "Threads that bring volumes and Secrets up to date."},
    {"rpc-workers", OPTION_INT, "4", AT(rpc_workers), .form = "N", .min = 1, .max = 64,
        .help = "Threads that answer the kubelet."},
    {"publish-timeout", OPTION_DURATION, "90s", AT(publish_timeout_ns), .form = "DURATION",
        .min = SECOND_NS, .max = 120 * SECOND_NS,
        .help = "Longest time for one call of the kubelet, which itself waits two minutes."},
    {"max-stale", OPTION_DURATION, "24h", AT(max_stale_ns), .form = "DURATION",
        .max = 8760 * HOUR_NS,
        .help = "How old a value may be that is served while its store cannot be reached; 0: none "
                "is."},
    {"cache-size", OPTION_SIZE, "16Mi", AT(cache_size_bytes), .form = "SIZE", .min = 1LL << 20,
        .max = 1LL << 30, .help = "Most memory for values that several Pods want."},
    {"secret-memory", OPTION_SIZE, "64Mi", AT(secret_memory_bytes), .form = "SIZE",
        .min = 1LL << 20, .max = 4LL << 30,
        .help = "Most locked memory for secret values."},
    {"require-locked-memory", OPTION_BOOL, AT(require_locked_memory),
        .help = "Refuse to start where memory for values cannot be locked; without it, that is a "
                "warning."},
    {"watch-secrets", OPTION_BOOL, AT(watch_secrets),
        .help = "Watch mirrored Secrets and mend changes at once; needs the right to read them."},
    {"take-over", OPTION_BOOL, AT(take_over),
        .help = "Do not stand back from External Secrets where it is alive, nor wait to see "
                "whether it is."},
    {"external-secrets-namespace", OPTION_TEXT, "external-secrets", AT(external_secrets_ns),
        .form = "NAME", .check = check_namespace,
        .help = "Where External Secrets runs, for the Lease of its leader election."},
    {"unsafe-allow-generic-targets", OPTION_BOOL, AT(unsafe_allow_generic_targets),
        .help = "Let spec.target.manifest name targets of other kinds than Secret."},
    {"cluster-external-secrets", OPTION_CHOICE, "auto", AT(cluster_external_secrets),
        .form = "auto|on|off", .choices = fan_out_choices,
        .help = "Make the ExternalSecrets that ClusterExternalSecrets ask for; on: and say at the "
                "start which rights are missing for it."},
    {"log-level", OPTION_CHOICE, "info", AT(log_level), .form = "LEVEL", .choices = log_levels,
        .help = "Least important kind of line that is written."},
    {"controller-class", OPTION_TEXT, "default", AT(controller_class), .form = "NAME",
        .help = "Stores whose spec.controller names another class, and ExternalSecrets that use "
                "one, are left alone."},
    {"template-left-delimiter", OPTION_TEXT, "{{", AT(template_left), .form = "TEXT",
        .check = check_delimiter, .help = "What opens an action in a template."},
    {"template-right-delimiter", OPTION_TEXT, "}}", AT(template_right), .form = "TEXT",
        .check = check_delimiter, .help = "What closes it."},
    {"pure-templates", OPTION_BOOL, AT(template_pure),
        .help = "Refuse template functions that are random or read the clock: they make a new "
                "Secret at each refresh."},
    {"kube-qps", OPTION_INT, "50", AT(kube_qps), .form = "N", .min = 1, .max = 1000,
        .help = "Most requests a second to the API server; watches do not count."},
    {"kube-burst", OPTION_INT, "100", AT(kube_burst), .form = "N", .min = 1, .max = 2000,
        .help = "Most requests at once to the API server, after a quiet time."},
    {"api-http1", OPTION_BOOL, AT(api_http1),
        .help = "Speak HTTP/1.1 with the API server, for proxies that break HTTP/2."},
};
/* clang-format on */

static const struct option_set set = {rows, ARRAY_SIZE(rows)};

const struct option_set *config_options(void)
{
    return &set;
}

static enum config_place place_of(const char *text, const char **dir)
{
    *dir = NULL;
    if (strcmp(text, OFF) == 0)
        return CONFIG_OFF;
    if (!is_dir_form(text))
        return CONFIG_KUBERNETES;
    *dir = text + sizeof(DIR_PREFIX) - 1;
    return CONFIG_DIR;
}

/* Set *field to a copy of fallback where nothing was said. */
static void fill(char **field, const char *fallback)
{
    if (!*field)
        *field = xstrdup(fallback);
}

/* "off" becomes NULL. */
static void drop_off(char **field)
{
    if (strcmp(*field, OFF) != 0)
        return;
    free(*field);
    *field = NULL;
}

static struct err *fill_node_name(struct config *c)
{
    char host[256] = "";
    if (c->node_name)
        return NULL;
    if (gethostname(host, sizeof(host) - 1) < 0)
        return err_errno(errno, "--node-name: the host's name");
    struct err *e = *host ? check_node_name(host) : err_new(ERR_INVALID, "the host has no name");
    if (e)
        return err_wrap(e, "--node-name");
    c->node_name = xstrdup(host);
    return NULL;
}

static void fill_paths(struct config *c)
{
    CLEANUP_STR char *plugin = xasprintf("%s/plugins/%s", c->kubelet_root, c->driver_name);
    CLEANUP_STR char *csi_socket = xasprintf("%s/csi.sock", plugin);
    CLEANUP_STR char *state_dir = xasprintf("%s/state", plugin);
    CLEANUP_STR char *registry = xasprintf("%s/plugins_registry", c->kubelet_root);
    fill(&c->csi_socket, csi_socket);
    fill(&c->csi_endpoint, c->csi_socket);
    fill(&c->state_dir, state_dir);
    fill(&c->registration_dir, registry);
    drop_off(&c->registration_dir);
    drop_off(&c->admin);
}

/* The kernel's limit for the name of a Unix socket. */
static struct err *check_sockets(const struct config *c)
{
    size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    if (strlen(c->csi_socket) > max)
        return err_new(ERR_INVALID, "--csi-socket: the path is longer than %zu bytes", max);
    if (strlen(c->csi_endpoint) > max)
        return err_new(ERR_INVALID, "--csi-endpoint: the path is longer than %zu bytes", max);
    return NULL;
}

static enum config_fan_out fan_out_of(const char *text)
{
    if (strcmp(text, OFF) == 0)
        return CONFIG_FAN_OUT_OFF;
    return strcmp(text, "on") == 0 ? CONFIG_FAN_OUT_ON : CONFIG_FAN_OUT_AUTO;
}

static struct err *config_finish(struct config *c)
{
    c->source_place = place_of(c->source, &c->source_dir);
    fill(&c->mirror, c->source_place == CONFIG_KUBERNETES ? "kubernetes" : OFF);
    c->mirror_place = place_of(c->mirror, &c->mirror_dir);
    c->fan_out = fan_out_of(c->cluster_external_secrets);
    fill_paths(c);
    if (!log_parse_level(c->log_level, &c->level))
        return err_new(ERR_INTERNAL, "--log-level: unknown to the log");
    if (c->watch_secrets && c->mirror_place != CONFIG_KUBERNETES)
        return err_new(ERR_INVALID, "--watch-secrets needs --mirror=kubernetes");
    struct err *e = fill_node_name(c);
    return e ? e : check_sockets(c);
}

struct err *config_load(const struct option_input *in, struct config *out, bool *out_is_help)
{
    *out = (struct config){0};
    struct err *e = option_load(&set, in, out, out_is_help);
    if (e || *out_is_help)
        return e;
    return config_finish(out);
}

void config_done(struct config *c)
{
    option_done(&set, c);
    c->source_dir = NULL;
    c->mirror_dir = NULL;
}
