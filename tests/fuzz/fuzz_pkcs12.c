/* Any bytes as a PKCS#12 file and as a private key: a key that is accepted is written in one way,
 * and accepted again. Few steps are left to each input, so that none of them iterates for long. */
#include <stdint.h>
#include <stdlib.h>

#include "template/pkcs12.h"

#define STEPS 60000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct text input = {bytes, n}, first, second;
    struct pkcs12 file;
    struct engine g;

    engine_init(&g, arena, NULL);
    g.steps = g.check_at = TEMPLATE_STEPS_MAX - STEPS;
    CLEANUP(err) struct err *e = pkcs12_read(&g, input, (struct text){0}, &file);
    must(!e ? file.certs.n > 0 : err_class(e) == ERR_INVALID);
    CLEANUP(err) struct err *f = e ? private_key_parse_any(&g, input, &file.key) : NULL;
    CLEANUP(err) struct err *w = f ? NULL : private_key_pkcs8_pem(&g, &file.key, &first);
    if (f || w)
        return 0;
    CLEANUP(err) struct err *again = private_key_parse_pem(&g, first, &file.key);
    CLEANUP(err) struct err *x = again ? NULL : private_key_pkcs8_pem(&g, &file.key, &second);
    must(again || x || text_equal(first, second));
    must(!again || g.steps == TEMPLATE_STEPS_MAX);
    return 0;
}
