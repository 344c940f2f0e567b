/* What go_yaml_decode accepts is written as text that reads back as it, but for what go-yaml loses:
 * next-line characters, which need an escape or base64, and keys that look like merge keys. */
#include <stdlib.h>

#include "template/equal.h"
#include "template/go_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool is_same_when_read_again(struct engine *g, const struct datum *d)
{
    struct text_buf b;
    struct text t;
    struct datum again;
    bool is_same;

    text_buf_init(&b, g->arena, TEXT_MAX);
    CLEANUP(err) struct err *e = go_yaml_encode(g, d, &b);
    CLEANUP(err) struct err *cut = text_buf_end(&b, &t);
    if (e || cut || text_find(t, 0, TEXT("<<")) >= 0)
        return true;
    return !go_yaml_decode(g, t, &again) && !equal_deep(g, d, &again, &is_same) && is_same;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct text t = {bytes, n};
    struct engine g;
    struct datum d;

    engine_init(&g, arena, NULL);
    CLEANUP(err) struct err *e = go_yaml_decode(&g, t, &d);
    if (g.depth || (e && err_class(e) != ERR_INVALID))
        abort();
    if (!e && text_find(t, 0, TEXT("\\")) < 0 && text_find(t, 0, TEXT("binary")) < 0 &&
        !is_same_when_read_again(&g, &d))
        abort();
    return 0;
}
