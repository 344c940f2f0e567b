#pragma once
/* chores.h: what the agent asks the API server about itself: does it answer, does the fence stand,
 * what may we do? And about External Secrets: does it renew its Lease?
 *
 * Owns     its thread "chores".
 * Threads  new, start, stop and free from main; the callback comes from the thread.
 * Source   docs/RBAC.md; docs/OPERATIONS.md "Ready". */

#include <stdint.h>

#include "base/attr.h"
#include "cmd/config.h"
#include "kube/kube_client.h"
#include "project/project.h"
#include "reconcile/rival.h"

#define CHORES_ROUND_NS (15 * NS_PER_S)
#define CHORES_CONTACT_NS (60 * NS_PER_S)  /* as long without an answer: ask for one */
#define CHORES_REPEAT_NS (300 * NS_PER_S)  /* the fence; rights, while some are missing */
#define CHORES_LEASE_NS (60 * NS_PER_S)    /* External Secrets' Lease */
#define CHORES_DEADLINE_NS (10 * NS_PER_S) /* for each of them */

struct chores_options {
    struct kube_client *kube;
    const struct config *config;
    struct rival *rival; /* is told of the Lease of External Secrets; may be NULL */
    struct sink *mirror; /* a project_object is told whether the fence stands; else NULL */
    /* Secrets may be watched as --watch-secrets asks, or it cannot be known; once; may be NULL. */
    void (*may_watch)(void *ctx);
    void *ctx;
};

struct chores;
struct chores *chores_new(const struct chores_options *options) NODISCARD;
void chores_free(struct chores *c);
CLEANUP_DEFINE(chores)
void chores_start(struct chores *c);

/* End the thread, within 200 ms; idempotent. */
void chores_stop(struct chores *c);

/* One round of the thread's work: do what is due. For tests, without start. */
void chores_round(struct chores *c);
