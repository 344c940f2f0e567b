/* Each certificate points to the first other one whose subject key is its authority; identifiers
 * that are missing count as equal to missing ones, as in External Secrets. The one that nobody
 * points to is the leaf, and the chain is what one gets by going on from there. */
#include "template/cert_chain.h"

#include "template/pem_block.h"

#define NOBODY SIZE_MAX
#define CERTS_FIRST 4

struct link {
    size_t parent; /* or NOBODY */
    bool is_parent;
};

static struct err *grow(struct engine *g, struct cert_chain *chain)
{
    size_t wanted = chain->capacity ? 2 * chain->capacity : CERTS_FIRST;
    void *p;
    struct err *e = secret_arena_alloc(g->arena, wanted * sizeof(struct x509 *), &p);

    if (e)
        return e;
    if (chain->n)
        memcpy(p, chain->certs, chain->n * sizeof(struct x509 *));
    chain->certs = p;
    chain->capacity = wanted;
    return NULL;
}

struct err *cert_chain_add(struct engine *g, struct cert_chain *chain, const struct x509 *cert)
{
    if (chain->n == CERT_CHAIN_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %d certificates", CERT_CHAIN_MAX);
    struct err *e = chain->n == chain->capacity ? grow(g, chain) : NULL;
    if (!e)
        chain->certs[chain->n++] = cert;
    return e;
}

static struct err *add_parsed(struct engine *g, struct cert_chain *chain, struct text der)
{
    void *p = NULL;
    struct err *e = secret_arena_alloc(g->arena, sizeof(struct x509), &p);

    if (!e)
        e = x509_parse(g, der, p);
    return e ? e : cert_chain_add(g, chain, p);
}

struct err *cert_chain_read(struct engine *g, struct text pem, bool junk_is_fatal,
                            struct cert_chain *out)
{
    struct pem_block block;
    bool found = true;
    struct err *e = engine_charge_bytes(g, pem.n);

    *out = (struct cert_chain){0};
    while (!e && found && (pem.n || !junk_is_fatal)) {
        e = pem_block_next(g, &pem, &found, &block);
        if (!e && found)
            e = add_parsed(g, out, block.bytes);
    }
    if (!e && !found && junk_is_fatal)
        e = err_new(ERR_INVALID, "no PEM block where there should be one");
    return e;
}

static size_t find_parent(const struct cert_chain *in, size_t i)
{
    for (size_t j = 0; j < in->n; j++) {
        if (i != j && text_equal(in->certs[i]->authority_key_id, in->certs[j]->subject_key_id))
            return j;
    }
    return NOBODY;
}

static void connect(const struct cert_chain *in, struct link *links)
{
    for (size_t i = 0; i < in->n; i++) {
        links[i].parent = find_parent(in, i);
        if (links[i].parent != NOBODY)
            links[links[i].parent].is_parent = true;
    }
}

static struct err *find_leaf(const struct link *links, size_t n, size_t *leaf)
{
    *leaf = NOBODY;
    for (size_t i = 0; i < n; i++) {
        if (links[i].is_parent)
            continue;
        if (*leaf != NOBODY)
            return err_new(ERR_INVALID, "found multiple leaf or disjunct certificates");
        *leaf = i;
    }
    return *leaf == NOBODY ? err_new(ERR_INVALID, "no leaf certificate found") : NULL;
}

struct err *cert_chain_order(struct engine *g, const struct cert_chain *in, struct cert_chain *out)
{
    void *links = NULL, *certs = NULL;
    size_t at = NOBODY;
    struct err *e = engine_charge(g, in->n * in->n / 8 + 1);

    if (!e)
        e = secret_arena_alloc(g->arena, in->n * sizeof(struct link), &links);
    if (!e)
        e = secret_arena_alloc(g->arena, in->n * sizeof(struct x509 *), &certs);
    if (e)
        return e;
    connect(in, links);
    e = find_leaf(links, in->n, &at);
    if (e)
        return e;
    *out = (struct cert_chain){.certs = certs};
    for (; at != NOBODY; at = ((struct link *)links)[at].parent) {
        if (out->n == in->n)
            return err_new(ERR_INVALID, "constructing chain resulted in cycle");
        out->certs[out->n++] = in->certs[at];
    }
    return NULL;
}

bool cert_chain_is_root(const struct x509 *cert)
{
    return !cert->has_authority_key_id || text_equal(cert->authority_key_id, cert->subject_key_id);
}
