/* The kernel's clocks behind the vtable, deadlines on top, and the two textual forms of time that
 * manifests and the API server use: RFC 3339 and Go durations. Durations are summed as unsigned
 * with a limit of 2^63, because Go accepts the one negative number that has no positive twin. */

#include "base/clock.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    int rc = clock_gettime(id, &now);
    assert(rc == 0);
    (void)rc;
    return (int64_t)now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

static uint64_t system_mono_ns(void *ctx)
{
    (void)ctx;
    return (uint64_t)read_clock(CLOCK_MONOTONIC);
}

static int64_t system_unix_ns(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

const struct clock *clock_system(void)
{
    static const struct clock_ops ops = {.mono_ns = system_mono_ns, .unix_ns = system_unix_ns};
    static const struct clock system_clock = {.ops = &ops, .ctx = NULL};
    return &system_clock;
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

struct deadline deadline_in(const struct clock *c, uint64_t ns)
{
    return (struct deadline){.clock = c, .at_ns = add_saturating(clock_mono_ns(c), ns)};
}

struct deadline deadline_sooner(const struct deadline *dl, uint64_t ns)
{
    struct deadline sooner = deadline_in(dl->clock, ns);
    if (dl->at_ns < sooner.at_ns)
        sooner.at_ns = dl->at_ns;
    sooner.cancelled = dl->cancelled;
    return sooner;
}

static bool is_cancelled(const struct deadline *dl)
{
    return dl->cancelled && atomic_load(dl->cancelled);
}

uint64_t deadline_left_ns(const struct deadline *dl)
{
    if (is_cancelled(dl))
        return 0;
    uint64_t now_ns = clock_mono_ns(dl->clock);
    return now_ns < dl->at_ns ? dl->at_ns - now_ns : 0;
}

struct err *deadline_check(const struct deadline *dl, const char *what)
{
    if (is_cancelled(dl))
        return err_new(ERR_DEADLINE, "%s: caller went away", what);
    if (deadline_is_over(dl))
        return err_new(ERR_DEADLINE, "%s: deadline exceeded", what);
    return NULL;
}

/* First second of the year 0 and last of the year 9999: what four digits can say. */
#define RFC3339_FIRST_S (-62167219200LL)
#define RFC3339_LAST_S 253402300799LL

#define RFC3339_FORM "0000-00-00T00:00:00Z"

static void put_digits(char *text, size_t from, size_t count, int v)
{
    for (size_t i = from + count; i > from; i--) {
        text[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
}

void clock_format_rfc3339(int64_t unix_s, char out[CLOCK_RFC3339_SIZE])
{
    if (unix_s < RFC3339_FIRST_S)
        unix_s = RFC3339_FIRST_S;
    if (unix_s > RFC3339_LAST_S)
        unix_s = RFC3339_LAST_S;
    time_t seconds = (time_t)unix_s;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    memcpy(out, RFC3339_FORM, sizeof(RFC3339_FORM));
    put_digits(out, 0, 4, tm.tm_year + 1900);
    put_digits(out, 5, 2, tm.tm_mon + 1);
    put_digits(out, 8, 2, tm.tm_mday);
    put_digits(out, 11, 2, tm.tm_hour);
    put_digits(out, 14, 2, tm.tm_min);
    put_digits(out, 17, 2, tm.tm_sec);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Does text have the form, where '0' in the form stands for any digit? */
static bool has_form(const char *text, const char *form)
{
    for (; *form; text++, form++) {
        if (*form == '0' ? !is_digit(*text) : *text != *form)
            return false;
    }
    return *text == '\0';
}

static int digits_at(const char *text, size_t from, size_t count)
{
    int v = 0;
    for (size_t i = from; i < from + count; i++)
        v = 10 * v + (text[i] - '0');
    return v;
}

bool clock_parse_rfc3339(const char *text, int64_t *unix_s)
{
    if (!has_form(text, RFC3339_FORM))
        return false;
    const struct tm given = {
        .tm_year = digits_at(text, 0, 4) - 1900,
        .tm_mon = digits_at(text, 5, 2) - 1,
        .tm_mday = digits_at(text, 8, 2),
        .tm_hour = digits_at(text, 11, 2),
        .tm_min = digits_at(text, 14, 2),
        .tm_sec = digits_at(text, 17, 2),
    };
    struct tm tm = given;
    int64_t seconds = timegm(&tm);

    /* timegm carries the 31st of June over to July: what changed was no date. */
    if (tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday || tm.tm_hour != given.tm_hour ||
        tm.tm_min != given.tm_min || tm.tm_sec != given.tm_sec)
        return false;
    *unix_s = seconds;
    return true;
}

#define DURATION_LIMIT (1ULL << 63)

/* One "number and unit" of a duration: whole + fraction / scale. */
struct term {
    uint64_t whole;
    uint64_t fraction;
    double scale;
};

struct unit {
    const char *name;
    uint64_t ns;
};

static const struct unit units[] = {
    {"ns", 1},           {"us", 1000},    {"\xc2\xb5s", 1000}, /* U+00B5 micro sign */
    {"\xce\xbcs", 1000},                                       /* U+03BC Greek mu */
    {"ms", NS_PER_MS},   {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
};

/* Each reader moves *at behind what it read. False: no such thing here, or too large. */

static bool read_whole(const char **at, uint64_t *v)
{
    for (*v = 0; is_digit(**at); (*at)++) {
        if (__builtin_mul_overflow(*v, 10ULL, v) ||
            __builtin_add_overflow(*v, (uint64_t)(**at - '0'), v) || *v > DURATION_LIMIT)
            return false;
    }
    return true;
}

/* Digits beyond what 63 bits hold are read and change nothing. */
static void read_fraction(const char **at, struct term *t)
{
    bool is_full = false;
    t->fraction = 0;
    t->scale = 1;
    for (; is_digit(**at); (*at)++) {
        uint64_t next = 0;
        is_full = is_full || t->fraction > (DURATION_LIMIT - 1) / 10;
        if (!is_full)
            next = 10 * t->fraction + (uint64_t)(**at - '0');
        is_full = is_full || next > DURATION_LIMIT;
        if (is_full)
            continue;
        t->fraction = next;
        t->scale *= 10;
    }
}

static bool read_number(const char **at, struct term *t)
{
    const char *start = *at;
    if (!read_whole(at, &t->whole))
        return false;
    size_t digits = (size_t)(*at - start);
    const char *point = *at;
    t->fraction = 0;
    t->scale = 1;
    if (*point == '.') {
        (*at)++;
        read_fraction(at, t);
        digits += (size_t)(*at - point) - 1;
    }
    return digits > 0;
}

static bool read_unit(const char **at, uint64_t *ns)
{
    size_t n = strcspn(*at, ".0123456789");
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strlen(units[i].name) == n && strncmp(units[i].name, *at, n) == 0) {
            *ns = units[i].ns;
            *at += n;
            return true;
        }
    }
    return false;
}

static bool add_term(const struct term *t, uint64_t unit_ns, uint64_t *total)
{
    uint64_t ns;
    if (__builtin_mul_overflow(t->whole, unit_ns, &ns) || ns > DURATION_LIMIT)
        return false;
    ns += (uint64_t)((double)t->fraction * ((double)unit_ns / t->scale));
    return ns <= DURATION_LIMIT && !__builtin_add_overflow(*total, ns, total) &&
           *total <= DURATION_LIMIT;
}

/* Sum of all terms of text, which must not be empty. */
static bool read_terms(const char *text, uint64_t *total)
{
    const char *at = text;
    *total = 0;
    do {
        struct term t;
        uint64_t unit_ns;
        if (!read_number(&at, &t) || !read_unit(&at, &unit_ns) || !add_term(&t, unit_ns, total))
            return false;
    } while (*at);
    return true;
}

struct err *clock_parse_duration(const char *text, int64_t *out_ns)
{
    bool is_negative = text[0] == '-';
    const char *rest = text + (text[0] == '-' || text[0] == '+');
    uint64_t total = 0;
    if (strcmp(rest, "0") != 0 && !read_terms(rest, &total))
        return err_new(ERR_INVALID, "not a duration like \"1h30m\" that fits 64 bits");
    if (!is_negative && total == DURATION_LIMIT)
        return err_new(ERR_INVALID, "duration does not fit 64 bits");
    *out_ns = is_negative ? (int64_t)(0 - total) : (int64_t)total;
    return NULL;
}
