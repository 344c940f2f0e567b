/* What go_json_decode accepts is written, in each layout, as text that reads back as it. */
#include <stdint.h>
#include <stdlib.h>

#include "template/equal.h"
#include "template/go_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void same_when_read_again(struct engine *g, const struct datum *d, unsigned flags)
{
    struct text_buf b;
    struct text printed = {NULL, 0};
    struct datum again;
    bool is_same;

    text_buf_init(&b, g->arena, TEXT_MAX);
    must(!go_json_encode(g, d, flags, &b) && !text_buf_end(&b, &printed));
    must(!go_json_decode(g, printed, &again) && !equal_deep(g, d, &again, &is_same) && is_same);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct engine g;
    struct datum d;

    engine_init(&g, arena, NULL);
    CLEANUP(err) struct err *e = go_json_decode(&g, (struct text){bytes, n}, &d);
    must(g.depth == 0 && (!e || err_class(e) == ERR_INVALID));
    for (unsigned flags = 0; !e && flags < 4; flags++)
        same_when_read_again(&g, &d, flags);
    return 0;
}
