#pragma once
/* kube_list.h: a collection, page by page, without ever holding it as a tree.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Kubernetes API concepts, "Retrieving large results sets in chunks". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "kube/kube_client.h"

#define KUBE_PAGE_ITEMS 500
#define KUBE_PAGE_MAX_BYTES HTTP_BODY_MAX
#define KUBE_PAGE_TIMEOUT_NS (60 * NS_PER_S)
#define KUBE_RV_MAX 128

struct kube_selector {
    const struct kube_resource *resource;
    const char *ns;             /* NULL: all namespaces */
    const char *name;           /* NULL: all; else only the object of that name */
    const char *label_selector; /* NULL: all */
    bool is_metadata_only;      /* labels, annotations and versions, no spec */
};

/* One object; taken. */
typedef void kube_item_fn(void *ctx, struct json *item);

struct kube_list {
    struct kube_selector selector;
    const char *resource_version; /* "0": may be old; "": must be new; else not older than that */
    bool is_paged;                /* KUBE_PAGE_ITEMS at a time */
    kube_item_fn *item;
    void *ctx;
};

/* List; each page is tried once, since whoever lists has its own back-off. When an error comes on a
 * later page, items have been delivered already. outcome  of the failing request rv       the
 * collection's resourceVersion; caller frees Errors: CONFLICT (kube_outcome_is_gone: list again),
 * INVALID (a malformed or too large page), and as kube_send. */
NODISCARD struct err *kube_list(struct kube_client *k, const struct kube_list *list,
                                const struct deadline *dl, struct kube_outcome *outcome, char **rv);

/* Parameters that select in lists and watches alike. */
void kube_selector_query(const struct kube_selector *s, struct str_buf *query);
