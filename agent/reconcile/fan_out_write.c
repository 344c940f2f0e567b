/* The order of the plan is kept. Failures are kept by namespace: a namespace that failed waits for
 * the retry and holds up no other; when the server itself is in trouble, all wait. */

#include "reconcile/fan_out_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_external_secret.h"
#include "kube/kube_write.h"
#include "reconcile/schedule.h"

#define WRITE_TIMEOUT_NS (10 * NS_PER_S)

/* One call of fan_out_write. */
struct look {
    struct fan_out_writer *w;
    const struct cluster_spec *spec;
    struct fan_out_picture *picture;
    struct fan_out_memory *m;
};

struct fan_out_memory *fan_out_memory_new(const struct cluster_spec *spec)
{
    struct fan_out_memory *m = xcalloc(1, sizeof(*m));
    m->uid = xstrdup(spec->meta.uid);
    m->settled = map_new(free);
    m->failures = map_new(free);
    m->said = json_copy(spec->status);
    return m;
}

void fan_out_memory_free(struct fan_out_memory *m)
{
    if (!m)
        return;
    free(m->uid);
    free(m->told);
    json_free(m->said);
    map_free(m->settled);
    map_free(m->failures);
    free(m);
}

static uint64_t now_of(const struct look *l)
{
    return clock_mono_ns(kube_client_clock(l->w->kube));
}

static struct deadline deadline_of(const struct look *l)
{
    struct deadline dl = deadline_in(kube_client_clock(l->w->kube), WRITE_TIMEOUT_NS);
    dl.cancelled = l->w->stop;
    return dl;
}

static const struct fan_out_child *child_of(const struct look *l, const char *key)
{
    return map_get(l->picture->children, key);
}

/* Remember what stands there after the write of s. True when that write changed it. */
static bool settle(struct look *l, const struct fan_out_step *s, const struct json *obj)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", s->ns, s->name);
    struct fan_out_settled *settled = xcalloc(1, sizeof(*settled));
    const struct fan_out_child *before = child_of(l, key);
    if (before)
        memcpy(settled->fingerprint, before->fingerprint, sizeof(settled->fingerprint));
    fan_out_picture_put(l->picture, obj);
    const struct fan_out_child *after = child_of(l, key);
    bool is_changed = !after || strcmp(settled->fingerprint, after->fingerprint) != 0;
    if (after)
        memcpy(settled->fingerprint, after->fingerprint, sizeof(settled->fingerprint));
    memcpy(settled->desired, l->spec->digest, sizeof(settled->desired));
    settled->quiet_until_ns = s->is_drift ? now_of(l) + FAN_OUT_QUIET_NS : 0;
    map_set(l->m->settled, key, settled);
    return is_changed;
}

static struct err *write_child(struct look *l, const struct fan_out_step *s)
{
    const struct kube_external_secret body = {.ns = s->ns,
                                              .name = s->name,
                                              .spec = l->spec->target,
                                              .labels = l->spec->labels,
                                              .annotations = l->spec->annotations,
                                              .owner_name = l->spec->meta.name,
                                              .owner_uid = l->spec->meta.uid};
    struct deadline dl = deadline_of(l);
    CLEANUP(json) struct json *obj = NULL;
    bool is_new = s->act == FAN_OUT_CREATE;
    struct err *e = is_new ? kube_external_secret_create(l->w->kube, &body, &dl, &obj)
                           : kube_external_secret_replace(l->w->kube, &body, s->uid,
                                                          s->act == FAN_OUT_TAKE_OVER, &dl, &obj);
    if (e)
        return e;
    bool is_changed = settle(l, s, obj);
    l->m->created += is_new;
    l->m->updated += !is_new && is_changed;
    metric_inc(METRIC_FAN_OUT_WRITES,
               is_new       ? "created"
               : is_changed ? "updated"
                            : "unchanged",
               NULL, NULL);
    return NULL;
}

static struct err *delete_child(struct look *l, const struct fan_out_step *s)
{
    const struct kube_target target = {
        .resource = &kube_external_secrets, .ns = s->ns, .name = s->name};
    CLEANUP_STR char *key = xasprintf("%s/%s", s->ns, s->name);
    struct deadline dl = deadline_of(l);
    struct err *e = kube_delete(l->w->kube, &target, s->uid, &dl);
    if (e)
        return e;
    fan_out_picture_remove(l->picture, s->ns, s->name);
    map_remove(l->m->settled, key);
    l->m->deleted++;
    metric_inc(METRIC_FAN_OUT_WRITES, "deleted", NULL, NULL);
    return NULL;
}

/* The picture was behind: the watch will tell, and there is nothing to complain of. */
static bool is_behind(enum err_class cls)
{
    return cls == ERR_CONFLICT || cls == ERR_NOT_FOUND;
}

static bool is_trouble(enum err_class cls)
{
    return cls == ERR_UNAVAILABLE || cls == ERR_DEADLINE || cls == ERR_RATE_LIMITED;
}

static void note_failure(struct look *l, const struct fan_out_step *s, const struct err *e)
{
    enum err_class cls = err_class(e);
    if (is_behind(cls))
        return;
    metric_inc(METRIC_FAN_OUT_WRITES, "failed", NULL, NULL);
    map_set(l->m->failures, s->ns,
            xasprintf("%s%s", err_text(e),
                      cls == ERR_DENIED ? "; the rights are in " FAN_OUT_COMPONENT : ""));
    l->m->is_held_up = is_trouble(cls);
}

/* Do what plan says, as far as the budget goes. *failed becomes a failure that there was. False:
 * there is more to do. */
static bool run_steps(struct look *l, const struct fan_out_plan *plan, struct err **failed)
{
    struct fan_out_writer *w = l->w;
    for (size_t i = 0; i < plan->n && !l->m->is_held_up; i++) {
        const struct fan_out_step *s = &plan->steps[i];
        if (map_get(l->m->failures, s->ns))
            continue;
        if (w->budget == 0 || atomic_load(w->stop))
            return false;
        w->budget--;
        struct err *e = s->act == FAN_OUT_DELETE ? delete_child(l, s) : write_child(l, s);
        if (!e)
            continue;
        note_failure(l, s, e);
        err_free(*failed);
        *failed = e;
    }
    return true;
}

static void forgive(struct fan_out_memory *m)
{
    map_free(m->failures);
    m->failures = map_new(free);
    m->is_held_up = false;
}

static void set_retry(struct look *l, const struct err *failed)
{
    struct fan_out_memory *m = l->m;
    if (failed)
        m->retry_ns =
            now_of(l) + (uint64_t)schedule_retry_ns(failed, ++m->n_failed,
                                                    l->spec->refresh_interval_ns, l->w->random());
    else if (m->failures->n == 0)
        m->n_failed = 0;
}

bool fan_out_write(struct fan_out_writer *w, const struct fan_out_plan *plan,
                   const struct cluster_spec *spec, struct fan_out_picture *picture,
                   struct fan_out_memory *m)
{
    struct look l = {w, spec, picture, m};
    CLEANUP(err) struct err *failed = NULL;
    if (now_of(&l) >= m->retry_ns)
        forgive(m);
    bool is_done = run_steps(&l, plan, &failed);
    set_retry(&l, failed);
    return is_done;
}
