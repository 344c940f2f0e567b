/* What the parser accepts prints, and its tree holds nothing that is outside of the source; what it
 * refuses is the template's fault. */
#include <stdint.h>
#include <stdlib.h>

#include "template/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_tree(struct secret_arena *arena, const struct forest *f, const struct tree *t)
{
    struct text printed;

    if (forest_find(f, t->name) != t)
        abort();
    for (size_t i = 0; i < t->body->n; i++) {
        const struct node *n = t->body->children[i];
        struct text_buf b;
        text_buf_init(&b, arena, TEXT_MAX);
        node_print(&b, n);
        CLEANUP(err) struct err *e = text_buf_end(&b, &printed);
        if (n->at > n->end || n->end > f->source.n || n->line < 1 || (!e && !printed.n))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    const struct template_options options = {.left = NULL};
    struct forest f;
    CLEANUP(err)
    struct err *e = parse_forest(arena, TEXT("k"), (struct text){bytes, n}, &options, &f);
    if (e && err_class(e) != ERR_INVALID)
        abort();
    for (size_t i = 0; !e && i < f.n; i++)
        check_tree(arena, &f, &f.trees[i]);
    return 0;
}
