/* Go parses the extensions below 2.5.29 that it knows, and refuses a certificate in which one of
 * them is malformed; so each is walked here, although only three are kept. Elements behind those
 * that a structure should have are not looked at, as there. */
#include "template/der.h"
#include "template/x509.h"

#define ID_CE "\x55\x1d"
#define ID_AUTHORITY_INFO "\x2b\x06\x01\x05\x05\x07\x01\x01"
#define GENERAL_NAME_URI 6u

struct extension {
    struct engine *g;
    struct text value;
    bool is_critical;
    struct x509 *out;
};

static struct err *invalid(const char *what)
{
    return err_new(ERR_INVALID, "x509: invalid %s", what);
}

static struct err *marked_critical(const char *what)
{
    return err_new(ERR_INVALID, "x509: %s incorrectly marked critical", what);
}

static struct err *read_subject_key_id(struct extension *x)
{
    if (x->is_critical)
        return marked_critical("subject key identifier");
    return der_take(&x->value, DER_OCTET_STRING, &x->out->subject_key_id)
               ? NULL
               : invalid("subject key identifier");
}

static struct err *read_authority_key_id(struct extension *x)
{
    struct text body;

    if (x->is_critical)
        return marked_critical("authority key identifier");
    if (!der_take(&x->value, DER_SEQUENCE, &body) ||
        !der_take_optional(&body, DER_CONTEXT(0), &x->out->has_authority_key_id,
                           &x->out->authority_key_id))
        return invalid("authority key identifier");
    return NULL;
}

static struct err *read_key_usage(struct extension *x)
{
    struct der_bits bits;

    return der_take_bits(&x->value, &bits) ? NULL : invalid("key usage");
}

static struct err *read_basic_constraints(struct extension *x)
{
    struct text body;
    int64_t path = 0;
    bool is_ca;

    if (!der_take(&x->value, DER_SEQUENCE, &body) ||
        (der_is_next(body, DER_BOOLEAN) && !der_take_bool(&body, &is_ca)) ||
        (der_is_next(body, DER_INTEGER) && !der_take_int64(&body, &path)) || path < 0)
        return invalid("basic constraints");
    return NULL;
}

static struct err *read_key_purposes(struct extension *x)
{
    struct text list, oid;

    if (!der_take(&x->value, DER_SEQUENCE, &list))
        return invalid("extended key usages");
    while (list.n) {
        if (!der_take_oid(&list, &oid))
            return invalid("extended key usages");
    }
    return NULL;
}

/* An identifier whose parts may be of any size. */
static bool is_long_oid(struct text t)
{
    bool at_start = true;

    for (size_t i = 0; i < t.n; i++) {
        if (at_start && t.p[i] == 0x80)
            return false;
        at_start = t.p[i] < 0x80;
    }
    return t.n > 0 && at_start;
}

static bool take_policy(struct text *list, struct text *oid)
{
    struct text policy;

    return der_take(list, DER_SEQUENCE, &policy) && der_take(&policy, DER_OID, oid) &&
           is_long_oid(*oid);
}

static struct err *read_policies(struct extension *x)
{
    struct text list, all, oid, other;

    if (!der_take(&x->value, DER_SEQUENCE, &list))
        return invalid("certificate policies");
    all = list;
    for (size_t n = 0; list.n; n++) {
        struct err *e = engine_charge(x->g, n / 8 + 1);
        if (e)
            return e;
        if (!take_policy(&list, &oid))
            return invalid("certificate policies");
        struct text before = all;
        for (size_t i = 0; i < n; i++) {
            if (take_policy(&before, &other) && text_equal(oid, other))
                return invalid("certificate policies");
        }
    }
    return NULL;
}

static struct err *read_policy_mappings(struct extension *x)
{
    struct text list, pair, oid;

    if (!der_take(&x->value, DER_SEQUENCE, &list))
        return invalid("policy mappings extension");
    while (list.n) {
        if (!der_take(&list, DER_SEQUENCE, &pair) || !der_take(&pair, DER_OID, &oid) ||
            !der_take(&pair, DER_OID, &oid))
            return invalid("policy mappings extension");
    }
    return NULL;
}

static bool take_optional_count(struct text *in, unsigned tag)
{
    struct text body = {0};
    int64_t v;
    bool is_there;

    return der_take_optional(in, tag, &is_there, &body) &&
           (!is_there || (der_integer_is_valid(body) && der_integer_value(body, &v)));
}

static struct err *read_policy_constraints(struct extension *x)
{
    struct text body;

    if (!der_take(&x->value, DER_SEQUENCE, &body) || !take_optional_count(&body, DER_CONTEXT(0)) ||
        !take_optional_count(&body, DER_CONTEXT(1)))
        return invalid("policy constraints extension");
    return NULL;
}

static struct err *read_inhibit_any_policy(struct extension *x)
{
    int64_t v;

    return der_take_int64(&x->value, &v) ? NULL : invalid("inhibit any policy extension");
}

static bool take_distribution_point(struct text *list)
{
    struct text point, names = {0}, uri;
    bool is_there;

    if (!der_take(list, DER_SEQUENCE, &point) ||
        !der_take_optional(&point, DER_CONTEXT_CONSTRUCTED(0), &is_there, &names))
        return false;
    if (!is_there)
        return true;
    if (!der_take(&names, DER_CONTEXT_CONSTRUCTED(0), &names))
        return false;
    while (der_is_next(names, DER_CONTEXT(GENERAL_NAME_URI))) {
        if (!der_take(&names, DER_CONTEXT(GENERAL_NAME_URI), &uri))
            return false;
    }
    return true;
}

static struct err *read_distribution_points(struct extension *x)
{
    struct text list;

    if (!der_take(&x->value, DER_SEQUENCE, &list))
        return invalid("CRL distribution points");
    while (list.n) {
        if (!take_distribution_point(&list))
            return invalid("CRL distribution point");
    }
    return NULL;
}

static struct err *read_authority_info(struct extension *x)
{
    struct text list, access, method, uri;

    if (x->is_critical)
        return marked_critical("authority info access");
    if (!der_take(&x->value, DER_SEQUENCE, &list))
        return invalid("authority info access");
    while (list.n) {
        if (!der_take(&list, DER_SEQUENCE, &access) || !der_take_oid(&access, &method) ||
            !der_take_optional(&access, DER_CONTEXT(GENERAL_NAME_URI), NULL, &uri))
            return invalid("authority info access");
    }
    return NULL;
}

static struct err *read_name_constraints(struct extension *x)
{
    return x509_check_constraints(x->value);
}

static struct err *read_names(struct extension *x)
{
    return x509_read_names(x->g, x->value, x->out);
}

struct reader {
    unsigned char id;
    struct err *(*read)(struct extension *x);
};

static const struct reader readers[] = {
    {14, read_subject_key_id},     {15, read_key_usage},        {17, read_names},
    {19, read_basic_constraints},  {30, read_name_constraints}, {31, read_distribution_points},
    {32, read_policies},           {33, read_policy_mappings},  {35, read_authority_key_id},
    {36, read_policy_constraints}, {37, read_key_purposes},     {54, read_inhibit_any_policy},
};

/* The reader of an identifier below 2.5.29; NULL where Go does not look inside. */
static const struct reader *reader_of(struct text oid)
{
    if (oid.n != 3 || !text_has_prefix(oid, TEXT(ID_CE)))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        if (readers[i].id == oid.p[2])
            return &readers[i];
    }
    return NULL;
}

struct err *x509_read_extension(struct engine *g, struct text oid, bool is_critical,
                                struct text value, struct x509 *out)
{
    struct extension x = {g, value, is_critical, out};
    const struct reader *reader = reader_of(oid);

    if (text_is(oid, ID_AUTHORITY_INFO))
        return read_authority_info(&x);
    return reader ? reader->read(&x) : NULL;
}
