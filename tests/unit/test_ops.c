/* Health with a clock that the test moves, the page and the metrics as text, and all of them over
 * a loopback port that the kernel picks. */

#include "ops/ops_http.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/metric.h"
#include "base/thread.h"
#include "ops/ops_health.h"
#include "ops/ops_metrics.h"
#include "ops/ops_page.h"
#include "ops/ops_process.h"
#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

#define TEXT_MAX (1u << 20)
#define DOC "docs/OPERATIONS.md" /* tests run in the top folder */

/* Addresses. */

struct address_row {
    const char *name;
    const char *url; /* NULL: refused */
};

static const struct address_row address_rows[] = {
    {"127.0.0.1:9808", "http://127.0.0.1:9808"},
    {"10.1.2.3:1", "http://10.1.2.3:1"},
    {"0.0.0.0:9808", "http://127.0.0.1:9808"},
    {":9808", "http://127.0.0.1:9808"},
    {":0", "http://127.0.0.1:0"},
    {"[::1]:65535", "http://[::1]:65535"},
    {"[::]:9808", "http://[::1]:9808"},
    {"[fd00::7]:80", "http://[fd00::7]:80"},
    {":", NULL},
    {"9808", NULL},
    {"127.0.0.1", NULL},
    {"127.0.0.1:", NULL},
    {"127.0.0.1:65536", NULL},
    {"127.0.0.1:-1", NULL},
    {"127.0.0.1:80x", NULL},
    {"127.0.0.1:000080", NULL},
    {"localhost:80", NULL},
    {"::1:80", NULL},
    {"[::1:80", NULL},
    {"[]:80", NULL},
    {"[x]:80", NULL},
    {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80", NULL},
    {"127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1:80", NULL},
};

static void address(void **state)
{
    const struct address_row *row = *state;
    struct ops_address a = {0};
    char url[OPS_ADDRESS_TEXT_MAX];
    CLEANUP(err) struct err *e = ops_address_parse(row->name, &a);
    if (!row->url) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    assert_null(e);
    ops_address_url(&a, url);
    assert_string_equal(url, row->url);
}

/* Heartbeats: steps at given seconds, then the answer. */

struct beat_row {
    const char *name;
    const char *steps; /* 'b' beat, 'r' rest, '.' one second */
    bool want_alive;
    const char *want_body;
};

static const struct beat_row beat_rows[] = {
    {"rests before its first beat", "......", true, "[+]loop ok\n"},
    {"just beaten", "b", true, "[+]loop ok\n"},
    {"at the limit", "b...", true, "[+]loop ok\n"},
    {"over the limit", "b....", false, "[-]loop: no sign of life for 4 s, expected every 3 s\n"},
    {"beats again", "b..b...", true, "[+]loop ok\n"},
    {"comes back", "b.....b", true, "[+]loop ok\n"},
    {"rests", "b.r.....", true, "[+]loop ok\n"},
    {"busy after a rest", "b.r.b....", false,
     "[-]loop: no sign of life for 4 s, expected every 3 s\n"},
};

static void beats(void **state)
{
    const struct beat_row *row = *state;
    struct clock_fake clock;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, TEXT_MAX);
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(ops_health) struct ops_health *h = ops_health_new(&clock.clock);
    struct ops_heartbeat *b = ops_health_register(h, "loop", 3 * NS_PER_S);
    for (const char *step = row->steps; *step; step++) {
        if (*step == 'b')
            ops_health_beat(b);
        else if (*step == 'r')
            ops_health_rest(b);
        else
            clock_fake_advance_ns(&clock, NS_PER_S);
    }
    assert_int_equal(ops_health_is_alive(h, &body), row->want_alive);
    assert_string_equal(body.s, row->want_body);
    assert_int_equal(ops_health_is_alive(h, NULL), row->want_alive);
}

static void beats_are_optional(void **state)
{
    (void)state;
    ops_health_beat(NULL);
    ops_health_rest(NULL);
    ops_health_free(NULL);
    ops_http_free(NULL);
    ops_page_free(NULL);
    ops_metrics_free(NULL);
}

/* Conditions. */

struct condition_case {
    bool is_ready;
    const char *reason;
};

static bool ask_condition(void *ctx, char *reason, size_t reason_size)
{
    const struct condition_case *c = ctx;
    if (c->reason)
        snprintf(reason, reason_size, "%s", c->reason);
    return c->is_ready;
}

struct ready_row {
    const char *name;
    struct condition_case conditions[2];
    bool want_ready;
    const char *want_body;
};

static const struct ready_row ready_rows[] = {
    {"all hold", {{true, NULL}, {true, NULL}}, true, "[+]one ok\n[+]two ok\n"},
    {"first fails", {{false, "no socket"}, {true, NULL}}, false, "[-]one: no socket\n[+]two ok\n"},
    {"last fails", {{true, NULL}, {false, "not synced"}}, false, "[+]one ok\n[-]two: not synced\n"},
    {"both fail", {{false, "a"}, {false, "b"}}, false, "[-]one: a\n[-]two: b\n"},
    {"without a reason", {{false, NULL}, {true, NULL}}, false, "[-]one: not ready\n[+]two ok\n"},
};

static void ready(void **state)
{
    const struct ready_row *row = *state;
    struct condition_case conditions[2] = {row->conditions[0], row->conditions[1]};
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, TEXT_MAX);
    CLEANUP(ops_health) struct ops_health *h = ops_health_new(clock_system());
    ops_health_condition(h, "one", ask_condition, &conditions[0]);
    ops_health_condition(h, "two", ask_condition, &conditions[1]);
    assert_int_equal(ops_health_is_ready(h, &body), row->want_ready);
    assert_string_equal(body.s, row->want_body);
    assert_int_equal(ops_health_is_ready(h, NULL), row->want_ready);
}

/* Ages and cells. */

struct age_row {
    const char *name;
    uint64_t age_s;
    const char *want;
};

static const struct age_row age_rows[] = {
    {"none", 0, "0s\t"},         {"seconds", 59, "59s\t"},
    {"minutes", 60, "1m\t"},     {"under an hour", 3599, "59m\t"},
    {"an hour", 3600, "1h0m\t"}, {"under a day", 86399, "23h59m\t"},
    {"a day", 86400, "1d0h\t"},  {"a long time", 10000000, "115d17h\t"},
};

static void age(void **state)
{
    const struct age_row *row = *state;
    CLEANUP_STR_BUF struct str_buf out;
    str_buf_init(&out, TEXT_MAX);
    ops_page_cell_age(&out, row->age_s * NS_PER_S);
    assert_string_equal(out.s, row->want);
}

struct cell_row {
    const char *name;
    const char *text;
    const char *want;
};

static const struct cell_row cell_rows[] = {
    {"plain", "web-1", "web-1\t"},   {"empty", "", "-\t"},
    {"absent", NULL, "-\t"},         {"tab and newline", "a\tb\nc", "a b c\t"},
    {"escape", "\033[2J", " [2J\t"}, {"UTF-8", "\xc3\xa9", "\xc3\xa9\t"},
    {"no UTF-8", "\xff", "?\t"},
};

static void cells(void **state)
{
    const struct cell_row *row = *state;
    CLEANUP_STR_BUF struct str_buf out;
    str_buf_init(&out, TEXT_MAX);
    ops_page_cell(&out, row->text);
    assert_string_equal(out.s, row->want);
}

/* A whole agent in miniature, served on loopback. */

static void fill_facts(void *ctx, struct str_buf *out)
{
    (void)ctx;
    ops_page_cell(out, "shards held");
    ops_page_cell(out, "3 of 8");
    ops_page_row_end(out);
}

static void fill_volumes(void *ctx, struct str_buf *out)
{
    const char *const *pod = ctx;
    const char *const texts[] = {"shop", *pod, "db"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        ops_page_cell(out, texts[i]);
    ops_page_cell_age(out, 90 * NS_PER_S);
    ops_page_cell(out, "ok <fine>");
    ops_page_row_end(out);
}

static void fill_no_specs(void *ctx, struct str_buf *out)
{
    (void)ctx;
    (void)out;
}

static const struct ops_page_source page_source = {fill_facts, fill_volumes, fill_no_specs};

static void set_volumes(void *ctx)
{
    atomic_int *scrapes = ctx;
    metric_set(METRIC_VOLUMES, 40 + atomic_fetch_add(scrapes, 1), NULL, NULL, NULL);
}

static void overflow(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    CLEANUP_STR char *block = xcalloc(1, OPS_HTTP_BODY_MAX);
    (void)ctx;
    (void)rq;
    memset(block, 'x', OPS_HTTP_BODY_MAX - 1);
    str_buf_puts(&reply->body, block);
    str_buf_puts(&reply->body, "xx");
}

struct agent {
    struct clock_fake clock;
    struct ops_health *health;
    struct ops_metrics *metrics;
    struct ops_page *page;
    struct ops_http *http;
    struct ops_route routes[5];
    struct ops_heartbeat *beat;
    struct condition_case condition;
    atomic_int scrapes; /* written by the listener's thread, read by nobody else */
    const char *pod;
};

static void agent_start(struct agent *a)
{
    struct ops_address where = {0};
    *a = (struct agent){.condition = {true, NULL}, .pod = "web-1"};
    clock_fake_init(&a->clock, CLOCK_FAKE_UNIX_S);
    a->health = ops_health_new(&a->clock.clock);
    a->beat = ops_health_register(a->health, "loop", 3 * NS_PER_S);
    ops_health_condition(a->health, "registered", ask_condition, &a->condition);
    a->metrics = ops_metrics_new(&a->clock.clock);
    ops_metrics_add(a->metrics, set_volumes, &a->scrapes);
    const struct ops_page_options o = {
        .version = "1.2.3",
        .commit = "abc",
        .node_name = "n1",
        .source = "kubernetes",
        .mirror = "off",
        .health = a->health,
        .clock = &a->clock.clock,
        .rows = &page_source,
        .rows_ctx = &a->pod,
    };
    a->page = ops_page_new(&o);
    a->routes[0] = (struct ops_route){"/healthz", ops_health_serve_alive, a->health};
    a->routes[1] = (struct ops_route){"/readyz", ops_health_serve_ready, a->health};
    a->routes[2] = (struct ops_route){"/metrics", ops_metrics_serve, a->metrics};
    a->routes[3] = (struct ops_route){"/", ops_page_serve, a->page};
    a->routes[4] = (struct ops_route){"/huge", overflow, NULL};
    assert_null(ops_address_parse("127.0.0.1:0", &where));
    assert_null(ops_http_start(&where, a->routes, ARRAY_SIZE(a->routes), &a->http));
}

static void agent_stop(struct agent *a)
{
    ops_http_free(a->http);
    ops_page_free(a->page);
    ops_metrics_free(a->metrics);
    ops_health_free(a->health);
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* Send a request and read until the other side closes; caller frees. */
static char *ask(uint16_t port, const char *request)
{
    CLEANUP_STR_BUF struct str_buf reply;
    str_buf_init(&reply, (size_t)2 * OPS_HTTP_BODY_MAX);
    char block[4096];
    int fd = dial(port);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    for (ssize_t n = read(fd, block, sizeof(block)); n > 0; n = read(fd, block, sizeof(block)))
        str_buf_append(&reply, block, (size_t)n);
    close(fd);
    return str_buf_take(&reply);
}

static char *get(const struct agent *a, const char *path, const char *more)
{
    CLEANUP_STR char *request =
        xasprintf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, more);
    return ask(ops_http_port(a->http), request);
}

struct http_row {
    const char *name;
    const char *request; /* without Host and Connection */
    const char *want_status;
    const char *want[3];
    const char *must_not;
};

static const struct http_row http_rows[] = {
    {"healthz", "GET /healthz HTTP/1.1", "200", {"\r\n\r\n[+]loop ok\nok\n"}, NULL},
    {"readyz", "GET /readyz HTTP/1.1", "200", {"\r\n\r\n[+]registered ok\nok\n"}, NULL},
    {"query is ignored", "GET /readyz?verbose HTTP/1.1", "200", {"[+]registered ok\n"}, NULL},
    {"metrics",
     "GET /metrics HTTP/1.1",
     "200",
     {"Content-Type: text/plain; version=0.0.4", "\nlockstep_volumes 40\n", "\nprocess_open_fds "},
     NULL},
    {"page",
     "GET / HTTP/1.1",
     "200",
     {"lockstep 1.2.3\n", "  shop       web-1  db              1m   ok <fine>\n",
      "\nnot ready: 0\n"},
     "<pre>"},
    {"page for a browser",
     "GET / HTTP/1.1\r\nAccept: text/html,*/*",
     "200",
     {"Content-Type: text/html", "ok &lt;fine&gt;", "default-src 'none'"},
     "<fine>"},
    {"no body for HEAD", "HEAD /healthz HTTP/1.1", "200", {"Content-Length: 14\r\n"}, "[+]"},
    {"nothing there", "GET /secret HTTP/1.1", "404", {"not found\n"}, NULL},
    {"below a path", "GET /healthz/x HTTP/1.1", "404", {"not found\n"}, NULL},
    {"another method",
     "POST /healthz HTTP/1.1\r\nContent-Length: 0",
     "405",
     {"Allow: GET, HEAD\r\n"},
     "[+]"},
    {"a method of its own", "DELETE / HTTP/1.1", "405", {"only GET and HEAD\n"}, NULL},
    {"too large", "GET /huge HTTP/1.1", "500", {"too large to show\n"}, "xxxx"},
    {"no caching", "GET / HTTP/1.1", "200", {"Cache-Control: no-store\r\n", "nosniff"}, NULL},
};

static void over_http(void **state)
{
    const struct http_row *row = *state;
    struct agent a;
    CLEANUP_STR char *request =
        xasprintf("%s\r\nHost: x\r\nConnection: close\r\n\r\n", row->request);
    metric_reset();
    agent_start(&a);
    CLEANUP_STR char *reply = ask(ops_http_port(a.http), request);
    agent_stop(&a);
    assert_memory_equal(reply, "HTTP/1.1 ", 9);
    assert_memory_equal(reply + 9, row->want_status, 3);
    for (size_t i = 0; i < ARRAY_SIZE(row->want) && row->want[i]; i++)
        if (!strstr(reply, row->want[i]))
            fail_msg("no \"%s\" in: %s", row->want[i], reply);
    if (row->must_not)
        assert_null(strstr(reply, row->must_not));
}

static void failing_is_503(void **state)
{
    struct agent a;
    (void)state;
    agent_start(&a);
    a.condition = (struct condition_case){false, "no kubelet"};
    ops_health_beat(a.beat);
    clock_fake_advance_ns(&a.clock, 4 * NS_PER_S);
    CLEANUP_STR char *alive = get(&a, "/healthz", "");
    CLEANUP_STR char *is_ready = get(&a, "/readyz", "");
    CLEANUP_STR char *page = get(&a, "/", "");
    agent_stop(&a);
    assert_memory_equal(alive, "HTTP/1.1 503", 12);
    assert_non_null(strstr(alive, "[-]loop: no sign of life"));
    assert_memory_equal(is_ready, "HTTP/1.1 503", 12);
    assert_non_null(strstr(is_ready, "[-]registered: no kubelet\nfailed\n"));
    assert_memory_equal(page, "HTTP/1.1 200", 12);
    assert_non_null(strstr(page, "\nready: NO\n  [-]registered: no kubelet\n"));
    assert_non_null(strstr(page, "\nalive: NO\n"));
}

/* Headers beyond the limit end the connection with an error, not with a page. */
static void oversized_headers(void **state)
{
    struct agent a;
    CLEANUP_STR char *more = xalloc(OPS_HTTP_REQUEST_MAX + 8);
    (void)state;
    memset(more, 'h', OPS_HTTP_REQUEST_MAX + 7);
    memcpy(more, "X: ", 3);
    memcpy(more + OPS_HTTP_REQUEST_MAX + 4, "\r\n", 3);
    agent_start(&a);
    CLEANUP_STR char *reply = get(&a, "/healthz", more);
    agent_stop(&a);
    assert_null(strstr(reply, "[+]loop"));
}

static void taken_port(void **state)
{
    struct agent a;
    struct ops_address where = {0};
    struct ops_http *second = NULL;
    char text[32];
    (void)state;
    agent_start(&a);
    snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)ops_http_port(a.http));
    assert_null(ops_address_parse(text, &where));
    CLEANUP(err) struct err *e = ops_http_start(&where, a.routes, 1, &second);
    agent_stop(&a);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_non_null(strstr(err_text(e), "admin listener: port "));
    assert_null(second);
}

/* ":0" listens on all addresses, whether or not there is IPv6. */
static void all_addresses(void **state)
{
    static const struct ops_route no_routes[1];
    struct ops_address where = {0};
    CLEANUP(ops_http) struct ops_http *http = NULL;
    (void)state;
    assert_null(ops_address_parse(":0", &where));
    assert_null(ops_http_start(&where, no_routes, 0, &http));
    CLEANUP_STR char *reply = ask(ops_http_port(http), "GET / HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(reply, " 404 "));
}

/* Beats from loops while probes ask; what the thread sanitizer looks at. */

#define ROUNDS 200

static void loop_main(void *arg)
{
    struct ops_heartbeat *b = arg;
    for (int i = 0; i < ROUNDS; i++) {
        ops_health_beat(b);
        ops_health_rest(b);
    }
}

static void beats_while_asked(void **state)
{
    struct agent a;
    (void)state;
    agent_start(&a);
    struct thread *t = thread_start("test-loop", loop_main, a.beat);
    for (int i = 0; i < 5; i++) {
        CLEANUP_STR char *reply = get(&a, "/healthz", "");
        assert_memory_equal(reply, "HTTP/1.1 200", 12);
    }
    thread_join(t);
    agent_stop(&a);
}

/* Every scrape refreshes; start and secret memory are there without anybody's help. */
static void metrics_refresh(void **state)
{
    struct clock_fake clock;
    atomic_int scrapes = 0;
    CLEANUP_STR_BUF struct str_buf out;
    str_buf_init(&out, TEXT_MAX);
    (void)state;
    metric_reset();
    clock_fake_init(&clock, CLOCK_FAKE_UNIX_S);
    CLEANUP(ops_metrics) struct ops_metrics *m = ops_metrics_new(&clock.clock);
    ops_metrics_add(m, set_volumes, &scrapes);
    ops_metrics_print(m, &out);
    assert_non_null(strstr(out.s, "\nlockstep_volumes 40\n"));
    assert_non_null(strstr(out.s, "\nlockstep_secret_memory_bytes{state=\"used\"} "));
    str_buf_clear(&out);
    ops_metrics_print(m, &out);
    assert_non_null(strstr(out.s, "\nlockstep_volumes 41\n"));
    assert_true(metric_value(METRIC_START_TIME, NULL, NULL, NULL) == (double)CLOCK_FAKE_UNIX_S);
}

/* Each metric stands in the manual. */
static void manual_is_complete(void **state)
{
    static const char type[] = "\n# TYPE ";
    CLEANUP_STR_BUF struct str_buf out;
    CLEANUP_STR char *text = NULL;
    size_t count = 0;
    str_buf_init(&out, TEXT_MAX);
    (void)state;
    assert_null(fs_read_text(AT_FDCWD, DOC, TEXT_MAX, &text, NULL));
    CLEANUP(ops_metrics) struct ops_metrics *m = ops_metrics_new(clock_system());
    ops_metrics_print(m, &out);
    for (const char *at = strstr(out.s, type); at; at = strstr(at + 1, type), count++) {
        const char *name = at + sizeof(type) - 1;
        CLEANUP_STR char *row = xasprintf("\n| `%.*s` | ", (int)strcspn(name, " "), name);
        if (!strstr(text, row))
            fail_msg("%s lacks:%s", DOC, row);
    }
    assert_true(count > METRIC_COUNT);
}

struct process_row {
    const char *name;
    double least;
};

static const struct process_row process_rows[] = {
    {"process_cpu_seconds_total", 0},
    {"process_resident_memory_bytes", 4096},
    {"process_virtual_memory_bytes", 4096},
    {"process_threads", 1},
    {"process_open_fds", 1},
    {"process_max_fds", 3},
};

static void process(void **state)
{
    const struct process_row *row = *state;
    CLEANUP_STR_BUF struct str_buf out;
    str_buf_init(&out, TEXT_MAX);
    CLEANUP_STR char *line = xasprintf("\n%s ", row->name);
    ops_process_print(&out);
    const char *at = strstr(out.s, line);
    assert_non_null(at);
    assert_true(strtod(at + strlen(line), NULL) >= row->least);
}

/* Tables that nobody fills are left out, columns line up, and wide letters count as one. */
static void page_tables(void **state)
{
    static const struct ops_page_source none = {NULL, NULL, NULL};
    struct agent a;
    CLEANUP_STR_BUF struct str_buf out;
    str_buf_init(&out, TEXT_MAX);
    (void)state;
    agent_start(&a);
    a.pod = "w\xc3\xa9\x62";
    ops_page_print(a.page, &out);
    assert_non_null(strstr(out.s, "\nvolumes: 1\n"
                                  "  NAMESPACE  POD  EXTERNALSECRET  AGE  STATE\n"
                                  "  shop       w\xc3\xa9\x62  db              1m   ok <fine>\n"));
    assert_non_null(strstr(out.s, "\n  shards held    3 of 8\n"));
    const struct ops_page_options o = {
        .health = a.health, .clock = &a.clock.clock, .rows = &none, .version = "1"};
    CLEANUP(ops_page) struct ops_page *bare = ops_page_new(&o);
    str_buf_clear(&out);
    ops_page_print(bare, &out);
    agent_stop(&a);
    assert_null(strstr(out.s, "volumes:"));
    assert_non_null(strstr(out.s, "\n  node           -\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beats_are_optional), cmocka_unit_test(failing_is_503),
        cmocka_unit_test(oversized_headers),  cmocka_unit_test(taken_port),
        cmocka_unit_test(all_addresses),      cmocka_unit_test(beats_while_asked),
        cmocka_unit_test(metrics_refresh),    cmocka_unit_test(page_tables),
        cmocka_unit_test(manual_is_complete),
    };
    return TABLE_RUN("ops_address", address_rows, address) +
           TABLE_RUN("ops_beats", beat_rows, beats) + TABLE_RUN("ops_ready", ready_rows, ready) +
           TABLE_RUN("ops_age", age_rows, age) + TABLE_RUN("ops_cell", cell_rows, cells) +
           TABLE_RUN("ops_http", http_rows, over_http) +
           TABLE_RUN("ops_process", process_rows, process) + GROUP_RUN("ops", tests);
}
