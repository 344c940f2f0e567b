/* A file is two envelopes around bags: authenticated as a whole, each part perhaps encrypted. The
 * fields are read by the rules of encoding/asn1; where go-pkcs12 refuses trailing bytes it is done
 * here too. Bags of other kinds are stepped over. */
#include "template/pkcs12.h"

#include "template/asn1.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/pbe.h"

#define PFX_VERSION 3
#define PARTS_MAX 2
#define BAGS_MAX 2000

struct reader {
    struct engine *g;
    struct pbe_password password;
    struct pkcs12 *out;
    size_t bags;
    bool has_key;
};

static struct err *malformed(const char *what)
{
    return err_new(ERR_INVALID, "pkcs12: error reading P12 data: malformed %s", what);
}

struct content {
    struct text type;
    struct text body; /* of the explicit tag; empty where there is none */
};

static bool take_content(struct text *in, struct content *out)
{
    struct text body;
    bool is_there;

    out->body = (struct text){0};
    return asn1_take_sequence(in, &body) && asn1_take_oid(&body, &out->type) &&
           asn1_take_explicit_any(&body, 0, &is_there, &out->body);
}

static bool read_mac(struct text body, struct pbe_mac *out)
{
    struct text digest, number;
    bool has_iterations;

    out->iterations = 1;
    return asn1_take_sequence(&body, &digest) && asn1_take_algorithm(&digest, &out->algorithm) &&
           asn1_take_octets(&digest, &out->digest) && asn1_take_octets(&body, &out->salt) &&
           asn1_take_optional_integer(&body, &has_iterations, &number) &&
           (!has_iterations || der_integer_value(number, &out->iterations));
}

struct pfx {
    struct content content;
    struct pbe_mac mac;
    bool has_mac;
};

static struct err *read_pfx(struct text file, struct pfx *out)
{
    struct text body, mac = {0};
    int64_t version;

    if (!asn1_take_sequence(&file, &body) || file.n || !asn1_take_int64(&body, &version) ||
        !take_content(&body, &out->content) ||
        !asn1_take_optional_sequence(&body, &out->has_mac, &mac) ||
        (out->has_mac && !read_mac(mac, &out->mac)))
        return malformed("file");
    if (version != PFX_VERSION)
        return err_new(ERR_INVALID, "pkcs12: can only decode v3 PFX PDU's");
    if (!text_is(out->content.type, OID_DATA))
        return err_new(ERR_INVALID, "pkcs12: only password-protected PFX is implemented");
    return NULL;
}

/* Is the file authentic under the password? An empty password is tried a second time as none. */
static struct err *verify(struct reader *r, const struct pfx *pfx, struct text message)
{
    bool is_empty = !r->password.utf8.n && r->password.utf16.n == 2;
    bool is_right = false;

    if (!pfx->has_mac)
        return is_empty ? NULL : err_new(ERR_INVALID, "pkcs12: no MAC in data");
    struct err *e = pbe_mac_verify(r->g, &pfx->mac, &r->password, message, &is_right);
    if (!e && !is_right && is_empty) {
        r->password.utf16 = (struct text){0};
        e = pbe_mac_verify(r->g, &pfx->mac, &r->password, message, &is_right);
    }
    if (e)
        return e;
    return is_right ? NULL : err_new(ERR_INVALID, "pkcs12: decryption password incorrect");
}

static struct err *add_cert(struct reader *r, struct text value)
{
    struct text body, type, der;
    void *p;

    if (!asn1_take_sequence(&value, &body) || value.n || !asn1_take_oid(&body, &type) ||
        !asn1_take_explicit_octets(&body, 0, &der))
        return malformed("cert bag");
    if (!text_is(type, OID_X509_CERTIFICATE))
        return err_new(ERR_INVALID, "pkcs12: only X509 certificates are supported in cert bags");
    if (!der.n)
        return err_new(ERR_INVALID, "pkcs12: expected exactly one certificate in the certBag");
    struct err *e = secret_arena_alloc(r->g->arena, sizeof(struct x509), &p);
    if (!e)
        e = x509_parse(r->g, der, p);
    return e ? e : cert_chain_add(r->g, &r->out->certs, p);
}

static struct err *open_key(struct reader *r, struct text value, struct text *out)
{
    struct text body, sealed, rest;
    struct asn1_algorithm algorithm;
    struct asn1_raw whole;

    if (!asn1_take_sequence(&value, &body) || value.n || !asn1_take_algorithm(&body, &algorithm) ||
        !asn1_take_octets(&body, &sealed))
        return malformed("PKCS#8 shrouded key bag");
    struct err *e = pbe_decrypt(r->g, &algorithm, &r->password, sealed, out);
    if (e)
        return err_wrap(e, "pkcs12: error decrypting PKCS#8 shrouded key bag");
    rest = *out;
    return asn1_take_any(&rest, &whole) && !rest.n ? NULL : malformed("decrypted private key");
}

static struct err *add_key(struct reader *r, bool is_shrouded, struct text value)
{
    struct err *e = NULL;

    if (r->has_key)
        return err_new(ERR_INVALID, "pkcs12: expected exactly one key bag");
    r->has_key = true;
    if (is_shrouded)
        e = open_key(r, value, &value);
    if (!e)
        e = private_key_parse_pkcs8(r->g, value, &r->out->key);
    return e ? err_wrap(e, "pkcs12: error parsing PKCS#8 private key") : NULL;
}

static bool attributes_are_valid(struct text set)
{
    struct text body, id;
    struct asn1_raw value;

    while (set.n) {
        if (!asn1_take_sequence(&set, &body) || !asn1_take_oid(&body, &id) ||
            !asn1_take_any(&body, &value))
            return false;
    }
    return true;
}

struct bag {
    struct text id, value;
};

static bool take_bag(struct text *list, struct bag *out)
{
    struct text body, attributes = {0};
    bool is_there;

    return asn1_take_sequence(list, &body) && asn1_take_oid(&body, &out->id) &&
           asn1_take_explicit_any(&body, 0, &is_there, &out->value) && is_there &&
           asn1_take_optional_set(&body, &is_there, &attributes) &&
           attributes_are_valid(attributes);
}

static struct err *add_bag(struct reader *r, const struct bag *bag)
{
    struct err *e = engine_charge_bytes(r->g, bag->value.n + 1);

    if (e)
        return e;
    if (++r->bags > BAGS_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %d bags", BAGS_MAX);
    if (text_is(bag->id, OID_CERT_BAG))
        return add_cert(r, bag->value);
    if (text_is(bag->id, OID_KEY_BAG))
        return add_key(r, false, bag->value);
    return text_is(bag->id, OID_SHROUDED_KEY_BAG) ? add_key(r, true, bag->value) : NULL;
}

static struct err *read_bags(struct reader *r, struct text whole)
{
    struct text list;
    struct bag bag;
    struct err *e = NULL;

    if (!asn1_take_sequence(&whole, &list) || whole.n)
        return malformed("bags");
    while (!e && list.n)
        e = take_bag(&list, &bag) ? add_bag(r, &bag) : malformed("bag");
    return e;
}

static struct err *open_part(struct reader *r, struct text whole, struct text *out)
{
    struct text body, info, type, sealed = {0};
    struct asn1_algorithm algorithm;
    int64_t version;

    if (!asn1_take_sequence(&whole, &body) || whole.n || !asn1_take_int64(&body, &version) ||
        !asn1_take_sequence(&body, &info) || !asn1_take_oid(&info, &type) ||
        !asn1_take_algorithm(&info, &algorithm) ||
        !asn1_take_optional_context_octets(&info, 0, &sealed))
        return malformed("encrypted data");
    if (version != 0)
        return err_new(ERR_INVALID, "pkcs12: only version 0 of EncryptedData is supported");
    return pbe_decrypt(r->g, &algorithm, &r->password, sealed, out);
}

static struct err *read_part(struct reader *r, const struct content *content)
{
    struct text body = content->body, bags;
    struct err *e = NULL;

    if (text_is(content->type, OID_DATA)) {
        if (!asn1_take_octets(&body, &bags) || body.n)
            e = malformed("data");
    } else if (text_is(content->type, OID_ENCRYPTED_DATA)) {
        e = open_part(r, body, &bags);
    } else {
        e = err_new(ERR_INVALID, "pkcs12: only data and encryptedData content types are "
                                 "supported in authenticated safe");
    }
    return e ? e : read_bags(r, bags);
}

static struct err *read_parts(struct reader *r, struct text whole)
{
    struct content parts[PARTS_MAX];
    struct text list;
    size_t n = 0;

    if (!asn1_take_sequence(&whole, &list) || whole.n)
        return malformed("authenticated safe");
    for (; list.n && n < PARTS_MAX; n++) {
        if (!take_content(&list, &parts[n]))
            return malformed("authenticated safe");
    }
    if (list.n || !n)
        return err_new(ERR_INVALID,
                       "pkcs12: expected between 1 and %d items in the authenticated "
                       "safe",
                       PARTS_MAX);
    struct err *e = read_part(r, &parts[0]);
    return e || n == 1 ? e : read_part(r, &parts[1]);
}

struct err *pkcs12_read(struct engine *g, struct text file, struct text password,
                        struct pkcs12 *out)
{
    struct reader r = {.g = g, .out = out};
    struct asn1_raw safe;
    struct pfx pfx;
    struct err *e = engine_charge_bytes(g, file.n);

    *out = (struct pkcs12){0};
    if (!e)
        e = pbe_password_make(g, password, &r.password);
    if (!e)
        e = read_pfx(file, &pfx);
    if (e)
        return e;
    if (!asn1_take_any(&pfx.content.body, &safe) || pfx.content.body.n)
        return malformed("authenticated safe");
    e = verify(&r, &pfx, safe.body);
    if (!e)
        e = read_parts(&r, safe.body);
    if (e)
        return e;
    if (!out->certs.n)
        return err_new(ERR_INVALID, "pkcs12: certificate missing");
    return r.has_key ? NULL : err_new(ERR_INVALID, "pkcs12: private key missing");
}
