/* Two passes: over the ExternalSecrets for what is ours and no longer wanted, which has to make
 * room first (a renamed one holds on to the Secret of the new one), over the namespaces for what is
 * missing or not as it should be. Nothing is remembered of earlier plans but what was written:
 * after a loss of memory each ExternalSecret is written once more, which the server finds to be no
 * change. */

#include "reconcile/fan_out_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct planner {
    const struct cluster_spec *spec;
    const struct fan_out_picture *picture;
    const struct map *settled;
    uint64_t now_ns;
    struct fan_out_plan *out;
    size_t capacity;
};

static void add_step(struct planner *p, enum fan_out_act act, const char *ns, const char *name,
                     const char *uid, bool is_drift)
{
    struct fan_out_plan *out = p->out;
    if (out->n == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 8;
        out->steps = xrealloc(out->steps, p->capacity, sizeof(*out->steps));
    }
    out->steps[out->n++] = (struct fan_out_step){.act = act,
                                                 .ns = xstrdup(ns),
                                                 .name = xstrdup(name),
                                                 .uid = xstrdup(uid),
                                                 .is_drift = is_drift};
}

static bool is_wanted(const struct planner *p, const char *ns)
{
    const struct fan_out_namespace *n = map_get(p->picture->namespaces, ns);
    return !p->spec->meta.is_deleting && n && !n->is_deleting &&
           cluster_spec_selects(p->spec, ns, n->labels);
}

static bool is_ours(const struct planner *p, const struct fan_out_child *c)
{
    return c->owner_uid && strcmp(c->owner_uid, p->spec->meta.uid) == 0;
}

/* Left by a ClusterExternalSecret of the same name: restored from a backup, for example. */
static bool is_of_namesake(const struct planner *p, const struct fan_out_child *c)
{
    return c->owner_name && strcmp(c->owner_name, p->spec->meta.name) == 0;
}

/* Is it time to undo what somebody did? Else that time is noted. */
static bool may_mend(struct planner *p, const struct fan_out_settled *s)
{
    if (p->now_ns >= s->quiet_until_ns)
        return true;
    if (s->quiet_until_ns < p->out->due_ns)
        p->out->due_ns = s->quiet_until_ns;
    return false;
}

static void consider_missing(struct planner *p, const char *ns, const struct fan_out_settled *s)
{
    bool is_drift = s && strcmp(s->desired, p->spec->digest) == 0;
    if (!is_drift || may_mend(p, s))
        add_step(p, FAN_OUT_CREATE, ns, p->spec->target_name, NULL, is_drift);
}

static void consider_ours(struct planner *p, const char *ns, const struct fan_out_child *c,
                          const struct fan_out_settled *s)
{
    bool is_written = s && strcmp(s->desired, p->spec->digest) == 0;
    map_set(p->out->in_place, ns, p->out);
    if (is_written && strcmp(s->fingerprint, c->fingerprint) == 0)
        return;
    if (!is_written || may_mend(p, s))
        add_step(p, FAN_OUT_REPLACE, ns, p->spec->target_name, c->uid, is_written);
}

/* What is being deleted is waited for. */
static void consider_namespace(struct planner *p, const char *ns)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, p->spec->target_name);
    const struct fan_out_child *c = map_get(p->picture->children, key);
    const struct fan_out_settled *s = map_get(p->settled, key);
    if (!c)
        consider_missing(p, ns, s);
    else if (c->is_deleting)
        return;
    else if (is_ours(p, c))
        consider_ours(p, ns, c, s);
    else if (is_of_namesake(p, c))
        add_step(p, FAN_OUT_TAKE_OVER, ns, p->spec->target_name, c->uid, false);
    else
        map_set(p->out->refused, ns, p->out);
}

/* Of ours, and not wanted there or not under that name. A namespace in deletion empties itself. */
static void consider_child(struct planner *p, const char *key, const struct fan_out_child *c)
{
    const char *name = strchr(key, '/') + 1;
    if (!is_ours(p, c) || c->is_deleting || p->spec->is_orphaning)
        return;
    CLEANUP_STR char *ns = xstrndup(key, (size_t)(name - 1 - key));
    const struct fan_out_namespace *n = map_get(p->picture->namespaces, ns);
    bool stays = strcmp(name, p->spec->target_name) == 0 && is_wanted(p, ns);
    if (!stays && n && !n->is_deleting)
        add_step(p, FAN_OUT_DELETE, ns, name, c->uid, false);
}

void fan_out_plan_make(const struct cluster_spec *spec, const struct fan_out_picture *picture,
                       const struct map *settled, uint64_t now_ns, struct fan_out_plan *out)
{
    struct planner p = {spec, picture, settled, now_ns, out, 0};
    *out = (struct fan_out_plan){
        .in_place = map_new(NULL), .refused = map_new(NULL), .due_ns = UINT64_MAX};
    for (size_t i = 0; i < picture->children->n; i++)
        consider_child(&p, picture->children->entries[i].key, picture->children->entries[i].value);
    for (size_t i = 0; i < picture->namespaces->n; i++) {
        const char *ns = picture->namespaces->entries[i].key;
        if (is_wanted(&p, ns))
            consider_namespace(&p, ns);
    }
}

void fan_out_plan_done(struct fan_out_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->steps[i].ns);
        free(p->steps[i].name);
        free(p->steps[i].uid);
    }
    free(p->steps);
    map_free(p->in_place);
    map_free(p->refused);
}
