#pragma once
/* ops_health.h: are our loops alive, and are we ready to serve?
 *
 * Alive means that no loop has been busy with one thing for too long; a restart would help. Ready
 * means that every condition holds; a restart would not help, and the body says what is missing.
 *
 * Owns     an ops_health owns its heartbeats.
 * Threads  register and add from main, before any reader; beats and reads from any thread.
 * Source   Kubernetes liveness and readiness probes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/str_buf.h"
#include "ops/ops_http.h"

#define OPS_HEARTBEATS_MAX 80
#define OPS_CONDITIONS_MAX 16
#define OPS_REASON_SIZE 256 /* terminator included */

struct ops_health;
struct ops_heartbeat;

/* clock is borrowed. */
struct ops_health *ops_health_new(const struct clock *clock) NODISCARD;
void ops_health_free(struct ops_health *h);
CLEANUP_DEFINE(ops_health)

/* Watch a loop called name (a literal); it is resting until its first beat. At most
 * OPS_HEARTBEATS_MAX.
 *   max_silence_ns  longest time between two beats, or between a beat and a rest */
struct ops_heartbeat *ops_health_register(struct ops_health *h, const char *name,
                                          uint64_t max_silence_ns) NODISCARD;

/* The loop begins a round. Takes a struct ops_heartbeat as void *, so that it fits the vtables of
 * layers that do not know ops. NULL is ignored. */
void ops_health_beat(void *heartbeat);

/* The loop waits for work: it may be silent for ever. NULL is ignored. */
void ops_health_rest(void *heartbeat);

/* Does the condition hold? If not, say why in reason: a clause without full stop, no values. Must
 * not block. */
typedef bool ops_condition_fn(void *ctx, char *reason, size_t reason_size);

/* Add a condition called name (a literal). At most OPS_CONDITIONS_MAX. */
void ops_health_condition(struct ops_health *h, const char *name, ops_condition_fn *is_ready,
                          void *ctx);

/* Whether all is well; appends "[+]name ok" or "[-]name: reason" for each, unless body is NULL. */
bool ops_health_is_alive(struct ops_health *h, struct str_buf *body);
bool ops_health_is_ready(struct ops_health *h, struct str_buf *body);

/* Handlers for /healthz and /readyz: 200 or 503; ctx is the struct ops_health. */
ops_handler_fn ops_health_serve_alive;
ops_handler_fn ops_health_serve_ready;
