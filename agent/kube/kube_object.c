/* Rows of resources, and paths made from them. Names come from manifests, so each is escaped, and
 * the two segments that escaping does not touch ("." and "..") are refused: a URL library would
 * resolve them and the request would hit a parent resource. */

#include "kube/kube_object.h"

#include <stdio.h>
#include <string.h>

#include "net/http.h"

const struct kube_resource kube_secrets = {
    .group = "", .versions = {"v1"}, .plural = "secrets", .kind = "Secret", .is_namespaced = true};
const struct kube_resource kube_config_maps = {.group = "",
                                               .versions = {"v1"},
                                               .plural = "configmaps",
                                               .kind = "ConfigMap",
                                               .is_namespaced = true};
const struct kube_resource kube_namespaces = {.group = "",
                                              .versions = {"v1"},
                                              .plural = "namespaces",
                                              .kind = "Namespace",
                                              .is_namespaced = false};
const struct kube_resource kube_events_resource = {
    .group = "", .versions = {"v1"}, .plural = "events", .kind = "Event", .is_namespaced = true};
const struct kube_resource kube_leases_resource = {.group = "coordination.k8s.io",
                                                   .versions = {"v1"},
                                                   .plural = "leases",
                                                   .kind = "Lease",
                                                   .is_namespaced = true};
const struct kube_resource kube_access_reviews = {.group = "authorization.k8s.io",
                                                  .versions = {"v1"},
                                                  .plural = "selfsubjectaccessreviews",
                                                  .kind = "SelfSubjectAccessReview",
                                                  .is_namespaced = false};
const struct kube_resource kube_external_secrets = {.group = "external-secrets.io",
                                                    .versions = {"v1", "v1beta1"},
                                                    .plural = "externalsecrets",
                                                    .kind = "ExternalSecret",
                                                    .is_namespaced = true};
const struct kube_resource kube_secret_stores = {.group = "external-secrets.io",
                                                 .versions = {"v1", "v1beta1"},
                                                 .plural = "secretstores",
                                                 .kind = "SecretStore",
                                                 .is_namespaced = true};
const struct kube_resource kube_cluster_secret_stores = {.group = "external-secrets.io",
                                                         .versions = {"v1", "v1beta1"},
                                                         .plural = "clustersecretstores",
                                                         .kind = "ClusterSecretStore",
                                                         .is_namespaced = false};
const struct kube_resource kube_cluster_external_secrets = {.group = "external-secrets.io",
                                                            .versions = {"v1", "v1beta1"},
                                                            .plural = "clusterexternalsecrets",
                                                            .kind = "ClusterExternalSecret",
                                                            .is_namespaced = false};
const struct kube_resource kube_push_secrets = {.group = "external-secrets.io",
                                                .versions = {"v1alpha1"},
                                                .plural = "pushsecrets",
                                                .kind = "PushSecret",
                                                .is_namespaced = true};

static bool is_given(const char *s)
{
    return s && *s;
}

static struct err *put_segment(struct str_buf *out, const char *what, const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > KUBE_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_new(ERR_INVALID, "%s is not the name of an object", what);
    str_buf_puts(out, "/");
    http_escape(out, name);
    return NULL;
}

struct err *kube_path(const struct kube_target *t, const char *version, struct str_buf *out)
{
    const struct kube_resource *r = t->resource;
    struct err *e = NULL;
    if (*r->group)
        str_buf_printf(out, "/apis/%s/%s", r->group, version);
    else
        str_buf_printf(out, "/api/%s", version);
    if (r->is_namespaced && is_given(t->ns)) {
        str_buf_puts(out, "/namespaces");
        e = put_segment(out, "namespace", t->ns);
    }
    str_buf_printf(out, "/%s", r->plural);
    if (!e && t->name)
        e = put_segment(out, r->kind, t->name);
    if (!e && t->subresource)
        str_buf_printf(out, "/%s", t->subresource);
    if (!e && is_given(t->query))
        str_buf_printf(out, "?%s", t->query);
    if (!e && (out->overflowed || out->n > KUBE_PATH_MAX))
        e = err_new(ERR_INVALID, "path of %s is too long", r->plural);
    return e;
}

void kube_query_add(struct str_buf *query, const char *name, const char *value)
{
    str_buf_printf(query, "%s%s=", query->n ? "&" : "", name);
    http_escape(query, value);
}

void kube_api_version(const struct kube_resource *r, const char *version,
                      char out[KUBE_API_VERSION_SIZE])
{
    snprintf(out, KUBE_API_VERSION_SIZE, "%s%s%s", r->group, *r->group ? "/" : "", version);
}

void kube_target_print(const struct kube_target *t, struct str_buf *out)
{
    str_buf_puts(out, t->resource->plural);
    if (t->subresource)
        str_buf_printf(out, "/%s", t->subresource);
    if (t->name)
        str_buf_printf(out, " \"%s\"", t->name);
    if (is_given(t->ns))
        str_buf_printf(out, " in namespace \"%s\"", t->ns);
}
