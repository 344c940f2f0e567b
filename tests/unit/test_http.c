/* The checks and texts that all implementations share, and the scripted fake that other tests
 * stand on: a fake that lies makes them worthless. */
#include "tests/support/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "net/http.h"
#include "tests/support/http_fake.h"

static void assert_err(struct err *e, enum err_class cls, const char *part)
{
    assert_non_null(e);
    if (err_class(e) != cls || !strstr(err_text(e), part))
        fail_msg("%s: %s, want %s: ...%s...", err_class_name(err_class(e)), err_text(e),
                 err_class_name(cls), part);
    err_free(e);
}

/* ---- hosts and escapes ---- */

struct host_row {
    const char *name, *url, *want; /* NULL: malformed */
};

static const struct host_row host_rows[] = {
    {"plain", "https://a.example/x?y", "a.example"},
    {"port", "https://a.example:8443", "a.example:8443"},
    {"scheme in capitals", "HTTP://a.example/", "a.example"},
    {"query at once", "http://a.example?x=/@", "a.example"},
    {"fragment at once", "http://a.example#x", "a.example"},
    {"IPv6", "http://[::1]:80/", "[::1]:80"},
    {"user info", "https://user:pass@a.example/", "a.example"},
    {"two at signs", "https://user@b.example@a.example/", "a.example"},
    {"at sign in the path", "https://a.example/@b", "a.example"},
    {"no scheme", "a.example/x", NULL},
    {"other scheme", "file:///etc/passwd", NULL},
    {"no host", "https:///x", NULL},
    {"port only", "https://:80/", NULL},
    {"user only", "https://user@/", NULL},
    {"backslash", "https://a\\b/", NULL},
    {"blank", "https://a b/", NULL},
    {"empty", "", NULL},
    {"longer than out", "https://0123456789012345678901234567890123456789/", NULL},
};

static void one_host(void **state)
{
    const struct host_row *r = *state;
    char host[32] = "untouched";

    assert_int_equal(http_url_host(r->url, host, sizeof(host)), r->want != NULL);
    assert_string_equal(host, r->want ? r->want : "untouched");
}

struct escape_row {
    const char *name, *in, *want;
};

static const struct escape_row escape_rows[] = {
    {"unreserved", "AZaz09-._~", "AZaz09-._~"},
    {"reserved", ":/?#[]@!$&'()*+,;=%",
     "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25"},
    {"blank", "a b", "a%20b"},
    {"UTF-8", "\xc3\xa9", "%C3%A9"},
    {"control", "\n", "%0A"},
    {"empty", "", ""},
};

static void one_escape(void **state)
{
    const struct escape_row *r = *state;
    CLEANUP_STR_BUF struct str_buf out;

    str_buf_init(&out, 256);
    http_escape(&out, r->in);
    assert_string_equal(out.s, r->want);
}

static void escapes_a_zero_byte(void **state)
{
    CLEANUP_STR_BUF struct str_buf out;

    (void)state;
    str_buf_init(&out, 256);
    http_escape_bytes(&out, "a\0b", 3);
    assert_string_equal(out.s, "a%00b");
}

/* ---- refusals ---- */

struct refusal {
    const char *name, *method, *url;
    const struct http_header *headers;
    size_t n_headers, reply_max_bytes;
    bool is_plain_allowed, is_secret;
    const char *want; /* NULL: goes through */
};

static const struct http_header fine[] = {{.name = "X-A", .value = "a\tb \xc3\xa9"}};
static const struct http_header bad_name[] = {{.name = "X A", .value = "a"}};
static const struct http_header empty_name[] = {{.name = "", .value = "a"}};
static const struct http_header line_break[] = {{.name = "X-A", .value = "a\r\nX-B: b"}};
static const struct http_header many[HTTP_HEADERS_MAX + 1] = {{.name = "X-A", .value = "a"}};
static char long_url[HTTP_URL_MAX + 2];

static const struct refusal refusals[] = {
    {"https", "GET", "https://a.example/", .want = NULL},
    {"headers", "POST", "https://a.example/", fine, 1, .want = NULL},
    {"plain http", "GET", "http://a.example/", .want = "plain http"},
    {"plain http allowed", "GET", "http://a.example/", .is_plain_allowed = true},
    {"no URL", "GET", "", .want = "URL"},
    {"other scheme", "GET", "ftp://a.example/", .want = "URL"},
    {"blank in URL", "GET", "https://a.example/a b", .want = "URL"},
    {"line break in URL", "GET", "https://a.example/\r\nX: y", .want = "URL"},
    {"UTF-8 in URL", "GET", "https://a.example/\xc3\xa9", .want = "URL"},
    {"long URL", "GET", long_url, .want = "URL"},
    {"HEAD", "HEAD", "https://a.example/", .want = "method"},
    {"lower-case method", "get", "https://a.example/", .want = "method"},
    {"header name", "GET", "https://a.example/", bad_name, 1, .want = "name"},
    {"no header name", "GET", "https://a.example/", empty_name, 1, .want = "name"},
    {"header value", "GET", "https://a.example/", line_break, 1, .want = "X-A"},
    {"headers", "GET", "https://a.example/", many, HTTP_HEADERS_MAX + 1, .want = "more than 32"},
    {"largest text", "GET", "https://a.example/", .reply_max_bytes = HTTP_BODY_MAX},
    {"text limit", "GET", "https://a.example/", .reply_max_bytes = HTTP_BODY_MAX + 1,
     .want = "limit"},
    {"secret limit", "GET", "https://a.example/", .reply_max_bytes = HTTP_SECRET_BODY_MAX + 1,
     .is_secret = true, .want = "limit"},
};

static void one_refusal(void **state)
{
    const struct refusal *r = *state;
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    struct http *h = http_fake_http(f);
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP(http_stream) struct http_stream *stream = NULL;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    const struct http_request rq = {
        .method = r->method,
        .url = r->url,
        .headers = r->headers,
        .n_headers = r->n_headers,
        .reply_max_bytes = r->reply_max_bytes,
        .allow_plain_http = r->is_plain_allowed,
        .operation = "Try",
    };
    struct err *e;

    http_fake_add(f, &(struct http_fake_rule){.url = NULL});
    e = r->is_secret ? http_do_secret(h, &rq, &dl, &reply) : http_do(h, &rq, &dl, &reply);
    if (r->want) {
        assert_err(e, ERR_INVALID, r->want);
        assert_null(reply);
        if (!r->is_secret)
            assert_err(http_stream_open(h, &rq, &dl, &stream), ERR_INVALID, "Try: ");
    } else {
        assert_null(e);
        assert_null(http_stream_open(h, &rq, &dl, &stream));
    }
    assert_int_equal(http_fake_count(f), r->want ? 0 : 2);
}

static const struct http_request any = {
    .method = "GET", .url = "https://a.example/x?token=hidden", .operation = "Try"};

static void sends_nothing_when_time_is_up(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    const struct deadline dl = {clock_system(), 0, NULL};
    struct http_reply *reply = NULL;
    struct http_stream *stream = NULL;

    (void)state;
    assert_err(http_do(http_fake_http(f), &any, &dl, &reply), ERR_DEADLINE, "Try: ");
    assert_err(http_do_secret(http_fake_http(f), &any, &dl, &reply), ERR_DEADLINE, "Try: ");
    assert_err(http_stream_open(http_fake_http(f), &any, &dl, &stream), ERR_DEADLINE, "Try: ");
    assert_int_equal(http_fake_count(f), 0);
}

static void waits_in_slices_only_when_cancellable(void **state)
{
    struct clock_fake clock;
    atomic_bool is_cancelled = false;
    struct deadline dl;

    (void)state;
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    dl = deadline_in(&clock.clock, 10 * NS_PER_S);
    assert_int_equal(http_wait_slice_ns(&dl), 10 * NS_PER_S);
    dl.cancelled = &is_cancelled;
    assert_in_range(http_wait_slice_ns(&dl), 1, 100 * NS_PER_MS);
    atomic_store(&is_cancelled, true);
    assert_int_equal(http_wait_slice_ns(&dl), 0);
}

static void frees_nothing(void **state)
{
    (void)state;
    http_free(NULL);
    http_stream_free(NULL);
    http_reply_free(NULL);
}

/* ---- the fake ---- */

struct fault_row {
    const char *name;
    enum http_fake_fault fault;
    enum err_class cls;
    const char *text;
    bool is_after_lines;
};

static const struct fault_row fault_rows[] = {
    {"refused", HTTP_FAKE_REFUSED, ERR_UNAVAILABLE, "Try: a.example: connection refused", false},
    {"untrusted", HTTP_FAKE_UNTRUSTED, ERR_UNAVAILABLE, "certificate is not trusted", false},
    {"garbage", HTTP_FAKE_GARBAGE, ERR_UNAVAILABLE, "not HTTP", false},
    {"slow", HTTP_FAKE_SLOW, ERR_DEADLINE, "deadline", false},
    {"reset", HTTP_FAKE_RESET, ERR_UNAVAILABLE, "reset", true},
    {"cut", HTTP_FAKE_CUT, ERR_UNAVAILABLE, "cut short", true},
};

static void one_fault(void **state)
{
    const struct fault_row *r = *state;
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP(http_stream) struct http_stream *stream = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    struct clock_fake clock;
    struct deadline dl;
    bool has_line = false;

    str_buf_init(&line, 64);
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    dl = deadline_in(&clock.clock, 5 * NS_PER_S);
    http_fake_set_clock(f, &clock);
    http_fake_add(f, &(struct http_fake_rule){.fault = r->fault, .body = "one\n", .times = 2});
    if (r->is_after_lines) {
        assert_null(http_stream_open(http_fake_http(f), &any, &dl, &stream));
        assert_null(http_stream_next(stream, &dl, &line, &has_line));
        assert_string_equal(line.s, "one");
        assert_err(http_stream_next(stream, &dl, &line, &has_line), r->cls, r->text);
    } else if (r->fault != HTTP_FAKE_SLOW) {
        assert_err(http_stream_open(http_fake_http(f), &any, &dl, &stream), r->cls, r->text);
    }
    assert_err(http_do(http_fake_http(f), &any, &dl, &reply), r->cls, r->text);
    assert_int_equal(deadline_is_over(&dl), r->fault == HTTP_FAKE_SLOW);
    assert_int_equal(http_fake_unused(f), r->fault == HTTP_FAKE_SLOW);
}

static void fake_answers_by_rule(void **state)
{
    const struct http_header token = {.name = "X-Token", .secret = secret_view_of("t", 1)};
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    CLEANUP(http_reply) struct http_reply *first = NULL;
    CLEANUP(http_reply) struct http_reply *second = NULL;
    struct http_reply *third = NULL;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    struct http_request rq = any;

    (void)state;
    http_fake_add(f, &(struct http_fake_rule){.method = "POST", .body = "never"});
    http_fake_add(
        f, &(struct http_fake_rule){
               .url = "/x", .times = 1, .status = 429, .retry_after_s = 3, .error_type = "Slow"});
    http_fake_add(
        f, &(struct http_fake_rule){.body_part = "ab", .times = 1, .body = "s\0t", .body_n = 3});
    rq.body = secret_view_of("xabx", 4);
    rq.headers = &token;
    rq.n_headers = 1;
    assert_null(http_do(http_fake_http(f), &rq, &dl, &first));
    assert_int_equal(first->status, 429);
    assert_int_equal(first->retry_after_ns, 3 * NS_PER_S);
    assert_string_equal(first->error_type, "Slow");
    assert_null(http_do_secret(http_fake_http(f), &rq, &dl, &second));
    assert_int_equal(second->status, 200);
    assert_true(secret_view_equal(secret_buf_view(second->secret), secret_view_of("s\0t", 3)));
    assert_err(http_do(http_fake_http(f), &rq, &dl, &third), ERR_INTERNAL, "unexpected");
    assert_int_equal(http_fake_unexpected(f), 1);
    assert_int_equal(http_fake_count(f), 3);
    assert_string_equal(http_fake_at(f, 1)->headers, "X-Token: t\n");
    assert_string_equal(http_fake_at(f, 1)->body, "xabx");
    assert_true(http_fake_at(f, 1)->is_secret);
    assert_null(http_fake_at(f, 3));
}

static void fake_keeps_order(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    struct http_reply *reply = NULL;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);

    (void)state;
    http_fake_in_order(f);
    http_fake_add(f, &(struct http_fake_rule){.method = "POST", .times = 1});
    http_fake_add(f, &(struct http_fake_rule){.method = "GET", .times = 1});
    assert_err(http_do(http_fake_http(f), &any, &dl, &reply), ERR_INTERNAL, "unexpected");
    assert_int_equal(http_fake_unused(f), 2);
}

static void fake_limits_replies(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    struct http_reply *reply = NULL;
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);
    struct http_request rq = any;

    (void)state;
    rq.reply_max_bytes = 2;
    http_fake_add(f, &(struct http_fake_rule){.body = "abc"});
    assert_err(http_do(http_fake_http(f), &rq, &dl, &reply), ERR_INVALID, "larger than 2");
    assert_err(http_do_secret(http_fake_http(f), &rq, &dl, &reply), ERR_INVALID, "larger than 2");
}

static void fake_fails_the_nth_call(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    struct deadline dl = deadline_in(clock_system(), NS_PER_S);

    (void)state;
    http_fake_add(f, &(struct http_fake_rule){.url = NULL});
    http_fake_fail_nth(f, 2, HTTP_FAKE_RESET);
    for (int i = 1; i <= 3; i++) {
        CLEANUP(http_reply) struct http_reply *reply = NULL;
        struct err *e = http_do(http_fake_http(f), &any, &dl, &reply);

        if (i == 2)
            assert_err(e, ERR_UNAVAILABLE, "reset");
        else
            assert_null(e);
    }
}

static void count_call(void *ctx)
{
    ++*(int *)ctx;
}

static void fake_streams_live(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    CLEANUP(http_stream) struct http_stream *s = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    struct clock_fake clock;
    struct deadline dl;
    bool has_line = false;
    int n_calls = 0;

    (void)state;
    str_buf_init(&line, 64);
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    dl = deadline_in(&clock.clock, 5 * NS_PER_S);
    http_fake_add(f, &(struct http_fake_rule){.status = 200, .stays_open = true});
    assert_null(http_stream_open(http_fake_http(f), &any, &dl, &s));
    assert_int_equal(http_stream_status(s), 200);
    assert_int_equal(http_fake_open_streams(f), 1);
    http_stream_notify(s, count_call, &n_calls);
    assert_int_equal(n_calls, 0);
    assert_err(http_stream_next(s, &dl, &line, &has_line), ERR_DEADLINE, "deadline");
    assert_int_equal(http_fake_push(f, "/x", "a\nb\n"), 1);
    assert_int_equal(http_fake_push(f, "/y", "c\n"), 0);
    assert_int_equal(n_calls, 1);
    assert_null(http_stream_next(s, &dl, &line, &has_line));
    assert_string_equal(line.s, "a");
    http_suspect(http_fake_http(f));
    assert_int_equal(http_fake_suspects(f), 1);
    assert_int_equal(n_calls, 2);
    assert_null(http_stream_next(s, &dl, &line, &has_line));
    assert_string_equal(line.s, "b");
    assert_err(http_stream_next(s, &dl, &line, &has_line), ERR_UNAVAILABLE, "reset");
    http_stream_free(TAKE(s));
    assert_int_equal(http_fake_open_streams(f), 0);
}

static void push_later(void *ctx)
{
    while (http_fake_open_streams(ctx) == 0)
        continue;
    (void)http_fake_push(ctx, NULL, "late\n");
    (void)http_fake_end(ctx, NULL, HTTP_FAKE_NONE);
}

static void fake_wakes_a_reader_in_real_time(void **state)
{
    CLEANUP(http_fake) struct http_fake *f = http_fake_new();
    CLEANUP(http_stream) struct http_stream *s = NULL;
    CLEANUP_STR_BUF struct str_buf line;
    struct deadline dl = deadline_in(clock_system(), 20 * NS_PER_S);
    struct thread *thread;
    bool has_line = false;

    (void)state;
    str_buf_init(&line, 64);
    http_fake_add(f, &(struct http_fake_rule){.stays_open = true});
    thread = thread_start("test-push", push_later, f);
    assert_null(http_stream_open(http_fake_http(f), &any, &dl, &s));
    assert_null(http_stream_next(s, &dl, &line, &has_line));
    assert_string_equal(line.s, "late");
    assert_null(http_stream_next(s, &dl, &line, &has_line));
    assert_false(has_line);
    thread_join(thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_a_zero_byte),
        cmocka_unit_test(sends_nothing_when_time_is_up),
        cmocka_unit_test(waits_in_slices_only_when_cancellable),
        cmocka_unit_test(frees_nothing),
        cmocka_unit_test(fake_answers_by_rule),
        cmocka_unit_test(fake_keeps_order),
        cmocka_unit_test(fake_limits_replies),
        cmocka_unit_test(fake_fails_the_nth_call),
        cmocka_unit_test(fake_streams_live),
        cmocka_unit_test(fake_wakes_a_reader_in_real_time),
    };

    memset(long_url, 'a', sizeof(long_url) - 1);
    memcpy(long_url, "https://", 8);
    return TABLE_RUN("http hosts", host_rows, one_host) +
           TABLE_RUN("http escapes", escape_rows, one_escape) +
           TABLE_RUN("http refusals", refusals, one_refusal) +
           TABLE_RUN("http fake faults", fault_rows, one_fault) + GROUP_RUN("http", tests);
}
