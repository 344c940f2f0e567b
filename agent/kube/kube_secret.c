/* The reply is read in place: nothing but the values asked for is ever decoded. Lists come in small
 * pages, since a page of Secrets is one secret itself, and bounded like one. */

#include "kube/kube_secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_json.h"

#define CONTINUE_MAX (4u << 10)

/* Where the keys of a kind stand: texts as they are, or base64. */
struct place {
    const char *member;
    bool is_base64;
};

/* A kind that holds keys and values. */
struct holder {
    const struct kube_resource *resource;
    struct place places[2]; /* a NULL member ends them */
};

static const struct holder secret = {&kube_secrets, {{"data", true}, {NULL, false}}};
static const struct holder config_map = {&kube_config_maps,
                                         {{"data", false}, {"binaryData", true}}};

static struct err *read_value(const struct secret_json *value, bool is_base64,
                              struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct err *e = secret_json_string(value, &text);
    if (!e && is_base64)
        return codec_base64_decode(CODEC_BASE64, secret_buf_view(text), out);
    if (!e)
        *out = TAKE(text);
    return e;
}

static struct err *read_key(const struct holder *h, struct secret_view body, const char *key,
                            struct secret_buf **out)
{
    struct secret_json root;
    struct secret_json data;
    struct secret_json value;
    struct err *e = secret_json_parse(body, &root);
    if (e)
        return e;
    for (size_t i = 0; i < ARRAY_SIZE(h->places) && h->places[i].member; i++) {
        if (!secret_json_member(&root, h->places[i].member, &data) ||
            !secret_json_member(&data, key, &value))
            continue;
        e = read_value(&value, h->places[i].is_base64, out);
        return e ? err_wrap(e, "key \"%s\"", key) : NULL;
    }
    return err_new(ERR_NOT_FOUND, "it has no key \"%s\"", key);
}

static struct err *fetch(const struct holder *h, struct kube_client *k, const char *ns,
                         const char *name, const struct deadline *dl, struct http_reply **out)
{
    struct kube_outcome o;
    const struct kube_request rq = {
        .verb = "get",
        .method = "GET",
        .target = {.resource = h->resource, .ns = ns, .name = name},
        .is_secret_reply = true,
    };
    struct err *e = kube_send(k, &rq, dl, &o, out);
    if (!e || err_class(e) != ERR_DENIED || o.code != 403)
        return e;
    err_free(e);
    return err_new(ERR_DENIED,
                   "%s \"%s\" in namespace \"%s\": we may not read it: a Role there must "
                   "grant verb \"get\" on resource \"%s\" with resourceNames [\"%s\"]",
                   h->resource->kind, name, ns, h->resource->plural, name);
}

static struct err *get(const struct holder *h, struct kube_client *k, const char *ns,
                       const char *name, const char *key, const struct deadline *dl,
                       struct secret_buf **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct err *e = fetch(h, k, ns, name, dl, &reply);
    if (e)
        return e;
    e = read_key(h, secret_buf_view(reply->secret), key, out);
    return e ? err_wrap(e, "%s \"%s\" in namespace \"%s\"", h->resource->kind, name, ns) : NULL;
}

struct err *kube_secret_get(void *ctx, const char *ns, const char *name, const char *key,
                            const struct deadline *dl, struct secret_buf **out)
{
    return get(&secret, ctx, ns, name, key, dl, out);
}

struct err *kube_config_map_get(void *ctx, const char *ns, const char *name, const char *key,
                                const struct deadline *dl, struct secret_buf **out)
{
    return get(&config_map, ctx, ns, name, key, dl, out);
}

static void value_free(void *value)
{
    secret_buf_free(value);
}

static void values_free(void *values)
{
    map_free(values);
}

/* All keys of a Secret's data. */
static struct err *read_all(const struct secret_json *root, struct map **out)
{
    CLEANUP(map) struct map *values = map_new(value_free);
    struct secret_json data, name, value;
    struct err *e = NULL;
    size_t at = 0;
    if (!secret_json_member(root, "data", &data))
        data = (struct secret_json){0};
    while (!e && secret_json_next(&data, &at, &name, &value)) {
        CLEANUP_STR char *key = NULL;
        struct secret_buf *decoded = NULL;
        e = secret_json_text(&name, KUBE_NAME_MAX, &key);
        if (!e)
            e = read_value(&value, true, &decoded);
        if (e)
            return err_wrap(e, "key \"%s\"", key ? key : "");
        map_set(values, key, decoded);
    }
    *out = TAKE(values);
    return NULL;
}

struct err *kube_secret_get_all(void *ctx, const char *ns, const char *name,
                                const struct deadline *dl, struct map **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct secret_json root;
    struct err *e = fetch(&secret, ctx, ns, name, dl, &reply);
    if (e)
        return e;
    e = secret_json_parse(secret_buf_view(reply->secret), &root);
    if (!e)
        e = read_all(&root, out);
    return e ? err_wrap(e, "Secret \"%s\" in namespace \"%s\"", name, ns) : NULL;
}

static struct err *read_item(const struct secret_json *item, struct map *all)
{
    struct secret_json meta, name_text;
    CLEANUP_STR char *name = NULL;
    struct map *values = NULL;
    if (!secret_json_member(item, "metadata", &meta) ||
        !secret_json_member(&meta, "name", &name_text))
        return err_new(ERR_INVALID, "an item without a name");
    struct err *e = secret_json_text(&name_text, KUBE_NAME_MAX, &name);
    if (!e)
        e = read_all(item, &values);
    if (e)
        return err_wrap(e, "Secret \"%s\"", name ? name : "");
    map_set(all, name, values);
    if (all->n > KUBE_SECRET_LIST_MAX)
        return err_new(ERR_INVALID, "more than %d Secrets have these labels", KUBE_SECRET_LIST_MAX);
    return NULL;
}

/* The token of the page after this one; NULL at the end. */
static struct err *read_next(const struct secret_json *root, char **next)
{
    struct secret_json meta, token;
    CLEANUP_STR char *text = NULL;
    if (!secret_json_member(root, "metadata", &meta) ||
        !secret_json_member(&meta, "continue", &token))
        return NULL;
    struct err *e = secret_json_text(&token, CONTINUE_MAX, &text);
    if (!e && *text)
        *next = TAKE(text);
    return e;
}

static struct err *read_page(struct secret_view body, struct map *all, char **next)
{
    struct secret_json root, items, name, item;
    size_t at = 0;
    struct err *e = secret_json_parse(body, &root);
    if (e)
        return e;
    if (!secret_json_member(&root, "items", &items))
        return err_new(ERR_INVALID, "the reply is no list");
    while (!e && secret_json_next(&items, &at, &name, &item))
        e = read_item(&item, all);
    return e ? e : read_next(&root, next);
}

static struct err *get_page(struct kube_client *k, const char *ns, const char *label_selector,
                            const char *at, const struct deadline *dl, struct http_reply **out)
{
    char limit[16];
    struct kube_outcome o;
    CLEANUP_STR_BUF struct str_buf query;
    str_buf_init(&query, KUBE_PATH_MAX);
    snprintf(limit, sizeof(limit), "%d", KUBE_SECRET_PAGE_ITEMS);
    kube_query_add(&query, "labelSelector", label_selector);
    kube_query_add(&query, "limit", limit);
    if (at)
        kube_query_add(&query, "continue", at);
    if (query.overflowed)
        return err_new(ERR_INVALID, "the label selector is too long");
    const struct kube_request rq = {
        .verb = "list",
        .method = "GET",
        .target = {.resource = &kube_secrets, .ns = ns, .query = query.s},
        .is_secret_reply = true,
    };
    struct err *e = kube_send(k, &rq, dl, &o, out);
    if (!e || err_class(e) != ERR_DENIED || o.code != 403)
        return e;
    err_free(e);
    return err_new(ERR_DENIED, "we may not look for them: a Role there must grant verb \"list\" on "
                               "resource \"secrets\"");
}

struct err *kube_secret_list(void *ctx, const char *ns, const char *label_selector,
                             const struct deadline *dl, struct map **out)
{
    CLEANUP(map) struct map *all = map_new(values_free);
    CLEANUP_STR char *next = NULL;
    struct err *e = NULL;
    do {
        CLEANUP(http_reply) struct http_reply *reply = NULL;
        CLEANUP_STR char *at = TAKE(next);
        e = get_page(ctx, ns, label_selector, at, dl, &reply);
        assert(e || reply);
        if (!e)
            e = read_page(secret_buf_view(reply->secret), all, &next);
    } while (!e && next);
    if (e)
        return err_wrap(e, "Secrets in namespace \"%s\" with labels %s", ns, label_selector);
    *out = TAKE(all);
    return NULL;
}
