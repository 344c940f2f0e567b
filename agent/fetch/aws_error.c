/* The code of an error stands in a header, in a JSON body or in an XML body, and may be dressed up
 * ("com.amazonaws...#Code:http://..."). It is cut down to its name and looked up in one table; what
 * the table does not know is judged by the HTTP status. Messages are searched for one phrase and
 * otherwise ignored: they hold request ids and account numbers, and would make every retry look
 * like a new error. */

#include "fetch/aws_error.h"

#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "fetch/aws_xml.h"
#include "fetch/provider.h"

#define RAW_CODE_MAX 512

struct code_row {
    const char *code;
    enum err_class cls;
    enum aws_failure failure;
};

static const struct code_row codes[] = {
    {"ResourceNotFoundException", ERR_NOT_FOUND, AWS_FAILURE_FINAL},
    {"ResourceExistsException", ERR_CONFLICT, AWS_FAILURE_FINAL},
    {"AccessDenied", ERR_DENIED, AWS_FAILURE_FINAL},
    {"AccessDeniedException", ERR_DENIED, AWS_FAILURE_FINAL},
    {"UnauthorizedOperation", ERR_DENIED, AWS_FAILURE_FINAL},
    {"UnrecognizedClient", ERR_DENIED, AWS_FAILURE_FINAL},
    {"UnrecognizedClientException", ERR_DENIED, AWS_FAILURE_FINAL},
    {"InvalidClientTokenId", ERR_DENIED, AWS_FAILURE_FINAL},
    {"InvalidAccessKeyId", ERR_DENIED, AWS_FAILURE_FINAL},
    {"AuthFailure", ERR_DENIED, AWS_FAILURE_FINAL},
    {"NotAuthorized", ERR_DENIED, AWS_FAILURE_FINAL},
    {"OptInRequired", ERR_DENIED, AWS_FAILURE_FINAL},
    {"RegionDisabledException", ERR_DENIED, AWS_FAILURE_FINAL},
    {"MissingAuthenticationToken", ERR_DENIED, AWS_FAILURE_FINAL},
    {"MissingAuthenticationTokenException", ERR_DENIED, AWS_FAILURE_FINAL},
    {"IncompleteSignature", ERR_DENIED, AWS_FAILURE_FINAL},
    {"IncompleteSignatureException", ERR_DENIED, AWS_FAILURE_FINAL},
    {"DecryptionFailure", ERR_DENIED, AWS_FAILURE_FINAL},
    {"SignatureDoesNotMatch", ERR_DENIED, AWS_FAILURE_SIGNED},
    {"InvalidSignatureException", ERR_DENIED, AWS_FAILURE_SIGNED},
    {"RequestTimeTooSkewed", ERR_DENIED, AWS_FAILURE_SIGNED},
    {"RequestExpired", ERR_DENIED, AWS_FAILURE_SIGNED},
    {"ExpiredToken", ERR_DENIED, AWS_FAILURE_EXPIRED},
    {"ExpiredTokenException", ERR_DENIED, AWS_FAILURE_EXPIRED},
    {"Throttling", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"ThrottlingException", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"ThrottledException", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"RequestThrottled", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"RequestThrottledException", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"TooManyRequestsException", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"RequestLimitExceeded", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"SlowDown", ERR_RATE_LIMITED, AWS_FAILURE_FINAL},
    {"InternalServiceError", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"InternalServiceErrorException", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"InternalFailure", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"InternalServerError", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"ServiceUnavailable", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"RequestTimeout", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
    {"RequestTimeoutException", ERR_UNAVAILABLE, AWS_FAILURE_FINAL},
};

/* These say that a secret waits for its deletion, among other things. */
static const char *const maybe_deleted_codes[] = {"InvalidRequestException",
                                                  "InvalidParameterException"};
static const char *const deleted_phrases[] = {"marked for deletion", "marked deleted"};

/* NULL terminated copy of the name in a code: what is between the last '#' and a ':'. */
static void clean_code(const char *raw, char out[AWS_ERROR_CODE_MAX])
{
    const char *hash = strrchr(raw, '#');
    const char *s = hash ? hash + 1 : raw;
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    if ((s[n] != '\0' && s[n] != ':') || n >= AWS_ERROR_CODE_MAX)
        n = 0;
    memcpy(out, s, n);
    out[n] = '\0';
}

static void code_from_json(struct secret_view body, char out[AWS_ERROR_CODE_MAX])
{
    struct secret_json root, type;
    CLEANUP(err) struct err *e = secret_json_parse(body, &root);
    CLEANUP_STR char *raw = NULL;
    if (e)
        return;
    if (secret_json_member(&root, "__type", &type) || secret_json_member(&root, "code", &type)) {
        e = secret_json_text(&type, RAW_CODE_MAX, &raw);
        if (!e)
            clean_code(raw, out);
    }
}

static void code_from_xml(struct secret_view body, char out[AWS_ERROR_CODE_MAX])
{
    CLEANUP_STR char *raw = NULL;
    CLEANUP(err) struct err *e = aws_xml_text(body, "Code", AWS_ERROR_CODE_MAX, &raw);
    if (!e)
        clean_code(raw, out);
}

static void code_of(const struct http_reply *reply, char out[AWS_ERROR_CODE_MAX])
{
    struct secret_view body = secret_buf_view(reply->secret);
    out[0] = '\0';
    if (reply->error_type)
        clean_code(reply->error_type, out);
    if (!out[0])
        code_from_json(body, out);
    if (!out[0])
        code_from_xml(body, out);
}

static bool has_phrase(struct secret_view text, const char *phrase)
{
    size_t n = strlen(phrase);
    for (size_t at = 0; at + n <= text.n; at++) {
        size_t same = 0;
        while (same < n && text.p[at + same].v == (unsigned char)phrase[same])
            same++;
        if (same == n)
            return true;
    }
    return false;
}

static bool says_deleted(const char *code, struct secret_view message)
{
    bool is_maybe = false;
    for (size_t i = 0; i < ARRAY_SIZE(maybe_deleted_codes); i++)
        is_maybe |= strcmp(code, maybe_deleted_codes[i]) == 0;
    for (size_t i = 0; is_maybe && i < ARRAY_SIZE(deleted_phrases); i++) {
        if (has_phrase(message, deleted_phrases[i]))
            return true;
    }
    return false;
}

static const struct code_row *find_code(const char *code)
{
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        if (strcmp(codes[i].code, code) == 0)
            return &codes[i];
    }
    return NULL;
}

/* A status decides for codes that nobody here knows; "not found" is for secrets only, so a page
 * that is not there (a wrong endpoint) is INVALID. */
static enum err_class class_of(const char *code, struct secret_view message, int status)
{
    const struct code_row *row = find_code(code);
    if (row)
        return row->cls;
    if (says_deleted(code, message))
        return ERR_NOT_FOUND;
    return status == 404 ? ERR_INVALID : provider_status_class(status);
}

struct err *aws_error_from_code(const char *operation, const char *raw_code,
                                struct secret_view message)
{
    char code[AWS_ERROR_CODE_MAX];
    clean_code(raw_code, code);
    return err_new(class_of(code, message, 400), "%s: %s", operation,
                   *code ? code : "error without a code");
}

struct err *aws_error_from_reply(const char *operation, const struct http_reply *reply,
                                 enum aws_failure *failure)
{
    char code[AWS_ERROR_CODE_MAX];
    code_of(reply, code);
    const struct code_row *row = find_code(code);
    *failure = row ? row->failure : AWS_FAILURE_FINAL;
    enum err_class cls = class_of(code, secret_buf_view(reply->secret), reply->status);
    struct err *e =
        err_new(cls, "%s: %s%sHTTP status %d", operation, code, *code ? ", " : "", reply->status);
    err_set_retry_after_ns(e, reply->retry_after_ns);
    return e;
}
