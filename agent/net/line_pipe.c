/* One flat buffer: bytes are appended at the end and taken from the start, and what is left moves
 * to the front only when room is needed, so that many short lines cost no copying. Line ends are
 * counted on the way in; the reader therefore knows without a search whether a line is there. The
 * clock and the notify function are never called with the lock held. */
#include "net/line_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"

#define KEEP_BYTES (64u << 10) /* an empty buffer larger than this is given back */

struct line_pipe {
    char *label;
    struct mutex mu;
    struct cond changed;
    char *bytes; /* [start, end) is waiting */
    size_t start, end, capacity;
    size_t n_lines; /* line feeds in [start, end) */
    size_t tail_n;  /* bytes after the last of them */
    int status;     /* 0 until begun */
    bool is_ended;
    bool is_writer_waiting;
    struct err *error; /* how it ended */
    http_notify_fn *notify;
    void *notify_ctx;
};

struct line_pipe *line_pipe_new(const char *label)
{
    struct line_pipe *p = xcalloc(1, sizeof(*p));

    p->label = xstrdup(label);
    mutex_init(&p->mu);
    cond_init(&p->changed);
    return p;
}

void line_pipe_free(struct line_pipe *p)
{
    if (!p)
        return;
    cond_done(&p->changed);
    mutex_done(&p->mu);
    err_free(p->error);
    free(p->bytes);
    free(p->label);
    free(p);
}

/* ---- writer ---- */

static void make_room_locked(struct line_pipe *p, size_t n) REQUIRES(p->mu);
static void make_room_locked(struct line_pipe *p, size_t n)
{
    size_t used = p->end - p->start;

    if (p->start > 0) {
        memmove(p->bytes, p->bytes + p->start, used);
        p->start = 0;
        p->end = used;
    }
    if (used + n > p->capacity) {
        p->capacity = used + n > 2 * p->capacity ? used + n : 2 * p->capacity;
        p->bytes = xrealloc(p->bytes, p->capacity, 1);
    }
}

static void append_locked(struct line_pipe *p, const char *bytes, size_t n) REQUIRES(p->mu);
static void append_locked(struct line_pipe *p, const char *bytes, size_t n)
{
    if (n > p->capacity - p->end)
        make_room_locked(p, n);
    memcpy(p->bytes + p->end, bytes, n);
    p->end += n;
    for (const char *at = bytes, *lf; n > 0; n -= (size_t)(lf + 1 - at), at = lf + 1) {
        lf = memchr(at, '\n', n);
        if (!lf) {
            p->tail_n += n;
            return;
        }
        p->n_lines++;
        p->tail_n = 0;
    }
}

static void end_locked(struct line_pipe *p, struct err *e) REQUIRES(p->mu);
static void end_locked(struct line_pipe *p, struct err *e)
{
    if (p->is_ended) {
        err_free(e);
        return;
    }
    p->is_ended = true;
    p->error = e;
}

static enum line_pipe_answer push_locked(struct line_pipe *p, const char *bytes, size_t n)
    REQUIRES(p->mu);
static enum line_pipe_answer push_locked(struct line_pipe *p, const char *bytes, size_t n)
{
    if (p->is_ended)
        return LINE_PIPE_CLOSED;
    if (p->n_lines > 0 && p->end - p->start >= LINE_PIPE_FULL_BYTES) {
        p->is_writer_waiting = true;
        return LINE_PIPE_FULL;
    }
    append_locked(p, bytes, n);
    if (p->tail_n <= HTTP_LINE_MAX)
        return LINE_PIPE_TAKEN;
    end_locked(p,
               err_new(ERR_INVALID, "%s: a line is longer than %u bytes", p->label, HTTP_LINE_MAX));
    return LINE_PIPE_CLOSED;
}

static bool is_readable_locked(const struct line_pipe *p) REQUIRES(p->mu);
static bool is_readable_locked(const struct line_pipe *p)
{
    return p->n_lines > 0 || p->is_ended;
}

/* Wake the reader, by its condition and by its notify function. */
static void announce(struct line_pipe *p)
{
    http_notify_fn *fn;
    void *ctx;

    mutex_lock(&p->mu);
    fn = is_readable_locked(p) ? p->notify : NULL;
    ctx = p->notify_ctx;
    cond_signal(&p->changed);
    mutex_unlock(&p->mu);
    if (fn)
        fn(ctx);
}

void line_pipe_begin(struct line_pipe *p, int status)
{
    mutex_lock(&p->mu);
    p->status = status;
    mutex_unlock(&p->mu);
    announce(p);
}

enum line_pipe_answer line_pipe_push(struct line_pipe *p, const char *bytes, size_t n)
{
    enum line_pipe_answer answer;

    mutex_lock(&p->mu);
    answer = push_locked(p, bytes, n);
    mutex_unlock(&p->mu);
    announce(p);
    return answer;
}

void line_pipe_end(struct line_pipe *p, struct err *e)
{
    mutex_lock(&p->mu);
    end_locked(p, e);
    mutex_unlock(&p->mu);
    announce(p);
}

/* ---- reader ---- */

static void release_if_empty_locked(struct line_pipe *p) REQUIRES(p->mu);
static void release_if_empty_locked(struct line_pipe *p)
{
    if (p->start < p->end)
        return;
    p->start = p->end = 0;
    if (p->capacity > KEEP_BYTES) {
        free(p->bytes);
        p->bytes = NULL;
        p->capacity = 0;
    }
}

/* Move the first line, or the rest after the regular end, into line; false when there is none. */
static bool take_line_locked(struct line_pipe *p, struct str_buf *line) REQUIRES(p->mu);
static bool take_line_locked(struct line_pipe *p, struct str_buf *line)
{
    size_t n = p->end - p->start;
    size_t feed = 0;

    if (p->n_lines > 0) {
        const char *from = p->bytes + p->start;

        n = (size_t)((const char *)memchr(from, '\n', n) - from);
        feed = 1;
        p->n_lines--;
    } else if (!p->is_ended || p->error || n == 0) {
        return false;
    } else {
        p->tail_n = 0;
    }
    if (n > 0)
        str_buf_append(line, p->bytes + p->start, n);
    p->start += n + feed;
    release_if_empty_locked(p);
    return true;
}

static bool wants_more_locked(struct line_pipe *p) REQUIRES(p->mu);
static bool wants_more_locked(struct line_pipe *p)
{
    if (!p->is_writer_waiting || p->end - p->start > LINE_PIPE_FULL_BYTES / 2)
        return false;
    p->is_writer_waiting = false;
    return true;
}

static bool is_begun_locked(const struct line_pipe *p) REQUIRES(p->mu);
static bool is_begun_locked(const struct line_pipe *p)
{
    return p->status != 0 || p->is_ended;
}

/* One slice of waiting for the begin; false when it has not come. */
static bool await_begin(struct line_pipe *p, uint64_t slice_ns, int *status, struct err **e)
{
    bool is_begun;

    mutex_lock(&p->mu);
    if (!is_begun_locked(p) && slice_ns > 0)
        cond_wait_ns(&p->changed, &p->mu, slice_ns);
    is_begun = is_begun_locked(p);
    *status = p->status;
    *e = p->status == 0 ? err_copy(p->error) : NULL;
    mutex_unlock(&p->mu);
    return is_begun;
}

struct err *line_pipe_wait_begin(struct line_pipe *p, const struct deadline *dl, int *out_status)
{
    for (;;) {
        uint64_t slice_ns = http_wait_slice_ns(dl);
        int status;
        struct err *e;

        if (await_begin(p, slice_ns, &status, &e)) {
            if (!e)
                *out_status = status;
            return e;
        }
        if (slice_ns == 0)
            return deadline_check(dl, p->label);
    }
}

/* What one look into the pipe found. */
struct look {
    bool is_readable;
    bool has_line;
    bool wants_more;
    struct err *error;
};

static struct look look_once(struct line_pipe *p, uint64_t slice_ns, struct str_buf *line)
{
    struct look found = {.error = NULL};

    mutex_lock(&p->mu);
    if (!is_readable_locked(p) && slice_ns > 0)
        cond_wait_ns(&p->changed, &p->mu, slice_ns);
    found.is_readable = is_readable_locked(p);
    found.has_line = take_line_locked(p, line);
    found.wants_more = wants_more_locked(p);
    if (found.is_readable && !found.has_line)
        found.error = err_copy(p->error);
    mutex_unlock(&p->mu);
    return found;
}

struct err *line_pipe_next(struct line_pipe *p, const struct deadline *dl, struct str_buf *line,
                           bool *out_has_line, bool *out_wants_more)
{
    struct look found;

    str_buf_clear(line);
    *out_wants_more = false;
    for (;;) {
        uint64_t slice_ns = http_wait_slice_ns(dl);

        found = look_once(p, slice_ns, line);
        *out_wants_more |= found.wants_more;
        if (found.is_readable)
            break;
        if (slice_ns == 0)
            return deadline_check(dl, p->label);
    }
    if (found.error)
        return found.error;
    if (line->overflowed)
        return err_new(ERR_INVALID, "%s: a line is longer than %zu bytes", p->label, line->max);
    *out_has_line = found.has_line;
    return NULL;
}

void line_pipe_notify(struct line_pipe *p, http_notify_fn *fn, void *ctx)
{
    bool is_readable;

    mutex_lock(&p->mu);
    p->notify = fn;
    p->notify_ctx = ctx;
    is_readable = is_readable_locked(p);
    mutex_unlock(&p->mu);
    if (is_readable && fn)
        fn(ctx);
}
