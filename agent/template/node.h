#pragma once
/* node.h: the tree that a template is parsed into.
 *
 * Owns     nothing: nodes live in the arena of their tree and are never changed after parsing.
 * Threads  read by any.
 * Source   Go text/template/parse. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/datum.h"
#include "template/func.h"
#include "template/text.h"

enum node_kind {
    NODE_LIST, /* children in order */
    NODE_TEXT,
    NODE_ACTION, /* prints its pipe, unless that declares */
    NODE_IF,
    NODE_WITH,
    NODE_RANGE,
    NODE_TEMPLATE,
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_PIPE,     /* below: what stands inside an action */
    NODE_COMMAND,  /* children: operands */
    NODE_FIELD,    /* .a.b: names */
    NODE_CHAIN,    /* (child).a.b */
    NODE_VARIABLE, /* $x.a.b: names[0] with its $ */
    NODE_FUNCTION, /* name of a function */
    NODE_DOT,
    NODE_NIL,
    NODE_BOOL,
    NODE_NUMBER,
    NODE_STRING, /* unquoted in text */
};

/* A number constant: every form in which it is exact. */
struct node_number {
    bool is_int, is_uint, is_float, is_complex;
    int64_t i;
    uint64_t u;
    double f;
    struct complex128 complex;
    struct datum ideal; /* what it is where any type will do; NONE: overflows int */
};

/* Which members a node has goes by its kind. */
struct node {
    enum node_kind kind;
    uint32_t at;   /* byte position in the source */
    uint32_t line; /* from 1 */
    uint32_t end;  /* one past its last byte, for messages */
    /* TEXT, STRING: contents; TEMPLATE, FUNCTION: name; NUMBER: as written. */
    struct text text;
    union {
        struct { /* LIST, PIPE (commands), COMMAND (operands) */
            struct node **children;
            size_t n;
            /* PIPE: the variables on its left, at most 2, with their $. */
            struct text *declares;
            uint32_t n_declares;
            bool is_assignment; /* "=" and not ":=" */
        };
        struct { /* FIELD, CHAIN, VARIABLE (the first with its $) */
            struct text *names;
            size_t n_names;
            struct node *child; /* CHAIN */
        };
        struct { /* ACTION, IF, WITH, RANGE, TEMPLATE (pipe may be NULL there) */
            struct node *pipe;
            struct node *body;  /* IF, WITH, RANGE */
            struct node *other; /* their else; NULL */
        };
        bool is_true;                     /* BOOL */
        const struct func *func;          /* FUNCTION */
        const struct node_number *number; /* NUMBER */
    };
};

/* One defined template; the main one is among them under its own name. */
struct tree {
    struct text name;
    const struct node *body; /* NODE_LIST */
};
