/* Numbers out of text: what Go's strconv takes, refuses, and finds too large. */
#include "template/number_text.h"

#include <math.h>

#include "tests/support/table.h"

struct int_row {
    const char *name;
    unsigned base;
    enum number_fault fault;
    int64_t want;
};

/* The name is what is read. */
static const struct int_row ints[] = {
    {"", 10, NUMBER_SYNTAX, 0},
    {"-", 10, NUMBER_SYNTAX, 0},
    {"+-1", 10, NUMBER_SYNTAX, 0},
    {"12", 10, NUMBER_OK, 12},
    {"-012", 10, NUMBER_OK, -12},
    {"1_2", 10, NUMBER_SYNTAX, 0},
    {"0x12", 10, NUMBER_SYNTAX, 0},
    {"777", 8, NUMBER_OK, 511},
    {"8", 8, NUMBER_SYNTAX, 0},
    {"zZ", 36, NUMBER_OK, 1295},
    {"0x1F", 0, NUMBER_OK, 31},
    {"0b11", 0, NUMBER_OK, 3},
    {"0O17", 0, NUMBER_OK, 15},
    {"017", 0, NUMBER_OK, 15},
    {"08", 0, NUMBER_SYNTAX, 0},
    {"0x", 0, NUMBER_SYNTAX, 0},
    {"0x_1_f", 0, NUMBER_OK, 31},
    {"1__0", 0, NUMBER_SYNTAX, 0},
    {"_1", 0, NUMBER_SYNTAX, 0},
    {"1_", 0, NUMBER_SYNTAX, 0},
    {"9223372036854775807", 10, NUMBER_OK, INT64_MAX},
    {"9223372036854775808", 10, NUMBER_RANGE, INT64_MAX},
    {"-9223372036854775808", 10, NUMBER_OK, INT64_MIN},
    {"-9223372036854775809", 10, NUMBER_RANGE, INT64_MIN},
    {"-99999999999999999999x", 10, NUMBER_RANGE, INT64_MIN},
};

static void int_is(void **state)
{
    const struct int_row *r = *state;
    int64_t got = 1;

    assert_int_equal(number_text_int(text_of(r->name), r->base, &got), r->fault);
    assert_int_equal(got, r->want);
}

struct float_row {
    const char *name;
    enum number_fault fault;
    double want;
};

static const struct float_row floats[] = {
    {"", NUMBER_SYNTAX, 0},
    {".", NUMBER_SYNTAX, 0},
    {"e5", NUMBER_SYNTAX, 0},
    {"1.5", NUMBER_OK, 1.5},
    {"-.5e1", NUMBER_OK, -5},
    {"1e5x", NUMBER_SYNTAX, 0},
    {"1.2.3", NUMBER_SYNTAX, 0},
    {"0x1p-2", NUMBER_OK, 0.25},
    {"0x1", NUMBER_SYNTAX, 0},
    {"0x1.fffffffffffff8p0", NUMBER_OK, 2},
    {"1_0.5_0", NUMBER_OK, 10.5},
    {"1_.5", NUMBER_SYNTAX, 0},
    {"iNf", NUMBER_OK, INFINITY},
    {"-infinity", NUMBER_OK, -INFINITY},
    {"infinit", NUMBER_SYNTAX, 0},
    {"1e309", NUMBER_RANGE, INFINITY},
    {"-1e309", NUMBER_RANGE, -INFINITY},
    {"1e-400", NUMBER_OK, 0},
    {"1e123456789012345678901234567890", NUMBER_RANGE, INFINITY},
};

static void float_is(void **state)
{
    const struct float_row *r = *state;
    double got = 1;

    assert_int_equal(number_text_float(text_of(r->name), &got), r->fault);
    assert_true(got == r->want);
}

static void not_a_number(void **state)
{
    double got = 0;

    (void)state;
    assert_int_equal(number_text_float(TEXT("NaN"), &got), NUMBER_OK);
    assert_true(isnan(got));
    assert_int_equal(number_text_float(TEXT("+NaN"), &got), NUMBER_SYNTAX);
}

/* 2^53 + 1 lies between two doubles; a digit far behind the point, beyond those that are kept,
 * decides. */
static void far_digit_decides(void **state)
{
    char text[2000];
    double got = 0;

    (void)state;
    memset(text, '0', sizeof(text));
    memcpy(text, "9007199254740993.", 17);
    assert_int_equal(number_text_float((struct text){(unsigned char *)text, sizeof(text)}, &got),
                     NUMBER_OK);
    assert_true(got == 9007199254740992.0);
    text[sizeof(text) - 1] = '1';
    assert_int_equal(number_text_float((struct text){(unsigned char *)text, sizeof(text)}, &got),
                     NUMBER_OK);
    assert_true(got == 9007199254740994.0);
}

static void long_numbers_keep_their_size(void **state)
{
    char text[2000];
    double got = 0;

    (void)state;
    memset(text, '0', sizeof(text));
    text[0] = '.';
    text[1900] = '1';
    memcpy(text + 1995, "e1902", 5);
    assert_int_equal(number_text_float((struct text){(unsigned char *)text, sizeof(text)}, &got),
                     NUMBER_OK);
    assert_true(got == 100);
    memset(text, '1', sizeof(text));
    memcpy(text + 1994, "e-1993", 6);
    assert_int_equal(number_text_float((struct text){(unsigned char *)text, sizeof(text)}, &got),
                     NUMBER_OK);
    assert_true(fabs(got - 1.1111111111111112) < 1e-15);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_a_number),
        cmocka_unit_test(far_digit_decides),
        cmocka_unit_test(long_numbers_keep_their_size),
    };
    return TABLE_RUN("number_text_int", ints, int_is) +
           TABLE_RUN("number_text_float", floats, float_is) + GROUP_RUN("number_text", tests);
}
