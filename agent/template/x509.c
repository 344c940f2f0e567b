/* The outer structure: one pass from the head to the signature. Extensions of one kind may occur
 * once; they are found again by walking the list, which is bounded. */
#include "template/x509.h"

#include "template/der.h"

#define VERSION_3 3

static struct err *malformed(const char *what)
{
    return err_new(ERR_INVALID, "x509: malformed %s", what);
}

static bool take_two(struct text *t, unsigned *out)
{
    if (t->n < 2 || t->p[0] < '0' || t->p[0] > '9' || t->p[1] < '0' || t->p[1] > '9')
        return false;
    *out = (unsigned)(t->p[0] - '0') * 10 + (unsigned)(t->p[1] - '0');
    *t = text_part(*t, 2, t->n - 2);
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* "Z", or an offset that is not zero. */
static bool is_zone(struct text t)
{
    unsigned hours, minutes;

    if (text_is(t, "Z"))
        return true;
    if (t.n != 5 || (t.p[0] != '+' && t.p[0] != '-'))
        return false;
    t = text_part(t, 1, 4);
    return take_two(&t, &hours) && take_two(&t, &minutes) && hours <= 24 && minutes < 60 &&
           hours + minutes > 0;
}

static bool is_time(struct text t, bool has_century, bool may_lack_seconds)
{
    unsigned century = 0, year, month, day, hour, minute, second = 0;

    if (has_century && !take_two(&t, &century))
        return false;
    if (!take_two(&t, &year) || !take_two(&t, &month) || !take_two(&t, &day) ||
        !take_two(&t, &hour) || !take_two(&t, &minute))
        return false;
    if (!take_two(&t, &second) && !may_lack_seconds)
        return false;
    year += 100 * (has_century ? century : 20);
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month) && hour < 24 &&
           minute < 60 && second < 60 && is_zone(t);
}

static struct err *take_time(struct text *in)
{
    struct text body;

    if (der_is_next(*in, DER_UTC_TIME)) {
        if (!der_take(in, DER_UTC_TIME, &body) || !is_time(body, false, true))
            return malformed("UTCTime");
        return NULL;
    }
    if (!der_is_next(*in, DER_GENERALIZED_TIME))
        return err_new(ERR_INVALID, "x509: unsupported time format");
    if (!der_take(in, DER_GENERALIZED_TIME, &body) || !is_time(body, true, false))
        return malformed("GeneralizedTime");
    return NULL;
}

static struct err *take_validity(struct text *tbs)
{
    struct text validity;

    if (!der_take(tbs, DER_SEQUENCE, &validity))
        return malformed("validity");
    struct err *e = take_time(&validity);
    return e ? e : take_time(&validity);
}

static struct err *take_version(struct text *tbs, int64_t *out)
{
    struct text body = {0};
    bool is_there;

    *out = 1;
    if (!der_take_optional(tbs, DER_CONTEXT_CONSTRUCTED(0), &is_there, &body))
        return malformed("version");
    if (!is_there)
        return NULL;
    if (!der_take_int64(&body, out) || body.n || *out < 0 || *out == INT64_MAX)
        return malformed("version");
    *out += 1;
    return *out > VERSION_3 ? err_new(ERR_INVALID, "x509: invalid version") : NULL;
}

/* The algorithm that signed it stands inside and outside, with the same bytes. */
static struct err *take_signature_algorithm(struct text *tbs, struct text *outer)
{
    struct text inside, outside, oid, params;
    unsigned tag;

    if (!der_take(tbs, DER_SEQUENCE, &inside))
        return malformed("signature algorithm identifier");
    if (!der_take(outer, DER_SEQUENCE, &outside))
        return malformed("algorithm identifier");
    if (!text_equal(inside, outside))
        return err_new(ERR_INVALID,
                       "x509: inner and outer signature algorithm identifiers don't match");
    if (!der_take_oid(&inside, &oid))
        return malformed("OID");
    return inside.n && !der_take_any(&inside, &tag, &params, NULL) ? malformed("parameters") : NULL;
}

static struct err *take_serial(struct text *tbs)
{
    struct text serial;

    if (!der_take_integer(tbs, &serial))
        return malformed("serial number");
    return der_integer_is_negative(serial) ? err_new(ERR_INVALID, "x509: negative serial number")
                                           : NULL;
}

static struct err *take_name(struct engine *g, struct text *tbs, struct text *out)
{
    if (!der_take_whole(tbs, DER_SEQUENCE, out))
        return malformed("issuer");
    return x509_check_name(g, *out);
}

/* Everything up to the public key. */
static struct err *take_head(struct engine *g, struct text *tbs, struct text *outer,
                             int64_t *version, struct x509 *out)
{
    struct text issuer, key;
    struct err *e = take_version(tbs, version);

    if (!e)
        e = take_serial(tbs);
    if (!e)
        e = take_signature_algorithm(tbs, outer);
    if (!e)
        e = take_name(g, tbs, &issuer);
    if (!e)
        e = take_validity(tbs);
    if (!e)
        e = take_name(g, tbs, &out->subject);
    if (e)
        return e;
    return der_take_whole(tbs, DER_SEQUENCE, &key) ? x509_read_key(g, key, &out->key)
                                                   : malformed("spki");
}

struct extension {
    struct text oid, value;
    bool is_critical;
};

static struct err *take_extension(struct text *list, struct extension *out)
{
    struct text body;

    out->is_critical = false;
    if (!der_take(list, DER_SEQUENCE, &body))
        return malformed("extension");
    if (!der_take_oid(&body, &out->oid))
        return malformed("extension OID field");
    if (der_is_next(body, DER_BOOLEAN) && !der_take_bool(&body, &out->is_critical))
        return malformed("extension critical field");
    return der_take(&body, DER_OCTET_STRING, &out->value) ? NULL
                                                          : malformed("extension value field");
}

/* Is oid already among the first n of the list? */
static bool is_repeated(struct text list, size_t n, struct text oid)
{
    struct text body, seen;

    for (size_t i = 0; i < n; i++) {
        if (der_take(&list, DER_SEQUENCE, &body) && der_take(&body, DER_OID, &seen) &&
            text_equal(seen, oid))
            return true;
    }
    return false;
}

static struct err *check_extensions(struct engine *g, struct text list)
{
    struct text all = list;
    struct extension extension;

    for (size_t n = 0; list.n; n++) {
        struct err *e = engine_charge(g, n / 8 + 1);
        if (!e)
            e = take_extension(&list, &extension);
        if (e)
            return e;
        if (n == X509_EXTENSIONS_MAX)
            return err_new(ERR_INVALID, "limit reached: more than %d extensions",
                           X509_EXTENSIONS_MAX);
        if (is_repeated(all, n, extension.oid))
            return err_new(ERR_INVALID, "x509: certificate contains duplicate extension");
    }
    return NULL;
}

static struct err *take_extensions(struct engine *g, struct text *tbs, struct x509 *out)
{
    struct text list = {0};
    struct extension extension = {0};
    bool is_there;

    if (!der_take_optional(tbs, DER_CONTEXT_CONSTRUCTED(3), &is_there, &list))
        return malformed("extensions");
    if (!is_there)
        return NULL;
    if (!der_take(&list, DER_SEQUENCE, &list))
        return malformed("extensions");
    struct err *e = check_extensions(g, list);
    while (!e && list.n) {
        e = take_extension(&list, &extension);
        if (!e)
            e = x509_read_extension(g, extension.oid, extension.is_critical, extension.value, out);
    }
    return e;
}

/* Everything behind the public key. */
static struct err *take_tail(struct engine *g, struct text *tbs, int64_t version, struct x509 *out)
{
    struct text id;

    if (version == 1)
        return NULL;
    if (!der_take_optional(tbs, DER_CONTEXT(1), NULL, &id))
        return malformed("issuerUniqueID");
    if (!der_take_optional(tbs, DER_CONTEXT(2), NULL, &id))
        return malformed("subjectUniqueID");
    return version == VERSION_3 ? take_extensions(g, tbs, out) : NULL;
}

struct err *x509_take(struct engine *g, struct text *der, struct x509 *out)
{
    struct text outer, tbs;
    struct der_bits signature;
    int64_t version;
    struct err *e = engine_charge_bytes(g, der->n);

    if (e)
        return e;
    *out = (struct x509){0};
    if (!der_take_whole(der, DER_SEQUENCE, &out->raw))
        return malformed("certificate");
    outer = out->raw;
    if (!der_take(&outer, DER_SEQUENCE, &outer))
        return malformed("certificate");
    if (!der_take(&outer, DER_SEQUENCE, &tbs))
        return malformed("tbs certificate");
    e = take_head(g, &tbs, &outer, &version, out);
    if (!e)
        e = take_tail(g, &tbs, version, out);
    if (e)
        return e;
    return der_take_bits(&outer, &signature) ? NULL : malformed("signature");
}

struct err *x509_parse(struct engine *g, struct text der, struct x509 *out)
{
    struct err *e = x509_take(g, &der, out);

    if (e)
        return e;
    return der.n ? err_new(ERR_INVALID, "x509: trailing data") : NULL;
}
