/* The first byte is the HTTP status over 200, the rest a reply of AWS. A result is a value or an
 * error, never both, and an error's text is short whatever the reply. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/aws_error.h"
#include "fetch/aws_xml.h"
#include "fetch/secretsmanager.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void check(struct secret_buf *value, struct err *e, size_t text_max)
{
    if ((value && e) || (e && strlen(err_text(e)) > text_max))
        abort();
    err_free(e);
    secret_buf_free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct provider_ref refs[] = {{.key = "db"}, {.key = "arn:aws:x:db"}};
    struct provider_result results[2] = {{NULL, NULL}};
    struct secret_buf *value = NULL;
    enum aws_failure failure;
    struct secret_view body = secret_view_of(data + !!size, size - !!size);
    struct http_reply reply = {.status = 200 + (size ? data[0] : 0)};
    check(NULL, secretsmanager_read_batch(body, "", refs, 2, results), 200);
    check(results[0].bytes, results[0].err, 200);
    check(results[1].bytes, results[1].err, 200);
    struct err *e = secretsmanager_read_value(body, &value);
    check(value, e, 200);
    value = NULL;
    e = aws_xml_secret(body, "SessionToken", 64, &value);
    check(value, e, 200);
    check(NULL, secret_buf_copy(body, &reply.secret), 200);
    check(NULL, aws_error_from_reply("Call", &reply, &failure), 100);
    check(reply.secret, NULL, 0);
    return 0;
}
