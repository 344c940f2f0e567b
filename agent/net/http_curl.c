/* The client is its loop, and the mapping of struct http's calls to transfers in that loop.
 *
 * HTTP/2 is framed by nghttp2, whose memory no hook of ours erases. An HTTP/2 client therefore has
 * a second, HTTP/1.1 client inside, and everything sent for a secret reply goes through that one.
 */
#include "net/http_curl.h"

#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "net/http_loop.h"
#include "net/http_transfer.h"
#include "net/line_pipe.h"

#define SECRETS_IDLE_CLOSE_S 60

struct http_curl {
    struct http http;
    struct http *secrets; /* of an HTTP/2 client: the one for secret replies; else NULL */
    struct http_loop *loop;
    struct http_transfer_env env;
    char *user_agent;
};

struct stream {
    struct http_stream stream;
    struct line_pipe *lines;
    struct http_call *call;
    int status;
};

static struct http_curl *of(struct http *h)
{
    return (struct http_curl *)h;
}

static struct err *call_new(struct http_curl *h, const struct http_request *rq,
                            enum http_receive_kind kind, struct line_pipe *lines,
                            struct http_call **out)
{
    struct http_transfer *t = NULL;
    struct err *e = http_transfer_new(&h->env, rq, kind, lines, &t);

    if (e)
        return e;
    *out = http_loop_start(h->loop, t, kind == HTTP_RECEIVE_SECRET);
    return NULL;
}

static struct err *send_here(struct http_curl *h, const struct http_request *rq,
                             const struct deadline *dl, enum http_receive_kind kind,
                             struct http_reply **out)
{
    CLEANUP(http_call) struct http_call *c = NULL;
    struct err *e = call_new(h, rq, kind, NULL, &c);

    if (e)
        return e;
    if (http_loop_wait(c, dl))
        return http_transfer_take(http_loop_transfer(c), out);
    return deadline_check(dl, http_transfer_label(http_loop_transfer(c)));
}

static struct err *curl_send(struct http *http, const struct http_request *rq,
                             const struct deadline *dl, bool is_secret, struct http_reply **out)
{
    struct http_curl *h = of(http);
    struct err *e;

    if (!is_secret)
        return send_here(h, rq, dl, HTTP_RECEIVE_TEXT, out);
    e = send_here(h->secrets ? of(h->secrets) : h, rq, dl, HTTP_RECEIVE_SECRET, out);
    http_loop_scrub_stack();
    return e;
}

/* ---- streams ---- */

static void stream_free(struct http_stream *stream)
{
    struct stream *s = (struct stream *)stream;

    http_call_free(s->call);
    line_pipe_free(s->lines);
    free(s);
}

static struct err *stream_open(struct http *http, const struct http_request *rq,
                               const struct deadline *dl, struct http_stream **out)
{
    char host[HTTP_HOST_MAX + 1] = "?";
    struct stream *s = xcalloc(1, sizeof(*s));
    CLEANUP(http_stream) struct http_stream *owner = &s->stream;
    CLEANUP_STR char *label = NULL;
    struct err *e;

    (void)http_url_host(rq->url, host, sizeof(host));
    label = xasprintf("%s: %s", rq->operation, host);
    s->stream.http = http;
    s->lines = line_pipe_new(label);
    e = call_new(of(http), rq, HTTP_RECEIVE_LINES, s->lines, &s->call);
    if (!e)
        e = line_pipe_wait_begin(s->lines, dl, &s->status);
    if (e)
        return e;
    *out = TAKE(owner);
    return NULL;
}

static struct err *stream_next(struct http_stream *stream, const struct deadline *dl,
                               struct str_buf *line, bool *out_has_line)
{
    struct stream *s = (struct stream *)stream;
    bool wants_more;
    struct err *e = line_pipe_next(s->lines, dl, line, out_has_line, &wants_more);

    if (wants_more)
        http_loop_resume(s->call);
    return e;
}

static void stream_notify(struct http_stream *stream, http_notify_fn *fn, void *ctx)
{
    line_pipe_notify(((struct stream *)stream)->lines, fn, ctx);
}

static int stream_status(const struct http_stream *stream)
{
    return ((const struct stream *)stream)->status;
}

/* ---- the client ---- */

static void suspect(struct http *http)
{
    struct http_curl *h = of(http);

    http_loop_suspect(h->loop);
    if (h->secrets)
        suspect(h->secrets);
}

static void free_client(struct http *http)
{
    struct http_curl *h = of(http);

    http_free(h->secrets);
    http_loop_free(h->loop);
    free(h->user_agent);
    free(h);
}

/* Where Debian, Fedora and Alpine keep the trust store. */
static const char *system_ca_file(void)
{
    static const char *const files[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    };

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (access(files[i], R_OK) == 0)
            return files[i];
    return NULL;
}

static const struct http_ops curl_ops = {
    .send = curl_send,
    .stream_open = stream_open,
    .stream_next = stream_next,
    .stream_notify = stream_notify,
    .stream_status = stream_status,
    .stream_free = stream_free,
    .suspect = suspect,
    .free = free_client,
};

static struct err *start(struct http_curl *h, const struct http_curl_options *options)
{
    struct err *e = http_loop_new(options->use_http2, options->idle_close_s, &h->loop);

    if (e)
        return e;
    h->user_agent = xstrdup(options->user_agent);
    h->env = (struct http_transfer_env){
        .use_http2 = options->use_http2,
        .connect_timeout_ms = options->connect_timeout_ms,
        .idle_close_s = options->idle_close_s,
        .user_agent = h->user_agent,
        .ca_file = system_ca_file(),
        .sockets = http_loop_sockets(h->loop),
    };
    return NULL;
}

static struct err *start_secrets(struct http_curl *h, const struct http_curl_options *options)
{
    struct http_curl_options plain = *options;

    plain.use_http2 = false;
    if (plain.idle_close_s == 0)
        plain.idle_close_s = SECRETS_IDLE_CLOSE_S;
    return http_curl_new(&plain, &h->secrets);
}

struct err *http_curl_new(const struct http_curl_options *options, struct http **out)
{
    struct http_curl *h = xcalloc(1, sizeof(*h));
    CLEANUP(http) struct http *owner = &h->http;
    struct err *e;

    h->http.ops = &curl_ops;
    e = start(h, options);
    if (!e && options->use_http2)
        e = start_secrets(h, options);
    if (e)
        return e;
    *out = TAKE(owner);
    return NULL;
}

const char *http_curl_library(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
