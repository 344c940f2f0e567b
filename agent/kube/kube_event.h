#pragma once
/* kube_event.h: Kubernetes Events about the objects we work for.
 *
 * The same event again raises a count instead of making a new object. One object gets three at
 * once and then one a second at most; what is too much, or refused by a busy server, is dropped
 * and counted. An Event is a courtesy: the condition says the same and is not dropped.
 *
 * Owns     the memory of recent events.
 * Threads  any; a call sends with a short deadline of its own.
 * Source   core/v1 Event; the API server keeps them for an hour. */

#include "base/attr.h"
#include "kube/kube_client.h"

#define KUBE_EVENTS_REMEMBERED 256
#define KUBE_EVENT_BURST 3
#define KUBE_EVENT_MESSAGE_MAX 1024
#define KUBE_EVENT_TIMEOUT_NS (3 * NS_PER_S)

struct kube_event {
    const struct kube_resource *resource; /* of the object that it is about */
    const char *ns;                       /* "" for cluster scope: the Event goes to "default" */
    const char *name;
    const char *uid;
    const char *resource_version;
    bool is_warning;     /* else Normal */
    const char *reason;  /* "UpdateFailed" */
    const char *message; /* no values; cut at KUBE_EVENT_MESSAGE_MAX */
};

struct kube_events;

/* k and node (the node's name) are borrowed. */
struct kube_events *kube_events_new(struct kube_client *k, const char *node) NODISCARD;
void kube_events_free(struct kube_events *e);
CLEANUP_DEFINE(kube_events)

/* Send or count; the outcome is in METRIC_EVENTS {reason, created|updated|dropped|failed}. */
void kube_events_emit(struct kube_events *e, const struct kube_event *event);
