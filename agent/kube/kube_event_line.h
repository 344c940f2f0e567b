#pragma once
/* kube_event_line.h: one line of a watch stream.
 *
 * Owns     a line owns its texts; object borrows from the text that was read.
 * Threads  any.
 * Source   Kubernetes meta/v1 WatchEvent. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret_buf.h"
#include "base/str_buf.h"

enum kube_event_type {
    KUBE_EVENT_UNKNOWN, /* a type of a newer server: to be ignored */
    KUBE_EVENT_PUT,     /* ADDED, MODIFIED */
    KUBE_EVENT_REMOVE,  /* DELETED */
    KUBE_EVENT_BOOKMARK,
    KUBE_EVENT_ERROR,
};

struct kube_event_line {
    enum kube_event_type type;
    char *rv; /* of the object; "" when it says none */
    char *ns; /* "" for cluster scope */
    char *name;
    bool ends_initial_list;
    int code;                  /* of an ERROR's Status */
    struct secret_view object; /* its text */
};

/* Read a line. *obj is set for KUBE_EVENT_PUT only, to the object as a tree (caller frees).
 * line is to be given to kube_event_line_done on success.
 * Errors: INVALID (not JSON, no object, an object to put or remove without a name). */
NODISCARD struct err *kube_event_line_read(const struct str_buf *text, struct kube_event_line *line,
                                           struct json **obj);

void kube_event_line_done(struct kube_event_line *line);
