/* Asked for when a ClusterSecretStore selects by label and no name decided: rarely, so nothing is
 * kept or watched. */

#include "kube/kube_namespace.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"

struct err *kube_namespace_labels(void *ctx, const char *ns, const struct deadline *dl,
                                  struct map **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP(json) struct json *object = NULL;
    struct kube_outcome o;
    const struct kube_request rq = {
        .verb = "get", .method = "GET", .target = {.resource = &kube_namespaces, .name = ns}};
    struct err *e = kube_send(ctx, &rq, dl, &o, &reply);
    if (e && err_class(e) == ERR_DENIED && o.code == 403) {
        err_free(e);
        return err_new(
            ERR_DENIED,
            "Namespace \"%s\": we may not read its labels: a ClusterRole must grant verb "
            "\"get\" on resource \"namespaces\"",
            ns);
    }
    if (!e)
        e = json_parse(reply->text.s, reply->text.n, &object);
    if (e)
        return err_wrap(e, "Namespace \"%s\"", ns);
    struct map *labels = map_new(free);
    const struct json *all = json_path(object, "metadata.labels");
    for (const struct json *l = json_first(all); l; l = json_next(l)) {
        if (json_text(l))
            map_set(labels, json_name(l), xstrdup(json_text(l)));
    }
    *out = labels;
    return NULL;
}
