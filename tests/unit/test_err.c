/* The error value: class, chain, limit, errno mapping, copies. */
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct class_row {
    const char *name; /* also what err_class_name must give */
    enum err_class cls;
    int is_transient;
};

static const struct class_row class_rows[] = {
    {"invalid", ERR_INVALID, 0},
    {"not_found", ERR_NOT_FOUND, 0},
    {"denied", ERR_DENIED, 0},
    {"conflict", ERR_CONFLICT, 1},
    {"rate_limited", ERR_RATE_LIMITED, 1},
    {"unavailable", ERR_UNAVAILABLE, 1},
    {"deadline", ERR_DEADLINE, 1},
    {"internal", ERR_INTERNAL, 0},
};

static void class_row(void **state)
{
    const struct class_row *r = *state;
    CLEANUP(err) struct err *e = err_new(r->cls, "key \"%s\"", "user");
    assert_int_equal(err_class(e), r->cls);
    assert_string_equal(err_class_name(r->cls), r->name);
    assert_int_equal(err_is_transient(e), r->is_transient);
    assert_string_equal(err_text(e), "key \"user\"");
    e = err_wrap(e, "fetch %s", "db");
    assert_int_equal(err_class(e), r->cls);
    assert_string_equal(err_text(e), "fetch db: key \"user\"");
}

struct errno_row {
    const char *name;
    int errnum;
    enum err_class want;
    const char *text;
};

static const struct errno_row errno_rows[] = {
    {"EACCES", EACCES, ERR_DENIED, "open x: Permission denied"},
    {"EPERM", EPERM, ERR_DENIED, "open x: Operation not permitted"},
    {"ENOENT", ENOENT, ERR_NOT_FOUND, "open x: No such file or directory"},
    {"ETIMEDOUT", ETIMEDOUT, ERR_DEADLINE, "open x: Connection timed out"},
    {"EIO", EIO, ERR_INTERNAL, "open x: Input/output error"},
    {"unknown", 4095, ERR_INTERNAL, "open x: Unknown error 4095"},
};

static void errno_row(void **state)
{
    const struct errno_row *r = *state;
    CLEANUP(err) struct err *e = err_errno(r->errnum, "open %s", "x");
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(err_text(e), r->text);
}

static void long_text_is_cut(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, 4001);
    memset(big, 'a', 4000);
    CLEANUP(err) struct err *e = err_new(ERR_INVALID, "%s", big);
    assert_int_equal(strlen(err_text(e)), ERR_TEXT_MAX - 1);
    assert_string_equal(err_text(e) + ERR_TEXT_MAX - 4, "...");

    CLEANUP(err) struct err *from_errno = err_errno(EIO, "%s", big);
    assert_true(strlen(err_text(from_errno)) < ERR_TEXT_MAX);
    assert_non_null(strstr(err_text(from_errno), "...: Input/output error"));
}

static void cut_keeps_characters_whole(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, 4001);
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(big + i, "\xc3\xa9", 2);
    CLEANUP(err) struct err *e = err_new(ERR_INVALID, "x%s", big);
    size_t n = strlen(err_text(e));
    assert_true(n == ERR_TEXT_MAX - 1 || n == ERR_TEXT_MAX - 2);
    assert_string_equal(err_text(e) + n - 5, "\xc3\xa9...");
}

static void wrap_cuts_the_clause_not_the_cause(void **state)
{
    (void)state;
    CLEANUP_STR char *big = xcalloc(1, 901);
    memset(big, 'b', 900);
    CLEANUP(err) struct err *e = err_new(ERR_DENIED, "the cause");
    for (int i = 0; i < 5; i++)
        e = err_wrap(e, "%s", big);
    const char *text = err_text(e);
    assert_true(strlen(text) < ERR_TEXT_MAX);
    assert_string_equal(text + strlen(text) - strlen(": the cause"), ": the cause");
    assert_non_null(strstr(text, "...: bbb"));
    assert_int_equal(err_class(e), ERR_DENIED);
}

static void copy_is_independent(void **state)
{
    (void)state;
    assert_null(err_copy(NULL));
    CLEANUP(err) struct err *e = err_new(ERR_RATE_LIMITED, "slow down");
    assert_int_equal(err_retry_after_ns(e), 0);
    err_set_retry_after_ns(e, 5);
    assert_null(err_headline(e));
    err_set_headline(e, "too fast");
    CLEANUP(err) struct err *copy = err_copy(e);
    e = err_wrap(e, "call");
    assert_string_equal(err_text(copy), "slow down");
    assert_int_equal(err_class(copy), ERR_RATE_LIMITED);
    assert_int_equal(err_retry_after_ns(copy), 5);
    assert_int_equal(err_retry_after_ns(e), 5);
    assert_string_equal(err_headline(copy), "too fast");
    assert_string_equal(err_headline(e), "too fast");
}

static void free_accepts_null(void **state)
{
    (void)state;
    err_free(NULL);
    CLEANUP(err) struct err *none = NULL;
    assert_null(none);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(cut_keeps_characters_whole),
        cmocka_unit_test(wrap_cuts_the_clause_not_the_cause),
        cmocka_unit_test(copy_is_independent),
        cmocka_unit_test(free_accepts_null),
    };
    return TABLE_RUN("err_class", class_rows, class_row) +
           TABLE_RUN("err_errno", errno_rows, errno_row) + GROUP_RUN("err", tests);
}
