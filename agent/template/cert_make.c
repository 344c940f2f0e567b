/* The fields stand in the order in which Go writes them. Dates are written from a count of days, so
 * that no time zone comes in; a number of days that is out of Go's range wraps as it does there. */
#include "template/cert_make.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/digest.h"
#include "template/container.h"
#include "template/curve.h"
#include "template/der.h"
#include "template/ip_text.h"
#include "template/oid.h"
#include "template/pem_block.h"

#define SERIAL_BYTES 16
#define KEY_ID_BYTES 20
#define NS_PER_S 1000000000
#define S_PER_DAY 86400
#define NS_PER_DAY ((uint64_t)S_PER_DAY * NS_PER_S)
#define UTC_YEAR_MIN 1950
#define UTC_YEAR_MAX 2049
#define USAGE_LEAF "\x05\xa0" /* digitalSignature, keyEncipherment; 5 bits unused */
#define USAGE_CA "\x02\xa4"   /* the same, keyCertSign */

struct maker {
    struct engine *g;
    const struct cert_request *r;
    struct text_buf *b;
    struct text subject;     /* whole */
    struct text issuer;      /* whole */
    struct text public_bits; /* of the key */
};

static struct err *check_list(const struct list *l, const char *what)
{
    for (size_t i = 0; l && i < l->n; i++) {
        if (l->items[i].kind != DATUM_STRING)
            return err_new(ERR_INVALID, "error %s: %s is not a string", what,
                           datum_type_name(&l->items[i]));
    }
    return NULL;
}

struct err *cert_make_check_names(const struct cert_request *r)
{
    unsigned char address[IP_BYTES_MAX];
    size_t n;

    for (size_t i = 0; r->ips && i < r->ips->n; i++) {
        const struct datum *d = &r->ips->items[i];
        if (d->kind != DATUM_STRING)
            return err_new(ERR_INVALID, "error parsing ip: %s is not a string", datum_type_name(d));
        if (!ip_text_read(datum_text(d), address, &n))
            return err_new(ERR_INVALID, "error parsing ip: element %zu is no address", i);
    }
    return check_list(r->dns, "processing alternate dns name");
}

/* Civil date of days since 1970-01-01. */
static void civil_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468; /* days since 0000-03-01 */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100);
    unsigned m = (5 * of_year + 2) / 153; /* from March */

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int64_t)y + era * 400 + (*month <= 2);
}

static void put_time(struct text_buf *b, int64_t unix_s)
{
    char s[32];
    int64_t days = unix_s / S_PER_DAY - (unix_s % S_PER_DAY < 0);
    unsigned second = (unsigned)(unix_s - days * S_PER_DAY);
    int64_t year;
    unsigned month, day;

    civil_date(days, &year, &month, &day);
    bool is_utc = year >= UTC_YEAR_MIN && year <= UTC_YEAR_MAX;
    int n = snprintf(s, sizeof(s), "%0*d%02u%02u%02u%02u%02uZ", is_utc ? 2 : 4,
                     (int)(is_utc ? year % 100 : year), month, day, second / 3600, second / 60 % 60,
                     second % 60);
    der_add(b, is_utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
            (struct text){(const unsigned char *)s, (size_t)n});
}

static int64_t floor_s(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

static void put_validity(struct maker *m)
{
    int64_t now = engine_now_ns(m->g);
    int64_t lifetime = (int64_t)((uint64_t)m->r->days * NS_PER_DAY);
    int64_t now_s = floor_s(now), life_s = floor_s(lifetime);
    int64_t carry = (now - now_s * NS_PER_S) + (lifetime - life_s * NS_PER_S) >= NS_PER_S;
    size_t begun = der_begin(m->b, DER_SEQUENCE);

    put_time(m->b, now_s);
    put_time(m->b, now_s + life_s + carry);
    der_end(m->b, begun);
}

static struct err *make_subject(struct engine *g, struct text common_name, struct text *out)
{
    struct text_buf b;

    if (!codec_is_utf8((const char *)common_name.p, common_name.n))
        return err_new(ERR_INVALID, "asn1: string not valid UTF-8");
    text_buf_init(&b, g->arena, TEXT_MAX);
    size_t name = der_begin(&b, DER_SEQUENCE);
    if (common_name.n) {
        size_t set = der_begin(&b, DER_SET);
        size_t attribute = der_begin(&b, DER_SEQUENCE);
        der_add(&b, DER_OID, TEXT(OID_COMMON_NAME));
        der_add_string(&b, common_name);
        der_end(&b, attribute);
        der_end(&b, set);
    }
    der_end(&b, name);
    return text_buf_end(&b, out);
}

/* Algorithm that private_key_sign takes for the kind. */
static void put_signature_algorithm(struct text_buf *b, const struct private_key *k)
{
    size_t begun = der_begin(b, DER_SEQUENCE);

    if (k->kind == PRIVATE_KEY_RSA) {
        der_add(b, DER_OID, TEXT(OID_SHA256_RSA));
        der_add_null(b);
    } else if (k->kind == PRIVATE_KEY_ED25519) {
        der_add(b, DER_OID, TEXT(OID_ED25519));
    } else {
        const char *oid = k->curve->hash_bits == 256   ? OID_ECDSA_SHA256
                          : k->curve->hash_bits == 384 ? OID_ECDSA_SHA384
                                                       : OID_ECDSA_SHA512;
        der_add(b, DER_OID, text_of(oid));
    }
    der_end(b, begun);
}

/* Open an extension up to its value; close_extension closes it. */
struct open_extension {
    size_t whole, value;
};

static struct open_extension begin_extension(struct text_buf *b, const char *oid, bool is_critical)
{
    static const unsigned char yes[] = {0xff};
    struct open_extension x = {.whole = der_begin(b, DER_SEQUENCE)};

    der_add(b, DER_OID, text_of(oid));
    if (is_critical)
        der_add(b, DER_BOOLEAN, (struct text){yes, sizeof(yes)});
    x.value = der_begin(b, DER_OCTET_STRING);
    return x;
}

static void end_extension(struct text_buf *b, struct open_extension x)
{
    der_end(b, x.value);
    der_end(b, x.whole);
}

static void put_usage(struct maker *m)
{
    struct open_extension x = begin_extension(m->b, OID_KEY_USAGE, true);
    der_add(m->b, DER_BIT_STRING, m->r->is_ca ? TEXT(USAGE_CA) : TEXT(USAGE_LEAF));
    end_extension(m->b, x);

    x = begin_extension(m->b, OID_EXT_KEY_USAGE, false);
    size_t purposes = der_begin(m->b, DER_SEQUENCE);
    der_add(m->b, DER_OID, TEXT(OID_SERVER_AUTH));
    der_add(m->b, DER_OID, TEXT(OID_CLIENT_AUTH));
    der_end(m->b, purposes);
    end_extension(m->b, x);

    x = begin_extension(m->b, OID_BASIC_CONSTRAINTS, true);
    size_t constraints = der_begin(m->b, DER_SEQUENCE);
    if (m->r->is_ca)
        der_add(m->b, DER_BOOLEAN, TEXT("\xff"));
    der_end(m->b, constraints);
    end_extension(m->b, x);
}

static void put_key_ids(struct maker *m)
{
    if (m->r->is_ca) {
        unsigned char hash[DIGEST_SHA256_BYTES];
        digest_sha256(secret_view_of(m->public_bits.p, m->public_bits.n), hash);
        struct open_extension x = begin_extension(m->b, OID_SUBJECT_KEY_ID, false);
        der_add(m->b, DER_OCTET_STRING, (struct text){hash, KEY_ID_BYTES});
        end_extension(m->b, x);
    }
    const struct x509 *signer = m->r->signer;
    if (signer && signer->subject_key_id.n && !text_equal(m->issuer, m->subject)) {
        struct open_extension x = begin_extension(m->b, OID_AUTHORITY_KEY_ID, false);
        size_t id = der_begin(m->b, DER_SEQUENCE);
        der_add(m->b, DER_CONTEXT(0), signer->subject_key_id);
        der_end(m->b, id);
        end_extension(m->b, x);
    }
}

static struct err *put_dns(struct text_buf *b, const struct list *dns)
{
    for (size_t i = 0; dns && i < dns->n; i++) {
        struct text name = datum_text(&dns->items[i]);
        for (size_t j = 0; j < name.n; j++) {
            if (name.p[j] >= 0x80)
                return err_new(ERR_INVALID,
                               "error creating certificate: x509: element %zu cannot be encoded "
                               "as an IA5String",
                               i);
        }
        der_add(b, DER_CONTEXT(2), name);
    }
    return NULL;
}

static void put_ips(struct text_buf *b, const struct list *ips)
{
    unsigned char address[IP_BYTES_MAX];
    size_t n;

    for (size_t i = 0; ips && i < ips->n; i++) {
        if (ip_text_read(datum_text(&ips->items[i]), address, &n))
            der_add(b, DER_CONTEXT(7), (struct text){address, n});
    }
}

static struct err *put_names(struct maker *m)
{
    const struct cert_request *r = m->r;

    if ((!r->dns || !r->dns->n) && (!r->ips || !r->ips->n))
        return NULL;
    bool has_subject = r->common_name.n > 0;
    struct open_extension x = begin_extension(m->b, OID_SUBJECT_ALT_NAME, !has_subject);
    size_t names = der_begin(m->b, DER_SEQUENCE);
    struct err *e = put_dns(m->b, r->dns);
    if (e)
        return e;
    put_ips(m->b, r->ips);
    der_end(m->b, names);
    end_extension(m->b, x);
    return NULL;
}

static struct err *put_extensions(struct maker *m)
{
    size_t tagged = der_begin(m->b, DER_CONTEXT_CONSTRUCTED(3));
    size_t list = der_begin(m->b, DER_SEQUENCE);

    put_usage(m);
    put_key_ids(m);
    struct err *e = put_names(m);
    if (e)
        return e;
    der_end(m->b, list);
    der_end(m->b, tagged);
    return NULL;
}

static struct err *put_body(struct maker *m)
{
    unsigned char serial[SERIAL_BYTES];
    size_t begun = der_begin(m->b, DER_SEQUENCE);
    size_t version = der_begin(m->b, DER_CONTEXT_CONSTRUCTED(0));

    der_add_int(m->b, 2);
    der_end(m->b, version);
    engine_random(m->g, serial, sizeof(serial));
    der_add_magnitude(m->b, (struct text){serial, sizeof(serial)});
    put_signature_algorithm(m->b, m->r->signer_key);
    text_buf_add(m->b, m->issuer);
    put_validity(m);
    text_buf_add(m->b, m->subject);
    private_key_write_spki(m->b, m->r->key, m->public_bits);
    struct err *e = put_extensions(m);
    if (e)
        return e;
    der_end(m->b, begun);
    return NULL;
}

static struct err *cannot_sign(void)
{
    return err_new(ERR_INVALID,
                   "error creating certificate: x509: certificate private key does not implement "
                   "crypto.Signer");
}

static bool is_key_of(const struct private_key *k, const struct x509_key *public)
{
    switch (public->kind) {
    case X509_KEY_RSA:
        return k->kind == PRIVATE_KEY_RSA && k->e == public->exponent &&
               text_equal(k->n, public->modulus);
    case X509_KEY_EC:
        return k->kind == PRIVATE_KEY_EC && k->curve == public->curve &&
               text_equal(k->point, public->point);
    case X509_KEY_ED25519:
        return k->kind == PRIVATE_KEY_ED25519 && text_equal(k->point, public->point);
    case X509_KEY_DSA:
        return false;
    case X509_KEY_UNKNOWN:
        break;
    }
    return true;
}

static struct err *check_signer(const struct cert_request *r)
{
    const struct private_key *k = r->signer_key;

    if (k->kind == PRIVATE_KEY_DSA || k->kind == PRIVATE_KEY_X25519)
        return cannot_sign();
    if (r->signer && !is_key_of(k, &r->signer->key))
        return err_new(ERR_INVALID,
                       "error creating certificate: x509: provided PrivateKey doesn't match "
                       "parent's PublicKey");
    return NULL;
}

/* The certificate's DER from its signed part. */
static struct err *sign(struct engine *g, const struct cert_request *r, struct text body,
                        struct text *out)
{
    struct text_buf b;
    struct text signature = {0};
    struct err *e = private_key_sign(g, r->signer_key, body, &signature);

    if (e)
        return err_wrap(e, "error creating certificate");
    text_buf_init(&b, g->arena, TEXT_MAX);
    size_t begun = der_begin(&b, DER_SEQUENCE);
    text_buf_add(&b, body);
    put_signature_algorithm(&b, r->signer_key);
    der_add_bits(&b, signature);
    der_end(&b, begun);
    return text_buf_end(&b, out);
}

static struct err *make_body(struct engine *g, const struct cert_request *r, struct text *out)
{
    struct text_buf b;
    struct maker m = {.g = g, .r = r, .b = &b};
    struct err *e = private_key_public_bits(g, r->key, &m.public_bits);

    if (!e)
        e = make_subject(g, r->common_name, &m.subject);
    if (e)
        return err_wrap(e, "error creating certificate");
    m.issuer = r->signer ? r->signer->subject : m.subject;
    text_buf_init(&b, g->arena, TEXT_MAX);
    e = put_body(&m);
    CLEANUP(err) struct err *failed = text_buf_end(&b, out);
    return e ? e : TAKE(failed);
}

struct err *cert_make(struct engine *g, const struct cert_request *r, struct cert *out)
{
    struct text body = {0}, der = {0};
    struct err *e = check_signer(r);

    if (!e)
        e = make_body(g, r, &body);
    if (!e)
        e = sign(g, r, body, &der);
    if (!e)
        e = pem_block_text(g, "CERTIFICATE", der, &out->cert);
    return e ? e : private_key_pem(g, r->key, &out->key);
}
