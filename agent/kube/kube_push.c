/* A merge patch replaces a list as a whole and mixes maps. So finalizers are sent as all there
 * should be, guarded by the version of the object; and of the map of what was pushed, whatever is
 * to go has to be named. */

#include "kube/kube_push.h"

#include "kube/kube_write.h"

struct err *kube_push_set_finalizers(struct kube_client *k, const char *ns, const char *name,
                                     const char *resource_version, const struct json *finalizers,
                                     const struct deadline *dl)
{
    const struct kube_target t = {.resource = &kube_push_secrets, .ns = ns, .name = name};
    CLEANUP(json) struct json *body = json_new_map();
    struct json *meta = json_new_map();
    json_set_text(meta, "resourceVersion", resource_version);
    json_set(meta, "finalizers", json_copy(finalizers));
    json_set(body, "metadata", meta);
    struct err *e = kube_merge_json(k, &t, body, false, dl);
    if (!e || err_class(e) != ERR_DENIED)
        return e;
    return err_wrap(e, "deploy/components/push-secrets gives the right to set finalizers");
}

struct json *kube_push_merge_patch(const struct json *before, const struct json *after)
{
    struct json *patch = json_new_map();
    for (const struct json *m = json_first(after); m; m = json_next(m)) {
        const struct json *old = json_get(before, json_name(m));
        bool is_mixed = json_kind(m) == JSON_MAP && json_kind(old) == JSON_MAP;
        json_set(patch, json_name(m), is_mixed ? kube_push_merge_patch(old, m) : json_copy(m));
    }
    for (const struct json *m = json_first(before); m; m = json_next(m)) {
        if (!json_get(after, json_name(m)))
            json_set(patch, json_name(m), json_new_null());
    }
    return patch;
}
