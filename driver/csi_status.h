#pragma once
/* csi_status.h: the codes of an RPC reply, and which one each class of error becomes.
 *
 * Owns     nothing; names are literals.
 * Threads  any.
 * Source   gRPC "Status codes and their use"; CSI specification v1.12.0 "Error Scheme". */

#include "base/err.h"

/* The numbers are the wire's. */
enum csi_code {
    CSI_OK = 0,
    CSI_CANCELLED = 1,
    CSI_UNKNOWN = 2,
    CSI_INVALID_ARGUMENT = 3,
    CSI_DEADLINE_EXCEEDED = 4,
    CSI_NOT_FOUND = 5,
    CSI_ALREADY_EXISTS = 6,
    CSI_PERMISSION_DENIED = 7,
    CSI_RESOURCE_EXHAUSTED = 8,
    CSI_FAILED_PRECONDITION = 9,
    CSI_ABORTED = 10,
    CSI_OUT_OF_RANGE = 11,
    CSI_UNIMPLEMENTED = 12,
    CSI_INTERNAL = 13,
    CSI_UNAVAILABLE = 14,
    CSI_DATA_LOSS = 15,
    CSI_UNAUTHENTICATED = 16,
};

/* Code of a failed call. The kubelet retries after ABORTED, RESOURCE_EXHAUSTED, UNAVAILABLE and
 * DEADLINE_EXCEEDED without undoing the mount; every other code is final to it. */
enum csi_code csi_status_of(enum err_class cls);

/* Canonical upper-case name, "INVALID_ARGUMENT": a metric label. A number outside the enum is
 * "UNKNOWN". */
const char *csi_status_name(enum csi_code code);
