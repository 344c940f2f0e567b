/* Digits of doubles: by name against Go's strconv.FormatFloat, then a million by their definition.
 */
#include "base/float_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/table.h"

#define SAMPLES 1000000

struct shortest_row {
    const char *name;
    double v;
    const char *digits;
    int point;
};

static const struct shortest_row shortest_rows[] = {
    {"zero", 0.0, "0", 1},
    {"negative zero", -0.0, "0", 1},
    {"one", 1.0, "1", 1},
    {"negative", -1.5, "15", 1},
    {"a tenth", 0.1, "1", 0},
    {"three tenths, sum", 0.1 + 0.2, "30000000000000004", 0},
    {"third", 1.0 / 3, "3333333333333333", 0},
    {"two thirds", 2.0 / 3, "6666666666666666", 0},
    {"million", 1e6, "1", 7},
    {"trailing zeros", 123000.0, "123", 6},
    {"2^-24, a power of two", 0x1p-24, "5960464477539063", -7},
    {"2^-44", 0x1p-44, "5684341886080802", -13},
    {"2^53", 0x1p53, "9007199254740992", 16},
    {"2^53 + 2", 0x1p53 + 2, "9007199254740994", 16},
    {"2^63", 0x1p63, "9223372036854776", 19},
    {"1e21", 1e21, "1", 22},
    {"1e22", 1e22, "1", 23},
    {"1e23, below the middle", 1e23, "1", 24},
    {"1e23, next above", 0x1.52d02c7e14af7p+76, "10000000000000001", 24},
    {"smallest", 5e-324, "5", -323},
    {"second smallest", 1e-323, "1", -322},
    {"largest below normal", 0x1.ffffffffffffep-1023, "2225073858507201", -307},
    {"smallest normal", 0x1p-1022, "22250738585072014", -307},
    {"largest", 0x1.fffffffffffffp1023, "17976931348623157", 309},
    {"2^1023", 0x1p1023, "898846567431158", 308},
};

static void shortest_row(void **state)
{
    const struct shortest_row *r = *state;
    char digits[FLOAT_TEXT_DIGITS_MAX];
    int point;
    size_t n = float_text_shortest(r->v, digits, &point);

    assert_int_equal(n, strlen(r->digits));
    assert_memory_equal(digits, r->digits, n);
    assert_int_equal(point, r->point);
}

struct round_row {
    const char *name;
    double v;
    int keep;
    const char *digits;
    int point;
};

static const struct round_row round_rows[] = {
    {"all of a half", 0.5, 800, "5", 0},
    {"all of a tenth", 0.1, 800, "1000000000000000055511151231257827021181583404541015625", 0},
    {"all of 2^70", 0x1p70, 800, "1180591620717411303424", 22},
    {"all of 1e-5", 1e-5, 800, "10000000000000000818030539140313095458623138256371021270751953125",
     -4},
    {"all of 1e9", 1e9, 800, "1", 10},
    {"all of 1e18", 1e18, 800, "1", 19},
    {"down", 1.24, 2, "12", 1},
    {"up", 1.26, 2, "13", 1},
    {"half to even, down", 2.5, 1, "2", 1},
    {"half to even, up", 3.5, 1, "4", 1},
    {"above half", 2.5000001, 1, "3", 1},
    {"carries", 9.75, 1, "1", 2},
    {"carries inside", 1.9975, 3, "2", 1},
    {"zeros go", 100.25, 4, "1002", 3},
    {"zeros go far", 100.25, 3, "1", 3},
    {"none left", 0.4, 0, "", 0},
    {"none left, half", 0.5, 0, "", 0},
    {"one comes up", 0.6, 0, "1", 1},
    {"below the first", 0.9, -1, "", 0},
    {"zero", 0.0, 3, "0", 1},
    {"zero, none", 0.0, 0, "0", 1},
};

static void round_row(void **state)
{
    const struct round_row *r = *state;
    char digits[FLOAT_TEXT_EXACT_MAX];
    int point;
    size_t n = float_text_exact(r->v, digits, &point);

    n = float_text_round(digits, n, r->keep, &point);
    assert_int_equal(n, strlen(r->digits));
    assert_memory_equal(digits, r->digits, n);
    if (n)
        assert_int_equal(point, r->point);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Of all sizes, many of them with few digits or beside a power of two. */
static double random_double(uint64_t *state)
{
    uint64_t bits = next_random(state) >> 1, kind = next_random(state) % 4;
    double v;

    if (kind == 1)
        return (double)(bits >> next_random(state) % 63);
    if (kind == 2)
        return (double)(bits % 1000000) / 1000;
    if (kind == 3)
        bits = (bits & ~((UINT64_C(1) << 52) - 1)) + next_random(state) % 7 - 3;
    memcpy(&v, &bits, sizeof(v));
    return isfinite(v) ? v : 1;
}

static double read_back(const char *digits, size_t n, int point)
{
    char text[FLOAT_TEXT_DIGITS_MAX + 32];

    snprintf(text, sizeof(text), "0.%.*se%d", (int)n, digits, point);
    return strtod(text, NULL);
}

struct exact {
    double v;
    char digits[FLOAT_TEXT_EXACT_MAX];
    size_t n;
    int point;
};

/* The decimal of n digits just below v (or v itself) and the one above must not read as v. */
static void expect_none_shorter(const struct exact *x, size_t n)
{
    char digits[FLOAT_TEXT_DIGITS_MAX];

    if (n > x->n)
        n = x->n;
    if (n == 0)
        return;
    memcpy(digits, x->digits, n);
    if (read_back(digits, n, x->point) == x->v)
        fail_msg("%a reads back from %zu digits", x->v, n);
    for (size_t i = n; i-- > 0 && digits[i]++ == '9';)
        digits[i] = '0';
    if (digits[0] != '0' && read_back(digits, n, x->point) == x->v)
        fail_msg("%a reads back from %zu digits, rounded up", x->v, n);
}

/* Of as many digits, none is nearer to v: rounding v so gives the same, if that reads back. */
static void expect_nearest(struct exact *x, const char *shortest, size_t n)
{
    size_t rounded = float_text_round(x->digits, x->n, (int)n, &x->point);

    if (read_back(x->digits, rounded, x->point) == x->v &&
        (rounded != n || memcmp(x->digits, shortest, n) != 0))
        fail_msg("%a has nearer digits", x->v);
}

static void shortest_of_a_million(void **state)
{
    uint64_t random = 0x9e3779b97f4a7c15;
    struct exact x;

    (void)state;
    for (unsigned i = 0; i < SAMPLES; i++) {
        char digits[FLOAT_TEXT_DIGITS_MAX];
        int point;

        x.v = random_double(&random);
        size_t n = float_text_shortest(x.v, digits, &point);
        if (read_back(digits, n, point) != x.v)
            fail_msg("%a does not read back", x.v);
        x.n = float_text_exact(x.v, x.digits, &x.point);
        if (x.v != 0) {
            expect_none_shorter(&x, n - 1);
            expect_nearest(&x, digits, n);
        }
    }
}

/* glibc prints exact values too. */
static void exact_as_printf(void **state)
{
    uint64_t random = 1;

    (void)state;
    for (unsigned i = 0; i < SAMPLES / 100; i++) {
        double v = random_double(&random);
        char digits[FLOAT_TEXT_EXACT_MAX], want[FLOAT_TEXT_EXACT_MAX + 32];
        int point, exponent;
        size_t n = float_text_exact(v, digits, &point);

        snprintf(want, sizeof(want), "%.*e", FLOAT_TEXT_EXACT_MAX, v);
        want[1] = want[0];
        exponent = (int)strtol(strchr(want, 'e') + 1, NULL, 10);
        if (memcmp(digits, want + 1, n) != 0 || point != exponent + 1)
            fail_msg("%a", v);
        assert_int_equal(strspn(want + 1 + n, "0"), FLOAT_TEXT_EXACT_MAX + 1 - n);
    }
}

/* The quick way and the exact one agree, also where v lies just between two results. */
static void places_as_exact(void **state)
{
    uint64_t random = 2;

    (void)state;
    for (unsigned i = 0; i < SAMPLES / 10; i++) {
        int places = (int)(next_random(&random) % 25), want_point, point;
        double v = i % 2 ? random_double(&random)
                         : ldexp((double)(next_random(&random) % 100000), -(int)(i / 2 % 20));
        char want[FLOAT_TEXT_EXACT_MAX], digits[FLOAT_TEXT_EXACT_MAX];
        size_t want_n = float_text_exact(v, want, &want_point);

        want_n = float_text_round(want, want_n, want_point + places, &want_point);
        size_t n = float_text_places(v, places, digits, &point);
        if (v != 0 && (n != want_n || memcmp(digits, want, n) != 0 || (n && point != want_point)))
            fail_msg("%a to %d places", v, places);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortest_of_a_million),
        cmocka_unit_test(exact_as_printf),
        cmocka_unit_test(places_as_exact),
    };

    return TABLE_RUN("float_text_shortest", shortest_rows, shortest_row) +
           TABLE_RUN("float_text_round", round_rows, round_row) + GROUP_RUN("float_text", tests);
}
