/* Options are set on the caller's thread, callbacks run on the loop's thread, and the hand-over
 * between them is http_loop's. The request's body and each secret header are built in locked
 * memory; what libcurl and OpenSSL copy of them is erased by the allocator that they were given at
 * start (base/zero_alloc.h), and OpenSSL is told to give its buffers back while it has no use for
 * them, because a kept connection would keep the last secret in them. */
#include "net/http_transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/alloc.h"

#define REPLY_DEFAULT_BYTES (1u << 20)

struct http_transfer {
    CURL *easy;
    struct curl_slist *headers;
    struct secret_buf *body;
    char *label;
    struct http_receiver receiver;
};

static struct err *set_fixed_options(CURL *easy, const struct http_transfer_env *env,
                                     const struct http_request *rq)
{
    CURLcode rc = CURLE_OK;

    rc |= curl_easy_setopt(easy, CURLOPT_URL, rq->url);
    rc |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* it may have been signed */
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                           rq->allow_plain_http ? "http,https" : "https");
    rc |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not from the environment either */
    rc |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a name look-up */
    rc |= curl_easy_setopt(easy, CURLOPT_USERAGENT, env->user_agent);
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)env->connect_timeout_ms);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           env->use_http2 ? (long)CURL_HTTP_VERSION_2TLS
                                          : (long)CURL_HTTP_VERSION_1_1);
    rc |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)env->use_http2);
    if (env->idle_close_s > 0)
        rc |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)env->idle_close_s);
    return rc == CURLE_OK ? NULL : err_new(ERR_INTERNAL, "libcurl refuses an option");
}

static CURLcode on_tls_context(CURL *easy, void *context, void *ctx)
{
    (void)easy;
    (void)ctx;
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return CURLE_OK;
}

/* With a CA directory set, which is a default of Debian's, libcurl parses the whole trust store
 * again for each connection and would trust it besides a CA of our own. */
static struct err *set_trust(CURL *easy, const struct http_transfer_env *env,
                             const struct http_request *rq)
{
    CURLcode rc = CURLE_OK;

    rc |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    rc |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_CAINFO, rq->ca_pem ? NULL : env->ca_file);
    if (rq->ca_pem) {
        CLEANUP_STR char *pem = xstrdup(rq->ca_pem);
        struct curl_blob blob = {pem, strlen(pem), CURL_BLOB_COPY};

        rc |= curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    return rc == CURLE_OK ? NULL : err_new(ERR_INTERNAL, "libcurl refuses a TLS option");
}

/* POST for whatever has or could have a body, so that a length is sent; GET for the rest. */
static struct err *set_method(struct http_transfer *t, const struct http_request *rq)
{
    bool is_get = strcmp(rq->method, "GET") == 0;
    bool is_bare = rq->body.n == 0 && (is_get || strcmp(rq->method, "DELETE") == 0);
    struct secret_view body = secret_buf_view(t->body);
    CURLcode rc = CURLE_OK;

    if (is_bare) {
        rc |= curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    } else {
        rc |= curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        rc |= curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
        rc |= curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                               body.n ? (const char *)secret_view_raw(body) : "");
    }
    if (!is_get || !is_bare)
        rc |= curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, rq->method);
    return rc == CURLE_OK ? NULL : err_new(ERR_INTERNAL, "libcurl refuses the method or body");
}

static void add_line(struct http_transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);

    /* libcurl's allocator is ours and aborts; a NULL can only mean the same. */
    if (!longer)
        abort();
    t->headers = longer;
}

/* "Name: value", or "Name;" which is how libcurl is told of an empty value. */
static struct err *add_header(struct http_transfer *t, const struct http_header *h)
{
    struct secret_view value = h->value ? secret_view_of(h->value, strlen(h->value)) : h->secret;
    CLEANUP(secret_buf) struct secret_buf *line = NULL;
    const char *text;
    struct err *e = secret_buf_new(strlen(h->name) + value.n + sizeof(": "), &line);

    if (!e)
        e = secret_buf_puts(line, h->name);
    if (!e)
        e = secret_buf_puts(line, value.n ? ": " : ";");
    if (!e)
        e = secret_buf_append(line, value);
    if (!e)
        e = secret_buf_append_raw(line, "", 1);
    if (e)
        return e;
    text = (const char *)secret_view_raw(secret_buf_view(line));
    if (strcspn(text, "\r\n") != secret_buf_size(line) - 1)
        return err_new(ERR_INVALID, "request header %s has a malformed value", h->name);
    add_line(t, text);
    return NULL;
}

static struct err *set_headers(struct http_transfer *t, const struct http_request *rq)
{
    bool has_type = false;

    for (size_t i = 0; i < rq->n_headers; i++) {
        struct err *e = add_header(t, &rq->headers[i]);

        if (e)
            return e;
        has_type |= strcasecmp(rq->headers[i].name, "content-type") == 0;
    }
    /* A name and a colon alone keep libcurl from adding a header of its own. */
    add_line(t, "Expect:");
    if (!has_type)
        add_line(t, "Content-Type:");
    if (curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) != CURLE_OK)
        return err_new(ERR_INTERNAL, "libcurl refuses the headers");
    return NULL;
}

static struct err *prepare(struct http_transfer *t, const struct http_transfer_env *env,
                           const struct http_request *rq)
{
    struct err *e = secret_buf_copy(rq->body, &t->body);

    if (!e)
        e = set_fixed_options(t->easy, env, rq);
    if (!e)
        e = set_trust(t->easy, env, rq);
    if (!e)
        e = http_sockets_attach(env->sockets, t->easy);
    if (!e)
        e = http_receiver_attach(&t->receiver);
    if (!e)
        e = set_method(t, rq);
    if (!e)
        e = set_headers(t, rq);
    return e ? err_wrap(e, "%s", t->label) : NULL;
}

struct err *http_transfer_new(const struct http_transfer_env *env, const struct http_request *rq,
                              enum http_receive_kind kind, struct line_pipe *lines,
                              struct http_transfer **out)
{
    CLEANUP(http_transfer) struct http_transfer *t = xcalloc(1, sizeof(*t));
    char host[HTTP_HOST_MAX + 1] = "?";
    struct err *e;

    (void)http_url_host(rq->url, host, sizeof(host));
    t->label = xasprintf("%s: %s", rq->operation, host);
    t->easy = curl_easy_init();
    http_receiver_init(&t->receiver, t->easy, kind,
                       rq->reply_max_bytes ? rq->reply_max_bytes : REPLY_DEFAULT_BYTES, lines);
    if (!t->easy)
        return err_new(ERR_INTERNAL, "%s: libcurl gives no handle", t->label);
    e = prepare(t, env, rq);
    if (e)
        return e;
    *out = TAKE(t);
    return NULL;
}

void http_transfer_free(struct http_transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    secret_buf_free(t->body);
    http_receiver_done(&t->receiver);
    free(t->label);
    free(t);
}

void *http_transfer_easy(const struct http_transfer *t)
{
    return t->easy;
}

const char *http_transfer_label(const struct http_transfer *t)
{
    return t->label;
}

void http_transfer_finish(struct http_transfer *t, int curl_code)
{
    http_receiver_finish(&t->receiver, curl_code, t->label);
}

struct err *http_transfer_take(struct http_transfer *t, struct http_reply **out)
{
    return http_receiver_take(&t->receiver, out);
}
