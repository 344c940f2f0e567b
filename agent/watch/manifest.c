/* In a cluster the API server fills in namespace and generation; for a folder this file does, so
 * that everything after it sees objects as the API server would have served them. */

#include "watch/manifest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"

#define DEFAULT_NAMESPACE "default"

/* A number that changes when spec changes: the first 31 bits of its hash. */
static int64_t derive_generation(const struct json *obj)
{
    const struct json *spec = json_get(obj, "spec");
    CLEANUP_STR char *text = spec ? json_print(spec) : xstrdup("");
    unsigned char hash[DIGEST_SHA256_BYTES];
    digest_sha256(secret_view_of(text, strlen(text)), hash);
    return ((int64_t)(hash[0] & 0x7f) << 24) | (hash[1] << 16) | (hash[2] << 8) | hash[3];
}

/* Copy of obj with what an API server would have added. */
static struct json *completed(const struct json *obj, bool is_namespaced)
{
    struct json *copy = json_copy(obj);
    struct json *meta = json_copy(json_get(obj, "metadata"));
    const char *ns = json_path_text(meta, "namespace");
    if (!is_namespaced || !ns || !*ns)
        json_remove(meta, "namespace");
    if (is_namespaced && !json_get(meta, "namespace"))
        json_set_text(meta, "namespace", DEFAULT_NAMESPACE);
    if (!json_get(meta, "generation"))
        json_set_int(meta, "generation", derive_generation(obj));
    json_remove(copy, "metadata");
    json_set(copy, "metadata", meta);
    return copy;
}

/* The API server refuses such names, and here they become parts of paths and keys. */
static struct err *check_names(const struct json *obj, const char *kind)
{
    const char *name = json_path_text(obj, "metadata.name");
    const struct json *ns = json_path(obj, "metadata.namespace");
    const char *ns_text = json_text(ns);
    if (!name || !object_name_is_valid(name))
        return err_new(ERR_INVALID, "%s: metadata.name is missing or no object name", kind);
    if (json_kind(ns) != JSON_NULL && !(ns_text && (!*ns_text || object_name_is_valid(ns_text))))
        return err_new(ERR_INVALID, "%s \"%s\": metadata.namespace is no object name", kind, name);
    return NULL;
}

static bool is_known_version(const char *version)
{
    return strcmp(version, "external-secrets.io/v1") == 0 ||
           strcmp(version, "external-secrets.io/v1beta1") == 0;
}

/* API groups whose objects ask for what this agent is there for; others are not its business. */
static bool is_of_this_field(const char *version)
{
    static const char *const groups[] = {"external-secrets.io/", "generators.external-secrets.io/",
                                         "kubernetes-client.io/", "secrets-store.csi.x-k8s.io/"};
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (strncmp(version, groups[i], strlen(groups[i])) == 0)
            return true;
    }
    return false;
}

static struct err *read_ours(const struct json *obj, const char *version, const char *kind,
                             struct manifest *out)
{
    const char *name = json_path_text(obj, "metadata.name");
    if (!is_known_version(version))
        return err_new(ERR_INVALID, "%s \"%s\": apiVersion %s is not supported", kind, name,
                       version);
    bool is_cluster = strcmp(kind, "ClusterSecretStore") == 0;
    CLEANUP(json) struct json *full = completed(obj, !is_cluster);
    if (strcmp(kind, "ExternalSecret") == 0)
        out->spec = spec_parse(full);
    else if (is_cluster || strcmp(kind, "SecretStore") == 0)
        out->store = store_parse(full);
    else
        return err_new(ERR_INVALID, "%s \"%s\": this kind is not supported", kind, name);
    return NULL;
}

struct err *manifest_read(const struct json *obj, struct manifest *out)
{
    const char *version = json_path_text(obj, "apiVersion");
    const char *kind = json_path_text(obj, "kind");
    struct manifest m = {0};
    if (!version || !kind)
        return err_new(ERR_INVALID, "apiVersion or kind is missing");
    bool is_core = strcmp(version, "v1") == 0;
    bool is_secret = is_core && strcmp(kind, "Secret") == 0;
    bool is_config_map = is_core && strcmp(kind, "ConfigMap") == 0;
    bool is_ours = is_of_this_field(version);
    struct err *e = is_secret || is_config_map || is_ours ? check_names(obj, kind) : NULL;
    if (!e && is_secret)
        m.secret = completed(obj, true);
    else if (!e && is_config_map)
        m.config_map = completed(obj, true);
    else if (!e && is_ours)
        e = read_ours(obj, version, kind, &m);
    if (e)
        return e;
    *out = m;
    return NULL;
}

void manifest_done(struct manifest *m)
{
    spec_unref(TAKE(m->spec));
    store_unref(TAKE(m->store));
    json_free(TAKE(m->secret));
    json_free(TAKE(m->config_map));
}
