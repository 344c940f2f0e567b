#pragma once
/* line_pipe.h: bytes in on one thread, whole lines out on another, with a bound in between.
 *
 * The writer is told when the pipe is full and offers its bytes again after the reader has made
 * room. A line may be as long as HTTP_LINE_MAX even where that is more than the bound.
 *
 * Owns     its bytes and the error it ended with.
 * Threads  one writer, one reader. The maker frees it when both have let go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str_buf.h"
#include "net/http.h"

#define LINE_PIPE_FULL_BYTES (256u << 10)

enum line_pipe_answer {
    LINE_PIPE_TAKEN,
    LINE_PIPE_FULL,   /* nothing taken; offer it again when line_pipe_next has asked for more */
    LINE_PIPE_CLOSED, /* a line grew too long, or the pipe had ended: nothing more is taken */
};

struct line_pipe;

/* Empty pipe; label is what error texts start with. */
struct line_pipe *line_pipe_new(const char *label) NODISCARD;
void line_pipe_free(struct line_pipe *p);
CLEANUP_DEFINE(line_pipe)

/* Writer: the reply has begun with this HTTP status; lines follow. */
void line_pipe_begin(struct line_pipe *p, int status);

/* Writer: take n bytes or none. */
enum line_pipe_answer line_pipe_push(struct line_pipe *p, const char *bytes, size_t n);

/* Writer: nothing more comes; takes e, NULL for the regular end. Only the first call counts. */
void line_pipe_end(struct line_pipe *p, struct err *e);

/* Reader: wait for the begin. Errors: DEADLINE, or what the pipe ended with before it began. */
NODISCARD struct err *line_pipe_wait_begin(struct line_pipe *p, const struct deadline *dl,
                                           int *out_status);

/* Reader: next line as in http_stream_next; *out_wants_more true when a writer that was told FULL
 * should offer its bytes again, set on failure too. After a failure the same failure is repeated.
 * Errors: DEADLINE (dl passed and nothing there), INVALID (line longer than HTTP_LINE_MAX or than
 * line's maximum), and what line_pipe_end was given. */
NODISCARD struct err *line_pipe_next(struct line_pipe *p, const struct deadline *dl,
                                     struct str_buf *line, bool *out_has_line,
                                     bool *out_wants_more);

/* Reader: as http_stream_notify. */
void line_pipe_notify(struct line_pipe *p, http_notify_fn *fn, void *ctx);
