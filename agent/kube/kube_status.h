#pragma once
/* kube_status.h: write the status of an ExternalSecret, a store or a PushSecret.
 *
 * Owns     nothing; everything is borrowed for the call.
 * Threads  any.
 * Source   external-secrets.io/v1: status.conditions, refreshTime, syncedResourceVersion, binding,
 *          capabilities; JSON merge patch (RFC 7386) replaces the list of conditions as a whole. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "kube/kube_client.h"

/* Condition Ready. */
struct kube_condition {
    const char *status; /* "True", "False" */
    const char *reason; /* "SecretSynced" */
    const char *message;
    int64_t transition_unix_s; /* when status last changed */
};

struct kube_status {
    struct kube_condition ready;
    int64_t refresh_unix_s;              /* 0: leave as it is */
    const char *synced_resource_version; /* NULL: leave as it is */
    const char *binding_name;            /* the Secret; NULL: leave as it is */
    const char *capabilities;            /* of a store: "ReadWrite"; NULL: leave as it is */
    const struct json *synced_pushes;    /* of a PushSecret: a merge patch; NULL: leave as it is */
};

/* Same status, reason and message (the time does not count); NULL members never equal. */
bool kube_condition_equal(const struct kube_condition *a, const struct kube_condition *b);

/* Put condition c of that type beside the conditions that t has, under a field manager of its own.
 * Errors: CONFLICT (t has changed meanwhile), NOT_FOUND, DENIED, and as kube_send. */
NODISCARD struct err *kube_status_add_condition(struct kube_client *k, const struct kube_target *t,
                                                const char *type, const struct kube_condition *c,
                                                const char *field_manager,
                                                const struct deadline *dl);

/* Write status to t (its subresource is set here), forced: we are the only writer.
 * Errors: NOT_FOUND (the object is gone), DENIED, and as kube_send. */
NODISCARD struct err *kube_status_write(struct kube_client *k, const struct kube_target *t,
                                        const struct kube_status *status,
                                        const struct deadline *dl);
