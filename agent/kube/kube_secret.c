/* The reply is read in place: nothing but the one value asked for is ever decoded. */

#include "kube/kube_secret.h"

#include "base/codec.h"
#include "base/secret_json.h"

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

static struct err *get(const struct holder *h, struct kube_client *k, const char *ns,
                       const char *name, const char *key, const struct deadline *dl,
                       struct secret_buf **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct kube_outcome o;
    const struct kube_request rq = {
        .verb = "get",
        .method = "GET",
        .target = {.resource = h->resource, .ns = ns, .name = name},
        .is_secret_reply = true,
    };
    struct err *e = kube_send(k, &rq, dl, &o, &reply);
    if (e && err_class(e) == ERR_DENIED && o.code == 403) {
        err_free(e);
        return err_new(ERR_DENIED,
                       "%s \"%s\" in namespace \"%s\": we may not read it: a Role there must "
                       "grant verb \"get\" on resource \"%s\" with resourceNames [\"%s\"]",
                       h->resource->kind, name, ns, h->resource->plural, name);
    }
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
