/* The library reads the text twice: once for a hint, which of the kinds it is and whether it is
 * private, by names in any case; then the members of that kind, in their order, by exact names.
 * Here too: the members are found again in the text, so that one that stands twice is looked at
 * twice. */
#include "template/jwk_read.h"

#include "template/base64.h"
#include "template/container.h"
#include "template/fold.h"
#include "template/go_json.h"

/* Kinds, as bits, in which a member is known as bytes; those marked so only in private keys. */
#define OF_RSA 1u
#define OF_EC 2u
#define OF_OKP 4u

static const struct {
    const char *name;
    enum jwk_field field;
    unsigned kinds;
    bool is_private;
} byte_members[] = {
    {"n", JWK_N, OF_RSA, false},         {"e", JWK_E, OF_RSA, false},
    {"p", JWK_P, OF_RSA, true},          {"q", JWK_Q, OF_RSA, true},
    {"dp", JWK_DP, OF_RSA, true},        {"dq", JWK_DQ, OF_RSA, true},
    {"qi", JWK_QI, OF_RSA, true},        {"d", JWK_D, OF_RSA | OF_EC | OF_OKP, true},
    {"x", JWK_X, OF_EC | OF_OKP, false}, {"y", JWK_Y, OF_EC, false},
};

static const struct {
    const char *name;
    unsigned of;
} kinds[] = {[JWK_NONE] = {"", 0},
             [JWK_RSA] = {"RSA", OF_RSA},
             [JWK_EC] = {"EC", OF_EC},
             [JWK_OKP] = {"OKP", OF_OKP}};

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_space(struct text t, size_t at)
{
    while (at < t.n && is_space(t.p[at]))
        at++;
    return at;
}

/* End of the string that begins at at. */
static size_t skip_string(struct text t, size_t at)
{
    for (at++; at < t.n && t.p[at] != '"'; at++) {
        if (t.p[at] == '\\')
            at++;
    }
    return at < t.n ? at + 1 : t.n;
}

/* End of the value that begins at at. Where brackets do not match the end is of no use, and the
 * decoder will say so. */
static size_t skip_value(struct text t, size_t at)
{
    size_t depth = 0;

    while (at < t.n) {
        unsigned char c = t.p[at];
        if (c == '"') {
            at = skip_string(t, at);
        } else {
            if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c)))
                return at;
            at++;
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return at;
    }
    return at;
}

struct members {
    struct engine *g;
    struct text object; /* well-formed JSON */
    size_t at;
};

struct member {
    struct text name;
    struct datum value;
};

/* The next member; *found is false behind the last. */
static struct err *next_member(struct members *m, bool *found, struct member *out)
{
    struct datum name;
    size_t start = skip_space(m->object, m->at);

    while (start < m->object.n && (m->object.p[start] == '{' || m->object.p[start] == ','))
        start = skip_space(m->object, start + 1);
    *found = start < m->object.n && m->object.p[start] == '"';
    if (!*found)
        return NULL;
    size_t end = skip_string(m->object, start);
    struct err *e = go_json_decode(m->g, text_part(m->object, start, end - start), &name);
    if (e)
        return e;
    out->name = datum_text(&name);
    start = skip_space(m->object, skip_space(m->object, end) + 1); /* behind the colon */
    end = skip_value(m->object, start);
    m->at = end;
    return go_json_decode(m->g, text_part(m->object, start, end - start), &out->value);
}

static struct err *wrong_type(const char *name)
{
    return err_new(ERR_INVALID, "failed to decode value for key %s: wrong type", name);
}

static bool is_null(const struct datum *d)
{
    return d->kind == DATUM_NIL || d->kind == DATUM_NONE;
}

static struct err *read_hint(struct members m, struct jwk *out)
{
    struct text kty = {0};
    struct member member;
    bool found = true;

    while (found) {
        struct err *e = next_member(&m, &found, &member);
        if (e)
            return e;
        if (!found)
            break;
        if (fold_equal(member.name, TEXT("d")))
            out->is_private = true;
        if (!fold_equal(member.name, TEXT("kty")) || is_null(&member.value))
            continue;
        if (member.value.kind != DATUM_STRING)
            return wrong_type("kty");
        kty = datum_text(&member.value);
    }
    for (size_t i = JWK_RSA; i < ARRAY_SIZE(kinds); i++) {
        if (text_is(kty, kinds[i].name))
            out->kind = (enum jwk_kind)i;
    }
    return out->kind ? NULL : err_new(ERR_INVALID, "invalid key type from JSON");
}

/* Which of the alphabets it is, the text itself tells. */
static struct err *decode_bytes(struct engine *g, struct text t, struct text *out)
{
    bool is_url = text_find(t, 0, TEXT("+")) < 0 && text_find(t, 0, TEXT("/")) < 0;
    bool is_raw = !text_has_suffix(t, TEXT("="));
    bool is_valid;
    struct err *e = base64_decode(
        g->arena, t, (is_url ? BASE64_URL : 0u) | (is_raw ? BASE64_RAW : 0u), &is_valid, out);

    if (e)
        return e;
    return is_valid ? NULL : err_new(ERR_INVALID, "expected base64 encoded bytes");
}

/* A string, or null for an empty one. */
static struct err *read_string(const struct member *m, const char *name, struct text *out)
{
    *out = (struct text){0};
    if (is_null(&m->value))
        return NULL;
    if (m->value.kind != DATUM_STRING)
        return wrong_type(name);
    *out = datum_text(&m->value);
    return NULL;
}

/* A list of strings, or null. */
static struct err *check_strings(const struct member *m, const char *name)
{
    if (is_null(&m->value))
        return NULL;
    if (m->value.kind != DATUM_LIST)
        return wrong_type(name);
    for (size_t i = 0; i < m->value.v.list->n; i++) {
        const struct datum *d = &m->value.v.list->items[i];
        if (d->kind != DATUM_STRING && !is_null(d))
            return wrong_type(name);
    }
    return NULL;
}

/* A member that all kinds share. */
static struct err *read_common(const struct member *m)
{
    static const char *const strings[] = {"alg", "kid", "use", "x5t", "x5t#S256", "x5u"};
    static const char *const lists[] = {"key_ops", "x5c"};
    struct text ignored;

    for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
        if (text_is(m->name, strings[i]))
            return read_string(m, strings[i], &ignored);
    }
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        if (text_is(m->name, lists[i]))
            return check_strings(m, lists[i]);
    }
    return NULL;
}

static struct err *read_member(struct engine *g, const struct member *m, struct jwk *out)
{
    unsigned of = kinds[out->kind].of;
    struct text t;
    struct err *e = NULL;

    if (text_is(m->name, "kty")) {
        e = read_string(m, "kty", &t);
        return e || text_is(t, kinds[out->kind].name)
                   ? e
                   : err_new(ERR_INVALID, "invalid kty value for %s key", kinds[out->kind].name);
    }
    if (text_is(m->name, "crv") && out->kind != JWK_RSA) {
        out->has_curve = true;
        return read_string(m, "crv", &out->curve);
    }
    for (size_t i = 0; i < ARRAY_SIZE(byte_members); i++) {
        if (!(byte_members[i].kinds & of) || (byte_members[i].is_private && !out->is_private) ||
            !text_is(m->name, byte_members[i].name))
            continue;
        e = read_string(m, byte_members[i].name, &t);
        if (!e)
            e = decode_bytes(g, t, &out->bytes[byte_members[i].field]);
        out->has[byte_members[i].field] = true;
        return e;
    }
    return read_common(m);
}

static struct err *missing(const char *name)
{
    return err_new(ERR_INVALID, "required field %s is missing", name);
}

static struct err *check_required(const struct jwk *k)
{
    unsigned of = kinds[k->kind].of;

    if (k->kind != JWK_RSA && !k->has_curve)
        return missing("crv");
    for (size_t i = 0; i < ARRAY_SIZE(byte_members); i++) {
        enum jwk_field f = byte_members[i].field;
        bool is_required =
            f == JWK_N || f == JWK_E || f == JWK_X || f == JWK_Y || (f == JWK_D && k->is_private);
        if (is_required && (byte_members[i].kinds & of) && !k->has[f])
            return missing(byte_members[i].name);
    }
    return NULL;
}

/* The first value of the text must be an object. */
static struct err *find_object(struct engine *g, struct text json, struct text *out)
{
    struct datum all;
    size_t start = skip_space(json, 0);

    if (start == json.n || json.p[start] != '{')
        return err_new(ERR_INVALID, "failed to unmarshal JSON into key hint: not an object");
    *out = text_part(json, start, skip_value(json, start) - start);
    struct err *e = go_json_decode(g, *out, &all);
    return e ? err_wrap(e, "failed to unmarshal JSON into key hint") : NULL;
}

struct err *jwk_read(struct engine *g, struct text json, struct jwk *out)
{
    struct members m = {.g = g};
    struct member member;
    bool found = true;
    struct err *e = engine_charge_bytes(g, json.n);

    *out = (struct jwk){0};
    if (!e)
        e = find_object(g, json, &m.object);
    if (!e)
        e = read_hint(m, out);
    while (!e && found) {
        e = next_member(&m, &found, &member);
        if (!e && found)
            e = read_member(g, &member, out);
    }
    return e ? e : check_required(out);
}
