/* The reply is read in place: nothing but the one value asked for is ever decoded. */

#include "kube/kube_secret.h"

#include "base/codec.h"
#include "base/secret_json.h"

static struct err *read_key(struct secret_view body, const char *key, struct secret_buf **out)
{
    struct secret_json root;
    struct secret_json data;
    struct secret_json value;
    CLEANUP(secret_buf) struct secret_buf *base64 = NULL;
    struct err *e = secret_json_parse(body, &root);
    if (e)
        return e;
    if (!secret_json_member(&root, "data", &data) || !secret_json_member(&data, key, &value))
        return err_new(ERR_NOT_FOUND, "it has no key \"%s\"", key);
    e = secret_json_string(&value, &base64);
    if (!e)
        e = codec_base64_decode(CODEC_BASE64, secret_buf_view(base64), out);
    return e ? err_wrap(e, "key \"%s\"", key) : NULL;
}

struct err *kube_secret_get(void *ctx, const char *ns, const char *name, const char *key,
                            const struct deadline *dl, struct secret_buf **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct kube_outcome o;
    const struct kube_request rq = {
        .verb = "get",
        .method = "GET",
        .target = {.resource = &kube_secrets, .ns = ns, .name = name},
        .is_secret_reply = true,
    };
    struct err *e = kube_send(ctx, &rq, dl, &o, &reply);
    if (e && err_class(e) == ERR_DENIED && o.code == 403) {
        err_free(e);
        return err_new(ERR_DENIED,
                       "Secret \"%s\" in namespace \"%s\": we may not read it: a Role there must "
                       "grant verb \"get\" on resource \"secrets\" with resourceNames [\"%s\"]",
                       name, ns, name);
    }
    if (e)
        return e;
    e = read_key(secret_buf_view(reply->secret), key, out);
    return e ? err_wrap(e, "Secret \"%s\" in namespace \"%s\"", name, ns) : NULL;
}
