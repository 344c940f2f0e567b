/* A time as []byte: RFC 3339, by a layout, and the binary form that gob and MarshalBinary share. */
#include "template/methods_time.h"

#include "template/funcs_time.h"
#include "template/go_civil.h"
#include "template/go_time.h"
#include "template/go_zone.h"

/* The binary form: version, seconds since year 1, nanoseconds, minutes east of UTC; in version 2
 * seconds too. */
#define BINARY_SIZE 15
#define BINARY_UTC (-1)

static const struct go_time *receiver(const struct datum *args)
{
    return args[0].v.time;
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

struct err *methods_time_bytes_append_text(struct engine *g, const struct datum *args, size_t n,
                                           struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "", &t);

    (void)n;
    return e ? err_wrap(e, "Time.AppendText") : func_give_bytes(g, args[1].v.list, t, out);
}

struct err *methods_time_bytes_marshal_json(struct engine *g, const struct datum *args, size_t n,
                                            struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "\"", &t);

    (void)n;
    return e ? err_wrap(e, "Time.MarshalJSON") : func_give_bytes(g, NULL, t, out);
}

struct err *methods_time_bytes_marshal_text(struct engine *g, const struct datum *args, size_t n,
                                            struct datum *out)
{
    struct text t;
    struct err *e = rfc_3339(g, receiver(args), "", &t);

    (void)n;
    return e ? err_wrap(e, "Time.MarshalText") : func_give_bytes(g, NULL, t, out);
}

struct err *methods_time_bytes_append_format(struct engine *g, const struct datum *args, size_t n,
                                             struct datum *out)
{
    struct datum printed;
    struct err *e = funcs_time_format(g, receiver(args), datum_text(&args[2]), &printed);

    (void)n;
    return e ? e : func_give_bytes(g, args[1].v.list, datum_text(&printed), out);
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
    return func_give_bytes(g, front, (struct text){bytes, BINARY_SIZE + (seconds != 0)}, out);
}

struct err *methods_time_bytes_append_binary(struct engine *g, const struct datum *args, size_t n,
                                             struct datum *out)
{
    (void)n;
    return binary(g, args[1].v.list, receiver(args), out);
}

struct err *methods_time_bytes_marshal_binary(struct engine *g, const struct datum *args, size_t n,
                                              struct datum *out)
{
    (void)n;
    return binary(g, NULL, receiver(args), out);
}
