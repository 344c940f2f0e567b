/* What calendar and clock of a time's zone show, and the time since 1970. */
#include "template/methods_time.h"

#include "template/go_civil.h"
#include "template/go_time.h"

#define NS_PER_S 1000000000

static const struct go_time *receiver(const struct datum *args)
{
    return args[0].v.time;
}

static struct go_civil civil(const struct datum *args)
{
    return go_time_civil(receiver(args), NULL);
}

struct err *methods_time_parts_year(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).year), out);
}

struct err *methods_time_parts_month(struct engine *g, const struct datum *args, size_t n,
                                     struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_MONTH, .v.i = civil(args).month}, out);
}

struct err *methods_time_parts_day(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).day), out);
}

struct err *methods_time_parts_year_day(struct engine *g, const struct datum *args, size_t n,
                                        struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).year_day), out);
}

struct err *methods_time_parts_weekday(struct engine *g, const struct datum *args, size_t n,
                                       struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_WEEKDAY, .v.i = civil(args).weekday}, out);
}

struct err *methods_time_parts_hour(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).hour), out);
}

struct err *methods_time_parts_minute(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).minute), out);
}

struct err *methods_time_parts_second(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(civil(args).second), out);
}

struct err *methods_time_parts_nanosecond(struct engine *g, const struct datum *args, size_t n,
                                          struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int(receiver(args)->nanosecond), out);
}

struct err *methods_time_parts_unix(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_int64(receiver(args)->unix_s), out);
}

/* Whole units since 1970, of which a second has so many; wraps far from 1970, as Go's do. */
static struct datum units_since_1970(const struct go_time *t, int64_t per_second)
{
    uint64_t whole = (uint64_t)t->unix_s * (uint64_t)per_second;

    return datum_int64((int64_t)(whole + (uint64_t)(t->nanosecond / (NS_PER_S / per_second))));
}

struct err *methods_time_parts_unix_milli(struct engine *g, const struct datum *args, size_t n,
                                          struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(units_since_1970(receiver(args), 1000), out);
}

struct err *methods_time_parts_unix_micro(struct engine *g, const struct datum *args, size_t n,
                                          struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(units_since_1970(receiver(args), 1000000), out);
}

struct err *methods_time_parts_unix_nano(struct engine *g, const struct datum *args, size_t n,
                                         struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(units_since_1970(receiver(args), NS_PER_S), out);
}
