/* Where the API server is: in a Pod, and from a kubeconfig. */

#include "kube/kube_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct cluster_row {
    const char *name, *host, *port, *server; /* server NULL: NOT_FOUND */
};

static const struct cluster_row cluster_rows[] = {
    {"IPv4", "10.96.0.1", "443", "https://10.96.0.1:443"},
    {"IPv6 gets brackets", "fd00::1", "6443", "https://[fd00::1]:6443"},
    {"a name", "kubernetes.default", "443", "https://kubernetes.default:443"},
    {"no host", NULL, "443", NULL},
    {"empty port", "10.96.0.1", "", NULL},
};

static const struct cluster_row *current;

static char *fake_env(const char *name)
{
    const char *value = strstr(name, "HOST") ? current->host : current->port;
    return (char *)(uintptr_t)value;
}

static char *make_folder(void)
{
    char *path = xstrdup("/tmp/kube_config.XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static void put_file(const char *folder, const char *name, const char *text)
{
    CLEANUP_STR char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void drop_folder(const char *folder, const char *const *names)
{
    for (; *names; names++) {
        CLEANUP_STR char *path = xasprintf("%s/%s", folder, *names);
        unlink(path);
    }
    rmdir(folder);
}

static void in_cluster(void **state)
{
    static const char *const files[] = {"namespace", NULL};
    CLEANUP(kube_config) struct kube_config *c = NULL;
    CLEANUP_STR char *folder = make_folder();
    current = *state;
    put_file(folder, "namespace", "lockstep-system\n");
    struct err *e = kube_config_in_cluster(fake_env, folder, &c);
    drop_folder(folder, files);
    if (!current->server) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_NOT_FOUND);
        err_free(e);
        return;
    }
    assert_null(e);
    assert_string_equal(c->server, current->server);
    assert_string_equal(c->ns, "lockstep-system");
    assert_non_null(strstr(c->token_file, "/token"));
    assert_non_null(strstr(c->ca_file, "/ca.crt"));
}

static void in_cluster_without_account(void **state)
{
    CLEANUP(kube_config) struct kube_config *c = NULL;
    (void)state;
    current = &cluster_rows[0];
    struct err *e = kube_config_in_cluster(fake_env, "/nonexistent/account", &c);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    err_free(e);
}

#define CONFIG(cluster, user)                                                                      \
    "current-context: here\n"                                                                      \
    "contexts: [{name: other, context: {}}, {name: here, context: {cluster: c, user: u}}]\n"       \
    "clusters: [{name: c, cluster: {" cluster "}}]\n"                                              \
    "users: [{name: u, user: {" user "}}]\n"

struct file_row {
    const char *name, *text;
    const char *want; /* server, or part of the error */
    bool is_bad;
    const char *ca, *token, *token_file; /* parts of what is expected; NULL: none */
};

static const struct file_row file_rows[] = {
    {"token in the file", CONFIG("server: 'https://h:1/'", "token: abc"), "https://h:1", false,
     NULL, "abc", NULL},
    {"token file beside it", CONFIG("server: 'https://h:1'", "tokenFile: tok"), "https://h:1",
     false, NULL, NULL, "/tok"},
    {"CA in the file", CONFIG("server: 'https://h', certificate-authority-data: Q0E=", "token: a"),
     "https://h", false, "CA", "a", NULL},
    {"no credentials at all", CONFIG("server: 'http://h'", ""), "http://h", false, NULL, NULL,
     NULL},
    {"no server", CONFIG("", "token: a"), "cluster.server", true, NULL, NULL, NULL},
    {"not https", CONFIG("server: 'ftp://h'", "token: a"), "cluster.server", true, NULL, NULL,
     NULL},
    {"unchecked TLS", CONFIG("server: 'https://h', insecure-skip-tls-verify: true", "token: a"),
     "insecure-skip-tls-verify", true, NULL, NULL, NULL},
    {"bad CA", CONFIG("server: 'https://h', certificate-authority-data: '*'", "token: a"),
     "certificate-authority-data", true, NULL, NULL, NULL},
    {"client certificate", CONFIG("server: 'https://h'", "client-certificate: x"),
     "user.client-certificate is not supported", true, NULL, NULL, NULL},
    {"no such context", "current-context: x\n", "current-context", true, NULL, NULL, NULL},
    {"no such cluster", "current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\n",
     "context.cluster", true, NULL, NULL, NULL},
    {"no YAML", "{", "kubeconfig", true, NULL, NULL, NULL},
};

static void check_good(const struct file_row *r, const struct kube_config *c)
{
    assert_string_equal(c->server, r->want);
    assert_string_equal(c->ns, "default");
    assert_int_equal(c->is_plain_http, strncmp(r->want, "http:", 5) == 0);
    assert_int_equal(r->ca != NULL, c->ca_pem != NULL);
    if (r->ca)
        assert_string_equal(c->ca_pem, r->ca);
    assert_int_equal(r->token != NULL, c->token != NULL);
    if (r->token)
        assert_true(secret_view_equal(secret_buf_view(c->token),
                                      secret_view_of(r->token, strlen(r->token))));
    assert_int_equal(r->token_file != NULL, c->token_file != NULL);
    if (r->token_file)
        assert_non_null(strstr(c->token_file, r->token_file));
}

static void from_file(void **state)
{
    static const char *const files[] = {"config", NULL};
    const struct file_row *r = *state;
    CLEANUP(kube_config) struct kube_config *c = NULL;
    CLEANUP_STR char *folder = make_folder();
    CLEANUP_STR char *path = xasprintf("%s/config", folder);
    put_file(folder, "config", r->text);
    struct err *e = kube_config_from_file(path, &c);
    drop_folder(folder, files);
    if (!r->is_bad) {
        assert_null(e);
        check_good(r, c);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->want));
    err_free(e);
}

static void no_file(void **state)
{
    CLEANUP(kube_config) struct kube_config *c = NULL;
    (void)state;
    struct err *e = kube_config_from_file("/nonexistent/kubeconfig", &c);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(in_cluster_without_account),
        cmocka_unit_test(no_file),
    };
    return TABLE_RUN("kube_config_in_cluster", cluster_rows, in_cluster) +
           TABLE_RUN("kube_config_from_file", file_rows, from_file) +
           GROUP_RUN("kube_config", others);
}
