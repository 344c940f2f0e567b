/* sigs.k8s.io/yaml prints JSON, reads that as YAML and prints the result. The detour is not made,
 * but what it does to values is: numbers change their form, some characters are refused, and a
 * next-line character folds the line in which it stands. */
#include <math.h>

#include "base/unicode.h"
#include "template/fmt.h"
#include "template/go_entries.h"
#include "template/go_json.h"
#include "template/go_nesting.h"
#include "template/go_yaml.h"
#include "template/go_yaml_emit.h"
#include "template/go_yaml_resolve.h"

/* Longest key that YAML finds in JSON, in characters of its JSON form. */
#define JSON_KEY_MAX 1022u
/* Up to here whole numbers are what their shortest digits say. */
#define EXACT_INTEGER_MAX 0x1p53
#define NEXT_LINE "\xc2\x85"

struct encoder {
    struct engine *g;
    struct go_yaml_emitter m;
    struct go_nesting nesting;
    struct text_buf number; /* reused */
    struct err *failed;
};

static void emit(struct encoder *c, const struct datum *d, enum go_yaml_place place);

static void fail(struct encoder *c, struct err *e)
{
    if (!e)
        return;
    if (c->failed)
        err_free(e);
    else
        c->failed = e;
}

static void refuse(struct encoder *c, const char *problem)
{
    fail(c, err_new(ERR_INVALID, "yaml: %s", problem));
}

/* Strings */

struct survey {
    bool has_invalid, has_next_line, has_forbidden;
    size_t json_n; /* characters of the JSON form */
};

static size_t json_width(uint32_t rune)
{
    if (rune < 0x20)
        return strchr("\b\f\n\r\t", (int)rune) && rune ? 2 : 6;
    if (rune == '"' || rune == '\\')
        return 2;
    return rune == '<' || rune == '>' || rune == '&' || rune == 0x2028 || rune == 0x2029 ? 6 : 1;
}

static struct survey look_over(struct text t)
{
    struct survey found = {.json_n = 0};

    for (size_t at = 0, width; at < t.n; at += width) {
        uint32_t rune = t.p[at];

        width = rune < 0x80 ? 1 : unicode_decode(t.p + at, t.n - at, &rune);
        if (width == 1 && rune >= 0x80)
            found.has_invalid = true;
        else if (rune == 0x85)
            found.has_next_line = true;
        else if ((rune >= 0x7f && rune < 0xa0) || rune == 0xfffe || rune == 0xffff)
            found.has_forbidden = true;
        found.json_n += width == 1 && rune >= 0x80 ? 6 : json_width(rune);
    }
    return found;
}

static bool is_next_line(struct text t, size_t at)
{
    return text_has_prefix(text_part(t, at, t.n - at), TEXT(NEXT_LINE));
}

static bool is_document_marker(struct text t, size_t at)
{
    struct text rest = text_part(t, at, t.n - at);

    if (!text_has_prefix(rest, TEXT("---")) && !text_has_prefix(rest, TEXT("...")))
        return false;
    return rest.n > 3 && (rest.p[3] == ' ' || is_next_line(rest, 3));
}

/* Move past the stretch of spaces and next-line characters at t[*at]; how many of the latter. */
static size_t skip_stretch(struct text t, size_t *at, bool *ends_in_break)
{
    size_t breaks = 0;

    *ends_in_break = false;
    while (*at < t.n) {
        bool is_break = is_next_line(t, *at);

        if (!is_break && t.p[*at] != ' ')
            break;
        *ends_in_break = is_break;
        breaks += is_break;
        *at += is_break ? strlen(NEXT_LINE) : 1;
    }
    return breaks;
}

/* A next-line character, with the spaces around it, reads as a space; more of them as one newline
 * fewer. */
static void fold_next_lines(struct encoder *c, struct text *t)
{
    struct text_buf b;

    text_buf_init(&b, c->g->arena, TEXT_MAX);
    for (size_t at = 0; at < t->n;) {
        size_t from = at;
        bool ends_in_break;
        size_t breaks = skip_stretch(*t, &at, &ends_in_break);

        if (breaks == 0 && at == from)
            at++;
        if (breaks == 0)
            text_buf_add(&b, text_part(*t, from, at - from));
        else if (breaks == 1)
            text_buf_byte(&b, ' ');
        else
            text_buf_fill(&b, '\n', breaks - 1);
        if (ends_in_break && is_document_marker(*t, at))
            refuse(c, "found unexpected document indicator");
    }
    fail(c, text_buf_end(&b, t));
}

/* What is left of t when it is read back. */
static struct text read_back(struct encoder *c, struct text t, bool is_key)
{
    struct survey found = look_over(t);

    fail(c, engine_charge_bytes(c->g, t.n));
    if (found.has_forbidden)
        refuse(c, "control characters are not allowed");
    if (is_key && (found.has_next_line || found.json_n > JSON_KEY_MAX))
        refuse(c, "did not find expected ',' or '}'");
    if (!c->failed && found.has_invalid)
        fail(c, go_yaml_valid_utf8(c->g, t, &t));
    if (!c->failed && found.has_next_line)
        fold_next_lines(c, &t);
    return t;
}

static void emit_string(struct encoder *c, struct text t, enum go_yaml_place place)
{
    struct text read = read_back(c, t, false);

    if (!c->failed)
        fail(c, go_yaml_emit_string(&c->m, read, place));
}

/* What JSON shows as a string without escapes: a time, a version, bytes. */
static void emit_by_json(struct encoder *c, const struct datum *d, enum go_yaml_place place)
{
    struct text_buf b;
    struct text quoted = {.n = 0};

    text_buf_init(&b, c->g->arena, TEXT_MAX);
    fail(c, go_json_encode(c->g, d, 0, &b));
    fail(c, text_buf_end(&b, &quoted));
    if (!c->failed)
        emit_string(c, text_part(quoted, 1, quoted.n - 2), place);
}

/* Numbers */

static void emit_integer(struct encoder *c, const struct datum *d)
{
    c->number.n = 0;
    if (datum_is_unsigned(d))
        text_buf_uint(&c->number, d->v.u);
    else
        text_buf_int(&c->number, d->v.i);
    go_yaml_emit_word(&c->m, text_buf_view(&c->number));
}

/* JSON fills the shortest digits up with zeros, and YAML reads that as a whole number if it fits.
 */
static void emit_large_float(struct encoder *c, double v)
{
    struct text_buf json;
    struct text t;
    struct datum d = datum_float(v), read = datum_nil();

    text_buf_init(&json, c->g->arena, TEXT_MAX);
    fail(c, go_json_encode(c->g, &d, 0, &json));
    fail(c, text_buf_end(&json, &t));
    if (!c->failed)
        fail(c, go_yaml_resolve(c->g, TEXT(""), t, &read));
    if (c->failed)
        return;
    if (read.kind != DATUM_FLOAT64) {
        emit_integer(c, &read);
        return;
    }
    c->number.n = 0;
    fmt_float(&c->number, v, 'g', -1);
    go_yaml_emit_word(&c->m, text_buf_view(&c->number));
}

static void emit_float(struct encoder *c, double v)
{
    struct datum d = datum_int64(0);

    if (!(fabs(v) < EXACT_INTEGER_MAX) || trunc(v) != v) {
        emit_large_float(c, v);
        return;
    }
    d.v.i = (int64_t)v;
    emit_integer(c, &d);
}

/* Maps */

struct runes {
    struct text t;
    size_t at;
};

/* The next rune; false at the end. */
static bool next_rune(struct runes *r, uint32_t *rune)
{
    if (r->at == r->t.n)
        return false;
    r->at += unicode_decode(r->t.p + r->at, r->t.n - r->at, rune);
    return true;
}

/* A number in digits of any script, in 64 bits, from rune on; how many digits it has. */
static size_t read_digits(struct runes r, uint32_t rune, int64_t *v)
{
    size_t n = 0;
    bool has_more = true;

    while (has_more && unicode_is_digit(rune)) {
        *v = (int64_t)((uint64_t)*v * 10 + (uint64_t)((int64_t)rune - '0'));
        n++;
        has_more = next_rune(&r, &rune);
    }
    return n;
}

/* Order of two names from the first runes on in which they differ. after_number: a digit other than
 * 0 stands in the number before. */
static int compare_rest(struct runes a, uint32_t a_rune, struct runes b, uint32_t b_rune,
                        bool after_number)
{
    bool a_is_letter = unicode_is_letter(a_rune), b_is_letter = unicode_is_letter(b_rune);
    int64_t a_number = 0, b_number = 0;

    if (a_is_letter != b_is_letter)
        return b_is_letter ? -1 : 1;
    if (!a_is_letter) {
        if (after_number && (a_rune == '0' || b_rune == '0'))
            a_number = b_number = 1;
        size_t a_digits = read_digits(a, a_rune, &a_number);
        size_t b_digits = read_digits(b, b_rune, &b_number);

        if (a_number != b_number)
            return a_number < b_number ? -1 : 1;
        if (a_digits != b_digits)
            return a_digits < b_digits ? -1 : 1;
    }
    return a_rune < b_rune ? -1 : 1;
}

/* go-yaml's order of names: letters last, numbers by value. */
static int compare_naturally(struct text a, struct text b)
{
    struct runes at_a = {a, 0}, at_b = {b, 0};
    bool after_number = false;

    for (;;) {
        uint32_t a_rune, b_rune;
        bool a_has = next_rune(&at_a, &a_rune), b_has = next_rune(&at_b, &b_rune);

        if (!a_has || !b_has)
            return a_has - b_has;
        if (a_rune != b_rune)
            return compare_rest(at_a, a_rune, at_b, b_rune, after_number);
        after_number = unicode_is_digit(a_rune) && (after_number || a_rune != '0');
    }
}

static bool is_in_order(const struct dict_entry *entries, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (compare_naturally(entries[i - 1].key, entries[i].key) > 0)
            return false;
    }
    return true;
}

/* The members of m, by names as they are read back; of equal ones the last counts. */
static void read_names_back(struct encoder *c, const struct dict *m, struct dict *out)
{
    struct go_entries entries = {.g = c->g};
    struct datum read;
    bool has_changed = false;

    for (size_t i = 0; i < m->n && !c->failed; i++) {
        struct text name = read_back(c, m->entries[i].key, true);

        has_changed |= name.p != m->entries[i].key.p;
        out->entries[i] = (struct dict_entry){name, m->entries[i].value};
    }
    out->n = m->n;
    for (size_t i = 0; i < m->n && has_changed && !c->failed; i++) {
        fail(c, go_entries_push(&entries, datum_string(out->entries[i].key)));
        fail(c, go_entries_push(&entries, out->entries[i].value));
    }
    if (!has_changed || c->failed)
        return;
    fail(c, go_entries_map(&entries, 0, &read));
    if (!c->failed)
        *out = *read.v.map;
}

static void sort_naturally(struct encoder *c, struct dict *m)
{
    void *spare;

    if (is_in_order(m->entries, m->n))
        return;
    fail(c, go_entries_charge_sort(c->g, m->entries, m->n));
    if (!c->failed)
        fail(c, secret_arena_alloc(c->g->arena, m->n * sizeof(struct dict_entry), &spare));
    if (!c->failed)
        m->entries = go_entries_sort(m->entries, spare, m->n, compare_naturally);
}

static void emit_member(struct encoder *c, const struct dict_entry *entry)
{
    bool is_simple = go_yaml_is_simple_key(entry->key);

    if (is_simple)
        go_yaml_emit_key(&c->m);
    else
        go_yaml_emit_item(&c->m, '?');
    fail(c, go_yaml_emit_string(&c->m, entry->key, is_simple ? YAML_AS_KEY : YAML_IN_MAPPING));
    if (is_simple)
        go_yaml_emit_colon(&c->m);
    else
        go_yaml_emit_item(&c->m, ':');
    emit(c, &entry->value, YAML_IN_MAPPING);
}

static void emit_members(struct encoder *c, const struct dict *m, enum go_yaml_place place)
{
    struct dict *sorted = NULL;

    fail(c, dict_new(c->g->arena, ELEMENT_ANY, m->n, &sorted));
    if (!c->failed)
        read_names_back(c, m, sorted);
    if (!c->failed)
        sort_naturally(c, sorted);
    ptrdiff_t outer = go_yaml_emit_enter(&c->m, false, place);
    for (size_t i = 0; !c->failed && i < sorted->n; i++)
        emit_member(c, &sorted->entries[i]);
    c->m.indent = outer;
}

static void emit_map(struct encoder *c, const struct datum *d, enum go_yaml_place place)
{
    struct go_frame f;

    if (!d->v.map->n) {
        go_yaml_emit_word(&c->m, TEXT("{}"));
        return;
    }
    fail(c, go_nesting_enter(&c->nesting, &f, d));
    if (!c->failed)
        emit_members(c, d->v.map, place);
    go_nesting_leave(&c->nesting, &f);
}

static void emit_cert(struct encoder *c, const struct cert *cert, enum go_yaml_place place)
{
    struct dict_entry entries[] = {{TEXT("Cert"), datum_string(cert->cert)},
                                   {TEXT("Key"), datum_string(cert->key)}};
    struct dict m = {.n = ARRAY_SIZE(entries), .entries = entries};

    emit_members(c, &m, place);
}

static void emit_list(struct encoder *c, const struct datum *d, enum go_yaml_place place)
{
    const struct list *l = d->v.list;
    struct go_frame f;

    if (!l->n) {
        go_yaml_emit_word(&c->m, TEXT("[]"));
        return;
    }
    fail(c, go_nesting_enter(&c->nesting, &f, d));
    ptrdiff_t outer = go_yaml_emit_enter(&c->m, true, place);
    for (size_t i = 0; i < l->n && !c->failed; i++) {
        go_yaml_emit_item(&c->m, '-');
        emit(c, &l->items[i], YAML_IN_SEQUENCE);
    }
    c->m.indent = outer;
    go_nesting_leave(&c->nesting, &f);
}

static void emit_collection(struct encoder *c, const struct datum *d, enum go_yaml_place place)
{
    bool is_list = d->kind == DATUM_LIST;

    if (is_list ? d->v.list->is_nil : d->v.map->is_nil)
        go_yaml_emit_word(&c->m, TEXT("null"));
    else if (!is_list)
        emit_map(c, d, place);
    else if (d->v.list->element == ELEMENT_UINT8)
        emit_by_json(c, d, place);
    else
        emit_list(c, d, place);
}

static void emit(struct encoder *c, const struct datum *d, enum go_yaml_place place)
{
    fail(c, engine_charge(c->g, 1));
    if (c->failed)
        return;
    switch (d->kind) {
    case DATUM_NONE:
    case DATUM_NIL:
        go_yaml_emit_word(&c->m, TEXT("null"));
        break;
    case DATUM_BOOL:
        go_yaml_emit_word(&c->m, d->v.b ? TEXT("true") : TEXT("false"));
        break;
    case DATUM_INT:
    case DATUM_INT32:
    case DATUM_INT64:
    case DATUM_DURATION:
    case DATUM_MONTH:
    case DATUM_WEEKDAY:
    case DATUM_UINT8:
    case DATUM_UINT32:
    case DATUM_UINT64:
        emit_integer(c, d);
        break;
    case DATUM_FLOAT64:
        emit_float(c, d->v.f);
        break;
    case DATUM_COMPLEX128:
        fail(c, err_new(ERR_INVALID,
                        "error marshaling into JSON: json: unsupported type: complex128"));
        break;
    case DATUM_STRING:
        emit_string(c, datum_text(d), place);
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        emit_collection(c, d, place);
        break;
    case DATUM_TIME:
    case DATUM_SEMVER:
        emit_by_json(c, d, place);
        break;
    case DATUM_LOCATION:
        go_yaml_emit_word(&c->m, TEXT("{}"));
        break;
    case DATUM_CERT:
        emit_cert(c, d->v.cert, place);
        break;
    }
}

struct err *go_yaml_encode(struct engine *g, const struct datum *d, struct text_buf *b)
{
    struct encoder c = {.g = g, .nesting = {.g = g}};
    struct text last;

    go_yaml_emitter_init(&c.m, g, b);
    text_buf_init(&c.number, g->arena, TEXT_MAX);
    emit(&c, d, YAML_AT_ROOT);
    if (!c.failed)
        go_yaml_emit_end(&c.m);
    fail(&c, text_buf_end(&c.number, &last));
    return c.failed;
}
