/* Bytes in any cut, lines out whole; the bound holds, and both ways of waking the reader work. */
#include "tests/support/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "net/line_pipe.h"

#define CHUNK 16384

static struct deadline now(void)
{
    return (struct deadline){clock_system(), 0, NULL};
}

static struct err *next(struct line_pipe *p, struct str_buf *line, bool *has_line, bool *wants_more)
{
    struct deadline dl = now();

    return line_pipe_next(p, &dl, line, has_line, wants_more);
}

static void assert_err(struct err *e, enum err_class cls, const char *part)
{
    assert_non_null(e);
    if (err_class(e) != cls || !strstr(err_text(e), part))
        fail_msg("%s: %s", err_class_name(err_class(e)), err_text(e));
    err_free(e);
}

struct row {
    const char *name;
    const char *in[4];    /* pushes, up to NULL */
    const char *lines[4]; /* then these lines, up to NULL */
    bool is_cut;          /* and this end */
};

static const struct row rows[] = {
    {"nothing", .in = {NULL}},
    {"one line", .in = {"a\n"}, .lines = {"a"}},
    {"empty lines", .in = {"\n\n"}, .lines = {"", ""}},
    {"cut anywhere", .in = {"a", "b\nc", "d\n"}, .lines = {"ab", "cd"}},
    {"LF comes alone", .in = {"a", "\n", "b", "\n"}, .lines = {"a", "b"}},
    {"rest without LF", .in = {"a\nb"}, .lines = {"a", "b"}},
    {"CR stays", .in = {"a\r\n"}, .lines = {"a\r"}},
    {"broken off", .in = {"a\nb"}, .lines = {"a"}, .is_cut = true},
    {"broken off at once", .in = {NULL}, .is_cut = true},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    bool wants_more;

    str_buf_init(&line, 64);
    for (size_t i = 0; i < ARRAY_SIZE(r->in) && r->in[i]; i++)
        assert_int_equal(line_pipe_push(p, r->in[i], strlen(r->in[i])), LINE_PIPE_TAKEN);
    line_pipe_end(p, r->is_cut ? err_new(ERR_UNAVAILABLE, "cut") : NULL);
    for (size_t i = 0; i < ARRAY_SIZE(r->lines) && r->lines[i]; i++) {
        assert_null(next(p, &line, &has_line, &wants_more));
        assert_true(has_line);
        assert_string_equal(line.s, r->lines[i]);
    }
    for (int again = 0; again < 2; again++) {
        if (r->is_cut) {
            assert_err(next(p, &line, &has_line, &wants_more), ERR_UNAVAILABLE, "cut");
        } else {
            assert_null(next(p, &line, &has_line, &wants_more));
            assert_false(has_line);
        }
    }
}

static void never_waits_past_the_deadline(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR_BUF struct str_buf line;
    struct deadline dl = now();
    bool has_line = false;
    bool wants_more;
    int status = 0;

    (void)state;
    str_buf_init(&line, 64);
    assert_err(line_pipe_wait_begin(p, &dl, &status), ERR_DEADLINE, "label: ");
    assert_err(next(p, &line, &has_line, &wants_more), ERR_DEADLINE, "label: ");
    line_pipe_begin(p, 200);
    assert_null(line_pipe_wait_begin(p, &dl, &status));
    assert_int_equal(status, 200);
    line_pipe_push(p, "a", 1);
    assert_err(next(p, &line, &has_line, &wants_more), ERR_DEADLINE, "label: ");
    line_pipe_push(p, "\n", 1);
    assert_null(next(p, &line, &has_line, &wants_more));
    assert_string_equal(line.s, "a");
}

static void ends_before_it_begins(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    struct deadline dl = now();
    int status = 7;

    (void)state;
    line_pipe_end(p, err_new(ERR_UNAVAILABLE, "refused"));
    line_pipe_end(p, err_new(ERR_INTERNAL, "too late to count"));
    assert_err(line_pipe_wait_begin(p, &dl, &status), ERR_UNAVAILABLE, "refused");
    assert_int_equal(status, 7);
}

/* Fill p with chunks of lines of 64 bytes until it refuses; the chunks taken. */
static size_t fill(struct line_pipe *p, const char *chunk)
{
    size_t n = 0;

    while (line_pipe_push(p, chunk, CHUNK) == LINE_PIPE_TAKEN)
        n++;
    return n;
}

static void has_a_bound(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR char *chunk = xcalloc(1, CHUNK);
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    bool wants_more = false;
    size_t read = 0;

    (void)state;
    str_buf_init(&line, 64);
    memset(chunk, 'x', CHUNK);
    for (size_t i = 63; i < CHUNK; i += 64)
        chunk[i] = '\n';
    assert_int_equal(fill(p, chunk), LINE_PIPE_FULL_BYTES / CHUNK);
    assert_int_equal(line_pipe_push(p, chunk, CHUNK), LINE_PIPE_FULL);
    for (; !wants_more; read++)
        assert_null(next(p, &line, &has_line, &wants_more));
    assert_int_equal(read, LINE_PIPE_FULL_BYTES / 2 / 64);
    assert_null(next(p, &line, &has_line, &wants_more));
    assert_false(wants_more);
    assert_int_equal(fill(p, chunk), LINE_PIPE_FULL_BYTES / 2 / CHUNK + 1);
}

static void takes_a_line_longer_than_the_bound(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR char *chunk = xcalloc(1, CHUNK);
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    bool wants_more;
    size_t n = 0;

    (void)state;
    str_buf_init(&line, HTTP_LINE_MAX);
    memset(chunk, 'x', CHUNK);
    for (; n < HTTP_LINE_MAX; n += CHUNK)
        assert_int_equal(line_pipe_push(p, chunk, CHUNK), LINE_PIPE_TAKEN);
    assert_int_equal(line_pipe_push(p, "\n", 1), LINE_PIPE_TAKEN);
    assert_null(next(p, &line, &has_line, &wants_more));
    assert_int_equal(line.n, HTTP_LINE_MAX);
    for (n = 0; n < HTTP_LINE_MAX; n += CHUNK)
        assert_int_equal(line_pipe_push(p, chunk, CHUNK), LINE_PIPE_TAKEN);
    assert_int_equal(line_pipe_push(p, "x", 1), LINE_PIPE_CLOSED);
    assert_int_equal(line_pipe_push(p, "x", 1), LINE_PIPE_CLOSED);
    assert_err(next(p, &line, &has_line, &wants_more), ERR_INVALID, "label: a line is longer");
}

static void refuses_what_the_reader_has_no_room_for(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR_BUF struct str_buf line;
    bool has_line = true;
    bool wants_more;

    (void)state;
    str_buf_init(&line, 3);
    line_pipe_push(p, "abcd\nabc\n", 9);
    assert_err(next(p, &line, &has_line, &wants_more), ERR_INVALID, "longer than 3");
    assert_null(next(p, &line, &has_line, &wants_more));
    assert_string_equal(line.s, "abc");
}

static void count_call(void *ctx)
{
    ++*(int *)ctx;
}

static void notifies_when_there_is_something(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    int n = 0;

    (void)state;
    line_pipe_notify(p, count_call, &n);
    line_pipe_begin(p, 200);
    line_pipe_push(p, "a", 1);
    assert_int_equal(n, 0);
    line_pipe_push(p, "\n", 1);
    assert_int_equal(n, 1);
    line_pipe_end(p, NULL);
    assert_int_equal(n, 2);
    line_pipe_notify(p, NULL, NULL);
    assert_int_equal(n, 2);
    line_pipe_notify(p, count_call, &n);
    assert_int_equal(n, 3);
}

static void push_slowly(void *arg)
{
    struct line_pipe *p = arg;

    line_pipe_begin(p, 201);
    for (int i = 0; i < 1000; i++)
        while (line_pipe_push(p, "0123456789\n", 11) != LINE_PIPE_TAKEN)
            continue;
    line_pipe_end(p, NULL);
}

static void crosses_threads(void **state)
{
    CLEANUP(line_pipe) struct line_pipe *p = line_pipe_new("label");
    CLEANUP_STR_BUF struct str_buf line;
    struct deadline dl = deadline_in(clock_system(), 20 * NS_PER_S);
    struct thread *writer = thread_start("test-writer", push_slowly, p);
    bool has_line = true;
    bool wants_more;
    int status = 0;
    int n = 0;

    (void)state;
    str_buf_init(&line, 64);
    assert_null(line_pipe_wait_begin(p, &dl, &status));
    assert_int_equal(status, 201);
    for (;; n++) {
        assert_null(line_pipe_next(p, &dl, &line, &has_line, &wants_more));
        if (!has_line)
            break;
        assert_string_equal(line.s, "0123456789");
    }
    assert_int_equal(n, 1000);
    thread_join(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_waits_past_the_deadline),
        cmocka_unit_test(ends_before_it_begins),
        cmocka_unit_test(has_a_bound),
        cmocka_unit_test(takes_a_line_longer_than_the_bound),
        cmocka_unit_test(refuses_what_the_reader_has_no_room_for),
        cmocka_unit_test(notifies_when_there_is_something),
        cmocka_unit_test(crosses_threads),
    };

    return TABLE_RUN("line_pipe lines", rows, one_row) + GROUP_RUN("line_pipe", tests);
}
