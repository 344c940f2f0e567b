/* Names to keys, both ways of External Secrets. */

#include "render/convert.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct row {
    const char *name, *in, *want_default, *want_unicode;
};

static const struct row rows[] = {
    {"nothing to do", "tls.crt-2_A", "tls.crt-2_A", "tls.crt-2_A"},
    {"empty", "", "", ""},
    {"slash", "a/b", "a_b", "a_U002f_b"},
    {"several", "a $b", "a__b", "a_U0020__U0024_b"},
    {"letters of other scripts", "\xc3\xa4\xe5\xad\x97", "\xc3\xa4\xe5\xad\x97",
     "\xc3\xa4\xe5\xad\x97"},
    {"numbers of other scripts", "\xd9\xa3\xc2\xbd", "\xd9\xa3\xc2\xbd", "\xd9\xa3\xc2\xbd"},
    {"no letter beyond 16 bits", "\xf0\x9f\x98\x80", "_", "_U1f600_"},
    {"no letter in two bytes", "\xc2\xa9", "_", "_U00a9_"},
    {"broken UTF-8",
     "a\xff"
     "b",
     "a_b", "a_Ufffd_b"},
    {"cut off at the end", "a\xe5\xad", "a__", "a_Ufffd__Ufffd_"},
    {"underscore and dash stay", "_-.", "_-.", "_-."},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct secret_view in = secret_view_of(r->in, strlen(r->in));
    CLEANUP_STR char *by_default = NULL;
    CLEANUP_STR char *unicode = NULL;
    assert_null(convert_key(CONVERSION_DEFAULT, in, &by_default));
    assert_null(convert_key(CONVERSION_UNICODE, in, &unicode));
    assert_string_equal(by_default, r->want_default);
    assert_string_equal(unicode, r->want_unicode);
}

static void zero_byte(void **state)
{
    (void)state;
    CLEANUP_STR char *key = NULL;
    assert_null(convert_key(CONVERSION_UNICODE, secret_view_of("a\0b", 3), &key));
    assert_string_equal(key, "a_U0000_b");
}

static void length(void **state)
{
    (void)state;
    CLEANUP_STR char *name = xcalloc(CONVERT_NAME_MAX + 2, 1);
    CLEANUP_STR char *key = NULL;
    memset(name, '/', CONVERT_NAME_MAX + 1);
    assert_null(convert_key(CONVERSION_UNICODE, secret_view_of(name, CONVERT_NAME_MAX), &key));
    assert_int_equal(strlen(key), 7 * CONVERT_NAME_MAX);
    char *none = NULL;
    CLEANUP(err)
    struct err *e =
        convert_key(CONVERSION_DEFAULT, secret_view_of(name, CONVERT_NAME_MAX + 1), &none);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(none);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(zero_byte), cmocka_unit_test(length)};

int main(void)
{
    return TABLE_RUN("convert", rows, one_row) + GROUP_RUN("convert", tests);
}
