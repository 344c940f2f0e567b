/* Blocks, chains, names and JSON keys of any text: what is kept is kept again, unchanged. */
#include <stdint.h>
#include <stdlib.h>

#include "template/func.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool call(struct engine *g, const char *name, const struct datum *args, struct datum *out)
{
    const struct func *f = func_find(text_of(name));
    CLEANUP(err) struct err *e = f->fn(g, args, strlen(f->params), out);

    must(!e || err_class(e) == ERR_INVALID);
    return !e;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct datum args[] = {datum_string(TEXT("leaf")), datum_string((struct text){bytes, n})};
    struct datum kept[] = {datum_string(TEXT("certificate")), args[1]}, out;
    struct engine g;

    engine_init(&g, arena, NULL);
    if (call(&g, "filterPEM", kept, &kept[1]) && call(&g, "filterPEM", kept, &out))
        must(text_equal(datum_text(&kept[1]), datum_text(&out)));
    call(&g, "filterCertChain", args, &out);
    if (call(&g, "certSANs", args + 1, &out))
        must(out.kind == DATUM_LIST);
    must(!call(&g, "jwkPublicKeyPem", args + 1, &out) ||
         !call(&g, "jwkPrivateKeyPem", args + 1, &out));
    return 0;
}
