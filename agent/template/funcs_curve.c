/* OpenSSL's curves under Go's rules: a point must be uncompressed and on the curve, a secret within
 * the order. */
#include "template/curve.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#define UNCOMPRESSED 4

static const struct curve curves[] = {
    {"P-224", {(const unsigned char *)"\x2b\x81\x04\x00\x21", 5}, 224, 28, NID_secp224r1, 256},
    {"P-256",
     {(const unsigned char *)"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8},
     256,
     32,
     NID_X9_62_prime256v1,
     256},
    {"P-384", {(const unsigned char *)"\x2b\x81\x04\x00\x22", 5}, 384, 48, NID_secp384r1, 384},
    {"P-521", {(const unsigned char *)"\x2b\x81\x04\x00\x23", 5}, 521, 66, NID_secp521r1, 512},
};

/* y^2 = x^3 - 3x + b modulo p, for each of the curves; big-endian. */
static const struct equation {
    unsigned char p[CURVE_BYTES_MAX], b[CURVE_BYTES_MAX];
} equations[] = {
    /* P-224 */
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01},
     {0xb4, 0x05, 0x0a, 0x85, 0x0c, 0x04, 0xb3, 0xab, 0xf5, 0x41, 0x32, 0x56, 0x50, 0x44,
      0xb0, 0xb7, 0xd7, 0xbf, 0xd8, 0xba, 0x27, 0x0b, 0x39, 0x43, 0x23, 0x55, 0xff, 0xb4}},
    /* P-256 */
    {{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
     {0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd,
      0x55, 0x76, 0x98, 0x86, 0xbc, 0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53,
      0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2, 0x60, 0x4b}},
    /* P-384 */
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff},
     {0xb3, 0x31, 0x2f, 0xa7, 0xe2, 0x3e, 0xe7, 0xe4, 0x98, 0x8e, 0x05, 0x6b,
      0xe3, 0xf8, 0x2d, 0x19, 0x18, 0x1d, 0x9c, 0x6e, 0xfe, 0x81, 0x41, 0x12,
      0x03, 0x14, 0x08, 0x8f, 0x50, 0x13, 0x87, 0x5a, 0xc6, 0x56, 0x39, 0x8d,
      0x8a, 0x2e, 0xd1, 0x9d, 0x2a, 0x85, 0xc8, 0xed, 0xd3, 0xec, 0x2a, 0xef}},
    /* P-521 */
    {{0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
     {0x00, 0x51, 0x95, 0x3e, 0xb9, 0x61, 0x8e, 0x1c, 0x9a, 0x1f, 0x92, 0x9a, 0x21, 0xa0,
      0xb6, 0x85, 0x40, 0xee, 0xa2, 0xda, 0x72, 0x5b, 0x99, 0xb3, 0x15, 0xf3, 0xb8, 0xb4,
      0x89, 0x91, 0x8e, 0xf1, 0x09, 0xe1, 0x56, 0x19, 0x39, 0x51, 0xec, 0x7e, 0x93, 0x7b,
      0x16, 0x52, 0xc0, 0xbd, 0x3b, 0xb1, 0xbf, 0x07, 0x35, 0x73, 0xdf, 0x88, 0x3d, 0x2c,
      0x34, 0xf1, 0xef, 0x45, 0x1f, 0xd4, 0x6b, 0x50, 0x3f, 0x00}},
};

static void group_cleanup(EC_GROUP **group)
{
    EC_GROUP_free(*group);
}

static void point_cleanup(EC_POINT **point)
{
    EC_POINT_clear_free(*point);
}

static void number_cleanup(BIGNUM **number)
{
    BN_clear_free(*number);
}

static void number_ctx_cleanup(BN_CTX **ctx)
{
    BN_CTX_end(*ctx);
    BN_CTX_free(*ctx);
}

static void pkey_cleanup(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

const struct curve *curve_of_oid(struct text oid)
{
    for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
        if (text_equal(curves[i].oid, oid))
            return &curves[i];
    }
    return NULL;
}

const struct curve *curve_of_name(struct text name)
{
    for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
        if (text_is(name, curves[i].name))
            return &curves[i];
    }
    return NULL;
}

/* Is y^2 = x^3 - 3x + b? OpenSSL's own check needs a group, which takes longer to make than this.
 */
static bool is_on_curve(const struct curve *c, const unsigned char *x, const unsigned char *y)
{
    const struct equation *q = &equations[c - curves];
    int n = (int)c->bytes;
    CLEANUP(number_ctx) BN_CTX *ctx = BN_CTX_new();

    if (!ctx)
        return false;
    BN_CTX_start(ctx);
    BIGNUM *p = BN_CTX_get(ctx), *b = BN_CTX_get(ctx), *bx = BN_CTX_get(ctx), *by = BN_CTX_get(ctx),
           *t = BN_CTX_get(ctx), *three = BN_CTX_get(ctx);
    if (!three || !BN_bin2bn(q->p, n, p) || !BN_bin2bn(q->b, n, b) || !BN_bin2bn(x, n, bx) ||
        !BN_bin2bn(y, n, by) || BN_cmp(bx, p) >= 0 || BN_cmp(by, p) >= 0)
        return false;
    return BN_set_word(three, 3) && BN_mod_sqr(t, bx, p, ctx) && BN_mod_sub(t, t, three, p, ctx) &&
           BN_mod_mul(t, t, bx, p, ctx) && BN_mod_add(t, t, b, p, ctx) &&
           BN_mod_sqr(by, by, p, ctx) && BN_cmp(t, by) == 0;
}

bool curve_has_point(const struct curve *c, struct text point)
{
    return point.n == 1 + 2 * c->bytes && point.p[0] == UNCOMPRESSED &&
           is_on_curve(c, point.p + 1, point.p + 1 + c->bytes);
}

bool curve_has_secret(const struct curve *c, struct text secret)
{
    CLEANUP(group) EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
    CLEANUP(number) BIGNUM *d = BN_bin2bn(secret.p, (int)secret.n, NULL);

    return group && d && !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(group)) < 0;
}

struct err *curve_point_of(struct secret_arena *a, const struct curve *c, struct text secret,
                           struct text *out)
{
    size_t n = 1 + 2 * c->bytes;
    void *p;
    struct err *e = secret_arena_alloc(a, n, &p);

    if (e)
        return e;
    CLEANUP(group) EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
    CLEANUP(number) BIGNUM *d = BN_bin2bn(secret.p, (int)secret.n, NULL);
    CLEANUP(point) EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    if (!d || !point || EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, p, n, NULL) != n)
        return err_new(ERR_INTERNAL, "compute the point of a key on %s", c->name);
    *out = (struct text){p, n};
    return NULL;
}

static struct err *public_of(struct secret_arena *a, int type, struct text secret, struct text *out)
{
    size_t n = CURVE_25519_BYTES;
    void *p;
    struct err *e = secret_arena_alloc(a, n, &p);

    if (e)
        return e;
    CLEANUP(pkey)
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, secret.p, secret.n);
    if (!key || EVP_PKEY_get_raw_public_key(key, p, &n) != 1)
        return err_new(ERR_INTERNAL, "compute the public half of a key");
    *out = (struct text){p, n};
    return NULL;
}

struct err *curve_ed25519_public(struct secret_arena *a, struct text secret, struct text *out)
{
    return public_of(a, EVP_PKEY_ED25519, secret, out);
}

struct err *curve_x25519_public(struct secret_arena *a, struct text secret, struct text *out)
{
    return public_of(a, EVP_PKEY_X25519, secret, out);
}
