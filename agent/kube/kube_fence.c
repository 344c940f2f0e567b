/* The only honest way to learn whether a fence holds is to push against it: a dry run goes through
 * all of admission and stores nothing. */

#include "kube/kube_fence.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_write.h"

#define NAME "lockstep-fence-check"

struct err *kube_fence_check(struct kube_client *k, const struct deadline *dl, bool *out_stands)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP(json) struct json *body = json_new_map();
    struct json *meta = json_new_map();
    struct kube_outcome o;
    json_set_text(meta, "name", NAME);
    json_set_text(meta, "namespace", kube_client_ns(k));
    json_set_text(body, "apiVersion", "v1");
    json_set_text(body, "kind", kube_secrets.kind);
    json_set(body, "metadata", meta);
    CLEANUP_STR char *text = json_print(body);
    const struct kube_apply apply = {
        .target = {.resource = &kube_secrets, .ns = kube_client_ns(k), .name = NAME},
        .field_manager = NAME,
        .is_dry_run = true,
        .body = secret_view_of(text, strlen(text)),
    };
    struct err *e = kube_apply(k, &apply, dl, &o, &reply);
    bool stands = e && o.is_admission;
    if (e && !stands)
        return err_wrap(e, "fence check");
    err_free(e);
    metric_set(METRIC_FENCE_STANDS, stands, NULL, NULL, NULL);
    *out_stands = stands;
    return NULL;
}
