/* A node's text is made from the tree, as Go makes it. Two things are shortened, since both may be
 * what the user hides: string constants, and everything inside a condition or loop. */
#include "template/node.h"

#include "template/fmt.h"
#include "template/parse.h"

static void print_list(struct text_buf *b, struct node *const *nodes, size_t n, const char *between)
{
    for (size_t i = 0; i < n; i++) {
        bool is_inner = nodes[i]->kind == NODE_PIPE;

        text_buf_puts(b, i ? between : "");
        text_buf_puts(b, is_inner ? "(" : "");
        node_print(b, nodes[i]);
        text_buf_puts(b, is_inner ? ")" : "");
    }
}

static void print_pipe(struct text_buf *b, const struct node *n)
{
    for (size_t i = 0; i < n->n_declares; i++) {
        text_buf_puts(b, i ? ", " : "");
        text_buf_add(b, n->declares[i]);
    }
    if (n->n_declares)
        text_buf_puts(b, n->is_assignment ? " = " : " := ");
    print_list(b, n->children, n->n, " | ");
}

static void print_names(struct text_buf *b, const struct node *n)
{
    if (n->child)
        print_list(b, (struct node *const *)&n->child, 1, "");
    for (size_t i = 0; i < n->n_names; i++) {
        text_buf_puts(b, i || n->kind != NODE_VARIABLE ? "." : "");
        text_buf_add(b, n->names[i]);
    }
}

static void print_branch(struct text_buf *b, const struct node *n)
{
    text_buf_puts(b, n->kind == NODE_IF ? "{{if " : n->kind == NODE_WITH ? "{{with " : "{{range ");
    print_pipe(b, n->pipe);
    text_buf_puts(b, "}}...{{end}}");
}

static void print_template(struct text_buf *b, const struct node *n)
{
    text_buf_puts(b, "{{template ");
    fmt_quote(b, n->text);
    if (n->pipe) {
        text_buf_byte(b, ' ');
        print_pipe(b, n->pipe);
    }
    text_buf_puts(b, "}}");
}

static void print_action(struct text_buf *b, const struct node *n)
{
    text_buf_puts(b, "{{");
    print_pipe(b, n->pipe);
    text_buf_puts(b, "}}");
}

void node_print(struct text_buf *b, const struct node *n)
{
    switch (n->kind) {
    case NODE_LIST:
    case NODE_TEXT:
        text_buf_puts(b, "...");
        break;
    case NODE_ACTION:
        print_action(b, n);
        break;
    case NODE_IF:
    case NODE_WITH:
    case NODE_RANGE:
        print_branch(b, n);
        break;
    case NODE_TEMPLATE:
        print_template(b, n);
        break;
    case NODE_BREAK:
    case NODE_CONTINUE:
        text_buf_puts(b, n->kind == NODE_BREAK ? "{{break}}" : "{{continue}}");
        break;
    case NODE_PIPE:
        print_pipe(b, n);
        break;
    case NODE_COMMAND:
        print_list(b, n->children, n->n, " ");
        break;
    case NODE_FIELD:
    case NODE_CHAIN:
    case NODE_VARIABLE:
        print_names(b, n);
        break;
    case NODE_FUNCTION:
    case NODE_NUMBER:
        text_buf_add(b, n->text);
        break;
    case NODE_DOT:
    case NODE_NIL:
        text_buf_puts(b, n->kind == NODE_DOT ? "." : "nil");
        break;
    case NODE_BOOL:
        text_buf_puts(b, n->is_true ? "true" : "false");
        break;
    case NODE_STRING:
        text_buf_puts(b, "\"...\"");
        break;
    }
}
