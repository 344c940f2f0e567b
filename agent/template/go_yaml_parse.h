#pragma once
/* go_yaml_parse.h: the nodes of the first document of a YAML text.
 *
 * Owns     nothing; nodes live in the engine's arena, their texts there or in the document.
 * Threads  one at a time.
 * Source   YAML 1.1 chapter 4; go-yaml v2 parserc.go, decode.go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"
#include "template/text.h"

#define GO_YAML_TAG_PREFIX "tag:yaml.org,2002:"

enum go_yaml_node_kind {
    YAML_NODE_SCALAR,
    YAML_NODE_ALIAS,
    YAML_NODE_SEQUENCE,
    YAML_NODE_MAPPING, /* children: key, value, key, value */
};

struct go_yaml_node {
    enum go_yaml_node_kind kind;
    bool is_implicit; /* scalar whose type its text tells */
    bool is_open;     /* alias that is being unfolded */
    struct text tag;  /* of a scalar, in full; empty: none */
    struct text text; /* of a scalar */
    size_t line;      /* from 0 */
    union {
        struct go_yaml_node *target; /* of an alias, never NULL */
        struct go_yaml_node *first;  /* child */
    };
    struct go_yaml_node *last, *next;
};

/* *out is NULL where the text has no document.
 * Errors: INVALID ("yaml: line N: ...", without content; a limit), UNAVAILABLE. */
NODISCARD struct err *go_yaml_parse(struct engine *g, struct text t, struct go_yaml_node **out);
