/* One table for the agent, which asks when it starts, and for `lockstep check`, which asks when
 * somebody wants to know. */

#include "cmd/rights.h"

#include <assert.h>

#include "kube/kube_object.h"
#include "kube/kube_write.h"

#define BASE "deploy/base"
#define WATCHING "deploy/components/watch-secrets"
#define FANNING_OUT "deploy/components/cluster-external-secrets"

static const struct right rights[] = {
    {&kube_external_secrets, NULL, {"get", "list", "watch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_secret_stores, NULL, {"get", "list", "watch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_cluster_secret_stores, NULL, {"get", "list", "watch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_external_secrets, "status", {"patch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_secret_stores, "status", {"patch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_cluster_secret_stores, "status", {"patch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_events_resource, NULL, {"create", "patch"}, BASE, RIGHT_FOR_SOURCE, false},
    {&kube_secrets, NULL, {"create", "patch", "delete"}, BASE, RIGHT_FOR_MIRROR, false},
    {&kube_leases_resource,
     NULL,
     {"get", "list", "create", "update"},
     BASE,
     RIGHT_FOR_SHARES,
     true},
    {&kube_secrets, NULL, {"get", "list", "watch"}, WATCHING, RIGHT_FOR_WATCH, false},
    {&kube_push_secrets, NULL, {"get", "list", "watch"}, BASE, RIGHT_FOR_PUSH, false},
    {&kube_push_secrets, "status", {"patch"}, BASE, RIGHT_FOR_PUSH, false},
    {&kube_cluster_external_secrets,
     NULL,
     {"get", "list", "watch"},
     BASE,
     RIGHT_FOR_CLUSTER_SPECS,
     false},
    {&kube_cluster_external_secrets, "status", {"patch"}, BASE, RIGHT_FOR_CLUSTER_SPECS, false},
    {&kube_external_secrets,
     NULL,
     {"create", "patch", "delete"},
     FANNING_OUT,
     RIGHT_FOR_FAN_OUT,
     false},
    {&kube_namespaces, NULL, {"list", "watch"}, FANNING_OUT, RIGHT_FOR_FAN_OUT, false},
};

static bool fans_out(const struct config *c)
{
    return c->source_place == CONFIG_KUBERNETES && c->mirror_place == CONFIG_KUBERNETES &&
           c->fan_out != CONFIG_FAN_OUT_OFF;
}

static bool is_needed(const struct config *c, enum right_need need)
{
    switch (need) {
    case RIGHT_FOR_SOURCE:
        return c->source_place == CONFIG_KUBERNETES;
    case RIGHT_FOR_MIRROR:
        return c->mirror_place == CONFIG_KUBERNETES;
    case RIGHT_FOR_SHARES:
    case RIGHT_FOR_PUSH:
        return c->source_place == CONFIG_KUBERNETES && c->mirror_place != CONFIG_OFF;
    case RIGHT_FOR_WATCH:
        return c->watch_secrets;
    case RIGHT_FOR_CLUSTER_SPECS:
        return fans_out(c);
    case RIGHT_FOR_FAN_OUT:
        return fans_out(c) && c->fan_out == CONFIG_FAN_OUT_ON;
    }
    return false;
}

/* Ask about each verb of r; the first question has that index. */
static struct err *ask_right(struct kube_client *k, const struct right *r, const char *own_ns,
                             size_t index, const struct deadline *dl, right_answer_fn *fn,
                             void *ctx)
{
    struct right_answer a = {.right = r,
                             .target = {.resource = r->resource,
                                        .ns = r->is_own_ns ? own_ns : NULL,
                                        .subresource = r->subresource}};
    for (size_t i = 0; r->verbs[i]; i++) {
        a.verb = r->verbs[i];
        a.index = index + i;
        struct err *e = kube_may(k, a.verb, &a.target, dl, &a.is_allowed);
        if (e)
            return e;
        fn(ctx, &a);
    }
    return NULL;
}

struct err *rights_ask(struct kube_client *k, const struct config *config,
                       const struct deadline *dl, right_answer_fn *fn, void *ctx)
{
    static_assert(ARRAY_SIZE(rights) * RIGHT_VERBS_MAX <= RIGHTS_MAX, "a bit for each question");
    const char *own_ns = config->ns ? config->ns : kube_client_ns(k);
    struct err *e = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(rights) && !e; i++) {
        if (is_needed(config, rights[i].need))
            e = ask_right(k, &rights[i], own_ns, i * RIGHT_VERBS_MAX, dl, fn, ctx);
    }
    return e;
}

void right_rule(const struct right_answer *answer, struct str_buf *out)
{
    const struct right *r = answer->right;
    str_buf_printf(out, "{apiGroups: [\"%s\"], resources: [%s%s%s], verbs: [%s]}",
                   r->resource->group, r->resource->plural, r->subresource ? "/" : "",
                   r->subresource ? r->subresource : "", answer->verb);
}
