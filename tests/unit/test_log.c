/* Lines as they arrive at the other end of a pipe: valid JSON, one write, cut but never broken. */
#include "base/log.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "tests/support/table.h"

static int pipe_fds[2];

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_DEBUG);
    if (pipe(pipe_fds) != 0)
        return 1;
    log_set_fd(pipe_fds[1]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_set_fd(STDERR_FILENO);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return 0;
}

/* The one line written so far, as a tree. */
static struct json *read_line(void)
{
    char text[2 * PIPE_BUF];
    ssize_t n = read(pipe_fds[0], text, sizeof(text));
    assert_true(n > 1 && n <= PIPE_BUF);
    assert_int_equal(text[n - 1], '\n');
    assert_null(memchr(text, '\n', (size_t)n - 1));
    struct json *line = NULL;
    assert_null(json_parse(text, (size_t)n - 1, &line));
    return line;
}

static void every_kind_of_value(void **state)
{
    (void)state;
    CLEANUP(err) struct err *e = err_new(ERR_DENIED, "no \"way\"");
    const struct err *borrowed = e;
    char text[] = "a\nb";
    const char *none = NULL;
    log_warn("test.kinds", LF("text", text), LF("int", -3), LF("long", -4000000000L),
             LF("unsigned", 7u), LF("size", sizeof(int)), LF("real", 1.5), LF("nan", (double)NAN),
             LF("bool", (bool)true), LF("err", e), LF("const_err", borrowed), LF("none", none));
    CLEANUP(json) struct json *line = read_line();
    assert_string_equal(json_path_text(line, "level"), "warn");
    assert_string_equal(json_path_text(line, "event"), "test.kinds");
    assert_string_equal(json_path_text(line, "text"), "a\nb");
    assert_int_equal(json_path_int(line, "int", 0), -3);
    assert_true(json_path_int(line, "long", 0) == -4000000000L);
    assert_int_equal(json_path_int(line, "unsigned", 0), 7);
    assert_int_equal(json_path_int(line, "size", 0), sizeof(int));
    assert_true(json_number(json_get(line, "real"), 0) == 1.5);
    assert_int_equal(json_kind(json_get(line, "nan")), JSON_NULL);
    assert_true(json_path_bool(line, "bool", false));
    assert_string_equal(json_path_text(line, "err"), "no \"way\"");
    assert_string_equal(json_path_text(line, "const_err"), "no \"way\"");
    assert_non_null(json_get(line, "none"));
    assert_int_equal(json_kind(json_get(line, "none")), JSON_NULL);
    const char *ts = json_path_text(line, "ts");
    assert_int_equal(strlen(ts), strlen("2026-01-02T03:04:05.678Z"));
}

struct level_row {
    const char *name;
    enum log_level level;
    enum log_level min;
    bool is_written;
};

static const struct level_row level_rows[] = {
    {"debug", LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, false},
    {"info", LOG_LEVEL_INFO, LOG_LEVEL_INFO, true},
    {"warn", LOG_LEVEL_WARN, LOG_LEVEL_ERROR, false},
    {"error", LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, true},
};

static void level_row(void **state)
{
    const struct level_row *r = *state;
    assert_int_equal(setup(NULL), 0);
    enum log_level parsed = LOG_LEVEL_WARN;
    assert_true(log_parse_level(r->name, &parsed));
    assert_int_equal(parsed, r->level);
    log_set_level(r->min);
    switch (r->level) {
    case LOG_LEVEL_DEBUG:
        log_debug("test.level", LF("n", 1));
        break;
    case LOG_LEVEL_INFO:
        log_info("test.level", LF("n", 1));
        break;
    case LOG_LEVEL_WARN:
        log_warn("test.level", LF("n", 1));
        break;
    case LOG_LEVEL_ERROR:
        log_error("test.level", LF("n", 1));
        break;
    }
    log_error("test.end", LF("n", 1));
    char text[512];
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_int_equal(strstr(text, "test.level") != NULL, r->is_written);
    assert_non_null(strstr(text, "test.end"));
    teardown(NULL);
}

static void unknown_level(void **state)
{
    (void)state;
    enum log_level level = LOG_LEVEL_WARN;
    assert_false(log_parse_level("trace", &level));
    assert_false(log_parse_level("", &level));
    assert_int_equal(level, LOG_LEVEL_WARN);
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, 3001);
    for (size_t i = 0; i < 3000; i += 2)
        memcpy(big + i, "\xc3\xa9", 2);
    big[0] = big[1] = 'x';
    char *odd = big + 1;
    log_info("test.long", LF("odd", odd), LF("after", 1));
    CLEANUP(json) struct json *line = read_line();
    const char *got = json_path_text(line, "odd");
    assert_int_equal(strlen(got), 1023 + strlen("..."));
    assert_string_equal(got + 1021, "\xc3\xa9...");
    assert_int_equal(json_path_int(line, "after", 0), 1);
}

static void fields_without_room_are_counted(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, 1001);
    memset(big, 1, 1000); /* six bytes each in JSON */
    char *text = big;
    log_info("test.room", LF("a", text), LF("b", 1), LF("c", text), LF("d", 2));
    CLEANUP(json) struct json *line = read_line();
    assert_null(json_get(line, "a"));
    assert_null(json_get(line, "c"));
    assert_int_equal(json_path_int(line, "b", 0), 1);
    assert_int_equal(json_path_int(line, "d", 0), 2);
    assert_int_equal(json_path_int(line, "fields_dropped", 0), 2);
}

static void bad_utf8_is_replaced(void **state)
{
    (void)state;
    const char *text = "a\xff"
                       "b";
    log_info("test.utf8", LF("text", text));
    CLEANUP(json) struct json *line = read_line();
    assert_string_equal(json_path_text(line, "text"), "a\xef\xbf\xbd"
                                                      "b");
}

static void closed_stream_is_survived(void **state)
{
    (void)state;
    log_set_fd(-1);
    log_error("test.lost", LF("n", 1));
    log_set_fd(pipe_fds[1]);
    log_error("test.kept", LF("n", 2));
    CLEANUP(json) struct json *line = read_line();
    assert_string_equal(json_path_text(line, "event"), "test.kept");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_of_value, setup, teardown),
        cmocka_unit_test(unknown_level),
        cmocka_unit_test_setup_teardown(long_text_is_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_without_room_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_utf8_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(closed_stream_is_survived, setup, teardown),
    };
    return TABLE_RUN("log_level", level_rows, level_row) + GROUP_RUN("log", tests);
}
