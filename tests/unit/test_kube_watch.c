/* The reflector, rule by rule, on a scripted server and clock. */

#include "kube/kube_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "base/str_buf.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define OBJ(name, rv)                                                                              \
    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BOOKMARK(rv) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" rv "\"}}")
#define END_OF_LIST(rv)                                                                            \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" rv                                   \
                      "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}")
#define ERROR_EVENT(code, reason)                                                                  \
    EVENT("ERROR", "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\"}")
#define LIST(rv, items) "{\"metadata\":{\"resourceVersion\":\"" rv "\"},\"items\":[" items "]}"
#define STREAMING "sendInitialEvents=true"

struct bench {
    struct kube_fixture *f;
    struct kube_watch *w;
    struct str_buf story; /* what the handler was told */
    unsigned failures;
    enum err_class failure;
    atomic_bool stop;
};

static void on_put(void *ctx, struct json *obj)
{
    struct bench *b = ctx;
    str_buf_printf(&b->story, "+%s ", json_path_text(obj, "metadata.name"));
    json_free(obj);
}

static void on_remove(void *ctx, const char *ns, const char *name)
{
    struct bench *b = ctx;
    str_buf_printf(&b->story, "-%s/%s ", ns, name);
}

static void on_retain(void *ctx, const struct map *keep)
{
    struct bench *b = ctx;
    str_buf_puts(&b->story, "=[");
    for (size_t i = 0; i < keep->n; i++) {
        assert_non_null(map_get(keep, keep->entries[i].key));
        str_buf_printf(&b->story, "%s%s", i ? "," : "", keep->entries[i].key);
    }
    str_buf_puts(&b->story, "] ");
}

static void on_synced(void *ctx)
{
    struct bench *b = ctx;
    str_buf_puts(&b->story, "synced ");
}

static void on_failed(void *ctx, const struct err *e)
{
    struct bench *b = ctx;
    b->failures++;
    b->failure = err_class(e);
}

static void on_gone(void *ctx)
{
    struct bench *b = ctx;
    str_buf_puts(&b->story, "gone");
}

static const struct kube_watch_handler handler = {
    .put = on_put,
    .remove = on_remove,
    .retain = on_retain,
    .synced = on_synced,
    .failed = on_failed,
    .gone = on_gone,
};

static void bench_init_of(struct bench *b, const struct kube_selector *selector)
{
    *b = (struct bench){.f = kube_fixture_new()};
    str_buf_init(&b->story, 4096);
    metric_reset();
    b->w = kube_watch_new(
        b->f->k, &(struct kube_watch_options){
                     .selector = *selector, .handler = &handler, .ctx = b, .stop = &b->stop});
}

/* A watch of Leases on a server without streaming lists. */
static void bench_init(struct bench *b)
{
    const struct kube_selector all = {.resource = &kube_leases_resource};
    bench_init_of(b, &all);
    kube_set_refuses_streaming_lists(b->f->k);
}

static void bench_done(struct bench *b)
{
    kube_watch_free(b->w);
    assert_non_null(strstr(b->story.s, "gone"));
    assert_int_equal(http_fake_open_streams(b->f->http), 0);
    assert_int_equal(http_fake_unexpected(b->f->http), 0);
    str_buf_done(&b->story);
    kube_fixture_free(b->f);
}

static void expect(struct bench *b, const char *story)
{
    assert_string_equal(b->story.s, story);
    str_buf_clear(&b->story);
}

static double restarts(const char *why)
{
    return metric_value(METRIC_WATCH_RESTARTS, "leases", why, NULL);
}

/* Step until the watch has nothing to do, moving the clock over its pauses. */
static void step_until_streaming(struct bench *b)
{
    for (int i = 0; i < 20 && !kube_watch_has_stream(b->w); i++) {
        uint64_t now = clock_mono_ns(&b->f->clock.clock);
        uint64_t due = kube_watch_due_ns(b->w);
        if (due > now)
            clock_fake_advance_ns(&b->f->clock, due - now);
        kube_watch_step(b->w);
    }
    assert_true(kube_watch_has_stream(b->w));
}

static void lists_then_follows(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", "limit=500&resourceVersion=0", 1, 200,
                        LIST("10", OBJ("x", "3") "," OBJ("y", "4")));
    kube_fixture_stream(b.f, "watch=1",
                        EVENT("ADDED", OBJ("z", "11")) EVENT("DELETED", OBJ("x", "12")));
    kube_watch_step(b.w);
    expect(&b, "+x +y =[a/x,a/y] synced +z -a/x ");
    assert_true(kube_watch_is_synced(b.w));
    const char *url = kube_fixture_last(b.f, "GET", "watch=1")->url;
    assert_non_null(strstr(url, "resourceVersion=10"));
    assert_non_null(strstr(url, "allowWatchBookmarks=true"));
    assert_non_null(strstr(url, "timeoutSeconds=300"));
    assert_true(metric_value(METRIC_WATCHES, "leases", NULL, NULL) == 1);
    http_fake_push(b.f->http, "watch=1", EVENT("MODIFIED", OBJ("y", "13")));
    assert_int_equal(kube_watch_due_ns(b.w), 0); /* it asks to be stepped */
    kube_watch_step(b.w);
    expect(&b, "+y ");
    bench_done(&b);
}

static void one_object(void **state)
{
    struct bench b;
    const struct kube_selector one = {.resource = &kube_leases_resource,
                                      .ns = "a",
                                      .name = "x",
                                      .label_selector = "l",
                                      .is_metadata_only = true};
    (void)state;
    bench_init_of(&b, &one);
    kube_set_refuses_streaming_lists(b.f->k);
    kube_fixture_answer(b.f, "GET", "limit=500", 1, 200, LIST("10", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    kube_watch_step(b.w);
    expect(&b, "=[] synced ");
    const struct http_fake_request *watch = kube_fixture_last(b.f, "GET", "watch=1");
    assert_non_null(strstr(watch->url, "/namespaces/a/leases?"));
    assert_non_null(strstr(watch->url, "fieldSelector=metadata.name%3Dx"));
    assert_non_null(strstr(watch->url, "labelSelector=l"));
    assert_non_null(strstr(watch->headers, "as=PartialObjectMetadata;"));
    bench_done(&b);
}

static void streaming_list(void **state)
{
    struct bench b;
    const struct kube_selector all = {.resource = &kube_leases_resource};
    (void)state;
    bench_init_of(&b, &all);
    kube_fixture_stream(b.f, STREAMING,
                        EVENT("ADDED", OBJ("x", "30")) EVENT("ADDED", OBJ("y", "4")));
    kube_watch_step(b.w);
    expect(&b, "+x +y "); /* not complete yet */
    assert_false(kube_watch_is_synced(b.w));
    http_fake_push(b.f->http, STREAMING, END_OF_LIST("40") EVENT("MODIFIED", OBJ("y", "41")));
    kube_watch_step(b.w);
    expect(&b, "=[a/x,a/y] synced +y ");
    assert_null(strstr(kube_fixture_last(b.f, "GET", STREAMING)->url, "resourceVersion="));
    /* The next watch goes on from the last event. */
    kube_fixture_stream(b.f, "watch=1", "");
    http_fake_end(b.f->http, STREAMING, HTTP_FAKE_NONE);
    kube_watch_step(b.w);
    kube_watch_step(b.w);
    assert_non_null(strstr(http_fake_at(b.f->http, 1)->url, "resourceVersion=41"));
    assert_null(strstr(http_fake_at(b.f->http, 1)->url, STREAMING));
    bench_done(&b);
}

static void streaming_list_cut(void **state)
{
    struct bench b;
    const struct kube_selector all = {.resource = &kube_leases_resource};
    (void)state;
    bench_init_of(&b, &all);
    http_fake_add(b.f->http, &(struct http_fake_rule){.url = STREAMING,
                                                      .times = 1,
                                                      .fault = HTTP_FAKE_CUT,
                                                      .body = EVENT("ADDED", OBJ("x", "30"))});
    kube_fixture_stream(b.f, STREAMING, EVENT("ADDED", OBJ("y", "31")) END_OF_LIST("31"));
    kube_watch_step(b.w);
    step_until_streaming(&b);
    expect(&b, "+x +y =[a/y] synced "); /* x is not kept on the strength of half a list */
    assert_true(restarts("cut") == 1);
    assert_null(strstr(kube_fixture_last(b.f, "GET", STREAMING)->url, "resourceVersion="));
    bench_done(&b);
}

struct refusal_row {
    const char *name;
    int status;
    const char *body;
};

static const struct refusal_row refusal_rows[] = {
    {"422", 422, "{\"kind\":\"Status\",\"code\":422,\"reason\":\"Invalid\"}"},
    {"400", 400, "{}"},
    {"error event of an old etcd", 200, ERROR_EVENT("500", "InternalError")},
};

static void streaming_refused(void **state)
{
    const struct refusal_row *r = *state;
    struct bench b;
    const struct kube_selector all = {.resource = &kube_leases_resource};
    bench_init_of(&b, &all);
    kube_fixture_answer(b.f, "GET", STREAMING, 1, r->status, r->body);
    kube_fixture_answer(b.f, "GET", "limit=500", 1, 200, LIST("10", OBJ("x", "3")));
    kube_fixture_stream(b.f, "watch=1", "");
    kube_watch_step(b.w);
    expect(&b, "+x =[a/x] synced ");
    step_until_streaming(&b);
    assert_true(kube_refuses_streaming_lists(b.f->k));
    assert_int_equal(b.failures, 0);
    assert_int_equal(kube_fixture_count(b.f, "GET", STREAMING), 1);
    assert_int_equal(b.f->waited_ns, 0);
    bench_done(&b);
}

/* A first complete list at version 10, a stream that gives lines and then ends with fault. */
static void begin(struct bench *b, const char *lines, bool stays_open, enum http_fake_fault fault)
{
    bench_init(b);
    kube_fixture_answer(b->f, "GET", "limit=500&resourceVersion=0", 1, 200,
                        LIST("10", OBJ("x", "3")));
    http_fake_add(
        b->f->http,
        &(struct http_fake_rule){
            .url = "watch=1", .times = 1, .body = lines, .stays_open = stays_open, .fault = fault});
    kube_watch_step(b->w);
    str_buf_clear(&b->story);
}

struct end_row {
    const char *name;
    const char *lines;
    enum http_fake_fault fault;
    unsigned lived_ms;      /* before it ends */
    const char *resumes_at; /* resourceVersion of the next watch; NULL: it lists */
    bool is_paused;         /* before that request */
    const char *why;        /* metric */
};

static const struct end_row end_rows[] = {
    {"regular end after events", EVENT("ADDED", OBJ("z", "15")), HTTP_FAKE_NONE, 0, "15", false,
     "end"},
    {"version of a bookmark", BOOKMARK("77"), HTTP_FAKE_NONE, 0, "77", false, "end"},
    {"version of a deletion", EVENT("DELETED", OBJ("x", "16")), HTTP_FAKE_NONE, 0, "16", false,
     "end"},
    {"unknown types say nothing", EVENT("LATER", OBJ("x", "99")), HTTP_FAKE_NONE, 0, "10", false,
     "end"},
    {"quiet but long", "", HTTP_FAKE_NONE, 1500, "10", false, "end"},
    {"very short watch", "", HTTP_FAKE_NONE, 0, "10", true, "short"},
    {"cut after events", EVENT("ADDED", OBJ("z", "15")), HTTP_FAKE_CUT, 0, "15", false, "cut"},
    {"cut at once", "", HTTP_FAKE_RESET, 0, "10", true, "short"},
    {"too old", ERROR_EVENT("410", "Expired"), HTTP_FAKE_NONE, 0, NULL, true, "gone"},
    {"throttled inside", ERROR_EVENT("429", "TooManyRequests"), HTTP_FAKE_NONE, 0, "10", true,
     "throttled"},
    {"internal error inside", ERROR_EVENT("500", "InternalError"), HTTP_FAKE_NONE, 0, "10", true,
     "server"},
    {"other error", ERROR_EVENT("403", "Forbidden"), HTTP_FAKE_NONE, 0, NULL, true, "denied"},
    {"malformed line", "{\"type\":\n", HTTP_FAKE_NONE, 0, NULL, true, "malformed"},
};

static void one_end(void **state)
{
    const struct end_row *r = *state;
    struct bench b;
    bool ends_itself = r->lived_ms == 0;
    begin(&b, r->lines, !ends_itself, r->fault);
    if (!ends_itself) {
        clock_fake_advance_ns(&b.f->clock, r->lived_ms * NS_PER_MS);
        http_fake_end(b.f->http, "watch=1", r->fault);
        kube_watch_step(b.w);
    }
    uint64_t now = clock_mono_ns(&b.f->clock.clock);
    assert_int_equal(kube_watch_due_ns(b.w) > now, r->is_paused);
    if (r->is_paused) /* the first wait is 0.8 s; random draws 0 */
        assert_int_equal(kube_watch_due_ns(b.w) - now, 800 * NS_PER_MS);
    assert_true(restarts(r->why) == 1);
    kube_fixture_answer(b.f, "GET", "leases?limit=500", 1, 200, LIST("50", ""));
    kube_fixture_answer(b.f, "GET", "leases?resourceVersion", 1, 200, LIST("51", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    const char *url = kube_fixture_last(b.f, "GET", "watch=1")->url;
    CLEANUP_STR_BUF struct str_buf want;
    str_buf_init(&want, 64);
    /* After "gone" the list must be new (no version); otherwise it goes on from what is known. */
    str_buf_printf(&want, "resourceVersion=%s",
                   r->resumes_at                 ? r->resumes_at
                   : strcmp(r->why, "gone") == 0 ? "50"
                                                 : "51");
    assert_non_null(strstr(url, want.s));
    bench_done(&b);
}

static void relist_drops_the_vanished(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, ERROR_EVENT("410", "Expired"), false, HTTP_FAKE_NONE);
    kube_fixture_answer(b.f, "GET", "limit=500", 1, 200, LIST("50", OBJ("y", "49")));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    expect(&b, "+y =[a/y] "); /* synced is told once only */
    assert_null(strstr(kube_fixture_last(b.f, "GET", "limit=500")->url, "resourceVersion="));
    bench_done(&b);
}

static void asked_relist(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, "", true, HTTP_FAKE_NONE);
    kube_watch_relist(b.w);
    assert_int_equal(kube_watch_due_ns(b.w), 0);
    kube_fixture_answer(b.f, "GET", "leases?resourceVersion=10", 1, 200, LIST("20", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    kube_watch_step(b.w);
    expect(&b, "=[] ");
    assert_true(kube_watch_has_stream(b.w)); /* at once, not when the old stream's time comes */
    assert_true(restarts("asked") == 1);
    bench_done(&b);
}

struct list_row {
    const char *name;
    int status;
    enum http_fake_fault fault;
    const char *body;
    const char *next_url; /* of the second list */
    const char *not_in_it;
    bool is_cut_off;
};

static const struct list_row list_rows[] = {
    {"refused connection", 0, HTTP_FAKE_REFUSED, NULL, "limit=500&resourceVersion=0", "continue",
     true},
    {"server error", 503, 0, "{}", "limit=500&resourceVersion=0", "continue", false},
    {"denied", 403, 0, "{}", "limit=500&resourceVersion=0", "continue", false},
    {"gone", 410, 0, "{}", "leases", "resourceVersion", false},
    {"version too large", 504, 0,
     "{\"kind\":\"Status\",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}}",
     "limit=500", "resourceVersion", false},
    {"malformed", 200, 0, "x", "limit=500&resourceVersion=0", "continue", false},
};

static void one_list_failure(void **state)
{
    const struct list_row *r = *state;
    struct bench b;
    bench_init(&b);
    http_fake_add(b.f->http,
                  &(struct http_fake_rule){
                      .times = 1, .status = r->status, .fault = r->fault, .body = r->body});
    kube_watch_step(b.w);
    assert_int_equal(b.failures, 1);
    assert_int_equal(kube_watch_is_cut_off(b.w), r->is_cut_off);
    uint64_t now = clock_mono_ns(&b.f->clock.clock);
    assert_int_equal(kube_watch_due_ns(b.w) - now, 800 * NS_PER_MS);
    kube_watch_step(b.w); /* too early: nothing is sent */
    assert_int_equal(http_fake_count(b.f->http), 1);
    kube_fixture_answer(b.f, "GET", r->next_url, 1, 200, LIST("10", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    assert_null(strstr(http_fake_at(b.f->http, 1)->url, r->not_in_it));
    assert_false(kube_watch_is_cut_off(b.w));
    expect(&b, "=[] synced ");
    bench_done(&b);
}

static void later_page_expired(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", "continue=t", 1, 410, "{}");
    kube_fixture_answer(
        b.f, "GET", "limit=500", 1, 200,
        "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t\"},\"items\":[" OBJ("x",
                                                                                       "1") "]}");
    kube_watch_step(b.w);
    expect(&b, "+x ");
    kube_fixture_answer(b.f, "GET", "/leases", 1, 200, LIST("10", OBJ("y", "2")));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    assert_null(strstr(http_fake_at(b.f->http, 2)->url, "limit"));
    expect(&b, "+y =[a/y] synced ");
    bench_done(&b);
}

static void too_large_in_one_piece(void **state)
{
    struct bench b;
    size_t n = KUBE_PAGE_MAX_BYTES + 1;
    char *huge = calloc(1, n);
    (void)state;
    assert_non_null(huge);
    bench_init(&b);
    http_fake_add(b.f->http, &(struct http_fake_rule){.times = 1, .body = huge, .body_n = n});
    kube_watch_step(b.w);
    kube_fixture_answer(b.f, "GET", "limit=500", 1, 200, LIST("10", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    assert_null(strstr(http_fake_at(b.f->http, 1)->url, "resourceVersion"));
    free(huge);
    bench_done(&b);
}

static void backs_off_and_forgives(void **state)
{
    struct bench b;
    static const unsigned want_ms[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};
    (void)state;
    bench_init(&b);
    http_fake_add(b.f->http, &(struct http_fake_rule){.fault = HTTP_FAKE_REFUSED});
    for (size_t i = 0; i < ARRAY_SIZE(want_ms); i++) {
        uint64_t now = clock_mono_ns(&b.f->clock.clock);
        assert_int_equal(kube_watch_step(b.w) - now, want_ms[i] * NS_PER_MS);
        clock_fake_advance_ns(&b.f->clock, want_ms[i] * NS_PER_MS);
    }
    clock_fake_advance_ns(&b.f->clock, 121 * NS_PER_S);
    uint64_t now = clock_mono_ns(&b.f->clock.clock);
    assert_int_equal(kube_watch_step(b.w) - now, 800 * NS_PER_MS);
    bench_done(&b);
}

static void stubborn_version_is_given_up(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, ERROR_EVENT("500", "InternalError"), false, HTTP_FAKE_NONE);
    kube_fixture_answer(b.f, "GET", "watch=1", 5, 500, "{}");
    kube_fixture_answer(b.f, "GET", "leases?resourceVersion=10", 1, 200, LIST("90", ""));
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    assert_non_null(strstr(kube_fixture_last(b.f, "GET", "watch=1")->url, "resourceVersion=90"));
    bench_done(&b);
}

static void watch_open_refused_keeps_place(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, EVENT("ADDED", OBJ("z", "15")), false, HTTP_FAKE_NONE);
    http_fake_add(b.f->http, &(struct http_fake_rule){
                                 .url = "watch=1", .times = 1, .fault = HTTP_FAKE_REFUSED});
    kube_fixture_answer(b.f, "GET", "watch=1", 1, 429, "{}");
    kube_fixture_stream(b.f, "watch=1", "");
    step_until_streaming(&b);
    assert_non_null(strstr(kube_fixture_last(b.f, "GET", "watch=1")->url, "resourceVersion=15"));
    assert_true(restarts("unreachable") == 1);
    assert_true(restarts("throttled") == 1);
    assert_int_equal(kube_fixture_count(b.f, "GET", "limit="), 1);
    bench_done(&b);
}

static void silence_is_probed(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, "", true, HTTP_FAKE_NONE);
    clock_fake_advance_ns(&b.f->clock, 119 * NS_PER_S);
    kube_watch_step(b.w);
    assert_int_equal(kube_fixture_count(b.f, NULL, "/readyz"), 0);
    kube_fixture_answer(b.f, "GET", "/readyz", 1, 200, "ok");
    clock_fake_advance_ns(&b.f->clock, 2 * NS_PER_S);
    uint64_t due = kube_watch_step(b.w);
    assert_int_equal(kube_fixture_count(b.f, NULL, "/readyz"), 1);
    assert_int_equal(http_fake_suspects(b.f->http), 0);
    assert_int_equal(due - clock_mono_ns(&b.f->clock.clock), KUBE_WATCH_CONTACT_NS);
    /* Contact by any other request counts. */
    clock_fake_advance_ns(&b.f->clock, 44 * NS_PER_S);
    kube_note_contact(b.f->k);
    clock_fake_advance_ns(&b.f->clock, 2 * NS_PER_S);
    kube_watch_step(b.w);
    assert_int_equal(kube_fixture_count(b.f, NULL, "/readyz"), 1);
    /* A dead connection is given up. */
    http_fake_add(b.f->http, &(struct http_fake_rule){.url = "/readyz", .fault = HTTP_FAKE_SLOW});
    clock_fake_advance_ns(&b.f->clock, 45 * NS_PER_S);
    kube_watch_step(b.w);
    assert_true(http_fake_suspects(b.f->http) > 0);
    assert_true(restarts("suspect") == 1);
    bench_done(&b);
}

static void hard_end(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, "", true, HTTP_FAKE_NONE);
    kube_fixture_answer(b.f, "GET", "/readyz", 0, 200, "ok");
    kube_fixture_stream(b.f, "watch=1", "");
    clock_fake_advance_ns(&b.f->clock, 331 * NS_PER_S); /* asked for 300 s, 30 s of grace */
    kube_watch_step(b.w);
    kube_watch_step(b.w);
    assert_int_equal(kube_fixture_count(b.f, "GET", "watch=1"), 2);
    assert_int_equal(http_fake_open_streams(b.f->http), 1);
    bench_done(&b);
}

static void many_lines_are_taken_in_turns(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, "", true, HTTP_FAKE_NONE);
    for (int i = 0; i < 300; i++)
        http_fake_push(b.f->http, "watch=1", BOOKMARK("11"));
    assert_int_equal(kube_watch_step(b.w), 0); /* not done yet: step again at once */
    assert_true(kube_watch_step(b.w) > clock_mono_ns(&b.f->clock.clock));
    bench_done(&b);
}

static void stop_is_no_failure(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    atomic_store(&b.stop, true);
    kube_watch_step(b.w);
    assert_int_equal(http_fake_count(b.f->http), 0);
    assert_int_equal(b.failures, 0);
    bench_done(&b);
}

static void vanished_group_is_asked_again(void **state)
{
    struct bench b;
    const struct kube_selector all = {.resource = &kube_external_secrets};
    (void)state;
    bench_init_of(&b, &all);
    kube_set_refuses_streaming_lists(b.f->k);
    kube_fixture_answer(b.f, "GET", "6443/apis/external-secrets.io", 1, 404, "{}");
    kube_watch_step(b.w);
    assert_int_equal(b.failure, ERR_NOT_FOUND);
    kube_fixture_serve_external_secrets(b.f);
    kube_fixture_answer(b.f, "GET", "/v1/externalsecrets?limit", 1, 404, "{}");
    kube_fixture_answer(b.f, "GET", "6443/apis/external-secrets.io", 1, 200,
                        "{\"versions\":[{\"version\":\"v1beta1\"}]}");
    kube_fixture_answer(b.f, "GET", "/v1beta1/externalsecrets?limit", 1, 200, LIST("1", ""));
    kube_fixture_stream(b.f, "/v1beta1/externalsecrets?watch", "");
    step_until_streaming(&b);
    expect(&b, "=[] synced ");
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(lists_then_follows),
        cmocka_unit_test(one_object),
        cmocka_unit_test(streaming_list),
        cmocka_unit_test(streaming_list_cut),
        cmocka_unit_test(relist_drops_the_vanished),
        cmocka_unit_test(asked_relist),
        cmocka_unit_test(later_page_expired),
        cmocka_unit_test(too_large_in_one_piece),
        cmocka_unit_test(backs_off_and_forgives),
        cmocka_unit_test(stubborn_version_is_given_up),
        cmocka_unit_test(watch_open_refused_keeps_place),
        cmocka_unit_test(silence_is_probed),
        cmocka_unit_test(hard_end),
        cmocka_unit_test(many_lines_are_taken_in_turns),
        cmocka_unit_test(stop_is_no_failure),
        cmocka_unit_test(vanished_group_is_asked_again),
    };
    return TABLE_RUN("streaming list refused", refusal_rows, streaming_refused) +
           TABLE_RUN("end of a watch", end_rows, one_end) +
           TABLE_RUN("failure of a list", list_rows, one_list_failure) +
           GROUP_RUN("kube_watch", others);
}
