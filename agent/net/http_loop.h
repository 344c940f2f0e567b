#pragma once
/* http_loop.h: the thread that runs libcurl, and the hand-over of transfers to it and back. Private
 * to http_curl.
 *
 * Owns     the thread, libcurl's multi handle and its connections; a call owns its transfer.
 * Threads  any number of callers, each with calls of its own.
 * Source   libcurl-multi(3). */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/http_sockets.h"
#include "net/http_transfer.h"

struct http_loop;
struct http_call; /* a transfer under way or finished */

/* Start the thread. idle_close_s: connections unused for so long are closed; 0: not by time.
 * Errors: INTERNAL (libcurl or the kernel gives no handle). */
NODISCARD struct err *http_loop_new(bool use_http2, unsigned idle_close_s, struct http_loop **out);

/* After all its calls have been freed. */
void http_loop_free(struct http_loop *l);
CLEANUP_DEFINE(http_loop)

/* Where the loop's transfers report their sockets. */
struct http_sockets *http_loop_sockets(struct http_loop *l);

/* Start t, which is taken. With is_secret the stacks that carried it are erased. */
struct http_call *http_loop_start(struct http_loop *l, struct http_transfer *t,
                                  bool is_secret) NODISCARD;

/* Wait until c has finished; false when dl is over first. */
bool http_loop_wait(struct http_call *c, const struct deadline *dl);

/* The transfer; to be read after http_loop_wait said true, its label at any time. */
struct http_transfer *http_loop_transfer(struct http_call *c);

/* Let a paused transfer go on. */
void http_loop_resume(struct http_call *c);

/* Take c out of the loop, whatever its state, and free it with its transfer. */
void http_call_free(struct http_call *c);
CLEANUP_DEFINE(http_call)

/* Shut all sockets down. */
void http_loop_suspect(struct http_loop *l);

/* Erase what calls left below the caller's frame. */
void http_loop_scrub_stack(void);
