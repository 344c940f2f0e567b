/* What every implementation of HTTP shares: requests are checked here, once, so that neither
 * libcurl nor a scripted double ever sees a URL with a blank or a header with a line break in it.
 * Errors are built from the host and the operation; the rest of a URL never reaches a text. */
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SCHEME_PLAIN "http://"
#define SCHEME_TLS "https://"
#define CANCEL_SLICE_NS (50 * NS_PER_MS)

static const char *const methods[] = {"GET", "POST", "PATCH", "PUT", "DELETE"};

static bool is_token_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s; s++)
        if (!is_token_char((unsigned char)*s))
            return false;
    return true;
}

/* A field value may hold anything but control characters, tab excepted (RFC 9110 section 5.5). */
static bool is_field_value(const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_url_text(const char *url)
{
    size_t n = strnlen(url, HTTP_URL_MAX + 1);

    if (n > HTTP_URL_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (url[i] <= 0x20 || url[i] >= 0x7f)
            return false;
    return true;
}

static const char *after_scheme(const char *url)
{
    if (strncasecmp(url, SCHEME_TLS, strlen(SCHEME_TLS)) == 0)
        return url + strlen(SCHEME_TLS);
    if (strncasecmp(url, SCHEME_PLAIN, strlen(SCHEME_PLAIN)) == 0)
        return url + strlen(SCHEME_PLAIN);
    return NULL;
}

static bool is_host_text(const char *s, size_t n)
{
    if (n == 0 || s[0] == ':')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_token_char((unsigned char)s[i]) && !strchr(":[]", s[i]))
            return false;
    return true;
}

bool http_url_host(const char *url, char *out, size_t out_size)
{
    const char *host = after_scheme(url);
    size_t n;

    if (!host)
        return false;
    n = strcspn(host, "/?#");
    for (size_t i = n; i > 0; i--) {
        if (host[i - 1] == '@') {
            host += i;
            n -= i;
            break;
        }
    }
    if (!is_host_text(host, n) || n >= out_size)
        return false;
    memcpy(out, host, n);
    out[n] = '\0';
    return true;
}

static bool is_method(const char *method)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static struct err *check_url(const struct http_request *rq)
{
    char host[HTTP_HOST_MAX + 1];

    if (!is_url_text(rq->url) || !http_url_host(rq->url, host, sizeof(host)))
        return err_new(ERR_INVALID, "%s: URL is malformed or too long", rq->operation);
    if (strncasecmp(rq->url, SCHEME_PLAIN, strlen(SCHEME_PLAIN)) == 0 && !rq->allow_plain_http)
        return err_new(ERR_INVALID, "%s: %s: plain http is not allowed", rq->operation, host);
    return NULL;
}

static struct err *check_headers(const struct http_request *rq)
{
    if (rq->n_headers > HTTP_HEADERS_MAX)
        return err_new(ERR_INVALID, "%s: more than %d request headers", rq->operation,
                       HTTP_HEADERS_MAX);
    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct http_header *h = &rq->headers[i];

        if (!is_token(h->name))
            return err_new(ERR_INVALID, "%s: request header %zu has a malformed name",
                           rq->operation, i);
        if (h->value && !is_field_value(h->value))
            return err_new(ERR_INVALID, "%s: request header %s has a malformed value",
                           rq->operation, h->name);
    }
    return NULL;
}

static struct err *check_request(const struct http_request *rq, size_t reply_max_bytes)
{
    struct err *e = check_url(rq);

    if (!e)
        e = check_headers(rq);
    if (e)
        return e;
    if (!is_method(rq->method))
        return err_new(ERR_INVALID, "%s: method is not supported", rq->operation);
    if (rq->reply_max_bytes > reply_max_bytes)
        return err_new(ERR_INVALID, "%s: a reply of %zu bytes is more than the limit of %zu",
                       rq->operation, rq->reply_max_bytes, reply_max_bytes);
    return NULL;
}

static struct err *send_checked(struct http *h, const struct http_request *rq,
                                const struct deadline *dl, bool is_secret, struct http_reply **out)
{
    struct err *e = check_request(rq, is_secret ? HTTP_SECRET_BODY_MAX : HTTP_BODY_MAX);

    if (!e)
        e = deadline_check(dl, rq->operation);
    return e ? e : h->ops->send(h, rq, dl, is_secret, out);
}

struct err *http_do(struct http *h, const struct http_request *rq, const struct deadline *dl,
                    struct http_reply **out)
{
    return send_checked(h, rq, dl, false, out);
}

struct err *http_do_secret(struct http *h, const struct http_request *rq, const struct deadline *dl,
                           struct http_reply **out)
{
    return send_checked(h, rq, dl, true, out);
}

struct err *http_stream_open(struct http *h, const struct http_request *rq,
                             const struct deadline *dl, struct http_stream **out)
{
    struct err *e = check_request(rq, HTTP_BODY_MAX);

    if (!e)
        e = deadline_check(dl, rq->operation);
    return e ? e : h->ops->stream_open(h, rq, dl, out);
}

struct err *http_stream_next(struct http_stream *s, const struct deadline *dl, struct str_buf *line,
                             bool *out_has_line)
{
    return s->http->ops->stream_next(s, dl, line, out_has_line);
}

void http_stream_notify(struct http_stream *s, http_notify_fn *fn, void *ctx)
{
    s->http->ops->stream_notify(s, fn, ctx);
}

int http_stream_status(const struct http_stream *s)
{
    return s->http->ops->stream_status(s);
}

void http_stream_free(struct http_stream *s)
{
    if (s)
        s->http->ops->stream_free(s);
}

void http_suspect(struct http *h)
{
    h->ops->suspect(h);
}

void http_free(struct http *h)
{
    if (h)
        h->ops->free(h);
}

void http_reply_free(struct http_reply *r)
{
    if (!r)
        return;
    free(r->content_type);
    free(r->error_type);
    str_buf_done(&r->text);
    secret_buf_free(r->secret);
    free(r);
}

uint64_t http_wait_slice_ns(const struct deadline *dl)
{
    uint64_t left_ns = deadline_left_ns(dl);

    return dl->cancelled && left_ns > CANCEL_SLICE_NS ? CANCEL_SLICE_NS : left_ns;
}

void http_escape_bytes(struct str_buf *out, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));

        if (is_unreserved)
            str_buf_append(out, bytes + i, 1);
        else
            str_buf_printf(out, "%%%02X", c);
    }
}

void http_escape(struct str_buf *out, const char *text)
{
    http_escape_bytes(out, text, strlen(text));
}
