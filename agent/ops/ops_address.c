/* The host must be a number: a name would have to be resolved, and an admin port that moves with
 * DNS helps nobody. Without a host one IPv6 socket serves both families. */

#include "ops/ops_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define WANTED "want HOST:PORT with a numeric host, [IPV6]:PORT, or :PORT for all addresses"

/* Decimal digits up to 65535 and nothing else. */
static bool parse_port(const char *text, uint16_t *out)
{
    unsigned port = 0;
    size_t n = strlen(text);
    if (n < 1 || n > 5 || strspn(text, "0123456789") != n)
        return false;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (unsigned)(text[i] - '0');
    if (port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

static void set_v6(struct ops_address *a, const struct in6_addr *host, uint16_t port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = *host};
    v6.sin6_port = htons(port);
    memcpy(&a->addr, &v6, sizeof(v6));
    a->addr_size = sizeof(v6);
}

static bool set_host(struct ops_address *a, const char *host, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct in6_addr v6;
    char bare[INET6_ADDRSTRLEN];
    size_t n = strlen(host);
    if (n == 0) {
        a->is_any = true;
        set_v6(a, &in6addr_any, port);
        return true;
    }
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&a->addr, &v4, sizeof(v4));
        a->addr_size = sizeof(v4);
        return true;
    }
    if (n < 2 || n - 2 >= sizeof(bare) || host[0] != '[' || host[n - 1] != ']')
        return false;
    memcpy(bare, host + 1, n - 2);
    bare[n - 2] = '\0';
    if (inet_pton(AF_INET6, bare, &v6) != 1)
        return false;
    set_v6(a, &v6, port);
    return true;
}

struct err *ops_address_parse(const char *text, struct ops_address *out)
{
    struct ops_address a = {0};
    char host[OPS_ADDRESS_TEXT_MAX];
    uint16_t port;
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof(host) || !parse_port(colon + 1, &port))
        return err_new(ERR_INVALID, WANTED);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    if (!set_host(&a, host, port))
        return err_new(ERR_INVALID, WANTED);
    *out = a;
    return NULL;
}

uint16_t ops_address_port(const struct ops_address *a)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (a->addr.ss_family == AF_INET) {
        memcpy(&v4, &a->addr, sizeof(v4));
        return ntohs(v4.sin_port);
    }
    memcpy(&v6, &a->addr, sizeof(v6));
    return ntohs(v6.sin6_port);
}

void ops_address_url(const struct ops_address *a, char out[OPS_ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "127.0.0.1";
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    bool is_v6 = a->addr.ss_family == AF_INET6;
    if (is_v6) {
        memcpy(&v6, &a->addr, sizeof(v6));
        if (a->is_any)
            is_v6 = false;
        else if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr))
            snprintf(host, sizeof(host), "::1");
        else
            inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    } else {
        memcpy(&v4, &a->addr, sizeof(v4));
        if (v4.sin_addr.s_addr != htonl(INADDR_ANY))
            inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    }
    snprintf(out, OPS_ADDRESS_TEXT_MAX, is_v6 ? "http://[%s]:%u" : "http://%s:%u", host,
             (unsigned)ops_address_port(a));
}
