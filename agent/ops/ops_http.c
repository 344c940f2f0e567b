/* libmicrohttpd with its own polling thread does the HTTP; the socket is made here, so that a
 * taken address is an error with a reason and the kernel may choose the port in tests. Bodies are
 * built whole in memory and handed over, since the largest of them is a page of metrics. The
 * thread is made with all signals blocked, because signals belong to main. */

#include "ops/ops_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"

#define BACKLOG 16
#define STACK_BYTES ((size_t)256 << 10)
#define TEXT_PLAIN "text/plain; charset=utf-8"

struct ops_http {
    struct MHD_Daemon *daemon;
    const struct ops_route *routes;
    size_t n_routes;
    uint16_t port;
};

static const struct ops_route *find_route(const struct ops_http *h, const char *path)
{
    for (size_t i = 0; i < h->n_routes; i++)
        if (strcmp(h->routes[i].path, path) == 0)
            return &h->routes[i];
    return NULL;
}

static void reply_text(struct ops_reply *reply, unsigned status, const char *text)
{
    str_buf_clear(&reply->body);
    str_buf_puts(&reply->body, text);
    reply->status = status;
    reply->content_type = TEXT_PLAIN;
}

static bool accepts_html(struct MHD_Connection *c)
{
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    return accept && strstr(accept, "text/html");
}

static void answer(const struct ops_http *h, struct MHD_Connection *c, const char *path,
                   const char *method, struct ops_reply *reply)
{
    const struct ops_route *route = find_route(h, path);
    struct ops_request rq = {.wants_html = accepts_html(c)};
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        reply_text(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        return;
    }
    if (!route) {
        reply_text(reply, MHD_HTTP_NOT_FOUND, "not found\n");
        return;
    }
    route->handle(route->ctx, &rq, reply);
    if (reply->body.overflowed)
        reply_text(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "too large to show\n");
}

/* The page has no script and loads nothing; browsers are told so. */
static const char *const fixed_headers[][2] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff"},
    {MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY, "default-src 'none'"},
};

static enum MHD_Result send_reply(struct MHD_Connection *c, struct ops_reply *reply)
{
    size_t n = reply->body.n;
    char *body = str_buf_take(&reply->body);
    struct MHD_Response *r = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(body);
        return MHD_NO;
    }
    enum MHD_Result is_ok =
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    for (size_t i = 0; i < ARRAY_SIZE(fixed_headers) && is_ok == MHD_YES; i++)
        is_ok = MHD_add_response_header(r, fixed_headers[i][0], fixed_headers[i][1]);
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED && is_ok == MHD_YES)
        is_ok = MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (is_ok == MHD_YES)
        is_ok = MHD_queue_response(c, reply->status, r);
    MHD_destroy_response(r);
    return is_ok;
}

/* Answers as soon as the headers are known; a body is never read, the connection then closes. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct ops_reply reply = {.status = MHD_HTTP_OK, .content_type = TEXT_PLAIN};
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    str_buf_init(&reply.body, OPS_HTTP_BODY_MAX);
    answer(cls, c, path, method, &reply);
    enum MHD_Result result = send_reply(c, &reply);
    str_buf_done(&reply.body);
    return result;
}

/* Addresses of a node without IPv6: the same port on all of IPv4. */
static struct ops_address without_v6(const struct ops_address *address)
{
    struct ops_address a = {.addr_size = sizeof(struct sockaddr_in)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(ops_address_port(address))};
    memcpy(&a.addr, &v4, sizeof(v4));
    return a;
}

static struct err *listen_on(const struct ops_address *a, int *out_fd)
{
    int off = 0;
    int on = 1;
    CLEANUP_FD int fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(errno, "socket");
    if (a->is_any && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        return err_errno(errno, "IPV6_V6ONLY");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        return err_errno(errno, "SO_REUSEADDR");
    if (bind(fd, (const struct sockaddr *)&a->addr, a->addr_size) < 0)
        return err_errno(errno, "port %u: bind", (unsigned)ops_address_port(a));
    if (listen(fd, BACKLOG) < 0)
        return err_errno(errno, "port %u: listen", (unsigned)ops_address_port(a));
    *out_fd = fd;
    fd = -1;
    return NULL;
}

static struct err *open_socket(const struct ops_address *address, int *out_fd)
{
    struct err *e = listen_on(address, out_fd);
    if (!e || !address->is_any)
        return e;
    struct ops_address v4 = without_v6(address);
    err_free(e);
    return listen_on(&v4, out_fd);
}

static struct err *bound_port(int fd, uint16_t *out)
{
    struct ops_address a = {.addr_size = sizeof(a.addr)};
    if (getsockname(fd, (struct sockaddr *)&a.addr, &a.addr_size) < 0)
        return err_errno(errno, "getsockname");
    *out = ops_address_port(&a);
    return NULL;
}

static struct MHD_Daemon *start_daemon(struct ops_http *h, int fd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC, 0, NULL, NULL, on_request, h,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)OPS_HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)OPS_HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)OPS_HTTP_REQUEST_MAX,
        MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct err *ops_http_start(const struct ops_address *address, const struct ops_route *routes,
                           size_t n_routes, struct ops_http **out)
{
    CLEANUP(ops_http) struct ops_http *h = xcalloc(1, sizeof(*h));
    CLEANUP_FD int fd = -1;
    h->routes = routes;
    h->n_routes = n_routes;
    struct err *e = open_socket(address, &fd);
    if (!e)
        e = bound_port(fd, &h->port);
    if (e)
        return err_wrap(e, "admin listener");
    h->daemon = start_daemon(h, fd);
    if (!h->daemon)
        return err_new(ERR_INTERNAL, "admin listener: libmicrohttpd does not start");
    fd = -1;
    *out = TAKE(h);
    return NULL;
}

uint16_t ops_http_port(const struct ops_http *h)
{
    return h->port;
}

void ops_http_free(struct ops_http *h)
{
    if (!h)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    free(h);
}
