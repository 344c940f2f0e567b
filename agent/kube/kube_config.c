/* Two ways to find the API server. In a Pod everything is at a fixed place; outside, the part of
 * a kubeconfig that needs no client certificate. A token written into the file itself passes the
 * YAML reader as text, so the file's text is erased here; the tree's memory is erased by the hooks
 * of zero_alloc. */

#include "kube/kube_config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/yaml.h"

#define NS_MAX 63
#define CONFIG_MAX (1u << 20)

void kube_config_free(struct kube_config *c)
{
    if (!c)
        return;
    free(c->server);
    free(c->ca_file);
    free(c->ca_pem);
    free(c->token_file);
    secret_buf_free(c->token);
    free(c->ns);
    free(c);
}

/* The account's namespace file; a missing one is not worth a failure. */
static char *read_ns(const char *account_dir)
{
    CLEANUP_STR char *path = xasprintf("%s/namespace", account_dir);
    char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, NS_MAX + 1, &text, &n);
    if (e) {
        err_free(e);
        return xstrdup("default");
    }
    text[strcspn(text, " \r\n")] = '\0';
    return text;
}

struct err *kube_config_in_cluster(char *(*get_env)(const char *name), const char *account_dir,
                                   struct kube_config **out)
{
    const char *host = get_env("KUBERNETES_SERVICE_HOST");
    const char *port = get_env("KUBERNETES_SERVICE_PORT");
    CLEANUP_FD int dir = -1;
    if (!host || !*host || !port || !*port)
        return err_new(ERR_NOT_FOUND, "KUBERNETES_SERVICE_HOST or _PORT is not set: not in a Pod");
    struct err *e = fs_open(AT_FDCWD, account_dir, O_PATH | O_DIRECTORY, 0, &dir);
    if (e)
        return err_wrap(e, "service account");
    CLEANUP(kube_config) struct kube_config *c = xcalloc(1, sizeof(*c));
    bool is_ipv6 = strchr(host, ':') != NULL;
    c->server = xasprintf(is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
    c->ca_file = xasprintf("%s/ca.crt", account_dir);
    c->token_file = xasprintf("%s/token", account_dir);
    c->ns = read_ns(account_dir);
    *out = TAKE(c);
    return NULL;
}

/* The member `member` of the row called name in a kubeconfig list. */
static const struct json *find_row(const struct json *root, const char *list, const char *member,
                                   const char *name)
{
    const struct json *rows = json_get(root, list);
    for (const struct json *row = json_first(rows); row && name; row = json_next(row)) {
        const char *is = json_path_text(row, "name");
        if (is && strcmp(is, name) == 0)
            return json_get(row, member);
    }
    return NULL;
}

static char *beside(const char *config_path, const char *file)
{
    const char *slash = strrchr(config_path, '/');
    if (file[0] == '/' || !slash)
        return xstrdup(file);
    return xasprintf("%.*s/%s", (int)(slash - config_path), config_path, file);
}

static struct err *decode_ca(const char *base64, struct kube_config *c)
{
    CLEANUP(secret_buf) struct secret_buf *pem = NULL;
    struct err *e = codec_base64_decode(CODEC_BASE64, secret_view_of(base64, strlen(base64)), &pem);
    if (e)
        return err_wrap(e, "cluster.certificate-authority-data");
    struct secret_view v = secret_buf_view(pem);
    if (v.n > KUBE_CA_MAX)
        return err_new(ERR_INVALID, "cluster.certificate-authority-data is too long");
    c->ca_pem = xstrndup((const char *)secret_view_raw(v), v.n);
    return NULL;
}

static struct err *read_cluster(const struct json *cluster, const char *path, struct kube_config *c)
{
    const char *server = json_path_text(cluster, "server");
    const char *ca_data = json_path_text(cluster, "certificate-authority-data");
    const char *ca_file = json_path_text(cluster, "certificate-authority");
    if (!server || (strncmp(server, "https://", 8) != 0 && strncmp(server, "http://", 7) != 0))
        return err_new(ERR_INVALID, "cluster.server: must be an https URL");
    if (json_path_bool(cluster, "insecure-skip-tls-verify", false))
        return err_new(ERR_INVALID, "cluster.insecure-skip-tls-verify is not supported");
    c->is_plain_http = server[4] == ':';
    c->server = xstrdup(server);
    for (size_t n = strlen(c->server); n > 0 && c->server[n - 1] == '/'; n--)
        c->server[n - 1] = '\0';
    if (ca_data)
        return decode_ca(ca_data, c);
    if (ca_file)
        c->ca_file = beside(path, ca_file);
    return NULL;
}

static struct err *read_user(const struct json *user, const char *path, struct kube_config *c)
{
    const char *token = json_path_text(user, "token");
    const char *token_file = json_path_text(user, "tokenFile");
    if (token_file) {
        c->token_file = beside(path, token_file);
        return NULL;
    }
    if (token)
        return secret_buf_copy(secret_view_of(token, strlen(token)), &c->token);
    if (json_count(user) > 0)
        return err_new(ERR_INVALID, "user.%s is not supported: only token and tokenFile are",
                       json_name_at(user, 0));
    return NULL;
}

static struct err *read_contexts(const struct json *root, const char *path, struct kube_config *c)
{
    const char *current = json_path_text(root, "current-context");
    const struct json *context = find_row(root, "contexts", "context", current);
    const char *ns = json_path_text(context, "namespace");
    if (!context)
        return err_new(ERR_INVALID, "current-context names no context");
    const struct json *cluster =
        find_row(root, "clusters", "cluster", json_path_text(context, "cluster"));
    if (!cluster)
        return err_new(ERR_INVALID, "context.cluster names no cluster");
    c->ns = xstrdup(ns && *ns ? ns : "default");
    struct err *e = read_cluster(cluster, path, c);
    if (e)
        return e;
    return read_user(find_row(root, "users", "user", json_path_text(context, "user")), path, c);
}

struct err *kube_config_from_file(const char *path, struct kube_config **out)
{
    CLEANUP(kube_config) struct kube_config *c = xcalloc(1, sizeof(*c));
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, CONFIG_MAX, &text, &n);
    if (e)
        return err_wrap(e, "kubeconfig");
    e = yaml_parse(text, n, &docs);
    secret_erase(text, n);
    if (!e)
        e = read_contexts(docs.n == 1 ? docs.docs[0] : NULL, path, c);
    if (e)
        return err_wrap(e, "kubeconfig %s", path);
    *out = TAKE(c);
    return NULL;
}
