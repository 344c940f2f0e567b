#pragma once
/* kube_config.h: where the API server is and how we prove who we are.
 *
 * Owns     a kube_config owns its texts and its token.
 * Threads  read-only once loaded.
 * Source   "Accessing the API from a Pod"; kubeconfig v1: the fields server, certificate-authority,
 *          certificate-authority-data, token, tokenFile, namespace. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

#define KUBE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define KUBE_TOKEN_MAX (64u << 10)
#define KUBE_CA_MAX (1u << 20)

struct kube_config {
    char *server;             /* "https://10.96.0.1:443", no slash at the end */
    char *ca_file;            /* read again as it may rotate; or */
    char *ca_pem;             /* fixed; both NULL: the system's trust store */
    char *token_file;         /* read again as it rotates; or */
    struct secret_buf *token; /* fixed; both NULL: no token is sent */
    char *ns;                 /* our own namespace; "default" when nothing says */
    bool is_plain_http;       /* an "http:" server in a kubeconfig, for tests */
};

/* From the service variables and the mounted service account.
 *   get_env      as getenv(3)
 *   account_dir  KUBE_ACCOUNT_DIR
 * Errors: NOT_FOUND (not in a cluster: variable or folder missing). */
NODISCARD struct err *kube_config_in_cluster(char *(*get_env)(const char *name),
                                             const char *account_dir, struct kube_config **out);

/* From the current context of a kubeconfig file; relative paths start at its folder.
 * Errors: NOT_FOUND (file), DENIED, INVALID (says which field; client certificates, exec plug-ins
 * and unchecked TLS are not supported). */
NODISCARD struct err *kube_config_from_file(const char *path, struct kube_config **out);

void kube_config_free(struct kube_config *c);
CLEANUP_DEFINE(kube_config)
