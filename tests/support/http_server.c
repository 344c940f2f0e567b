/* One thread per connection keeps each script a straight line of reads and writes. Every wait is a
 * poll on the stop descriptor as well, so the server ends at once whatever it was told to do. */
#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "base/thread.h"
#include "tests/support/http_server_tls.h"

#define CONNECTIONS_MAX 256
#define REQUEST_MAX (4u << 20)
#define REPLY_MAX (64u << 20)

struct connection {
    struct http_server *server;
    struct thread *thread;
    SSL *ssl; /* NULL: plain */
    int fd;
};

struct http_server {
    const struct http_server_route *routes;
    size_t n_routes;
    struct http_server_tls *tls;
    char url[64];
    int listen_fd;
    int stop_fd;
    struct thread *acceptor;
    struct connection connections[CONNECTIONS_MAX]; /* the acceptor's until it is joined */
    size_t n_connections;
    struct mutex mu;
    size_t accepted, open, requests; /* mu */
};

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- bytes ---- */

/* False when the server stops, or the time is up, before fd has something to read. */
static bool wait_readable(const struct connection *c, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = c->server->stop_fd, .events = POLLIN},
        {.fd = c->fd, .events = POLLIN},
    };

    if (c->ssl && SSL_pending(c->ssl) > 0)
        return true;
    return poll(fds, 2, timeout_ms) > 0 && fds[0].revents == 0;
}

static ssize_t read_some(struct connection *c, char *out, size_t n)
{
    if (!wait_readable(c, -1))
        return 0;
    return c->ssl ? SSL_read(c->ssl, out, (int)n) : recv(c->fd, out, n, 0);
}

static bool write_all(struct connection *c, const char *bytes, size_t n)
{
    while (n > 0) {
        size_t some = n < 16384 ? n : 16384;
        ssize_t done =
            c->ssl ? SSL_write(c->ssl, bytes, (int)some) : send(c->fd, bytes, some, MSG_NOSIGNAL);

        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static bool write_text(struct connection *c, const char *text)
{
    return write_all(c, text, strlen(text));
}

/* Until the time is up, the client goes away, or the server stops. */
static void linger(struct connection *c, unsigned wait_ms)
{
    struct pollfd fds[] = {
        {.fd = c->server->stop_fd, .events = POLLIN},
        {.fd = c->fd, .events = POLLRDHUP},
    };

    (void)poll(fds, 2, wait_ms ? (int)wait_ms : -1);
}

/* ---- requests ---- */

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");

    return at ? strtoul(at + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

/* One request with its body; false at the end of the connection. */
static bool read_request(struct connection *c, struct str_buf *request)
{
    size_t want = 0;

    str_buf_clear(request);
    for (;;) {
        const char *end = strstr(request->s, "\r\n\r\n");
        char some[16384];
        ssize_t n;

        if (end)
            want = (size_t)(end + 4 - request->s) + body_length(request->s);
        if (end && request->n >= want)
            return true;
        n = read_some(c, some, sizeof(some));
        if (n <= 0 || !str_buf_append(request, some, (size_t)n) || !isupper(request->s[0]))
            return false; /* also a TLS hello on the plain port */
    }
}

static const struct http_server_route *find_route(const struct http_server *s, const char *request)
{
    static const struct http_server_route missing = {.status = 404, .body = "no such route\n"};
    const char *target = strchr(request, ' ');
    size_t n;

    if (!target)
        return &missing;
    n = strcspn(++target, " ");
    for (size_t i = 0; i < s->n_routes; i++)
        if (strlen(s->routes[i].path) == n && strncmp(s->routes[i].path, target, n) == 0)
            return &s->routes[i];
    return &missing;
}

/* ---- replies ---- */

static void body_of(const struct http_server_route *r, struct str_buf *out)
{
    for (unsigned i = 0; r->body && i < (r->repeat ? r->repeat : 1); i++)
        str_buf_puts(out, r->body);
}

static bool write_head(struct connection *c, const struct http_server_route *r, size_t length)
{
    CLEANUP_STR char *head =
        xasprintf("HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n",
                  r->status ? r->status : 200, r->headers ? r->headers : "", length);

    return write_text(c, head);
}

/* Head announcing length, then n bytes of the body; false: do not go on with this connection. */
static bool write_reply(struct connection *c, const struct http_server_route *r,
                        const struct str_buf *body, size_t length, size_t n)
{
    return write_head(c, r, length) && write_all(c, body->s, n) && n == length;
}

static bool write_chunk(struct connection *c, const char *bytes, size_t n)
{
    char size[32];

    snprintf(size, sizeof(size), "%zx\r\n", n);
    return write_text(c, size) && write_all(c, bytes, n) && write_text(c, "\r\n");
}

static bool write_lines(struct connection *c, const struct http_server_route *r,
                        const struct str_buf *body)
{
    CLEANUP_STR char *head =
        xasprintf("HTTP/1.1 %d Scripted\r\n%sTransfer-Encoding: chunked\r\n\r\n",
                  r->status ? r->status : 200, r->headers ? r->headers : "");

    if (!write_text(c, head))
        return false;
    for (const char *line = body->s; *line;) {
        size_t n = strcspn(line, "\n");

        n += line[n] == '\n';
        if (!write_chunk(c, line, n))
            return false;
        if (r->wait_ms)
            linger(c, r->wait_ms);
        line += n;
    }
    if (r->fault == HTTP_SERVER_LINES_FREEZE)
        linger(c, 0);
    return r->fault == HTTP_SERVER_LINES && write_text(c, "0\r\n\r\n");
}

static bool write_bad_headers(struct connection *c, size_t lines, size_t line_size)
{
    CLEANUP_STR char *value = xcalloc(1, line_size + 1);

    memset(value, 'x', line_size);
    if (!write_text(c, "HTTP/1.1 200 Scripted\r\n"))
        return false;
    for (size_t i = 0; i < lines; i++)
        if (!write_text(c, "X-Filler: ") || !write_text(c, value) || !write_text(c, "\r\n"))
            return false;
    (void)write_text(c, "Content-Length: 0\r\n\r\n");
    return false;
}

static bool reset(struct connection *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    return false;
}

static bool write_interim(struct connection *c)
{
    return write_text(c, "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\nContent-Type: "
                         "text/early\r\n\r\n");
}

static bool serve_route(struct connection *c, const struct http_server_route *r,
                        const struct str_buf *request, const struct str_buf *body)
{
    switch (r->fault) {
    case HTTP_SERVER_OK:
        return write_reply(c, r, body, body->n, body->n);
    case HTTP_SERVER_ECHO:
        return write_reply(c, r, request, request->n, request->n);
    case HTTP_SERVER_SLOW:
        linger(c, r->wait_ms);
        return write_reply(c, r, body, body->n, body->n);
    case HTTP_SERVER_FREEZE:
        linger(c, 0);
        return false;
    case HTTP_SERVER_CLOSE:
        return false;
    case HTTP_SERVER_RESET:
        (void)write_reply(c, r, body, body->n, body->n / 2);
        return reset(c);
    case HTTP_SERVER_CUT:
        return write_reply(c, r, body, body->n, body->n / 2);
    case HTTP_SERVER_WRONG_LENGTH:
        return write_reply(c, r, body, body->n + 1, body->n);
    case HTTP_SERVER_GARBAGE:
        (void)write_text(c, "SSH-2.0-not-http\r\n\r\n");
        return false;
    case HTTP_SERVER_HUGE_HEADER:
        return write_bad_headers(c, 1, 200000);
    case HTTP_SERVER_MANY_HEADERS:
        return write_bad_headers(c, 400, 8);
    case HTTP_SERVER_INTERIM:
        return write_interim(c) && write_reply(c, r, body, body->n, body->n);
    case HTTP_SERVER_LINES:
    case HTTP_SERVER_LINES_CUT:
    case HTTP_SERVER_LINES_FREEZE:
        return write_lines(c, r, body);
    }
    return false;
}

static void count(struct http_server *s, size_t *counter, int by)
{
    mutex_lock(&s->mu);
    *counter += (size_t)by;
    mutex_unlock(&s->mu);
}

static void serve_requests(struct connection *c)
{
    CLEANUP_STR_BUF struct str_buf request;
    bool goes_on = true;

    str_buf_init(&request, REQUEST_MAX);
    while (goes_on && read_request(c, &request)) {
        const struct http_server_route *r = find_route(c->server, request.s);
        CLEANUP_STR_BUF struct str_buf body;

        count(c->server, &c->server->requests, 1);
        str_buf_init(&body, REPLY_MAX);
        body_of(r, &body);
        goes_on = serve_route(c, r, &request, &body);
    }
}

static void serve(void *arg)
{
    struct connection *c = arg;

    if (c->server->tls) {
        c->ssl = SSL_new(c->server->tls->context);
        SSL_set_fd(c->ssl, c->fd);
    }
    if (!c->ssl || SSL_accept(c->ssl) == 1)
        serve_requests(c);
    SSL_free(c->ssl);
    close(c->fd);
    count(c->server, &c->server->open, -1);
}

/* ---- the server ---- */

static void start_connection(struct http_server *s, int fd)
{
    struct connection *c = &s->connections[s->n_connections++];

    *c = (struct connection){.server = s, .fd = fd};
    count(s, &s->accepted, 1);
    count(s, &s->open, 1);
    c->thread = thread_start("test-conn", serve, c);
}

static void accept_all(void *arg)
{
    struct http_server *s = arg;
    struct pollfd fds[] = {
        {.fd = s->stop_fd, .events = POLLIN},
        {.fd = s->listen_fd, .events = POLLIN},
    };

    while (poll(fds, 2, -1) > 0 && fds[0].revents == 0) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0 && s->n_connections < CONNECTIONS_MAX)
            start_connection(s, fd);
        else if (fd >= 0)
            close(fd);
    }
}

static void listen_on_loopback(struct http_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);

    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(s->listen_fd, 128) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&at, &n) != 0)
        give_up("http_server: listen");
    snprintf(s->url, sizeof(s->url), "%s://127.0.0.1:%u", s->tls ? "https" : "http",
             (unsigned)ntohs(at.sin_port));
}

struct http_server *http_server_new(const struct http_server_route *routes, size_t n, bool use_tls)
{
    struct http_server *s = xcalloc(1, sizeof(*s));

    s->routes = routes;
    s->n_routes = n;
    s->tls = use_tls ? http_server_tls_new() : NULL;
    mutex_init(&s->mu);
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (s->stop_fd < 0)
        give_up("http_server: eventfd");
    listen_on_loopback(s);
    s->acceptor = thread_start("test-accept", accept_all, s);
    return s;
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    (void)eventfd_write(s->stop_fd, 1);
    thread_join(s->acceptor);
    for (size_t i = 0; i < s->n_connections; i++)
        thread_join(s->connections[i].thread);
    close(s->listen_fd);
    close(s->stop_fd);
    http_server_tls_free(s->tls);
    mutex_done(&s->mu);
    free(s);
}

const char *http_server_url(const struct http_server *s)
{
    return s->url;
}

const char *http_server_ca(const struct http_server *s)
{
    return s->tls ? s->tls->ca_pem : NULL;
}

static size_t counted(struct http_server *s, const size_t *counter)
{
    size_t n;

    mutex_lock(&s->mu);
    n = *counter;
    mutex_unlock(&s->mu);
    return n;
}

size_t http_server_accepted(struct http_server *s)
{
    return counted(s, &s->accepted);
}

size_t http_server_open(struct http_server *s)
{
    return counted(s, &s->open);
}

size_t http_server_requests(struct http_server *s)
{
    return counted(s, &s->requests);
}
