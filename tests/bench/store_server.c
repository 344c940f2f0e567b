/* A secret store on loopback that answers every GET with the same ten properties after a fixed
 * time. A thread per connection, one send per answer: it costs little and never waits for anything
 * but its delay.
 *
 *     store_server DELAY_MS
 *
 * Prints its URL, serves until its standard input ends, and prints how many requests came. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/bench/tool.h"

#define PROPERTIES 10
#define REQUEST_BYTES 4096
#define BACKLOG 256

struct server {
    int fd;
    struct timespec delay;
    char reply[2048];
    atomic_size_t requests;
};

struct connection {
    struct server *server;
    int fd;
};

static void make_reply(struct server *s)
{
    char body[1024];
    size_t n = (size_t)snprintf(body, sizeof(body), "{\"key\":\"any\",\"value\":\"{");
    for (int i = 0; i < PROPERTIES; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "%s\\\"k%d\\\":\\\"%032d\\\"",
                              i ? "," : "", i, i);
    n += (size_t)snprintf(body + n, sizeof(body) - n, "}\"}");
    snprintf(s->reply, sizeof(s->reply),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             n, body);
}

/* Requests have no body and are not pipelined: the empty line ends them. False: nobody is there. */
static bool read_request(int fd)
{
    char bytes[REQUEST_BYTES + 1];
    size_t n = 0;
    bytes[0] = '\0';
    while (!strstr(bytes, "\r\n\r\n")) {
        ssize_t got = recv(fd, bytes + n, REQUEST_BYTES - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        bytes[n] = '\0';
    }
    return true;
}

static void serve(void *arg)
{
    struct connection *c = arg;
    struct server *s = c->server;
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (read_request(c->fd)) {
        atomic_fetch_add(&s->requests, 1);
        if (s->delay.tv_nsec)
            nanosleep(&s->delay, NULL);
        if (send(c->fd, s->reply, strlen(s->reply), MSG_NOSIGNAL) < 0)
            break;
    }
    close(c->fd);
    free(c);
}

/* Threads of connections are never joined: they end with the program. */
static void accept_all(void *arg)
{
    struct server *s = arg;
    for (;;) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            tool_give_up("accept");
        struct connection *c = xcalloc(1, sizeof(*c));
        *c = (struct connection){s, fd};
        (void)!thread_start("connection", serve, c);
    }
}

static void listen_on_loopback(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, n) != 0 || listen(s->fd, BACKLOG) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&at, &n) != 0)
        tool_give_up("listen");
    printf("http://127.0.0.1:%u\n", (unsigned)ntohs(at.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct server server;
    char byte;
    if (argc != 2) {
        fprintf(stderr, "usage: store_server DELAY_MS\n");
        return 2;
    }
    server.delay.tv_nsec = (long)tool_number(argv[1]) * 1000000;
    make_reply(&server);
    listen_on_loopback(&server);
    (void)!thread_start("accept", accept_all, &server);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    printf("%zu\n", atomic_load(&server.requests));
    return 0;
}
