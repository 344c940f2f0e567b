/* A descriptor is remembered with the identity of its socket, and shut down only while that still
 * fits: should libcurl ever close one without telling us, its number may belong to a file of
 * somebody else's by then. */
#include "net/http_sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/alloc.h"

#define USER_TIMEOUT_MS 30000u
#define KEEPALIVE_IDLE_S 30L
#define KEEPALIVE_INTERVAL_S 10L

struct known_socket {
    int fd;
    dev_t device;
    ino_t inode;
};

struct http_sockets {
    struct known_socket *items;
    size_t n, capacity;
};

struct http_sockets *http_sockets_new(void)
{
    return xcalloc(1, sizeof(struct http_sockets));
}

void http_sockets_free(struct http_sockets *s)
{
    if (!s)
        return;
    free(s->items);
    free(s);
}

static void remember(struct http_sockets *s, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return;
    if (s->n == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 8;
        s->items = xrealloc(s->items, s->capacity, sizeof(s->items[0]));
    }
    s->items[s->n++] = (struct known_socket){fd, st.st_dev, st.st_ino};
}

static void forget(struct http_sockets *s, int fd)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->items[i].fd == fd) {
            s->items[i] = s->items[--s->n];
            return;
        }
    }
}

static int on_open(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    unsigned timeout_ms = USER_TIMEOUT_MS;

    (void)purpose;
    /* Best effort: a kernel without the option only notices a dead peer later. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
    remember(ctx, fd);
    return CURL_SOCKOPT_OK;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    forget(ctx, fd);
    return close(fd);
}

struct err *http_sockets_attach(struct http_sockets *s, void *easy)
{
    CURLcode rc = CURLE_OK;

    rc |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
    rc |= curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, s);
    rc |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    rc |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
    rc |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    rc |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    return rc == CURLE_OK ? NULL : err_new(ERR_INTERNAL, "libcurl refuses a socket option");
}

static bool is_same_socket(const struct known_socket *known)
{
    struct stat st;

    return fstat(known->fd, &st) == 0 && st.st_dev == known->device && st.st_ino == known->inode;
}

void http_sockets_shutdown(const struct http_sockets *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_same_socket(&s->items[i]))
            (void)shutdown(s->items[i].fd, SHUT_RDWR);
}
