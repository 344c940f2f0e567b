/* The smallest complete provider: a key server that answers GET <host>/keys/<key> with
 * {"key": ..., "value": ...}. docs/PROVIDERS.md walks through this file. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "fetch/provider_table.h"
#include "spec/field_check.h"

#define OPERATION "GetKey"
#define ANSWER_NS (5 * NS_PER_S)

struct express {
    struct provider base;
    const struct provider_env *env;
    char *host; /* without a slash at its end */
    char identity[DIGEST_KEYED_HEX];
};

static const struct field_rule express_rules[] = {{"host", NULL}};

static bool is_base_url(const char *url)
{
    char host[HTTP_HOST_MAX];
    return strlen(url) < HTTP_URL_MAX / 2 && !strpbrk(url, "?# ") &&
           http_url_host(url, host, sizeof(host));
}

static struct err *express_check(const struct store *store)
{
    CLEANUP_STR char *problem = field_check(store->config, "spec.provider.express", express_rules,
                                            ARRAY_SIZE(express_rules));
    CLEANUP_STR char *host =
        field_required(store->config, "spec.provider.express", "host", &problem);
    if (host && !is_base_url(host))
        field_problem(&problem, xstrdup("spec.provider.express.host must be an http or https URL "
                                        "with a host and without a query"));
    return problem ? err_new(ERR_INVALID, "%s", problem) : NULL;
}

static struct err *express_open(const struct provider_env *env, const struct store *store,
                                const char *ns, const struct deadline *dl, struct provider **out)
{
    (void)ns;
    (void)dl;
    CLEANUP(digest_keyed) struct digest_keyed *d = provider_identity(env, store);
    struct express *x = xcalloc(1, sizeof(*x));
    x->base.ops = &provider_express;
    x->env = env;
    x->host = xstrdup(json_path_text(store->config, "host"));
    for (size_t n = strlen(x->host); n && x->host[n - 1] == '/'; n--)
        x->host[n - 1] = '\0';
    digest_keyed_end(d, x->identity);
    *out = &x->base;
    return NULL;
}

static void express_close(struct provider *p)
{
    struct express *x = (struct express *)p;
    free(x->host);
    free(x);
}

static const char *express_identity(const struct provider *p)
{
    return ((const struct express *)p)->identity;
}

static struct err *express_validate(struct provider *p, const struct deadline *dl,
                                    enum provider_validity *out)
{
    (void)p;
    (void)dl;
    *out = PROVIDER_VALID;
    return NULL;
}

/* {"key": ..., "value": TEXT}: the text goes from the reply straight into a secret_buf. */
static struct err *read_value(const struct secret_buf *body, struct secret_buf **out)
{
    struct secret_json root, value;
    struct err *e = secret_json_parse(secret_buf_view(body), &root);
    if (e)
        return err_wrap(e, OPERATION ": reply");
    if (!secret_json_member(&root, "value", &value) || value.kind != SECRET_JSON_STRING)
        return err_new(ERR_INVALID, OPERATION ": the reply has no text called value");
    return secret_json_string(&value, out);
}

static struct err *status_error(const struct http_reply *reply)
{
    struct err *e =
        err_new(provider_status_class(reply->status), OPERATION ": HTTP status %d", reply->status);
    err_set_retry_after_ns(e, reply->retry_after_ns);
    return e;
}

/* Five seconds without an answer are the server's failure, not the end of our caller's time. */
static struct err *blame_server(struct err *e, const struct deadline *dl)
{
    if (err_class(e) != ERR_DEADLINE || deadline_is_over(dl))
        return e;
    err_free(e);
    return err_new(ERR_UNAVAILABLE, OPERATION ": no answer within 5 seconds");
}

/* "." and ".." would not be names but ways through the server's paths. */
static bool is_name(const char *key)
{
    return strcmp(key, ".") != 0 && strcmp(key, "..") != 0;
}

static struct err *express_get(struct provider *p, const struct provider_ref *ref,
                               const struct deadline *dl, struct secret_buf **out)
{
    const struct express *x = (const struct express *)p;
    CLEANUP_STR_BUF struct str_buf url;
    str_buf_init(&url, HTTP_URL_MAX);
    if (ref->version)
        return err_new(ERR_INVALID, "remoteRef.version is not supported by express");
    str_buf_printf(&url, "%s/keys/", x->host);
    http_escape(&url, ref->key);
    if (url.overflowed || !is_name(ref->key))
        return err_new(ERR_INVALID, OPERATION ": the key is too long, or no name");

    struct http_request rq = {
        .method = "GET", .url = url.s, .allow_plain_http = true, .operation = OPERATION};
    struct deadline soon = deadline_sooner(dl, ANSWER_NS);
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    uint64_t start_ns = clock_mono_ns(x->env->clock);
    struct err *e = http_do_secret(x->env->http, &rq, &soon, &reply);
    if (!e && reply->status != 200)
        e = status_error(reply);
    provider_count_call(x->env, &provider_express, OPERATION, start_ns, e);
    return e ? blame_server(e, dl) : read_value(reply->secret, out);
}

const struct provider_ops provider_express = {
    .name = "express",
    .metric_name = "Express",
    .property_order = PROPERTY_ESCAPED_FIRST,
    .batch_max = 1,
    .check = express_check,
    .open = express_open,
    .validate = express_validate,
    .get = express_get,
    .identity = express_identity,
    .close = express_close,
};
