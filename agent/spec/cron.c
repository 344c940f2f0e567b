/* A field is read into a set of bits. Looking for a firing walks back over days, then over the
 * minutes of a day that fires: at most 366 days and 1440 minutes, whatever the schedule. */

#include "spec/cron.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/clock.h"

#define DAY_S 86400
#define MINUTE_S 60
#define FIELDS 5
#define TEXT_MAX_BYTES 1024
#define BACK_DAYS_MAX 366
#define BITS 64 /* of a set */

struct field {
    const char *name;
    int low, high;
    const char *const *words; /* words[i] stands for low + i; NULL: numbers only */
};

static const char *const month_words[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const day_words[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field fields[FIELDS] = {
    {"minute", 0, 59, NULL},          {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},    {"month", 1, 12, month_words},
    {"day of week", 0, 6, day_words},
};

static const struct {
    const char *name, *means;
} shorthands[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

static struct err *bad_field(const struct field *f)
{
    return err_new(ERR_INVALID, "%s must be *, numbers from %d to %d, ranges or steps", f->name,
                   f->low, f->high);
}

/* One number or word at *s; false where there is none. */
static bool take_number(const struct field *f, const char **s, int *out)
{
    for (int i = 0; f->words && f->words[i]; i++) {
        if (strncasecmp(*s, f->words[i], 3) == 0) {
            *s += 3;
            *out = f->low + i;
            return true;
        }
    }
    if (!isdigit((unsigned char)**s))
        return false;
    char *end;
    long n = strtol(*s, &end, 10);
    *s = end;
    *out = n > 9999 ? 9999 : (int)n;
    return true;
}

/* "*", "3", "1-5", each with "/2" behind it. A single number with a step runs to the end. */
static struct err *take_part(const struct field *f, const char **s, uint64_t *bits, bool *is_any)
{
    int from = f->low, to = f->high, step = 1;
    bool is_star = **s == '*' || **s == '?';
    if (is_star)
        ++*s;
    else if (!take_number(f, s, &from))
        return bad_field(f);
    if (!is_star)
        to = from;
    if (!is_star && **s == '-') {
        ++*s;
        if (!take_number(f, s, &to))
            return bad_field(f);
    }
    bool has_step = **s == '/';
    if (has_step) {
        if (!is_star && to == from)
            to = f->high;
        ++*s;
        if (!take_number(&(struct field){f->name, 0, 0, NULL}, s, &step))
            return bad_field(f);
    }
    if (from < f->low || to > f->high || to >= BITS || from > to || step < 1)
        return bad_field(f);
    *is_any |= is_star && step == 1;
    for (int i = from; i <= to; i += step)
        *bits |= 1ULL << i;
    return NULL;
}

static struct err *parse_field(const struct field *f, const char *s, uint64_t *bits, bool *is_any)
{
    struct err *e = take_part(f, &s, bits, is_any);
    while (!e && *s == ',') {
        s++;
        e = take_part(f, &s, bits, is_any);
    }
    return e ? e : *s ? bad_field(f) : NULL;
}

static struct err *parse_every(const char *text, struct cron *out)
{
    int64_t ns = 0;
    struct err *e = clock_parse_duration(text, &ns);
    if (e)
        return err_wrap(e, "@every");
    /* The field's parser rounds down to seconds, and up to one. */
    out->every_s = ns / (int64_t)NS_PER_S > 0 ? ns / (int64_t)NS_PER_S : 1;
    return NULL;
}

static struct err *parse_fields(char *text, struct cron *out)
{
    uint64_t bits[FIELDS] = {0};
    bool is_any[FIELDS] = {false};
    size_t n = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest), n++) {
        struct err *e = n < FIELDS ? parse_field(&fields[n], word, &bits[n], &is_any[n]) : NULL;
        if (e)
            return e;
    }
    if (n != FIELDS)
        return err_new(ERR_INVALID, "a schedule has %d fields, this one has %zu", FIELDS, n);
    *out = (struct cron){.minutes = bits[0],
                         .hours = (uint32_t)bits[1],
                         .days = (uint32_t)bits[2],
                         .months = (uint16_t)bits[3],
                         .weekdays = (uint8_t)bits[4],
                         .is_any_day = is_any[2],
                         .is_any_weekday = is_any[4]};
    return NULL;
}

struct err *cron_parse(const char *text, struct cron *out)
{
    static const char every[] = "@every ";
    struct cron c = {0};
    if (strlen(text) > TEXT_MAX_BYTES)
        return err_new(ERR_INVALID, "longer than %d bytes", TEXT_MAX_BYTES);
    if (strncmp(text, every, sizeof(every) - 1) == 0) {
        struct err *e = parse_every(text + sizeof(every) - 1, &c);
        if (!e)
            *out = c;
        return e;
    }
    for (size_t i = 0; i < ARRAY_SIZE(shorthands); i++) {
        if (strcmp(text, shorthands[i].name) == 0)
            text = shorthands[i].means;
    }
    if (*text == '@')
        return err_new(ERR_INVALID, "no such shorthand: @yearly, @monthly, @weekly, @daily, "
                                    "@hourly and @every are known");
    CLEANUP_STR char *copy = xstrdup(text);
    struct err *e = parse_fields(copy, &c);
    if (!e)
        *out = c;
    return e;
}

/* Both day fields given: either will do; otherwise the one that is. */
static bool is_day(const struct cron *c, const struct tm *t)
{
    bool day = c->days >> t->tm_mday & 1;
    bool weekday = c->weekdays >> t->tm_wday & 1;
    if (!(c->months >> (t->tm_mon + 1) & 1))
        return false;
    return c->is_any_day || c->is_any_weekday ? day && weekday : day || weekday;
}

/* Last firing of the day at or before its minute'th minute; -1 if there is none. */
static int last_minute(const struct cron *c, int minute)
{
    for (; minute >= 0; minute--) {
        if (c->hours >> (minute / 60) & 1 && c->minutes >> (minute % 60) & 1)
            return minute;
    }
    return -1;
}

static int64_t floor_to(int64_t v, int64_t unit)
{
    return v - (v % unit + unit) % unit;
}

bool cron_last(const struct cron *c, int64_t now_unix_s, int64_t back_s, int64_t *out_unix_s)
{
    if (c->every_s > 0) {
        *out_unix_s = floor_to(now_unix_s, c->every_s);
        return *out_unix_s > now_unix_s - back_s;
    }
    int64_t day_s = floor_to(now_unix_s, DAY_S);
    int minute = (int)((now_unix_s - day_s) / MINUTE_S);
    for (int i = 0; i <= BACK_DAYS_MAX && day_s + DAY_S > now_unix_s - back_s; i++) {
        struct tm t;
        time_t at = (time_t)day_s;
        gmtime_r(&at, &t);
        int found = is_day(c, &t) ? last_minute(c, minute) : -1;
        if (found >= 0) {
            *out_unix_s = day_s + (int64_t)found * MINUTE_S;
            return *out_unix_s > now_unix_s - back_s;
        }
        day_s -= DAY_S;
        minute = DAY_S / MINUTE_S - 1;
    }
    return false;
}
