/* What is not found is asked for again each time: a CRD may come. What is found stays until a
 * request to its path gives 404. A version lists all its kinds, of which the one asked for is kept:
 * few are ever asked for. */

#include "kube/kube_discovery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "base/thread.h"

/* What errors of the question name. */
static const struct kube_resource resource_lists = {
    .group = "", .versions = {"v1"}, .plural = "resources", .kind = "APIResourceList"};

struct kube_discovery {
    struct kube_client *k;
    struct mutex mu;
    struct map *kinds; /* "apiVersion kind" to struct kube_kind */
};

static void free_kind(void *p)
{
    kube_kind_free(p);
}

void kube_kind_free(struct kube_kind *kind)
{
    if (!kind)
        return;
    free(kind->group);
    free(kind->version);
    free(kind->plural);
    free(kind->kind);
    free(kind);
}

/* Group and version from api_version; the resource's texts are those of its owner. */
static struct kube_kind *new_kind(const char *api_version, const char *kind, const char *plural)
{
    const char *slash = strchr(api_version, '/');
    struct kube_kind *new = xcalloc(1, sizeof(*new));
    new->group = slash ? xstrndup(api_version, (size_t)(slash - api_version)) : xstrdup("");
    new->version = xstrdup(slash ? slash + 1 : api_version);
    new->plural = xstrdup(plural);
    new->kind = xstrdup(kind);
    new->resource = (struct kube_resource){.group = new->group,
                                           .versions = {new->version},
                                           .plural = new->plural,
                                           .kind = new->kind,
                                           .is_namespaced = true};
    return new;
}

static struct kube_kind *copy_kind(const char *api_version, const struct kube_kind *kind)
{
    return new_kind(api_version, kind->kind, kind->plural);
}

struct kube_discovery *kube_discovery_new(struct kube_client *k)
{
    struct kube_discovery *d = xcalloc(1, sizeof(*d));
    d->k = k;
    mutex_init(&d->mu);
    d->kinds = map_new(free_kind);
    return d;
}

void kube_discovery_free(struct kube_discovery *d)
{
    if (!d)
        return;
    map_free(d->kinds);
    mutex_done(&d->mu);
    free(d);
}

/* The entry of kind itself, not of a subresource. */
static const struct json *find_entry(const struct json *list, const char *kind)
{
    for (const struct json *r = json_first(json_get(list, "resources")); r; r = json_next(r)) {
        const char *name = json_path_text(r, "name");
        const char *its_kind = json_path_text(r, "kind");
        if (name && its_kind && strcmp(its_kind, kind) == 0 && !strchr(name, '/'))
            return r;
    }
    return NULL;
}

static struct err *read_list(const struct http_reply *reply, const char *api_version,
                             const char *kind, struct kube_kind **out)
{
    CLEANUP(json) struct json *list = NULL;
    struct err *e = json_parse(reply->text.s, reply->text.n, &list);
    if (e)
        return err_wrap(e, "resources of %s", api_version);
    const struct json *entry = find_entry(list, kind);
    if (!entry)
        return err_new(ERR_NOT_FOUND, "the API server has no kind %s in %s", kind, api_version);
    if (!json_path_bool(entry, "namespaced", false))
        return err_new(ERR_INVALID,
                       "%s of %s is cluster-scoped: the target must be of a kind that lives in a "
                       "namespace",
                       kind, api_version);
    *out = new_kind(api_version, kind, json_path_text(entry, "name"));
    return NULL;
}

static struct err *ask(struct kube_discovery *d, const char *api_version, const char *kind,
                       const struct deadline *dl, struct kube_kind **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    bool has_group = strchr(api_version, '/') != NULL;
    CLEANUP_STR char *path = xasprintf("%s/%s", has_group ? "/apis" : "/api", api_version);
    const struct kube_request rq = {
        .verb = "get", .method = "GET", .target = {.resource = &resource_lists}};
    struct err *e = kube_send_path(d->k, &rq, path, dl, &reply);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return err_new(ERR_NOT_FOUND, "the API server does not serve %s: is its CRD installed?",
                       api_version);
    }
    return e ? err_wrap(e, "%s", api_version) : read_list(reply, api_version, kind, out);
}

static void keep(struct kube_discovery *d, const char *key, struct kube_kind *kind)
{
    mutex_lock(&d->mu);
    if (d->kinds->n >= KUBE_DISCOVERY_KINDS_MAX) {
        map_free(d->kinds);
        d->kinds = map_new(free_kind);
    }
    map_set(d->kinds, key, kind);
    mutex_unlock(&d->mu);
}

struct err *kube_discovery_find(struct kube_discovery *d, const char *api_version, const char *kind,
                                const struct deadline *dl, struct kube_kind **out)
{
    CLEANUP_STR char *key = xasprintf("%s %s", api_version, kind);
    CLEANUP(kube_kind) struct kube_kind *found = NULL;
    mutex_lock(&d->mu);
    const struct kube_kind *known = map_get(d->kinds, key);
    if (known)
        found = copy_kind(api_version, known);
    mutex_unlock(&d->mu);
    if (!found) {
        struct err *e = ask(d, api_version, kind, dl, &found);
        if (e)
            return e;
        assert(found);
        keep(d, key, copy_kind(api_version, found));
    }
    *out = TAKE(found);
    return NULL;
}

void kube_discovery_forget(struct kube_discovery *d, const char *api_version, const char *kind)
{
    CLEANUP_STR char *key = xasprintf("%s %s", api_version, kind);
    mutex_lock(&d->mu);
    map_remove(d->kinds, key);
    mutex_unlock(&d->mu);
}
