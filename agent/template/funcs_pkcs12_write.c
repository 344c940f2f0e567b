/* The same file that go-pkcs12 writes from the same random bytes, which are drawn in the same
 * order: the key is sealed first, then the certificates, and last comes the salt of the MAC. What
 * is to be encrypted or authenticated is finished before what holds it is begun, so that each
 * buffer grows in place. */
#include "template/pkcs12.h"

#include <openssl/evp.h>

#include "template/der.h"
#include "template/oid.h"
#include "template/pbe.h"

#define PFX_VERSION 3
#define SHA1_BYTES 20
#define MARGIN ((size_t)256) /* what a bag or a file adds to what is in it, with its attributes */

struct writer {
    struct engine *g;
    struct pbe_password password;
};

/* A buffer for about n bytes. */
static void begin(const struct writer *w, struct text_buf *b, size_t n)
{
    text_buf_init(b, w->g->arena, TEXT_MAX);
    text_buf_reserve(b, n);
}

/* Bytes of the certificates, each with what a bag adds to it. */
static size_t size_of(const struct cert_chain *certs)
{
    size_t n = MARGIN;

    for (size_t i = 0; i < certs->n; i++)
        n += certs->certs[i]->raw.n + MARGIN;
    return n;
}

/* The end of a buffer, where something may have gone wrong already. */
static struct err *end(struct err *e, struct text_buf *b, struct text *out)
{
    CLEANUP(err) struct err *failed = text_buf_end(b, out);

    return e ? e : TAKE(failed);
}

/* One attribute: SEQUENCE { oid, SET { value } }. */
static void put_attribute(struct text_buf *b, struct text oid, unsigned tag, struct text value)
{
    size_t attribute = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, oid);
    size_t set = der_begin(b, DER_SET);
    der_add(b, tag, value);
    der_end(b, set);
    der_end(b, attribute);
}

static struct err *make_key_id(struct engine *g, const struct x509 *cert, struct text *out)
{
    unsigned char hash[SHA1_BYTES];
    struct text_buf b;

    if (EVP_Digest(cert->raw.p, cert->raw.n, hash, NULL, EVP_sha1(), NULL) != 1)
        return err_new(ERR_INTERNAL, "hash a certificate");
    text_buf_init(&b, g->arena, TEXT_MAX);
    put_attribute(&b, TEXT(OID_LOCAL_KEY_ID), DER_OCTET_STRING, (struct text){hash, sizeof(hash)});
    return text_buf_end(&b, out);
}

/* A certificate's bag, with its attributes, whole. */
static void put_cert_bag(struct text_buf *b, const struct x509 *cert, struct text attributes)
{
    size_t bag = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_CERT_BAG));
    size_t value = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
    size_t typed = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_X509_CERTIFICATE));
    size_t tagged = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
    der_add(b, DER_OCTET_STRING, cert->raw);
    der_end(b, tagged);
    der_end(b, typed);
    der_end(b, value);
    der_add(b, DER_SET, attributes);
    der_end(b, bag);
}

static void put_key_bag(struct text_buf *b, const struct pbe_sealed *key, struct text attributes)
{
    size_t bag = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_SHROUDED_KEY_BAG));
    size_t value = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
    size_t info = der_begin(b, DER_SEQUENCE);
    pbe_put_algorithm(b, key);
    der_add(b, DER_OCTET_STRING, key->body);
    der_end(b, info);
    der_end(b, value);
    der_add(b, DER_SET, attributes);
    der_end(b, bag);
}

/* ContentInfo of bags that are encrypted. */
static void put_sealed_bags(struct text_buf *b, const struct pbe_sealed *bags)
{
    size_t content = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_ENCRYPTED_DATA));
    size_t tagged = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
    size_t data = der_begin(b, DER_SEQUENCE);
    der_add_int(b, 0);
    size_t info = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_DATA));
    pbe_put_algorithm(b, bags);
    der_add(b, DER_CONTEXT(0), bags->body);
    der_end(b, info);
    der_end(b, data);
    der_end(b, tagged);
    der_end(b, content);
}

/* ContentInfo of an octet string, opened up to its content; close with end_data. */
struct open_data {
    size_t content, tagged, octets;
};

static struct open_data begin_data(struct text_buf *b)
{
    struct open_data d = {.content = der_begin(b, DER_SEQUENCE)};

    der_add(b, DER_OID, TEXT(OID_DATA));
    d.tagged = der_begin(b, DER_CONTEXT_CONSTRUCTED(0));
    d.octets = der_begin(b, DER_OCTET_STRING);
    return d;
}

static void end_data(struct text_buf *b, struct open_data d)
{
    der_end(b, d.octets);
    der_end(b, d.tagged);
    der_end(b, d.content);
}

static void put_mac(struct text_buf *b, struct text salt, struct text mac)
{
    size_t data = der_begin(b, DER_SEQUENCE);
    size_t digest = der_begin(b, DER_SEQUENCE);
    size_t algorithm = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_SHA256));
    der_end(b, algorithm);
    der_add(b, DER_OCTET_STRING, mac);
    der_end(b, digest);
    der_add(b, DER_OCTET_STRING, salt);
    der_add_int(b, PBE_ITERATIONS);
    der_end(b, data);
}

/* The file around its authenticated safe. */
static struct err *finish(struct writer *w, struct text safe, struct text *out)
{
    unsigned char salt[PBE_SALT_BYTES], mac[PBE_MAC_BYTES];
    struct text_buf b;

    engine_random(w->g, salt, sizeof(salt));
    struct err *e = pbe_mac_make(w->g, (struct text){salt, sizeof(salt)}, &w->password, safe, mac);
    if (e)
        return e;
    begin(w, &b, safe.n + MARGIN);
    size_t file = der_begin(&b, DER_SEQUENCE);
    der_add_int(&b, PFX_VERSION);
    struct open_data d = begin_data(&b);
    text_buf_add(&b, safe);
    end_data(&b, d);
    put_mac(&b, (struct text){salt, sizeof(salt)}, (struct text){mac, sizeof(mac)});
    der_end(&b, file);
    return text_buf_end(&b, out);
}

static struct err *seal_key(struct writer *w, const struct private_key *key, struct pbe_sealed *out)
{
    struct text_buf b;
    struct text plain = {0};

    text_buf_init(&b, w->g->arena, TEXT_MAX);
    struct err *e = end(private_key_write_pkcs8(&b, key), &b, &plain);
    return e ? e : pbe_encrypt(w->g, &w->password, plain, out);
}

/* All certificate bags, the first with the key's identifier. */
static struct err *seal_certs(struct writer *w, const struct cert_chain *certs, struct text key_id,
                              struct pbe_sealed *out)
{
    struct text_buf b;
    struct text plain = {0};

    begin(w, &b, size_of(certs));
    size_t bags = der_begin(&b, DER_SEQUENCE);
    for (size_t i = 0; i < certs->n; i++)
        put_cert_bag(&b, certs->certs[i], i ? (struct text){0} : key_id);
    der_end(&b, bags);
    struct err *e = text_buf_end(&b, &plain);
    return e ? e : pbe_encrypt(w->g, &w->password, plain, out);
}

struct err *pkcs12_write(struct engine *g, const struct pkcs12 *contents, struct text password,
                         struct text *out)
{
    struct writer w = {.g = g};
    struct pbe_sealed key, certs;
    struct text key_id = {0}, safe;
    struct text_buf b;
    struct err *e = pbe_password_make(g, password, &w.password);

    if (!e)
        e = make_key_id(g, contents->certs.certs[0], &key_id);
    if (!e)
        e = seal_key(&w, &contents->key, &key);
    if (!e)
        e = seal_certs(&w, &contents->certs, key_id, &certs);
    if (e)
        return e;
    begin(&w, &b, certs.body.n + key.body.n + 3 * MARGIN);
    size_t parts = der_begin(&b, DER_SEQUENCE);
    put_sealed_bags(&b, &certs);
    struct open_data d = begin_data(&b);
    size_t bags = der_begin(&b, DER_SEQUENCE);
    put_key_bag(&b, &key, key_id);
    der_end(&b, bags);
    end_data(&b, d);
    der_end(&b, parts);
    e = text_buf_end(&b, &safe);
    return e ? e : finish(&w, safe, out);
}

static struct err *make_attribute(struct engine *g, struct text oid, unsigned tag,
                                  struct text value, struct text *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    put_attribute(&b, oid, tag, value);
    return text_buf_end(&b, out);
}

/* The attributes of a trusted certificate in the order of their bytes: a set is sorted. */
static struct err *make_trust_attributes(struct engine *g, const struct x509 *cert,
                                         struct text *out)
{
    struct text_buf b;
    struct text subject, name, trusted, named;

    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = end(x509_print_subject(g, cert, &b), &b, &subject);
    if (!e)
        e = pbe_utf16(g, subject, &name);
    if (!e)
        e = make_attribute(g, TEXT(OID_FRIENDLY_NAME), DER_BMP_STRING, name, &named);
    if (!e)
        e = make_attribute(g, TEXT(OID_JAVA_TRUST_STORE), DER_OID, TEXT(OID_ANY_KEY_USAGE),
                           &trusted);
    if (e)
        return e;
    bool named_first = text_compare(named, trusted) < 0;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_add(&b, named_first ? named : trusted);
    text_buf_add(&b, named_first ? trusted : named);
    return text_buf_end(&b, out);
}

static struct err *seal_trusted(struct writer *w, const struct cert_chain *certs,
                                struct pbe_sealed *out)
{
    struct text_buf b;
    struct text plain, attributes;
    struct err *e = NULL;

    begin(w, &b, size_of(certs));
    size_t bags = der_begin(&b, DER_SEQUENCE);
    for (size_t i = 0; !e && i < certs->n; i++) {
        e = make_trust_attributes(w->g, certs->certs[i], &attributes);
        if (!e)
            put_cert_bag(&b, certs->certs[i], attributes);
    }
    der_end(&b, bags);
    e = end(e, &b, &plain);
    return e ? e : pbe_encrypt(w->g, &w->password, plain, out);
}

struct err *pkcs12_write_trust_store(struct engine *g, const struct cert_chain *certs,
                                     struct text password, struct text *out)
{
    struct writer w = {.g = g};
    struct pbe_sealed sealed;
    struct text safe;
    struct text_buf b;
    struct err *e = pbe_password_make(g, password, &w.password);

    if (!e)
        e = seal_trusted(&w, certs, &sealed);
    if (e)
        return e;
    begin(&w, &b, sealed.body.n + MARGIN);
    size_t parts = der_begin(&b, DER_SEQUENCE);
    put_sealed_bags(&b, &sealed);
    der_end(&b, parts);
    e = text_buf_end(&b, &safe);
    return e ? e : finish(&w, safe, out);
}
