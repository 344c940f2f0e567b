/* Written as Go writes: PKCS#8 without attributes, an EC key always with its public half, the curve
 * named outside of it in PKCS#8 and inside in SEC 1. */
#include "template/private_key.h"

#include "template/curve.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/pem_block.h"

void private_key_write_pkcs1(struct text_buf *b, const struct private_key *k)
{
    const struct text *rest[] = {&k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    size_t begun = der_begin(b, DER_SEQUENCE);

    der_add_int(b, k->n_more ? 1 : 0);
    der_add_magnitude(b, k->n);
    der_add_int(b, k->e);
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
        der_add_magnitude(b, *rest[i]);
    if (k->n_more) {
        size_t list = der_begin(b, DER_SEQUENCE);
        for (size_t i = 0; i < k->n_more; i++) {
            size_t prime = der_begin(b, DER_SEQUENCE);
            der_add_magnitude(b, k->more[i].prime);
            der_add_magnitude(b, k->more[i].exponent);
            der_add_magnitude(b, k->more[i].coefficient);
            der_end(b, prime);
        }
        der_end(b, list);
    }
    der_end(b, begun);
}

void private_key_write_sec1(struct text_buf *b, const struct private_key *k, bool with_curve)
{
    size_t begun = der_begin(b, DER_SEQUENCE);

    der_add_int(b, 1);
    der_add(b, DER_OCTET_STRING, k->secret);
    if (with_curve) {
        size_t curve = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
        der_add(b, DER_OID, k->curve->oid);
        der_end(b, curve);
    }
    size_t point = der_begin(b, DER_CONTEXT_CONSTRUCTED(1));
    der_add_bits(b, k->point);
    der_end(b, point);
    der_end(b, begun);
}

/* AlgorithmIdentifier of the key. */
static void write_algorithm(struct text_buf *b, const struct private_key *k)
{
    static const char *const algorithms[] = {
        [PRIVATE_KEY_RSA] = OID_RSA,         [PRIVATE_KEY_EC] = OID_EC,
        [PRIVATE_KEY_ED25519] = OID_ED25519, [PRIVATE_KEY_X25519] = OID_X25519,
        [PRIVATE_KEY_DSA] = OID_DSA,
    };
    size_t begun = der_begin(b, DER_SEQUENCE);

    der_add(b, DER_OID, text_of(algorithms[k->kind]));
    if (k->kind == PRIVATE_KEY_RSA)
        der_add_null(b);
    if (k->kind == PRIVATE_KEY_EC)
        der_add(b, DER_OID, k->curve->oid);
    der_end(b, begun);
}

struct err *private_key_write_pkcs8(struct text_buf *b, const struct private_key *k)
{
    if (k->kind == PRIVATE_KEY_DSA)
        return err_new(ERR_INVALID,
                       "x509: unknown key type while marshaling PKCS#8: *dsa.PrivateKey");
    size_t begun = der_begin(b, DER_SEQUENCE);
    der_add_int(b, 0);
    write_algorithm(b, k);
    size_t octets = der_begin(b, DER_OCTET_STRING);
    if (k->kind == PRIVATE_KEY_RSA)
        private_key_write_pkcs1(b, k);
    else if (k->kind == PRIVATE_KEY_EC)
        private_key_write_sec1(b, k, false);
    else
        der_add(b, DER_OCTET_STRING, k->secret);
    der_end(b, octets);
    der_end(b, begun);
    return NULL;
}

struct err *private_key_pkcs8_pem(struct engine *g, const struct private_key *k, struct text *out)
{
    struct text der;
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = private_key_write_pkcs8(&b, k);
    CLEANUP(err) struct err *failed = text_buf_end(&b, &der);
    if (e || failed)
        return e ? e : TAKE(failed);
    return pem_block_text(g, "PRIVATE KEY", der, out);
}

static void write_dsa(struct text_buf *b, const struct private_key *k)
{
    size_t begun = der_begin(b, DER_SEQUENCE);

    der_add_int(b, 0);
    der_add_magnitude(b, k->dsa_p);
    der_add_magnitude(b, k->dsa_q);
    der_add_magnitude(b, k->dsa_g);
    der_add_magnitude(b, k->dsa_y);
    der_add_magnitude(b, k->d);
    der_end(b, begun);
}

struct err *private_key_pem(struct engine *g, const struct private_key *k, struct text *out)
{
    const char *type = NULL;
    struct text der;
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    switch (k->kind) {
    case PRIVATE_KEY_RSA:
        type = "RSA PRIVATE KEY";
        private_key_write_pkcs1(&b, k);
        break;
    case PRIVATE_KEY_EC:
        type = "EC PRIVATE KEY";
        private_key_write_sec1(&b, k, true);
        break;
    case PRIVATE_KEY_DSA:
        type = "DSA PRIVATE KEY";
        write_dsa(&b, k);
        break;
    case PRIVATE_KEY_ED25519:
    case PRIVATE_KEY_X25519:
        return private_key_pkcs8_pem(g, k, out);
    }
    struct err *e = text_buf_end(&b, &der);
    return e ? e : pem_block_text(g, type, der, out);
}

struct err *private_key_public_bits(struct engine *g, const struct private_key *k, struct text *out)
{
    struct text_buf b;

    switch (k->kind) {
    case PRIVATE_KEY_EC:
    case PRIVATE_KEY_ED25519:
        *out = k->point;
        return NULL;
    case PRIVATE_KEY_RSA:
        text_buf_init(&b, g->arena, TEXT_MAX);
        size_t begun = der_begin(&b, DER_SEQUENCE);
        der_add_magnitude(&b, k->n);
        der_add_int(&b, k->e);
        der_end(&b, begun);
        return text_buf_end(&b, out);
    case PRIVATE_KEY_X25519:
        return err_new(ERR_INVALID, "x509: unsupported public key type: *ecdh.PublicKey");
    case PRIVATE_KEY_DSA:
        break;
    }
    return err_new(ERR_INVALID, "x509: unsupported public key type: *dsa.PublicKey");
}

void private_key_write_spki(struct text_buf *b, const struct private_key *k, struct text bits)
{
    size_t begun = der_begin(b, DER_SEQUENCE);

    write_algorithm(b, k);
    der_add_bits(b, bits);
    der_end(b, begun);
}
