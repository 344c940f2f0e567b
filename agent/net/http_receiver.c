/* Headers arrive line by line, bodies in pieces of libcurl's choosing, both in callbacks on the
 * loop's thread. A secret goes from libcurl's buffer straight into a secret_buf that has the
 * announced size from the start, so it need not move. */
#include "net/http_receiver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/alloc.h"

#define HEADER_BYTES_MAX (64u << 10)
#define HEADER_LINES_MAX 256u
#define RETRY_AFTER_MAX_S 86400u
#define CODE_TOO_LARGE 100 /* CURLE_TOO_LARGE, which 7.88 has no name for */

static void fail(struct http_receiver *r, struct err *e)
{
    if (r->error)
        err_free(e);
    else
        r->error = e;
}

static void set_content_type(struct http_reply *r, const char *value)
{
    free(r->content_type);
    r->content_type = xstrdup(value);
}

static void set_error_type(struct http_reply *r, const char *value)
{
    free(r->error_type);
    r->error_type = xstrdup(value);
}

/* The form with a date is not read: it would need our clock to be right. */
static void set_retry_after(struct http_reply *r, const char *value)
{
    uint64_t s = 0;

    if (strspn(value, "0123456789") != strlen(value))
        return;
    for (; *value && s < RETRY_AFTER_MAX_S; value++)
        s = 10 * s + (uint64_t)(*value - '0');
    r->retry_after_ns = (s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * NS_PER_S;
}

static void set_date(struct http_reply *r, const char *value)
{
    time_t at = curl_getdate(value, NULL);

    r->date_unix_s = at < 0 ? 0 : (int64_t)at;
}

static const struct {
    const char *name;
    void (*set)(struct http_reply *r, const char *value);
} wanted_headers[] = {
    {"content-type", set_content_type},
    {"x-amzn-errortype", set_error_type},
    {"retry-after", set_retry_after},
    {"date", set_date},
};

static void note_header(struct http_reply *r, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);

    if (!colon)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(wanted_headers); i++) {
        const char *from = colon + 1;
        const char *to = line + n;

        if (strlen(wanted_headers[i].name) != (size_t)(colon - line) ||
            strncasecmp(wanted_headers[i].name, line, (size_t)(colon - line)) != 0)
            continue;
        while (from < to && strchr(" \t", *from))
            from++;
        while (to > from && strchr(" \t\r\n", to[-1]))
            to--;
        CLEANUP_STR char *value = xstrndup(from, (size_t)(to - from));
        wanted_headers[i].set(r, value);
    }
}

/* A status line begins a set of headers; those of an interim reply (1xx) do not count. */
static void forget_headers(struct http_reply *r)
{
    free(TAKE(r->content_type));
    free(TAKE(r->error_type));
    r->retry_after_ns = 0;
    r->date_unix_s = 0;
}

/* The blank line after the headers; interim replies have one too. */
static void note_header_end(struct http_receiver *r)
{
    long status = 0;

    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return;
    r->is_begun = true;
    r->reply->status = (int)status;
    if (r->lines)
        line_pipe_begin(r->lines, (int)status);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct http_receiver *r = ctx;
    size_t n = size * count;

    r->header_bytes += n;
    if (r->header_bytes > HEADER_BYTES_MAX || ++r->header_lines > HEADER_LINES_MAX) {
        fail(r, err_new(ERR_INVALID, "reply headers are larger than %u bytes or %u lines",
                        HEADER_BYTES_MAX, HEADER_LINES_MAX));
        return 0;
    }
    if (r->is_begun)
        return n;
    if (n >= 5 && strncmp(line, "HTTP/", 5) == 0)
        forget_headers(r->reply);
    else if (n <= 2 && strspn(line, "\r\n") >= n)
        note_header_end(r);
    else
        note_header(r->reply, line, n);
    return n;
}

static struct err *too_large(const struct http_receiver *r)
{
    return err_new(ERR_INVALID, "reply is larger than %zu bytes", r->reply_max_bytes);
}

/* The buffer gets the announced size at once, so that it need not grow and move. */
static struct err *make_secret_room(struct http_receiver *r)
{
    curl_off_t announced = 0;
    size_t capacity = 0;

    if (r->reply->secret)
        return NULL;
    curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced > 0 && (uint64_t)announced <= r->reply_max_bytes)
        capacity = (size_t)announced;
    return secret_buf_new(capacity, &r->reply->secret);
}

static struct err *take_secret(struct http_receiver *r, const char *bytes, size_t n)
{
    struct err *e = make_secret_room(r);

    if (e)
        return e;
    if (n > r->reply_max_bytes - secret_buf_view(r->reply->secret).n)
        return too_large(r);
    return secret_buf_append_raw(r->reply->secret, bytes, n);
}

static struct err *take_text(struct http_receiver *r, const char *bytes, size_t n)
{
    return str_buf_append(&r->reply->text, bytes, n) ? NULL : too_large(r);
}

static size_t push_lines(struct http_receiver *r, const char *bytes, size_t n)
{
    enum line_pipe_answer answer = line_pipe_push(r->lines, bytes, n);

    if (answer == LINE_PIPE_FULL)
        return CURL_WRITEFUNC_PAUSE;
    return answer == LINE_PIPE_TAKEN ? n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_receiver *r = ctx;
    size_t n = size * count;
    struct err *e;

    if (r->kind == HTTP_RECEIVE_LINES)
        return push_lines(r, bytes, n);
    e = r->kind == HTTP_RECEIVE_SECRET ? take_secret(r, bytes, n) : take_text(r, bytes, n);
    if (e)
        fail(r, e);
    return e ? 0 : n;
}

/* ---- what libcurl's codes mean ---- */

static const struct {
    int code;
    enum err_class cls;
    const char *text;
} meanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UNAVAILABLE, "name is not known"},
    {CURLE_OPERATION_TIMEDOUT, ERR_UNAVAILABLE, "connection timed out"},
    {CURLE_SSL_CONNECT_ERROR, ERR_UNAVAILABLE, "TLS handshake failed"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UNAVAILABLE, "certificate is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, ERR_INVALID, "CA certificates are malformed"},
    {CURLE_URL_MALFORMAT, ERR_INVALID, "URL is malformed"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_UNAVAILABLE, "reply is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_UNAVAILABLE, "reply is not HTTP"},
    {CURLE_OUT_OF_MEMORY, ERR_INVALID, "a reply header is too large"},
    {CODE_TOO_LARGE, ERR_INVALID, "a reply header is too large"},
    {CURLE_PARTIAL_FILE, ERR_UNAVAILABLE, "reply was cut short"},
    {CURLE_GOT_NOTHING, ERR_UNAVAILABLE, "connection closed without a reply"},
    {CURLE_SEND_ERROR, ERR_UNAVAILABLE, "connection reset"},
    {CURLE_RECV_ERROR, ERR_UNAVAILABLE, "connection reset"},
    {CURLE_HTTP2, ERR_UNAVAILABLE, "HTTP/2 connection failed"},
    {CURLE_HTTP2_STREAM, ERR_UNAVAILABLE, "HTTP/2 stream failed"},
};

static struct err *connect_error(CURL *easy)
{
    long number = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    if (number == ECONNREFUSED)
        return err_new(ERR_UNAVAILABLE, "connection refused");
    if (number == EHOSTUNREACH || number == ENETUNREACH)
        return err_new(ERR_UNAVAILABLE, "no route");
    return err_new(ERR_UNAVAILABLE, "connection failed");
}

static struct err *error_of_code(CURL *easy, int code)
{
    if (code == CURLE_COULDNT_CONNECT)
        return connect_error(easy);
    for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
        if (meanings[i].code == code)
            return err_new(meanings[i].cls, "%s", meanings[i].text);
    return err_new(ERR_UNAVAILABLE, "transfer failed (libcurl code %d)", code);
}

/* A server that refuses a request before it has read the body answers and then resets the stream
 * (RFC 9113, section 8.1); libcurl reports the reset and may lose the end of the reply. The status
 * says all that matters. */
static bool is_refusal(const struct http_receiver *r, int curl_code)
{
    bool is_reset = curl_code == CURLE_PARTIAL_FILE || curl_code == CURLE_HTTP2_STREAM ||
                    curl_code == CURLE_RECV_ERROR || curl_code == CURLE_SEND_ERROR;

    return is_reset && r->kind != HTTP_RECEIVE_LINES && r->is_begun && r->reply->status >= 400 &&
           r->reply->status < 500;
}

void http_receiver_init(struct http_receiver *r, void *easy, enum http_receive_kind kind,
                        size_t reply_max_bytes, struct line_pipe *lines)
{
    *r = (struct http_receiver){
        .easy = easy,
        .kind = kind,
        .reply_max_bytes = reply_max_bytes,
        .lines = lines,
        .reply = xcalloc(1, sizeof(*r->reply)),
    };
    str_buf_init(&r->reply->text, reply_max_bytes);
}

void http_receiver_done(struct http_receiver *r)
{
    http_reply_free(r->reply);
    err_free(r->error);
}

struct err *http_receiver_attach(struct http_receiver *r)
{
    CURLcode rc = CURLE_OK;

    rc |= curl_easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, on_header);
    rc |= curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
    rc |= curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_body);
    rc |= curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    return rc == CURLE_OK ? NULL : err_new(ERR_INTERNAL, "libcurl refuses a callback");
}

void http_receiver_finish(struct http_receiver *r, int curl_code, const char *label)
{
    if (!r->error && curl_code != CURLE_OK && !is_refusal(r, curl_code))
        r->error = error_of_code(r->easy, curl_code);
    if (!r->error && r->kind == HTTP_RECEIVE_SECRET)
        r->error = make_secret_room(r);
    if (r->error)
        r->error = err_wrap(r->error, "%s", label);
    if (r->lines)
        line_pipe_end(r->lines, err_copy(r->error));
}

struct err *http_receiver_take(struct http_receiver *r, struct http_reply **out)
{
    if (r->error)
        return TAKE(r->error);
    *out = TAKE(r->reply);
    return NULL;
}
