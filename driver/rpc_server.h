#pragma once
/* rpc_server.h: gRPC over Unix sockets, for the handler tables of rpc.h.
 *
 * new, listen (once per socket), start, stop, free. Every socket serves every service. Only root
 * and our own user are let in.
 *
 * Owns     its sockets, threads and the gRPC library's server.
 * Threads  made, stopped and freed by one thread; its own: "accept", "grpc-cq", "rpc-N".
 * Source   gRPC core 1.51; docs/ARCHITECTURE.md "driver". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "driver/rpc.h"
#include "driver/rpc_listener.h"

#define RPC_SERVER_LISTENERS_MAX 4

/* A call without a sooner deadline of its own: below the kubelet's two minutes. */
#define RPC_SERVER_CALL_MAX_NS (90 * NS_PER_S)

struct rpc_server_options {
    const struct rpc_service *services; /* n_services, borrowed until free */
    size_t n_services;
    unsigned workers; /* 1 to 64 threads for slow methods */
    size_t queue_max; /* slow calls that wait for a worker; more are RESOURCE_EXHAUSTED */
    uint64_t call_max_ns;
    const struct clock *clock;
};

struct rpc_server;

/* Start the library, but no thread of ours. Cannot fail: gRPC aborts when memory is short. */
struct rpc_server *rpc_server_new(const struct rpc_server_options *o) NODISCARD;

/* Listen at path; at most RPC_SERVER_LISTENERS_MAX times, before rpc_server_start. The listener
 * stays the server's and lives until rpc_server_stop. Errors: as rpc_listener_new. */
NODISCARD struct err *rpc_server_listen(struct rpc_server *s, const char *path,
                                        struct rpc_listener **out);

/* Start serving. */
void rpc_server_start(struct rpc_server *s);

/* As rpc_listener_check and rpc_listener_renew, and the new socket is served at once. From one
 * thread at a time, not during stop. Errors: theirs. */
NODISCARD struct err *rpc_server_check(struct rpc_server *s, struct rpc_listener *l,
                                       bool *was_gone);
NODISCARD struct err *rpc_server_renew(struct rpc_server *s, struct rpc_listener *l);

/* Stop: take no new connections, remove the sockets, give running calls grace_ns, cancel the rest
 * and wait until their handlers have returned. Idempotent. */
void rpc_server_stop(struct rpc_server *s, uint64_t grace_ns);

/* Stop without grace if need be, and free. */
void rpc_server_free(struct rpc_server *s);
CLEANUP_DEFINE(rpc_server)
