/* Recursive descent over the tokens; the depth is limited, so the C stack will do. An anchor is
 * known from the moment its node begins, so an alias may stand within: whoever unfolds aliases
 * looks out for that. After a failure the text reads as ended and no function loops on. */
#include "template/go_yaml_parse.h"

#include "template/go_yaml_scan.h"

struct anchor {
    struct text name;
    struct go_yaml_node *node;
    struct anchor *earlier;
};

struct tag_handle {
    struct text handle, prefix;
    struct tag_handle *earlier;
};

struct parser {
    struct go_yaml_scanner s;
    struct anchor *anchors;
    struct tag_handle *handles;
    unsigned depth;
};

/* What stands before a node. */
struct properties {
    struct text anchor, tag;
    size_t line;
};

static struct go_yaml_node *parse_node(struct parser *p, bool is_block, bool may_be_indentless);

static const struct go_yaml_token *peek(struct parser *p)
{
    return go_yaml_next_token(&p->s);
}

static bool next_is(struct parser *p, enum go_yaml_token_kind kind)
{
    return peek(p)->kind == kind;
}

static void take(struct parser *p)
{
    go_yaml_take_token(&p->s);
}

static bool take_if(struct parser *p, enum go_yaml_token_kind kind)
{
    if (!next_is(p, kind))
        return false;
    take(p);
    return true;
}

/* go-yaml counts the lines of these from 0, those of the scanner from 1. */
static void refuse_at(struct parser *p, size_t line, const char *problem)
{
    struct err *e = line ? err_new(ERR_INVALID, "yaml: line %zu: %s", line, problem)
                         : err_new(ERR_INVALID, "yaml: %s", problem);

    go_yaml_input_fail(&p->s.in, e);
}

static void refuse(struct parser *p, const char *problem)
{
    refuse_at(p, peek(p)->start.line, problem);
}

static void charge(struct parser *p, uint64_t n)
{
    struct err *e = engine_charge(p->s.in.g, n);

    if (e)
        go_yaml_input_fail(&p->s.in, e);
}

/* n zero bytes; NULL after a failure. */
static void *make(struct parser *p, size_t n)
{
    void *made = NULL;
    struct err *e = secret_arena_alloc(p->s.in.g->arena, n, &made);

    if (e)
        go_yaml_input_fail(&p->s.in, e);
    return made;
}

/* Nodes. After a failure they are NULL, and adding one does nothing. */

static struct go_yaml_node *make_node(struct parser *p, enum go_yaml_node_kind kind, size_t line)
{
    struct go_yaml_node *node = make(p, sizeof(*node));

    if (node) {
        node->kind = kind;
        node->line = line;
    }
    return node;
}

static void add_child(struct go_yaml_node *parent, struct go_yaml_node *child)
{
    if (!parent || !child)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static struct go_yaml_node *make_empty(struct parser *p)
{
    struct go_yaml_node *node = make_node(p, YAML_NODE_SCALAR, peek(p)->start.line);

    if (node)
        node->is_implicit = true;
    return node;
}

static void set_anchor(struct parser *p, struct text name, struct go_yaml_node *node)
{
    struct anchor *a = name.n ? make(p, sizeof(*a)) : NULL;

    if (!a)
        return;
    *a = (struct anchor){name, node, p->anchors};
    p->anchors = a;
}

static struct go_yaml_node *parse_alias(struct parser *p)
{
    const struct go_yaml_token *token = peek(p);
    struct go_yaml_node *node = make_node(p, YAML_NODE_ALIAS, token->start.line);
    const struct anchor *a = p->anchors;
    size_t looked_at = 1;

    for (; a && !text_equal(a->name, token->value); a = a->earlier)
        looked_at++;
    charge(p, looked_at);
    if (!a)
        refuse(p, "unknown anchor referenced");
    else if (node)
        node->target = a->node;
    take(p);
    return node;
}

/* Properties */

/* NULL where there is none of that name. */
static const struct tag_handle *find_handle(struct parser *p, struct text name)
{
    const struct tag_handle *h = p->handles;
    size_t looked_at = 1;

    for (; h && !text_equal(h->handle, name); h = h->earlier)
        looked_at++;
    charge(p, looked_at);
    return h;
}

static void resolve_tag(struct parser *p, const struct go_yaml_token *token, struct text *out)
{
    struct text_buf b;

    if (!token->value.n) {
        *out = token->suffix;
        return;
    }
    const struct tag_handle *h = find_handle(p, token->value);
    if (!h) {
        refuse(p, "found undefined tag handle");
        return;
    }
    text_buf_init(&b, p->s.in.g->arena, TEXT_MAX);
    text_buf_add(&b, h->prefix);
    text_buf_add(&b, token->suffix);
    struct err *e = text_buf_end(&b, out);
    if (e)
        go_yaml_input_fail(&p->s.in, e);
}

static struct properties parse_properties(struct parser *p)
{
    struct properties found = {.line = peek(p)->start.line};
    bool has_anchor = false, has_tag = false;

    for (;;) {
        const struct go_yaml_token *token = peek(p);

        if (token->kind == YAML_ANCHOR && !has_anchor) {
            found.anchor = token->value;
            has_anchor = true;
        } else if (token->kind == YAML_TAG && !has_tag) {
            resolve_tag(p, token, &found.tag);
            has_tag = true;
        } else {
            return found;
        }
        take(p);
    }
}

/* Collections */

static struct go_yaml_node *make_collection(struct parser *p, enum go_yaml_node_kind kind,
                                            const struct properties *props)
{
    struct go_yaml_node *node = make_node(p, kind, props->line);

    if (node)
        set_anchor(p, props->anchor, node);
    return node;
}

/* "- a" at the indentation of the mapping in which it is a value. */
static struct go_yaml_node *parse_indentless(struct parser *p, const struct properties *props)
{
    struct go_yaml_node *node = make_collection(p, YAML_NODE_SEQUENCE, props);

    while (take_if(p, YAML_BLOCK_ENTRY)) {
        bool is_empty = next_is(p, YAML_BLOCK_ENTRY) || next_is(p, YAML_KEY) ||
                        next_is(p, YAML_VALUE) || next_is(p, YAML_BLOCK_END);

        add_child(node, is_empty ? make_empty(p) : parse_node(p, true, false));
    }
    return node;
}

static struct go_yaml_node *parse_block_sequence(struct parser *p, const struct properties *props)
{
    struct go_yaml_node *node = make_collection(p, YAML_NODE_SEQUENCE, props);

    take(p);
    while (take_if(p, YAML_BLOCK_ENTRY)) {
        bool is_empty = next_is(p, YAML_BLOCK_ENTRY) || next_is(p, YAML_BLOCK_END);

        add_child(node, is_empty ? make_empty(p) : parse_node(p, true, false));
    }
    if (!take_if(p, YAML_BLOCK_END))
        refuse(p, "did not find expected '-' indicator");
    return node;
}

/* A key or value of a block mapping, behind its indicator. */
static struct go_yaml_node *parse_block_part(struct parser *p)
{
    if (next_is(p, YAML_KEY) || next_is(p, YAML_VALUE) || next_is(p, YAML_BLOCK_END))
        return make_empty(p);
    return parse_node(p, true, true);
}

static struct go_yaml_node *parse_block_mapping(struct parser *p, const struct properties *props)
{
    struct go_yaml_node *node = make_collection(p, YAML_NODE_MAPPING, props);

    take(p);
    while (take_if(p, YAML_KEY)) {
        add_child(node, parse_block_part(p));
        add_child(node, take_if(p, YAML_VALUE) ? parse_block_part(p) : make_empty(p));
    }
    if (!take_if(p, YAML_BLOCK_END))
        refuse(p, "did not find expected key");
    return node;
}

/* A value behind ":" in a flow collection that ends with `end`. */
static struct go_yaml_node *parse_flow_value(struct parser *p, enum go_yaml_token_kind end)
{
    if (take_if(p, YAML_VALUE) && !next_is(p, YAML_FLOW_ENTRY) && !next_is(p, end))
        return parse_node(p, false, false);
    return make_empty(p);
}

/* "a: b" as an entry of a list. go-yaml moves over the token behind an empty key, whatever it is.
 */
static struct go_yaml_node *parse_pair(struct parser *p)
{
    struct go_yaml_node *node = make_node(p, YAML_NODE_MAPPING, peek(p)->start.line);

    take(p);
    if (next_is(p, YAML_VALUE) || next_is(p, YAML_FLOW_ENTRY) ||
        next_is(p, YAML_FLOW_SEQUENCE_END)) {
        take(p);
        add_child(node, make_empty(p));
    } else {
        add_child(node, parse_node(p, false, false));
    }
    add_child(node, parse_flow_value(p, YAML_FLOW_SEQUENCE_END));
    return node;
}

static struct go_yaml_node *parse_flow_sequence(struct parser *p, const struct properties *props)
{
    struct go_yaml_node *node = make_collection(p, YAML_NODE_SEQUENCE, props);

    take(p);
    for (bool is_first = true; !next_is(p, YAML_FLOW_SEQUENCE_END); is_first = false) {
        if (!is_first && !take_if(p, YAML_FLOW_ENTRY)) {
            refuse(p, "did not find expected ',' or ']'");
            return node;
        }
        if (next_is(p, YAML_KEY))
            add_child(node, parse_pair(p));
        else if (!next_is(p, YAML_FLOW_SEQUENCE_END))
            add_child(node, parse_node(p, false, false));
        else
            break;
    }
    take(p);
    return node;
}

/* One entry of a flow mapping: "? a : b", "a: b", or a key alone. */
static void parse_flow_member(struct parser *p, struct go_yaml_node *node)
{
    if (!take_if(p, YAML_KEY)) {
        add_child(node, parse_node(p, false, false));
        add_child(node, make_empty(p));
        return;
    }
    bool is_empty =
        next_is(p, YAML_VALUE) || next_is(p, YAML_FLOW_ENTRY) || next_is(p, YAML_FLOW_MAPPING_END);
    add_child(node, is_empty ? make_empty(p) : parse_node(p, false, false));
    add_child(node, parse_flow_value(p, YAML_FLOW_MAPPING_END));
}

static struct go_yaml_node *parse_flow_mapping(struct parser *p, const struct properties *props)
{
    struct go_yaml_node *node = make_collection(p, YAML_NODE_MAPPING, props);

    take(p);
    for (bool is_first = true; !next_is(p, YAML_FLOW_MAPPING_END); is_first = false) {
        if (!is_first && !take_if(p, YAML_FLOW_ENTRY)) {
            refuse(p, "did not find expected ',' or '}'");
            return node;
        }
        if (next_is(p, YAML_FLOW_MAPPING_END))
            break;
        parse_flow_member(p, node);
    }
    take(p);
    return node;
}

/* A scalar that is not there, behind properties. */
static struct go_yaml_node *parse_no_content(struct parser *p, const struct properties *props,
                                             const char *problem)
{
    if (!props->anchor.n && !props->tag.n) {
        refuse(p, problem);
        return NULL;
    }
    struct go_yaml_node *node = make_collection(p, YAML_NODE_SCALAR, props);
    if (node) {
        node->tag = props->tag;
        node->is_implicit = !props->tag.n;
    }
    return node;
}

static struct go_yaml_node *parse_scalar(struct parser *p, const struct properties *props)
{
    const struct go_yaml_token *token = peek(p);
    struct go_yaml_node *node = make_collection(p, YAML_NODE_SCALAR, props);

    if (node) {
        node->text = token->value;
        node->tag = props->tag;
        node->is_implicit = props->tag.n ? text_is(props->tag, "!") : token->is_plain;
    }
    take(p);
    return node;
}

static struct go_yaml_node *parse_content(struct parser *p, bool is_block, bool may_be_indentless)
{
    struct properties props = parse_properties(p);
    enum go_yaml_token_kind kind = peek(p)->kind;

    if (may_be_indentless && kind == YAML_BLOCK_ENTRY)
        return parse_indentless(p, &props);
    if (kind == YAML_SCALAR)
        return parse_scalar(p, &props);
    if (kind == YAML_FLOW_SEQUENCE)
        return parse_flow_sequence(p, &props);
    if (kind == YAML_FLOW_MAPPING)
        return parse_flow_mapping(p, &props);
    if (is_block && kind == YAML_BLOCK_SEQUENCE)
        return parse_block_sequence(p, &props);
    if (is_block && kind == YAML_BLOCK_MAPPING)
        return parse_block_mapping(p, &props);
    return parse_no_content(p, &props, "did not find expected node content");
}

static struct go_yaml_node *parse_node(struct parser *p, bool is_block, bool may_be_indentless)
{
    struct go_yaml_node *node = NULL;

    if (next_is(p, YAML_ALIAS))
        return parse_alias(p);
    if (p->depth == GO_YAML_DEPTH_MAX) {
        go_yaml_input_fail(
            &p->s.in,
            err_new(ERR_INVALID, "limit reached: YAML nested deeper than %d", GO_YAML_DEPTH_MAX));
        return NULL;
    }
    p->depth++;
    node = parse_content(p, is_block, may_be_indentless);
    p->depth--;
    return node;
}

/* Documents */

static void add_handle(struct parser *p, struct text handle, struct text prefix, bool may_be_known)
{
    bool is_known = find_handle(p, handle) != NULL;

    if (is_known && !may_be_known)
        refuse(p, "found duplicate %TAG directive");
    if (is_known)
        return;
    struct tag_handle *added = make(p, sizeof(*added));
    if (added) {
        *added = (struct tag_handle){handle, prefix, p->handles};
        p->handles = added;
    }
}

static void parse_directives(struct parser *p)
{
    bool has_version = false;

    for (;; take(p)) {
        const struct go_yaml_token *token = peek(p);

        if (token->kind == YAML_TAG_DIRECTIVE) {
            add_handle(p, token->value, token->suffix, false);
        } else if (token->kind == YAML_VERSION_DIRECTIVE) {
            if (has_version)
                refuse(p, "found duplicate %YAML directive");
            else if (!token->is_version_1_1)
                refuse(p, "found incompatible YAML document");
            has_version = true;
        } else {
            break;
        }
    }
    add_handle(p, TEXT("!"), TEXT("!"), true);
    add_handle(p, TEXT("!!"), TEXT(GO_YAML_TAG_PREFIX), true);
}

static struct go_yaml_node *parse_document(struct parser *p)
{
    struct go_yaml_node *root;
    enum go_yaml_token_kind kind = peek(p)->kind;

    if (kind == YAML_END)
        return NULL;
    bool is_explicit =
        kind == YAML_VERSION_DIRECTIVE || kind == YAML_TAG_DIRECTIVE || kind == YAML_DOCUMENT_START;
    parse_directives(p);
    if (is_explicit && !take_if(p, YAML_DOCUMENT_START))
        refuse(p, "did not find expected <document start>");
    kind = peek(p)->kind;
    if (is_explicit &&
        (kind == YAML_VERSION_DIRECTIVE || kind == YAML_TAG_DIRECTIVE ||
         kind == YAML_DOCUMENT_START || kind == YAML_DOCUMENT_END || kind == YAML_END))
        root = make_empty(p);
    else
        root = parse_node(p, true, false);
    peek(p);
    return root;
}

struct err *go_yaml_parse(struct engine *g, struct text t, struct go_yaml_node **out)
{
    struct parser p = {.depth = 0};

    go_yaml_scanner_init(&p.s, g, t);
    struct go_yaml_node *root = parse_document(&p);
    if (p.s.in.failed)
        return p.s.in.failed;
    *out = root;
    return NULL;
}
