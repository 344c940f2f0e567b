/* What an API server may send: a line of a watch, an error Status, the metadata of an object. Each
 * reader takes the whole input; none may read past it, and texts that come out are short. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "kube/kube_event_line.h"
#include "kube/kube_outcome.h"
#include "project/object_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR_BUF struct str_buf text;
    CLEANUP_OBJECT_REPLY struct object_reply reply = {0};
    struct kube_event_line line;
    struct kube_outcome outcome;
    struct json *obj = NULL;
    str_buf_init(&text, 1u << 20);
    if (!str_buf_append(&text, (const char *)data, size))
        return 0;
    struct err *e = kube_event_line_read(&text, &line, &obj);
    if (!e) {
        assert((obj != NULL) == (line.type == KUBE_EVENT_PUT));
        assert(line.type != KUBE_EVENT_PUT || *line.name);
        kube_event_line_done(&line);
    }
    json_free(obj);
    err_free(e);
    kube_outcome_read(&outcome, 403, secret_view_of(text.s, text.n), 0);
    assert(strnlen(outcome.reason, sizeof(outcome.reason)) < sizeof(outcome.reason));
    err_free(object_reply_read(secret_view_of(text.s, text.n), "prober", "uid", &reply));
    return 0;
}
