/* Go counts a time from year 1 in 64 bits, and that is where its sums stop or wrap; so they are
 * made from there, and kept from 1970 on. */
#include "template/go_time.h"

#include "template/go_civil.h"
#include "template/go_zone.h"

#define NS_PER_S 1000000000
#define YEAR_1_TO_1885_S INT64_C(59453308800)
#define MONOTONIC_S_MAX ((INT64_C(1) << 33) - 1) /* from 1885 on */

__extension__ typedef __int128 wide;

static int64_t from_year_1(const struct go_time *t)
{
    return (int64_t)((uint64_t)t->unix_s + (uint64_t)GO_TIME_ZERO_TO_1970_S);
}

static void set_from_year_1(struct go_time *t, int64_t s)
{
    t->unix_s = (int64_t)((uint64_t)s - (uint64_t)GO_TIME_ZERO_TO_1970_S);
}

static bool has_room_for_monotonic(int64_t s)
{
    return s >= YEAR_1_TO_1885_S && s - YEAR_1_TO_1885_S <= MONOTONIC_S_MAX;
}

static struct go_time without_monotonic(const struct go_time *t)
{
    struct go_time plain = *t;

    plain.has_monotonic = false;
    plain.monotonic_ns = 0;
    return plain;
}

bool go_time_is_zero(const struct go_time *t)
{
    return from_year_1(t) == 0 && t->nanosecond == 0;
}

struct go_time go_time_now(int64_t unix_ns, int64_t monotonic_ns, const struct go_zone *zone)
{
    int64_t s = unix_ns / NS_PER_S, ns = unix_ns % NS_PER_S;
    struct go_time t = {.unix_s = s - (ns < 0), .zone = zone, .has_monotonic = true};

    t.nanosecond = (int32_t)(ns < 0 ? ns + NS_PER_S : ns);
    t.monotonic_ns = monotonic_ns;
    return has_room_for_monotonic(from_year_1(&t)) ? t : without_monotonic(&t);
}

struct go_time go_time_in(const struct go_time *t, const struct go_zone *zone)
{
    struct go_time in = without_monotonic(t);

    in.zone = zone;
    return in;
}

bool go_time_is_same(const struct go_time *a, const struct go_time *b)
{
    return a->unix_s == b->unix_s && a->nanosecond == b->nanosecond &&
           a->has_monotonic == b->has_monotonic && a->monotonic_ns == b->monotonic_ns &&
           go_zone_is_same(a->zone, b->zone);
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int go_time_compare(const struct go_time *a, const struct go_time *b)
{
    if (a->has_monotonic && b->has_monotonic)
        return order(a->monotonic_ns, b->monotonic_ns);
    int by_second = order(from_year_1(a), from_year_1(b));
    return by_second ? by_second : order(a->nanosecond, b->nanosecond);
}

/* At the ends of time it stops. */
static void add_seconds(struct go_time *t, int64_t seconds)
{
    int64_t sum;

    if (__builtin_add_overflow(from_year_1(t), seconds, &sum))
        sum = seconds > 0 ? INT64_MAX : -INT64_MAX;
    set_from_year_1(t, sum);
    if (t->has_monotonic && !has_room_for_monotonic(sum))
        *t = without_monotonic(t);
}

struct go_time go_time_add(const struct go_time *t, int64_t ns)
{
    struct go_time sum = *t;
    int64_t seconds = ns / NS_PER_S, monotonic;

    sum.nanosecond += (int32_t)(ns % NS_PER_S);
    if (sum.nanosecond >= NS_PER_S) {
        seconds++;
        sum.nanosecond -= NS_PER_S;
    } else if (sum.nanosecond < 0) {
        seconds--;
        sum.nanosecond += NS_PER_S;
    }
    add_seconds(&sum, seconds);
    if (!sum.has_monotonic)
        return sum;
    if (__builtin_add_overflow(sum.monotonic_ns, ns, &monotonic))
        return without_monotonic(&sum);
    sum.monotonic_ns = monotonic;
    return sum;
}

static int64_t clamp(wide v)
{
    if (v > INT64_MAX)
        return INT64_MAX;
    return v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

static wide nanoseconds(const struct go_time *t)
{
    return (wide)from_year_1(t) * NS_PER_S + t->nanosecond;
}

int64_t go_time_sub(const struct go_time *a, const struct go_time *b)
{
    if (a->has_monotonic && b->has_monotonic)
        return clamp((wide)a->monotonic_ns - b->monotonic_ns);
    return clamp(nanoseconds(a) - nanoseconds(b));
}

/* Nanoseconds since the last multiple of unit. */
static int64_t beyond_multiple(const struct go_time *t, int64_t unit)
{
    int64_t beyond = (int64_t)(nanoseconds(t) % unit);

    return beyond < 0 ? beyond + unit : beyond;
}

struct go_time go_time_truncate(const struct go_time *t, int64_t unit)
{
    struct go_time plain = without_monotonic(t);

    return unit > 0 ? go_time_add(&plain, -beyond_multiple(t, unit)) : plain;
}

struct go_time go_time_round(const struct go_time *t, int64_t unit)
{
    struct go_time plain = without_monotonic(t);

    if (unit <= 0)
        return plain;
    int64_t beyond = beyond_multiple(t, unit);
    return go_time_add(&plain, beyond < unit - beyond ? -beyond : unit - beyond);
}

struct go_civil go_time_civil(const struct go_time *t, struct go_zone_span *span)
{
    struct go_zone_span holds = go_zone_at(t->zone, t->unix_s);

    if (span)
        *span = holds;
    return go_civil_of((int64_t)((uint64_t)t->unix_s + (uint64_t)(int64_t)holds.offset_s));
}

/* Bring *low into 0 to base - 1 by what is carried to *high; wraps as Go's integers do. */
static void carry_into(int64_t *high, int64_t *low, int64_t base)
{
    int64_t n = *low / base - (*low % base < 0);

    *low = (int64_t)((uint64_t)*low - (uint64_t)n * (uint64_t)base);
    *high = (int64_t)((uint64_t)*high + (uint64_t)n);
}

/* The offset is looked up for what the clock would be in UTC, and again for what comes out, which
 * may be on the other side of a change. */
static int64_t to_utc(int64_t local_s, const struct go_zone *zone)
{
    struct go_zone_span span = go_zone_at(zone, local_s);
    int64_t utc = (int64_t)((uint64_t)local_s - (uint64_t)(int64_t)span.offset_s);

    if (span.offset_s == 0 || (utc >= span.start && utc < span.end))
        return utc;
    span = go_zone_at(zone, utc);
    return (int64_t)((uint64_t)local_s - (uint64_t)(int64_t)span.offset_s);
}

struct go_time go_time_of_date(const struct go_date *date, const struct go_zone *zone)
{
    struct go_date d = *date;

    d.month = (int64_t)((uint64_t)d.month - 1);
    carry_into(&d.year, &d.month, 12);
    carry_into(&d.second, &d.nanosecond, NS_PER_S);
    carry_into(&d.minute, &d.second, 60);
    carry_into(&d.hour, &d.minute, 60);
    carry_into(&d.day, &d.hour, 24);
    uint64_t local_s = (uint64_t)go_civil_seconds(d.year, (int)d.month + 1, d.day);
    local_s += (uint64_t)(d.hour * GO_HOUR_S + d.minute * GO_MINUTE_S + d.second);
    return (struct go_time){
        .unix_s = to_utc((int64_t)local_s, zone),
        .nanosecond = (int32_t)d.nanosecond,
        .zone = zone,
    };
}
