/* Three encodings, read field by field by the rules of encoding/asn1. What follows the structure is
 * refused in PKCS#1 alone, as in Go. */
#include "template/private_key.h"

#include "template/asn1.h"
#include "template/curve.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/pem_block.h"

#define SEC1_VERSION 1

static struct err *broken(const char *what)
{
    return err_new(ERR_INVALID, "x509: failed to parse %s private key: asn1: structure error",
                   what);
}

/* An integer that must be above zero; its magnitude. */
static bool positive(struct text integer, struct text *out)
{
    *out = der_integer_magnitude(integer);
    return !der_integer_is_negative(integer) && out->n > 0;
}

static bool read_prime(struct text *list, struct text *prime)
{
    struct text body, ignored;

    return asn1_take_sequence(list, &body) && asn1_take_integer(&body, prime) &&
           asn1_take_integer(&body, &ignored) && asn1_take_integer(&body, &ignored);
}

static struct err *read_more_primes(struct engine *g, struct text list, struct private_key *out)
{
    struct text prime;
    void *p;
    struct err *e =
        secret_arena_alloc(g->arena, PRIVATE_KEY_PRIMES_MAX * sizeof(struct rsa_prime), &p);

    if (e)
        return e;
    out->more = p;
    for (out->n_more = 0; list.n; out->n_more++) {
        if (out->n_more == PRIVATE_KEY_PRIMES_MAX)
            return err_new(ERR_INVALID, "limit reached: more than %d primes of an RSA key",
                           PRIVATE_KEY_PRIMES_MAX + 2);
        if (!read_prime(&list, &prime))
            return broken("RSA");
        if (!positive(prime, &out->more[out->n_more].prime))
            return err_new(ERR_INVALID, "x509: private key contains zero or negative prime");
    }
    return NULL;
}

struct pkcs1 {
    int64_t version;
    struct text n, d, p, q, crt[3], more;
    bool has_crt[3], has_more;
};

static bool read_pkcs1(struct text body, struct pkcs1 *f, int64_t *e)
{
    bool is_ok = asn1_take_int64(&body, &f->version) && asn1_take_integer(&body, &f->n) &&
                 asn1_take_int64(&body, e) && asn1_take_integer(&body, &f->d) &&
                 asn1_take_integer(&body, &f->p) && asn1_take_integer(&body, &f->q);

    for (size_t i = 0; is_ok && i < ARRAY_SIZE(f->crt); i++)
        is_ok = asn1_take_optional_integer(&body, &f->has_crt[i], &f->crt[i]);
    return is_ok && asn1_take_optional_sequence(&body, &f->has_more, &f->more);
}

/* The numbers into the key; false where one is not above zero. */
static bool keep_pkcs1(const struct pkcs1 *f, struct private_key *out)
{
    struct text crt[ARRAY_SIZE(f->crt)] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(crt); i++) {
        if (f->has_crt[i] && !positive(f->crt[i], &crt[i]))
            return false;
    }
    out->has_crt = f->has_crt[0] && f->has_crt[1] && f->has_crt[2];
    if (out->has_crt) {
        out->dp = crt[0];
        out->dq = crt[1];
        out->qinv = crt[2];
    }
    return positive(f->n, &out->n) && positive(f->d, &out->d) && positive(f->p, &out->p) &&
           positive(f->q, &out->q);
}

struct err *private_key_parse_pkcs1(struct engine *g, struct text der, struct private_key *out)
{
    struct pkcs1 f = {0};
    struct text body;
    struct err *e = engine_charge_bytes(g, der.n);

    if (e)
        return e;
    *out = (struct private_key){.kind = PRIVATE_KEY_RSA};
    if (!asn1_take_sequence(&der, &body) || !read_pkcs1(body, &f, &out->e))
        return broken("RSA");
    if (f.has_more)
        e = read_more_primes(g, f.more, out);
    if (e)
        return e;
    if (der.n)
        return err_new(ERR_INVALID, "asn1: syntax error: trailing data");
    if (f.version > 1)
        return err_new(ERR_INVALID, "x509: unsupported private key version");
    if (!keep_pkcs1(&f, out))
        return err_new(ERR_INVALID, "x509: private key contains zero or negative value");
    return private_key_check_rsa(g, out);
}

struct sec1 {
    int64_t version;
    struct text secret, curve;
};

static bool read_sec1(struct text body, struct sec1 *f)
{
    struct text point;
    struct der_bits bits;
    bool has_curve, has_point;

    if (!asn1_take_int64(&body, &f->version) || !asn1_take_octets(&body, &f->secret) ||
        !asn1_take_optional_explicit(&body, 0, DER_OID, &has_curve, &f->curve) ||
        (has_curve && !der_oid_is_valid(f->curve)))
        return false;
    return asn1_take_optional_explicit(&body, 1, DER_BIT_STRING, &has_point, &point) &&
           (!has_point || der_read_bits(point, &bits));
}

/* The secret in as many bytes as the curve has; zeros in front may be too many or too few. */
static struct err *fit_secret(struct engine *g, const struct curve *c, struct text secret,
                              struct text *out)
{
    void *p;
    struct err *e = secret_arena_alloc(g->arena, c->bytes, &p);

    if (e)
        return e;
    while (secret.n > c->bytes) {
        if (secret.p[0])
            return err_new(ERR_INVALID, "x509: invalid private key length");
        secret = text_part(secret, 1, secret.n - 1);
    }
    if (secret.n)
        memcpy((unsigned char *)p + c->bytes - secret.n, secret.p, secret.n);
    *out = (struct text){p, c->bytes};
    return NULL;
}

/* outer is the curve that PKCS#8 names, or empty. */
static struct err *parse_sec1(struct engine *g, struct text outer, struct text der,
                              struct private_key *out)
{
    struct sec1 f = {0};
    struct text body;
    struct err *e = engine_charge_bytes(g, der.n);

    if (e)
        return e;
    *out = (struct private_key){.kind = PRIVATE_KEY_EC};
    if (!asn1_take_sequence(&der, &body) || !read_sec1(body, &f))
        return broken("EC");
    if (f.version != SEC1_VERSION)
        return err_new(ERR_INVALID, "x509: unknown EC private key version");
    out->curve = curve_of_oid(outer.n ? outer : f.curve);
    if (!out->curve)
        return err_new(ERR_INVALID, "x509: unknown elliptic curve");
    e = fit_secret(g, out->curve, f.secret, &out->secret);
    if (e)
        return e;
    if (!curve_has_secret(out->curve, out->secret))
        return err_new(ERR_INVALID, "ecdsa: private key is not in the range of its curve");
    e = engine_charge(g, out->curve->bits);
    return e ? e : curve_point_of(g->arena, out->curve, out->secret, &out->point);
}

struct err *private_key_parse_sec1(struct engine *g, struct text der, struct private_key *out)
{
    return parse_sec1(g, (struct text){0}, der, out);
}

static struct err *parse_25519(struct engine *g, bool is_ed, const struct asn1_algorithm *a,
                               struct text der, struct private_key *out)
{
    const char *name = is_ed ? "Ed25519" : "X25519";

    *out = (struct private_key){.kind = is_ed ? PRIVATE_KEY_ED25519 : PRIVATE_KEY_X25519};
    if (a->params.whole.n)
        return err_new(ERR_INVALID, "x509: invalid %s private key parameters", name);
    if (!asn1_take_octets(&der, &out->secret))
        return err_new(ERR_INVALID, "x509: invalid %s private key", name);
    if (out->secret.n != CURVE_25519_BYTES)
        return err_new(ERR_INVALID, "x509: invalid %s private key length: %zu", name,
                       out->secret.n);
    struct err *e = engine_charge(g, CURVE_25519_STEPS);
    if (e)
        return e;
    return is_ed ? curve_ed25519_public(g->arena, out->secret, &out->point)
                 : curve_x25519_public(g->arena, out->secret, &out->point);
}

struct err *private_key_parse_pkcs8(struct engine *g, struct text der, struct private_key *out)
{
    struct text body, key, curve = {0};
    struct asn1_algorithm a;
    int64_t version;
    struct err *e = engine_charge_bytes(g, der.n);

    if (e)
        return e;
    if (!asn1_take_sequence(&der, &body) || !asn1_take_int64(&body, &version) ||
        !asn1_take_algorithm(&body, &a) || !asn1_take_octets(&body, &key))
        return broken("PKCS#8");
    if (text_is(a.oid, OID_RSA)) {
        e = private_key_parse_pkcs1(g, key, out);
        return e ? err_wrap(e, "x509: failed to parse RSA private key embedded in PKCS#8") : NULL;
    }
    if (text_is(a.oid, OID_EC)) {
        struct text params = a.params.whole;
        if (!asn1_take_oid(&params, &curve))
            curve = (struct text){0};
        e = parse_sec1(g, curve, key, out);
        return e ? err_wrap(e, "x509: failed to parse EC private key embedded in PKCS#8") : NULL;
    }
    if (text_is(a.oid, OID_ED25519) || text_is(a.oid, OID_X25519))
        return parse_25519(g, text_is(a.oid, OID_ED25519), &a, key, out);
    return err_new(ERR_INVALID,
                   "x509: PKCS#8 wrapping contained private key with unknown algorithm");
}

struct err *private_key_parse_any(struct engine *g, struct text der, struct private_key *out)
{
    static struct err *(*const parsers[])(struct engine *, struct text, struct private_key *) = {
        private_key_parse_pkcs1, private_key_parse_pkcs8, private_key_parse_sec1};

    for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
        CLEANUP(err) struct err *e = parsers[i](g, der, out);
        if (!e || err_class(e) != ERR_INVALID || engine_is_limit(e))
            return TAKE(e);
    }
    return err_new(ERR_INVALID, "unable to parse private key type");
}

static struct err *parse_dsa(struct text der, struct private_key *out)
{
    struct text body;
    int64_t version;
    struct text *numbers[] = {&out->dsa_p, &out->dsa_q, &out->dsa_g, &out->dsa_y, &out->d};

    *out = (struct private_key){.kind = PRIVATE_KEY_DSA};
    bool is_ok = asn1_take_sequence(&der, &body) && asn1_take_int64(&body, &version);
    for (size_t i = 0; is_ok && i < ARRAY_SIZE(numbers); i++)
        is_ok = asn1_take_integer(&body, numbers[i]);
    return is_ok ? NULL : broken("DSA");
}

static struct err *parse_block(struct engine *g, const struct pem_block *block,
                               struct private_key *out)
{
    struct err *e;

    if (text_is(block->type, "PRIVATE KEY")) {
        e = private_key_parse_pkcs8(g, block->bytes, out);
        return e ? err_wrap(e, "decoding PEM as PKCS#8") : NULL;
    }
    if (!text_has_suffix(block->type, TEXT(" PRIVATE KEY")))
        return err_new(ERR_INVALID, "no private key data in PEM block");
    if (text_is(block->type, "RSA PRIVATE KEY")) {
        e = private_key_parse_pkcs1(g, block->bytes, out);
        return e ? err_wrap(e, "parsing RSA private key from PEM") : NULL;
    }
    if (text_is(block->type, "EC PRIVATE KEY")) {
        e = private_key_parse_sec1(g, block->bytes, out);
        return e ? err_wrap(e, "parsing EC private key from PEM") : NULL;
    }
    if (text_is(block->type, "DSA PRIVATE KEY")) {
        e = parse_dsa(block->bytes, out);
        return e ? err_wrap(e, "parsing DSA private key from PEM") : NULL;
    }
    return err_new(ERR_INVALID, "invalid private key type");
}

struct err *private_key_parse_pem(struct engine *g, struct text pem, struct private_key *out)
{
    struct pem_block block;
    struct err *e = pem_block_first(g, &pem, "no PEM data in input", &block);

    return e ? e : parse_block(g, &block, out);
}
