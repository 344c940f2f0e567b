/* Methods of Go's time.Duration, and the one that months and weekdays have. */
#include "template/funcs.h"
#include "template/go_time.h"

#define NS_PER_US 1000
#define NS_PER_MS 1000000
#define NS_PER_S INT64_C(1000000000)

static struct err *give_duration(int64_t ns, struct datum *out)
{
    return func_give((struct datum){.kind = DATUM_DURATION, .v.i = ns}, out);
}

/* Whole and rest are made apart, as Go does for better precision. */
static struct err *give_fraction(int64_t ns, int64_t unit, struct datum *out)
{
    int64_t whole = ns / unit;

    return func_give(datum_float((double)whole + (double)(ns % unit) / (double)unit), out);
}

static int64_t absolute(int64_t ns)
{
    if (ns == INT64_MIN)
        return INT64_MAX;
    return ns < 0 ? -ns : ns;
}

static struct err *run_abs(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    return give_duration(absolute(args[0].v.i), out);
}

static struct err *run_hours(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return give_fraction(args[0].v.i, 3600 * NS_PER_S, out);
}

static struct err *run_minutes(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return give_fraction(args[0].v.i, 60 * NS_PER_S, out);
}

static struct err *run_seconds(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return give_fraction(args[0].v.i, NS_PER_S, out);
}

static struct err *run_microseconds(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int64(args[0].v.i / NS_PER_US), out);
}

static struct err *run_milliseconds(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int64(args[0].v.i / NS_PER_MS), out);
}

static struct err *run_nanoseconds(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int64(args[0].v.i), out);
}

static struct err *run_round(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return give_duration(go_duration_round(args[0].v.i, args[1].v.i), out);
}

static struct err *run_truncate(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)g;
    (void)n;
    return give_duration(go_duration_truncate(args[0].v.i, args[1].v.i), out);
}

static struct err *print(struct engine *g, void (*print_to)(struct text_buf *, int64_t), int64_t v,
                         struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    print_to(&b, v);
    return func_give_text(&b, NULL, out);
}

static struct err *run_string(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)n;
    return print(g, go_duration_print, args[0].v.i, out);
}

static struct err *run_month_string(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)n;
    return print(g, go_month_print, args[0].v.i, out);
}

static struct err *run_weekday_string(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    (void)n;
    return print(g, go_weekday_print, args[0].v.i, out);
}

/* The time between two days, for the examples: 36 hours. */
#define DAY(text) "(mustToDate \"2006-01-02 15h\" \"" text "\")"
#define SOME "(" DAY("2026-03-08 12h") ".Sub " DAY("2026-03-07 00h") ")"

static const struct func duration_rows[] = {
    {"Abs", "D", "D", run_abs, 0, "without a sign", "{{ " SOME ".Abs }}", "36h0m0s"},
    {"Hours", "D", "f", run_hours, 0, "in hours", "{{ " SOME ".Hours }}", "36"},
    {"Microseconds", "D", "I", run_microseconds, 0, "whole microseconds",
     "{{ " SOME ".Microseconds }}", "129600000000"},
    {"Milliseconds", "D", "I", run_milliseconds, 0, "whole milliseconds",
     "{{ " SOME ".Milliseconds }}", "129600000"},
    {"Minutes", "D", "f", run_minutes, 0, "in minutes", "{{ " SOME ".Minutes }}", "2160"},
    {"Nanoseconds", "D", "I", run_nanoseconds, 0, "whole nanoseconds", "{{ " SOME ".Nanoseconds }}",
     "129600000000000"},
    {"Round", "DD", "D", run_round, 0, "to the nearest multiple of another",
     "{{ " SOME ".Round 36000000000000 }}", "40h0m0s"},
    {"Seconds", "D", "f", run_seconds, 0, "in seconds", "{{ " SOME ".Seconds }}", "129600"},
    {"String", "D", "s", run_string, 0, "the duration as it prints", "{{ " SOME ".String }}",
     "36h0m0s"},
    {"Truncate", "DD", "D", run_truncate, 0, "towards zero to a multiple of another",
     "{{ " SOME ".Truncate 36000000000000 }}", "30h0m0s"},
};

static const struct func month_rows[] = {
    {"String", "N", "s", run_month_string, 0, "its English name",
     "{{ " DAY("2026-03-07 00h") ".Month.String }}", "March"},
};

static const struct func weekday_rows[] = {
    {"String", "W", "s", run_weekday_string, 0, "its English name",
     "{{ " DAY("2026-03-07 00h") ".Weekday.String }}", "Saturday"},
};

const struct func_table methods_duration = {"Methods of durations", duration_rows,
                                            ARRAY_SIZE(duration_rows)};
const struct func_table methods_month = {"Methods of months", month_rows, ARRAY_SIZE(month_rows)};
const struct func_table methods_weekday = {"Methods of weekdays", weekday_rows,
                                           ARRAY_SIZE(weekday_rows)};
