#pragma once
/* fan_out_status.h: what is said about a ClusterExternalSecret. Pure.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   external-secrets.io/v1 ClusterExternalSecret: status; External Secrets' sentences. */

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "spec/cluster_spec.h"

/* Namespace of a failure that concerns all of them. */
#define FAN_OUT_ANY_NAMESPACE "unknown"
#define FAN_OUT_TAKEN "external secret already exists in namespace"

/* Message of the condition: NULL when failures (namespace -> reason) is empty. Caller frees. */
char *fan_out_status_message(const struct map *failures) NODISCARD;

/* The status: name, namespaces and condition Ready.
 *   in_place  namespaces that have their ExternalSecret; NULL: as they stand in spec's status
 *   failures  namespace -> reason; those are not counted as in place */
struct json *fan_out_status_make(const struct cluster_spec *spec, const struct map *in_place,
                                 const struct map *failures) NODISCARD;

/* A merge patch that makes status the status, with null for what it does not have. */
struct json *fan_out_status_patch(const struct json *status) NODISCARD;
