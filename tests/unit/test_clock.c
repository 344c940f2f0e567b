/* Deadlines on a scripted clock, RFC 3339 both ways, and Go's durations. */
#include "base/clock.h"

#include <string.h>

#include "tests/support/clock_fake.h"
#include "tests/support/table.h"

struct duration_row {
    const char *name; /* the text itself */
    bool is_valid;
    int64_t want;
};

#define S 1000000000LL

static const struct duration_row duration_rows[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"+0", true, 0},
    {"0s", true, 0},
    {"5s", true, 5 * S},
    {"+5s", true, 5 * S},
    {"-5s", true, -5 * S},
    {"-.5s", true, -S / 2},
    {"5.s", true, 5 * S},
    {".5s", true, S / 2},
    {"1.004s", true, 1004000000},
    {"1.0040s", true, 1004000000},
    {"100.00100s", true, 100001000000},
    {"10ns", true, 10},
    {"11us", true, 11000},
    {"12\xc2\xb5s", true, 12000},
    {"12\xce\xbcs", true, 12000},
    {"13ms", true, 13000000},
    {"15m", true, 900 * S},
    {"16h", true, 57600 * S},
    {"1h0m0s", true, 3600 * S},
    {"1.5h", true, 5400 * S},
    {"3h30m", true, 12600 * S},
    {"10.5s4m", true, 250500000000},
    {"-2m3.4s", true, -123400000000},
    {"1h2m3s4ms5us6ns", true, 3723004005006},
    {"39h9m14.425s", true, 140954425000000},
    {"52763797000ns", true, 52763797000},
    {"0.3333333333333333333h", true, 1200 * S},
    {"0.100000000000000000000h", true, 360 * S},
    {"0.830103483285477580700h", true, 2988372539827},
    {"9007199254740993ns", true, 9007199254740993},
    {"9223372036854775807ns", true, INT64_MAX},
    {"9223372036854775.807us", true, INT64_MAX},
    {"-9223372036854775808ns", true, INT64_MIN},
    {"-9223372036s854ms775us808ns", true, INT64_MIN},
    {"", false, 0},
    {"3", false, 0},
    {"-", false, 0},
    {"s", false, 0},
    {".", false, 0},
    {"-.", false, 0},
    {".s", false, 0},
    {"+.s", false, 0},
    {"1d", false, 0},
    {"00", false, 0},
    {"1 s", false, 0},
    {" 1s", false, 0},
    {"1s ", false, 0},
    {"1S", false, 0},
    {"--1s", false, 0},
    {"1h-1m", false, 0},
    {"\x85\x85", false, 0},
    {"9223372036854775808ns", false, 0},
    {"-9223372036854775809ns", false, 0},
    {"9223372036854775810ns", false, 0},
    {"99999999999999999999ns", false, 0},
    {"3000000h", false, 0},
    {"9223372036854ms775us808ns", false, 0},
    {"-9223372036854ms775us809ns", false, 0},
};

static void duration_row(void **state)
{
    const struct duration_row *r = *state;
    int64_t got = 42;
    CLEANUP(err) struct err *e = clock_parse_duration(r->name, &got);
    if (!r->is_valid) {
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
        assert_int_equal(got, 42);
        return;
    }
    assert_null(e);
    assert_true(got == r->want);
}

struct date_row {
    const char *name; /* the text itself */
    int64_t unix_s;
};

static const struct date_row date_rows[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2026-01-02T03:04:05Z", CLOCK_FAKE_UNIX_S},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"2038-01-19T03:14:08Z", 2147483648LL},
    {"0000-01-01T00:00:00Z", -62167219200LL},
    {"9999-12-31T23:59:59Z", 253402300799LL},
};

static void date_row(void **state)
{
    const struct date_row *r = *state;
    char text[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(r->unix_s, text);
    assert_string_equal(text, r->name);
    int64_t back = 0;
    assert_true(clock_parse_rfc3339(text, &back));
    assert_true(back == r->unix_s);
}

struct no_date_row {
    const char *name; /* the text itself */
};

static const struct no_date_row no_date_rows[] = {
    {""},
    {"2026-01-02"},
    {"2026-01-02T03:04:05"},
    {"2026-01-02 03:04:05Z"},
    {"2026-01-02T03:04:05.1Z"},
    {"2026-01-02T03:04:05+00:00"},
    {"2026-01-02T03:04:05Zx"},
    {"2026-1-02T03:04:05Z"},
    {"2026-13-02T03:04:05Z"},
    {"2026-00-02T03:04:05Z"},
    {"2026-06-31T03:04:05Z"},
    {"2026-02-29T03:04:05Z"},
    {"2026-01-00T03:04:05Z"},
    {"2026-01-02T24:00:00Z"},
    {"2026-01-02T03:60:05Z"},
    {"2026-01-02T03:04:60Z"},
};

static void no_date_row(void **state)
{
    const struct no_date_row *r = *state;
    int64_t unix_s = 42;
    assert_false(clock_parse_rfc3339(r->name, &unix_s));
    assert_int_equal(unix_s, 42);
}

static void format_stays_in_four_digits(void **state)
{
    (void)state;
    char text[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    clock_format_rfc3339(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void expect_deadline(const struct deadline *dl, const char *want)
{
    CLEANUP(err) struct err *e = deadline_check(dl, "fetch");
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_DEADLINE);
    assert_string_equal(err_text(e), want);
    assert_true(deadline_is_over(dl));
    assert_int_equal(deadline_left_ns(dl), 0);
}

static void deadline_runs_out(void **state)
{
    (void)state;
    struct clock_fake f;
    clock_fake_init(&f, CLOCK_FAKE_UNIX_S);
    struct deadline dl = deadline_in(&f.clock, 10);
    assert_int_equal(deadline_left_ns(&dl), 10);
    clock_fake_advance_ns(&f, 9);
    assert_null(deadline_check(&dl, "fetch"));
    assert_false(deadline_is_over(&dl));
    clock_fake_advance_ns(&f, 1);
    expect_deadline(&dl, "fetch: deadline exceeded");
    clock_fake_advance_ns(&f, NS_PER_S);
    expect_deadline(&dl, "fetch: deadline exceeded");
}

static void deadline_cancelled(void **state)
{
    (void)state;
    struct clock_fake f;
    clock_fake_init(&f, CLOCK_FAKE_UNIX_S);
    atomic_bool gone = false;
    struct deadline dl = deadline_in(&f.clock, NS_PER_S);
    dl.cancelled = &gone;
    struct deadline inner = deadline_sooner(&dl, 10);
    assert_null(deadline_check(&inner, "fetch"));
    atomic_store(&gone, true);
    expect_deadline(&dl, "fetch: caller went away");
    expect_deadline(&inner, "fetch: caller went away");
}

static void sooner_takes_the_earlier(void **state)
{
    (void)state;
    struct clock_fake f;
    clock_fake_init(&f, CLOCK_FAKE_UNIX_S);
    struct deadline dl = deadline_in(&f.clock, 100);
    struct deadline shorter = deadline_sooner(&dl, 10);
    struct deadline longer = deadline_sooner(&dl, 1000);
    struct deadline endless = deadline_in(&f.clock, UINT64_MAX);
    assert_int_equal(deadline_left_ns(&shorter), 10);
    assert_int_equal(deadline_left_ns(&longer), 100);
    assert_true(endless.at_ns == UINT64_MAX);
}

static void wall_clock_moves_alone(void **state)
{
    (void)state;
    struct clock_fake f;
    clock_fake_init(&f, CLOCK_FAKE_UNIX_S);
    uint64_t before = clock_mono_ns(&f.clock);
    clock_fake_set_unix_s(&f, 5);
    assert_int_equal(clock_unix_s(&f.clock), 5);
    assert_true(clock_mono_ns(&f.clock) == before);
}

static void system_clock_goes_forward(void **state)
{
    (void)state;
    const struct clock *c = clock_system();
    uint64_t first = clock_mono_ns(c);
    assert_true(clock_mono_ns(c) >= first);
    assert_true(clock_unix_s(c) > 1700000000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_stays_in_four_digits), cmocka_unit_test(deadline_runs_out),
        cmocka_unit_test(deadline_cancelled),          cmocka_unit_test(sooner_takes_the_earlier),
        cmocka_unit_test(wall_clock_moves_alone),      cmocka_unit_test(system_clock_goes_forward),
    };
    return TABLE_RUN("clock_parse_duration", duration_rows, duration_row) +
           TABLE_RUN("clock_rfc3339", date_rows, date_row) +
           TABLE_RUN("clock_rfc3339_refused", no_date_rows, no_date_row) +
           GROUP_RUN("clock", tests);
}
