/* Recent events are remembered by what they say (object, reason, message) with the name of the
 * Event that holds them; a repetition becomes a merge patch of its count. Objects have a bucket
 * each (three, then one a second). Both tables have fixed sizes and reuse the entry used longest
 * ago. */

#include "kube/kube_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/metric.h"
#include "base/thread.h"
#include "kube/kube_write.h"

#define COMPONENT "lockstep"
#define DEFAULT_NS "default"
#define OBJECTS_REMEMBERED 256
#define NAME_PART_MAX 200

struct said {
    unsigned char digest[DIGEST_SHA256_BYTES]; /* of object, reason and message */
    char *event_name;                          /* NULL: free entry */
    int64_t first_unix_s;
    int64_t count;
    uint64_t used_ns;
};

struct bucket {
    unsigned char digest[DIGEST_SHA256_BYTES]; /* of the object */
    double tokens;
    uint64_t at_ns; /* 0: free entry */
};

struct kube_events {
    struct kube_client *k;
    const char *node;
    struct mutex mu;
    struct said said[KUBE_EVENTS_REMEMBERED];
    struct bucket buckets[OBJECTS_REMEMBERED];
};

struct kube_events *kube_events_new(struct kube_client *k, const char *node)
{
    struct kube_events *e = xcalloc(1, sizeof(*e));
    e->k = k;
    e->node = node;
    mutex_init(&e->mu);
    return e;
}

void kube_events_free(struct kube_events *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(e->said); i++)
        free(e->said[i].event_name);
    mutex_done(&e->mu);
    free(e);
}

static void digest_text(const char *text, unsigned char out[DIGEST_SHA256_BYTES])
{
    digest_sha256(secret_view_of(text, strlen(text)), out);
}

static bool same_digest(const unsigned char *a, const unsigned char *b)
{
    for (size_t i = 0; i < DIGEST_SHA256_BYTES; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static struct bucket *find_bucket_locked(struct kube_events *e, const unsigned char *digest)
    REQUIRES(e->mu)
{
    struct bucket *oldest = &e->buckets[0];
    for (size_t i = 0; i < ARRAY_SIZE(e->buckets); i++) {
        struct bucket *b = &e->buckets[i];
        if (b->at_ns && same_digest(b->digest, digest))
            return b;
        if (b->at_ns < oldest->at_ns)
            oldest = b;
    }
    *oldest = (struct bucket){.tokens = KUBE_EVENT_BURST};
    __builtin_memcpy(oldest->digest, digest, DIGEST_SHA256_BYTES);
    return oldest;
}

/* May the object speak now? */
static bool take_token_locked(struct kube_events *e, const unsigned char *digest, uint64_t now_ns)
    REQUIRES(e->mu)
{
    struct bucket *b = find_bucket_locked(e, digest);
    if (b->at_ns)
        b->tokens += (double)(now_ns - b->at_ns) / (double)NS_PER_S;
    if (b->tokens > KUBE_EVENT_BURST)
        b->tokens = KUBE_EVENT_BURST;
    b->at_ns = now_ns;
    if (b->tokens < 1)
        return false;
    b->tokens -= 1;
    return true;
}

static struct said *find_said_locked(struct kube_events *e, const unsigned char *digest)
    REQUIRES(e->mu)
{
    for (size_t i = 0; i < ARRAY_SIZE(e->said); i++)
        if (e->said[i].event_name && same_digest(e->said[i].digest, digest))
            return &e->said[i];
    return NULL;
}

static struct said *oldest_said_locked(struct kube_events *e) REQUIRES(e->mu)
{
    struct said *oldest = &e->said[0];
    for (size_t i = 0; i < ARRAY_SIZE(e->said); i++)
        if (e->said[i].used_ns < oldest->used_ns)
            oldest = &e->said[i];
    return oldest;
}

/* What is to be sent: a copy, so that no lock is held while sending. */
struct job {
    unsigned char digest[DIGEST_SHA256_BYTES];
    char *event_name; /* owned */
    int64_t first_unix_s;
    int64_t count; /* 1: create */
    int64_t now_unix_s;
};

static char *new_name(const struct kube_event *event)
{
    unsigned char random[8];
    char hex[2 * sizeof(random) + 1];
    digest_random(random, sizeof(random));
    codec_hex(random, sizeof(random), hex);
    return xasprintf("%.*s.%s", NAME_PART_MAX, event->name, hex);
}

/* Decide under the lock; false: drop. */
static bool plan(struct kube_events *e, const struct kube_event *event, struct job *job)
{
    unsigned char object[DIGEST_SHA256_BYTES];
    const struct clock *clock = kube_client_clock(e->k);
    CLEANUP_STR char *who =
        xasprintf("%s\n%s\n%s\n%s", event->resource->kind, event->ns, event->name, event->uid);
    CLEANUP_STR char *what = xasprintf("%s\n%s\n%s", who, event->reason, event->message);
    digest_text(who, object);
    digest_text(what, job->digest);
    job->now_unix_s = clock_unix_s(clock);
    mutex_lock(&e->mu);
    bool may = take_token_locked(e, object, clock_mono_ns(clock));
    struct said *said = may ? find_said_locked(e, job->digest) : NULL;
    if (said) {
        job->event_name = xstrdup(said->event_name);
        job->first_unix_s = said->first_unix_s;
        job->count = ++said->count;
        said->used_ns = clock_mono_ns(clock);
    }
    mutex_unlock(&e->mu);
    if (may && !said) {
        job->event_name = new_name(event);
        job->first_unix_s = job->now_unix_s;
        job->count = 1;
    }
    return may;
}

static void remember(struct kube_events *e, const struct job *job)
{
    mutex_lock(&e->mu);
    struct said *said = find_said_locked(e, job->digest);
    if (!said)
        said = oldest_said_locked(e);
    free(said->event_name);
    *said = (struct said){.event_name = xstrdup(job->event_name),
                          .first_unix_s = job->first_unix_s,
                          .count = job->count,
                          .used_ns = clock_mono_ns(kube_client_clock(e->k))};
    __builtin_memcpy(said->digest, job->digest, DIGEST_SHA256_BYTES);
    mutex_unlock(&e->mu);
}

static void set_time(struct json *map, const char *name, int64_t unix_s)
{
    char text[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(unix_s, text);
    json_set_text(map, name, text);
}

static const char *event_ns(const struct kube_event *event)
{
    return event->ns && *event->ns ? event->ns : DEFAULT_NS;
}

static struct json *involved(const struct kube_event *event, const char *version)
{
    char api_version[KUBE_API_VERSION_SIZE];
    struct json *object = json_new_map();
    kube_api_version(event->resource, version, api_version);
    json_set_text(object, "apiVersion", api_version);
    json_set_text(object, "kind", event->resource->kind);
    if (event->ns && *event->ns)
        json_set_text(object, "namespace", event->ns);
    json_set_text(object, "name", event->name);
    json_set_text(object, "uid", event->uid);
    json_set_text(object, "resourceVersion", event->resource_version);
    return object;
}

static void set_message(struct json *body, const char *message)
{
    size_t n = strlen(message);
    if (n > KUBE_EVENT_MESSAGE_MAX) {
        n = KUBE_EVENT_MESSAGE_MAX;
        while (n > 0 && ((unsigned char)message[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a character */
    }
    json_set(body, "message", json_new_text_n(message, n));
}

static struct json *body_of(const struct kube_events *e, const struct kube_event *event,
                            const struct job *job, const char *version)
{
    struct json *body = json_new_map();
    struct json *meta = json_new_map();
    struct json *source = json_new_map();
    json_set_text(meta, "name", job->event_name);
    json_set_text(meta, "namespace", event_ns(event));
    json_set_text(source, "component", COMPONENT);
    json_set_text(source, "host", e->node);
    json_set_text(body, "apiVersion", "v1");
    json_set_text(body, "kind", "Event");
    json_set(body, "metadata", meta);
    json_set(body, "involvedObject", involved(event, version));
    json_set_text(body, "type", event->is_warning ? "Warning" : "Normal");
    json_set_text(body, "reason", event->reason);
    set_message(body, event->message);
    json_set(body, "source", source);
    json_set_text(body, "reportingComponent", COMPONENT);
    json_set_text(body, "reportingInstance", e->node);
    set_time(body, "firstTimestamp", job->first_unix_s);
    set_time(body, "lastTimestamp", job->now_unix_s);
    json_set_int(body, "count", job->count);
    return body;
}

static struct err *create(struct kube_events *e, const struct kube_event *event,
                          const struct job *job, const struct deadline *dl)
{
    const struct kube_target t = {.resource = &kube_events_resource, .ns = event_ns(event)};
    const char *version = NULL;
    struct err *err = kube_version(e->k, event->resource, dl, &version);
    if (err)
        return err;
    CLEANUP(json) struct json *body = body_of(e, event, job, version);
    return kube_create(e->k, &t, body, dl, NULL);
}

static struct err *raise_count(struct kube_events *e, const struct kube_event *event,
                               const struct job *job, const struct deadline *dl)
{
    CLEANUP(json) struct json *body = json_new_map();
    const struct kube_target t = {
        .resource = &kube_events_resource, .ns = event_ns(event), .name = job->event_name};
    json_set_int(body, "count", job->count);
    set_time(body, "lastTimestamp", job->now_unix_s);
    return kube_merge_json(e->k, &t, body, true, dl);
}

/* Send; an Event that has expired meanwhile is made anew. */
static struct err *send(struct kube_events *e, const struct kube_event *event, struct job *job,
                        const char **result)
{
    struct deadline dl = deadline_in(kube_client_clock(e->k), KUBE_EVENT_TIMEOUT_NS);
    *result = "updated";
    struct err *err = job->count > 1 ? raise_count(e, event, job, &dl) : NULL;
    if (job->count > 1 && err && err_class(err) == ERR_NOT_FOUND) {
        err_free(err);
        err = NULL;
        free(job->event_name);
        job->event_name = new_name(event);
        job->first_unix_s = job->now_unix_s;
        job->count = 1;
    }
    if (!err && job->count == 1) {
        *result = "created";
        err = create(e, event, job, &dl);
    }
    return err;
}

void kube_events_emit(struct kube_events *e, const struct kube_event *event)
{
    struct job job = {.count = 0};
    const char *result = "dropped";
    struct err *err = NULL;
    if (plan(e, event, &job))
        err = send(e, event, &job, &result);
    if (err)
        result = err_class(err) == ERR_RATE_LIMITED ? "dropped" : "failed";
    else if (job.count == 1)
        remember(e, &job);
    metric_inc(METRIC_EVENTS, event->reason, result, NULL);
    err_free(err);
    free(job.event_name);
}
