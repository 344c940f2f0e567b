#pragma once
/* aws_error.h: what an AWS service means by its error reply.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   AWS Secrets Manager and STS API references, "Common Errors"; JSON 1.1 and query
 *          protocols of Smithy for where the code stands. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "net/http.h"

#define AWS_ERROR_CODE_MAX 64

/* What the caller can do about it before it gives up. */
enum aws_failure {
    AWS_FAILURE_FINAL,
    AWS_FAILURE_EXPIRED, /* the session's time is over: log in again */
    AWS_FAILURE_SIGNED,  /* signature refused; our clock may be wrong */
};

/* Error for a reply with a status other than 200. The text holds the operation, AWS's error code
 * (letters and digits only) and the status, never anything else of the reply. */
struct err *aws_error_from_reply(const char *operation, const struct http_reply *reply,
                                 enum aws_failure *failure) NODISCARD;

/* Error for one entry of a batch's list of errors; message may be empty. */
struct err *aws_error_from_code(const char *operation, const char *code,
                                struct secret_view message) NODISCARD;
