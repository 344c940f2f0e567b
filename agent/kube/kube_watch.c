/* The machine has three states: it needs a list, it needs a stream, it reads a stream. A streaming
 * list is a stream whose first events are the list; until its end mark the names seen are
 * collected, then everything else is told to be gone. Objects are handed on as they come: each is a
 * true state of its own, only "gone" needs a complete picture.
 *
 * The resourceVersion is opaque: it is kept, sent back, and never compared. */

#include "kube/kube_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_event_line.h"

#define LINES_PER_STEP 256
#define FORGIVE_AFTER_NS (120 * NS_PER_S)
#define STUBBORN_FAILURES 5 /* the same resourceVersion fails so often: list again */

enum state { NEEDS_LIST, NEEDS_STREAM, READS_STREAM };

struct kube_watch {
    struct kube_client *k;
    struct kube_selector selector; /* texts owned */
    const struct kube_watch_handler *handler;
    void *ctx;
    const atomic_bool *stop;
    http_notify_fn *wake;
    void *wake_ctx;

    enum state state;
    char *rv;           /* newest known; NULL before the first list */
    bool must_be_new;   /* the next list may not come from a cache that is behind */
    bool must_be_paged; /* a list in one piece was too large */
    bool must_be_whole; /* a page token expired: next list without pages */
    bool is_synced;
    bool is_cut_off;
    bool wants_relist;
    struct backoff backoff;
    uint64_t failed_at_ns;
    uint64_t due_ns;

    struct http_stream *stream;
    struct map *seen; /* names of a list under way, else NULL */
    uint64_t opened_at_ns;
    uint64_t line_at_ns;
    uint64_t ends_at_ns;
    uint64_t n_lines;
    atomic_bool is_ready; /* set by the http thread, cleared by a step */
};

static uint64_t now_ns(const struct kube_watch *w)
{
    return clock_mono_ns(kube_client_clock(w->k));
}

struct kube_watch *kube_watch_new(struct kube_client *k, const struct kube_watch_options *options)
{
    struct kube_watch *w = xcalloc(1, sizeof(*w));
    w->k = k;
    w->selector = options->selector;
    w->selector.ns = xstrdup(options->selector.ns);
    w->selector.name = xstrdup(options->selector.name);
    w->selector.label_selector = xstrdup(options->selector.label_selector);
    w->handler = options->handler;
    w->ctx = options->ctx;
    w->stop = options->stop;
    w->wake = options->wake;
    w->wake_ctx = options->wake_ctx;
    w->backoff = (struct backoff){
        .base_ns = 800 * NS_PER_MS, .max_ns = 30 * NS_PER_S, .factor = 2, .jitter = 1};
    metric_add(METRIC_WATCHES, 1, w->selector.resource->plural, NULL, NULL);
    return w;
}

static void close_stream(struct kube_watch *w)
{
    http_stream_free(w->stream);
    w->stream = NULL;
    map_free(w->seen);
    w->seen = NULL;
}

static void free_text(const char *s)
{
    free((void *)(uintptr_t)s);
}

void kube_watch_free(struct kube_watch *w)
{
    if (!w)
        return;
    close_stream(w);
    if (w->handler->gone)
        w->handler->gone(w->ctx);
    metric_add(METRIC_WATCHES, -1, w->selector.resource->plural, NULL, NULL);
    free_text(w->selector.ns);
    free_text(w->selector.name);
    free_text(w->selector.label_selector);
    free(w->rv);
    free(w);
}

bool kube_watch_is_synced(const struct kube_watch *w)
{
    return w->is_synced;
}

bool kube_watch_has_stream(const struct kube_watch *w)
{
    return w->state == READS_STREAM && !w->wants_relist;
}

bool kube_watch_is_cut_off(const struct kube_watch *w)
{
    return w->is_cut_off;
}

void kube_watch_relist(struct kube_watch *w)
{
    w->wants_relist = true;
}

uint64_t kube_watch_due_ns(const struct kube_watch *w)
{
    if (w->state == READS_STREAM && (w->wants_relist || atomic_load(&w->is_ready)))
        return 0;
    return w->due_ns;
}

static void set_rv(struct kube_watch *w, const char *rv)
{
    if (!*rv)
        return;
    free(w->rv);
    w->rv = xstrdup(rv);
}

static void restart(struct kube_watch *w, enum state next, const char *why)
{
    close_stream(w);
    w->state = next;
    metric_inc(METRIC_WATCH_RESTARTS, w->selector.resource->plural, why, NULL);
}

/* Go to next after a pause. Takes e, which may be NULL when there is nothing to tell. */
static void fail(struct kube_watch *w, enum state next, const char *why, struct err *e)
{
    uint64_t now = now_ns(w);
    if (now - w->failed_at_ns > FORGIVE_AFTER_NS)
        retry_reset(&w->backoff);
    w->failed_at_ns = now;
    w->due_ns =
        now + retry_next_ns(&w->backoff, e ? err_retry_after_ns(e) : 0, kube_client_random(w->k));
    if (next == NEEDS_STREAM && w->backoff.failures > STUBBORN_FAILURES)
        next = NEEDS_LIST;
    restart(w, next, why);
    bool is_stopping = w->stop && atomic_load(w->stop);
    if (e && w->handler->failed && !is_stopping)
        w->handler->failed(w->ctx, e);
    err_free(e);
}

static bool is_unreachable(const struct err *e, const struct kube_outcome *o)
{
    return o->code == 0 && (err_class(e) == ERR_UNAVAILABLE || err_class(e) == ERR_DEADLINE);
}

/* A list or an open failed: what next? Takes e. */
static void fail_request(struct kube_watch *w, const struct kube_outcome *o, struct err *e)
{
    bool has_place = w->state == NEEDS_STREAM;
    w->is_cut_off = is_unreachable(e, o);
    if (kube_outcome_is_gone(o)) {
        w->must_be_new = true;
        fail(w, NEEDS_LIST, "gone", e);
    } else if (w->is_cut_off) {
        fail(w, has_place ? NEEDS_STREAM : NEEDS_LIST, "unreachable", e);
    } else if (o->code == 429 || o->code == 401) {
        fail(w, has_place ? NEEDS_STREAM : NEEDS_LIST, o->code == 429 ? "throttled" : "token", e);
    } else if (o->code >= 500) {
        fail(w, has_place ? NEEDS_STREAM : NEEDS_LIST, "server", e);
    } else {
        if (o->code == 404)
            kube_version_forget(w->k);
        fail(w, NEEDS_LIST, err_class_name(err_class(e)), e);
    }
}

static char *object_key(const struct json *obj)
{
    const char *ns = json_path_text(obj, "metadata.namespace");
    const char *name = json_path_text(obj, "metadata.name");
    return xasprintf("%s/%s", ns ? ns : "", name ? name : "");
}

/* Hand obj on, noting its name when a list is under way. */
static void put(struct kube_watch *w, struct json *obj)
{
    if (w->seen) {
        CLEANUP_STR char *key = object_key(obj);
        map_set(w->seen, key, w); /* any value that is not NULL */
    }
    w->handler->put(w->ctx, obj);
}

static void finish_list(struct kube_watch *w, const char *rv)
{
    set_rv(w, rv);
    w->must_be_new = false;
    w->must_be_whole = false;
    w->is_cut_off = false;
    if (w->handler->retain)
        w->handler->retain(w->ctx, w->seen);
    map_free(w->seen);
    w->seen = NULL;
    if (!w->is_synced && w->handler->synced)
        w->handler->synced(w->ctx);
    w->is_synced = true;
}

static void take_item(void *ctx, struct json *item)
{
    put(ctx, item);
}

static struct deadline far_deadline(const struct kube_watch *w)
{
    struct deadline dl = deadline_in(kube_client_clock(w->k), 600 * NS_PER_S);
    dl.cancelled = w->stop;
    return dl;
}

/* The first list may come from the server's cache and be a little old; later ones continue from
 * what is known, in one piece so that the cache can answer; after "gone" it must be new. */
static struct kube_list list_of(struct kube_watch *w)
{
    struct kube_list list = {.selector = w->selector, .item = take_item, .ctx = w};
    list.resource_version = w->rv ? w->rv : "0";
    if (w->must_be_new || w->must_be_paged)
        list.resource_version = "";
    list.is_paged = !w->must_be_whole && (w->must_be_paged || !w->rv || w->must_be_new);
    return list;
}

static void step_list(struct kube_watch *w)
{
    struct kube_outcome o;
    struct deadline dl = far_deadline(w);
    CLEANUP_STR char *rv = NULL;
    struct kube_list list = list_of(w);
    w->seen = map_new(NULL);
    struct err *e = kube_list(w->k, &list, &dl, &o, &rv);
    if (!e) {
        finish_list(w, rv);
        w->state = NEEDS_STREAM;
        return;
    }
    if (o.code == 410 && list.is_paged)
        w->must_be_whole = true;
    if (o.code == 0 && err_class(e) == ERR_INVALID) {
        w->must_be_paged = true;
        w->must_be_whole = false;
    }
    fail_request(w, &o, e);
}

static void stream_query(const struct kube_watch *w, bool is_list, unsigned seconds,
                         struct str_buf *query)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", seconds);
    kube_query_add(query, "watch", "1");
    kube_query_add(query, "allowWatchBookmarks", "true");
    kube_query_add(query, "timeoutSeconds", text);
    kube_selector_query(&w->selector, query);
    if (is_list) {
        kube_query_add(query, "sendInitialEvents", "true");
        kube_query_add(query, "resourceVersionMatch", "NotOlderThan");
        if (w->rv && !w->must_be_new)
            kube_query_add(query, "resourceVersion", w->rv ? w->rv : "0");
    } else {
        kube_query_add(query, "resourceVersion", w->rv ? w->rv : "0");
    }
}

static void wake_up(void *ctx)
{
    struct kube_watch *w = ctx;
    atomic_store(&w->is_ready, true);
    if (w->wake)
        w->wake(w->wake_ctx);
}

static void begin_reading(struct kube_watch *w, struct http_stream *stream, unsigned seconds)
{
    w->stream = stream;
    w->state = READS_STREAM;
    w->is_cut_off = false;
    w->opened_at_ns = w->line_at_ns = now_ns(w);
    w->ends_at_ns = w->opened_at_ns + seconds * NS_PER_S + KUBE_WATCH_GRACE_NS;
    w->n_lines = 0;
    http_stream_notify(stream, wake_up, w);
    atomic_store(&w->is_ready, true);
}

/* Open the stream; is_list: one that starts with the list. */
static struct err *open_stream(struct kube_watch *w, bool is_list, struct kube_outcome *o)
{
    CLEANUP_STR_BUF struct str_buf query;
    struct http_stream *stream = NULL;
    struct deadline dl = far_deadline(w);
    const struct retry_random *random = kube_client_random(w->k);
    unsigned seconds = KUBE_WATCH_MIN_S + (unsigned)(random->fn(random->ctx) * KUBE_WATCH_SPREAD_S);
    str_buf_init(&query, KUBE_PATH_MAX);
    stream_query(w, is_list, seconds, &query);
    const struct kube_request rq = {
        .verb = "watch",
        .method = "GET",
        .target = {.resource = w->selector.resource, .ns = w->selector.ns, .query = query.s},
        .accept = w->selector.is_metadata_only ? KUBE_METADATA_ONLY : NULL,
    };
    struct err *e = kube_stream_open(w->k, &rq, &dl, o, &stream);
    if (e)
        return e;
    if (is_list)
        w->seen = map_new(NULL);
    begin_reading(w, stream, seconds);
    return NULL;
}

/* A server that does not know streaming lists says that the parameters are invalid; one whose etcd
 * is too old for them says so by an error event of code 500 in place of the first object. */
static bool refuses_streaming_list(const struct kube_outcome *o)
{
    return o->code == 400 || o->code == 422 || o->code == 500;
}

/* Do without streaming lists from now on. */
static void list_instead(struct kube_watch *w)
{
    close_stream(w);
    kube_set_refuses_streaming_lists(w->k);
    w->state = NEEDS_LIST;
    w->due_ns = 0;
    step_list(w);
}

static void step_open(struct kube_watch *w, bool is_list)
{
    struct kube_outcome o;
    struct err *e = open_stream(w, is_list, &o);
    if (!e)
        return;
    if (is_list && refuses_streaming_list(&o)) {
        err_free(e);
        list_instead(w);
        return;
    }
    fail_request(w, &o, e);
}

/* An event of type ERROR. */
static void on_error_event(struct kube_watch *w, const struct kube_event_line *line)
{
    const struct kube_target target = {.resource = w->selector.resource, .ns = w->selector.ns};
    struct kube_outcome o;
    kube_outcome_read(&o, line->code, line->object, 0);
    if (w->seen && w->n_lines == 1 && refuses_streaming_list(&o)) {
        list_instead(w);
        return;
    }
    struct err *e = kube_outcome_err(&o, "watch", &target);
    if (!e)
        e = err_new(ERR_UNAVAILABLE, "watch %s: error event", w->selector.resource->plural);
    w->state = w->seen ? NEEDS_LIST : NEEDS_STREAM; /* is there a place to go on from? */
    fail_request(w, &o, e);
}

static void on_bookmark(struct kube_watch *w, const struct kube_event_line *line)
{
    if (w->seen && line->ends_initial_list)
        finish_list(w, line->rv);
    else if (!w->seen)
        set_rv(w, line->rv);
}

/* One line; false when the stream has been left. */
static bool on_line(struct kube_watch *w, const struct str_buf *text)
{
    struct kube_event_line line;
    struct json *obj = NULL;
    struct err *e = kube_event_line_read(text, &line, &obj);
    if (e) {
        fail(w, NEEDS_LIST, "malformed", err_wrap(e, "watch %s", w->selector.resource->plural));
        return false;
    }
    w->n_lines++;
    w->line_at_ns = now_ns(w);
    kube_note_contact(w->k);
    switch (line.type) {
    case KUBE_EVENT_ERROR:
        on_error_event(w, &line);
        kube_event_line_done(&line);
        return false;
    case KUBE_EVENT_BOOKMARK:
        on_bookmark(w, &line);
        break;
    case KUBE_EVENT_PUT:
        put(w, obj);
        break;
    case KUBE_EVENT_REMOVE:
        w->handler->remove(w->ctx, line.ns, line.name);
        break;
    case KUBE_EVENT_UNKNOWN:
        break;
    }
    /* The events of a list come in no order: their versions are no place to go on from. */
    if (!w->seen && line.type != KUBE_EVENT_UNKNOWN)
        set_rv(w, line.rv);
    kube_event_line_done(&line);
    return true;
}

/* The stream ended, e says how; NULL: regularly. Takes e. */
static void on_end(struct kube_watch *w, struct err *e)
{
    bool is_short = w->n_lines == 0 && now_ns(w) - w->opened_at_ns < KUBE_WATCH_SHORT_NS;
    enum state next = w->seen ? NEEDS_LIST : NEEDS_STREAM;
    if (e && err_class(e) == ERR_INVALID) {
        fail(w, NEEDS_LIST, "malformed", e);
    } else if (is_short || next == NEEDS_LIST) {
        fail(w, next, is_short ? "short" : "cut", e);
    } else {
        restart(w, next, e ? "cut" : "end");
        w->due_ns = now_ns(w);
        err_free(e);
    }
}

/* Nothing came for long: is the server still there? */
static void check_silence(struct kube_watch *w)
{
    uint64_t now = now_ns(w);
    struct deadline dl = far_deadline(w);
    if (now >= w->ends_at_ns) {
        on_end(w, NULL);
        return;
    }
    if (now - w->line_at_ns < KUBE_WATCH_SILENCE_NS)
        return;
    if (now - kube_last_contact_ns(w->k) < KUBE_WATCH_CONTACT_NS)
        return;
    struct err *e = kube_probe(w->k, &dl);
    if (e)
        metric_inc(METRIC_WATCH_RESTARTS, w->selector.resource->plural, "suspect", NULL);
    err_free(e);
}

/* When silence has to be looked at again. */
static uint64_t silence_due_ns(const struct kube_watch *w)
{
    uint64_t due = w->line_at_ns + KUBE_WATCH_SILENCE_NS;
    uint64_t contact = kube_last_contact_ns(w->k) + KUBE_WATCH_CONTACT_NS;
    if (contact > due)
        due = contact;
    return due < w->ends_at_ns ? due : w->ends_at_ns;
}

static void step_stream(struct kube_watch *w)
{
    CLEANUP_STR_BUF struct str_buf text;
    const struct deadline already_over = {.clock = kube_client_clock(w->k)};
    unsigned n = 0;
    atomic_store(&w->is_ready, false);
    str_buf_init(&text, HTTP_LINE_MAX);
    while (w->state == READS_STREAM && n++ < LINES_PER_STEP) {
        bool has_line = false;
        struct err *e = http_stream_next(w->stream, &already_over, &text, &has_line);
        if (e && err_class(e) == ERR_DEADLINE) {
            err_free(e);
            check_silence(w);
            break;
        }
        if (e || !has_line)
            on_end(w, e);
        else if (!on_line(w, &text))
            break;
    }
    if (w->state != READS_STREAM)
        return;
    if (n > LINES_PER_STEP)
        atomic_store(&w->is_ready, true);
    w->due_ns = silence_due_ns(w);
}

uint64_t kube_watch_step(struct kube_watch *w)
{
    if (w->wants_relist) {
        w->wants_relist = false;
        w->due_ns = 0;
        restart(w, NEEDS_LIST, "asked");
    } else if (w->state != READS_STREAM && now_ns(w) < w->due_ns) {
        return w->due_ns;
    }
    if (w->state == NEEDS_LIST) {
        if (kube_refuses_streaming_lists(w->k))
            step_list(w);
        else
            step_open(w, true);
    }
    if (w->state == NEEDS_STREAM && now_ns(w) >= w->due_ns)
        step_open(w, false);
    if (w->state == READS_STREAM)
        step_stream(w);
    return kube_watch_due_ns(w);
}
