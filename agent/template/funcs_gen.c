/* sprig's generators of keys and certificates. What a call was given is checked before a key is
 * made for it, which is what takes time. */
#include "template/base64.h"
#include "template/cert_make.h"
#include "template/funcs.h"
#include "template/pem_block.h"

#define CERT_KEY_BITS 2048
#define PLAIN_KEY_BITS 4096

static struct err *give(struct engine *g, const struct cert *cert, struct datum *out)
{
    void *p;
    struct err *e = secret_arena_alloc(g->arena, sizeof(*cert), &p);

    if (e)
        return e;
    memcpy(p, cert, sizeof(*cert));
    *out = (struct datum){.kind = DATUM_CERT, .v.cert = p};
    return NULL;
}

static const struct list *list_of(const struct datum *d)
{
    return d->kind == DATUM_LIST ? d->v.list : NULL;
}

/* A request for a name, without its key. */
static struct cert_request request(const struct datum *name, int64_t days)
{
    return (struct cert_request){.common_name = datum_text(name), .days = days};
}

/* Key of pem, or a new one where there is none. */
static struct err *get_key(struct engine *g, const struct datum *pem, struct private_key *out)
{
    struct err *e;

    if (!pem) {
        e = private_key_new_rsa(g, CERT_KEY_BITS, out);
        return e ? err_wrap(e, "error generating rsa key") : NULL;
    }
    e = private_key_parse_pem(g, datum_text(pem), out);
    return e ? err_wrap(e, "parsing private key") : NULL;
}

static struct err *make(struct engine *g, struct cert_request r, const struct datum *pem,
                        struct datum *out)
{
    struct private_key key;
    struct cert cert;
    struct err *e = cert_make_check_names(&r);

    if (!e)
        e = get_key(g, pem, &key);
    if (e)
        return e;
    r.key = &key;
    if (!r.signer)
        r.signer_key = &key;
    e = cert_make(g, &r, &cert);
    return e ? e : give(g, &cert, out);
}

static struct err *gen_ca(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct cert_request r = request(&args[0], args[1].v.i);

    r.is_ca = true;
    return make(g, r, n > 2 ? &args[2] : NULL, out);
}

static struct err *gen_self_signed(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct cert_request r = request(&args[0], args[3].v.i);

    r.ips = list_of(&args[1]);
    r.dns = list_of(&args[2]);
    return make(g, r, n > 4 ? &args[4] : NULL, out);
}

struct signer {
    struct x509 cert;
    struct private_key key;
};

static struct err *read_signer(struct engine *g, const struct cert *ca, struct signer *out)
{
    struct pem_block block;
    struct text pem = ca->cert;
    struct err *e = pem_block_first(g, &pem, "unable to decode certificate", &block);

    if (e)
        return e;
    e = x509_parse(g, block.bytes, &out->cert);
    if (e)
        return err_wrap(e, "error parsing certificate: decodedSignerCert.Bytes");
    e = private_key_parse_pem(g, ca->key, &out->key);
    return e ? err_wrap(e, "error parsing private key") : NULL;
}

static struct err *gen_signed(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct cert_request r = request(&args[0], args[3].v.i);
    struct signer signer;
    struct err *e = read_signer(g, args[4].v.cert, &signer);

    if (e)
        return e;
    r.ips = list_of(&args[1]);
    r.dns = list_of(&args[2]);
    r.signer = &signer.cert;
    r.signer_key = &signer.key;
    return make(g, r, n > 5 ? &args[5] : NULL, out);
}

static struct err *decode(struct engine *g, const struct datum *d, const char *what,
                          struct text *out)
{
    bool is_valid;
    struct err *e = engine_charge_bytes(g, d->n);

    if (!e)
        e = base64_decode(g->arena, datum_text(d), 0, &is_valid, out);
    if (e)
        return e;
    return is_valid ? NULL : err_new(ERR_INVALID, "unable to decode base64 %s", what);
}

static struct err *build_custom(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct cert cert;
    struct pem_block block;
    struct x509 parsed;
    struct private_key key;
    struct err *e = decode(g, &args[0], "certificate", &cert.cert);

    (void)n;
    if (!e)
        e = decode(g, &args[1], "private key", &cert.key);
    struct text pem = e ? (struct text){0} : cert.cert;
    if (!e)
        e = pem_block_first(g, &pem, "unable to decode certificate", &block);
    if (e)
        return e;
    e = x509_parse(g, block.bytes, &parsed);
    if (e)
        return err_wrap(e, "error parsing certificate: decodedCert.Bytes");
    e = private_key_parse_pem(g, cert.key, &key);
    return e ? err_wrap(e, "error parsing private key") : give(g, &cert, out);
}

static struct err *new_key(struct engine *g, struct text type, bool *is_known,
                           struct private_key *out)
{
    *is_known = true;
    if (!type.n || text_is(type, "rsa"))
        return private_key_new_rsa(g, PLAIN_KEY_BITS, out);
    if (text_is(type, "dsa"))
        return private_key_new_dsa(g, out);
    if (text_is(type, "ecdsa"))
        return private_key_new_ec(g, out);
    if (text_is(type, "ed25519"))
        return private_key_new_ed25519(g, out);
    *is_known = false;
    return NULL;
}

static struct err *gen_private_key(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct private_key key;
    struct text pem;
    struct text_buf b;
    bool is_known;
    struct err *e = new_key(g, datum_text(&args[0]), &is_known, &key);

    (void)n;
    if (!e && is_known)
        e = private_key_pem(g, &key, &pem);
    if (!e && !is_known) {
        text_buf_init(&b, g->arena, TEXT_MAX);
        text_buf_puts(&b, "Unknown type ");
        text_buf_add(&b, datum_text(&args[0]));
        e = text_buf_end(&b, &pem);
    }
    if (!e)
        *out = datum_string(pem);
    return e;
}

#define NEW (FUNC_RANDOM | FUNC_CLOCK)
#define KEY "(genPrivateKey \"ed25519\")"
#define CA "(genCAWithKey \"ca\" 1 " KEY ")"

static const struct func rows[] = {
    {"buildCustomCert", "ss", "C", build_custom, 0,
     "certificate and key of two PEM texts in base64, checked",
     "{{ $c := genCAWithKey \"ca\" 1 " KEY " }}"
     "{{ (buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)).Key | eq $c.Key }}",
     "true"},
    {"genCA", "si", "C", gen_ca, NEW, "certificate authority of that name, valid so many days",
     "{{ (genCA \"ca\" 365).Cert | trunc 27 }}", "-----BEGIN CERTIFICATE-----"},
    {"genCAWithKey", "sis", "C", gen_ca, NEW, "the same for a private key in PEM",
     "{{ certSANs " CA ".Cert }}", "[]"},
    {"genPrivateKey", "s", "s", gen_private_key, FUNC_RANDOM,
     "private key in PEM: \"rsa\", \"ecdsa\", \"ed25519\" or \"dsa\"",
     "{{ genPrivateKey \"ed25519\" | trunc 27 }}", "-----BEGIN PRIVATE KEY-----"},
    {"genSelfSignedCert", "slli", "C", gen_self_signed, NEW,
     "certificate for a name, addresses and DNS names, valid so many days, signed by itself",
     "{{ (genSelfSignedCert \"a\" nil (list \"a.example\") 365).Cert | certSANs }}", "[a.example]"},
    {"genSelfSignedCertWithKey", "sllis", "C", gen_self_signed, NEW,
     "the same for a private key in PEM",
     "{{ (genSelfSignedCertWithKey \"a\" (list \"::1\") nil 1 " KEY ").Cert | certSANs }}",
     "[::1]"},
    {"genSignedCert", "slliC", "C", gen_signed, NEW,
     "certificate as genSelfSignedCert makes it, signed by an authority",
     "{{ (genSignedCert \"a\" nil (list \"a.example\") 1 " CA ").Cert | certSANs }}",
     "[a.example]"},
    {"genSignedCertWithKey", "slliCs", "C", gen_signed, NEW, "the same for a private key in PEM",
     "{{ (genSignedCertWithKey \"a\" nil nil 1 " CA " " KEY ").Cert | certSANs }}", "[]"},
};

const struct func_table funcs_gen = {"Keys and certificates", rows, ARRAY_SIZE(rows)};

static struct err *get_cert(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_string(args[0].v.cert->cert);
    return NULL;
}

static struct err *get_cert_key(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_string(args[0].v.cert->key);
    return NULL;
}

static const struct func fields[] = {
    {"Cert", "C", "s", get_cert, 0, "the certificate in PEM", "{{ " CA ".Cert | trunc 10 }}",
     "-----BEGIN"},
    {"Key", "C", "s", get_cert_key, 0, "its private key in PEM", "{{ " CA ".Key | trunc 10 }}",
     "-----BEGIN"},
};

const struct func_table methods_cert = {"Fields of a certificate", fields, ARRAY_SIZE(fields)};
