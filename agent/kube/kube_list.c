/* A page may be 32 MB; its tree would be six times that. So the page is checked as raw text, and
 * each item's own text is cut out of it and becomes a small tree that the receiver frees before the
 * next one is made. */

#include "kube/kube_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

#define CONTINUE_MAX (4u << 10)

void kube_selector_query(const struct kube_selector *s, struct str_buf *query)
{
    if (s->name) {
        CLEANUP_STR char *selector = xasprintf("metadata.name=%s", s->name);
        kube_query_add(query, "fieldSelector", selector);
    }
    if (s->label_selector)
        kube_query_add(query, "labelSelector", s->label_selector);
}

/* What a page says besides its items. */
struct page {
    char *rv;
    char *next; /* token of the next page, or NULL */
};

static void page_done(struct page *p)
{
    free(p->rv);
    free(p->next);
    *p = (struct page){0};
}

/* Text member of map; NULL when absent or empty. */
static struct err *text_member(const struct secret_json *map, const char *name, size_t max,
                               char **out)
{
    struct secret_json member;
    char *text = NULL;
    if (!secret_json_member(map, name, &member))
        return NULL;
    struct err *e = secret_json_text(&member, max, &text);
    if (e)
        return err_wrap(e, "metadata.%s", name);
    if (*text == '\0') {
        free(text);
        return NULL;
    }
    *out = text;
    return NULL;
}

static struct err *deliver(const struct kube_list *list, const struct str_buf *body,
                           struct secret_view whole, const struct secret_json *item)
{
    struct json *tree = NULL;
    size_t at = (size_t)(item->raw.p - whole.p);
    struct err *e = json_parse(body->s + at, item->raw.n, &tree);
    if (e)
        return err_wrap(e, "item");
    list->item(list->ctx, tree);
    return NULL;
}

static struct err *read_page(const struct kube_list *list, const struct str_buf *body,
                             struct page *page)
{
    struct secret_view whole = secret_view_of(body->s, body->n);
    struct secret_json root;
    struct secret_json meta;
    struct secret_json items;
    struct secret_json name;
    struct secret_json item;
    size_t at = 0;
    struct err *e = secret_json_parse(whole, &root);
    if (e)
        return e;
    if (!secret_json_member(&root, "metadata", &meta) ||
        !secret_json_member(&root, "items", &items))
        return err_new(ERR_INVALID, "the reply is no list");
    e = text_member(&meta, "resourceVersion", KUBE_RV_MAX, &page->rv);
    if (!e)
        e = text_member(&meta, "continue", CONTINUE_MAX, &page->next);
    while (!e && secret_json_next(&items, &at, &name, &item))
        e = deliver(list, body, whole, &item);
    return e;
}

static void page_query(const struct kube_list *list, const char *next, struct str_buf *query)
{
    char limit[16];
    snprintf(limit, sizeof(limit), "%d", KUBE_PAGE_ITEMS);
    kube_selector_query(&list->selector, query);
    if (list->is_paged)
        kube_query_add(query, "limit", limit);
    if (next)
        kube_query_add(query, "continue", next);
    else if (*list->resource_version)
        kube_query_add(query, "resourceVersion", list->resource_version);
}

static struct err *get_page(struct kube_client *k, const struct kube_list *list, const char *next,
                            const struct deadline *dl, struct kube_outcome *outcome,
                            struct page *page)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP_STR_BUF struct str_buf query;
    str_buf_init(&query, KUBE_PATH_MAX + CONTINUE_MAX);
    page_query(list, next, &query);
    const struct kube_request rq = {
        .verb = "list",
        .method = "GET",
        .target = {.resource = list->selector.resource, .ns = list->selector.ns, .query = query.s},
        .accept = list->selector.is_metadata_only ? KUBE_METADATA_ONLY_LIST : NULL,
        .timeout_ns = KUBE_PAGE_TIMEOUT_NS,
        .reply_max_bytes = KUBE_PAGE_MAX_BYTES,
        .is_single_try = true,
    };
    struct err *e = kube_send(k, &rq, dl, outcome, &reply);
    if (e)
        return e;
    e = read_page(list, &reply->text, page);
    return e ? err_wrap(e, "list %s", list->selector.resource->plural) : NULL;
}

struct err *kube_list(struct kube_client *k, const struct kube_list *list,
                      const struct deadline *dl, struct kube_outcome *outcome, char **rv)
{
    struct page page = {0};
    CLEANUP_STR char *next = NULL;
    struct err *e = NULL;
    do {
        page_done(&page);
        e = get_page(k, list, next, dl, outcome, &page);
        free(next);
        next = TAKE(page.next);
    } while (!e && next);
    if (!e)
        *rv = page.rv ? TAKE(page.rv) : xstrdup("");
    page_done(&page);
    return e;
}
