#pragma once
/* config.h: what the agent was told: flags, LOCKSTEP_* variables, a YAML file and defaults.
 *
 * Owns     a struct config owns its texts.
 * Threads  filled by main, read-only afterwards.
 * Source   docs/CONFIGURATION.md */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd/option.h"

/* Where manifests come from, or where Secrets are mirrored to. */
enum config_place {
    CONFIG_KUBERNETES,
    CONFIG_DIR, /* a folder of YAML manifests */
    CONFIG_OFF, /* mirror only */
};

/* Whether ExternalSecrets are made for ClusterExternalSecrets. */
enum config_fan_out {
    CONFIG_FAN_OUT_AUTO, /* yes; where a right is missing, their conditions tell */
    CONFIG_FAN_OUT_ON,   /* yes, and the rights for it belong to what the agent needs */
    CONFIG_FAN_OUT_OFF,
};

struct config {
    char *config_file;  /* NULL: none */
    char *source;       /* as given; see source_place */
    char *mirror;       /* as given; see mirror_place */
    char *kubeconfig;   /* NULL: the service account of the Pod */
    char *node_name;    /* never NULL after config_load */
    char *ns;           /* NULL: the namespace that the service account names */
    char *kubelet_root; /* absolute, no slash at the end */
    char *driver_name;
    char *csi_socket;       /* where we listen */
    char *csi_endpoint;     /* the same socket as the kubelet sees it */
    char *registration_dir; /* NULL: off */
    char *state_dir;
    char *admin; /* address for ops_address_parse; NULL: off */
    int64_t mirror_shards;
    int64_t workers;
    int64_t rpc_workers;
    uint64_t publish_timeout_ns;
    uint64_t max_stale_ns;
    uint64_t cache_size_bytes;
    uint64_t secret_memory_bytes;
    char *controller_class; /* stores that name another are not ours */
    char *template_left;    /* delimiters of templates */
    char *template_right;
    int64_t kube_qps;               /* requests a second to the API server */
    int64_t kube_burst;             /* of them at once */
    char *cluster_external_secrets; /* as given; see fan_out */
    char *log_level;                /* as given; see level */
    bool require_locked_memory;
    bool watch_secrets;
    bool take_over;                    /* what External Secrets wrote last is ours at once */
    char *external_secrets_ns;         /* where External Secrets runs */
    bool unsafe_allow_generic_targets; /* spec.target.manifest may name other kinds */
    bool template_pure;                /* refuse functions that are random or read the clock */
    bool api_http1;                    /* Kubernetes API over HTTP/1.1 */

    enum config_place source_place;
    enum config_place mirror_place;
    enum config_fan_out fan_out;
    enum log_level level;
    const char *source_dir; /* inside source; NULL unless CONFIG_DIR */
    const char *mirror_dir; /* inside mirror; NULL unless CONFIG_DIR */
};

/* The rows, for help and tests. */
const struct option_set *config_options(void);

/* Read all sources and fill in the defaults that depend on other options.
 *   in           borrowed
 *   out          overwritten; config_done it, also after a failure
 *   out_is_help  --help was asked for: nothing else is set
 * Errors: as option_load; INVALID also for options that do not go together. */
NODISCARD struct err *config_load(const struct option_input *in, struct config *out,
                                  bool *out_is_help);

void config_done(struct config *c);
static inline void config_done_cleanup(struct config *c)
{
    config_done(c);
}
/* CLEANUP_CONFIG struct config c = {0}; */
#define CLEANUP_CONFIG __attribute__((cleanup(config_done_cleanup)))
