#pragma once
/* ops_address.h: "127.0.0.1:9808", "[::1]:9808" or ":9808" as an address to listen on.
 *
 * Owns     plain data.
 * Threads  any. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/err.h"

#define OPS_ADDRESS_TEXT_MAX 64

struct ops_address {
    struct sockaddr_storage addr;
    socklen_t addr_size;
    bool is_any; /* no host given: all addresses of IPv6 and IPv4 */
};

/* Numeric hosts only, port 0..65535 (0: the kernel picks one).
 * Errors: INVALID ("want HOST:PORT ..."). */
NODISCARD struct err *ops_address_parse(const char *text, struct ops_address *out);

/* Port in host order. */
uint16_t ops_address_port(const struct ops_address *a);

/* URL at which a client on this node reaches it, "http://127.0.0.1:9808"; all addresses become
 * loopback. */
void ops_address_url(const struct ops_address *a, char out[OPS_ADDRESS_TEXT_MAX]);
