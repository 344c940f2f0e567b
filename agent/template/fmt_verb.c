/* A value meets a verb. Go first asks whether the value prints itself (times and their like), then
 * goes by kind; lists and maps hand the verb on to what they hold. A verb that does not suit is
 * told in the text, with the value as %v prints it and without its methods. */
#include "template/container.h"
#include "template/fmt_printer.h"

#include "template/go_time.h"
#include "template/go_zone.h"
#include "template/semver.h"

bool fmt_printer_charge(struct fmt_printer *p, uint64_t n)
{
    if (!text_buf_ok(p->b))
        return false;
    p->b->failed = engine_charge(p->g, n);
    return text_buf_ok(p->b);
}

void fmt_verb_bad(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    text_buf_puts(p->b, "%!");
    text_buf_rune(p->b, verb);
    text_buf_byte(p->b, '(');
    text_buf_puts(p->b, datum_type_name(d));
    if (!datum_is_nothing(d)) {
        text_buf_byte(p->b, '=');
        p->is_telling = true;
        fmt_verb_value(p, d, 'v', 0);
        p->is_telling = false;
    }
    text_buf_byte(p->b, ')');
}

/* What prints itself; nothing for the others. */
static void print_self(struct text_buf *b, const struct datum *d)
{
    if (d->kind == DATUM_TIME)
        go_time_print(b, d->v.time);
    else if (d->kind == DATUM_DURATION)
        go_duration_print(b, d->v.i);
    else if (d->kind == DATUM_MONTH)
        go_month_print(b, d->v.i);
    else if (d->kind == DATUM_WEEKDAY)
        go_weekday_print(b, d->v.i);
    else if (d->kind == DATUM_LOCATION)
        text_buf_add(b, go_zone_name(d->v.zone));
    else if (d->kind == DATUM_SEMVER)
        semver_print(b, d->v.semver);
}

static bool prints_itself(const struct datum *d)
{
    return d->kind == DATUM_TIME || d->kind == DATUM_DURATION || d->kind == DATUM_MONTH ||
           d->kind == DATUM_WEEKDAY || d->kind == DATUM_LOCATION || d->kind == DATUM_SEMVER;
}

/* Under v and s straight into the buffer; x, X and q change every byte and need the text first. */
static void print_by_method(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    struct text_buf self;
    struct text t;
    size_t start = p->b->n;

    if (verb == 'v' || verb == 's') {
        print_self(p->b, d);
        fmt_text_finish(p, start);
        return;
    }
    if (!text_buf_ok(p->b))
        return;
    text_buf_init(&self, p->g->arena, TEXT_MAX);
    print_self(&self, d);
    p->b->failed = text_buf_end(&self, &t);
    if (text_buf_ok(p->b))
        fmt_text_print(p, t, verb);
}

/* Go's handleMethods: true when that is all. */
static bool try_methods(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    size_t start = p->b->n;

    if (p->is_telling)
        return false;
    if (verb == 'w') {
        fmt_verb_bad(p, d, verb);
        return true;
    }
    if (!prints_itself(d))
        return false;
    if (p->sharp_v) {
        if (d->kind != DATUM_TIME)
            return false;
        go_time_print_source(p->b, d->v.time);
        fmt_text_finish(p, start);
        return true;
    }
    if (verb != 'v' && verb != 's' && verb != 'x' && verb != 'X' && verb != 'q')
        return false;
    print_by_method(p, d, verb);
    return true;
}

static void separate(struct fmt_printer *p, size_t i)
{
    if (i > 0)
        text_buf_puts(p->b, p->sharp_v ? ", " : " ");
}

/* The nil of a container; every verb prints it alike. */
static void print_element(struct fmt_printer *p, const struct datum *d, uint32_t verb,
                          unsigned depth)
{
    if (datum_is_nothing(d))
        text_buf_puts(p->b, p->sharp_v ? "interface {}(nil)" : "<nil>");
    else
        fmt_verb_value(p, d, verb, depth);
}

/* One level down; false when that fails. */
static bool enter(struct fmt_printer *p)
{
    if (!text_buf_ok(p->b))
        return false;
    p->b->failed = engine_enter(p->g);
    if (text_buf_ok(p->b))
        return true;
    engine_leave(p->g);
    return false;
}

/* type is what stands in front in Go syntax. */
static void print_items(struct fmt_printer *p, const struct list *l, const char *type,
                        uint32_t verb, unsigned depth)
{
    if (p->sharp_v)
        text_buf_puts(p->b, type);
    if (p->sharp_v && l->is_nil) {
        text_buf_puts(p->b, "(nil)");
        return;
    }
    if (!enter(p))
        return;
    text_buf_byte(p->b, p->sharp_v ? '{' : '[');
    for (size_t i = 0; i < l->n && text_buf_ok(p->b); i++) {
        separate(p, i);
        print_element(p, &l->items[i], verb, depth + 1);
    }
    text_buf_byte(p->b, p->sharp_v ? '}' : ']');
    engine_leave(p->g);
}

/* []byte as the text that it holds. */
static void print_bytes(struct fmt_printer *p, const struct list *l, uint32_t verb)
{
    void *bytes;

    if (!text_buf_ok(p->b))
        return;
    p->b->failed = secret_arena_alloc(p->g->arena, l->n, &bytes);
    if (!text_buf_ok(p->b))
        return;
    for (size_t i = 0; i < l->n; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)l->items[i].v.u;
    fmt_text_print(p, (struct text){bytes, l->n}, verb);
}

static void print_list(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth)
{
    const struct list *l = d->v.list;
    bool is_bytes = l->element == ELEMENT_UINT8, is_named_byte = is_bytes && verb == 'v' && !depth;
    bool is_text_verb = verb == 's' || verb == 'q' || verb == 'x' || verb == 'X';

    if (is_bytes && is_text_verb)
        print_bytes(p, l, verb);
    else
        print_items(p, l, is_named_byte ? "[]byte" : datum_type_name(d), verb, depth);
}

static void print_entries(struct fmt_printer *p, const struct dict *m, uint32_t verb,
                          unsigned depth)
{
    for (size_t i = 0; i < m->n && text_buf_ok(p->b); i++) {
        struct datum key = datum_string(m->entries[i].key);

        separate(p, i);
        fmt_verb_value(p, &key, verb, depth + 1);
        text_buf_byte(p->b, ':');
        print_element(p, &m->entries[i].value, verb, depth + 1);
    }
}

static void print_map(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth)
{
    text_buf_puts(p->b, p->sharp_v ? datum_type_name(d) : "map[");
    if (p->sharp_v && d->v.map->is_nil) {
        text_buf_puts(p->b, "(nil)");
        return;
    }
    if (!enter(p))
        return;
    if (p->sharp_v)
        text_buf_byte(p->b, '{');
    print_entries(p, d->v.map, verb, depth);
    text_buf_byte(p->b, p->sharp_v ? '}' : ']');
    engine_leave(p->g);
}

static bool print_bool(struct fmt_printer *p, bool is_true, uint32_t verb)
{
    size_t start = p->b->n;

    if (verb != 't' && verb != 'v')
        return false;
    text_buf_puts(p->b, is_true ? "true" : "false");
    fmt_text_pad(p, start, start);
    return true;
}

static bool print_scalar(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    if (d->kind == DATUM_STRING) {
        struct text t = datum_text(d);

        return !fmt_printer_charge(p, t.n / 64) || fmt_text_print(p, t, verb);
    }
    if (d->kind == DATUM_BOOL)
        return print_bool(p, d->v.b, verb);
    if (d->kind == DATUM_FLOAT64)
        return fmt_number_float(p, d->v.f, verb);
    if (d->kind == DATUM_COMPLEX128)
        return fmt_number_complex(p, d->v.complex, verb);
    if (datum_is_signed(d))
        return fmt_number_integer(p, (uint64_t)d->v.i, true, verb);
    return fmt_number_integer(p, d->v.u, false, verb);
}

void fmt_verb_value(struct fmt_printer *p, const struct datum *d, uint32_t verb, unsigned depth)
{
    if (!fmt_printer_charge(p, 1) || (depth > 0 && try_methods(p, d, verb)))
        return;
    if (d->kind == DATUM_LIST)
        print_list(p, d, verb, depth);
    else if (d->kind == DATUM_MAP)
        print_map(p, d, verb, depth);
    else if (d->kind == DATUM_TIME || d->kind == DATUM_LOCATION || d->kind == DATUM_SEMVER ||
             d->kind == DATUM_CERT)
        fmt_struct_print(p, d, verb, depth);
    else if (!print_scalar(p, d, verb))
        fmt_verb_bad(p, d, verb);
}

static void print_word(struct fmt_printer *p, const char *word)
{
    size_t start = p->b->n;

    text_buf_puts(p->b, word);
    fmt_text_pad(p, start, start);
}

static void print_address(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    bool is_nil =
        (d->kind == DATUM_LIST && d->v.list->is_nil) || (d->kind == DATUM_MAP && d->v.map->is_nil);
    bool is_pointer = d->kind == DATUM_LIST || d->kind == DATUM_MAP || d->kind == DATUM_LOCATION ||
                      (d->kind == DATUM_SEMVER && !d->v.semver->is_struct);

    if (!is_pointer)
        fmt_verb_bad(p, d, verb);
    else
        fmt_struct_pointer(p, datum_type_name(d), is_nil, verb);
}

static bool is_plain_kind(const struct datum *d)
{
    return d->kind <= DATUM_STRING ||
           (d->kind == DATUM_LIST && d->v.list->element == ELEMENT_UINT8);
}

void fmt_verb_print(struct fmt_printer *p, const struct datum *d, uint32_t verb)
{
    size_t start = p->b->n;

    if (datum_is_nothing(d) && (verb == 'T' || verb == 'v')) {
        print_word(p, "<nil>");
    } else if (datum_is_nothing(d)) {
        fmt_verb_bad(p, d, verb);
    } else if (verb == 'T') {
        text_buf_puts(p->b, datum_type_name(d));
        fmt_text_finish(p, start);
    } else if (verb == 'p') {
        print_address(p, d, verb);
    } else if (is_plain_kind(d) || !try_methods(p, d, verb)) {
        fmt_verb_value(p, d, verb, 0);
    }
}
