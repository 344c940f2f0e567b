/* The control: the same headers, used as they are meant, compile. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/secret_buf.h"
#include "base/str_buf.h"

struct err *probe(struct secret_buf *b, const char *text, struct str_buf *out);

struct err *probe(struct secret_buf *b, const char *text, struct str_buf *out)
{
    CLEANUP(err) struct err *e = secret_buf_puts(b, text);
    CLEANUP(json) struct json *tree = json_new_text(text);
    CLEANUP_STR char *copy = xstrdup(text);
    log_info("probe.case", LF("bytes", secret_buf_size(b)), LF("text", copy), LF("err", e),
             LF("locked", secret_arena_state().is_locked), LF("length", strlen(copy)));
    metric_inc(METRIC_SPECS, json_text(tree), NULL, NULL);
    str_buf_append(out, text, strlen(text));
    printf("%s\n", text);
    return TAKE(e);
}
