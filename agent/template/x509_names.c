/* Names that a certificate may hold, and constraints on those that it may sign for: a malformed one
 * makes Go refuse the whole certificate. A URI is kept as Go prints it. */
#include "template/der.h"
#include "template/go_url.h"
#include "template/ip_text.h"
#include "template/mailbox.h"
#include "template/x509.h"

#define GENERAL_NAME_EMAIL 1u
#define GENERAL_NAME_DNS 2u
#define GENERAL_NAME_URI 6u
#define GENERAL_NAME_IP 7u

static struct err *invalid(const char *what)
{
    return err_new(ERR_INVALID, "x509: invalid %s", what);
}

static bool is_ia5(struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] >= 0x80)
            return false;
    }
    return true;
}

static bool is_mask(struct text t)
{
    bool seen_zero = false;

    for (size_t i = 0; i < t.n; i++) {
        unsigned inverse = 0xffu & ~(unsigned)t.p[i];
        if ((seen_zero && t.p[i]) || (inverse & (inverse + 1)))
            return false;
        seen_zero = seen_zero || t.p[i] != 0xff;
    }
    return true;
}

static bool constraint_is_valid(unsigned tag, struct text v)
{
    unsigned char address[IP_BYTES_MAX];
    size_t n;

    switch (tag) {
    case DER_CONTEXT(GENERAL_NAME_DNS):
        return is_ia5(v) && mailbox_domain_is_valid(v, true);
    case DER_CONTEXT(GENERAL_NAME_IP):
        return (v.n == 8 || v.n == 32) && is_mask(text_part(v, v.n / 2, v.n / 2));
    case DER_CONTEXT(GENERAL_NAME_EMAIL):
        if (text_find(v, 0, TEXT("@")) >= 0)
            return is_ia5(v) && mailbox_is_valid(v);
        return is_ia5(v) && mailbox_domain_is_valid(v, true);
    case DER_CONTEXT(GENERAL_NAME_URI):
        return is_ia5(v) && !ip_text_read(v, address, &n) && mailbox_domain_is_valid(v, true);
    default:
        return true;
    }
}

static struct err *check_subtrees(struct text list)
{
    struct text subtree, value;
    unsigned tag;

    while (list.n) {
        if (!der_take(&list, DER_SEQUENCE, &subtree) || !der_take_any(&subtree, &tag, &value, NULL))
            return invalid("NameConstraints extension");
        if (!constraint_is_valid(tag, value))
            return invalid("constraint value");
    }
    return NULL;
}

struct err *x509_check_constraints(struct text value)
{
    struct text body, permitted = {0}, excluded = {0};

    if (!der_take(&value, DER_SEQUENCE, &body) || value.n ||
        !der_take_optional(&body, DER_CONTEXT_CONSTRUCTED(0), NULL, &permitted) ||
        !der_take_optional(&body, DER_CONTEXT_CONSTRUCTED(1), NULL, &excluded) || body.n)
        return invalid("NameConstraints extension");
    if (!permitted.n && !excluded.n)
        return err_new(ERR_INVALID, "x509: empty name constraints extension");
    struct err *e = check_subtrees(permitted);
    return e ? e : check_subtrees(excluded);
}

static struct err *read_uri(struct engine *g, struct text v, struct x509_name *out)
{
    struct go_url url;
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, 4 * v.n);

    if (!e)
        e = go_url_parse(g->arena, v, &url);
    if (e)
        return err_wrap(e, "x509: cannot parse URI");
    if (!mailbox_domain_is_valid(url.host, false))
        return err_new(ERR_INVALID, "x509: cannot parse URI: invalid domain");
    text_buf_init(&b, g->arena, TEXT_MAX);
    go_url_print(&b, &url);
    return text_buf_end(&b, &out->value);
}

/* One alternative name; *kept is false for a kind that Go does not keep. */
static struct err *read_name(struct engine *g, unsigned tag, struct text v, bool *kept,
                             struct x509_name *out)
{
    *kept = true;
    out->value = v;
    switch (tag) {
    case DER_CONTEXT(GENERAL_NAME_EMAIL):
        out->kind = X509_NAME_EMAIL;
        return is_ia5(v) ? NULL : err_new(ERR_INVALID, "x509: SAN rfc822Name is malformed");
    case DER_CONTEXT(GENERAL_NAME_DNS):
        out->kind = X509_NAME_DNS;
        return is_ia5(v) ? NULL : err_new(ERR_INVALID, "x509: SAN dNSName is malformed");
    case DER_CONTEXT(GENERAL_NAME_IP):
        out->kind = X509_NAME_IP;
        return v.n == 4 || v.n == 16
                   ? NULL
                   : err_new(ERR_INVALID, "x509: cannot parse IP address of length %zu", v.n);
    case DER_CONTEXT(GENERAL_NAME_URI):
        out->kind = X509_NAME_URI;
        if (!is_ia5(v))
            return err_new(ERR_INVALID, "x509: SAN uniformResourceIdentifier is malformed");
        return read_uri(g, v, out);
    default:
        *kept = false;
        return NULL;
    }
}

static struct err *count_names(struct text list, size_t *out)
{
    unsigned tag;

    for (*out = 0; list.n; ++*out) {
        if (!der_take_any(&list, &tag, NULL, NULL))
            return invalid("subject alternative name");
    }
    return NULL;
}

struct err *x509_read_names(struct engine *g, struct text whole, struct x509 *out)
{
    struct text list, value;
    size_t n;
    unsigned tag;
    void *p;

    if (!der_take(&whole, DER_SEQUENCE, &list))
        return invalid("subject alternative names");
    struct err *e = count_names(list, &n);
    if (!e)
        e = engine_charge(g, n + 1);
    if (!e && n > X509_NAMES_MAX)
        e = err_new(ERR_INVALID, "limit reached: more than %d alternative names", X509_NAMES_MAX);
    if (!e)
        e = secret_arena_alloc(g->arena, n * sizeof(struct x509_name), &p);
    if (e)
        return e;
    struct x509_name *names = p;
    size_t kept = 0;
    while (!e && der_take_any(&list, &tag, &value, NULL)) {
        bool is_kept;
        e = read_name(g, tag, value, &is_kept, &names[kept]);
        kept += is_kept;
    }
    out->names = names;
    out->n_names = kept;
    return e;
}
