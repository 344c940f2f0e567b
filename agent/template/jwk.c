/* A key of any kind is made as a private key is held; of a public one there is only the public
 * half. What Go checks of a key is checked when it is made, and an Ed25519 point not at all, as
 * there. */
#include "template/jwk.h"

#include "template/curve.h"
#include "template/der.h"
#include "template/jwk_read.h"
#include "template/pem_block.h"
#include "template/private_key.h"

/* The low 64 bits, as Go takes an exponent. */
static int64_t exponent(struct text bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes.n; i++)
        v = v << 8 | bytes.p[i];
    return (int64_t)v;
}

static struct err *fit(struct engine *g, struct text bytes, size_t n, struct text *out)
{
    struct text v = der_integer_magnitude(bytes);
    void *p;
    struct err *e = secret_arena_alloc(g->arena, n, &p);

    if (e)
        return e;
    if (v.n > n)
        return err_new(ERR_INVALID, "overflowing coordinate");
    if (v.n)
        memcpy((unsigned char *)p + n - v.n, v.p, v.n);
    *out = (struct text){p, n};
    return NULL;
}

static struct err *make_rsa(struct engine *g, const struct jwk *k, struct private_key *out)
{
    struct text b[JWK_FIELDS] = {0};

    for (size_t i = 0; i < JWK_FIELDS; i++)
        b[i] = der_integer_magnitude(k->bytes[i]);
    *out = (struct private_key){
        .kind = PRIVATE_KEY_RSA,
        .n = b[JWK_N],
        .d = b[JWK_D],
        .p = b[JWK_P],
        .q = b[JWK_Q],
        .dp = b[JWK_DP],
        .dq = b[JWK_DQ],
        .qinv = b[JWK_QI],
        .e = exponent(k->bytes[JWK_E]),
        .has_crt = k->bytes[JWK_DP].n && k->bytes[JWK_DQ].n && k->bytes[JWK_QI].n,
    };
    return k->is_private ? private_key_check_rsa(g, out) : NULL;
}

static struct err *make_point(struct engine *g, const struct jwk *k, struct private_key *out)
{
    struct text x = {0}, y = {0};
    struct text_buf b;
    struct err *e = fit(g, k->bytes[JWK_X], out->curve->bytes, &x);

    if (!e)
        e = fit(g, k->bytes[JWK_Y], out->curve->bytes, &y);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_byte(&b, 4);
    text_buf_add(&b, x);
    text_buf_add(&b, y);
    e = text_buf_end(&b, &out->point);
    if (!e)
        e = engine_charge(g, out->curve->bits);
    if (e)
        return e;
    return curve_has_point(out->curve, out->point)
               ? NULL
               : err_new(ERR_INVALID, "point is not on its curve");
}

static struct err *make_ec(struct engine *g, const struct jwk *k, struct private_key *out)
{
    *out = (struct private_key){.kind = PRIVATE_KEY_EC, .curve = curve_of_name(k->curve)};
    if (!out->curve || text_is(k->curve, "P-224"))
        return err_new(ERR_INVALID, "failed to build public key: invalid curve algorithm");
    struct err *e = make_point(g, k, out);
    if (e || !k->is_private)
        return e;
    e = fit(g, k->bytes[JWK_D], out->curve->bytes, &out->secret);
    if (e)
        return e;
    return curve_has_secret(out->curve, out->secret)
               ? NULL
               : err_new(ERR_INVALID, "ecdsa: private key is not in the range of its curve");
}

static struct err *make_okp(struct engine *g, const struct jwk *k, struct private_key *out)
{
    struct text point;

    *out = (struct private_key){
        .kind = PRIVATE_KEY_ED25519, .secret = k->bytes[JWK_D], .point = k->bytes[JWK_X]};
    if (!text_is(k->curve, "Ed25519"))
        return err_new(ERR_INVALID, "failed to build key: invalid or unsupported curve algorithm");
    if (!k->is_private)
        return NULL;
    if (out->secret.n != CURVE_25519_BYTES)
        return err_new(ERR_INVALID, "failed to build key: wrong private key size");
    struct err *e = engine_charge(g, CURVE_25519_STEPS);
    if (!e)
        e = curve_ed25519_public(g->arena, out->secret, &point);
    if (e)
        return e;
    return text_equal(point, out->point)
               ? NULL
               : err_new(ERR_INVALID, "failed to build key: invalid x value given d value");
}

static struct err *make_key(struct engine *g, struct text json, bool want_private,
                            struct private_key *out)
{
    struct jwk k;
    struct err *e = jwk_read(g, json, &k);

    if (e)
        return e;
    if (k.is_private != want_private)
        return err_new(ERR_INVALID, "x509: unsupported key type: the key is %s",
                       k.is_private ? "private" : "public");
    if (k.kind == JWK_RSA)
        return make_rsa(g, &k, out);
    return k.kind == JWK_EC ? make_ec(g, &k, out) : make_okp(g, &k, out);
}

struct err *jwk_public_pem(struct engine *g, struct text json, struct text *out)
{
    struct private_key k;
    struct text bits, der;
    struct text_buf b;
    struct err *e = make_key(g, json, false, &k);

    if (!e)
        e = private_key_public_bits(g, &k, &bits);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    private_key_write_spki(&b, &k, bits);
    e = text_buf_end(&b, &der);
    return e ? e : pem_block_text(g, "PUBLIC KEY", der, out);
}

struct err *jwk_private_pem(struct engine *g, struct text json, struct text *out)
{
    struct private_key k;
    struct err *e = make_key(g, json, true, &k);

    return e ? e : private_key_pkcs8_pem(g, &k, out);
}
