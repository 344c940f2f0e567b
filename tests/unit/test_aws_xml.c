/* One element out of flat XML. */

#include "fetch/aws_xml.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

struct row {
    const char *name, *xml;
    const char *want;       /* NULL: INVALID */
    const char *want_error; /* part of the text */
};

static const struct row rows[] = {
    {"alone", "<K>v</K>", "v", NULL},
    {"deep", "<a><b>x</b><K>v</K></a>", "v", NULL},
    {"empty", "<K></K>", "", NULL},
    {"the first", "<K>1</K><K>2</K>", "1", NULL},
    {"longer names do not count", "<KK>1</KK><K>2</K>", "2", NULL},
    {"as long as allowed", "<K>12345678</K>", "12345678", NULL},
    {"absent", "<a>v</a>", NULL, "element K is missing"},
    {"nothing at all", "", NULL, "element K is missing"},
    {"a part of a tag at the end", "<a/><K", NULL, "element K is missing"},
    {"not ended", "<K>v", NULL, "element K does not hold plain text"},
    {"ended by another", "<K>v</L>", NULL, "element K does not hold plain text"},
    {"end cut off", "<K>v</K", NULL, "element K does not hold plain text"},
    {"an element inside", "<K>v<b/></K>", NULL, "element K does not hold plain text"},
    {"an entity inside", "<K>v&amp;w</K>", NULL, "element K does not hold plain text"},
    {"too long", "<K>123456789</K>", NULL, "element K is longer than 8 bytes"},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct secret_view xml = secret_view_of(r->xml, strlen(r->xml));
    CLEANUP(secret_buf) struct secret_buf *secret = NULL;
    CLEANUP_STR char *text = NULL;
    CLEANUP(err) struct err *e = aws_xml_secret(xml, "K", 8, &secret);
    CLEANUP(err) struct err *e2 = aws_xml_text(xml, "K", 8, &text);
    if (r->want) {
        assert_null(e);
        assert_string_equal(text, r->want);
        assert_true(
            secret_view_equal(secret_buf_view(secret), secret_view_of(r->want, strlen(r->want))));
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want_error);
    assert_string_equal(err_text(e2), r->want_error);
}

static void text_has_no_control_characters(void **state)
{
    (void)state;
    CLEANUP_STR char *text = NULL;
    CLEANUP(err) struct err *e = aws_xml_text(secret_view_of("<K>a\nb</K>", 10), "K", 8, &text);
    assert_int_equal(err_class(e), ERR_INVALID);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    struct secret_buf *secret = NULL;
    secret_arena_fail_after(1);
    CLEANUP(err) struct err *e = aws_xml_secret(secret_view_of("<K>a</K>", 8), "K", 8, &secret);
    secret_arena_fail_after(0);
    assert_int_equal(err_class(e), ERR_INTERNAL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_has_no_control_characters),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("aws_xml", rows, one_row) + GROUP_RUN("aws_xml", tests);
}
