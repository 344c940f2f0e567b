/* Go prints a struct field by field, private ones too; so these are the fields of Go's types. The
 * wall clock of a time holds seconds since 1885 and a mark where there is a monotonic reading,
 * else only nanoseconds. */
#include "template/fmt_printer.h"

#include "template/go_time.h"
#include "template/semver.h"

/* Stands for every address. */
#define SOME_ADDRESS 0xc000000000u

#define YEAR_1_TO_1970_S INT64_C(62135596800)
#define YEAR_1_TO_1885_S INT64_C(59453308800)
#define HAS_MONOTONIC (UINT64_C(1) << 63)
#define NANOSECOND_BITS 30

#define FIELDS_MAX 6

struct field {
    const char *name;
    struct datum value;
    const char *pointer_type; /* not NULL: value says only whether it is nil */
};

static struct datum unsigned_datum(uint64_t u)
{
    return (struct datum){.kind = DATUM_UINT64, .v.u = u};
}

static size_t time_fields(const struct go_time *t, struct field fields[FIELDS_MAX])
{
    uint64_t wall = (uint64_t)t->nanosecond;
    int64_t ext = t->unix_s + YEAR_1_TO_1970_S;

    if (t->has_monotonic) {
        wall |= HAS_MONOTONIC | (uint64_t)(ext - YEAR_1_TO_1885_S) << NANOSECOND_BITS;
        ext = t->monotonic_ns;
    }
    fields[0] = (struct field){"wall", unsigned_datum(wall), NULL};
    fields[1] = (struct field){"ext", datum_int64(ext), NULL};
    fields[2] = (struct field){"loc", t->zone ? datum_int(1) : datum_nil(), "*time.Location"};
    return 3;
}

static size_t semver_fields(const struct semver *v, struct field fields[FIELDS_MAX])
{
    fields[0] = (struct field){"major", unsigned_datum(v->major), NULL};
    fields[1] = (struct field){"minor", unsigned_datum(v->minor), NULL};
    fields[2] = (struct field){"patch", unsigned_datum(v->patch), NULL};
    fields[3] = (struct field){"pre", datum_string(v->prerelease), NULL};
    fields[4] = (struct field){"metadata", datum_string(v->metadata), NULL};
    fields[5] = (struct field){"original", datum_string(v->original), NULL};
    return 6;
}

static size_t cert_fields(const struct cert *c, struct field fields[FIELDS_MAX])
{
    fields[0] = (struct field){"Cert", datum_string(c->cert), NULL};
    fields[1] = (struct field){"Key", datum_string(c->key), NULL};
    return 2;
}

bool fmt_struct_pointer(struct fmt_printer *p, const char *type, bool is_nil, uint32_t verb)
{
    uint64_t address = is_nil ? 0 : SOME_ADDRESS;
    size_t start = p->b->n;

    if (verb == 'v' && p->sharp_v) {
        text_buf_byte(p->b, '(');
        text_buf_puts(p->b, type);
        text_buf_puts(p->b, ")(");
        if (is_nil)
            text_buf_puts(p->b, "nil");
        else
            fmt_number_hex(p, address, true);
        text_buf_byte(p->b, ')');
    } else if (verb == 'v' && is_nil) {
        text_buf_puts(p->b, "<nil>");
        fmt_text_pad(p, start, start);
    } else if (verb == 'v' || verb == 'p') {
        fmt_number_hex(p, address, !p->sharp);
    } else if (verb == 'b' || verb == 'o' || verb == 'd' || verb == 'x' || verb == 'X') {
        fmt_number_integer(p, address, false, verb);
    } else {
        return false;
    }
    return true;
}

static void pointer_field(struct fmt_printer *p, const struct field *f, uint32_t verb)
{
    bool is_nil = datum_is_nothing(&f->value);

    if (fmt_struct_pointer(p, f->pointer_type, is_nil, verb))
        return;
    text_buf_puts(p->b, "%!");
    text_buf_rune(p->b, verb);
    text_buf_byte(p->b, '(');
    text_buf_puts(p->b, f->pointer_type);
    text_buf_byte(p->b, '=');
    fmt_struct_pointer(p, f->pointer_type, is_nil, 'v');
    text_buf_byte(p->b, ')');
}

static void print_fields(struct fmt_printer *p, const char *type, const struct field *fields,
                         size_t n, uint32_t verb)
{
    if (p->sharp_v)
        text_buf_puts(p->b, type);
    text_buf_byte(p->b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_buf_puts(p->b, p->sharp_v ? ", " : " ");
        if (p->sharp_v || p->plus_v) {
            text_buf_puts(p->b, fields[i].name);
            text_buf_byte(p->b, ':');
        }
        if (fields[i].pointer_type)
            pointer_field(p, &fields[i], verb);
        else
            fmt_verb_value(p, &fields[i].value, verb, 1);
    }
    text_buf_byte(p->b, '}');
}

void fmt_struct_print(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth)
{
    struct field fields[FIELDS_MAX];

    if (d->kind == DATUM_TIME) {
        print_fields(p, "time.Time", fields, time_fields(d->v.time, fields), verb);
    } else if (d->kind == DATUM_CERT) {
        print_fields(p, "sprig.certificate", fields, cert_fields(d->v.cert, fields), verb);
    } else if (d->kind == DATUM_SEMVER && (depth == 0 || d->v.semver->is_struct)) {
        if (!d->v.semver->is_struct)
            text_buf_byte(p->b, '&');
        print_fields(p, "semver.Version", fields, semver_fields(d->v.semver, fields), verb);
    } else if (!fmt_struct_pointer(p, datum_type_name(d), false, verb)) {
        fmt_verb_bad(p, d, verb);
    }
}
