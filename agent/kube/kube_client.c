/* One loop for all unary requests: take a token from the bucket, send, look at the answer, decide
 * whether another try can help. What helps: a fresh token after 401, waiting after 429 and after a
 * 5xx that says how long, a new connection when the old one broke and repeating is harmless. Each
 * try has its own time limit inside the caller's deadline. */

#include "kube/kube_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "kube/kube_auth.h"

#define PROBE_TIMEOUT_NS (15 * NS_PER_S)
#define SUSPECT_AFTER_NS (15 * NS_PER_S)
#define REFUSAL_LASTS_NS (3600 * NS_PER_S)
#define STREAM_ERROR_MAX (64u << 10)
#define STREAM_ERROR_WAIT_NS (2 * NS_PER_S)

struct kube_client {
    const struct kube_config *config;
    struct http *http;
    const struct clock *clock;
    const struct kube_waiter *waiter;
    const struct retry_random *random;
    struct kube_auth *auth;
    struct kube_pace *pace;
    atomic_int version;          /* of the group with several: index + 1; 0: not asked yet */
    _Atomic uint64_t refused_ns; /* a streaming list, 0: never; written and read by watches */
    _Atomic uint64_t contact_ns; /* written by every answer, read by watches */
};

struct kube_client *kube_client_new(const struct kube_client_options *options)
{
    struct kube_client *k = xcalloc(1, sizeof(*k));
    k->config = options->config;
    k->http = options->http;
    k->clock = options->clock;
    k->waiter = options->waiter ? options->waiter : kube_waiter_system();
    k->random = options->random ? options->random : retry_random_system();
    k->auth = kube_auth_new(options->config, options->clock);
    k->pace = kube_pace_new(options->clock, k->waiter,
                            options->per_s > 0 ? options->per_s : KUBE_PACE_PER_S,
                            options->burst > 0 ? options->burst : KUBE_PACE_BURST);
    return k;
}

void kube_client_free(struct kube_client *k)
{
    if (!k)
        return;
    kube_auth_free(k->auth);
    kube_pace_free(k->pace);
    free(k);
}

const struct clock *kube_client_clock(const struct kube_client *k)
{
    return k->clock;
}

const struct retry_random *kube_client_random(const struct kube_client *k)
{
    return k->random;
}

const char *kube_client_ns(const struct kube_client *k)
{
    return k->config->ns;
}

uint64_t kube_last_contact_ns(const struct kube_client *k)
{
    return atomic_load(&k->contact_ns);
}

void kube_note_contact(struct kube_client *k)
{
    atomic_store(&k->contact_ns, clock_mono_ns(k->clock));
}

bool kube_refuses_streaming_lists(const struct kube_client *k)
{
    uint64_t refused_ns = atomic_load(&k->refused_ns);
    return refused_ns && clock_mono_ns(k->clock) - refused_ns < REFUSAL_LASTS_NS;
}

void kube_set_refuses_streaming_lists(struct kube_client *k)
{
    atomic_store(&k->refused_ns, clock_mono_ns(k->clock));
}

static void count(const char *verb, int code)
{
    char text[16] = "none";
    if (code > 0)
        snprintf(text, sizeof(text), "%d", code);
    metric_inc(METRIC_KUBE_REQUESTS, verb, text, NULL);
}

/* What a try needs besides the request itself. */
struct attempt {
    struct str_buf url;
    struct http_header headers[3];
    struct http_request http;
    struct kube_credential *credential; /* one reference */
};

static void attempt_done(struct kube_client *k, struct attempt *a)
{
    str_buf_done(&a->url);
    kube_auth_put(k->auth, a->credential);
}

static void fill_headers(struct attempt *a, const struct kube_request *rq)
{
    size_t n = 0;
    a->headers[n++] =
        (struct http_header){.name = "Accept", .value = rq->accept ? rq->accept : KUBE_JSON_TYPE};
    if (rq->content_type)
        a->headers[n++] = (struct http_header){.name = "Content-Type", .value = rq->content_type};
    if (a->credential->bearer)
        a->headers[n++] = (struct http_header){.name = "Authorization",
                                               .secret = secret_buf_view(a->credential->bearer)};
    a->http.headers = a->headers;
    a->http.n_headers = n;
}

/* Make a ready for path (relative to the server); to be given to attempt_done in any case. */
static struct err *attempt_init(struct kube_client *k, struct attempt *a,
                                const struct kube_request *rq, const char *path)
{
    *a = (struct attempt){0};
    str_buf_init(&a->url, HTTP_URL_MAX);
    str_buf_printf(&a->url, "%s%s", k->config->server, path);
    struct err *e = kube_auth_get(k->auth, &a->credential);
    if (e)
        return e;
    size_t usual = rq->is_secret_reply ? HTTP_SECRET_BODY_MAX : KUBE_UNARY_MAX_BYTES;
    a->http = (struct http_request){
        .method = rq->method,
        .url = a->url.s,
        .body = rq->body,
        .reply_max_bytes = rq->reply_max_bytes ? rq->reply_max_bytes : usual,
        .ca_pem = a->credential->ca_pem,
        .allow_plain_http = k->config->is_plain_http,
        .operation = rq->verb,
    };
    fill_headers(a, rq);
    return NULL;
}

/* A time-out on one HTTP/2 stream does not close its connection, and the next request would go the
 * same way: when nothing at all has come since the request began, the connection is dead. */
static void suspect_after_silence(struct kube_client *k, uint64_t began_ns)
{
    uint64_t waited_ns = clock_mono_ns(k->clock) - began_ns;
    if (waited_ns >= SUSPECT_AFTER_NS && kube_last_contact_ns(k) < began_ns)
        http_suspect(k->http);
}

static struct err *send_once(struct kube_client *k, const struct kube_request *rq, const char *path,
                             const struct deadline *dl, struct http_reply **out)
{
    struct attempt a;
    struct deadline limit =
        deadline_sooner(dl, rq->timeout_ns ? rq->timeout_ns : KUBE_UNARY_TIMEOUT_NS);
    uint64_t began_ns = clock_mono_ns(k->clock);
    struct err *e = attempt_init(k, &a, rq, path);
    if (!e)
        e = rq->is_secret_reply ? http_do_secret(k->http, &a.http, &limit, out)
                                : http_do(k->http, &a.http, &limit, out);
    attempt_done(k, &a);
    count(rq->verb, e ? 0 : (*out)->status);
    if (!e)
        kube_note_contact(k);
    else if (err_class(e) == ERR_DEADLINE)
        suspect_after_silence(k, began_ns);
    return e;
}

static void read_outcome(struct kube_outcome *o, const struct http_reply *r)
{
    if (r->status < 400) {
        *o = (struct kube_outcome){.code = r->status};
        return;
    }
    struct secret_view body =
        r->secret ? secret_buf_view(r->secret) : secret_view_of(r->text.s, r->text.n);
    kube_outcome_read(o, r->status, body, r->retry_after_ns);
}

/* The state of one call over its tries. */
struct tries {
    struct backoff backoff;
    unsigned n;
    bool has_renewed_token;
};

static bool is_repeatable(const struct kube_request *rq)
{
    return rq->is_repeatable || strcmp(rq->method, "GET") == 0;
}

/* How long to wait before one more try; false when another try cannot help. o->code is 0 when no
 * answer came. */
static bool wants_retry(struct kube_client *k, const struct kube_request *rq,
                        const struct kube_outcome *o, struct tries *t, uint64_t *wait_ns)
{
    const char *why = NULL;
    *wait_ns = 0;
    if (o->code == 401 && !t->has_renewed_token) {
        kube_auth_expire(k->auth);
        t->has_renewed_token = true;
        why = "token";
    } else if (rq->is_single_try || ++t->n >= KUBE_TRIES_MAX) {
        return false;
    } else if (o->code == 429 || (o->code >= 500 && o->retry_after_ns > 0)) {
        *wait_ns = retry_next_ns(&t->backoff, o->retry_after_ns, k->random);
        why = o->code == 429 ? "throttled" : "server";
    } else if (o->code == 0 && is_repeatable(rq)) {
        *wait_ns = retry_next_ns(&t->backoff, 0, k->random);
        why = "connection";
    }
    if (why)
        metric_inc(METRIC_KUBE_RETRIES, why, NULL, NULL);
    return why != NULL;
}

/* One try and its verdict: NULL with *out, NULL without (try again), or the final error. */
static struct err *try_once(struct kube_client *k, const struct kube_request *rq, const char *path,
                            const struct deadline *dl, struct tries *t, struct kube_outcome *o,
                            struct http_reply **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    uint64_t wait_ns = 0;
    *o = (struct kube_outcome){0};
    struct err *e = kube_pace_take(k->pace, dl);
    if (e)
        return e;
    e = send_once(k, rq, path, dl, &reply);
    if (e && err_class(e) != ERR_UNAVAILABLE)
        return e;
    if (!e) {
        read_outcome(o, reply);
        e = kube_outcome_err(o, rq->verb, &rq->target);
    }
    if (!e) {
        *out = TAKE(reply);
        return NULL;
    }
    if (!wants_retry(k, rq, o, t, &wait_ns) || wait_ns >= deadline_left_ns(dl))
        return e;
    err_free(e);
    if (wait_ns > 0)
        k->waiter->wait(k->waiter->ctx, wait_ns, dl);
    return NULL;
}

static struct err *send_path(struct kube_client *k, const struct kube_request *rq, const char *path,
                             const struct deadline *dl, struct kube_outcome *o,
                             struct http_reply **out)
{
    struct tries t = {
        .backoff = {
            .base_ns = 100 * NS_PER_MS, .max_ns = 10 * NS_PER_S, .factor = 2, .jitter = 0.2}};
    struct http_reply *reply = NULL;
    struct err *e = NULL;
    while (!e && !reply) {
        e = deadline_check(dl, rq->verb);
        if (!e)
            e = try_once(k, rq, path, dl, &t, o, &reply);
    }
    if (!e)
        *out = reply;
    return e;
}

static struct err *make_path(struct kube_client *k, const struct kube_target *t,
                             const struct deadline *dl, struct str_buf *path)
{
    const char *version = NULL;
    struct err *e = kube_version(k, t->resource, dl, &version);
    return e ? e : kube_path(t, version, path);
}

struct err *kube_send(struct kube_client *k, const struct kube_request *rq,
                      const struct deadline *dl, struct kube_outcome *outcome,
                      struct http_reply **out)
{
    CLEANUP_STR_BUF struct str_buf path;
    struct kube_outcome own = {0};
    struct kube_outcome *o = outcome ? outcome : &own;
    *o = (struct kube_outcome){0};
    str_buf_init(&path, KUBE_PATH_MAX + 1);
    struct err *e = make_path(k, &rq->target, dl, &path);
    return e ? e : send_path(k, rq, path.s, dl, o, out);
}

struct err *kube_send_path(struct kube_client *k, const struct kube_request *rq, const char *path,
                           const struct deadline *dl, struct http_reply **out)
{
    struct kube_outcome o;
    return send_path(k, rq, path, dl, &o, out);
}

/* The body of a refused stream is a Status on one line, or on several when pretty-printed. */
static struct err *refused(const struct kube_request *rq, struct http_stream *s,
                           const struct clock *clock, struct kube_outcome *o)
{
    CLEANUP_STR_BUF struct str_buf body;
    CLEANUP_STR_BUF struct str_buf line;
    struct deadline limit = deadline_in(clock, STREAM_ERROR_WAIT_NS);
    bool has_line = true;
    struct err *e = NULL;
    str_buf_init(&body, STREAM_ERROR_MAX);
    str_buf_init(&line, STREAM_ERROR_MAX);
    while (!e && has_line) {
        e = http_stream_next(s, &limit, &line, &has_line);
        if (!e && has_line)
            str_buf_append(&body, line.s, line.n);
    }
    err_free(e);
    kube_outcome_read(o, http_stream_status(s), secret_view_of(body.s, body.n), 0);
    e = kube_outcome_err(o, rq->verb, &rq->target);
    return e ? e : err_new(ERR_UNAVAILABLE, "%s: unexpected status %d", rq->verb, o->code);
}

struct err *kube_stream_open(struct kube_client *k, const struct kube_request *rq,
                             const struct deadline *dl, struct kube_outcome *outcome,
                             struct http_stream **out)
{
    CLEANUP_STR_BUF struct str_buf path;
    CLEANUP(http_stream) struct http_stream *s = NULL;
    struct attempt a;
    struct deadline limit = deadline_sooner(dl, KUBE_UNARY_TIMEOUT_NS);
    *outcome = (struct kube_outcome){0};
    str_buf_init(&path, KUBE_PATH_MAX + 1);
    struct err *e = make_path(k, &rq->target, dl, &path);
    if (e)
        return e;
    e = attempt_init(k, &a, rq, path.s);
    if (!e)
        e = http_stream_open(k->http, &a.http, &limit, &s);
    attempt_done(k, &a);
    count(rq->verb, e ? 0 : http_stream_status(s));
    if (e)
        return e;
    kube_note_contact(k);
    if (http_stream_status(s) == 401)
        kube_auth_expire(k->auth);
    if (http_stream_status(s) != 200)
        return refused(rq, s, k->clock, outcome);
    outcome->code = 200;
    *out = TAKE(s);
    return NULL;
}

static bool serves(const struct json *group, const char *version)
{
    const struct json *versions = json_get(group, "versions");
    for (const struct json *v = json_first(versions); v; v = json_next(v)) {
        const char *name = json_path_text(v, "version");
        if (name && strcmp(name, version) == 0)
            return true;
    }
    return false;
}

static struct err *pick_version(const struct kube_resource *r, const struct http_reply *reply,
                                int *out)
{
    CLEANUP(json) struct json *group = NULL;
    struct err *e = json_parse(reply->text.s, reply->text.n, &group);
    if (e)
        return err_wrap(e, "API group %s", r->group);
    for (int i = 0; r->versions[i]; i++) {
        if (serves(group, r->versions[i])) {
            *out = i;
            return NULL;
        }
    }
    return err_new(ERR_NOT_FOUND, "API group %s is served in no version that Lockstep knows",
                   r->group);
}

static struct err *discover(struct kube_client *k, const struct kube_resource *r,
                            const struct deadline *dl, int *out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP_STR char *path = xasprintf("/apis/%s", r->group);
    const struct kube_request rq = {.verb = "get", .method = "GET", .target = {.resource = r}};
    struct kube_outcome o;
    struct err *e = send_path(k, &rq, path, dl, &o, &reply);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return err_new(ERR_NOT_FOUND, "API group %s is not served: its CRDs are not installed",
                       r->group);
    }
    return e ? err_wrap(e, "discover API group %s", r->group) : pick_version(r, reply, out);
}

struct err *kube_version(struct kube_client *k, const struct kube_resource *r,
                         const struct deadline *dl, const char **out)
{
    int i = r->versions[1] ? atomic_load(&k->version) - 1 : 0;
    if (i < 0) {
        struct err *e = discover(k, r, dl, &i);
        if (e)
            return e;
        atomic_store(&k->version, i + 1);
    }
    *out = r->versions[i];
    return NULL;
}

void kube_version_forget(struct kube_client *k)
{
    atomic_store(&k->version, 0);
}

struct err *kube_probe(struct kube_client *k, const struct deadline *dl)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    const struct kube_request rq = {
        .verb = "probe", .method = "GET", .timeout_ns = PROBE_TIMEOUT_NS};
    struct err *e = send_once(k, &rq, "/readyz", dl, &reply);
    if (e)
        http_suspect(k->http);
    return e;
}
