#pragma once
/* rpc_call.h: one gRPC call from its arrival to its reply; inside of rpc_server.
 *
 * Owns     a call owns itself and ends when its reply is sent and its stream is closed.
 * Threads  rpc_call_loop is the only reader of the completion queue; a slow handler runs on a
 *          worker in between, and hands its call back by starting the send.
 * Source   gRPC core 1.51 grpc/grpc.h, generic server calls. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <grpc/grpc.h>

#include "base/clock.h"
#include "driver/rpc.h"
#include "driver/rpc_pool.h"

/* What completes: every tag in the completion queue is one of these. */
struct rpc_event {
    void (*fn)(struct rpc_event *ev, bool is_ok);
    void *ctx;
};

/* What all calls of a server share. */
struct rpc_core {
    grpc_server *server;
    grpc_completion_queue *cq;
    const struct rpc_service *services; /* n_services */
    size_t n_services;
    struct rpc_pool *pool; /* its function is rpc_call_work */
    const struct clock *clock;
    uint64_t call_max_ns;          /* a call's deadline is this or the client's, the sooner */
    struct rpc_event shutdown;     /* tag of grpc_server_shutdown_and_notify */
    void (*last_ended)(void *ctx); /* called once, when the last call has ended after shutdown */
    void *last_ended_ctx;
    size_t n_live;    /* calls, with the one that waits; completion thread only */
    bool is_stopping; /* completion thread only */
};

/* Ask for the next call. Once before the loop starts; afterwards calls re-arm themselves. */
void rpc_call_arm(struct rpc_core *core);

/* Serve completions until the server was shut down and the last call has ended. arg: rpc_core. */
void rpc_call_loop(void *arg);

/* Run a queued call's handler: the pool's function. */
void rpc_call_work(struct rpc_job *job);
