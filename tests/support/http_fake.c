/* Streams hang in a list of the fake, so that a test can push lines into them while the code under
 * test reads on another thread. A reader on the real clock waits for such a push; one on a fake
 * clock is told at once that its time is up. */
#include "tests/support/http_fake.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"

#define REPLY_DEFAULT_BYTES (1u << 20)
#define RULES_MAX 256
#define STREAM_BYTES_MAX (64u << 20)

struct rule {
    struct http_fake_rule script;
    unsigned used;
};

struct stream {
    struct http_stream stream;
    struct http_fake *fake;
    struct stream *next;
    char *label, *url;
    struct str_buf text;
    int status;
    bool is_ended;
    enum http_fake_fault fault; /* how it ended */
    http_notify_fn *notify;
    void *notify_ctx;
};

struct http_fake {
    struct http http;
    struct mutex mu; /* everything below */
    struct cond changed;
    struct clock_fake *clock;
    struct rule rules[RULES_MAX];
    size_t n_rules;
    bool is_in_order;
    size_t fail_in;
    enum http_fake_fault fail_with;
    struct http_fake_request **requests;
    size_t n_requests, unexpected, suspects;
    struct stream *streams;
};

static struct http_fake *of(struct http *h)
{
    return (struct http_fake *)h;
}

/* ---- faults ---- */

static struct err *fault_error(enum http_fake_fault fault, const char *label)
{
    switch (fault) {
    case HTTP_FAKE_NONE:
        return NULL;
    case HTTP_FAKE_REFUSED:
        return err_new(ERR_UNAVAILABLE, "%s: connection refused", label);
    case HTTP_FAKE_UNTRUSTED:
        return err_new(ERR_UNAVAILABLE, "%s: certificate is not trusted", label);
    case HTTP_FAKE_GARBAGE:
        return err_new(ERR_UNAVAILABLE, "%s: reply is not HTTP", label);
    case HTTP_FAKE_SLOW:
        return err_new(ERR_DEADLINE, "%s: deadline exceeded", label);
    case HTTP_FAKE_RESET:
        return err_new(ERR_UNAVAILABLE, "%s: connection reset", label);
    case HTTP_FAKE_CUT:
        return err_new(ERR_UNAVAILABLE, "%s: reply was cut short", label);
    }
    abort();
}

static void let_time_pass(struct clock_fake *clock, const struct deadline *dl)
{
    uint64_t left_ns = clock ? deadline_left_ns(dl) : 0;

    if (left_ns > 0)
        clock_fake_advance_ns(clock, left_ns);
}

static struct err *fail_with(struct http_fake *f, enum http_fake_fault fault,
                             const struct deadline *dl, const char *label)
{
    if (fault == HTTP_FAKE_SLOW)
        let_time_pass(f->clock, dl);
    return fault_error(fault, label);
}

/* The fault that http_fake_fail_nth planned for this very call. */
static enum http_fake_fault planned_fault(struct http_fake *f)
{
    enum http_fake_fault fault = HTTP_FAKE_NONE;

    mutex_lock(&f->mu);
    if (f->fail_in > 0 && --f->fail_in == 0)
        fault = f->fail_with;
    mutex_unlock(&f->mu);
    return fault;
}

/* ---- records and rules ---- */

static char *body_text(struct secret_view body)
{
    char *text = xcalloc(1, body.n + 1);

    if (body.n)
        memcpy(text, body.p, body.n);
    return text;
}

static char *headers_text(const struct http_request *rq)
{
    CLEANUP_STR_BUF struct str_buf text;

    str_buf_init(&text, STREAM_BYTES_MAX);
    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct http_header *h = &rq->headers[i];
        CLEANUP_STR char *secret = body_text(h->secret);

        str_buf_printf(&text, "%s: %s\n", h->name, h->value ? h->value : secret);
    }
    return str_buf_take(&text);
}

static struct http_fake_request *record_new(const struct http_request *rq, bool is_secret,
                                            bool is_stream)
{
    struct http_fake_request *r = xcalloc(1, sizeof(*r));

    r->method = xstrdup(rq->method);
    r->url = xstrdup(rq->url);
    r->operation = xstrdup(rq->operation);
    r->headers = headers_text(rq);
    r->body = body_text(rq->body);
    r->body_n = rq->body.n;
    r->ca_pem = xstrdup(rq->ca_pem);
    r->is_secret = is_secret;
    r->is_stream = is_stream;
    return r;
}

static void record_free(struct http_fake_request *r)
{
    free(r->method);
    free(r->url);
    free(r->operation);
    free(r->headers);
    free(r->body);
    free(r->ca_pem);
    free(r);
}

static bool fits(const struct http_fake_rule *rule, const struct http_fake_request *r)
{
    return (!rule->method || strcmp(rule->method, r->method) == 0) &&
           (!rule->url || strstr(r->url, rule->url)) &&
           (!rule->body_part ||
            memmem(r->body, r->body_n, rule->body_part, strlen(rule->body_part)));
}

static struct rule *find_rule_locked(struct http_fake *f, const struct http_fake_request *r)
    REQUIRES(f->mu);
static struct rule *find_rule_locked(struct http_fake *f, const struct http_fake_request *r)
{
    for (size_t i = 0; i < f->n_rules; i++) {
        struct rule *rule = &f->rules[i];

        if (rule->script.times > 0 && rule->used == rule->script.times)
            continue;
        if (fits(&rule->script, r))
            return rule;
        if (f->is_in_order)
            return NULL;
    }
    return NULL;
}

/* Record rq and copy the rule that answers it. */
static struct err *answer(struct http_fake *f, const struct http_request *rq, bool is_secret,
                          bool is_stream, struct http_fake_rule *out)
{
    struct http_fake_request *r = record_new(rq, is_secret, is_stream);
    struct rule *rule;

    mutex_lock(&f->mu);
    f->requests = xrealloc(f->requests, f->n_requests + 1, sizeof(struct http_fake_request *));
    f->requests[f->n_requests++] = r;
    rule = find_rule_locked(f, r);
    if (rule) {
        rule->used++;
        *out = rule->script;
    } else {
        f->unexpected++;
    }
    mutex_unlock(&f->mu);
    if (rule)
        return NULL;
    return err_new(ERR_INTERNAL, "unexpected request %s %s", rq->method, rq->url);
}

static size_t script_size(const struct http_fake_rule *rule)
{
    return rule->body && rule->body_n == 0 ? strlen(rule->body) : rule->body_n;
}

static char *label_of(const struct http_request *rq)
{
    char host[HTTP_HOST_MAX + 1] = "?";

    (void)http_url_host(rq->url, host, sizeof(host));
    return xasprintf("%s: %s", rq->operation, host);
}

/* ---- requests ---- */

static struct err *fill_body(const struct http_fake_rule *rule, bool is_secret,
                             struct http_reply *r)
{
    size_t n = script_size(rule);

    if (n > r->text.max)
        return err_new(ERR_INVALID, "reply is larger than %zu bytes", r->text.max);
    if (is_secret)
        return secret_buf_copy(secret_view_of(rule->body, n), &r->secret);
    if (n > 0)
        str_buf_append(&r->text, rule->body, n);
    return NULL;
}

static struct err *fake_send(struct http *http, const struct http_request *rq,
                             const struct deadline *dl, bool is_secret, struct http_reply **out)
{
    struct http_fake *f = of(http);
    CLEANUP(http_reply) struct http_reply *r = xcalloc(1, sizeof(*r));
    CLEANUP_STR char *label = label_of(rq);
    enum http_fake_fault fault = planned_fault(f);
    struct http_fake_rule rule = {.url = NULL};
    struct err *e;

    str_buf_init(&r->text, rq->reply_max_bytes ? rq->reply_max_bytes : REPLY_DEFAULT_BYTES);
    e = answer(f, rq, is_secret, false, &rule);
    if (!e)
        e = fail_with(f, fault ? fault : rule.fault, dl, label);
    if (e)
        return e;
    e = fill_body(&rule, is_secret, r);
    if (e)
        return err_wrap(e, "%s", label);
    r->status = rule.status ? rule.status : 200;
    r->content_type = xstrdup(rule.content_type);
    r->error_type = xstrdup(rule.error_type);
    r->retry_after_ns = rule.retry_after_s * NS_PER_S;
    r->date_unix_s = rule.date_unix_s;
    *out = TAKE(r);
    return NULL;
}

/* ---- streams ---- */

static bool fails_at_open(enum http_fake_fault fault)
{
    return fault != HTTP_FAKE_NONE && fault != HTTP_FAKE_CUT && fault != HTTP_FAKE_RESET;
}

static struct stream *stream_new(struct http_fake *f, const struct http_request *rq,
                                 const struct http_fake_rule *rule)
{
    struct stream *s = xcalloc(1, sizeof(*s));

    s->stream.http = &f->http;
    s->fake = f;
    s->label = label_of(rq);
    s->url = xstrdup(rq->url);
    s->status = rule->status ? rule->status : 200;
    s->is_ended = !rule->stays_open;
    s->fault = rule->fault;
    str_buf_init(&s->text, STREAM_BYTES_MAX);
    if (rule->body)
        str_buf_append(&s->text, rule->body, script_size(rule));
    mutex_lock(&f->mu);
    s->next = f->streams;
    f->streams = s;
    mutex_unlock(&f->mu);
    return s;
}

static struct err *fake_stream_open(struct http *http, const struct http_request *rq,
                                    const struct deadline *dl, struct http_stream **out)
{
    struct http_fake *f = of(http);
    CLEANUP_STR char *label = label_of(rq);
    enum http_fake_fault fault = planned_fault(f);
    struct http_fake_rule rule = {.url = NULL};
    struct err *e = answer(f, rq, false, true, &rule);

    if (!e && fault)
        e = fail_with(f, fault, dl, label);
    if (!e && fails_at_open(rule.fault))
        e = fail_with(f, rule.fault, dl, label);
    if (e)
        return e;
    *out = &stream_new(f, rq, &rule)->stream;
    return NULL;
}

/* Take a line; false when there is none. What is left without LF is a line only at a good end. */
static bool take_line_locked(struct stream *s, struct str_buf *line) REQUIRES(s->fake->mu);
static bool take_line_locked(struct stream *s, struct str_buf *line)
{
    const char *lf = memchr(s->text.s, '\n', s->text.n);
    size_t n = lf ? (size_t)(lf - s->text.s) : s->text.n;

    if (!lf && (n == 0 || !s->is_ended || s->fault != HTTP_FAKE_NONE))
        return false;
    str_buf_append(line, s->text.s, n);
    str_buf_consume(&s->text, n + (lf != NULL));
    return true;
}

/* One look, after waiting for a push where the reader lives in real time. */
static bool look(struct stream *s, uint64_t wait_ns, struct str_buf *line, bool *has_line)
{
    bool is_ended;

    mutex_lock(&s->fake->mu);
    *has_line = take_line_locked(s, line);
    if (!*has_line && !s->is_ended && wait_ns > 0) {
        cond_wait_ns(&s->fake->changed, &s->fake->mu, wait_ns);
        *has_line = take_line_locked(s, line);
    }
    is_ended = s->is_ended;
    mutex_unlock(&s->fake->mu);
    return *has_line || is_ended;
}

static struct err *fake_stream_next(struct http_stream *stream, const struct deadline *dl,
                                    struct str_buf *line, bool *out_has_line)
{
    struct stream *s = (struct stream *)stream;
    bool is_real = dl->clock == clock_system();
    enum http_fake_fault fault = planned_fault(s->fake);
    bool has_line = false;

    str_buf_clear(line);
    if (fault)
        return fail_with(s->fake, fault, dl, s->label);
    while (!look(s, is_real ? http_wait_slice_ns(dl) : 0, line, &has_line)) {
        if (!is_real)
            return fail_with(s->fake, HTTP_FAKE_SLOW, dl, s->label);
        if (deadline_is_over(dl))
            return deadline_check(dl, s->label);
    }
    if (!has_line && s->fault != HTTP_FAKE_NONE)
        return fault_error(s->fault, s->label);
    if (line->overflowed)
        return err_new(ERR_INVALID, "%s: a line is longer than %zu bytes", s->label, line->max);
    *out_has_line = has_line;
    return NULL;
}

static void fake_stream_notify(struct http_stream *stream, http_notify_fn *fn, void *ctx)
{
    struct stream *s = (struct stream *)stream;
    bool is_readable;

    mutex_lock(&s->fake->mu);
    s->notify = fn;
    s->notify_ctx = ctx;
    is_readable = s->text.n > 0 || s->is_ended;
    mutex_unlock(&s->fake->mu);
    if (is_readable && fn)
        fn(ctx);
}

static int fake_stream_status(const struct http_stream *stream)
{
    return ((const struct stream *)stream)->status;
}

static void fake_stream_free(struct http_stream *stream)
{
    struct stream *s = (struct stream *)stream;
    struct stream **at = &s->fake->streams;

    mutex_lock(&s->fake->mu);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    mutex_unlock(&s->fake->mu);
    str_buf_done(&s->text);
    free(s->label);
    free(s->url);
    free(s);
}

struct change {
    const char *text; /* to append; NULL: end instead */
    enum http_fake_fault fault;
};

static void apply(struct stream *s, const struct change *change)
{
    if (s->is_ended)
        return;
    if (change->text) {
        str_buf_puts(&s->text, change->text);
    } else {
        s->is_ended = true;
        s->fault = change->fault;
    }
}

/* Change the streams that fit, then notify: a reader cannot free one meanwhile, because a test
 * pushes while its readers are at rest or joined later. */
static size_t change_streams(struct http_fake *f, const char *url_part, const struct change *change)
{
    struct {
        http_notify_fn *fn;
        void *ctx;
    } calls[RULES_MAX];
    size_t n_calls = 0;
    size_t n = 0;

    mutex_lock(&f->mu);
    for (struct stream *s = f->streams; s; s = s->next) {
        if (url_part && !strstr(s->url, url_part))
            continue;
        apply(s, change);
        n++;
        if (s->notify && n_calls < RULES_MAX) {
            calls[n_calls].fn = s->notify;
            calls[n_calls++].ctx = s->notify_ctx;
        }
    }
    cond_broadcast(&f->changed);
    mutex_unlock(&f->mu);
    for (size_t i = 0; i < n_calls; i++)
        calls[i].fn(calls[i].ctx);
    return n;
}

size_t http_fake_push(struct http_fake *f, const char *url_part, const char *text)
{
    return change_streams(f, url_part, &(struct change){.text = text});
}

size_t http_fake_end(struct http_fake *f, const char *url_part, enum http_fake_fault fault)
{
    return change_streams(f, url_part, &(struct change){.fault = fault});
}

/* ---- the fake itself ---- */

static void fake_suspect(struct http *http)
{
    struct http_fake *f = of(http);

    mutex_lock(&f->mu);
    f->suspects++;
    mutex_unlock(&f->mu);
    (void)http_fake_end(f, NULL, HTTP_FAKE_RESET);
}

static void fake_free(struct http *http)
{
    (void)http;
}

static const struct http_ops fake_ops = {
    .send = fake_send,
    .stream_open = fake_stream_open,
    .stream_next = fake_stream_next,
    .stream_notify = fake_stream_notify,
    .stream_status = fake_stream_status,
    .stream_free = fake_stream_free,
    .suspect = fake_suspect,
    .free = fake_free,
};

struct http_fake *http_fake_new(void)
{
    struct http_fake *f = xcalloc(1, sizeof(*f));

    f->http.ops = &fake_ops;
    mutex_init(&f->mu);
    cond_init(&f->changed);
    return f;
}

void http_fake_free(struct http_fake *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n_requests; i++)
        record_free(f->requests[i]);
    free(f->requests);
    cond_done(&f->changed);
    mutex_done(&f->mu);
    free(f);
}

struct http *http_fake_http(struct http_fake *f)
{
    return &f->http;
}

void http_fake_set_clock(struct http_fake *f, struct clock_fake *clock)
{
    f->clock = clock;
}

void http_fake_in_order(struct http_fake *f)
{
    f->is_in_order = true;
}

void http_fake_add(struct http_fake *f, const struct http_fake_rule *rule)
{
    mutex_lock(&f->mu);
    if (f->n_rules == RULES_MAX)
        abort();
    f->rules[f->n_rules++] = (struct rule){.script = *rule};
    mutex_unlock(&f->mu);
}

void http_fake_fail_nth(struct http_fake *f, size_t n, enum http_fake_fault fault)
{
    mutex_lock(&f->mu);
    f->fail_in = n;
    f->fail_with = fault;
    mutex_unlock(&f->mu);
}

static size_t counted(struct http_fake *f, const size_t *counter)
{
    size_t n;

    mutex_lock(&f->mu);
    n = *counter;
    mutex_unlock(&f->mu);
    return n;
}

size_t http_fake_count(struct http_fake *f)
{
    return counted(f, &f->n_requests);
}

const struct http_fake_request *http_fake_at(struct http_fake *f, size_t i)
{
    const struct http_fake_request *r = NULL;

    mutex_lock(&f->mu);
    if (i < f->n_requests)
        r = f->requests[i];
    mutex_unlock(&f->mu);
    return r;
}

size_t http_fake_unexpected(struct http_fake *f)
{
    return counted(f, &f->unexpected);
}

size_t http_fake_unused(struct http_fake *f)
{
    size_t n = 0;

    mutex_lock(&f->mu);
    for (size_t i = 0; i < f->n_rules; i++)
        if (f->rules[i].script.times > 0)
            n += f->rules[i].script.times - f->rules[i].used;
    mutex_unlock(&f->mu);
    return n;
}

size_t http_fake_open_streams(struct http_fake *f)
{
    size_t n = 0;

    mutex_lock(&f->mu);
    for (const struct stream *s = f->streams; s; s = s->next)
        n++;
    mutex_unlock(&f->mu);
    return n;
}

size_t http_fake_suspects(struct http_fake *f)
{
    return counted(f, &f->suspects);
}
