#pragma once
/* kube_outcome.h: what the API server said about a request, and the error that it becomes.
 *
 * Owns     nothing; plain data.
 * Threads  any.
 * Source   Kubernetes meta/v1 Status: code, reason, details.causes, details.retryAfterSeconds. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "kube/kube_object.h"

struct kube_outcome {
    int code;             /* HTTP status, or the code of a Status inside a stream; 0: no answer */
    char reason[48];      /* "Forbidden", "Expired"; "" when the body was no Status */
    char field[128];      /* first cause's field, "" without */
    bool is_admission;    /* refused with causes: by admission, not by RBAC */
    bool is_rv_too_large; /* the server does not know that resourceVersion yet */
    uint64_t retry_after_ns;
};

/* Read status and body (of an error reply; anything else leaves reason empty).
 *   retry_after_ns  from the header, 0 without; a Status may say it too */
void kube_outcome_read(struct kube_outcome *o, int code, struct secret_view body,
                       uint64_t retry_after_ns);

/* True when the state asked for is no longer, or not yet, to be had: list again (410, Expired,
 * Gone, too large a resourceVersion). */
bool kube_outcome_is_gone(const struct kube_outcome *o);

/* NULL for codes below 400; else an error that names verb and target. INVALID (400, 405, 406, 413,
 * 415, 422 and what is unknown), DENIED (401, 403), NOT_FOUND (404), CONFLICT (409, 410, 412),
 * RATE_LIMITED (429), UNAVAILABLE (408, 5xx). */
NODISCARD struct err *kube_outcome_err(const struct kube_outcome *o, const char *verb,
                                       const struct kube_target *t);
