/* Methods of Go's time.Time, but for those on a *time.Location, which no value of this language can
 * be. Go refuses calls of methods with several results only when they are made, so they are rows
 * too. */
#include "template/funcs_time.h"

#include "template/funcs.h"
#include "template/go_civil.h"
#include "template/go_zone.h"

#define NS_PER_S 1000000000

/* The binary form: version, seconds since year 1, nanoseconds, minutes east of UTC; in version 2
 * seconds too. */
#define BINARY_SIZE 15
#define BINARY_UTC (-1)

static const struct go_time *receiver(const struct datum *args)
{
    return args[0].v.time;
}

static struct go_civil civil(const struct datum *args)
{
    return go_time_civil(receiver(args), NULL);
}

static struct err *give(struct datum v, struct datum *out)
{
    *out = v;
    return NULL;
}

static struct err *run_year(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).year), out);
}

static struct err *run_month(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return give((struct datum){.kind = DATUM_MONTH, .v.i = civil(args).month}, out);
}

static struct err *run_day(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).day), out);
}

static struct err *run_year_day(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).year_day), out);
}

static struct err *run_weekday(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return give((struct datum){.kind = DATUM_WEEKDAY, .v.i = civil(args).weekday}, out);
}

static struct err *run_hour(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).hour), out);
}

static struct err *run_minute(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).minute), out);
}

static struct err *run_second(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(civil(args).second), out);
}

static struct err *run_nanosecond(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int(receiver(args)->nanosecond), out);
}

static struct err *run_unix(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_int64(receiver(args)->unix_s), out);
}

/* Whole units since 1970, of which a second has so many; wraps far from 1970, as Go's do. */
static struct datum units_since_1970(const struct go_time *t, int64_t per_second)
{
    uint64_t whole = (uint64_t)t->unix_s * (uint64_t)per_second;

    return datum_int64((int64_t)(whole + (uint64_t)(t->nanosecond / (NS_PER_S / per_second))));
}

static struct err *run_unix_milli(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)g;
    (void)n;
    return give(units_since_1970(receiver(args), 1000), out);
}

static struct err *run_unix_micro(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)g;
    (void)n;
    return give(units_since_1970(receiver(args), 1000000), out);
}

static struct err *run_unix_nano(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)g;
    (void)n;
    return give(units_since_1970(receiver(args), NS_PER_S), out);
}

static struct err *run_is_zero(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_bool(go_time_is_zero(receiver(args))), out);
}

static struct err *run_is_dst(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    const struct go_time *t = receiver(args);

    (void)g;
    (void)n;
    return give(datum_bool(go_zone_at(t->zone, t->unix_s).is_summer), out);
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
    return give(datum_int(compare(args)), out);
}

static struct err *run_before(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_bool(compare(args) < 0), out);
}

static struct err *run_after(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_bool(compare(args) > 0), out);
}

static struct err *run_equal(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return give(datum_bool(compare(args) == 0), out);
}

static struct err *run_sub(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    int64_t ns = go_time_sub(receiver(args), args[1].v.time);

    (void)g;
    (void)n;
    return give((struct datum){.kind = DATUM_DURATION, .v.i = ns}, out);
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
    struct text printed;

    text_buf_init(&b, g->arena, TEXT_MAX);
    print_to(&b, t);
    struct err *e = text_buf_end(&b, &printed);
    return e ? e : give(datum_string(printed), out);
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

/* A []byte of those in front, which may be NULL, and the bytes of t. */
static struct err *give_bytes(struct engine *g, const struct list *front, struct text t,
                              struct datum *out)
{
    size_t before = front ? front->n : 0;
    struct list *l;
    struct err *e = engine_charge(g, before + t.n);

    if (!e)
        e = list_new(g->arena, ELEMENT_UINT8, before + t.n, &l);
    if (e)
        return e;
    for (size_t i = 0; i < l->n; i++) {
        if (i < before)
            l->items[i] = front->items[i];
        else
            l->items[i] = (struct datum){.kind = DATUM_UINT8, .v.u = t.p[i - before]};
    }
    return give(datum_list(l), out);
}

static struct err *rfc_3339(struct engine *g, const struct go_time *t, const char *quote,
                            struct text *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, quote);
    CLEANUP(err) struct err *refused = go_time_print_rfc3339(&b, t);
    text_buf_puts(&b, quote);
    struct err *e = text_buf_end(&b, out);
    return e ? e : TAKE(refused);
}

static struct err *run_append_text(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "", &t);

    (void)n;
    return e ? err_wrap(e, "Time.AppendText") : give_bytes(g, args[1].v.list, t, out);
}

static struct err *run_marshal_json(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "\"", &t);

    (void)n;
    return e ? err_wrap(e, "Time.MarshalJSON") : give_bytes(g, NULL, t, out);
}

static struct err *run_marshal_text(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "", &t);

    (void)n;
    return e ? err_wrap(e, "Time.MarshalText") : give_bytes(g, NULL, t, out);
}

static struct err *run_append_format(struct engine *g, const struct datum *args, size_t n,
                                     struct datum *out)
{
    struct datum printed;
    struct err *e = funcs_time_format(g, receiver(args), datum_text(&args[2]), &printed);

    (void)n;
    return e ? e : give_bytes(g, args[1].v.list, datum_text(&printed), out);
}

static void put_big_endian(unsigned char *p, uint64_t v, unsigned n)
{
    for (; n > 0; v >>= 8)
        p[--n] = (unsigned char)v;
}

static struct err *binary(struct engine *g, const struct list *front, const struct go_time *t,
                          struct datum *out)
{
    unsigned char bytes[BINARY_SIZE + 1];
    int32_t offset_s = go_zone_at(t->zone, t->unix_s).offset_s;
    int32_t minutes = t->zone ? offset_s / GO_MINUTE_S : BINARY_UTC,
            seconds = offset_s % GO_MINUTE_S;

    if (minutes < INT16_MIN || minutes > INT16_MAX || (t->zone && minutes == BINARY_UTC))
        return err_new(ERR_INVALID, "Time.MarshalBinary: unexpected zone offset");
    bytes[0] = seconds ? 2 : 1;
    put_big_endian(bytes + 1, (uint64_t)t->unix_s + (uint64_t)GO_TIME_ZERO_TO_1970_S, 8);
    put_big_endian(bytes + 9, (uint32_t)t->nanosecond, 4);
    put_big_endian(bytes + 13, (uint32_t)minutes, 2);
    bytes[BINARY_SIZE] = (unsigned char)seconds;
    return give_bytes(g, front, (struct text){bytes, BINARY_SIZE + (seconds != 0)}, out);
}

static struct err *run_append_binary(struct engine *g, const struct datum *args, size_t n,
                                     struct datum *out)
{
    (void)n;
    return binary(g, args[1].v.list, receiver(args), out);
}

static struct err *run_marshal_binary(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    (void)n;
    return binary(g, NULL, receiver(args), out);
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

static const struct func rows[] = {
    {"Add", "TD", "T", run_add, 0, "a duration later", "{{ " SOME ".Add 1000000000 | unixEpoch }}",
     "1772874304"},
    {"AddDate", "Tiii", "T", run_add_date, 0, "years, months and days later",
     "{{ (" SOME ".AddDate 0 -1 0).Format \"2006-01-02\" }}", "2026-02-07"},
    {"After", "TT", "b", run_after, 0, "is it after the other", "{{ " SOME ".After " LATER " }}",
     "false"},
    {"AppendBinary", "TB", "B", run_append_binary, 0, "bytes and the binary form",
     "{{ " SOME ".AppendBinary nil | len }}", "15"},
    {"AppendFormat", "TBs", "B", run_append_format, 0, "bytes and the time by a layout",
     "{{ " SOME ".AppendFormat nil \"2006\" | printf \"%s\" }}", "2026"},
    {"AppendText", "TB", "B", run_append_text, 0, "bytes and the time as RFC 3339",
     "{{ " SOME ".AppendText nil | printf \"%s\" }}", "2026-03-07T09:05:03Z"},
    {"Before", "TT", "b", run_before, 0, "is it before the other",
     "{{ " SOME ".Before " LATER " }}", "true"},
    {"Clock", "T", "i", refuse_three_results, 0, "three numbers, which a template cannot take",
     "{{ " SOME ".Clock }}", NULL},
    {"Compare", "TT", "i", run_compare, 0, "-1, 0 or 1: before, same or after",
     "{{ " SOME ".Compare " LATER " }}", "-1"},
    {"Date", "T", "i", refuse_three_results, 0, "three numbers, which a template cannot take",
     "{{ " SOME ".Date }}", NULL},
    {"Day", "T", "i", run_day, 0, "day of the month", "{{ " SOME ".Day }}", "7"},
    {"Equal", "TT", "b", run_equal, 0, "is it the same instant",
     "{{ " SOME ".Equal " SOME ".UTC }}", "true"},
    {"Format", "Ts", "s", run_format, 0, "the time by a layout",
     "{{ " SOME ".Format \"Mon 3:04 PM\" }}", "Sat 9:05 AM"},
    {"GoString", "T", "s", run_go_string, 0, "the time as Go source", "{{ " SOME ".GoString }}",
     "time.Date(2026, time.March, 7, 9, 5, 3, 0, time.UTC)"},
    {"GobEncode", "T", "B", run_marshal_binary, 0, "the binary form",
     "{{ " SOME ".GobEncode | len }}", "15"},
    {"Hour", "T", "i", run_hour, 0, "hour of the day", "{{ " SOME ".Hour }}", "9"},
    {"ISOWeek", "T", "i", refuse_second_result, 0, "two numbers, which a template cannot take",
     "{{ " SOME ".ISOWeek }}", NULL},
    {"IsDST", "T", "b", run_is_dst, 0, "is it in summer time", "{{ " SOME ".IsDST }}", "false"},
    {"IsZero", "T", "b", run_is_zero, 0, "is it the start of year 1", "{{ " SOME ".IsZero }}",
     "false"},
    {"Local", "T", "T", run_local, 0, "the same instant in the local zone",
     "{{ " SOME ".Local.Equal " SOME " }}", "true"},
    {"MarshalBinary", "T", "B", run_marshal_binary, 0, "the binary form",
     "{{ " SOME ".MarshalBinary | len }}", "15"},
    {"MarshalJSON", "T", "B", run_marshal_json, 0, "the time as RFC 3339, in quotes",
     "{{ " SOME ".MarshalJSON | printf \"%s\" }}", "\"2026-03-07T09:05:03Z\""},
    {"MarshalText", "T", "B", run_marshal_text, 0, "the time as RFC 3339",
     "{{ " SOME ".MarshalText | printf \"%s\" }}", "2026-03-07T09:05:03Z"},
    {"Minute", "T", "i", run_minute, 0, "minute of the hour", "{{ " SOME ".Minute }}", "5"},
    {"Month", "T", "N", run_month, 0, "month of the year, which has a name", "{{ " SOME ".Month }}",
     "March"},
    {"Nanosecond", "T", "i", run_nanosecond, 0, "nanosecond of the second",
     "{{ " SOME ".Nanosecond }}", "0"},
    {"Round", "TD", "T", run_round, 0, "to the nearest multiple of a duration",
     "{{ (" SOME ".Round 60000000000).Second }}", "0"},
    {"Second", "T", "i", run_second, 0, "second of the minute", "{{ " SOME ".Second }}", "3"},
    {"String", "T", "s", run_string, 0, "the time as it prints", "{{ " SOME ".String }}",
     "2026-03-07 09:05:03 +0000 UTC"},
    {"Sub", "TT", "D", run_sub, 0, "duration from another time", "{{ " LATER ".Sub " SOME " }}",
     "14h54m57s"},
    {"Truncate", "TD", "T", run_truncate, 0, "down to a multiple of a duration",
     "{{ (" SOME ".Truncate 60000000000).Second }}", "0"},
    {"UTC", "T", "T", run_utc, 0, "the same instant in UTC", "{{ " SOME ".UTC.Hour }}", "9"},
    {"Unix", "T", "I", run_unix, 0, "seconds since 1970", "{{ " SOME ".Unix }}", "1772874303"},
    {"UnixMicro", "T", "I", run_unix_micro, 0, "microseconds since 1970",
     "{{ " SOME ".UnixMicro }}", "1772874303000000"},
    {"UnixMilli", "T", "I", run_unix_milli, 0, "milliseconds since 1970",
     "{{ " SOME ".UnixMilli }}", "1772874303000"},
    {"UnixNano", "T", "I", run_unix_nano, 0, "nanoseconds since 1970", "{{ " SOME ".UnixNano }}",
     "1772874303000000000"},
    {"Weekday", "T", "W", run_weekday, 0, "day of the week, which has a name",
     "{{ " SOME ".Weekday }}", "Saturday"},
    {"Year", "T", "i", run_year, 0, "the year", "{{ " SOME ".Year }}", "2026"},
    {"YearDay", "T", "i", run_year_day, 0, "day of the year", "{{ " SOME ".YearDay }}", "66"},
    {"Zone", "T", "s", refuse_second_result, 0, "a name and a number, which a template cannot take",
     "{{ " SOME ".Zone }}", NULL},
    {"ZoneBounds", "T", "T", refuse_second_result, 0, "two times, which a template cannot take",
     "{{ " SOME ".ZoneBounds }}", NULL},
};

const struct func_table methods_time = {"Methods of times", rows, ARRAY_SIZE(rows)};
