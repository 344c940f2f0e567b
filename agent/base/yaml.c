/* libyaml's events drive a small stack of open containers; nothing recurses on the input. What has
 * an anchor is kept as a copy from the moment it is complete, so an alias can never reach into
 * itself. Copies are paid for from the same budget of nodes and bytes as what is written out, which
 * is what stops the document of ten lines that unfolds to gigabytes. */

#include "base/yaml.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/yaml_scalar.h"

struct frame {
    struct json *node; /* borrowed; the tree owns it */
    char *name;        /* of the member whose value comes next; NULL: a name comes next */
    char *anchor;      /* NULL: none */
    size_t start_line;
};

struct builder {
    yaml_parser_t parser;
    struct frame stack[YAML_DEPTH_MAX];
    size_t depth;
    struct json *root;
    struct map *anchors; /* name to struct json, complete ones of this document */
    size_t nodes;        /* made so far, aliases unfolded */
    size_t bytes;        /* of text in them */
    struct yaml_docs docs;
    size_t docs_capacity;
};

/* What a tree costs. */
struct cost {
    size_t nodes;
    size_t bytes;
    size_t depth;
};

/* Put the place in front of e, which it takes. */
static struct err *at_mark(yaml_mark_t mark, struct err *e)
{
    return err_wrap(e, "line %zu, column %zu", mark.line + 1, mark.column + 1);
}

static struct err *parser_error(const yaml_parser_t *p)
{
    if (p->error == YAML_MEMORY_ERROR)
        abort();
    struct err *e = err_new(ERR_INVALID, "%s", p->problem);
    if (p->error == YAML_READER_ERROR)
        return err_wrap(e, "byte %zu", p->problem_offset);
    return at_mark(p->problem_mark, e);
}

static const char *text_of(const yaml_char_t *s)
{
    return (const char *)s;
}

static void value_free(void *value)
{
    json_free(value);
}

static struct err *resolve(const yaml_event_t *event, struct json **out)
{
    if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
        return err_new(ERR_INVALID, "text with a zero byte");
    return yaml_scalar_resolve(text_of(event->data.scalar.tag), event->data.scalar.plain_implicit,
                               text_of(event->data.scalar.value), out);
}

/* Of b, which has at least one container open. */
static struct frame *top(struct builder *b)
{
    assert(b->depth > 0);
    return &b->stack[b->depth - 1];
}

static bool expects_name(struct builder *b)
{
    return b->depth > 0 && json_kind(top(b)->node) == JSON_MAP && !top(b)->name;
}

static void add_cost(const struct json *j, size_t depth, struct cost *sum)
{
    const char *name = json_name(j);
    const char *text = json_text(j);
    sum->nodes++;
    sum->bytes += (name ? strlen(name) : 0) + (text ? strlen(text) : 0);
    if (depth > sum->depth)
        sum->depth = depth;
    for (const struct json *item = json_first(j); item; item = json_next(item))
        add_cost(item, depth + 1, sum);
}

static struct err *pay(struct builder *b, const struct cost *c)
{
    b->nodes += c->nodes;
    b->bytes += c->bytes;
    if (b->nodes > YAML_NODES_MAX)
        return err_new(ERR_INVALID, "more than %d nodes, aliases included", YAML_NODES_MAX);
    if (b->bytes > JSON_TEXT_MAX)
        return err_new(ERR_INVALID, "more than %u bytes, aliases included", JSON_TEXT_MAX);
    return NULL;
}

/* Put a node where the document stands. Takes j, also on failure. */
static struct err *attach(struct builder *b, struct json *j)
{
    CLEANUP(json) struct json *child = j;
    struct frame *f = b->depth ? top(b) : NULL;
    struct cost cost = {.bytes = f && f->name ? strlen(f->name) : 0};
    add_cost(j, 0, &cost);
    struct err *e = pay(b, &cost);
    if (e)
        return e;
    if (b->depth + cost.depth > YAML_DEPTH_MAX)
        return err_new(ERR_INVALID, "nested deeper than %d", YAML_DEPTH_MAX);
    if (!f) {
        b->root = TAKE(child);
    } else if (json_kind(f->node) == JSON_LIST) {
        json_add(f->node, TAKE(child));
    } else {
        json_set(f->node, f->name, TAKE(child));
        free(TAKE(f->name));
    }
    return NULL;
}

/* Keep a copy of the complete node j under its anchor; NULL when it has none. */
static struct err *remember(struct builder *b, const char *anchor, const struct json *j)
{
    if (!anchor)
        return NULL;
    struct cost cost = {.nodes = 0};
    add_cost(j, 0, &cost);
    struct err *e = pay(b, &cost);
    if (e)
        return e;
    map_set(b->anchors, anchor, json_copy(j));
    return NULL;
}

static struct err *take_name(struct builder *b, const yaml_event_t *event)
{
    CLEANUP(json) struct json *j = NULL;
    struct err *e = resolve(event, &j);
    if (e)
        return e;
    const char *s = text_of(event->data.scalar.value);
    if (json_kind(j) == JSON_NULL)
        return err_new(ERR_INVALID, "a name is missing");
    if (event->data.scalar.plain_implicit && strcmp(s, "<<") == 0)
        return err_new(ERR_INVALID, "merge keys (\"<<\") are not supported: write the members out");
    top(b)->name = xstrdup(s);
    return remember(b, text_of(event->data.scalar.anchor), j);
}

static struct err *take_scalar(struct builder *b, const yaml_event_t *event)
{
    if (expects_name(b))
        return take_name(b, event);
    struct json *j = NULL;
    struct err *e = resolve(event, &j);
    if (e)
        return e;
    const char *anchor = text_of(event->data.scalar.anchor);
    e = remember(b, anchor, j);
    if (e) {
        json_free(j);
        return e;
    }
    return attach(b, j);
}

static struct err *take_alias(struct builder *b, const yaml_event_t *event)
{
    const char *anchor = text_of(event->data.alias.anchor);
    const struct json *j = map_get(b->anchors, anchor);
    if (!j)
        return err_new(ERR_INVALID, "no complete node has the anchor \"%s\"", anchor);
    if (expects_name(b))
        return err_new(ERR_INVALID, "an alias cannot be a name");
    return attach(b, json_copy(j));
}

/* Takes node. */
static struct err *open_container(struct builder *b, const yaml_event_t *event, struct json *node,
                                  const yaml_char_t *tag, const yaml_char_t *anchor)
{
    CLEANUP(json) struct json *owned = node;
    struct err *e = yaml_scalar_check_container(text_of(tag), json_kind(node));
    if (e)
        return e;
    if (expects_name(b))
        return err_new(ERR_INVALID, "a name must be text");
    if (b->depth == YAML_DEPTH_MAX)
        return err_new(ERR_INVALID, "nested deeper than %d", YAML_DEPTH_MAX);
    e = attach(b, TAKE(owned));
    if (e)
        return e;
    if (anchor)
        map_remove(b->anchors, text_of(anchor));
    b->stack[b->depth++] = (struct frame){
        .node = node, .anchor = xstrdup(text_of(anchor)), .start_line = event->start_mark.line + 1};
    return NULL;
}

static struct err *close_container(struct builder *b)
{
    struct frame *f = top(b);
    const char *twice = json_name_twice(f->node);
    if (twice)
        return err_new(ERR_INVALID, "name \"%s\" stands twice in the mapping of line %zu", twice,
                       f->start_line);
    struct err *e = remember(b, f->anchor, f->node);
    free(TAKE(f->anchor));
    b->depth--;
    return e;
}

static struct err *close_document(struct builder *b)
{
    map_free(b->anchors);
    b->anchors = map_new(value_free);
    if (json_kind(b->root) == JSON_NULL) {
        json_free(TAKE(b->root));
        return NULL;
    }
    if (b->docs.n == YAML_DOCS_MAX)
        return err_new(ERR_INVALID, "more than %d documents", YAML_DOCS_MAX);
    if (b->docs.n == b->docs_capacity) {
        b->docs_capacity = 2 * b->docs_capacity + 1;
        b->docs.docs = xrealloc(b->docs.docs, b->docs_capacity, sizeof(b->docs.docs[0]));
    }
    b->docs.docs[b->docs.n++] = TAKE(b->root);
    return NULL;
}

static struct err *take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return take_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(b, event, json_new_list(), event->data.sequence_start.tag,
                              event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_container(b, event, json_new_map(), event->data.mapping_start.tag,
                              event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(b);
    case YAML_DOCUMENT_END_EVENT:
        return close_document(b);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        return NULL;
    }
    return NULL;
}

static struct err *next_event(struct builder *b, bool *at_end)
{
    yaml_event_t event;
    if (!yaml_parser_parse(&b->parser, &event))
        return parser_error(&b->parser);
    struct err *e = take_event(b, &event);
    if (e)
        e = at_mark(event.start_mark, e);
    *at_end = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    return e;
}

static void builder_init(struct builder *b, const char *text, size_t n)
{
    *b = (struct builder){.anchors = map_new(value_free)};
    if (!yaml_parser_initialize(&b->parser))
        abort();
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)text, n);
}

static void builder_done(struct builder *b)
{
    for (size_t i = 0; i < b->depth; i++) {
        free(b->stack[i].name);
        free(b->stack[i].anchor);
    }
    json_free(b->root);
    map_free(b->anchors);
    yaml_docs_done(&b->docs);
    yaml_parser_delete(&b->parser);
}

struct err *yaml_parse(const char *text, size_t n, struct yaml_docs *out)
{
    if (n > YAML_TEXT_MAX)
        return err_new(ERR_INVALID, "larger than %u bytes", YAML_TEXT_MAX);
    __attribute__((cleanup(builder_done))) struct builder b;
    builder_init(&b, text, n);
    for (bool at_end = false; !at_end;) {
        struct err *e = next_event(&b, &at_end);
        if (e)
            return e;
    }
    *out = b.docs;
    b.docs = (struct yaml_docs){.docs = NULL};
    return NULL;
}

void yaml_docs_done(struct yaml_docs *d)
{
    for (size_t i = 0; i < d->n; i++)
        json_free(d->docs[i]);
    free(d->docs);
    *d = (struct yaml_docs){.docs = NULL};
}
