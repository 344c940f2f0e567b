/* An alias is built anew each time, as in Go, so that a change of one copy leaves the others alone;
 * go-yaml's own rule against documents that unfold without end is followed, and ours is stricter.
 * Members of a map are collected in their order, merged ones where the merge key stands; later ones
 * win. What fails sticks in the builder. */
#include "template/go_yaml_build.h"

#include <math.h>

#include "template/go_entries.h"
#include "template/go_yaml.h"
#include "template/go_yaml_resolve.h"

/* Up to RATIO_LOW nodes 99 of 100 may come from aliases, from RATIO_HIGH on 10, between them the
 * fewer the more there are. */
#define RATIO_LOW 400000.0
#define RATIO_HIGH 4000000.0
#define ALIASED_FREE 100u
#define NODES_FREE 1000u

struct builder {
    struct engine *g;
    struct go_entries entries;
    uint64_t nodes, aliased;
    unsigned alias_depth;
    size_t bad_name; /* line, from 1, of a name that JSON cannot have, in the map being built */
    struct err *failed;
};

static void build(struct builder *b, struct go_yaml_node *node, struct datum *out);
static void add_members(struct builder *b, const struct go_yaml_node *map);

static void fail(struct builder *b, struct err *e)
{
    if (!e)
        return;
    if (b->failed)
        err_free(e);
    else
        b->failed = e;
}

static void refuse(struct builder *b, const struct go_yaml_node *node, const char *problem)
{
    fail(b, err_new(ERR_INVALID, "yaml: line %zu: %s", node->line + 1, problem));
}

static double allowed_ratio(double nodes)
{
    if (nodes <= RATIO_LOW)
        return 0.99;
    if (nodes >= RATIO_HIGH)
        return 0.10;
    return 0.99 - 0.89 * ((nodes - RATIO_LOW) / (RATIO_HIGH - RATIO_LOW));
}

static void count(struct builder *b)
{
    b->nodes++;
    if (b->alias_depth)
        b->aliased++;
    if (b->aliased > ALIASED_FREE && b->nodes > NODES_FREE &&
        (double)b->aliased / (double)b->nodes > allowed_ratio((double)b->nodes))
        fail(b, err_new(ERR_INVALID, "yaml: document contains excessive aliasing"));
    if (b->aliased > GO_YAML_ALIASED_MAX)
        fail(b, err_new(ERR_INVALID, "limit reached: aliases unfold to more than %d nodes",
                        GO_YAML_ALIASED_MAX));
    fail(b, engine_charge(b->g, 1));
}

static void push(struct builder *b, struct datum value)
{
    if (!b->failed)
        fail(b, go_entries_push(&b->entries, value));
}

/* Put an alias in place of its target while that is built or merged; false where it stands within
 * its target. */
static bool open_alias(struct builder *b, struct go_yaml_node *alias)
{
    if (alias->is_open) {
        refuse(b, alias, "anchor value contains itself");
        return false;
    }
    alias->is_open = true;
    b->alias_depth++;
    return true;
}

static void close_alias(struct builder *b, struct go_yaml_node *alias)
{
    alias->is_open = false;
    b->alias_depth--;
}

/* Names */

static struct text print_name(struct builder *b, const struct datum *name)
{
    struct text_buf t;
    struct text printed = {.n = 0};

    text_buf_init(&t, b->g->arena, TEXT_MAX);
    if (name->kind == DATUM_BOOL)
        text_buf_puts(&t, name->v.b ? "true" : "false");
    else if (name->kind == DATUM_INT64)
        text_buf_int(&t, name->v.i);
    else if (isinf((float)name->v.f))
        text_buf_puts(&t, name->v.f > 0 ? ".inf" : "-.inf");
    else if (isnan(name->v.f))
        text_buf_puts(&t, ".nan");
    else
        go_yaml_print_float32(&t, name->v.f);
    fail(b, text_buf_end(&t, &printed));
    return printed;
}

/* Names of JSON are text; what has been a number or a truth is printed. */
static void push_name(struct builder *b, struct go_yaml_node *node)
{
    struct datum name = datum_nil();

    build(b, node, &name);
    if (b->failed)
        return;
    if (name.kind == DATUM_LIST || name.kind == DATUM_MAP || name.kind == DATUM_NONE)
        refuse(b, node, "invalid map key");
    else if (name.kind == DATUM_NIL || name.kind == DATUM_UINT64)
        b->bad_name = node->line + 1;
    if (name.kind == DATUM_NIL || name.kind == DATUM_UINT64)
        push(b, datum_string(TEXT("")));
    else
        push(b, name.kind == DATUM_STRING ? name : datum_string(print_name(b, &name)));
}

/* Merge keys */

static bool is_merge(const struct go_yaml_node *node)
{
    return node->kind == YAML_NODE_SCALAR && text_is(node->text, "<<") &&
           (node->is_implicit || text_is(node->tag, GO_YAML_TAG_PREFIX "merge"));
}

static void merge_one(struct builder *b, struct go_yaml_node *node)
{
    struct go_yaml_node *map = node->kind == YAML_NODE_ALIAS ? node->target : node;

    if (map->kind != YAML_NODE_MAPPING) {
        fail(b,
             err_new(ERR_INVALID, "yaml: map merge requires map or sequence of maps as the value"));
        return;
    }
    count(b);
    if (map == node) {
        add_members(b, map);
    } else if (open_alias(b, node)) {
        count(b);
        add_members(b, map);
        close_alias(b, node);
    }
}

/* Earlier maps of a list win, so they come last. */
static void merge_list(struct builder *b, const struct go_yaml_node *list)
{
    size_t n = 0;
    void *nodes;

    for (const struct go_yaml_node *node = list->first; node; node = node->next)
        n++;
    struct err *e = secret_arena_alloc(b->g->arena, n * sizeof(struct go_yaml_node *), &nodes);
    if (e) {
        fail(b, e);
        return;
    }
    struct go_yaml_node **order = nodes;
    size_t at = n;
    for (struct go_yaml_node *node = list->first; node; node = node->next)
        order[--at] = node;
    for (size_t i = 0; i < n && !b->failed; i++)
        merge_one(b, order[i]);
}

static void merge(struct builder *b, struct go_yaml_node *node)
{
    if (node->kind == YAML_NODE_SEQUENCE)
        merge_list(b, node);
    else
        merge_one(b, node);
}

/* Collections */

static void add_members(struct builder *b, const struct go_yaml_node *map)
{
    fail(b, engine_enter(b->g));
    for (struct go_yaml_node *node = map->first; node && !b->failed; node = node->next->next) {
        struct datum value = datum_nil();

        if (is_merge(node)) {
            merge(b, node->next);
            continue;
        }
        push_name(b, node);
        if (!b->failed)
            build(b, node->next, &value);
        push(b, value);
    }
    engine_leave(b->g);
}

static void add_items(struct builder *b, const struct go_yaml_node *list)
{
    fail(b, engine_enter(b->g));
    for (struct go_yaml_node *node = list->first; node && !b->failed; node = node->next) {
        struct datum value = datum_nil();

        build(b, node, &value);
        push(b, value);
    }
    engine_leave(b->g);
}

/* A map with a bad name is none, but that counts only if it stays part of the document. */
static void build_map(struct builder *b, const struct go_yaml_node *node, struct datum *out)
{
    size_t base = b->entries.n;
    size_t outer_bad_name = b->bad_name;

    b->bad_name = 0;
    add_members(b, node);
    if (!b->failed)
        fail(b, go_entries_map(&b->entries, base, out));
    if (b->bad_name)
        *out = (struct datum){.kind = DATUM_NONE, .v.u = b->bad_name};
    b->bad_name = outer_bad_name;
}

static void build_alias(struct builder *b, struct go_yaml_node *node, struct datum *out)
{
    if (!open_alias(b, node))
        return;
    fail(b, engine_enter(b->g));
    if (!b->failed)
        build(b, node->target, out);
    engine_leave(b->g);
    close_alias(b, node);
}

static void build(struct builder *b, struct go_yaml_node *node, struct datum *out)
{
    size_t base = b->entries.n;

    count(b);
    if (b->failed)
        return;
    switch (node->kind) {
    case YAML_NODE_SCALAR:
        if (!node->is_implicit && !node->tag.n)
            *out = datum_string(node->text);
        else
            fail(b, go_yaml_resolve(b->g, node->tag, node->text, out));
        break;
    case YAML_NODE_ALIAS:
        build_alias(b, node, out);
        break;
    case YAML_NODE_SEQUENCE:
        add_items(b, node);
        if (!b->failed)
            fail(b, go_entries_list(&b->entries, base, out));
        break;
    case YAML_NODE_MAPPING:
        build_map(b, node, out);
        break;
    }
}

struct err *go_yaml_build(struct engine *g, struct go_yaml_node *root, struct datum *out)
{
    struct builder b = {.g = g, .entries = {.g = g}};

    *out = datum_nil();
    if (!root)
        return NULL;
    count(&b);
    if (!b.failed)
        build(&b, root, out);
    return b.failed;
}
