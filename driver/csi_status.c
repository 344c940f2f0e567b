/* The one switch from error class to code. It has no default, so that a new class does not compile
 * until somebody has decided what the kubelet should do about it. */

#include "driver/csi_status.h"

#include <stddef.h>

enum csi_code csi_status_of(enum err_class cls)
{
    switch (cls) {
    case ERR_INVALID:
        return CSI_INVALID_ARGUMENT;
    case ERR_NOT_FOUND:
        return CSI_NOT_FOUND;
    case ERR_DENIED:
        return CSI_PERMISSION_DENIED;
    case ERR_CONFLICT:
        return CSI_ABORTED;
    case ERR_RATE_LIMITED:
        return CSI_RESOURCE_EXHAUSTED;
    case ERR_UNAVAILABLE:
        return CSI_UNAVAILABLE;
    case ERR_DEADLINE:
        return CSI_DEADLINE_EXCEEDED;
    case ERR_INTERNAL:
        return CSI_INTERNAL;
    }
    return CSI_INTERNAL;
}

const char *csi_status_name(enum csi_code code)
{
    static const char *const names[] = {
        [CSI_OK] = "OK",
        [CSI_CANCELLED] = "CANCELLED",
        [CSI_UNKNOWN] = "UNKNOWN",
        [CSI_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [CSI_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [CSI_NOT_FOUND] = "NOT_FOUND",
        [CSI_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [CSI_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [CSI_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [CSI_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [CSI_ABORTED] = "ABORTED",
        [CSI_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [CSI_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [CSI_INTERNAL] = "INTERNAL",
        [CSI_UNAVAILABLE] = "UNAVAILABLE",
        [CSI_DATA_LOSS] = "DATA_LOSS",
        [CSI_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };
    size_t i = (size_t)code;
    return i < ARRAY_SIZE(names) ? names[i] : "UNKNOWN";
}
