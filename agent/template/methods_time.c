/* Methods of Go's time.Time, and of the *time.Location that it has. Go refuses calls of methods
 * with several results only when they are made, so they are rows too. */
#include "template/methods_time.h"

#include "template/funcs.h"
#include "template/funcs_time.h"
#include "template/go_civil.h"
#include "template/go_zone.h"

static const struct go_time *receiver(const struct datum *args)
{
    return args[0].v.time;
}

static struct go_civil civil(const struct datum *args)
{
    return go_time_civil(receiver(args), NULL);
}

static struct err *run_is_zero(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_bool(go_time_is_zero(receiver(args))), out);
}

static struct err *run_is_dst(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    const struct go_time *t = receiver(args);

    (void)g;
    (void)n;
    return func_give(datum_bool(go_zone_at(t->zone, t->unix_s).is_summer), out);
}

static int compare(const struct datum *args)
{
    return go_time_compare(receiver(args), args[1].v.time);
}

static struct err *run_compare(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(compare(args)), out);
}

static struct err *run_before(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_bool(compare(args) < 0), out);
}

static struct err *run_after(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_bool(compare(args) > 0), out);
}

static struct err *run_equal(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_bool(compare(args) == 0), out);
}

static struct err *run_sub(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    int64_t ns = go_time_sub(receiver(args), args[1].v.time);

    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_DURATION, .v.i = ns}, out);
}

static struct err *run_add(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct go_time t = go_time_add(receiver(args), args[1].v.i);

    (void)n;
    return funcs_time_give(g, &t, out);
}

static struct err *run_round(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct go_time t = go_time_round(receiver(args), args[1].v.i);

    (void)n;
    return funcs_time_give(g, &t, out);
}

static struct err *run_truncate(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct go_time t = go_time_truncate(receiver(args), args[1].v.i);

    (void)n;
    return funcs_time_give(g, &t, out);
}

static int64_t wrapped_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static struct err *run_add_date(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    const struct go_time *t = receiver(args);
    struct go_civil c = civil(args);
    const struct go_date date = {
        .year = wrapped_sum(c.year, args[1].v.i),
        .month = wrapped_sum(c.month, args[2].v.i),
        .day = wrapped_sum(c.day, args[3].v.i),
        .hour = c.hour,
        .minute = c.minute,
        .second = c.second,
        .nanosecond = t->nanosecond,
    };
    struct go_time sum = go_time_of_date(&date, t->zone);

    (void)n;
    return funcs_time_give(g, &sum, out);
}

static struct err *run_utc(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct go_time t = go_time_in(receiver(args), NULL);

    (void)n;
    return funcs_time_give(g, &t, out);
}

static struct err *run_local(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    const struct go_zone *local;
    struct err *e = funcs_time_local(g, &local);

    (void)n;
    if (e)
        return e;
    struct go_time t = go_time_in(receiver(args), local);
    return funcs_time_give(g, &t, out);
}

static struct err *run_in(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    if (datum_is_nothing(&args[1]))
        return err_new(ERR_INVALID, "time: missing Location in call to Time.In");
    struct go_time t = go_time_in(receiver(args), args[1].v.zone);
    return funcs_time_give(g, &t, out);
}

static struct err *run_location(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_LOCATION, .v.zone = receiver(args)->zone}, out);
}

static struct err *run_location_string(struct engine *g, const struct datum *args, size_t n,
                                       struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_string(go_zone_name(args[0].v.zone)), out);
}

static struct err *run_format(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)n;
    return funcs_time_format(g, receiver(args), datum_text(&args[1]), out);
}

static struct err *print(struct engine *g,
                         void (*print_to)(struct text_buf *, const struct go_time *),
                         const struct go_time *t, struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    print_to(&b, t);
    return func_give_text(&b, NULL, out);
}

static struct err *run_string(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)n;
    return print(g, go_time_print, receiver(args), out);
}

static struct err *run_go_string(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)n;
    return print(g, go_time_print_source, receiver(args), out);
}

static struct err *refuse_three_results(struct engine *g, const struct datum *args, size_t n,
                                        struct datum *out)
{
    (void)g;
    (void)args;
    (void)n;
    (void)out;
    return err_new(ERR_INVALID, "method has 3 return values; should be 1 or 2");
}

static struct err *refuse_second_result(struct engine *g, const struct datum *args, size_t n,
                                        struct datum *out)
{
    (void)g;
    (void)args;
    (void)n;
    (void)out;
    return err_new(ERR_INVALID, "invalid function signature: second return value should be error");
}

/* A time for the examples, in UTC. */
#define SOME "(mustToDate \"2006-01-02 15:04:05 MST\" \"2026-03-07 09:05:03 UTC\")"
#define LATER "(mustToDate \"2006-01-02 MST\" \"2026-03-08 UTC\")"

/* Five hours east of it. */
#define EAST "(mustToDate \"2006-01-02 -0700 MST\" \"2026-03-07 +0500 EAST\")"

static const struct func rows[] = {
    {"Add", "TD", "T", run_add, 0, "a duration later", "{{ " SOME ".Add 1000000000 | unixEpoch }}",
     "1772874304"},
    {"AddDate", "Tiii", "T", run_add_date, 0, "years, months and days later",
     "{{ (" SOME ".AddDate 0 -1 0).Format \"2006-01-02\" }}", "2026-02-07"},
    {"After", "TT", "b", run_after, 0, "is it after the other", "{{ " SOME ".After " LATER " }}",
     "false"},
    {"AppendBinary", "TB", "B", methods_time_bytes_append_binary, 0, "bytes and the binary form",
     "{{ " SOME ".AppendBinary nil | len }}", "15"},
    {"AppendFormat", "TBs", "B", methods_time_bytes_append_format, 0,
     "bytes and the time by a layout", "{{ " SOME ".AppendFormat nil \"2006\" | printf \"%s\" }}",
     "2026"},
    {"AppendText", "TB", "B", methods_time_bytes_append_text, 0, "bytes and the time as RFC 3339",
     "{{ " SOME ".AppendText nil | printf \"%s\" }}", "2026-03-07T09:05:03Z"},
    {"Before", "TT", "b", run_before, 0, "is it before the other",
     "{{ " SOME ".Before " LATER " }}", "true"},
    {"Clock", "T", "i", refuse_three_results, 0, "three numbers, which a template cannot take",
     "{{ " SOME ".Clock }}", NULL},
    {"Compare", "TT", "i", run_compare, 0, "-1, 0 or 1: before, same or after",
     "{{ " SOME ".Compare " LATER " }}", "-1"},
    {"Date", "T", "i", refuse_three_results, 0, "three numbers, which a template cannot take",
     "{{ " SOME ".Date }}", NULL},
    {"Day", "T", "i", methods_time_parts_day, 0, "day of the month", "{{ " SOME ".Day }}", "7"},
    {"Equal", "TT", "b", run_equal, 0, "is it the same instant",
     "{{ " SOME ".Equal " SOME ".UTC }}", "true"},
    {"Format", "Ts", "s", run_format, 0, "the time by a layout",
     "{{ " SOME ".Format \"Mon 3:04 PM\" }}", "Sat 9:05 AM"},
    {"GoString", "T", "s", run_go_string, 0, "the time as Go source", "{{ " SOME ".GoString }}",
     "time.Date(2026, time.March, 7, 9, 5, 3, 0, time.UTC)"},
    {"GobEncode", "T", "B", methods_time_bytes_marshal_binary, 0, "the binary form",
     "{{ " SOME ".GobEncode | len }}", "15"},
    {"Hour", "T", "i", methods_time_parts_hour, 0, "hour of the day", "{{ " SOME ".Hour }}", "9"},
    {"ISOWeek", "T", "i", refuse_second_result, 0, "two numbers, which a template cannot take",
     "{{ " SOME ".ISOWeek }}", NULL},
    {"In", "TZ", "T", run_in, 0, "the same instant in another time's zone",
     "{{ (" SOME ".In " EAST ".Location).Hour }}", "14"},
    {"IsDST", "T", "b", run_is_dst, 0, "is it in summer time", "{{ " SOME ".IsDST }}", "false"},
    {"IsZero", "T", "b", run_is_zero, 0, "is it the start of year 1", "{{ " SOME ".IsZero }}",
     "false"},
    {"Local", "T", "T", run_local, 0, "the same instant in the local zone",
     "{{ " SOME ".Local.Equal " SOME " }}", "true"},
    {"Location", "T", "Z", run_location, 0, "the zone", "{{ " SOME ".Location }}", "UTC"},
    {"MarshalBinary", "T", "B", methods_time_bytes_marshal_binary, 0, "the binary form",
     "{{ " SOME ".MarshalBinary | len }}", "15"},
    {"MarshalJSON", "T", "B", methods_time_bytes_marshal_json, 0, "the time as RFC 3339, in quotes",
     "{{ " SOME ".MarshalJSON | printf \"%s\" }}", "\"2026-03-07T09:05:03Z\""},
    {"MarshalText", "T", "B", methods_time_bytes_marshal_text, 0, "the time as RFC 3339",
     "{{ " SOME ".MarshalText | printf \"%s\" }}", "2026-03-07T09:05:03Z"},
    {"Minute", "T", "i", methods_time_parts_minute, 0, "minute of the hour",
     "{{ " SOME ".Minute }}", "5"},
    {"Month", "T", "N", methods_time_parts_month, 0, "month of the year, which has a name",
     "{{ " SOME ".Month }}", "March"},
    {"Nanosecond", "T", "i", methods_time_parts_nanosecond, 0, "nanosecond of the second",
     "{{ " SOME ".Nanosecond }}", "0"},
    {"Round", "TD", "T", run_round, 0, "to the nearest multiple of a duration",
     "{{ (" SOME ".Round 60000000000).Second }}", "0"},
    {"Second", "T", "i", methods_time_parts_second, 0, "second of the minute",
     "{{ " SOME ".Second }}", "3"},
    {"String", "T", "s", run_string, 0, "the time as it prints", "{{ " SOME ".String }}",
     "2026-03-07 09:05:03 +0000 UTC"},
    {"Sub", "TT", "D", run_sub, 0, "duration from another time", "{{ " LATER ".Sub " SOME " }}",
     "14h54m57s"},
    {"Truncate", "TD", "T", run_truncate, 0, "down to a multiple of a duration",
     "{{ (" SOME ".Truncate 60000000000).Second }}", "0"},
    {"UTC", "T", "T", run_utc, 0, "the same instant in UTC", "{{ " SOME ".UTC.Hour }}", "9"},
    {"Unix", "T", "I", methods_time_parts_unix, 0, "seconds since 1970", "{{ " SOME ".Unix }}",
     "1772874303"},
    {"UnixMicro", "T", "I", methods_time_parts_unix_micro, 0, "microseconds since 1970",
     "{{ " SOME ".UnixMicro }}", "1772874303000000"},
    {"UnixMilli", "T", "I", methods_time_parts_unix_milli, 0, "milliseconds since 1970",
     "{{ " SOME ".UnixMilli }}", "1772874303000"},
    {"UnixNano", "T", "I", methods_time_parts_unix_nano, 0, "nanoseconds since 1970",
     "{{ " SOME ".UnixNano }}", "1772874303000000000"},
    {"Weekday", "T", "W", methods_time_parts_weekday, 0, "day of the week, which has a name",
     "{{ " SOME ".Weekday }}", "Saturday"},
    {"Year", "T", "i", methods_time_parts_year, 0, "the year", "{{ " SOME ".Year }}", "2026"},
    {"YearDay", "T", "i", methods_time_parts_year_day, 0, "day of the year",
     "{{ " SOME ".YearDay }}", "66"},
    {"Zone", "T", "s", refuse_second_result, 0, "a name and a number, which a template cannot take",
     "{{ " SOME ".Zone }}", NULL},
    {"ZoneBounds", "T", "T", refuse_second_result, 0, "two times, which a template cannot take",
     "{{ " SOME ".ZoneBounds }}", NULL},
};

static const struct func location_rows[] = {
    {"String", "Z", "s", run_location_string, 0, "its name", "{{ " EAST ".Location.String }}",
     "EAST"},
};

const struct func_table methods_time = {"Methods of times", rows, ARRAY_SIZE(rows)};
const struct func_table methods_location = {"Methods of locations", location_rows,
                                            ARRAY_SIZE(location_rows)};
