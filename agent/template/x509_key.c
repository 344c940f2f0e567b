/* Public keys of the kinds that Go knows are read whole, so that a broken one is refused; of other
 * kinds only the frame. */
#include "template/curve.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/x509.h"

struct algorithm {
    struct text oid;
    struct text params; /* a whole element, or empty */
};

static bool read_algorithm(struct text body, struct algorithm *out)
{
    unsigned tag;

    out->params = (struct text){0};
    return der_take_oid(&body, &out->oid) &&
           (!body.n || der_take_any(&body, &tag, NULL, &out->params));
}

static bool is_positive(struct text integer)
{
    return !der_integer_is_negative(integer) && der_integer_magnitude(integer).n > 0;
}

static struct err *read_rsa(const struct algorithm *a, struct text der, struct x509_key *out)
{
    struct text modulus;

    if (a->params.n != 2 || a->params.p[0] != DER_NULL || a->params.p[1] != 0)
        return err_new(ERR_INVALID, "x509: RSA key missing NULL parameters");
    if (!der_take(&der, DER_SEQUENCE, &der))
        return err_new(ERR_INVALID, "x509: invalid RSA public key");
    if (!der_take_integer(&der, &modulus))
        return err_new(ERR_INVALID, "x509: invalid RSA modulus");
    if (!der_take_int64(&der, &out->exponent))
        return err_new(ERR_INVALID, "x509: invalid RSA public exponent");
    if (!is_positive(modulus))
        return err_new(ERR_INVALID, "x509: RSA modulus is not a positive number");
    if (out->exponent <= 0)
        return err_new(ERR_INVALID, "x509: RSA public exponent is not a positive number");
    out->kind = X509_KEY_RSA;
    out->modulus = der_integer_magnitude(modulus);
    return NULL;
}

static struct err *read_ec(const struct algorithm *a, struct text data, struct x509_key *out)
{
    struct text params = a->params, oid;

    if (!der_take_oid(&params, &oid))
        return err_new(ERR_INVALID, "x509: invalid ECDSA parameters");
    out->curve = curve_of_oid(oid);
    if (!out->curve)
        return err_new(ERR_INVALID, "x509: unsupported elliptic curve");
    if (!curve_has_point(out->curve, data))
        return err_new(ERR_INVALID, "ecdsa: invalid uncompressed public key");
    out->kind = X509_KEY_EC;
    out->point = data;
    return NULL;
}

static struct err *read_ed25519(const struct algorithm *a, struct text data, struct x509_key *out)
{
    if (a->params.n)
        return err_new(ERR_INVALID, "x509: Ed25519 key encoded with illegal parameters");
    if (data.n != CURVE_25519_BYTES)
        return err_new(ERR_INVALID, "x509: wrong Ed25519 public key size");
    out->kind = X509_KEY_ED25519;
    out->point = data;
    return NULL;
}

static struct err *read_dsa(const struct algorithm *a, struct text der, struct x509_key *out)
{
    struct text y, p, q, generator, params = a->params;

    if (!der_take_integer(&der, &y))
        return err_new(ERR_INVALID, "x509: invalid DSA public key");
    if (!der_take(&params, DER_SEQUENCE, &params) || !der_take_integer(&params, &p) ||
        !der_take_integer(&params, &q) || !der_take_integer(&params, &generator))
        return err_new(ERR_INVALID, "x509: invalid DSA parameters");
    if (!is_positive(y) || !is_positive(p) || !is_positive(q) || !is_positive(generator))
        return err_new(ERR_INVALID, "x509: zero or negative DSA parameter");
    out->kind = X509_KEY_DSA;
    return NULL;
}

struct err *x509_read_key(struct engine *g, struct text whole, struct x509_key *out)
{
    struct text spki, body, data;
    struct algorithm a;
    struct der_bits bits;

    *out = (struct x509_key){0};
    if (!der_take(&whole, DER_SEQUENCE, &spki))
        return err_new(ERR_INVALID, "x509: malformed spki");
    if (!der_take(&spki, DER_SEQUENCE, &body) || !read_algorithm(body, &a))
        return err_new(ERR_INVALID, "x509: malformed public key algorithm identifier");
    if (!der_take_bits(&spki, &bits))
        return err_new(ERR_INVALID, "x509: malformed subjectPublicKey");
    struct err *e = der_bits_align(g->arena, &bits, &data);
    if (e)
        return e;
    if (text_is(a.oid, OID_RSA))
        return read_rsa(&a, data, out);
    if (text_is(a.oid, OID_EC))
        return read_ec(&a, data, out);
    if (text_is(a.oid, OID_ED25519))
        return read_ed25519(&a, data, out);
    return text_is(a.oid, OID_DSA) ? read_dsa(&a, data, out) : NULL;
}
