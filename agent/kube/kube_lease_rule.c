/* All of it is arithmetic on what was seen and when; the file that talks is kube_lease.c. */

#include "kube/kube_lease_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kube/kube_object.h"

#define LABEL "lockstep.dev/shards"
#define MICRO_TIME_SIZE (CLOCK_RFC3339_SIZE + 8)
#define DURATION_MAX_S 3600

void lease_done(struct lease *l)
{
    free(l->holder);
    free(l->resource_version);
    free(l->acquire_time);
    *l = (struct lease){0};
}

static void set_text(char **at, const char *text)
{
    free(*at);
    *at = xstrdup(text ? text : "");
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

void lease_observe(struct lease *l, const struct json *obj, uint64_t now_ns)
{
    const char *rv = json_path_text(obj, "metadata.resourceVersion");
    if (!l->exists || !is_same(l->resource_version, rv))
        l->seen_at_ns = now_ns;
    l->exists = true;
    set_text(&l->resource_version, rv);
    set_text(&l->holder, json_path_text(obj, "spec.holderIdentity"));
    set_text(&l->acquire_time, json_path_text(obj, "spec.acquireTime"));
    l->transitions = json_path_int(obj, "spec.leaseTransitions", 0);
    l->duration_s = json_path_int(obj, "spec.leaseDurationSeconds", LEASE_DURATION_S);
    if (l->duration_s < 1 || l->duration_s > DURATION_MAX_S)
        l->duration_s = LEASE_DURATION_S;
}

void lease_observe_none(struct lease *l)
{
    lease_done(l);
}

bool lease_is_free(const struct lease *l, const char *identity, uint64_t now_ns)
{
    if (l->is_held)
        return false;
    if (!l->exists || !l->holder || !*l->holder || is_same(l->holder, identity))
        return true;
    return now_ns - l->seen_at_ns >= (uint64_t)l->duration_s * NS_PER_S;
}

size_t lease_find_free(const struct lease *leases, size_t n, size_t start, const char *identity,
                       uint64_t now_ns)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (start + i) % n;
        if (lease_is_free(&leases[at], identity, now_ns))
            return at;
    }
    return n;
}

uint64_t lease_hesitation_ns(size_t n_held, const struct retry_random *r)
{
    return (uint64_t)(((double)n_held + r->fn(r->ctx)) * (double)LEASE_HESITATE_NS);
}

void lease_won(struct lease *l, const struct json *obj, uint64_t began_ns,
               const struct retry_random *r)
{
    lease_observe(l, obj, began_ns);
    l->is_held = true;
    l->renewed_at_ns = began_ns;
    l->renew_due_ns =
        began_ns + LEASE_RENEW_NS + (uint64_t)(r->fn(r->ctx) * (double)LEASE_RENEW_NS / 5);
}

uint64_t lease_held_until_ns(const struct lease *l)
{
    return l->is_held ? l->renewed_at_ns + LEASE_STOP_NS : 0;
}

/* MicroTime wants a fraction; whole seconds will do. */
static void micro_time(int64_t unix_s, char out[MICRO_TIME_SIZE])
{
    char seconds[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(unix_s, seconds);
    snprintf(out, MICRO_TIME_SIZE, "%.*s.000000Z", (int)strcspn(seconds, "Z"), seconds);
}

static struct json *metadata(const struct lease *l, const char *name, const char *ns)
{
    struct json *meta = json_new_map();
    struct json *labels = json_new_map();
    json_set_text(labels, LABEL, "true");
    json_set_text(meta, "name", name);
    json_set_text(meta, "namespace", ns);
    json_set(meta, "labels", labels);
    if (l->exists && l->resource_version)
        json_set_text(meta, "resourceVersion", l->resource_version);
    return meta;
}

struct json *lease_body(const struct lease *l, const char *name, const char *ns,
                        const char *identity, int64_t now_unix_s)
{
    struct json *body = json_new_map();
    struct json *spec = json_new_map();
    char now[MICRO_TIME_SIZE];
    bool is_change = identity && !is_same(l->holder, identity);
    bool has_acquired = !is_change && l->acquire_time && *l->acquire_time;
    micro_time(now_unix_s, now);
    json_set_text(body, "apiVersion", "coordination.k8s.io/v1");
    json_set_text(body, "kind", "Lease");
    json_set(body, "metadata", metadata(l, name, ns));
    json_set_text(spec, "holderIdentity", identity ? identity : "");
    json_set_int(spec, "leaseDurationSeconds", identity ? LEASE_DURATION_S : 1);
    json_set_text(spec, "acquireTime", has_acquired ? l->acquire_time : now);
    json_set_text(spec, "renewTime", now);
    json_set_int(spec, "leaseTransitions", l->transitions + (l->exists && is_change));
    json_set(body, "spec", spec);
    return body;
}
