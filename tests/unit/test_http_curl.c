/* The client against a real server on loopback: what it sends, what it makes of each way a server
 * or a network can fail, and that it lets go of everything in time. */
#include "tests/support/table.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "net/http_curl.h"
#include "net/line_pipe.h"
#include "tests/support/http_server.h"

#define LONG_NS (20 * NS_PER_S)
#define SHORT_NS (150 * NS_PER_MS)
#define LINE_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"
#define KIB_LINES LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64
#define STREAM_REPEAT 16384u

static const struct http_server_route routes[] = {
    {"/plain", .body = "hello", .headers = "Content-Type: text/plain\r\n"},
    {"/empty", .status = 204},
    {"/missing", .status = 404, .body = "{}"},
    {"/limited", .status = 429, .headers = "Retry-After: 7\r\n"},
    {"/later", .status = 503, .headers = "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"},
    {"/much-later", .status = 503, .headers = "Retry-After: 99999999999999999999999\r\n"},
    {"/dated", .headers = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"},
    {"/bad-date", .headers = "Date: yesterday\r\n"},
    {"/aws", .status = 400, .headers = "X-Amzn-ErrorType: ThrottlingException\r\n", .body = "{}"},
    {"/moved", .status = 302, .headers = "Location: /plain\r\n"},
    {"/interim", .body = "final", .fault = HTTP_SERVER_INTERIM},
    {"/echo", .fault = HTTP_SERVER_ECHO},
    {"/big", .body = KIB_LINES, .repeat = 4096},
    {"/slow", .body = "late", .fault = HTTP_SERVER_SLOW, .wait_ms = 5000},
    {"/freeze", .fault = HTTP_SERVER_FREEZE},
    {"/close", .fault = HTTP_SERVER_CLOSE},
    {"/reset", .body = "0123456789", .fault = HTTP_SERVER_RESET},
    {"/cut", .body = "0123456789", .fault = HTTP_SERVER_CUT},
    {"/refused", .status = 401, .body = "0123456789", .fault = HTTP_SERVER_CUT},
    {"/length", .body = "0123456789", .fault = HTTP_SERVER_WRONG_LENGTH},
    {"/garbage", .fault = HTTP_SERVER_GARBAGE},
    {"/huge-header", .fault = HTTP_SERVER_HUGE_HEADER},
    {"/many-headers", .fault = HTTP_SERVER_MANY_HEADERS},
    {"/lines", .body = "one\n\nthree\nrest", .fault = HTTP_SERVER_LINES},
    {"/lines-gone", .status = 410, .body = "gone\n", .fault = HTTP_SERVER_LINES},
    {"/lines-cut", .body = "one\ntwo\npart", .fault = HTTP_SERVER_LINES_CUT},
    {"/lines-freeze", .body = "one\n", .fault = HTTP_SERVER_LINES_FREEZE},
    {"/lines-many", .body = KIB_LINES, .repeat = STREAM_REPEAT},
    {"/lines-long", .body = "0123456789abcdef0123456789abcdef", .repeat = 300000},
};

struct pair {
    struct http_server *server;
    struct http *client;
};

static struct http *client_new(unsigned idle_close_s)
{
    const struct http_curl_options options = {
        .connect_timeout_ms = 2000,
        .idle_close_s = idle_close_s,
        .user_agent = "test/1",
    };
    struct http *h = NULL;

    assert_null(http_curl_new(&options, &h));
    return h;
}

static void pair_init(struct pair *p, bool use_tls, unsigned idle_close_s)
{
    p->server = http_server_new(routes, ARRAY_SIZE(routes), use_tls);
    p->client = client_new(idle_close_s);
}

static void pair_done(struct pair *p)
{
    http_free(p->client);
    http_server_free(p->server);
}

static struct http_request request(const char *url, const char *ca)
{
    return (struct http_request){
        .method = "GET",
        .url = url,
        .ca_pem = ca,
        .allow_plain_http = true,
        .operation = "Try",
    };
}

/* One GET of path within ns. */
static struct err *get(const struct pair *p, const char *path, uint64_t ns, bool is_secret,
                       struct http_reply **out)
{
    CLEANUP_STR char *url = xasprintf("%s%s", http_server_url(p->server), path);
    struct http_request rq = request(url, http_server_ca(p->server));
    struct deadline dl = deadline_in(clock_system(), ns);

    return is_secret ? http_do_secret(p->client, &rq, &dl, out) : http_do(p->client, &rq, &dl, out);
}

static struct err *open_lines(const struct pair *p, const char *path, struct http_stream **out)
{
    CLEANUP_STR char *url = xasprintf("%s%s", http_server_url(p->server), path);
    struct http_request rq = request(url, http_server_ca(p->server));
    struct deadline dl = deadline_in(clock_system(), LONG_NS);

    return http_stream_open(p->client, &rq, &dl, out);
}

static void assert_err(struct err *e, enum err_class cls, const char *part)
{
    assert_non_null(e);
    if (err_class(e) != cls || !strstr(err_text(e), part))
        fail_msg("%s: %s, want %s: ...%s...", err_class_name(err_class(e)), err_text(e),
                 err_class_name(cls), part);
    err_free(e);
}

/* ---- one request, one reply ---- */

struct exchange {
    const char *name, *path;
    bool is_secret;
    int status; /* 0: an error is wanted */
    const char *body;
    enum err_class cls;
    const char *text;
};

static const struct exchange exchanges[] = {
    {"text", "/plain", .status = 200, .body = "hello"},
    {"secret", "/plain", true, .status = 200, .body = "hello"},
    {"no body", "/empty", .status = 204, .body = ""},
    {"no secret body", "/empty", true, .status = 204, .body = ""},
    {"404 is a reply", "/missing", .status = 404, .body = "{}"},
    {"redirect is not followed", "/moved", .status = 302, .body = ""},
    {"interim reply is skipped", "/interim", .status = 200, .body = "final"},
    {"too large", "/big", .cls = ERR_INVALID, .text = "larger than 1048576"},
    {"secret too large", "/big", true, .cls = ERR_INVALID, .text = "larger than 1048576"},
    {"closed", "/close", .cls = ERR_UNAVAILABLE, .text = "without a reply"},
    {"reset", "/reset", .cls = ERR_UNAVAILABLE, .text = "re"},
    {"cut", "/cut", .cls = ERR_UNAVAILABLE, .text = "cut short"},
    {"secret cut", "/cut", true, .cls = ERR_UNAVAILABLE, .text = "cut short"},
    {"refusal cut", "/refused", .status = 401, .body = "01234"},
    {"secret refusal cut", "/refused", true, .status = 401, .body = "01234"},
    {"wrong length", "/length", .cls = ERR_UNAVAILABLE, .text = "cut short"},
    {"garbage", "/garbage", .cls = ERR_UNAVAILABLE, .text = "not HTTP"},
    {"huge header", "/huge-header", .cls = ERR_INVALID, .text = "header"},
    {"many headers", "/many-headers", .cls = ERR_INVALID, .text = "headers are larger"},
};

static void assert_body(const struct http_reply *r, bool is_secret, const char *want)
{
    if (is_secret) {
        assert_true(
            secret_view_equal(secret_buf_view(r->secret), secret_view_of(want, strlen(want))));
        assert_int_equal(r->text.n, 0);
    } else {
        assert_string_equal(r->text.s, want);
        assert_null(r->secret);
    }
}

static void one_exchange(void **state)
{
    const struct exchange *x = *state;
    CLEANUP(http_reply) struct http_reply *r = NULL;
    struct pair p;
    struct err *e;

    pair_init(&p, false, 0);
    e = get(&p, x->path, LONG_NS, x->is_secret, &r);
    if (x->status) {
        assert_null(e);
        assert_int_equal(r->status, x->status);
        assert_body(r, x->is_secret, x->body);
    } else {
        CLEANUP_STR char *prefix = xasprintf("Try: %s: ", strstr(http_server_url(p.server), "127"));

        assert_null(r);
        assert_ptr_equal(strstr(err_text(e), prefix), err_text(e));
        assert_err(e, x->cls, x->text);
    }
    pair_done(&p);
}

struct header_row {
    const char *name, *path;
    uint64_t retry_after_ns;
    int64_t date_unix_s;
    const char *content_type, *error_type;
};

static const struct header_row header_rows[] = {
    {"content type", "/plain", .content_type = "text/plain"},
    {"retry after", "/limited", .retry_after_ns = 7 * NS_PER_S},
    {"retry after a date", .path = "/later"},
    {"retry after is capped", "/much-later", .retry_after_ns = 86400 * NS_PER_S},
    {"date", "/dated", .date_unix_s = 784887151},
    {"bad date", .path = "/bad-date"},
    {"error type", "/aws", .error_type = "ThrottlingException"},
    {"headers of an interim reply", .path = "/interim"},
};

static void assert_text(const char *got, const char *want)
{
    assert_int_equal(!got, !want);
    if (got)
        assert_string_equal(got, want);
}

static void one_header_row(void **state)
{
    const struct header_row *x = *state;
    CLEANUP(http_reply) struct http_reply *r = NULL;
    struct pair p;

    pair_init(&p, false, 0);
    assert_null(get(&p, x->path, LONG_NS, false, &r));
    assert_int_equal(r->retry_after_ns, x->retry_after_ns);
    assert_int_equal(r->date_unix_s, x->date_unix_s);
    assert_text(r->content_type, x->content_type);
    assert_text(r->error_type, x->error_type);
    pair_done(&p);
}

/* ---- what is sent ---- */

struct sent {
    const char *name, *method, *body;
    const char *start, *has, *has_not;
};

static const struct sent sents[] = {
    {"GET", "GET", "", "GET /echo HTTP/1.1\r\n", "User-Agent: test/1\r\n", "Content-"},
    {"DELETE", "DELETE", "", "DELETE /echo ", "X-Plain: a b\r\n", "Content-"},
    {"DELETE with body", "DELETE", "{}", "DELETE /echo ", "Content-Length: 2\r\n\r\n{}", "Type:"},
    {"POST", "POST", "{}", "POST /echo ", "X-Secret: s3cret\r\n", "Content-Type:"},
    {"POST without body", "POST", "", "POST /echo ", "Content-Length: 0\r\n", "Content-Type:"},
    {"PATCH", "PATCH", "a: 1", "PATCH /echo ", "\r\n\r\na: 1", "Expect"},
    {"PUT", "PUT", "x", "PUT /echo ", "X-Empty:\r\n", "Accept-Encoding"},
};

static void one_sent(void **state)
{
    const struct sent *x = *state;
    const struct http_header headers[] = {
        {.name = "X-Plain", .value = "a b"},
        {.name = "X-Secret", .secret = secret_view_of("s3cret", 6)},
        {.name = "X-Empty", .value = ""},
    };
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP_STR char *url = NULL;
    struct http_request rq;
    struct pair p;

    pair_init(&p, false, 0);
    url = xasprintf("%s/echo", http_server_url(p.server));
    rq = request(url, NULL);
    rq.method = x->method;
    rq.headers = headers;
    rq.n_headers = ARRAY_SIZE(headers);
    rq.body = secret_view_of(x->body, strlen(x->body));
    assert_null(http_do(p.client, &rq, &dl, &r));
    assert_ptr_equal(strstr(r->text.s, x->start), r->text.s);
    assert_non_null(strstr(r->text.s, x->has));
    assert_null(strstr(r->text.s, x->has_not));
    pair_done(&p);
}

static void sends_a_large_body_at_once(void **state)
{
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP_STR char *url = NULL;
    struct http_request rq;
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    url = xasprintf("%s/echo", http_server_url(p.server));
    rq = request(url, NULL);
    assert_null(secret_buf_new(2 << 20, &body));
    for (int i = 0; i < 32768; i++)
        assert_null(secret_buf_puts(body, LINE_64));
    rq.method = "POST";
    rq.body = secret_buf_view(body);
    rq.reply_max_bytes = 3 << 20;
    assert_null(http_do_secret(p.client, &rq, &dl, &r));
    assert_true(secret_buf_size(r->secret) > rq.body.n);
    assert_true(
        secret_view_equal(secret_view_part(secret_buf_view(r->secret),
                                           secret_buf_size(r->secret) - rq.body.n, rq.body.n),
                          rq.body));
    pair_done(&p);
}

static void refuses_a_line_break_in_a_secret_header(void **state)
{
    const struct http_header header = {.name = "X-Token", .secret = secret_view_of("a\r\nb", 4)};
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    struct http_request rq;
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    rq = request(http_server_url(p.server), NULL);
    rq.headers = &header;
    rq.n_headers = 1;
    assert_err(http_do(p.client, &rq, &dl, &r), ERR_INVALID, "X-Token");
    assert_int_equal(http_server_requests(p.server), 0);
    pair_done(&p);
}

/* ---- connections ---- */

static void says_connection_refused(void **state)
{
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP_STR char *url = NULL;
    CLEANUP(http) struct http *client = client_new(0);
    struct http_server *server = http_server_new(routes, ARRAY_SIZE(routes), false);
    struct http_request rq;

    (void)state;
    url = xstrdup(http_server_url(server));
    http_server_free(server);
    rq = request(url, NULL);
    assert_err(http_do(client, &rq, &dl, &r), ERR_UNAVAILABLE, "connection refused");
}

static void keeps_its_connection(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    for (int i = 0; i < 5; i++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;

        assert_null(get(&p, "/plain", LONG_NS, false, &r));
    }
    assert_int_equal(http_server_requests(p.server), 5);
    assert_int_equal(http_server_accepted(p.server), 1);
    pair_done(&p);
}

/* Give the server's thread up to ten seconds to see that its last connection is closed. */
static bool all_closed_soon(struct http_server *s)
{
    for (int i = 0; i < 1000 && http_server_open(s) > 0; i++)
        poll(NULL, 0, 10);
    return http_server_open(s) == 0;
}

static void closes_idle_connections(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, false, 1);
    for (int i = 0; i < 2; i++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;

        assert_null(get(&p, "/plain", LONG_NS, true, &r));
        assert_true(all_closed_soon(p.server));
    }
    assert_int_equal(http_server_accepted(p.server), 2);
    pair_done(&p);
}

static void tells_trusted_from_untrusted(void **state)
{
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP(http_reply) struct http_reply *none = NULL;
    struct http_request rq;
    struct pair p;

    (void)state;
    pair_init(&p, true, 0);
    rq = request(http_server_url(p.server), NULL);
    assert_err(http_do(p.client, &rq, &dl, &none), ERR_UNAVAILABLE, "certificate is not trusted");
    assert_null(get(&p, "/plain", LONG_NS, true, &r));
    assert_int_equal(r->status, 200);
    /* The connection that is open now was trusted by another set of certificates. */
    assert_err(http_do(p.client, &rq, &dl, &none), ERR_UNAVAILABLE, "certificate is not trusted");
    rq.ca_pem = "not a certificate";
    assert_err(http_do(p.client, &rq, &dl, &none), ERR_INVALID, "CA certificates");
    pair_done(&p);
}

/* The server knows no HTTP/2, so the client makes do with 1.1. */
static void keeps_secrets_off_http2_connections(void **state)
{
    const struct http_curl_options options = {.use_http2 = true, .user_agent = "test/1"};
    struct pair p = {.client = NULL};

    (void)state;
    p.server = http_server_new(routes, ARRAY_SIZE(routes), true);
    assert_null(http_curl_new(&options, &p.client));
    for (int i = 0; i < 4; i++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;

        assert_null(get(&p, "/plain", LONG_NS, i % 2, &r));
        assert_body(r, i % 2, "hello");
    }
    assert_int_equal(http_server_accepted(p.server), 2);
    http_suspect(p.client);
    assert_true(all_closed_soon(p.server));
    pair_done(&p);
}

static void says_tls_failed(void **state)
{
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP_STR char *url = NULL;
    struct http_request rq;
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    url = xasprintf("https://%s", strstr(http_server_url(p.server), "127"));
    rq = request(url, NULL);
    assert_err(http_do(p.client, &rq, &dl, &r), ERR_UNAVAILABLE, "TLS handshake failed");
    pair_done(&p);
}

/* ---- time ---- */

static void gives_up_in_time(void **state)
{
    CLEANUP(http_reply) struct http_reply *r = NULL;
    uint64_t start_ns = clock_mono_ns(clock_system());
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    assert_err(get(&p, "/slow", SHORT_NS, false, &r), ERR_DEADLINE, "Try: 127.0.0.1:");
    assert_err(get(&p, "/freeze", SHORT_NS, true, &r), ERR_DEADLINE, "deadline");
    assert_true(clock_mono_ns(clock_system()) - start_ns < 4 * NS_PER_S);
    assert_true(all_closed_soon(p.server));
    pair_done(&p);
}

static void cancel_soon(void *flag)
{
    poll(NULL, 0, 50);
    atomic_store((atomic_bool *)flag, true);
}

static void sees_a_caller_go_away(void **state)
{
    atomic_bool is_cancelled = false;
    struct deadline dl = deadline_in(clock_system(), LONG_NS);
    CLEANUP(http_reply) struct http_reply *r = NULL;
    CLEANUP_STR char *url = NULL;
    struct thread *thread;
    struct http_request rq;
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    url = xasprintf("%s/freeze", http_server_url(p.server));
    rq = request(url, NULL);
    dl.cancelled = &is_cancelled;
    thread = thread_start("test-cancel", cancel_soon, &is_cancelled);
    assert_err(http_do(p.client, &rq, &dl, &r), ERR_DEADLINE, "went away");
    assert_true(deadline_left_ns(&(struct deadline){clock_system(), dl.at_ns, NULL}) >
                LONG_NS - 5 * NS_PER_S);
    thread_join(thread);
    pair_done(&p);
}

/* ---- suspicion ---- */

struct waiter {
    const struct pair *p;
    struct err *error;
};

static void wait_frozen(void *arg)
{
    struct waiter *w = arg;
    CLEANUP(http_reply) struct http_reply *r = NULL;

    w->error = get(w->p, "/freeze", LONG_NS, false, &r);
}

static void drops_suspect_connections(void **state)
{
    CLEANUP(http_reply) struct http_reply *r = NULL;
    struct pair p;
    struct waiter w = {.p = &p};
    struct thread *thread;

    (void)state;
    pair_init(&p, false, 0);
    thread = thread_start("test-waiter", wait_frozen, &w);
    while (http_server_requests(p.server) == 0)
        poll(NULL, 0, 5);
    http_suspect(p.client);
    thread_join(thread);
    assert_err(w.error, ERR_UNAVAILABLE, "Try");
    assert_null(get(&p, "/plain", LONG_NS, false, &r));
    assert_int_equal(http_server_accepted(p.server), 2);
    pair_done(&p);
}

/* ---- many at once ---- */

static void get_many(void *arg)
{
    struct waiter *w = arg;

    for (int i = 0; i < 25 && !w->error; i++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;

        w->error = get(w->p, i % 2 ? "/plain" : "/echo", LONG_NS, i % 3 == 0, &r);
    }
}

static void serves_many_threads(void **state)
{
    struct pair p;
    struct waiter waiters[8];
    struct thread *threads[8];

    (void)state;
    pair_init(&p, false, 0);
    for (size_t i = 0; i < ARRAY_SIZE(waiters); i++) {
        waiters[i] = (struct waiter){.p = &p};
        threads[i] = thread_start("test-many", get_many, &waiters[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(waiters); i++) {
        thread_join(threads[i]);
        assert_null(waiters[i].error);
    }
    assert_int_equal(http_server_requests(p.server), 8 * 25);
    pair_done(&p);
}

static void fails_cleanly_without_secret_memory(void **state)
{
    size_t n;
    struct pair p;

    (void)state;
    pair_init(&p, false, 0);
    for (n = 1; n < 32; n++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;
        struct err *e;

        secret_arena_fail_after(n);
        e = get(&p, "/plain", LONG_NS, true, &r);
        secret_arena_fail_after(0);
        if (!e)
            break;
        assert_null(r);
        assert_err(e, ERR_INTERNAL, "Try: 127.0.0.1:");
    }
    assert_in_range(n, 2, 31);
    pair_done(&p);
}

/* ---- streams ---- */

struct stream_row {
    const char *name, *path;
    int status;
    const char *lines[4]; /* up to NULL */
    bool has_error;
    enum err_class cls;
    const char *text;
};

static const struct stream_row stream_rows[] = {
    {"lines and a rest", "/lines", 200, .lines = {"one", "", "three", "rest"}},
    {"status is not 200", "/lines-gone", 410, .lines = {"gone"}},
    {"cut", "/lines-cut", 200, {"one", "two"}, true, ERR_UNAVAILABLE, "127.0.0.1"},
    {"empty", "/empty", 204, .lines = {NULL}},
    {"frozen", "/lines-freeze", 200, {"one"}, true, ERR_DEADLINE, "Try: 127.0.0.1"},
    {"line too long", "/lines-long", 200, {NULL}, true, ERR_INVALID, "longer than"},
};

static struct err *next_line(struct http_stream *s, uint64_t ns, struct str_buf *line,
                             bool *has_line)
{
    struct deadline dl = deadline_in(clock_system(), ns);

    return http_stream_next(s, &dl, line, has_line);
}

static void one_stream(void **state)
{
    const struct stream_row *x = *state;
    CLEANUP(http_stream) struct http_stream *s = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    struct pair p;

    str_buf_init(&line, HTTP_LINE_MAX);
    pair_init(&p, false, 0);
    assert_null(open_lines(&p, x->path, &s));
    assert_int_equal(http_stream_status(s), x->status);
    for (size_t i = 0; i < ARRAY_SIZE(x->lines) && x->lines[i]; i++) {
        assert_null(next_line(s, LONG_NS, &line, &has_line));
        assert_true(has_line);
        assert_string_equal(line.s, x->lines[i]);
    }
    if (x->has_error) {
        assert_err(next_line(s, x->cls == ERR_DEADLINE ? SHORT_NS : LONG_NS, &line, &has_line),
                   x->cls, x->text);
    } else {
        assert_null(next_line(s, LONG_NS, &line, &has_line));
        assert_false(has_line);
    }
    http_stream_free(TAKE(s));
    pair_done(&p);
}

struct open_row {
    const char *name, *path;
    uint64_t ns;
    enum err_class cls;
    const char *text;
};

static const struct open_row open_rows[] = {
    {"closed", "/close", LONG_NS, ERR_UNAVAILABLE, "without a reply"},
    {"garbage", "/garbage", LONG_NS, ERR_UNAVAILABLE, "not HTTP"},
    {"frozen", "/freeze", SHORT_NS, ERR_DEADLINE, "Try: 127.0.0.1"},
    {"huge header", "/huge-header", LONG_NS, ERR_INVALID, "header"},
};

static void one_open(void **state)
{
    const struct open_row *x = *state;
    struct deadline dl = deadline_in(clock_system(), x->ns);
    CLEANUP_STR char *url = NULL;
    struct http_stream *s = NULL;
    struct http_request rq;
    struct pair p;

    pair_init(&p, false, 0);
    url = xasprintf("%s%s", http_server_url(p.server), x->path);
    rq = request(url, NULL);
    assert_err(http_stream_open(p.client, &rq, &dl, &s), x->cls, x->text);
    assert_null(s);
    pair_done(&p);
}

/* 8 MiB through a pipe of 256 KiB, with other requests in between: pausing loses nothing. */
static void reads_more_than_fits(void **state)
{
    CLEANUP(http_stream) struct http_stream *s = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    size_t n = 0;
    struct pair p;

    (void)state;
    str_buf_init(&line, 1024);
    pair_init(&p, false, 0);
    assert_null(open_lines(&p, "/lines-many", &s));
    for (;; n++) {
        CLEANUP(http_reply) struct http_reply *r = NULL;

        if (n % 16384 == 0)
            assert_null(get(&p, "/plain", LONG_NS, false, &r));
        assert_null(next_line(s, LONG_NS, &line, &has_line));
        if (!has_line)
            break;
        assert_memory_equal(line.s, LINE_64, 63);
        assert_int_equal(line.n, 63);
    }
    assert_int_equal(n, STREAM_REPEAT * 8);
    http_stream_free(TAKE(s));
    pair_done(&p);
}

static void count_call(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static void notifies_of_lines(void **state)
{
    const struct deadline over = {clock_system(), 0, NULL};
    CLEANUP(http_stream) struct http_stream *s = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    atomic_uint n_calls = 0;
    bool has_line = false;
    struct pair p;

    (void)state;
    str_buf_init(&line, 1024);
    pair_init(&p, false, 0);
    assert_null(open_lines(&p, "/lines-freeze", &s));
    http_stream_notify(s, count_call, &n_calls);
    while (atomic_load(&n_calls) == 0)
        poll(NULL, 0, 1);
    assert_null(http_stream_next(s, &over, &line, &has_line));
    assert_string_equal(line.s, "one");
    assert_err(http_stream_next(s, &over, &line, &has_line), ERR_DEADLINE, "deadline");
    http_suspect(p.client);
    while (atomic_load(&n_calls) == 1)
        poll(NULL, 0, 1);
    assert_err(http_stream_next(s, &over, &line, &has_line), ERR_UNAVAILABLE, "Try");
    http_stream_free(TAKE(s));
    pair_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_a_large_body_at_once),
        cmocka_unit_test(refuses_a_line_break_in_a_secret_header),
        cmocka_unit_test(says_connection_refused),
        cmocka_unit_test(keeps_its_connection),
        cmocka_unit_test(closes_idle_connections),
        cmocka_unit_test(tells_trusted_from_untrusted),
        cmocka_unit_test(keeps_secrets_off_http2_connections),
        cmocka_unit_test(says_tls_failed),
        cmocka_unit_test(gives_up_in_time),
        cmocka_unit_test(sees_a_caller_go_away),
        cmocka_unit_test(drops_suspect_connections),
        cmocka_unit_test(serves_many_threads),
        cmocka_unit_test(fails_cleanly_without_secret_memory),
        cmocka_unit_test(reads_more_than_fits),
        cmocka_unit_test(notifies_of_lines),
    };

    return TABLE_RUN("http_curl exchanges", exchanges, one_exchange) +
           TABLE_RUN("http_curl headers", header_rows, one_header_row) +
           TABLE_RUN("http_curl requests", sents, one_sent) +
           TABLE_RUN("http_curl streams", stream_rows, one_stream) +
           TABLE_RUN("http_curl stream opens", open_rows, one_open) + GROUP_RUN("http_curl", tests);
}
