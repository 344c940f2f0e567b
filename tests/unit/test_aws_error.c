/* Error replies of AWS, in all the forms in which they come, and what they mean. */

#include "fetch/aws_error.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    int status;
    const char *error_type, *body;
    enum err_class want;
    enum aws_failure want_failure;
    const char *want_text;
};

#define JSON(code) "{\"__type\":\"" code "\",\"message\":\"secret arn:aws:1234 request 42\"}"
#define XML(code)                                                                                  \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code                                         \
    "</Code><Message>arn:aws:1234</Message></Error><RequestId>42</RequestId></ErrorResponse>"
#define ROW(status, body, cls, failure, text)                                                      \
    {                                                                                              \
        body, status, NULL, body, ERR_##cls, AWS_FAILURE_##failure, "Call: " text                  \
    }

static const struct row rows[] = {
    ROW(400, JSON("ResourceExistsException"), CONFLICT, FINAL,
        "ResourceExistsException, HTTP status 400"),
    ROW(400, JSON("ResourceNotFoundException"), NOT_FOUND, FINAL,
        "ResourceNotFoundException, HTTP status 400"),
    ROW(400, JSON("com.amazonaws.secretsmanager#ResourceNotFoundException:http://a"), NOT_FOUND,
        FINAL, "ResourceNotFoundException, HTTP status 400"),
    {"code in a header", 400, "ThrottlingException:http://internal/", "", ERR_RATE_LIMITED,
     AWS_FAILURE_FINAL, "Call: ThrottlingException, HTTP status 400"},
    {"the header comes first", 400, "AccessDeniedException", JSON("InternalFailure"), ERR_DENIED,
     AWS_FAILURE_FINAL, "Call: AccessDeniedException, HTTP status 400"},
    ROW(400, "{\"code\":\"AccessDenied\"}", DENIED, FINAL, "AccessDenied, HTTP status 400"),
    ROW(403, XML("SignatureDoesNotMatch"), DENIED, SIGNED,
        "SignatureDoesNotMatch, HTTP status 403"),
    ROW(403, XML("InvalidClientTokenId"), DENIED, FINAL, "InvalidClientTokenId, HTTP status 403"),
    ROW(400, JSON("UnrecognizedClientException"), DENIED, FINAL,
        "UnrecognizedClientException, HTTP status 400"),
    ROW(400, JSON("InvalidSignatureException"), DENIED, SIGNED,
        "InvalidSignatureException, HTTP status 400"),
    ROW(403, XML("RequestTimeTooSkewed"), DENIED, SIGNED, "RequestTimeTooSkewed, HTTP status 403"),
    ROW(403, XML("ExpiredToken"), DENIED, EXPIRED, "ExpiredToken, HTTP status 403"),
    ROW(400, JSON("ExpiredTokenException"), DENIED, EXPIRED,
        "ExpiredTokenException, HTTP status 400"),
    ROW(400, JSON("TooManyRequestsException"), RATE_LIMITED, FINAL,
        "TooManyRequestsException, HTTP status 400"),
    ROW(400, XML("Throttling"), RATE_LIMITED, FINAL, "Throttling, HTTP status 400"),
    ROW(429, "", RATE_LIMITED, FINAL, "HTTP status 429"),
    ROW(500, JSON("InternalServiceError"), UNAVAILABLE, FINAL,
        "InternalServiceError, HTTP status 500"),
    ROW(503, "<html>busy</html>", UNAVAILABLE, FINAL, "HTTP status 503"),
    ROW(403, "no", DENIED, FINAL, "HTTP status 403"),
    ROW(404, "nothing here", INVALID, FINAL, "HTTP status 404"),
    ROW(302, "", INVALID, FINAL, "HTTP status 302"),
    ROW(400, JSON("ValidationException"), INVALID, FINAL, "ValidationException, HTTP status 400"),
    ROW(400, JSON("InvalidRequestException"), INVALID, FINAL,
        "InvalidRequestException, HTTP status 400"),
    ROW(400,
        "{\"__type\":\"InvalidRequestException\",\"Message\":\"You can't perform this operation on "
        "the secret because it was marked for deletion.\"}",
        NOT_FOUND, FINAL, "InvalidRequestException, HTTP status 400"),
    ROW(400,
        "{\"__type\":\"InvalidParameterException\",\"message\":\"it was marked for deletion\"}",
        NOT_FOUND, FINAL, "InvalidParameterException, HTTP status 400"),
    ROW(400, "{\"__type\":\"InvalidRequestException\",\"message\":\"currently marked deleted\"}",
        NOT_FOUND, FINAL, "InvalidRequestException, HTTP status 400"),
    ROW(400, "{\"__type\":\"ValidationException\",\"message\":\"marked for deletion\"}", INVALID,
        FINAL, "ValidationException, HTTP status 400"),
    ROW(400, JSON("a code\\nwith a secret in it"), INVALID, FINAL, "HTTP status 400"),
    ROW(400, "{\"__type\":7}", INVALID, FINAL, "HTTP status 400"),
    ROW(400, "[]", INVALID, FINAL, "HTTP status 400"),
    ROW(400, XML("A&amp;B"), INVALID, FINAL, "HTTP status 400"),
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    assert_null(secret_buf_copy(secret_view_of(r->body, strlen(r->body)), &body));
    CLEANUP_STR char *error_type = xstrdup(r->error_type);
    struct http_reply reply = {
        .status = r->status, .error_type = error_type, .retry_after_ns = 3, .secret = body};
    enum aws_failure failure = AWS_FAILURE_FINAL;
    CLEANUP(err) struct err *e = aws_error_from_reply("Call", &reply, &failure);
    assert_int_equal(err_class(e), r->want);
    assert_int_equal(failure, r->want_failure);
    assert_string_equal(err_text(e), r->want_text);
    assert_int_equal(err_retry_after_ns(e), 3);
}

struct code_row {
    const char *code, *message;
    enum err_class want;
    const char *want_text;
};

static const struct code_row code_rows[] = {
    {"ResourceNotFoundException", "", ERR_NOT_FOUND, "Batch: ResourceNotFoundException"},
    {"AccessDeniedException", "", ERR_DENIED, "Batch: AccessDeniedException"},
    {"InvalidRequestException", "marked for deletion", ERR_NOT_FOUND,
     "Batch: InvalidRequestException"},
    {"InternalServiceError", "", ERR_UNAVAILABLE, "Batch: InternalServiceError"},
    {"", "", ERR_INVALID, "Batch: error without a code"},
    {"Something", "", ERR_INVALID, "Batch: Something"},
};

static void one_code(void **state)
{
    const struct code_row *r = *state;
    CLEANUP(err)
    struct err *e =
        aws_error_from_code("Batch", r->code, secret_view_of(r->message, strlen(r->message)));
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(err_text(e), r->want_text);
}

int main(void)
{
    return TABLE_RUN("aws_error reply", rows, one_row) +
           TABLE_RUN("aws_error code", code_rows, one_code);
}
