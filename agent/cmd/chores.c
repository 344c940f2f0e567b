/* In a thread of its own: when the server is away each question waits for its deadline, and neither
 * the start of the CSI driver nor the answer to a signal may wait with it. A server that is known
 * to be away is asked one thing only. Nothing here has to succeed: without the fence's answer the
 * mirror asks before each write, and a missing right shows in what it is missing for. */

#include "cmd/chores.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "cmd/rights.h"
#include "kube/kube_fence.h"
#include "kube/kube_write.h"
#include "project/project_object.h"

#define RULE_MAX 512
#define EXTERNAL_SECRETS_LEASE "external-secrets-controller" /* --leader-election-id */

struct chores {
    struct chores_options o;
    const struct clock *clock;

    /* Of the thread. */
    uint64_t fence_due_ns;
    uint64_t lease_due_ns;
    uint64_t rights_due_ns; /* UINT64_MAX: all are there */
    uint64_t missing;       /* set of right_answer.index, as of the last answers */
    bool is_silent;         /* the server did not answer the last probe */
    bool has_told_watch;

    struct thread *thread;
    atomic_bool stop; /* set by stop, read by the thread and by its deadlines */
    struct mutex mu;
    struct cond woken;
};

/* The answers of one time of asking. */
struct survey {
    const struct chores *chores;
    uint64_t missing;
    bool may_not_watch;
};

struct chores *chores_new(const struct chores_options *options)
{
    struct chores *c = xcalloc(1, sizeof(*c));
    c->o = *options;
    c->clock = kube_client_clock(options->kube);
    mutex_init(&c->mu);
    cond_init(&c->woken);
    return c;
}

void chores_free(struct chores *c)
{
    if (!c)
        return;
    chores_stop(c);
    cond_done(&c->woken);
    mutex_done(&c->mu);
    free(c);
}

static struct deadline deadline_of(struct chores *c)
{
    struct deadline dl = deadline_in(c->clock, CHORES_DEADLINE_NS);
    dl.cancelled = &c->stop;
    return dl;
}

/* Is there a server to talk to? Asked only when nobody has heard of it for long: readiness hangs on
 * it, and an agent without volumes and mirror has no other reason to ask. */
static bool check_contact(struct chores *c)
{
    uint64_t last_ns = kube_last_contact_ns(c->o.kube);
    struct deadline dl = deadline_of(c);
    CLEANUP(err) struct err *e = NULL;
    if (!last_ns || clock_mono_ns(c->clock) - last_ns > CHORES_CONTACT_NS)
        e = kube_probe(c->o.kube, &dl);
    if (e && !c->is_silent && !atomic_load(&c->stop))
        log_warn("api.silent", LF("err", e));
    else if (!e && c->is_silent)
        log_info("api.answers", LF("after", "silence"));
    c->is_silent = e != NULL;
    return !e;
}

static void check_fence(struct chores *c, uint64_t now_ns)
{
    bool stands = false;
    struct deadline dl = deadline_of(c);
    if (c->o.config->mirror_place != CONFIG_KUBERNETES || now_ns < c->fence_due_ns)
        return;
    CLEANUP(err) struct err *e = kube_fence_check(c->o.kube, &dl, &stands);
    if (atomic_load(&c->stop))
        return;
    c->fence_due_ns = now_ns + CHORES_REPEAT_NS;
    if (e)
        log_warn("fence.unknown", LF("err", e));
    else if (!stands)
        log_warn("fence.missing", LF("hint", "apply deploy/base: its ValidatingAdmissionPolicy "
                                             "keeps this agent from foreign Secrets"));
    project_object_set_fence(c->o.mirror, !e && stands);
}

/* Each missing right is told once, until it is given and missing again. */
static void on_answer(void *ctx, const struct right_answer *a)
{
    struct survey *s = ctx;
    CLEANUP_STR_BUF struct str_buf rule;
    str_buf_init(&rule, RULE_MAX);
    if (a->is_allowed)
        return;
    s->missing |= (uint64_t)1 << a->index;
    s->may_not_watch = s->may_not_watch || a->right->need == RIGHT_FOR_WATCH;
    if (s->chores->missing & (uint64_t)1 << a->index)
        return;
    right_rule(a, &rule);
    log_warn("right.missing", LF("rule", rule.s),
             LF("namespace", a->target.ns ? a->target.ns : "all"),
             LF("given_by", a->right->given_by));
}

static void tell_watch(struct chores *c, bool may_not)
{
    if (c->has_told_watch || !c->o.config->watch_secrets || !c->o.may_watch)
        return;
    if (may_not) {
        log_warn("watch_secrets.off", LF("hint", "apply deploy/overlays/watch-secrets; until then "
                                                 "changes by others are mended at the refresh"));
        return;
    }
    c->has_told_watch = true;
    c->o.may_watch(c->o.ctx);
}

/* Some clusters forbid the question itself: then what fails will say so. */
static void check_rights(struct chores *c, uint64_t now_ns)
{
    struct survey s = {.chores = c};
    struct deadline dl = deadline_of(c);
    if (now_ns < c->rights_due_ns)
        return;
    CLEANUP(err) struct err *e = rights_ask(c->o.kube, c->o.config, &dl, on_answer, &s);
    if (atomic_load(&c->stop))
        return;
    if (e)
        log_warn("rights.unknown", LF("err", e));
    if (e && err_class(e) != ERR_DENIED)
        return;
    c->missing = s.missing;
    c->rights_due_ns = e || s.missing ? now_ns + CHORES_REPEAT_NS : UINT64_MAX;
    metric_set(METRIC_RIGHTS_MISSING, __builtin_popcountll(s.missing), NULL, NULL, NULL);
    tell_watch(c, s.may_not_watch);
}

/* Only who mirrors something needs to know. Most installations have no such Lease; one that is not
 * there, or that we may not read, is no news. */
static void check_lease(struct chores *c, uint64_t now_ns)
{
    struct deadline dl = deadline_of(c);
    CLEANUP(json) struct json *lease = NULL;
    if (!c->o.rival || c->o.config->take_over || now_ns < c->lease_due_ns ||
        metric_value(METRIC_SHARDS_HELD, NULL, NULL, NULL) <= 0)
        return;
    c->lease_due_ns = now_ns + CHORES_LEASE_NS;
    const struct kube_target t = {.resource = &kube_leases_resource,
                                  .ns = c->o.config->external_secrets_ns,
                                  .name = EXTERNAL_SECRETS_LEASE};
    CLEANUP(err) struct err *e = kube_get(c->o.kube, &t, &dl, &lease);
    const char *renewed = e ? NULL : json_path_text(lease, "spec.renewTime");
    if (renewed)
        rival_note_lease(c->o.rival, renewed, json_path_int(lease, "spec.leaseDurationSeconds", 0));
}

void chores_round(struct chores *c)
{
    uint64_t now_ns = clock_mono_ns(c->clock);
    if (!check_contact(c))
        return;
    check_fence(c, now_ns);
    check_rights(c, now_ns);
    check_lease(c, now_ns);
}

static void run(void *arg)
{
    struct chores *c = arg;
    while (!atomic_load(&c->stop)) {
        chores_round(c);
        mutex_lock(&c->mu);
        if (!atomic_load(&c->stop))
            cond_wait_ns(&c->woken, &c->mu, CHORES_ROUND_NS);
        mutex_unlock(&c->mu);
    }
}

void chores_start(struct chores *c)
{
    c->thread = thread_start("chores", run, c);
}

void chores_stop(struct chores *c)
{
    mutex_lock(&c->mu);
    atomic_store(&c->stop, true);
    cond_signal(&c->woken);
    mutex_unlock(&c->mu);
    thread_join(c->thread);
    c->thread = NULL;
}
