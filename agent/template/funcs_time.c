/* Sprig takes a time, or whole seconds since 1970, and reads anything else as now, without a word.
 * A zone that is not known is UTC. Zones are kept for the rest of the render, because a template
 * with dates in a loop asks for the same one over and over. */
#include "template/funcs_time.h"

#include "template/funcs.h"
#include "template/go_zone.h"
#include "template/number_text.h"

#define NS_PER_S INT64_C(1000000000)
#define HTML_LAYOUT "2006-01-02"
#define LOCAL "Local"

/* Steps that opening and reading a file is worth. */
#define FILE_STEPS 50

/* Names, offsets and years are longer than the words that stand for them. */
#define FORMAT_FACTOR 4

static struct err *find_zone(struct engine *g, struct text name, const struct go_zone **out)
{
    const struct go_zone *z = g->zones;

    for (; z && !text_equal(z->name, name); z = z->next) {
        struct err *e = engine_charge(g, 1);
        if (e)
            return e;
    }
    *out = z;
    return NULL;
}

static struct err *read_zone(struct engine *g, struct text name, const struct go_zone **out)
{
    struct err *e = engine_charge(g, FILE_STEPS);

    if (e)
        return e;
    e = text_is(name, LOCAL) ? go_zone_read_local(g->arena, g->zones, out)
                             : go_zone_read(g->arena, name, g->zones, out);
    if (!e && *out)
        g->zones = *out;
    return e;
}

struct err *funcs_time_zone(struct engine *g, struct text name, const struct go_zone **out)
{
    const struct go_zone *z = NULL;
    struct err *e = NULL;

    if (name.n > 0 && !text_is(name, "UTC")) {
        e = find_zone(g, name, &z);
        if (!e && !z)
            e = read_zone(g, name, &z);
    }
    if (e)
        return e;
    *out = z;
    return NULL;
}

struct err *funcs_time_local(struct engine *g, const struct go_zone **out)
{
    return funcs_time_zone(g, TEXT(LOCAL), out);
}

struct err *funcs_time_give(struct engine *g, const struct go_time *t, struct datum *out)
{
    void *p;
    struct err *e = secret_arena_alloc(g->arena, sizeof(*t), &p);

    if (e)
        return e;
    struct go_time *copy = p;
    *copy = *t;
    *out = (struct datum){.kind = DATUM_TIME, .v.time = copy};
    return NULL;
}

struct err *funcs_time_format(struct engine *g, const struct go_time *t, struct text layout,
                              struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, FORMAT_FACTOR * (uint64_t)layout.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    go_time_format(&b, t, layout);
    return func_give_text(&b, NULL, out);
}

static struct err *give_duration_text(struct engine *g, int64_t ns, struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    go_duration_print(&b, ns);
    return func_give_text(&b, NULL, out);
}

/* zone may be NULL. */
static struct err *read_clock(struct engine *g, const struct go_zone *zone, struct go_time *out)
{
    if (g->env->refuse_clock)
        return err_new(ERR_INVALID, "functions that read the clock are switched off");
    *out = go_time_now(engine_now_ns(g), engine_monotonic_ns(g), zone);
    return NULL;
}

/* What a value stands for: a time, seconds since 1970, or else now. */
static struct err *moment(struct engine *g, const struct datum *d, struct go_time *out)
{
    if (d->kind == DATUM_TIME)
        *out = *d->v.time;
    else if (d->kind == DATUM_INT || d->kind == DATUM_INT64 || d->kind == DATUM_INT32)
        *out = (struct go_time){.unix_s = d->v.i};
    else
        return read_clock(g, NULL, out);
    return NULL;
}

static struct err *format_in(struct engine *g, struct text layout, const struct datum *d,
                             struct text zone_name, struct datum *out)
{
    const struct go_zone *zone = NULL;
    struct go_time t;
    struct err *e = moment(g, d, &t);

    if (!e)
        e = funcs_time_zone(g, zone_name, &zone);
    if (e)
        return e;
    t = go_time_in(&t, zone);
    return funcs_time_format(g, &t, layout, out);
}

static struct err *run_date(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return format_in(g, datum_text(&args[0]), &args[1], TEXT(LOCAL), out);
}

static struct err *run_date_in_zone(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)n;
    return format_in(g, datum_text(&args[0]), &args[1], datum_text(&args[2]), out);
}

static struct err *run_html_date(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)n;
    return format_in(g, TEXT(HTML_LAYOUT), &args[0], TEXT(LOCAL), out);
}

static struct err *run_html_date_in_zone(struct engine *g, const struct datum *args, size_t n,
                                         struct datum *out)
{
    (void)n;
    return format_in(g, TEXT(HTML_LAYOUT), &args[0], datum_text(&args[1]), out);
}

static struct err *run_now(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct go_zone *local;
    struct go_time t;
    struct err *e = funcs_time_local(g, &local);

    (void)args;
    (void)n;
    if (!e)
        e = read_clock(g, local, &t);
    return e ? e : funcs_time_give(g, &t, out);
}

static struct err *run_must_to_date(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    struct text layout = datum_text(&args[0]), value = datum_text(&args[1]);
    const struct go_zone *local;
    struct go_time t;
    struct err *e = engine_charge_bytes(g, (uint64_t)layout.n + value.n);

    (void)n;
    if (!e)
        e = funcs_time_local(g, &local);
    if (!e)
        e = go_time_parse(g->arena, layout, value, local, &t);
    return e ? e : funcs_time_give(g, &t, out);
}

/* May e be swallowed, as sprig does? Takes e where it may. */
static bool swallow(struct err *e)
{
    if (!e || err_class(e) != ERR_INVALID || engine_is_limit(e))
        return false;
    err_free(e);
    return true;
}

static struct err *run_to_date(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct go_time zero = go_time_zero();
    struct err *e = run_must_to_date(g, args, n, out);

    return swallow(e) ? funcs_time_give(g, &zero, out) : e;
}

static struct err *run_must_date_modify(struct engine *g, const struct datum *args, size_t n,
                                        struct datum *out)
{
    struct text by = datum_text(&args[0]);
    int64_t ns;
    struct err *e = engine_charge_bytes(g, by.n);

    (void)n;
    if (!e)
        e = go_duration_parse(by, &ns);
    if (e)
        return e;
    struct go_time t = go_time_add(args[1].v.time, ns);
    return funcs_time_give(g, &t, out);
}

static struct err *run_date_modify(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct err *e = run_must_date_modify(g, args, n, out);

    if (!swallow(e))
        return e;
    *out = args[1];
    return NULL;
}

static struct err *run_unix_epoch(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    struct text_buf b;

    (void)n;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_int(&b, args[0].v.time->unix_s);
    return func_give_text(&b, NULL, out);
}

static struct err *since(struct engine *g, const struct go_time *t, int64_t *out)
{
    struct go_time now;
    struct err *e = read_clock(g, NULL, &now);

    if (e)
        return e;
    *out = go_time_sub(&now, t);
    return NULL;
}

/* Unlike the others, this one takes a character for anything else. */
static struct err *run_ago(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct datum nothing = datum_nil();
    struct go_time t;
    int64_t ns;
    struct err *e = moment(g, args[0].kind == DATUM_INT32 ? &nothing : &args[0], &t);

    (void)n;
    if (!e)
        e = since(g, &t, &ns);
    return e ? e : give_duration_text(g, go_duration_round(ns, NS_PER_S), out);
}

/* Seconds as text or as an int64; an int, which is what literals are, counts as 0. */
static struct err *run_duration(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    int64_t seconds = 0;

    (void)n;
    if (args[0].kind == DATUM_STRING) {
        struct err *e = engine_charge_bytes(g, args[0].n);
        if (e)
            return e;
        number_text_int(datum_text(&args[0]), 10, &seconds);
    } else if (args[0].kind == DATUM_INT64) {
        seconds = args[0].v.i;
    }
    return give_duration_text(g, (int64_t)((uint64_t)seconds * (uint64_t)NS_PER_S), out);
}

static struct err *duration_of(struct engine *g, const struct datum *d, int64_t *out)
{
    *out = 0;
    if (d->kind == DATUM_TIME)
        return since(g, d->v.time, out);
    if (d->kind == DATUM_INT64)
        *out = d->v.i;
    if (d->kind != DATUM_STRING)
        return NULL;
    struct err *e = engine_charge_bytes(g, d->n);
    if (e)
        return e;
    e = go_duration_parse(datum_text(d), out);
    return swallow(e) ? NULL : e;
}

/* The largest unit of which there is more than one, and how many of it. */
static struct err *run_duration_round(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } units[] = {{"y", 365 * UINT64_C(86400)},
                 {"mo", 30 * UINT64_C(86400)},
                 {"d", 86400},
                 {"h", 3600},
                 {"m", 60},
                 {"s", 1}};
    struct text_buf b;
    int64_t ns;
    struct err *e = duration_of(g, &args[0], &ns);

    (void)n;
    if (e)
        return e;
    uint64_t v = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    size_t i = 0;
    while (i < ARRAY_SIZE(units) && v <= units[i].seconds * (uint64_t)NS_PER_S)
        i++;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_uint(&b, i < ARRAY_SIZE(units) ? v / (units[i].seconds * (uint64_t)NS_PER_S) : 0);
    text_buf_puts(&b, i < ARRAY_SIZE(units) ? units[i].name : "s");
    return func_give_text(&b, NULL, out);
}

#define DAY "(toDate \"2006-01-02\" \"2026-03-07\")"

static const struct func rows[] = {
    {"ago", "a", "s", run_ago, FUNC_CLOCK, "time since then, to the second", "{{ ago " DAY " }}",
     NULL},
    {"date", "sa", "s", run_date, FUNC_CLOCK_AT_TIMES,
     "a time, or seconds since 1970, by a layout; of anything else, now",
     "{{ date \"2 January 06\" " DAY " }}", "7 March 26"},
    {"dateInZone", "sas", "s", run_date_in_zone, FUNC_CLOCK_AT_TIMES,
     "the same in a zone; in UTC where that is not known",
     "{{ dateInZone \"2006-01-02 15:04 MST\" 86400 \"UTC\" }}", "1970-01-02 00:00 UTC"},
    {"dateModify", "sT", "T", run_date_modify, 0,
     "a time moved by a duration; as it is where that is none",
     "{{ dateModify \"-36h\" " DAY " | date \"Jan 2 15h\" }}", "Mar 5 12h"},
    {"date_in_zone", "sas", "s", run_date_in_zone, FUNC_CLOCK_AT_TIMES, "dateInZone",
     "{{ date_in_zone \"15:04:05\" 59 \"UTC\" }}", "00:00:59"},
    {"date_modify", "sT", "T", run_date_modify, 0, "dateModify",
     "{{ date_modify \"90m\" " DAY " | date \"15:04\" }}", "01:30"},
    {"duration", "a", "s", run_duration, 0, "text or an int64 as seconds; 0s of an int",
     "{{ duration \"95\" }}", "1m35s"},
    {"durationRound", "a", "s", run_duration_round, FUNC_CLOCK_AT_TIMES,
     "largest unit of a duration, or of the time since then", "{{ durationRound \"400h10m\" }}",
     "16d"},
    {"htmlDate", "a", "s", run_html_date, FUNC_CLOCK_AT_TIMES, "date as year, month and day",
     "{{ htmlDate " DAY " }}", "2026-03-07"},
    {"htmlDateInZone", "as", "s", run_html_date_in_zone, FUNC_CLOCK_AT_TIMES, "the same in a zone",
     "{{ htmlDateInZone 86400 \"UTC\" }}", "1970-01-02"},
    {"mustDateModify", "sT", "T", run_must_date_modify, 0,
     "dateModify that refuses what is no duration",
     "{{ mustDateModify \"24h\" " DAY " | htmlDate }}", "2026-03-08"},
    {"mustToDate", "ss", "T", run_must_to_date, 0, "toDate that refuses what does not fit",
     "{{ mustToDate \"02.01.2006\" \"07.03.2026\" | htmlDate }}", "2026-03-07"},
    {"must_date_modify", "sT", "T", run_must_date_modify, 0, "mustDateModify",
     "{{ must_date_modify \"24h\" " DAY " | htmlDate }}", "2026-03-08"},
    {"now", "", "T", run_now, FUNC_CLOCK, "the time in the local zone", "{{ now }}", NULL},
    {"toDate", "ss", "T", run_to_date, 0,
     "the time that a text gives by a layout; year 1 where it does not fit",
     "{{ (toDate \"Jan 2, 2006\" \"Mar 7, 2026\").YearDay }}", "66"},
    {"unixEpoch", "T", "s", run_unix_epoch, 0, "seconds since 1970",
     "{{ toDate \"2006-01-02 MST\" \"1970-01-02 UTC\" | unixEpoch }}", "86400"},
};

const struct func_table funcs_time = {"Dates", rows, ARRAY_SIZE(rows)};
