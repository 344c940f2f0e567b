/* What is told of labelled Secrets, and when. */

#include "watch/watch_secrets.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/str_buf.h"
#include "kube/kube_pace.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define TEXT_MAX 4096
#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" items "]}"
#define SECRET(ns, name, rv)                                                                       \
    "{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name  \
    "\",\"resourceVersion\":\"" rv "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define LISTING "/secrets?labelSelector=lockstep.dev%2Fmanaged"
#define STREAM "/secrets?watch=1"

struct bench {
    struct kube_fixture *f;
    struct watch_secrets *s;
    struct str_buf told; /* "shop/db=5 shop/web=gone [shop/db] " */
    unsigned failures;
    atomic_uint lists; /* written by the thread, read by the test */
};

static void on_changed(void *ctx, const char *ns, const char *name, const char *version)
{
    struct bench *b = ctx;
    str_buf_printf(&b->told, "%s/%s=%s ", ns, name, version ? version : "gone");
}

static void on_listed(void *ctx, const struct map *names)
{
    struct bench *b = ctx;
    str_buf_puts(&b->told, "[");
    for (size_t i = 0; i < names->n; i++)
        str_buf_printf(&b->told, "%s%s", i ? " " : "", names->entries[i].key);
    str_buf_puts(&b->told, "] ");
    atomic_fetch_add(&b->lists, 1);
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    struct bench *b = ctx;
    assert_string_equal(what, "Secret");
    assert_non_null(e);
    b->failures++;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){.f = kube_fixture_new()};
    str_buf_init(&b->told, TEXT_MAX);
    kube_set_refuses_streaming_lists(b->f->k);
    b->s = watch_secrets_new(&(struct watch_secrets_options){.kube = b->f->k,
                                                             .changed = on_changed,
                                                             .listed = on_listed,
                                                             .ctx = b,
                                                             .failed = on_failed,
                                                             .failed_ctx = b});
}

static void bench_done(struct bench *b)
{
    watch_secrets_free(b->s);
    assert_int_equal(http_fake_open_streams(b->f->http), 0);
    assert_int_equal(http_fake_unexpected(b->f->http), 0);
    str_buf_done(&b->told);
    kube_fixture_free(b->f);
}

static void serve(struct bench *b)
{
    kube_fixture_answer(b->f, "GET", LISTING, 0, 200,
                        LIST(SECRET("shop", "db", "5") "," SECRET("till", "web", "6")));
    kube_fixture_stream(b->f, STREAM, "");
}

/* What was told since the last look. */
static void assert_told(struct bench *b, const char *want)
{
    assert_string_equal(b->told.s, want);
    str_buf_clear(&b->told);
}

static void asks_for_labelled_metadata(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    watch_secrets_update(b.s, 1);
    watch_secrets_step(b.s);
    assert_int_equal(http_fake_count(b.f->http), 2);
    const struct http_fake_request *list = kube_fixture_last(b.f, "GET", LISTING);
    const struct http_fake_request *stream = kube_fixture_last(b.f, "GET", STREAM);
    assert_non_null(strstr(list->headers, "Accept: " KUBE_METADATA_ONLY_LIST "\n"));
    assert_non_null(strstr(stream->headers, "Accept: " KUBE_METADATA_ONLY "\n"));
    assert_non_null(strstr(stream->url, "labelSelector=lockstep.dev%2Fmanaged"));
    assert_null(strstr(stream->url, "/namespaces/"));
    bench_done(&b);
}

static void only_while_shards_are_held(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    watch_secrets_step(b.s);
    assert_int_equal(http_fake_count(b.f->http), 0);
    watch_secrets_update(b.s, 3);
    watch_secrets_step(b.s);
    assert_told(&b, "shop/db=5 till/web=6 [shop/db till/web] ");
    watch_secrets_update(b.s, 2);
    watch_secrets_step(b.s);
    assert_int_equal(http_fake_open_streams(b.f->http), 1);
    watch_secrets_update(b.s, 0);
    watch_secrets_step(b.s);
    assert_int_equal(http_fake_open_streams(b.f->http), 0);
    assert_told(&b, "");
    watch_secrets_update(b.s, 1); /* and back again */
    watch_secrets_step(b.s);
    assert_told(&b, "shop/db=5 till/web=6 [shop/db till/web] ");
    bench_done(&b);
}

struct row {
    const char *name;
    const char *lines;
    const char *want;
};

static const struct row rows[] = {
    {"made", EVENT("ADDED", SECRET("shop", "new", "11")), "shop/new=11 "},
    {"changed", EVENT("MODIFIED", SECRET("shop", "db", "12")), "shop/db=12 "},
    {"deleted", EVENT("DELETED", SECRET("shop", "db", "13")), "shop/db=gone "},
    {"two", EVENT("MODIFIED", SECRET("shop", "db", "12")) EVENT("DELETED", SECRET("a", "b", "14")),
     "shop/db=12 a/b=gone "},
    {"bookmark", EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"15\"}}"), ""},
    {"without a version", EVENT("ADDED", "{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\"}}"),
     "a/b= "},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct bench b;
    bench_init(&b);
    serve(&b);
    watch_secrets_update(b.s, 1);
    watch_secrets_step(b.s);
    str_buf_clear(&b.told);
    assert_int_equal(http_fake_push(b.f->http, STREAM, r->lines), 1);
    watch_secrets_step(b.s);
    assert_told(&b, r->want);
    bench_done(&b);
}

static void a_missing_right_is_told_and_asked_for_again(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", LISTING, 1, 403, "{}");
    serve(&b);
    watch_secrets_update(b.s, 1);
    watch_secrets_step(b.s);
    assert_int_equal(b.failures, 1);
    assert_told(&b, "");
    clock_fake_advance_ns(&b.f->clock, 2 * NS_PER_S);
    watch_secrets_step(b.s);
    assert_told(&b, "shop/db=5 till/web=6 [shop/db till/web] ");
    bench_done(&b);
}

static void a_new_list_tells_who_is_left(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    kube_fixture_answer(b.f, "GET", LISTING, 1, 200, LIST(SECRET("shop", "db", "5")));
    kube_fixture_answer(b.f, "GET", LISTING, 1, 200, LIST(""));
    kube_fixture_stream(b.f, STREAM, "");
    watch_secrets_update(b.s, 1);
    watch_secrets_step(b.s);
    assert_told(&b, "shop/db=5 [shop/db] ");
    http_fake_push(b.f->http, STREAM,
                   EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}"));
    watch_secrets_step(b.s);
    clock_fake_advance_ns(&b.f->clock, 2 * NS_PER_S);
    watch_secrets_step(b.s);
    assert_told(&b, "[] ");
    bench_done(&b);
}

static void thread_starts_and_stops(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b);
    serve(&b);
    watch_secrets_update(b.s, 1);
    watch_secrets_start(b.s);
    for (int i = 0; i < 2000 && atomic_load(&b.lists) == 0; i++) {
        struct deadline dl = deadline_in(clock_system(), 2 * NS_PER_MS);
        kube_waiter_system()->wait(NULL, 2 * NS_PER_MS, &dl);
    }
    assert_int_equal(atomic_load(&b.lists), 1);
    watch_secrets_stop(b.s);
    watch_secrets_stop(b.s);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_labelled_metadata),
        cmocka_unit_test(only_while_shards_are_held),
        cmocka_unit_test(a_missing_right_is_told_and_asked_for_again),
        cmocka_unit_test(a_new_list_tells_who_is_left),
        cmocka_unit_test(thread_starts_and_stops),
    };
    return TABLE_RUN("watch_secrets_events", rows, one_row) + GROUP_RUN("watch_secrets", tests);
}
